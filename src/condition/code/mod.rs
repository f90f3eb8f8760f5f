//! The `code` condition: does a syntax pattern match in a file that holds the trigger?
//!
//! Rules are ast-grep's, verbatim. Its API changes every few weeks, so this is the only module that names the crate; what
//! leaves it are our own words: [`Dialect`], [`SyntaxTree`], [`Imports`], [`CodePattern`], [`CodeMatch`].
//!
//! A caller asks [`CodePattern::triggers`] once, scans the file's text for them, and only then parses it, once for all
//! patterns: [`SyntaxTree::parse`], [`SyntaxTree::nodes`], [`Imports::of`] where a pattern wants them, [`CodePattern::find`]. A text that gives no
//! tree was too long, too deep or too slow: a skip that the caller states.

mod bindings;
mod compile;
mod definitions;
mod embedded;
mod imports;
mod language;
mod module_pattern;
mod pattern;
mod scan;
mod spec;
mod tree;
mod trigger;
mod words;

pub use imports::{Binding, Imports};
pub use language::Dialect;
pub use pattern::{CodeMatch, CodePattern};
pub use scan::scan;
pub use spec::{CodeSpec, LanguageName, OneOrMany};
pub use tree::{Nodes, SyntaxTree};
