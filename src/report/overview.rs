//! What every report for people says first: the rules in the order of their worth, counts, and the fixes that add most.

use crate::checklist::finding::Finding;
use crate::checklist::item::{FULL, Item};
use crate::checklist::outcome::Outcome;
use crate::condition::spec::Severity;
use crate::report::Report;
use crate::rule::model::Rule;
use crate::score::{self, Entry};

/// One rule of the checklist.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it says.
    pub item: &'a Item,
    /// Points that passing it would add, before caps.
    pub gain: u32,
}

impl<'a> Row<'a> {
    /// Whether the rule is part of the score at all.
    pub fn scored(&self) -> bool {
        !self.rule.preview && !self.rule.from_user
    }

    /// Whether its weight stands in the sums.
    pub fn counted(&self) -> bool {
        let left = match self.item.outcome {
            Outcome::NotApplicable => true,
            Outcome::Unknown => self.item.outside,
            Outcome::Pass | Outcome::Partial | Outcome::Fail => false,
        };
        self.scored() && !left
    }

    /// Whether something is to be done.
    pub fn open(&self) -> bool {
        matches!(self.item.outcome, Outcome::Fail | Outcome::Partial)
    }

    /// The findings that count, the worst first within each component.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        self.item.findings().filter(|finding| finding.counts())
    }
}

/// The checklist for people: failures first, then what costs most.
pub fn rows<'a>(report: &Report<'a>) -> Vec<Row<'a>> {
    let all = report.items().zip(report.gains()).map(|((rule, item), gain)| Row { rule, item, gain });
    let mut rows: Vec<Row<'a>> = all.collect();
    rows.sort_by_key(|row| {
        let severity = std::cmp::Reverse(row.rule.severity);
        (place_of(row.item.outcome), row.rule.preview, std::cmp::Reverse(row.gain), severity, &row.rule.id)
    });
    rows
}

const fn place_of(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Partial => 1,
        Outcome::Unknown => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable => 4,
    }
}

/// How many scored rules have each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Pass.
    pub pass: usize,
    /// Partial.
    pub partial: usize,
    /// Fail.
    pub fail: usize,
    /// Unknown.
    pub unknown: usize,
    /// Not applicable.
    pub not_applicable: usize,
}

impl Counts {
    /// Counts the scored ones of `rows`.
    pub fn of<'a, 'b: 'a>(rows: impl Iterator<Item = &'a Row<'b>>) -> Self {
        let mut counts = Self::default();
        for row in rows.filter(|row| row.scored()) {
            match row.item.outcome {
                Outcome::Pass => counts.pass += 1,
                Outcome::Partial => counts.partial += 1,
                Outcome::Fail => counts.fail += 1,
                Outcome::Unknown => counts.unknown += 1,
                Outcome::NotApplicable => counts.not_applicable += 1,
            }
        }
        counts
    }

    /// Rules that were judged.
    pub const fn judged(&self) -> usize {
        self.pass + self.partial + self.fail
    }
}

/// The rules whose repair adds most, at most `most` of them.
pub fn fixes<'a>(rows: &[Row<'a>], most: usize) -> Vec<Row<'a>> {
    let mut found: Vec<Row<'a>> = rows.iter().filter(|row| row.gain > 0).copied().collect();
    found.sort_by(|left, right| right.gain.cmp(&left.gain).then_with(|| left.rule.id.cmp(&right.rule.id)));
    found.truncate(most);
    found
}

/// The score when these rules pass, after caps; `None` where there is no score.
pub fn score_after<'a>(rows: &[Row<'a>], fixed: &[Row<'a>]) -> Option<u32> {
    let after = |row: &Row<'a>| {
        let entry = score::entry(row.rule, row.item)?;
        let passes = fixed.iter().any(|one| one.item.rule == row.item.rule);
        Some(if passes { Entry { outcome: Outcome::Pass, credit: FULL, capping: false, ..entry } } else { entry })
    };
    let after: Vec<Entry<'a>> = rows.iter().filter_map(after).collect();
    score::score(&after).map(|score| score.value)
}

/// The next level and the rules that stand before it; `None` at gold, or where too little could be judged.
pub fn next_level<'a>(report: &Report<'a>, rows: &[Row<'a>]) -> Option<(&'static str, Vec<Row<'a>>)> {
    let score = report.score.filter(|score| score.coverage >= score::LEVEL_COVERAGE)?;
    let (level, least) = match score.level() {
        "none" => ("bronze", Severity::Critical),
        "bronze" => ("silver", Severity::High),
        "silver" => ("gold", Severity::Medium),
        _ => return None,
    };
    let capping = |row: &Row<'_>| score::entry(row.rule, row.item).is_some_and(|entry| entry.capping);
    let before = |row: &&Row<'a>| {
        (row.counted() && row.item.outcome != Outcome::Pass && row.rule.severity >= least) || capping(row)
    };
    Some((level, rows.iter().filter(before).copied().collect()))
}

/// `parts` of which `10^places` make a whole, as a decimal without idle zeros: (75, 1) is 7.5.
pub fn decimal(parts: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let text = format!("{}.{:0width$}", parts / unit, parts % unit, width = places as usize);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_no_idle_zeros() {
        let all = [decimal(75, 1), decimal(100, 1), decimal(0, 1), decimal(1005, 3), decimal(49_950, 4)];
        assert_eq!(all, ["7.5", "10", "0", "1.005", "4.995"]);
    }
}
