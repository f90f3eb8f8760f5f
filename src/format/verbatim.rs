//! Where the lines of a text value stand in the file that holds it: a script below `run: |` stands there line by line, only
//! indented, and a short one in its quotes as it is.

use crate::text::Span;

/// The lines of a value in the order of both, the value's and the file's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verbatim {
    /// For each line where it begins, in bytes: in the value, and in the file.
    lines: Vec<(usize, usize)>,
}

impl Verbatim {
    /// Finds `value`, which was read from the bytes `span` of `text`; `None` where it was folded or unescaped, so that its
    /// lines are not those of the file.
    pub fn of(value: &str, text: &str, span: Span) -> Option<Self> {
        let raw = text.get(span.start..span.end)?;
        if !value.trim_end().contains('\n') {
            let at = raw.find(value.trim_end())?;
            return Some(Self { lines: vec![(0, span.start + at)] });
        }
        let (mut lines, mut rest, mut from) = (Vec::new(), span.start, 0);
        for line in value.split_inclusive('\n') {
            let wanted = line.trim_end();
            if !wanted.is_empty() {
                let (at, behind) = next_line(text.get(rest..span.end)?, wanted)?;
                lines.push((from, rest + at));
                rest += behind;
            }
            from += line.len();
        }
        Some(Self { lines })
    }

    /// The bytes of the file for bytes of the value.
    pub fn place(&self, span: Span) -> Span {
        let place = |at: usize| {
            let line = self.lines.partition_point(|(from, _)| *from <= at).saturating_sub(1);
            self.lines.get(line).map_or(at, |(from, file)| file + at.saturating_sub(*from))
        };
        let start = place(span.start);
        // The last byte decides the line on which it ends.
        let end = if span.end > span.start { place(span.end - 1) + 1 } else { start };
        Span::new(start, end.max(start))
    }
}

/// Where `wanted` stands in the next line of `raw` that is not empty, and where the line after that begins. A first line
/// that introduces a block (`|`, `|-`) is passed over.
fn next_line(raw: &str, wanted: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    for line in raw.split_inclusive('\n') {
        let shown = line.trim_end();
        if let Some(before) = shown.strip_suffix(wanted).filter(|before| before.trim_start().is_empty()) {
            return Some((from + before.len(), from + line.len()));
        }
        let introduces = shown.trim_start().starts_with('|') && from == 0;
        if !shown.is_empty() && !introduces {
            return None;
        }
        from += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str, raw: &str, value: &str, wanted: &[&str]) -> Option<Vec<String>> {
        let start = text.find(raw).unwrap();
        let verbatim = Verbatim::of(value, text, Span::new(start, start + raw.len()))?;
        let shown = |word: &&str| {
            let at = value.find(word).unwrap();
            let span = verbatim.place(Span::new(at, at + word.len()));
            text[span.start..span.end].to_owned()
        };
        Some(wanted.iter().map(shown).collect())
    }

    #[test]
    fn a_block_stands_line_by_line() {
        let text = "run: |\n  # first\n\n  curl -k \\\n    https://a\n  tar x\nname: x\n";
        let raw = "|\n  # first\n\n  curl -k \\\n    https://a\n  tar x\n";
        let value = "# first\n\ncurl -k \\\n  https://a\ntar x\n";
        let wanted = ["curl -k \\\n  https://a", "tar", "# first"];
        let expected = ["curl -k \\\n    https://a", "tar", "# first"].map(str::to_owned).to_vec();
        assert_eq!(places(text, raw, value, &wanted), Some(expected.clone()));
        let body = raw.strip_prefix("|\n").unwrap();
        assert_eq!(places(text, body, value, &wanted), Some(expected), "a span that begins with the first line");
    }

    #[test]
    fn a_single_line_stands_in_its_quotes() {
        let text = "run: \"npm test && tar x\"\n";
        let found = places(text, "\"npm test && tar x\"", "npm test && tar x", &["tar x"]);
        assert_eq!(found, Some(vec!["tar x".to_owned()]));
    }

    #[test]
    fn what_was_folded_or_unescaped_has_no_places() {
        let folded = "run: >\n  npm\n  test\n\n  tar x\n";
        assert_eq!(Verbatim::of("npm test\ntar x\n", folded, Span::new(5, folded.len())), None);
        let escaped = "run: \"npm \\u0074est\"\n";
        assert_eq!(Verbatim::of("npm test", escaped, Span::new(5, escaped.len())), None);
        assert_eq!(Verbatim::of("npm test", "", Span::new(0, 8)), None, "there is no text");
    }
}
