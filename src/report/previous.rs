//! An earlier JSON report, to compare with: what is new since then, what is fixed, and where the score went.
//!
//! It is read leniently (what later versions add is passed over), and a file that is no report is refused with its place.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::checklist::finding::{Finding, State};
use crate::checklist::item::Item;
use crate::report::Report;
use crate::report::json::SCHEMA_VERSION;
use crate::rule::model::Rule;
use crate::rule::set::EDITION;

/// An earlier report, as much of it as is compared.
#[derive(Debug, Clone, Deserialize)]
pub struct Previous {
    schema_version: u32,
    /// The edition of its rules.
    pub edition: String,
    /// Its date.
    pub as_of: String,
    /// What it was about.
    pub repository: PreviousRepository,
    /// Its score, if it had one.
    pub score: Option<PreviousScore>,
    /// Its rules.
    pub rules: Vec<PreviousRule>,
}

/// The repository of an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct PreviousRepository {
    /// The commit that was checked out.
    pub commit: Option<String>,
}

/// The score of an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct PreviousScore {
    /// 0 to 100.
    pub value: u32,
    /// Scores per area.
    #[serde(default)]
    pub areas: Vec<PreviousArea>,
}

/// The score of an area in an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct PreviousArea {
    /// The area.
    pub area: String,
    /// 0 to 100.
    pub value: u32,
}

/// A rule of an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct PreviousRule {
    /// Its id, perhaps a former one.
    pub id: String,
    /// Its outcome, as written in files.
    pub outcome: String,
    /// Whether it was scored.
    #[serde(default)]
    pub scored: bool,
    /// Its findings.
    #[serde(default)]
    pub findings: Vec<PreviousFinding>,
}

/// A finding of an earlier report.
#[derive(Debug, Clone, Deserialize)]
pub struct PreviousFinding {
    /// Its identity.
    pub fingerprint: String,
    /// What was wrong.
    pub message: String,
    /// The file.
    pub path: String,
    /// 1-based.
    pub line: usize,
    state: State,
    #[serde(default)]
    lenient: bool,
}

/// Why an earlier report cannot be compared with: a sentence with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PreviousError(String);

impl Previous {
    /// Reads a JSON report; `shown` is what the user called the file.
    pub fn parse(text: &str, shown: &str) -> Result<Self, PreviousError> {
        let anew = "give a file that `prodready audit --format json=FILE` wrote";
        let read: Self = serde_json::from_str(text).map_err(|error| {
            let what = error.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            PreviousError(format!("{shown}:{}: this is no JSON report ({what}): {anew}", error.line().max(1)))
        })?;
        if read.schema_version != SCHEMA_VERSION {
            let version = read.schema_version;
            return Err(PreviousError(format!(
                "{shown}: the report has schema_version {version}, and this prodready reads {SCHEMA_VERSION}: {anew}"
            )));
        }
        Ok(read)
    }
}

/// A finding that was open before and is gone.
#[derive(Debug, Clone, Copy)]
pub struct Fixed<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What was reported.
    pub finding: &'a PreviousFinding,
}

/// What changed since an earlier report. Compared are the rules that ran both times.
#[derive(Debug)]
pub struct Changes<'a> {
    /// The earlier report.
    pub previous: &'a Previous,
    /// Findings that were not there.
    pub new: Vec<(&'a Rule, &'a Finding)>,
    /// Findings that are gone.
    pub fixed: Vec<Fixed<'a>>,
    /// Rules whose outcome changed, with the outcome before.
    pub turned: Vec<(&'a Rule, &'a Item, &'a str)>,
    /// How far the score moved; `None` where there is none to compare with, or it is of another edition.
    pub score: Option<i64>,
}

impl<'a> Changes<'a> {
    /// Compares; `None` where no earlier report was given.
    pub fn of(report: &Report<'a>) -> Option<Self> {
        let previous = report.previous?;
        let before: BTreeMap<String, &'a PreviousRule> = previous
            .rules
            .iter()
            .map(|rule| (report.rules.rule(&rule.id).map_or_else(|| rule.id.clone(), |rule| rule.id.to_string()), rule))
            .collect();
        let mut changes = Self { previous, new: Vec::new(), fixed: Vec::new(), turned: Vec::new(), score: None };
        for (rule, item) in report.items() {
            if let Some(was) = before.get(rule.id.as_str()) {
                changes.compare(rule, item, was);
            }
        }
        let comparable = previous.score.as_ref().filter(|_| previous.edition == EDITION);
        changes.score =
            comparable.zip(report.score).map(|(before, now)| i64::from(now.value) - i64::from(before.value.min(100)));
        Some(changes)
    }

    fn compare(&mut self, rule: &'a Rule, item: &'a Item, was: &'a PreviousRule) {
        if was.outcome != item.outcome.as_str() {
            self.turned.push((rule, item, &was.outcome));
        }
        if rule.preview {
            return;
        }
        let known: BTreeSet<&str> = was.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        let now: BTreeSet<&str> = item.findings().map(|finding| finding.fingerprint.as_str()).collect();
        let fresh = |finding: &&Finding| finding.counts() && !known.contains(finding.fingerprint.as_str());
        self.new.extend(item.findings().filter(fresh).map(|finding| (rule, finding)));
        let open =
            |finding: &&PreviousFinding| matches!(finding.state, State::Open | State::Baseline) && !finding.lenient;
        let gone = |finding: &&PreviousFinding| !now.contains(finding.fingerprint.as_str());
        let fixed = was.findings.iter().filter(open).filter(gone);
        self.fixed.extend(fixed.map(|finding| Fixed { rule, finding }));
    }

    /// The score of an area before, where the editions agree.
    pub fn area_before(&self, area: &str) -> Option<u32> {
        let score = self.previous.score.as_ref().filter(|_| self.previous.edition == EDITION)?;
        score.areas.iter().find(|before| before.area == area).map(|before| before.value.min(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_refused_with_its_place() {
        let told = |text: &str| Previous::parse(text, "old.json").unwrap_err().to_string();
        assert!(
            told("{\n  \"schema_version\": 1,\n  \"edition\": 3\n}").starts_with("old.json:3: this is no JSON report")
        );
        assert!(told("").starts_with("old.json:1: "));
        assert!(told("[1, 2]").contains("prodready audit --format json=FILE"));
        let later = r#"{"schema_version": 9, "edition": "2031.1", "as_of": "2031-01-01", "repository": {}, "score": null, "rules": []}"#;
        assert!(told(later).contains("schema_version 9"));
        assert!(Previous::parse(&later.replace('9', "1"), "x").is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,200}") {
            let _ = Previous::parse(&text, "x");
        }
    }
}
