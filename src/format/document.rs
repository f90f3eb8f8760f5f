//! The one shape that every syntax is read into: a JSON-like tree in which each node knows its place.
//!
//! A `Document` never lies about what it could not read: a template, an unresolved variable or an unknown tag is
//! *opaque*, and whoever judges it gets "unknown" instead of a guess. Keys that stand twice are kept (the last wins on
//! look-up, as in most readers) and reported as a [`Fault`].

use serde_json::{Map, Number, Value};

use crate::text::Span;

/// One document of a file, with the place of every node.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The content.
    pub root: Node,
    /// Spans of the comments, in file order, with their markers.
    pub comments: Vec<Span>,
    /// What was wrong without making the document unreadable (a key that stands twice).
    pub faults: Vec<Fault>,
}

/// A stated weakness of a document that could still be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What, as a lower-case fragment without a final stop.
    pub message: String,
}

/// A value with its place in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Its bytes in the file; derived nodes carry the span of what they were derived from.
    pub span: Span,
    /// An application tag as written (`!Ref`), never a core tag such as `!!str`.
    pub tag: Option<Box<str>>,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Nothing.
    Null,
    /// true or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text, with quotes and escapes resolved.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// Keys and values in file order; a key may stand twice.
    Object(Vec<Member>),
    /// Something whose value cannot be known from the text; the raw text is kept.
    Opaque(String),
}

/// One key of an object with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key, unquoted.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Member {
    /// Whether this is what a template inserts in the place of members: any number of them, by any name.
    pub fn is_inserted(&self) -> bool {
        matches!(&self.value.data, Data::Opaque(raw) if *raw == self.key)
    }
}

impl Document {
    /// A document without comments or faults.
    pub fn new(root: Node) -> Self {
        Self { root, comments: Vec::new(), faults: Vec::new() }
    }
}

impl Node {
    /// A node without a tag.
    pub fn new(data: Data, span: Span) -> Self {
        Self { data, span, tag: None }
    }

    /// A text node.
    pub fn string(text: impl Into<String>, span: Span) -> Self {
        Self::new(Data::String(text.into()), span)
    }

    /// Whether its value cannot be known from the text (a template, an unresolved variable, an application tag).
    pub fn is_opaque(&self) -> bool {
        self.tag.is_some() || matches!(self.data, Data::Opaque(_))
    }

    /// The value under `key` of an object; of a key that stands twice, the last.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.value)
    }

    /// The member `key` of an object; of a key that stands twice, the last.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.key == key)
    }

    /// The members of an object, or none.
    pub fn members(&self) -> &[Member] {
        match &self.data {
            Data::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of a list, or none.
    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::Array(items) => items,
            _ => &[],
        }
    }

    /// The text of a text node.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a true/false node.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A scalar as it reads: text as it is, numbers and booleans in their JSON form; `None` for the rest.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.data {
            Data::String(text) | Data::Opaque(text) => Some(text.clone()),
            Data::Number(number) => Some(number.to_string()),
            Data::Bool(value) => Some(value.to_string()),
            Data::Null | Data::Array(_) | Data::Object(_) => None,
        }
    }

    /// The node at a JSON pointer (RFC 6901), `""` being this node.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        let mut node = self;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            node = match &node.data {
                Data::Object(_) => node.get(&token)?,
                Data::Array(items) => items.get(token.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// The plain JSON value, for selection by `JSONPath`. Opaque nodes become their raw text, numbers stay as they are.
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(number) => Value::Number(number.clone()),
            Data::String(text) | Data::Opaque(text) => Value::String(text.clone()),
            Data::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Data::Object(members) => {
                let mut map = Map::with_capacity(members.len());
                for member in members {
                    map.insert(member.key.clone(), member.value.to_value());
                }
                Value::Object(map)
            }
        }
    }

    /// Number of nodes in this tree, itself included.
    pub fn count(&self) -> usize {
        1 + match &self.data {
            Data::Array(items) => items.iter().map(Self::count).sum(),
            Data::Object(members) => members.iter().map(|member| member.value.count()).sum::<usize>(),
            _ => 0,
        }
    }
}
