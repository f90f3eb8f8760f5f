//! Reads `composer.json`.
//!
//! Platform packages split in two: the language and Composer itself are versions that the manifest asks for, while
//! extensions (`ext-redis`) stay packages, because rules look for them by name.

use super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};
use crate::format::{Data, FormatError, Limits, Node, Syntax, parse};
use crate::text::Span;

/// Names in `require` that stand for a platform rather than a package.
const PLATFORMS: &[(&str, &str)] = &[
    ("php", "php"),
    ("php-64bit", "php"),
    ("hhvm", "hhvm"),
    ("composer", "composer"),
    ("composer-plugin-api", "composer"),
    ("composer-runtime-api", "composer"),
];

/// Reads a `composer.json`. The package type is kept among the tools as `type:library`.
pub fn composer_json(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let root = match parse(Syntax::Json, text, &Limits::default())?.into_iter().next() {
        Some(document) if matches!(document.root.data, Data::Object(_)) => document.root,
        Some(document) => return Err(FormatError::at("the manifest is not an object", document.root.span.start)),
        None => return Err(FormatError::whole("the manifest is empty")),
    };
    let mut manifest = Manifest::new(path, "composer");
    manifest.name = root.get("name").and_then(Node::as_str).map(str::to_ascii_lowercase);
    manifest.version = root.get("version").and_then(Node::as_str).map(str::to_owned);
    for (table, scope) in [("require", Scope::Runtime), ("require-dev", Scope::Development)] {
        requirements(&mut manifest, &root, table, scope);
    }
    commands(&mut manifest, &root);
    scripts(&mut manifest, &root);
    autoload(&mut manifest, root.get("autoload"));
    if let Some(kind) = root.get("type").and_then(Node::as_str) {
        manifest.tools.push(format!("type:{kind}"));
    }
    let extra = root.get("extra").map(Node::members).unwrap_or_default();
    let configured = extra.iter().filter(|member| member.key != "branch-alias");
    manifest.tools.extend(configured.map(|member| member.key.clone()));
    Ok(manifest)
}

/// How firm a constraint of Composer's grammar is. A bare `1.2` means exactly `1.2.0`, unlike in npm.
pub fn pin_composer(constraint: &str) -> Pin {
    let text = constraint.split(" as ").next().unwrap_or_default().trim();
    if text.is_empty() {
        return Pin::Unstated;
    }
    let (mut alternatives, mut exact) = (0, true);
    for alternative in text.split('|').filter(|part| !part.trim().is_empty()) {
        alternatives += 1;
        match pin_alternative(alternative) {
            Pin::Floating => return Pin::Floating,
            Pin::Exact => {}
            _ => exact = false,
        }
    }
    match alternatives {
        0 => Pin::Floating,
        1 if exact => Pin::Exact,
        _ => Pin::Range,
    }
}

fn pin_alternative(text: &str) -> Pin {
    let (mut seen, mut bounded, mut exact) = (0, false, false);
    let mut operator = "";
    for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        let bare = word.trim_start_matches(['<', '>', '=', '^', '~', '!']);
        let prefix = &word[..word.len() - bare.len()];
        if bare.is_empty() {
            operator = prefix;
            continue;
        }
        let given = if prefix.is_empty() { std::mem::take(&mut operator) } else { prefix };
        seen += 1;
        let fixed = matches!(given, "" | "=" | "==") && is_fixed(bare);
        let version = bare.trim_start_matches(['v', 'V']);
        let branch = version.split('@').next().is_some_and(|version| version.ends_with("-dev"));
        let numbered = version.starts_with(|c: char| c.is_ascii_digit()) && !branch;
        bounded |= fixed || (numbered && !given.starts_with('>') && !given.starts_with('!'));
        exact = fixed;
    }
    match (seen, bounded, exact) {
        (1, _, true) => Pin::Exact,
        (_, true, _) => Pin::Range,
        _ => Pin::Floating,
    }
}

/// One version, or a branch fixed to a commit (`dev-main#1a2b3c4`).
fn is_fixed(text: &str) -> bool {
    if text == "self.version" {
        return true;
    }
    if let Some((_, commit)) = text.split_once('#') {
        return commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let version = text.split('@').next().unwrap_or_default().trim_start_matches(['v', 'V']);
    let core = version.split(['-', '+']).next().unwrap_or_default();
    !version.ends_with("-dev")
        && core.starts_with(|c: char| c.is_ascii_digit())
        && core.split('.').all(|part| !part.is_empty() && !part.contains(['*', 'x', 'X']))
}

fn requirements(manifest: &mut Manifest, root: &Node, table: &str, scope: Scope) {
    let Some(node) = root.get(table) else { return };
    // PHP writes an empty table as an empty list.
    if !matches!(&node.data, Data::Object(_)) && (!node.items().is_empty() || node.scalar_text().is_some()) {
        manifest.unread.push(format!("{table} is not an object"));
    }
    for entry in node.members() {
        let Some(constraint) = entry.value.as_str() else {
            manifest.unread.push(format!("{table}.{} is not a text", entry.key));
            continue;
        };
        let name = entry.key.to_ascii_lowercase();
        if let Some((_, runtime)) = PLATFORMS.iter().find(|(platform, _)| *platform == name) {
            let (name, requirement) = ((*runtime).to_owned(), constraint.to_owned());
            manifest.runtimes.push(RuntimeRequirement { name, requirement, span: entry.key_span });
        } else {
            manifest.push(name, scope, Some(constraint.to_owned()), pin_composer(constraint), entry.key_span);
        }
    }
}

fn entry(manifest: &mut Manifest, kind: EntryKind, name: &str, target: &str, span: Span) {
    let (name, target) = (name.to_owned(), target.to_owned());
    manifest.entry_points.push(EntryPoint { kind, name, target, span });
}

/// A text alone or the texts of a list.
fn texts(node: &Node) -> impl Iterator<Item = (&str, Span)> {
    std::iter::once(node).chain(node.items()).filter_map(|item| Some((item.as_str()?, item.span)))
}

fn commands(manifest: &mut Manifest, root: &Node) {
    let Some(node) = root.get("bin") else { return };
    for (target, span) in texts(node) {
        let file = target.rsplit('/').next().unwrap_or_default();
        entry(manifest, EntryKind::Command, file.strip_suffix(".php").unwrap_or(file), target, span);
    }
}

fn scripts(manifest: &mut Manifest, root: &Node) {
    for script in root.get("scripts").map(Node::members).unwrap_or_default() {
        let steps: Vec<&str> = texts(&script.value).map(|(step, _)| step).collect();
        entry(manifest, EntryKind::Script, &script.key, &steps.join(" && "), script.key_span);
    }
}

/// What a consumer gets loaded: namespaces with their folders, class maps, files.
fn autoload(manifest: &mut Manifest, node: Option<&Node>) {
    for section in node.map(Node::members).unwrap_or_default() {
        if section.key == "exclude-from-classmap" {
            continue;
        }
        for (target, span) in texts(&section.value) {
            entry(manifest, EntryKind::Library, "", target, span);
        }
        for namespace in section.value.members() {
            for (target, _) in texts(&namespace.value) {
                entry(manifest, EntryKind::Library, &namespace.key, target, namespace.key_span);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins() {
        let table = [
            ("1.2.3", Pin::Exact),
            ("1.2", Pin::Exact),
            ("v1.2.3", Pin::Exact),
            ("=1.2.3", Pin::Exact),
            ("1.2.3@stable", Pin::Exact),
            ("dev-main#0123456789abcdef", Pin::Exact),
            ("^8.1", Pin::Range),
            ("~1.2", Pin::Range),
            ("1.*", Pin::Range),
            (">=1.0 <2.0", Pin::Range),
            (">= 1.0, < 2.0", Pin::Range),
            ("1.0 - 2.0", Pin::Range),
            ("^7.4 || ^8.0", Pin::Range),
            ("^7.4|^8.0", Pin::Range),
            ("*", Pin::Floating),
            (">=7.4", Pin::Floating),
            ("dev-main", Pin::Floating),
            ("dev-main as 1.2.3", Pin::Floating),
            ("1.x-dev", Pin::Floating),
            ("@dev", Pin::Floating),
            ("!=1.2", Pin::Floating),
            ("^1 || *", Pin::Floating),
            ("", Pin::Unstated),
        ];
        for (constraint, pin) in table {
            assert_eq!(pin_composer(constraint), pin, "{constraint}");
        }
    }

    #[test]
    fn a_library() {
        let text = r#"{
  "name": "Acme/Mailer", "type": "library", "bin": ["bin/mail.php"],
  "require": { "php": ">=8.1", "ext-redis": "*", "Monolog/monolog": "^3.0" },
  "require-dev": { "phpunit/phpunit": "10.5.1", "odd/odd": {} },
  "scripts": { "test": ["@lint", "phpunit"], "lint": "phpcs" },
  "autoload": { "psr-4": { "Acme\\": ["src/", "lib/"] }, "files": ["functions.php"] }
}"#;
        let manifest = composer_json("composer.json", text).unwrap();
        assert_eq!(manifest.name.as_deref(), Some("acme/mailer"));
        assert_eq!(manifest.tools, ["type:library"]);
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("ext-redis", Scope::Runtime, Pin::Floating),
            ("monolog/monolog", Scope::Runtime, Pin::Range),
            ("phpunit/phpunit", Scope::Development, Pin::Exact),
        ];
        assert_eq!(seen, expected);
        for package in &manifest.packages {
            assert!(text[package.span.start..package.span.end].to_ascii_lowercase().contains(&package.name));
        }
        assert_eq!(manifest.runtimes[0].name, "php");
        assert!(manifest.runtimes[0].span.contains(text.find("\"php\"").unwrap()));
        assert_eq!(manifest.unread, ["require-dev.odd/odd is not a text"]);
        let entries: Vec<_> =
            manifest.entry_points.iter().map(|e| (e.kind, e.name.as_str(), e.target.as_str())).collect();
        let expected = [
            (EntryKind::Command, "mail", "bin/mail.php"),
            (EntryKind::Script, "test", "@lint && phpunit"),
            (EntryKind::Script, "lint", "phpcs"),
            (EntryKind::Library, "Acme\\", "src/"),
            (EntryKind::Library, "Acme\\", "lib/"),
            (EntryKind::Library, "", "functions.php"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn other_shapes_are_refused_or_noted() {
        assert!(composer_json("composer.json", "[]").is_err());
        assert!(composer_json("composer.json", "\"x\"").is_err());
        assert!(composer_json("composer.json", r#"{"require": []}"#).unwrap().unread.is_empty());
        assert_eq!(composer_json("composer.json", r#"{"require": 3}"#).unwrap().unread, ["require is not an object"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = pin_composer(&text);
            let _ = composer_json("composer.json", &text);
        }
    }
}
