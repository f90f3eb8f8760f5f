//! Links from places in the text report to their files, for terminals that show them (OSC 8).

use std::io::IsTerminal as _;
use std::path::Path;

/// Terminals that are known to show links, by `TERM_PROGRAM`.
const PROGRAMS: [&str; 6] = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "zed"];
/// Variables that such terminals set.
const MARKS: [&str; 4] = ["KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM"];
/// How a place begins in the report.
const ARROW: &str = "  --> ";

/// Whether standard output shows links. `FORCE_HYPERLINK` decides where it is set.
pub(crate) fn wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some();
    if let Some(forced) = std::env::var_os("FORCE_HYPERLINK") {
        return forced != "0";
    }
    let program = std::env::var("TERM_PROGRAM").unwrap_or_default();
    let vte = std::env::var("VTE_VERSION").ok().and_then(|version| version.parse::<u32>().ok());
    let able = PROGRAMS.contains(&program.as_str()) || MARKS.iter().any(|mark| set(mark)) || vte >= Some(5000);
    able && std::io::stdout().is_terminal() && !set("CI") && std::env::var("TERM").is_ok_and(|term| term != "dumb")
}

/// The line with its place as a link into `root`; other lines as they are.
pub(crate) fn linked(line: &str, root: &Path) -> String {
    let Some(place) = line.strip_prefix(ARROW).map(str::trim_end) else { return line.to_owned() };
    let path = place.split(':').next().unwrap_or(place);
    let end = &line[ARROW.len() + place.len()..];
    let url = format!("file://{}", escaped(&root.join(path).to_string_lossy().replace('\\', "/")));
    format!("{ARROW}\u{1b}]8;;{url}\u{1b}\\{place}\u{1b}]8;;\u{1b}\\{end}")
}

/// Percent-encodes what a URL may not hold; slashes stay.
fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~');
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_become_links_and_their_text_stays() {
        let root = Path::new("/r");
        assert_eq!(linked("  fix: x\n", root), "  fix: x\n");
        let line = linked("  --> a b.js:3:1\n", root);
        assert!(line.contains("file:///r/a%20b.js\u{1b}\\a b.js:3:1\u{1b}]8;;"), "{line:?}");
        assert!(line.ends_with("\\\n"));
    }
}
