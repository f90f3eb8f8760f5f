//! GitLab's Code Quality report: an array of issues in GitLab's subset of the Code Climate format.
//!
//! GitLab shows an issue only once per fingerprint, and wants paths relative to the repository without `./`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::condition::spec::Severity;
use crate::report::{Report, words};

/// Longest description, in characters.
const LONG: usize = 500;

/// The report as text, ended by a line end; an empty array where nothing is open.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let mut seen = BTreeSet::new();
    let issues: Vec<Value> = report
        .open_findings()
        .into_iter()
        .filter(|(_, finding)| seen.insert(finding.fingerprint.as_str()))
        .map(|(rule, finding)| {
            let check =
                finding.pattern.as_ref().map_or_else(|| rule.id.to_string(), |own| format!("{}/{own}", rule.id));
            json!({
                "description": words::cut(&words::clean(&finding.message), LONG),
                "check_name": check,
                "fingerprint": finding.fingerprint,
                "severity": severity(finding.severity),
                "location": {
                    "path": words::clean(&finding.place.path),
                    "lines": { "begin": finding.region.line, "end": finding.region.end_line.max(finding.region.line) },
                },
            })
        })
        .collect();
    serde_json::to_string_pretty(&issues).map(|text| text + "\n")
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
    }
}
