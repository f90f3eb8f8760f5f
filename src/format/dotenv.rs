//! `KEY=value` lines as the dotenv loaders of the big ecosystems read them.
//!
//! `export` before a key is passed over; single quotes and backticks hold text as it stands, double quotes know
//! `\n`, `\r`, `\t`, `\"`, `\\` and `\$`; all three may span lines. ` #` opens a comment behind a value without quotes.
//! Nothing is expanded: `${X}` stays text. A line that is no assignment is a fault and otherwise passed over. An empty
//! text gives an empty object.

use super::lines::{Line, lines};
use super::members::report_duplicates;
use super::{Data, Document, Fault, FormatError, Limits, Member, Node};
use crate::text::Span;

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let root = Node::new(Data::Null, Span::new(0, text.len()));
    let mut reader = Reader { text, members: Vec::new(), document: Document::new(root), behind: 0 };
    for line in lines(text) {
        if line.start < reader.behind {
            continue;
        }
        if reader.members.len() + 1 >= limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", limits.nodes), line.start));
        }
        reader.line(line.trimmed());
    }
    let Reader { members, mut document, .. } = reader;
    report_duplicates(&members, &mut document.faults);
    document.root.data = Data::Object(members);
    Ok(document)
}

struct Reader<'a> {
    text: &'a str,
    members: Vec<Member>,
    document: Document,
    /// End of the last quoted value: lines that begin before it belong to it.
    behind: usize,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: Line<'a>) {
        if line.text.is_empty() {
            return;
        }
        if line.text.starts_with('#') {
            self.document.comments.push(line.span());
            return;
        }
        let assignment = match line.text.strip_prefix("export") {
            Some(rest) if rest.starts_with([' ', '\t']) => line.slice(6, line.text.len()).trimmed(),
            _ => line,
        };
        let Some(equals) = assignment.text.find('=') else {
            // `export KEY` alone assigns nothing and is no mistake.
            if assignment == line {
                self.fault(line, "no assignment");
            }
            return;
        };
        let key = assignment.slice(0, equals).trimmed();
        if !is_key(key.text) {
            self.fault(key, "no name for a variable");
            return;
        }
        let value = self.value(assignment.slice(equals + 1, assignment.text.len()).trimmed());
        self.members.push(Member { key: key.text.to_owned(), key_span: key.span(), value });
    }

    fn value(&mut self, value: Line<'a>) -> Node {
        let Some(quote) = value.text.chars().next().filter(|first| matches!(first, '"' | '\'' | '`')) else {
            return self.plain(value);
        };
        let from = value.start + 1;
        let Some(length) = closing(&self.text[from..], quote) else {
            self.fault(value, "quote that is never closed");
            return Node::string(value.text, value.span());
        };
        let end = from + length + 1;
        self.behind = end;
        let raw = &self.text[from..from + length];
        let content = if quote == '"' { unescaped(raw) } else { raw.to_owned() };
        let line_end = memchr::memchr(b'\n', &self.text.as_bytes()[end..]).map_or(self.text.len(), |at| end + at);
        let rest = Line { start: end, text: &self.text[end..line_end] }.trimmed();
        if rest.text.starts_with('#') {
            self.document.comments.push(rest.span());
        } else if !rest.text.is_empty() {
            self.fault(rest, "text behind a closed quote");
        }
        Node::string(content, Span::new(value.start, end))
    }

    fn plain(&mut self, value: Line<'a>) -> Node {
        let bytes = value.text.as_bytes();
        let comment = memchr::memchr_iter(b'#', bytes).find(|&at| at == 0 || bytes[at - 1].is_ascii_whitespace());
        let Some(at) = comment else { return Node::string(value.text, value.span()) };
        self.document.comments.push(value.slice(at, bytes.len()).span());
        let value = value.slice(0, at);
        let value = Line { text: value.text.trim_end(), ..value };
        Node::string(value.text, value.span())
    }

    fn fault(&mut self, place: Line<'_>, message: &str) {
        self.document.faults.push(Fault { span: place.span(), message: message.to_owned() });
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || "_.-".contains(character))
}

/// Bytes up to the quote that closes; only double quotes know a backslash.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote == '"' {
            escaped = true;
        } else if character == quote {
            return Some(at);
        }
    }
    None
}

fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(same @ ('"' | '\\' | '$')) => text.push(same),
            other => {
                text.push('\\');
                text.extend(other);
            }
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
    fn values_in_every_dress() {
        let text =
            "\u{feff}# é\nA=1 # c\r\nexport B = 'x # y' # d\nC=\"é\\n\\\"${X}\nZ=2\"\nD=#e\nE=a#b\nexport F\nG=`q`\n";
        let document = read(text);
        let expected =
            serde_json::json!({"A": "1", "B": "x # y", "C": "é\n\"${X}\nZ=2", "D": "", "E": "a#b", "G": "q"});
        assert_eq!(document.root.to_value(), expected);
        let b = document.root.member("B").unwrap();
        assert_eq!((check::at(text, b.key_span), check::at(text, b.value.span)), ("B", "'x # y'"));
        assert_eq!(check::at(text, document.root.get("C").unwrap().span), "\"é\\n\\\"${X}\nZ=2\"");
        assert_eq!(check::at(text, document.root.get("A").unwrap().span), "1");
        let comments: Vec<_> = document.comments.iter().map(|span| check::at(text, *span)).collect();
        assert_eq!(comments, ["# é", "# c", "# d", "#e"]);
        assert_eq!(document.faults, []);
    }

    #[test]
    fn what_is_no_assignment_is_a_fault() {
        let text = "nope\na b=1\nA='x' y\nA=\"open\n";
        let document = read(text);
        let faults: Vec<_> =
            document.faults.iter().map(|fault| (check::at(text, fault.span), fault.message.as_str())).collect();
        let expected = [
            ("nope", "no assignment"),
            ("a b", "no name for a variable"),
            ("y", "text behind a closed quote"),
            ("\"open", "quote that is never closed"),
            ("A", "key 'A' stands twice"),
        ];
        assert_eq!(faults, expected);
        assert_eq!(document.root.get("A").unwrap().as_str(), Some("\"open"));
        assert_eq!(read("").root.data, Data::Object(Vec::new()));
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(
            text in prop_oneof![".{0,80}", "[=#'\"`\\\\AB é$\\{\\}nexport \n\r\t\u{feff}]{0,60}"]
        ) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
