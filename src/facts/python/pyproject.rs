//! `pyproject.toml`: the standard tables (PEP 517, 621, 735) and those of Poetry, PDM, uv, Hatch, Rye and Flit.

use std::collections::BTreeMap;

use super::{ECOSYSTEM, add_list, entry, normalise, owned, poetry, runtime, scope_of, source_pin, task};
use crate::facts::package::{EntryKind, Manifest, Pin, Scope};
use crate::format::{FormatError, Limits, Node, Syntax, parse};

/// Lists of requirements that need no more than their place.
const LISTS: &[(&str, Scope)] = &[
    ("/build-system/requires", Scope::Build),
    ("/project/dependencies", Scope::Runtime),
    ("/tool/uv/dev-dependencies", Scope::Development),
    ("/tool/rye/dev-dependencies", Scope::Development),
    ("/tool/flit/metadata/requires", Scope::Runtime),
];

/// Tables of requirement lists by group name, with the scope of a group whose name tells nothing.
const GROUPS: &[(&str, Scope)] = &[
    ("/project/optional-dependencies", Scope::Optional),
    ("/dependency-groups", Scope::Development),
    ("/tool/pdm/dev-dependencies", Scope::Development),
    ("/tool/flit/metadata/requires-extra", Scope::Optional),
];

const ENTRIES: &[(&str, EntryKind)] = &[
    ("/project/scripts", EntryKind::Command),
    ("/project/gui-scripts", EntryKind::Command),
    ("/tool/poetry/scripts", EntryKind::Command),
    ("/tool/flit/scripts", EntryKind::Command),
    ("/tool/poe/tasks", EntryKind::Script),
    ("/tool/pdm/scripts", EntryKind::Script),
    ("/tool/rye/scripts", EntryKind::Script),
    ("/tool/taskipy/tasks", EntryKind::Script),
];

const PYTHON: &[&str] = &["/project/requires-python", "/tool/flit/metadata/requires-python"];

/// Reads a `pyproject.toml`.
pub fn pyproject(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let root = match parse(Syntax::Toml, text, &Limits::default())?.into_iter().next() {
        Some(document) => document.root,
        None => return Err(FormatError::whole("the manifest is empty")),
    };
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    identity(&mut manifest, &root);
    for (pointer, scope) in LISTS {
        if let Some(list) = root.pointer(pointer) {
            add_list(&mut manifest, text, list, *scope, &dotted(pointer));
        }
    }
    for (pointer, other) in GROUPS {
        for group in members(&root, pointer) {
            let place = format!("{}.{}", dotted(pointer), group.key);
            add_list(&mut manifest, text, &group.value, scope_of(&group.key, *other), &place);
        }
    }
    if let Some(table) = root.pointer("/tool/poetry") {
        poetry::read(&mut manifest, table);
    }
    hatch(&mut manifest, text, &root);
    workspace(&mut manifest, &root);
    sources(&mut manifest, &root);
    for (pointer, kind) in ENTRIES {
        for member in members(&root, pointer) {
            entry(&mut manifest, *kind, &member.key, &task(&member.value), member.key_span);
        }
    }
    manifest.tools.extend(members(&root, "/tool").iter().map(|tool| tool.key.clone()));
    // TOML keeps tables where they stand; the facts follow the file.
    manifest.packages.sort_by_key(|package| package.span.start);
    Ok(manifest)
}

fn members<'t>(root: &'t Node, pointer: &str) -> &'t [crate::format::Member] {
    root.pointer(pointer).map(Node::members).unwrap_or_default()
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn identity(manifest: &mut Manifest, root: &Node) {
    manifest.name = owned(root.pointer("/project/name"));
    manifest.version = owned(root.pointer("/project/version"));
    let classifiers = ["/project/classifiers", "/tool/poetry/classifiers"];
    let mut classifiers = classifiers.iter().filter_map(|at| root.pointer(at)).flat_map(Node::items);
    // The index refuses what carries such a classifier; that is its only meaning.
    let refused = classifiers.any(|item| item.as_str().is_some_and(|text| text.starts_with("Private ::")));
    let unpackaged = root.pointer("/tool/uv/package").and_then(Node::as_bool) == Some(false);
    if refused || unpackaged {
        manifest.private = Some(true);
    }
    for node in PYTHON.iter().filter_map(|at| root.pointer(at)) {
        if let Some(requirement) = node.as_str() {
            runtime(manifest, requirement, node.span);
        }
    }
    for field in root.pointer("/project/dynamic").map(Node::items).unwrap_or_default() {
        dynamic(manifest, root, field.as_str().unwrap_or_default());
    }
}

/// A field that the build back end fills in: from files that can be read too, or from code.
fn dynamic(manifest: &mut Manifest, root: &Node, field: &str) {
    if !matches!(field, "dependencies" | "optional-dependencies" | "version") {
        return;
    }
    let source = root.pointer("/tool/setuptools/dynamic").and_then(|table| table.get(field));
    let groups =
        source.into_iter().flat_map(|node| std::iter::once(node).chain(node.members().iter().map(|m| &m.value)));
    let files: Vec<String> = groups
        .filter_map(|node| node.get("file"))
        .flat_map(|file| std::iter::once(file).chain(file.items()))
        .filter_map(|file| owned(Some(file)))
        .collect();
    if files.is_empty() {
        manifest.unread.push(format!("project.{field} is computed by the build"));
    } else if field != "version" {
        manifest.includes.extend(files);
    }
}

fn hatch(manifest: &mut Manifest, text: &str, root: &Node) {
    for environment in members(root, "/tool/hatch/envs") {
        let scope = scope_of(&environment.key, Scope::Development);
        for key in ["dependencies", "extra-dependencies"] {
            if let Some(list) = environment.value.get(key) {
                add_list(manifest, text, list, scope, &format!("tool.hatch.envs.{}", environment.key));
            }
        }
        for script in environment.value.get("scripts").map(Node::members).unwrap_or_default() {
            let name = format!("{}:{}", environment.key, script.key);
            entry(manifest, EntryKind::Script, &name, &task(&script.value), script.key_span);
        }
    }
}

/// Members of a workspace; excluded globs follow with a `!`.
fn workspace(manifest: &mut Manifest, root: &Node) {
    for table in ["/tool/uv/workspace", "/tool/rye/workspace"].iter().filter_map(|at| root.pointer(at)) {
        manifest.workspace_root = true;
        for (key, sign) in [("members", ""), ("exclude", "!")] {
            let globs = table.get(key).map(Node::items).unwrap_or_default();
            manifest.workspace.extend(globs.iter().filter_map(Node::as_str).map(|glob| format!("{sign}{glob}")));
        }
    }
}

/// `[tool.uv.sources]` says where packages listed elsewhere come from.
fn sources(manifest: &mut Manifest, root: &Node) {
    let mut pins: BTreeMap<String, Pin> = BTreeMap::new();
    for source in members(root, "/tool/uv/sources") {
        let mut variants = std::iter::once(&source.value).chain(source.value.items());
        if let Some(pin) = variants.find_map(source_pin) {
            pins.insert(normalise(&source.key), pin);
        }
    }
    for package in &mut manifest.packages {
        if let Some(pin) = pins.get(&package.name) {
            package.pin = *pin;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(manifest: &Manifest) -> Vec<(&str, Scope, Pin)> {
        manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect()
    }

    fn assert_places(text: &str, manifest: &Manifest) {
        for package in &manifest.packages {
            let shown = &text[package.span.start..package.span.end];
            assert!(normalise(shown.trim_matches('"')) == package.name, "{shown} for {}", package.name);
        }
    }

    #[test]
    fn a_standard_project() {
        let text = r#"[build-system]
requires = ["hatchling>=1.0"]
[project]
name = "Acme_API"
version = "1.0"
requires-python = ">=3.11"
classifiers = ["Private :: Do Not Upload"]
dynamic = ["readme"]
dependencies = [
  "FastAPI[all]>=0.110,<1",
  # "flask==1.0",
  "typing_extensions ; python_version < '3.11'",
  "shared",
  "{{ bad }}",
]
[project.optional-dependencies]
test = ["pytest==8.0"]
postgres = ["psycopg~=3.1"]
[project.scripts]
acme = "acme.cli:main"
[dependency-groups]
dev = ["ruff", {include-group = "test"}]
test = ["coverage>=7"]
[tool.uv]
dev-dependencies = ["mypy"]
[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/old"]
[tool.uv.sources]
Shared = { workspace = true }
[tool.hatch.envs.docs]
dependencies = ["mkdocs"]
scripts.serve = "mkdocs serve"
[tool.poe.tasks]
lint = { cmd = "ruff check" }
"#;
        let manifest = pyproject("pyproject.toml", text).unwrap();
        let expected = [
            ("hatchling", Scope::Build, Pin::Floating),
            ("fastapi", Scope::Runtime, Pin::Range),
            ("typing-extensions", Scope::Runtime, Pin::Unstated),
            ("shared", Scope::Runtime, Pin::Local),
            ("pytest", Scope::Test, Pin::Exact),
            ("psycopg", Scope::Optional, Pin::Range),
            ("ruff", Scope::Development, Pin::Unstated),
            ("coverage", Scope::Test, Pin::Floating),
            ("mypy", Scope::Development, Pin::Unstated),
            ("mkdocs", Scope::Development, Pin::Unstated),
        ];
        assert_eq!(seen(&manifest), expected);
        assert_places(text, &manifest);
        assert_eq!((manifest.name.as_deref(), manifest.private), (Some("Acme_API"), Some(true)));
        assert!(manifest.workspace_root);
        assert_eq!(manifest.workspace, ["packages/*", "!packages/old"]);
        assert_eq!(manifest.runtimes[0].requirement, ">=3.11");
        assert_eq!(manifest.tools, ["uv", "hatch", "poe"]);
        assert_eq!(manifest.unread, ["project.dependencies: not a requirement: {{ bad }}"]);
        let entries: Vec<_> =
            manifest.entry_points.iter().map(|e| (e.kind, e.name.as_str(), e.target.as_str())).collect();
        let expected = [
            (EntryKind::Script, "docs:serve", "mkdocs serve"),
            (EntryKind::Command, "acme", "acme.cli:main"),
            (EntryKind::Script, "lint", "ruff check"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_poetry_project() {
        let text = r#"[tool.poetry]
name = "acme"
version = "0.1.0"
package-mode = false
[tool.poetry.dependencies]
python = "^3.11"
django = "4.2.1"
celery = { version = "^5.3", extras = ["redis"] }
boto3 = "*"
lib = { path = "../lib", develop = true }
tool = { git = "https://git.example/t.git", branch = "main" }
tagged = { git = "https://git.example/t.git", tag = "v1" }
extra = { version = ">=1", optional = true }
many = [{ version = "1.0", python = "<3.12" }, { version = "^2", python = ">=3.12" }]
[tool.poetry.group.test.dependencies]
pytest = "^8"
[tool.poetry.group.jobs.dependencies]
ipython = "*"
[tool.poetry.dev-dependencies]
black = "^24"
[tool.poetry.scripts]
serve = "acme:main"
"#;
        let manifest = pyproject("pyproject.toml", text).unwrap();
        let expected = [
            ("django", Scope::Runtime, Pin::Exact),
            ("celery", Scope::Runtime, Pin::Range),
            ("boto3", Scope::Runtime, Pin::Floating),
            ("lib", Scope::Runtime, Pin::Local),
            ("tool", Scope::Runtime, Pin::Floating),
            ("tagged", Scope::Runtime, Pin::Exact),
            ("extra", Scope::Optional, Pin::Floating),
            ("many", Scope::Runtime, Pin::Range),
            ("pytest", Scope::Test, Pin::Range),
            ("ipython", Scope::Development, Pin::Floating),
            ("black", Scope::Development, Pin::Range),
        ];
        assert_eq!(seen(&manifest), expected);
        assert_places(text, &manifest);
        assert_eq!((manifest.name.as_deref(), manifest.private), (Some("acme"), Some(true)));
        assert_eq!(manifest.runtimes[0].requirement, "^3.11");
        assert_eq!(manifest.entry_points[0].target, "acme:main");
    }

    #[test]
    fn computed_fields_are_said() {
        let text = "[project]\nname = \"a\"\ndynamic = [\"dependencies\"]\n";
        let manifest = pyproject("pyproject.toml", text).unwrap();
        assert_eq!(manifest.unread, ["project.dependencies is computed by the build"]);
        let text = format!("{text}[tool.setuptools.dynamic]\ndependencies = {{ file = [\"requirements.txt\"] }}\n");
        let manifest = pyproject("pyproject.toml", &text).unwrap();
        assert_eq!(
            (manifest.includes.as_slice(), manifest.unread.len()),
            (["requirements.txt".to_owned()].as_slice(), 0)
        );
    }

    #[test]
    fn odd_shapes_do_no_harm() {
        let text = "project = 3\ntool = [1]\ndependency-groups = \"x\"\n";
        let manifest = pyproject("pyproject.toml", text).unwrap();
        assert!(manifest.packages.is_empty() && manifest.tools.is_empty());
        assert!(pyproject("pyproject.toml", "= broken").is_err());
    }
}
