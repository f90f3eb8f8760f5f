//! Python: `import` and `from … import`.

use super::{Collector, Node, Reader, WILDCARD, squeezed};

pub(super) const READER: Reader = Reader { kinds: &["import_statement", "import_from_statement"], read };

fn read(node: &Node<'_>, out: &mut Collector) -> bool {
    let from = node.field("module_name").map(|module| squeezed(&module));
    if let Some(module) = &from
        && node.named_children().any(|child| child.kind() == "wildcard_import")
    {
        out.push(module, None, WILDCARD, node);
    }
    for item in node.field_children("name") {
        let path = squeezed(&item.field("name").unwrap_or_else(|| item.clone()));
        let alias = item.field("alias").map(|alias| alias.text().into_owned());
        match &from {
            Some(module) => out.push(module, Some(&path), alias.as_deref().unwrap_or(&path), node),
            None => whole(&path, alias.as_deref(), node, out),
        }
    }
    true
}

/// `import a.b` binds `a` and makes `a.b` usable; `import a.b as c` binds `c` alone.
fn whole(path: &str, alias: Option<&str>, node: &Node<'_>, out: &mut Collector) {
    out.push(path, None, alias.unwrap_or(path), node);
    if let (None, Some((package, _))) = (alias, path.split_once('.')) {
        out.push(package, None, package, node);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use crate::condition::code::Dialect;

    #[test]
    fn every_form_of_import_binds() {
        let cases: &[(&str, &[&str])] = &[
            ("import a.b as c, d.e, f", &["a.b|-|c", "d.e|-|d.e", "d|-|d", "f|-|f"]),
            ("from a.b import c as d, e", &["a.b|c|d", "a.b|e|e"]),
            ("from a import (\n  b,\n  c as d, # x\n)", &["a|b|b", "a|c|d"]),
            ("from . import x", &[".|x|x"]),
            ("from ..pkg.mod import *", &["..pkg.mod|-|*"]),
            ("from __future__ import annotations", &[]),
            ("def f():\n    try:\n        import x\n    except E: pass", &["x|-|x"]),
            ("'''\nimport a\n'''\n# import b", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(bound(Dialect::Python, text), *expected, "{text}");
        }
    }
}
