//! The `value` condition: in documents of a kind, the nodes that a `JSONPath` selects and a JSON Schema judges.
//!
//! With `if`, a selected node is a hit when it fulfils the schema; with `unless`, when it does not; with neither, when
//! it exists. What cannot be known is never a hit: a node that the schema cannot judge, and a place where the path
//! runs into a template or an unresolved variable, are reported as unknown.
//!
//! Lint: an `at` that ends in the member whose absence is the fault selects nothing when it is absent. That is an
//! error where it can be seen: `unless` asks for no more than a type, or for "not null". Select the parent and use
//! `required` instead. A `JSONPath` filter over an unknown member lets nothing through; prefer `if` for such tests.

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;
use thiserror::Error;

use super::kinds::Kinds;
use super::schema::{Definitions, Schema, did_you_mean};
use super::selection::{Asked, Key, Selected, Written};
use super::steps::last_name;
use super::truth::Truth;
use crate::format::{Data, Node};
use crate::repo::Role;
use crate::text::Span;

/// Most scalar members of a node that a message can name.
const CAPTURES: usize = 64;

/// Most nodes in order that are kept of one document.
pub const IN_ORDER: usize = 256;

/// A `value` condition as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueSpec {
    /// The kind of document, from `rules/kinds.yml`, or `facts`.
    pub r#in: String,
    /// What to look at: a `JSONPath` (RFC 9535).
    pub at: String,
    /// A JSON Schema: a node that fulfils it is a hit.
    #[serde(rename = "if", default, skip_serializing_if = "Option::is_none")]
    pub fulfils: Option<Value>,
    /// A JSON Schema: a node that does not fulfil it is a hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<Value>,
    /// The table under `rules/data/` to read instead of the repository's documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// A JSON pointer from the selected node to what is shown, and used as the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
    /// Whether files that `files` leaves out (templates, say) are looked at too, for what is certain: a place counts there
    /// when it stands in no part of the template that a condition or a loop decides about. Nothing else is known of such a
    /// file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub always: bool,
    /// gitignore globs of the files to look in. Default: all of the kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Roles of the files to look in. Default: config and source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
}

/// What is wrong with a `value` condition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{part}`: {message}")]
pub struct ValueError {
    /// The key of the condition that is wrong: `at`, `if` …
    pub part: &'static str,
    /// What is wrong, as a lower-case fragment without a final stop.
    pub message: String,
}

/// What a `value` condition finds in one document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValueAnswer {
    /// The hits, in document order of the selection.
    pub hits: Vec<ValueHit>,
    /// Places that could not be judged.
    pub unknown: Vec<Span>,
    /// How many nodes were selected.
    pub examined: usize,
    /// How many of them are no hits for certain.
    pub compliant: usize,
    /// The first of these, at most [`IN_ORDER`]: what a rule that only forbids can show.
    pub in_order: Vec<ValueHit>,
}

/// One node that is a hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueHit {
    /// Its place: the node's, or that of what `show` points at.
    pub span: Span,
    /// With `unless`, the deepest node that breaks the schema.
    pub cause: Option<Span>,
    /// JSON pointer of the selected node: its address in the document, which survives edits elsewhere.
    pub pointer: String,
    /// What messages can name: the node's scalar members, `value` for a scalar node, and `key`, the name or index
    /// under which it stands.
    pub captures: Vec<(String, String)>,
    /// What is shown: the scalar at the place, or else the key.
    pub text: String,
}

/// What is called with a selected node: whether it is a hit, the node, and what tells how it is shown.
pub(crate) type Visit<'v> = dyn FnMut(Truth, &Node, &dyn Fn() -> ValueHit) + 'v;

/// A `value` condition, compiled when it is first asked.
#[derive(Debug)]
pub struct ValueCondition {
    /// The condition as it is written.
    pub spec: Arc<ValueSpec>,
    written: OnceLock<Written>,
    path: OnceLock<Result<JsonPath, ValueError>>,
    test: OnceLock<Result<Test, ValueError>>,
}

#[derive(Debug)]
enum Test {
    Exists,
    If(Schema),
    Unless(Schema),
}

impl Test {
    fn new(spec: &ValueSpec) -> Result<Self, ValueError> {
        let schema = |part: &'static str, written: &Value| {
            let compiled = Schema::compile(written, Definitions::house());
            compiled.map_err(|error| ValueError { part, message: error.to_string() })
        };
        match (&spec.fulfils, &spec.unless) {
            (None, None) => Ok(Self::Exists),
            (Some(written), None) => Ok(Self::If(schema("if", written)?)),
            (None, Some(written)) => Ok(Self::Unless(schema("unless", written)?)),
            (Some(_), Some(_)) => {
                Err(ValueError { part: "unless", message: "stands beside `if`: use one of them".to_owned() })
            }
        }
    }

    /// Whether a node is a hit, and what of it breaks the schema.
    fn judge(&self, node: &Node, as_of: Option<Date>) -> (Truth, Option<Span>) {
        match self {
            Self::Exists => (Truth::True, None),
            Self::If(schema) => (schema.judge_with(node, as_of).truth, None),
            Self::Unless(schema) => {
                let verdict = schema.judge_with(node, as_of);
                (verdict.truth.negate(), verdict.at)
            }
        }
    }
}

impl ValueCondition {
    /// The condition that `spec` means.
    pub fn new(spec: impl Into<Arc<ValueSpec>>) -> Self {
        Self { spec: spec.into(), written: OnceLock::new(), path: OnceLock::new(), test: OnceLock::new() }
    }

    /// Finds the hits in one document; `as_of` is the day of the audit. Of what is in order, the first `kept` are told.
    pub(crate) fn find(&self, document: &Asked, as_of: Option<Date>, kept: usize) -> Result<ValueAnswer, ValueError> {
        let (mut answer, mut unknown) = (ValueAnswer::default(), Vec::new());
        answer.unknown = self.each(document, as_of, &mut |truth, node, hit| {
            answer.examined += 1;
            match truth {
                Truth::True => answer.hits.push(hit()),
                Truth::False => {
                    answer.compliant += 1;
                    if answer.in_order.len() < kept {
                        answer.in_order.push(hit());
                    }
                }
                Truth::Unknown => unknown.push(node.span),
            }
        })?;
        answer.unknown.append(&mut unknown);
        answer.unknown.sort_unstable();
        answer.unknown.dedup();
        Ok(answer)
    }

    /// Calls `visit` with every selected node, whether it is a hit, and what tells how it is shown; the answer lists the
    /// places where the selection runs into what cannot be known.
    pub(crate) fn each(
        &self,
        document: &Asked,
        as_of: Option<Date>,
        visit: &mut Visit<'_>,
    ) -> Result<Vec<Span>, ValueError> {
        let written = self.written.get_or_init(|| Written::of(&self.spec.at));
        let selection = document.select(written, || self.path())?;
        let test = self.test()?;
        for selected in selection.nodes(document) {
            let (truth, cause) = test.judge(selected.node, as_of);
            visit(truth, selected.node, &|| self.hit(selected, cause.filter(|_| truth.is_true())));
        }
        Ok(selection.hidden.clone())
    }

    fn hit(&self, selected: Selected<'_>, cause: Option<Span>) -> ValueHit {
        let node = selected.node;
        let shown = self.spec.show.as_ref().and_then(|pointer| node.pointer(pointer)).unwrap_or(node);
        let (key, is_item) = match selected.key() {
            Some(Key::Name(name)) => (Some(name.to_owned()), false),
            Some(Key::Index(index)) => (Some(index.to_string()), true),
            None => (None, false),
        };
        // An item of a list is known by its name, not by its number.
        let named = || is_item.then(|| name_of(shown)).flatten();
        let text = shown.scalar_text().or_else(named).or_else(|| key.clone()).unwrap_or_default();
        ValueHit { span: shown.span, cause, pointer: selected.pointer(), captures: captures(node, key), text }
    }

    /// Compiles the condition with its regular expressions and looks for what can only be a mistake; for tests and
    /// `rules test`.
    pub fn validate(&self) -> Result<(), ValueError> {
        let fault = |part: &'static str, message: String| Err(ValueError { part, message });
        let spec = &self.spec;
        if !Kinds::get().names().any(|name| name == spec.r#in) {
            let hint = did_you_mean(&spec.r#in, Kinds::get().names());
            return fault("in", format!("unknown kind `{}`{hint}", spec.r#in));
        }
        self.path()?;
        if let Test::If(schema) | Test::Unless(schema) = self.test()? {
            let part = if spec.unless.is_some() { "unless" } else { "if" };
            schema.validate().map_err(|error| ValueError { part, message: error.to_string() })?;
        }
        if spec.show.as_ref().is_some_and(|show| !show.is_empty() && !show.starts_with('/')) {
            return fault("show", "not a JSON pointer: it begins with `/`".to_owned());
        }
        match (last_name(&spec.at), &spec.unless) {
            (Some(name), Some(unless)) if asks_only_presence(unless) => fault(
                "at",
                format!("selects `{name}` itself, so its absence is never seen: select the parent, use `required`"),
            ),
            _ => Ok(()),
        }
    }

    /// The path. Where another condition selected the same before, or the document cannot have it, nobody asks.
    fn path(&self) -> Result<&JsonPath, ValueError> {
        let fault = |error: serde_json_path::ParseError| ValueError { part: "at", message: error.to_string() };
        let compile = || JsonPath::parse(&self.spec.at).map_err(fault);
        self.path.get_or_init(compile).as_ref().map_err(Clone::clone)
    }

    fn test(&self) -> Result<&Test, ValueError> {
        self.test.get_or_init(|| Test::new(&self.spec)).as_ref().map_err(Clone::clone)
    }
}

/// What an object calls itself.
fn name_of(node: &Node) -> Option<String> {
    ["address", "name"].iter().find_map(|name| node.get(name)?.scalar_text())
}

/// What messages about `node` can name.
fn captures(node: &Node, key: Option<String>) -> Vec<(String, String)> {
    let mut captures: Vec<(String, String)> = Vec::new();
    match &node.data {
        Data::Object(members) => {
            let named = members.iter().filter_map(|member| Some((member.key.clone(), member.value.scalar_text()?)));
            captures.extend(named.take(CAPTURES));
        }
        _ => captures.extend(node.scalar_text().map(|text| ("value".to_owned(), text))),
    }
    if let Some(key) = key.filter(|_| captures.iter().all(|(name, _)| name != "key")) {
        captures.push(("key".to_owned(), key));
    }
    captures
}

/// Whether a schema of `unless` says no more than "it is there": a type, or not null.
fn asks_only_presence(schema: &Value) -> bool {
    let Value::Object(map) = schema else { return schema == &Value::Bool(true) };
    map.iter().all(|(keyword, value)| match keyword.as_str() {
        "type" | "title" | "description" | "$comment" => true,
        "not" => is_null(value),
        _ => false,
    })
}

/// Whether a schema says no more than "it is null".
fn is_null(schema: &Value) -> bool {
    let is = |keyword: &str, value: Value| schema.get(keyword) == Some(&value);
    let one = schema.as_object().is_some_and(|map| map.len() == 1);
    one && (is("const", Value::Null) || is("type", "null".into()) || is("enum", vec![Value::Null].into()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::condition::schema::sample::{node, placed};

    fn condition(spec: &Value) -> ValueCondition {
        ValueCondition::new(serde_json::from_value::<ValueSpec>(spec.clone()).unwrap())
    }

    fn find(spec: &Value, document: &Node) -> ValueAnswer {
        condition(spec).find(&Asked::new(document.clone()), None, IN_ORDER).unwrap()
    }

    fn services() -> Value {
        json!({"services": {
            "web": {"image": "nginx:latest", "ports": [80, 443]},
            "db": {"image": "postgres:16.2", "key": "k"},
            "job": {"image": "opaque:{{ .image }}"},
            "all": "opaque:{{ include }}"
        }})
    }

    #[test]
    fn nodes_that_break_a_schema_are_hits_with_place_and_captures() {
        let (text, root) = placed(&services());
        let tagged = json!({"type": "object", "properties": {"image": {"format": "x-image-tag-fixed"}}});
        let answer = find(&json!({"in": "compose", "at": "$.services.*", "unless": tagged, "show": "/image"}), &root);
        let slice = |span: Span| &text[span.start..span.end];
        let [hit] = answer.hits.as_slice() else { panic!("{answer:?}") };
        assert_eq!(slice(hit.span), "\"nginx:latest\"");
        assert_eq!(slice(hit.cause.unwrap()), "\"nginx:latest\"");
        assert_eq!((hit.pointer.as_str(), hit.text.as_str()), ("/services/web", "nginx:latest"));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(hit.captures, [pair("image", "nginx:latest"), pair("key", "web")]);
        assert_eq!((answer.examined, answer.compliant), (4, 1));
        let unknown: Vec<_> = answer.unknown.iter().map(|span| slice(*span)).collect();
        assert_eq!(unknown, ["{\"image\":\"opaque:{{ .image }}\"}", "\"opaque:{{ include }}\""]);
    }

    #[test]
    fn if_selects_what_fulfils_it_and_nothing_asks_for_existence() {
        let root = node(&services());
        let answer = find(&json!({"in": "compose", "at": "$.services.*.ports[*]", "if": {"minimum": 100}}), &root);
        assert_eq!((answer.hits.len(), answer.examined, answer.compliant), (1, 2, 1));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(answer.hits[0].captures, [pair("value", "443"), pair("key", "1")]);
        assert_eq!(answer.unknown.len(), 1, "the service that is a template may have ports");
        let answer = find(&json!({"in": "compose", "at": "$.services.db"}), &root);
        assert_eq!((answer.hits.len(), answer.hits[0].text.as_str()), (1, "db"));
        assert_eq!(answer.hits[0].captures, [pair("image", "postgres:16.2"), pair("key", "k")]);
        assert_eq!(find(&json!({"in": "compose", "at": "$.volumes.*"}), &root), ValueAnswer::default());
    }

    #[test]
    fn nothing_inside_a_tagged_node_is_relied_on() {
        let mut root = node(&json!({"a": {"b": 1}}));
        let Data::Object(members) = &mut root.data else { unreachable!() };
        members[0].value.tag = Some("!If".into());
        let answer = find(&json!({"in": "cloudformation", "at": "$.a.b"}), &root);
        assert_eq!((answer.hits.len(), answer.unknown.as_slice()), (0, &[root.members()[0].value.span][..]));
        assert_eq!(find(&json!({"in": "cloudformation", "at": "$..b"}), &root).unknown.len(), 1);
    }

    #[test]
    fn dates_are_judged_as_of_a_day() {
        let root = node(&json!({"ignore": [{"until": "2026-01-01"}]}));
        let spec = json!({"in": "dependabot", "at": "$.ignore[*].until", "if": {"format": "x-date-past"}});
        let hits = |day: Option<Date>| condition(&spec).find(&Asked::new(root.clone()), day, 0).unwrap().hits.len();
        assert_eq!(hits(Some(jiff::civil::date(2026, 1, 2))), 1);
        assert_eq!(hits(Some(jiff::civil::date(2026, 1, 1))), 0);
        assert_eq!(hits(None), 0);
    }

    #[test]
    fn wide_objects_stay_linear() {
        let wide: Map<String, Value> = (0..60_000).map(|number| (format!("key{number}"), json!(number))).collect();
        let root = node(&Value::Object(wide));
        let started = std::time::Instant::now();
        let answer = find(&json!({"in": "compose", "at": "$.*", "if": {"minimum": 59_999}}), &root);
        assert_eq!((answer.examined, answer.hits[0].pointer.as_str()), (60_000, "/key59999"));
        assert!(started.elapsed().as_secs() < 8, "{:?}", started.elapsed());
    }

    #[test]
    fn mistakes_are_named() {
        let table = [
            (json!({"in": "compsoe", "at": "$"}), "`in`: unknown kind `compsoe`, did you mean `compose`?"),
            (
                json!({"in": "compose", "at": "$.a", "if": true, "unless": true}),
                "`unless`: stands beside `if`: use one of them",
            ),
            (
                json!({"in": "compose", "at": "$", "if": {"tpye": "null"}}),
                "`if`: unknown keyword `tpye`, did you mean `type`? at `/tpye`",
            ),
            (
                json!({"in": "compose", "at": "$", "unless": {"pattern": "("}}),
                "`unless`: not a regular expression: unclosed group at `/pattern`",
            ),
            (json!({"in": "compose", "at": "$", "show": "image"}), "`show`: not a JSON pointer: it begins with `/`"),
        ];
        for (spec, message) in table {
            assert_eq!(condition(&spec).validate().unwrap_err().to_string(), message);
        }
        let broken = condition(&json!({"in": "compose", "at": "services.*"}));
        assert_eq!(broken.validate().unwrap_err().part, "at");
        let null = node(&Value::Null);
        assert!(broken.find(&Asked::new(null), None, 0).is_err());
        assert!(serde_json::from_value::<ValueSpec>(json!({"in": "a", "at": "$", "unles": true})).is_err());
    }

    #[test]
    fn selecting_the_child_whose_absence_is_the_fault_is_a_mistake() {
        let verdict =
            |at: &str, unless: Value| condition(&json!({"in": "compose", "at": at, "unless": unless})).validate();
        for unless in
            [json!({"type": "object"}), json!({"not": {"type": "null"}}), json!({"not": {"const": null}}), json!(true)]
        {
            let error = verdict("$.services.*.healthcheck", unless).unwrap_err();
            assert_eq!(error.part, "at");
            assert!(error.message.starts_with("selects `healthcheck` itself"), "{error}");
        }
        verdict("$.services.*", json!({"type": "object"})).unwrap();
        verdict("$.services.*.user", json!({"type": "string", "minLength": 1})).unwrap();
        verdict("$.services.*.user", json!({"not": {"const": "root"}})).unwrap();
    }

    #[test]
    fn the_written_form_survives_a_round_trip() {
        let written = json!({"in": "compose", "at": "$", "if": {"const": 1}, "from": "ends-of-life", "show": "/a"});
        let spec: ValueSpec = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(spec).unwrap(), written);
    }
}
