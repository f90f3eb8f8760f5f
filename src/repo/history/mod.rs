//! The history of a repository: every blob of every commit that a reference reaches, each searched once.
//!
//! The objects of a store are made in the order of their deltas and shown to a [`Sieve`] as they are, without knowing
//! where they belong. Only for the few in which something was found the commits and trees are read, to learn which commit
//! brought them first, and as which file.

mod delta;
mod graph;
mod id;
mod memory;
mod pack;
mod pack_index;
mod refs;
mod sift;
mod since;
mod store;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use self::graph::{Bits, Gatherer, Graph, Wanted};
use self::id::{CommitText, Id, Kind};
use self::memory::States;
use self::pack::Work;
use self::sift::Sifter;
use self::store::Store;
use self::walk::Woods;
use super::git::GitState;
use super::read;

pub use self::delta::Copy;
pub use self::sift::{Sieve, Sifted, Trace};
pub use self::since::Since;

/// Longest commit or tag that is read, in bytes.
const MAX_HEADER: usize = 1 << 20;
/// Most places of one trace that are told.
const MAX_PLACES: usize = 64;
/// Most versions of one file among them.
const MAX_VERSIONS: usize = 4;
/// Most tags on the way from a reference to a commit.
const MAX_TAGS: usize = 8;

/// An opened history.
pub struct History {
    store: Store,
    tips: Vec<Id>,
    shallow: Vec<Id>,
    partial: bool,
    prefix: String,
    /// The commit at HEAD of a repository without a work tree.
    head: Option<Id>,
    max_file_bytes: u64,
    /// Instead of a store.
    memory: Option<States>,
}

/// What was looked at, and what was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Commits that references reach.
    pub commits: usize,
    /// Blobs that were searched.
    pub blobs: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Blobs that are no text.
    pub binary: usize,
    /// Blobs whose content is stored elsewhere.
    pub pointers: usize,
    /// Objects over the bound on files.
    pub too_large: usize,
    /// Whether the clone is shallow: the history goes on elsewhere.
    pub shallow: bool,
    /// Whether the clone is partial: objects are kept back elsewhere.
    pub partial: bool,
    /// Reachable objects that are not there.
    pub missing: usize,
    /// Objects that are there and cannot be read.
    pub damaged: usize,
    /// What else is wrong with the store, as sentences.
    pub faults: Vec<String>,
    /// Whether so much looked like a trace that not all was kept.
    pub cut: bool,
}

impl Extent {
    /// Whether the store is damaged: beyond what a shallow or partial clone leaves out on purpose.
    pub fn is_corrupt(&self) -> bool {
        self.damaged > 0 || !self.faults.is_empty() || (self.missing > 0 && !self.partial)
    }

    /// Whether the whole history is here and was read, but for what is too large.
    pub fn is_complete(&self) -> bool {
        !self.is_corrupt() && !self.shallow && !self.partial && self.missing == 0 && !self.cut
    }

    /// What was left out, as sentences.
    pub fn left_out(&self) -> Vec<String> {
        let mut told = self.faults.clone();
        let objects = |count: usize| if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
        if self.damaged > 0 {
            told.push(format!(
                "{} of the history cannot be read: the store is damaged (git fsck)",
                objects(self.damaged)
            ));
        }
        if self.shallow {
            told.push("the clone is shallow: older commits were not searched (git fetch --unshallow)".to_owned());
        }
        match (self.partial, self.missing) {
            (true, 0) => told.push("the clone is partial: the server may keep objects back".to_owned()),
            (true, count) => told.push(format!("the clone is partial: {} were not searched", objects(count))),
            (false, 0) => {}
            (false, count) => {
                told.push(format!("{} of the history are missing: the store is damaged (git fsck)", objects(count)));
            }
        }
        if self.cut {
            told.push("more places look like secrets than are kept: some were left out".to_owned());
        }
        if self.too_large > 0 {
            told.push(format!("{} over the limit on files were not searched", objects(self.too_large)));
        }
        told
    }
}

/// A commit, as far as reports name it: never by its author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitName {
    /// Forty hexadecimal digits.
    pub id: String,
    /// The day on which it was written, where its author was: YYYY-MM-DD.
    pub date: String,
}

/// A blob under the path, and with the commit, that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The number of the blob, for [`History::text`].
    pub blob: usize,
    /// The number of the commit, for [`History::commit`].
    pub commit: usize,
    /// Relative to the audited folder, with forward slashes.
    pub path: String,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// For each thing and key of a [`Trace`], the places of the blobs that hold it, the oldest first.
    pub traces: BTreeMap<(u32, u64), Vec<Place>>,
    /// Those things and keys that the commit at HEAD holds; only of a repository without a work tree.
    pub at_head: BTreeSet<(u32, u64)>,
    /// The files whose names were asked for, the oldest first.
    pub named: Vec<Place>,
    /// What was looked at.
    pub extent: Extent,
}

impl History {
    /// Opens the history of the repository that `state` describes.
    pub fn open(state: &GitState, max_file_bytes: u64) -> Result<Self, String> {
        if let Some(format) = state.object_format.as_deref().filter(|format| *format != "sha1") {
            return Err(format!("the history was not searched: object format {format} is not supported"));
        }
        if state.common.join("reftable").is_dir() {
            return Err("the history was not searched: its references are kept in tables (reftable)".to_owned());
        }
        let store = Store::open(&state.common.join("objects"), true);
        let partial = store.promises || state.partial;
        let (tips, shallow) = (refs::tips(&state.own, &state.common), refs::shallow(&state.common));
        let (prefix, head) = (state.prefix.clone(), state.head.as_ref().filter(|_| state.bare));
        let head = head.and_then(|head| Id::from_hex(head.as_bytes()));
        Ok(Self { store, tips, shallow, partial, prefix, head, max_file_bytes, memory: None })
    }

    /// A history of states in memory, the oldest first.
    pub(super) fn from_memory(states: Vec<BTreeMap<String, Vec<u8>>>, max_file_bytes: u64) -> Self {
        let (store, prefix) = (Store::default(), String::new());
        let (tips, shallow, memory) = (Vec::new(), Vec::new(), Some(States::new(states)));
        Self { store, tips, shallow, partial: false, prefix, head: None, max_file_bytes, memory }
    }

    /// Searches with `jobs` threads, each with a sieve of its own; files whose names end with one of `names` are listed
    /// whatever they hold.
    pub fn search<S: Sieve + Send>(&self, jobs: usize, names: Vec<Vec<u8>>, make: impl Fn() -> S + Sync) -> Found {
        if let Some(memory) = &self.memory {
            return memory.search(&names, &mut make());
        }
        let woods = Woods::of(&self.store);
        let sifters = woods.visit(jobs, || Sifter::new(&self.store, self.max_file_bytes, make()));
        let mut extent = Extent {
            shallow: !self.shallow.is_empty(),
            partial: self.partial,
            faults: self.store.faults.clone(),
            damaged: woods.broken(),
            ..Extent::default()
        };
        let mut wanted = Wanted { blobs: Bits::new(self.store.len()), names };
        let mut hits: Vec<(usize, u32, u64)> = Vec::new();
        for sifter in sifters {
            sifter.add_to(&mut extent);
            hits.extend(sifter.hits);
        }
        hits.sort_unstable();
        hits.dedup();
        for (blob, ..) in &hits {
            wanted.blobs.insert(*blob);
        }
        let graph = Graph::of(woods.visit(jobs, || Gatherer::new(&self.store, &wanted)));
        drop(woods);
        extent.damaged += graph.damaged;
        self.place(&graph, &hits, extent)
    }

    fn place(&self, graph: &Graph, hits: &[(usize, u32, u64)], mut extent: Extent) -> Found {
        let mut work = Work::default();
        let mut tips = Vec::new();
        let mut lost = 0;
        for tip in &self.tips {
            match self.commit_of(tip, &mut work) {
                Some(number) => tips.push(number),
                None if self.store.find(tip).is_none() => lost += 1,
                None => {}
            }
        }
        let ends: HashSet<u32> =
            self.shallow.iter().filter_map(|id| u32::try_from(self.store.find(id)?).ok()).collect();
        let walked = graph.walk(&self.store, &tips, &|number| ends.contains(&number));
        extent.commits = walked.commits;
        extent.missing = walked.missing + walked.missing_blobs + lost;
        let mut found = Found { extent, ..Found::default() };
        if let Some(head) = self.head.as_ref().and_then(|head| self.commit_of(head, &mut work)) {
            for blob in graph.blobs_of(head, self.store.len()) {
                found.at_head.extend(of_blob(hits, blob));
            }
        }
        for brought in walked.brought {
            let Some(path) = brought.path.strip_prefix(&self.prefix) else { continue };
            let place = Place { blob: brought.blob, commit: brought.commit, path: path.to_owned() };
            let mut is_named = true;
            for trace in of_blob(hits, brought.blob) {
                is_named = false;
                let places = found.traces.entry(trace).or_default();
                if places.len() < MAX_PLACES
                    && places.iter().filter(|known| known.path == place.path).count() < MAX_VERSIONS
                {
                    places.push(place.clone());
                }
            }
            if is_named {
                found.named.push(place);
            }
        }
        found
    }

    /// The number of the commit that a reference names, through tags.
    fn commit_of(&self, tip: &Id, work: &mut Work) -> Option<u32> {
        let mut id = *tip;
        for _ in 0..MAX_TAGS {
            let number = self.store.find(&id)?;
            match self.store.object(number, MAX_HEADER, work)? {
                (Kind::Commit, _) => return u32::try_from(number).ok(),
                (Kind::Tag, text) => id = id::tagged(&text)?,
                _ => return None,
            }
        }
        None
    }

    /// The text of a blob under the rules that hold for files; `None` if it is none.
    pub fn text(&self, blob: usize) -> Option<Vec<u8>> {
        if let Some(memory) = &self.memory {
            return memory.text(blob).map(<[u8]>::to_vec);
        }
        let most = usize::try_from(self.max_file_bytes).unwrap_or(usize::MAX);
        let (_, text) = self.store.object(blob, most, &mut Work::default())?;
        read::Buffer::default().copy(&text, self.max_file_bytes).ok().map(<[u8]>::to_vec)
    }

    /// How reports name a commit.
    pub fn commit(&self, number: usize) -> Option<CommitName> {
        if self.memory.is_some() {
            return Some(States::commit(number));
        }
        let id = self.store.id(number)?.to_string();
        let (_, text) = self.store.object(number, MAX_HEADER, &mut Work::default())?;
        let (seconds, minutes) = CommitText::parse(&text)?.written;
        let offset = Offset::from_seconds(minutes * 60).unwrap_or(Offset::UTC);
        let time = Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::fixed(offset));
        Some(CommitName { id, date: time.date().to_string() })
    }
}

/// The things and keys that were found in a blob; `hits` is sorted.
fn of_blob(hits: &[(usize, u32, u64)], blob: usize) -> impl Iterator<Item = (u32, u64)> {
    let from = hits.partition_point(|(known, ..)| *known < blob);
    let own = hits.get(from..).unwrap_or_default().iter().take_while(move |(known, ..)| *known == blob);
    own.map(|(_, what, key)| (*what, *key))
}

/// Reads single blobs by their names, without listing anything: for what the index will commit.
pub(super) struct Blobs {
    store: Store,
    /// Tools that are free.
    idle: Mutex<Vec<Work>>,
}

impl Blobs {
    /// The blobs of the store in `objects`.
    pub(super) fn open(objects: &Path) -> Self {
        Self { store: Store::open(objects, false), idle: Mutex::default() }
    }

    /// The blob of this name; else why there is none, as a fragment.
    pub(super) fn read(&self, name: &[u8]) -> Result<Vec<u8>, &'static str> {
        let id = Id::from_bytes(name).ok_or("its object has a name of another length")?;
        let mut work = self.idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default();
        let found = self.store.by_id(&id, walk::MOST, &mut work);
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(work);
        }
        match found {
            Some((Kind::Blob, text)) => Ok(text),
            Some(_) => Err("its object is no file"),
            None => Err("its object is missing, damaged or too large"),
        }
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Blobs").finish_non_exhaustive()
    }
}
