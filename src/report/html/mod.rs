//! The HTML report: one file that asks nobody for anything, works without scripts, and lets in only the style and the
//! script whose hashes its Content-Security-Policy names.
//!
//! `page.rs`, `line.rs` and `sums.rs` say what is shown, the templates beside them how; `escape.rs` guards every value.

mod escape;
mod line;
mod page;
mod sums;

use askama::Template as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::report::Report;
use crate::report::html::page::Page;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The page.
pub fn render(report: &Report<'_>) -> Result<String, askama::Error> {
    Page::of(report, STYLE, SCRIPT, &policy()).render().map(|page| page + "\n")
}

/// Nothing is loaded from anywhere, and nothing runs but what this program wrote.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_stay_in_their_elements() {
        for text in [STYLE, SCRIPT] {
            let low = text.to_lowercase();
            assert!(!low.contains("</s") && !low.contains("<!--") && !low.contains("url(") && !low.contains("@import"));
            assert!(!low.contains("http"), "a request, or its beginning");
        }
    }
}
