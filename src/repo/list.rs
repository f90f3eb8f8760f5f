//! Which files there are: what git tracks, ignored or not, and what is untracked and not ignored.
//!
//! One parallel walk, one merge with the index; what a folder says of its entries is enough. Only `.gitignore` files between the
//! repository's root and the file count: no global excludes, no `.ignore` files. The result is sorted by the bytes of
//! the path, so it is the same with any number of threads.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::Gitignore;
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::entry::{Found, examine, follow};
use super::files::{SkipReason, Skipped, SourceFile};
use super::git::GitState;
use super::git_index::Tracked;
use super::ignores;
use super::roles::{self, Lookup};
use super::{folder_of, join};

/// Most threads of the walk, whatever is asked for.
const MAX_JOBS: usize = 64;

/// What the walk found, sorted by path.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<SourceFile>,
    pub(super) skipped: Vec<Skipped>,
}

impl Listing {
    fn add(&mut self, path: &str, found: Found, roles: &mut Lookup<'_>) {
        match found {
            Found::File => {
                let role = roles.role(path);
                self.files.push(SourceFile { path: path.into(), role, tracked: false });
            }
            Found::Nothing(reason) => self.skip(path.to_owned(), reason),
            Found::Folder => {}
        }
    }

    fn skip(&mut self, path: String, reason: SkipReason) {
        self.skipped.push(Skipped { path, reason });
    }
}

/// What one listing is asked for. `root` is canonical.
pub(super) struct Request<'repo> {
    pub(super) root: &'repo Path,
    pub(super) exclude: Gitignore,
    pub(super) jobs: usize,
}

/// Lists the files below the root; `git` is the repository around it, whose count of missing files is brought up to date.
pub(super) fn list(request: &Request<'_>, git: Option<(&mut GitState, Tracked)>) -> Listing {
    let (state, tracked) = git.map_or_else(|| (None, Tracked::default()), |(state, tracked)| (Some(state), tracked));
    let inherits = state.as_deref().is_some_and(ignores::are_inherited);
    let jobs = request.jobs;
    let shared = Arc::new(Shared::new(request, &tracked));
    let mut listing = walk(&shared, jobs, inherits);
    listing.files.sort_unstable_by(|left, right| left.path.cmp(&right.path));
    let unseen = mark_tracked(&mut listing.files, &tracked);
    let missing = add_unseen(&mut listing, &shared, unseen);
    // Sorted but for what was added at the end.
    listing.files.sort_by(|left, right| left.path.cmp(&right.path));
    for path in &tracked.submodules {
        listing.skip(path.to_string(), SkipReason::Submodule);
    }
    for path in tracked.not_utf8 {
        listing.skip(path, SkipReason::NotUtf8);
    }
    listing.skipped.sort_unstable();
    listing.skipped.dedup();
    if let Some(state) = state {
        state.missing += missing;
    }
    listing
}

/// What every thread of the walk needs to know.
struct Shared {
    root: Box<Path>,
    exclude: Gitignore,
    submodules: HashSet<Box<str>>,
    /// Folders that the filter left out, with the reason.
    left_out: Mutex<Vec<Skipped>>,
}

impl Shared {
    fn new(request: &Request<'_>, tracked: &Tracked) -> Self {
        Self {
            root: request.root.into(),
            exclude: request.exclude.clone(),
            submodules: tracked.submodules.iter().cloned().collect(),
            left_out: Mutex::default(),
        }
    }

    fn relative<'path>(&self, path: &'path Path) -> &'path Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// Whether the walk should see this entry, and go into it if it is a folder.
    fn admits(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return true;
        }
        if entry.file_name() == ".git" {
            return false;
        }
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if !self.exclude.is_empty() && self.exclude.matched(self.relative(entry.path()), is_folder).is_ignore() {
            return false;
        }
        !is_folder || (!self.is_submodule(entry.path()) && self.may_enter(entry.path()))
    }

    fn is_submodule(&self, path: &Path) -> bool {
        !self.submodules.is_empty() && slashed(self.relative(path)).is_ok_and(|path| self.submodules.contains(&*path))
    }

    /// The walker opens every `.gitignore` that it meets, and would wait on a pipe for ever.
    fn may_enter(&self, folder: &Path) -> bool {
        let sound = ignores::can_be_read(folder);
        if !sound {
            let path = printable(&self.relative(folder).join(".gitignore"));
            let reason = SkipReason::Unreadable("not a file of rules, its folder is left out".to_owned());
            self.left_out.lock().unwrap_or_else(PoisonError::into_inner).push(Skipped { path, reason });
        }
        sound
    }
}

fn walk(shared: &Arc<Shared>, jobs: usize, inherits: bool) -> Listing {
    let rules_hold = shared.may_enter(&shared.root);
    let filter = Arc::clone(shared);
    let mut builder = WalkBuilder::new(&shared.root);
    builder
        .hidden(false)
        .ignore(false)
        .git_ignore(rules_hold)
        .git_global(false)
        .git_exclude(false)
        // With inherited rules the `.git` above marks where they end.
        .parents(inherits)
        .require_git(inherits)
        .follow_links(false)
        .threads(jobs.min(MAX_JOBS))
        .filter_entry(move |entry| filter.admits(entry));
    let sink = Mutex::new(Listing::default());
    builder.build_parallel().visit(&mut Collectors { shared, sink: &sink });
    let mut listing = sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    listing.skipped.append(&mut shared.left_out.lock().unwrap_or_else(PoisonError::into_inner));
    listing
}

struct Collectors<'walk> {
    shared: &'walk Shared,
    sink: &'walk Mutex<Listing>,
}

impl<'walk> ParallelVisitorBuilder<'walk> for Collectors<'walk> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'walk> {
        let roles = Lookup::new(roles::table());
        Box::new(Collector { shared: self.shared, sink: self.sink, listing: Listing::default(), roles })
    }
}

/// The finds of one thread, handed over when it ends.
struct Collector<'walk> {
    shared: &'walk Shared,
    sink: &'walk Mutex<Listing>,
    listing: Listing,
    roles: Lookup<'static>,
}

impl ParallelVisitor for Collector<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.add(&entry),
            Err(error) => self.add_error(&error),
        }
        WalkState::Continue
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink.files.append(&mut self.listing.files);
        sink.skipped.append(&mut self.listing.skipped);
    }
}

impl Collector<'_> {
    fn add(&mut self, entry: &DirEntry) {
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else { return };
        let path = match slashed(self.shared.relative(entry.path())) {
            Ok(path) => path,
            Err(lossy) => return self.listing.skip(lossy, SkipReason::NotUtf8),
        };
        let found = if kind.is_symlink() { follow(&self.shared.root, entry.path()) } else { examine(kind) };
        self.listing.add(&path, found, &mut self.roles);
    }

    fn add_error(&mut self, error: &ignore::Error) {
        let Some((path, error)) = place_of(error) else { return };
        if error.kind() != io::ErrorKind::NotFound {
            self.listing.skip(printable(self.shared.relative(path)), SkipReason::from_io(error));
        }
    }
}

/// The path that could not be read and why; faults in rules are no such thing.
fn place_of(error: &ignore::Error) -> Option<(&Path, &io::Error)> {
    fn cause(error: &ignore::Error) -> Option<&io::Error> {
        match error {
            ignore::Error::Io(error) => Some(error),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithPath { err, .. } => cause(err),
            _ => None,
        }
    }
    match error {
        ignore::Error::WithPath { path, err } => Some((path, cause(err)?)),
        ignore::Error::WithDepth { err, .. } => place_of(err),
        _ => None,
    }
}

/// A relative path with forward slashes, or its printable form if it is no text.
fn slashed(path: &Path) -> Result<Cow<'_, str>, String> {
    match path.to_str() {
        Some(text) if cfg!(windows) => Ok(text.replace('\\', "/").into()),
        Some(text) => Ok(text.into()),
        None => Err(path.to_string_lossy().into_owned()),
    }
}

/// A relative path to be read by people.
fn printable(path: &Path) -> String {
    slashed(path).map_or_else(|lossy| lossy, Cow::into_owned)
}

/// Marks what git tracks; gives what it tracks and the walk did not list. Both lists are sorted by path.
fn mark_tracked<'index>(files: &mut [SourceFile], tracked: &'index Tracked) -> Vec<&'index str> {
    let mut unseen = Vec::new();
    let mut files = files.iter_mut().peekable();
    for entry in &tracked.files {
        while files.next_if(|file| file.path < *entry).is_some() {}
        match files.next_if(|file| file.path == *entry) {
            Some(file) => {
                file.tracked = true;
            }
            None => unseen.push(&**entry),
        }
    }
    unseen
}

/// Looks for tracked files that the walk passed over: ignored ones are added; the number that is gone is returned.
fn add_unseen(listing: &mut Listing, shared: &Shared, unseen: Vec<&str>) -> usize {
    let mut missing = 0;
    let mut roles = Lookup::new(roles::table());
    let mut parent: (&str, bool) = ("", true);
    for path in unseen {
        let folder = folder_of(path);
        if folder != parent.0 {
            parent = (folder, is_real_folder(&shared.root, folder));
        }
        if !shared.exclude.is_empty() && shared.exclude.matched_path_or_any_parents(path, false).is_ignore() {
            continue;
        }
        let place = join(&shared.root, path);
        let metadata = if parent.1 { fs::symlink_metadata(&place) } else { Err(io::ErrorKind::NotFound.into()) };
        match metadata {
            Ok(metadata) if metadata.is_dir() => missing += 1,
            Ok(metadata) => {
                let found =
                    if metadata.is_symlink() { follow(&shared.root, &place) } else { examine(metadata.file_type()) };
                let before = listing.files.len();
                listing.add(path, found, &mut roles);
                for file in listing.files.iter_mut().skip(before) {
                    file.tracked = true;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing += 1,
            Err(error) => listing.skip(path.to_string(), SkipReason::from_io(&error)),
        }
    }
    missing
}

/// Whether every step from the root to `folder` is a folder itself and no link to one.
fn is_real_folder(root: &Path, folder: &str) -> bool {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    let steps = ends.filter_map(|end| folder.get(..end)).filter(|step| !step.is_empty());
    steps.map(|step| join(root, step)).all(|step| fs::symlink_metadata(step).is_ok_and(|found| found.is_dir()))
}
