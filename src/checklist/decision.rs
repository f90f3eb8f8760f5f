//! What people decided about findings: acceptances and attestations of the configuration, and ignores beside a line.
//!
//! Each keeps the place where it is written, and after the audit says what became of it, because a decision that does
//! nothing any more is one that nobody looks after.

use jiff::civil::Date;

use crate::condition::glob::{GlobTable, GlobTableBuilder};

/// All decisions of one audit.
#[derive(Debug, Default)]
pub struct Decisions {
    /// The audited folder below the configuration: empty, or with a slash at its end. Paths of acceptances begin there.
    pub prefix: String,
    /// Acceptances of the configuration.
    pub accepts: Vec<Accept>,
    /// Attestations of the configuration.
    pub attests: Vec<Attest>,
}

/// A rule or one of its patterns, as decisions name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The rule.
    pub rule: String,
    /// The pattern; `None`: the rule as a whole.
    pub pattern: Option<String>,
}

impl Target {
    /// Reads `area/name` or `area/name/pattern`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        let (area, name) = (parts.next()?, parts.next()?);
        let whole = !area.is_empty() && !name.is_empty();
        whole.then(|| Self { rule: format!("{area}/{name}"), pattern: parts.next().map(str::to_owned) })
    }

    /// Whether a finding of `rule` with `pattern` is meant.
    pub fn names(&self, rule: &str, pattern: Option<&str>) -> bool {
        self.rule == rule && self.pattern.as_deref().is_none_or(|own| pattern == Some(own))
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.rule)?;
        self.pattern.as_ref().map_or(Ok(()), |pattern| write!(out, "/{pattern}"))
    }
}

/// Where a decision is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    /// The file, as messages show it.
    pub path: String,
    /// 1-based.
    pub line: usize,
}

/// A written decision to live with findings.
#[derive(Debug)]
pub struct Accept {
    /// What is accepted.
    pub target: Target,
    /// Only in files that this glob matches.
    pub path: Option<PathGlob>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// Where it is written.
    pub written: Written,
}

/// A written proof of something outside the repository.
#[derive(Debug, Clone)]
pub struct Attest {
    /// The rule.
    pub rule: String,
    /// How it is done.
    pub how: String,
    /// Who says so.
    pub by: String,
    /// The last day on which it holds.
    pub until: Date,
    /// A link to the proof.
    pub evidence: Option<String>,
    /// Where it is written.
    pub written: Written,
}

impl Attest {
    /// One line for reports.
    pub fn sentence(&self) -> String {
        let link = self.evidence.as_ref().map(|link| format!(" ({link})")).unwrap_or_default();
        format!("attested by {} until {}: {}{link}", self.by, self.until, self.how)
    }
}

/// One glob over repository paths.
#[derive(Debug)]
pub struct PathGlob {
    table: GlobTable,
}

impl PathGlob {
    /// Compiles a glob in the syntax of `.gitignore`; the error names what is wrong with it.
    pub fn new(glob: &str) -> Result<Self, String> {
        let mut builder = GlobTableBuilder::default();
        builder.add(glob, false)?;
        Ok(Self { table: builder.build() })
    }

    /// Whether `path` matches.
    pub fn matches(&self, path: &str) -> bool {
        let mut found = Vec::new();
        self.table.matches(path, &mut found);
        !found.is_empty()
    }
}

/// The three ways to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// `[[accept]]`
    Accept,
    /// `[[attest]]`
    Attest,
    /// `prodready: ignore[…]`
    Ignore,
}

impl Way {
    /// The word of reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Attest => "attest",
            Self::Ignore => "ignore",
        }
    }
}

/// What became of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it was decided.
    pub way: Way,
    /// What it names.
    pub target: String,
    /// Where it is written.
    pub written: Written,
    /// What it did.
    pub effect: Effect,
}

/// What a decision did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It took out so many findings, or proved the rule.
    Used(usize),
    /// It would concern findings, but its last day has passed: they count again.
    Expired(Date),
    /// Nothing is there any more that it could concern.
    Unused,
    /// It does not say what it must; the sentence says what.
    Malformed(String),
}

impl Outcome {
    /// What a person should know or do; `None` for a decision that works.
    pub fn trouble(&self) -> Option<String> {
        let what = format!("{} of {}", self.way.word(), self.target);
        match &self.effect {
            Effect::Used(_) => None,
            Effect::Expired(day) => Some(format!("{what} ended on {day}: it counts again")),
            Effect::Unused => Some(format!("{what} concerns nothing here any more: remove it")),
            Effect::Malformed(why) => Some(why.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_name_rules_or_patterns() {
        let rule = Target::parse("a/b").unwrap();
        assert!(rule.names("a/b", None) && rule.names("a/b", Some("x")) && !rule.names("a/c", None));
        let pattern = Target::parse("a/b/x.y").unwrap();
        assert!(pattern.names("a/b", Some("x.y")) && !pattern.names("a/b", None) && !pattern.names("a/b", Some("x")));
        assert_eq!(pattern.to_string(), "a/b/x.y");
        assert!(Target::parse("a").is_none() && Target::parse("/b").is_none());
    }
}
