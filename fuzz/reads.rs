//! What every target holds of every reader: it returns, and each span is a piece of the text on character boundaries.

use prodready::format::{Data, Limits, Node, Syntax, parse};
use prodready::text::Span;

/// Reads `text` and checks every place in what comes back.
pub fn whole(syntax: Syntax, text: &str) {
    for document in parse(syntax, text, &Limits::default()).into_iter().flatten() {
        document.comments.iter().for_each(|span| inside(text, *span));
        document.faults.iter().for_each(|fault| inside(text, fault.span));
        node(text, &document.root);
    }
}

fn node(text: &str, at: &Node) {
    inside(text, at.span);
    at.items().iter().for_each(|item| node(text, item));
    if let Data::Object(members) = &at.data {
        for member in members {
            inside(text, member.key_span);
            node(text, &member.value);
        }
    }
}

fn inside(text: &str, span: Span) {
    assert!(text.get(span.start..span.end).is_some(), "{span:?} leaves the text");
}
