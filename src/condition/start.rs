//! What can be said of every match of an expression without running it: how it begins, where that is one of a few words
//! that are keywords, too, and bytes that it holds. Most places of keywords are refused so by looking at a few bytes, and
//! many an expression is never compiled.

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

/// Most ways to begin that are worth comparing.
const MOST: usize = 64;

/// What every match has.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    start: Option<Start>,
    needs: Vec<u8>,
}

/// The beginnings of an expression's matches.
#[derive(Debug)]
struct Start {
    literals: Vec<Box<[u8]>>,
    /// Whether no letter, digit or underscore may stand before.
    word: bool,
}

impl Shape {
    /// What every match of the expression has, and not every place of `keywords`.
    pub(crate) fn of(hir: &Hir, keywords: &[String]) -> Self {
        let common = |byte: u8| {
            !keywords.is_empty() && keywords.iter().all(|word| word.bytes().any(|own| own.eq_ignore_ascii_case(&byte)))
        };
        let needs = Bytes::needed(hir).iter().filter(|byte| byte.is_ascii_graphic() && !common(*byte)).collect();
        Self { start: Start::of(hir, keywords), needs }
    }

    /// Whether a match may begin at byte `at` of `text`, where a keyword stands, if it begins with one.
    pub(crate) fn may_begin(&self, text: &[u8], at: usize) -> bool {
        self.start.as_ref().is_none_or(|start| start.is_at(text, at))
    }

    /// Whether a match may lie in `window`.
    pub(crate) fn may_hold(&self, window: &[u8]) -> bool {
        self.needs.iter().all(|byte| memchr::memchr(*byte, window).is_some())
    }
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
        let [low, high] = self.0;
        let has = move |byte: &u8| (if *byte < 128 { low } else { high }) >> (byte & 127) & 1 == 1;
        (0..=u8::MAX).filter(has)
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
        Some(Self { literals: literals.iter().map(|literal| literal.as_bytes().into()).collect(), word })
    }

    /// Whether a match may begin at byte `at` of `text`, where a keyword stands.
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let rest = text.get(at..).unwrap_or_default();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let before = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(is_word);
        let bounded = !self.word || before != rest.first().is_some_and(is_word);
        bounded && self.literals.iter().any(|literal| rest.starts_with(literal))
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
        assert!(shape("a@b", &[]).may_hold(b"b@a") && !shape("a@b", &[]).may_hold(b"ab"));
    }

    #[test]
    fn a_token_begins_with_its_prefix() {
        let start = start(r"\b(?P<secret>ion_[A-Za-z0-9]{42})\b", &["ion_"]).unwrap();
        assert!(start.is_at(b"x = ion_0", 4) && start.is_at(b"ion_", 0));
        assert!(!start.is_at(b"version_0", 5), "within a word");
        assert!(!start.is_at(b"ION_0", 0), "in another case");
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
