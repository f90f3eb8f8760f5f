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
    /// Subjects looked at.
    pub examined: usize,
    /// Subjects in order.
    pub compliant: usize,
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
