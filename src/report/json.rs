//! The JSON report: a published shape that other programs rely on. Within a `schema_version`, changes only add.

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::{Audit, Dropped};
use crate::checklist::decision::{Effect, Outcome as Became};
use crate::checklist::finding::{Evidence, Finding, State};
use crate::checklist::item::{FULL, Item, Verdict};
use crate::checklist::outcome::Outcome;
use crate::condition::matches::Past;
use crate::facts::model::{Component, Place};
use crate::report::{Report, words};
use crate::rule::model::{Rule, weight};
use crate::rule::set::EDITION;
use crate::score::{AreaScore, Score};
use crate::text::Region;

/// The version of this shape.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JsonReport {
    schema_version: u32,
    tool: JsonTool,
    edition: String,
    as_of: String,
    repository: JsonRepository,
    components: Vec<JsonComponent>,
    score: Option<JsonScore>,
    rules: Vec<JsonRule>,
    gate: JsonGate,
    /// What people decided, and what became of it.
    decisions: Vec<JsonDecision>,
    /// With `--show dropped`: candidates for secrets that a filter refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped: Option<Vec<JsonDropped>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonDropped {
    path: String,
    /// 1-based.
    line: usize,
    /// The rule and its pattern.
    pattern: String,
    /// The value, as asterisks.
    shows: String,
    /// The filter that refused it.
    filter: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonScore {
    /// 0 to 100, after caps.
    value: u32,
    /// The score as if nothing were accepted, ignored, attested or excluded, and no kind overridden.
    unaccepted: u32,
    /// Percent of the applicable weight that could be judged.
    coverage: u32,
    grade: &'static str,
    level: &'static str,
    caps: Vec<String>,
    areas: Vec<JsonArea>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonArea {
    area: String,
    value: u32,
    /// In points.
    weight: f64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonGate {
    passed: bool,
    reasons: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonDecision {
    /// accept, attest or ignore.
    way: &'static str,
    /// The rule, or `rule/pattern`.
    target: String,
    path: String,
    /// 1-based.
    line: usize,
    /// How many findings it took out, or rules it proved.
    used: usize,
    /// What is wrong with it: it ended, concerns nothing any more, or cannot be read.
    trouble: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonTool {
    name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonRepository {
    path: String,
    commit: Option<String>,
    files: usize,
    bytes: u64,
    skipped: Vec<JsonSkipped>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonSkipped {
    path: String,
    reason: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonComponent {
    id: String,
    kinds: Vec<String>,
    languages: Vec<String>,
    because: Vec<JsonPlace>,
    technologies: Vec<JsonTechnology>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonTechnology {
    name: String,
    category: String,
    proof: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonPlace {
    path: String,
    /// 1-based.
    line: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonRule {
    id: String,
    title: String,
    area: String,
    severity: &'static str,
    confidence: &'static str,
    scored: bool,
    outcome: &'static str,
    reason: String,
    applies_because: Vec<JsonPlace>,
    attested: Option<String>,
    /// In points.
    weight: f64,
    /// 0 to 1; null where the rule is not counted.
    credit: Option<f64>,
    /// Points that passing it would add, before caps.
    gain: u32,
    subjects: JsonSubjects,
    components: Vec<JsonVerdict>,
    evidence: Vec<JsonEvidence>,
    findings: Vec<JsonFinding>,
    looked_for: Vec<String>,
    looked_in: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonSubjects {
    examined: usize,
    compliant: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonVerdict {
    component: String,
    outcome: &'static str,
    credit: f64,
    reason: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonEvidence {
    component: Option<String>,
    path: String,
    /// 1-based.
    line: usize,
    /// 1-based, in characters.
    column: usize,
    shows: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonFinding {
    pattern: Option<String>,
    component: Option<String>,
    message: String,
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    severity: &'static str,
    confidence: &'static str,
    fingerprint: String,
    state: State,
    /// Whether it lies in a test, fixture, example or docs and costs nothing.
    lenient: bool,
    reason: Option<String>,
    until: Option<String>,
    fix: String,
    /// The commit that brought it first, where the history was searched.
    history: Option<JsonPast>,
    /// Of a secret: the other places of the same value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also: Vec<JsonPlace>,
    /// Of a secret: why it was taken for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonPast {
    commit: String,
    /// When it was written, YYYY-MM-DD.
    date: String,
    /// The file there.
    path: String,
    /// 1-based.
    line: usize,
    /// Whether the files still hold it. If not, path and line of the finding are those of the commit.
    in_files: bool,
}

/// The report as a value.
pub fn build(report: &Report<'_>) -> JsonReport {
    let audit = report.audit;
    let components = &audit.facts.components;
    let skipped = audit.skipped.iter().map(|(path, reason)| JsonSkipped { path: path.clone(), reason: reason.clone() });
    JsonReport {
        schema_version: SCHEMA_VERSION,
        tool: JsonTool { name: "prodready", version: env!("CARGO_PKG_VERSION") },
        edition: EDITION.to_owned(),
        as_of: audit.as_of.to_string(),
        repository: JsonRepository {
            path: report.path.to_owned(),
            commit: report.commit.map(str::to_owned),
            files: audit.files,
            bytes: audit.bytes,
            skipped: skipped.collect(),
        },
        components: components
            .iter()
            .filter(|component| !component.kinds.is_empty())
            .map(|one| component(audit, one))
            .collect(),
        score: report.score.map(json_score),
        rules: report
            .items()
            .zip(report.gains())
            .map(|((one, item), gain)| rule(one, item, gain, components))
            .collect(),
        gate: JsonGate { passed: report.gate.passed(), reasons: report.gate.reasons.clone() },
        decisions: audit.decisions.iter().map(decision).collect(),
        dropped: audit.dropped.as_ref().map(|all| all.iter().map(dropped).collect()),
    }
}

fn dropped(one: &Dropped) -> JsonDropped {
    let Dropped { path, line, pattern, shows, filter } = one.clone();
    JsonDropped { path, line, pattern, shows, filter }
}

fn decision(outcome: &Became) -> JsonDecision {
    JsonDecision {
        way: outcome.way.word(),
        target: outcome.target.clone(),
        path: outcome.written.path.clone(),
        line: outcome.written.line,
        used: if let Effect::Used(count) = outcome.effect { count } else { 0 },
        trouble: outcome.trouble(),
    }
}

fn json_score(score: &Score) -> JsonScore {
    let area = |area: &AreaScore| JsonArea {
        area: area.area.clone(),
        value: area.value,
        weight: f64::from(area.weight) / 10.0,
    };
    JsonScore {
        value: score.value,
        unaccepted: score.unaccepted,
        coverage: score.coverage,
        grade: score.grade(),
        level: score.level(),
        caps: score.caps.clone(),
        areas: score.areas.iter().map(area).collect(),
    }
}

/// The report as text, ended by a line end.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&build(report)).map(|text| text + "\n")
}

fn component(audit: &Audit, component: &Component) -> JsonComponent {
    let technology = |technology: &crate::facts::model::Technology| JsonTechnology {
        name: technology.name.clone(),
        category: technology.category.clone(),
        proof: format!("{:?}", technology.proof).to_lowercase(),
    };
    JsonComponent {
        id: component.id.clone(),
        kinds: component.kinds.iter().map(|kind| kebab(&format!("{kind:?}"))).collect(),
        languages: component.languages.clone(),
        because: component.because.iter().map(|place| at(place, audit.region(place))).collect(),
        technologies: component.technologies.iter().map(technology).collect(),
    }
}

fn kebab(name: &str) -> String {
    let dash = |(at, c): (usize, char)| {
        if c.is_uppercase() && at > 0 { format!("-{}", c.to_lowercase()) } else { c.to_lowercase().to_string() }
    };
    name.chars().enumerate().map(dash).collect()
}

fn at(place: &Place, region: Region) -> JsonPlace {
    JsonPlace { path: place.path.clone(), line: region.line }
}

fn rule(rule: &Rule, item: &Item, gain: u32, components: &[Component]) -> JsonRule {
    let name =
        |index: Option<usize>| index.and_then(|index| components.get(index)).map(|component| component.id.clone());
    let counted = item.outcome != Outcome::NotApplicable && !(item.outcome == Outcome::Unknown && item.outside);
    JsonRule {
        id: rule.id.to_string(),
        title: rule.title.clone(),
        area: rule.id.area().to_owned(),
        severity: words::severity(rule.severity),
        confidence: words::confidence(rule.confidence),
        scored: !rule.preview,
        outcome: item.outcome.as_str(),
        reason: item.reason.clone(),
        applies_because: item
            .verdicts
            .iter()
            .filter_map(|verdict| verdict.applies_because.as_ref().map(|because| at(&because.place, because.region)))
            .collect(),
        attested: item.verdicts.iter().find_map(|verdict| verdict.attested.clone()),
        weight: f64::from(weight(rule.severity)) / 10.0,
        credit: counted.then(|| f64::from(item.credit) / f64::from(FULL)),
        gain,
        subjects: JsonSubjects {
            examined: item.verdicts.iter().map(|verdict| verdict.examined).sum(),
            compliant: item.verdicts.iter().map(|verdict| verdict.compliant).sum(),
        },
        components: item
            .verdicts
            .iter()
            .filter_map(|verdict| Some(json_verdict(verdict, name(verdict.component)?)))
            .collect(),
        evidence: item.evidence().map(|evidence| json_evidence(evidence, name(evidence.component))).collect(),
        findings: item.findings().map(|finding| json_finding(finding, name(finding.component))).collect(),
        looked_for: rule.looks_for.clone(),
        looked_in: rule.looks_in(),
    }
}

fn json_verdict(verdict: &Verdict, component: String) -> JsonVerdict {
    JsonVerdict {
        component,
        outcome: verdict.outcome.as_str(),
        credit: f64::from(verdict.credit) / f64::from(FULL),
        reason: verdict.reason.clone(),
    }
}

fn json_evidence(evidence: &Evidence, component: Option<String>) -> JsonEvidence {
    JsonEvidence {
        component,
        path: evidence.place.path.clone(),
        line: evidence.region.line,
        column: evidence.region.column,
        shows: evidence.shows.clone(),
    }
}

fn json_past(past: &Past) -> JsonPast {
    JsonPast {
        commit: past.commit.clone(),
        date: past.date.clone(),
        path: past.path.clone(),
        line: past.region.line,
        in_files: !past.gone,
    }
}

fn json_finding(finding: &Finding, component: Option<String>) -> JsonFinding {
    JsonFinding {
        pattern: finding.pattern.clone(),
        component,
        message: finding.message.clone(),
        path: finding.place.path.clone(),
        line: finding.region.line,
        column: finding.region.column,
        end_line: finding.region.end_line,
        end_column: finding.region.end_column,
        severity: words::severity(finding.severity),
        confidence: words::confidence(finding.confidence),
        fingerprint: finding.fingerprint.clone(),
        state: finding.state,
        lenient: finding.lenient,
        reason: finding.reason.clone(),
        until: finding.until.map(|day| day.to_string()),
        fix: finding.fix.clone(),
        history: finding.past.as_deref().map(json_past),
        also: finding.also.iter().map(|other| at(&other.place, other.region)).collect(),
        because: finding.secret.as_ref().map(|(_, why)| why.clone()),
    }
}
