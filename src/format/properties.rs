//! Java properties: `key=value`, `key: value` and `key value` lines, `\` continuations and `\uXXXX` escapes.
//!
//! The result is flat: dots in a key mean nothing here, as they mean nothing to the format. A value spans its text on
//! all of its lines. Placeholders such as `${X}` stay text.

use super::lines::{Line, lines};
use super::members::report_duplicates;
use super::{Data, Document, FormatError, Limits, Member, Node};
use crate::text::Span;

/// Reads Java properties.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let mut document = Document::new(Node::new(Data::Null, Span::new(0, text.len())));
    let mut members = Vec::new();
    let mut rest = lines(text);
    while let Some(first) = rest.next() {
        let first = start_trimmed(first);
        if first.text.is_empty() {
            continue;
        }
        if first.text.starts_with(['#', '!']) {
            document.comments.push(first.span());
            continue;
        }
        if members.len() + 1 >= limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", limits.nodes), first.start));
        }
        let mut pieces = Vec::from([first]);
        while let Some(open) = pieces.last_mut().filter(|line| goes_on(line.text)) {
            *open = open.slice(0, open.text.len() - 1);
            let Some(next) = rest.next() else { break };
            pieces.push(start_trimmed(next));
        }
        members.push(entry(&pieces));
    }
    report_duplicates(&members, &mut document.faults);
    document.root.data = Data::Object(members);
    Ok(document)
}

/// White space as the format counts it: blank, tab, form feed.
fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c')
}

fn start_trimmed(line: Line<'_>) -> Line<'_> {
    line.slice(line.text.len() - line.text.trim_start_matches(is_blank).len(), line.text.len())
}

/// Whether the line ends with an odd number of backslashes.
fn goes_on(text: &str) -> bool {
    text.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Which part of an entry is being read.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Key,
    /// White space behind the key; the flag says whether `=` or `:` was met.
    Between(bool),
    Value,
}

fn entry(pieces: &[Line<'_>]) -> Member {
    let start = pieces.first().map_or(0, |piece| piece.start);
    let (mut key, mut value) = (String::new(), String::new());
    let (mut key_end, mut value_span) = (start, None::<Span>);
    let mut part = Part::Key;
    for piece in pieces {
        let mut at = 0;
        while let Some(character) = piece.text[at..].chars().next() {
            let place = piece.start + at;
            part = match part {
                Part::Key if is_blank(character) => Part::Between(false),
                Part::Key | Part::Between(false) if matches!(character, '=' | ':') => Part::Between(true),
                Part::Between(met) if is_blank(character) => Part::Between(met),
                Part::Between(_) => Part::Value,
                other => other,
            };
            let (text, length) = match part {
                Part::Between(_) => (None, character.len_utf8()),
                _ => unescaped(&piece.text[at..]),
            };
            at += length;
            let end = piece.start + at;
            match part {
                Part::Key => {
                    key.extend(text);
                    key_end = end;
                }
                Part::Value => {
                    value.extend(text);
                    value_span = Some(value_span.unwrap_or(Span::at(place)).cover(Span::at(end)));
                }
                Part::Between(_) => {}
            }
        }
    }
    let end = pieces.last().map_or(key_end, |piece| piece.end());
    let value = Node::string(value, value_span.unwrap_or(Span::at(end)));
    Member { key, key_span: Span::new(start, key_end), value }
}

/// The character at the start of `text` with escapes resolved, and the bytes it takes.
fn unescaped(text: &str) -> (Option<char>, usize) {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return (None, 0) };
    if first != '\\' {
        return (Some(first), first.len_utf8());
    }
    let Some(second) = characters.next() else { return (None, 1) };
    let plain = match second {
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'f' => '\x0c',
        'u' => return unicode(text),
        other => other,
    };
    (Some(plain), 1 + second.len_utf8())
}

/// A `\uXXXX` escape, surrogate pairs joined; one that is none stands for the replacement character.
fn unicode(text: &str) -> (Option<char>, usize) {
    let unit = |from: usize| {
        let digits = text.get(from..from + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    let Some(first) = unit(0) else { return (Some(char::REPLACEMENT_CHARACTER), 2) };
    if let Some(Ok(single)) = char::decode_utf16([first]).next() {
        return (Some(single), 6);
    }
    let pair = unit(6).and_then(|second| char::decode_utf16([first, second]).next()).and_then(Result::ok);
    pair.map_or((Some(char::REPLACEMENT_CHARACTER), 6), |character| (Some(character), 12))
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
    fn keys_values_and_continuations() {
        let text = "# c\n! d\na.b = x y \n  k\\ 1:v\\\r\n   w\\\\\nflag\nu\\u00e9 \\ud83c\\udf89${X}\ne=\n";
        let document = read(text);
        let expected =
            serde_json::json!({"a.b": "x y ", "k 1": "vw\\", "flag": "", "u\u{e9}": "\u{1f389}${X}", "e": ""});
        assert_eq!(document.root.to_value(), expected);
        let k = document.root.member("k 1").unwrap();
        assert_eq!(check::at(text, k.key_span), "k\\ 1");
        assert_eq!(check::at(text, k.value.span), "v\\\r\n   w\\\\");
        assert_eq!(check::at(text, document.root.get("a.b").unwrap().span), "x y ");
        assert_eq!(document.comments, [Span::new(0, 3), Span::new(4, 7)]);
        assert!(document.root.get("e").unwrap().span.is_empty());
    }

    #[test]
    fn odd_escapes_and_repeats_do_not_stop_it() {
        let document = read("a=\\u12\na=\\ud800x\nb=\\");
        let expected = serde_json::json!({"a": "\u{fffd}x", "b": ""});
        assert_eq!(document.root.to_value(), expected);
        assert_eq!(document.faults[0].span, Span::new(7, 8));
        assert!(parse("a\nb\nc", &Limits { nodes: 3, ..Limits::default() }).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(text in prop_oneof![".{0,80}", "[=: \\\\uand08é#!\n\r\t\u{feff}]{0,60}"]) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
