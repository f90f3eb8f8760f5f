//! Findings and evidence: the places behind a verdict.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::condition::matches::Past;
use crate::condition::secret::{Identity, fnv1a};
use crate::condition::spec::{Confidence, Severity};
use crate::facts::model::Place;
use crate::repo::Role;
use crate::text::Region;

/// A place that proves something.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Index of the component, `None` for the repository as a whole.
    pub component: Option<usize>,
    /// Where.
    pub place: Place,
    /// Lines and columns, filled by the place step.
    pub region: Region,
    /// What stands there.
    pub shows: String,
}

/// A place that violates a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The pattern, for a rule with several.
    pub pattern: Option<String>,
    /// Index of the component, `None` for the repository as a whole.
    pub component: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Lines and columns, filled by the place step.
    pub region: Region,
    /// The line, printable and redacted, filled by the place step; empty for an absence.
    pub line: String,
    /// `primaryLocationLineHash` of its first line, filled by the place step.
    pub line_hash: String,
    /// The harm.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Its identity from one audit to the next.
    pub fingerprint: String,
    /// What becomes of it.
    pub state: State,
    /// What to do.
    pub fix: String,
    /// Whether it lies in a test, fixture, example or docs: reported, but it costs nothing.
    pub lenient: bool,
    /// Whether it is the absence of something, anchored at the place that made the rule apply.
    pub absence: bool,
    /// Whether it is a proof that goes only half of the way.
    pub half_way: bool,
    /// What its file is for.
    pub role: Role,
    /// For secrets: 16 bits of a hash of the value.
    pub mark: Option<u16>,
    /// The commit that brought it, where the history was searched.
    pub past: Option<Arc<Past>>,
    /// For secrets: which value it is, and why it was taken for one.
    pub secret: Option<(Identity, String)>,
    /// The other places of the same secret.
    pub also: Vec<Elsewhere>,
    /// Why somebody decided to live with it.
    pub reason: Option<String>,
    /// The last day on which that decision holds.
    pub until: Option<jiff::civil::Date>,
}

impl Finding {
    /// Whether it counts against the rule: nobody decided to live with it, and it is not in a test, example or prose.
    pub fn counts(&self) -> bool {
        matches!(self.state, State::Open | State::Baseline) && !self.lenient
    }

    /// Whether it lies in an earlier commit alone, so that no file shows it.
    pub fn is_past(&self) -> bool {
        self.past.as_ref().is_some_and(|past| past.gone)
    }

    /// Whether it may fail a gate: it counts, and was not known before.
    pub fn gates(&self) -> bool {
        self.state == State::Open && !self.lenient
    }
}

/// Another place of a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Elsewhere {
    /// Where.
    pub place: Place,
    /// Lines and columns.
    pub region: Region,
    /// The identity that a finding of its own would have.
    pub fingerprint: String,
}

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// To be fixed.
    Open,
    /// Accepted in the configuration.
    Accepted,
    /// Ignored beside the line.
    Ignored,
    /// Known from the baseline.
    Baseline,
}

/// The identity of a finding: rule, pattern, path, what stands there, and which of several alike it is; for secrets also
/// 16 bits of a hash of the value, so that a rotated key opens anew. Never the line number. FNV-1a, 64 bits.
pub fn fingerprint(rule: &str, finding: &Finding, address: &str, ordinal: usize) -> String {
    let mark = finding.mark.map(|mark| format!("{mark:04x}")).unwrap_or_default();
    let parts = [
        rule,
        finding.pattern.as_deref().unwrap_or_default(),
        &finding.place.path,
        address,
        &ordinal.to_string(),
        &mark,
    ];
    let hash = fnv1a(parts.iter().flat_map(|part| part.bytes().chain([0])));
    format!("{hash:016x}")
}
