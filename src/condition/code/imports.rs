//! What a file imports and what the imports are called in it.
//!
//! Read from the syntax tree, one module per language beside this file. Names of types only (`import type`) are left out:
//! they are gone when the program runs. Ruby loads by name (Bundler, Zeitwerk), so its `require`s are listed but bind
//! nothing. C# has implicit and global usings that no file shows; a rule that must see those leaves `imports` out.

mod dotted;
mod go;
mod javascript;
mod php;
mod python;
mod ruby;
mod rust;

use std::sync::OnceLock;

use ast_grep_core::Language;

use super::language::{Dialect, GRAMMARS};
use super::tree::{Node, Nodes, SyntaxTree};
use crate::text::Span;

/// The local name of an import that brings in every name of a module.
pub(super) const WILDCARD: &str = "*";
/// Most bindings that are kept of one file.
const MAX_BINDINGS: usize = 10_000;
/// Longest module or name that is kept, in bytes.
const MAX_NAME: usize = 512;

/// One name that an import brings into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The module, package or namespace, as the language writes it.
    pub module: String,
    /// The imported name; `None` is the module as a whole or its default.
    pub name: Option<String>,
    /// What it is called in this file: `*` for all names of the module, empty for an import for its effect alone, the
    /// expression itself (`require('x')`) where it is used on the spot.
    pub local: String,
    /// Where the import stands, in bytes of the file.
    pub span: Span,
}

/// The imports of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imports {
    dialect: Dialect,
    bindings: Vec<Binding>,
}

impl Imports {
    /// Of a file whose imports nobody asks for.
    pub fn none(dialect: Dialect) -> Self {
        Self { dialect, bindings: Vec::new() }
    }

    /// Reads the imports of `tree`, whose nodes these are, in the order of the file.
    pub fn of(tree: &SyntaxTree, nodes: &Nodes<'_>) -> Self {
        let dialect = tree.dialect();
        let mut collector = Collector { bindings: Vec::new() };
        let (Some(reader), kinds) = (reader(dialect), kinds(dialect)) else {
            return Self { dialect, bindings: collector.bindings };
        };
        let mut read_up_to = 0;
        for node in nodes.iter() {
            if !kinds.contains(&node.kind_id()) || node.range().start < read_up_to {
                continue;
            }
            if (reader.read)(node, &mut collector) {
                read_up_to = node.range().end;
            }
            if collector.bindings.len() >= MAX_BINDINGS {
                break;
            }
        }
        Self { dialect, bindings: collector.bindings }
    }

    /// The bindings, in the order of the file.
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// What joins a module and a name in this language, where names have paths.
    pub(super) fn separator(&self) -> Option<&'static str> {
        match self.dialect {
            Dialect::Python | Dialect::Java | Dialect::CSharp => Some("."),
            Dialect::Rust => Some("::"),
            Dialect::Php => Some("\\"),
            _ => None,
        }
    }
}

/// How one language is read.
struct Reader {
    /// The kinds of nodes that `read` wants to see.
    kinds: &'static [&'static str],
    /// Reads one node; true if nothing within it is left to read.
    read: fn(&Node<'_>, &mut Collector) -> bool,
}

fn reader(dialect: Dialect) -> Option<&'static Reader> {
    match dialect {
        Dialect::JavaScript | Dialect::TypeScript | Dialect::Tsx | Dialect::Component => Some(&javascript::READER),
        Dialect::Python => Some(&python::READER),
        Dialect::Go => Some(&go::READER),
        Dialect::Java => Some(&dotted::JAVA),
        Dialect::CSharp => Some(&dotted::CSHARP),
        Dialect::Ruby => Some(&ruby::READER),
        Dialect::Php => Some(&php::READER),
        Dialect::Rust => Some(&rust::READER),
        Dialect::Html => None,
    }
}

/// The engine's numbers for the kinds of a dialect, looked up once.
fn kinds(dialect: Dialect) -> &'static [u16] {
    static KINDS: [OnceLock<Vec<u16>>; GRAMMARS.len()] = [const { OnceLock::new() }; GRAMMARS.len()];
    let Some(slot) = KINDS.get(dialect.index()) else { return &[] };
    slot.get_or_init(|| {
        let names = reader(dialect).map(|reader| reader.kinds).unwrap_or_default();
        names.iter().map(|name| dialect.grammar().kind_to_id(name)).filter(|id| *id != 0).collect()
    })
}

/// Takes bindings in, within bounds.
struct Collector {
    bindings: Vec<Binding>,
}

impl Collector {
    fn push(&mut self, module: &str, name: Option<&str>, local: &str, at: &Node<'_>) {
        let longest = module.len().max(name.map_or(0, str::len)).max(local.len());
        if module.is_empty() || longest > MAX_NAME || self.bindings.len() >= MAX_BINDINGS {
            return;
        }
        let range = at.range();
        self.bindings.push(Binding {
            module: module.to_owned(),
            name: name.map(str::to_owned),
            local: local.to_owned(),
            span: Span::new(range.start, range.end),
        });
    }

    /// A path whose last segment is the name: `a::b::c as d`.
    fn push_path(&mut self, path: &str, separator: &str, alias: Option<&str>, at: &Node<'_>) {
        match path.rsplit_once(separator) {
            Some((module, name)) => self.push(module, Some(name), alias.unwrap_or(name), at),
            None => self.push(path, None, alias.unwrap_or(path), at),
        }
    }
}

/// The text of a path without the blanks and line ends that may stand within it.
fn squeezed(node: &Node<'_>) -> String {
    node.text().split_whitespace().collect()
}

/// The text of a string literal without its quotes, if nothing is interpolated.
fn unquoted(node: &Node<'_>) -> Option<String> {
    let text = node.text();
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\'' | '`'))?;
    let inner = text.get(1..)?.strip_suffix(quote)?;
    let interpolated = (quote == '`' && inner.contains("${")) || (quote == '"' && inner.contains("#{"));
    (!interpolated && inner.len() <= MAX_NAME).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bindings of `text` as `module|name|local`.
    pub(super) fn bound(dialect: Dialect, text: &str) -> Vec<String> {
        let tree = SyntaxTree::parse(dialect, text).unwrap();
        let shown = |binding: &Binding| {
            format!("{}|{}|{}", binding.module, binding.name.as_deref().unwrap_or("-"), binding.local)
        };
        Imports::of(&tree, &tree.nodes().unwrap()).bindings().iter().map(shown).collect()
    }

    #[test]
    fn every_reader_knows_kinds_that_exist() {
        for dialect in GRAMMARS {
            let wanted = reader(dialect).map_or(0, |reader| reader.kinds.len());
            assert!(kinds(dialect).len() >= wanted.min(1), "{}", dialect.name());
            let missing: Vec<_> = reader(dialect)
                .into_iter()
                .flat_map(|reader| reader.kinds)
                .filter(|kind| dialect.grammar().kind_to_id(kind) == 0)
                .collect();
            assert!(missing.is_empty(), "{}: {missing:?}", dialect.name());
        }
    }

    #[test]
    fn a_span_is_the_place_in_the_file() {
        let text = "<p/>\n<script>\nimport a from 'm'\n</script>";
        let tree = SyntaxTree::parse(Dialect::Component, text).unwrap();
        let span = Imports::of(&tree, &tree.nodes().unwrap()).bindings()[0].span;
        assert_eq!(&text[span.start..span.end], "import a from 'm'");
    }

    #[test]
    fn endless_paths_are_bounded() {
        let text = format!("use {}{}{};", "aaaa::{".repeat(300), "b,c".repeat(9), "}".repeat(300));
        let bound = bound(Dialect::Rust, &text);
        assert!(bound.iter().all(|binding| binding.len() < 3 * MAX_NAME), "{bound:?}");
    }

    const ALL: [Dialect; 12] = [
        Dialect::JavaScript,
        Dialect::TypeScript,
        Dialect::Tsx,
        Dialect::Python,
        Dialect::Go,
        Dialect::Java,
        Dialect::Ruby,
        Dialect::Php,
        Dialect::CSharp,
        Dialect::Rust,
        Dialect::Html,
        Dialect::Component,
    ];

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: 48, ..Default::default() })]
        #[test]
        fn no_text_makes_it_panic(text in "(import |from |use |using |require|\\(|\\)|\\{|\\}|'|\"|`|a|b\\.c|::|\\\\|\\*| as |;|=|const |\n|<\\?php |<script>|\u{1f389}|.){0,60}") {
            for dialect in ALL {
                if let Some(tree) = SyntaxTree::parse(dialect, &text) {
                    for binding in Imports::of(&tree, &tree.nodes().unwrap()).bindings() {
                        proptest::prop_assert!(binding.span.end <= text.len());
                    }
                }
            }
        }
    }
}
