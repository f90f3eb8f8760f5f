//! Which letters, digits and signs a text has, and which pairs of them, as sets of bits: whether a path can match a glob
//! at all costs two comparisons.

/// A set of letters (without case), digits and `-`, `_`, `.`, all that is not ASCII being one of them, and of the pairs
/// of them that stand side by side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Letters {
    single: u64,
    /// By a hash: several pairs share a bit.
    pairs: u64,
}

/// What stands in a text that is read byte by byte.
#[derive(Default)]
struct Reading {
    seen: Letters,
    last: u8,
}

impl Reading {
    fn see(&mut self, byte: u8) {
        let code = code(byte);
        self.seen.single |= u64::from(code != 0) << code;
        if code != 0 && self.last != 0 {
            self.seen.pairs |= pair(self.last, code);
        }
        self.last = code;
    }
}

impl Letters {
    /// What stands in `text`.
    pub(crate) fn of(text: &str) -> Self {
        let mut reading = Reading::default();
        text.bytes().for_each(|byte| reading.see(byte));
        reading.seen
    }

    /// What a path, and the name at its end, must have to match `glob`: what the glob has outside of braces and classes.
    /// A class of one letter in both cases counts as that letter, another one as any sign.
    pub(crate) fn of_glob(glob: &str) -> (Self, Self) {
        let (mut path, mut name) = (Reading::default(), Reading::default());
        let mut rest = glob.as_bytes();
        while let Some(&first) = rest.first() {
            let (letter, taken) = match (first, rest) {
                (b'[', [_, upper, lower, b']', ..]) if upper.eq_ignore_ascii_case(lower) => (*lower, 4),
                (b'[', [_, class @ ..]) => match length_of_class(class) {
                    Some(length) => (ANY, length + 2),
                    None => return (path.seen, Self::default()),
                },
                // What stands in there is a choice, which may hold slashes.
                (b'{' | b'\\', _) => return (path.seen, Self::default()),
                _ => (first, 1),
            };
            if first == b'/' {
                name = Reading::default();
            }
            name.see(letter);
            path.see(letter);
            rest = rest.get(taken..).unwrap_or_default();
        }
        (path.seen, name.seen)
    }

    /// Both sets.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self { single: self.single | other.single, pairs: self.pairs | other.pairs }
    }

    /// What both have.
    pub(crate) const fn shared(self, other: Self) -> Self {
        Self { single: self.single & other.single, pairs: self.pairs & other.pairs }
    }

    /// Whether all of `wanted` is here.
    pub(crate) const fn have(self, wanted: Self) -> bool {
        (wanted.single & !self.single) | (wanted.pairs & !self.pairs) == 0
    }
}

/// What is no letter, digit or sign that counts.
const ANY: u8 = b'*';

/// How many bytes a class has, up to its bracket, where it lists signs of a name.
fn length_of_class(class: &[u8]) -> Option<usize> {
    let length = memchr::memchr(b']', class)?;
    let inside = class.get(..length).filter(|inside| !inside.is_empty())?;
    (!inside.contains(&b'/') && !inside.contains(&b'\\')).then_some(length)
}

/// A number from 1 to 40 for what counts, 0 for the rest.
const fn code(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 1 + byte - b'a',
        b'A'..=b'Z' => 1 + byte - b'A',
        b'0'..=b'9' => 27 + byte - b'0',
        b'-' => 37,
        b'_' => 38,
        b'.' => 39,
        0x80.. => 40,
        _ => 0,
    }
}

/// The bit of two codes side by side: multiplicative hashing, as the keywords have it.
fn pair(first: u8, second: u8) -> u64 {
    let number = u32::from(first) * 41 + u32::from(second);
    1 << (number.wrapping_mul(0x9E37_79B1) >> 26)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_asks_for_the_letters_that_every_match_has() {
        let (path, name) = Letters::of_glob("docs/[Rr]e*.md");
        assert_eq!((path, name), (Letters::of("docs/re*.md"), Letters::of("re*.md")));
        assert_eq!(Letters::of_glob("ab\u{e9}/c").1, Letters::of("c"));
        assert_eq!(Letters::of_glob("a/*[-_]up[0-9]ab.*").1, Letters::of("up*ab."));
        assert_eq!(Letters::of_glob("a/b[/]c").1, Letters::default());
        assert!(!Letters::of("README.md").have(Letters::of_glob("\u{e9}*.md").0));
        let (path, name) = Letters::of_glob("docs/x{a/b,c}.md");
        assert_eq!((path, name), (Letters::of("docs/x"), Letters::default()));
        assert!(
            Letters::of("latest.md").have(Letters::of("*test*"))
                && !Letters::of("settle.md").have(Letters::of("*test*"))
        );
        assert!(Letters::of("README.md").have(name) && !Letters::of("b").have(Letters::of("ab")));
    }
}
