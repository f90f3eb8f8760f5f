//! Visits every object of a store once, each made from the one that it is a delta of: no object is inflated twice, and
//! few are held at a time.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::delta::Copy;
use super::id::Kind;
use super::pack::{Entry, Forest, Pack, Work};
use super::store::{LooseFault, Store};

/// Longest object that is made because others build on it, in bytes.
pub(super) const MOST: usize = 16 << 20;
/// How many bytes of texts a worker holds, beside the two that it works on, before it rather makes them anew.
const HELD: usize = 12 << 20;
/// How many bytes of texts one worker makes at most: a store that holds more was built to stop us.
const MADE: u64 = 1 << 40;
/// How many roots a worker takes at a time.
const BATCH: usize = 32;
/// Larger files that nothing builds on are looked at before they are inflated as a whole, in bytes.
const SNIFF_FROM: u64 = 16 << 10;
/// A zero byte among the first so many makes a file binary: git's own rule.
pub(super) const SNIFFED: usize = 8_000;

/// Looks at objects. The notes that it makes of one are shown to it with those that are deltas of it.
pub(super) trait Visitor {
    type Note: Default;

    /// Which kinds it looks at.
    fn wants(kind: Kind) -> bool;

    /// One object; `base` is what was noted of the object that it was made from, and what it copies from it.
    fn visit(&mut self, number: usize, kind: Kind, text: &[u8], base: Option<(&Self::Note, &[Copy])>) -> Self::Note;

    /// An object that cannot be shown.
    fn miss(&mut self, number: usize, why: Miss);
}

/// Why an object is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Miss {
    Binary,
    TooLarge,
    Damaged,
}

/// A store with the forests of its packs.
pub(super) struct Woods<'a> {
    store: &'a Store,
    packs: Vec<(usize, &'a Pack, Forest)>,
}

impl<'a> Woods<'a> {
    pub(super) fn of(store: &'a Store) -> Self {
        Self { store, packs: store.packs().map(|(first, pack)| (first, pack, Forest::of(pack))).collect() }
    }

    /// Shows all objects of the kinds that it wants to visitors, one a thread, and gives the visitors back.
    pub(super) fn visit<V: Visitor + Send>(&self, jobs: usize, make: impl Fn() -> V + Sync) -> Vec<V> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker { visitor: make(), work: Work::default(), frames: Vec::new(), held: 0, made: 0 };
            loop {
                let from = next.fetch_add(BATCH, Ordering::Relaxed);
                if !self.batch(from, &mut worker) {
                    return worker.visitor;
                }
            }
        };
        if jobs <= 1 {
            return vec![work()];
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
            let join = |worker: std::thread::ScopedJoinHandle<'_, V>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().map(join).collect()
        })
    }

    /// Visits what begins at task number `from`; the tasks are the roots of all packs, then the loose objects.
    fn batch<V: Visitor>(&self, mut from: usize, worker: &mut Worker<V>) -> bool {
        let mut left = BATCH;
        for (first, pack, forest) in &self.packs {
            let roots = forest.roots.get(from..).unwrap_or_default().iter().take(left);
            for &(root, kind) in roots.filter(|(_, kind)| V::wants(*kind)) {
                worker.tree(*first, pack, forest, (root, kind));
            }
            let taken = forest.roots.len().saturating_sub(from).min(left);
            left -= taken;
            from = from.saturating_sub(forest.roots.len());
        }
        let loose = self.store.loose();
        let start = loose.start + from;
        for number in (start..loose.end).take(left) {
            worker.loose(self.store, number);
            left -= 1;
        }
        left < BATCH
    }

    /// Objects that no visitor saw because their pack is damaged.
    pub(super) fn broken(&self) -> usize {
        self.packs.iter().map(|(_, _, forest)| forest.broken.len()).sum()
    }
}

/// An object on the way down a tree of deltas.
struct Frame<N> {
    at: u32,
    /// How many of its children were visited.
    next: usize,
    /// Its text, or nothing where room was needed.
    text: Option<Vec<u8>>,
    note: N,
}

struct Worker<V: Visitor> {
    visitor: V,
    work: Work,
    frames: Vec<Frame<V::Note>>,
    /// Bytes of the texts of the frames.
    held: usize,
    /// Bytes of all texts that were made.
    made: u64,
}

impl<V: Visitor> Worker<V> {
    fn loose(&mut self, store: &Store, number: usize) {
        match store.loose_object(number, MOST) {
            Ok((kind, text)) if V::wants(kind) => {
                self.visitor.visit(number, kind, &text, None);
            }
            Ok(_) => {}
            Err(LooseFault::TooLarge) => self.visitor.miss(number, Miss::TooLarge),
            Err(LooseFault::Damaged) => self.visitor.miss(number, Miss::Damaged),
        }
    }

    /// Visits a root and all that builds on it.
    fn tree(&mut self, first: usize, pack: &Pack, forest: &Forest, (root, kind): (u32, Kind)) {
        let alone = forest.children(root).is_empty();
        let Some(entry) = pack.entry(root as usize) else { return self.miss(first, forest, root, Miss::Damaged) };
        if entry.size > MOST as u64 {
            return self.miss(first, forest, root, Miss::TooLarge);
        }
        if alone && kind == Kind::Blob && entry.size > SNIFF_FROM && self.is_binary(pack, &entry) {
            return self.visitor.miss(first + root as usize, Miss::Binary);
        }
        let Some(text) = pack.whole(&entry, MOST, &mut self.work) else {
            return self.miss(first, forest, root, Miss::Damaged);
        };
        let note = self.visitor.visit(first + root as usize, kind, &text, None);
        self.push(Frame { at: root, next: 0, text: Some(text), note });
        while let Some(frame) = self.frames.last_mut() {
            let children = forest.children(frame.at);
            let Some(&child) = children.get(frame.next) else {
                self.pop();
                continue;
            };
            frame.next += 1;
            self.child(first, pack, forest, (child, kind));
        }
    }

    /// Makes a child of the last frame, visits it, and makes it a frame if others build on it.
    fn child(&mut self, first: usize, pack: &Pack, forest: &Forest, (child, kind): (u32, Kind)) {
        let Some(frame) = self.frames.last_mut() else { return };
        if self.made > MADE {
            return self.miss(first, forest, child, Miss::TooLarge);
        }
        let text = match frame.text.take() {
            Some(text) => Some(text),
            None => pack.object(frame.at as usize, MOST, &mut self.work).map(|(_, text)| text),
        };
        let Some(base) = text else { return self.miss(first, forest, child, Miss::Damaged) };
        let made = pack.entry(child as usize).and_then(|entry| pack.above(&base, &entry, MOST, &mut self.work));
        let Some(text) = made else {
            frame.text = Some(base);
            return self.miss(first, forest, child, Miss::Damaged);
        };
        self.made += text.len() as u64;
        let note = self.visitor.visit(first + child as usize, kind, &text, Some((&frame.note, &self.work.copies)));
        frame.text = Some(base);
        if forest.children(child).is_empty() {
            return self.work.release(text);
        }
        if frame.next == forest.children(frame.at).len() {
            self.pop();
        }
        self.push(Frame { at: child, next: 0, text: Some(text), note });
    }

    fn push(&mut self, frame: Frame<V::Note>) {
        self.held += frame.text.as_ref().map_or(0, Vec::len);
        self.frames.push(frame);
        let above = self.frames.len().saturating_sub(1);
        for frame in self.frames.iter_mut().take(above) {
            if self.held <= HELD {
                return;
            }
            self.held -= frame.text.take().map_or(0, |text| text.len());
        }
    }

    fn pop(&mut self) {
        if let Some(text) = self.frames.pop().and_then(|frame| frame.text) {
            self.held = self.held.saturating_sub(text.len());
            self.work.release(text);
        }
    }

    fn is_binary(&mut self, pack: &Pack, entry: &Entry) -> bool {
        let Some(head) = pack.head(entry, SNIFFED, &mut self.work) else { return false };
        let binary =
            memchr::memchr(0, &head).is_some() && !head.starts_with(&[0xff, 0xfe]) && !head.starts_with(&[0xfe, 0xff]);
        self.work.release(head);
        binary
    }

    /// An object that cannot be made, and all that builds on it.
    fn miss(&mut self, first: usize, forest: &Forest, at: u32, why: Miss) {
        let mut waiting = vec![at];
        while let Some(at) = waiting.pop() {
            self.visitor.miss(first + at as usize, why);
            waiting.extend(forest.children(at));
        }
    }
}
