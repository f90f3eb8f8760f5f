//! Java's `import` and C#'s `using`: dotted paths, static and aliased.

use super::{Collector, Node, Reader, WILDCARD, squeezed};

pub(super) const JAVA: Reader = Reader { kinds: &["import_declaration"], read: java };

pub(super) const CSHARP: Reader = Reader { kinds: &["using_directive"], read: csharp };

fn java(node: &Node<'_>, out: &mut Collector) -> bool {
    let Some(path) = node.named_children().find(|child| child.kind().ends_with("identifier")) else { return true };
    let path = squeezed(&path);
    if node.named_children().any(|child| child.kind() == "asterisk") {
        out.push(&path, None, WILDCARD, node);
    } else {
        out.push_path(&path, ".", None, node);
    }
    true
}

/// `using N;` brings in every type of a namespace, `using static T;` every static member of a type.
fn csharp(node: &Node<'_>, out: &mut Collector) -> bool {
    let Some(path) = node.named_children().last() else { return true };
    let path = squeezed(&path);
    let path = path.strip_prefix("global::").unwrap_or(&path);
    match node.field("name") {
        Some(alias) => out.push_path(path, ".", Some(&alias.text()), node),
        None => out.push(path, None, WILDCARD, node),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use crate::condition::code::Dialect;

    #[test]
    fn java_imports_bind() {
        let text =
            "import a.b.C;\nimport static a.b.C.d;\nimport a.b.*;\nimport static a.b.C.*;\n// import x.Y;\nclass A {}";
        assert_eq!(bound(Dialect::Java, text), ["a.b|C|C", "a.b.C|d|d", "a.b|-|*", "a.b.C|-|*"]);
    }

    #[test]
    fn csharp_usings_bind() {
        let text =
            "global using Q;\nusing A.B;\nusing static A.B.C;\nusing X = A.B.D;\nusing var y = z();\nusing (f()) {}";
        assert_eq!(bound(Dialect::CSharp, text), ["Q|-|*", "A.B|-|*", "A.B.C|-|*", "A.B|D|X"]);
    }
}
