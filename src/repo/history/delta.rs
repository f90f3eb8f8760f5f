//! Applies the deltas of packs, and tells which parts of the new text are copies of the old one.
//!
//! What is copied was searched before, so that only what a version adds must be searched: that is what makes the history
//! cheap to read.

/// Bytes of the old text that stand in the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// Where they begin in the old text.
    pub from: usize,
    /// Where they begin in the new text.
    pub to: usize,
    /// How many they are.
    pub length: usize,
}

/// The lengths of the old and of the new text, in bytes, and the instructions behind them.
pub(super) fn header(delta: &[u8]) -> Option<(usize, usize, &[u8])> {
    let (old, rest) = length(delta)?;
    let (new, rest) = length(rest)?;
    Some((old, new, rest))
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, &byte) in bytes.iter().enumerate().take(9) {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

/// Makes the new text from the old one. `None` if the instructions do not fit, or if it is longer than `most` bytes.
pub(super) fn apply(old: &[u8], delta: &[u8], most: usize, new: &mut Vec<u8>, copies: &mut Vec<Copy>) -> Option<()> {
    let (old_length, new_length, mut rest) = header(delta)?;
    new.clear();
    copies.clear();
    if old_length != old.len() || new_length > most {
        return None;
    }
    new.reserve(new_length);
    while let Some((&command, after)) = rest.split_first() {
        rest = after;
        if command & 0x80 == 0 {
            let (text, after) = rest.split_at_checked(usize::from(command)).filter(|(text, _)| !text.is_empty())?;
            new.extend_from_slice(text);
            rest = after;
        } else {
            let from = operand(command, 0, 4, &mut rest)?;
            let length = match operand(command, 4, 3, &mut rest)? {
                0 => 0x1_0000,
                length => length,
            };
            copies.push(Copy { from, to: new.len(), length });
            new.extend_from_slice(old.get(from..from.checked_add(length)?)?);
        }
        if new.len() > new_length {
            return None;
        }
    }
    (new.len() == new_length).then_some(())
}

/// A number of which the bits of `command` say which bytes are given.
fn operand(command: u8, first: u8, bytes: u8, rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for at in 0..bytes {
        if command & (1 << (first + at)) != 0 {
            let (&byte, after) = rest.split_first()?;
            value |= usize::from(byte) << (8 * at);
            *rest = after;
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn copies_and_additions_make_the_new_text() {
        let (mut new, mut copies) = (Vec::new(), Vec::new());
        let delta = b"\x06\x09\x91\x02\x03\x02XY\x90\x04";
        apply(b"abcdef", delta, 99, &mut new, &mut copies).unwrap();
        assert_eq!(new, b"cdeXYabcd");
        assert_eq!(copies, [Copy { from: 2, to: 0, length: 3 }, Copy { from: 0, to: 5, length: 4 }]);
        assert_eq!(apply(b"abcdef", delta, 8, &mut new, &mut copies), None, "longer than allowed");
        assert_eq!(apply(b"abc", delta, 99, &mut new, &mut copies), None, "another base");
        assert_eq!(apply(b"abcdef", &delta[..8], 99, &mut new, &mut copies), None, "cut short");
    }

    proptest! {
        #[test]
        fn never_panics(old: Vec<u8>, delta: Vec<u8>, tail: Vec<u8>) {
            let (mut new, mut copies) = (Vec::new(), Vec::new());
            let _ = apply(&old, &delta, 1 << 16, &mut new, &mut copies);
            let mut fitting = vec![u8::try_from(old.len() & 0x7f).unwrap(), 0x40];
            fitting.extend(tail);
            let _ = apply(&old[..old.len() & 0x7f], &fitting, 1 << 16, &mut new, &mut copies);
        }
    }
}
