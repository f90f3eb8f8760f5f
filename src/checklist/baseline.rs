//! The baseline: findings that are known, so that only new ones gate. It never changes a score.
//!
//! Entries are fingerprints, sorted, one line each, without line numbers and dates, so that two branches that each fix
//! something merge without a conflict.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::checklist::finding::State;
use crate::checklist::item::Item;
use crate::rule::error::RuleError;
use crate::rule::set::RuleSet;

/// The name of the file.
pub const FILE: &str = "prodready-baseline.json";

/// The version of its shape.
const SCHEMA_VERSION: u32 = 1;

/// Known findings, and the score when they were noted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema_version: u32,
    /// The edition of the score.
    pub edition: String,
    /// The score; `None` where there was none.
    pub score: Option<u32>,
    /// The findings.
    pub findings: BTreeSet<Known>,
}

/// One known finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The rule, or `rule/pattern`.
    pub rule: String,
    /// The file.
    pub path: String,
    /// The identity of the finding.
    pub fingerprint: String,
}

impl Baseline {
    /// The findings of `items` that count or are known already.
    pub fn of(items: &[Item], rules: &RuleSet, edition: &str, score: Option<u32>) -> Self {
        let mut findings = BTreeSet::new();
        for item in items {
            let Some(rule) = rules.rules.get(item.rule) else { continue };
            for finding in item.findings().filter(|finding| finding.counts()) {
                let rule =
                    finding.pattern.as_ref().map_or_else(|| rule.id.to_string(), |id| format!("{}/{id}", rule.id));
                let also = finding.also.iter().map(|other| (&other.place, &other.fingerprint));
                for (place, fingerprint) in std::iter::once((&finding.place, &finding.fingerprint)).chain(also) {
                    let (path, fingerprint) = (place.path.clone(), fingerprint.clone());
                    findings.insert(Known { rule: rule.clone(), path, fingerprint });
                }
            }
        }
        Self { schema_version: SCHEMA_VERSION, edition: edition.to_owned(), score, findings }
    }

    /// Reads a baseline that messages call `shown`.
    pub fn parse(text: &str, shown: &str) -> Result<Self, RuleError> {
        let remedy = "write it anew with `prodready baseline create`";
        let baseline: Self = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            RuleError::new(shown, format!("this is no baseline: {message}"))
                .on_line(Some(error.line().max(1)))
                .with_help(remedy)
        })?;
        if baseline.schema_version != SCHEMA_VERSION {
            let message = format!("its version {} is not known", baseline.schema_version);
            return Err(RuleError::new(shown, message).with_help(remedy));
        }
        Ok(baseline)
    }

    /// The text of the file, one line an entry.
    pub fn render(&self) -> Result<String, serde_json::Error> {
        let score = self.score.map_or("null".to_owned(), |score| score.to_string());
        let edition = serde_json::to_string(&self.edition)?;
        let mut out = String::new();
        let _ = write!(
            out,
            "{{\n  \"schema_version\": {SCHEMA_VERSION},\n  \"edition\": {edition},\n  \"score\": {score},\n  \"findings\": ["
        );
        for (number, known) in self.findings.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let _ = write!(out, "{comma}\n    {}", serde_json::to_string(known)?);
        }
        out.push_str(if self.findings.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        Ok(out)
    }

    /// Marks the findings that are known; they keep their weight in the score.
    pub fn mark(&self, items: &mut [Item]) {
        let known: BTreeSet<&str> = self.findings.iter().map(|known| known.fingerprint.as_str()).collect();
        let findings = items.iter_mut().flat_map(|item| &mut item.verdicts).flat_map(|verdict| &mut verdict.findings);
        for finding in findings.filter(|finding| finding.state == State::Open) {
            // A secret that is known stays known where it is copied to.
            let also = finding.also.iter().any(|other| known.contains(other.fingerprint.as_str()));
            if also || known.contains(finding.fingerprint.as_str()) {
                finding.state = State::Baseline;
            }
        }
    }

    /// The same without what is fixed; how many entries went.
    #[must_use]
    pub fn pruned(&self, now: &Self) -> (Self, usize) {
        let findings: BTreeSet<Known> = self.findings.intersection(&now.findings).cloned().collect();
        let gone = self.findings.len() - findings.len();
        (Self { findings, ..self.clone() }, gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(fingerprint: &str) -> Known {
        Known { rule: "a/b".into(), path: "x".into(), fingerprint: fingerprint.into() }
    }

    #[test]
    fn what_is_written_is_read() {
        for findings in [vec![], vec![known("2"), known("1")]] {
            let baseline = Baseline {
                schema_version: 1,
                edition: "2026.1".into(),
                score: Some(64),
                findings: findings.into_iter().collect(),
            };
            let text = baseline.render().unwrap();
            assert_eq!(Baseline::parse(&text, "x").unwrap(), baseline, "{text}");
            assert_eq!(text.lines().count(), 6 + baseline.findings.len() + usize::from(!baseline.findings.is_empty()));
        }
    }

    #[test]
    fn a_broken_baseline_is_told_with_its_line() {
        let error = Baseline::parse("{\n  \"schema_version\": 1,\n  \"edition\": 3\n}", "b.json").unwrap_err();
        assert_eq!(error.line, Some(3));
        assert!(error.to_string().contains("baseline create"), "{error}");
        let error = Baseline::parse("{\"schema_version\": 9, \"edition\": \"\", \"score\": 1, \"findings\": []}", "b")
            .unwrap_err();
        assert!(error.to_string().contains("version 9"), "{error}");
    }

    #[test]
    fn pruning_leaves_what_is_still_there() {
        let of = |list: &[&str]| Baseline {
            schema_version: 1,
            edition: "e".into(),
            score: None,
            findings: list.iter().map(|f| known(f)).collect(),
        };
        let (left, gone) = of(&["1", "2"]).pruned(&of(&["2", "3"]));
        assert_eq!((left, gone), (of(&["2"]), 1), "a baseline never grows by pruning");
    }
}
