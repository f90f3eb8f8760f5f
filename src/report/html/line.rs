//! One rule on the page: what it says, what proves or violates it, and what to do.

use std::collections::BTreeSet;

use crate::checklist::finding::{Evidence, Finding, State};
use crate::checklist::item::{FULL, Verdict};
use crate::facts::model::Place;
use crate::report::overview::{Row, decimal};
use crate::report::{Report, words};
use crate::rule::model::weight;
use crate::text::Region;

/// Findings, and pieces of evidence, that one rule shows; the JSON report holds all.
const MOST: usize = 100;
/// Longest snippet, in characters.
const SNIPPET: usize = 240;

/// A place, with a link where it is known where the files can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// `path:line`
    pub(super) text: String,
    /// Its address.
    pub(super) href: Option<String>,
}

impl Link {
    /// A file, or a line of it.
    pub(super) fn to(report: &Report<'_>, path: &str, line: Option<usize>) -> Self {
        let text = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
        Self { text, href: words::source_link(report.source_url, path, line) }
    }

    /// A place and its region.
    pub(super) fn at(report: &Report<'_>, place: &Place, region: Region) -> Self {
        Self::to(report, &place.path, place.span.map(|_| region.line))
    }
}

/// A finding, and what it says that was not said before.
pub(super) struct Shown<'a> {
    pub(super) finding: &'a Finding,
    pub(super) message: Option<&'a str>,
    pub(super) fix: Option<&'a str>,
}

/// One rule with everything that the template asks for.
pub(super) struct Line<'a> {
    pub(super) row: Row<'a>,
    report: Report<'a>,
}

#[allow(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call methods, and pass references"
)]
impl<'a> Line<'a> {
    pub(super) fn of(report: &Report<'a>, row: Row<'a>) -> Self {
        Self { row, report: *report }
    }

    pub(super) fn id(&self) -> &'a str {
        self.row.rule.id.as_str()
    }

    pub(super) fn title(&self) -> &'a str {
        &self.row.rule.title
    }

    pub(super) fn area(&self) -> &'a str {
        self.row.rule.id.area()
    }

    pub(super) fn outcome(&self) -> &'static str {
        self.row.item.outcome.as_str()
    }

    pub(super) fn severity(&self) -> &'static str {
        words::harm(self.row.rule, self.row.item)
    }

    pub(super) fn confidence(&self) -> &'static str {
        words::confidence(self.row.rule.confidence)
    }

    /// Why it is not scored, in one word.
    pub(super) fn aside(&self) -> Option<&'static str> {
        if self.row.rule.preview {
            return Some("preview");
        }
        self.row.rule.from_user.then_some("your own rule")
    }

    /// The components that it judges, by index; `r` for the repository as a whole.
    pub(super) fn components(&self) -> String {
        let name = |verdict: &Verdict| verdict.component.map_or_else(|| "r".to_owned(), |index| index.to_string());
        let names: BTreeSet<String> = self.row.item.verdicts.iter().map(name).collect();
        names.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// Whether people decided to live with a finding, or attested it.
    pub(super) fn decided(&self) -> bool {
        self.attested().is_some() || self.row.item.findings().any(|finding| decided(finding.state))
    }

    pub(super) fn attested(&self) -> Option<&'a str> {
        self.row.item.verdicts.iter().find_map(|verdict| verdict.attested.as_deref())
    }

    /// The first place to look at.
    pub(super) fn first(&self) -> Option<Link> {
        self.row.findings().next().map(|finding| self.place(finding))
    }

    /// The findings that are shown, those that count first; each message and each remedy is said once.
    pub(super) fn findings(&self) -> Vec<Shown<'a>> {
        let mut all: Vec<&'a Finding> = self.row.item.findings().collect();
        all.sort_by_key(|finding| !finding.counts());
        let mut said = BTreeSet::from([self.row.rule.fix.as_str(), ""]);
        let reason = self.row.item.reason.as_str();
        let show = |finding: &'a Finding| {
            let known = reason.contains(finding.message.as_str()) || !said.insert(&finding.message);
            let fix = finding.counts() && said.insert(&finding.fix);
            let (message, fix) = ((!known).then_some(&*finding.message), fix.then_some(&*finding.fix));
            Shown { finding, message, fix }
        };
        all.into_iter().take(MOST).map(show).collect()
    }

    pub(super) fn findings_more(&self) -> usize {
        self.row.item.findings().count().saturating_sub(MOST)
    }

    pub(super) fn place(&self, finding: &Finding) -> Link {
        Link::at(&self.report, &finding.place, finding.region)
    }

    pub(super) fn finding_severity(&self, finding: &Finding) -> &'static str {
        words::severity(finding.severity)
    }

    /// The redacted line, cut where it is too long; `None` for an absence.
    pub(super) fn snippet(&self, finding: &Finding) -> Option<String> {
        (!finding.line.is_empty() && !finding.absence).then(|| words::cut(&finding.line, SNIPPET))
    }

    /// What became of a finding, where it is not simply open.
    pub(super) fn state(&self, finding: &Finding) -> Option<String> {
        let until = finding.until.map(|day| format!(" until {day}")).unwrap_or_default();
        let reason = finding.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        match finding.state {
            State::Open if finding.lenient => {
                Some("In a test, fixture, example or documentation: it costs nothing".to_owned())
            }
            State::Open => None,
            State::Baseline => Some("Known from the baseline".to_owned()),
            State::Accepted => Some(format!("Accepted{until}{reason}")),
            State::Ignored => Some(format!("Ignored beside the line{until}{reason}")),
        }
    }

    pub(super) fn evidence(&self) -> Vec<(Link, String)> {
        let show = |evidence: &Evidence| self.shown(evidence);
        self.row.item.evidence().take(MOST).map(show).collect()
    }

    pub(super) fn evidence_more(&self) -> usize {
        self.row.item.evidence().count().saturating_sub(MOST)
    }

    /// What made it apply, each place once.
    pub(super) fn because(&self) -> Vec<(Link, String)> {
        let mut seen = BTreeSet::new();
        let reasons = self.row.item.verdicts.iter().filter_map(|verdict| verdict.applies_because.as_ref());
        let fresh = reasons.filter(|because| seen.insert((&because.place, &because.shows)));
        fresh.take(MOST).map(|because| self.shown(because)).collect()
    }

    fn shown(&self, evidence: &Evidence) -> (Link, String) {
        (Link::at(&self.report, &evidence.place, evidence.region), words::cut(&evidence.shows, SNIPPET))
    }

    /// The kinds of components that it is for.
    pub(super) fn applies_to(&self) -> String {
        match &self.row.rule.applies_to {
            None => "the repository as a whole".to_owned(),
            Some(kinds) => kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
        }
    }

    /// Verdicts by component: name, outcome, credit, reason.
    pub(super) fn verdicts(&self) -> Vec<(&'a str, &'static str, String, &'a str)> {
        let components = &self.report.audit.facts.components;
        let told = |verdict: &'a Verdict| {
            let name = components.get(verdict.component?).map(|component| component.id.as_str())?;
            let credit = decimal(verdict.credit.into(), 3);
            Some((name, verdict.outcome.as_str(), credit, verdict.reason.as_str()))
        };
        self.row.item.verdicts.iter().filter_map(told).collect()
    }

    /// Subjects in order, of those examined, where shares decide.
    pub(super) fn subjects(&self) -> Option<(usize, usize)> {
        let verdicts = || self.row.item.verdicts.iter();
        let examined: usize = verdicts().map(|verdict| verdict.examined).sum();
        (examined > 0).then(|| (verdicts().map(|verdict| verdict.compliant).sum(), examined))
    }

    pub(super) fn weight(&self) -> String {
        decimal(weight(self.row.rule.severity).into(), 1)
    }

    pub(super) fn credit(&self) -> String {
        decimal(self.row.item.credit.into(), 3)
    }

    /// weight · credit
    pub(super) fn earned(&self) -> String {
        decimal(earned(&self.row), 4)
    }

    /// Addresses for further reading; what is none is shown as text.
    pub(super) fn references(&self) -> Vec<(&'a str, bool)> {
        let web = |link: &str| link.starts_with("https://") || link.starts_with("http://");
        self.row.rule.references.iter().map(|link| (link.as_str(), web(link))).collect()
    }
}

/// Weight (tenths) times credit (thousandths).
pub(super) fn earned(row: &Row<'_>) -> u64 {
    u64::from(weight(row.rule.severity)) * u64::from(row.item.credit.min(FULL))
}

const fn decided(state: State) -> bool {
    matches!(state, State::Accepted | State::Ignored)
}
