//! Reads Python's manifests: `pyproject.toml`, requirements files, `setup.cfg`, `setup.py`, `Pipfile`.
//!
//! The same package may be asked for in five files with three grammars. They share one requirement reader
//! ([`pep508`]) and one table of group names; what is computed in `setup.py` is said in `unread`, never run.

mod literal;
pub mod pep508;
mod pipfile;
mod poetry;
mod pyproject;
mod requirements;
mod setup_cfg;
mod setup_py;

pub use pep508::{normalise, pin_python};
pub use pipfile::pipfile;
pub use poetry::pin_poetry;
pub use pyproject::pyproject;
pub use requirements::{requirements, requirements_lock};
pub use setup_cfg::setup_cfg;
pub use setup_py::setup_py;

use super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};
use crate::format::Node;
use crate::text::Span;

const ECOSYSTEM: &str = "pypi";

/// Words in the names of groups, extras, environments and files that say what their packages are for.
const GROUP_WORDS: &[(&str, Scope)] = &[
    ("test", Scope::Test),
    ("tests", Scope::Test),
    ("testing", Scope::Test),
    ("pytest", Scope::Test),
    ("e2e", Scope::Test),
    ("tox", Scope::Test),
    ("coverage", Scope::Test),
    ("dev", Scope::Development),
    ("devel", Scope::Development),
    ("develop", Scope::Development),
    ("development", Scope::Development),
    ("local", Scope::Development),
    ("debug", Scope::Development),
    ("lint", Scope::Development),
    ("linting", Scope::Development),
    ("linters", Scope::Development),
    ("format", Scope::Development),
    ("style", Scope::Development),
    ("typing", Scope::Development),
    ("types", Scope::Development),
    ("typecheck", Scope::Development),
    ("mypy", Scope::Development),
    ("doc", Scope::Development),
    ("docs", Scope::Development),
    ("documentation", Scope::Development),
    ("ci", Scope::Development),
    ("tools", Scope::Development),
    ("build", Scope::Build),
    ("optional", Scope::Optional),
];

/// What the packages of a group are for, by the words of its name; `other` where the name says nothing.
fn scope_of(name: &str, other: Scope) -> Scope {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.find_map(|word| GROUP_WORDS.iter().find(|(known, _)| *known == word)).map_or(other, |(_, scope)| *scope)
}

/// Where `needle` stands inside `span`, or `span` itself.
fn locate(text: &str, span: Span, needle: &str) -> Span {
    let found = text.get(span.start..span.end).filter(|_| !needle.is_empty()).and_then(|part| part.find(needle));
    found.map_or(span, |at| Span::new(span.start + at, span.start + at + needle.len()))
}

/// Adds the requirement that `line` states; one that cannot be read is noted with `place`.
fn add(manifest: &mut Manifest, text: &str, line: &str, span: Span, scope: Scope, place: &str) {
    match pep508::read(line) {
        Some(read) => {
            let place = locate(text, span, read.name);
            manifest.push(normalise(read.name), scope, read.requirement(), read.pin(), place);
        }
        None => manifest.unread.push(format!("{place}: not a requirement: {}", clipped(line))),
    }
}

/// Adds every text of a list as a requirement.
fn add_list(manifest: &mut Manifest, text: &str, list: &Node, scope: Scope, place: &str) {
    for item in list.items() {
        match item.as_str() {
            Some(line) => add(manifest, text, line, item.span, scope, place),
            // `{include-group = "…"}`: its entries are read where they stand.
            None if item.get("include-group").is_some() => {}
            None => manifest.unread.push(format!("{place}: entry is not a text")),
        }
    }
}

fn clipped(line: &str) -> String {
    line.chars().take(60).collect()
}

fn owned(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::as_str).map(str::to_owned)
}

fn runtime(manifest: &mut Manifest, requirement: &str, span: Span) {
    let (name, requirement) = ("python".to_owned(), requirement.to_owned());
    manifest.runtimes.push(RuntimeRequirement { name, requirement, span });
}

fn entry(manifest: &mut Manifest, kind: EntryKind, name: &str, target: &str, span: Span) {
    let (name, target) = (name.to_owned(), target.to_owned());
    manifest.entry_points.push(EntryPoint { kind, name, target, span });
}

/// A named task: a text, a list of steps, or a table that holds one of them under a usual key.
fn task(node: &Node) -> String {
    const KEYS: &[&str] =
        &["cmd", "shell", "script", "call", "reference", "callable", "composite", "sequence", "chain"];
    let inner = KEYS.iter().find_map(|key| node.get(key)).unwrap_or(node);
    let steps: Vec<&str> = inner.items().iter().filter_map(Node::as_str).collect();
    inner.as_str().map_or_else(|| steps.join(" "), str::to_owned)
}

/// Lines of the form `name = module:function`, as entry points of old setup files have them.
fn console_line(manifest: &mut Manifest, line: &str, span: Span) {
    if let Some((name, target)) = line.split_once('=') {
        entry(manifest, EntryKind::Command, name.trim(), target.trim(), span);
    }
}

/// How firm a source outside the index is: a path, a tag or commit of a repository, the address of an archive.
fn source_pin(table: &Node) -> Option<Pin> {
    if table.get("workspace").is_some() || table.get("path").is_some() || table.get("file").is_some() {
        return Some(Pin::Local);
    }
    if table.get("git").is_some() {
        let commit = ["rev", "ref"].iter().find_map(|key| table.get(key)).and_then(Node::as_str);
        let fixed = commit.is_some_and(pep508::is_commit) || table.get("tag").is_some();
        return Some(if fixed { Pin::Exact } else { Pin::Floating });
    }
    table.get("url").and_then(Node::as_str).map(pep508::pin_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups_tell_what_they_are_for() {
        let table = [
            ("dev", Scope::Development),
            ("requirements-test", Scope::Test),
            ("unit_tests", Scope::Test),
            ("Docs", Scope::Development),
            ("postgres", Scope::Optional),
            ("latest", Scope::Optional),
        ];
        for (name, scope) in table {
            assert_eq!(scope_of(name, Scope::Optional), scope, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_falls_back_to_its_span() {
        assert_eq!(locate("x = 'abc'", Span::new(4, 9), "abc"), Span::new(5, 8));
        assert_eq!(locate("x = 'abc'", Span::new(4, 9), "zzz"), Span::new(4, 9));
        assert_eq!(locate("x", Span::new(4, 9), "x"), Span::new(4, 9));
    }
}
