//! The page as a whole: what stands above the checklist and around it.

use askama::Template;

use crate::checklist::finding::State;
use crate::facts::model::{Component, Place, Proof, Technology};
use crate::report::html::line::{Line, Link};
use crate::report::html::sums::Sums;
use crate::report::overview::{self, Counts, Row};
use crate::report::previous::{Changes, Fixed};
use crate::report::{Report, words};
use crate::rule::set::EDITION;
use crate::score::{self, Score};

/// Fixes shown above the checklist.
const FIXES: usize = 5;
/// Files shown of those that were not read.
const SKIPPED: usize = 200;
/// Length of the gauge's arc: three quarters of a circle with radius 54.
const ARC: f64 = 254.469;

/// What the template `report.html` fills.
#[derive(Template)]
#[template(path = "report.html")]
pub(super) struct Page<'a> {
    report: Report<'a>,
    style: &'static str,
    script: &'static str,
    policy: String,
    rows: Vec<Row<'a>>,
    groups: Vec<Group<'a>>,
    fixes: Vec<Line<'a>>,
    after: Option<u32>,
    areas: Vec<Area>,
    all_areas: Vec<&'a str>,
    components: Vec<Part<'a>>,
    changes: Option<Changes<'a>>,
    counts: Counts,
    sums: Option<Sums<'a>>,
}

/// The rules of one outcome.
pub(super) struct Group<'a> {
    /// Its heading.
    pub(super) title: &'static str,
    /// What its rules have in common.
    pub(super) about: &'static str,
    /// Its outcome, as written in files.
    pub(super) outcome: &'static str,
    /// Its rules.
    pub(super) lines: Vec<Line<'a>>,
}

/// One area: how it stands.
pub(super) struct Area {
    name: String,
    value: u32,
    pass: usize,
    judged: usize,
    not_applicable: usize,
    moved: Option<i64>,
}

/// One component: what it is and what it uses.
pub(super) struct Part<'a> {
    index: usize,
    component: &'a Component,
    kinds: String,
    because: Vec<Link>,
    used: Vec<(&'a Technology, Link)>,
    failing: usize,
}

#[allow(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, and pass references"
)]
impl<'a> Page<'a> {
    pub(super) fn of(report: &Report<'a>, style: &'static str, script: &'static str, policy: &str) -> Self {
        let rows = overview::rows(report);
        let changes = Changes::of(report);
        let best = overview::fixes(&rows, FIXES);
        let after = overview::score_after(&rows, &best).filter(|_| report.score.is_some());
        let mut all_areas: Vec<&'a str> = rows.iter().map(|row| row.rule.id.area()).collect();
        all_areas.sort_unstable();
        all_areas.dedup();
        Self {
            report: *report,
            style,
            script,
            policy: policy.to_owned(),
            groups: groups(report, &rows),
            fixes: best.into_iter().map(|row| Line::of(report, row)).collect(),
            after,
            areas: areas(report, &rows, changes.as_ref()),
            all_areas,
            components: parts(report, &rows),
            counts: Counts::of(rows.iter()),
            sums: Sums::of(report, &rows),
            changes,
            rows,
        }
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn edition(&self) -> &'static str {
        EDITION
    }

    /// The first digits of a commit, of the last report where `before`.
    fn commit(&self, before: bool) -> Option<&str> {
        let earlier = self.changes.as_ref().and_then(|changes| changes.previous.repository.commit.as_deref());
        let commit = if before { earlier } else { self.report.commit };
        commit.map(|commit| commit.get(..7).unwrap_or(commit))
    }

    /// The gauge in words, for those who do not see it.
    fn told(&self, score: &Score) -> String {
        let target = match self.report.gate.min_score {
            Some(least) if score.value < least => format!(", {} below the target of {least}", least - score.value),
            Some(least) => format!(", the target of {least} is reached"),
            None => String::new(),
        };
        format!("Score {} of 100, grade {}{target}", score.value, score.grade())
    }

    fn headline(&self) -> String {
        let Some(score) = self.report.score else {
            return if self.counts.judged() == 0 { "Nothing was counted" } else { "Checked without a score" }
                .to_owned();
        };
        match self.report.gate.min_score {
            Some(least) if score.value < least => {
                format!("{} short of the target of {least}", points(least - score.value))
            }
            Some(least) => format!("Above the target of {least}"),
            None => match score.value {
                90.. => "Ready for production",
                70..90 => "Nearly ready for production",
                50..70 => "Half-way to production",
                _ => "Not ready for production",
            }
            .to_owned(),
        }
    }

    /// Length of the filled arc.
    fn filled(&self, value: &u32) -> String {
        format!("{:.1} 339.3", ARC * f64::from((*value).min(100)) / 100.0)
    }

    /// Degrees of the target's stroke.
    fn angle(&self, target: &u32) -> String {
        format!("{:.1}", 135.0 + 2.7 * f64::from((*target).min(100)))
    }

    fn tone(&self, value: &u32) -> &'static str {
        match score::grade(*value) {
            "A" | "B" => "good",
            "C" | "D" => "middling",
            _ => "bad",
        }
    }

    fn grade(&self, value: &u32) -> &'static str {
        score::grade(*value)
    }

    /// Outcomes with their counts, for the bar and its legend.
    fn shares(&self) -> Vec<(&'static str, &'static str, usize)> {
        let counts = self.counts;
        vec![
            ("pass", "pass", counts.pass),
            ("partial", "partial", counts.partial),
            ("fail", "fail", counts.fail),
            ("unknown", "unknown", counts.unknown),
            ("not-applicable", "not applicable", counts.not_applicable),
        ]
    }

    /// The segments of the bar: outcome, start and width in percent.
    fn segments(&self) -> Vec<(&'static str, String, String)> {
        let shares = self.shares();
        let whole: usize = shares.iter().map(|(_, _, count)| count).sum::<usize>().max(1);
        let percent = |count: usize| format!("{:.2}", count as f64 * 100.0 / whole as f64);
        let mut start = 0;
        let mut segments = Vec::new();
        for (outcome, _, count) in shares.into_iter().filter(|(_, _, count)| *count > 0) {
            segments.push((outcome, percent(start), percent(count)));
            start += count;
        }
        segments
    }

    fn next_level(&self) -> Option<(&'static str, usize)> {
        overview::next_level(&self.report, &self.rows).map(|(level, before)| (level, before.len()))
    }

    fn previews(&self) -> usize {
        self.rows.iter().filter(|row| !row.scored()).count()
    }

    fn link(&self, path: &str, line: &usize) -> Link {
        Link::to(&self.report, path, Some(*line))
    }

    /// A message, cut to one line or two.
    fn said(&self, message: &str) -> String {
        words::cut(message, 140)
    }

    fn severity_of(&self, finding: &crate::checklist::finding::Finding) -> &'static str {
        words::severity(finding.severity)
    }

    fn fixed_link(&self, fixed: &Fixed<'_>) -> Link {
        // The file may be gone: its name without a link.
        Link { text: format!("{}:{}", fixed.finding.path, fixed.finding.line), href: None }
    }

    /// Decisions of people that do nothing any more: where, and what is wrong.
    fn troubles(&self) -> Vec<(Link, String)> {
        let trouble = |one: &crate::checklist::decision::Outcome| {
            Some((self.link(&one.written.path, &one.written.line), one.trouble()?))
        };
        self.report.audit.decisions.iter().filter_map(trouble).collect()
    }

    /// Findings that somebody decided to live with.
    fn accepted(&self) -> usize {
        let away = |state: State| matches!(state, State::Accepted | State::Ignored);
        self.report.items().flat_map(|(_, item)| item.findings()).filter(|finding| away(finding.state)).count()
    }

    fn skipped(&self) -> Vec<&'a (String, String)> {
        let audit = self.report.audit;
        audit.skipped.iter().filter(|(_, reason)| reason != "binary").take(SKIPPED).collect()
    }

    fn skipped_more(&self) -> usize {
        let told = self.report.audit.skipped.iter().filter(|(_, reason)| reason != "binary").count();
        told.saturating_sub(SKIPPED)
    }
}

/// "1 point", "12 points".
pub(super) fn points(count: u32) -> String {
    if count == 1 { "1 point".to_owned() } else { format!("{count} points") }
}

fn groups<'a>(report: &Report<'a>, rows: &[Row<'a>]) -> Vec<Group<'a>> {
    let titles = [
        ("Failing", "what does not hold yet", "fail"),
        ("Half-way", "what holds in part", "partial"),
        ("Unknown", "what cannot be told from the repository", "unknown"),
        ("Passing", "what holds", "pass"),
        ("Not applicable", "what has nothing to say here", "not-applicable"),
    ];
    let group = |(title, about, outcome): (&'static str, &'static str, &'static str)| {
        let own = rows.iter().filter(|row| row.item.outcome.as_str() == outcome);
        Group { title, about, outcome, lines: own.map(|row| Line::of(report, *row)).collect() }
    };
    titles.into_iter().map(group).filter(|group| !group.lines.is_empty()).collect()
}

fn areas(report: &Report<'_>, rows: &[Row<'_>], changes: Option<&Changes<'_>>) -> Vec<Area> {
    let areas = report.score.iter().flat_map(|score| &score.areas);
    let area = |area: &score::AreaScore| {
        let counts = Counts::of(rows.iter().filter(|row| row.rule.id.area() == area.area));
        let before = changes.and_then(|changes| changes.area_before(&area.area));
        Area {
            name: area.area.clone(),
            value: area.value,
            pass: counts.pass,
            judged: counts.judged(),
            not_applicable: counts.not_applicable,
            moved: before.map(|before| i64::from(area.value) - i64::from(before)),
        }
    };
    areas.map(area).collect()
}

fn parts<'a>(report: &Report<'a>, rows: &[Row<'a>]) -> Vec<Part<'a>> {
    let link = |place: &Place| Link::at(report, place, report.audit.region(place));
    let failing = |index: usize| {
        let fails = |row: &&Row<'_>| {
            let own = |verdict: &crate::checklist::item::Verdict| verdict.component == Some(index);
            row.item.verdicts.iter().any(|verdict| own(verdict) && verdict.outcome.as_str() == "fail")
        };
        rows.iter().filter(|row| row.scored()).filter(fails).count()
    };
    let part = |(index, component): (usize, &'a Component)| {
        let mut because: Vec<Link> = component.because.iter().map(link).collect();
        because.dedup();
        let used = component.technologies.iter().map(|technology| (technology, link(&technology.place))).collect();
        let kinds: Vec<&str> = component.kinds.iter().map(|kind| kind.name()).collect();
        Part { index, component, kinds: kinds.join(", "), because, used, failing: failing(index) }
    };
    let all = report.audit.facts.components.iter().enumerate();
    all.filter(|(_, component)| !component.kinds.is_empty()).map(part).collect()
}

#[allow(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, and pass references"
)]
impl Part<'_> {
    fn name(&self) -> &str {
        if self.component.id == "." { "the root" } else { &self.component.id }
    }

    fn languages(&self) -> String {
        self.component.languages.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
    }

    fn proof(&self, technology: &Technology) -> &'static str {
        match technology.proof {
            Proof::Declared => "declared",
            Proof::Configured => "configured",
            Proof::Used => "used",
        }
    }
}
