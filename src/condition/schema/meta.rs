//! The schema of our schemas, derived from the table of keywords, so that neither can drift from the other.
//!
//! Editors and the validation of rule files use it; what it cannot say (whether a definition exists, whether a
//! limit can be read) the compiler adds.

use serde_json::{Map, Value, json};

use super::definitions::PREFIX;
use super::formats::{bounded_names, format_names};
use super::keywords::{Form, WORDS};
use super::tree::TYPES;

/// The address under which the meta-schema knows itself, so that it can be part of a larger schema.
const ID: &str = "urn:prodready:schema-subset";

/// A strict JSON Schema (2020-12) that every schema of a rule fulfils: unknown keywords and formats do not pass.
pub fn meta_schema() -> Value {
    let properties: Map<String, Value> = WORDS.iter().map(|word| (word.name.to_owned(), form(word.form))).collect();
    let needs: Map<String, Value> =
        WORDS.iter().filter_map(|word| Some((word.name.to_owned(), json!([word.needs?])))).collect();
    let bounded: Vec<&str> = bounded_names().collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "the schemas that rules are written in: a subset of JSON Schema 2020-12",
        "type": ["object", "boolean"],
        "properties": properties,
        "additionalProperties": false,
        "dependentRequired": needs,
        "dependentSchemas": {"if": {"anyOf": [{"required": ["then"]}, {"required": ["else"]}]}},
        "if": {"required": ["format"], "properties": {"format": {"enum": bounded}}},
        "then": {"if": {"type": "object"}, "then": {"required": ["x-limit"]}},
        "else": {"properties": {"x-limit": false}}
    })
}

/// What a keyword's value must look like.
fn form(form: Form) -> Value {
    let schema = json!({"$ref": ID});
    let types = json!({"enum": TYPES.map(|(name, _)| name)});
    match form {
        Form::Note | Form::Pattern => json!({"type": "string"}),
        Form::Count(_) | Form::PartCount => json!({"type": "integer", "minimum": 0}),
        Form::Number(_) => json!({"type": "number"}),
        Form::Schema(_) | Form::PartSchema => schema,
        Form::Schemas(_) | Form::PartSchemas => json!({"type": "array", "minItems": 1, "items": schema}),
        Form::Flag(_) => json!({"type": "boolean"}),
        Form::Types => json!({"anyOf": [types, {"type": "array", "minItems": 1, "items": types}]}),
        Form::Const => json!(true),
        Form::Enum => json!({"type": "array", "minItems": 1}),
        Form::Format => json!({"enum": format_names().collect::<Vec<_>>()}),
        Form::Required => json!({"type": "array", "items": {"type": "string"}}),
        Form::Reference => json!({"type": "string", "pattern": format!("^{PREFIX}.")}),
        Form::PartMap | Form::PartPatterns => json!({"type": "object", "additionalProperties": schema}),
        Form::PartLimit => json!({"type": ["string", "number"]}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::definitions::Definitions;
    use super::super::tree::Schema;
    use super::*;

    fn accepts(written: &Value) -> bool {
        let meta = jsonschema::draft202012::new(&meta_schema()).unwrap();
        meta.is_valid(written)
    }

    #[test]
    fn good_schemas_pass_and_compile() {
        let definitions = Definitions::new(&json!({"port": {"type": "integer"}})).unwrap();
        for written in [
            json!(true),
            json!({}),
            json!({"type": ["string", "null"], "const": null, "title": "t", "$comment": "c"}),
            json!({"$ref": "#/definitions/port", "description": "d"}),
            json!({"format": "x-duration-max", "x-limit": "30m"}),
            json!({"if": {"required": []}, "else": false, "minLength": 2.0}),
            json!({"contains": true, "minContains": 0, "prefixItems": [true], "items": false}),
            json!({"properties": {"anything": {"enum": [1]}}, "patternProperties": {"^x-": true}}),
        ] {
            assert!(accepts(&written), "{written}");
            Schema::compile(&written, &definitions).unwrap();
        }
    }

    #[test]
    fn bad_schemas_are_refused_by_both() {
        for written in [
            json!(1),
            json!({"minimun": 1}),
            json!({"items": {"multipleOf": 2}}),
            json!({"type": "text"}),
            json!({"type": []}),
            json!({"enum": []}),
            json!({"anyOf": []}),
            json!({"format": "email"}),
            json!({"format": "x-duration-max"}),
            json!({"format": "date", "x-limit": "1d"}),
            json!({"x-limit": "1d"}),
            json!({"then": true}),
            json!({"if": true}),
            json!({"minContains": 1}),
            json!({"minLength": -1}),
            json!({"maximum": "3"}),
            json!({"required": "a"}),
            json!({"properties": {"a": 1}}),
            json!({"additionalProperties": {"foo": true}}),
            json!({"$ref": "definitions.yml#/port"}),
            json!({"uniqueItems": 1}),
            json!({"title": 1}),
        ] {
            assert!(!accepts(&written), "{written}");
            assert!(Schema::compile(&written, &Definitions::empty()).is_err(), "{written}");
        }
    }

    #[test]
    fn it_can_be_part_of_a_larger_schema() {
        let outer = json!({"properties": {"unless": {"$ref": ID}}, "$defs": {"schema": meta_schema()}});
        let outer = jsonschema::draft202012::new(&outer).unwrap();
        assert!(outer.is_valid(&json!({"unless": {"not": {"const": 1}}})));
        assert!(!outer.is_valid(&json!({"unless": {"not": {"cosnt": 1}}})));
    }
}
