//! What git tracks below the audited folder, from its index, without running git.
//!
//! The index is as hostile as the tree: its size is bounded, every path is checked before it is joined to anything,
//! and whatever goes wrong is a sentence for [`super::GitState`], never the end of the audit.

use std::fs;
use std::path::Path;

use gix_index::entry::{Flags, Mode};

/// Largest index that is read, in bytes; about two million files.
const MAX_BYTES: u64 = 256 << 20;
/// Most memory for the decoded index, in bytes.
const MAX_MEMORY: usize = 1 << 30;

/// The tracked paths below the audited folder, relative to it, sorted by their bytes, each once.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    /// Files and symbolic links.
    pub(super) files: Vec<Box<str>>,
    /// Paths of submodules.
    pub(super) submodules: Vec<Box<str>>,
    /// Paths that are no text, with the bytes replaced.
    pub(super) not_utf8: Vec<String>,
    /// Whole folders that a sparse index leaves out.
    pub(super) sparse_folders: usize,
}

/// A file as the index will commit it.
#[derive(Debug)]
pub(super) struct Staged {
    /// Relative to the audited folder.
    pub(super) path: Box<str>,
    /// The name of its blob.
    pub(super) id: Box<[u8]>,
}

impl Tracked {
    /// Reads the index at `path`; `prefix` is the audited folder relative to the repository, empty or ending in `/`.
    pub(super) fn read(path: &Path, prefix: &str) -> Result<Self, String> {
        Ok(open(path)?.map_or_else(Self::default, |index| Self::collect(&index, prefix)))
    }

    /// What the index at `path` will commit, sorted by path: files alone, no links and no other repositories.
    pub(super) fn staged(path: &Path, prefix: &str) -> Result<Vec<Staged>, String> {
        let index = open(path)?;
        let mut staged: Vec<Staged> = Vec::new();
        for entry in index.iter().flat_map(|index| index.entries().iter().map(move |entry| (index, entry))) {
            let (index, entry) = entry;
            let odd = entry.flags.intersects(Flags::REMOVE | Flags::INTENT_TO_ADD) || entry.stage_raw() != 0;
            let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
            let bytes: &[u8] = entry.path(index);
            let below = bytes.strip_prefix(prefix.as_bytes()).and_then(|below| str::from_utf8(below).ok());
            if let Some(below) = below.filter(|below| is_file && !odd && is_plain(below)) {
                staged.push(Staged { path: below.into(), id: entry.id.as_slice().into() });
            }
        }
        staged.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        staged.dedup_by(|later, kept| later.path == kept.path);
        Ok(staged)
    }

    fn collect(index: &gix_index::State, prefix: &str) -> Self {
        let mut tracked = Self::default();
        for entry in index.entries() {
            let bytes: &[u8] = entry.path(index);
            let Some(below) = bytes.strip_prefix(prefix.as_bytes()) else { continue };
            if !entry.flags.contains(Flags::REMOVE) {
                tracked.add(below, entry.mode);
            }
        }
        tracked.files.sort_unstable();
        tracked.files.dedup();
        tracked.submodules.sort_unstable();
        tracked.submodules.dedup();
        tracked
    }

    fn add(&mut self, below: &[u8], mode: Mode) {
        let Ok(path) = str::from_utf8(below) else {
            self.not_utf8.push(String::from_utf8_lossy(below).into_owned());
            return;
        };
        if mode.is_sparse() {
            self.sparse_folders += 1;
        } else if !is_plain(path) {
            // Git itself refuses to check such a path out.
        } else if mode.is_submodule() {
            self.submodules.push(path.into());
        } else {
            self.files.push(path.into());
        }
    }
}

/// The index at `path`; nothing where there is no such file.
fn open(path: &Path) -> Result<Option<gix_index::File>, String> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("git index: {}", error.kind())),
    };
    if !metadata.is_file() {
        return Err("git index: not a file".to_owned());
    }
    if metadata.len() > MAX_BYTES {
        return Err(format!("git index: larger than {MAX_BYTES} bytes"));
    }
    let options = gix_index::decode::Options {
        thread_limit: Some(1),
        alloc_limit_bytes: Some(MAX_MEMORY),
        ..gix_index::decode::Options::default()
    };
    gix_index::File::at(path, gix_index::hash::Kind::Sha1, true, options)
        .map(Some)
        .map_err(|error| format!("git index: {}", first_line(&error.to_string())))
}

/// Whether `path` can only mean something below the folder it is joined to, and nothing of git's own.
fn is_plain(path: &str) -> bool {
    let foreign = cfg!(windows) && path.contains(['\\', ':']);
    let odd = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
    !foreign && !path.contains('\0') && !path.split('/').any(odd)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::git_sandbox::Sandbox;
    use proptest::prelude::*;

    #[test]
    fn paths_that_leave_the_tree_are_never_joined() {
        for path in ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/./b", ".git/config", "a/.GIT/x", "a/", "nul\0"] {
            assert!(!is_plain(path), "{path}");
        }
        assert!(is_plain("a/.github/b..c"));
    }

    #[test]
    fn no_index_tracks_nothing_and_a_broken_one_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index");
        assert!(Tracked::read(&path, "").unwrap().files.is_empty());
        fs::write(&path, b"DIRC\0\0\0\x02").unwrap();
        assert!(Tracked::read(&path, "").unwrap_err().starts_with("git index: "));
        assert_eq!(Tracked::read(folder.path(), "").unwrap_err(), "git index: not a file");
    }

    #[test]
    fn entries_below_the_prefix_in_order_of_bytes() {
        let sandbox = Sandbox::with(&[("a/x.sh", "x"), ("a/b/y", "y"), ("a.txt", "z"), ("ab/c", "q")]);
        sandbox.git(&["update-index", "--chmod=+x", "a/x.sh"]);
        let index = sandbox.path().join(".git/index");
        let names = |prefix| -> Vec<_> { Tracked::read(&index, prefix).unwrap().files };
        assert_eq!(names("a/"), ["b/y".into(), "x.sh".into()]);
        let all: Vec<_> = names("");
        assert_eq!(all, ["a.txt".into(), "a/b/y".into(), "a/x.sh".into(), Box::<str>::from("ab/c")]);
    }

    #[test]
    fn versions_and_split_indexes_are_read_alike() {
        let sandbox = Sandbox::with(&[("one", "1"), ("two/three", "3")]);
        let index = sandbox.path().join(".git/index");
        let before = Tracked::read(&index, "").unwrap().files;
        sandbox.git(&["update-index", "--index-version", "4"]);
        assert_eq!(Tracked::read(&index, "").unwrap().files, before);
        sandbox.git(&["update-index", "--split-index"]);
        sandbox.write("four", "4");
        sandbox.git(&["add", "four"]);
        sandbox.git(&["rm", "-q", "--cached", "one"]);
        let after: Vec<_> = Tracked::read(&index, "").unwrap().files;
        assert_eq!(after, ["four".into(), Box::<str>::from("two/three")]);
    }

    #[test]
    fn damaged_indexes_never_panic() {
        let sandbox = Sandbox::with(&[("one", "1"), ("two/three", "3"), ("two/four", "4")]);
        let index = sandbox.path().join(".git/index");
        let sound = fs::read(&index).unwrap();
        let damaged = sandbox.path().join("damaged");
        proptest!(ProptestConfig::with_cases(512), |(at in 0..sound.len(), byte: u8, cut in 0..sound.len() * 4)| {
            let mut bytes = sound.clone();
            bytes[at] = byte;
            bytes.truncate(cut.max(1));
            fs::write(&damaged, &bytes).unwrap();
            let _ = Tracked::read(&damaged, "");
        });
    }
}
