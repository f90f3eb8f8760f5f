//! How a `code` condition is written in a rule file.
//!
//! `rule`, `constraints`, `utils` and `transform` are ast-grep's, verbatim, so that a rule can be pasted from its
//! playground; what stands beside them narrows the files and the names. There is no `fix`: nothing here edits code.

use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::language::Dialect;

/// One syntax pattern.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeSpec {
    /// A language, a family (`js`, `jsx`), or a list of them. The rule must be valid in every one.
    pub language: OneOrMany<LanguageName>,
    /// Case-sensitive literals, one of which every matching file holds. Derived from the rule when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<OneOrMany<String>>,
    /// A regular expression (bytes, ASCII classes) that every matching file holds: asked after the trigger and before the
    /// file is parsed, for rules whose literals are common words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// A regular expression that must match around a trigger, some hundred bytes to either side: asked where the trigger
    /// stands, so that it costs nothing elsewhere.
    #[serde(default, rename = "near-here", skip_serializing_if = "Option::is_none")]
    pub near_here: Option<String>,
    /// Matches of `near` that this expression matches as well do not count.
    #[serde(default, rename = "near-unless", skip_serializing_if = "Option::is_none")]
    pub near_unless: Option<String>,
    /// Modules, one of which the file must import: `@sentry/*`, `sentry_sdk.*`, `Sentry\*`, `sentry::*`, or `module#name`
    /// for one name of a module. Metavariables `MOD` and `FN` are then bound to what the import is called locally.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports: Option<OneOrMany<String>>,
    /// Metavariables that stand for their initialiser when they capture a name that the file assigns exactly once. Only
    /// their constraints look there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<OneOrMany<String>>,
    /// An ast-grep rule object.
    pub rule: Value,
    /// ast-grep rule objects by metavariable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Value>,
    /// ast-grep rule objects by name, for `matches`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utils: Option<Value>,
    /// ast-grep transformations by new metavariable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<Value>,
}

impl CodeSpec {
    /// The dialects that the rule is written for, families resolved, each once, in the order of [`Dialect`].
    pub fn dialects(&self) -> Vec<Dialect> {
        let mut all: Vec<Dialect> =
            self.language.as_slice().iter().flat_map(|name| name.dialects().iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// A language or a family of languages, as rules name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum LanguageName {
    JavaScript,
    TypeScript,
    Tsx,
    Python,
    Go,
    Java,
    Ruby,
    Php,
    CSharp,
    Rust,
    Html,
    /// JavaScript, TypeScript and TSX.
    Js,
    /// JavaScript and TSX: what may hold JSX.
    Jsx,
}

impl LanguageName {
    /// The dialects behind the name.
    pub const fn dialects(self) -> &'static [Dialect] {
        match self {
            Self::JavaScript => &[Dialect::JavaScript],
            Self::TypeScript => &[Dialect::TypeScript],
            Self::Tsx => &[Dialect::Tsx],
            Self::Python => &[Dialect::Python],
            Self::Go => &[Dialect::Go],
            Self::Java => &[Dialect::Java],
            Self::Ruby => &[Dialect::Ruby],
            Self::Php => &[Dialect::Php],
            Self::CSharp => &[Dialect::CSharp],
            Self::Rust => &[Dialect::Rust],
            Self::Html => &[Dialect::Html],
            Self::Js => &[Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx],
            Self::Jsx => &[Dialect::JavaScript, Dialect::Tsx],
        }
    }
}

/// One value, or a list of them, as people like to write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// Written as a single value.
    One(T),
    /// Written as a list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// By hand, because an untagged enum would swallow the message about the unknown name.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a list of strings")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.into_deserializer()).map(OneOrMany::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany::Many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_become_their_dialects_once() {
        let spec: CodeSpec = serde_yaml::from_str("{language: [jsx, js, go], rule: {pattern: x}}").unwrap();
        assert_eq!(spec.dialects(), [Dialect::JavaScript, Dialect::TypeScript, Dialect::Tsx, Dialect::Go]);
        let one: CodeSpec = serde_yaml::from_str("{language: csharp, trigger: a, rule: {pattern: x}}").unwrap();
        assert_eq!(one.dialects(), [Dialect::CSharp]);
        assert_eq!(one.trigger.unwrap().as_slice(), ["a"]);
    }

    #[test]
    fn unknown_keys_and_names_are_told() {
        let error = |text: &str| serde_yaml::from_str::<CodeSpec>(text).unwrap_err().to_string();
        assert!(error("{language: js, rule: {pattern: x}, fix: y}").contains("unknown field `fix`"));
        assert!(error("{language: pyhton, rule: {pattern: x}}").contains("unknown variant `pyhton`, expected one of"));
        assert!(error("{language: {a: b}, rule: {pattern: x}}").contains("expected a string or a list of strings"));
    }
}
