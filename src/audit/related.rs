//! Joins what the files hold for `related` conditions, and files the answers where those of other conditions lie.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::audit::documents::{Rows, to_hit};
use crate::audit::scan::Scan;
use crate::condition::Truth;
use crate::condition::kinds::Kinds;
use crate::condition::matches::{FileMatches, Hit, LeafId};
use crate::condition::plan::Question;
use crate::condition::related::{Found, Joined, RelatedCondition, Unread, Within, join};
use crate::parallel::in_order;
use crate::repo::{Repo, Role, folder_of, upward};
use crate::rule::set::RuleSet;

/// How many paths a worker looks at, at a time.
const FILES: usize = 512;

/// What files hold for one condition, in file order.
type FileRows = Vec<(u32, Rows)>;

/// Answers every `related` condition of the rules. `component_of` gives the component of each file.
pub(crate) fn join_all(repo: &Repo, rules: &RuleSet, scan: &mut Scan, component_of: &[usize], jobs: usize) {
    let all: Vec<(LeafId, Mutex<FileRows>)> =
        std::mem::take(&mut scan.rows).into_iter().map(|(leaf, files)| (leaf, Mutex::new(files))).collect();
    if all.is_empty() {
        return;
    }
    let condition = |leaf: LeafId| match rules.plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question) {
        Some(Question::Related(condition)) => Some(condition),
        _ => None,
    };
    let mut bounds = Bounds { repo, jobs, component_of, folders: Vec::new(), roots: BTreeMap::new() };
    for condition in all.iter().filter_map(|(leaf, _)| condition(*leaf)) {
        (0..condition.sides().count()).for_each(|side| bounds.number(condition.within(side)));
    }
    let joined = in_order(
        all.len(),
        1,
        jobs,
        || (),
        |(), number| {
            let (leaf, files) = all.get(number)?;
            let files = std::mem::take(&mut *files.lock().unwrap_or_else(PoisonError::into_inner));
            Some((*leaf, join_files(condition(*leaf)?, files, &bounds, &scan.roles)))
        },
    );
    for (leaf, found) in joined.into_iter().flatten() {
        for matches in found {
            scan.matches.push(leaf, matches);
        }
    }
}

/// What a condition finds in files, in file order.
fn join_files(condition: &RelatedCondition, files: FileRows, bounds: &Bounds<'_>, roles: &[Role]) -> Vec<FileMatches> {
    let place = |file: u32, within: &Within| bounds.of(file, within);
    let (mut rows, mut unread): (Vec<Found>, Vec<Unread>) = (Vec::new(), Vec::new());
    for (file, found) in files {
        rows.extend(found.rows.into_iter().map(|row| (file, row)));
        unread.extend(found.unread.into_iter().map(|side| Unread { file, side }));
    }
    let path = |file: u32| bounds.repo.files().get(file as usize).map(|file| file.path.to_string()).unwrap_or_default();
    let mut by_file: BTreeMap<u32, FileMatches> = BTreeMap::new();
    for joined in join(condition, &rows, &unread, &place) {
        let Some(role) = roles.get(joined.file as usize).copied() else { continue };
        let matches = by_file.entry(joined.file).or_insert_with(|| FileMatches {
            file: joined.file,
            role,
            hits: Vec::new(),
            examined: 0,
            in_order: None,
            opaque: 0,
            broken: None,
        });
        add(matches, &joined, &path);
    }
    by_file.into_values().collect()
}

/// What the files stand within.
struct Bounds<'a> {
    repo: &'a Repo,
    jobs: usize,
    component_of: &'a [usize],
    folders: Vec<usize>,
    /// By the kind of the document that a root holds.
    roots: BTreeMap<String, Vec<usize>>,
}

impl Bounds<'_> {
    /// Gives each file the number of what it stands within, unless that was done.
    fn number(&mut self, within: &Within) {
        let files = self.repo.files().iter();
        match within {
            Within::Directory if self.folders.is_empty() => {
                self.folders = numbered(files.map(|file| folder_of(&file.path)));
            }
            Within::Root(kind) if !self.roots.contains_key(kind) => {
                self.roots.insert(kind.clone(), below_roots(self.repo, kind, self.jobs));
            }
            _ => {}
        }
    }

    /// The number for a file, alike for those that stand together.
    fn of(&self, file: u32, within: &Within) -> usize {
        let numbers = match within {
            Within::Repository | Within::Document => return 0,
            Within::Component => Some(self.component_of),
            Within::Directory => Some(self.folders.as_slice()),
            Within::Root(kind) => self.roots.get(kind).map(Vec::as_slice),
        };
        numbers.and_then(|numbers| numbers.get(file as usize)).copied().unwrap_or_default()
    }
}

/// The number of the nearest folder with a document of `kind` above each file.
fn below_roots(repo: &Repo, kind: &str, jobs: usize) -> Vec<usize> {
    let is_kind = |path: &str| Kinds::get().kinds_of(path).any(|known| known.name == kind);
    let folder = |number: usize| {
        let path = repo.files().get(number).map(|file| &*file.path).filter(|path| is_kind(path))?;
        Some(folder_of(path))
    };
    let folders = in_order(repo.files().len(), FILES, jobs, || (), |(), number| folder(number));
    let roots: HashSet<&str> = folders.into_iter().flatten().collect();
    let root_of = |path| upward(folder_of(path)).find(|folder| roots.contains(folder));
    numbered(repo.files().iter().map(|file| root_of(&file.path)))
}

/// A number for each of `names`: the same for the same, which mostly stand together.
fn numbered<T: Hash + Eq + Copy>(names: impl Iterator<Item = T>) -> Vec<usize> {
    let mut known: FxHashMap<T, usize> = FxHashMap::default();
    let mut last: Option<(T, usize)> = None;
    let mut number = |name: T| {
        if let Some((_, number)) = last.filter(|(other, _)| *other == name) {
            return number;
        }
        let next = known.len();
        let number = *known.entry(name).or_insert(next);
        last = Some((name, number));
        number
    };
    names.map(&mut number).collect()
}

fn add(matches: &mut FileMatches, joined: &Joined, path: &dyn Fn(u32) -> String) {
    matches.examined += 1;
    match joined.truth {
        Truth::True => matches.hits.push(shown(joined, path)),
        Truth::Unknown => matches.opaque += 1,
        Truth::False => {
            if matches.in_order.is_none() {
                matches.in_order = Some(Box::new(shown(joined, path)));
            }
        }
    }
}

/// The subject, with its counterpart as the captures `other` and `other-path`.
fn shown(joined: &Joined, path: &dyn Fn(u32) -> String) -> Hit {
    let mut hit = to_hit(&joined.hit);
    if let Some((file, other)) = &joined.counterpart {
        let path = path(*file);
        hit.shows = format!("{} ({} in {path})", hit.shows, other.text);
        hit.captures.push(("other".to_owned(), other.text.clone()));
        hit.captures.push(("other-path".to_owned(), path));
    }
    hit
}
