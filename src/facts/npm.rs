//! Reads `package.json`, `lerna.json` and `pnpm-workspace.yaml`.
//!
//! Whatever npm itself gives a meaning (dependency tables, entry points, engines) becomes a fact of its own; every other
//! table at the top of a `package.json` configures some tool, so its key is kept as that tool's name and no list of
//! tools is needed here. Entries behind a catalogue stay unstated until [`resolve_catalog`] gets the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};
use crate::format::{Data, FormatError, Limits, Member, Node, Syntax, parse};
use crate::text::Span;

/// Catalogue name (`default` for the nameless one) to package name to requirement.
pub type Catalog = BTreeMap<String, BTreeMap<String, String>>;

const ECOSYSTEM: &str = "npm";

const DEPENDENCY_TABLES: &[(&str, Scope)] = &[
    ("dependencies", Scope::Runtime),
    ("devDependencies", Scope::Development),
    ("peerDependencies", Scope::Peer),
    ("optionalDependencies", Scope::Optional),
];

/// Tables that npm, its kin or the module loaders define themselves: they configure no other tool.
#[rustfmt::skip]
const OWN_TABLES: &[&str] = &[
    "author", "bin", "browser", "bugs", "bundleDependencies", "bundledDependencies", "catalog", "catalogs", "config",
    "contributors", "cpu", "dependencies", "dependenciesMeta", "devDependencies", "devEngines", "directories",
    "engines", "exports", "files", "funding", "imports", "keywords", "libc", "license", "licenses", "maintainers",
    "man", "optionalDependencies", "os", "overrides", "peerDependencies", "peerDependenciesMeta", "publishConfig",
    "repository", "resolutions", "scripts", "sideEffects", "trustedDependencies", "typesVersions", "workspaces",
];

/// Requirements that point into this repository or at the disk.
const LOCAL: &[&str] = &["workspace:", "file:", "link:", "portal:", "./", "../", "~/", "/"];

/// Shorthands and schemes of git repositories.
const GIT: &[&str] = &["github:", "gitlab:", "bitbucket:", "gist:", "git+", "git:", "git@", "ssh:"];

/// Reads a `package.json`.
pub fn package_json(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let root = object(text)?;
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    identity(&mut manifest, &root);
    for member in root.members() {
        if let Some((_, scope)) = DEPENDENCY_TABLES.iter().find(|(name, _)| *name == member.key) {
            dependencies(&mut manifest, member, *scope);
        }
    }
    bundled(&mut manifest, &root);
    entry_points(&mut manifest, &root);
    runtimes(&mut manifest, &root);
    tools(&mut manifest, &root);
    Ok(manifest)
}

/// Reads a `lerna.json`: the head of a workspace.
pub fn lerna(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let root = object(text)?;
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    manifest.workspace_root = true;
    manifest.workspace = texts(root.get("packages"));
    manifest.version = string(&root, "version").filter(|version| version != "independent");
    manifest.tools.push("lerna".to_owned());
    manifest.tools.extend(string(&root, "npmClient"));
    Ok(manifest)
}

/// Reads a `pnpm-workspace.yaml`: the head of a workspace. Its catalogues come from [`pnpm_catalog`].
pub fn pnpm_workspace(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    manifest.workspace_root = true;
    manifest.tools.push("pnpm".to_owned());
    if let Some(root) = first_document(Syntax::Yaml, text)? {
        manifest.workspace = texts(root.get("packages"));
    }
    Ok(manifest)
}

/// The catalogues of a `pnpm-workspace.yaml`; those of a `.yarnrc.yml` have the same shape.
pub fn pnpm_catalog(text: &str) -> Result<Catalog, FormatError> {
    Ok(first_document(Syntax::Yaml, text)?.map(|root| catalogs(&root)).unwrap_or_default())
}

/// The catalogues of a `package.json`, at its top or in its `workspaces`, where Bun keeps them.
pub fn package_json_catalog(text: &str) -> Result<Catalog, FormatError> {
    let root = object(text)?;
    let mut found = catalogs(&root);
    found.extend(root.get("workspaces").map(catalogs).unwrap_or_default());
    Ok(found)
}

/// Replaces `catalog:` requirements of `manifest` by what `catalog` states; entries that it lacks stay as they are.
pub fn resolve_catalog(manifest: &mut Manifest, catalog: &Catalog) {
    for package in &mut manifest.packages {
        let Some(name) = package.requirement.as_deref().and_then(|text| text.strip_prefix("catalog:")) else {
            continue;
        };
        let name = if name.is_empty() { "default" } else { name };
        if let Some(stated) = catalog.get(name).and_then(|entries| entries.get(&package.name)) {
            package.pin = pin_npm(stated);
            package.requirement = Some(stated.clone());
        }
    }
}

/// How firm a requirement of npm's grammar is.
pub fn pin_npm(requirement: &str) -> Pin {
    let text = requirement.trim();
    if text.starts_with("catalog:") {
        return Pin::Unstated;
    }
    if LOCAL.iter().any(|prefix| text.starts_with(prefix)) {
        return Pin::Local;
    }
    if let Some(alias) = text.strip_prefix("npm:").or_else(|| text.strip_prefix("jsr:")) {
        return pin_range(alias_parts(alias).1);
    }
    if let Some(patched) = text.strip_prefix("patch:") {
        let source = patched.split('#').next().unwrap_or_default().replace("%3A", ":").replace("%3a", ":");
        let inner = alias_parts(&source).1;
        return pin_range(inner.strip_prefix("npm:").unwrap_or(inner));
    }
    if text.contains('/') || GIT.iter().any(|prefix| text.starts_with(prefix)) {
        return pin_url(text);
    }
    pin_range(text)
}

/// A repository needs a full commit id, an archive that or a version in its name.
fn pin_url(text: &str) -> Pin {
    let (place, fragment) = text.split_once('#').unwrap_or((text, ""));
    if let Some(range) = fragment.strip_prefix("semver:") {
        return pin_range(range);
    }
    let names_commit = |part: &str| part.split(['/', '.', '=', '&']).any(is_commit);
    let archive = [".tgz", ".tar.gz"].iter().find_map(|end| place.strip_suffix(end)).unwrap_or_default();
    let file = archive.rsplit('/').next().unwrap_or_default();
    let names_version = file.split(['-', 'v']).any(is_full_version);
    let fixed_archive = place.starts_with("http") && (names_commit(place) || names_version);
    if names_commit(fragment) || fixed_archive { Pin::Exact } else { Pin::Floating }
}

fn pin_range(text: &str) -> Pin {
    let (mut alternatives, mut exact) = (0, true);
    for alternative in text.split("||") {
        alternatives += 1;
        match pin_comparators(alternative) {
            Pin::Floating => return Pin::Floating,
            Pin::Exact => {}
            _ => exact = false,
        }
    }
    if exact && alternatives == 1 { Pin::Exact } else { Pin::Range }
}

/// One alternative: comparators that must all hold. Without an upper bound it floats.
fn pin_comparators(text: &str) -> Pin {
    let (mut seen, mut bounded, mut exact) = (0, false, false);
    let mut operator = "";
    for word in text.split_whitespace() {
        let bare = word.trim_start_matches(['<', '>', '=', '^', '~']);
        let prefix = &word[..word.len() - bare.len()];
        if bare.is_empty() {
            operator = prefix;
            continue;
        }
        let given = if prefix.is_empty() { std::mem::take(&mut operator) } else { prefix };
        seen += 1;
        let version = bare.trim_start_matches(['v', 'V']);
        let numbered = version.starts_with(|c: char| c.is_ascii_digit());
        bounded |= numbered && !given.starts_with('>');
        exact = numbered && matches!(given, "" | "=") && is_full_version(version);
    }
    match (seen, bounded, exact) {
        (1, _, true) => Pin::Exact,
        (_, true, _) => Pin::Range,
        _ => Pin::Floating,
    }
}

fn is_full_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    core.split('.').count() == 3 && core.split('.').all(numeric)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `@scope/name@1.2` as name and requirement; a requirement alone has no name.
fn alias_parts(alias: &str) -> (&str, &str) {
    let scoped = usize::from(alias.starts_with('@'));
    match alias.get(scoped..).and_then(|rest| rest.find('@')) {
        Some(at) => (&alias[..at + scoped], &alias[at + scoped + 1..]),
        None if alias.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*".contains(c)) => ("", alias),
        None => (alias, ""),
    }
}

fn first_document(syntax: Syntax, text: &str) -> Result<Option<Node>, FormatError> {
    Ok(parse(syntax, text, &Limits::default())?.into_iter().next().map(|document| document.root))
}

fn object(text: &str) -> Result<Node, FormatError> {
    match first_document(Syntax::Json, text)? {
        Some(root) if matches!(root.data, Data::Object(_)) => Ok(root),
        Some(root) => Err(FormatError::at("the manifest is not an object", root.span.start)),
        None => Err(FormatError::whole("the manifest is empty")),
    }
}

fn string(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.as_str().map(str::to_owned)
}

/// The texts of a list, or one text alone.
fn texts(node: Option<&Node>) -> Vec<String> {
    let nodes = node.into_iter().flat_map(|node| std::iter::once(node).chain(node.items()));
    nodes.filter_map(Node::as_str).map(str::to_owned).collect()
}

fn catalogs(root: &Node) -> Catalog {
    let table = |node: &Node| -> BTreeMap<String, String> {
        node.members().iter().filter_map(|entry| Some((entry.key.clone(), entry.value.scalar_text()?))).collect()
    };
    let mut found = Catalog::new();
    if let Some(node) = root.get("catalog") {
        found.insert("default".to_owned(), table(node));
    }
    for entry in root.get("catalogs").map(Node::members).unwrap_or_default() {
        found.entry(entry.key.clone()).or_default().extend(table(&entry.value));
    }
    found
}

fn identity(manifest: &mut Manifest, root: &Node) {
    manifest.name = string(root, "name");
    manifest.version = string(root, "version");
    manifest.private = root.get("private").and_then(Node::as_bool);
    if let Some(node) = root.get("workspaces") {
        manifest.workspace_root = true;
        manifest.workspace = texts(Some(node.get("packages").unwrap_or(node)));
    }
}

fn dependencies(manifest: &mut Manifest, table: &Member, scope: Scope) {
    if !matches!(table.value.data, Data::Object(_)) {
        manifest.unread.push(format!("{} is not an object", table.key));
        return;
    }
    for entry in table.value.members() {
        let Some(requirement) = entry.value.as_str() else {
            manifest.unread.push(format!("{}.{} is not a text", table.key, entry.key));
            continue;
        };
        // An alias installs another package than the key says: that package is the fact, and the value names it.
        let alias = requirement.trim().strip_prefix("npm:").map(|alias| alias_parts(alias).0).unwrap_or_default();
        let (name, span) =
            if alias.is_empty() { (entry.key.as_str(), entry.key_span) } else { (alias, entry.value.span) };
        manifest.push(name, scope, Some(requirement.to_owned()), pin_npm(requirement), span);
    }
}

/// Bundled packages are usually listed as dependencies too; only those that are not get an entry.
fn bundled(manifest: &mut Manifest, root: &Node) {
    let mut known: BTreeSet<String> = manifest.packages.iter().map(|package| package.name.clone()).collect();
    for key in ["bundledDependencies", "bundleDependencies"] {
        for item in root.get(key).map(Node::items).unwrap_or_default() {
            if let Some(name) = item.as_str().filter(|name| known.insert((*name).to_owned())) {
                manifest.push(name, Scope::Runtime, None, Pin::Unstated, item.span);
            }
        }
    }
}

fn entry_points(manifest: &mut Manifest, root: &Node) {
    let mut add = |kind, name: &str, target: &Node, span: Span| {
        if let Some(target) = target.as_str() {
            let (name, target) = (name.to_owned(), target.to_owned());
            manifest.entry_points.push(EntryPoint { kind, name, target, span });
        }
    };
    let own_name = root.get("name").and_then(Node::as_str).unwrap_or_default();
    for member in root.members() {
        let (value, span) = (&member.value, member.key_span);
        match member.key.as_str() {
            "bin" => {
                add(EntryKind::Command, own_name.rsplit('/').next().unwrap_or_default(), value, span);
                value.members().iter().for_each(|bin| add(EntryKind::Command, &bin.key, &bin.value, bin.key_span));
            }
            "main" | "module" => add(EntryKind::Library, "", value, span),
            "exports" => exports(value, span, "", &mut |name, target, at| add(EntryKind::Library, name, target, at)),
            "scripts" => {
                for script in value.members() {
                    add(EntryKind::Script, &script.key, &script.value, script.key_span);
                }
            }
            _ => {}
        }
    }
}

/// The leaves of `exports`; their name is the subpath (`.`, `./feature`), whatever conditions stand below it.
fn exports(node: &Node, span: Span, name: &str, add: &mut dyn FnMut(&str, &Node, Span)) {
    add(name, node, span);
    for item in node.items() {
        exports(item, item.span, name, add);
    }
    for member in node.members() {
        let below = if member.key.starts_with('.') { member.key.as_str() } else { name };
        exports(&member.value, member.key_span, below, add);
    }
}

fn runtimes(manifest: &mut Manifest, root: &Node) {
    let mut add = |name: &str, requirement: Option<&str>, span: Span| {
        if let Some(requirement) = requirement {
            let (name, requirement) = (name.to_owned(), requirement.to_owned());
            manifest.runtimes.push(RuntimeRequirement { name, requirement, span });
        }
    };
    for table in ["engines", "volta"] {
        for entry in root.get(table).map(Node::members).unwrap_or_default() {
            if entry.key != "extends" {
                add(&entry.key, entry.value.as_str(), entry.key_span);
            }
        }
    }
    for key in ["runtime", "packageManager"] {
        let Some(node) = root.get("devEngines").and_then(|table| table.get(key)) else { continue };
        for engine in std::iter::once(node).chain(node.items()) {
            if let Some(name) = engine.get("name").and_then(Node::as_str) {
                add(name, engine.get("version").and_then(Node::as_str), engine.span);
            }
        }
    }
    if let Some((node, name, version)) = package_manager(root) {
        add(name, Some(version), node.span);
    }
}

/// `pnpm@9.1.0+sha512.…` with its name and version.
fn package_manager(root: &Node) -> Option<(&Node, &str, &str)> {
    let node = root.get("packageManager")?;
    let (name, version) = node.as_str()?.split_once('@')?;
    Some((node, name, version))
}

fn tools(manifest: &mut Manifest, root: &Node) {
    manifest.tools.extend(package_manager(root).map(|(_, name, _)| name.to_owned()));
    for member in root.members() {
        let table = matches!(member.value.data, Data::Object(_) | Data::Array(_));
        if table && !OWN_TABLES.contains(&member.key.as_str()) {
            manifest.tools.push(member.key.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn pins() {
        let table = [
            ("1.2.3", Pin::Exact),
            ("=1.2.3", Pin::Exact),
            ("v1.2.3-beta.1+5", Pin::Exact),
            ("1.2", Pin::Range),
            ("1.x", Pin::Range),
            ("^1.2.3", Pin::Range),
            ("~1", Pin::Range),
            (">=1 <2", Pin::Range),
            (">= 1.0 < 2", Pin::Range),
            ("1.0.0 - 2.0.0", Pin::Range),
            ("1.2.3 || 1.2.4", Pin::Range),
            ("<2", Pin::Range),
            ("", Pin::Floating),
            ("*", Pin::Floating),
            ("x", Pin::Floating),
            ("latest", Pin::Floating),
            ("next", Pin::Floating),
            (">=1", Pin::Floating),
            ("> 1.2", Pin::Floating),
            ("^1 || >=3", Pin::Floating),
            ("^1 || *", Pin::Floating),
            ("workspace:*", Pin::Local),
            ("file:../x", Pin::Local),
            ("link:./x", Pin::Local),
            ("../x", Pin::Local),
            ("catalog:", Pin::Unstated),
            ("catalog:react18", Pin::Unstated),
            ("npm:real@1.2.3", Pin::Exact),
            ("npm:@a/real@^1.2.3", Pin::Range),
            ("npm:@a/real", Pin::Floating),
            ("patch:left@npm%3A1.0.0#~/.yarn/patches/left.patch", Pin::Exact),
            ("owner/repo", Pin::Floating),
            ("git+https://git.example/a.git#v1.2.3", Pin::Floating),
            ("git+https://git.example/a.git#semver:^1.2", Pin::Range),
            ("https://cdn.example/xlsx-0.20.3.tgz", Pin::Exact),
            ("https://cdn.example/xlsx.tgz", Pin::Floating),
        ];
        for (requirement, pin) in table {
            assert_eq!(pin_npm(requirement), pin, "{requirement}");
        }
        assert_eq!(pin_npm(&format!("github:owner/repo#{SHA}")), Pin::Exact);
        assert_eq!(pin_npm(&format!("git+ssh://git@git.example/a.git#{SHA}")), Pin::Exact);
        assert_eq!(pin_npm(&format!("https://git.example/a/tar.gz/{SHA}")), Pin::Exact);
    }

    #[test]
    fn a_service() {
        let text = r#"{
  "name": "@acme/api", "version": "1.0.0", "private": true,
  "packageManager": "pnpm@9.1.0+sha512.aa",
  "bin": "cli.js", "main": "dist/index.js",
  "exports": { ".": { "import": "./a.mjs", "require": "./a.cjs" }, "./b": "./b.js" },
  "scripts": { "start": "node dist/index.js" },
  "engines": { "node": ">=20" },
  "dependencies": { "express": "^4.19.0", "old": "npm:@real/new@1.2.3", "bad": 7, "ui": "workspace:*" },
  "devDependencies": { "vitest": "latest" },
  "peerDependencies": { "react": ">=18" },
  "optionalDependencies": { "fsevents": "2.3.3" },
  "bundledDependencies": ["express", "left"],
  "jest": { "bail": true }, "type": "module"
}"#;
        let manifest = package_json("api/package.json", text).unwrap();
        assert_eq!(manifest.name.as_deref(), Some("@acme/api"));
        assert_eq!((manifest.private, manifest.workspace_root), (Some(true), false));
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("express", Scope::Runtime, Pin::Range),
            ("@real/new", Scope::Runtime, Pin::Exact),
            ("ui", Scope::Runtime, Pin::Local),
            ("vitest", Scope::Development, Pin::Floating),
            ("react", Scope::Peer, Pin::Floating),
            ("fsevents", Scope::Optional, Pin::Exact),
            ("left", Scope::Runtime, Pin::Unstated),
        ];
        assert_eq!(seen, expected);
        for package in &manifest.packages {
            let shown = &text[package.span.start..package.span.end];
            assert!(shown.contains(&package.name) && !shown.contains('\n'), "{shown}");
        }
        let express = manifest.packages[0].span;
        assert!(express.contains(text.find("express").unwrap()) && express.len() <= 9);
        assert_eq!(manifest.unread, ["dependencies.bad is not a text"]);
        assert_eq!(manifest.tools, ["pnpm", "jest"]);
        let runtimes: Vec<_> = manifest.runtimes.iter().map(|r| (r.name.as_str(), r.requirement.as_str())).collect();
        assert_eq!(runtimes, [("node", ">=20"), ("pnpm", "9.1.0+sha512.aa")]);
        let entries: Vec<_> =
            manifest.entry_points.iter().map(|e| (e.kind, e.name.as_str(), e.target.as_str())).collect();
        let expected = [
            (EntryKind::Command, "api", "cli.js"),
            (EntryKind::Library, "", "dist/index.js"),
            (EntryKind::Library, ".", "./a.mjs"),
            (EntryKind::Library, ".", "./a.cjs"),
            (EntryKind::Library, "./b", "./b.js"),
            (EntryKind::Script, "start", "node dist/index.js"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn workspaces() {
        let list = package_json("package.json", r#"{"workspaces": ["apps/*", "!apps/old"]}"#).unwrap();
        assert!(list.workspace_root);
        assert_eq!(list.workspace, ["apps/*", "!apps/old"]);
        let table = package_json("package.json", r#"{"workspaces": {"packages": ["libs/*"]}}"#).unwrap();
        assert_eq!(table.workspace, ["libs/*"]);
        assert_eq!(lerna("lerna.json", r#"{"packages": ["p/*"]}"#).unwrap().workspace, ["p/*"]);
    }

    #[test]
    fn catalogues() {
        let yaml = "packages:\n  - 'apps/*'\ncatalog:\n  zod: 3.22.0\ncatalogs:\n  old:\n    react: ^17.0.0\n";
        assert_eq!(pnpm_workspace("pnpm-workspace.yaml", yaml).unwrap().workspace, ["apps/*"]);
        let text = r#"{"dependencies": {"zod": "catalog:", "react": "catalog:old", "vue": "catalog:"}}"#;
        let mut manifest = package_json("package.json", text).unwrap();
        resolve_catalog(&mut manifest, &pnpm_catalog(yaml).unwrap());
        let pins: Vec<_> = manifest.packages.iter().map(|p| p.pin).collect();
        assert_eq!(pins, [Pin::Exact, Pin::Range, Pin::Unstated]);
        let bun = package_json_catalog(r#"{"workspaces": {"catalog": {"zod": "1.0.0"}}}"#).unwrap();
        assert_eq!(bun["default"]["zod"], "1.0.0");
    }

    #[test]
    fn other_shapes_are_refused_or_noted() {
        for text in ["[]", "\"text\"", "3", "null", "", "{"] {
            assert!(package_json("package.json", text).is_err(), "{text}");
        }
        let manifest = package_json("package.json", r#"{"dependencies": ["a"], "scripts": 3, "bin": []}"#).unwrap();
        assert_eq!(manifest.unread, ["dependencies is not an object"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = (pin_npm(&text), pin_npm(&format!("npm:@{text}")), pin_npm(&format!("patch:{text}")));
            let _ = package_json("package.json", &text);
        }
    }
}
