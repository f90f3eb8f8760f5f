//! Finds the keywords of all rules in one text, without case, faster than an automaton does.
//!
//! Each keyword is known by its rarest-looking run of four bytes; one of three bytes by itself, whatever follows. A table
//! of 8,192 cells, small enough for the first levels of the processor's cache, says of the four bytes at a position
//! whether they may be such a run: the first three choose the cell, the fourth one of its 64 bits, so that what follows
//! three bytes fills a cell and not a share of the whole table. A smaller second table by a hash of all four says it
//! again; only then the keywords behind them are compared. Positions do not depend on each other, so the processor
//! works on many at a time, where an automaton waits for its next state. (The idea is that of q-gram filters: Navarro
//! and Raffinot, "Flexible Pattern Matching in Strings", 2002, chapter 6.)

use std::cell::RefCell;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Shortest keyword that can be looked for, in bytes.
pub(crate) const RUN_AT_LEAST: usize = 3;
/// Length of a run, in bytes.
const RUN: usize = 4;
/// Number of cells in the table, as a power of two.
const CELL_BITS: u32 = 13;
/// Number of bits in the second table, as a power of two.
const SECOND_BITS: u32 = 16;
/// Number of lists of keywords behind the table, as a power of two.
const LIST_BITS: u32 = 12;
/// Bit that tells an upper-case ASCII letter from its lower case, in each of four bytes.
const CASE: u32 = 0x2020_2020;
/// The bytes of a run that a keyword of three bytes is known by.
const SHORT: u32 = 0x00FF_FFFF;
/// The runs that stand most often in source code and prose, the commonest first, a line each: counted over 71 MB of
/// files of public repositories in twenty-four languages, with no more than 4 MB of one language.
const FREQUENT: &str = include_str!("frequent.txt");
/// How rare a run looks that is not among the commonest, beside its bytes.
const RARE: usize = 12_000;
/// Bytes from the commonest in source code and prose to rarer ones; what is not listed is rarest.
const COMMON: &[u8] = b"e tarionslcdpumhfgybw.\n(),_v;kx=\"'";

/// The keywords, ready to be looked for.
#[derive(Debug)]
pub(crate) struct Keywords {
    words: Vec<Box<[u8]>>,
    table: Box<[u64; 1 << CELL_BITS]>,
    /// By a hash of all four bytes, for the few positions that pass the first.
    second: Box<[u64; 1 << (SECOND_BITS - 6)]>,
    long: Lists,
    /// Of the words of three bytes.
    short: Lists,
}

/// Runs by their hash.
#[derive(Debug)]
struct Lists {
    /// All runs, list by list.
    known: Vec<Known>,
    /// Where each list begins in `known`; one more than there are lists.
    starts: Vec<u32>,
}

/// Words with numbers in the order in which they are first named; case makes no difference.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(FxHashMap<String, usize>);

impl Vocabulary {
    /// The number of `word`.
    pub(crate) fn number(&mut self, word: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(word.to_ascii_lowercase()).or_insert(next)
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
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
    #[expect(clippy::large_stack_arrays, reason = "64 KiB, on the way to the heap")]
    /// Prepares `words`, whose numbers are their places in the list. Words shorter than [`RUN_AT_LEAST`] are never found.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<Box<[u8]>> = words.into_iter().map(|word| word.as_bytes().into()).collect();
        let known = (0u32..).zip(&words).filter_map(|(number, word)| known_by(number, word));
        let (short, long): (Vec<Known>, Vec<Known>) = known.partition(|known| known.run & !SHORT == 0);
        let mut table = Box::new([0u64; 1 << CELL_BITS]);
        let mut second = Box::new([0u64; 1 << (SECOND_BITS - 6)]);
        let mut mark = |run: u32| {
            let hash = hash(run);
            table.get_mut(cell(run)).into_iter().for_each(|cell| *cell |= bit(fourth(run)));
            second.get_mut(second_cell(hash)).into_iter().for_each(|cell| *cell |= bit(hash));
        };
        for known in &long {
            mark(known.run);
        }
        for known in &short {
            (0..=u8::MAX).for_each(|next| mark(known.run | u32::from(next) << 24 | CASE));
        }
        Self { words, table, second, long: Lists::new(long), short: Lists::new(short) }
    }

    /// Calls `found(word, offset)` for each place of each keyword in `text`: the number of the word and the byte where
    /// it begins. Of one word the places come in their order.
    pub(crate) fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        if self.words.is_empty() {
            return;
        }
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
        if self.table.get(cell(run)).is_some_and(|cell| cell & bit(fourth(run)) != 0) {
            let hash = hash(run);
            if self.second.get(second_cell(hash)).is_some_and(|cell| cell & bit(hash) != 0) {
                self.compare(text, at, run, hash, found);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, run: u32, hash: u32, found: &mut impl FnMut(usize, usize)) {
        let long = self.long.of(run, hash);
        for known in long.chain(self.short.of(run & SHORT, self::hash(run & SHORT))) {
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

impl Lists {
    fn new(mut known: Vec<Known>) -> Self {
        known.sort_by_key(|known| (list(hash(known.run)), known.word));
        let mut starts = vec![0u32; (1 << LIST_BITS) + 1];
        for known in &known {
            starts.get_mut(list(hash(known.run)) + 1).into_iter().for_each(|count| *count += 1);
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        Self { known, starts }
    }

    /// The places where `run`, of this hash, stands in words.
    fn of(&self, run: u32, hash: u32) -> impl Iterator<Item = &Known> {
        let (start, end) = (self.starts.get(list(hash)), self.starts.get(list(hash) + 1));
        let range = start.zip(end).map_or(0..0, |(start, end)| *start as usize..*end as usize);
        self.known.get(range).unwrap_or_default().iter().filter(move |known| known.run == run)
    }
}

/// Where the first three bytes of a run lead. Multiplicative hashing: Knuth, "The Art of Computer Programming", volume 3,
/// section 6.4.
const fn cell(run: u32) -> usize {
    ((run << 8).wrapping_mul(0x9E37_79B1) >> (32 - CELL_BITS)) as usize
}

/// The fourth byte of a run.
const fn fourth(run: u32) -> u32 {
    run >> 24
}

/// The bit of a cell: by the lowest six bits of a number.
const fn bit(number: u32) -> u64 {
    1 << (number & 63)
}

/// A hash of all four bytes, with another factor: the fraction of the square root of three.
const fn hash(run: u32) -> u32 {
    run.wrapping_mul(0xBB67_AE85) >> (32 - SECOND_BITS)
}

const fn second_cell(hash: u32) -> usize {
    (hash >> 6) as usize
}

const fn list(hash: u32) -> usize {
    (hash >> (SECOND_BITS - LIST_BITS)) as usize
}

/// The run by which a word is known: its rarest-looking one; of a word of three bytes, those. `None`: it is too short.
fn known_by(word: u32, bytes: &[u8]) -> Option<Known> {
    if let &[first, second, third] = bytes {
        let run = (u32::from_le_bytes([first, second, third, 0]) | CASE) & SHORT;
        return Some(Known { run, word, offset: 0 });
    }
    let offset = rarest(bytes)?;
    let run: [u8; RUN] = bytes.get(offset..offset + RUN)?.try_into().ok()?;
    Some(Known { run: u32::from_le_bytes(run) | CASE, word, offset: u32::try_from(offset).ok()? })
}

/// Where the rarest-looking run of a keyword begins. The same words are asked for again with each sort of files.
fn rarest(bytes: &[u8]) -> Option<usize> {
    thread_local! {
        static KNOWN: RefCell<FxHashMap<Box<[u8]>, Option<usize>>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(offset) = known.get(bytes) {
            return *offset;
        }
        let runs = bytes.windows(RUN).enumerate();
        let rarest = runs.max_by_key(|(offset, run)| (look(run), *offset)).map(|(offset, _)| offset);
        known.insert(bytes.into(), rarest);
        rarest
    })
}

/// How rare a run looks.
fn look(run: &[u8]) -> usize {
    static RANKS: LazyLock<FxHashMap<[u8; RUN], usize>> = LazyLock::new(|| {
        let runs = FREQUENT.lines().filter_map(|run| run.as_bytes().try_into().ok());
        runs.zip(0..).collect()
    });
    let folded = <[u8; RUN]>::try_from(run).map(|run| run.map(|byte| byte.to_ascii_lowercase()));
    let rank = folded.ok().and_then(|run| RANKS.get(&run).copied());
    rank.unwrap_or_else(|| RARE + run.iter().map(|byte| rarity(*byte)).sum::<usize>())
}

fn rarity(byte: u8) -> usize {
    let folded = byte.to_ascii_lowercase();
    memchr::memchr(folded, COMMON).unwrap_or(COMMON.len())
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
