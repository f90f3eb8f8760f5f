//! One file of the repository, and one thing that is there but cannot be audited.
//!
//! Paths are always relative to the audited root, with forward slashes, on every system: they go into reports,
//! fingerprints and globs as they are.

use std::fmt;
use std::io;

use super::Role;

/// A file that the audit may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the audited root, with forward slashes.
    pub path: Box<str>,
    /// What it is for, judged by its path alone; see [`super::role_by_content`].
    pub role: Role,
    /// Whether git's index holds it. Always false without a repository or with an index that cannot be read.
    pub tracked: bool,
}

/// Something that was found and not looked at, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Relative to the audited root, with forward slashes; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why something was not looked at. Prints as a fragment that completes "skipped: …".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// A symbolic link whose target lies outside the audited folder, or inside git's own.
    LinkOutside,
    /// A symbolic link to nothing, or to itself.
    LinkDangling,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// More than this many bytes.
    TooLarge(u64),
    /// A NUL byte near the start.
    Binary,
    /// The system refused, with its words.
    Unreadable(String),
    /// The path is no text; it is printed with replacement characters.
    NotUtf8,
    /// Another repository, pinned by this one.
    Submodule,
    /// The file's content is stored elsewhere.
    LfsPointer,
}

impl SkipReason {
    /// What the system said, without numbers and paths that differ between machines.
    pub(super) fn from_io(error: &io::Error) -> Self {
        Self::Unreadable(error.kind().to_string())
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkOutside => out.write_str("symlink out of the tree"),
            Self::LinkDangling => out.write_str("symlink (dangling)"),
            Self::Fifo => out.write_str("fifo"),
            Self::Socket => out.write_str("socket"),
            Self::Device => out.write_str("device"),
            Self::TooLarge(bytes) => write!(out, "larger than {bytes} bytes"),
            Self::Binary => out.write_str("binary"),
            Self::Unreadable(cause) => write!(out, "unreadable ({cause})"),
            Self::NotUtf8 => out.write_str("path is not UTF-8"),
            Self::Submodule => out.write_str("submodule"),
            Self::LfsPointer => out.write_str("git-lfs pointer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_complete_a_sentence() {
        let cause = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(SkipReason::from_io(&cause).to_string(), "unreadable (permission denied)");
        assert_eq!(SkipReason::TooLarge(8).to_string(), "larger than 8 bytes");
        assert_eq!(SkipReason::LinkDangling.to_string(), "symlink (dangling)");
    }
}
