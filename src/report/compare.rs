//! Two JSON reports side by side: which rules got better or worse, which findings came and went. A report of another
//! edition is compared rule by rule, but its score is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;

use crate::condition::spec::Severity;
use crate::report::json::SCHEMA_VERSION;
use crate::report::words;

/// What is read of a report.
#[derive(Debug, Deserialize)]
pub struct Read {
    schema_version: u32,
    edition: String,
    score: Option<Score>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Score {
    value: u32,
}

#[derive(Debug, Deserialize)]
struct Rule {
    id: String,
    outcome: String,
    #[serde(default)]
    credit: Option<f64>,
    #[serde(default)]
    scored: bool,
    #[serde(default)]
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct Finding {
    message: String,
    path: String,
    #[serde(default)]
    line: Option<usize>,
    severity: Severity,
    fingerprint: String,
    state: String,
}

/// Reads a report that messages call `shown`; an error is a sentence.
pub fn read(text: &str, shown: &str) -> Result<Read, String> {
    let remedy = "write one with `prodready audit --format json=FILE`";
    let report: Read = serde_json::from_str(text).map_err(|error| {
        format!("{shown}:{}: this is no report of prodready: {error}; {remedy}", error.line().max(1))
    })?;
    if report.schema_version != SCHEMA_VERSION {
        let version = report.schema_version;
        return Err(format!(
            "{shown}: a report of version {version} is not understood, only of version {SCHEMA_VERSION}; {remedy}"
        ));
    }
    Ok(report)
}

/// What changed between two reports.
#[derive(Debug, Default)]
pub struct Changes {
    /// For people.
    pub text: String,
    /// The worst severity among the new open findings of rules that are scored.
    pub worst_new: Option<Severity>,
    /// By how many points the score fell; `None` where the two cannot be compared.
    pub drop: Option<u32>,
}

/// Compares.
pub fn compare(old: &Read, new: &Read) -> Changes {
    let mut changes = Changes::default();
    let out = &mut changes.text;
    changes.drop = score(old, new, out);
    let before: BTreeMap<&str, &Rule> = old.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let after: BTreeMap<&str, &Rule> = new.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let ids: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let (mut worse, mut better, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let (mut came, mut gone) = (0, 0);
    for id in ids {
        let (was, is) = (before.get(id).copied(), after.get(id).copied());
        let (new, fixed) = (fresh(was, is), fresh(is, was));
        if is.is_some_and(|rule| rule.scored) {
            changes.worst_new = changes.worst_new.max(new.iter().map(|finding| finding.severity).max());
        }
        came += new.len();
        gone += fixed.len();
        let same = was.map(|rule| &rule.outcome) == is.map(|rule| &rule.outcome);
        if same && new.is_empty() && fixed.is_empty() && was.map(|rule| rule.credit) == is.map(|rule| rule.credit) {
            continue;
        }
        let text = block(id, was, is, &new, &fixed);
        match direction(was, is, new.len(), fixed.len()) {
            Direction::Worse => worse.push(text),
            Direction::Better => better.push(text),
            Direction::Other => other.push(text),
        }
    }
    let out = &mut changes.text;
    for (word, blocks) in [("WORSE", &worse), ("BETTER", &better), ("CHANGED", &other)] {
        for block in blocks {
            let _ = writeln!(out, "{word:<8} {block}");
        }
    }
    let _ = writeln!(
        out,
        "{} worse, {} better, {} otherwise changed; {came} findings new, {gone} gone",
        worse.len(),
        better.len(),
        other.len()
    );
    changes
}

fn score(old: &Read, new: &Read, out: &mut String) -> Option<u32> {
    if old.edition != new.edition {
        let _ = writeln!(
            out,
            "the scores are of editions {} and {}: they cannot be compared\n",
            words::clean(&old.edition),
            words::clean(&new.edition)
        );
        return None;
    }
    let (was, is) = (old.score.as_ref()?.value, new.score.as_ref()?.value);
    let sign = if is >= was { "+" } else { "-" };
    let _ = writeln!(out, "score {was} -> {is} ({sign}{})\n", is.abs_diff(was));
    Some(was.saturating_sub(is))
}

/// The open findings of `is` that `was` does not have.
fn fresh<'a>(was: Option<&Rule>, is: Option<&'a Rule>) -> Vec<&'a Finding> {
    let open = |finding: &&Finding| finding.state == "open" || finding.state == "baseline";
    let known: BTreeSet<&str> = was
        .iter()
        .flat_map(|rule| rule.findings.iter().filter(open).map(|finding| finding.fingerprint.as_str()))
        .collect();
    let all = is.iter().flat_map(|rule| rule.findings.iter().filter(open));
    all.filter(|finding| !known.contains(finding.fingerprint.as_str())).collect()
}

enum Direction {
    Worse,
    Better,
    Other,
}

/// A rule that begins or ceases to apply is neither; else the credit decides, and with the same credit the findings.
fn direction(was: Option<&Rule>, is: Option<&Rule>, came: usize, gone: usize) -> Direction {
    let (Some(was), Some(is)) = (was, is) else { return Direction::Other };
    let judged = |rule: &Rule| matches!(rule.outcome.as_str(), "pass" | "partial" | "fail");
    if !judged(was) || !judged(is) {
        return if came > 0 { Direction::Worse } else { Direction::Other };
    }
    match is.credit.unwrap_or_default().total_cmp(&was.credit.unwrap_or_default()) {
        std::cmp::Ordering::Less => Direction::Worse,
        std::cmp::Ordering::Greater => Direction::Better,
        std::cmp::Ordering::Equal => match came.cmp(&gone) {
            std::cmp::Ordering::Greater => Direction::Worse,
            std::cmp::Ordering::Less => Direction::Better,
            std::cmp::Ordering::Equal => Direction::Other,
        },
    }
}

fn block(id: &str, was: Option<&Rule>, is: Option<&Rule>, new: &[&Finding], fixed: &[&Finding]) -> String {
    let outcome = |rule: Option<&Rule>| rule.map_or("absent".to_owned(), |rule| words::clean(&rule.outcome));
    let (was, is) = (outcome(was), outcome(is));
    let mut text = words::clean(id);
    if was == is {
        let _ = write!(text, "  {is}");
    } else {
        let _ = write!(text, "  {was} -> {is}");
    }
    for (sign, list) in [("+", new), ("-", fixed)] {
        for finding in list {
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ =
                write!(text, "\n  {sign} {}{line}  {}", words::clean(&finding.path), words::clean(&finding.message));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(score: u32, rules: &str) -> Read {
        let text = format!(
            r#"{{"schema_version": 1, "edition": "2026.1", "score": {{"value": {score}}}, "more": 1, "rules": [{rules}]}}"#
        );
        read(&text, "x.json").unwrap()
    }

    const PASS: &str = r#"{"id": "a/b", "outcome": "pass", "credit": 1.0, "scored": true}"#;
    const FAIL: &str = r#"{"id": "a/b", "outcome": "fail", "credit": 0.0, "scored": true, "findings": [{"message": "m\u001b[1m",
        "path": "p.js", "line": 3, "severity": "high", "fingerprint": "f", "state": "open"}]}"#;

    #[test]
    fn what_got_worse_and_better_is_told_by_rule_and_finding() {
        let worse = compare(&report(64, PASS), &report(61, FAIL));
        assert!(worse.text.starts_with("score 64 -> 61 (-3)\n"), "{}", worse.text);
        assert!(worse.text.contains("WORSE    a/b  pass -> fail\n  + p.js:3  m\u{fffd}[1m\n"), "{}", worse.text);
        assert_eq!((worse.worst_new, worse.drop), (Some(Severity::High), Some(3)));
        let better = compare(&report(61, FAIL), &report(64, PASS));
        assert!(better.text.contains("BETTER   a/b  fail -> pass\n  - p.js:3"), "{}", better.text);
        assert_eq!((better.worst_new, better.drop), (None, Some(0)));
        let same = compare(&report(61, FAIL), &report(61, FAIL));
        assert_eq!(
            same.text,
            "score 61 -> 61 (+0)\n\n0 worse, 0 better, 0 otherwise changed; 0 findings new, 0 gone\n"
        );
    }

    #[test]
    fn another_edition_has_another_score() {
        let mut new = report(90, PASS);
        new.edition = "2027.1".to_owned();
        let changes = compare(&report(64, PASS), &new);
        assert!(changes.text.contains("cannot be compared") && changes.drop.is_none());
    }

    #[test]
    fn what_is_no_report_is_told_with_its_line() {
        for (text, words) in [
            ("", "x.json:1: this is no report"),
            ("{\n \"schema_version\": 1\n}", "x.json:3: this is no report"),
            ("[1, 2]", "x.json:1: this is no report"),
            (r#"{"schema_version": 2, "edition": "x", "score": null, "rules": []}"#, "of version 2 is not understood"),
        ] {
            let error = read(text, "x.json").unwrap_err();
            assert!(error.contains(words) && error.contains("--format json=FILE"), "{error}");
        }
    }
}
