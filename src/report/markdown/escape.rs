//! Text for GitHub's and GitLab's Markdown that stays text: it formats nothing, mentions nobody and refers to nothing.
//!
//! Mentions and references are found in what is rendered, so a backslash does not stop them: a character without width
//! behind the sign does. Code spans are never searched for them.

use std::fmt::Write as _;

use crate::report::words;

/// Breaks a mention or a reference, and is not seen.
const BREAK: &str = "&#8203;";

/// Text of anybody, on one line.
pub(super) fn text(text: &str) -> String {
    let text = words::clean(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '{' | '}' | '!' | '^' | '=' => {
                out.push('\\');
                out.push(c);
            }
            '#' => {
                out.push_str("\\#");
                out.push_str(BREAK);
            }
            '@' => {
                out.push('@');
                out.push_str(BREAK);
            }
            // `https://…`, `www.…` and `GH-1` are links by themselves.
            ':' if rest.peek() == Some(&'/') => {
                out.push(':');
                out.push_str(BREAK);
            }
            '.' if before.eq_ignore_ascii_case(&'w') => {
                out.push('.');
                out.push_str(BREAK);
            }
            '-' if before.eq_ignore_ascii_case(&'h') && rest.peek().is_some_and(char::is_ascii_digit) => {
                out.push('-');
                out.push_str(BREAK);
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Text of anybody as code, on one line; the fence is longer than any that the text holds.
pub(super) fn code(text: &str) -> String {
    let text = words::clean(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let room = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// A text of a rule, in which code stands between backticks.
pub(super) fn prose(written: &str) -> String {
    let mut out = String::new();
    for piece in words::pieces(&words::clean(written)) {
        let _ = write!(out, "{}", if piece.code { code(&piece.text) } else { text(&piece.text) });
    }
    out
}

/// A name inside a comment: letters, digits, dots, and single dashes.
pub(super) fn name(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(100) {
        let plain = c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        if plain {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_mentioned_and_nothing_referred_to() {
        assert_eq!(text("@name #1"), "@&#8203;name \\#&#8203;1");
        assert_eq!(text("GH-12 https://x www.y"), "GH-&#8203;12 https:&#8203;//x www.&#8203;y");
        assert_eq!(text("a|b <i> `c` [d](e)\n::x"), "a\\|b \\<i\\> \\`c\\` \\[d\\](e) ::x");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("a `b` c"), "``a `b` c``");
        assert_eq!(code("`b`\n"), "`` `b` ``");
        assert_eq!((code(""), code(" \u{1b} ")), (String::new(), "`\u{fffd}`".to_owned()));
        assert_eq!(name("a --> <b>/c"), "a-b-c");
    }
}
