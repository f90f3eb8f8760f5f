//! One pack: an object by its number, and the forest of deltas that its objects form.
//!
//! A pack may claim anything: each length is compared with a bound before room is made for it, and an object that cannot
//! be made whole is `None`.

use std::path::Path;

use gix_index::hash;
use gix_pack::data;
use gix_pack::data::entry::Header;
use gix_zlib::{Inflate, Status};

use super::delta::{self, Copy};
use super::id::{Id, Kind};
use super::pack_index::PackIndex;

/// Longest chain of deltas that is followed for one object; git makes none longer than 4,095.
const MAX_CHAIN: usize = 4_096;

/// A pack and its index.
pub(super) struct Pack {
    pub(super) index: PackIndex,
    data: data::File<gix_pack::MMap>,
}

/// What one worker reuses from object to object.
#[derive(Default)]
pub(super) struct Work {
    inflate: Inflate,
    pub(super) delta: Vec<u8>,
    pub(super) copies: Vec<Copy>,
    /// Buffers that are free.
    spare: Vec<Vec<u8>>,
}

/// One entry of a pack, as its header has it.
pub(super) struct Entry {
    pub(super) form: Form,
    /// Length of what is packed, once inflated, in bytes.
    pub(super) size: u64,
    data_offset: u64,
}

/// How an object is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Whole(Kind),
    /// A delta against the object at this offset.
    Against(u64),
    /// A delta against the object of this name.
    Named(Id),
}

impl Pack {
    /// Opens the pack that belongs to the index at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let index = PackIndex::read(path)?;
        let pack = path.with_extension("pack");
        if !std::fs::metadata(&pack).is_ok_and(|metadata| metadata.is_file()) {
            return Err("its pack is not there".to_owned());
        }
        let data = data::File::at(&pack, hash::Kind::Sha1).map_err(|error| first_line(&error.to_string()))?;
        if data.num_objects() as usize != index.len() {
            return Err("its index does not fit it".to_owned());
        }
        Ok(Self { index, data })
    }

    /// The entry that begins at `offset`.
    pub(super) fn entry_at(&self, offset: u64) -> Option<Entry> {
        let end = self.data.pack_end() as u64;
        // Nothing that is shorter can be an entry.
        if offset < 12 || offset.checked_add(Id::LENGTH as u64)? > end + Id::LENGTH as u64 || offset >= end {
            return None;
        }
        let entry = self.data.entry(offset).ok()?;
        let form = match entry.header {
            Header::Commit => Form::Whole(Kind::Commit),
            Header::Tree => Form::Whole(Kind::Tree),
            Header::Blob => Form::Whole(Kind::Blob),
            Header::Tag => Form::Whole(Kind::Tag),
            Header::OfsDelta { base_distance } => {
                Form::Against(offset.checked_sub(base_distance).filter(|_| base_distance > 0)?)
            }
            Header::RefDelta { base_id } => Form::Named(Id::from_bytes(base_id.as_slice())?),
        };
        Some(Entry { form, size: entry.decompressed_size, data_offset: entry.data_offset })
    }

    /// The entry of object number `at`.
    pub(super) fn entry(&self, at: usize) -> Option<Entry> {
        self.entry_at(self.index.offset(at)?)
    }

    /// Inflates an entry of at most `most` bytes into `out`.
    pub(super) fn inflate(&self, entry: &Entry, most: usize, inflate: &mut Inflate, out: &mut Vec<u8>) -> Option<()> {
        let size = usize::try_from(entry.size).ok().filter(|size| *size <= most)?;
        // One byte more than promised, so that a longer stream is noticed.
        out.resize(size + 1, 0);
        let (status, _, written) = self.prefix(entry, inflate, out)?;
        out.truncate(size);
        (written == size && matches!(status, Status::StreamEnd)).then_some(())
    }

    /// Inflates as much of an entry as fits into `out`.
    fn prefix(&self, entry: &Entry, inflate: &mut Inflate, out: &mut [u8]) -> Option<(Status, usize, usize)> {
        let packed = self.data.entry_slice(entry.data_offset..self.data.pack_end() as u64)?;
        inflate.reset();
        inflate.once(packed, out).ok()
    }

    /// Object number `at`, if it is at most `most` bytes long.
    pub(super) fn object(&self, at: usize, most: usize, work: &mut Work) -> Option<(Kind, Vec<u8>)> {
        let mut chain = vec![self.entry(at)?];
        let kind = loop {
            let below = match &chain.last()?.form {
                Form::Whole(kind) => break *kind,
                Form::Against(offset) => self.entry_at(*offset)?,
                Form::Named(id) => self.entry(self.index.find(id)?)?,
            };
            if chain.len() >= MAX_CHAIN {
                return None;
            }
            chain.push(below);
        };
        let mut text = work.buffer();
        self.inflate(&chain.pop()?, most, &mut work.inflate, &mut text)?;
        for entry in chain.iter().rev() {
            text = self.above(&text, entry, most, work)?;
        }
        Some((kind, text))
    }

    /// Makes the object of which `entry` is the delta against `base`; its copies are left in `work`.
    pub(super) fn above(&self, base: &[u8], entry: &Entry, most: usize, work: &mut Work) -> Option<Vec<u8>> {
        let mut delta = std::mem::take(&mut work.delta);
        let mut text = work.buffer();
        let inflated = self.inflate(entry, most, &mut work.inflate, &mut delta);
        let made = inflated.and_then(|()| delta::apply(base, &delta, most, &mut text, &mut work.copies));
        work.delta = delta;
        if made.is_none() {
            work.release(text);
            return None;
        }
        Some(text)
    }

    /// The whole object of which `entry` is the root.
    pub(super) fn whole(&self, entry: &Entry, most: usize, work: &mut Work) -> Option<Vec<u8>> {
        let mut text = work.buffer();
        self.inflate(entry, most, &mut work.inflate, &mut text)?;
        Some(text)
    }

    /// The first bytes of the root object `entry`, at most `length`.
    pub(super) fn head(&self, entry: &Entry, length: usize, work: &mut Work) -> Option<Vec<u8>> {
        let mut text = work.buffer();
        text.resize(length, 0);
        let (_, _, written) = self.prefix(entry, &mut work.inflate, &mut text)?;
        text.truncate(written);
        Some(text)
    }
}

impl Work {
    /// An empty buffer.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Gives a buffer back.
    pub(super) fn release(&mut self, mut buffer: Vec<u8>) {
        const KEPT: usize = 4;
        const LARGEST: usize = 1 << 20;
        if self.spare.len() < KEPT && buffer.capacity() <= LARGEST {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

/// The objects of a pack as their deltas connect them: from each root its versions branch off.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// Whole objects in the order of the pack, with the number of objects that build on them.
    pub(super) roots: Vec<(u32, Kind)>,
    /// Where the children of each object begin in `children`; one more than there are objects.
    first: Vec<u32>,
    children: Vec<u32>,
    /// Objects whose header cannot be read or whose base is not there.
    pub(super) broken: Vec<u32>,
}

impl Forest {
    /// The forest of `pack`.
    pub(super) fn of(pack: &Pack) -> Self {
        let count = u32::try_from(pack.index.len()).unwrap_or(u32::MAX);
        let mut order: Vec<(u64, u32)> =
            (0..count).filter_map(|at| Some((pack.index.offset(at as usize)?, at))).collect();
        order.sort_unstable();
        let mut forest = Self::default();
        let mut parents = vec![u32::MAX; count as usize];
        for &(offset, at) in &order {
            let base = match pack.entry_at(offset).map(|entry| entry.form) {
                Some(Form::Whole(kind)) => {
                    forest.roots.push((at, kind));
                    continue;
                }
                Some(Form::Against(base)) => {
                    let found = order.binary_search_by_key(&base, |(offset, _)| *offset).ok();
                    found.and_then(|found| order.get(found)).map(|(_, at)| *at)
                }
                Some(Form::Named(id)) => pack.index.find(&id).and_then(|at| u32::try_from(at).ok()),
                None => None,
            };
            match (base, parents.get_mut(at as usize)) {
                (Some(base), Some(parent)) => *parent = base,
                _ => forest.broken.push(at),
            }
        }
        forest.connect(&parents, order.iter().map(|(_, at)| *at));
        forest
    }

    fn connect(&mut self, parents: &[u32], order: impl Iterator<Item = u32>) {
        self.first = vec![0; parents.len() + 1];
        for parent in parents {
            if let Some(count) = self.first.get_mut(*parent as usize + 1).filter(|_| *parent != u32::MAX) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut self.first {
            total += *start;
            *start = total;
        }
        self.children = vec![0; total as usize];
        let mut next = self.first.clone();
        for at in order {
            let Some(parent) = parents.get(at as usize).filter(|parent| **parent != u32::MAX) else { continue };
            let Some(place) = next.get_mut(*parent as usize) else { continue };
            if let Some(child) = self.children.get_mut(*place as usize) {
                *child = at;
            }
            *place += 1;
        }
    }

    /// The objects that are deltas against object number `at`.
    pub(super) fn children(&self, at: u32) -> &[u32] {
        let bound = |at: usize| self.first.get(at).map_or(0, |start| *start as usize);
        self.children.get(bound(at as usize)..bound(at as usize + 1)).unwrap_or_default()
    }
}

/// The first line of what a library says, at most 200 characters of it.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
