//! Ignores beside a line: `prodready: ignore[rule] until=YYYY-MM-DD -- reason`, on the line of the finding or the one above.
//!
//! One strict grammar: what is nearly right is reported, and honours nothing. Where the comments of a language are
//! known, only they are read, and never what stands in back-ticks, so that a text about ignores ignores nothing.

use jiff::civil::Date;

use crate::checklist::decision::Target;
use crate::text::Span;

/// What every ignore begins with.
pub const MARK: &str = "prodready: ignore";

/// One ignore, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// The line it stands on, 1-based.
    pub line: usize,
    /// Whether the comment has the line for itself; then the line below is meant.
    pub alone: bool,
    /// What it says, or what is wrong with it.
    pub said: Result<Said, String>,
}

/// What a well-formed ignore says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is ignored.
    pub targets: Vec<Target>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<Date>,
}

/// The ignores of `text`. `comments` gives the comments of its language, where they are known.
pub fn find(text: &str, comments: impl FnOnce() -> Option<Vec<Span>>) -> Vec<Inline> {
    let mut places = memchr::memmem::find_iter(text.as_bytes(), MARK.as_bytes()).peekable();
    if places.peek().is_none() {
        return Vec::new();
    }
    let comments = comments();
    let quoted = |at: usize| at.checked_sub(1).and_then(|at| text.as_bytes().get(at)) == Some(&b'`');
    let in_comment = |at: usize| comments.as_ref().is_none_or(|spans| spans.iter().any(|span| span.contains(at)));
    let read = |at: usize| {
        let rest = text.get(at + MARK.len()..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', text.as_bytes().get(..at).unwrap_or_default()).count();
        let before = text.get(..at).unwrap_or_default();
        let before = before.rsplit_once('\n').map_or(before, |(_, own)| own);
        // What may open a comment, in any language.
        let alone = before.chars().all(|sign| sign.is_whitespace() || "#/*<!-;%{(".contains(sign));
        Inline { line, alone, said: read(rest) }
    };
    places.filter(|at| in_comment(*at) && !quoted(*at)).map(read).collect()
}

/// Reads what follows the mark on its line.
fn read(rest: &str) -> Result<Said, String> {
    let form = "write `prodready: ignore[rule] -- reason`";
    let inner = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (names, rest) = inner.ok_or_else(|| format!("the ignore names no rule: {form}"))?;
    let parse = |name: &str| Target::parse(name.trim()).ok_or_else(|| format!("`{}` is no rule: {form}", name.trim()));
    let targets = names.split(',').map(parse).collect::<Result<Vec<_>, _>>()?;
    let (head, reason) = rest.split_once("--").ok_or_else(|| format!("the ignore has no reason: {form}"))?;
    let reason = without_end(reason).trim();
    if reason.is_empty() {
        return Err(format!("the ignore has no reason: {form}"));
    }
    let until = match head.trim() {
        "" => None,
        word => Some(day(word)?),
    };
    Ok(Said { targets, reason: reason.to_owned(), until })
}

fn day(word: &str) -> Result<Date, String> {
    let written = word.strip_prefix("until=").ok_or_else(|| {
        format!("`{word}` says nothing here: between the rule and the reason only `until=YYYY-MM-DD` may stand")
    })?;
    written.parse().map_err(|_| format!("`{written}` is no date of the form YYYY-MM-DD"))
}

/// The reason without the end of its comment.
fn without_end(text: &str) -> &str {
    ["*/", "-->", "#}", "%>", "*)"].iter().filter_map(|end| text.find(end)).min().map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Result<Said, String> {
        let found = find(text, || None);
        assert_eq!(found.len(), 1, "{text}");
        found[0].said.clone()
    }

    #[test]
    fn an_ignore_names_rules_a_reason_and_perhaps_a_day() {
        let said = one("x = 1 # prodready: ignore[a/b, c/d/e.f] until=2027-01-31 -- we know\n").unwrap();
        assert_eq!(said.targets.iter().map(Target::to_string).collect::<Vec<_>>(), ["a/b", "c/d/e.f"]);
        assert_eq!((said.reason.as_str(), said.until), ("we know", Some(jiff::civil::date(2027, 1, 31))));
        assert_eq!(one("/* prodready: ignore[a/b] -- why */ x").unwrap().reason, "why");
        let below = &find("\n\n  // prodready: ignore[a/b] -- why", || None)[0];
        assert_eq!((below.line, below.alone), (3, true));
        assert!(!find("x() // prodready: ignore[a/b] -- why", || None)[0].alone);
    }

    #[test]
    fn what_is_nearly_right_is_told() {
        for (text, word) in [
            ("prodready: ignore a/b -- x", "names no rule"),
            ("prodready: ignore[a/b]", "no reason"),
            ("prodready: ignore[a/b] -- ", "no reason"),
            ("prodready: ignore[nonsense] -- x", "is no rule"),
            ("prodready: ignore[a/b] until=soon -- x", "is no date"),
            ("prodready: ignore[a/b] 2027-01-01 -- x", "says nothing here"),
        ] {
            let error = one(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn where_comments_are_known_only_they_count() {
        let text = "s = 'prodready: ignore[a/b] -- x'";
        assert!(find(text, || Some(vec![])).is_empty());
        assert_eq!(find(text, || Some(vec![Span::new(0, text.len())])).len(), 1);
    }

    proptest! {
        #[test]
        fn never_panics(rest in "(\\[|\\]|--|until=|a/b|,| |\u{e9}|\\*/){0,12}") {
            let _ = find(&format!("prodready: ignore{rest}"), || None);
        }
    }
}
