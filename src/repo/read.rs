//! Bytes of one file into a buffer that the caller keeps: one open, and of nearly all files one read.
//!
//! What is no text for people is refused with a reason: binaries, git-lfs pointers, files that grew over the bound.
//! UTF-16 with a byte order mark becomes UTF-8, so that offsets always count bytes of UTF-8.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::files::SkipReason;

/// A NUL byte among the first so many bytes makes a file binary: git's own rule.
const SNIFFED: usize = 8_000;
/// Bytes that are asked for first: of nearly all files that is the whole. What is longer is sniffed before the rest is read.
const FIRST: usize = 64 << 10;
/// What is longer, in bytes, is read by one worker at a time, and its room is given back: a tree may hold many such texts.
const LARGE: usize = 1 << 20;
/// Whose turn it is to hold a large text.
static TURN: Mutex<()> = Mutex::new(());
/// How a pointer of git-lfs begins.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// Pointers are never longer than this, in bytes.
const LFS_MAX: usize = 1_024;

/// Room that is kept from file to file. What is no longer needed stays in it: room is zeroed once.
#[derive(Debug, Default)]
pub struct Buffer {
    room: Vec<u8>,
    /// Whether it waits for its turn to hold a large text.
    takes_turns: bool,
    turn: Option<MutexGuard<'static, ()>>,
}

impl Buffer {
    /// A buffer that holds a large text only while no other of these does; [`Self::done`] ends its turn. A thread has one
    /// of them at most.
    pub fn taking_turns() -> Self {
        Self { takes_turns: true, ..Self::default() }
    }

    /// Says that the text is not needed any more.
    pub fn done(&mut self) {
        if self.turn.take().is_some() {
            self.room = Vec::new();
        }
    }

    /// The text of the file at `path`, of at most `max` bytes.
    pub(super) fn read(&mut self, path: &Path, max: u64) -> Result<&[u8], SkipReason> {
        match self.fill(path, max).map_err(|error| SkipReason::from_io(&error))? {
            Some(length) => self.finish(length, max),
            None => Err(SkipReason::Binary),
        }
    }

    /// `text` under the same rules as a file.
    pub(super) fn copy(&mut self, text: &[u8], max: u64) -> Result<&[u8], SkipReason> {
        let most = usize::try_from(max).unwrap_or(usize::MAX).saturating_add(1);
        let text = text.get(..most).unwrap_or(text);
        self.room.clear();
        self.room.extend_from_slice(text);
        self.finish(text.len(), max)
    }

    /// The number of bytes read, at most one more than `max`; `None` if the start shows that it is no text.
    fn fill(&mut self, path: &Path, max: u64) -> io::Result<Option<usize>> {
        let mut file = File::open(path)?;
        let ceiling = usize::try_from(max).unwrap_or(usize::MAX).saturating_add(1);
        let (mut filled, mut wanted) = (0, FIRST.min(ceiling));
        loop {
            self.make_room(wanted, filled);
            let free = self.room.get_mut(filled..wanted).unwrap_or_default();
            let room = free.len();
            match file.read(free) {
                Ok(count) => {
                    filled += count;
                    // A regular file gives less than is asked for only at its end.
                    if count < room || filled >= ceiling {
                        return Ok(Some(filled));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if wanted == FIRST && is_binary(self.room.get(..filled).unwrap_or_default()) {
                return Ok(None);
            }
            wanted = self.room_behind(wanted, &file).min(ceiling);
        }
    }

    /// Room for `wanted` bytes, of which the first `filled` are kept.
    fn make_room(&mut self, wanted: usize, filled: usize) {
        if self.room.capacity() < wanted {
            // The old room is given back first: both at once would be more than the text needs.
            let head = self.room.get(..filled).unwrap_or_default().to_vec();
            self.room = Vec::new();
            self.room.reserve_exact(wanted);
            self.room.extend_from_slice(&head);
        }
        if self.room.len() < wanted {
            self.room.resize(wanted, 0);
        }
    }

    /// How much room is asked for when `filled` bytes did not hold the whole file.
    fn room_behind(&mut self, filled: usize, file: &File) -> usize {
        let length = file.metadata().ok().and_then(|about| usize::try_from(about.len()).ok());
        // One byte more shows the end.
        let room = length.filter(|length| *length >= filled).map_or(filled.saturating_mul(2), |length| length + 1);
        if self.takes_turns && self.turn.is_none() && room > LARGE {
            self.turn = Some(TURN.lock().unwrap_or_else(PoisonError::into_inner));
        }
        room
    }

    /// Judges and decodes the first `length` bytes.
    fn finish(&mut self, length: usize, max: u64) -> Result<&[u8], SkipReason> {
        let text = self.room.get(..length).unwrap_or_default();
        let exceeds = |length: usize| u64::try_from(length).is_ok_and(|length| length > max);
        if exceeds(length) {
            return Err(SkipReason::TooLarge(max));
        }
        if let Some(decoded) = decode_utf16(text) {
            self.room = decoded.into_bytes();
            return match () {
                () if is_binary(&self.room) => Err(SkipReason::Binary),
                () if exceeds(self.room.len()) => Err(SkipReason::TooLarge(max)),
                () => Ok(&self.room),
            };
        }
        match text {
            _ if is_binary(text) => Err(SkipReason::Binary),
            _ if is_pointer(text) => Err(SkipReason::LfsPointer),
            _ => Ok(self.room.get(..length).unwrap_or_default()),
        }
    }
}

/// Whether this is a pointer of git-lfs.
pub(super) fn is_pointer(text: &[u8]) -> bool {
    text.len() <= LFS_MAX && text.starts_with(LFS)
}

fn is_binary(text: &[u8]) -> bool {
    let head = text.get(..SNIFFED).unwrap_or(text);
    !matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) && memchr::memchr(0, head).is_some()
}

/// The text behind a UTF-16 byte order mark; halves of pairs become replacement characters.
fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let (unit, rest): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        _ => return None,
    };
    let (pairs, _) = rest.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| unit(pair));
    Some(char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(bytes: &[u8], max: u64) -> Result<Vec<u8>, SkipReason> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, bytes).unwrap();
        let mut used = Buffer { room: b"left over from the file before".repeat(9), ..Buffer::default() };
        let from_disk = used.read(&path, max).map(<[u8]>::to_vec);
        let again = used.read(&path, max).map(<[u8]>::to_vec);
        let from_memory = used.copy(bytes, max).map(<[u8]>::to_vec);
        assert!(from_disk == again && from_disk == from_memory, "disk and memory agree, however often");
        from_disk
    }

    #[test]
    fn the_buffer_holds_exactly_the_file() {
        assert_eq!(read(b"", 10).unwrap(), b"");
        assert_eq!(read(b"abc\n", 10).unwrap(), b"abc\n");
        let long = "line\n".repeat(40_000).into_bytes();
        assert_eq!(read(&long, 1 << 20).unwrap(), long);
    }

    #[test]
    fn the_bound_is_the_largest_size_that_passes() {
        assert_eq!(read(b"12345", 5).unwrap(), b"12345");
        assert_eq!(read(b"123456", 5), Err(SkipReason::TooLarge(5)));
    }

    #[test]
    fn binaries_show_in_the_first_8000_bytes() {
        let mut bytes = vec![b'a'; 100_000];
        bytes[7_999] = 0;
        assert_eq!(read(&bytes, 1 << 20), Err(SkipReason::Binary));
        bytes.swap(7_999, 8_000);
        assert_eq!(read(&bytes, 1 << 20).unwrap(), bytes);
    }

    #[test]
    fn utf_16_becomes_utf_8() {
        let little: Vec<u8> = "\u{feff}h\u{e9} \u{1f389}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&little, 99).unwrap(), "h\u{e9} \u{1f389}".as_bytes());
        let big: Vec<u8> = "\u{feff}ok".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&big, 99).unwrap(), b"ok");
        assert_eq!(read(b"\xff\xfe\x00\xd8a\x00!", 99).unwrap(), "\u{fffd}a".as_bytes());
        assert_eq!(read(b"\xff\xfe\x00\x00a\x00\x00\x00", 99), Err(SkipReason::Binary), "UTF-32");
    }

    #[test]
    fn pointers_of_git_lfs_are_no_content() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert_eq!(read(pointer, 999), Err(SkipReason::LfsPointer));
    }

    #[test]
    fn a_vanished_file_is_unreadable() {
        let mut buffer = Buffer::default();
        let reason = buffer.read(Path::new("/does/not/exist"), 9).unwrap_err();
        assert_eq!(reason.to_string(), "unreadable (entity not found)");
    }
}
