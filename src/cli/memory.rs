//! How the system hands out memory. The allocator asks for no huge pages; some systems give them to everybody. They spare
//! page faults, but round every buffer up to two megabytes: an audit of a few rules, which needs little room, refuses them.

use std::path::Path;

use crate::repo::looks_large;

/// From how many files on an audit is long enough that small pages cost nothing that could be noticed.
const MANY: usize = 1000;

/// Of an audit of a few rules: asks for small pages before anything is loaded, where the tree looks large. What was rounded
/// up by then would stay so.
pub(crate) fn settle_before(target: &Path) {
    if cfg!(target_os = "linux") && looks_large(target) {
        ask_for_small_pages();
    }
}

/// The same from now on, where an audit of so many files would keep room that it never fills.
pub(crate) fn settle_for(files: usize) {
    if files >= MANY {
        ask_for_small_pages();
    }
}

/// Linux only: `PR_SET_THP_DISABLE` of prctl(2). Where the system refuses, nothing changes but the room that is taken.
fn ask_for_small_pages() {
    #[cfg(target_os = "linux")]
    let _refused = rustix::thread::disable_transparent_huge_pages(true);
}
