//! What a condition answers with: true, false or unknown, and the places that say so.

use std::sync::Arc;

use crate::condition::Truth;
use crate::condition::matches::Past;
use crate::condition::secret::Identity;
use crate::condition::spec::{Confidence, Grade};
use crate::facts::model::Place;
use crate::repo::Role;

/// One place that a condition found.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Where.
    pub place: Place,
    /// What stands there, safe to show.
    pub shows: String,
    /// Captures for messages.
    pub captures: Vec<(String, String)>,
    /// What the match itself says about its certainty.
    pub confidence: Option<Confidence>,
    /// For secrets: 16 bits of a hash of the value.
    pub mark: Option<u16>,
    /// For secrets: the commit that brought it, where the history was searched.
    pub past: Option<Arc<Past>>,
    /// For secrets: which value it is, and why it was taken for one.
    pub secret: Option<(Identity, String)>,
    /// The role of the file.
    pub role: Role,
    /// Of the match: full, or half-way (a technology that is only declared).
    pub grade: Grade,
}

/// Why something cannot be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// It lies outside this repository, or in a template of it: it leaves the sums.
    World(String),
    /// A file of this repository should be readable and is not: it keeps its weight.
    Tree(String),
}

impl Unknown {
    /// The reason, for people.
    pub fn reason(&self) -> &str {
        match self {
            Self::World(reason) | Self::Tree(reason) => reason,
        }
    }
}

/// The answer of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Whether it holds.
    pub truth: Truth,
    /// The places that fulfil it, best grade first, then in file order.
    pub matches: Vec<Match>,
    /// How many subjects were looked at.
    pub examined: usize,
    /// A place that was examined and found in order, for a rule that only forbids.
    pub in_order: Option<Match>,
    /// Why it is unknown, where it is.
    pub unknown: Option<Unknown>,
}

impl Answer {
    /// An answer without places.
    pub fn bare(truth: Truth) -> Self {
        Self { truth, matches: Vec::new(), examined: 0, in_order: None, unknown: None }
    }

    /// True when there is a match, else unknown with its reason, else false.
    pub fn of(matches: Vec<Match>, examined: usize, unknown: Option<Unknown>) -> Self {
        let truth = match (matches.is_empty(), &unknown) {
            (false, _) => Truth::True,
            (true, Some(_)) => Truth::Unknown,
            (true, None) => Truth::False,
        };
        Self { truth, matches, examined, in_order: None, unknown }
    }

    /// The grade of its best match; full when it holds without a place.
    pub fn grade(&self) -> Grade {
        self.matches.iter().map(|found| found.grade).max().unwrap_or(Grade::Full)
    }
}
