//! The secret patterns as a sieve for the history: most versions of a file differ from another one in a few lines, and
//! only these are searched.
//!
//! A keyword in a line that is copied as a whole was judged before; so was what was found there. Patterns that look at
//! more than a line are asked wherever one of their keywords stands; of those that take a value from a line, that line
//! is looked at first.

use crate::audit::keywords::{Keywords, RUN_AT_LEAST, Vocabulary};
use crate::condition::matches::LeafId;
use crate::condition::plan::{Plan, Question};
use crate::condition::secret::fnv1a;
use crate::condition::spec::Window;
use crate::condition::text::TextPattern;
use crate::repo::history::{Copy, Sieve, Sifted, Trace};

/// The patterns of some leaves, ready to be looked for together.
pub(crate) struct Patterns<'a> {
    all: Vec<(LeafId, &'a TextPattern)>,
    /// For each pattern, what it must match on a line to match at all.
    on_lines: Vec<Option<TextPattern>>,
    /// Patterns that no keyword wakes: they are asked by the names of their files.
    pub(crate) by_name: Vec<LeafId>,
    keywords: Keywords,
    words: Vec<Word>,
    longest: usize,
}

/// A keyword.
struct Word {
    length: usize,
    /// The numbers of the patterns that it wakes.
    wakes: Vec<usize>,
    /// Whether all of them look at no more than its line.
    narrow: bool,
}

impl<'a> Patterns<'a> {
    /// The secret patterns among `leaves`.
    pub(crate) fn new(plan: &'a Plan, leaves: &[LeafId]) -> Self {
        let (mut patterns, mut by_name) = (Vec::new(), Vec::new());
        for &leaf in leaves {
            let question = plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question);
            let Some(Question::Text(pattern)) = question else { continue };
            let known = &pattern.spec.keywords;
            if pattern.spec.secret.is_none() {
                continue;
            }
            if known.is_empty() || known.iter().any(|word| word.len() < RUN_AT_LEAST) {
                by_name.push(leaf);
            } else {
                patterns.push((leaf, &**pattern));
            }
        }
        let mut vocabulary = Vocabulary::default();
        let mut words: Vec<Word> = Vec::new();
        for (at, (_, pattern)) in patterns.iter().enumerate() {
            for text in &pattern.spec.keywords {
                let number = vocabulary.number(text);
                if number == words.len() {
                    words.push(Word { length: text.len(), wakes: Vec::new(), narrow: true });
                }
                if let Some(word) = words.get_mut(number) {
                    word.wakes.push(at);
                    word.narrow &= pattern.spec.window == Window::Line;
                }
            }
        }
        let longest = words.iter().map(|word| word.length).max().unwrap_or_default();
        let on_lines = patterns.iter().map(|(_, pattern)| pattern.on_lines()).collect();
        Self { all: patterns, on_lines, by_name, keywords: vocabulary.keywords(), words, longest }
    }

    /// The leaf behind [`Trace::what`].
    pub(crate) fn leaf(&self, what: u32) -> Option<LeafId> {
        self.all.get(what as usize).map(|(leaf, _)| *leaf)
    }

    /// Whether a pattern looks at no more than a line.
    fn is_narrow(&self, pattern: usize) -> bool {
        self.all.get(pattern).is_some_and(|(_, pattern)| pattern.spec.window == Window::Line)
    }

    fn word(&self, number: u32) -> Option<&Word> {
        self.words.get(number as usize)
    }
}

/// What tells one value from another: an identity within this run, never printed.
pub(crate) fn key_of(value: &[u8]) -> u64 {
    fnv1a(value.iter().copied())
}

/// One thread's sieve.
pub(crate) struct TextSieve<'a> {
    all: &'a Patterns<'a>,
    /// For each pattern, where its keywords stand that are not judged yet.
    hits: Vec<Vec<usize>>,
    awake: Vec<usize>,
    /// Where words stand that are to be judged, with their number, and whether only by those who look at more than a line.
    fresh: Vec<(u32, u32, bool)>,
}

impl<'a> TextSieve<'a> {
    pub(crate) fn new(all: &'a Patterns<'a>) -> Self {
        Self { all, hits: vec![Vec::new(); all.all.len()], awake: Vec::new(), fresh: Vec::new() }
    }

    /// Takes over what is known of the copied parts, and looks for keywords in the others.
    fn inherit(&mut self, text: &[u8], base: &Sifted, copies: &[Copy], sifted: &mut Sifted) {
        for copy in copies {
            self.take_over(text, base, *copy, sifted);
        }
        let reach = self.all.longest.saturating_sub(1);
        let mut from = 0_usize;
        let mut region: Option<(usize, usize)> = None;
        let ends = copies.iter().map(|copy| (copy.to, copy.to + copy.length)).chain([(text.len(), text.len())]);
        for (to, next) in ends {
            let (start, end) = (from.saturating_sub(reach), (to + reach).min(text.len()));
            from = next;
            region = match region {
                Some((first, last)) if start <= last => Some((first, end)),
                Some(done) => {
                    self.look(text, done, copies, sifted);
                    Some((start, end))
                }
                None => Some((start, end)),
            };
        }
        if let Some(done) = region {
            self.look(text, done, copies, sifted);
        }
    }

    fn take_over(&mut self, text: &[u8], base: &Sifted, copy: Copy, sifted: &mut Sifted) {
        let (from, end) = (copy.from, copy.from + copy.length);
        let first = base.places.partition_point(|(at, _)| (*at as usize) < from);
        let places = base.places.get(first..).unwrap_or_default();
        let places = places.iter().take_while(|(at, _)| (*at as usize) < end);
        let mut inner = None;
        for &(at, number) in places {
            let Some(word) = self.all.word(number) else { continue };
            let here = at as usize - from + copy.to;
            if at as usize + word.length > end {
                continue;
            }
            let (start, last) = *inner.get_or_insert_with(|| whole_lines(text, copy));
            let place = (u32::try_from(here).unwrap_or(u32::MAX), number);
            sifted.places.push(place);
            let is_cut = here <= start || here + word.length > last;
            if !word.narrow || is_cut {
                self.fresh.push((place.0, place.1, !is_cut));
            }
        }
        let first = base.traces.partition_point(|trace| (trace.start as usize) < from);
        let traces = base.traces.get(first..).unwrap_or_default();
        for trace in traces.iter().take_while(|trace| (trace.start as usize) < end) {
            let narrow = self.all.is_narrow(trace.what as usize);
            let (start, last) = *inner.get_or_insert_with(|| whole_lines(text, copy));
            let there = |at: u32| u32::try_from((at as usize + copy.to).saturating_sub(from)).unwrap_or(u32::MAX);
            let moved = Trace { start: there(trace.start), end: there(trace.end), ..*trace };
            if narrow && moved.start as usize > start && moved.end as usize <= last {
                sifted.traces.push(moved);
            }
        }
    }

    /// Looks for keywords in a part of the text, but for those that lie in a copy.
    fn look(&mut self, text: &[u8], (start, end): (usize, usize), copies: &[Copy], sifted: &mut Sifted) {
        let all = self.all;
        let fresh = &mut self.fresh;
        all.keywords.find(text.get(start..end).unwrap_or_default(), |number, offset| {
            let at = start + offset;
            let length = all.words.get(number).map_or(0, |word| word.length);
            let before = copies.partition_point(|copy| copy.to <= at).checked_sub(1).and_then(|last| copies.get(last));
            if before.is_none_or(|copy| at + length > copy.to + copy.length) {
                let place = (u32::try_from(at).unwrap_or(u32::MAX), u32::try_from(number).unwrap_or(u32::MAX));
                sifted.places.push(place);
                fresh.push((place.0, place.1, false));
            }
        });
    }

    /// Asks the patterns about the places that are not judged yet.
    fn judge(&mut self, text: &[u8], sifted: &mut Sifted) {
        for &(at, number, only_wide) in &self.fresh {
            for &pattern in self.all.word(number).map(|word| word.wakes.as_slice()).unwrap_or_default() {
                if only_wide && self.all.is_narrow(pattern) {
                    continue;
                }
                let Some(hits) = self.hits.get_mut(pattern) else { continue };
                if hits.is_empty() {
                    self.awake.push(pattern);
                }
                hits.push(at as usize);
            }
        }
        self.fresh.clear();
        for number in self.awake.drain(..) {
            let (Some(hits), Some((_, pattern))) = (self.hits.get_mut(number), self.all.all.get(number)) else {
                continue;
            };
            hits.sort_unstable();
            let on_lines = self.all.on_lines.get(number).and_then(Option::as_ref);
            if on_lines.is_some_and(|lines| lines.find(text, hits).is_empty()) {
                hits.clear();
                continue;
            }
            for found in pattern.find(text, hits) {
                let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                let value = text.get(found.span.start..found.span.end).unwrap_or_default();
                let (start, end) = (bound(found.span.start), bound(found.span.end));
                sifted.traces.push(Trace { start, end, what: bound(number), key: key_of(value) });
            }
            hits.clear();
        }
    }
}

impl Sieve for TextSieve<'_> {
    fn sift(&mut self, text: &[u8], base: Option<(&Sifted, &[Copy])>) -> Sifted {
        let mut sifted = Sifted::default();
        self.fresh.clear();
        if let Some((base, copies)) = base {
            self.inherit(text, base, copies, &mut sifted);
        } else {
            self.look(text, (0, text.len()), &[], &mut sifted);
        }
        self.judge(text, &mut sifted);
        sifted.places.sort_unstable();
        sifted.traces.sort_unstable();
        sifted.traces.dedup();
        sifted
    }
}

/// The first and the last line end of a copy: the lines between them are copied as a whole.
fn whole_lines(text: &[u8], copy: Copy) -> (usize, usize) {
    let copied = text.get(copy.to..copy.to + copy.length).unwrap_or_default();
    let first = memchr::memchr(b'\n', copied).map_or(usize::MAX, |at| copy.to + at);
    let last = memchr::memrchr(b'\n', copied).map_or(0, |at| copy.to + at);
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::set::RuleSet;
    use proptest::prelude::*;

    fn leaves(plan: &Plan) -> Vec<LeafId> {
        let secret = |(_, leaf): &(u32, &crate::condition::plan::Leaf)| leaf.is_secret();
        (0u32..).zip(&plan.leaves).filter(secret).map(|(number, _)| LeafId(number)).collect()
    }

    /// Pieces of files: tokens whole and in parts, so that cuts fall into them. No piece is a token of anybody.
    fn pieces() -> Vec<String> {
        let token = concat!("gh", "p_q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P21HWD1");
        let key = concat!("AK", "IAQ7ZX2LM9RT4VB8NC");
        let mut all: Vec<String> = vec![
            format!("token = \"{token}\"\n"),
            format!("key: {key}\n"),
            token[..20].to_owned(),
            token[20..].to_owned(),
            key[..3].to_owned(),
            key[3..].to_owned(),
            "gh".to_owned(),
            "\n".to_owned(),
            " = ".to_owned(),
            "plain words of a line\n".to_owned(),
            "x".repeat(40),
            "development:\n".to_owned(),
            "production:\n".to_owned(),
            concat!("  secret_key_", "base: 9f3c1a7be04d52886ec1f7a90b3d64e25c8f10ab97d3e46f\n").to_owned(),
        ];
        all.push(format!(
            "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n",
            "MIIEpAIBAAKCAQEAr7ZV0cYQn3kJ1y8mH2fXpT5sUqWb9eLdGiOxRzCvNaMtKjPw4h6u8D"
        ));
        all
    }

    #[test]
    fn sections_are_looked_at_line_by_line_first() {
        let rules = RuleSet::embedded().unwrap();
        let patterns = Patterns::new(&rules.plan, &leaves(&rules.plan));
        let on_lines = patterns.on_lines.iter().flatten().next().unwrap();
        let line = concat!("  secret_key_", "base: 9f3c1a7be04d52886ec1f7a90b3d64e25c8f10ab97d3e46f\n");
        assert_eq!(on_lines.search(format!("production:\n{line}").as_bytes()).len(), 1);
        assert_eq!(on_lines.search(b"production:\n  secret_key_base: of the environment\n").len(), 0);
        let sifted = |text: String| TextSieve::new(&patterns).sift(text.as_bytes(), None).traces.len();
        assert!(sifted(format!("production:\n{line}")) > sifted(format!("development:\n{line}")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn what_is_made_from_another_text_is_sifted_like_a_new_one(
            old in prop::collection::vec(0..15_usize, 0..30),
            steps in prop::collection::vec((any::<bool>(), 0..15_usize, 0..1500_usize, 1..400_usize), 1..12),
        ) {
            thread_local! {
                static RULES: RuleSet = RuleSet::embedded().unwrap();
            }
            let pieces = pieces();
            let old: String = old.iter().map(|at| pieces[*at].as_str()).collect();
            let (mut new, mut copies) = (Vec::new(), Vec::new());
            for (is_copy, piece, from, length) in steps {
                if is_copy && !old.is_empty() {
                    let from = from % old.len();
                    let length = length.min(old.len() - from);
                    copies.push(Copy { from, to: new.len(), length });
                    new.extend_from_slice(&old.as_bytes()[from..from + length]);
                } else {
                    new.extend_from_slice(pieces[piece].as_bytes());
                }
            }
            RULES.with(|rules| {
                let patterns = Patterns::new(&rules.plan, &leaves(&rules.plan));
                let mut sieve = TextSieve::new(&patterns);
                let base = sieve.sift(old.as_bytes(), None);
                let made = sieve.sift(&new, Some((&base, &copies)));
                assert_eq!(made, sieve.sift(&new, None), "{}", String::from_utf8_lossy(&new));
                // What is looked at line by line first hides nothing.
                let blunt = Patterns { on_lines: Vec::new(), ..Patterns::new(&rules.plan, &leaves(&rules.plan)) };
                assert_eq!(made.traces, TextSieve::new(&blunt).sift(&new, None).traces);
            });
        }
    }
}
