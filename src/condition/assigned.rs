//! Is the word at a place part of a name that is given a value? Answered from a few bytes, before any expression runs.
//!
//! Words like `password` stand everywhere; next to none of their places assigns something.

use crate::condition::spec::Assigned as Wanted;

/// Longest rest of a name, in bytes, and most blanks before and behind the sign.
const NAME: usize = 64;
const BLANKS: usize = 24;
/// Shortest value that may be a secret, in bytes: no expression that asks for an assignment takes less.
const VALUE: usize = 6;
/// Longest quoted value that is looked at by itself, in bytes.
const LONGEST: usize = 256;

/// What stands behind the name that byte `at` lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assigned<'text> {
    /// Nothing that an expression of this sort could match.
    No,
    /// Something.
    Yes,
    /// A value in quotes, whole and without blanks.
    Value(&'text [u8]),
}

/// What is assigned to the name that byte `at` lies in, if what is wanted is.
pub(crate) fn assigned(text: &[u8], at: usize, wanted: Wanted) -> Assigned<'_> {
    let rest = text.get(at..).unwrap_or_default();
    let name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let rest = skip(rest, NAME, name);
    // The end of a quoted name, of an index, of an attribute.
    let rest = skip(rest, 4, |byte| matches!(byte, b'"' | b'\'' | b'`' | b']' | b')' | b'\\'));
    let rest = skip(rest, BLANKS, is_blank);
    if wanted == Wanted::Any {
        // What looks like a type may be the value itself.
        return if is_written(rest) || is_written(typed(rest)) { Assigned::Yes } else { Assigned::No };
    }
    let rest = typed(rest);
    let (Some(true), sign) = (rest.first().map(|byte| is_sign(*byte)), rest) else {
        return if is_attribute(rest) { Assigned::Yes } else { Assigned::No };
    };
    let element = sign.first() == Some(&b'>');
    let rest = behind(sign);
    // Prefixes of strings: `r"…"`, `u'…'`, `@"…"`, `new String("…")` is none of them.
    let rest = skip(rest, 2, |byte| matches!(byte, b'\\' | b'@' | b'$' | b'b' | b'r' | b'u' | b'L' | b'[' | b'{'));
    match rest.first() {
        Some(b'"' | b'\'' | b'`') => value(rest.get(1..).unwrap_or_default()),
        _ if element => value(rest),
        _ => Assigned::No,
    }
}

/// Whether a sign and a value follow.
fn is_written(rest: &[u8]) -> bool {
    let value = behind(rest);
    rest.first().is_some_and(|byte| is_sign(*byte))
        && value.iter().take(VALUE).take_while(|byte| !byte.is_ascii_whitespace()).count() == VALUE
}

/// What stands behind a sign and blanks.
fn behind(sign: &[u8]) -> &[u8] {
    skip(skip(sign, 3, is_sign), BLANKS, is_blank)
}

const fn is_sign(byte: u8) -> bool {
    matches!(byte, b'=' | b':' | b'(' | b',' | b'>' | b'!' | b'?' | b'|')
}

/// The value that begins here, if it is long enough.
fn value(rest: &[u8]) -> Assigned<'_> {
    let inside = |byte: &&u8| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
    let length = rest.iter().take(LONGEST).take_while(inside).count();
    let ends = rest.get(length).is_some_and(|byte| !byte.is_ascii_whitespace());
    match rest.get(..length) {
        _ if length < VALUE => Assigned::No,
        Some(value) if ends && length < LONGEST => Assigned::Value(value),
        _ => Assigned::Yes,
    }
}

/// Behind a type: `password: string = "…"`, `password string = "…"`.
fn typed(rest: &[u8]) -> &[u8] {
    let after = rest.strip_prefix(b":").map_or(rest, |rest| skip(rest, 2, is_blank));
    let behind =
        skip(after, 24, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b']' | b'<' | b'>' | b'?' | b'&'));
    if behind.len() == after.len() {
        return rest;
    }
    let behind = skip(behind, 2, is_blank);
    if matches!(behind.first(), Some(b'=')) { behind } else { rest }
}

/// `name="password" value="…"`, as XML and HTML give it.
fn is_attribute(rest: &[u8]) -> bool {
    rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"value"))
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn skip(text: &[u8], most: usize, skipped: impl Fn(u8) -> bool) -> &[u8] {
    let count = text.iter().take(most).take_while(|byte| skipped(**byte)).count();
    text.get(count..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn assignments_of_many_languages_are_seen() {
        let quoted = [
            "password = \"xxxxxx\"",
            "password: 'xxxxxx'",
            "\"password\": \"xxxxxx\"",
            "password_value => 'xxxxxx'",
            "password := `xxxxxx`",
            "password: string = \"xxxxxx\"",
            "password string = \"xxxxxx\"",
            "PASSWORD', 'xxxxxx'",
            "password(\"xxxxxx\")",
            "password\"] = \"xxxxxx\"",
            "password>xxxxxx</password",
            "password\" value=\"xxxxxx\"",
            "\\\"password\\\": \\\"xxxxxx\\\"",
        ];
        for text in quoted {
            let at = text.to_ascii_lowercase().find("password").unwrap();
            assert!(assigned(text.as_bytes(), at, Wanted::Quoted) != Assigned::No, "{text}");
        }
        for text in [
            "password = xxxxxx",
            "password = \"xxxxx\"",
            "password = \"{{ xxxxxx }}\"",
            "password and \"xxxxxx\"",
            "password)",
            "password>\n",
            "password></password>",
            "password",
        ] {
            assert!(assigned(text.as_bytes(), 0, Wanted::Quoted) == Assigned::No, "{text}");
        }
        assert_eq!(assigned(b"password=xxxxxx", 0, Wanted::Any), Assigned::Yes);
        assert_eq!(assigned(b"password: xxxxxx=\n", 0, Wanted::Any), Assigned::Yes);
        assert_eq!(assigned(b"password=xxxxx\n", 0, Wanted::Any), Assigned::No);
        assert_eq!(assigned(b"password: 'abcdef',", 0, Wanted::Quoted), Assigned::Value(b"abcdef"));
        assert_eq!(assigned(b"password for all", 0, Wanted::Any), Assigned::No);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(text in prop::collection::vec(any::<u8>(), 0..60), at in 0_usize..70) {
            let _ = (assigned(&text, at, Wanted::Any), assigned(&text, at, Wanted::Quoted));
        }
    }
}
