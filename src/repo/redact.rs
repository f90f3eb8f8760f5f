//! Taking secret values out of texts, wherever they stand: all values of a file at once, because a dump may hold
//! tens of thousands of them.

use std::borrow::Cow;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use memchr::memmem::Finder;

use crate::text::{Span, joined};

/// Shorter parts of a value tell nothing, and stand in other words too; in bytes.
const SHORTEST: usize = 4;
const MASK: &str = "********";

/// Up to how many values a text is searched for one by one: an automaton takes longer to build.
const FEW: usize = 32;

/// The values that no report may show.
#[derive(Debug, Default)]
pub struct Redactor {
    /// In order, each once.
    values: Vec<String>,
    /// One for each of a few values, built when first needed.
    finders: OnceLock<Vec<Finder<'static>>>,
    /// For many. Built when first needed; an error where there are more values than it takes.
    automaton: OnceLock<Result<AhoCorasick, BuildError>>,
}

impl Redactor {
    /// For what stands at `spans` of a text.
    pub fn of(spans: &[Span], text: &[u8]) -> Self {
        let value = |span: &Span| text.get(span.start..span.end).map(String::from_utf8_lossy);
        Self::new(spans.iter().filter_map(value))
    }

    /// For whole values; those of several lines are taken line by line, as they may be shown.
    pub fn new<'v>(values: impl Iterator<Item = Cow<'v, str>>) -> Self {
        let mut parts: Vec<String> =
            values.flat_map(|value| value.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()).collect();
        parts.retain(|part| part.len() >= SHORTEST);
        parts.sort_unstable();
        parts.dedup();
        Self { values: parts, ..Self::default() }
    }

    /// `text` with each of the values replaced by asterisks; those that overlap are masked as one.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(masked) = self.places(text).map(joined) else { return Cow::Borrowed(MASK) };
        if masked.is_empty() {
            return Cow::Borrowed(text);
        }
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for span in masked {
            out.push_str(text.get(from..span.start).unwrap_or_default());
            out.push_str(MASK);
            from = span.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Where the values stand in a text; `None` where they cannot be searched for, so that nothing may be shown.
    fn places(&self, text: &str) -> Option<Vec<Span>> {
        if self.values.len() <= FEW {
            let finders =
                self.finders.get_or_init(|| self.values.iter().map(|value| Finder::new(value).into_owned()).collect());
            let of = |finder: &Finder<'_>| -> Vec<Span> {
                let length = finder.needle().len();
                finder.find_iter(text.as_bytes()).map(|at| Span::new(at, at + length)).collect()
            };
            return Some(finders.iter().flat_map(of).collect());
        }
        let automaton = self.automaton.get_or_init(|| quick_to_build(&self.values)).as_ref().ok()?;
        Some(automaton.find_overlapping_iter(text).map(|found| Span::new(found.start(), found.end())).collect())
    }
}

/// One file's values are searched for in few texts, so that no other kind earns back what it costs to build.
fn quick_to_build(values: &[String]) -> Result<AhoCorasick, BuildError> {
    AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redacted(values: &[&str], text: &str) -> String {
        Redactor::new(values.iter().map(|value| Cow::Borrowed(*value))).redact(text).into_owned()
    }

    #[test]
    fn every_value_goes() {
        assert_eq!(redacted(&["s3cret", "other"], "a=s3cret b=other c=s3cret"), "a=******** b=******** c=********");
        assert_eq!(redacted(&["abc", "  "], "abc stays"), "abc stays");
        assert_eq!(redacted(&[], "abc"), "abc");
        assert_eq!(redacted(&["line one\n  line two\n"], "x line two y"), "x ******** y");
        assert_eq!(redacted(&["\u{e9}t\u{e9}!"], "l'\u{e9}t\u{e9}!."), "l'********.");
    }

    #[test]
    fn values_that_overlap_are_masked_as_one() {
        assert_eq!(redacted(&["abcd", "cdefgh", "bcde"], "xabcdefghx"), "x********x");
        assert_eq!(redacted(&["token", "tokentoken"], "tokentoken token"), "******** ********");
        assert_eq!(redacted(&["abcd", "efgh"], "abcdefgh"), "****************");
    }

    proptest! {
        #[test]
        fn nothing_of_a_value_is_left(values in prop::collection::vec("[ab]{4,9}", 0..60), text in "[abc]{0,60}") {
            let out = redacted(&values.iter().map(String::as_str).collect::<Vec<_>>(), &text);
            for value in &values {
                prop_assert!(!out.contains(value.as_str()), "{} in {}", value, out);
            }
            let left: String = out.chars().filter(|letter| *letter == 'c').collect();
            let all: String = text.chars().filter(|letter| *letter == 'c').collect();
            prop_assert_eq!(left, all);
        }
    }
}
