//! Regular expressions as conditions ask them: hundreds of an audit's expressions are built, most to look at a few short
//! lines. So an expression is built from what was parsed before, and without the engines that pay only on long texts.
//!
//! Of the library's engines stay the automaton that is made while it runs, and the one that never fails; which of them
//! answers makes no difference to the answer. `regex` itself always builds all of them.
//!
//! To find where groups lie takes the slow one. It is not needed where each alternative is a group as a whole or holds
//! none: then it is enough to know which of them matched, and the fast one says that of several expressions.

use std::borrow::Cow;
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
    groups: Groups,
}

/// How it is known where named groups lie.
#[derive(Debug)]
enum Groups {
    /// Each expression that was built is the group of this name, or holds none.
    Whole(Vec<Option<Box<str>>>),
    /// By a second search.
    Searched,
}

/// A place where an expression matches, in bytes, with its groups if the expression names some.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) whole: Range<usize>,
    groups: FoundGroups,
}

#[derive(Debug)]
enum FoundGroups {
    /// The name of the group that is all of it, if there is one.
    Whole(Option<Box<str>>),
    Searched(Captures),
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
        let alternatives = apart(hir);
        let captures = if alternatives.is_some() { WhichCaptures::Implicit } else { WhichCaptures::All };
        let config = Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(SIZE))
            .hybrid_cache_capacity(cache)
            .auto_prefilter(length == Length::Long)
            .onepass(false)
            .dfa(false)
            .which_captures(captures);
        let (expressions, groups): (Vec<Cow<'_, Hir>>, Groups) = match alternatives {
            Some(alternatives) => {
                let (expressions, names) = alternatives.into_iter().unzip();
                (expressions, Groups::Whole(names))
            }
            None => (vec![Cow::Borrowed(hir)], Groups::Searched),
        };
        let regex =
            Builder::new().configure(config).build_many_from_hir(&expressions).map_err(|error| error.to_string())?;
        Ok(Self { regex, groups })
    }

    /// Whether it matches anywhere in `text`.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// The first place from byte `at` of `text` on. Groups are looked for only where the expression names some, as that
    /// takes a second search of the place.
    pub(crate) fn find_at(&self, text: &[u8], at: usize) -> Option<Found> {
        let input = Input::new(text).range(at..);
        if let Groups::Whole(names) = &self.groups {
            let found = self.regex.search(&input)?;
            let name = names.get(found.pattern().as_usize()).cloned().flatten();
            return Some(Found { whole: found.range(), groups: FoundGroups::Whole(name) });
        }
        let mut groups = self.regex.create_captures();
        self.regex.search_captures(&input, &mut groups);
        let whole = groups.get_match()?.range();
        Some(Found { whole, groups: FoundGroups::Searched(groups) })
    }

    /// The names of its groups, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let whole = if let Groups::Whole(names) = &self.groups { names.as_slice() } else { &[] };
        let searched = self.regex.group_info().all_names().filter_map(|(_, _, name)| name);
        whole.iter().flatten().map(|name| &**name).chain(searched)
    }
}

impl Found {
    /// The bytes of the group of this name, if it took part.
    pub(crate) fn group(&self, name: &str) -> Option<Range<usize>> {
        match &self.groups {
            FoundGroups::Whole(own) => (own.as_deref() == Some(name)).then(|| self.whole.clone()),
            FoundGroups::Searched(groups) => groups.get_group_by_name(name).map(|span| span.range()),
        }
    }
}

/// An alternative of an expression, and the name of the group that it is, if it is one.
type Alternative<'h> = (Cow<'h, Hir>, Option<Box<str>>);

/// The alternatives of an expression in their order, each with the name of the group that it is, if it is one: what stands
/// beside that group takes no room. `None`: a group is a part of an alternative.
fn apart(hir: &Hir) -> Option<Vec<Alternative<'_>>> {
    let is_named = |part: &Hir| has_group(part, &|_| true);
    if !is_named(hir) {
        return Some(vec![(Cow::Borrowed(hir), None)]);
    }
    let parts = if let HirKind::Alternation(parts) = hir.kind() { parts.as_slice() } else { std::slice::from_ref(hir) };
    let mut alternatives: Vec<Alternative<'_>> = Vec::new();
    for run in parts.chunk_by(|one, next| !is_named(one) && !is_named(next)) {
        match run {
            [one] if is_named(one) => {
                let (name, inner) = as_group(one)?;
                alternatives.push((Cow::Owned(inner), Some(name)));
            }
            _ => alternatives.push((Cow::Owned(Hir::alternation(run.to_vec())), None)),
        }
    }
    Some(alternatives)
}

/// What is in the group that takes all the room of an expression, and its name.
fn as_group(hir: &Hir) -> Option<(Box<str>, Hir)> {
    match hir.kind() {
        HirKind::Capture(group) if !has_group(&group.sub, &|_| true) => {
            Some((group.name.clone()?, Hir::clone(&group.sub)))
        }
        HirKind::Concat(parts) => {
            let mut name = None;
            let mut inner = Vec::with_capacity(parts.len());
            for part in parts {
                if let HirKind::Look(_) = part.kind() {
                    inner.push(part.clone());
                } else if name.is_none() {
                    let (own, group) = as_group(part)?;
                    name = Some(own);
                    inner.push(group);
                } else {
                    return None;
                }
            }
            Some((name?, Hir::concat(inner)))
        }
        _ => None,
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
        assert!(matches!(built("(a)", Length::Short).groups, Groups::Whole(names) if names == [None]));
    }

    #[test]
    fn groups_that_are_whole_alternatives_take_no_second_search() {
        for pattern in [r"skip a|skip b|\b(?P<x>\w+)\b|c|(?P<y>-)", r"(?P<x>a)|b", r"^(?P<x>(?:a|b(c)))$"] {
            assert!(matches!(built(pattern, Length::Long).groups, Groups::Whole(_)), "{pattern}");
        }
        for pattern in [r"a(?P<x>b)", r"(?P<x>a(?P<y>b))", r"(?P<x>a)|b(?P<y>c)", r"(?P<x>a)?"] {
            assert!(matches!(built(pattern, Length::Long).groups, Groups::Searched), "{pattern}");
        }
        let expression = built(r"ab|(?P<x>a.)|(?P<y>a)", Length::Short);
        assert_eq!(expression.names().collect::<Vec<_>>(), ["x", "y"]);
        let group = |text: &[u8], name| expression.find_at(text, 0).unwrap().group(name);
        assert_eq!((group(b"ab", "x"), group(b"ac", "x"), group(b"-a", "y")), (None, Some(0..2), Some(1..2)));
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
                r"(?i)\b\w*ab?\w*\s*=|c+$", "^a|(?:b|ab)(c)", r"ab+|(?P<x>a[^\n]*b)|(?P<y>\w)", r"\b(?P<x>[ab]+?)\b|(?P<y>c+a)",
                r"(?P<x>a|ab)|(?P<y>ab=)|=|\b(?P<z>b[^\n])", r"(?P<x>(?:[^\n]*\n)?a)$|^(?P<y>b*)", r"(?P<x>a+?)(?P<y>b|$)", r"[^a\n]+b\b", "a{2,3}|", r"(?:[^\n]*\n){0,2}?c",
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
