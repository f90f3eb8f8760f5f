//! A folder of Terraform files is one module: its variables and locals are worked out across them.
//!
//! A variable has a value where nothing outside decides it: the module is a root (it configures a provider or a
//! backend, or brings variable files that are loaded by themselves, and no module of the repository calls it), and no
//! other variable file assigns it. What a caller within the repository passes is a value too, when all callers pass
//! the same. A module that anybody may call keeps its variables unknown.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;

use super::scope::{Root, Scope, is_known};
use super::{Source, Tree};
use crate::format::Node;

/// How often locals are worked out, each time with what the last time found.
const ROUNDS: usize = 4;

/// Longest expression of a local, in bytes, that is kept for what it refers to.
const LONGEST: usize = 2_000;

/// What a file is to its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// It declares resources, variables and the rest.
    Declares,
    /// It assigns variables and is loaded by itself.
    Assigns,
    /// It assigns variables when it is asked for by name.
    MayAssign,
}

/// The files of one folder.
#[derive(Debug)]
pub struct Module<'a> {
    parts: Vec<(Part, &'a Source)>,
}

impl<'a> Module<'a> {
    /// The module of these files; variable files that are loaded by themselves in the order of their loading.
    pub fn of(parts: impl Iterator<Item = (Part, &'a Source)>) -> Self {
        Self { parts: parts.collect() }
    }

    fn declaring(&self) -> impl Iterator<Item = &'a Source> + '_ {
        self.parts.iter().filter(|(part, _)| *part == Part::Declares).map(|(_, source)| *source)
    }

    /// Whether it says by itself that it is applied as it stands: it configures a provider or a state.
    pub fn is_root(&self) -> bool {
        let empty = Scope::default();
        self.parts.iter().any(|(part, _)| *part == Part::Assigns)
            || self.declaring().any(|source| {
                let part = |kind| source.part(&empty, kind).map(|document| document.root);
                part("provider").is_some_and(|root| configures(&root))
                    || part("terraform").is_some_and(|root| keeps_state(&root))
            })
    }

    /// Relative sources of the modules that it calls, with the arguments of each call as far as `scope` knows them.
    pub fn calls(&self, scope: &Scope) -> Vec<(String, Node)> {
        let mut found = Vec::new();
        for document in self.declaring().filter_map(|source| source.part(scope, "module")) {
            for call in document.root.get("module").map(Node::items).unwrap_or_default() {
                let Some(values) = call.get("values") else { continue };
                let source = values.get("source").and_then(Node::as_str).unwrap_or_default();
                if source.starts_with("./") || source.starts_with("../") {
                    found.push((source.to_owned(), values.clone()));
                }
            }
        }
        found
    }

    /// Names of the variables that a file assigns.
    pub fn assigned(source: &Source) -> Vec<String> {
        let document = source.document(&Scope::default());
        document
            .map(|document| document.root.members().iter().map(|member| member.key.clone()).collect())
            .unwrap_or_default()
    }

    /// What its names stand for when nobody calls it: defaults count when it is a root, but for the variables that a
    /// file assigns which is not loaded by itself (`elsewhere`).
    pub fn root_scope(&self, elsewhere: &HashSet<String>) -> Scope {
        let mut variables = self.defaults();
        for (_, source) in self.parts.iter().filter(|(part, _)| *part == Part::Assigns) {
            let Ok(document) = source.document(&Scope::default()) else { continue };
            for member in document.root.members() {
                variables.insert(member.key.clone(), member.value.clone());
            }
        }
        let certain = variables.into_iter().filter(|(name, _)| !elsewhere.contains(name));
        self.scope(&certain.collect())
    }

    /// What its names stand for when the modules of the repository call it with `calls`: a variable is known when all
    /// of them give it the same value, or none gives one and it has a default.
    pub fn called_scope(&self, calls: &[Node]) -> Scope {
        let defaults = self.defaults();
        let names: BTreeSet<&str> =
            defaults.keys().map(String::as_str).chain(calls.iter().flat_map(names_of)).collect();
        let mut known = BTreeMap::new();
        for name in names {
            let mut given = calls.iter().map(|call| call.get(name).or_else(|| defaults.get(name)));
            let Some(Some(first)) = given.next() else { continue };
            let value = first.to_value();
            if is_known(first)
                && given.all(|other| other.is_some_and(|node| is_known(node) && node.to_value() == value))
            {
                known.insert(name.to_owned(), first.clone());
            }
        }
        self.scope(&known)
    }

    /// What its names stand for, given the variables that are known.
    pub fn scope(&self, variables: &BTreeMap<String, Node>) -> Scope {
        let mut scope = Scope::default();
        for (name, value) in variables {
            scope.set_variable(name, value);
        }
        let mut waiting: BTreeMap<String, (&Source, &Expression)> = BTreeMap::new();
        for source in self.declaring() {
            let Tree::Native(body) = &source.tree else { continue };
            for attribute in body.get_blocks("locals").flat_map(|block| block.body.attributes()) {
                waiting.insert(attribute.key.value().as_str().to_owned(), (source, &attribute.value));
            }
        }
        for _ in 0..ROUNDS {
            let before = waiting.len();
            let mut found = Vec::new();
            for (name, (source, expression)) in &waiting {
                let mut reader = super::expression::Reader::new(&source.text, &scope, source.limits.nodes);
                found.push((name.clone(), reader.value(expression)));
            }
            for (name, value) in found {
                if scope.set(Root::Local, &name, &value) {
                    waiting.remove(&name);
                }
            }
            if waiting.len() == before {
                break;
            }
        }
        for (name, (source, expression)) in waiting {
            let reader = super::expression::Reader::new(&source.text, &scope, 1);
            let text = reader.opaque(reader.span(expression.span())).scalar_text().unwrap_or_default();
            if text.len() <= LONGEST {
                scope.set_text(&name, text);
            }
        }
        scope
    }

    fn defaults(&self) -> BTreeMap<String, Node> {
        let empty = Scope::default();
        let mut defaults = BTreeMap::new();
        for document in self.declaring().filter_map(|source| source.part(&empty, "variable")) {
            for variable in document.root.get("variable").map(Node::items).unwrap_or_default() {
                let name = variable.get("name").and_then(Node::as_str);
                if let (Some(name), Some(value)) = (name, variable.pointer("/values/default")) {
                    defaults.insert(name.to_owned(), value.clone());
                }
            }
        }
        defaults
    }
}

fn names_of(call: &Node) -> impl Iterator<Item = &str> {
    call.members().iter().map(|member| member.key.as_str())
}

fn blocks<'a>(root: &'a Node, kind: &str) -> &'a [Node] {
    root.get(kind).map(Node::items).unwrap_or_default()
}

fn configures(root: &Node) -> bool {
    blocks(root, "provider").iter().any(|block| {
        let values = block.get("values").map(Node::members).unwrap_or_default();
        values.iter().any(|member| !matches!(member.key.as_str(), "alias" | "version"))
    })
}

fn keeps_state(root: &Node) -> bool {
    let keeps = |block: &Node| block.pointer("/values/backend").or(block.pointer("/values/cloud")).is_some();
    blocks(root, "terraform").iter().any(keeps)
}
