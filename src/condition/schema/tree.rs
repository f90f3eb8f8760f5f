//! A compiled schema: what it means, free of how it was written.
//!
//! Keywords that only make sense together (`if` with `then`, `properties` with `additionalProperties`) are one
//! [`Keyword`] here. Shared parts are reference-counted, so a definition is compiled once for all rules.

use std::sync::{Arc, OnceLock};

use serde_json::{Number, Value};

use super::formats::Format;
use crate::condition::expression::{Expression, Length, SMALL_CACHE, parse_for_value};

/// A compiled JSON Schema; cheap to clone.
#[derive(Debug, Clone)]
pub struct Schema(pub(super) Arc<Tree>);

/// What a schema asks.
#[derive(Debug)]
pub(super) enum Tree {
    /// `true` or `false`.
    Always(bool),
    /// Every one of these must hold; each with its place in the written schema.
    All(Vec<Keyword>),
}

/// One thing asked of a node.
#[derive(Debug)]
pub(super) enum Keyword {
    Types(Vec<Type>),
    OneOfValues(Vec<Value>),
    Pattern(Pattern),
    Format(Format),
    MinLength(usize),
    MaxLength(usize),
    Minimum(Number),
    Maximum(Number),
    ExclusiveMinimum(Number),
    ExclusiveMaximum(Number),
    MinItems(usize),
    MaxItems(usize),
    UniqueItems,
    MinProperties(usize),
    MaxProperties(usize),
    Required(Vec<String>),
    Members(Members),
    Names(Schema),
    Items { first: Vec<Schema>, rest: Option<Schema> },
    Contains { schema: Schema, min: usize, max: Option<usize> },
    AllOf(Vec<Schema>),
    AnyOf(Vec<Schema>),
    OneOf(Vec<Schema>),
    Not(Schema),
    If { test: Schema, then: Option<Schema>, otherwise: Option<Schema> },
}

/// `properties`, `patternProperties` and `additionalProperties`, which depend on each other.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) named: Vec<(String, Schema)>,
    pub(super) patterns: Vec<(Pattern, Schema)>,
    pub(super) additional: Option<Schema>,
}

/// The types of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

/// Every type with its name.
pub(super) const TYPES: [(&str, Type); 7] = [
    ("null", Type::Null),
    ("boolean", Type::Boolean),
    ("integer", Type::Integer),
    ("number", Type::Number),
    ("string", Type::String),
    ("array", Type::Array),
    ("object", Type::Object),
];

/// A regular expression that is compiled when it is first needed; `\w` and the like mean ASCII.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    /// Place in the written schema.
    pub(super) pointer: String,
    compiled: OnceLock<Result<Expression, String>>,
}

impl Pattern {
    pub(super) fn new(source: &str, pointer: String) -> Self {
        Self { source: source.to_owned(), pointer, compiled: OnceLock::new() }
    }

    /// The compiled expression, or what is wrong with it.
    pub(super) fn regex(&self) -> Result<&Expression, &str> {
        let compiled = self.compiled.get_or_init(|| {
            let built = parse_for_value(&self.source);
            let built = built.and_then(|parsed| Expression::new(&parsed, Length::Short, SMALL_CACHE));
            built.map_err(|error| one_line(&error))
        });
        compiled.as_ref().map_err(String::as_str)
    }
}

/// The last line of a regex error says what is wrong; the lines above draw it.
fn one_line(error: &str) -> String {
    let last = error.lines().last().unwrap_or_default().trim();
    format!("not a regular expression: {}", last.strip_prefix("error: ").unwrap_or(last))
}
