//! Quoted templates and heredocs: text where every hole is known, else opaque; JSON inside is read as a value.

use hcl_edit::Span as _;
use hcl_edit::template::{Element, HeredocTemplate};

use super::expression::{Reader, text_of};
use crate::format::{Data, Limits, Member, Node};
use crate::text::Span;

impl Reader<'_> {
    /// A quoted template.
    pub(super) fn template<'e>(&mut self, elements: impl Iterator<Item = &'e Element>, span: Span) -> Option<Node> {
        let (text, known) = self.filled(elements)?;
        known.then(|| Node::new(Data::String(text), span))
    }

    /// A heredoc; when it holds JSON, that value.
    pub(super) fn heredoc(&mut self, heredoc: &HeredocTemplate, span: Span) -> Option<Node> {
        let (text, known) = self.filled(heredoc.template.iter())?;
        if let Some(value) = embedded(&text, span) {
            self.spend(value.count());
            return Some(value);
        }
        known.then(|| Node::new(Data::String(text), span))
    }

    /// The text with its known holes filled; the others stay as they are written. Whether all were known.
    fn filled<'e>(&mut self, elements: impl Iterator<Item = &'e Element>) -> Option<(String, bool)> {
        let (mut text, mut known) = (String::new(), true);
        for element in elements {
            match element {
                Element::Literal(literal) => text.push_str(literal.value()),
                Element::Interpolation(hole) => {
                    let value = self.value(&hole.expr);
                    if let Some(value) = text_of(&value) {
                        text.push_str(&value);
                    } else {
                        known = false;
                        let span = self.span(hole.span());
                        text.push_str(self.text.get(span.start..span.end).unwrap_or("${}"));
                    }
                }
                Element::Directive(_) => return None,
            }
        }
        Some((text, known))
    }
}

/// The value of a text that is a JSON object or list, all of it at `span`. Strings with holes are opaque.
pub(super) fn embedded(text: &str, span: Span) -> Option<Node> {
    let start = text.trim_start();
    if !start.starts_with(['{', '[']) {
        return None;
    }
    let document = crate::format::json::parse(start, &Limits::default()).ok()?;
    Some(at(document.root, span)).filter(|node| matches!(node.data, Data::Object(_) | Data::Array(_)))
}

fn at(node: Node, span: Span) -> Node {
    let data = match node.data {
        Data::String(text) if text.contains("${") => Data::Opaque(text),
        Data::Array(items) => Data::Array(items.into_iter().map(|item| at(item, span)).collect()),
        Data::Object(members) => Data::Object(
            members
                .into_iter()
                .map(|member| Member { key: member.key, key_span: span, value: at(member.value, span) })
                .collect(),
        ),
        other => other,
    };
    Node { data, span, tag: node.tag }
}
