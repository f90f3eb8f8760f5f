//! The terminal report. Words carry the meaning; colour only repeats it and is added by the command line.

use std::fmt::Write as _;

use crate::checklist::finding::{Finding, State};
use crate::checklist::item::Item;
use crate::checklist::outcome::Outcome;
use crate::report::Report;
use crate::report::overview::{self, Counts, Row};
use crate::report::previous::Changes;
use crate::report::words::{self, clean, wrap};
use crate::rule::model::Rule;
use crate::score::Score;

/// What the text report shows beyond failures.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent wishes of the user")]
pub struct Show {
    /// Rules that pass.
    pub pass: bool,
    /// Rules that do not apply.
    pub not_applicable: bool,
    /// Findings that are accepted, ignored or known.
    pub accepted: bool,
    /// Components with the reasons for their kinds.
    pub components: bool,
}

/// Places shown per rule; the rest is counted.
const PLACES: usize = 3;
/// Repairs named at the top.
const FIXES: usize = 3;
/// From this width on there is room for one column more.
const WIDE: usize = 110;

/// The report, at most `width` columns wide.
pub fn render(report: &Report<'_>, show: Show, width: usize) -> String {
    let mut out = String::new();
    let rows = overview::rows(report);
    header(report, &mut out);
    score(report, &rows, width, &mut out);
    if show.components {
        components(report, &mut out);
    }
    for outcome in [Outcome::Fail, Outcome::Partial] {
        for row in rows.iter().filter(|row| row.item.outcome == outcome) {
            block(report, row.rule, row.item, row.gain, width, &mut out);
        }
    }
    let quiet = [(Outcome::Unknown, true), (Outcome::Pass, show.pass), (Outcome::NotApplicable, show.not_applicable)];
    for (outcome, shown) in quiet {
        for row in rows.iter().filter(|row| shown && row.item.outcome == outcome) {
            line(row.rule, row.item, width, &mut out);
        }
    }
    decisions(report, show, width, &mut out);
    dropped(report, width, &mut out);
    lenient(report, &mut out);
    skipped(report, &mut out);
    summary(report, &rows, show, &mut out);
    words::harmless_in_logs(&out)
}

fn header(report: &Report<'_>, out: &mut String) {
    let commit = report.commit.map(|commit| format!(" @ {}", commit.get(..7).unwrap_or(commit))).unwrap_or_default();
    let name = clean(report.path);
    let version = env!("CARGO_PKG_VERSION");
    let files = report.audit.files;
    let _ = writeln!(out, "prodready {version}  rules {}  {name}{commit}  {files} files\n", crate::rule::set::EDITION);
}

/// The number with its grade, a bar with the target, what was counted, the areas, and what to fix first.
fn score(report: &Report<'_>, rows: &[Row<'_>], width: usize, out: &mut String) {
    let Some(score) = report.score else { return };
    let level = score.level();
    let level = if level == "none" { String::new() } else { format!("   level {level}") };
    let target = match report.gate.min_score {
        Some(least) if score.value < least => format!("   BELOW target {least} ({} short)", least - score.value),
        Some(least) => format!("   target {least}"),
        None => String::new(),
    };
    let _ = writeln!(out, "  SCORE  {} / 100   grade {}{level}{target}", score.value, score.grade());
    let _ = writeln!(out, "  [{}]", gauge(score.value, report.gate.min_score));
    if score.unaccepted < score.value {
        let why = "as if nothing were accepted, ignored, attested or excluded";
        let _ = writeln!(out, "  unaccepted {}: {why}", score.unaccepted);
    }
    since(report, score, out);
    for cap in &score.caps {
        let _ = writeln!(out, "  {cap}");
    }
    let _ = writeln!(out, "  {}\n", counted(report, rows));
    areas(report, width, out);
    fixes(rows, width, out);
}

/// How far the score moved since an earlier report.
fn since(report: &Report<'_>, score: &Score, out: &mut String) {
    let Some(changes) = Changes::of(report) else { return };
    let (new, fixed) = (changes.new.len(), changes.fixed.len());
    let before = changes.previous.score.as_ref().map(|before| before.value);
    let moved = match (changes.score, before) {
        (Some(by), Some(before)) => format!("{before} -> {} ({by:+}), ", score.value),
        _ => String::new(),
    };
    let day = clean(&changes.previous.as_of);
    let _ = writeln!(out, "  since {}: {moved}{new} new findings, {fixed} fixed", cut(&day, 10));
}

/// "42 counted: 37 pass, 4 fail | 1 unknown, 7 not applicable | 92 % of the weight judged"
fn counted(report: &Report<'_>, rows: &[Row<'_>]) -> String {
    let counts = Counts::of(rows.iter());
    let Counts { pass, partial, fail, unknown, not_applicable: not } = counts;
    let coverage = report.score.map_or(0, |score| score.coverage);
    format!(
        "{} counted: {pass} pass, {partial} partial, {fail} fail | {unknown} unknown, {not} n/a | {coverage} % judged",
        counts.judged()
    )
}

/// One line an area; where there is room, with the worst that is open in it.
fn areas(report: &Report<'_>, width: usize, out: &mut String) {
    let Some(score) = report.score else { return };
    let wide = width >= WIDE;
    let worst = if wide { "   WORST OPEN" } else { "" };
    let _ = writeln!(out, "{:<16} {:>5}  {:<20}  {:>12} {:>5}{worst}", "AREA", "SCORE", "", "PASS/COUNTED", "N/A");
    for area in &score.areas {
        let own = || report.items().filter(|(rule, _)| rule.id.area() == area.area && !rule.preview && !rule.from_user);
        let of = |outcome: Outcome| own().filter(|(_, item)| item.outcome == outcome).count();
        let (pass, not) = (of(Outcome::Pass), of(Outcome::NotApplicable));
        let counted = pass + of(Outcome::Partial) + of(Outcome::Fail);
        let not = if not == 0 { String::new() } else { not.to_string() };
        let open = own().filter(|(_, item)| matches!(item.outcome, Outcome::Fail | Outcome::Partial));
        let open = open.max_by_key(|(rule, item)| (rule.severity, item.outcome == Outcome::Fail));
        let open = open.filter(|_| wide).map(|(rule, _)| format!("   {}", rule.title)).unwrap_or_default();
        let line = format!(
            "{:<16} {:>5}  {}  {:>12} {not:>5}{open}",
            area.area,
            area.value,
            bar(area.value, 20),
            format!("{pass}/{counted}")
        );
        let _ = writeln!(out, "{}", cut(line.trim_end(), width));
    }
}

fn fixes(rows: &[Row<'_>], width: usize, out: &mut String) {
    let fixes = overview::fixes(rows, FIXES);
    if !fixes.is_empty() {
        let _ = writeln!(out, "\nFIX FIRST");
    }
    for row in fixes {
        let place = row.findings().next();
        let place = place.map(|finding| words::place(&finding.place, finding.region)).unwrap_or_default();
        let head = format!("{:>+5}  {:<36} ", row.gain, row.rule.id.as_str());
        let place = cut_front(&place, width.saturating_sub(head.chars().count()));
        let _ = writeln!(out, "{}", format!("{head}{place}").trim_end());
    }
    out.push('\n');
}

/// The score as a bar of 50; a stroke marks the target.
fn gauge(value: u32, target: Option<u32>) -> String {
    let bar = bar(value, 50);
    let Some(target) = target else { return bar };
    let at = (target.min(100) / 2) as usize;
    let dots = |(place, sign): (usize, char)| match sign {
        _ if place == at.min(49) => '|',
        '-' => '.',
        sign => sign,
    };
    bar.chars().enumerate().map(dots).collect()
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
        let kinds: Vec<&str> = component.kinds.iter().map(|kind| kind.name()).collect();
        let because: Vec<String> = component.because.iter().map(|place| clean(&place.path)).collect();
        let languages = component.languages.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "  {}  {}  [{}]", clean(&component.id), kinds.join(", "), languages);
        let _ = writeln!(out, "      because of {}", because.join(", "));
    }
    out.push('\n');
}

fn block(report: &Report<'_>, rule: &Rule, item: &Item, gain: u32, width: usize, out: &mut String) {
    let preview = if rule.preview { "  preview" } else { "" };
    let points = if gain > 0 { format!("  -{gain} points") } else { String::new() };
    let head = format!(
        "{:<8} {}  {}  {} confidence{preview}{points}",
        words::outcome(item.outcome),
        rule.id,
        words::harm(rule, item),
        words::confidence(rule.confidence),
    );
    let _ = writeln!(out, "{}", cut(&head, width));
    let _ = writeln!(out, "  {}", rule.title);
    paragraph("", &item.reason, width, out);
    let open: Vec<&Finding> = item.findings().filter(|finding| finding.counts()).collect();
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
    let _ = writeln!(out, "  --> {}", words::spot(finding));
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
    if let Some(past) = finding.past.as_ref().filter(|past| !past.gone) {
        let (commit, place) = (words::commit(&past.commit), format!("{}:{}", past.path, past.region.line));
        paragraph("", &format!("in the history since commit {commit} of {}, {place}", past.date), width, out);
    }
    if !finding.also.is_empty() {
        let shown = finding.also.iter().take(PLACES).map(|other| words::place(&other.place, other.region));
        let more = finding.also.len().saturating_sub(PLACES);
        let more = (more > 0).then(|| format!("{more} more"));
        paragraph("also in: ", &shown.chain(more).collect::<Vec<_>>().join(", "), width, out);
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(3)).collect::<String>() + "..."
}

/// The end of a text that is too long: of a path it tells more than the beginning.
fn cut_front(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    "...".to_owned() + &text.chars().skip(length + 3 - width).collect::<String>()
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

/// What people decided: what is accepted, and decisions that no longer do anything.
fn decisions(report: &Report<'_>, show: Show, width: usize, out: &mut String) {
    for (rule, item) in report.items() {
        if let Some(attested) = item.verdicts.iter().find_map(|verdict| verdict.attested.as_ref()) {
            paragraph_after("ATTESTED", &format!("{}  {attested}", rule.id), width, out);
        }
    }
    let away = |finding: &&Finding| !finding.lenient && finding.state != State::Open;
    let all =
        || report.items().flat_map(|(rule, item)| item.findings().filter(away).map(move |finding| (rule, finding)));
    for (rule, finding) in all().filter(|_| show.accepted) {
        let until = finding.until.map(|day| format!(" until {day}")).unwrap_or_default();
        let reason = finding.reason.as_deref().unwrap_or("known from the baseline");
        let place = words::place(&finding.place, finding.region);
        paragraph_after("ACCEPTED", &format!("{}  {place}{until}: {reason}", rule.id), width, out);
    }
    let count = |state: State| all().filter(|(_, finding)| finding.state == state).count();
    let [accepted, ignored, known] = [State::Accepted, State::Ignored, State::Baseline].map(count);
    if !show.accepted && accepted + ignored + known > 0 {
        let told = [(accepted, "accepted"), (ignored, "ignored"), (known, "known from the baseline")];
        let told: Vec<String> =
            told.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let _ = writeln!(out, "findings: {} (--show accepted)", told.join(", "));
    }
    for (written, trouble) in report.audit.decisions.iter().filter_map(|one| Some((&one.written, one.trouble()?))) {
        paragraph_after("NOTE", &format!("{}:{}: {trouble}", written.path, written.line), width, out);
    }
}

/// Candidates for secrets that a filter refused, where somebody asked for them.
fn dropped(report: &Report<'_>, width: usize, out: &mut String) {
    for one in report.audit.dropped.iter().flatten() {
        let place = format!("{}:{}", one.path, one.line);
        paragraph_after("DROPPED", &format!("{place}  {}  {}: {}", one.pattern, one.shows, one.filter), width, out);
    }
}

/// A word, and a text beside it.
fn paragraph_after(word: &str, text: &str, width: usize, out: &mut String) {
    for (number, line) in wrap(&clean(text), width.saturating_sub(9)).into_iter().enumerate() {
        let head = if number == 0 { word } else { "" };
        let _ = writeln!(out, "{head:<8} {line}");
    }
}

/// Findings that cost nothing are counted, so that nobody thinks they were not seen.
fn lenient(report: &Report<'_>, out: &mut String) {
    let count = report.audit.items.iter().flat_map(Item::findings).filter(|finding| finding.lenient).count();
    if count > 0 {
        let _ = writeln!(
            out,
            "{count} findings in tests, fixtures, examples or docs, or of values that are public, cost nothing (--format json)"
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

fn summary(report: &Report<'_>, rows: &[Row<'_>], show: Show, out: &mut String) {
    let pass = report.audit.items.iter().any(|item| item.outcome == Outcome::Pass);
    if report.score.is_none() {
        let _ = writeln!(out, "{}", counted(report, rows));
    }
    if !show.pass && pass {
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
