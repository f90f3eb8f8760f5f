//! "How this score is computed": every weight and credit, so that a reader with a pencil comes to the same number.

use std::collections::BTreeMap;

use crate::checklist::item::FULL;
use crate::report::Report;
use crate::report::html::line::{Line, earned};
use crate::report::overview::{Row, decimal};
use crate::rule::model::weight;
use crate::score::Score;

/// The arithmetic of one score.
pub(super) struct Sums<'a> {
    /// The score that it explains.
    pub(super) score: &'a Score,
    /// The areas with the rules that count.
    pub(super) areas: Vec<AreaSum<'a>>,
    /// The rules that do not count, with the reason.
    pub(super) left: Vec<(&'a str, &'static str)>,
    /// Sum of weight · credit.
    pub(super) earned: String,
    /// Sum of weights.
    pub(super) weight: String,
    /// The quotient before it is rounded down.
    pub(super) quotient: String,
}

/// The arithmetic of one area.
pub(super) struct AreaSum<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its rules.
    pub(super) lines: Vec<Line<'a>>,
    /// Sum of weight · credit.
    pub(super) earned: String,
    /// Sum of weights.
    pub(super) weight: String,
    /// Its score.
    pub(super) value: u64,
}

impl<'a> Sums<'a> {
    /// `None` where there is no score.
    pub(super) fn of(report: &Report<'a>, rows: &[Row<'a>]) -> Option<Self> {
        let score = report.score?;
        let mut by_area: BTreeMap<&'a str, Vec<Row<'a>>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.counted()) {
            by_area.entry(row.rule.id.area()).or_default().push(*row);
        }
        let area = |(name, mut rows): (&'a str, Vec<Row<'a>>)| {
            rows.sort_by_key(|row| &row.rule.id);
            let (earned, weight) = sum(rows.iter());
            let value = (earned * 100).checked_div(weight * u64::from(FULL)).unwrap_or_default();
            let lines = rows.into_iter().map(|row| Line::of(report, row)).collect();
            AreaSum { name, lines, earned: decimal(earned, 4), weight: decimal(weight, 1), value }
        };
        let (earned, weight) = sum(rows.iter().filter(|row| row.counted()));
        let mut left: Vec<(&'a str, &'static str)> =
            rows.iter().filter(|row| !row.counted()).map(|row| (row.rule.id.as_str(), why(row))).collect();
        left.sort_unstable();
        Some(Self {
            score,
            areas: by_area.into_iter().map(area).collect(),
            left,
            earned: decimal(earned, 4),
            weight: decimal(weight, 1),
            quotient: quotient(earned, weight),
        })
    }
}

/// Sums of weight · credit and of weights.
fn sum<'b, 'a: 'b>(rows: impl Iterator<Item = &'b Row<'a>>) -> (u64, u64) {
    rows.fold((0, 0), |(all, weights), row| (all + earned(row), weights + u64::from(weight(row.rule.severity))))
}

/// 100 · earned / weight with two places, cut off.
fn quotient(earned: u64, weight: u64) -> String {
    let hundredths = (earned * 100 * 100).checked_div(weight * u64::from(FULL)).unwrap_or_default();
    decimal(hundredths, 2)
}

/// Why a rule does not count.
fn why(row: &Row<'_>) -> &'static str {
    if row.rule.preview {
        return "in preview";
    }
    if row.rule.from_user { "a rule of your own" } else { row.item.outcome.as_str() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quotient_is_cut_off_like_the_score() {
        // 196.25 of 335: weights are tenths, credits thousandths.
        assert_eq!(quotient(1_962_500, 3350), "58.58");
        assert_eq!(quotient(0, 0), "0");
    }
}
