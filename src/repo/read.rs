//! Bytes of one file into a buffer that the caller keeps: one open, and reads of the size that the listing saw.
//!
//! What is no text for people is refused with a reason: binaries, git-lfs pointers, files that grew over the bound.
//! UTF-16 with a byte order mark becomes UTF-8, so that offsets always count bytes of UTF-8.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::files::SkipReason;

/// A NUL byte among the first so many bytes makes a file binary: git's own rule.
const SNIFFED: usize = 8_000;
/// Files above this size are sniffed before the rest is read, in bytes.
const SNIFF_FIRST: usize = 32 * 1024;
/// How a pointer of git-lfs begins.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// Pointers are never longer than this, in bytes.
const LFS_MAX: usize = 1_024;

/// Reads the file at `path` into `buffer`, which then holds exactly its text. `size` is a hint in bytes.
///
/// Bytes that `buffer` held before are reused as room, so one buffer per thread serves a whole tree.
pub(super) fn read_file(path: &Path, size: u64, max: u64, buffer: &mut Vec<u8>) -> Result<(), SkipReason> {
    let read = read_bounded(path, size, max, buffer).map_err(|error| SkipReason::from_io(&error));
    let outcome = match read {
        Ok(Some(length)) => {
            buffer.truncate(length);
            finish(buffer)
        }
        Ok(None) => Err(SkipReason::Binary),
        Err(reason) => Err(reason),
    };
    let outcome = outcome.and_then(|()| if exceeds(buffer, max) { Err(SkipReason::TooLarge(max)) } else { Ok(()) });
    if outcome.is_err() {
        buffer.clear();
    }
    outcome
}

/// Copies `text` into `buffer` under the same rules as a file.
pub(super) fn read_memory(text: &[u8], max: u64, buffer: &mut Vec<u8>) -> Result<(), SkipReason> {
    buffer.clear();
    if exceeds(text, max) {
        return Err(SkipReason::TooLarge(max));
    }
    buffer.extend_from_slice(text);
    finish(buffer).inspect_err(|_| buffer.clear())
}

fn exceeds(text: &[u8], max: u64) -> bool {
    u64::try_from(text.len()).is_ok_and(|length| length > max)
}

/// The number of bytes read, at most one more than `max`; `None` if the start shows that it is no text.
fn read_bounded(path: &Path, size: u64, max: u64, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut file = File::open(path)?;
    let ceiling = usize::try_from(max).unwrap_or(usize::MAX).saturating_add(1);
    let mut room = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(1).min(ceiling);
    let mut filled = 0;
    if room > SNIFF_FIRST {
        filled = fill(&mut file, buffer, 0, SNIFFED)?;
        if is_binary(buffer.get(..filled).unwrap_or_default()) {
            return Ok(None);
        }
        if filled < SNIFFED {
            return Ok(Some(filled));
        }
    }
    loop {
        filled = fill(&mut file, buffer, filled, room)?;
        if filled < room || room >= ceiling {
            return Ok(Some(filled));
        }
        // It grew since it was listed.
        room = room.saturating_mul(2).min(ceiling);
    }
}

/// Reads until `buffer[..room]` is full or the file ends. Room is zeroed only where the buffer was never used before.
fn fill(file: &mut File, buffer: &mut Vec<u8>, mut filled: usize, room: usize) -> io::Result<usize> {
    if buffer.len() < room {
        buffer.resize(room, 0);
    }
    while let Some(free) = buffer.get_mut(filled..room).filter(|free| !free.is_empty()) {
        match file.read(free) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Judges and decodes what was read.
fn finish(buffer: &mut Vec<u8>) -> Result<(), SkipReason> {
    if let Some(text) = decode_utf16(buffer) {
        *buffer = text.into_bytes();
    }
    if is_binary(buffer) {
        return Err(SkipReason::Binary);
    }
    if is_pointer(buffer) {
        return Err(SkipReason::LfsPointer);
    }
    Ok(())
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
        let mut results = [0, bytes.len() as u64, 3 * bytes.len() as u64].map(|hint| {
            let mut buffer = b"left over from the file before".to_vec();
            read_file(&path, hint, max, &mut buffer).map(|()| buffer)
        });
        let mut memory = vec![1; 9];
        let from_memory = read_memory(bytes, max, &mut memory).map(|()| memory);
        assert!(results.iter().all(|result| *result == from_memory), "every hint and the memory agree");
        std::mem::replace(&mut results[0], Err(SkipReason::Binary))
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
        let mut buffer = Vec::new();
        let reason = read_file(Path::new("/does/not/exist"), 3, 9, &mut buffer).unwrap_err();
        assert_eq!(reason.to_string(), "unreadable (entity not found)");
    }
}
