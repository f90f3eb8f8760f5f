//! What secret patterns of one file have to do with each other: general ones give way, and what an encoded value says is
//! shown to all others, once.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::audit::keywords::RUN_AT_LEAST;
use crate::condition::matches::{FileMatches, Hit, LeafId, Matches};
use crate::condition::plan::{Condition, Leaf, Plan, Question};
use crate::condition::secret::encoded;
use crate::condition::spec::{Encoding, SecretSpec};
use crate::condition::text::{Refused, Sight, TextPattern};
use crate::repo::{Redactor, Role};
use crate::rule::set::RuleSet;
use crate::text::{Span, joined};

/// Most values of one file that are decoded, and their longest, in bytes.
const VALUES: usize = 64;
const LONGEST: usize = 16 << 10;

/// The secret part of a leaf.
pub(super) fn spec(leaf: &Leaf) -> Option<(&TextPattern, &SecretSpec)> {
    match &leaf.question {
        Question::Text(pattern) => pattern.spec.secret.as_ref().map(|secret| (pattern.as_ref(), secret)),
        _ => None,
    }
}

/// The rule of each leaf that is a pattern of one, by the leaf's number.
pub(crate) fn owners(rules: &RuleSet) -> Vec<Option<usize>> {
    let mut owners = vec![None; rules.plan.leaves.len()];
    for (number, rule) in rules.rules.iter().enumerate() {
        for pattern in &rule.forbid {
            if let Condition::Leaf { leaf, .. } = &pattern.condition
                && let Some(owner) = owners.get_mut(leaf.0 as usize)
            {
                *owner = Some(number);
            }
        }
    }
    owners
}

/// Drops matches of general patterns that share a byte with another secret of their rule; of two general ones the first
/// stays. What is dropped goes to `refused`, where somebody asks for it.
pub(crate) fn give_way(
    leaves: &[Leaf],
    owners: &[Option<usize>],
    found: &mut Vec<(LeafId, FileMatches)>,
    mut refused: Option<&mut Vec<(LeafId, Refused)>>,
) {
    let general = |id: LeafId| leaves.get(id.0 as usize).and_then(spec).map(|(_, secret)| secret.general);
    let owner = |id: LeafId| owners.get(id.0 as usize).copied().flatten();
    if !found.iter().any(|(id, _)| general(*id) == Some(true)) {
        return;
    }
    let own = found.iter().filter(|(id, _)| general(*id) == Some(false));
    let mut taken: Vec<(Option<usize>, Span)> =
        own.flat_map(|(id, one)| one.hits.iter().filter_map(|hit| Some((owner(*id), hit.span?)))).collect();
    for (id, matches) in found.iter_mut().filter(|(id, _)| general(*id) == Some(true)) {
        let rule = owner(*id);
        matches.hits.retain(|hit| {
            let Some(own) = hit.span else { return true };
            let shares = |span: &Span| own.start < span.end && span.start < own.end;
            let free = !taken.iter().any(|(other, span)| *other == rule && shares(span));
            if let Some(refused) = refused.as_mut().filter(|_| !free) {
                let filter = "another pattern reports it".to_owned();
                refused.push((*id, Refused { span: own, shows: hit.shows.clone(), filter }));
            }
            free
        });
        taken.extend(matches.hits.iter().filter_map(|hit| Some((rule, hit.span?))));
    }
    found.retain(|(_, matches)| !matches.hits.is_empty() || matches.examined > 0 || matches.opaque > 0);
}

/// Secrets among the tests that a file of code ends with are a test's, and so are those in a file that tells, by an
/// expression, what such secrets look like: its samples.
pub(crate) fn set_tests_apart(
    leaves: &[Leaf],
    text: &[u8],
    tests_from: Option<usize>,
    found: &mut Vec<(LeafId, FileMatches)>,
) {
    let is_secret = |id: LeafId| leaves.get(id.0 as usize).is_some_and(Leaf::is_secret);
    let mut apart: Vec<(LeafId, FileMatches)> = Vec::new();
    for (id, matches) in found.iter_mut().filter(|(id, matches)| is_secret(*id) && !matches.hits.is_empty()) {
        let shown = leaves.get(id.0 as usize).and_then(spec).map_or(0, |(_, secret)| secret.shown);
        let in_test = |hit: &Hit| {
            let among_tests = |span: Span| tests_from.is_some_and(|from| span.start >= from);
            hit.span.is_some_and(|span| among_tests(span) || tells_shape(text, span, shown))
        };
        let (tests, code): (Vec<Hit>, Vec<Hit>) = std::mem::take(&mut matches.hits).into_iter().partition(in_test);
        matches.hits = code;
        if !tests.is_empty() {
            apart.push((*id, FileMatches { role: Role::Test, hits: tests, in_order: None, ..matches.clone() }));
        }
    }
    found.retain(|(id, matches)| !is_secret(*id) || !matches.hits.is_empty());
    found.extend(apart);
    found.sort_by_key(|(id, _)| *id);
}

/// Whether the characters that name the type of a secret, at least four bytes, also begin an expression in its file.
fn tells_shape(text: &[u8], secret: Span, shown: usize) -> bool {
    const LEAST: usize = 4;
    let Some(prefix) = text.get(secret.start..secret.start + shown).filter(|prefix| prefix.len() >= LEAST) else {
        return false;
    };
    memchr::memmem::find_iter(text, prefix).any(|at| matches!(text.get(at + shown), Some(b'[' | b'(' | b'\\')))
}

/// What the encoded values among the matches say, with the bytes where each stands.
pub(crate) fn decoded(leaves: &[Leaf], text: &[u8], found: &[(LeafId, FileMatches)]) -> Vec<(Span, String)> {
    let encoding = |id: LeafId| leaves.get(id.0 as usize).and_then(spec).and_then(|(_, secret)| secret.encoded);
    let values = found.iter().filter_map(|(id, one)| Some((encoding(*id)?, one)));
    let spans = values.flat_map(|(encoding, one)| one.hits.iter().filter_map(move |hit| Some((encoding, hit.span?))));
    spans
        .filter(|(_, span)| span.end - span.start <= LONGEST)
        .take(VALUES)
        .filter_map(|(encoding, span)| {
            // Of a pair the user's name is shown too: a token may stand in its place.
            let encoding = if encoding == Encoding::Base64Pair { Encoding::Base64 } else { encoding };
            let value = std::str::from_utf8(text.get(span.start..span.end)?).ok()?;
            Some((span, encoded::plain(encoding, value)?.into_owned()))
        })
        .collect()
}

/// Asks a pattern that has a shape of its own about a decoded value; what it finds stands where the value stands.
pub(crate) fn within(leaf: &Leaf, value: &str, at: Span, sight: &mut Sight) -> Vec<Hit> {
    let Some((pattern, secret)) = spec(leaf) else { return Vec::new() };
    let words = &pattern.spec.keywords;
    if secret.general || secret.encoded.is_some() || words.iter().any(|word| word.len() < RUN_AT_LEAST) {
        return Vec::new();
    }
    let found = pattern.search_with(value.as_bytes(), sight).into_iter();
    found.map(|found| Hit { span: Some(at), ..Hit::from(found) }).collect()
}

/// The places of all secrets, by the number of their file.
pub(crate) fn places(plan: &Plan, matches: &Matches) -> FxHashMap<u32, Vec<Span>> {
    let mut places: FxHashMap<u32, Vec<Span>> = FxHashMap::default();
    for (number, _) in (0_u32..).zip(&plan.leaves).filter(|(_, leaf)| leaf.is_secret()) {
        for found in matches.of(LeafId(number)) {
            places.entry(found.file).or_default().extend(found.hits.iter().filter_map(|hit| hit.span));
        }
    }
    places
}

/// The secrets of one file, so that nothing else shows them.
#[derive(Debug)]
pub(crate) struct Hidden {
    /// In order, and apart from each other.
    spans: Vec<Span>,
    redactor: Redactor,
}

impl Hidden {
    /// Those at `spans` of `text`.
    pub(crate) fn of(spans: Vec<Span>, text: &[u8]) -> Self {
        let redactor = Redactor::of(&spans, text);
        Self { spans: joined(spans), redactor }
    }

    /// Whether a secret stands in a part of the file.
    fn overlap(&self, part: Span) -> bool {
        let from = self.spans.partition_point(|span| span.end <= part.start);
        self.spans.get(from).is_some_and(|span| span.start < part.end)
    }

    /// Takes them out of a text.
    pub(crate) fn hide(&self, text: &mut String) {
        if let Cow::Owned(hidden) = self.redactor.redact(text) {
            *text = hidden;
        }
    }

    /// Takes them out of what a condition found in the same file.
    pub(crate) fn hide_in(&self, matches: &mut FileMatches) {
        for hit in matches.hits.iter_mut().chain(matches.in_order.as_deref_mut()) {
            // A text that was cut short may end within a secret, where it cannot be recognised any more.
            if hit.span.is_some_and(|own| self.overlap(own)) && hit.shows.ends_with('\u{2026}') {
                "(hidden: it holds a secret)".clone_into(&mut hit.shows);
            } else {
                self.hide(&mut hit.shows);
            }
            hit.captures.iter_mut().for_each(|(_, text)| self.hide(text));
        }
    }
}
