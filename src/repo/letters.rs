//! Which letters, digits and signs a text has, as a set of bits: whether a path can match a glob at all costs one
//! comparison.

/// A set of letters (without case), digits and `-`, `_`, `.`; all that is not ASCII is one of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Letters(u64);

impl Letters {
    /// What stands in `text`.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |set, byte| set | bit(byte)))
    }

    /// What a path, and the name at its end, must have to match `glob`: what the glob has outside of braces and classes.
    /// A class of one letter in both cases counts as that letter.
    pub(crate) fn of_glob(glob: &str) -> (Self, Self) {
        let (mut path, mut name) = (Self::default(), Self::default());
        let mut rest = glob.as_bytes();
        while let Some(&first) = rest.first() {
            let (letters, taken) = match (first, rest) {
                (b'[', [_, upper, lower, b']', ..]) if upper.eq_ignore_ascii_case(lower) => (bit(*lower), 4),
                // What stands in there is a choice, which may hold slashes.
                (b'{' | b'[' | b'\\', _) => return (path, Self::default()),
                _ => (bit(first), 1),
            };
            name = if first == b'/' { Self::default() } else { Self(name.0 | letters) };
            path = Self(path.0 | letters);
            rest = rest.get(taken..).unwrap_or_default();
        }
        (path, name)
    }

    /// Both sets.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both have.
    pub(crate) const fn shared(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether all of `wanted` is here.
    pub(crate) const fn have(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }
}

fn bit(byte: u8) -> u64 {
    match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'A'..=b'Z' => 1 << (byte - b'A'),
        b'0'..=b'9' => 1 << (26 + byte - b'0'),
        b'-' => 1 << 36,
        b'_' => 1 << 37,
        b'.' => 1 << 38,
        0x80.. => 1 << 39,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_asks_for_the_letters_that_every_match_has() {
        let (path, name) = Letters::of_glob("docs/[Rr]e*.md");
        assert_eq!((path, name), (Letters::of("docsre.md"), Letters::of("re.md")));
        assert_eq!(Letters::of_glob("ab\u{e9}/c").1, Letters::of("c"));
        assert!(!Letters::of("README.md").have(Letters::of_glob("\u{e9}*.md").0));
        let (path, name) = Letters::of_glob("docs/x{a/b,c}.md");
        assert_eq!((path, name), (Letters::of("docsx"), Letters::default()));
        assert!(Letters::of("README.md").have(name) && !Letters::of("b").have(Letters::of("ab")));
    }
}
