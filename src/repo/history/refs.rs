//! Where the history begins: the commits that any reference names, of this work tree and of its siblings.
//!
//! References are files that a repository brings along: their number and length are bounded, links are not followed out
//! of the folder, and whatever is no name of an object is passed over.

use std::collections::BTreeSet;
use std::path::Path;

use super::id::Id;
use super::store::bounded;

/// Longest reference, in bytes.
const MAX_REFERENCE: u64 = 4 << 10;
/// Longest file of packed references, in bytes.
const MAX_PACKED: u64 = 64 << 20;
/// Most loose references.
const MAX_LOOSE: usize = 1_000_000;

/// The objects that references name, sorted. `own` is the folder of the work tree's own state, `common` the shared one.
pub(super) fn tips(own: &Path, common: &Path) -> Vec<Id> {
    let mut found = BTreeSet::new();
    let packed = bounded(&common.join("packed-refs"), MAX_PACKED).unwrap_or_default();
    for line in packed.split(|&byte| byte == b'\n') {
        let name = line.strip_prefix(b"^").or_else(|| line.split(|&byte| byte == b' ').next());
        found.extend(name.and_then(Id::from_hex));
    }
    let mut left = MAX_LOOSE;
    for folder in [own, common] {
        loose(&folder.join("refs"), &mut found, &mut left);
        head(folder, &mut found);
    }
    for entry in std::fs::read_dir(common.join("worktrees")).into_iter().flatten().filter_map(Result::ok) {
        head(&entry.path(), &mut found);
        loose(&entry.path().join("refs"), &mut found, &mut left);
    }
    found.into_iter().collect()
}

/// What a detached HEAD names.
fn head(folder: &Path, found: &mut BTreeSet<Id>) {
    let text = bounded(&folder.join("HEAD"), MAX_REFERENCE).unwrap_or_default();
    found.extend(Id::from_hex(text.trim_ascii_end()));
}

fn loose(folder: &Path, found: &mut BTreeSet<Id>, left: &mut usize) {
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        if *left == 0 {
            return;
        }
        if entry.file_type().is_file() {
            *left -= 1;
            let text = bounded(entry.path(), MAX_REFERENCE).unwrap_or_default();
            found.extend(Id::from_hex(text.trim_ascii_end()));
        }
    }
}

/// The commits at which a shallow clone ends, sorted.
pub(super) fn shallow(common: &Path) -> Vec<Id> {
    let text = bounded(&common.join("shallow"), MAX_PACKED).unwrap_or_default();
    let mut found: Vec<Id> = text.split(|&byte| byte == b'\n').filter_map(Id::from_hex).collect();
    found.sort_unstable();
    found
}
