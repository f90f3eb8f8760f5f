//! Which rules of `.gitignore` may be obeyed, and how far up; globs that the user excludes by are of the same kind.
//!
//! The walker opens every `.gitignore` that it meets. One that is a pipe or endless would hang it, so each is looked at
//! before the walker gets there.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::git::GitState;
use super::join;

/// Largest `.gitignore` that is obeyed, in bytes.
const MAX_IGNORE_FILE: u64 = 256 << 10;

/// Whether `folder` has no `.gitignore`, or one that can be read in bounded time.
pub(super) fn can_be_read(folder: &Path) -> bool {
    match fs::metadata(folder.join(".gitignore")) {
        Ok(metadata) => metadata.is_dir() || (metadata.is_file() && metadata.len() <= MAX_IGNORE_FILE),
        Err(_) => true,
    }
}

/// Whether rules above the audited folder apply: it lies deep in a repository, and all of them can be read.
pub(super) fn are_inherited(state: &GitState) -> bool {
    !state.prefix.is_empty() && folders_above(state).all(|folder| can_be_read(&folder))
}

/// From the repository's root down to the folder that holds the audited one.
fn folders_above(state: &GitState) -> impl Iterator<Item = PathBuf> + '_ {
    let ends = state.prefix.match_indices('/').map(|(at, _)| at);
    let below = ends.filter_map(|end| state.prefix.get(..end)).map(|path| join(&state.root, path));
    std::iter::once(state.root.clone()).chain(below).take(state.prefix.matches('/').count())
}

/// Whether the repository ignores the audited folder itself, so that the two have nothing to do with each other.
pub(super) fn cover(state: &GitState) -> bool {
    let matchers: Vec<Gitignore> = folders_above(state)
        .filter(|folder| can_be_read(folder))
        .map(|folder| Gitignore::new(folder.join(".gitignore")).0)
        .collect();
    let ends = state.prefix.match_indices('/').filter_map(|(end, _)| state.prefix.get(..end));
    ends.map(|path| join(&state.root, path)).any(|folder| {
        // A root above the folder only: the deepest rule that says something decides.
        let above =
            matchers.iter().rev().filter(|matcher| folder.starts_with(matcher.path()) && folder != matcher.path());
        above
            .map(|matcher| matcher.matched(&folder, true))
            .find(|found| !found.is_none())
            .is_some_and(|found| found.is_ignore())
    })
}

/// Compiles exclude globs in the syntax of `.gitignore`, relative to the audited folder.
pub(super) fn compile_excludes(globs: &[String]) -> Result<Gitignore, (String, String)> {
    let mut builder = GitignoreBuilder::new("");
    for glob in globs {
        builder.add_line(None, glob).map_err(|error| (glob.clone(), error.to_string()))?;
    }
    builder.build().map_err(|error| (globs.join(" "), error.to_string()))
}
