//! The `jsonschema` crate as judge of our judge: random schemas of the subset over random documents without opaque
//! nodes must get the same verdict from both, and the meta-schema must accept every one of them.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Map, Value, json};

use super::definitions::Definitions;
use super::meta::meta_schema;
use super::sample::node;
use super::tree::Schema;
use crate::condition::truth::Truth;

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "ab", "c1"]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..6).prop_map(Value::from),
        prop::sample::select(vec![-1.5, 0.0, 1.0, 2.0, 2.5, 1e20]).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "ab", "é", "1", "b-1"]).prop_map(Value::from),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn type_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"])
}

fn expression() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["^a", "b$", "[0-9]", "^$", "a|b", "."]).prop_map(str::to_owned)
}

/// One keyword that holds no schema.
fn leaf() -> impl Strategy<Value = (String, Value)> {
    let pair = |name: &'static str| move |value: Value| (name.to_owned(), value);
    let count = || (0_u64..4).prop_map(Value::from);
    let number = || prop_oneof![(-2_i64..4).prop_map(Value::from), Just(json!(1.5)), Just(json!(2.0))];
    prop_oneof![
        type_name().prop_map(|name| ("type".to_owned(), json!(name))),
        prop::collection::btree_set(type_name(), 1..3).prop_map(|names| ("type".to_owned(), json!(names))),
        document().prop_map(pair("const")),
        prop::collection::vec(document(), 1..3).prop_map(|values| ("enum".to_owned(), json!(values))),
        expression().prop_map(|text| ("pattern".to_owned(), json!(text))),
        (
            prop::sample::select(vec![
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties"
            ]),
            count()
        )
            .prop_map(|(name, value)| (name.to_owned(), value)),
        (prop::sample::select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), number())
            .prop_map(|(name, value)| (name.to_owned(), value)),
        any::<bool>().prop_map(|flag| ("uniqueItems".to_owned(), json!(flag))),
        prop::collection::btree_set(key(), 0..3).prop_map(|names| ("required".to_owned(), json!(names))),
        Just(("$ref".to_owned(), json!("#/definitions/small"))),
        Just(("$ref".to_owned(), json!("#/definitions/list"))),
    ]
}

fn definitions() -> Value {
    json!({"small": {"type": "integer", "maximum": 2}, "list": {"type": "array", "items": {"$ref": "#/definitions/small"}}})
}

/// A group of keywords around schemas.
fn branch(inner: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Vec<(String, Value)>> {
    let one = |name: &'static str| move |value: Value| vec![(name.to_owned(), value)];
    let several = || prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from);
    let map = |keys: BoxedStrategy<String>| {
        prop::collection::btree_map(keys, inner.clone(), 0..3).prop_map(|map| Value::Object(map.into_iter().collect()))
    };
    prop_oneof![
        (prop::sample::select(vec!["allOf", "anyOf", "oneOf", "prefixItems"]), several())
            .prop_map(|(name, value)| vec![(name.to_owned(), value)]),
        (prop::sample::select(vec!["not", "items", "additionalProperties", "propertyNames"]), inner.clone())
            .prop_map(|(name, value)| vec![(name.to_owned(), value)]),
        map(key().boxed()).prop_map(one("properties")),
        map(expression().boxed()).prop_map(one("patternProperties")),
        (inner.clone(), prop::option::of(0_u64..3), prop::option::of(0_u64..3)).prop_map(|(schema, min, max)| {
            let bounds = [("minContains", min), ("maxContains", max)];
            let bounds = bounds.into_iter().filter_map(|(name, bound)| Some((name.to_owned(), json!(bound?))));
            std::iter::once(("contains".to_owned(), schema)).chain(bounds).collect()
        }),
        (inner.clone(), inner.clone(), prop::option::of(inner.clone())).prop_map(|(test, then, otherwise)| {
            let mut group = vec![("if".to_owned(), test), ("then".to_owned(), then)];
            group.extend(otherwise.map(|schema| ("else".to_owned(), schema)));
            group
        }),
    ]
}

fn object(groups: Vec<Vec<(String, Value)>>) -> Value {
    Value::Object(groups.into_iter().flatten().collect::<Map<_, _>>())
}

fn written() -> impl Strategy<Value = Value> {
    let leaves = prop::collection::vec(leaf(), 0..3).prop_map(|leaves| object(vec![leaves]));
    let simple = prop_oneof![8 => leaves, 1 => any::<bool>().prop_map(Value::from)];
    simple.prop_recursive(4, 32, 4, |inner| {
        let groups = prop::collection::vec(branch(inner), 1..3);
        (groups, prop::collection::vec(leaf(), 0..2)).prop_map(|(mut groups, leaves)| {
            groups.push(leaves);
            object(groups)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn verdicts_are_those_of_the_oracle(written in written(), documents in prop::collection::vec(document(), 8)) {
        let house = Schema::compile(&written, &Definitions::new(&definitions()).unwrap()).unwrap();
        let mut outer = json!({"allOf": [written]});
        outer["definitions"] = definitions();
        let oracle = jsonschema::draft202012::new(&outer).unwrap();
        for document in documents {
            let verdict = house.judge(&node(&document));
            prop_assert_eq!(verdict.truth, Truth::from(oracle.is_valid(&document)), "{} of {}", written, document);
            prop_assert_eq!(verdict.at.is_some(), verdict.truth.is_false());
        }
    }

    #[test]
    fn what_the_oracle_says_of_every_filling_is_never_contradicted(
        written in written(), document in document(), filling in document(),
    ) {
        let house = Schema::compile(&written, &Definitions::new(&definitions()).unwrap()).unwrap();
        let open = house.judge(&node(&json!({"a": "opaque:x", "b": document, "c1": ["opaque:y", document]}))).truth;
        let closed = house.judge(&node(&json!({"a": filling, "b": document, "c1": [filling, document]}))).truth;
        prop_assert!(open == Truth::Unknown || open == closed, "{:?} became {:?}: {}", open, closed, written);
    }
}

#[test]
fn the_meta_schema_accepts_what_the_generator_writes() {
    let meta = jsonschema::draft202012::new(&meta_schema()).unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..300 {
        let written = written().new_tree(&mut runner).unwrap().current();
        assert!(meta.is_valid(&written), "{written}");
    }
}
