//! One line of the checklist, and the verdict of one component.

use crate::checklist::finding::{Evidence, Finding};
use crate::checklist::outcome::Outcome;

/// Full credit: credits are counted in thousandths.
pub const FULL: u32 = 1000;

/// What one rule says about one component, or about the repository as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Index of the component; `None` is the repository as a whole.
    pub component: Option<usize>,
    /// The outcome.
    pub outcome: Outcome,
    /// Why, in one sentence without a final stop.
    pub reason: String,
    /// 0 to [`FULL`].
    pub credit: u32,
    /// Whether an unknown outcome leaves the sums (the world outside) or keeps its weight (an unreadable file).
    pub outside: bool,
    /// What made the rule apply.
    pub applies_because: Option<Evidence>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What violates it.
    pub findings: Vec<Finding>,
    /// How the credit came about, so that it can be weighed anew.
    pub basis: Basis,
    /// What the verdict would be without its violations.
    pub beneath: Option<Box<Verdict>>,
    /// Who proved it outside the repository, and how.
    pub attested: Option<String>,
    /// Subjects looked at.
    pub examined: usize,
    /// Subjects in order.
    pub compliant: usize,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A proof, or its absence.
    Proof,
    /// Violations among so many subjects; `counted`: rated by the share that complies.
    Violations {
        /// Subjects that patterns looked at.
        examined: usize,
        /// Whether the share decides.
        counted: bool,
    },
}

/// What one rule says about the repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Index of the rule in its set.
    pub rule: usize,
    /// The outcome over all components.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// 0 to [`FULL`].
    pub credit: u32,
    /// Whether an unknown outcome leaves the sums.
    pub outside: bool,
    /// The verdicts, by component.
    pub verdicts: Vec<Verdict>,
}

impl Item {
    /// All findings, by component and place.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.verdicts.iter().flat_map(|verdict| &verdict.findings)
    }

    /// All evidence, by component and place.
    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.verdicts.iter().flat_map(|verdict| &verdict.evidence)
    }
}
