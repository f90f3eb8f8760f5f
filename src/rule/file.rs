//! The files of `rules/` as they are written: rules, further patterns, technologies, components, ecosystems.
//!
//! These types are the YAML shapes and nothing else; `prodready schema rule` prints their JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::spec::{Clause, Confidence, Severity};
use crate::facts::known::EcosystemFact;
use crate::facts::model::Kind;
use crate::repo::Role;

/// One rule: a line of the checklist. Its id is its path.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// What holds when the rule passes, in one line.
    pub title: String,
    /// The harm of a violation.
    pub severity: Severity,
    /// How sure a reported violation is one.
    pub confidence: Confidence,
    /// The first edition that scores it.
    pub edition: String,
    /// Shown but neither scored nor gating, until its verdicts were measured on real repositories.
    #[serde(default)]
    pub preview: bool,
    /// Whether a violation is a security problem, for code scanning.
    #[serde(default)]
    pub security: bool,
    /// Whether a proof may lie outside the repository, so that it can be attested.
    #[serde(default)]
    pub attestable: bool,
    /// `documentation`: prose is its subject.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Kinds of components that it judges; absent: the repository as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<Vec<Kind>>,
    /// A condition that must hold first; its match is printed as the reason why the rule applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Clause>,
    /// What is said when `when` does not hold: "no database holds state here".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    /// Where an absence, or what some patterns find, harms less: the first of these that holds says how much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milder: Vec<MilderSpec>,
    /// Parts of expressions by names: `{{name}}` stands for them in `at` and `pattern`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, String>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// Where to read more.
    #[serde(default)]
    pub references: Vec<String>,
    /// What would have proved it, as short noun phrases: printed with an absence.
    #[serde(default)]
    pub looks_for: Vec<String>,
    /// What an absence says; default: nothing was found that proves the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
    /// Satisfied by any of these; the match is the evidence.
    #[serde(default)]
    pub require: Vec<Clause>,
    /// Every match is a finding.
    #[serde(default)]
    pub forbid: Vec<Clause>,
    /// Former ids.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// Where the absence of what a rule requires, or what some of its patterns find, harms less than elsewhere.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MilderSpec {
    /// The harm there, below the rule's. The outcome and the score stay what they are.
    pub severity: Severity,
    /// Patterns of `forbid`, by their ids, whose findings it is about; none: it is about absences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
    /// Whether it must hold in the file of the finding, and not somewhere in the project.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_file: bool,
    /// Whether it must hold among the files of the folder of the finding's file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_folder: bool,
    /// What must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Clause>,
    /// In the place of `when`, for secrets: the same value stands in a file that is for one of these, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_in: Vec<Role>,
    /// Why, as a clause that follows the finding's message: "nothing here deploys it".
    pub because: String,
}

/// Further patterns of a rule: a file in the folder of its name.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatternsFile {
    /// Parts of expressions by names: `{{name}}` stands for them in `at` and `pattern`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, String>,
    /// Every match is a finding.
    pub forbid: Vec<Clause>,
}

/// The technologies of one category.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TechnologyFile {
    /// The category that rules ask for.
    pub category: String,
    /// What belongs to it.
    pub technologies: Vec<TechnologyEntry>,
}

/// One technology and what proves its use.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TechnologyEntry {
    /// Its name.
    pub name: String,
    /// Packages (`type/name`, `*`): a direct runtime dependency on one is "declared".
    #[serde(default)]
    pub packages: Vec<String>,
    /// Conditions of which one is "configured".
    #[serde(default)]
    pub configured: Vec<Clause>,
    /// Conditions of which one is "used".
    #[serde(default)]
    pub used: Vec<Clause>,
    /// Whether declaring the package is using it (a driver, a framework: nothing else needs to be said).
    #[serde(default)]
    pub declared_is_used: bool,
}

/// How components are recognised.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ComponentsFile {
    /// Files that make the folder below their component a component of its own (`*.tf`, `Chart.yaml`); a leading `!` refuses.
    #[serde(default)]
    pub roots: Vec<String>,
    /// What makes a component a kind: one of the conditions.
    pub kinds: Vec<KindEntry>,
    /// Sub-facts that rules ask for.
    #[serde(default)]
    pub facts: Vec<FactEntry>,
}

/// What makes a component a kind.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KindEntry {
    /// The kind.
    pub kind: Kind,
    /// One of these conditions must hold.
    pub when: Vec<Clause>,
    /// None of these kinds, judged before in the order of the file, may hold.
    #[serde(default)]
    pub unless: Vec<Kind>,
}

/// A sub-fact.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FactEntry {
    /// Its name.
    pub fact: String,
    /// One of these conditions must hold.
    pub when: Vec<Clause>,
}

/// The package ecosystems.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EcosystemsFile {
    /// Lockfiles per ecosystem.
    pub ecosystems: Vec<EcosystemFact>,
}
