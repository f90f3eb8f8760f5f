//! The line hash that code scanning uses to follow a finding when lines move: `primaryLocationLineHash`.
//!
//! For each line, a polynomial over the first 100 UTF-16 units from its start that are neither space nor tab, running
//! on into the lines that follow. CR and CRLF count as LF. One rolling pass over the file serves all lines.

use std::collections::{HashMap, VecDeque};

/// Units under one hash.
const WINDOW: usize = 100;
/// The base of the polynomial.
const BASE: u64 = 37;
/// `BASE` to the power of `WINDOW`: the weight of the unit that leaves the window.
const LEAVING: u64 = {
    let (mut power, mut step) = (1_u64, 0);
    while step < WINDOW {
        power = power.wrapping_mul(BASE);
        step += 1;
    }
    power
};
/// The unit that stands for the end of the file.
const END: u16 = 0xffff;

/// The hash of every line of `text` in order, as `hex:ordinal`; the ordinal counts equal hashes within the file.
pub fn hashes(text: &str) -> Vec<String> {
    LineHashes::new(text).0.iter().map(|&hash| written(hash)).collect()
}

/// The hashes of one file, written out only for the lines that are asked for.
pub(super) struct LineHashes(Vec<(u64, usize)>);

impl LineHashes {
    pub(super) fn new(text: &str) -> Self {
        let mut ordinals: HashMap<u64, usize> = HashMap::new();
        let counted = roll(text).into_iter().map(|hash| {
            let ordinal = ordinals.entry(hash).or_default();
            *ordinal += 1;
            (hash, *ordinal)
        });
        Self(counted.collect())
    }

    /// The hash of 1-based `line`.
    pub(super) fn line(&self, line: usize) -> Option<String> {
        self.0.get(line.checked_sub(1)?).map(|&hash| written(hash))
    }
}

fn written((hash, ordinal): (u64, usize)) -> String {
    format!("{hash:x}:{ordinal}")
}

/// One hash per line, complete `WINDOW` units after its start; as many zeros behind the end complete the last one.
fn roll(text: &str) -> Vec<u64> {
    let mut done = Vec::new();
    let mut open: VecDeque<usize> = VecDeque::new();
    let mut window = [0_u16; WINDOW];
    let mut hash = 0_u64;
    let mut at_line_start = true;
    let units = Units { source: text.encode_utf16(), after_cr: false }.map(Some);
    for (position, unit) in units.chain([Some(END)]).chain([None; WINDOW]).enumerate() {
        if open.front().is_some_and(|start| position - start >= WINDOW) {
            open.pop_front();
            done.push(hash);
        }
        if at_line_start && unit.is_some() {
            open.push_back(position);
        }
        if unit.is_some() {
            at_line_start = unit == Some(u16::from(b'\n'));
        }
        let entering = unit.unwrap_or(0);
        let leaving = window.get_mut(position % WINDOW).map_or(0, |slot| std::mem::replace(slot, entering));
        hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(entering));
        hash = hash.wrapping_sub(LEAVING.wrapping_mul(u64::from(leaving)));
    }
    done
}

/// UTF-16 units without blanks, every line end as one LF.
struct Units<'text> {
    source: std::str::EncodeUtf16<'text>,
    after_cr: bool,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        const SPACE: u16 = b' ' as u16;
        const TAB: u16 = b'\t' as u16;
        const LF: u16 = b'\n' as u16;
        const CR: u16 = b'\r' as u16;
        loop {
            let unit = self.source.next()?;
            let second_half = std::mem::replace(&mut self.after_cr, unit == CR) && unit == LF;
            match unit {
                SPACE | TAB => {}
                LF if second_half => {}
                CR => return Some(LF),
                _ => return Some(unit),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_vectors() {
        assert_eq!(hashes(""), ["c129715d7a2bc9a3:1"]);
        let short = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(hashes(" a\nb\n  \t\tc\n d"), short);
        assert_eq!(hashes(" a\r\nb\r\n  \t\tc\r d"), short, "CRLF and CR are LF");
        let repeated = hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        assert_eq!(repeated[0], "a7f2ff13bc495cf2:1");
        let rest = ["a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1"];
        assert_eq!(repeated[5..9], rest);
        assert_eq!(repeated[9..], ["cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"]);
        let wide = ["2b123de82ebff710:1", "67bf4c3c6792ddce:1", "32dce9ccfdbc9d3e:1", "c129715d7a2bc9a3:1"];
        assert_eq!(hashes("h\u{e9}llo \u{1f389} {\n\tok\n}\n"), wide);
    }

    #[test]
    fn single_lines_are_asked_for_by_number() {
        let all = LineHashes::new("a\nb\n");
        assert_eq!(all.line(2).unwrap(), hashes("a\nb\n")[1]);
        assert_eq!((all.line(0), all.line(4)), (None, None));
    }

    /// The definition, without a rolling window.
    fn plain(text: &str) -> Vec<u64> {
        let mut units: Vec<u16> = Units { source: text.encode_utf16(), after_cr: false }.chain([END]).collect();
        let ends = units.iter().enumerate().filter(|(_, unit)| **unit == 10).map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
        units.extend([0; WINDOW]);
        let sum = |total: u64, unit: &u16| total.wrapping_mul(BASE).wrapping_add(u64::from(*unit));
        starts.iter().map(|&start| units[start..start + WINDOW].iter().fold(0, sum)).collect()
    }

    proptest! {
        #[test]
        fn rolling_equals_the_definition(text in "[ab \t\r\n\u{e9}\u{1f389}\u{ffff}]{0,400}") {
            prop_assert_eq!(roll(&text), plain(&text));
        }
    }
}
