//! What a rule means: the compiled form that the checklist works with.

use std::collections::BTreeSet;

use crate::condition::plan::Condition;
use crate::condition::spec::{Clause, Confidence, Grade, Severity};
use crate::facts::model::Kind;
use crate::repo::Role;
use crate::rule::id::RuleId;

/// At most this many places are kept as evidence of one verdict.
pub const EVIDENCE: usize = 5;

/// One line of the checklist.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent properties of a rule")]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// What holds when it passes.
    pub title: String,
    /// The harm of a violation.
    pub severity: Severity,
    /// How sure a reported violation is one.
    pub confidence: Confidence,
    /// The first edition that scores it.
    pub edition: String,
    /// Shown but neither scored nor gating.
    pub preview: bool,
    /// Whether a violation is a security problem.
    pub security: bool,
    /// Whether it can be attested.
    pub attestable: bool,
    /// Tags.
    pub tags: Vec<String>,
    /// Kinds of components that it judges; `None`: the repository as a whole.
    pub applies_to: Option<Vec<Kind>>,
    /// What must hold first.
    pub when: Option<Condition>,
    /// What is said when it does not.
    pub otherwise: Option<String>,
    /// Where an absence, or what some patterns find, harms less: the first of these that holds.
    pub milder: Vec<Milder>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// Where to read more.
    pub references: Vec<String>,
    /// What would have proved it.
    pub looks_for: Vec<String>,
    /// What proves or violates it, as it is written.
    pub written: Vec<Clause>,
    /// What an absence says.
    pub absent: Option<String>,
    /// Satisfied by any of these.
    pub require: Vec<Requirement>,
    /// Every match is a finding.
    pub forbid: Vec<Pattern>,
    /// Former ids.
    pub aliases: Vec<RuleId>,
    /// Whether it came from the user.
    pub from_user: bool,
}

impl Rule {
    /// Whether one of its patterns asks for the history.
    pub fn asks_history(&self) -> bool {
        self.forbid.iter().any(|pattern| pattern.condition.asks_history())
    }

    /// The conditions that it is judged by.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.circumstances().chain(self.proofs())
    }

    /// The conditions that say whether it applies, and how much what is found harms.
    pub fn circumstances(&self) -> impl Iterator<Item = &Condition> {
        self.when.iter().chain(self.milder.iter().filter_map(|milder| milder.when.condition()))
    }

    /// The conditions that decide where it applies: what proves it, and what violates it.
    pub fn proofs(&self) -> impl Iterator<Item = &Condition> {
        let required = self.require.iter().map(|requirement| &requirement.condition);
        required.chain(self.forbid.iter().map(|pattern| &pattern.condition))
    }

    /// Where it looks: document kinds, globs, languages; each once, by name.
    pub fn looks_in(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for clause in &self.written {
            clause.places(&mut found);
        }
        found.into_iter().collect()
    }
}

/// What must be so for a finding to harm less.
#[derive(Debug)]
pub enum Circumstance {
    /// A condition holds wherever the rule looks.
    Anywhere(Condition),
    /// A condition holds among the files of the folder of the finding's file.
    InFolder(Condition),
    /// A condition holds in the finding's file.
    InFile(Condition),
    /// The same secret stands in a file that is for one of these, too.
    AlsoIn(Vec<Role>),
}

impl Circumstance {
    /// Its condition, where it has one.
    pub const fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Anywhere(condition) | Self::InFolder(condition) | Self::InFile(condition) => Some(condition),
            Self::AlsoIn(_) => None,
        }
    }
}

/// Where an absence, or what some patterns find, harms less than elsewhere.
#[derive(Debug)]
pub struct Milder {
    /// The harm there.
    pub severity: Severity,
    /// The patterns whose findings it is about; none: it is about absences.
    pub patterns: Vec<String>,
    /// What must be so.
    pub when: Circumstance,
    /// Why, as the end of a sentence.
    pub because: String,
}

/// A way to satisfy a rule.
#[derive(Debug)]
pub struct Requirement {
    /// The condition.
    pub condition: Condition,
    /// What a match is worth.
    pub grade: Grade,
    /// What the evidence shows, where the author says it.
    pub message: Option<String>,
}

/// A detection of a violation.
#[derive(Debug)]
pub struct Pattern {
    /// Its name within the rule; `None` for a rule with one pattern.
    pub id: Option<String>,
    /// The condition.
    pub condition: Condition,
    /// The harm, at most the rule's.
    pub severity: Severity,
    /// How sure a match is a violation.
    pub confidence: Confidence,
    /// Roles of files in which it is a low finding that costs nothing.
    pub lenient_in: Vec<Role>,
    /// What a match says.
    pub message: Option<String>,
    /// What to do.
    pub fix: Option<String>,
    /// Whether its subjects are counted: `value` patterns are rated by the share that complies.
    pub counts_subjects: bool,
}

/// The weight of a severity in the score, in tenths of a point (`OpenSSF` Scorecard's 10, 7.5, 5, 2.5).
pub const fn weight(severity: Severity) -> u32 {
    match severity {
        Severity::Critical => 100,
        Severity::High => 75,
        Severity::Medium => 50,
        Severity::Low => 25,
    }
}
