//! Which lines of a templated YAML text lie in a block scalar, told from indentation alone.
//!
//! The masker must know before any YAML reader has seen the text, because a blank line is harmless in a mapping but
//! would swallow the content of a block scalar.

/// Reads lines in order and remembers the block scalar that is open.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    /// Up to where lines were read.
    at: usize,
    /// Column of the key or dash whose block scalar is open.
    margin: Option<usize>,
}

impl Blocks {
    /// Reads the lines up to `offset`, which begins a line.
    pub(super) fn read_up_to(&mut self, text: &str, offset: usize) {
        for line in text.get(self.at..offset).unwrap_or_default().lines() {
            self.read_line(line);
        }
        self.at = self.at.max(offset);
    }

    /// Reads one line.
    pub(super) fn read_line(&mut self, line: &str) {
        let content = line.trim_start_matches(' ');
        if content.trim().is_empty() {
            return;
        }
        let indent = line.len() - content.len();
        if self.margin.is_some_and(|margin| indent > margin) {
            return;
        }
        self.margin = opens(content).then(|| margin(content, indent));
    }

    /// Marks the line that ends at `offset` as read.
    pub(super) fn skip_to(&mut self, offset: usize) {
        self.at = self.at.max(offset);
    }

    /// The margin of the open block scalar, if content at `column` belongs to it.
    pub(super) fn margin_of(&self, column: usize) -> Option<usize> {
        self.margin.filter(|&margin| column > margin)
    }
}

/// Whether the line ends with the head of a block scalar, such as `key: |-` or `- >2 # why`.
fn opens(content: &str) -> bool {
    if content.starts_with('#') {
        return false;
    }
    let before = content.find(" #").map_or(content, |at| &content[..at]).trim_end();
    let before = before.trim_end_matches(|character: char| character.is_ascii_digit() || "+-".contains(character));
    let Some(before) = before.strip_suffix(['|', '>']) else { return false };
    let lead = before.trim_end();
    before.len() > lead.len() && (lead.ends_with([':', '-', '?']) || lead.contains(" !") || lead.contains(" &"))
}

/// Column of the innermost key or dash of a line.
fn margin(content: &str, indent: usize) -> usize {
    let mut rest = content;
    let mut column = indent;
    while let Some(inner) = rest.strip_prefix("- ") {
        let item = inner.trim_start_matches(' ');
        if item.starts_with(['|', '>']) {
            break;
        }
        column += rest.len() - item.len();
        rest = item;
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_open_and_dedents_close() {
        let mut blocks = Blocks::default();
        blocks.read_line("- - key: |-  # why");
        assert_eq!((blocks.margin_of(5), blocks.margin_of(4)), (Some(4), None));
        blocks.read_line("");
        blocks.read_line("      text: |");
        assert_eq!(blocks.margin_of(5), Some(4));
        blocks.read_line("  next: 1");
        assert_eq!(blocks.margin_of(9), None);
        for (line, expected) in
            [("- |", true), ("a: !x >2+", true), ("# a: |", false), ("a || b", false), ("a: b |", false)]
        {
            assert_eq!(opens(line), expected, "{line}");
        }
    }
}
