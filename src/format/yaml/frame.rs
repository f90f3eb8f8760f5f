//! One collection that is still open while YAML events come in, and what it becomes when it closes.
//!
//! Frames stand on a stack of the builder's own; each knows its size, so that copies can be charged without a walk.

use std::collections::HashSet;

use crate::format::{Data, Member, Node};
use crate::text::Span;

/// What a node weighs, its descendants included.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    pub(super) nodes: usize,
    /// Bytes of text and keys.
    pub(super) bytes: usize,
    /// Levels of collections.
    pub(super) height: usize,
}

impl Size {
    pub(super) fn add(&mut self, child: Self) {
        self.nodes += child.nodes;
        self.bytes += child.bytes;
        self.height = self.height.max(child.height);
    }
}

/// A key that waits for its value.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
    /// Whether it is a plain `<<`.
    pub(super) merges: bool,
}

/// The content of an open collection.
pub(super) enum Content {
    List(Vec<Node>),
    Map { members: Vec<Member>, key: Option<Key>, merged: Vec<Node> },
}

/// An open collection.
pub(super) struct Frame {
    pub(super) content: Content,
    pub(super) start: usize,
    /// Where its last child ends in the source.
    pub(super) end: usize,
    /// 0-based column of its keys or dashes; `None` for flow style.
    pub(super) column: Option<usize>,
    pub(super) tag: Option<Box<str>>,
    pub(super) anchor: usize,
    pub(super) size: Size,
}

impl Frame {
    /// Whether a mapping has a key without its value.
    pub(super) fn awaits_value(&self) -> bool {
        matches!(&self.content, Content::Map { key: Some(_), .. })
    }

    /// Whether the next node is a key.
    pub(super) fn awaits_key(&self) -> bool {
        matches!(&self.content, Content::Map { key: None, .. })
    }

    /// Takes a child that is no key.
    pub(super) fn take(&mut self, node: Node) {
        match &mut self.content {
            Content::List(items) => items.push(node),
            Content::Map { members, key, merged } => {
                let Some(Key { text, span, merges }) = key.take() else { return };
                match sources(node, merges) {
                    Ok(mut found) => merged.append(&mut found),
                    Err(value) => members.push(Member { key: text, key_span: span, value }),
                }
            }
        }
    }

    /// The last value, when it was left empty in the source.
    pub(super) fn last_blank(&mut self) -> Option<&mut Node> {
        let last = match &mut self.content {
            Content::List(items) => items.last_mut(),
            Content::Map { members, key: None, .. } => members.last_mut().map(|member| &mut member.value),
            Content::Map { .. } => None,
        };
        last.filter(|node| node.data == Data::Null && node.span.is_empty())
    }

    /// Adds something of unknown content: one more item or member.
    pub(super) fn insert_opaque(&mut self, raw: &str, span: Span) {
        let value = Node::new(Data::Opaque(raw.to_owned()), span);
        match &mut self.content {
            Content::List(items) => items.push(value),
            Content::Map { members, .. } => members.push(Member { key: raw.to_owned(), key_span: span, value }),
        }
        self.end = self.end.max(span.end);
    }
}

/// The objects that a merge key names, or the node back when it is none.
fn sources(node: Node, merges: bool) -> Result<Vec<Node>, Node> {
    let is_source = |node: &Node| node.tag.is_none() && matches!(node.data, Data::Object(_));
    match node {
        node if !merges => Err(node),
        node if is_source(&node) => Ok(vec![node]),
        Node { data: Data::Array(items), tag: None, .. } if items.iter().all(is_source) => Ok(items),
        node => Err(node),
    }
}

/// Appends what `merged` objects hold under keys not set yet; earlier objects win over later ones.
pub(super) fn merge(members: &mut Vec<Member>, merged: Vec<Node>) {
    if merged.is_empty() {
        return;
    }
    let mut set: HashSet<String> = members.iter().map(|member| member.key.clone()).collect();
    for source in merged {
        let Data::Object(found) = source.data else { continue };
        let fresh: Vec<Member> = found.into_iter().filter(|member| !set.contains(&member.key)).collect();
        set.extend(fresh.iter().map(|member| member.key.clone()));
        members.extend(fresh);
    }
}
