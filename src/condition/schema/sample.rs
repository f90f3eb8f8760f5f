//! Trees for tests: a JSON value as a [`Node`] whose spans are those of its compact text.

use serde_json::Value;

use crate::format::{Data, Member, Node};
use crate::text::Span;

/// The text that `value` is printed as, and its tree. A string that starts with `opaque:` becomes an opaque node.
pub(crate) fn placed(value: &Value) -> (String, Node) {
    let mut text = String::new();
    let node = place(value, &mut text);
    (text, node)
}

/// Only the tree of [`placed`].
pub(crate) fn node(value: &Value) -> Node {
    placed(value).1
}

fn place(value: &Value, text: &mut String) -> Node {
    let start = text.len();
    let data = match value {
        Value::Array(items) => {
            text.push('[');
            let mut nodes = Vec::new();
            for item in items {
                separate(text, '[');
                nodes.push(place(item, text));
            }
            text.push(']');
            Data::Array(nodes)
        }
        Value::Object(map) => {
            text.push('{');
            let mut members = Vec::new();
            for (key, value) in map {
                separate(text, '{');
                let from = text.len();
                text.push_str(&Value::from(key.as_str()).to_string());
                let key_span = Span::new(from, text.len());
                text.push(':');
                members.push(Member { key: key.clone(), key_span, value: place(value, text) });
            }
            text.push('}');
            Data::Object(members)
        }
        scalar => {
            text.push_str(&scalar.to_string());
            scalar_data(scalar)
        }
    };
    Node::new(data, Span::new(start, text.len()))
}

fn separate(text: &mut String, open: char) {
    if !text.ends_with(open) {
        text.push(',');
    }
}

fn scalar_data(value: &Value) -> Data {
    match value {
        Value::Bool(value) => Data::Bool(*value),
        Value::Number(number) => Data::Number(number.clone()),
        Value::String(text) => match text.strip_prefix("opaque:") {
            Some(raw) => Data::Opaque(raw.to_owned()),
            None => Data::String(text.clone()),
        },
        _ => Data::Null,
    }
}
