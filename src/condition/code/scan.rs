//! Many patterns in one walk: each node of the tree is shown only to the patterns that its kind can satisfy.

use ast_grep_core::Matcher;
use ast_grep_core::matcher::MatcherExt;

use super::bindings::Bound;
use super::compile::Compiled;
use super::imports::Imports;
use super::pattern::{CodeMatch, CodePattern, MAX_MATCHES};
use super::tree::{Node, Nodes, SyntaxTree};

/// A pattern that can match in this tree at all: its import is there, and it compiles for the dialect.
struct Ready<'p> {
    slot: usize,
    bound: Bound<'p>,
    compiled: &'p Compiled,
}

/// What each of `patterns` finds in `tree`, whose nodes these are, in the order of the file.
pub fn scan<'t>(
    patterns: &[&CodePattern],
    tree: &'t SyntaxTree,
    nodes: &Nodes<'t>,
    imports: &Imports,
) -> Vec<Vec<CodeMatch>> {
    let mut found = vec![Vec::new(); patterns.len()];
    let ready: Vec<Ready<'_>> = patterns
        .iter()
        .enumerate()
        .filter_map(|(slot, pattern)| {
            let bound = pattern.bound(imports, tree.dialect())?;
            let compiled = pattern.compiled(tree.dialect())?.as_ref().ok()?;
            Some(Ready { slot, bound, compiled })
        })
        .collect();
    if ready.is_empty() {
        return found;
    }
    let by_kind = by_kind(&ready);
    for node in nodes.iter() {
        for &number in by_kind.get(usize::from(node.kind_id())).into_iter().flatten() {
            let Some(pattern) = ready.get(number) else { continue };
            let Some(list) = found.get_mut(pattern.slot).filter(|list| list.len() < MAX_MATCHES) else { continue };
            list.extend(matched(pattern, tree, node.clone()));
        }
    }
    found
}

/// For each kind of node, the patterns that it can satisfy.
fn by_kind(ready: &[Ready<'_>]) -> Vec<Vec<usize>> {
    let mut table: Vec<Vec<usize>> = Vec::new();
    for (number, pattern) in ready.iter().enumerate() {
        for kind in pattern.compiled.core.potential_kinds().iter().flatten() {
            if table.len() <= kind {
                table.resize(kind + 1, Vec::new());
            }
            if let Some(list) = table.get_mut(kind) {
                list.push(number);
            }
        }
    }
    table
}

fn matched<'t>(pattern: &Ready<'_>, tree: &'t SyntaxTree, node: Node<'t>) -> Option<CodeMatch> {
    let found = pattern.compiled.core.match_node(node)?;
    let env = found.get_env();
    let text = |name: &str| env.get_match(name).map(ast_grep_core::Node::text);
    let holds = text("MOD").is_none_or(|module| pattern.bound.is_module(&module))
        && text("FN").is_none_or(|function| pattern.bound.is_function(&function))
        && pattern.compiled.accepts(tree, env);
    holds.then(|| CodeMatch::of(&found))
}
