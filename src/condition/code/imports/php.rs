//! PHP: `use` with aliases and groups, and qualified names used without one (`\Sentry\init()`).

use super::{Collector, Node, Reader, squeezed};

pub(super) const READER: Reader = Reader { kinds: &["namespace_use_declaration", "qualified_name"], read };

fn read(node: &Node<'_>, out: &mut Collector) -> bool {
    if node.kind() == "qualified_name" {
        let written = squeezed(node);
        out.push_path(written.trim_start_matches('\\'), "\\", Some(&written), node);
        return true;
    }
    let prefix = node.named_children().find(|child| child.kind() == "namespace_name").map(|prefix| squeezed(&prefix));
    let group = node.field("body");
    for clause in group.as_ref().unwrap_or(node).named_children() {
        if clause.kind() != "namespace_use_clause" {
            continue;
        }
        let Some(path) = clause.named_children().next().map(|path| squeezed(&path)) else { continue };
        let full = prefix.as_ref().map_or_else(|| path.clone(), |prefix| format!("{prefix}\\{path}"));
        let alias = clause.field("alias").map(|alias| alias.text().into_owned());
        out.push_path(full.trim_start_matches('\\'), "\\", alias.as_deref(), node);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use crate::condition::code::Dialect;

    #[test]
    fn every_form_of_import_binds() {
        let cases: &[(&str, &[&str])] = &[
            ("use A\\B as C;", &["A|B|C"]),
            ("use \\A\\B;", &["A|B|B"]),
            ("use A, B\\C;", &["A|-|A", "B|C|C"]),
            ("use A\\B\\{C, D\\E as F, function g};", &["A\\B|C|C", "A\\B\\D|E|F", "A\\B|g|g"]),
            ("use function A\\b; use const A\\C;", &["A|b|b", "A|C|C"]),
            ("\\Sentry\\init(1);", &["Sentry|init|\\Sentry\\init"]),
            ("new Foo\\Bar();", &["Foo|Bar|Foo\\Bar"]),
            ("class A { use SomeTrait; } // use X\\Y;\n$f = function () use ($x) {};", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(bound(Dialect::Php, &format!("<?php {text}")), *expected, "{text}");
        }
    }
}
