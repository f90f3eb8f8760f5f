//! A history in memory, for the examples of rules: a list of states, each a commit.

use std::collections::{BTreeMap, HashMap};

use super::{CommitName, Extent, Found, Place, Sieve};

/// The states of a repository, the oldest first.
#[derive(Debug)]
pub(super) struct States {
    /// Texts, each once.
    texts: Vec<Vec<u8>>,
    /// The commit, the path and the text of what each state brought.
    brought: Vec<Place>,
    commits: usize,
}

impl States {
    pub(super) fn new(states: Vec<BTreeMap<String, Vec<u8>>>) -> Self {
        let mut numbers: HashMap<Vec<u8>, usize> = HashMap::new();
        let (mut texts, mut brought) = (Vec::new(), Vec::new());
        let commits = states.len();
        for (commit, state) in states.into_iter().enumerate() {
            for (path, text) in state {
                let next = texts.len();
                let blob = *numbers.entry(text.clone()).or_insert(next);
                if blob == next {
                    texts.push(text);
                }
                if !brought.iter().any(|known: &Place| known.blob == blob && known.path == path) {
                    brought.push(Place { blob, commit, path });
                }
            }
        }
        Self { texts, brought, commits }
    }

    pub(super) fn search(&self, names: &[Vec<u8>], sieve: &mut dyn Sieve) -> Found {
        let mut found = Found::default();
        for place in &self.brought {
            let text = self.texts.get(place.blob).map(Vec::as_slice).unwrap_or_default();
            for trace in sieve.sift(text, None).traces {
                let places = found.traces.entry((trace.what, trace.key)).or_default();
                if places.last() != Some(place) {
                    places.push(place.clone());
                }
            }
            if names.iter().any(|end| place.path.as_bytes().ends_with(end)) {
                found.named.push(place.clone());
            }
        }
        let bytes = self.texts.iter().map(|text| text.len() as u64).sum();
        found.extent = Extent { commits: self.commits, blobs: self.texts.len(), bytes, ..Extent::default() };
        found
    }

    pub(super) fn text(&self, blob: usize) -> Option<&[u8]> {
        self.texts.get(blob).map(Vec::as_slice)
    }

    /// A commit by its number: all are of one day.
    pub(super) fn commit(number: usize) -> CommitName {
        CommitName { id: format!("{:040x}", number + 1), date: "2026-01-01".to_owned() }
    }
}
