//! How the system hands out memory: huge pages spare time while the rules are loaded, for thousands of pages are touched
//! at once; later they would only round every buffer up to two megabytes.

use std::fs;
use std::path::Path;

/// From how many files on an audit is long enough that small pages cost nothing that could be noticed.
const MANY: usize = 1000;

/// How many entries a folder and those directly in it have together, at least, where an audit is long enough.
const ENTRIES: usize = 250;

/// Asks for small pages before anything is loaded, where a look at the first two levels of the tree says that it is large:
/// what was rounded up by then would stay so.
pub(crate) fn settle_before(target: &Path) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().take(ENTRIES);
    let below = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => 1 + entries(&entry.path()).count(),
        _ => 1,
    };
    if entries(target).map(below).sum::<usize>() >= ENTRIES {
        settle_for(MANY);
    }
}

/// Asks for small pages from now on, where an audit of so many files would keep room that it never fills.
///
/// Linux only: `PR_SET_THP_DISABLE` of prctl(2). Where the system refuses, nothing changes but the room that is taken.
pub(crate) fn settle_for(files: usize) {
    #[cfg(target_os = "linux")]
    if files >= MANY {
        let _refused = rustix::thread::disable_transparent_huge_pages(true);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (files, MANY);
}
