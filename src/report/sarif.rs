//! SARIF 2.1.0 as code scanning takes it: one run, real locations, the hash that keeps an alert alive when lines move.
//!
//! What does not belong there is left out: passes, findings that cost nothing, rules in preview. At most 1,000 results,
//! the worst first; the run says how many were left off.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::checklist::finding::Finding;
use crate::condition::spec::{Confidence, Severity};
use crate::report::{Report, words};
use crate::rule::model::Rule;

/// Most results of one run.
pub const MOST_RESULTS: usize = 1000;

/// Most further places of one result.
const MOST_RELATED: usize = 20;

const HOME: &str = "https://github.com/prodready/prodready";

/// The report as text, ended by a line end.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&build(report)).map(|text| text + "\n")
}

fn build(report: &Report<'_>) -> Value {
    let mut found = report.open_findings();
    found.retain(|(_, finding)| !finding.line_hash.is_empty());
    let left_off = found.len().saturating_sub(MOST_RESULTS);
    found.truncate(MOST_RESULTS);
    let mut rules: BTreeMap<String, Value> = BTreeMap::new();
    for (rule, finding) in &found {
        rules.entry(rule_id(rule, finding)).or_insert_with(|| descriptor(rule, finding));
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let results: Vec<Value> = found
        .iter()
        .map(|(rule, finding)| {
            let id = rule_id(rule, finding);
            result(&id, index.get(id.as_str()).copied().unwrap_or_default(), finding)
        })
        .collect();
    let descriptors: Vec<&Value> = rules.values().collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "prodready",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": HOME,
                "rules": descriptors,
            }},
            "automationDetails": { "id": "prodready/" },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "The root of the repository." } } },
            "results": results,
            "properties": { "edition": crate::rule::set::EDITION, "resultsLeftOff": left_off },
        }],
    })
}

fn rule_id(rule: &Rule, finding: &Finding) -> String {
    finding.pattern.as_ref().map_or_else(|| rule.id.to_string(), |pattern| format!("{}/{pattern}", rule.id))
}

fn descriptor(rule: &Rule, finding: &Finding) -> Value {
    let id = rule_id(rule, finding);
    let level = level(finding.severity);
    let kind = if rule.security { "security" } else { "production-readiness" };
    // Tags are a set: the area may have the same name.
    let tags: std::collections::BTreeSet<&str> = [rule.id.area(), kind].into();
    let mut properties = json!({
        "tags": tags,
        "precision": words::confidence(rule.confidence),
    });
    if rule.security {
        properties["security-severity"] = json!(security_severity(finding.severity));
    } else {
        properties["problem.severity"] = json!(if level == "note" { "recommendation" } else { level });
    }
    let references = rule.references.iter().map(|link| format!("\n- <{link}>")).collect::<Vec<_>>().concat();
    let help = format!("{}\n\n{}", flat(&rule.why), flat(&finding.fix));
    json!({
        "id": id,
        "name": pascal(&id),
        "shortDescription": { "text": sentence(&rule.title) },
        "fullDescription": { "text": cut(&sentence(&flat(&rule.why)), 1000) },
        "help": { "text": help, "markdown": format!("{}\n\n**Fix.** {}\n{references}", flat(&rule.why), flat(&finding.fix)) },
        "helpUri": rule.references.first().map_or(HOME, String::as_str),
        "defaultConfiguration": { "level": level },
        "properties": properties,
    })
}

fn result(id: &str, index: usize, finding: &Finding) -> Value {
    let region = finding.region;
    let same_line = region.end_line == region.line;
    let end_column = if same_line { region.end_column.max(region.column + 1) } else { region.end_column.max(1) };
    let mut place = json!({
        "startLine": region.line, "startColumn": region.column, "endLine": region.end_line, "endColumn": end_column,
    });
    if !finding.line.is_empty() {
        place["snippet"] = json!({ "text": words::clean(&finding.line) });
    }
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": sentence(&words::clean(&flat(&finding.message))) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": words::uri(&finding.place.path), "uriBaseId": "%SRCROOT%" },
            "region": place,
        }}],
        "partialFingerprints": { "primaryLocationLineHash": finding.line_hash, "prodready/v1": finding.fingerprint },
        "properties": { "confidence": words::confidence(finding.confidence.min(Confidence::High)) },
    });
    if !finding.also.is_empty() {
        let places = finding.also.iter().take(MOST_RELATED);
        let places = places.map(|other| {
            json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": words::uri(&other.place.path), "uriBaseId": "%SRCROOT%" },
                    "region": { "startLine": other.region.line, "startColumn": other.region.column },
                },
                "message": { "text": "The same secret." },
            })
        });
        result["relatedLocations"] = places.collect();
    }
    result
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// `secrets/hardcoded-credential/aws-key` as `SecretsHardcodedCredentialAwsKey`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    id.split(['/', '-', '.']).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal("secrets/hardcoded-credential/aws.key"), "SecretsHardcodedCredentialAwsKey");
    }
}
