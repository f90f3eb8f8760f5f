//! Poetry's tables in `pyproject.toml`: its own version grammar, groups, and sources.

use std::collections::BTreeSet;

use super::{normalise, owned, pep508, runtime, scope_of, source_pin};
use crate::facts::package::{Manifest, Pin, Scope};
use crate::format::{Member, Node};

/// How firm a constraint of Poetry's grammar is. A bare version is exact; `^` and `~` are ranges.
pub fn pin_poetry(constraint: &str) -> Pin {
    let (mut alternatives, mut exact) = (0, true);
    for alternative in constraint.split('|').map(str::trim).filter(|part| !part.is_empty()) {
        alternatives += 1;
        match pin_alternative(alternative) {
            Pin::Floating => return Pin::Floating,
            Pin::Exact => {}
            _ => exact = false,
        }
    }
    match alternatives {
        0 => Pin::Unstated,
        1 if exact => Pin::Exact,
        _ => Pin::Range,
    }
}

fn pin_alternative(text: &str) -> Pin {
    if text == "*" {
        return Pin::Floating;
    }
    let glued = text.replace(", ", ",").replace("> ", ">").replace("< ", "<").replace("= ", "=").replace(' ', ",");
    let parts: Vec<&str> = glued.split(',').filter(|part| !part.is_empty()).collect();
    let bounded = |part: &&str| part.starts_with(['^', '~']) || part.ends_with(".*");
    match parts.as_slice() {
        [single] if single.starts_with(|c: char| c.is_ascii_digit()) && !single.ends_with('*') => Pin::Exact,
        [single] if single.starts_with('=') && !single.starts_with("==") => Pin::Exact,
        parts if parts.iter().any(bounded) => Pin::Range,
        _ => pep508::pin_python(&glued),
    }
}

/// Reads `[tool.poetry]`; the tables of a project under PEP 621 have been read before and win.
pub(super) fn read(manifest: &mut Manifest, poetry: &Node) {
    manifest.name = manifest.name.take().or_else(|| owned(poetry.get("name")));
    manifest.version = manifest.version.take().or_else(|| owned(poetry.get("version")));
    if poetry.get("package-mode").and_then(Node::as_bool) == Some(false) {
        manifest.private = Some(true);
    }
    if let Some(table) = poetry.get("dependencies") {
        // Beside `[project]`, this table only says where a package already listed comes from.
        let known: BTreeSet<String> = manifest.packages.iter().map(|package| package.name.clone()).collect();
        for entry in table.members().iter().filter(|entry| !known.contains(&normalise(&entry.key))) {
            dependency(manifest, entry, Scope::Runtime);
        }
    }
    for entry in poetry.get("dev-dependencies").map(Node::members).unwrap_or_default() {
        dependency(manifest, entry, Scope::Development);
    }
    for group in poetry.get("group").map(Node::members).unwrap_or_default() {
        let optional = group.value.get("optional").and_then(Node::as_bool) == Some(true);
        let other = if optional { Scope::Optional } else { Scope::Development };
        let scope = if group.key == "main" { Scope::Runtime } else { scope_of(&group.key, other) };
        for entry in group.value.get("dependencies").map(Node::members).unwrap_or_default() {
            dependency(manifest, entry, scope);
        }
    }
}

/// One `name = constraint`; a list states one constraint per environment, and the loosest decides.
fn dependency(manifest: &mut Manifest, entry: &Member, scope: Scope) {
    let stated = |node: &Node| node.as_str().or_else(|| node.get("version")?.as_str()).map(str::to_owned);
    if entry.key == "python" {
        match stated(&entry.value) {
            Some(requirement) => runtime(manifest, &requirement, entry.key_span),
            None => manifest.unread.push("tool.poetry: python version is not a text".to_owned()),
        }
        return;
    }
    let alone = std::slice::from_ref(&entry.value);
    let variants = if entry.value.items().is_empty() { alone } else { entry.value.items() };
    let optional = variants.iter().any(|node| node.get("optional").and_then(Node::as_bool) == Some(true));
    let scope = if optional { Scope::Optional } else { scope };
    let mut requirement: Vec<String> = Vec::new();
    let mut pin = Pin::Unstated;
    for (index, node) in variants.iter().enumerate() {
        let version = stated(node);
        let one = source_pin(node).or_else(|| version.as_deref().map(pin_poetry)).unwrap_or(Pin::Unstated);
        pin = if index == 0 { one } else { looser(pin, one) };
        requirement.extend(version.or_else(|| ["git", "url", "path"].iter().find_map(|key| owned(node.get(key)))));
    }
    let requirement = if requirement.is_empty() { None } else { Some(requirement.join(" || ")) };
    manifest.push(normalise(&entry.key), scope, requirement, pin, entry.key_span);
}

fn looser(one: Pin, other: Pin) -> Pin {
    let order = [Pin::Floating, Pin::Unstated, Pin::Range, Pin::Exact, Pin::Local];
    order.into_iter().find(|pin| *pin == one || *pin == other).unwrap_or(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins() {
        let table = [
            ("1.2.3", Pin::Exact),
            ("==1.2.3", Pin::Exact),
            ("= 1.2.3", Pin::Exact),
            ("^1.2", Pin::Range),
            ("~1.2", Pin::Range),
            ("~=1.2", Pin::Range),
            ("1.2.*", Pin::Range),
            (">=1,<2", Pin::Range),
            (">= 1.0, < 2.0", Pin::Range),
            (">=1.0 <2.0", Pin::Range),
            ("^1.2 || ^2.0", Pin::Range),
            ("1.0 || 2.0", Pin::Range),
            (">=1", Pin::Floating),
            ("> 1", Pin::Floating),
            ("*", Pin::Floating),
            ("^1 || *", Pin::Floating),
            ("", Pin::Unstated),
        ];
        for (constraint, pin) in table {
            assert_eq!(pin_poetry(constraint), pin, "{constraint}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = pin_poetry(&text);
        }
    }
}
