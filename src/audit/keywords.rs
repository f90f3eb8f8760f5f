//! Finds the keywords of all rules in one text, without case, faster than an automaton does.
//!
//! Each keyword is known by its rarest-looking run of four bytes. A table of 262,144 bits, small enough for the first
//! levels of the processor's cache, says of the four bytes at a position whether they may be such a run; only then the
//! keywords behind them are compared. Positions do not depend on each other, so the processor works on many at a time,
//! where an automaton waits for its next state. (The idea is that of q-gram filters: Navarro and Raffinot, "Flexible
//! Pattern Matching in Strings", 2002, chapter 6.)

use std::collections::HashMap;

/// Shortest keyword that can be looked for, in bytes.
pub(crate) const RUN_AT_LEAST: usize = 3;
/// Length of a run, in bytes.
const RUN: usize = 4;
/// Number of bits in the table, as a power of two.
const TABLE_BITS: u32 = 18;
/// Number of lists of keywords behind the table, as a power of two.
const LIST_BITS: u32 = 12;
/// Bit that tells an upper-case ASCII letter from its lower case, in each of four bytes.
const CASE: u32 = 0x2020_2020;
/// Runs that source code is full of, and what a word gives for having to be known by one.
const FREQUENT: [&[u8; RUN]; 64] = [
    b"tion", b"cons", b"func", b"----", b"comp", b"modu", b"ment", b"xpor", b"rror", b"quir", b"root", b"inpu",
    b"call", b"serv", b"impl", b"fact", b"back", b"base", b"hand", b"xpre", b"tabl", b"sync", b"xten", b"hook",
    b"join", b"ques", b"body", b"glob", b"rgum", b"vali", b"sign", b"nfig", b"supe", b"full", b"conf", b"clas",
    b"retu", b"urn ", b"this", b"self", b"unct", b"nst ", b"stri", b"ring", b"type", b"valu", b"alue", b"name",
    b"data", b"ject", b"prop", b"inte", b"rgs.", b"port", b"from", b"elem", b"cont", b"text", b"node", b"test",
    b"defa", b"ault", b"opti", b"ness",
];
const FREQUENT_COSTS: usize = 64;
/// Bytes from the commonest in source code and prose to rarer ones; what is not listed is rarest.
const COMMON: &[u8] = b"e tarionslcdpumhfgybw.\n(),_v;kx=\"'";

/// The keywords, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Keywords {
    words: Vec<Box<[u8]>>,
    table: Box<[u64; 1 << (TABLE_BITS - 6)]>,
    /// All runs, by list.
    known: Vec<Known>,
    /// Where each list begins in `known`; one more than there are lists.
    lists: Vec<u32>,
}

/// Words with numbers in the order in which they are first named; case makes no difference.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(HashMap<String, usize>);

impl Vocabulary {
    /// The number of `word`.
    pub(crate) fn number(&mut self, word: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(word.to_ascii_lowercase()).or_insert(next)
    }

    /// The words, ready to be looked for under their numbers.
    pub(crate) fn keywords(&self) -> Keywords {
        let mut ordered: Vec<(&str, usize)> = self.0.iter().map(|(word, number)| (word.as_str(), *number)).collect();
        ordered.sort_by_key(|(_, number)| *number);
        Keywords::new(ordered.into_iter().map(|(word, _)| word))
    }
}

/// Where a run stands in a keyword.
#[derive(Debug, Clone, Copy)]
struct Known {
    run: u32,
    word: u32,
    offset: u32,
}

impl Keywords {
    #[expect(clippy::large_stack_arrays, reason = "32 KiB, on the way to the heap")]
    /// Prepares `words`, whose numbers are their places in the list. Words shorter than [`RUN_AT_LEAST`] are never found.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<Box<[u8]>> = words.into_iter().map(|word| word.as_bytes().into()).collect();
        let mut known: Vec<Known> = (0u32..).zip(&words).flat_map(|(number, word)| runs(number, word)).collect();
        known.sort_by_key(|known| (list(hash(known.run)), known.word));
        let mut table = Box::new([0u64; 1 << (TABLE_BITS - 6)]);
        let mut lists = vec![0u32; (1 << LIST_BITS) + 1];
        for known in &known {
            let hash = hash(known.run);
            if let Some(cell) = table.get_mut(cell(hash)) {
                *cell |= bit(hash);
            }
            if let Some(count) = lists.get_mut(list(hash) + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut lists {
            total += *start;
            *start = total;
        }
        Self { words, table, known, lists }
    }

    /// Calls `found(word, offset)` for each place of each keyword in `text`: the number of the word and the byte where
    /// it begins. Of one word the places come in their order.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        for (at, run) in text.windows(RUN).enumerate() {
            let &[first, second, third, fourth] = run else { continue };
            self.ask(text, at, u32::from_le_bytes([first, second, third, fourth]) | CASE, &mut found);
        }
        // A word of three bytes may end with the text.
        if let Some(at) = text.len().checked_sub(RUN_AT_LEAST)
            && let Some(&[first, second, third]) = text.get(at..)
        {
            self.ask(text, at, u32::from_le_bytes([first, second, third, 0]) | CASE, &mut found);
        }
    }

    #[inline]
    fn ask(&self, text: &[u8], at: usize, run: u32, found: &mut impl FnMut(usize, usize)) {
        let hash = hash(run);
        if self.table.get(cell(hash)).is_some_and(|cell| cell & bit(hash) != 0) {
            self.compare(text, at, run, hash, found);
        }
    }

    #[cold]
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, run: u32, hash: u32, found: &mut impl FnMut(usize, usize)) {
        let (Some(&start), Some(&end)) = (self.lists.get(list(hash)), self.lists.get(list(hash) + 1)) else { return };
        let known = self.known.get(start as usize..end as usize).unwrap_or_default();
        for known in known.iter().filter(|known| known.run == run) {
            let (Some(start), Some(word)) =
                (at.checked_sub(known.offset as usize), self.words.get(known.word as usize))
            else {
                continue;
            };
            if text.get(start..start + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word)) {
                found(known.word as usize, start);
            }
        }
    }
}

/// Multiplicative hashing: Knuth, "The Art of Computer Programming", volume 3, section 6.4.
const fn hash(run: u32) -> u32 {
    run.wrapping_mul(0x9E37_79B1) >> (32 - TABLE_BITS)
}

const fn cell(hash: u32) -> usize {
    (hash >> 6) as usize
}

const fn bit(hash: u32) -> u64 {
    1 << (hash & 63)
}

const fn list(hash: u32) -> usize {
    (hash >> (TABLE_BITS - LIST_BITS)) as usize
}

/// The runs by which a word is known: its rarest-looking one; of a word of three bytes, it with whatever follows.
fn runs(word: u32, bytes: &[u8]) -> Vec<Known> {
    if let &[first, second, third] = bytes {
        let followed = |next: u8| u32::from_le_bytes([first, second, third, next]) | CASE;
        let mut runs: Vec<u32> = (0..=u8::MAX).map(followed).collect();
        runs.sort_unstable();
        runs.dedup();
        return runs.into_iter().map(|run| Known { run, word, offset: 0 }).collect();
    }
    let runs = bytes.windows(RUN).zip(0u32..);
    let rarest = runs.max_by_key(|(run, offset)| (look(run), *offset));
    let known = rarest.and_then(|(run, offset)| {
        let run: [u8; RUN] = run.try_into().ok()?;
        Some(Known { run: u32::from_le_bytes(run) | CASE, word, offset })
    });
    known.into_iter().collect()
}

/// How rare a run looks.
fn look(run: &[u8]) -> usize {
    let frequent = FREQUENT.iter().any(|known| known.eq_ignore_ascii_case(run));
    let bytes: usize = run.iter().map(|byte| rarity(*byte)).sum();
    bytes.saturating_sub(if frequent { FREQUENT_COSTS } else { 0 })
}

fn rarity(byte: u8) -> usize {
    let folded = byte.to_ascii_lowercase();
    COMMON.iter().position(|&common| common == folded).unwrap_or(COMMON.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasickBuilder;
    use proptest::prelude::*;

    fn found(words: &[&str], text: &str) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        Keywords::new(words.iter().copied()).find(text.as_bytes(), |word, at| all.push((word, at)));
        all.sort_unstable();
        all
    }

    #[test]
    fn words_are_found_without_case_where_they_begin() {
        assert_eq!(found(&["secret", "Cret_", "_up", ""], "a SECRET_up"), [(0, 2), (1, 4), (2, 8)]);
        assert_eq!(found(&["`key"], "@key"), [], "folding may confuse the table, never the answer");
    }

    proptest! {
        #[test]
        fn it_finds_what_an_automaton_finds(
            words in prop::collection::vec("[aAbB@_`\u{0}]{3,7}", 1..8),
            text in "[aAbB@_`\u{0}]{0,60}",
        ) {
            let automaton = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(&words).unwrap();
            let mut expected: Vec<_> = automaton
                .find_overlapping_iter(&text)
                .map(|hit| (hit.pattern().as_usize(), hit.start()))
                .collect();
            expected.sort_unstable();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            prop_assert_eq!(found(&words, &text), expected);
        }
    }
}
