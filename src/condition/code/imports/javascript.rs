//! JavaScript and TypeScript: `import` in all its forms, `require`, `await import()`, re-exports.

use super::{Collector, Node, Reader, unquoted};

pub(super) const READER: Reader = Reader {
    kinds: &["import_statement", "export_statement", "variable_declarator", "assignment_expression", "call_expression"],
    read,
};

fn read(node: &Node<'_>, out: &mut Collector) -> bool {
    match node.kind().as_ref() {
        "import_statement" => {
            statement(node, out);
            true
        }
        "export_statement" => {
            if let Some(module) = node.field("source").and_then(|source| unquoted(&source)) {
                out.push(&module, None, "", node);
            }
            false
        }
        "variable_declarator" => assigned(node, "name", "value", out),
        "assignment_expression" => assigned(node, "left", "right", out),
        _ => {
            if let Some(module) = required(node) {
                out.push(&module, None, &node.text(), node);
            }
            false
        }
    }
}

fn statement(node: &Node<'_>, out: &mut Collector) {
    if node.children().nth(1).is_some_and(|word| matches!(word.kind().as_ref(), "type" | "typeof")) {
        return;
    }
    let source = node.field("source").and_then(|source| unquoted(&source));
    let Some(clause) = node.named_children().find(|child| child.kind().ends_with("_clause")) else {
        if let Some(module) = source {
            out.push(&module, None, "", node);
        }
        return;
    };
    if clause.kind() == "import_require_clause" {
        let module = clause.field("source").and_then(|source| unquoted(&source));
        if let (Some(module), Some(local)) = (module, clause.named_children().next()) {
            out.push(&module, None, &local.text(), node);
        }
        return;
    }
    let Some(module) = source else { return };
    for part in clause.named_children() {
        match part.kind().as_ref() {
            "identifier" => out.push(&module, None, &part.text(), node),
            "namespace_import" => {
                if let Some(local) = part.named_children().next() {
                    out.push(&module, None, &local.text(), node);
                }
            }
            "named_imports" => part.named_children().for_each(|specifier| named(&module, &specifier, node, out)),
            _ => {}
        }
    }
}

fn named(module: &str, specifier: &Node<'_>, statement: &Node<'_>, out: &mut Collector) {
    let for_types = specifier.child(0).is_some_and(|word| word.kind() == "type");
    let Some(name) = specifier.field("name").filter(|_| !for_types) else { return };
    let name = name.text();
    let local = specifier.field("alias").map_or_else(|| name.clone(), |alias| alias.text());
    // `{ default as x }` is the default, by another name.
    out.push(module, Some(name.as_ref()).filter(|name| *name != "default"), &local, statement);
}

/// `x = require('m')`, `{ a, b: c } = await import('m')`, `x = require('m').a`; true if it was one of those.
fn assigned(node: &Node<'_>, target: &str, value: &str, out: &mut Collector) -> bool {
    let (Some(target), Some(value)) = (node.field(target), node.field(value)) else { return false };
    let Some((module, member)) = imported(value) else { return false };
    match target.kind().as_ref() {
        "identifier" => out.push(&module, member.as_deref(), &target.text(), node),
        "object_pattern" => target.named_children().for_each(|part| destructured(&module, &part, node, out)),
        _ => out.push(&module, member.as_deref(), "", node),
    }
    true
}

fn destructured(module: &str, part: &Node<'_>, at: &Node<'_>, out: &mut Collector) {
    let (name, local) = match part.kind().as_ref() {
        "shorthand_property_identifier_pattern" => (part.text(), part.text()),
        "pair_pattern" => match (part.field("key"), part.field("value")) {
            (Some(key), Some(value)) => (key.text(), value.field("left").unwrap_or(value).text()),
            _ => return,
        },
        "object_assignment_pattern" => match part.field("left") {
            Some(left) => (left.text(), left.text()),
            None => return,
        },
        "rest_pattern" => match part.named_children().next() {
            Some(rest) => return out.push(module, None, &rest.text(), at),
            None => return,
        },
        _ => return,
    };
    out.push(module, Some(name.as_ref()).filter(|name| *name != "default"), &local, at);
}

/// The module behind an initialiser, and the member taken from it.
fn imported(value: Node<'_>) -> Option<(String, Option<String>)> {
    let mut node = value;
    let mut member = None;
    for _ in 0..8 {
        let kind = node.kind().into_owned();
        node = match kind.as_str() {
            "call_expression" => return required(&node).map(|module| (module, member)),
            "member_expression" if member.is_none() => {
                member = node.field("property").map(|property| property.text().into_owned());
                if member.as_deref() == Some("default") {
                    member = None;
                }
                node.field("object")?
            }
            "await_expression"
            | "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression" => {
                let inner = node.named_children().next();
                inner?
            }
            _ => return None,
        };
    }
    None
}

/// The module of `require('m')` and `import('m')`.
fn required(call: &Node<'_>) -> Option<String> {
    let function = call.field("function")?;
    if function.kind() != "import" && function.text() != "require" {
        return None;
    }
    let arguments = call.field("arguments")?;
    let first = arguments.named_children().next();
    unquoted(&first?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use crate::condition::code::Dialect;

    #[test]
    fn every_form_of_import_binds() {
        let cases: &[(&str, &[&str])] = &[
            ("import a from 'm'", &["m|-|a"]),
            ("import a, { b as c, d, type E, default as f } from \"m\"", &["m|-|a", "m|b|c", "m|d|d", "m|-|f"]),
            ("import * as ns from 'm'", &["m|-|ns"]),
            ("import 'm'", &["m|-|"]),
            ("import type { X } from 'm'", &[]),
            ("import x = require('m')", &["m|-|x"]),
            ("import y = A.B", &[]),
            ("export { a } from 'm'", &["m|-|"]),
            ("export const a = require('m')", &["m|-|a"]),
            ("const {a, b: c, d = 1, e: f = 2, ...g} = require('m')", &["m|a|a", "m|b|c", "m|d|d", "m|e|f", "m|-|g"]),
            ("const x = await import('m')", &["m|-|x"]),
            ("const x = (await import('m')).default", &["m|-|x"]),
            ("let x: any = require(`m`).foo", &["m|foo|x"]),
            ("x = require('m')", &["m|-|x"]),
            ("module.exports = require('m')", &["m|-|"]),
            ("require('m').init()", &["m|-|require('m')"]),
            ("const d = require('m')('x')", &["m|-|require('m')"]),
            ("import('m').then(f)", &["m|-|import('m')"]),
            ("require(name); require(`a${b}`); other('m'); // require('c')\n'require(\"s\")'", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(bound(Dialect::TypeScript, text), *expected, "{text}");
        }
        assert_eq!(
            bound(Dialect::JavaScript, "import a, {b} from 'm'\nvar c = require('n')"),
            ["m|-|a", "m|b|b", "n|-|c"]
        );
    }
}
