//! The XML of `JUnit`: a suite per area, a test per rule. What fails or is half-way fails; what does not apply, cannot be known or
//! is in preview is skipped, with the reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::checklist::outcome::Outcome;
use crate::report::overview::{self, Row};
use crate::report::{Report, words};

/// Places named in one failure.
const PLACES: usize = 20;

/// The report as text, ended by a line end.
pub fn render(report: &Report<'_>) -> String {
    let rows = overview::rows(report);
    let mut areas: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for row in rows {
        areas.entry(row.rule.id.area()).or_default().push(row);
    }
    let mut suites = String::new();
    let mut all = Tally::default();
    for (area, mut rows) in areas {
        rows.sort_by_key(|row| &row.rule.id);
        let tally = Tally::of(&rows);
        all = all.plus(tally);
        let _ = writeln!(suites, "  <testsuite name=\"{}\" {}>", escape(area), tally.attributes());
        for row in &rows {
            case(row, &mut suites);
        }
        suites.push_str("  </testsuite>\n");
    }
    let name = escape(&format!("prodready {}", report.name));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n{suites}</testsuites>\n",
        all.tests, all.failures
    )
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Tally {
    fn of(rows: &[Row<'_>]) -> Self {
        let failures = rows.iter().filter(|row| fails(row)).count();
        let skipped = rows.iter().filter(|row| !fails(row) && row.item.outcome != Outcome::Pass).count();
        Self { tests: rows.len(), failures, skipped }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            skipped: self.skipped + other.skipped,
        }
    }

    fn attributes(self) -> String {
        format!("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", self.tests, self.failures, self.skipped)
    }
}

fn fails(row: &Row<'_>) -> bool {
    row.open() && !row.rule.preview
}

fn case(row: &Row<'_>, out: &mut String) {
    let (id, area) = (escape(row.rule.id.as_str()), escape(row.rule.id.area()));
    let _ = write!(out, "    <testcase name=\"{id}\" classname=\"{area}\"");
    if let Some(finding) = row.findings().next().filter(|_| fails(row)) {
        let _ = write!(out, " file=\"{}\" line=\"{}\"", escape(&finding.place.path), finding.region.line);
    }
    let reason = escape(&row.item.reason);
    if fails(row) {
        let text = escape_lines(&details(row));
        let _ = writeln!(
            out,
            ">\n      <failure message=\"{reason}\" type=\"{}\">{text}</failure>\n    </testcase>",
            row.item.outcome
        );
    } else if row.item.outcome == Outcome::Pass {
        out.push_str("/>\n");
    } else {
        let preview = if row.rule.preview { "in preview, " } else { "" };
        let _ =
            writeln!(out, ">\n      <skipped message=\"{preview}{}: {reason}\"/>\n    </testcase>", row.item.outcome);
    }
}

fn details(row: &Row<'_>) -> String {
    let mut text = format!("{} ({})\n", row.rule.title, words::harm(row.rule, row.item));
    for finding in row.findings().take(PLACES) {
        let place = words::place(&finding.place, finding.region);
        let _ = writeln!(text, "{place}: {}", words::clean(&finding.message));
        if !finding.line.is_empty() && !finding.absence {
            let _ = writeln!(text, "    {}", words::clean(&finding.line));
        }
    }
    let more = row.findings().count().saturating_sub(PLACES);
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
    let fix: Vec<&str> = row.rule.fix.split_whitespace().collect();
    let _ = write!(text, "fix: {}", fix.join(" "));
    text
}

/// For attributes and text on one line. What XML has no place for is already out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in words::clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}
