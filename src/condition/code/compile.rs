//! From the written rule to the engine's matcher, for one dialect.

use std::borrow::Cow;
use std::error::Error;

use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::matcher::{PatternNode, kind_utils};
use ast_grep_core::meta_var::MetaVarEnv;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{Language, Matcher, Pattern};
use ast_grep_language::SupportLang;
use serde_json::{Map, Value, json};

use super::language::Dialect;
use super::spec::{CodeSpec, OneOrMany};
use super::tree::{Node, SyntaxTree};

/// A rule that is ready for one dialect.
pub(super) struct Compiled {
    /// The rule itself, without the constraints below.
    pub(super) core: RuleCore,
    /// The constraints of metavariables that are resolved first.
    resolved: Vec<(String, RuleCore)>,
}

impl Compiled {
    /// Compiles `spec` for `dialect`; the error is one fragment that names the dialect.
    pub(super) fn new(spec: &CodeSpec, dialect: Dialect) -> Result<Self, String> {
        compile(spec, dialect).map_err(|error| format!("{error} (in {})", dialect.name()))
    }

    /// Whether the constraints of the resolved metavariables hold.
    pub(super) fn accepts<'t>(&self, tree: &'t SyntaxTree, env: &MetaVarEnv<'t, StrDoc<SupportLang>>) -> bool {
        self.resolved.iter().all(|(name, constraint)| {
            let Some(captured) = env.get_match(name) else { return true };
            let judged: Node<'t> = tree.resolve(captured).unwrap_or_else(|| captured.clone());
            constraint.match_node_with_env(judged, &mut Cow::Borrowed(env)).is_some()
        })
    }
}

fn compile(spec: &CodeSpec, dialect: Dialect) -> Result<Compiled, String> {
    let mut constraints = object(spec.constraints.as_ref(), "constraints")?;
    let mut later = Vec::new();
    for name in spec.resolve.iter().flat_map(OneOrMany::as_slice) {
        let constraint = constraints.remove(name);
        later.push((name, constraint.ok_or_else(|| format!("`resolve` names `{name}`, which has no constraint"))?));
    }
    let core = matcher(spec, &spec.rule, constraints, spec.transform.clone(), dialect)?;
    if core.potential_kinds().is_none() {
        return Err("the rule would look at every node: give it a `pattern` or a `kind`".to_owned());
    }
    let mut resolved = Vec::new();
    for (name, constraint) in later {
        if !core.defined_vars().contains(name.as_str()) {
            return Err(format!("`resolve` names `{name}`, which the rule does not capture"));
        }
        resolved.push((name.clone(), matcher(spec, &constraint, Map::new(), None, dialect)?));
    }
    Ok(Compiled { core, resolved })
}

fn object(value: Option<&Value>, key: &str) -> Result<Map<String, Value>, String> {
    match value {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(format!("`{key}` must be a map")),
    }
}

fn matcher(
    spec: &CodeSpec,
    rule: &Value,
    constraints: Map<String, Value>,
    transform: Option<Value>,
    dialect: Dialect,
) -> Result<RuleCore, String> {
    let mut core = Map::new();
    core.insert("rule".to_owned(), rule.clone());
    if !constraints.is_empty() {
        core.insert("constraints".to_owned(), Value::Object(constraints));
    }
    if let Some(utils) = &spec.utils {
        core.insert("utils".to_owned(), utils.clone());
    }
    if let Some(transform) = transform {
        core.insert("transform".to_owned(), transform);
    }
    let mut core = Value::Object(core);
    if dialect == Dialect::Go {
        read_conversions_as_calls(&mut core);
    }
    if matches!(dialect, Dialect::TypeScript | Dialect::Tsx) {
        look_behind_await(&mut core);
    }
    let core: SerializableRuleCore = serde_json::from_value(core).map_err(|error| fragment(&error))?;
    core.get_matcher(DeserializeEnv::new(dialect.grammar())).map_err(|error| fragment(&error))
}

/// On its own `pkg.F($X)` is a type conversion to Go's grammar, and would match no call. It is read as it reads in a function.
fn read_conversions_as_calls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner.as_str() {
                    Some(text) if key == "pattern" && is_conversion(text) => {
                        *inner = json!({ "context": format!("func f() {{ {text} }}"), "selector": "call_expression" });
                    }
                    _ => read_conversions_as_calls(inner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(read_conversions_as_calls),
        _ => {}
    }
}

/// `await f<T>(x)` is a call of `await f` to the grammar of TypeScript: what is asked of a callee is asked of `f`, too.
fn look_behind_await(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(look_behind_await);
            let callee = map.get_mut("has").and_then(Value::as_object_mut);
            if let Some(callee) = callee.filter(|it| it.get("field").is_some_and(|field| field == "function")) {
                let (asked, relation) = std::mem::take(callee).into_iter().partition(|(key, _)| !is_of_relation(key));
                let asked: Map<String, Value> = asked;
                *callee = relation;
                let awaited = json!({ "kind": "await_expression", "has": asked });
                callee.insert("any".to_owned(), json!([asked, awaited]));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(look_behind_await),
        _ => {}
    }
}

/// Whether a key says where the other node stands, and not what it is.
fn is_of_relation(key: &str) -> bool {
    matches!(key, "field" | "stopBy")
}

fn is_conversion(pattern: &str) -> bool {
    let go = Dialect::Go.grammar();
    let conversion = go.kind_to_id("type_conversion_expression");
    Pattern::try_new(pattern, go)
        .is_ok_and(|it| matches!(it.node, PatternNode::Internal { kind_id, .. } if kind_id == conversion))
}

/// An error and its causes as one lower-case fragment.
fn fragment(error: &dyn Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string().trim().trim_end_matches('.').to_owned();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        cause = error.source();
    }
    let mut text = parts.join(": ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    text
}

/// Finds patterns that the grammar cannot read as a whole; such a pattern compiles and matches nothing, or too much.
pub(super) fn broken_pattern(spec: &CodeSpec, dialect: Dialect) -> Option<String> {
    let parts = [Some(&spec.rule), spec.constraints.as_ref(), spec.utils.as_ref()];
    let broken = parts.into_iter().flatten().find_map(|part| first_broken(part, dialect))?;
    Some(format!("the pattern `{broken}` is no complete piece of {}", dialect.name()))
}

fn first_broken(value: &Value, dialect: Dialect) -> Option<String> {
    match value {
        Value::Object(map) => map.iter().find_map(|(key, inner)| match (key.as_str(), inner) {
            ("pattern", Value::String(text)) => {
                Pattern::try_new(text, dialect.grammar()).ok().filter(|it| has_gap(&it.node)).map(|_| text.clone())
            }
            ("pattern", Value::Object(contextual)) => {
                let text = |key: &str| contextual.get(key).and_then(Value::as_str);
                let context = text("context")?;
                let pattern = match text("selector") {
                    Some(selector) => Pattern::contextual(context, selector, dialect.grammar()),
                    None => Pattern::try_new(context, dialect.grammar()),
                };
                pattern.ok().filter(|it| has_gap(&it.node)).map(|_| context.to_owned())
            }
            _ => first_broken(inner, dialect),
        }),
        Value::Array(list) => list.iter().find_map(|inner| first_broken(inner, dialect)),
        _ => None,
    }
}

fn has_gap(node: &PatternNode) -> bool {
    match node {
        PatternNode::MetaVar { .. } => false,
        PatternNode::Terminal { kind_id, .. } => kind_utils::is_error_kind(*kind_id),
        PatternNode::Internal { kind_id, children } => {
            kind_utils::is_error_kind(*kind_id) || children.iter().any(has_gap)
        }
    }
}
