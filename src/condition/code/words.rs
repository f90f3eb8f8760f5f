//! Words that a text must hold for an expression to match in it: read off the expression, so that few files are parsed.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use memchr::memmem::Finder;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind};

/// Shortest word that tells texts apart, in bytes.
const SHORTEST: usize = 3;
/// Most words of which one must be there, and most letters that a class may stand for in them.
const MOST: usize = 48;
const LETTERS: usize = 4;

/// So many words are looked for one after the other.
const FEW: usize = 4;

/// A text that can match holds one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    words: Vec<String>,
    /// In any case.
    fold: bool,
}

impl Words {
    /// One of `words`, in their case.
    pub(super) fn exact(words: Vec<String>) -> Self {
        Self { words, fold: false }
    }

    /// One of the words that every match of `regex` holds; `None` where no such words can be named.
    pub(super) fn of_regex(regex: &str) -> Option<Self> {
        let plain = regex.strip_prefix("(?-u)").unwrap_or(regex);
        let (fold, plain) = plain.strip_prefix("(?i)").map_or((false, plain), |rest| (true, rest));
        let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(plain).ok()?;
        let words = best(&hir)?;
        Some(Self { words: if fold { lower(words) } else { words }, fold })
    }

    /// Whoever finds one of both finds one of these.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.words.extend(other.words);
        Self { fold: self.fold || other.fold, words: self.words }
    }

    /// How telling the words are.
    pub(super) fn worth(&self) -> (usize, usize) {
        worth(&self.words)
    }

    /// Ready to be looked for; `None` where that would say nothing.
    pub(super) fn finder(&self) -> Option<WordFinder> {
        if self.words.len() > MOST || self.worth().0 < SHORTEST {
            return None;
        }
        if self.fold || self.words.len() > FEW {
            return AhoCorasickBuilder::new()
                .ascii_case_insensitive(self.fold)
                .build(&self.words)
                .ok()
                .map(WordFinder::Many);
        }
        Some(WordFinder::Few(self.words.iter().map(|word| Finder::new(word).into_owned()).collect()))
    }
}

/// Looks for words.
pub(super) enum WordFinder {
    Few(Vec<Finder<'static>>),
    Many(AhoCorasick),
}

impl WordFinder {
    /// Whether one of them stands in `text`.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Few(words) => words.iter().any(|word| word.find(text.as_bytes()).is_some()),
            Self::Many(words) => words.is_match(text),
        }
    }
}

/// How telling words are: the length of the shortest, then their number, fewer being better.
fn worth(words: &[String]) -> (usize, usize) {
    (words.iter().map(String::len).min().unwrap_or_default(), MOST.saturating_sub(words.len()))
}

fn lower(words: Vec<String>) -> Vec<String> {
    words.into_iter().map(|word| word.to_ascii_lowercase()).collect()
}

/// The most telling words of an expression: those with which some part of it begins that every match holds.
fn best(hir: &Hir) -> Option<Vec<String>> {
    let mut sets: Vec<Vec<String>> = Vec::new();
    match hir.kind() {
        HirKind::Capture(group) => return best(&group.sub),
        HirKind::Repetition(repeated) if repeated.min > 0 => return best(&repeated.sub),
        HirKind::Concat(parts) => {
            for from in 0..parts.len() {
                let rest = parts.get(from..).unwrap_or_default().to_vec();
                sets.extend(beginnings(&Hir::concat(rest)));
            }
            sets.extend(parts.iter().filter_map(best));
        }
        HirKind::Alternation(branches) => {
            sets.extend(beginnings(hir));
            let inner: Option<Vec<_>> = branches.iter().map(best).collect();
            sets.extend(inner.map(|sets| sets.concat()));
        }
        _ => sets.extend(beginnings(hir)),
    }
    sets.into_iter().filter(|words| words.len() <= MOST).max_by_key(|words| worth(words))
}

/// The words of which each match begins with one.
fn beginnings(hir: &Hir) -> Option<Vec<String>> {
    let mut extractor = Extractor::new();
    extractor.kind(ExtractKind::Prefix).limit_class(LETTERS).limit_total(MOST);
    let found = extractor.extract(hir);
    let words: Option<Vec<String>> =
        found.literals()?.iter().map(|word| str::from_utf8(word.as_bytes()).ok().map(str::to_owned)).collect();
    words.filter(|words| !words.is_empty() && words.iter().all(|word| word.len() >= SHORTEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(regex: &str) -> Option<(Vec<String>, bool)> {
        let found = Words::of_regex(regex)?;
        let mut words = found.words;
        words.sort_unstable();
        words.dedup();
        Some((words, found.fold))
    }

    #[test]
    fn the_most_telling_words_are_read_off() {
        let exact = |list: &[&str]| Some((list.iter().map(ToString::to_string).collect(), false));
        assert_eq!(words(r"^(fastapi\.)?FastAPI$"), exact(&["FastAPI"]));
        assert_eq!(words(r"\.(Use|With)$"), exact(&[".Use", ".With"]));
        assert_eq!(words(r"^\w*([Ll]imit|Slow)\w*(\.\w+)?$"), exact(&["Limit", "Slow", "limit"]));
        assert_eq!(words("(?i)^x*(Rate_?Limit|throttl)").map(|(_, fold)| fold), Some(true));
        assert_eq!(words("a|b"), None);
        assert_eq!(words(r"^\w+$"), None);
        assert_eq!(words("(foo)?"), None);
    }

    #[test]
    fn every_match_holds_one_of_them() {
        let regexes = [
            r"^(logger|log)\.(info|error)$",
            r"(?i)(limit|bucket)\w*(\([^)]*\))?\.(Allow|AllowN)$",
            r"^(Joi|yup)\.(object|validate\w*)$",
            r"[Tt]hrottle(d|r)+|xyz{2,3}",
        ];
        let texts = ["logger.info", "log.error", "MyLimiter(3).ALLOW", "bucket.AllowN", "Joi.object", "yup.validateX"];
        for regex in regexes {
            let (oracle, finder) =
                (regex::Regex::new(regex).unwrap(), Words::of_regex(regex).unwrap().finder().unwrap());
            for text in texts.iter().chain(&["throttledr", "Throttler", "xyzzz", "xyz"]) {
                assert!(!oracle.is_match(text) || finder.is_match(text), "{regex} {text}");
            }
        }
    }
}
