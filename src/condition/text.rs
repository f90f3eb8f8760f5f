//! The `text` condition: a regular expression tried around its keywords, in linear time.
//!
//! The engine scans each file once for the keywords of all patterns; this file only sees the windows around them.
//! Matches in comments are dropped by the engine where the grammar is known.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use jiff::civil::Date;
use regex_syntax::hir::Hir;

use crate::condition::assigned::{Assigned, assigned};
use crate::condition::expression::{Expression, Found, Length, SMALL_CACHE, parse};
use crate::condition::line_part::line_part;
use crate::condition::secret::{self, Identity, Weight};
use crate::condition::spec::{Confidence, TextSpec, Window};
use crate::condition::start::Shape;
use crate::text::Span;

/// A compiled text condition; the regular expressions are built on first use.
#[derive(Debug)]
pub struct TextPattern {
    /// What the author wrote.
    pub spec: Arc<TextSpec>,
    allow: Vec<Arc<Allow>>,
    /// What the line of a match must not hold, beside the pattern's own list.
    passed_over: Option<Arc<Allow>>,
    /// What the expression says, from when its shape is read off until it is compiled.
    parsed: Mutex<Option<Hir>>,
    regex: OnceLock<Option<Expression>>,
    /// How often the shape saved it to build the expression.
    spared: AtomicUsize,
    shape: OnceLock<Shape>,
    keywords: OnceLock<Option<AhoCorasick>>,
    allow_line: OnceLock<Vec<Expression>>,
    allow_name: OnceLock<Vec<Expression>>,
}

/// A list of expressions that drop a match; a named list is compiled once for all patterns that name it.
#[derive(Debug)]
pub struct Allow {
    name: String,
    patterns: Vec<String>,
    compiled: OnceLock<Vec<Expression>>,
}

impl Allow {
    /// A pattern's own list, compiled when the first match meets it.
    pub fn new(patterns: Vec<String>) -> Self {
        Self::named("of the pattern", patterns)
    }

    /// A list that reports name.
    pub fn named(name: &str, patterns: Vec<String>) -> Self {
        Self { name: name.to_owned(), patterns, compiled: OnceLock::new() }
    }

    fn drops(&self, text: &[u8]) -> bool {
        self.compiled.get_or_init(|| compile_all(&self.patterns)).iter().any(|regex| regex.is_match(text))
    }
}

/// What a search for secrets is told, and where it notes what it refused.
#[derive(Debug, Default)]
pub struct Sight {
    /// The date of the audit; without one, no token has ended.
    pub as_of: Option<Date>,
    /// What filters refused; `None` where nobody asks, and then nothing is noted.
    pub refused: Option<Vec<Refused>>,
}

/// A candidate that a filter refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Bytes of the value.
    pub span: Span,
    /// The value, redacted.
    pub shows: String,
    /// The filter.
    pub filter: String,
}

impl Sight {
    fn refuse(&mut self, span: Span, value: &str, filter: impl FnOnce() -> String) {
        const MOST: usize = 1000;
        if let Some(refused) = self.refused.as_mut().filter(|refused| refused.len() < MOST) {
            refused.push(Refused { span, shows: secret::redact(value, 0), filter: filter() });
        }
    }
}

/// One match. Of a secret, every text here is already redacted.
#[derive(Debug, Clone, PartialEq)]
pub struct TextMatch {
    /// The bytes that matched: of a secret pattern, the value.
    pub span: Span,
    /// Named groups.
    pub captures: Vec<(String, String)>,
    /// What may be shown.
    pub shows: String,
    /// What a check digit says about it.
    pub confidence: Option<Confidence>,
    /// For secrets: 16 bits of a hash of the value.
    pub mark: Option<u16>,
    /// For secrets: which value it is, whatever encoding it is written in, and why it was taken for one.
    pub secret: Option<(Identity, String)>,
}

/// How much of a line is looked at before and behind a keyword, in bytes: written lines are shorter.
const LINE_BEFORE: usize = 1024;
const LINE_LIMIT: usize = 4096;
const BLOCK_BEFORE: usize = 1024;
const BLOCK_AFTER: usize = 16 << 10;
const SHOWN_CHARACTERS: usize = 120;

impl TextPattern {
    /// Takes a spec whose `@name` allow lists were replaced by their expressions.
    pub fn new(spec: impl Into<Arc<TextSpec>>, allow: Vec<Arc<Allow>>) -> Self {
        Self {
            spec: spec.into(),
            allow,
            passed_over: None,
            parsed: Mutex::default(),
            regex: OnceLock::new(),
            spared: AtomicUsize::new(0),
            shape: OnceLock::new(),
            keywords: OnceLock::new(),
            allow_line: OnceLock::new(),
            allow_name: OnceLock::new(),
        }
    }

    /// The same, dropping matches whose line `lines` drops.
    #[must_use]
    pub fn passing_over(self, lines: Option<Arc<Allow>>) -> Self {
        Self { passed_over: lines, ..self }
    }

    /// What a pattern over whole files must match on a line of its own, beside a keyword, to match at all; `None` where
    /// that cannot be said.
    pub(crate) fn on_lines(&self) -> Option<Self> {
        let wide = self.spec.window == Window::File && self.spec.secret.is_some() && self.spec.assigned.is_some();
        let part = if wide { line_part(&parse(&self.spec.pattern).ok()?, "secret")? } else { return None };
        let spec = TextSpec { pattern: part.to_string(), window: Window::Line, ..TextSpec::clone(&self.spec) };
        Some(Self::new(spec, self.allow.clone()).passing_over(self.passed_over.clone()))
    }

    /// Checks every expression, for rule loading and tests.
    pub fn validate(&self) -> Result<(), String> {
        let all = std::iter::once(&self.spec.pattern)
            .chain(self.allow.iter().chain(&self.passed_over).flat_map(|list| &list.patterns))
            .chain(&self.spec.allow_line)
            .chain(&self.spec.allow_name);
        for pattern in all {
            compile(pattern, CACHE).map_err(|error| format!("regular expression `{pattern}`: {error}"))?;
        }
        Ok(())
    }

    /// All matches in `text`, for a condition whose keywords nobody looked for yet.
    pub fn search(&self, text: &[u8]) -> Vec<TextMatch> {
        self.search_with(text, &mut Sight::default())
    }

    /// The same, with what a secret pattern may be told and asked.
    pub fn search_with(&self, text: &[u8], sight: &mut Sight) -> Vec<TextMatch> {
        let mut found = Vec::new();
        self.search_each(text, sight, &mut |one| {
            found.push(one);
            true
        });
        found
    }

    /// All matches in `text`, given where keywords stand (`hits`, byte offsets in order; empty means: look everywhere).
    pub fn find(&self, text: &[u8], hits: &[usize]) -> Vec<TextMatch> {
        let mut found = Vec::new();
        self.find_each(text, hits, &mut Sight::default(), &mut |one| {
            found.push(one);
            true
        });
        found
    }

    /// Hands over the matches in `text` one after the other, until `keep` says that it has enough.
    pub fn search_each(&self, text: &[u8], sight: &mut Sight, keep: &mut dyn FnMut(TextMatch) -> bool) {
        if self.spec.keywords.is_empty() {
            return self.find_each(text, &[], sight, keep);
        }
        if self.keywords.get().is_none() && text.len() * self.spec.keywords.len() <= PLAIN {
            return self.find_around(text, plainly(text, &self.spec.keywords), sight, keep);
        }
        let words = self
            .keywords
            .get_or_init(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&self.spec.keywords).ok());
        let Some(words) = words else { return };
        let places = words.find_overlapping_iter(text).map(|hit| hit.start());
        // What lies around lines is asked as the places come: often the first of them says all that is wanted.
        if self.spec.window == Window::Block {
            let mut places: Vec<usize> = places.collect();
            places.sort_unstable();
            self.find_around(text, places, sight, keep);
        } else {
            self.find_around(text, places, sight, keep);
        }
    }

    /// The same, given where keywords stand, as [`Self::find`] has it.
    pub fn find_each(&self, text: &[u8], hits: &[usize], sight: &mut Sight, keep: &mut dyn FnMut(TextMatch) -> bool) {
        if !hits.is_empty() {
            return self.find_around(text, hits.iter().copied(), sight, keep);
        }
        let whole = Span::new(0, text.len());
        if self.may_hold(text) {
            let mut see = |found: &Found| self.accept(text, found, sight).is_none_or(&mut *keep);
            self.find_in(text, whole, &mut 0, &mut see);
        }
    }

    /// The same around places of keywords: those of one line in any order, else in their own.
    fn find_around(
        &self,
        text: &[u8],
        hits: impl IntoIterator<Item = usize>,
        sight: &mut Sight,
        keep: &mut dyn FnMut(TextMatch) -> bool,
    ) {
        let notes = sight.refused.is_some();
        let may_match = |at: usize| self.may_match(text, at, notes);
        let may_hold = |span: Span| text.get(span.start..span.end).is_some_and(|part| self.may_hold(part));
        let mut see = |found: &Found| self.accept(text, found, sight).is_none_or(&mut *keep);
        let mut done_to = 0;
        if self.spec.window == Window::File {
            let whole = Span::new(0, text.len());
            if hits.into_iter().any(may_match) && may_hold(whole) {
                self.find_in(text, whole, &mut done_to, &mut see);
            }
            return;
        }
        if self.spec.window == Window::Block {
            for block in blocks(text, hits.into_iter().filter(|hit| may_match(*hit))) {
                if may_hold(block) && !self.find_in(text, block, &mut done_to, &mut see) {
                    return;
                }
            }
            return;
        }
        for hit in hits {
            if hit < done_to || !may_match(hit) {
                continue;
            }
            let line = line_around(text, hit);
            let line = Span::new(line.start.max(done_to), line.end);
            if self.shape().may_head(text, line) && may_hold(line) && !self.find_in(text, line, &mut done_to, &mut see)
            {
                return;
            }
        }
    }

    fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            let Ok(parsed) = parse(&self.spec.pattern) else { return Shape::default() };
            let shape = Shape::of(&parsed, &self.spec.keywords);
            *self.parsed.lock().unwrap_or_else(PoisonError::into_inner) = Some(parsed);
            shape
        })
    }

    /// Whether a match may lie in `window`: also asked before any expression runs. To save it to build one, more is asked, but
    /// not for ever.
    fn may_hold(&self, window: &[u8]) -> bool {
        const PATIENCE: usize = 8;
        let is_built = self.regex.get().is_some() || self.spared.load(Ordering::Relaxed) >= PATIENCE;
        let holds = self.shape().may_hold(window, is_built);
        if !holds && !is_built {
            self.spared.fetch_add(1, Ordering::Relaxed);
        }
        holds
    }

    /// Whether a keyword at byte `at` may belong to a match: asked before any expression runs. With `notes`, also values
    /// that a filter will refuse count.
    pub fn may_match(&self, text: &[u8], at: usize, notes: bool) -> bool {
        let fits = self.spec.assigned.is_none_or(|wanted| match assigned(text, at, wanted) {
            Assigned::No => false,
            Assigned::Yes => true,
            Assigned::Value(value) => notes || self.may_look(value),
        });
        fits && self.shape().may_begin(text, at)
    }

    /// Whether a value may look as a secret of this pattern must.
    fn may_look(&self, value: &[u8]) -> bool {
        let plain = self.spec.secret.as_ref().filter(|spec| spec.encoded.is_none() && spec.decode.is_none());
        let looks = plain.and_then(|spec| spec.looks);
        looks.zip(str::from_utf8(value).ok()).is_none_or(|(looks, value)| secret::looks(looks, value))
    }

    /// Hands over the matches inside `window`, until `see` wants no more: then it says no; `done_to` moves behind the last
    /// one (or behind the line looked at).
    fn find_in(&self, text: &[u8], window: Span, done_to: &mut usize, see: &mut impl FnMut(&Found) -> bool) -> bool {
        let Some(regex) = self.regex.get_or_init(|| self.compiled()) else {
            return true;
        };
        let mut at = window.start;
        while at <= window.end {
            // The haystack ends with the window, but starts at the file, so that `\b` and `^` see what stands before.
            let Some(found) = regex.find_at(&text[..window.end], at) else { break };
            at = found.whole.end.max(at + 1);
            if found.whole.start < window.start {
                continue;
            }
            *done_to = (*done_to).max(found.whole.end);
            if !see(&found) {
                return false;
            }
        }
        if self.spec.window == Window::Line {
            *done_to = (*done_to).max(window.end);
        }
        true
    }

    fn compiled(&self) -> Option<Expression> {
        let cache = if self.spec.secret.is_some() { SMALL_CACHE } else { CACHE };
        let is_line = self.spec.window == Window::Line && !self.spec.keywords.is_empty();
        let length = if is_line { Length::Short } else { Length::Long };
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).take();
        let parsed = parsed.or_else(|| parse(&self.spec.pattern).ok())?;
        Expression::new(&parsed, length, cache).ok()
    }

    fn accept(&self, text: &[u8], found: &Found, sight: &mut Sight) -> Option<TextMatch> {
        let whole = &found.whole;
        let value = found.group("secret").unwrap_or_else(|| whole.clone());
        let Some(spec) = &self.spec.secret else {
            let judged = shown(text, whole);
            if self.allowed(text, found, &[&judged]).is_some() {
                return None;
            }
            return Some(TextMatch {
                span: Span::new(whole.start, whole.end),
                captures: self.named(text, found, None),
                shows: one_line(&judged),
                confidence: None,
                mark: None,
                secret: None,
            });
        };
        let span = Span::new(value.start, value.end);
        let judged = shown(text, &value);
        let Some(plain) = secret::reveal(spec, &judged, sight.as_of) else {
            sight.refuse(span, &judged, || "decode: it does not say what it should".to_owned());
            return None;
        };
        if let Some(filter) = self.allowed(text, found, &[&judged, &plain]) {
            sight.refuse(span, &judged, || filter);
            return None;
        }
        let Weight { confidence, why } = match secret::weigh(spec, &judged, &plain) {
            Ok(weight) => weight,
            Err(filter) => {
                sight.refuse(span, &judged, || filter);
                return None;
            }
        };
        let shows = secret::redact(&judged, spec.shown);
        let mut names = self.named(text, found, Some(&value));
        names.push(("secret".to_owned(), shows.clone()));
        let identity = Identity::of(if spec.encoded.is_some() { &plain } else { &judged });
        let secret = Some((identity, why));
        Some(TextMatch { span, captures: names, shows, confidence, mark: Some(secret::mark(&judged)), secret })
    }

    /// The list that lets one of `judged` pass, or the line or name that it stands in; as a report names it.
    fn allowed(&self, text: &[u8], found: &Found, judged: &[&str]) -> Option<String> {
        let drops = |list: &&Arc<Allow>| judged.iter().any(|text| list.drops(text.as_bytes()));
        if let Some(list) = self.allow.iter().find(drops) {
            return Some(format!("allow: {}", list.name));
        }
        let names = self.allow_name.get_or_init(|| compile_all(&self.spec.allow_name));
        let name = found.group("name").and_then(|name| text.get(name)).unwrap_or_default();
        if names.iter().any(|regex| regex.is_match(name)) {
            return Some("allow-name".to_owned());
        }
        if self.spec.secret.is_some() && judged.iter().any(|value| secret::repeats(name, value.as_bytes())) {
            return Some("it repeats its name".to_owned());
        }
        let lines = self.allow_line.get_or_init(|| compile_all(&self.spec.allow_line));
        if lines.is_empty() && self.passed_over.is_none() {
            return None;
        }
        let line = line_around(text, found.whole.start);
        let line = text.get(line.start..line.end).unwrap_or_default();
        let drops = lines.iter().any(|regex| regex.is_match(line))
            || self.passed_over.as_ref().is_some_and(|list| list.drops(line));
        drops.then(|| "allow-line".to_owned())
    }

    /// The named groups as one-line texts, without those that share a byte with `hidden`.
    fn named(&self, text: &[u8], found: &Found, hidden: Option<&Range<usize>>) -> Vec<(String, String)> {
        let Some(Some(regex)) = self.regex.get() else { return Vec::new() };
        let shares = |group: &Range<usize>| hidden.is_some_and(|h| group.start < h.end && h.start < group.end);
        let group = |name: &str| {
            let group = found.group(name).filter(|group| !shares(group))?;
            Some(one_line(&shown(text, &group)))
        };
        regex.names().filter_map(|name| Some((name.to_owned(), group(name)?))).collect()
    }
}

/// The blocks around `hits`, which come in their order; those that touch are one.
fn blocks(text: &[u8], hits: impl Iterator<Item = usize>) -> Vec<Span> {
    let mut blocks: Vec<Span> = Vec::new();
    for hit in hits {
        let block = Span::new(hit.saturating_sub(BLOCK_BEFORE), (hit + BLOCK_AFTER).min(text.len()));
        match blocks.last_mut().filter(|last| block.start <= last.end) {
            Some(last) => last.end = block.end,
            None => blocks.push(block),
        }
    }
    blocks
}

/// The line around `hit` without its line end, at most [`LINE_BEFORE`] bytes before it and [`LINE_LIMIT`] behind.
fn line_around(text: &[u8], hit: usize) -> Span {
    let low = hit.saturating_sub(LINE_BEFORE);
    let high = (hit + LINE_LIMIT).min(text.len());
    let start = memchr::memrchr(b'\n', &text[low..hit]).map_or(low, |at| low + at + 1);
    let end = memchr::memchr(b'\n', &text[hit..high]).map_or(high, |at| hit + at);
    Span::new(start, end)
}

/// `text` as one printable line of at most 120 characters.
pub fn one_line(text: &str) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > SHOWN_CHARACTERS {
        line = line.chars().take(SHOWN_CHARACTERS - 1).collect::<String>() + "\u{2026}";
    }
    line
}

/// Up to how many bytes, each counted once a keyword, a text is searched word by word: an automaton takes longer to build.
const PLAIN: usize = 4096;

/// Where keywords begin in a short text, in order, without case.
fn plainly(text: &[u8], keywords: &[String]) -> Vec<usize> {
    let mut all: Vec<usize> = keywords.iter().flat_map(|word| places(text, word)).collect();
    all.sort_unstable();
    all
}

/// Where a word begins in a short text, in order, without case.
pub(crate) fn places<'t>(text: &'t [u8], word: &'t str) -> impl Iterator<Item = usize> + 't {
    let parts = text.windows(word.len().max(1)).enumerate();
    parts.filter(|(_, part)| part.eq_ignore_ascii_case(word.as_bytes())).map(|(at, _)| at)
}

/// Most memory that an expression keeps per thread to remember where it stood, in bytes; of a secret, of which there are
/// hundreds, less.
const CACHE: usize = 1 << 20;

fn compile(pattern: &str, cache: usize) -> Result<Expression, String> {
    Expression::new(&parse(pattern)?, Length::Short, cache)
}

fn compile_all(patterns: &[String]) -> Vec<Expression> {
    patterns.iter().filter_map(|pattern| compile(pattern, SMALL_CACHE).ok()).collect()
}

/// A part of a text as people see it.
fn shown<'t>(text: &'t [u8], part: &Range<usize>) -> Cow<'t, str> {
    String::from_utf8_lossy(text.get(part.clone()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::spec::SecretSpec;

    fn pattern(text: &str) -> TextSpec {
        TextSpec { pattern: text.to_owned(), ..TextSpec::default() }
    }

    #[test]
    fn a_pattern_sees_only_the_line_of_its_keyword() {
        let text = b"token here\nkey = abc123\nkey = def456\n";
        let found = TextPattern::new(pattern(r"key = (?P<value>\w+)"), vec![]).find(text, &[11, 24]);
        let values: Vec<_> = found.iter().map(|hit| hit.captures[0].1.as_str()).collect();
        assert_eq!(values, ["abc123", "def456"]);
        assert_eq!(found[1].span, Span::new(24, 36));
        let none = TextPattern::new(pattern(r"here\s+key"), vec![]).find(text, &[0]);
        assert!(none.is_empty(), "the line ends before `key`");
    }

    #[test]
    fn two_keywords_of_one_line_give_one_match() {
        let found = TextPattern::new(pattern(r"a+b"), vec![]).find(b"aab aab", &[0, 1, 4]);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_secret_is_hidden_in_every_capture() {
        let spec = TextSpec {
            secret: Some(SecretSpec { shown: 4, ..SecretSpec::default() }),
            ..pattern(r"(?P<line>tok_(?P<id>\w+))")
        };
        let found = TextPattern::new(spec, vec![]).find(b"x = tok_abcdefgh", &[]);
        assert_eq!(found[0].shows, "tok_********");
        assert!(found[0].captures.iter().all(|(_, text)| !text.contains("abcdefgh")), "{:?}", found[0]);
        assert!(found[0].mark.is_some());
    }

    #[test]
    fn allow_lists_drop_a_match() {
        let make = |allow: &str| {
            TextPattern::new(pattern("key=(\\w+)"), vec![Arc::new(Allow::new(vec![allow.to_owned()]))])
                .find(b"key=example", &[])
        };
        assert!(make("example").is_empty());
        assert_eq!(make("sample").len(), 1);
    }
}
