//! Words and safe text: repository text is hostile in a terminal, so control and bidirectional characters never pass.

use crate::checklist::finding::Finding;
use crate::checklist::item::Item;
use crate::checklist::outcome::Outcome;
use crate::condition::spec::{Confidence, Severity};
use crate::facts::model::Place;
use crate::rule::model::Rule;
use crate::text::Region;

/// The word of an outcome in a report.
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Partial => "PARTIAL",
        Outcome::Fail => "FAIL",
        Outcome::Unknown => "UNKNOWN",
        Outcome::NotApplicable => "N/A",
    }
}

/// The word of a severity.
pub const fn severity(severity: Severity) -> &'static str {
    severity.as_str()
}

/// The harm that a line of the checklist tells of: of the worst finding that counts, else of the rule.
pub fn harm(rule: &Rule, item: &Item) -> &'static str {
    let worst = item.findings().filter(|finding| finding.counts()).map(|finding| finding.severity).max();
    severity(worst.unwrap_or(rule.severity))
}

/// The word of a confidence.
pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// `path:line:column`, or the path alone for a file as a whole.
pub fn place(place: &Place, region: Region) -> String {
    match place.span {
        Some(_) => clean(&format!("{}:{}:{}", place.path, region.line, region.column)),
        None => clean(&place.path),
    }
}

/// The place of a finding; of one that only a commit holds, with the commit.
pub fn spot(finding: &Finding) -> String {
    let place = place(&finding.place, finding.region);
    match finding.past.as_ref().filter(|past| past.gone) {
        Some(past) => format!("{place}  in commit {} of {}", commit(&past.commit), past.date),
        None => place,
    }
}

/// As much of a commit's name as people read.
pub fn commit(name: &str) -> &str {
    name.get(..12).unwrap_or(name)
}

/// `text` without control characters and without those that change the direction of writing.
pub fn clean(text: &str) -> String {
    // Marks and overrides of direction, line separators, what is no character, and tags that nobody sees.
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
            || matches!(c, '\u{200b}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
    };
    text.chars()
        .map(|c| {
            if matches!(c, '\t' | '\n') {
                ' '
            } else if hostile(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// `text` in lines of at most `width` characters, broken at spaces.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let used = lines[last].chars().count();
        if used > 0 && used + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if used > 0 {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}

/// A path as a relative URI reference (RFC 3986): everything but unreserved characters and slashes is percent-encoded.
pub fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/');
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The text without workflow commands: a CI runner that reads it as a log obeys lines that begin with `::` or hold `##[`.
pub fn harmless_in_logs(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace("##[", "# #[");
        let start = line.len() - line.trim_start().len();
        match line.get(start..).and_then(|rest| rest.strip_prefix("::")) {
            Some(rest) => format!("{}: :{rest}", line.get(..start).unwrap_or_default()),
            None => line,
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The address of a file, or of a line of it, below `base` (ended by a slash), as GitHub, GitLab and others read it.
pub fn source_link(base: Option<&str>, path: &str, line: Option<usize>) -> Option<String> {
    let line = line.map(|line| format!("#L{line}")).unwrap_or_default();
    base.map(|base| format!("{base}{}{line}", uri(path)))
}

/// The first `most` characters of a text; an ellipsis tells that there were more.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A piece of a text in which code stands between backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whether it is code.
    pub code: bool,
    /// The piece, without its backticks.
    pub text: String,
}

/// Cuts a text of a rule into prose and code; a backtick without a partner is an ordinary character.
pub fn pieces(text: &str) -> Vec<Piece> {
    let parts: Vec<&str> = text.split('`').collect();
    let last = parts.len() - 1;
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let code = at % 2 == 1 && at < last;
        let lonely = at % 2 == 1 && at == last;
        match pieces.last_mut().filter(|before| !code && !before.code) {
            Some(before) if lonely => before.text.extend(["`", part]),
            _ if lonely => pieces.push(Piece { code: false, text: format!("`{part}") }),
            _ if part.is_empty() => {}
            _ => pieces.push(Piece { code, text: (*part).to_owned() }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_do_not_reach_a_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\td\u{7}"), "a\u{fffd}[31mb\u{fffd}c d\u{fffd}");
    }

    #[test]
    fn paths_become_uris_whatever_they_hold() {
        assert_eq!(uri("a b/ö:c#1.rs"), "a%20b/%C3%B6%3Ac%231.rs");
    }

    #[test]
    fn a_log_is_no_program() {
        let text = "FAIL x\n  ::error file=a::b\na::b ##[error]c\n";
        assert_eq!(harmless_in_logs(text), "FAIL x\n  : :error file=a::b\na::b # #[error]c\n");
    }

    #[test]
    fn code_stands_between_backticks() {
        let told = |text: &str| {
            let one = |piece: Piece| if piece.code { format!("<{}>", piece.text) } else { piece.text };
            pieces(text).into_iter().map(one).collect::<Vec<_>>().join("|")
        };
        assert_eq!(told("set `USER`, or `x`"), "set |<USER>|, or |<x>");
        assert_eq!(told("`a` and ` alone"), "<a>| and ` alone");
        assert_eq!((told("`"), told(""), told("``")), ("`".into(), String::new(), String::new()));
    }

    #[test]
    fn lines_are_broken_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible", 5), ["incomprehensible"]);
    }
}
