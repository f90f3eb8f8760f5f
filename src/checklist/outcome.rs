//! The five outcomes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a rule says about a component, or about the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds, with evidence.
    Pass,
    /// Half-way.
    Partial,
    /// It does not hold.
    Fail,
    /// It cannot be known from what was read.
    Unknown,
    /// It has nothing to say here, with the reason.
    NotApplicable,
}

impl Outcome {
    /// As written in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Partial => "partial",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
