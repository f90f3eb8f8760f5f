//! TOML 1.1 with the place of every key and value.
//!
//! Dates become strings as written. A table spans from its header to its last entry; a table that only dotted keys or
//! the headers of its children imply spans what it holds. Keys that stand twice are an error of the syntax itself.
//! A text without entries gives an empty object. The parser underneath stops at 80 levels of values.

use serde_json::Number;
use toml_edit::{Document as Source, InlineTable, Item, Key, Table, Value};

use super::{Data, Document, FormatError, Limits, Member, Node};
use crate::text::Span;

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let source = Source::parse(text).map_err(|error| FormatError {
        message: fragment(error.message()),
        offset: error.span().map(|span| span.start),
    })?;
    let mut reader = Reader { limits, nodes: 0, last: 0 };
    let mut root = reader.table(source.as_table(), 0)?;
    root.span = Span::new(0, text.len());
    Ok(Document { root, comments: comments(text), faults: Vec::new() })
}

/// The parser's first line, as the house writes errors.
fn fragment(message: &str) -> String {
    message.lines().next().unwrap_or("not TOML").trim_end_matches('.').to_owned()
}

struct Reader<'a> {
    limits: &'a Limits,
    nodes: usize,
    /// Where the last key or value with a place began: the place of what has none.
    last: usize,
}

impl Reader<'_> {
    fn enter(&mut self, depth: usize) -> Result<(), FormatError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", self.limits.nodes), self.last));
        }
        if depth > self.limits.depth {
            return Err(FormatError::at(format!("nested deeper than {} levels", self.limits.depth), self.last));
        }
        Ok(())
    }

    fn place(&mut self, span: Option<std::ops::Range<usize>>) -> Option<Span> {
        let span = span.map(|range| Span::new(range.start, range.end));
        self.last = span.map_or(self.last, |span| span.start);
        span
    }

    fn table(&mut self, table: &Table, depth: usize) -> Result<Node, FormatError> {
        self.enter(depth)?;
        let header = self.place(table.span());
        let implied = table.is_dotted() || table.is_implicit();
        let mut extent = header;
        let mut members = Vec::with_capacity(table.len());
        for (name, item) in table {
            let Some((key, _)) = table.get_key_value(name) else { continue };
            let member = self.member(key, depth, |reader, depth| reader.item(item, depth))?;
            // A table with a header of its own may stand anywhere; it does not widen its parent.
            let apart = match item {
                Item::Table(inner) => !inner.is_dotted(),
                Item::ArrayOfTables(_) => true,
                Item::None | Item::Value(_) => false,
            };
            if implied || !apart {
                let span = member.key_span.cover(member.value.span);
                extent = Some(extent.map_or(span, |before| before.cover(span)));
            }
            members.push(member);
        }
        Ok(Node::new(Data::Object(members), extent.unwrap_or(Span::at(self.last))))
    }

    fn inline(&mut self, table: &InlineTable, depth: usize) -> Result<Node, FormatError> {
        self.enter(depth)?;
        let mut extent = self.place(table.span());
        let mut members = Vec::with_capacity(table.len());
        for (name, value) in table {
            let Some((key, _)) = table.get_key_value(name) else { continue };
            let member = self.member(key, depth, |reader, depth| reader.value(value, depth))?;
            let span = member.key_span.cover(member.value.span);
            extent = Some(extent.map_or(span, |before| before.cover(span)));
            members.push(member);
        }
        Ok(Node::new(Data::Object(members), extent.unwrap_or(Span::at(self.last))))
    }

    fn member(
        &mut self,
        key: &Key,
        depth: usize,
        value: impl FnOnce(&mut Self, usize) -> Result<Node, FormatError>,
    ) -> Result<Member, FormatError> {
        let key_span = self.place(key.span()).unwrap_or(Span::at(self.last));
        Ok(Member { key: key.get().to_owned(), key_span, value: value(self, depth + 1)? })
    }

    fn item(&mut self, item: &Item, depth: usize) -> Result<Node, FormatError> {
        match item {
            Item::None => Ok(Node::new(Data::Null, Span::at(self.last))),
            Item::Value(value) => self.value(value, depth),
            Item::Table(table) => self.table(table, depth),
            Item::ArrayOfTables(tables) => {
                self.enter(depth)?;
                let own = self.place(tables.span());
                let items = tables.iter().map(|table| self.table(table, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                let held = items.iter().map(|item| item.span).reduce(Span::cover);
                Ok(Node::new(Data::Array(items), own.or(held).unwrap_or(Span::at(self.last))))
            }
        }
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<Node, FormatError> {
        if let Value::InlineTable(table) = value {
            return self.inline(table, depth);
        }
        self.enter(depth)?;
        let span = self.place(value.span()).unwrap_or(Span::at(self.last));
        let data = match value {
            Value::String(text) => Data::String(text.value().clone()),
            Value::Integer(number) => Data::Number(Number::from(*number.value())),
            Value::Float(number) => float(*number.value()),
            Value::Boolean(value) => Data::Bool(*value.value()),
            Value::Datetime(date) => Data::String(date.value().to_string()),
            Value::Array(array) => {
                Data::Array(array.iter().map(|item| self.value(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Value::InlineTable(_) => Data::Null,
        };
        Ok(Node::new(data, span))
    }
}

/// `inf` and `nan` have no JSON number and stay text.
fn float(number: f64) -> Data {
    Number::from_f64(number).map_or_else(|| Data::String(number.to_string().to_lowercase()), Data::Number)
}

/// The comments of a text that is known to be TOML: each `#` outside strings, up to its line end.
fn comments(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut comments = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr3(b'#', b'"', b'\'', rest)) {
        at += found;
        if bytes[at] == b'#' {
            let line = &bytes[at..];
            let mut end = at + memchr::memchr(b'\n', line).unwrap_or(line.len());
            if bytes[end - 1] == b'\r' {
                end -= 1;
            }
            comments.push(Span::new(at, end));
            at = end;
        } else {
            at = string_end(bytes, at);
        }
    }
    comments
}

/// Offset behind the string that opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let long = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote == b'"' {
            at += 2;
        } else if byte == quote && !long {
            return at + 1;
        } else if byte == quote && bytes[at..].starts_with(&[quote; 3]) {
            let run = bytes[at..].iter().take_while(|&&next| next == quote).count();
            return at + run;
        } else {
            at += 1;
        }
    }
    bytes.len()
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
    fn nodes_keys_and_comments_know_their_bytes() {
        let text =
            "# é\n[package] # p\nname = \"ü # no\"\nv.w = 1\n\n[[bin]]\nd = 2024-01-02\n[[bin]]\nf = [{ x = 'y' }]\n";
        let document = read(text);
        let root = &document.root;
        assert_eq!(root.span, Span::new(0, text.len()));
        let at = |pointer: &str| check::at(text, root.pointer(pointer).unwrap().span);
        assert_eq!(at("/package/name"), "\"ü # no\"");
        assert_eq!(at("/package/v"), "v.w = 1");
        assert_eq!(at("/bin/0/d"), "2024-01-02");
        assert_eq!(at("/bin/1/f/0/x"), "'y'");
        assert_eq!(at("/bin/1/f/0"), "{ x = 'y' }");
        assert_eq!(at("/package"), "[package] # p\nname = \"ü # no\"\nv.w = 1");
        assert_eq!(at("/bin/1"), "[[bin]]\nf = [{ x = 'y' }]");
        assert_eq!(check::at(text, root.get("package").unwrap().member("name").unwrap().key_span), "name");
        assert_eq!(root.pointer("/bin/0/d").unwrap().as_str(), Some("2024-01-02"));
        let comments: Vec<_> = document.comments.iter().map(|span| check::at(text, *span)).collect();
        assert_eq!(comments, ["# é", "# p"]);
    }

    #[test]
    fn long_strings_hide_their_hashes() {
        let text = "a = \"\"\"x # \"no\" \\\"\"\"\"\"\nb = '''# no'''''\nc = 1 # yes\r\nd = inf\n";
        let document = read(text);
        let comments: Vec<_> = document.comments.iter().map(|span| check::at(text, *span)).collect();
        assert_eq!(comments, ["# yes"]);
        assert_eq!(document.root.get("b").unwrap().as_str(), Some("# no''"));
        assert_eq!(document.root.get("d").unwrap().as_str(), Some("inf"));
    }

    #[test]
    fn a_byte_order_mark_shifts_everything() {
        let text = "\u{feff}a = 'é'\n";
        let document = read(text);
        assert_eq!(check::at(text, document.root.get("a").unwrap().span), "'é'");
        assert_eq!(check::at(text, document.root.member("a").unwrap().key_span), "a");
    }

    #[test]
    fn faults_of_the_syntax_are_errors_with_a_place() {
        let error = parse("a = 1\na = 2\n", &Limits::default()).unwrap_err();
        assert_eq!((error.message.as_str(), error.offset), ("duplicate key", Some(6)));
        assert!(parse("a = [", &Limits::default()).is_err());
        assert_eq!(read("").root.data, Data::Object(Vec::new()));
    }

    #[test]
    fn depth_and_nodes_are_bounded() {
        for open in ["[", "{a="] {
            assert!(parse(&format!("a = {}", open.repeat(50_000)), &Limits::default()).is_err());
        }
        assert!(parse(&format!("{}a = 1", "a.".repeat(50_000)), &Limits::default()).is_err());
        let shallow = Limits { depth: 2, ..Limits::default() };
        assert!(parse("a = [[1]]", &shallow).unwrap_err().message.contains("2 levels"));
        assert!(parse("a = [1, 2, 3]", &Limits { nodes: 3, ..Limits::default() }).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(
            text in prop_oneof![".{0,80}", "[\\[\\]{}=,.\"'#\\\\éab1\\-:T \n\r\t\u{feff}]{0,60}", "([ab.]{1,4} = (1|\"x#\"|'é'|\\[\\]|\\{\\}|[0-9-]{10})( #.)?\n|\\[\\[?[ab.]{1,3}\\]?\\]\n){0,8}"]
        ) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
