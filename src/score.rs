//! The arithmetic of the score: integers only, so that the same checklist gives the same number everywhere.
//!
//! score = 100 · Σ weight·credit / Σ weight, rounded down, overall and per area. Weights are those of the
//! `OpenSSF` scorecard (critical 10, high 7.5, medium 5, low 2.5). Not applicable and unknown of the outside world leave both sums; coverage
//! says how much of the weight could be judged.

use std::collections::BTreeMap;

use crate::checklist::item::{FULL, Item};
use crate::checklist::outcome::Outcome;
use crate::condition::spec::{Confidence, Severity};
use crate::rule::model::{Rule, weight};

/// An open critical finding of high confidence caps the score here.
pub const CRITICAL_CAP: u32 = 49;
/// No level is given below this coverage, in percent.
pub const LEVEL_COVERAGE: u32 = 80;

/// One rule as the score sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The area.
    pub area: &'a str,
    /// The harm.
    pub severity: Severity,
    /// The outcome over all components.
    pub outcome: Outcome,
    /// 0 to [`FULL`].
    pub credit: u32,
    /// Whether an unknown outcome leaves the sums.
    pub outside: bool,
    /// Whether an open critical finding of high confidence stands in it.
    pub capping: bool,
}

/// The score of one checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 0 to 100, after caps.
    pub value: u32,
    /// 0 to 100, before caps.
    pub uncapped: u32,
    /// 0 to 100, after caps: as if nothing were accepted, ignored, attested or excluded, and no kind overridden.
    pub unaccepted: u32,
    /// Share of the applicable weight that could be judged, in percent, rounded down.
    pub coverage: u32,
    /// Sentences for caps that hold.
    pub caps: Vec<String>,
    /// Scores per area, by name.
    pub areas: Vec<AreaScore>,
    /// How many rules of each severity fail or are partial, for the level.
    failing: BTreeMap<Severity, usize>,
}

/// The score of one area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaScore {
    /// The area.
    pub area: String,
    /// 0 to 100.
    pub value: u32,
    /// Sum of the weights counted, in tenths of a point.
    pub weight: u32,
}

/// The entry of an item; `None` for a rule that is not scored.
pub fn entry<'a>(rule: &'a Rule, item: &Item) -> Option<Entry<'a>> {
    if rule.preview || rule.from_user {
        return None;
    }
    let capping = item.findings().any(|finding| {
        finding.severity == Severity::Critical && finding.confidence == Confidence::High && finding.counts()
    });
    let (severity, outcome, credit, outside) = (rule.severity, item.outcome, item.credit, item.outside);
    Some(Entry { area: rule.id.area(), severity, outcome, credit, outside, capping })
}

/// Scores a checklist; `None` where nothing was counted: no score is better than a number about nothing.
pub fn score(entries: &[Entry<'_>]) -> Option<Score> {
    let counted: Vec<&Entry<'_>> = entries.iter().filter(|entry| is_counted(entry)).collect();
    let uncapped = mean(counted.iter().copied())?;
    let applicable: u32 = entries
        .iter()
        .filter(|entry| entry.outcome != Outcome::NotApplicable)
        .map(|entry| weight(entry.severity))
        .sum();
    let known: u32 =
        counted.iter().filter(|entry| entry.outcome != Outcome::Unknown).map(|entry| weight(entry.severity)).sum();
    let capped = entries.iter().any(|entry| entry.capping);
    let mut caps = Vec::new();
    if capped {
        caps.push(format!("capped at {CRITICAL_CAP}: a critical finding of high confidence is open"));
    }
    let mut failing: BTreeMap<Severity, usize> = BTreeMap::new();
    for entry in counted.iter().filter(|entry| entry.outcome != Outcome::Pass) {
        *failing.entry(entry.severity).or_default() += 1;
    }
    Some(Score {
        value: if capped { uncapped.min(CRITICAL_CAP) } else { uncapped },
        uncapped,
        unaccepted: if capped { uncapped.min(CRITICAL_CAP) } else { uncapped },
        coverage: (known * 100).checked_div(applicable).unwrap_or(0),
        caps,
        areas: areas(&counted),
        failing,
    })
}

fn is_counted(entry: &Entry<'_>) -> bool {
    match entry.outcome {
        Outcome::NotApplicable => false,
        Outcome::Unknown => !entry.outside,
        Outcome::Pass | Outcome::Partial | Outcome::Fail => true,
    }
}

fn mean<'a, 'b: 'a>(entries: impl Iterator<Item = &'a Entry<'b>>) -> Option<u32> {
    let (earned, whole) = entries.fold((0_u64, 0_u64), |(earned, whole), entry| {
        let weight = u64::from(weight(entry.severity));
        (earned + weight * u64::from(entry.credit.min(FULL)), whole + weight * u64::from(FULL))
    });
    (earned * 100).checked_div(whole).and_then(|value| u32::try_from(value).ok())
}

fn areas(counted: &[&Entry<'_>]) -> Vec<AreaScore> {
    let mut by_area: BTreeMap<&str, Vec<&Entry<'_>>> = BTreeMap::new();
    for entry in counted {
        by_area.entry(entry.area).or_default().push(entry);
    }
    let area = |(area, entries): (&str, Vec<&Entry<'_>>)| {
        let weight = entries.iter().map(|entry| weight(entry.severity)).sum();
        Some(AreaScore { area: area.to_owned(), value: mean(entries.into_iter())?, weight })
    };
    by_area.into_iter().filter_map(area).collect()
}

/// How many points (before caps) a rule would add if it passed.
pub fn gain(entries: &[Entry<'_>], index: usize) -> u32 {
    let Some(own) = entries.get(index).filter(|entry| is_counted(entry)) else { return 0 };
    let fixed = Entry { credit: FULL, outcome: Outcome::Pass, ..*own };
    let others =
        || entries.iter().enumerate().filter(|(at, entry)| *at != index && is_counted(entry)).map(|(_, entry)| entry);
    let after = mean(others().chain([&fixed])).unwrap_or(0);
    let before = mean(others().chain([own])).unwrap_or(0);
    after.saturating_sub(before)
}

impl Score {
    /// A to F.
    pub const fn grade(&self) -> &'static str {
        grade(self.value)
    }

    /// bronze (no critical rule fails), silver (nor a high one), gold (nor a medium one), or none.
    pub fn level(&self) -> &'static str {
        let open = |severity: Severity| self.failing.get(&severity).is_some_and(|count| *count > 0);
        if self.coverage < LEVEL_COVERAGE || open(Severity::Critical) || !self.caps.is_empty() {
            return "none";
        }
        match (open(Severity::High), open(Severity::Medium)) {
            (true, _) => "bronze",
            (false, true) => "silver",
            (false, false) => "gold",
        }
    }
}

/// The grade of a score.
pub const fn grade(value: u32) -> &'static str {
    match value {
        90.. => "A",
        80..90 => "B",
        70..80 => "C",
        60..70 => "D",
        50..60 => "E",
        _ => "F",
    }
}

/// What the user asked to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GateOptions {
    /// Least score that passes.
    pub min_score: Option<u32>,
    /// An open finding of this severity or worse fails.
    pub fail_on: Option<Severity>,
    /// Most weight, in percent, that may be unknown.
    pub max_unknown: Option<u32>,
    /// The score before, and by how many points it may have dropped.
    pub drop: Option<(u32, u32)>,
}

/// Whether what the user asked holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// Why not, one sentence each; empty: passed.
    pub reasons: Vec<String>,
    /// Whether anything was asked.
    pub asked: bool,
    /// The least score that was asked for.
    pub min_score: Option<u32>,
}

impl Gate {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Judges the gate. `worst` is the most severe open finding that may gate; rules in preview and findings of low
/// confidence may not.
pub fn gate(options: GateOptions, score: Option<&Score>, worst: Option<Severity>) -> Gate {
    let mut reasons = Vec::new();
    if let Some(least) = options.min_score {
        match score {
            Some(score) if score.value < least => reasons.push(format!("score {} < {least}", score.value)),
            Some(_) => {}
            None => reasons.push(format!("there is no score, and {least} is asked for")),
        }
    }
    if let (Some(limit), Some(worst)) = (options.fail_on, worst)
        && worst >= limit
    {
        reasons.push(format!("a finding of severity {worst:?} is open").to_lowercase());
    }
    if let (Some(most), Some(score)) = (options.max_unknown, score) {
        let unknown = 100 - score.coverage.min(100);
        if unknown > most {
            reasons.push(format!("{unknown} % of the weight is unknown, more than {most} %"));
        }
    }
    if let (Some((before, allowed)), Some(score)) = (options.drop, score)
        && before.saturating_sub(score.value) > allowed
    {
        let dropped = before - score.value;
        reasons.push(format!("score {} is {dropped} below the baseline's {before}, more than {allowed}", score.value));
    }
    let asked = options != GateOptions::default();
    Gate { reasons, asked, min_score: options.min_score }
}

/// The most severe open finding that may gate, over a checklist.
pub fn worst_open<'a>(items: impl Iterator<Item = (&'a Rule, &'a Item)>) -> Option<Severity> {
    let gating = items.filter(|(rule, _)| !rule.preview).flat_map(|(_, item)| item.findings());
    gating
        .filter(|finding| finding.gates() && finding.confidence > Confidence::Low)
        .map(|finding| finding.severity)
        .max()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(severity: Severity, outcome: Outcome, credit: u32) -> Entry<'static> {
        Entry { area: "a", severity, outcome, credit, outside: true, capping: false }
    }

    #[test]
    fn the_weights_are_those_of_the_design_and_halves_are_rounded_down() {
        use Severity::{Critical, High, Low};
        let of = |list: &[Entry<'_>]| score(list).map(|score| score.value);
        assert_eq!(of(&[entry(High, Outcome::Pass, 1000), entry(Low, Outcome::Fail, 0)]), Some(75));
        assert_eq!(of(&[entry(Critical, Outcome::Pass, 1000), entry(High, Outcome::Fail, 0)]), Some(57));
        assert_eq!(of(&[entry(High, Outcome::NotApplicable, 0)]), None, "a number about nothing is no number");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn what_lies_outside_leaves_the_sums_and_lowers_coverage() {
        let outside = entry(Severity::High, Outcome::Unknown, 0);
        let found = score(&[entry(Severity::High, Outcome::Pass, 1000), outside]).unwrap();
        assert_eq!((found.value, found.coverage), (100, 50));
        assert_eq!(found.level(), "none", "too little was judged");
        let broken = Entry { outside: false, ..outside };
        assert_eq!(score(&[entry(Severity::High, Outcome::Pass, 1000), broken]).unwrap().value, 50);
    }

    #[test]
    fn an_open_critical_finding_caps() {
        let leak = Entry { capping: true, ..entry(Severity::Critical, Outcome::Fail, 0) };
        let mut all = vec![leak];
        all.extend(vec![entry(Severity::High, Outcome::Pass, 1000); 20]);
        let found = score(&all).unwrap();
        assert_eq!(found.value, CRITICAL_CAP);
        assert!(found.uncapped > CRITICAL_CAP);
        assert_eq!(found.level(), "none");
        assert_eq!(gain(&all, 0), 100 - found.uncapped, "a gain is counted before caps");
    }

    #[test]
    fn the_gate_closes_just_below_what_was_asked() {
        let scored = score(&[entry(Severity::High, Outcome::Partial, 640)]);
        let at = |least| gate(GateOptions { min_score: Some(least), ..GateOptions::default() }, scored.as_ref(), None);
        assert!(at(63).passed() && at(64).passed());
        assert_eq!(at(65).reasons, ["score 64 < 65"]);
        assert!(!gate(GateOptions { min_score: Some(0), ..GateOptions::default() }, None, None).passed());
        let on =
            |limit, worst| gate(GateOptions { fail_on: Some(limit), ..GateOptions::default() }, None, worst).passed();
        assert!(on(Severity::High, Some(Severity::Medium)) && on(Severity::High, None));
        assert!(!on(Severity::High, Some(Severity::High)) && !on(Severity::High, Some(Severity::Critical)));
        let half = [entry(Severity::High, Outcome::Pass, 1000), entry(Severity::High, Outcome::Unknown, 0)];
        let unknown =
            |most| gate(GateOptions { max_unknown: Some(most), ..GateOptions::default() }, score(&half).as_ref(), None);
        assert!(unknown(50).passed() && !unknown(49).passed());
        let drop =
            |from, by| gate(GateOptions { drop: Some((from, by)), ..GateOptions::default() }, scored.as_ref(), None);
        assert!(drop(64, 0).passed() && drop(66, 2).passed() && drop(10, 0).passed());
        assert!(!drop(66, 1).passed() && !drop(65, 0).passed());
        assert!(!gate(GateOptions::default(), None, None).asked);
    }

    #[test]
    fn grades_change_at_their_edges() {
        let grades = [90, 89, 80, 79, 70, 69, 60, 59, 50, 49].map(grade);
        assert_eq!(grades, ["A", "B", "B", "C", "C", "D", "D", "E", "E", "F"]);
    }

    fn any_entry() -> impl Strategy<Value = Entry<'static>> {
        let severity = prop::sample::select(vec![Severity::Low, Severity::Medium, Severity::High, Severity::Critical]);
        let outcome = prop::sample::select(vec![
            Outcome::Pass,
            Outcome::Partial,
            Outcome::Fail,
            Outcome::Unknown,
            Outcome::NotApplicable,
        ]);
        (severity, outcome, 0..=FULL, any::<bool>()).prop_map(|(severity, outcome, credit, outside)| {
            let credit = match outcome {
                Outcome::Pass => FULL,
                Outcome::Partial => credit,
                _ => 0,
            };
            Entry { area: "a", severity, outcome, credit, outside, capping: false }
        })
    }

    proptest! {
        #[test]
        fn worse_never_scores_higher(mut entries in prop::collection::vec(any_entry(), 1..20), at in any::<prop::sample::Index>()) {
            let before = score(&entries).map(|score| score.value);
            let at = at.index(entries.len());
            let was = entries[at];
            // A rule that was judged gets worse; one that was out of the sums may not come in by this.
            prop_assume!(is_counted(&was));
            entries[at] = Entry { outcome: Outcome::Fail, credit: 0, ..was };
            prop_assert!(score(&entries).map(|score| score.value) <= before);
        }

        #[test]
        fn order_does_not_matter(entries in prop::collection::vec(any_entry(), 1..20)) {
            let mut turned = entries.clone();
            turned.reverse();
            prop_assert_eq!(score(&entries), score(&turned));
        }

        #[test]
        fn a_gain_is_what_passing_brings(entries in prop::collection::vec(any_entry(), 1..12), at in any::<prop::sample::Index>()) {
            let at = at.index(entries.len());
            prop_assume!(is_counted(&entries[at]));
            let before = score(&entries).map_or(0, |score| score.uncapped);
            let mut fixed = entries.clone();
            fixed[at] = Entry { outcome: Outcome::Pass, credit: FULL, ..fixed[at] };
            prop_assert_eq!(gain(&entries, at), score(&fixed).map_or(0, |score| score.uncapped) - before);
        }
    }
}
