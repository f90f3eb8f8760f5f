//! What one entry of a folder is for the audit: a file, a folder, or nothing that is looked at, with the reason.
//!
//! A link counts only if it ends at a file inside the audited folder; links to folders are never followed, since what
//! lies inside is listed under its own path.

use std::fs::{self, FileType};
use std::io;
use std::path::Path;

use super::files::SkipReason;

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A file, or a link to one inside the tree.
    File,
    /// A folder, or a link to one inside the tree.
    Folder,
    /// Something that is skipped.
    Nothing(SkipReason),
}

/// Judges what is no link.
pub(super) fn examine(kind: FileType) -> Found {
    match kind {
        _ if kind.is_file() => Found::File,
        _ if kind.is_dir() => Found::Folder,
        _ => Found::Nothing(special(kind)),
    }
}

/// Judges the link at `path` by where it ends; `root` is canonical.
pub(super) fn follow(root: &Path, path: &Path) -> Found {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Found::Nothing(SkipReason::from_io(&error));
        }
        Err(_) => return Found::Nothing(SkipReason::LinkDangling),
    };
    let Ok(inside) = target.strip_prefix(root) else { return Found::Nothing(SkipReason::LinkOutside) };
    if inside.iter().any(|part| part.eq_ignore_ascii_case(".git")) {
        return Found::Nothing(SkipReason::LinkOutside);
    }
    match fs::metadata(&target) {
        Ok(metadata) => examine(metadata.file_type()),
        Err(error) => Found::Nothing(SkipReason::from_io(&error)),
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> SkipReason {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        SkipReason::Fifo
    } else if kind.is_socket() {
        SkipReason::Socket
    } else {
        SkipReason::Device
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> SkipReason {
    SkipReason::Device
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_count_only_where_they_end_in_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().canonicalize().unwrap();
        let root = outside.join("tree");
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir(outside.join("tree-sibling")).unwrap();
        fs::write(root.join("file"), "12345").unwrap();
        fs::write(root.join(".git/config"), "secret").unwrap();
        fs::write(outside.join("tree-sibling/file"), "x").unwrap();
        let judge = |target: &str| {
            let link = root.join("link");
            let _ = fs::remove_file(&link);
            symlink(target, &link).unwrap();
            follow(&root, &link)
        };
        assert_eq!(judge("file"), Found::File);
        assert_eq!(judge("../tree/file"), Found::File);
        assert_eq!(judge("."), Found::Folder);
        assert_eq!(judge("../tree-sibling/file"), Found::Nothing(SkipReason::LinkOutside));
        assert_eq!(judge("/dev/null"), Found::Nothing(SkipReason::LinkOutside));
        assert_eq!(judge(".git/config"), Found::Nothing(SkipReason::LinkOutside));
        assert_eq!(judge("nowhere"), Found::Nothing(SkipReason::LinkDangling));
        assert_eq!(judge("link"), Found::Nothing(SkipReason::LinkDangling));
    }

    #[test]
    fn devices_are_no_files() {
        assert_eq!(examine(fs::metadata("/dev/null").unwrap().file_type()), Found::Nothing(SkipReason::Device));
    }
}
