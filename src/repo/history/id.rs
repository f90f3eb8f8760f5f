//! Names of objects, and the few lines of commits, tags and trees that the history is read from.
//!
//! Objects are as hostile as the tree: whatever does not have the expected form is `None`, and nothing is allocated by
//! what an object claims.

use std::fmt;

/// The SHA-1 of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id([u8; Id::LENGTH]);

impl Id {
    /// Bytes of a name.
    pub(super) const LENGTH: usize = 20;

    /// From its bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From forty hexadecimal digits.
    pub(super) fn from_hex(text: &[u8]) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, rest) = text.as_chunks::<2>();
        let mut id = [0; Self::LENGTH];
        if pairs.len() != Self::LENGTH || !rest.is_empty() {
            return None;
        }
        for (byte, &[high, low]) in id.iter_mut().zip(pairs) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(id))
    }

    /// Its bytes.
    pub(super) const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// The first byte, by which indexes are fanned out.
    pub(super) const fn first(&self) -> usize {
        self.0[0] as usize
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// What the history needs of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommitText {
    pub(super) tree: Id,
    pub(super) parents: Vec<Id>,
    /// When it was committed, in seconds since 1970; 0 where it cannot be read.
    pub(super) committed: i64,
    /// When it was written, and the minutes by which its author's clock was ahead of UTC.
    pub(super) written: (i64, i32),
}

impl CommitText {
    /// Reads the header of a commit.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut lines = text.split(|&byte| byte == b'\n');
        let tree = Id::from_hex(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut commit = Self { tree, parents: Vec::new(), committed: 0, written: (0, 0) };
        for line in lines.take_while(|line| !line.is_empty()) {
            if let Some(id) = line.strip_prefix(b"parent ") {
                commit.parents.push(Id::from_hex(id)?);
            } else if let Some(person) = line.strip_prefix(b"author ") {
                commit.written = time(person).unwrap_or_default();
            } else if let Some(person) = line.strip_prefix(b"committer ") {
                commit.committed = time(person).unwrap_or_default().0;
                break;
            }
        }
        Some(commit)
    }
}

/// `Name <mail> 1700000000 +0130`: the two numbers at the end.
fn time(person: &[u8]) -> Option<(i64, i32)> {
    let end = person.get(memchr::memrchr(b'>', person)? + 1..)?;
    let mut parts = str::from_utf8(end).ok()?.split_ascii_whitespace();
    let seconds = parts.next()?.parse().ok()?;
    let zone: i32 = parts.next().and_then(|zone| zone.parse().ok()).unwrap_or_default();
    Some((seconds, (zone / 100 * 60 + zone % 100).clamp(-1440, 1440)))
}

/// The object that a tag names.
pub(super) fn tagged(text: &[u8]) -> Option<Id> {
    Id::from_hex(text.strip_prefix(b"object ")?.get(..2 * Id::LENGTH)?)
}

/// One line of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) sort: Sort,
    pub(super) name: &'a [u8],
    pub(super) id: Id,
}

/// What a line of a tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Folder,
    File,
    /// A link, whose text is no content, or another repository.
    Other,
}

/// The lines of a tree, up to the first that cannot be read.
pub(super) fn entries(mut text: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || {
        let space = memchr::memchr(b' ', text.get(..8).unwrap_or(text))?;
        let sort = match text.get(..space)? {
            b"40000" | b"040000" => Sort::Folder,
            mode if mode.starts_with(b"100") => Sort::File,
            _ => Sort::Other,
        };
        let rest = text.get(space + 1..)?;
        let end = memchr::memchr(0, rest)?;
        let id = Id::from_bytes(rest.get(end + 1..end + 1 + Id::LENGTH)?)?;
        text = rest.get(end + 1 + Id::LENGTH..)?;
        Some(Entry { sort, name: rest.get(..end)?, id })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_commit_tells_tree_parents_and_times() {
        let text = b"tree 1111111111111111111111111111111111111111\nparent 2222222222222222222222222222222222222222\n\
            author A > B <a@b> 1700000000 -0130\ncommitter C <c@d> 1700000001 +0000\n\nparent 3\n";
        let commit = CommitText::parse(text).unwrap();
        assert_eq!((commit.committed, commit.written), (1_700_000_001, (1_700_000_000, -90)));
        assert_eq!(commit.parents, [Id([0x22; 20])]);
        assert_eq!(commit.tree.to_string(), "1".repeat(40));
        assert_eq!(CommitText::parse(b"tree 11\n"), None);
    }

    #[test]
    fn a_tree_tells_its_lines() {
        let mut text = b"100644 a b\0".to_vec();
        text.extend([7; 20]);
        text.extend(b"40000 dir\0");
        text.extend([8; 20]);
        text.extend(b"160000 sub\0");
        text.extend([9; 20]);
        text.extend(b"100644 cut\0abc");
        let found: Vec<_> = entries(&text).map(|entry| (entry.sort, entry.name.to_vec(), entry.id)).collect();
        let expected = [
            (Sort::File, b"a b".to_vec(), Id([7; 20])),
            (Sort::Folder, b"dir".to_vec(), Id([8; 20])),
            (Sort::Other, b"sub".to_vec(), Id([9; 20])),
        ];
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, text in "(tree|parent|author|object|[0-9a-f]{40}|[ <>+-]|\n|100644|\\x00)*") {
            for bytes in [&bytes[..], text.as_bytes()] {
                let _ = (CommitText::parse(bytes), tagged(bytes), entries(bytes).count(), Id::from_hex(bytes));
            }
        }
    }
}
