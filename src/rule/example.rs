//! The shape of an example page (`NAME.test.yml`): small repositories and the complete verdict that a rule gives them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::spec::Severity;

/// One example.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The files of the repository: path and text.
    pub files: BTreeMap<String, String>,
    /// Earlier states of the files, the oldest first: each is a commit, and `files` is the last one. Given, the history is
    /// searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<BTreeMap<String, String>>>,
    /// The paths that git tracks; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<Vec<String>>,
    /// The text of prodready.toml.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The date of the audit, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// What the rule says.
    pub expect: Expectation,
}

/// A verdict; each part that is given is a complete set.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectation {
    /// pass, partial, fail, unknown or not-applicable.
    pub outcome: String,
    /// The outcome of each component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<BTreeMap<String, String>>,
    /// `pattern @ path:line`, or `path:line` where the pattern has no id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<String>>,
    /// The worst severity of the findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Paths of the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<String>>,
}
