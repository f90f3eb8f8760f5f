//! What names stand for: variables, locals, and the iterators of `dynamic` blocks and `for` expressions.
//!
//! Only values that are known in full are kept, each bounded in size, so that a name that is used a thousand times
//! costs no more than the document's own bound allows.

use std::collections::HashMap;

use crate::format::{Data, Node};
use crate::text::Span;

/// A value of more nodes than this stays unknown.
const MOST_NODES: usize = 20_000;

/// The names of one module whose values are known.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    names: HashMap<(Root, String), Node>,
    /// Locals whose value is not known: their expressions, which still say what they refer to.
    texts: HashMap<String, String>,
}

/// Where a name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Root {
    /// `var.NAME`
    Variable,
    /// `local.NAME`
    Local,
}

impl Scope {
    /// Says what a variable stands for.
    pub fn set_variable(&mut self, name: &str, value: &Node) {
        self.set(Root::Variable, name, value);
    }

    pub(super) fn set(&mut self, root: Root, name: &str, value: &Node) -> bool {
        let known = is_known(value) && value.count() <= MOST_NODES;
        if known {
            self.names.insert((root, name.to_owned()), value.clone());
        }
        known
    }

    pub(super) fn set_text(&mut self, name: &str, text: String) {
        self.texts.insert(name.to_owned(), text);
    }

    /// The expression of a local whose value is not known.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    pub(super) fn get(&self, root: Root, name: &str) -> Option<&Node> {
        self.names.get(&(root, name.to_owned()))
    }
}

/// Whether nothing in `node` is unknown.
pub(super) fn is_known(node: &Node) -> bool {
    if node.is_opaque() {
        return false;
    }
    match &node.data {
        Data::Array(items) => items.iter().all(is_known),
        Data::Object(members) => members.iter().all(|member| is_known(&member.value)),
        _ => true,
    }
}

/// A value that is used elsewhere: all of it stands at the place of use.
pub(super) fn placed(node: &Node, span: Span) -> Node {
    let data = match &node.data {
        Data::Array(items) => Data::Array(items.iter().map(|item| placed(item, span)).collect()),
        Data::Object(members) => Data::Object(
            members
                .iter()
                .map(|member| crate::format::Member {
                    key: member.key.clone(),
                    key_span: span,
                    value: placed(&member.value, span),
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node { data, span, tag: node.tag.clone() }
}
