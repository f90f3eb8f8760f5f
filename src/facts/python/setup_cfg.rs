//! `setup.cfg`: the declarative configuration of setuptools, and the tools that keep their settings beside it.
//!
//! Lists stand as continuation lines, so their items are read from the raw text of the value: that keeps their places.

use std::collections::BTreeSet;

use super::{ECOSYSTEM, add, console_line, runtime, scope_of};
use crate::facts::package::{Manifest, Scope};
use crate::format::{FormatError, Limits, Node, Syntax, parse};
use crate::text::Span;

/// Sections of setuptools itself and of the packaging commands.
const OWN_SECTIONS: &[&str] =
    &["metadata", "options", "egg_info", "bdist_wheel", "sdist", "aliases", "build_ext", "develop"];

const LISTS: &[(&str, Scope)] =
    &[("install_requires", Scope::Runtime), ("setup_requires", Scope::Build), ("tests_require", Scope::Test)];

/// Reads a `setup.cfg`.
pub fn setup_cfg(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let root = match parse(Syntax::Ini, text, &Limits::default())?.into_iter().next() {
        Some(document) => document.root,
        None => return Err(FormatError::whole("the manifest is empty")),
    };
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    manifest.name = literal(&mut manifest, &root, "name");
    manifest.version = literal(&mut manifest, &root, "version");
    let mut tools = BTreeSet::new();
    for section in root.members() {
        match section.key.as_str() {
            "options" => options(&mut manifest, text, &section.value),
            "options.extras_require" => {
                for extra in section.value.members() {
                    let scope = scope_of(&extra.key, Scope::Optional);
                    list(&mut manifest, text, &extra.value, scope, &format!("extras_require.{}", extra.key));
                }
            }
            "options.entry_points" => {
                for key in ["console_scripts", "gui_scripts"] {
                    for (line, span) in section.value.get(key).map(|node| lines(text, node)).unwrap_or_default() {
                        console_line(&mut manifest, line, span);
                    }
                }
            }
            name => tools.extend(tool(name)),
        }
    }
    manifest.tools.extend(tools.into_iter().map(str::to_owned));
    Ok(manifest)
}

/// A value of `[metadata]` that is written out; `attr:` and `file:` are looked up by setuptools.
fn literal(manifest: &mut Manifest, root: &Node, key: &str) -> Option<String> {
    let value = root.get("metadata")?.get(key)?.as_str()?.trim();
    if value.starts_with("attr:") || value.starts_with("file:") {
        manifest.unread.push(format!("metadata.{key} is computed"));
        return None;
    }
    Some(value.to_owned())
}

fn options(manifest: &mut Manifest, text: &str, section: &Node) {
    for option in section.members() {
        if let Some((name, scope)) = LISTS.iter().find(|(name, _)| *name == option.key) {
            list(manifest, text, &option.value, *scope, name);
        }
        if let Some(requirement) = option.value.as_str().filter(|_| option.key == "python_requires") {
            runtime(manifest, requirement.trim(), option.value.span);
        }
    }
}

fn list(manifest: &mut Manifest, text: &str, value: &Node, scope: Scope, place: &str) {
    if let Some(files) = value.as_str().and_then(|value| value.trim().strip_prefix("file:")) {
        let files = files.split([',', '\n']).map(str::trim).filter(|file| !file.is_empty());
        manifest.includes.extend(files.map(str::to_owned));
        return;
    }
    for (line, span) in lines(text, value) {
        add(manifest, text, line, span, scope, place);
    }
}

/// The lines of a value with their places, without comments and blank ones.
fn lines<'t>(text: &'t str, value: &Node) -> Vec<(&'t str, Span)> {
    let mut found = Vec::new();
    let mut start = value.span.start;
    for raw in text.get(value.span.start..value.span.end).unwrap_or_default().split_inclusive('\n') {
        let content = raw.split(" #").next().unwrap_or_default();
        let line = content.trim();
        let begin = start + content.len() - content.trim_start().len();
        if !line.is_empty() && !line.starts_with(['#', ';']) {
            found.push((line, Span::new(begin, begin + line.len())));
        }
        start += raw.len();
    }
    found
}

/// `[tool:pytest]`, `[flake8]`, `[mypy-vendor.*]`: each names its tool.
fn tool(section: &str) -> Option<&str> {
    let section = section.strip_prefix("tool:").unwrap_or(section);
    let name = section.split([':', '-', '.']).next().unwrap_or_default().trim();
    if name.is_empty() || OWN_SECTIONS.contains(&name) { None } else { Some(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::package::Pin;

    #[test]
    fn a_library() {
        let text = "[metadata]\nname = acme\nversion = attr: acme.__version__\n\n[options]\npython_requires = >=3.9\n\
install_requires =\n    Requests>=2\n    # flask\n    attrs==23.1 ; python_version < '3.12'\nsetup_requires = wheel\n\n\
[options.extras_require]\ntest =\n    pytest~=8.0\npg = psycopg\n\n[options.entry_points]\n\
console_scripts =\n    acme = acme.cli:main\n\n[tool:pytest]\naddopts = -q\n[mypy-a.*]\nx = 1\n[mypy-b]\nx = 1\n";
        let manifest = setup_cfg("setup.cfg", text).unwrap();
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("requests", Scope::Runtime, Pin::Floating),
            ("attrs", Scope::Runtime, Pin::Exact),
            ("wheel", Scope::Build, Pin::Unstated),
            ("pytest", Scope::Test, Pin::Range),
            ("psycopg", Scope::Optional, Pin::Unstated),
        ];
        assert_eq!(seen, expected);
        for package in &manifest.packages {
            assert_eq!(text[package.span.start..package.span.end].to_lowercase(), package.name);
        }
        assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (Some("acme"), None));
        assert_eq!(manifest.unread, ["metadata.version is computed"]);
        assert_eq!(manifest.runtimes[0].requirement, ">=3.9");
        assert_eq!(manifest.entry_points[0].target, "acme.cli:main");
        assert_eq!(manifest.tools, ["mypy", "pytest"]);
    }

    #[test]
    fn lists_may_stand_in_files() {
        let text = "[options]\ninstall_requires = file: requirements.txt, more.txt\n";
        assert_eq!(setup_cfg("setup.cfg", text).unwrap().includes, ["requirements.txt", "more.txt"]);
    }
}
