//! The badge: an SVG of its own, and the JSON that shields.io asks for.
//!
//! The colours carry white text with a contrast of at least 4.5 to 1. Widths are given (`textLength`), so that no font
//! moves the text out of its field.

use serde_json::json;

use crate::report::Report;
use crate::rule::set::EDITION;

const LABEL: &str = "production readiness";
/// Width of a letter at this size, and the room beside a text, in pixels.
const LETTER: usize = 7;
const ROOM: usize = 12;

/// What stands on the right: `64/100 D`.
fn value(report: &Report<'_>) -> String {
    report.score.map_or_else(|| "no score".to_owned(), |score| format!("{}/100 {}", score.value, score.grade()))
}

fn colour(report: &Report<'_>) -> &'static str {
    match report.score.map(crate::score::Score::grade) {
        Some("A" | "B") => "#1b7a3d",
        Some("C" | "D") => "#935c00",
        Some(_) => "#b3261e",
        None => "#57606c",
    }
}

/// The badge.
pub fn svg(report: &Report<'_>) -> String {
    let value = value(report);
    let (left_text, right_text) = (LABEL.len() * LETTER - 6, value.len() * LETTER);
    let (left, right) = (left_text + ROOM, right_text + ROOM);
    let (whole, colour) = (left + right, colour(report));
    let (left_at, right_at) = (ROOM / 2, left + ROOM / 2);
    let told = match report.score {
        Some(score) => format!("production readiness: {} of 100", score.value),
        None => "production readiness: no score".to_owned(),
    };
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{told}">
<title>{told} (rules {EDITION})</title>
<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#40474f"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
<text x="{left_at}" y="14" textLength="{left_text}" lengthAdjust="spacingAndGlyphs">{LABEL}</text>
<text x="{right_at}" y="14" textLength="{right_text}" lengthAdjust="spacingAndGlyphs">{value}</text>
</g>
</svg>
"##
    )
}

/// What a shields.io endpoint answers (`schemaVersion` 1).
pub fn shields(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let badge = json!({
        "schemaVersion": 1,
        "label": LABEL,
        "message": value(report),
        "color": colour(report).trim_start_matches('#'),
    });
    serde_json::to_string_pretty(&badge).map(|text| text + "\n")
}
