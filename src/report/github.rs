//! Annotations for GitHub's log and diff view, as workflow commands.
//!
//! A step shows ten of each level and drops the rest without a word: so the worst ten of each go first, and one notice
//! tells how many there are beyond.

use std::fmt::Write as _;

use crate::checklist::finding::Finding;
use crate::condition::spec::Severity;
use crate::report::{Report, words};
use crate::rule::model::Rule;

/// Most annotations of one level in one step.
pub const MOST: usize = 10;
/// Longest message, in characters.
const LONG: usize = 500;

const LEVELS: [&str; 3] = ["error", "warning", "notice"];

/// The workflow commands, one a line.
pub fn render(report: &Report<'_>) -> String {
    let mut found = report.open_findings();
    found.retain(|(_, finding)| finding.gates());
    let of = |level: &'static str| found.iter().filter(move |(_, finding)| self::level(finding.severity) == level);
    let counts = LEVELS.map(|level| of(level).count());
    let left: usize = counts.iter().map(|count| count.saturating_sub(MOST)).sum();
    // The closing line is a notice itself.
    let most = |level: &str| if level == "notice" && left > 0 { MOST - 1 } else { MOST };
    let mut out = String::new();
    for level in LEVELS {
        for (rule, finding) in of(level).take(most(level)) {
            command(level, rule, finding, &mut out);
        }
    }
    if left > 0 {
        let beyond = LEVELS.iter().zip(counts).map(|(level, count)| (level, count.saturating_sub(most(level))));
        let beyond: Vec<(&&str, usize)> = beyond.filter(|(_, count)| *count > 0).collect();
        let left: usize = beyond.iter().map(|(_, count)| count).sum();
        let told: Vec<String> =
            beyond.iter().map(|(level, count)| format!("{count} {level}{}", plural(*count))).collect();
        let told = told.join(", ");
        let _ = writeln!(out, "::notice title=prodready::{left} more findings are not shown here ({told})");
    }
    out
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn command(level: &str, rule: &Rule, finding: &Finding, out: &mut String) {
    let region = finding.region;
    let _ = write!(out, "::{level} file={},line={}", property(&finding.place.path), region.line);
    let _ = write!(out, ",endLine={}", region.end_line.max(region.line));
    // Columns are read only where both are on one line.
    if finding.place.span.is_some() && region.end_line == region.line && !finding.absence {
        let _ = write!(out, ",col={},endColumn={}", region.column, region.end_column.max(region.column));
    }
    let title = format!("{} ({})", rule.id, words::severity(finding.severity));
    let text = words::cut(&words::clean(&finding.message), LONG);
    let text = if finding.absence { format!("{text} [{}]", rule.title) } else { text };
    let _ = writeln!(out, ",title={}::{}", property(&title), message(&text));
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => LEVELS[0],
        Severity::Medium => LEVELS[1],
        Severity::Low => LEVELS[2],
    }
}

/// What stands behind the second `::`.
fn message(text: &str) -> String {
    words::clean(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace("##[", "# #[")
}

/// The value of a property.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_in_its_property() {
        assert_eq!(property("a,b::error file=x\n50%.rs"), "a%2Cb%3A%3Aerror file=x 50%25.rs");
        assert_eq!(message("a\r\n::error::b ##[error]c"), "a\u{fffd} ::error::b # #[error]c");
    }
}
