//! How the system hands out memory: huge pages spare time while the rules are loaded, for thousands of pages are touched
//! at once; later they would only round every buffer up to two megabytes.

use std::path::Path;

use crate::repo::looks_large;

/// From how many files on an audit is long enough that small pages cost nothing that could be noticed.
const MANY: usize = 1000;

/// Asks for small pages before anything is loaded, where the tree looks large: what was rounded up by then would stay so.
pub(crate) fn settle_before(target: &Path) {
    if cfg!(target_os = "linux") && looks_large(target) {
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
