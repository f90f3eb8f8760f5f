//! What a path selects in one document, kept while the document is asked: of the hundreds of conditions that look at a
//! Dockerfile or a workflow, most look at the same few selections, and to select takes far longer than to judge.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::Value;
use serde_json_path::{JsonPath, NormalizedPath, PathElement};

use super::path_needs::{Words, needs};
use super::steps::{Step, blind_spots, leading};
use crate::format::{Data, Node};
use crate::text::Span;

/// A document that is asked, with what was selected in it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) root: Node,
    value: Value,
    /// Collected when the first path needs some.
    words: OnceLock<Words>,
    /// By the number of the path.
    known: Mutex<FxHashMap<u32, Arc<Selection>>>,
}

/// The nodes that a path selects, in the order of the selection.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// For each node, the numbers of the members and items that lead to it.
    ways: Vec<Box<[u32]>>,
    /// The places where the path runs into what cannot be known.
    pub(crate) hidden: Vec<Span>,
}

/// A node of a document, and how it is reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selected<'d> {
    pub(crate) node: &'d Node,
    root: &'d Node,
    way: &'d [u32],
}

/// A step down, as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key<'d> {
    Name(&'d str),
    Index(u32),
}

/// What is read off a path as it is written, before it is compiled.
#[derive(Debug)]
pub(crate) struct Written {
    number: u32,
    needs: Box<[u64]>,
    /// The plain steps that it begins with.
    steps: Vec<Step>,
}

impl Written {
    pub(crate) fn of(path: &str) -> Self {
        Self { number: number_of(path), needs: needs(path), steps: leading(path).0 }
    }
}

/// The number of a path as it is written: the same for all conditions that have it.
fn number_of(path: &str) -> u32 {
    static NUMBERS: Mutex<BTreeMap<Box<str>, u32>> = Mutex::new(BTreeMap::new());
    let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = numbers.get(path) {
        return *known;
    }
    let new = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
    numbers.insert(path.into(), new);
    new
}

impl Asked {
    pub(crate) fn new(root: Node) -> Self {
        let value = root.to_value();
        Self { root, value, words: OnceLock::new(), known: Mutex::default() }
    }

    /// What the path `written` selects, if the words that it needs stand here: `path` gives it compiled, where nobody asked
    /// for it before.
    ///
    /// # Errors
    /// Those of `path`.
    pub(crate) fn select<'p, E>(
        &self,
        written: &Written,
        path: impl FnOnce() -> Result<&'p JsonPath, E>,
    ) -> Result<Arc<Selection>, E> {
        let all = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all().get(&written.number) {
            return Ok(Arc::clone(known));
        }
        let mut selection = if self.holds(&written.needs) { self.selection(path()?) } else { Selection::default() };
        blind_spots(&self.root, &written.steps, &mut selection.hidden);
        let selection = Arc::new(selection);
        all().insert(written.number, Arc::clone(&selection));
        Ok(selection)
    }

    /// Whether the words that a path needs may stand here; for one that needs none, nobody collects them.
    fn holds(&self, needs: &[u64]) -> bool {
        needs.is_empty() || self.words.get_or_init(|| Words::of(&self.value)).hold(needs)
    }

    fn selection(&self, path: &JsonPath) -> Selection {
        let mut selection = Selection::default();
        let mut index = Index::default();
        for located in path.query_located(&self.value) {
            match index.resolve(&self.root, located.location()) {
                Found::Node(way) => selection.ways.push(way),
                Found::Behind(unknown) => selection.hidden.push(unknown),
                Found::Nothing => {}
            }
        }
        selection
    }
}

impl Selection {
    /// The selected nodes of the document that was asked.
    pub(crate) fn nodes<'d>(&'d self, document: &'d Asked) -> impl Iterator<Item = Selected<'d>> {
        let root = &document.root;
        self.ways.iter().filter_map(move |way| Some(Selected { node: walk(root, way).last()?.1, root, way }))
    }
}

impl<'d> Selected<'d> {
    /// The last step to it; none to the root.
    pub(crate) fn key(self) -> Option<Key<'d>> {
        walk(self.root, self.way).last()?.0
    }

    /// Its address as a JSON pointer.
    pub(crate) fn pointer(self) -> String {
        let keys = walk(self.root, self.way).filter_map(|(key, _)| key);
        keys.map(|key| match key {
            Key::Name(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            Key::Index(index) => format!("/{index}"),
        })
        .collect()
    }
}

/// The root, and the nodes that `way` leads by from there, each with the step to it.
fn walk<'d>(root: &'d Node, way: &'d [u32]) -> impl Iterator<Item = (Option<Key<'d>>, &'d Node)> {
    let mut node = root;
    let steps = way.iter().map_while(move |&at| {
        let (key, child) = match &node.data {
            Data::Object(members) => members.get(at as usize).map(|member| (Key::Name(&member.key), &member.value))?,
            Data::Array(items) => items.get(at as usize).map(|item| (Key::Index(at), item))?,
            _ => return None,
        };
        node = child;
        Some((Some(key), child))
    });
    std::iter::once((None, root)).chain(steps)
}

/// Where a normalized path leads in the tree.
enum Found {
    Node(Box<[u32]>),
    /// Inside a node whose content cannot be relied on: that node's place.
    Behind(Span),
    Nothing,
}

/// Finds nodes by path; members of wide objects are indexed once, so that many paths into one stay linear.
#[derive(Default)]
struct Index<'a> {
    wide: HashMap<usize, HashMap<&'a str, usize>>,
}

impl<'a> Index<'a> {
    fn resolve(&mut self, root: &'a Node, path: &NormalizedPath<'_>) -> Found {
        let (mut node, mut way) = (root, Vec::with_capacity(path.len()));
        for element in path.iter() {
            if node.is_opaque() {
                return Found::Behind(node.span);
            }
            let at = match element {
                PathElement::Name(name) => self.member(node, name),
                PathElement::Index(index) => Some(*index),
            };
            let child = at.and_then(|at| match &node.data {
                Data::Object(members) => members.get(at).map(|member| &member.value),
                _ => node.items().get(at),
            });
            let Some((child, at)) = child.zip(at.and_then(|at| u32::try_from(at).ok())) else { return Found::Nothing };
            way.push(at);
            node = child;
        }
        Found::Node(way.into())
    }

    /// The place of a member; of a key that stands twice, the last.
    fn member(&mut self, node: &'a Node, name: &str) -> Option<usize> {
        let members = node.members();
        if members.len() <= 16 {
            return members.iter().rposition(|member| member.key == name);
        }
        let address = std::ptr::from_ref(node).addr();
        let index = || members.iter().enumerate().map(|(at, member)| (member.key.as_str(), at)).collect();
        self.wide.entry(address).or_insert_with(index).get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::schema::sample::node;
    use serde_json::json;

    #[test]
    fn a_path_is_followed_once_and_names_what_it_reaches() {
        let document = Asked::new(node(&json!({"a/b": [{"c": 1}, {"c~": 2}], "d": "x"})));
        let path = JsonPath::parse("$..*").unwrap();
        let all = Written::of("$..*");
        let select = || document.select(&all, || Ok::<_, ()>(&path)).unwrap();
        let (first, again) = (select(), document.select(&all, || Err("asked twice")).unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        let mut pointers: Vec<String> = first.nodes(&document).map(Selected::pointer).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/a~1b", "/a~1b/0", "/a~1b/0/c", "/a~1b/1", "/a~1b/1/c~0", "/d"]);
        let keys: Vec<_> = first.nodes(&document).filter_map(Selected::key).collect();
        assert!(keys.contains(&Key::Index(1)) && keys.contains(&Key::Name("c~")));
        assert_eq!(document.select(&Written::of("$.d"), || Err("not compiled")).unwrap_err(), "not compiled");
    }
}
