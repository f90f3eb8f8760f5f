//! Commits and trees as numbers: which commit brought which blob under which path.
//!
//! Of a tree only its folders are kept, and those files that are asked for; so the whole history of a large project fits
//! into some ten megabytes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::delta::Copy;
use super::id::{CommitText, Entry, Id, Kind, Sort, entries};
use super::store::Store;
use super::walk::{Miss, Visitor};

/// Marks the number of an object that is not there.
const MISSING: u32 = 1 << 31;
/// Marks the name of a folder.
const FOLDER: u32 = 1 << 31;
/// Most paths of one blob that are told.
const MAX_PATHS: usize = 8;
/// Objects that the memory of a gatherer holds, as a power of two.
const MEMORY: usize = 1 << 15;

/// Which files are asked for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// One bit a number: blobs in which something was found.
    pub(super) blobs: Bits,
    /// Ends of the names of files that are wanted whatever they hold.
    pub(super) names: Vec<Vec<u8>>,
}

/// A set of numbers.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Room for the numbers below `length`.
    pub(super) fn new(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    /// Whether `number` was not in it yet.
    pub(super) fn insert(&mut self, number: usize) -> bool {
        let bit = 1 << (number % 64);
        let Some(word) = self.0.get_mut(number / 64) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Whether `number` is in it.
    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    child: u32,
    name: u32,
}

/// Where the edges of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TreeAt {
    number: u32,
    part: u32,
    from: u32,
    to: u32,
}

#[derive(Debug, Clone)]
struct Commit {
    number: u32,
    tree: u32,
    parents: Vec<u32>,
    committed: i64,
}

/// Numbers for values that recur.
#[derive(Debug)]
struct Interned<T> {
    known: HashMap<T, u32>,
    all: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Interned<T> {
    fn new() -> Self {
        Self { known: HashMap::new(), all: Vec::new() }
    }

    fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.known.get(value) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(MISSING - 1);
        self.all.push(value.clone());
        self.known.insert(value.clone(), number);
        number
    }
}

/// What one thread gathers.
pub(super) struct Gatherer<'a> {
    store: &'a Store,
    wanted: &'a Wanted,
    /// The last objects that were looked for, by the first bytes of their names.
    memory: Vec<(Id, u32)>,
    commits: Vec<Commit>,
    trees: Vec<(u32, u32, u32)>,
    edges: Vec<Edge>,
    names: Interned<Vec<u8>>,
    missing: Interned<Id>,
    damaged: usize,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(store: &'a Store, wanted: &'a Wanted) -> Self {
        let nothing = Id::from_bytes(&[0; Id::LENGTH]);
        let memory = nothing.map(|nothing| vec![(nothing, MISSING); MEMORY]).unwrap_or_default();
        Self {
            store,
            wanted,
            memory,
            commits: Vec::new(),
            trees: Vec::new(),
            edges: Vec::new(),
            names: Interned::new(),
            missing: Interned::new(),
            damaged: 0,
        }
    }

    /// The number of an object, or of one that is missing.
    fn number(&mut self, id: &Id) -> u32 {
        let &[first, second, ..] = id.as_bytes();
        let slot = usize::from(first) << 8 | usize::from(second);
        if let Some((known, number)) = self.memory.get(slot % MEMORY)
            && known == id
            && number & MISSING == 0
        {
            return *number;
        }
        let found = self.store.find(id).and_then(|number| u32::try_from(number).ok());
        let number = found.unwrap_or_else(|| MISSING | self.missing.number(id));
        if let Some(slot) = self.memory.get_mut(slot % MEMORY) {
            *slot = (*id, number);
        }
        number
    }

    fn commit(&mut self, number: u32, text: &[u8]) {
        let Some(commit) = CommitText::parse(text) else {
            self.damaged += 1;
            return;
        };
        let tree = self.number(&commit.tree);
        let parents = commit.parents.iter().map(|parent| self.number(parent)).collect();
        self.commits.push(Commit { number, tree, parents, committed: commit.committed });
    }

    fn tree(&mut self, number: u32, text: &[u8]) {
        let from = self.edges.len();
        for Entry { sort, name, id } in entries(text).filter(|entry| entry.sort != Sort::Other) {
            let child = self.number(&id);
            let is_folder = sort == Sort::Folder;
            let asked = || self.wanted.blobs.contains(child as usize);
            let named = || self.wanted.names.iter().any(|end| name.ends_with(end));
            if is_folder || child & MISSING != 0 || asked() || named() {
                let name = self.names.number(&name.to_vec());
                self.edges.push(Edge { child, name: if is_folder { name | FOLDER } else { name } });
            }
        }
        let bound = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.trees.push((number, bound(from), bound(self.edges.len())));
    }
}

impl Visitor for Gatherer<'_> {
    type Note = ();

    fn wants(kind: Kind) -> bool {
        matches!(kind, Kind::Commit | Kind::Tree)
    }

    fn visit(&mut self, number: usize, kind: Kind, text: &[u8], _: Option<(&(), &[Copy])>) {
        let Ok(number) = u32::try_from(number) else { return };
        match kind {
            Kind::Commit => self.commit(number, text),
            Kind::Tree => self.tree(number, text),
            Kind::Blob | Kind::Tag => {}
        }
    }

    fn miss(&mut self, number: usize, _: Miss) {
        // What a loose object is cannot be told if it is damaged: it was counted with the blobs.
        self.damaged += usize::from(!self.store.loose().contains(&number));
    }
}

/// The history of a store.
pub(super) struct Graph {
    commits: Vec<Commit>,
    /// Places in `commits` by number.
    commit_at: HashMap<u32, u32>,
    /// Where the edges of each tree are, sorted by its number.
    trees: Vec<TreeAt>,
    /// The edges as the threads gathered them.
    edges: Vec<Vec<Edge>>,
    names: Vec<Vec<u8>>,
    /// Commits and trees that could not be read.
    pub(super) damaged: usize,
}

/// A blob as a commit brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Brought {
    pub(super) blob: usize,
    /// The number of the commit.
    pub(super) commit: usize,
    /// The place of the commit in the order of the history.
    pub(super) order: usize,
    pub(super) path: String,
}

/// What the walk through the history met.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) commits: usize,
    /// The wanted blobs, in the order in which they came.
    pub(super) brought: Vec<Brought>,
    /// Reachable commits and trees that are not there; those where a shallow clone ends do not count.
    pub(super) missing: usize,
    pub(super) missing_blobs: usize,
}

impl Graph {
    /// Puts together what the threads gathered.
    pub(super) fn of(gathered: Vec<Gatherer<'_>>) -> Self {
        let mut graph = Self {
            commits: Vec::new(),
            commit_at: HashMap::new(),
            trees: Vec::new(),
            edges: Vec::new(),
            names: Vec::new(),
            damaged: 0,
        };
        let (mut names, mut missing) = (Interned::new(), Interned::new());
        for mut part in gathered {
            part.memory = Vec::new();
            let moved: Vec<u32> = part.names.all.iter().map(|name| names.number(name)).collect();
            let gone: Vec<u32> = part.missing.all.iter().map(|id| MISSING | missing.number(id)).collect();
            let object = |number: u32| match number & MISSING {
                0 => number,
                _ => gone.get((number ^ MISSING) as usize).copied().unwrap_or(number),
            };
            let number = u32::try_from(graph.edges.len()).unwrap_or(u32::MAX);
            let at = |tree: &(u32, u32, u32)| TreeAt { number: tree.0, part: number, from: tree.1, to: tree.2 };
            graph.trees.extend(part.trees.iter().map(at));
            for edge in &mut part.edges {
                let name = moved.get((edge.name & !FOLDER) as usize).copied().unwrap_or_default();
                *edge = Edge { child: object(edge.child), name: name | edge.name & FOLDER };
            }
            graph.edges.push(std::mem::take(&mut part.edges));
            graph.commits.extend(part.commits.into_iter().map(|commit| Commit {
                tree: object(commit.tree),
                parents: commit.parents.iter().map(|parent| object(*parent)).collect(),
                ..commit
            }));
            graph.damaged += part.damaged;
        }
        graph.names = names.all;
        graph.trees.sort_unstable();
        graph.commit_at = (0u32..).zip(&graph.commits).map(|(at, commit)| (commit.number, at)).collect();
        graph
    }

    fn commit(&self, number: u32) -> Option<&Commit> {
        self.commits.get(*self.commit_at.get(&number)? as usize)
    }

    /// The commits that `tips` reach, parents first, and of those that may come next the oldest; with how many are
    /// missing.
    fn in_order(&self, store: &Store, tips: &[u32], is_end: &dyn Fn(u32) -> bool) -> (Vec<&Commit>, usize) {
        let (mut waiting, mut missing) = (tips.to_vec(), 0);
        let mut left: HashMap<u32, usize> = HashMap::new();
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut gone = std::collections::HashSet::new();
        while let Some(number) = waiting.pop() {
            if left.contains_key(&number) {
                continue;
            }
            let Some(commit) = self.commit(number) else {
                missing += usize::from(gone.insert(number));
                continue;
            };
            let parents: &[u32] = if is_end(number) { &[] } else { &commit.parents };
            let mut here: Vec<u32> = parents.iter().copied().filter(|parent| self.commit(*parent).is_some()).collect();
            here.sort_unstable();
            here.dedup();
            for parent in &here {
                children.entry(*parent).or_default().push(number);
            }
            left.insert(number, here.len());
            waiting.extend(parents);
        }
        let key = |commit: &Commit| Reverse((commit.committed, store.id(commit.number as usize), commit.number));
        let mut ready: BinaryHeap<_> = BinaryHeap::new();
        ready.extend(
            left.iter().filter(|(_, left)| **left == 0).filter_map(|(number, _)| self.commit(*number)).map(key),
        );
        let mut order = Vec::with_capacity(left.len());
        while let Some(Reverse((_, _, number))) = ready.pop() {
            order.extend(self.commit(number));
            for child in children.remove(&number).unwrap_or_default() {
                if let Some(left) = left.get_mut(&child) {
                    *left -= 1;
                    if *left == 0 {
                        ready.extend(self.commit(child).map(key));
                    }
                }
            }
        }
        (order, missing)
    }

    /// Walks from the oldest commit to the newest, into each tree once.
    pub(super) fn walk(&self, store: &Store, tips: &[u32], is_end: &dyn Fn(u32) -> bool) -> Walked {
        let (commits, missing) = self.in_order(store, tips, is_end);
        let mut walked = Walked { commits: commits.len(), missing, ..Walked::default() };
        let mut seen = Bits::new(store.len());
        let mut gone: BTreeMap<u32, bool> = BTreeMap::new();
        let mut paths: HashMap<u32, usize> = HashMap::new();
        for (order, commit) in commits.into_iter().enumerate() {
            let mut waiting = vec![(commit.tree, String::new(), true)];
            while let Some((number, path, is_folder)) = waiting.pop() {
                if number & MISSING != 0 {
                    gone.insert(number, is_folder);
                } else if !is_folder {
                    let count = paths.entry(number).or_default();
                    if *count < MAX_PATHS {
                        *count += 1;
                        let (blob, commit) = (number as usize, commit.number as usize);
                        walked.brought.push(Brought { blob, commit, order, path });
                    }
                } else if seen.insert(number as usize) {
                    let before = waiting.len();
                    for edge in self.edges(number) {
                        let name =
                            self.names.get((edge.name & !FOLDER) as usize).map(Vec::as_slice).unwrap_or_default();
                        let is_folder = edge.name & FOLDER != 0;
                        let slash = if is_folder { "/" } else { "" };
                        let path = format!("{path}{}{slash}", String::from_utf8_lossy(name));
                        waiting.push((edge.child, path, is_folder));
                    }
                    if let Some(new) = waiting.get_mut(before..) {
                        new.reverse();
                    }
                }
            }
        }
        walked.missing_blobs = gone.values().filter(|is_folder| !**is_folder).count();
        walked.missing += gone.len() - walked.missing_blobs;
        walked
    }

    /// The wanted blobs in the tree of a commit.
    pub(super) fn blobs_of(&self, commit: u32, objects: usize) -> Vec<usize> {
        let mut seen = Bits::new(objects);
        let mut waiting: Vec<u32> = self.commit(commit).map(|commit| commit.tree).into_iter().collect();
        let mut found = Vec::new();
        while let Some(tree) = waiting.pop() {
            for edge in self.edges(tree).iter().filter(|edge| edge.child & MISSING == 0) {
                if !seen.insert(edge.child as usize) {
                    continue;
                }
                if edge.name & FOLDER == 0 {
                    found.push(edge.child as usize);
                } else {
                    waiting.push(edge.child);
                }
            }
        }
        found
    }

    fn edges(&self, tree: u32) -> &[Edge] {
        let found = self.trees.binary_search_by_key(&tree, |at| at.number).ok().and_then(|at| self.trees.get(at));
        let edges = found.and_then(|at| self.edges.get(at.part as usize)?.get(at.from as usize..at.to as usize));
        edges.unwrap_or_default()
    }
}
