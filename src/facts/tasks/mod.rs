//! What the commands of a pipeline lead to: through targets of make, scripts of packages, environments of tox, scripts of
//! the tree, steps that are kept as an action.
//!
//! A pipeline says `make check`, and the test runner stands in a recipe three targets away. [`Follower`] gives the
//! commands that a text leads to, one a line. It reads files only where a command names them, each once, and keeps what
//! it read. What it cannot know (an expression, a program that is not here) it leaves out.

mod call;
mod functions;
mod just;
mod keyed;
mod listed;
mod make;
mod places;
mod script;
mod table;
mod tox;
mod walk;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use self::listed::Tasks;
use self::table::{Listing, Read, Source, Table};
use self::walk::Walk;
use crate::format::{Limits, parse};
use crate::repo::{Repo, Role};

/// Longest file that is followed, in bytes.
const LONGEST: usize = 512 << 10;
/// Most files that one makefile includes, with what those include.
const INCLUDED: usize = 32;
/// Most packages of a workspace that are asked for a task.
const PACKAGES: usize = 300;

/// Follows commands through the files of one repository.
#[derive(Debug)]
pub struct Follower<'a> {
    repo: &'a Repo,
    texts: Mutex<FxHashMap<String, Option<Arc<str>>>>,
    tasks: Mutex<FxHashMap<(String, String), Arc<Tasks>>>,
    packages: OnceLock<Vec<(String, String)>>,
    known: Mutex<FxHashMap<(String, String), String>>,
}

impl<'a> Follower<'a> {
    /// A follower that has read nothing yet.
    pub fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            texts: Mutex::default(),
            tasks: Mutex::default(),
            packages: OnceLock::new(),
            known: Mutex::default(),
        }
    }

    /// The commands that a script leads to, one a line, when it runs in `folder` (from the root, with forward slashes,
    /// empty for the root). Its own commands are not among them.
    pub fn script(&self, text: &str, folder: &str) -> String {
        let key = (folder.to_owned(), text.to_owned());
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let found = Walk::new(self).of_script(text, folder);
        lock().insert(key, found.clone());
        found
    }

    /// The commands of the action at `uses`, a path that begins with `./`, and those that they lead to; `given` has the
    /// values of its inputs.
    pub fn action(&self, uses: &str, given: &[(String, String)]) -> String {
        if uses.starts_with("./") { Walk::new(self).of_action(uses, given) } else { String::new() }
    }

    /// The text of a file that is there and not too long.
    pub(crate) fn text(&self, path: &str) -> Option<Arc<str>> {
        let lock = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(path) {
            return known.clone();
        }
        let file = self.repo.file(path);
        let bytes = file.and_then(|file| self.repo.read(file).ok()).filter(|bytes| bytes.len() <= LONGEST);
        let text: Option<Arc<str>> = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(Arc::from);
        lock().insert(path.to_owned(), text.clone());
        text
    }

    /// The tasks of the file at `path`, read as `listing` says.
    fn tasks(&self, path: &str, listing: &Listing) -> Option<Arc<Tasks>> {
        let key = (path.to_owned(), format!("{:?} {}", listing.read, listing.at));
        let lock = || self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return Some(Arc::clone(known));
        }
        let text = self.text(path)?;
        let mut tasks = Tasks::read(&text, listing);
        if listing.read == Read::Make {
            self.include(path, &text, &mut tasks);
        }
        let tasks = Arc::new(tasks);
        lock().insert(key, Arc::clone(&tasks));
        Some(tasks)
    }

    /// Adds what a makefile includes.
    fn include(&self, path: &str, text: &str, tasks: &mut Tasks) {
        let folder = places::folder_of(path).to_owned();
        let mut waiting = make::included(text);
        let mut done: Vec<String> = vec![path.to_owned()];
        while let Some(named) = waiting.pop().filter(|_| done.len() < INCLUDED) {
            for path in self.named(&folder, &named) {
                if done.contains(&path) {
                    continue;
                }
                if let Some(text) = self.text(&path) {
                    tasks.extend(make::read(&text));
                    waiting.extend(make::included(&text));
                }
                done.push(path);
            }
        }
    }

    /// The files that a name with at most one `*` stands for.
    fn named(&self, folder: &str, name: &str) -> Vec<String> {
        let Some(path) = places::join(folder, places::literal(name)) else { return Vec::new() };
        match path.split_once('*') {
            None => vec![path],
            Some((begin, end)) => {
                let files = self.repo.files();
                let from = files.partition_point(|file| *file.path < *begin);
                let near = files.iter().skip(from).take_while(|file| file.path.starts_with(begin));
                let fits =
                    |path: &str| path.ends_with(end) && path.get(begin.len()..).is_some_and(|rest| !rest.contains('/'));
                near.filter(|file| fits(&file.path)).take(INCLUDED).map(|file| file.path.to_string()).collect()
            }
        }
    }

    /// The first file of a source that is in `folder` and names tasks.
    fn listing<'s>(&self, folder: &str, source: &'s Source) -> Option<(String, &'s Listing)> {
        source.files.iter().find_map(|listing| {
            let path = places::join(folder, &listing.path).filter(|path| self.repo.contains(path))?;
            let tasks = self.tasks(&path, listing)?;
            (!tasks.is_empty()).then_some((path, listing))
        })
    }

    /// All files of a source in the repository.
    fn everywhere<'s>(&self, source: &'s Source) -> Vec<(String, &'s Listing)> {
        let listing = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            source.files.iter().find(|listing| listing.path == name)
        };
        let own = self.repo.files().iter().filter(|file| !matches!(file.role, Role::Vendored | Role::Fixture));
        own.filter_map(|file| listing(&file.path).map(|listing| (file.path.to_string(), listing)))
            .take(PACKAGES)
            .collect()
    }

    /// The folders of the packages of this name.
    fn package(&self, name: &str) -> Vec<String> {
        let named = self.packages.get_or_init(|| {
            let sources = Table::get().sources.values().filter_map(|source| Some((source, source.package.as_ref()?)));
            let mut found = Vec::new();
            for (source, at) in sources {
                for (path, listing) in self.everywhere(source) {
                    let Some((syntax, text)) = listing.syntax.zip(self.text(&path)) else { continue };
                    let documents = parse(syntax, &text, &Limits::default()).unwrap_or_default();
                    let name = documents.first().and_then(|document| document.root.pointer(at)?.scalar_text());
                    found.extend(name.map(|name| (name, places::folder_of(&path).to_owned())));
                }
            }
            found
        });
        let wanted = name.trim_start_matches(['{', '.', '^']).trim_end_matches(['}', '.', '^']).trim_matches('/');
        let (begin, end) = wanted.split_once('*').unwrap_or((wanted, ""));
        let has_star = wanted.contains('*');
        let alike = |known: &str| {
            if has_star {
                known.starts_with(begin) && known.ends_with(end)
            } else {
                known == wanted
                    || known.rsplit_once('/').is_some_and(|(scope, name)| scope.starts_with('@') && name == wanted)
            }
        };
        named.iter().filter(|(known, folder)| alike(known) || alike(folder)).map(|(_, folder)| folder.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
