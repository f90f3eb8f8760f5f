//! What the readers of several syntaxes do to members: make one whose key is not written, name the keys that stand twice.
//!
//! Kept apart so that the fault reads the same whichever syntax it was met in, and so that the cost stays linear.

use std::collections::HashSet;

use super::{Fault, Member, Node};

/// A member whose key stands nowhere: its place is that of the value.
pub(in crate::format) fn member(key: &str, value: Node) -> Member {
    Member { key: key.to_owned(), key_span: value.span, value }
}

/// Appends a fault for each member of `members` whose key stood before.
pub(super) fn report_duplicates(members: &[Member], faults: &mut Vec<Fault>) {
    if members.len() < 2 {
        return;
    }
    let mut seen = HashSet::with_capacity(members.len());
    for member in members {
        if !seen.insert(member.key.as_str()) {
            faults.push(Fault { span: member.key_span, message: format!("key '{}' stands twice", shown(&member.key)) });
        }
    }
}

/// A key short enough for a message.
fn shown(key: &str) -> String {
    const MOST: usize = 80;
    match key.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &key[..end]),
        None => key.to_owned(),
    }
}

/// Shared checks for the tests of the readers.
#[cfg(test)]
pub(super) mod check {
    use crate::format::{Data, Document, Node};
    use crate::text::Span;

    /// Panics when a span of `document` leaves `text` or splits a character.
    pub(in crate::format) fn spans(text: &str, document: &Document) {
        document.comments.iter().for_each(|span| inside(text, *span));
        document.faults.iter().for_each(|fault| inside(text, fault.span));
        node_spans(text, &document.root);
    }

    fn node_spans(text: &str, node: &Node) {
        inside(text, node.span);
        match &node.data {
            Data::Array(items) => items.iter().for_each(|item| node_spans(text, item)),
            Data::Object(members) => {
                for member in members {
                    inside(text, member.key_span);
                    node_spans(text, &member.value);
                }
            }
            _ => {}
        }
    }

    fn inside(text: &str, span: Span) {
        assert!(text.get(span.start..span.end).is_some(), "{span:?} is no part of {text:?}");
    }

    /// The text that a span covers.
    pub(in crate::format) fn at(text: &str, span: Span) -> &str {
        &text[span.start..span.end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Data, Node};
    use crate::text::Span;

    #[test]
    fn only_the_later_key_is_a_fault() {
        let member = |key: &str, at| Member {
            key: key.to_owned(),
            key_span: Span::at(at),
            value: Node::new(Data::Null, Span::at(at)),
        };
        let mut faults = Vec::new();
        report_duplicates(&[member("a", 0), member("b", 1), member("a", 2)], &mut faults);
        assert_eq!(faults, [Fault { span: Span::at(2), message: "key 'a' stands twice".to_owned() }]);
    }
}
