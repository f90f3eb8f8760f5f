//! Rust: trees of `use`, `extern crate`, and paths that begin with a crate and need no `use` (`sentry::init`).

use super::{Collector, MAX_NAME, Node, Reader, WILDCARD, squeezed};

pub(super) const READER: Reader = Reader {
    kinds: &["use_declaration", "extern_crate_declaration", "scoped_identifier", "scoped_type_identifier"],
    read,
};

/// Deepest nesting of braces in one `use`.
const MAX_NESTING: usize = 32;

fn read(node: &Node<'_>, out: &mut Collector) -> bool {
    match node.kind().as_ref() {
        "use_declaration" => {
            if let Some(tree) = node.field("argument") {
                branch(&tree, "", node, out, MAX_NESTING);
            }
            true
        }
        "extern_crate_declaration" => {
            if let Some(name) = node.field("name").map(|name| name.text()) {
                let local = node.field("alias").map_or_else(|| name.clone(), |alias| alias.text());
                out.push(&name, None, &local, node);
            }
            true
        }
        _ => {
            inline(node, out);
            false
        }
    }
}

/// The first two segments of a path in the code; every longer path holds such a node.
fn inline(node: &Node<'_>, out: &mut Collector) {
    let first = node.field("path").filter(|path| path.kind() == "identifier");
    let (Some(first), Some(second)) = (first, node.field("name")) else { return };
    let first = first.text();
    if first.starts_with(|letter: char| letter.is_lowercase()) {
        let second = second.text();
        let is_known = |known: &super::Binding| {
            known.module == first && known.local == first && known.name.as_deref() == Some(second.as_ref())
        };
        if !out.bindings.last().is_some_and(is_known) {
            out.push(&first, Some(&second), &first, node);
        }
    }
}

fn branch(node: &Node<'_>, prefix: &str, at: &Node<'_>, out: &mut Collector, nesting: usize) {
    let Some(nesting) = nesting.checked_sub(1).filter(|_| prefix.len() <= MAX_NAME) else { return };
    match node.kind().as_ref() {
        "use_list" => node.named_children().for_each(|child| branch(&child, prefix, at, out, nesting)),
        "scoped_use_list" => {
            let path = node.field("path").map(|path| squeezed(&path)).unwrap_or_default();
            if let Some(list) = node.field("list") {
                branch(&list, &joined(prefix, &path), at, out, nesting);
            }
        }
        "use_as_clause" => {
            let alias = node.field("alias").map(|alias| alias.text().into_owned());
            if let Some(path) = node.field("path") {
                leaf(&squeezed(&path), prefix, alias.as_deref(), at, out);
            }
        }
        "use_wildcard" => {
            let path = squeezed(node);
            let path = path.trim_end_matches('*').trim_end_matches("::");
            out.push(joined(prefix, path).trim_start_matches("::"), None, WILDCARD, at);
        }
        "line_comment" | "block_comment" => {}
        _ => leaf(&squeezed(node), prefix, None, at, out),
    }
}

fn leaf(path: &str, prefix: &str, alias: Option<&str>, at: &Node<'_>, out: &mut Collector) {
    let full = if path == "self" { prefix.to_owned() } else { joined(prefix, path) };
    out.push_path(full.trim_start_matches("::"), "::", alias, at);
}

fn joined(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}::{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use crate::condition::code::Dialect;

    #[test]
    fn every_form_of_import_binds() {
        let cases: &[(&str, &[&str])] = &[
            (
                "use a::b::{c, d as e, self, f::{g, h::*}};",
                &["a::b|c|c", "a::b|d|e", "a|b|b", "a::b::f|g|g", "a::b::f::h|-|*"],
            ),
            ("use a; use a as b;", &["a|-|a", "a|-|b"]),
            ("pub use ::x::y;", &["x|y|y"]),
            ("use {k::l, m::n as o};", &["k|l|l", "m|n|o"]),
            ("use a::*;", &["a|-|*"]),
            ("extern crate foo as bar;", &["foo|-|bar"]),
            (
                "fn f() { sentry::init(1); sentry::a::B::new(); Foo::new(); }",
                &["sentry|init|sentry", "sentry|a|sentry"],
            ),
            ("fn f(x: serde::Value) { tracing::info!(1) }", &["serde|Value|serde", "tracing|info|tracing"]),
            ("#[tokio::main]\nasync fn main() {}", &["tokio|main|tokio"]),
            ("// use a;\nfn f() { \"use b;\"; }", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(bound(Dialect::Rust, text), *expected, "{text}");
        }
    }
}
