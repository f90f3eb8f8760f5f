//! The `text` condition: a regular expression tried around its keywords, in linear time.
//!
//! The engine scans each file once for the keywords of all patterns; this file only sees the windows around them.
//! Matches in comments are dropped by the engine where the grammar is known.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::bytes::{Captures, Regex, RegexBuilder};

use crate::condition::secret;
use crate::condition::spec::{Confidence, TextSpec, Window};
use crate::text::Span;

/// A compiled text condition; the regular expressions are built on first use.
#[derive(Debug)]
pub struct TextPattern {
    /// What the author wrote.
    pub spec: TextSpec,
    allow: Vec<Arc<Allow>>,
    regex: OnceLock<Option<Regex>>,
    keywords: OnceLock<Option<AhoCorasick>>,
    allow_line: OnceLock<Vec<Regex>>,
}

/// A list of expressions that drop a match; a named list is compiled once for all patterns that name it.
#[derive(Debug)]
pub struct Allow {
    patterns: Vec<String>,
    compiled: OnceLock<Vec<Regex>>,
}

impl Allow {
    /// A list that is compiled when the first match meets it.
    pub fn new(patterns: Vec<String>) -> Self {
        Self { patterns, compiled: OnceLock::new() }
    }

    fn drops(&self, text: &[u8]) -> bool {
        self.compiled.get_or_init(|| compile_all(&self.patterns)).iter().any(|regex| regex.is_match(text))
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
}

/// How much of a line is looked at before and behind a keyword, in bytes: written lines are shorter.
const LINE_BEFORE: usize = 1024;
const LINE_LIMIT: usize = 4096;
const BLOCK_BEFORE: usize = 1024;
const BLOCK_AFTER: usize = 16 << 10;
const SHOWN_CHARACTERS: usize = 120;

impl TextPattern {
    /// Takes a spec whose `@name` allow lists were replaced by their expressions.
    pub fn new(spec: TextSpec, allow: Vec<Arc<Allow>>) -> Self {
        Self { spec, allow, regex: OnceLock::new(), keywords: OnceLock::new(), allow_line: OnceLock::new() }
    }

    /// Checks every expression, for rule loading and tests.
    pub fn validate(&self) -> Result<(), String> {
        let all = std::iter::once(&self.spec.pattern)
            .chain(self.allow.iter().flat_map(|list| &list.patterns))
            .chain(&self.spec.allow_line);
        for pattern in all {
            compile(pattern).map_err(|error| format!("regular expression `{pattern}`: {error}"))?;
        }
        Ok(())
    }

    /// All matches in `text`, for a condition whose keywords nobody looked for yet.
    pub fn search(&self, text: &[u8]) -> Vec<TextMatch> {
        if self.spec.keywords.is_empty() {
            return self.find(text, &[]);
        }
        let words = self
            .keywords
            .get_or_init(|| AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&self.spec.keywords).ok());
        let mut places: Vec<usize> =
            words.iter().flat_map(|words| words.find_iter(text)).map(|hit| hit.start()).collect();
        places.sort_unstable();
        if places.is_empty() { Vec::new() } else { self.find(text, &places) }
    }

    /// All matches in `text`, given where keywords stand (`hits`, byte offsets in order; empty means: look everywhere).
    pub fn find(&self, text: &[u8], hits: &[usize]) -> Vec<TextMatch> {
        let Some(regex) = self.regex.get_or_init(|| compile(&self.spec.pattern).ok()) else { return Vec::new() };
        let mut found = Vec::new();
        let mut done_to = 0;
        if hits.is_empty() || self.spec.window == Window::File {
            self.find_in(regex, text, Span::new(0, text.len()), &mut done_to, &mut found);
            return found;
        }
        for &hit in hits {
            if hit < done_to {
                continue;
            }
            let window = self.window(text, hit);
            let window = Span::new(window.start.max(done_to), window.end);
            self.find_in(regex, text, window, &mut done_to, &mut found);
        }
        found
    }

    fn window(&self, text: &[u8], hit: usize) -> Span {
        if self.spec.window == Window::Block {
            return Span::new(hit.saturating_sub(BLOCK_BEFORE), (hit + BLOCK_AFTER).min(text.len()));
        }
        line_around(text, hit)
    }

    /// Appends the matches inside `window`; `done_to` moves behind the last one (or behind the line looked at).
    fn find_in(&self, regex: &Regex, text: &[u8], window: Span, done_to: &mut usize, found: &mut Vec<TextMatch>) {
        let mut at = window.start;
        while at <= window.end {
            // The haystack ends with the window, but starts at the file, so that `\b` and `^` see what stands before.
            let Some(captures) = regex.captures_at(&text[..window.end], at) else { break };
            let Some(whole) = captures.get(0) else { break };
            at = whole.end().max(at + 1);
            if whole.start() < window.start {
                continue;
            }
            *done_to = (*done_to).max(whole.end());
            found.extend(self.accept(text, &captures));
        }
        if self.spec.window == Window::Line {
            *done_to = (*done_to).max(window.end);
        }
    }

    fn accept(&self, text: &[u8], captures: &Captures<'_>) -> Option<TextMatch> {
        let whole = captures.get(0)?;
        let value = captures.name("secret").unwrap_or(whole);
        let judged =
            String::from_utf8_lossy(if self.spec.secret.is_some() { value.as_bytes() } else { whole.as_bytes() });
        if self.allow.iter().any(|list| list.drops(judged.as_bytes())) {
            return None;
        }
        let lines = self.allow_line.get_or_init(|| compile_all(&self.spec.allow_line));
        let line = line_around(text, whole.start());
        if lines.iter().any(|regex| regex.is_match(&text[line.start..line.end])) {
            return None;
        }
        let hidden = self.spec.secret.is_some().then(|| value.range());
        let mut names = self.named(captures, hidden.as_ref());
        let Some(spec) = &self.spec.secret else {
            let shows = one_line(&judged);
            return Some(TextMatch {
                span: Span::new(whole.start(), whole.end()),
                captures: names,
                shows,
                confidence: None,
                mark: None,
            });
        };
        let confidence = secret::weigh(spec, &judged)?;
        let shows = secret::redact(&judged, spec.shown);
        names.push(("secret".to_owned(), shows.clone()));
        let span = Span::new(value.start(), value.end());
        Some(TextMatch { span, captures: names, shows, confidence, mark: Some(secret::mark(&judged)) })
    }

    /// The named groups as one-line texts, without those that share a byte with `hidden`.
    fn named(&self, captures: &Captures<'_>, hidden: Option<&Range<usize>>) -> Vec<(String, String)> {
        let Some(Some(regex)) = self.regex.get() else { return Vec::new() };
        let shares = |group: &Range<usize>| hidden.is_some_and(|h| group.start < h.end && h.start < group.end);
        let text = |name: &str| {
            let group = captures.name(name).filter(|group| !shares(&group.range()))?;
            Some(one_line(&String::from_utf8_lossy(group.as_bytes())))
        };
        regex.capture_names().flatten().filter_map(|name| Some((name.to_owned(), text(name)?))).collect()
    }
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

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).multi_line(true).size_limit(4 << 20).build()
}

fn compile_all(patterns: &[String]) -> Vec<Regex> {
    patterns.iter().filter_map(|pattern| compile(pattern).ok()).collect()
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
