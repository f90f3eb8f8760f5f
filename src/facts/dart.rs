//! `pubspec.yaml` of Dart and Flutter.
//!
//! Packages that come with an SDK (`sdk: flutter`) have no version of their own, so theirs is unstated. Overrides
//! change how firm a dependency is, and where it comes from, never that it is used.

use std::collections::HashMap;

use crate::format::{Data, FormatError, Limits, Member, Node, yaml};

use super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};

/// Platform keys of `environment` with the names they have here.
const PLATFORMS: [(&str, &str); 2] = [("sdk", "dart"), ("flutter", "flutter")];

/// Reads a `pubspec.yaml`.
pub fn pubspec_yaml(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let documents = yaml::parse(text, &Limits::default())?;
    let Some(root) = documents.first().map(|document| &document.root) else {
        return Err(FormatError::whole("no document"));
    };
    if !matches!(root.data, Data::Object(_)) {
        return Err(FormatError::whole("no mapping at the top"));
    }
    let mut manifest = Manifest::new(path, "pub");
    let scalar = |key: &str| root.get(key).and_then(Node::scalar_text);
    manifest.name = scalar("name");
    manifest.version = scalar("version");
    manifest.private = scalar("publish_to").map(|target| target == "none");
    for (table, scope) in [("dependencies", Scope::Runtime), ("dev_dependencies", Scope::Development)] {
        for member in root.get(table).map_or(&[][..], Node::members) {
            let (requirement, pin) = requirement_of(&member.value);
            manifest.push(&member.key, scope, requirement, pin, member.key_span);
        }
    }
    override_with(&mut manifest, root.get("dependency_overrides").map_or(&[][..], Node::members));
    if let Some(members) = root.get("workspace") {
        manifest.workspace_root = true;
        manifest.workspace.extend(members.items().iter().filter_map(Node::scalar_text));
    }
    read_environment(&mut manifest, root);
    read_executables(&mut manifest, root);
    if root.get("flutter").is_some() {
        manifest.tools.push("flutter".to_owned());
    }
    Ok(manifest)
}

/// The requirement of a dependency and how firm it is.
fn requirement_of(node: &Node) -> (Option<String>, Pin) {
    if node.is_opaque() {
        return (node.scalar_text(), Pin::Unstated);
    }
    if let Some(path) = node.get("path").and_then(Node::scalar_text) {
        return (Some(path), Pin::Local);
    }
    if let Some(sdk) = node.get("sdk").and_then(Node::scalar_text) {
        return (Some(format!("sdk: {sdk}")), Pin::Unstated);
    }
    if let Some(git) = node.get("git") {
        return requirement_of_git(git);
    }
    let version = if node.members().is_empty() { node.scalar_text() } else { version_in(node) };
    match version.filter(|version| !version.trim().is_empty()) {
        Some(version) => {
            let pin = pin_of(&version);
            (Some(version), pin)
        }
        None => (None, Pin::Unstated),
    }
}

fn version_in(node: &Node) -> Option<String> {
    node.get("version").and_then(Node::scalar_text)
}

/// A git dependency is firm only with a whole commit id; branches and tags can move.
fn requirement_of_git(git: &Node) -> (Option<String>, Pin) {
    let url = git.scalar_text().or_else(|| git.get("url").and_then(Node::scalar_text)).unwrap_or_default();
    match git.get("ref").and_then(Node::scalar_text) {
        Some(reference) => {
            let is_commit = reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
            (Some(format!("git+{url}#{reference}")), if is_commit { Pin::Exact } else { Pin::Floating })
        }
        None => (Some(format!("git+{url}")), Pin::Floating),
    }
}

/// How firm a version constraint is.
fn pin_of(constraint: &str) -> Pin {
    let parts: Vec<&str> = constraint.split_whitespace().collect();
    match parts.as_slice() {
        ["any"] => Pin::Floating,
        [single] if single.starts_with(|character: char| character.is_ascii_digit()) => Pin::Exact,
        _ if parts.iter().any(|part| part.starts_with(['^', '<'])) => Pin::Range,
        _ => Pin::Floating,
    }
}

/// What `dependency_overrides` says in place of the dependencies themselves.
fn override_with(manifest: &mut Manifest, overrides: &[Member]) {
    let overrides: HashMap<&str, &Node> = overrides.iter().map(|member| (member.key.as_str(), &member.value)).collect();
    for package in &mut manifest.packages {
        let Some(node) = overrides.get(package.name.as_str()) else { continue };
        let (requirement, pin) = requirement_of(node);
        if pin != Pin::Unstated {
            package.requirement = requirement;
            package.pin = pin;
        }
    }
}

fn read_environment(manifest: &mut Manifest, root: &Node) {
    let Some(environment) = root.get("environment") else { return };
    for (key, name) in PLATFORMS {
        if let Some(node) = environment.get(key)
            && let Some(requirement) = node.scalar_text()
        {
            manifest.runtimes.push(RuntimeRequirement { name: name.to_owned(), requirement, span: node.span });
        }
    }
}

/// `executables`: a name with the script in `bin/` that it runs, by default the one of the same name.
fn read_executables(manifest: &mut Manifest, root: &Node) {
    for member in root.get("executables").map_or(&[][..], Node::members) {
        let script = member.value.scalar_text().unwrap_or_else(|| member.key.clone());
        manifest.entry_points.push(EntryPoint {
            kind: EntryKind::Command,
            name: member.key.clone(),
            target: format!("bin/{script}.dart"),
            span: member.key_span,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBSPEC: &str = "\
name: shop
version: 1.2.0+3
publish_to: none
environment:
  sdk: '>=3.2.0 <4.0.0'
  flutter: '>=3.16.0'
dependencies:
  flutter:
    sdk: flutter
  dio: ^5.4.0
  # old: ^1.0.0
  exactly: 1.2.3
  anything: any
  bare:
  above: '>=1.0.0'
  core:
    path: ../core
  fork:
    git:
      url: https://example.com/fork.git
      ref: main
  hosted_one:
    hosted: https://pub.example.com
    version: ^2.0.0
dev_dependencies:
  lints: ^3.0.0
dependency_overrides:
  above: 1.4.0
executables:
  shopctl:
  shop: main
workspace:
  - packages/a
flutter:
  uses-material-design: true
";

    #[test]
    fn a_pubspec_is_read() {
        let manifest = pubspec_yaml("pubspec.yaml", PUBSPEC).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("flutter", Scope::Runtime, Pin::Unstated),
            ("dio", Scope::Runtime, Pin::Range),
            ("exactly", Scope::Runtime, Pin::Exact),
            ("anything", Scope::Runtime, Pin::Floating),
            ("bare", Scope::Runtime, Pin::Unstated),
            ("above", Scope::Runtime, Pin::Exact),
            ("core", Scope::Runtime, Pin::Local),
            ("fork", Scope::Runtime, Pin::Floating),
            ("hosted_one", Scope::Runtime, Pin::Range),
            ("lints", Scope::Development, Pin::Range),
        ];
        assert_eq!(found, expected);
        for package in &manifest.packages {
            assert_eq!(&PUBSPEC[package.span.start..package.span.end], package.name);
        }
        assert_eq!(manifest.packages[1].span.start, PUBSPEC.find("dio:").unwrap());
        assert_eq!(manifest.packages[7].requirement.as_deref(), Some("git+https://example.com/fork.git#main"));
        assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (Some("shop"), Some("1.2.0+3")));
        assert_eq!(manifest.private, Some(true));
        let runtimes: Vec<_> = manifest.runtimes.iter().map(|r| (r.name.as_str(), r.requirement.as_str())).collect();
        assert_eq!(runtimes, [("dart", ">=3.2.0 <4.0.0"), ("flutter", ">=3.16.0")]);
        let commands: Vec<_> = manifest.entry_points.iter().map(|e| (e.name.as_str(), e.target.as_str())).collect();
        assert_eq!(commands, [("shopctl", "bin/shopctl.dart"), ("shop", "bin/main.dart")]);
        assert_eq!(manifest.workspace, ["packages/a"]);
        assert_eq!(manifest.tools, ["flutter"]);
    }

    #[test]
    fn constraints_have_their_pins() {
        for (constraint, pin) in [
            ("^1.0.0", Pin::Range),
            (">=1.0.0 <2.0.0", Pin::Range),
            (">1.0.0", Pin::Floating),
            ("1.0.0-a+1", Pin::Exact),
        ] {
            assert_eq!(pin_of(constraint), pin, "{constraint}");
        }
        assert!(pubspec_yaml("pubspec.yaml", "- a list\n").is_err());
    }
}
