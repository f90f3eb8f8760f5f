//! Which names of a file are assigned once, and to what: one step from a name to its initialiser.
//!
//! Scopes are not modelled. A name counts only if nothing else in the whole file binds it: no second assignment, no
//! parameter, no loop variable, no property set on it; then its scope does not matter. Whatever is left out stays a plain
//! name.

use std::collections::HashMap;
use std::ops::Range;

use super::tree::{Node, Root};

/// Kind of node, field of the target, field of the value.
const ASSIGNMENTS: &[(&str, &str, &str)] = &[
    ("variable_declarator", "name", "value"),
    ("assignment_expression", "left", "right"),
    ("assignment", "left", "right"),
    ("named_expression", "name", "value"),
    ("short_var_declaration", "left", "right"),
    ("assignment_statement", "left", "right"),
    ("var_spec", "name", "value"),
    ("const_spec", "name", "value"),
    ("let_declaration", "pattern", "value"),
    ("const_item", "name", "value"),
    ("static_item", "name", "value"),
];

/// Kind of node, field of the names that it binds to something unknown; an empty field is "every child that is a name".
const BINDERS: &[(&str, &str)] = &[
    ("augmented_assignment", "left"),
    ("augmented_assignment_expression", "left"),
    ("operator_assignment", "left"),
    ("compound_assignment_expr", "left"),
    ("update_expression", "argument"),
    ("for_in_statement", "left"),
    ("for_statement", "left"),
    ("for_in_clause", "left"),
    ("for_expression", "pattern"),
    ("enhanced_for_statement", "name"),
    ("foreach_statement", "left"),
    ("foreach_statement", ""),
    ("range_clause", "left"),
    ("as_pattern", "alias"),
    ("formal_parameter", "name"),
    ("simple_parameter", "name"),
    ("property_promotion_parameter", "name"),
    ("parameter_declaration", "name"),
    ("parameter", "name"),
    ("parameter", "pattern"),
    ("required_parameter", "pattern"),
    ("optional_parameter", "pattern"),
    ("default_parameter", "name"),
    ("typed_parameter", ""),
    ("keyword_parameter", "name"),
    ("arrow_function", "parameter"),
    ("formal_parameters", ""),
    ("parameters", ""),
    ("method_parameters", ""),
    ("lambda_parameters", ""),
    ("block_parameters", ""),
];

/// Nodes that are names.
const NAMES: &[&str] = &[
    "identifier",
    "variable_name",
    "constant",
    "shorthand_property_identifier_pattern",
    "shorthand_property_identifier",
];

/// Most nodes that are searched for names within one target.
const MAX_TARGET: usize = 64;

/// Name to the byte range of its only initialiser, or `None` where there are several or unknown ones.
pub(super) struct Definitions(HashMap<String, Option<Range<usize>>>);

impl Definitions {
    /// Reads one tree.
    pub(super) fn of(root: &Root) -> Self {
        let mut definitions = Self(HashMap::new());
        for node in root.root().dfs() {
            let kind = node.kind();
            for (_, target, value) in ASSIGNMENTS.iter().filter(|(known, ..)| *known == kind) {
                definitions.assign(&node, target, value);
            }
            for (_, target) in BINDERS.iter().filter(|(known, _)| *known == kind) {
                if target.is_empty() {
                    node.children().filter(is_name).for_each(|name| definitions.obscure(&name));
                } else {
                    node.field_children(target).for_each(|name| definitions.obscure(&name));
                }
            }
        }
        definitions
    }

    /// The initialiser of the name at `node`.
    pub(super) fn initialiser<'t>(&self, root: &'t Root, node: &Node<'t>) -> Option<Node<'t>> {
        if !is_name(node) {
            return None;
        }
        let range = self.0.get(node.text().as_ref())?.clone()?;
        let inner = root.root().get_inner_node().named_descendant_for_byte_range(range.start, range.end)?;
        Some(root.adopt(inner))
    }

    fn assign(&mut self, node: &Node<'_>, target: &str, value: &str) {
        let Some(target) = node.field(target).map(alone) else { return };
        let value = node.field(value).or_else(|| initialiser_without_field(node, &target)).map(alone);
        match value {
            Some(value) if is_name(&target) => self.note(&target, Some(value.range())),
            Some(_) => self.obscure(&target),
            None => {}
        }
    }

    fn note(&mut self, name: &Node<'_>, range: Option<Range<usize>>) {
        self.0.entry(name.text().into_owned()).and_modify(|known| *known = None).or_insert(range);
    }

    fn obscure(&mut self, target: &Node<'_>) {
        for name in target.dfs().take(MAX_TARGET).filter(is_name) {
            self.note(&name, None);
        }
    }
}

fn is_name(node: &Node<'_>) -> bool {
    NAMES.contains(&node.kind().as_ref())
}

/// The only member of a list of one, as Go writes both sides of an assignment.
fn alone(node: Node<'_>) -> Node<'_> {
    if node.kind() != "expression_list" {
        return node;
    }
    let members: Vec<_> = node.named_children().take(2).collect();
    match <[_; 1]>::try_from(members) {
        Ok([only]) => only,
        Err(_) => node,
    }
}

/// C# gives the initialiser of a declarator no field.
fn initialiser_without_field<'t>(node: &Node<'t>, target: &Node<'t>) -> Option<Node<'t>> {
    if node.kind() != "variable_declarator" || !node.children().any(|child| child.kind() == "=") {
        return None;
    }
    node.named_children().last().filter(|last| last.range() != target.range())
}

#[cfg(test)]
mod tests {
    use super::super::language::Dialect;
    use super::super::tree::SyntaxTree;

    /// What the last node of that text in the file resolves to.
    fn resolved(dialect: Dialect, text: &str, name: &str) -> Option<String> {
        let tree = SyntaxTree::parse(dialect, text).unwrap();
        let root = tree.root.root();
        let node = root.dfs().filter(|node| node.text() == name && super::is_name(node)).last().unwrap();
        tree.resolve(&node).map(|value| value.text().into_owned())
    }

    #[test]
    fn a_name_assigned_once_resolves_in_every_language() {
        let cases = [
            (Dialect::JavaScript, "const k = 'x'; f(k)", "k", "'x'"),
            (Dialect::TypeScript, "let k: string; k = `x`; f(k)", "k", "`x`"),
            (Dialect::Python, "k: str = 'x'\nf(k)", "k", "'x'"),
            (Dialect::Go, "package p\nfunc g() { k := \"x\"; f(k) }", "k", "\"x\""),
            (Dialect::Java, "class A { String k = \"x\"; int y = f(k); }", "k", "\"x\""),
            (Dialect::CSharp, "var k = \"x\"; f(k);", "k", "\"x\""),
            (Dialect::Php, "<?php $k = 'x'; f($k);", "$k", "'x'"),
            (Dialect::Ruby, "K = 'x'\nf(K)", "K", "'x'"),
            (Dialect::Rust, "const K: &str = \"x\"; fn g() { f(K) }", "K", "\"x\""),
        ];
        for (dialect, text, name, value) in cases {
            assert_eq!(resolved(dialect, text, name).as_deref(), Some(value), "{text}");
        }
    }

    #[test]
    fn a_name_bound_twice_stays_a_name() {
        let cases = [
            (Dialect::JavaScript, "let k = 'x'; k = 'y'; f(k)", "k"),
            (Dialect::JavaScript, "const k = 'x'; function g(k) { f(k) }", "k"),
            (Dialect::JavaScript, "const k = {}; k.secure = true; f(k)", "k"),
            (Dialect::JavaScript, "const k = 1; const g = k => f(k)", "k"),
            (Dialect::JavaScript, "const {k} = q; f(k)", "k"),
            (Dialect::Python, "k = 1\nfor k in q: pass\nf(k)", "k"),
            (Dialect::Python, "k = 1\ndef g(k=2): f(k)", "k"),
            (Dialect::Go, "package p\nfunc g(k int) { k = 1; f(k) }", "k"),
            (Dialect::Go, "package p\nfunc g() { k, err := h(); f(k) }", "k"),
            (Dialect::CSharp, "var k = 1; void G(int k) { f(k); }", "k"),
            (Dialect::Php, "<?php $k = 1; foreach ($q as $k) { f($k); }", "$k"),
            (Dialect::Ruby, "k = 1\nk += 1\nf(k)", "k"),
            (Dialect::Rust, "fn g(k: u8) { let k = 1; f(k) }", "k"),
            (Dialect::JavaScript, "f(k)", "k"),
        ];
        for (dialect, text, name) in cases {
            assert_eq!(resolved(dialect, text, name), None, "{text}");
        }
    }
}
