//! Regular expressions as conditions ask them: hundreds of an audit's expressions are built, most to look at a few short
//! lines. So an expression is built from what was parsed before, and without the engines that pay only on long texts.
//!
//! Of the library's engines stay the automaton that is made while it runs, and the one that never fails; which of them
//! answers makes no difference to the answer. `regex` itself always builds all of them.

use std::ops::Range;

use regex_automata::Input;
use regex_automata::meta::{Builder, Config, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::captures::Captures;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// Most memory of a compiled expression, in bytes.
const SIZE: usize = 4 << 20;
/// Most memory, in bytes, in which a thread remembers where an expression stood that is one of hundreds.
pub(crate) const SMALL_CACHE: usize = 256 << 10;

/// How long the texts are that an expression looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// A line or so: it is read as it stands.
    Short,
    /// More: literals that every match holds are looked for first.
    Long,
}

/// An expression, ready to be tried.
#[derive(Debug)]
pub(crate) struct Expression {
    regex: Regex,
    is_named: bool,
}

/// A place where an expression matches, in bytes, with its groups if the expression names some.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) whole: Range<usize>,
    groups: Option<Captures>,
}

/// What `pattern` says: bytes, not characters; `\w` and the like mean ASCII; `^` and `$` stand at lines.
///
/// # Errors
/// What the library has to say about a pattern that is none, over several lines.
pub(crate) fn parse(pattern: &str) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().unicode(false).utf8(false).multi_line(true).build();
    parser.parse(pattern).map_err(|error| error.to_string())
}

/// What a `pattern` for one value of a document says: `^` and `$` stand at the ends of the value; `\w` and the like mean
/// ASCII, unless the pattern itself goes beyond that: tables of all letters of the world make an expression a hundred
/// times as expensive to build.
///
/// # Errors
/// As [`parse`] has them.
pub(crate) fn parse_for_value(pattern: &str) -> Result<Hir, String> {
    let wants_unicode = !pattern.is_ascii() || pattern.contains(r"\p");
    let mut parser = ParserBuilder::new().unicode(wants_unicode).utf8(false).build();
    parser.parse(pattern).map_err(|error| error.to_string())
}

impl Expression {
    /// Builds what was parsed; `cache` is the most memory, in bytes, in which a thread remembers where it stood.
    ///
    /// # Errors
    /// The expression is too large.
    pub(crate) fn new(hir: &Hir, length: Length, cache: usize) -> Result<Self, String> {
        let is_named = has_group(hir, &|_| true);
        let config = Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(SIZE))
            .hybrid_cache_capacity(cache)
            .auto_prefilter(length == Length::Long)
            .onepass(false)
            .dfa(false)
            .which_captures(if is_named { WhichCaptures::All } else { WhichCaptures::Implicit });
        let regex = Builder::new().configure(config).build_from_hir(hir).map_err(|error| error.to_string())?;
        Ok(Self { regex, is_named })
    }

    /// Whether it matches anywhere in `text`.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// The first place from byte `at` of `text` on. Groups are looked for only where the expression names some, as that
    /// takes a second search of the place.
    pub(crate) fn find_at(&self, text: &[u8], at: usize) -> Option<Found> {
        let input = Input::new(text).range(at..);
        if !self.is_named {
            return self.regex.search(&input).map(|found| Found { whole: found.range(), groups: None });
        }
        let mut groups = self.regex.create_captures();
        self.regex.search_captures(&input, &mut groups);
        let whole = groups.get_match()?.range();
        Some(Found { whole, groups: Some(groups) })
    }

    /// The names of its groups, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.regex.group_info().all_names().filter_map(|(_, _, name)| name)
    }
}

impl Found {
    /// The bytes of the group of this name, if it took part.
    pub(crate) fn group(&self, name: &str) -> Option<Range<usize>> {
        self.groups.as_ref()?.get_group_by_name(name).map(|span| span.range())
    }
}

/// Whether an expression names a group that `is_meant`.
pub(super) fn has_group(hir: &Hir, is_meant: &dyn Fn(&str) -> bool) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => group.name.as_deref().is_some_and(is_meant) || has_group(&group.sub, is_meant),
        HirKind::Repetition(repeated) => has_group(&repeated.sub, is_meant),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(|part| has_group(part, is_meant)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn built(pattern: &str, length: Length) -> Expression {
        Expression::new(&parse(pattern).unwrap(), length, 1 << 18).unwrap()
    }

    #[test]
    fn groups_are_known_by_their_names() {
        let expression = built(r"(a+)(?P<b>b)?(?:c(?<d>d*))?", Length::Short);
        let found = expression.find_at(b"xaab", 1).unwrap();
        assert_eq!((found.whole.clone(), found.group("b"), found.group("d")), (1..4, Some(3..4), None));
        assert_eq!(expression.names().collect::<Vec<_>>(), ["b", "d"]);
        assert!(built("(a)", Length::Short).find_at(b"a", 0).unwrap().groups.is_none());
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert!(parse("a(").unwrap_err().contains("unclosed group"));
        assert!(Expression::new(&parse(r"\w{1000}{1000}{9}").unwrap(), Length::Short, 1 << 18).is_err());
    }

    proptest! {
        #[test]
        fn it_finds_what_the_library_finds(
            pattern in prop::sample::select(vec![
                r"(?i)\b\w*ab?\w*\s*=|c+$", "^a|(?:b|ab)(c)", r"(?P<x>a+?)(?P<y>b|$)", r"[^a\n]+b\b", "a{2,3}|", r"(?:[^\n]*\n){0,2}?c",
            ]),
            text in "[abcA=\n \u{e9}]{0,40}",
            at in 0..8_usize,
        ) {
            let regex = regex::bytes::RegexBuilder::new(pattern).unicode(false).multi_line(true).build().unwrap();
            let at = at.min(text.len());
            let wanted = regex.captures_at(text.as_bytes(), at);
            for length in [Length::Short, Length::Long] {
                let found = built(pattern, length).find_at(text.as_bytes(), at);
                prop_assert_eq!(found.as_ref().map(|f| f.whole.clone()), wanted.as_ref().map(|w| w.get(0).unwrap().range()));
                for name in regex.capture_names().flatten() {
                    let wanted = wanted.as_ref().and_then(|wanted| wanted.name(name)).map(|group| group.range());
                    prop_assert_eq!(found.as_ref().and_then(|found| found.group(name)), wanted);
                }
            }
        }
    }
}
