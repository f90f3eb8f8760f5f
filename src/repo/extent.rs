//! Whether a tree is large, told by a look at its first two levels: before its files are listed, for what must be settled
//! before anything is loaded.

use std::fs;
use std::path::Path;

/// How many entries a folder and those directly in it have together, at least, in a tree that is called large.
const ENTRIES: usize = 250;

/// Whether the tree at `target` looks large. What cannot be read counts as empty.
pub fn looks_large(target: &Path) -> bool {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().take(ENTRIES);
    let below = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => 1 + entries(&entry.path()).count(),
        _ => 1,
    };
    entries(target).map(below).sum::<usize>() >= ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_large_by_what_lies_in_its_folders() {
        let sandbox = tempfile::tempdir().unwrap();
        fs::create_dir(sandbox.path().join("src")).unwrap();
        fs::write(sandbox.path().join("README.md"), "").unwrap();
        assert!(!looks_large(sandbox.path()) && !looks_large(&sandbox.path().join("nowhere")));
        for number in 0..ENTRIES {
            fs::write(sandbox.path().join(format!("src/{number}")), "").unwrap();
        }
        assert!(looks_large(sandbox.path()));
    }
}
