//! Markdown for pull requests and step summaries: first what the author of a change can act on, the rest folded away.
//!
//! The first line is a marker that nobody sees, so that a comment can be found again and updated. At most 60,000 bytes:
//! GitHub refuses longer comments whole.

mod escape;

use crate::checklist::finding::{Finding, State};
use crate::checklist::outcome::Outcome;
use crate::report::markdown::escape::{code, name, prose, text};
use crate::report::overview::{self, Counts, Row};
use crate::report::previous::Changes;
use crate::report::{Report, words};
use crate::rule::model::Rule;
use crate::rule::set::EDITION;

/// Most bytes of a report.
pub const MOST: usize = 60_000;
/// Kept free for the table of areas and what closes the report, in bytes.
const RESERVE: usize = 4000;
/// Rows of that table.
const AREAS: usize = 30;
/// Fixes shown.
const FIXES: usize = 5;
/// Longest text of one entry, in characters.
const LONG: usize = 300;

/// The report, ended by a line end.
pub fn render(report: &Report<'_>) -> String {
    let rows = overview::rows(report);
    let changes = Changes::of(report);
    let mut page = Page { text: String::new() };
    head(report, changes.as_ref(), &mut page);
    match News::of(report, changes.as_ref()) {
        Some(news) => news.tell(report, &mut page),
        None => first(report, &rows, &mut page),
    }
    areas(report, &rows, changes.as_ref(), &mut page);
    open(report, &rows, &mut page);
    aside(report, &rows, &mut page);
    let commit = report.commit.map(|commit| format!(", commit {}", code(commit.get(..7).unwrap_or(commit))));
    let counts = counted(&Counts::of(rows.iter()));
    page.line(&format!(
        "\n<sub>{counts}. prodready {}, rules {EDITION}{}, {}</sub>",
        env!("CARGO_PKG_VERSION"),
        commit.unwrap_or_default(),
        report.audit.as_of
    ));
    page.text
}

/// The text so far, which may not become too long.
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Entries as long as there is room, then how many are left off.
    fn list(&mut self, entries: &[String]) {
        for (at, entry) in entries.iter().enumerate() {
            if self.text.len() + entry.len() + RESERVE > MOST {
                self.line(&format!("- and {} more", entries.len() - at));
                return;
            }
            self.line(&format!("- {entry}"));
        }
    }

    /// A list that is folded away; nothing where there is none.
    fn fold(&mut self, title: &str, entries: &[String]) {
        if entries.is_empty() || self.text.len() + title.len() + RESERVE > MOST {
            return;
        }
        self.line(&format!("\n<details><summary>{title}</summary>\n"));
        self.list(entries);
        self.line("\n</details>");
    }
}

fn head(report: &Report<'_>, changes: Option<&Changes<'_>>, page: &mut Page) {
    page.line(&format!("<!-- prodready:{} -->", name(report.name)));
    let gate = match (report.gate.asked, report.gate.passed()) {
        (false, _) => "",
        (true, true) => " · passed",
        (true, false) => " · **FAILED**",
    };
    page.line(&format!("### Production readiness: {}{gate}", number(report, changes)));
    for reason in &report.gate.reasons {
        page.line(&format!("\n> Gate failed: {}", text(reason)));
    }
    for cap in report.score.iter().flat_map(|score| &score.caps) {
        page.line(&format!("\n> The score is {}.", text(cap)));
    }
    if let Some(score) = report.score.filter(|score| score.unaccepted < score.value) {
        let why = "as if nothing were accepted, ignored, attested or excluded";
        page.line(&format!("\nUnaccepted: {}, {why}.", score.unaccepted));
    }
    if let Some(changes) = changes.filter(|changes| changes.previous.edition != EDITION) {
        let edition = text(&words::cut(&changes.previous.edition, LONG));
        page.line(&format!("\nThe previous report is of edition {edition}: the numbers do not compare."));
    }
}

/// "61 → **64** (+3) · grade D · target 80"
fn number(report: &Report<'_>, changes: Option<&Changes<'_>>) -> String {
    let Some(score) = report.score else { return "no score".to_owned() };
    let target = report.gate.min_score.map(|target| format!(" · target {target}")).unwrap_or_default();
    let before = changes.and_then(|changes| Some((changes.previous.score.as_ref()?.value, changes.score?)));
    let value = match before {
        Some((before, by)) => format!("{before} → **{}** ({})", score.value, signed(by)),
        None => format!("**{}** of 100", score.value),
    };
    format!("{value} · grade {}{target}", score.grade())
}

fn signed(by: i64) -> String {
    if by == 0 { "±0".to_owned() } else { format!("{by:+}") }
}

/// What is new, fixed and still open, where there is something to compare with: an earlier report, or a baseline.
struct News<'a> {
    new: Vec<(&'a Rule, &'a Finding)>,
    fixed: Option<Vec<String>>,
    still: usize,
}

impl<'a> News<'a> {
    fn of(report: &Report<'a>, changes: Option<&Changes<'a>>) -> Option<Self> {
        let all = report.open_findings();
        if let Some(changes) = changes {
            let fixed = changes.fixed.iter().map(|fixed| {
                let place = format!("{}:{}", fixed.finding.path, fixed.finding.line);
                format!(
                    "{} ({}): {}",
                    prose(&words::cut(&fixed.finding.message, LONG)),
                    code(fixed.rule.id.as_str()),
                    code(&words::cut(&place, LONG))
                )
            });
            let is_new = |finding: &Finding| changes.new.iter().any(|(_, new)| std::ptr::eq(*new, finding));
            let (new, old): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, finding)| is_new(finding));
            return Some(Self { new, fixed: Some(fixed.collect()), still: old.len() });
        }
        let (new, old): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, finding)| finding.state == State::Open);
        (!old.is_empty()).then_some(Self { new, fixed: None, still: old.len() })
    }

    fn tell(&self, report: &Report<'_>, page: &mut Page) {
        if self.new.is_empty() {
            let fixed = self.fixed.as_ref().filter(|fixed| !fixed.is_empty());
            let fixed = fixed.map(|fixed| format!(" **{}** fixed,", fixed.len())).unwrap_or_default();
            page.line(&format!("\nNo new findings,{fixed} {} still open.", self.still));
        } else {
            let worst = self.new.first().map(|(_, finding)| finding.severity);
            let count = self.new.iter().filter(|(_, finding)| Some(finding.severity) == worst).count();
            let worst = worst.map(words::severity).unwrap_or_default();
            page.line("\n| | |\n|---|---|");
            page.line(&format!("| New | **{}** ({count} {worst}) |", self.new.len()));
            if let Some(fixed) = &self.fixed {
                page.line(&format!("| Fixed | {} |", fixed.len()));
            }
            page.line(&format!("| Still open | {} |", self.still));
            page.line("\n**New**\n");
            let entries: Vec<String> = self.new.iter().map(|(rule, finding)| entry(report, rule, finding)).collect();
            page.list(&entries);
        }
        page.fold("Fixed", self.fixed.as_deref().unwrap_or_default());
    }
}

/// One finding: how bad, what, where, and what to do.
fn entry(report: &Report<'_>, rule: &Rule, finding: &Finding) -> String {
    let severity = words::severity(finding.severity);
    let message = prose(&words::cut(&finding.message, LONG));
    let fix = prose(&words::cut(&finding.fix.split_whitespace().collect::<Vec<_>>().join(" "), LONG));
    format!("**{severity}** {} {}: {message}. {fix}", place(report, finding), code(rule.id.as_str()))
        .replace(".. ", ". ")
}

/// The place, as a link where it is known where the files can be read.
fn place(report: &Report<'_>, finding: &Finding) -> String {
    let line = finding.place.span.map(|_| finding.region.line);
    let shown = line.map_or_else(|| finding.place.path.clone(), |line| format!("{}:{line}", finding.place.path));
    let shown = code(&words::cut(&shown, LONG));
    match words::source_link(report.source_url, &finding.place.path, line) {
        Some(address) if address.len() < 2000 => format!("[{shown}](<{address}>)"),
        _ => shown,
    }
}

fn first(report: &Report<'_>, rows: &[Row<'_>], page: &mut Page) {
    let fixes = overview::fixes(rows, FIXES);
    if fixes.is_empty() {
        return;
    }
    page.line("\n**Fix first**: make these hold\n");
    let entries: Vec<String> = fixes.iter().map(|row| told(report, row)).collect();
    page.list(&entries);
    let after = overview::score_after(rows, &fixes).zip(report.score);
    if let Some((after, score)) = after.filter(|(after, score)| *after > score.value) {
        let grade = crate::score::grade(after);
        page.line(&format!("\nTogether: {} → **{after}**, grade {grade}.", score.value));
    }
}

/// One rule that is open: what it adds, its title, its first place.
fn told(report: &Report<'_>, row: &Row<'_>) -> String {
    let gain = if row.gain > 0 { format!("**+{}** ", row.gain) } else { String::new() };
    let severity = words::severity(row.rule.severity);
    let preview = if row.scored() { "" } else { ", not scored" };
    let mut findings = row.findings();
    let first = findings.next().map(|finding| format!(": {}", place(report, finding))).unwrap_or_default();
    let more = findings.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{gain}{} ({}, {severity}{preview}){first}{more}", text(&row.rule.title), code(row.rule.id.as_str()))
}

/// A table of ten-step bars. The names of areas are slugs: no text of anybody stands in a table.
fn areas(report: &Report<'_>, rows: &[Row<'_>], changes: Option<&Changes<'_>>, page: &mut Page) {
    let Some(score) = report.score else { return };
    page.line("\n<details><summary>Scores by area</summary>\n\n| Area | Score | | Pass |\n|---|--:|---|--:|");
    for area in score.areas.iter().take(AREAS) {
        let counts = Counts::of(rows.iter().filter(|row| row.rule.id.area() == area.area));
        let full = (area.value.min(100) / 10) as usize;
        let bar = "█".repeat(full) + &"░".repeat(10 - full);
        let before = changes.and_then(|changes| changes.area_before(&area.area));
        let moved = before.map(|before| i64::from(area.value) - i64::from(before)).filter(|by| *by != 0);
        let moved = moved.map(|by| format!(" ({})", signed(by))).unwrap_or_default();
        let (pass, judged) = (counts.pass, counts.judged());
        page.line(&format!("| {} | {}{moved} | {bar} | {pass}/{judged} |", text(&area.area), area.value));
    }
    page.line("\n</details>");
}

fn open(report: &Report<'_>, rows: &[Row<'_>], page: &mut Page) {
    for (outcome, word) in
        [(Outcome::Fail, "failing: what does not hold yet"), (Outcome::Partial, "half-way: what holds in part")]
    {
        let own: Vec<String> =
            rows.iter().filter(|row| row.item.outcome == outcome).map(|row| told(report, row)).collect();
        page.fold(&format!("{} {word}", own.len()), &own);
    }
}

/// Unknown rules, what people decided, and what is wrong with decisions.
fn aside(report: &Report<'_>, rows: &[Row<'_>], page: &mut Page) {
    let unknown = rows.iter().filter(|row| row.item.outcome == Outcome::Unknown);
    let unknown: Vec<String> = unknown
        .map(|row| {
            format!(
                "{} ({}): {}",
                text(&row.rule.title),
                code(row.rule.id.as_str()),
                prose(&words::cut(&row.item.reason, LONG))
            )
        })
        .collect();
    page.fold(&format!("{} unknown", unknown.len()), &unknown);
    let away = |finding: &&Finding| matches!(finding.state, State::Accepted | State::Ignored);
    let accepted = report.items().flat_map(|(rule, item)| item.findings().filter(away).map(move |one| (rule, one)));
    let accepted: Vec<String> = accepted
        .map(|(rule, finding)| {
            let until = finding.until.map(|day| format!(" until {day}")).unwrap_or_default();
            let reason = text(&words::cut(finding.reason.as_deref().unwrap_or_default(), LONG));
            format!("{} {}{until}: {reason}", place(report, finding), code(rule.id.as_str()))
        })
        .collect();
    page.fold(&format!("{} accepted or ignored", accepted.len()), &accepted);
    let troubles = report.audit.decisions.iter().filter_map(|one| Some((&one.written, one.trouble()?)));
    let troubles: Vec<String> = troubles
        .map(|(written, trouble)| {
            let place = format!("{}:{}", written.path, written.line);
            format!("{}: {}", code(&words::cut(&place, LONG)), text(&words::cut(&trouble, LONG)))
        })
        .collect();
    page.fold(&format!("{} decisions that do nothing any more", troubles.len()), &troubles);
}

fn counted(counts: &Counts) -> String {
    let Counts { pass, partial, fail, unknown, not_applicable } = counts;
    format!("{pass} pass, {partial} partial, {fail} fail, {unknown} unknown, {not_applicable} not applicable")
}
