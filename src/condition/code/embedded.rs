//! Code within markup: single-file components and PHP templates.
//!
//! What is not code becomes blanks of equal length, so that every offset of the parsed text is an offset of the file and
//! several scripts of one file share a tree.

use std::borrow::Cow;
use std::ops::Range;

use super::language::Dialect;

/// The text that the grammar shall read for a file of `dialect`, and the dialect that it is in.
pub(super) fn prepare(dialect: Dialect, text: &str) -> (Dialect, Cow<'_, str>) {
    match dialect {
        Dialect::Component => {
            let scripts = scripts(text);
            (scripts.dialect, Cow::Owned(keep(text, &scripts.ranges)))
        }
        Dialect::Php if is_template(text) => (dialect, Cow::Owned(blank_html(text))),
        _ => (dialect, Cow::Borrowed(text)),
    }
}

/// `text` with everything outside `ranges` blank. The ranges are in order and end at character boundaries.
fn keep(text: &str, ranges: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        blank(text.get(done..range.start).unwrap_or_default(), &mut kept);
        kept.push_str(text.get(range.clone()).unwrap_or_default());
        done = range.end;
    }
    blank(text.get(done..).unwrap_or_default(), &mut kept);
    kept
}

fn blank(text: &str, kept: &mut String) {
    kept.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

/// The scripts of a component.
struct Scripts {
    dialect: Dialect,
    ranges: Vec<Range<usize>>,
}

fn scripts(text: &str) -> Scripts {
    let bytes = text.as_bytes();
    let mut found = Scripts { dialect: Dialect::JavaScript, ranges: Vec::new() };
    let mut at = 0;
    if let Some(front) = front_matter(text) {
        at = front.end;
        found.dialect = Dialect::TypeScript;
        found.ranges.push(front);
    }
    while let Some(open) = memchr::memchr(b'<', bytes.get(at..).unwrap_or_default()).map(|step| at + step) {
        let rest = text.get(open..).unwrap_or_default();
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(text.len(), |end| open + end + 3);
        } else if let Some(tag) = script_tag(rest) {
            let start = open + tag.len();
            let end = end_of_script(bytes, start);
            if let Some(dialect) = script_dialect(tag) {
                found.dialect = found.dialect.max(dialect);
                found.ranges.push(start..end);
            }
            at = end;
        } else {
            at = open + 1;
        }
    }
    found
}

/// The part between two lines of dashes at the start (Astro).
fn front_matter(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start().len() + 3;
    let body = text.trim_start().strip_prefix("---")?;
    let end = body.find("\n---")?;
    Some(start..start + end + 1)
}

/// The opening tag at the start of `rest`, quotes respected, if it opens a script.
fn script_tag(rest: &str) -> Option<&str> {
    let name = rest.get(..7)?;
    let next = rest.as_bytes().get(7)?;
    if !name.eq_ignore_ascii_case("<script") || !(next.is_ascii_whitespace() || *next == b'>') {
        return None;
    }
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate().skip(7) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return rest.get(..=at).filter(|tag| !tag.ends_with("/>")),
            _ => {}
        }
    }
    None
}

fn end_of_script(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    memchr::memmem::find_iter(rest, b"</")
        .find(|&at| rest.get(at + 2..at + 8).is_some_and(|name| name.eq_ignore_ascii_case(b"script")))
        .map_or(bytes.len(), |at| start + at)
}

/// The dialect of a script by its `lang` and `type`, or `None` for data.
fn script_dialect(tag: &str) -> Option<Dialect> {
    let value = |name: &str| attribute(tag, name).unwrap_or_default().to_ascii_lowercase();
    let kind = value("type");
    let is_code = ["", "module", "ts"].contains(&kind.as_str()) || kind.ends_with("script");
    match value("lang").as_str() {
        _ if !is_code => None,
        "ts" | "typescript" => Some(Dialect::TypeScript),
        "tsx" => Some(Dialect::Tsx),
        "" if kind.contains("typescript") || kind == "ts" => Some(Dialect::TypeScript),
        "" | "js" | "jsx" | "javascript" => Some(Dialect::JavaScript),
        _ => None,
    }
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    tag.split_ascii_whitespace()
        .filter_map(|word| word.split_once('='))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_end_matches(['>', '/']).trim_matches(['"', '\'']))
}

/// Whether a PHP file holds more than one opening tag at its start: only then is there HTML to blank.
fn is_template(text: &str) -> bool {
    let rest = text.trim_start_matches('\u{feff}');
    !rest.starts_with("<?php") || rest.contains("?>")
}

/// PHP with the HTML blank and every `?>` a semicolon, as PHP itself reads it.
fn blank_html(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((open, body)) = opening_tag(text, at) {
        blank(text.get(at..open).unwrap_or_default(), &mut code);
        blank(text.get(open..body).unwrap_or_default(), &mut code);
        let end = closing_tag(text.as_bytes(), body);
        code.push_str(text.get(body..end).unwrap_or_default());
        at = (end + 2).min(text.len());
        if end < at {
            code.push_str("; ".get(..at - end).unwrap_or_default());
        }
    }
    blank(text.get(at..).unwrap_or_default(), &mut code);
    code
}

/// Where the next opening tag begins and where the code behind it does.
fn opening_tag(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    memchr::memmem::find_iter(rest.as_bytes(), b"<?").find_map(|at| {
        let tag = rest.get(at + 2..)?;
        let word = tag.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("php"));
        let length = if word {
            5
        } else if tag.starts_with('=') {
            3
        } else if tag.starts_with(|next: char| next.is_ascii_whitespace()) {
            2
        } else {
            return None;
        };
        Some((from + at, from + at + length))
    })
}

/// Where the `?>` stands that ends the code at `at`: not within a string or a block comment, but within a line comment.
fn closing_tag(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        at = match (byte, next) {
            (b'?', b'>') => return at,
            (b'\'' | b'"', _) => end_of_quote(bytes, at),
            (b'/', b'*') => memchr::memmem::find(bytes.get(at + 2..).unwrap_or_default(), b"*/")
                .map_or(bytes.len(), |step| at + step + 4),
            (b'/', b'/') | (b'#', _) if next != b'[' => end_of_line_comment(bytes, at),
            _ => at + 1,
        };
    }
    bytes.len()
}

fn end_of_quote(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if bytes.get(open) == Some(&byte) => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_line_comment(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    let line = rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
    start + memchr::memmem::find(line, b"?>").unwrap_or(line.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_a_component_keep_their_offsets() {
        let text = "<template>d\u{f6}</template>\n<!-- <script>no</script> -->\n<script lang=\"ts\" generic=\"T extends A<B>\">\nlet a\n</script>\
                    <script type='application/json'>{}</script><SCRIPT setup>b</SCRIPT>";
        let (dialect, code) = prepare(Dialect::Component, text);
        assert_eq!(dialect, Dialect::TypeScript);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["let", "a", "b"]);
        assert_eq!(code.find("let"), text.find("let"));
        let (dialect, code) = prepare(Dialect::Component, "---\nimport x\n---\n<p/>");
        assert_eq!((dialect, code.trim()), (Dialect::TypeScript, "import x"));
        assert_eq!(code.find("import"), Some(4));
    }

    #[test]
    fn html_around_php_is_blank() {
        let text = "<p>it's</p>\n<?php echo '?>'; // don't ?>\n<?xml?>don't <?= $y ?></p>";
        let (_, code) = prepare(Dialect::Php, text);
        assert_eq!(code.len(), text.len());
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["echo", "'?>';", "//", "don't", ";", "$y", ";"]);
        assert_eq!(code.find("$y"), text.find("$y"));
        let pure = "<?php $a;";
        assert!(matches!(prepare(Dialect::Php, pure).1, Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn every_text_keeps_its_length(text in "(<script|<script lang=ts>|</script>|<!--|-->|<\\?php |<\\?=|\\?>|'|\"|//|#|/\\*|\\*/|\n|---|\u{e9}|.){0,40}") {
            for dialect in [Dialect::Component, Dialect::Php] {
                proptest::prop_assert_eq!(prepare(dialect, &text).1.len(), text.len());
            }
        }
    }
}
