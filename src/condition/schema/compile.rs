//! From a written schema to what it means. Everything that could make a rule silently wrong is an error here.
//!
//! Regular expressions are the one thing left for later (they are costly and most are never needed);
//! [`Schema::validate`] compiles them too, for tests.

use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::definitions::{Definitions, PREFIX};
use super::formats::{self, Format};
use super::keywords::{self, Form, WORDS, Word};
use super::suggest::did_you_mean;
use super::tree::{Keyword, Members, Pattern, Schema, TYPES, Tree};

/// Deepest nesting of a written schema.
const DEPTH: usize = 64;

/// What is wrong with a written schema, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message} at `{pointer}`")]
pub struct SchemaError {
    /// JSON pointer to the offending part, `""` being the whole schema.
    pub pointer: String,
    /// What is wrong, as a lower-case fragment without a final stop.
    pub message: String,
}

impl SchemaError {
    pub(super) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }

    /// The same error, seen from outside the definition `name`.
    pub(super) fn within(self, name: &str) -> Self {
        if self.pointer.starts_with("/definitions/") {
            return self;
        }
        Self { pointer: format!("/definitions/{name}{}", self.pointer), ..self }
    }
}

impl Schema {
    /// Compiles a written schema. An unknown keyword, format or definition is an error that offers the nearest name.
    pub fn compile(written: &Value, definitions: &Definitions) -> Result<Self, SchemaError> {
        Compiler { definitions }.schema(written, Place::ROOT)
    }

    /// Compiles what is otherwise left until it is needed: the regular expressions.
    pub fn validate(&self) -> Result<(), SchemaError> {
        let Tree::All(keywords) = &*self.0 else { return Ok(()) };
        keywords.iter().try_for_each(Keyword::validate)
    }
}

impl Keyword {
    fn validate(&self) -> Result<(), SchemaError> {
        match self {
            Self::Pattern(pattern) => pattern.validate(),
            Self::Members(members) => {
                members.patterns.iter().try_for_each(|(pattern, schema)| {
                    pattern.validate()?;
                    schema.validate()
                })?;
                members.named.iter().map(|(_, schema)| schema).chain(&members.additional).try_for_each(Schema::validate)
            }
            Self::Names(schema) | Self::Not(schema) | Self::Contains { schema, .. } => schema.validate(),
            Self::Items { first, rest } => first.iter().chain(rest).try_for_each(Schema::validate),
            Self::AllOf(schemas) | Self::AnyOf(schemas) | Self::OneOf(schemas) => {
                schemas.iter().try_for_each(Schema::validate)
            }
            Self::If { test, then, otherwise } => {
                std::iter::once(test).chain(then).chain(otherwise).try_for_each(Schema::validate)
            }
            _ => Ok(()),
        }
    }
}

impl Pattern {
    fn validate(&self) -> Result<(), SchemaError> {
        self.regex().map(|_| ()).map_err(|message| SchemaError::new(self.pointer.clone(), message))
    }
}

/// A place in the written schema: the way back to the root, spelled out only for an error.
#[derive(Clone, Copy)]
struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    token: Token<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    const ROOT: Self = Self { parent: None, token: Token::Index(0), depth: 0 };

    fn name(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), token: Token::Name(name), depth: self.depth + 1 }
    }

    fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), token: Token::Index(index), depth: self.depth + 1 }
    }

    fn pointer(&self) -> String {
        let Some(parent) = self.parent else { return String::new() };
        match self.token {
            Token::Name(name) => format!("{}/{}", parent.pointer(), name.replace('~', "~0").replace('/', "~1")),
            Token::Index(index) => format!("{}/{index}", parent.pointer()),
        }
    }

    fn error(&self, message: impl Into<String>) -> SchemaError {
        SchemaError::new(self.pointer(), message)
    }
}

struct Compiler<'a> {
    definitions: &'a Definitions,
}

impl Compiler<'_> {
    fn schema(&self, written: &Value, place: Place<'_>) -> Result<Schema, SchemaError> {
        if place.depth > DEPTH {
            return Err(place.error(format!("nested deeper than {DEPTH} levels")));
        }
        let tree = match written {
            Value::Bool(value) => Tree::Always(*value),
            Value::Object(map) => Tree::All(self.keywords(map, place)?),
            _ => return Err(place.error("a schema is an object, true or false")),
        };
        Ok(Schema(Arc::new(tree)))
    }

    fn keywords(&self, map: &Map<String, Value>, place: Place<'_>) -> Result<Vec<Keyword>, SchemaError> {
        let mut found = Vec::with_capacity(map.len());
        for (name, value) in map {
            let here = place.name(name);
            let Some(word) = keywords::find(name) else {
                let hint = did_you_mean(name, WORDS.iter().map(|word| word.name));
                return Err(here.error(format!("unknown keyword `{name}`{hint}")));
            };
            if let Some(needs) = word.needs.filter(|&needs| !map.contains_key(needs)) {
                return Err(here.error(format!("`{name}` means nothing without `{needs}`")));
            }
            found.extend(self.keyword(word, value, map, here)?);
        }
        found.extend(self.members(map, place)?);
        found.extend(self.items(map, place)?);
        found.extend(self.contains(map, place)?);
        found.extend(self.conditional(map, place)?);
        Ok(found)
    }

    fn keyword(
        &self,
        word: &Word,
        value: &Value,
        siblings: &Map<String, Value>,
        place: Place<'_>,
    ) -> Result<Option<Keyword>, SchemaError> {
        Ok(match word.form {
            Form::Count(make) => Some(make(count(value, place)?)),
            Form::Number(make) => Some(make(value.as_number().ok_or_else(|| place.error("not a number"))?.clone())),
            Form::Schema(make) => Some(make(self.schema(value, place)?)),
            Form::Schemas(make) => Some(make(self.list(value, place)?)),
            Form::Flag(make) => flag(value, place)?.then(make),
            Form::Types => Some(types(value, place)?),
            Form::Const => Some(Keyword::OneOfValues(vec![value.clone()])),
            Form::Enum => Some(Keyword::OneOfValues(filled(value, place)?.clone())),
            Form::Pattern => Some(Keyword::Pattern(pattern(text(value, place)?, place))),
            Form::Format => Some(Keyword::Format(format(value, siblings.get("x-limit"), place)?)),
            Form::Required => Some(required(value, place)?),
            Form::Reference => Some(self.reference(value, place)?),
            Form::Note => text(value, place).map(|_| None)?,
            Form::PartCount
            | Form::PartSchema
            | Form::PartSchemas
            | Form::PartMap
            | Form::PartPatterns
            | Form::PartLimit => None,
        })
    }

    fn list(&self, value: &Value, place: Place<'_>) -> Result<Vec<Schema>, SchemaError> {
        let items = filled(value, place)?;
        items.iter().enumerate().map(|(index, item)| self.schema(item, place.index(index))).collect()
    }

    fn reference(&self, value: &Value, place: Place<'_>) -> Result<Keyword, SchemaError> {
        let target = text(value, place)?;
        let Some(name) = target.strip_prefix(PREFIX) else {
            return Err(place.error(format!("`{target}` is no reference of the form `{PREFIX}NAME`")));
        };
        let found = self.definitions.resolve(name);
        let schema =
            found.map_err(|error| if error.pointer.is_empty() { place.error(error.message) } else { error })?;
        Ok(Keyword::AllOf(vec![schema]))
    }

    /// The schema under `name`, where it stands.
    fn part(&self, map: &Map<String, Value>, name: &str, place: Place<'_>) -> Result<Option<Schema>, SchemaError> {
        map.get(name).map(|value| self.schema(value, place.name(name))).transpose()
    }

    fn members(&self, map: &Map<String, Value>, place: Place<'_>) -> Result<Option<Keyword>, SchemaError> {
        let named = self.by_name(map, "properties", place)?;
        let mut patterns = Vec::new();
        for (source, schema) in self.by_name(map, "patternProperties", place)? {
            patterns.push((pattern(&source, place.name("patternProperties").name(&source)), schema));
        }
        let additional = self.part(map, "additionalProperties", place)?;
        let asks = !named.is_empty() || !patterns.is_empty() || additional.is_some();
        Ok(asks.then_some(Keyword::Members(Members { named, patterns, additional })))
    }

    fn by_name(
        &self,
        map: &Map<String, Value>,
        keyword: &str,
        place: Place<'_>,
    ) -> Result<Vec<(String, Schema)>, SchemaError> {
        let Some(value) = map.get(keyword) else { return Ok(Vec::new()) };
        let place = place.name(keyword);
        let entries = value.as_object().ok_or_else(|| place.error("not a mapping from name to schema"))?;
        entries.iter().map(|(name, value)| Ok((name.clone(), self.schema(value, place.name(name))?))).collect()
    }

    fn items(&self, map: &Map<String, Value>, place: Place<'_>) -> Result<Option<Keyword>, SchemaError> {
        let first = match map.get("prefixItems") {
            Some(value) => self.list(value, place.name("prefixItems"))?,
            None => Vec::new(),
        };
        let rest = self.part(map, "items", place)?;
        Ok((!first.is_empty() || rest.is_some()).then_some(Keyword::Items { first, rest }))
    }

    fn contains(&self, map: &Map<String, Value>, place: Place<'_>) -> Result<Option<Keyword>, SchemaError> {
        let Some(schema) = self.part(map, "contains", place)? else { return Ok(None) };
        let bound = |name: &str| map.get(name).map(|value| count(value, place.name(name))).transpose();
        Ok(Some(Keyword::Contains { schema, min: bound("minContains")?.unwrap_or(1), max: bound("maxContains")? }))
    }

    fn conditional(&self, map: &Map<String, Value>, place: Place<'_>) -> Result<Option<Keyword>, SchemaError> {
        let Some(test) = self.part(map, "if", place)? else { return Ok(None) };
        let (then, otherwise) = (self.part(map, "then", place)?, self.part(map, "else", place)?);
        if then.is_none() && otherwise.is_none() {
            return Err(place.name("if").error("`if` means nothing without `then` or `else`"));
        }
        Ok(Some(Keyword::If { test, then, otherwise }))
    }
}

fn text<'a>(value: &'a Value, place: Place<'_>) -> Result<&'a str, SchemaError> {
    value.as_str().ok_or_else(|| place.error("not a text"))
}

fn flag(value: &Value, place: Place<'_>) -> Result<bool, SchemaError> {
    value.as_bool().ok_or_else(|| place.error("neither true nor false"))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number between 0 and 2^52")]
fn count(value: &Value, place: Place<'_>) -> Result<usize, SchemaError> {
    let whole = |number: &f64| number.fract() == 0.0 && (0.0..4e15).contains(number);
    let count = value.as_u64().or_else(|| value.as_f64().filter(whole).map(|number| number as u64));
    count.and_then(|count| usize::try_from(count).ok()).ok_or_else(|| place.error("not a count"))
}

fn filled<'a>(value: &'a Value, place: Place<'_>) -> Result<&'a Vec<Value>, SchemaError> {
    value.as_array().filter(|items| !items.is_empty()).ok_or_else(|| place.error("not a list with at least one item"))
}

fn pattern(source: &str, place: Place<'_>) -> Pattern {
    Pattern::new(source, place.pointer())
}

fn types(value: &Value, place: Place<'_>) -> Result<Keyword, SchemaError> {
    let written = match value {
        Value::String(_) => std::slice::from_ref(value),
        other => filled(other, place)?,
    };
    let known = || TYPES.iter().map(|(name, _)| *name);
    let read = |value: &Value| {
        let name = text(value, place)?;
        let found = TYPES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        found.ok_or_else(|| place.error(format!("unknown type `{name}`{}", did_you_mean(name, known()))))
    };
    Ok(Keyword::Types(written.iter().map(read).collect::<Result<_, _>>()?))
}

fn required(value: &Value, place: Place<'_>) -> Result<Keyword, SchemaError> {
    let items = value.as_array().ok_or_else(|| place.error("not a list of names"))?;
    let names = items.iter().enumerate().map(|(index, item)| text(item, place.index(index)).map(str::to_owned));
    Ok(Keyword::Required(names.collect::<Result<_, _>>()?))
}

fn format(value: &Value, limit: Option<&Value>, place: Place<'_>) -> Result<Format, SchemaError> {
    let name = text(value, place)?;
    let Some(spec) = formats::find(name) else {
        let hint = did_you_mean(name, formats::format_names());
        return Err(place.error(format!("unknown format `{name}`{hint}")));
    };
    Format::new(spec, limit).map_err(|message| place.error(message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(written: &Value) -> (String, String) {
        let definitions = Definitions::new(&json!({"port": {"type": "integer"}})).unwrap();
        let compiled = Schema::compile(written, &definitions).and_then(|schema| schema.validate());
        let error = compiled.expect_err(&written.to_string());
        (error.pointer, error.message)
    }

    #[test]
    fn every_fault_names_its_place_and_the_nearest_word() {
        let table = [
            (json!({"requierd": ["a"]}), "/requierd", "unknown keyword `requierd`, did you mean `required`?"),
            (
                json!({"items": {"format": "x-git-sah"}}),
                "/items/format",
                "unknown format `x-git-sah`, did you mean `x-git-sha`?",
            ),
            (json!({"type": ["object", "strng"]}), "/type", "unknown type `strng`, did you mean `string`?"),
            (
                json!({"anyOf": [true, {"$ref": "#/definitions/prt"}]}),
                "/anyOf/1/$ref",
                "unknown definition `prt`, did you mean `port`?",
            ),
            (
                json!({"$ref": "other.yml#/port"}),
                "/$ref",
                "`other.yml#/port` is no reference of the form `#/definitions/NAME`",
            ),
            (json!({"properties": {"a/b": 1}}), "/properties/a~1b", "a schema is an object, true or false"),
            (json!({"then": true}), "/then", "`then` means nothing without `if`"),
            (json!({"if": true}), "/if", "`if` means nothing without `then` or `else`"),
            (json!({"minItems": -1}), "/minItems", "not a count"),
            (json!({"enum": []}), "/enum", "not a list with at least one item"),
            (json!({"uniqueItems": "yes"}), "/uniqueItems", "neither true nor false"),
            (json!({"required": ["a", 1]}), "/required/1", "not a text"),
            (json!({"format": "x-duration-max"}), "/format", "`x-duration-max` needs `x-limit`"),
            (json!({"format": "x-duration-max", "x-limit": "soon"}), "/format", "`x-limit` is not a duration"),
            (json!({"format": "x-url", "x-limit": "5m"}), "/format", "`x-url` takes no `x-limit`"),
        ];
        for (written, pointer, message) in table {
            assert_eq!(error(&written), (pointer.to_owned(), message.to_owned()));
        }
    }

    #[test]
    fn a_broken_expression_is_found_by_validation() {
        let (pointer, message) = error(&json!({"patternProperties": {"(": true}}));
        assert_eq!(pointer, "/patternProperties/(");
        assert_eq!(message, "not a regular expression: unclosed group");
        assert_eq!(error(&json!({"items": {"not": {"pattern": "[z-a]"}}})).0, "/items/not/pattern");
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = (0..100).fold(json!(true), |inner, _| json!({"not": inner}));
        assert_eq!(error(&deep).1, "nested deeper than 64 levels");
    }

    #[test]
    fn an_error_reads_as_a_sentence_part() {
        let error = Schema::compile(&json!({"not": 1}), &Definitions::empty()).unwrap_err();
        assert_eq!(error.to_string(), "a schema is an object, true or false at `/not`");
    }
}
