//! What can be said of every match of an expression without running it: how it begins, where that is one of a few words
//! that are keywords, too, and bytes that it holds. Most places of keywords are refused so by looking at a few bytes, and
//! many an expression is never compiled.

use regex_syntax::hir::literal::{ExtractKind, Extractor, Literal};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::text::Span;

/// Most ways to begin that are worth comparing.
const MOST: usize = 64;
/// In windows of more bytes, expressions find their words faster themselves, once they are built.
const LONG: usize = 1024;
/// To build an expression takes about as long as to look for a word in so many bytes.
const BUILT: usize = 1 << 16;

/// What every match has.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    start: Option<Start>,
    head: Option<Head>,
    needs: Vec<u8>,
    stretch: Option<Stretch>,
    words: Vec<OneOf>,
}

/// The beginnings of an expression's matches.
#[derive(Debug)]
struct Start {
    literals: Vec<Box<[u8]>>,
    /// Whether no letter, digit or underscore may stand before.
    word: bool,
    /// What follows each of them, where that is known.
    run: Option<Run>,
}

/// Bytes of one class, and what follows them.
#[derive(Debug)]
struct Run {
    class: Bytes,
    /// How many there are at least.
    min: usize,
    /// How many there are at most, and the bytes of which one follows: none is of the class.
    end: Option<(usize, Bytes)>,
}

impl Shape {
    /// What every match of the expression has, and not every place of `keywords`.
    pub(crate) fn of(hir: &Hir, keywords: &[String]) -> Self {
        let common = |byte: u8| {
            !keywords.is_empty() && keywords.iter().all(|word| word.bytes().any(|own| own.eq_ignore_ascii_case(&byte)))
        };
        let needs = Bytes::needed(hir).iter().filter(|byte| byte.is_ascii_graphic() && !common(*byte)).collect();
        let mut words = OneOf::all(hir, keywords, OneOf::FEW);
        if words.is_empty() {
            words = OneOf::all(hir, keywords, OneOf::MANY);
        }
        Self { start: Start::of(hir, keywords), head: Head::of(hir), needs, stretch: Stretch::of(hir), words }
    }

    /// Whether a match may begin at byte `at` of `text`, where a keyword stands, if it begins with one.
    pub(crate) fn may_begin(&self, text: &[u8], at: usize) -> bool {
        self.start.as_ref().is_none_or(|start| start.is_at(text, at))
    }

    /// Whether a match may lie in `window`; of an expression that `is_built`, only that is asked which costs less than to
    /// run it.
    pub(crate) fn may_hold(&self, window: &[u8], is_built: bool) -> bool {
        let pays = |set: &&OneOf| {
            let words = set.0.len();
            if is_built { window.len() <= LONG && words <= OneOf::FEW } else { window.len() * words <= BUILT }
        };
        self.needs.iter().all(|byte| memchr::memchr(*byte, window).is_some())
            && self.stretch.as_ref().is_none_or(|stretch| stretch.is_in(window))
            && self.words.iter().filter(pays).all(|set| set.is_in(window))
    }

    /// Whether a match may lie in `line` of `text`, a line or what is left of one, by how it begins.
    pub(crate) fn may_head(&self, text: &[u8], line: Span) -> bool {
        self.head.as_ref().is_none_or(|head| head.is_at(text, line))
    }
}

/// How the lines begin on which an expression matches that asks for the beginning of a line.
#[derive(Debug)]
struct Head {
    /// Bytes that may stand first, how many at most, and those of which one follows: none is of the first.
    margin: Bytes,
    most: usize,
    next: Bytes,
}

impl Head {
    fn of(hir: &Hir) -> Option<Self> {
        let mut parts = Vec::new();
        flatten(hir, &mut parts);
        let (first, rest) = parts.split_first()?;
        if *first.kind() != HirKind::Look(Look::StartLF) {
            return None;
        }
        let margin = rest.first().and_then(|part| match part.kind() {
            HirKind::Repetition(repeated) => Some((Bytes::of_class(&repeated.sub)?, count(repeated.max))),
            _ => None,
        });
        let (margin, most) = margin.unwrap_or_default();
        let rest = if most == 0 { rest } else { rest.get(1..)? };
        let next = Bytes::begin(rest.iter().copied()).filter(|next| next.and(margin).is_empty())?;
        Some(Self { margin, most, next })
    }

    fn is_at(&self, text: &[u8], line: Span) -> bool {
        let begins =
            line.start.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|before| *before == b'\n');
        let own = text.get(line.start..line.end).unwrap_or_default();
        let margin = own.iter().take(self.most).take_while(|byte| self.margin.has(**byte)).count();
        begins && own.get(margin).is_some_and(|byte| self.next.has(*byte))
    }
}

/// Bytes of one class, so many of which stand together in every match: of a token, its own.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    class: Bytes,
    min: usize,
}

impl Stretch {
    /// Shortest that is worth a look, in bytes: words of people are as long.
    const SHORTEST: usize = 12;

    /// The longest that can be read off `hir`.
    fn of(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Capture(group) => Self::of(&group.sub),
            HirKind::Repetition(repeated) => match Bytes::of_class(&repeated.sub) {
                Some(class) => Some(Self { class, min: count(Some(repeated.min)) }).filter(Self::is_long),
                None => Self::of(&repeated.sub).filter(|_| repeated.min > 0),
            },
            HirKind::Concat(parts) => parts.iter().filter_map(Self::of).max_by_key(|stretch| stretch.min),
            HirKind::Alternation(branches) => {
                let all: Option<Vec<Self>> = branches.iter().map(Self::of).collect();
                let one =
                    |one: Self, other: Self| Self { class: one.class.or(other.class), min: one.min.min(other.min) };
                all?.into_iter().reduce(one)
            }
            _ => None,
        }
    }

    const fn is_long(&self) -> bool {
        self.min >= Self::SHORTEST
    }

    /// Whether it stands anywhere in `text`: of as many bytes as it has, most often one is looked at.
    fn is_in(&self, text: &[u8]) -> bool {
        let mut last = self.min - 1;
        while let Some(byte) = text.get(last) {
            let from = last + 1 - self.min;
            let breaks = |at: &usize| text.get(*at).is_none_or(|byte| !self.class.has(*byte));
            let broken = if self.class.has(*byte) { (from..last).rev().find(breaks) } else { Some(last) };
            match broken {
                Some(at) => last = at + self.min,
                None => return true,
            }
        }
        false
    }
}

/// How often something is repeated.
fn count(times: Option<u32>) -> usize {
    times.map_or(usize::MAX, |times| usize::try_from(times).unwrap_or(usize::MAX))
}

/// Words of which every match holds one, in lower case; they are looked for in any. The patterns of syntax read the most
/// telling ones off an expression with more care, for whole files (`code::words`); here, where a line is passed over or
/// not, all are wanted, and at little cost.
#[derive(Debug)]
struct OneOf(Vec<Vec<u8>>);

impl OneOf {
    /// Shortest word that tells texts apart, in bytes.
    const SHORTEST: usize = 3;
    /// Most words of a set that is asked again and again, and of one that may save it to build an expression.
    const FEW: usize = 16;
    const MANY: usize = 64;

    /// The sets that can be read off `hir`, of at most so many words, but for those of which keywords say all.
    fn all(hir: &Hir, keywords: &[String], most: usize) -> Vec<Self> {
        let mut sets = Vec::new();
        Self::add(hir, keywords, most, &mut sets);
        sets.retain(|set| !set.is_in_each(keywords));
        sets
    }

    /// Adds the sets that can be read off `hir`.
    fn add(hir: &Hir, keywords: &[String], most: usize, sets: &mut Vec<Self>) {
        match hir.kind() {
            HirKind::Capture(group) => Self::add(&group.sub, keywords, most, sets),
            HirKind::Repetition(repeated) if repeated.min > 0 => Self::add(&repeated.sub, keywords, most, sets),
            HirKind::Alternation(branches) => sets.extend(Self::of_branches(branches, keywords, most)),
            HirKind::Concat(parts) => {
                let mut word = Vec::new();
                for part in parts {
                    if !spell(part, &mut word) {
                        sets.extend(Self::of_word(std::mem::take(&mut word)));
                        Self::add(part, keywords, most, sets);
                    }
                }
                sets.extend(Self::of_word(word));
            }
            _ => {
                let mut word = Vec::new();
                if spell(hir, &mut word) {
                    sets.extend(Self::of_word(word));
                }
            }
        }
    }

    fn of_word(word: Vec<u8>) -> Option<Self> {
        (word.len() >= Self::SHORTEST).then(|| Self(vec![word]))
    }

    /// One set for all branches: the most telling one of each, if it can be of those that keywords say nothing of.
    fn of_branches(branches: &[Hir], keywords: &[String], most: usize) -> Option<Self> {
        let mut all = Vec::new();
        for branch in branches {
            let mut sets = Vec::new();
            Self::add(branch, keywords, most, &mut sets);
            all.extend(sets.into_iter().max_by_key(|set| (!set.is_in_each(keywords), set.worth()))?.0);
        }
        (all.len() <= most).then_some(Self(all))
    }

    /// How telling the words are: the length of the shortest, then their number, fewer being better.
    fn worth(&self) -> (usize, usize) {
        let shortest = self.0.iter().map(Vec::len).min().unwrap_or_default();
        (shortest, Self::MANY.saturating_sub(self.0.len()))
    }

    /// Whether wherever one of `keywords` stands, one of the words does.
    fn is_in_each(&self, keywords: &[String]) -> bool {
        !keywords.is_empty() && keywords.iter().all(|keyword| self.is_in(keyword.as_bytes()))
    }

    fn is_in(&self, text: &[u8]) -> bool {
        self.0.iter().any(|word| stands_in(word, text))
    }
}

/// Whether a word of lower case stands in `text`, in any case.
fn stands_in(word: &[u8], text: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    let begins = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    begins.into_iter().any(|at| text.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)))
}

/// Adds the letters for which `hir` stands, case left aside; says no where it stands for more.
fn spell(hir: &Hir, word: &mut Vec<u8>) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => word.extend(literal.0.iter().map(u8::to_ascii_lowercase)),
        HirKind::Class(Class::Bytes(class)) => {
            let letters = class.ranges();
            let Some(first) = letters.first().map(|range| range.start().to_ascii_lowercase()) else { return false };
            if letters.iter().any(|range| range.start() != range.end() || range.start().to_ascii_lowercase() != first) {
                return false;
            }
            word.push(first);
        }
        _ => return false,
    }
    true
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Bytes([u128; 2]);

impl Bytes {
    const ALL: Self = Self([u128::MAX; 2]);

    /// The bytes that stand in every match of `hir`.
    fn needed(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Literal(literal) => literal.0.iter().fold(Self::default(), |set, byte| set.with(*byte)),
            HirKind::Repetition(repeated) if repeated.min > 0 => Self::needed(&repeated.sub),
            HirKind::Capture(group) => Self::needed(&group.sub),
            HirKind::Concat(parts) => parts.iter().map(Self::needed).fold(Self::default(), Self::or),
            HirKind::Alternation(parts) => parts.iter().map(Self::needed).fold(Self::ALL, Self::and),
            _ => Self::default(),
        }
    }

    fn with(mut self, byte: u8) -> Self {
        if let Some(half) = self.0.get_mut(usize::from(byte >> 7)) {
            *half |= 1 << (byte & 127);
        }
        self
    }

    fn or(self, other: Self) -> Self {
        let ([low, high], [more, higher]) = (self.0, other.0);
        Self([low | more, high | higher])
    }

    fn and(self, other: Self) -> Self {
        let ([low, high], [more, higher]) = (self.0, other.0);
        Self([low & more, high & higher])
    }

    fn iter(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |byte| self.has(*byte))
    }

    const fn is_empty(self) -> bool {
        matches!(self.0, [0, 0])
    }

    const fn has(self, byte: u8) -> bool {
        let [low, high] = self.0;
        (if byte < 128 { low } else { high }) >> (byte & 127) & 1 == 1
    }

    /// The bytes for which `hir` stands, if it stands for one.
    fn of_class(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Class(Class::Bytes(class)) => {
                let bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
                Some(bytes.fold(Self::default(), Self::with))
            }
            HirKind::Literal(literal) if literal.0.len() == 1 => Some(Self::needed(hir)),
            _ => None,
        }
    }

    /// The bytes with which every match of these parts, one after the other, begins, if it begins with one of them.
    fn begin<'h>(parts: impl IntoIterator<Item = &'h Hir>) -> Option<Self> {
        let mut all = Self::default();
        for part in parts {
            let (first, may_be_empty) = match part.kind() {
                HirKind::Look(_) | HirKind::Empty => (Self::default(), true),
                HirKind::Literal(literal) => (Self::default().with(*literal.0.first()?), false),
                HirKind::Class(_) => (Self::of_class(part)?, false),
                HirKind::Capture(group) => (Self::begin([&*group.sub])?, false),
                HirKind::Repetition(repeated) => (Self::begin([&*repeated.sub])?, repeated.min == 0),
                HirKind::Concat(parts) => (Self::begin(parts)?, false),
                HirKind::Alternation(branches) => {
                    let each: Option<Vec<Self>> = branches.iter().map(|branch| Self::begin([branch])).collect();
                    (each?.into_iter().fold(Self::default(), Self::or), false)
                }
            };
            all = all.or(first);
            if !may_be_empty {
                return Some(all);
            }
        }
        None
    }

    /// The bytes with which every match of `hir` begins, if it begins with one of them.
    fn first_of(hir: &Hir) -> Option<Self> {
        match hir.kind() {
            HirKind::Literal(literal) => literal.0.first().map(|first| Self::default().with(*first)),
            HirKind::Repetition(repeated) if repeated.min > 0 => Self::of_class(&repeated.sub),
            _ => Self::of_class(hir),
        }
    }
}

impl Start {
    /// The beginnings of an expression, if each of them begins with one of `keywords`: then a match can begin only where
    /// a keyword stands.
    fn of(hir: &Hir, keywords: &[String]) -> Option<Self> {
        let mut found = Extractor::new().kind(ExtractKind::Prefix).limit_total(MOST).extract(hir);
        found.make_inexact();
        let literals = found.literals()?;
        let is_keyword = |literal: &[u8]| {
            let begins =
                |word: &str| literal.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word.as_bytes()));
            keywords.iter().any(|word| begins(word))
        };
        if literals.is_empty() || !literals.iter().all(|literal| is_keyword(literal.as_bytes())) {
            return None;
        }
        let word = hir.properties().look_set_prefix().contains(Look::WordAscii);
        let run = Run::behind(hir, literals);
        Some(Self { literals: literals.iter().map(|literal| literal.as_bytes().into()).collect(), word, run })
    }

    /// Whether a match may begin at byte `at` of `text`, where a keyword stands.
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let rest = text.get(at..).unwrap_or_default();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let before = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(is_word);
        let bounded = !self.word || before != rest.first().is_some_and(is_word);
        let goes_on = |behind: &[u8]| self.run.as_ref().is_none_or(|run| run.is_at(behind));
        bounded && self.literals.iter().any(|literal| rest.strip_prefix(&**literal).is_some_and(goes_on))
    }
}

impl Run {
    /// What follows `beginnings`, with which an expression's matches begin, if it is a run and they end where it begins.
    fn behind(hir: &Hir, beginnings: &[Literal]) -> Option<Self> {
        let mut parts = Vec::new();
        flatten(hir, &mut parts);
        let begins_with = |before: &[&Hir]| {
            let before = Hir::concat(before.iter().map(|part| (*part).clone()).collect());
            let found = Extractor::new().kind(ExtractKind::Prefix).limit_total(MOST).extract(&before);
            let same = |all: &[Literal]| all.iter().map(Literal::as_bytes).eq(beginnings.iter().map(Literal::as_bytes));
            found.is_exact() && found.literals().is_some_and(same)
        };
        let (at, (mut run, max)) = (1..parts.len()).find_map(|at| {
            let (before, behind) = parts.split_at_checked(at)?;
            let run = Self::of(behind.first()?)?;
            begins_with(before).then_some((at, run))
        })?;
        let next = parts.get(at + 1).and_then(|next| Bytes::first_of(next));
        run.end = next.filter(|next| next.and(run.class).is_empty()).map(|next| (max, next));
        Some(run)
    }

    /// The run that `hir` stands for, without its end, and how many bytes it has at most.
    fn of(hir: &Hir) -> Option<(Self, usize)> {
        let HirKind::Repetition(repeated) = hir.kind() else { return None };
        let class = Bytes::of_class(&repeated.sub)?;
        Some((Self { class, min: count(Some(repeated.min)), end: None }, count(repeated.max)))
    }

    /// Whether it may stand at the beginning of `text`.
    fn is_at(&self, text: &[u8]) -> bool {
        let length = |most: usize| text.iter().take(most).take_while(|byte| self.class.has(**byte)).count();
        match self.end {
            None => length(self.min) == self.min,
            Some((max, next)) => {
                let length = length(max);
                length >= self.min && text.get(length).is_some_and(|byte| next.has(*byte))
            }
        }
    }
}

/// The parts of an expression one after the other, out of their groups.
fn flatten<'a>(hir: &'a Hir, parts: &mut Vec<&'a Hir>) {
    match hir.kind() {
        HirKind::Capture(group) => flatten(&group.sub, parts),
        HirKind::Concat(all) => all.iter().for_each(|part| flatten(part, parts)),
        _ => parts.push(hir),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::expression::parse;

    fn shape(pattern: &str, keywords: &[&str]) -> Shape {
        Shape::of(&parse(pattern).unwrap(), &keywords.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn start(pattern: &str, keywords: &[&str]) -> Option<Start> {
        shape(pattern, keywords).start
    }

    #[test]
    fn bytes_that_every_match_holds_are_needed() {
        let needs = |pattern: &str| shape(pattern, &["http"]).needs;
        assert_eq!(needs(r"https?://\w+(:x@|[0-9]{2}@)(;)?"), b"/:@");
        assert_eq!(needs("(?i:a)b+c*[de]"), b"b");
        assert_eq!(needs("a|"), b"");
        assert!(shape(r"a\d*@b", &[]).may_hold(b"b@a", true) && !shape(r"a\d*@b", &[]).may_hold(b"ab", true));
    }

    #[test]
    fn words_that_every_match_holds_are_needed() {
        let may_hold = |pattern: &str, text: &str| shape(pattern, &["time.now"]).may_hold(text.as_bytes(), true);
        let cached = r"(?i)\bcached?\w*\s*<\s*time\.now|time\.now\(\)[^\n]*cache(?:d)?|(?:old|new)er_than\(time\.now";
        assert!(may_hold(cached, "x.CacheD < time.now") && may_hold(cached, "newer_THAN(time.now"));
        assert!(!may_hold(cached, "start < time.now") && !may_hold(cached, "cach, time.now"));
        assert!(may_hold(r"(?:ab|cde)x|time\.now", "nothing"), "too short, and what keywords say anyway");
        assert!(may_hold(r"(?:cde)?(?:fgh)*", "nothing") && may_hold("[ab]cde|fgh", "bcde, time.now"));
    }

    #[test]
    fn more_is_asked_where_that_saves_it_to_build_an_expression() {
        let many: Vec<String> = ('a'..='z').map(|letter| letter.to_string().repeat(4)).collect();
        let (few, many) = (shape("abc|def", &[]), shape(&format!("(?:{})=", many.join("|")), &[]));
        let long = "x".repeat(1500);
        assert!(few.may_hold(long.as_bytes(), true) && !few.may_hold(long.as_bytes(), false));
        assert!(many.may_hold(b"ccc = ddd", true) && !many.may_hold(b"ccc = ddd", false));
        assert!(many.may_hold(b"CCcc=", false) && many.may_hold(format!("={}", "ab".repeat(3000)).as_bytes(), false));
    }

    #[test]
    fn a_token_needs_so_many_bytes_of_its_class_together() {
        let holds = |pattern: &str, text: &str| shape(pattern, &[]).may_hold(text.as_bytes(), true);
        assert!(holds("key.{0,9}[0-9a-f]{12}", "key = 0123456789ab"));
        assert!(!holds("key.{0,9}[0-9a-f]{12}", "key = 0123456789a, 0123456789x"));
        assert!(holds("key(?:[a-c]{12}|[0-9]{14})", "keyabcabcabcabc"), "one class for all branches");
        assert!(!holds("key(?:[a-c]{12}|[0-9]{14})", "keyabcabcabcab-c"));
        assert!(
            holds("key(?:[a-c]{12}|x)", "keyx") && holds("key(?:[a-c]{12})?", "key") && holds("key[a-c]{11}", "key")
        );
        assert!(!holds("(?:[a-c]{12})+", "") && holds("(?P<s>[a-c]{12})", "--abcabcabcabc--"));
    }

    #[test]
    fn a_line_begins_as_its_expression_does() {
        let may = |pattern: &str, text: &str, from: usize| {
            shape(pattern, &[]).may_head(text.as_bytes(), Span::new(from, text.len()))
        };
        assert!(may(r"^[ \t]*(?:key|#)", " \t key", 0) && may(r"^[ \t]*(?:key|#)", "a\n#", 2));
        assert!(!may(r"^[ \t]*(?:key|#)", "a key", 0) && !may(r"^[ \t]*key", " ", 0));
        assert!(!may(r"^key", "a key", 2), "what is left of a line is no beginning");
        assert!(may(r"^\s*(?:-\s+)?key", "- key", 0) && may(r"^\w*key", "a-key", 0), "more may come before");
        assert!(may(r"^ {0,2}#", "  #", 0) && !may(r"^ {0,2}#", "   #", 0));
        assert!(may(r"^key|b", "b", 0) && may(r"(?:^|x)key", "b", 0) && may("^(?:a|)b?", "c", 0));
        assert!(may(r"^\bkey", "key", 0) && !may(r"^(?P<s>key)\b", "kay", 1));
    }

    #[test]
    fn a_token_begins_with_its_prefix() {
        let start = start(r"\b(?P<secret>ion_[A-Za-z0-9]{42})\b", &["ion_"]).unwrap();
        let token = format!("ion_{}", "0".repeat(42));
        assert!(start.is_at(format!("x = {token}").as_bytes(), 4) && start.is_at(token.as_bytes(), 0));
        assert!(!start.is_at(format!("vers{token}").as_bytes(), 4), "within a word");
        assert!(!start.is_at(token.to_ascii_uppercase().as_bytes(), 0), "in another case");
    }

    #[test]
    fn a_run_behind_the_beginning_must_be_long_enough_and_end_right() {
        let token = start(r"\b(?P<secret>ion_[A-Za-z0-9]{4})\b", &["ion_"]).unwrap();
        assert!(token.is_at(b"ion_0aB9", 0) && token.is_at(b"ion_0aB9z", 0), "how it ends is left to the expression");
        assert!(!token.is_at(b"ion_0aB", 0) && !token.is_at(b"ion_0-B9", 0));
        let url = start(r"(?i:https?)://(?P<user>[^\s:@/]{1,4}):x", &["https://", "http://"]).unwrap();
        assert!(url.is_at(b"https://me:x", 0) && url.is_at(b"HTTP://meme:", 0));
        for text in ["https://me/x:y", "https://:x", "https://longer:x", "https://me", "https://"] {
            assert!(!url.is_at(text.as_bytes(), 0), "{text}");
        }
        let open = start("ab[0-9a]{2,3}a", &["ab"]).unwrap();
        assert!(open.is_at(b"ab0aa", 0) && open.is_at(b"ab00-", 0) && !open.is_at(b"ab0-", 0));
        assert!(start("(?:abc|ab)[0-9]{2}", &["ab"]).is_none_or(|start| start.is_at(b"abc00", 0)));
        assert!(start("ab(?:c[0-9]{2}|d)", &["ab"]).unwrap().is_at(b"abd", 0));
    }

    #[test]
    fn alternatives_and_cases_are_all_known() {
        let start = start(r"(?i:ab)c|XYZ[0-9]", &["abc", "xyz"]).unwrap();
        assert!(["aBc", "ABc", "XYZ7"].iter().all(|text| start.is_at(text.as_bytes(), 0)));
        assert!(!start.is_at(b"xyz7", 0));
    }

    #[test]
    fn what_may_begin_without_a_keyword_is_left_to_the_expression() {
        assert!(start(r"\w*token", &["token"]).is_none());
        assert!(start(r"key|[a-z]+token", &["token", "key"]).is_none());
        assert!(start(r"(?:^|[^a-z])box", &["box"]).is_none());
        assert!(start(r"(abc)?token", &["token"]).is_none());
    }
}
