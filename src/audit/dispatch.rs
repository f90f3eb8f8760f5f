//! Which questions a file must answer: by its path, by its language, and by the keywords that it holds.
//!
//! All keywords of all rules go through one automaton, so that a file is scanned once however many rules there are.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};

use crate::condition::kinds::Kinds;
use crate::condition::matches::LeafId;
use crate::condition::plan::{Leaf, Plan, Question};

/// Above this size of the tree (bytes), building the faster automaton pays.
const LARGE_TREE: u64 = 16 << 20;

/// The index over all leaves.
#[derive(Debug)]
pub(crate) struct Dispatch {
    /// Finds keywords, without case; `None` where no rule has any.
    pub(crate) automaton: Option<AhoCorasick>,
    /// For each keyword, the leaves that it wakes.
    pub(crate) woken_by: Vec<Vec<LeafId>>,
    /// For each glob, the leaves without keywords that it selects.
    by_glob: HashMap<u32, Vec<LeafId>>,
    /// For each entry of the document kinds, its leaves.
    pub(crate) by_kind: HashMap<usize, Vec<LeafId>>,
    /// Text leaves that languages alone select.
    by_language: HashMap<String, Vec<LeafId>>,
    /// Code leaves without a trigger.
    always: Vec<LeafId>,
}

impl Dispatch {
    /// Builds the index for a tree of `bytes`.
    pub(crate) fn new(plan: &Plan, bytes: u64) -> Self {
        let mut index = Self {
            automaton: None,
            woken_by: Vec::new(),
            by_glob: HashMap::new(),
            by_kind: HashMap::new(),
            by_language: HashMap::new(),
            always: Vec::new(),
        };
        let mut keywords: HashMap<String, usize> = HashMap::new();
        for (number, leaf) in (0u32..).zip(&plan.leaves) {
            index.add(LeafId(number), leaf, &mut keywords);
        }
        let mut ordered: Vec<(String, usize)> = keywords.into_iter().collect();
        ordered.sort_by_key(|(_, number)| *number);
        index.automaton = automaton(ordered.iter().map(|(keyword, _)| keyword.as_str()), bytes);
        index
    }

    fn add(&mut self, id: LeafId, leaf: &Leaf, keywords: &mut HashMap<String, usize>) {
        match &leaf.question {
            Question::File => self.add_globs(id, leaf),
            Question::Value(pattern) => {
                for (entry, _) in Kinds::get().iter().enumerate().filter(|(_, kind)| kind.name == pattern.spec.r#in) {
                    self.by_kind.entry(entry).or_default().push(id);
                }
            }
            Question::Text(text) if !text.spec.keywords.is_empty() => {
                for keyword in &text.spec.keywords {
                    self.wake(keyword, id, keywords);
                }
            }
            Question::Text(_) if !leaf.globs.is_empty() => self.add_globs(id, leaf),
            Question::Text(_) => {
                for language in &leaf.languages {
                    self.by_language.entry(language.clone()).or_default().push(id);
                }
            }
            Question::Code(patterns) => {
                for pattern in patterns {
                    let triggers = pattern.triggers();
                    for trigger in triggers {
                        self.wake(trigger, id, keywords);
                    }
                    if triggers.is_empty() {
                        self.always.push(id);
                    }
                }
            }
        }
    }

    fn add_globs(&mut self, id: LeafId, leaf: &Leaf) {
        for &glob in &leaf.globs {
            self.by_glob.entry(glob).or_default().push(id);
        }
    }

    fn wake(&mut self, keyword: &str, id: LeafId, keywords: &mut HashMap<String, usize>) {
        let next = keywords.len();
        let number = *keywords.entry(keyword.to_ascii_lowercase()).or_insert(next);
        if number == self.woken_by.len() {
            self.woken_by.push(Vec::new());
        }
        if let Some(leaves) = self.woken_by.get_mut(number)
            && leaves.last() != Some(&id)
        {
            leaves.push(id);
        }
    }

    /// The leaves that a path selects by itself, given the globs that match it.
    pub(crate) fn by_path<'a>(
        &'a self,
        globs: &'a [u32],
        language: Option<&str>,
        has_syntax: bool,
    ) -> impl Iterator<Item = LeafId> + 'a {
        let by_globs = globs.iter().filter_map(|glob| self.by_glob.get(glob)).flatten();
        let by_language = language.and_then(|language| self.by_language.get(language)).into_iter().flatten();
        let always = self.always.iter().filter(move |_| has_syntax);
        by_globs.chain(by_language).chain(always).copied()
    }
}

fn automaton<'a>(keywords: impl Iterator<Item = &'a str>, bytes: u64) -> Option<AhoCorasick> {
    let kind = if bytes > LARGE_TREE { AhoCorasickKind::DFA } else { AhoCorasickKind::NoncontiguousNFA };
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(kind))
        .build(keywords)
        .ok()
}
