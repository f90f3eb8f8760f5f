//! Shows blobs to whoever searches them, and keeps what was found by the number of the blob.

use super::delta::Copy;
use super::id::Kind;
use super::store::Store;
use super::walk::{Miss, SNIFFED, Visitor};
use super::{Extent, read};

/// Most traces that one thread keeps; who plants more makes no report better.
const MAX_TRACES: usize = 2_000_000;

/// Searches texts. One text is often made from another one: then only what is new in it needs to be searched.
pub trait Sieve {
    /// Searches `text`. `base` is what was noted of the text that it was made from, and which parts are copies of that.
    fn sift(&mut self, text: &[u8], base: Option<(&Sifted, &[Copy])>) -> Sifted;
}

/// What a sieve notes of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Where words begin that may lead to a trace, with the number of the word; in order.
    pub places: Vec<(u32, u32)>,
    /// What was found, in order.
    pub traces: Vec<Trace>,
}

/// Something found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// Where it begins, in bytes.
    pub start: u32,
    /// Just behind its last byte.
    pub end: u32,
    /// What the sieve calls it.
    pub what: u32,
    /// What tells it from others of its sort.
    pub key: u64,
}

/// The visitor that shows blobs to a sieve.
pub(super) struct Sifter<'a, S> {
    store: &'a Store,
    several: bool,
    max: u64,
    sieve: S,
    /// Blob, what, key.
    pub(super) hits: Vec<(usize, u32, u64)>,
    extent: Extent,
    left: usize,
}

impl<'a, S: Sieve> Sifter<'a, S> {
    pub(super) fn new(store: &'a Store, max: u64, sieve: S) -> Self {
        let several = store.packs().count() > 1;
        Self { store, several, max, sieve, hits: Vec::new(), extent: Extent::default(), left: MAX_TRACES }
    }

    /// Adds up what the threads looked at.
    pub(super) fn add_to(&self, extent: &mut Extent) {
        extent.blobs += self.extent.blobs;
        extent.bytes += self.extent.bytes;
        extent.binary += self.extent.binary;
        extent.pointers += self.extent.pointers;
        extent.too_large += self.extent.too_large;
        extent.damaged += self.extent.damaged;
        extent.cut |= self.left == 0;
    }

    fn keep(&mut self, number: usize, sifted: &Sifted) {
        let before = self.hits.len();
        self.hits.extend(sifted.traces.iter().take(self.left).map(|trace| (number, trace.what, trace.key)));
        self.left -= self.hits.len() - before;
    }
}

impl<S: Sieve> Visitor for Sifter<'_, S> {
    /// `None` for what was not searched as it is.
    type Note = Option<Sifted>;

    fn wants(kind: Kind) -> bool {
        kind == Kind::Blob
    }

    fn visit(&mut self, number: usize, _: Kind, text: &[u8], base: Option<(&Self::Note, &[Copy])>) -> Self::Note {
        if self.several && self.store.id(number).is_some_and(|id| self.store.find(&id) != Some(number)) {
            return None;
        }
        if text.len() as u64 > self.max {
            self.extent.too_large += 1;
            return None;
        }
        let start = text.get(..SNIFFED).unwrap_or(text);
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            let mut decoded = read::Buffer::default();
            if let Ok(decoded) = decoded.copy(text, self.max) {
                let sifted = self.sieve.sift(decoded, None);
                self.keep(number, &sifted);
                self.extent.blobs += 1;
                self.extent.bytes += text.len() as u64;
                return None;
            }
        }
        if memchr::memchr(0, start).is_some() {
            self.extent.binary += 1;
            return None;
        }
        if read::is_pointer(text) {
            self.extent.pointers += 1;
            return None;
        }
        self.extent.blobs += 1;
        self.extent.bytes += text.len() as u64;
        let base = base.and_then(|(note, copies)| Some((note.as_ref()?, copies)));
        let sifted = self.sieve.sift(text, base);
        self.keep(number, &sifted);
        Some(sifted)
    }

    fn miss(&mut self, _: usize, why: Miss) {
        match why {
            Miss::Binary => self.extent.binary += 1,
            Miss::TooLarge => self.extent.too_large += 1,
            Miss::Damaged => self.extent.damaged += 1,
        }
    }
}
