//! Taking secret values out of texts, wherever they stand: all values of a file at once, because a dump may hold
//! tens of thousands of them.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use crate::text::Span;

/// Shorter parts of a value tell nothing, and stand in other words too; in bytes.
const SHORTEST: usize = 4;
const MASK: &str = "********";

/// The values that no report may show, ready to be searched for.
#[derive(Debug, Default)]
pub struct Redactor {
    values: Option<AhoCorasick>,
    /// Whether there are more values than an automaton takes, so that no text can be shown at all.
    blind: bool,
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
        let values = (!parts.is_empty()).then(|| AhoCorasick::new(parts));
        let blind = values.as_ref().is_some_and(Result::is_err);
        Self { values: values.and_then(Result::ok), blind }
    }

    /// `text` with each of the values replaced by asterisks; those that overlap are masked as one.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.blind {
            return Cow::Borrowed(MASK);
        }
        let Some(values) = &self.values else { return Cow::Borrowed(text) };
        let mut masked: Vec<Span> = Vec::new();
        // Found in the order of their ends: what a longer one covers is taken back.
        for found in values.find_overlapping_iter(text) {
            let mut span = Span::new(found.start(), found.end());
            while let Some(last) = masked.pop_if(|last| span.start < last.end) {
                span = span.cover(last);
            }
            masked.push(span);
        }
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
        fn nothing_of_a_value_is_left(values in prop::collection::vec("[ab]{4,9}", 0..6), text in "[abc]{0,60}") {
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
