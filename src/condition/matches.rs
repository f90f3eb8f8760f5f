//! What one pass over the files found, per file-bound condition. Filled by the engine, read by `evaluate.rs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::condition::answer::{Match, Unknown};
use crate::condition::secret::Identity;
use crate::condition::selection::Asked;
use crate::condition::spec::{Confidence, Severity};
use crate::condition::text::TextMatch;
use crate::condition::value::ValueCondition;
use crate::format::Node;
use crate::repo::Role;
use crate::text::{Region, Span};

/// Number of a file-bound condition in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId(pub u32);

/// One place found in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Bytes in the file; `None` is the file as a whole.
    pub span: Option<Span>,
    /// What stands there, safe to show; of a file as a whole nothing, for its path says it.
    pub shows: String,
    /// Captures for messages.
    pub captures: Vec<(String, String)>,
    /// What the match itself says about its certainty.
    pub confidence: Option<Confidence>,
    /// For secrets: 16 bits of a hash of the value.
    pub mark: Option<u16>,
    /// For secrets: the commit that brought it, where the history was searched.
    pub past: Option<Arc<Past>>,
    /// For secrets: which value it is, and why it was taken for one.
    pub secret: Option<(Identity, String)>,
}

/// The commit that brought something first.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// Forty hexadecimal digits.
    pub commit: String,
    /// The day on which it was written, YYYY-MM-DD.
    pub date: String,
    /// The file there, relative to the audited folder.
    pub path: String,
    /// Lines and columns there.
    pub region: Region,
    /// The line, redacted.
    pub line: String,
    /// Whether the files do not hold it any more.
    pub gone: bool,
    /// The harm, as the pattern has it that found it.
    pub severity: Severity,
}

/// What the history holds.
#[derive(Debug, Default)]
pub struct HistoryMatches {
    /// What the patterns of each rule found that is not in the files any more.
    pub by_rule: BTreeMap<String, Vec<Match>>,
    /// How many versions of files were searched.
    pub examined: usize,
    /// How many commits hold them.
    pub commits: usize,
    /// Why there may be more, where there may.
    pub unknown: Option<Unknown>,
}

impl From<TextMatch> for Hit {
    fn from(found: TextMatch) -> Self {
        let TextMatch { span, captures, shows, confidence, mark, secret } = found;
        Self { span: Some(span), shows, captures, confidence, mark, secret, past: None }
    }
}

/// What one condition found in one file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileMatches {
    /// Index of the file in the repository's list.
    pub file: u32,
    /// Its role.
    pub role: Role,
    /// The places, in file order.
    pub hits: Vec<Hit>,
    /// How many subjects were looked at.
    pub examined: usize,
    /// One subject that was in order. Few files have one, and tens of thousands of these are held.
    pub in_order: Option<Box<Hit>>,
    /// Places that could not be judged: templates, variables.
    pub opaque: usize,
    /// Why the file could not be read at all, where it could not.
    pub broken: Option<String>,
}

/// What a condition on the facts found, by the component that each is about.
#[derive(Debug, Default)]
pub(crate) struct FactsAnswer {
    /// In document order.
    hits: Vec<(usize, Match)>,
    in_order: Vec<(usize, Match)>,
    /// Components and numbers of their hits, sorted.
    by_component: Vec<(usize, usize)>,
}

impl FactsAnswer {
    /// Files the hits under their components.
    pub(crate) fn new(hits: Vec<(usize, Match)>, in_order: Vec<(usize, Match)>) -> Self {
        let mut by_component: Vec<(usize, usize)> =
            hits.iter().enumerate().map(|(at, (component, _))| (*component, at)).collect();
        by_component.sort_unstable();
        Self { hits, in_order, by_component }
    }

    /// The hits of `components` (`None`: of all), in document order.
    pub(crate) fn hits(&self, components: Option<&[usize]>) -> Vec<&Match> {
        let Some(components) = components else { return self.hits.iter().map(|(_, found)| found).collect() };
        let mut numbers: Vec<usize> = Vec::new();
        for &component in components {
            let from = self.by_component.partition_point(|(owner, _)| *owner < component);
            let own = self.by_component.get(from..).unwrap_or_default().iter();
            numbers.extend(own.take_while(|(owner, _)| *owner == component).map(|(_, at)| *at));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().filter_map(|at| self.hits.get(at)).map(|(_, found)| found).collect()
    }

    /// Subjects of `components` that are in order.
    pub(crate) fn in_order(&self, components: Option<&[usize]>) -> Vec<&Match> {
        let within = |owner: &usize| components.is_none_or(|components| components.contains(owner));
        self.in_order.iter().filter(|(owner, _)| within(owner)).map(|(_, found)| found).collect()
    }
}

/// What all file-bound conditions found.
#[derive(Debug)]
pub struct Matches {
    /// Answers of conditions on the facts, by the address of the condition: each is asked once, not once a component.
    facts: Mutex<HashMap<usize, Arc<FactsAnswer>>>,
    /// The facts, as they are asked.
    asked: OnceLock<Asked>,
    by_leaf: Vec<Vec<FileMatches>>,
    /// For each leaf, (component, position in `by_leaf`), sorted; filled by [`Matches::group`].
    by_component: Vec<Vec<(usize, usize)>>,
    /// How many files were read as text: what a text pattern that found nothing has examined.
    pub files_read: usize,
    /// What the history holds, or why it was not searched.
    pub history: Result<HistoryMatches, String>,
}

impl Default for Matches {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Matches {
    /// Room for `leaves` conditions.
    pub fn new(leaves: usize) -> Self {
        Self {
            by_leaf: vec![Vec::new(); leaves],
            by_component: Vec::new(),
            files_read: 0,
            facts: Mutex::default(),
            asked: OnceLock::new(),
            history: Err("the history was not searched: run with --history".to_owned()),
        }
    }

    /// What `leaf` found, to be completed.
    pub fn of_mut(&mut self, leaf: LeafId) -> &mut [FileMatches] {
        self.by_leaf.get_mut(leaf.0 as usize).map_or(&mut [], Vec::as_mut_slice)
    }

    /// Makes room for what so many files say, a number for each leaf.
    pub(crate) fn reserve(&mut self, files: &[usize]) {
        for (list, files) in self.by_leaf.iter_mut().zip(files) {
            list.reserve_exact(*files);
        }
    }

    /// Adds what a condition found in a file; files must come in order.
    pub fn push(&mut self, leaf: LeafId, found: FileMatches) {
        if let Some(list) = self.by_leaf.get_mut(leaf.0 as usize) {
            list.push(found);
        }
    }

    /// Sorts what was found by component, given the component of each file, so that one component can be asked without
    /// looking at the files of all others.
    pub fn group(&mut self, component_of: &[usize]) {
        self.by_component = self.by_leaf.iter().map(|list| by_component(list, component_of)).collect();
    }

    /// Adds what a condition found in further files, in any order. Needs [`Matches::group`].
    pub fn add(&mut self, leaf: LeafId, found: Vec<FileMatches>, component_of: &[usize]) {
        let Some(list) = self.by_leaf.get_mut(leaf.0 as usize) else { return };
        list.extend(found);
        list.sort_by_key(|found| found.file);
        if let Some(index) = self.by_component.get_mut(leaf.0 as usize) {
            *index = by_component(list, component_of);
        }
    }

    /// What `leaf` found in the files of `components`, in file order. Needs [`Matches::group`].
    pub fn within(&self, leaf: LeafId, components: &[usize]) -> Vec<&FileMatches> {
        let index = self.by_component.get(leaf.0 as usize).map_or(&[][..], Vec::as_slice);
        let mut positions: Vec<usize> = Vec::new();
        for &component in components {
            let from = index.partition_point(|(owner, _)| *owner < component);
            let own = index.get(from..).unwrap_or_default().iter().take_while(|(owner, _)| *owner == component);
            positions.extend(own.map(|(_, position)| *position));
        }
        positions.sort_unstable();
        positions.dedup();
        let list = self.of(leaf);
        positions.into_iter().filter_map(|position| list.get(position)).collect()
    }

    /// What `leaf` found in one file, if that is one of `components` (`None`: of any). Needs [`Matches::group`].
    pub(crate) fn in_file(&self, leaf: LeafId, components: Option<&[usize]>, file: u32) -> Vec<&FileMatches> {
        let list = self.of(leaf);
        let from = list.partition_point(|found| found.file < file);
        let index = self.by_component.get(leaf.0 as usize).map_or(&[][..], Vec::as_slice);
        let owns = |component: &usize| index.binary_search(&(*component, from)).is_ok();
        let here = list.get(from..).unwrap_or_default().iter().take_while(|found| found.file == file);
        here.filter(|_| components.is_none_or(|components| components.iter().any(owns))).collect()
    }

    /// The answer of a condition on the facts, asked when it is first wanted. Two that want it at once may both ask: the
    /// answer is the same.
    pub(crate) fn on_facts(&self, pattern: &ValueCondition, ask: impl FnOnce() -> FactsAnswer) -> Arc<FactsAnswer> {
        let key = std::ptr::from_ref(pattern).addr();
        let all = || self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all().get(&key).cloned();
        known.unwrap_or_else(|| {
            let answer = Arc::new(ask());
            Arc::clone(all().entry(key).or_insert(answer))
        })
    }

    /// Forgets the answers on the facts: they have grown.
    pub fn forget_facts(&mut self) {
        self.facts = Mutex::default();
        self.asked = OnceLock::new();
    }

    /// The facts with what was selected in them; `root` is their tree.
    pub(crate) fn asked(&self, root: &Node) -> &Asked {
        self.asked.get_or_init(|| Asked::new(root.clone()))
    }

    /// What `leaf` found, in file order.
    pub fn of(&self, leaf: LeafId) -> &[FileMatches] {
        self.by_leaf.get(leaf.0 as usize).map_or(&[], Vec::as_slice)
    }
}

/// For what one condition found: (component, position), sorted.
fn by_component(list: &[FileMatches], component_of: &[usize]) -> Vec<(usize, usize)> {
    let owner = |found: &FileMatches| component_of.get(found.file as usize).copied().unwrap_or_default();
    let mut index: Vec<(usize, usize)> = list.iter().enumerate().map(|(at, found)| (owner(found), at)).collect();
    index.sort_unstable();
    index
}
