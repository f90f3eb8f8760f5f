//! `Cargo.toml`, read statically: cargo itself is never asked.
//!
//! `[workspace.dependencies]` states versions for the members and uses nothing by itself, so it adds no package; it is
//! kept as a table ([`workspace_dependencies`]) that fills in the `x.workspace = true` of members
//! ([`resolve_workspace`]). What cargo finds by looking at folders (`src/main.rs`, members by path) is not said here.

use std::collections::BTreeMap;

use crate::format::{FormatError, Limits, Member, Node, toml};
use crate::text::Span;

use super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};

/// The dependency tables with the scope of their entries; the spellings with an underscore are old ones.
const TABLES: [(&str, Scope); 5] = [
    ("dependencies", Scope::Runtime),
    ("dev-dependencies", Scope::Development),
    ("dev_dependencies", Scope::Development),
    ("build-dependencies", Scope::Build),
    ("build_dependencies", Scope::Build),
];

/// What a workspace says about one dependency of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceDependency {
    /// The name in the registry: it differs from the key where the entry says `package = "…"`.
    pub name: String,
    /// The requirement as written.
    pub requirement: Option<String>,
    /// How firm it is.
    pub pin: Pin,
    /// Its place in the manifest of the workspace.
    pub span: Span,
}

/// The entries of `[workspace.dependencies]` by key.
pub type WorkspaceDependencies = BTreeMap<String, WorkspaceDependency>;

/// Reads a `Cargo.toml`. Entries that a workspace in the same file states are resolved; others stay unstated.
pub fn cargo_toml(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let document = toml::parse(text, &Limits::default())?;
    let root = &document.root;
    let mut manifest = Manifest::new(path, "cargo");
    if let Some(workspace) = root.get("workspace") {
        read_workspace(&mut manifest, workspace);
    }
    if let Some(package) = root.get("package").or_else(|| root.get("project")) {
        read_package(&mut manifest, package, root.pointer("/workspace/package"));
    }
    read_targets(&mut manifest, root);
    read_tables(&mut manifest, root);
    for target in root.get("target").map_or(&[][..], Node::members) {
        read_tables(&mut manifest, &target.value);
    }
    resolve_workspace(&mut manifest, &table_of(root));
    Ok(manifest)
}

/// Reads the `[workspace.dependencies]` of a `Cargo.toml`.
pub fn workspace_dependencies(text: &str) -> Result<WorkspaceDependencies, FormatError> {
    Ok(table_of(&toml::parse(text, &Limits::default())?.root))
}

/// Fills in name, requirement and pin of the entries that say `workspace = true`.
pub fn resolve_workspace(manifest: &mut Manifest, table: &WorkspaceDependencies) {
    for package in &mut manifest.packages {
        if package.pin != Pin::Unstated {
            continue;
        }
        if let Some(known) = table.get(&package.name) {
            package.name.clone_from(&known.name);
            package.requirement.clone_from(&known.requirement);
            package.pin = known.pin;
        }
    }
}

fn table_of(root: &Node) -> WorkspaceDependencies {
    let members = root.pointer("/workspace/dependencies").map_or(&[][..], Node::members);
    members
        .iter()
        .map(|member| {
            let entry = Entry::read(member);
            let known = WorkspaceDependency {
                name: entry.name,
                requirement: entry.requirement,
                pin: entry.pin,
                span: entry.span,
            };
            (member.key.clone(), known)
        })
        .collect()
}

fn read_tables(manifest: &mut Manifest, tables: &Node) {
    for (name, scope) in TABLES {
        for member in tables.get(name).map_or(&[][..], Node::members) {
            let entry = Entry::read(member);
            let scope = if entry.optional { Scope::Optional } else { scope };
            manifest.push(entry.name, scope, entry.requirement, entry.pin, entry.span);
        }
    }
}

/// One line of a dependency table.
struct Entry {
    name: String,
    requirement: Option<String>,
    pin: Pin,
    optional: bool,
    span: Span,
}

impl Entry {
    fn read(member: &Member) -> Self {
        let node = &member.value;
        let renamed = node.get("package").filter(|package| package.as_str().is_some());
        let (requirement, pin) = requirement_of(node);
        Self {
            name: renamed.and_then(Node::as_str).unwrap_or(&member.key).to_owned(),
            requirement,
            pin,
            optional: node.get("optional").and_then(Node::as_bool) == Some(true),
            span: renamed.map_or(member.key_span, |package| package.span),
        }
    }
}

/// The requirement of a dependency and how firm it is.
fn requirement_of(node: &Node) -> (Option<String>, Pin) {
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let version = node.as_str().or_else(|| text("version"));
    if let Some(path) = text("path") {
        return (Some(version.unwrap_or(path).to_owned()), Pin::Local);
    }
    if let Some(git) = text("git") {
        let rev = text("rev");
        let part = rev.or_else(|| text("tag")).or_else(|| text("branch"));
        let requirement = part.map_or_else(|| format!("git+{git}"), |part| format!("git+{git}#{part}"));
        return (Some(requirement), if rev.is_some() { Pin::Exact } else { Pin::Floating });
    }
    match version {
        Some(version) => (Some(version.to_owned()), pin_of(version)),
        None => (None, Pin::Unstated),
    }
}

/// How firm a version requirement of cargo is: a bare version means "compatible with".
fn pin_of(requirement: &str) -> Pin {
    let parts: Vec<&str> = requirement.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_full = |version: &str| version.split(['-', '+']).next().is_some_and(|core| core.split('.').count() >= 3);
    let exact = |part: &&str| {
        part.strip_prefix('=').is_some_and(|version| is_full(version) && !version.contains(['*', 'x', 'X']))
    };
    if parts.iter().any(exact) {
        Pin::Exact
    } else if parts.iter().all(|part| part.starts_with('>') || matches!(*part, "*" | "x" | "X")) {
        Pin::Floating
    } else {
        Pin::Range
    }
}

fn read_workspace(manifest: &mut Manifest, workspace: &Node) {
    manifest.workspace_root = true;
    manifest.workspace.extend(strings(workspace.get("members")));
    let excluded = strings(workspace.get("exclude"));
    manifest.workspace.extend(excluded.map(|folder| format!("!{folder}")));
    for tool in workspace.get("metadata").map_or(&[][..], Node::members) {
        manifest.tools.push(tool.key.clone());
    }
    if let Some(version) = workspace.pointer("/package/rust-version") {
        push_rust(manifest, version);
    }
}

fn read_package(manifest: &mut Manifest, package: &Node, shared: Option<&Node>) {
    let value = |key: &str| inherited(package, shared, key);
    manifest.name = value("name").and_then(Node::as_str).map(str::to_owned);
    manifest.version = value("version").and_then(Node::as_str).map(str::to_owned);
    manifest.private = value("publish").and_then(|publish| match publish.as_bool() {
        Some(publish) => Some(!publish),
        None if matches!(publish.data, crate::format::Data::Array(_)) => Some(publish.items().is_empty()),
        None => None,
    });
    if let Some(version) = package.get("rust-version") {
        push_rust(manifest, version);
    }
    for tool in package.get("metadata").map_or(&[][..], Node::members) {
        manifest.tools.push(tool.key.clone());
    }
}

/// The value of a key of `[package]`, from the workspace of the same file where it says `workspace = true`.
fn inherited<'a>(package: &'a Node, shared: Option<&'a Node>, key: &str) -> Option<&'a Node> {
    let own = package.get(key)?;
    if own.get("workspace").and_then(Node::as_bool) == Some(true) { shared?.get(key) } else { Some(own) }
}

fn push_rust(manifest: &mut Manifest, version: &Node) {
    if let Some(requirement) = version.as_str() {
        let requirement = requirement.to_owned();
        manifest.runtimes.push(RuntimeRequirement { name: "rust".to_owned(), requirement, span: version.span });
    }
}

/// `[lib]`, `[[bin]]` and `default-run`.
fn read_targets(manifest: &mut Manifest, root: &Node) {
    if let Some(library) = root.member("lib") {
        manifest.entry_points.push(target_of(EntryKind::Library, &library.value, library.key_span, "src/lib.rs"));
    }
    for program in root.get("bin").map_or(&[][..], Node::items) {
        manifest.entry_points.push(target_of(EntryKind::Command, program, program.span, ""));
    }
    let default = root.pointer("/package/default-run");
    if let Some((node, name)) = default.and_then(|node| Some((node, node.as_str()?)))
        && !manifest.entry_points.iter().any(|entry| entry.kind == EntryKind::Command && entry.name == name)
    {
        let (name, target) = (name.to_owned(), String::new());
        manifest.entry_points.push(EntryPoint { kind: EntryKind::Command, name, target, span: node.span });
    }
}

fn target_of(kind: EntryKind, table: &Node, fallback: Span, default_path: &str) -> EntryPoint {
    let name = table.get("name").filter(|name| name.as_str().is_some());
    let target = table.get("path").and_then(Node::as_str).unwrap_or(default_path);
    EntryPoint {
        kind,
        name: name.and_then(Node::as_str).unwrap_or_default().to_owned(),
        target: target.to_owned(),
        span: name.map_or(fallback, |name| name.span),
    }
}

fn strings(list: Option<&Node>) -> impl Iterator<Item = String> + '_ {
    list.map_or(&[][..], Node::items).iter().filter_map(Node::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
[workspace]
members = ["crates/*"]
exclude = ["crates/old"]

[workspace.package]
rust-version = "1.85"
version = "2.0.0"

[workspace.dependencies]
serde = { version = "1.0.200", features = ["derive"] }
unused = "1"

[package]
name = "shop"
version.workspace = true
publish = false
default-run = "shopd"

[[bin]]
name = "shopctl"
path = "src/ctl.rs"

[lib]
name = "shop"

[dependencies]
serde.workspace = true
axum = "0.7"
exactly = "=1.2.3"
nearly = "=1.2"
any = "*"
above = ">=1"
between = ">=1, <3"
yaml = { package = "yaml_serde", version = "0.10" }
core = { path = "../core", version = "1" }
fork = { git = "https://example.com/fork", rev = "abc123" }
main = { git = "https://example.com/main", branch = "main" }
postgres = { version = "0.19", optional = true }
other.workspace = true

[dependencies.tokio]
version = "1"

[dev-dependencies]
insta = "1"

[build-dependencies]
cc = "1"

[target.'cfg(unix)'.dependencies]
nix = "0.29"
"#;

    #[test]
    fn every_table_is_read_with_scope_and_pin() {
        let manifest = cargo_toml("Cargo.toml", MANIFEST).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let runtime = |name, pin| (name, Scope::Runtime, pin);
        let expected = [
            runtime("serde", Pin::Range),
            runtime("axum", Pin::Range),
            runtime("exactly", Pin::Exact),
            runtime("nearly", Pin::Range),
            runtime("any", Pin::Floating),
            runtime("above", Pin::Floating),
            runtime("between", Pin::Range),
            runtime("yaml_serde", Pin::Range),
            runtime("core", Pin::Local),
            runtime("fork", Pin::Exact),
            runtime("main", Pin::Floating),
            ("postgres", Scope::Optional, Pin::Range),
            runtime("other", Pin::Unstated),
            runtime("tokio", Pin::Range),
            ("insta", Scope::Development, Pin::Range),
            ("cc", Scope::Build, Pin::Range),
            runtime("nix", Pin::Range),
        ];
        assert_eq!(found, expected);
        for package in &manifest.packages {
            assert!(MANIFEST[package.span.start..package.span.end].contains(&package.name), "{package:?}");
        }
        let axum = &manifest.packages[1];
        assert_eq!(axum.span, Span::at(MANIFEST.find("axum").unwrap()).cover(Span::at(axum.span.start + 4)));
        assert_eq!(manifest.packages[0].requirement.as_deref(), Some("1.0.200"));
        assert_eq!(manifest.packages[9].requirement.as_deref(), Some("git+https://example.com/fork#abc123"));
    }

    #[test]
    fn a_package_says_what_it_is() {
        let manifest = cargo_toml("Cargo.toml", MANIFEST).unwrap();
        assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (Some("shop"), Some("2.0.0")));
        assert_eq!(manifest.private, Some(true));
        assert!(manifest.workspace_root);
        assert_eq!(manifest.workspace, ["crates/*", "!crates/old"]);
        assert_eq!(manifest.runtimes[0].requirement, "1.85");
        let entries: Vec<_> =
            manifest.entry_points.iter().map(|e| (e.kind, e.name.as_str(), e.target.as_str())).collect();
        let expected = [
            (EntryKind::Library, "shop", "src/lib.rs"),
            (EntryKind::Command, "shopctl", "src/ctl.rs"),
            (EntryKind::Command, "shopd", ""),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_member_learns_from_its_workspace() {
        let member = "[package]\nname = \"a\"\n[dependencies]\nserde = { workspace = true, optional = true }\n";
        let mut manifest = cargo_toml("a/Cargo.toml", member).unwrap();
        assert_eq!((manifest.packages[0].pin, manifest.private), (Pin::Unstated, None));
        resolve_workspace(&mut manifest, &workspace_dependencies(MANIFEST).unwrap());
        let serde = &manifest.packages[0];
        assert_eq!((serde.pin, serde.scope), (Pin::Range, Scope::Optional));
        assert_eq!(serde.requirement.as_deref(), Some("1.0.200"));
    }

    #[test]
    fn broken_text_is_an_error() {
        assert!(cargo_toml("Cargo.toml", "[dependencies\nserde = 1").is_err());
    }
}
