//! Words and safe text: repository text is hostile in a terminal, so control and bidirectional characters never pass.

use crate::checklist::finding::Finding;
use crate::checklist::outcome::Outcome;
use crate::condition::spec::{Confidence, Severity};
use crate::facts::model::Place;
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
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
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
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_do_not_reach_a_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\td\u{7}"), "a\u{fffd}[31mb\u{fffd}c d\u{fffd}");
    }

    #[test]
    fn lines_are_broken_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible", 5), ["incomprehensible"]);
    }
}
