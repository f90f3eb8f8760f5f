//! The files of one repository: listing, reading, roles, git state. The only room that touches audited files.
//!
//! A [`Repo`] is a folder on disk or a map in memory; whatever stands on top cannot tell which. Files are listed once
//! and read when asked for; nothing of them is kept.

mod entry;
mod extent;
mod files;
mod git;
mod git_config;
mod git_index;
#[cfg(test)]
mod git_sandbox;
pub mod history;
mod ignores;
mod letters;
mod line_hash;
mod list;
pub mod place;
mod read;
mod redact;
pub mod role;
mod role_content;
mod role_pattern;
pub mod roles;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;
use thiserror::Error;

use self::git_index::{Staged, Tracked};
use self::history::{Blobs, History};

pub use extent::looks_large;
pub use files::{SkipReason, Skipped, SourceFile};
pub use git::GitState;
pub(crate) use letters::Letters;
pub use line_hash::hashes;
pub use read::Buffer;
pub use redact::Redactor;
pub use role::Role;
pub use role_content::{depends_on_content, role_by_content};

/// What the listing leaves out, and what it may spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoOptions {
    /// Globs in the syntax of `.gitignore`, relative to the audited folder: what they match is not listed at all.
    pub exclude: Vec<String>,
    /// Threads of the walk; 0 for as many as the machine has.
    pub jobs: usize,
    /// Longest file that can be read, in bytes. Longer ones are listed, and skipped.
    pub max_file_bytes: u64,
    /// What is listed and read.
    pub source: Source,
}

/// Where the files of a repository on disk come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Source {
    /// The work tree.
    #[default]
    WorkTree,
    /// What git's index will commit, whatever the work tree holds; with the index, if it is not the usual one.
    Index(Option<PathBuf>),
}

impl Default for RepoOptions {
    fn default() -> Self {
        Self { exclude: Vec::new(), jobs: 0, max_file_bytes: 8 << 20, source: Source::WorkTree }
    }
}

/// Why nothing can be audited.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RepoError {
    /// There is no such path.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// The path is something else than a folder.
    #[error("{} is not a folder; name the folder that holds it", .0.display())]
    NotAFolder(PathBuf),
    /// The folder cannot be read, with what the system said.
    #[error("{} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// The folder as it was named.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// What the index will commit was asked for, and there is none that can be read.
    #[error("{} has nothing staged that can be read: {cause}", .path.display())]
    NoIndex {
        /// The folder as it was named.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// An exclude glob is malformed.
    #[error("exclude glob `{glob}` cannot be understood: {cause}")]
    Exclude {
        /// The glob as it was written.
        glob: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The files of one repository.
#[derive(Debug)]
pub struct Repo {
    root: PathBuf,
    files: Vec<SourceFile>,
    skipped: Vec<Skipped>,
    git: Option<GitState>,
    max_file_bytes: u64,
    contents: Contents,
    /// Earlier states of a repository in memory, the oldest first.
    past: Option<Vec<BTreeMap<String, Vec<u8>>>>,
}

/// Where the texts of the files are.
#[derive(Debug)]
enum Contents {
    /// In the folder.
    Disk,
    /// Here, in the order of the files.
    Memory(Vec<Vec<u8>>),
    /// In git's object store, by their names in the order of the files.
    Blobs(Box<Blobs>, Vec<Box<[u8]>>),
}

impl Repo {
    /// Lists the files of the folder at `path`.
    pub fn open(path: &Path, options: &RepoOptions) -> Result<Self, RepoError> {
        let root = readable_folder(path)?;
        let exclude =
            ignores::compile_excludes(&options.exclude).map_err(|(glob, cause)| RepoError::Exclude { glob, cause })?;
        let mut git = GitState::around(&root).filter(|(state, _)| !is_stranger(state));
        if let Source::Index(index) = &options.source {
            let no_index = |cause: String| RepoError::NoIndex { path: path.to_path_buf(), cause };
            let (state, _) = git.ok_or_else(|| no_index("it is in no git repository".to_owned()))?;
            return Self::staged(root, state, index.as_deref(), &exclude, options.max_file_bytes).map_err(no_index);
        }
        let request = list::Request { root: &root, exclude, jobs: options.jobs };
        let index = git.as_mut().map(|(state, tracked)| (state, std::mem::take(tracked)));
        // What lies in a repository without a work tree are no files of it.
        let is_bare = index.as_ref().is_some_and(|(state, _)| state.bare);
        let listing = if is_bare { list::Listing::default() } else { list::list(&request, index) };
        Ok(Self {
            root,
            files: listing.files,
            skipped: listing.skipped,
            git: git.map(|(state, _)| state),
            max_file_bytes: options.max_file_bytes,
            contents: Contents::Disk,
            past: None,
        })
    }

    /// What the index of `state` will commit below `root`.
    fn staged(
        root: PathBuf,
        state: GitState,
        index: Option<&Path>,
        exclude: &Gitignore,
        max_file_bytes: u64,
    ) -> Result<Self, String> {
        if let Some(error) = state.index_error.filter(|_| index.is_none()) {
            return Err(error);
        }
        let own = state.own.join("index");
        let staged = Tracked::staged(index.unwrap_or(&own), &state.prefix)?;
        let blobs = Blobs::open(&state.common.join("objects"));
        let mut lookup = roles::Lookup::new(roles::table());
        let (mut files, mut names) = (Vec::with_capacity(staged.len()), Vec::with_capacity(staged.len()));
        for Staged { path, id } in staged {
            if exclude.is_empty() || !exclude.matched_path_or_any_parents(&*path, false).is_ignore() {
                let role = lookup.role(&path);
                files.push(SourceFile { path, role, tracked: true });
                names.push(id);
            }
        }
        let (contents, git) = (Contents::Blobs(Box::new(blobs), names), Some(GitState { index_error: None, ..state }));
        Ok(Self { root, files, skipped: Vec::new(), git, max_file_bytes, contents, past: None })
    }

    /// A repository of these paths and texts, all tracked. Of two texts with one path the later stands.
    pub fn from_memory<P: Into<String>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self::from_memory_with(files, |_| true)
    }

    /// Like [`Repo::from_memory`]; `is_tracked` says for each path whether git tracks it.
    pub fn from_memory_with<P: Into<String>, T: Into<Vec<u8>>>(
        files: impl IntoIterator<Item = (P, T)>,
        is_tracked: impl Fn(&str) -> bool,
    ) -> Self {
        let texts: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        let (mut files, mut memory) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
        for (path, text) in texts {
            files.push(SourceFile { role: roles::role_of(&path), tracked: is_tracked(&path), path: path.into() });
            memory.push(text);
        }
        let max_file_bytes = RepoOptions::default().max_file_bytes;
        Self {
            root: PathBuf::new(),
            files,
            skipped: Vec::new(),
            git: None,
            max_file_bytes,
            contents: Contents::Memory(memory),
            past: None,
        }
    }

    /// The same repository in memory with earlier states, the oldest first; each is a commit, and so is the present one.
    #[must_use]
    pub fn with_history(self, states: Vec<BTreeMap<String, Vec<u8>>>) -> Self {
        Self { past: Some(states), ..self }
    }

    /// Opens the history; else a sentence that says why there is none.
    pub fn history(&self) -> Result<History, String> {
        match (&self.past, &self.contents, &self.git) {
            (Some(past), Contents::Memory(memory), _) => {
                let now = self.files.iter().zip(memory).map(|(file, text)| (file.path.to_string(), text.clone()));
                let states = past.iter().cloned().chain([now.collect()]);
                Ok(History::from_memory(states.collect(), self.max_file_bytes))
            }
            (_, _, Some(state)) => History::open(state, self.max_file_bytes),
            _ => Err("this folder is in no git repository: there is no history".to_owned()),
        }
    }

    /// The audited folder, canonical; empty for a repository in memory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All files, sorted by the bytes of their paths. Files over the bound are among them, though they cannot be read:
    /// that they exist may be all that is asked.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// What is there and is not looked at, sorted by path.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The git repository around the audited folder, if any.
    pub fn git(&self) -> Option<&GitState> {
        self.git.as_ref()
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(self.position(path)?)
    }

    /// Whether there is a file at `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.position(path).is_some()
    }

    /// Whether something is at `path`, listed or not (an ignored file, a folder, a link).
    pub fn exists(&self, path: &str) -> bool {
        self.contains(path)
            || (matches!(self.contents, Contents::Disk) && fs::symlink_metadata(join(&self.root, path)).is_ok())
    }

    /// The text of `file`: UTF-8 as far as the file is text; UTF-16 with a byte order mark is decoded.
    pub fn read(&self, file: &SourceFile) -> Result<Vec<u8>, SkipReason> {
        let mut buffer = Buffer::default();
        self.read_into(file, &mut buffer).map(<[u8]>::to_vec)
    }

    /// Like [`Repo::read`] with a buffer that is used again and again.
    pub fn read_into<'buffer>(
        &self,
        file: &SourceFile,
        buffer: &'buffer mut Buffer,
    ) -> Result<&'buffer [u8], SkipReason> {
        let max = self.max_file_bytes;
        let missing = || SkipReason::Unreadable("no such file".to_owned());
        match &self.contents {
            Contents::Disk => buffer.read(&join(&self.root, &file.path), max),
            Contents::Memory(texts) => {
                let text = self.position(&file.path).and_then(|at| texts.get(at)).ok_or_else(missing);
                text.and_then(|text| buffer.copy(text, max))
            }
            Contents::Blobs(blobs, names) => {
                let name = self.position(&file.path).and_then(|at| names.get(at)).ok_or_else(missing);
                let blob = name.and_then(|name| blobs.read(name).map_err(|why| SkipReason::Unreadable(why.to_owned())));
                blob.and_then(|text| buffer.copy(&text, max))
            }
        }
    }

    fn position(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| (*file.path).cmp(path)).ok()
    }
}

/// The canonical path of a folder whose entries can be listed.
fn readable_folder(path: &Path) -> Result<PathBuf, RepoError> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => RepoError::Missing(path.to_path_buf()),
        std::io::ErrorKind::NotADirectory => RepoError::NotAFolder(path.to_path_buf()),
        kind => RepoError::Unreadable { path: path.to_path_buf(), cause: kind.to_string() },
    };
    let root = fs::canonicalize(path).map_err(unreadable)?;
    if !fs::metadata(&root).map_err(unreadable)?.is_dir() {
        return Err(RepoError::NotAFolder(path.to_path_buf()));
    }
    fs::read_dir(&root).map_err(unreadable)?;
    Ok(root)
}

/// Whether the repository found above the audited folder is none of its business: it tracks nothing in it and ignores
/// it as a whole, as a home folder under git does with the projects below.
fn is_stranger(state: &GitState) -> bool {
    state.tracked == 0 && state.index_error.is_none() && !state.prefix.is_empty() && ignores::cover(state)
}

/// The folder of a path with forward slashes, empty for the root.
pub fn folder_of(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or("", |at| &path[..at])
}

/// A folder and those around it, the nearest first; the root last, as the empty text.
pub(crate) fn upward(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| folder_of(folder)))
}

/// `path`, which has forward slashes, below `root`.
fn join(root: &Path, path: &str) -> PathBuf {
    if cfg!(windows) { root.join(path.replace('/', "\\")) } else { root.join(path) }
}
