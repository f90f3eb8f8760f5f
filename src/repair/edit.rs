//! Exact edits of text: a whole file, missing lines at the end, lines before a line. The line ends of a file stay what
//! they are.

use std::collections::HashSet;

use regex::Regex;

use crate::condition::kinds::Kinds;
use crate::rule::repair::Insert;
use crate::text::Span;

/// Longest path that is written, in bytes.
const LONGEST: usize = 240;

/// Refuses a path that could lie outside of the audited folder, or inside of git's own.
pub(crate) fn check_path(path: &str) -> Result<(), String> {
    let bad = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
    if path.len() > LONGEST
        || path.split('/').any(bad)
        || path.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
    {
        return Err(format!("is not offered: `{}` is no path that can be written", path.escape_debug()));
    }
    Ok(())
}

/// A file of its own, with one line end at its end.
pub(crate) fn whole(text: &str) -> String {
    format!("{}\n", text.trim_matches('\n'))
}

/// `before` with those lines of `added` at its end that it lacks; `None` where it lacks none.
pub(crate) fn append(before: &str, added: &str) -> Option<String> {
    let there: HashSet<&str> = before.lines().map(str::trim).collect();
    let lines: Vec<&str> = added.trim_matches('\n').lines().filter(|line| !there.contains(line.trim())).collect();
    if lines.iter().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return None;
    }
    let end = line_end(before);
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { end };
    let blank = if before.trim().is_empty() { "" } else { end };
    let mut after = format!("{before}{gap}{blank}");
    for line in lines {
        after.push_str(line);
        after.push_str(end);
    }
    Some(after)
}

/// `added` as whole lines, and the offset in `before` where `insert` wants them; `None` where there is no such place.
pub(crate) fn insert(
    before: &str,
    added: &str,
    insert: &Insert,
    path: &str,
    finding: Option<Span>,
) -> Result<Option<(usize, String)>, String> {
    if !Kinds::get().kinds_of(path).any(|kind| kind.name == insert.r#in) {
        return Ok(None);
    }
    let expression = |text: &str| Regex::new(text).map_err(|error| error.to_string());
    let (wanted, not_above) = (expression(&insert.before)?, insert.not_above.as_deref().map(expression).transpose()?);
    let from = if insert.from_start { 0 } else { finding.map_or(0, |span| span.start) };
    let (mut place, mut goes_on) = (None, false);
    for (start, line) in lines(before).skip_while(|(start, line)| start + line.len() <= from) {
        let text = line.trim_end_matches(['\n', '\r']);
        // What continues the line above begins nothing.
        let begins = !std::mem::replace(&mut goes_on, text.trim_end().ends_with('\\'));
        if not_above.as_ref().is_some_and(|refused| begins && place.is_some() && refused.is_match(text)) {
            place = Some(before.len());
            break;
        }
        let behind = insert.from_start || start > from;
        if place.is_none() && begins && behind && wanted.is_match(text) {
            place = Some(start);
        }
    }
    let Some(at) = place.or_else(|| insert.or_end.then_some(before.len())) else { return Ok(None) };
    let end = line_end(before);
    let head = before.get(..at).unwrap_or_default();
    let gap = if head.is_empty() || head.ends_with('\n') { "" } else { end };
    let text: String = added.trim_end_matches('\n').lines().flat_map(|line| [line, end]).collect();
    Ok(Some((at, format!("{gap}{text}"))))
}

/// `text` with `added` at the offset `at`.
pub(crate) fn put(text: &str, at: usize, added: &str) -> String {
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    format!("{head}{added}{tail}")
}

/// Lines with their ends, each with the offset of its first byte.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(before: &str, not_above: Option<&str>) -> Insert {
        Insert {
            r#in: "dockerfile".into(),
            before: before.into(),
            from_start: false,
            not_above: not_above.map(str::to_owned),
            or_end: true,
        }
    }

    #[test]
    fn only_missing_lines_are_added() {
        assert_eq!(append("a\nb", "# x\nb\nc\n").unwrap(), "a\nb\n\n# x\nc\n");
        assert_eq!(append("a\r\n", "c").unwrap(), "a\r\n\r\nc\r\n");
        assert_eq!(append("a\nc\n", "# x\nc"), None);
        assert_eq!(append("", "c").unwrap(), "c\n");
    }

    #[test]
    fn lines_go_before_the_line_behind_the_finding() {
        let text = "FROM a\nCMD x\nFROM b\nRUN y\nCMD z\n";
        let span = Span::new(13, 19);
        let done = |insert_at: &Insert| {
            let (at, lines) = insert(text, "USER 1\n", insert_at, "Dockerfile", Some(span)).unwrap()?;
            Some(put(text, at, &lines))
        };
        assert_eq!(done(&rule("^CMD", None)).unwrap(), "FROM a\nCMD x\nFROM b\nRUN y\nUSER 1\nCMD z\n");
        assert_eq!(done(&rule("^RUN", Some("^CMD"))).unwrap(), format!("{text}USER 1\n"));
        assert_eq!(done(&rule("^NOTHING", None)).unwrap(), format!("{text}USER 1\n"));
        let text = "FROM b\nHEALTHCHECK --interval=1s \\\n  CMD x\nCMD z\n";
        let (at, lines) = insert(text, "USER 1", &rule(r"^\s*CMD", None), "Dockerfile", None).unwrap().unwrap();
        assert_eq!(put(text, at, &lines), text.replace("\nCMD z", "\nUSER 1\nCMD z"));
        assert_eq!(insert(text, "x", &rule("^CMD", None), "README.md", None).unwrap(), None);
    }

    #[test]
    fn paths_stay_inside() {
        for bad in
            ["", "/etc/x", "../x", "a/../../x", "a//b", ".git/hooks/pre-commit", "a/.GIT/x", "c:\\x", "a\nb", "C:x"]
        {
            assert!(check_path(bad).is_err(), "{bad}");
        }
        assert!(check_path(".github/dependabot.yml").is_ok());
    }

    proptest! {
        #[test]
        fn edits_keep_what_is_there(before in "[ -~\n\r]{0,80}", added in "[a-z#\n]{0,20}", at in 0usize..90) {
            if let Some(after) = append(&before, &added) {
                prop_assert!(after.starts_with(&before));
            }
            let span = Some(Span::new(at, at));
            if let Some((at, lines)) = insert(&before, &added, &rule("^[a-m]", Some("^[x-z]")), "Dockerfile", span).unwrap() {
                let after = put(&before, at, &lines);
                prop_assert_eq!(after.len(), before.len() + lines.len());
                prop_assert!(before.lines().all(|line| after.contains(line)));
            }
        }
    }
}
