//! Schemas that rules share by name: `rules/definitions.yml`, or what a user's rules bring along.
//!
//! Each is compiled once, when a rule first refers to it. Circles are refused when the set is made, which is what
//! makes the lazy compilation, and every later judgement, safe to recurse.

use crate::embedded;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::compile::SchemaError;
use super::suggest::did_you_mean;
use super::tree::Schema;

/// How every reference begins.
pub(super) const PREFIX: &str = "#/definitions/";

/// Named schemas for `$ref: "#/definitions/NAME"`.
#[derive(Debug, Default)]
pub struct Definitions {
    entries: BTreeMap<String, Definition>,
}

#[derive(Debug)]
struct Definition {
    written: Value,
    compiled: OnceLock<Result<Schema, SchemaError>>,
}

impl Definitions {
    /// No definitions: every reference is an error.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The definitions of a mapping from name to schema.
    pub fn new(written: &Value) -> Result<Self, SchemaError> {
        let Value::Object(map) = written else {
            return Err(SchemaError::new("", "definitions are a mapping from name to schema"));
        };
        let entry = |value: &Value| Definition { written: value.clone(), compiled: OnceLock::new() };
        let entries = map.iter().map(|(name, value)| (name.clone(), entry(value))).collect();
        let definitions = Self { entries };
        definitions.refuse_circles()?;
        Ok(definitions)
    }

    /// The definitions that come with the program.
    pub fn house() -> &'static Self {
        static HOUSE: OnceLock<Definitions> = OnceLock::new();
        HOUSE.get_or_init(|| {
            let written = serde_json::from_str(embedded::file("definitions.yml").unwrap_or_default());
            written.ok().and_then(|written: Value| Self::new(&written).ok()).unwrap_or_default()
        })
    }

    /// The definitions of a YAML text.
    pub fn from_yaml(text: &str) -> Result<Self, SchemaError> {
        let written: Value = serde_yaml::from_str(text).map_err(|error| SchemaError::new("", error.to_string()))?;
        Self::new(&written)
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Compiles every definition, regular expressions included; for tests and `rules test`.
    pub fn validate(&self) -> Result<(), SchemaError> {
        for name in self.names() {
            self.resolve(name)?.validate()?;
        }
        Ok(())
    }

    /// The definition `name`, compiled; an unknown name is an error that offers the nearest.
    pub(super) fn resolve(&self, name: &str) -> Result<Schema, SchemaError> {
        let Some(entry) = self.entries.get(name) else {
            let hint = did_you_mean(name, self.names());
            return Err(SchemaError::new("", format!("unknown definition `{name}`{hint}")));
        };
        let compile = || Schema::compile(&entry.written, self).map_err(|error| error.within(name));
        entry.compiled.get_or_init(compile).clone()
    }

    /// Depth-first over the references; a name met again while it is still open closes a circle.
    fn refuse_circles(&self) -> Result<(), SchemaError> {
        let mut done = BTreeMap::new();
        for name in self.names() {
            self.visit(name, &mut done)?;
        }
        Ok(())
    }

    fn visit<'a>(&'a self, name: &'a str, done: &mut BTreeMap<&'a str, bool>) -> Result<(), SchemaError> {
        match done.get(name) {
            Some(true) => return Ok(()),
            Some(false) => {
                return Err(SchemaError::new(format!("/definitions/{name}"), "refers to itself in a circle"));
            }
            None => {}
        }
        let Some(entry) = self.entries.get(name) else { return Ok(()) };
        done.insert(name, false);
        if done.len() > 10_000 {
            return Err(SchemaError::new("", "more than 10,000 definitions"));
        }
        let mut targets = Vec::new();
        references(&entry.written, &mut targets);
        for target in targets {
            self.visit(target, done)?;
        }
        done.insert(name, true);
        Ok(())
    }
}

/// Every reference target in a written schema.
fn references<'a>(value: &'a Value, targets: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, targets)),
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str().and_then(|text| text.strip_prefix(PREFIX)) {
                    Some(name) if key == "$ref" => targets.push(name),
                    _ => references(value, targets),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::sample::node;
    use super::*;
    use crate::condition::truth::Truth;

    #[test]
    fn the_definitions_of_the_house_compile() {
        let text = include_str!("../../../rules/definitions.yml");
        Definitions::from_yaml(text).unwrap().validate().unwrap();
        assert!(Definitions::house().names().any(|name| name == "truthy"));
    }

    #[test]
    fn house_definitions_judge() {
        let table = [
            ("truthy", json!("Yes"), true),
            ("truthy", json!(1), true),
            ("truthy", json!("no"), false),
            ("falsy", json!("off"), true),
            ("falsy", json!(0), true),
            ("falsy", json!(true), false),
            ("nonempty-string", json!(" "), false),
            ("nonempty-string", json!("a"), true),
            ("image-with-digest", json!("app:1"), false),
            ("literal-secret", json!("hunter2hunter2"), true),
            ("literal-secret", json!("${TOKEN}"), false),
            ("literal-secret", json!(""), false),
            ("text-or-list-holding-text", json!([]), false),
            ("text-or-list-holding-text", json!(["a"]), true),
        ];
        for (name, value, expected) in table {
            let truth = Definitions::house().resolve(name).unwrap().judge(&node(&value)).truth;
            assert_eq!(truth, Truth::from(expected), "{name} of {value}");
        }
    }

    #[test]
    fn circles_and_unknown_names_are_errors() {
        let circle = json!({"a": {"$ref": "#/definitions/b"}, "b": {"items": {"$ref": "#/definitions/a"}}});
        assert_eq!(Definitions::new(&circle).unwrap_err().message, "refers to itself in a circle");
        let open = Definitions::new(&json!({"port": {"$ref": "#/definitions/prot"}})).unwrap();
        let error = open.validate().unwrap_err();
        assert_eq!(error.pointer, "/definitions/port/$ref");
        assert_eq!(error.message, "unknown definition `prot`, did you mean `port`?");
        assert!(Definitions::new(&json!([])).is_err());
    }
}
