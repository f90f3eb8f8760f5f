//! The objects of a repository: packs, loose files, and the stores that it borrows from. Each object has a number, so
//! that what is known of it can lie in tables.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use gix_zlib::{Inflate, Status};

use super::id::{Id, Kind};
use super::pack::{Pack, Work};

/// Most stores that are borrowed from.
const MAX_STORES: usize = 16;
/// Longest list of borrowed stores, in bytes.
const MAX_ALTERNATES: u64 = 64 << 10;
/// Longest loose object, packed, in bytes.
const MAX_LOOSE: u64 = 64 << 20;
/// Longest header of a loose object, in bytes.
const HEADER: usize = 64;

/// All objects. Numbers run through the packs first, then through the loose objects that no pack holds.
#[derive(Default)]
pub(super) struct Store {
    packs: Vec<(usize, Pack)>,
    loose: Vec<(Id, usize)>,
    folders: Vec<PathBuf>,
    packed: usize,
    /// Whether a pack came from a server that keeps objects back.
    pub(super) promises: bool,
    /// What could not be opened, as sentences.
    pub(super) faults: Vec<String>,
}

impl Store {
    /// Opens the store in `objects` with all that it borrows from; `whole` also lists the loose objects.
    pub(super) fn open(objects: &Path, whole: bool) -> Self {
        let mut store = Self::default();
        let mut known = BTreeSet::new();
        let mut waiting = vec![objects.to_path_buf()];
        while let Some(folder) = waiting.pop() {
            let Ok(real) = folder.canonicalize() else {
                store.faults.push(format!("the object store {} does not exist", folder.display()));
                continue;
            };
            if known.len() < MAX_STORES && known.insert(real) {
                waiting.extend(alternates(&folder));
                store.add_packs(&folder);
                store.folders.push(folder);
            }
        }
        if whole {
            store.list_loose();
        }
        store
    }

    fn add_packs(&mut self, folder: &Path) {
        let entries = fs::read_dir(folder.join("pack")).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("promisor") => self.promises = true,
                Some("idx") => match Pack::open(&path) {
                    Ok(pack) => {
                        let first = self.packed;
                        self.packed += pack.index.len();
                        self.packs.push((first, pack));
                    }
                    Err(fault) => {
                        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                        self.faults.push(format!("{name} cannot be read: {fault}"));
                    }
                },
                _ => {}
            }
        }
    }

    fn list_loose(&mut self) {
        let mut found = BTreeSet::new();
        for (number, folder) in self.folders.iter().enumerate() {
            for first in 0..=u8::MAX {
                let head = format!("{first:02x}");
                let entries = fs::read_dir(folder.join(&head)).into_iter().flatten().filter_map(Result::ok);
                let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
                let ids = names.filter_map(|name| Id::from_hex(format!("{head}{name}").as_bytes()));
                found.extend(ids.map(|id| (id, number)));
            }
        }
        let mut loose: Vec<(Id, usize)> = found.into_iter().filter(|(id, _)| self.find_packed(id).is_none()).collect();
        loose.dedup_by_key(|(id, _)| *id);
        self.loose = loose;
    }

    /// How many numbers there are. An object that lies in two packs has two.
    pub(super) fn len(&self) -> usize {
        self.packed + self.loose.len()
    }

    /// The packs, each with the number of its first object.
    pub(super) fn packs(&self) -> impl Iterator<Item = (usize, &Pack)> {
        self.packs.iter().map(|(first, pack)| (*first, pack))
    }

    /// The numbers of the loose objects.
    pub(super) fn loose(&self) -> std::ops::Range<usize> {
        self.packed..self.len()
    }

    /// The number of the object of this name: the first, if it has several.
    pub(super) fn find(&self, id: &Id) -> Option<usize> {
        let loose = || self.loose.binary_search_by_key(id, |(known, _)| *known).ok().map(|at| self.packed + at);
        self.find_packed(id).or_else(loose)
    }

    fn find_packed(&self, id: &Id) -> Option<usize> {
        self.packs.iter().find_map(|(first, pack)| pack.index.find(id).map(|at| first + at))
    }

    /// The name of an object.
    pub(super) fn id(&self, number: usize) -> Option<Id> {
        match self.pack_of(number) {
            Some((first, pack)) => pack.index.id(number - first),
            None => self.loose.get(number.checked_sub(self.packed)?).map(|(id, _)| *id),
        }
    }

    fn pack_of(&self, number: usize) -> Option<(usize, &Pack)> {
        let behind = self.packs.partition_point(|(first, _)| *first <= number);
        let (first, pack) = self.packs.get(behind.checked_sub(1)?)?;
        (number - first < pack.index.len()).then_some((*first, pack))
    }

    /// An object, if it is whole and at most `most` bytes long.
    pub(super) fn object(&self, number: usize, most: usize, work: &mut Work) -> Option<(Kind, Vec<u8>)> {
        if let Some((first, pack)) = self.pack_of(number) {
            return pack.object(number - first, most, work);
        }
        let (id, folder) = self.loose.get(number.checked_sub(self.packed)?)?;
        read_loose(id, self.folders.get(*folder)?, most).ok()
    }

    /// An object by its name, loose ones even if they were not listed.
    pub(super) fn by_id(&self, id: &Id, most: usize, work: &mut Work) -> Option<(Kind, Vec<u8>)> {
        let packed = self.find_packed(id).and_then(|number| self.object(number, most, work));
        packed.or_else(|| self.folders.iter().find_map(|folder| read_loose(id, folder, most).ok()))
    }

    /// The loose object number `number`.
    pub(super) fn loose_object(&self, number: usize, most: usize) -> Result<(Kind, Vec<u8>), LooseFault> {
        let entry = number.checked_sub(self.packed).and_then(|at| self.loose.get(at));
        let (id, folder) = entry.ok_or(LooseFault::Damaged)?;
        read_loose(id, self.folders.get(*folder).ok_or(LooseFault::Damaged)?, most)
    }
}

fn read_loose(id: &Id, folder: &Path, most: usize) -> Result<(Kind, Vec<u8>), LooseFault> {
    let name = id.to_string();
    let (head, tail) = name.split_at(2);
    let packed = bounded(&folder.join(head).join(tail), MAX_LOOSE).ok_or(LooseFault::Damaged)?;
    inflate_loose(&packed, most)
}

/// Why a loose object is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LooseFault {
    TooLarge,
    Damaged,
}

/// The kind and the text of a loose object.
fn inflate_loose(packed: &[u8], most: usize) -> Result<(Kind, Vec<u8>), LooseFault> {
    let mut inflate = Inflate::default();
    let mut head = [0; HEADER];
    let (_, _, written) = inflate.once(packed, &mut head).map_err(|_| LooseFault::Damaged)?;
    let (kind, size, start) = loose_header(head.get(..written).unwrap_or_default()).ok_or(LooseFault::Damaged)?;
    if size > most {
        return Err(LooseFault::TooLarge);
    }
    let mut text = vec![0; start + size + 1];
    inflate.reset();
    let (status, _, written) = inflate.once(packed, &mut text).map_err(|_| LooseFault::Damaged)?;
    if written != start + size || !matches!(status, Status::StreamEnd) {
        return Err(LooseFault::Damaged);
    }
    text.truncate(written);
    text.drain(..start);
    Ok((kind, text))
}

/// `blob 123` and a zero byte: the kind, the size, and where the text begins.
fn loose_header(head: &[u8]) -> Option<(Kind, usize, usize)> {
    let end = memchr::memchr(0, head)?;
    let (kind, size) = str::from_utf8(head.get(..end)?).ok()?.split_once(' ')?;
    let kind = match kind {
        "commit" => Kind::Commit,
        "tree" => Kind::Tree,
        "blob" => Kind::Blob,
        "tag" => Kind::Tag,
        _ => return None,
    };
    Some((kind, size.parse().ok()?, end + 1))
}

/// The stores that the one in `folder` borrows from.
fn alternates(folder: &Path) -> Vec<PathBuf> {
    let text = bounded(&folder.join("info/alternates"), MAX_ALTERNATES).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| folder.join(line.trim_matches('"'))).collect()
}

/// The bytes of a file of at most `most` bytes; anything else is as good as not there.
pub(super) fn bounded(path: &Path, most: u64) -> Option<Vec<u8>> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > most {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
