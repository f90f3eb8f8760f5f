//! The words of an instruction's arguments, and the JSON array of an exec form, with their places in the line.

use std::ops::Range;

use super::expand::template_length;

/// Splits at blanks outside of quotes and template placeholders; gives raw words, quotes included.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    escape: char,
    /// Whether a placeholder may still be closed further on.
    templates: bool,
}

impl<'a> Words<'a> {
    /// The words of `text` from the byte `at` on.
    pub(super) fn new(text: &'a str, at: usize, escape: char) -> Self {
        Self { text, at, escape, templates: true }
    }

    /// Offset behind the last word read and the blanks that follow it.
    pub(super) fn rest(&self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.text.len() - rest.trim_start().len()
    }

    fn template(&mut self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !self.templates || !(rest.starts_with("{{") || rest.starts_with("{%")) {
            return 0;
        }
        let length = template_length(rest);
        self.templates = length > 0;
        length
    }
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        self.at = self.rest();
        let start = self.at;
        let mut quote = None;
        while let Some(sign) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            let template = self.template();
            if template > 0 {
                self.at += template;
                continue;
            }
            match quote {
                None if sign.is_whitespace() => break,
                None if sign == '"' || sign == '\'' => quote = Some(sign),
                Some(open) if open == sign => quote = None,
                _ if sign == self.escape && quote != Some('\'') => {
                    let next = self.text.get(self.at + sign.len_utf8()..).and_then(|rest| rest.chars().next());
                    self.at += next.map_or(0, char::len_utf8);
                }
                _ => {}
            }
            self.at += sign.len_utf8();
        }
        (self.at > start).then_some(start..self.at)
    }
}

/// The strings of a JSON array of strings with their places, quotes included; `None` when `text` is no such array, which
/// makes it a shell form.
pub(super) fn exec_form(text: &str) -> Option<Vec<(String, Range<usize>)>> {
    let inner = text.trim();
    let offset = text.len() - text.trim_start().len() + 1;
    let inner = inner.strip_prefix('[')?.strip_suffix(']')?;
    let mut words = Vec::new();
    let mut at = blanks(inner, 0);
    while at < inner.len() {
        let rest = inner.get(at..)?;
        let length = string_length(rest)?;
        words.push((serde_json::from_str(rest.get(..length)?).ok()?, at + offset..at + length + offset));
        at = blanks(inner, at + length);
        if at < inner.len() {
            inner.get(at..)?.strip_prefix(',')?;
            at = blanks(inner, at + 1);
            if at == inner.len() {
                return None; // a comma before the bracket
            }
        }
    }
    Some(words)
}

fn blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    text.len() - rest.trim_start().len()
}

fn string_length(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    if bytes.next()?.1 != b'"' {
        return None;
    }
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at + 1),
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn words_end_at_blanks_outside_of_quotes_and_placeholders() {
        let text = "  a \"b c\"d {{ e f }}:{% g %} h\\ i 'j k";
        let words: Vec<_> = Words::new(text, 0, '\\').map(|range| &text[range]).collect();
        assert_eq!(words, ["a", "\"b c\"d", "{{ e f }}:{% g %}", "h\\ i", "'j k"]);
        let open = "{{ a {{ b";
        assert_eq!(Words::new(open, 0, '\\').count(), 4);
    }

    #[test]
    fn exec_forms_are_arrays_of_strings() {
        let words = exec_form(" [ \"a\\\"b\" , \"c\" ] ").unwrap();
        assert_eq!(words, [("a\"b".to_owned(), 3..9), ("c".to_owned(), 12..15)]);
        assert_eq!(exec_form("[]"), Some(Vec::new()));
        for text in ["['a']", "[\"a\",]", "[\"a\" \"b\"]", "[1]", "[ \"a\"", "[ -f x ] && y", "[\"a\\x\"]", ""] {
            assert_eq!(exec_form(text), None, "{text}");
        }
    }
}
