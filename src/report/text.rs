//! The terminal report. Words carry the meaning; colour only repeats it and is added by the command line.

use std::fmt::Write as _;

use crate::checklist::finding::Finding;
use crate::checklist::item::Item;
use crate::checklist::outcome::Outcome;
use crate::report::Report;
use crate::report::words::{self, clean, wrap};
use crate::rule::model::Rule;

/// What the text report shows beyond failures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Show {
    /// Rules that pass.
    pub pass: bool,
    /// Rules that do not apply.
    pub not_applicable: bool,
    /// Components with the reasons for their kinds.
    pub components: bool,
}

/// Places shown per rule; the rest is counted.
const PLACES: usize = 3;

/// The report, at most `width` columns wide.
pub fn render(report: &Report<'_>, show: Show, width: usize) -> String {
    let mut out = String::new();
    header(report, &mut out);
    score(report, width, &mut out);
    if show.components {
        components(report, &mut out);
    }
    for outcome in [Outcome::Fail, Outcome::Partial] {
        for (rule, item) in of(report, outcome) {
            block(report, rule, item, width, &mut out);
        }
    }
    let quiet = [(Outcome::Unknown, true), (Outcome::Pass, show.pass), (Outcome::NotApplicable, show.not_applicable)];
    for (outcome, shown) in quiet {
        for (rule, item) in of(report, outcome).filter(|_| shown) {
            line(rule, item, width, &mut out);
        }
    }
    lenient(report, &mut out);
    skipped(report, &mut out);
    summary(report, show, &mut out);
    out
}

fn of<'a>(report: &Report<'a>, outcome: Outcome) -> impl Iterator<Item = (&'a Rule, &'a Item)> {
    let rules = &report.rules.rules;
    let mut found: Vec<(&Rule, &Item)> = report
        .audit
        .items
        .iter()
        .filter(|item| item.outcome == outcome)
        .filter_map(|item| Some((rules.get(item.rule)?, item)))
        .collect();
    found.sort_by(|(left, _), (right, _)| right.severity.cmp(&left.severity).then(left.id.cmp(&right.id)));
    found.into_iter()
}

fn header(report: &Report<'_>, out: &mut String) {
    let commit = report.commit.map(|commit| format!(" @ {}", commit.get(..7).unwrap_or(commit))).unwrap_or_default();
    let name = clean(report.path);
    let version = env!("CARGO_PKG_VERSION");
    let files = report.audit.files;
    let _ = writeln!(out, "prodready {version}  rules {}  {name}{commit}  {files} files\n", crate::rule::set::EDITION);
}

/// The number with its grade, a bar with the target, the areas, and what to fix first.
fn score(report: &Report<'_>, width: usize, out: &mut String) {
    let Some(score) = report.score else { return };
    let (grade, level) = (score.grade(), score.level());
    let level = if level == "none" { String::new() } else { format!("   level {level}") };
    let _ = writeln!(
        out,
        "  SCORE  {} / 100   grade {grade}{level}   {} % of the weight judged",
        score.value, score.coverage
    );
    let _ = writeln!(out, "  [{}]", bar(score.value, 40));
    for cap in &score.caps {
        let _ = writeln!(out, "  {cap}");
    }
    out.push('\n');
    for area in &score.areas {
        let _ = writeln!(out, "  {:<16} {:>3}  {}", area.area, area.value, bar(area.value, 20));
    }
    let mut fixes: Vec<(u32, &Rule)> = report
        .items()
        .zip(report.gains())
        .map(|((rule, _), gain)| (gain, rule))
        .filter(|(gain, _)| *gain > 0)
        .collect();
    fixes.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.id.cmp(&right.1.id)));
    if !fixes.is_empty() {
        let _ = writeln!(out, "\n  FIX FIRST");
    }
    for (gain, rule) in fixes.iter().take(3) {
        let _ = writeln!(out, "{}", cut(&format!("  {:>+4}  {:<32} {}", gain, rule.id.as_str(), rule.title), width));
    }
    out.push('\n');
}

fn bar(value: u32, width: u32) -> String {
    let full = value.min(100) * width / 100;
    "#".repeat(full as usize) + &"-".repeat((width - full) as usize)
}

fn components(report: &Report<'_>, out: &mut String) {
    let _ = writeln!(out, "COMPONENTS");
    for component in &report.audit.facts.components {
        if component.kinds.is_empty() {
            continue;
        }
        let kinds: Vec<&str> = component.kinds.iter().map(|kind| crate::checklist::judge::kind_name(*kind)).collect();
        let because: Vec<String> = component.because.iter().map(|place| clean(&place.path)).collect();
        let languages = component.languages.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "  {}  {}  [{}]", clean(&component.id), kinds.join(", "), languages);
        let _ = writeln!(out, "      because of {}", because.join(", "));
    }
    out.push('\n');
}

fn block(report: &Report<'_>, rule: &Rule, item: &Item, width: usize, out: &mut String) {
    let preview = if rule.preview { "  preview" } else { "" };
    let _ = writeln!(
        out,
        "{:<8} {}  {}  confidence {}{preview}",
        words::outcome(item.outcome),
        rule.id,
        words::severity(rule.severity),
        words::confidence(rule.confidence),
    );
    let _ = writeln!(out, "  {}", rule.title);
    paragraph("", &item.reason, width, out);
    let open: Vec<&Finding> = item.findings().filter(|finding| !finding.lenient).collect();
    for finding in open.iter().take(PLACES) {
        place(finding, item, width, out);
    }
    if open.len() > PLACES {
        let _ = writeln!(out, "  + {} more", open.len() - PLACES);
    }
    for evidence in item.evidence().take(1) {
        let _ =
            writeln!(out, "  found: {}  {}", words::place(&evidence.place, evidence.region), clean(&evidence.shows));
    }
    if item.outcome == Outcome::Fail && !rule.looks_for.is_empty() {
        paragraph("looked for: ", &rule.looks_for.join(", "), width, out);
        paragraph("in: ", &format!("{} files", report.audit.files), width, out);
    }
    paragraph("fix: ", &rule.fix, width, out);
    let _ = writeln!(out, "  more: prodready explain {}\n", rule.id);
}

fn place(finding: &Finding, item: &Item, width: usize, out: &mut String) {
    let _ = writeln!(out, "  --> {}", words::place(&finding.place, finding.region));
    if finding.absence {
        let verdict = item.verdicts.iter().find(|verdict| verdict.component == finding.component);
        if let Some(because) = verdict.and_then(|verdict| verdict.applies_because.as_ref()) {
            let place = words::place(&because.place, because.region);
            let text = format!("applies because of {place}  {}", clean(&because.shows));
            let _ = writeln!(out, "      {}", cut(text.trim_end(), width.saturating_sub(6)));
        }
        return;
    }
    if !finding.line.is_empty() {
        let _ = writeln!(out, "{:>5} | {}", finding.region.line, cut(&clean(&finding.line), width.saturating_sub(8)));
    }
    if finding.message != item.reason {
        paragraph("", &finding.message, width, out);
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(3)).collect::<String>() + "..."
}

fn paragraph(label: &str, text: &str, width: usize, out: &mut String) {
    let indent = label.len() + 2;
    for (number, line) in wrap(&clean(text), width.saturating_sub(indent)).into_iter().enumerate() {
        let head = if number == 0 { format!("  {label}") } else { " ".repeat(indent) };
        let _ = writeln!(out, "{head}{line}");
    }
}

fn line(rule: &Rule, item: &Item, width: usize, out: &mut String) {
    let first = item.evidence().next().map(|evidence| format!("  {}", words::place(&evidence.place, evidence.region)));
    let text = format!(
        "{:<8} {}  {}{}",
        words::outcome(item.outcome),
        rule.id,
        clean(&item.reason),
        first.unwrap_or_default()
    );
    let _ = writeln!(out, "{}", cut(&text, width.max(80)));
}

/// Findings that cost nothing are counted, so that nobody thinks they were not seen.
fn lenient(report: &Report<'_>, out: &mut String) {
    let count = report.audit.items.iter().flat_map(Item::findings).filter(|finding| finding.lenient).count();
    if count > 0 {
        let _ = writeln!(
            out,
            "{count} findings in tests, fixtures, examples or docs are low and cost nothing (--format json)"
        );
    }
}

fn skipped(report: &Report<'_>, out: &mut String) {
    let skipped = &report.audit.skipped;
    let told: Vec<&(String, String)> = skipped.iter().filter(|(_, reason)| reason != "binary").collect();
    for (path, reason) in told.iter().take(5) {
        let _ = writeln!(out, "not read: {} ({})", clean(path), clean(reason));
    }
    if told.len() > 5 {
        let _ = writeln!(out, "not read: {} more (--format json lists them)", told.len() - 5);
    }
}

fn summary(report: &Report<'_>, show: Show, out: &mut String) {
    let count = |outcome: Outcome| report.audit.items.iter().filter(|item| item.outcome == outcome).count();
    let [pass, partial, fail, unknown, not] =
        [Outcome::Pass, Outcome::Partial, Outcome::Fail, Outcome::Unknown, Outcome::NotApplicable].map(count);
    let _ = writeln!(out, "{fail} fail, {partial} partial, {pass} pass, {unknown} unknown, {not} not applicable");
    if !show.pass && pass > 0 {
        let _ = writeln!(out, "  see the rest: prodready audit --show pass,na,components");
    }
    let score = report.score.map(|score| format!("  score {}", score.value)).unwrap_or_default();
    match (report.gate.asked, report.gate.passed()) {
        (false, _) => {}
        (true, true) => {
            let _ = writeln!(out, "PASSED{score}.  exit 0");
        }
        (true, false) => {
            let _ = writeln!(out, "FAILED  {}.  exit 1", report.gate.reasons.join("; "));
        }
    }
}
