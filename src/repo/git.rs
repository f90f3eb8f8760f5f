//! Facts about the git repository around the audited folder, read from its files: git is never run.
//!
//! A repository's own files may be pipes, links to devices or endless, so each is read only if it is a file, and only
//! up to a bound. Nothing of git's configuration is obeyed.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::git_config::GitConfig;
use super::git_index::Tracked;

/// Most symbolic references between HEAD and a commit.
const MAX_HOPS: usize = 5;
/// Longest pointer or reference, in bytes.
const MAX_REFERENCE: u64 = 4 << 10;
/// Longest configuration, in bytes.
const MAX_CONFIG: u64 = 1 << 20;
/// Longest file of packed references, in bytes.
const MAX_PACKED: u64 = 64 << 20;

/// What git knows about the audited folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitState {
    /// The folder that holds `.git`; of a bare repository, itself.
    pub root: PathBuf,
    /// Whether there is no work tree, only the repository.
    pub bare: bool,
    /// Where this work tree keeps its own state.
    pub(super) own: PathBuf,
    /// Where it shares objects and references with its siblings.
    pub(super) common: PathBuf,
    /// The hash of its objects, where it is named.
    pub(super) object_format: Option<String>,
    /// Whether a remote keeps objects back.
    pub(super) partial: bool,
    /// The audited folder relative to `root`: empty, or with forward slashes and one at its end.
    pub prefix: String,
    /// The commit that HEAD names, in hexadecimal; `None` before the first commit.
    pub head: Option<String>,
    /// The branch that HEAD is on; `None` when detached.
    pub branch: Option<String>,
    /// Tracked files and symbolic links below the audited folder.
    pub tracked: usize,
    /// Those of them that are not on disk (deleted, or left out by a sparse checkout), and whole folders left out.
    pub missing: usize,
    /// Why the index could not be read; then no file counts as tracked.
    pub index_error: Option<String>,
    /// The urls of the remotes, without credentials.
    pub remotes: Vec<String>,
}

impl GitState {
    /// The repository around `folder`, which must be canonical, and what it tracks there.
    pub(super) fn around(folder: &Path) -> Option<(Self, Tracked)> {
        let (root, folders) = folder.ancestors().find_map(|root| {
            // Only the folder itself may be a repository without a work tree: what lies above is none of its business.
            let bare = || if root == folder { Folders::bare(root) } else { None };
            Some((root, Folders::with_work_tree(root).or_else(bare)?))
        })?;
        let prefix = slashed(folder.strip_prefix(root).ok()?)?;
        let config = GitConfig::parse(&read_text(&folders.common.join("config"), MAX_CONFIG).unwrap_or_default());
        let index = match config.object_format.as_deref() {
            None | Some("sha1") => Tracked::read(&folders.own.join("index"), &prefix),
            Some(format) => Err(format!("git index: object format {format} is not supported")),
        };
        let (tracked, index_error) = index.map_or_else(|error| (Tracked::default(), Some(error)), |read| (read, None));
        let (branch, head) = folders.head();
        let state = Self {
            root: root.to_path_buf(),
            bare: folders.bare,
            own: folders.own,
            common: folders.common,
            object_format: config.object_format,
            partial: config.partial,
            prefix,
            head,
            branch,
            tracked: tracked.files.len(),
            missing: tracked.sparse_folders,
            index_error,
            remotes: config.remotes,
        };
        Some((state, tracked))
    }
}

/// Relative path with forward slashes and one at its end, or empty.
fn slashed(relative: &Path) -> Option<String> {
    let mut text = String::new();
    for part in relative {
        text.push_str(part.to_str()?);
        text.push('/');
    }
    Some(text)
}

/// Where a work tree keeps its own state, and where it shares the rest with its siblings.
struct Folders {
    own: PathBuf,
    common: PathBuf,
    bare: bool,
}

impl Folders {
    /// A folder that is a repository itself, as git knows it: by its HEAD, its objects and its references.
    fn bare(root: &Path) -> Option<Self> {
        let is_folder = |name: &str| fs::metadata(root.join(name)).is_ok_and(|found| found.is_dir());
        let head = read_text(&root.join("HEAD"), MAX_REFERENCE)?;
        let is_head = target(&head).is_some() || commit(&head).is_some();
        let is_one =
            is_head && is_folder("objects") && is_folder("refs") && root.file_name().is_none_or(|name| name != ".git");
        is_one.then(|| Self { own: root.to_path_buf(), common: root.to_path_buf(), bare: true })
    }

    fn with_work_tree(root: &Path) -> Option<Self> {
        let marker = root.join(".git");
        let own = if fs::metadata(&marker).ok()?.is_dir() {
            marker
        } else {
            let text = read_text(&marker, MAX_REFERENCE)?;
            root.join(text.strip_prefix("gitdir:")?.trim())
        };
        read_text(&own.join("HEAD"), MAX_REFERENCE)?;
        let common = match read_text(&own.join("commondir"), MAX_REFERENCE) {
            Some(text) => own.join(text.trim()),
            None => own.clone(),
        };
        Some(Self { own, common, bare: false })
    }

    /// The branch and the commit of HEAD.
    fn head(&self) -> (Option<String>, Option<String>) {
        let Some(text) = read_text(&self.own.join("HEAD"), MAX_REFERENCE) else { return (None, None) };
        let Some(mut name) = target(&text) else { return (None, commit(&text)) };
        // A repository with reference tables keeps a name there that no branch may have.
        let branch = name.strip_prefix("refs/heads/").filter(|branch| *branch != ".invalid").map(str::to_owned);
        let mut text;
        for _ in 0..MAX_HOPS {
            let Some(found) = self.reference(&name) else { return (branch, None) };
            text = found;
            match target(&text) {
                Some(next) => name = next,
                None => return (branch, commit(&text)),
            }
        }
        (branch, None)
    }

    /// What stands in the reference `name`, loose or packed.
    fn reference(&self, name: &str) -> Option<String> {
        read_text(&self.own.join(name), MAX_REFERENCE)
            .or_else(|| read_text(&self.common.join(name), MAX_REFERENCE))
            .or_else(|| packed(&read_text(&self.common.join("packed-refs"), MAX_PACKED)?, name))
    }
}

/// The name that a symbolic reference points at, if it is one that stays inside `refs/`.
fn target(text: &str) -> Option<String> {
    let name = text.strip_prefix("ref:")?.trim();
    let inside = name.starts_with("refs/") && !name.split(['/', '\\']).any(|part| matches!(part, "" | "." | ".."));
    inside.then(|| name.to_owned())
}

fn commit(text: &str) -> Option<String> {
    let hex = text.trim();
    let whole = matches!(hex.len(), 40 | 64) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then(|| hex.to_ascii_lowercase())
}

fn packed(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.strip_suffix(name).is_some_and(|rest| rest.ends_with(' ')))?;
    line.split(' ').next().map(str::to_owned)
}

/// The text of a file of at most `max` bytes; anything else is as good as not there.
fn read_text(path: &Path, max: u64) -> Option<String> {
    // Looked at before it is opened: opening a pipe waits for its other end.
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > max {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(max).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::git_sandbox::Sandbox;

    fn state(folder: &Path) -> GitState {
        GitState::around(&folder.canonicalize().unwrap()).unwrap().0
    }

    #[test]
    fn a_fresh_repository_has_a_branch_and_no_commit() {
        let sandbox = Sandbox::with(&[]);
        let found = state(sandbox.path());
        assert_eq!((found.branch.as_deref(), found.head, found.tracked), (Some("main"), None, 0));
        assert_eq!((found.index_error, found.prefix.as_str()), (None, ""));
    }

    #[test]
    fn head_is_found_loose_packed_and_detached() {
        let sandbox = Sandbox::with(&[("a/b", "1"), ("c", "2")]);
        let commit = sandbox.commit();
        assert_eq!(state(sandbox.path()).head.as_deref(), Some(commit.as_str()));
        sandbox.git(&["pack-refs", "--all"]);
        assert!(!sandbox.path().join(".git/refs/heads/main").exists());
        assert_eq!(state(sandbox.path()).head.as_deref(), Some(commit.as_str()));
        sandbox.git(&["checkout", "-q", "--detach"]);
        let detached = state(sandbox.path());
        assert_eq!((detached.head.as_deref(), detached.branch), (Some(commit.as_str()), None));
    }

    #[test]
    fn a_folder_inside_knows_its_prefix() {
        let sandbox = Sandbox::with(&[("a/b/c", "1"), ("d", "2")]);
        let found = state(&sandbox.path().join("a/b"));
        assert_eq!((found.prefix.as_str(), found.tracked), ("a/b/", 1));
        assert_eq!(found.root, sandbox.path().canonicalize().unwrap());
    }

    #[test]
    fn a_linked_work_tree_has_its_own_head() {
        let sandbox = Sandbox::with(&[("a", "1")]);
        let commit = sandbox.commit();
        sandbox.git(&["remote", "add", "origin", "https://user:pw@example.org/o/r.git"]);
        sandbox.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
        let linked = sandbox.path().parent().unwrap().join("linked");
        assert!(linked.join(".git").is_file());
        let found = state(&linked);
        assert_eq!((found.branch.as_deref(), found.head), (Some("side"), Some(commit)));
        assert_eq!((found.tracked, found.remotes), (1, vec!["https://example.org/o/r.git".to_owned()]));
    }

    #[test]
    fn an_index_of_another_hash_is_an_error_with_words() {
        let sandbox = Sandbox::with(&[("a", "1")]);
        sandbox.git(&["config", "extensions.objectFormat", "sha256"]);
        let error = state(sandbox.path()).index_error.unwrap();
        assert_eq!(error, "git index: object format sha256 is not supported");
    }

    #[test]
    fn references_that_leave_their_folder_are_not_followed() {
        assert_eq!(target("ref: refs/heads/../../../etc/passwd"), None);
        assert_eq!(target("ref: /etc/passwd"), None);
        assert_eq!(target("ref: refs/heads/a/b\n").as_deref(), Some("refs/heads/a/b"));
        assert_eq!(commit("not a commit"), None);
        let sandbox = Sandbox::with(&[]);
        sandbox.write(".git/refs/heads/main", "ref: refs/heads/main\n");
        assert_eq!(state(sandbox.path()).head, None, "a loop ends");
    }

    #[test]
    fn only_the_whole_name_is_a_packed_reference() {
        let text = "# pack-refs with: peeled\n1111 refs/remotes/x/refs/heads/a\n2222 refs/heads/a\n^3333\n";
        assert_eq!(packed(text, "refs/heads/a").as_deref(), Some("2222"));
        assert_eq!(packed(text, "refs/heads/b"), None);
    }
}
