//! INI files as their common readers agree on them, and Java properties.
//!
//! A `[section]` becomes an object under its name, keys before any section stand at the root, and a section that is
//! opened again continues. `key = value` and `key: value` are both read (a `:` inside a key that is followed by `=`
//! stays part of it); a key alone holds `Null`. A line indented deeper than its key continues the value, joined by a
//! line feed. One pair of quotes around a value is removed; ` ;` and ` #` open a comment behind a value without
//! quotes. Properties are flat: dots in their keys mean nothing here. An empty text gives an empty object.

use std::collections::HashMap;

use super::lines::{Line, lines};
use super::members::report_duplicates;
use super::{Data, Document, Fault, FormatError, Limits, Member, Node};
use crate::text::Span;

pub use super::properties::parse as parse_properties;

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let mut reader = Reader {
        limits,
        nodes: 1,
        root: Vec::new(),
        sections: HashMap::new(),
        current: None,
        open: None,
        document: Document::new(Node::new(Data::Null, Span::new(0, text.len()))),
    };
    for line in lines(text) {
        reader.line(line)?;
    }
    Ok(reader.finish())
}

struct Reader<'a> {
    limits: &'a Limits,
    nodes: usize,
    root: Vec<Member>,
    /// Where in `root` each section stands.
    sections: HashMap<&'a str, usize>,
    current: Option<usize>,
    /// Indentation of the key whose value may go on.
    open: Option<usize>,
    document: Document,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: Line<'a>) -> Result<(), FormatError> {
        let content = line.trimmed();
        if content.text.is_empty() {
            return Ok(());
        }
        if content.text.starts_with(['#', ';']) {
            self.document.comments.push(content.span());
            return Ok(());
        }
        let indent = content.start - line.start;
        if self.open.is_some_and(|key| indent > key) {
            self.go_on(content);
            return Ok(());
        }
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", self.limits.nodes), line.start));
        }
        if content.text.starts_with('[') {
            self.section(content);
        } else {
            self.key(content, indent);
        }
        Ok(())
    }

    fn section(&mut self, content: Line<'a>) {
        self.open = None;
        let Some(close) = content.text.find(']') else {
            let message = "section without a closing bracket".to_owned();
            self.document.faults.push(Fault { span: content.span(), message });
            return;
        };
        let name = content.slice(1, close).trimmed();
        if let Some(&at) = self.sections.get(name.text) {
            self.current = Some(at);
            return;
        }
        let value = Node::new(Data::Object(Vec::new()), content.slice(0, close + 1).span());
        self.current = Some(self.root.len());
        self.sections.insert(name.text, self.root.len());
        self.root.push(Member { key: name.text.to_owned(), key_span: name.span(), value });
    }

    fn key(&mut self, content: Line<'a>, indent: usize) {
        let (key, value) = match delimiter(content.text) {
            Some(at) => (content.slice(0, at).trimmed(), Some(content.slice(at + 1, content.text.len()).trimmed())),
            None => (self.without_comment(content), None),
        };
        let value = match value {
            None => Node::new(Data::Null, Span::at(key.end())),
            Some(value) => {
                let value = self.without_comment(value);
                Node::string(unquoted(value.text), value.span())
            }
        };
        self.open = Some(indent);
        self.push(Member { key: key.text.to_owned(), key_span: key.span(), value });
    }

    fn push(&mut self, member: Member) {
        let section = self.current.and_then(|at| self.root.get_mut(at));
        if let Some(Node { data: Data::Object(members), span, .. }) = section.map(|section| &mut section.value) {
            *span = span.cover(member.key_span).cover(member.value.span);
            members.push(member);
        } else {
            self.root.push(member);
        }
    }

    /// Appends a line to the value of the last key.
    fn go_on(&mut self, content: Line<'a>) {
        let content = self.without_comment(content);
        let Some(at) = self.current else {
            if let Some(last) = self.root.last_mut() {
                lengthen(&mut last.value, content);
            }
            return;
        };
        if let Some(Node { data: Data::Object(members), span, .. }) =
            self.root.get_mut(at).map(|member| &mut member.value)
            && let Some(last) = members.last_mut()
        {
            lengthen(&mut last.value, content);
            *span = span.cover(last.value.span);
        }
    }

    /// `content` up to a comment behind it, which is noted.
    fn without_comment(&mut self, content: Line<'a>) -> Line<'a> {
        if content.text.starts_with(['"', '\'']) {
            return content;
        }
        let bytes = content.text.as_bytes();
        let found = memchr::memchr2_iter(b';', b'#', bytes).find(|&at| at > 0 && bytes[at - 1].is_ascii_whitespace());
        let Some(at) = found else { return content };
        self.document.comments.push(content.slice(at, bytes.len()).span());
        content.slice(0, at).trimmed()
    }

    fn finish(mut self) -> Document {
        report_duplicates(&self.root, &mut self.document.faults);
        for member in &self.root {
            report_duplicates(member.value.members(), &mut self.document.faults);
        }
        self.document.root.data = Data::Object(self.root);
        self.document
    }
}

fn lengthen(value: &mut Node, content: Line<'_>) {
    value.span = if value.span.is_empty() { content.span() } else { value.span.cover(content.span()) };
    match &mut value.data {
        Data::String(text) if !text.is_empty() => {
            text.push('\n');
            text.push_str(content.text);
        }
        data => *data = Data::String(content.text.to_owned()),
    }
}

/// Where key and value part: at the first `=` or `:`, but a `:` glued to what follows gives way to a later `=`.
fn delimiter(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = memchr::memchr2(b'=', b':', bytes)?;
    let glued = bytes.get(first + 1).is_some_and(|next| !next.is_ascii_whitespace());
    if bytes[first] == b':' && glued {
        return memchr::memchr(b'=', bytes).or(Some(first));
    }
    Some(first)
}

/// `text` without one pair of quotes that encloses all of it.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::members::check;
    use super::*;

    fn read(text: &str) -> Document {
        parse(text, &Limits::default()).unwrap()
    }

    #[test]
    fn sections_keys_and_continuations() {
        let text = "\u{feff}top = 1\n[tool:é]\n; note\n  a: x ; why\r\n  b =\n      one\n      two # c\n  flag\n[s]\nk='v'\n[tool:é]\nlast=\n";
        let document = read(text);
        let expected = serde_json::json!({
            "top": "1",
            "tool:é": {"a": "x", "b": "one\ntwo", "flag": null, "last": ""},
            "s": {"k": "v"},
        });
        assert_eq!(document.root.to_value(), expected);
        let section = document.root.get("tool:é").unwrap();
        assert_eq!(check::at(text, section.get("b").unwrap().span), "one\n      two");
        assert_eq!(check::at(text, section.member("a").unwrap().key_span), "a");
        assert_eq!(check::at(text, document.root.pointer("/s/k").unwrap().span), "'v'");
        assert_eq!(check::at(text, document.root.get("s").unwrap().span), "[s]\nk='v'");
        let comments: Vec<_> = document.comments.iter().map(|span| check::at(text, *span)).collect();
        assert_eq!(comments, ["; note", "; why", "# c"]);
    }

    #[test]
    fn a_registry_token_keeps_its_key() {
        let text = "//host/:_authToken=${TOKEN}\nurl: http://x?a=b\n";
        let expected = serde_json::json!({"//host/:_authToken": "${TOKEN}", "url": "http://x?a=b"});
        assert_eq!(read(text).root.to_value(), expected);
    }

    #[test]
    fn weaknesses_are_faults() {
        let document = read("[open\na=1\na=2\n");
        let spans: Vec<_> = document.faults.iter().map(|fault| fault.span).collect();
        assert_eq!(spans, [Span::new(0, 5), Span::new(10, 11)]);
        assert_eq!(read("").root.data, Data::Object(Vec::new()));
        assert!(parse("a\nb\nc\n", &Limits { nodes: 3, ..Limits::default() }).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(
            text in prop_oneof![".{0,80}", "[\\[\\]=:;#'\"ab é\n\r\t\u{feff}]{0,60}"]
        ) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
