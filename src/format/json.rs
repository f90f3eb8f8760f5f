//! JSON as people write it: with comments, trailing commas and the looser literals of JSON5.
//!
//! A missing comma stays an error: a manifest that no tool can read must not look healthy. A text without a value
//! (empty, or comments only) gives a document that holds `Null`. The parser underneath stops at 512 levels by itself,
//! which its stack bears; the tighter bound of the caller is held while the tree is converted.

use jsonc_parser::ast::{Comment, Object, ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use serde_json::Number;

use super::members::report_duplicates;
use super::{Data, Document, Fault, FormatError, Limits, Member, Node};
use crate::text::Span;

const BOM: &str = "\u{feff}";

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let base = text.len() - body.len();
    let collect = CollectOptions { comments: CommentCollectionStrategy::Separate, tokens: false };
    let parsed = parse_to_ast(body, &collect, &options())
        .map_err(|error| FormatError::at(fragment(&error.kind().to_string()), base + error.range().start))?;
    let mut reader = Reader { base, limits, nodes: 0, faults: Vec::new() };
    let whole = Span::new(0, text.len());
    let root = match &parsed.value {
        None => Node::new(Data::Null, whole),
        Some(value) => {
            let mut root = reader.node(value, 0)?;
            if matches!(root.data, Data::Object(_) | Data::Array(_)) {
                root.span = whole;
            }
            root
        }
    };
    // The map knows each comment by the end before and the start behind it, so most stand in it twice.
    let mut comments: Vec<Span> = parsed
        .comments
        .iter()
        .flat_map(|map| map.values())
        .flat_map(|list| list.iter().map(Comment::range))
        .map(|range| reader.span(range))
        .collect();
    comments.sort_unstable();
    comments.dedup();
    Ok(Document { root, comments, faults: reader.faults })
}

fn options() -> ParseOptions {
    ParseOptions { allow_missing_commas: false, allow_non_finite_numbers: false, ..ParseOptions::default() }
}

/// The parser's sentence as the house writes errors.
fn fragment(message: &str) -> String {
    let mut characters = message.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

struct Reader<'a> {
    base: usize,
    limits: &'a Limits,
    nodes: usize,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn span(&self, range: Range) -> Span {
        Span::new(range.start, range.end).shifted(self.base)
    }

    fn node(&mut self, value: &Value<'_>, depth: usize) -> Result<Node, FormatError> {
        let span = self.span(value.range());
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", self.limits.nodes), span.start));
        }
        if depth > self.limits.depth {
            return Err(FormatError::at(format!("nested deeper than {} levels", self.limits.depth), span.start));
        }
        let data = match value {
            Value::NullKeyword(_) => Data::Null,
            Value::BooleanLit(literal) => Data::Bool(literal.value),
            Value::NumberLit(literal) => number(literal.value),
            Value::StringLit(literal) => Data::String(literal.value.clone().into_owned()),
            Value::Array(array) => Data::Array(
                array.elements.iter().map(|element| self.node(element, depth + 1)).collect::<Result<_, _>>()?,
            ),
            Value::Object(object) => Data::Object(self.members(object, depth)?),
        };
        Ok(Node::new(data, span))
    }

    fn members(&mut self, object: &Object<'_>, depth: usize) -> Result<Vec<Member>, FormatError> {
        let mut members = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let key = match &property.name {
                ObjectPropName::String(literal) => literal.value.clone().into_owned(),
                ObjectPropName::Word(word) => word.value.to_owned(),
            };
            let key_span = self.span(property.name.range());
            members.push(Member { key, key_span, value: self.node(&property.value, depth + 1)? });
        }
        report_duplicates(&members, &mut self.faults);
        Ok(members)
    }
}

/// A literal as a number; one that no JSON number can hold stays text.
fn number(literal: &str) -> Data {
    let unsigned = literal.trim_start_matches(['+', '-']);
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let number = match hexadecimal {
        Some(digits) if literal.starts_with('-') => i64::from_str_radix(digits, 16).ok().map(|n| Number::from(-n)),
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(Number::from),
        None => decimal(literal.trim_start_matches('+')),
    };
    number.map_or_else(|| Data::String(literal.to_owned()), Data::Number)
}

fn decimal(literal: &str) -> Option<Number> {
    if let Ok(number) = literal.parse::<i64>() {
        return Some(Number::from(number));
    }
    if let Ok(number) = literal.parse::<u64>() {
        return Some(Number::from(number));
    }
    literal.parse::<f64>().ok().and_then(Number::from_f64)
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
        let text = "{ // é\n  \"a\": [1, \"ü\"], /* b */\n  \"n\": {\"x\": -1.5e3,},\n}\n";
        let document = read(text);
        assert_eq!(document.root.span, Span::new(0, text.len()));
        let a = document.root.member("a").unwrap();
        assert_eq!(check::at(text, a.key_span), "\"a\"");
        assert_eq!(check::at(text, a.value.span), "[1, \"ü\"]");
        assert_eq!(check::at(text, a.value.items()[1].span), "\"ü\"");
        assert_eq!(document.root.pointer("/n/x").unwrap().to_value(), serde_json::json!(-1500.0));
        let comments: Vec<_> = document.comments.iter().map(|span| check::at(text, *span)).collect();
        assert_eq!(comments, ["// é", "/* b */"]);
    }

    #[test]
    fn a_byte_order_mark_shifts_everything() {
        let text = "\u{feff}{\"a\": true}";
        let document = read(text);
        assert_eq!(check::at(text, document.root.get("a").unwrap().span), "true");
        assert_eq!(document.root.span, Span::new(0, text.len()));
        assert_eq!(parse("\u{feff}{\"a\" 1}", &Limits::default()).unwrap_err().offset, Some(8));
    }

    #[test]
    fn keys_that_stand_twice_are_kept_and_reported() {
        let text = "{\"a\":1,\"a\":2}";
        let document = read(text);
        assert_eq!(document.root.members().len(), 2);
        assert_eq!(document.root.get("a").unwrap().to_value(), 2);
        assert_eq!(document.faults[0].span, Span::new(7, 10));
    }

    #[test]
    fn literals_are_read_or_stay_text() {
        let text = "[0xFF, +1, .5, 18446744073709551615, 1e999, 'x', -0x10]";
        let expected = serde_json::json!([255, 1, 0.5, 18_446_744_073_709_551_615_u64, "1e999", "x", -16]);
        assert_eq!(read(text).root.to_value(), expected);
    }

    #[test]
    fn empty_is_null_and_broken_is_an_error() {
        assert_eq!(read("").root.data, Data::Null);
        assert_eq!(read("// only\n").comments, [Span::new(0, 7)]);
        for text in ["{\"a\": 1 \"b\": 2}", "{", "[1 2]", "nope", "{}{}"] {
            assert!(parse(text, &Limits::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_nodes_are_bounded() {
        let deep = "[".repeat(100_000);
        assert!(parse(&deep, &Limits::default()).is_err());
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(128), &Limits::default()).is_ok());
        assert!(parse(&nested(130), &Limits::default()).unwrap_err().message.contains("128 levels"));
        let few = Limits { nodes: 3, ..Limits::default() };
        assert!(parse("[1,2,3]", &few).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(text in prop_oneof![".{0,80}", r#"[\[\]{}:,"'/*\\éx01.eu+ \n\u{feff}-]{0,60}"#]) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
