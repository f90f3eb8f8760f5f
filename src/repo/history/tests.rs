//! The store against git itself, and against damage.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;

use super::store::Store;
use super::*;
use crate::repo::git_sandbox::Sandbox;

/// A sieve that keeps what it is shown.
struct Keep<'a>(&'a Mutex<Vec<Vec<u8>>>);

impl Sieve for Keep<'_> {
    fn sift(&mut self, text: &[u8], base: Option<(&Sifted, &[Copy])>) -> Sifted {
        if let Some((_, copies)) = base {
            assert!(copies.iter().all(|copy| copy.to + copy.length <= text.len()));
        }
        self.0.lock().unwrap().push(text.to_vec());
        Sifted { places: Vec::new(), traces: vec![Trace { start: 0, end: 1, what: 0, key: text.len() as u64 }] }
    }
}

fn versions() -> Sandbox {
    let sandbox = Sandbox::with(&[]);
    for version in 0..30_usize {
        let line = |line: usize| format!("line {line} {}\n", if line % 30 == version { version } else { 0 });
        let text = (0..200).map(line).collect::<Vec<_>>().concat();
        sandbox.write("a/long.txt", &text);
        sandbox.write(&format!("b/{}.txt", version % 7), &text.repeat(version % 3));
        sandbox.git(&["add", "--all"]);
        sandbox.commit();
    }
    sandbox
}

fn history(sandbox: &Sandbox) -> History {
    let (state, _) = GitState::around(&sandbox.path().canonicalize().unwrap()).unwrap();
    History::open(&state, 1 << 20).unwrap()
}

/// All blobs as git tells them, by their texts.
fn told(sandbox: &Sandbox) -> BTreeMap<Vec<u8>, usize> {
    let listed = sandbox.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"]);
    let blobs = listed.lines().filter_map(|line| line.strip_prefix("blob "));
    blobs.map(|name| (sandbox.git(&["cat-file", "blob", name]).into_bytes(), 1)).collect()
}

#[test]
fn every_blob_is_shown_once_as_git_has_it() {
    let sandbox = versions();
    let expected = told(&sandbox);
    let check = || {
        for jobs in [1, 3] {
            let shown = Mutex::default();
            let found = history(&sandbox).search(jobs, Vec::new(), || Keep(&shown));
            let mut counts = BTreeMap::new();
            for text in shown.into_inner().unwrap() {
                *counts.entry(text).or_default() += 1;
            }
            assert_eq!(counts, expected);
            assert_eq!((found.extent.commits, found.extent.blobs), (30, expected.len()));
            assert_eq!(found.extent.left_out(), Vec::<String>::new());
        }
    };
    check();
    sandbox.git(&["repack", "-q", "-d"]);
    check();
    sandbox.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50"]);
    check();
}

#[test]
fn damaged_packs_never_panic() {
    let sandbox = versions();
    sandbox.git(&["repack", "-q", "-a", "-d", "-f"]);
    let folder = sandbox.path().join(".git/objects/pack");
    let paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let of =
        |extension: &str| paths.iter().find(|path| path.extension().is_some_and(|found| found == extension)).unwrap();
    let (pack, index) = (fs::read(of("pack")).unwrap(), fs::read(of("idx")).unwrap());
    let shared = Mutex::default();
    proptest!(ProptestConfig::with_cases(96), |(in_index: bool, at: usize, bytes: [u8; 4], cut in 0..8_usize)| {
        let (mut pack, mut index) = (pack.clone(), index.clone());
        let damaged = if in_index { &mut index } else { &mut pack };
        let at = at % (damaged.len() - 4);
        damaged[at..at + 4].copy_from_slice(&bytes);
        if cut == 0 {
            damaged.truncate(at);
        }
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("pack")).unwrap();
        fs::write(place.path().join("pack/pack-x.pack"), &pack).unwrap();
        fs::write(place.path().join("pack/pack-x.idx"), &index).unwrap();
        let history = History { store: Store::open(place.path(), true), ..history(&sandbox) };
        let _ = history.search(1, Vec::new(), || Keep(&shared));
        shared.lock().unwrap().clear();
    });
}
