//! `setup.py` read without running it: what is written out in the call of `setup(…)`.
//!
//! A name that is assigned once at the top of the file, to a literal, is followed; everything else is computed and
//! said to be unread.

use std::collections::BTreeMap;

use super::literal::{Kind, Token, Value, parts, tokens, until, value};
use super::{ECOSYSTEM, add, console_line, entry, runtime, scope_of};
use crate::facts::package::{EntryKind, Manifest, Scope};
use crate::format::{FormatError, Limits};
use crate::text::Span;

/// Values by the name they are assigned to.
type Names = BTreeMap<String, Named>;

/// What the top of the file assigns to a name.
struct Named {
    /// The value; computed where the name is assigned more than once.
    value: Value,
    /// Whether something may be added to the value later.
    changed: bool,
}

/// Methods that change a list or table in place.
const CHANGING: &[&str] = &["append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault"];

/// Reads a `setup.py`.
pub fn setup_py(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    let all = tokens(text);
    let names = assignments(&all);
    let Some(call) = (0..all.len()).find(|at| is_call(&all, *at)) else {
        manifest.unread.push("no call of setup".to_owned());
        return Ok(manifest);
    };
    let (arguments, _) = until(&all, call + 2, &[")"]);
    for argument in parts(arguments) {
        let argument: Vec<Token> = argument.iter().filter(|token| token.kind != Kind::Newline).cloned().collect();
        match argument.as_slice() {
            [key, equals, rest @ ..] if key.kind == Kind::Word && equals.is("=") => {
                let mut reader = Reader { manifest: &mut manifest, text, names: &names, line: key.line };
                reader.keyword(&key.text, &value(rest));
            }
            [first, ..] => manifest.unread.push(format!("line {}: computed arguments of setup", first.line)),
            [] => {}
        }
    }
    Ok(manifest)
}

fn is_call(all: &[Token], at: usize) -> bool {
    let word = |at: Option<usize>, word: &str| {
        at.and_then(|at| all.get(at)).is_some_and(|token| token.kind == Kind::Word && token.text == word)
    };
    word(Some(at), "setup") && !word(at.checked_sub(1), "def") && all.get(at + 1).is_some_and(|token| token.is("("))
}

/// What is assigned to names outside all brackets, and which of those values something changes.
fn assignments(all: &[Token]) -> Names {
    let mut names = Names::new();
    let mut depth = 0_usize;
    for (index, token) in all.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" if token.kind == Kind::Mark => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Mark => depth = depth.saturating_sub(1),
            _ => {}
        }
        if token.kind != Kind::Word {
            continue;
        }
        let mark = |ahead: usize, mark: &str| all.get(index + ahead).is_some_and(|next| next.is(mark));
        let method = all.get(index + 2).is_some_and(|next| CHANGING.contains(&next.text.as_str()));
        let first = index.checked_sub(1).and_then(|at| all.get(at)).is_none_or(|before| before.kind == Kind::Newline);
        let assigned = depth == 0 && first && mark(1, "=") && !mark(2, "=");
        let added = (mark(1, "+") && mark(2, "=")) || (mark(1, ".") && method) || (depth == 0 && first && mark(1, "["));
        match names.get_mut(&token.text) {
            Some(known) if assigned => known.value = Value::Computed,
            Some(known) => known.changed |= added,
            None if assigned => {
                let value = if token.leads { value(until(all, index + 2, &["\n"]).0) } else { Value::Computed };
                names.insert(token.text.clone(), Named { value, changed: false });
            }
            None => {}
        }
    }
    names
}

struct Reader<'t> {
    manifest: &'t mut Manifest,
    text: &'t str,
    names: &'t Names,
    line: usize,
}

impl<'t> Reader<'t> {
    fn keyword(&mut self, key: &str, value: &Value) {
        let named = if let Value::Name(name) = value { self.names.get(name) } else { None };
        if named.is_some_and(|named| named.changed) {
            self.computed(&format!("part of {key}"));
        }
        let value = named.map_or(value, |named| &named.value);
        match (key, value) {
            ("name", Value::Text(text, _)) => self.manifest.name = Some(text.clone()),
            ("version", Value::Text(text, _)) => self.manifest.version = Some(text.clone()),
            ("python_requires", Value::Text(text, span)) => runtime(self.manifest, text, *span),
            ("install_requires", _) => self.requirements(key, value, Scope::Runtime),
            ("setup_requires", _) => self.requirements(key, value, Scope::Build),
            ("tests_require", _) => self.requirements(key, value, Scope::Test),
            ("extras_require", Value::Table(extras)) => self.extras(extras),
            ("entry_points", Value::Table(groups)) => self.entry_points(groups),
            ("entry_points", Value::Text(_, span)) => self.entry_point_lines(*span),
            ("scripts", Value::List(_)) => self.scripts(value),
            ("name" | "version" | "python_requires" | "extras_require" | "entry_points" | "scripts", _) => {
                self.computed(key);
            }
            _ => {}
        }
    }

    fn computed(&mut self, what: &str) {
        self.manifest.unread.push(format!("line {}: {what} is computed", self.line));
    }

    /// The value behind a name that is assigned once and stays as it is.
    fn followed<'v>(&self, value: &'v Value) -> &'v Value
    where
        't: 'v,
    {
        match value {
            Value::Name(name) => {
                self.names.get(name).filter(|named| !named.changed).map_or(value, |named| &named.value)
            }
            _ => value,
        }
    }

    /// The texts of a list; a text alone has one requirement a line.
    fn texts(&mut self, what: &str, value: &Value) -> Vec<(String, Span)> {
        match self.followed(value) {
            Value::Text(text, span) => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                lines.map(|line| (line.to_owned(), *span)).collect()
            }
            Value::List(items) => {
                let mut found = Vec::new();
                let mut computed = false;
                for item in items {
                    match self.followed(item) {
                        Value::Text(text, span) => found.push((text.clone(), *span)),
                        _ => computed = true,
                    }
                }
                if computed {
                    self.computed(&format!("part of {what}"));
                }
                found
            }
            _ => {
                self.computed(what);
                Vec::new()
            }
        }
    }

    fn requirements(&mut self, what: &str, value: &Value, scope: Scope) {
        for (line, span) in self.texts(what, value) {
            add(self.manifest, self.text, &line, span, scope, what);
        }
    }

    fn extras(&mut self, extras: &[(Value, Value)]) {
        for (key, value) in extras {
            // The part behind a colon is a marker; without an extra before it, the packages are always wanted.
            let name = match self.followed(key) {
                Value::Text(name, _) => name.split(':').next().unwrap_or_default().to_owned(),
                _ => "extra".to_owned(),
            };
            let scope = if name.is_empty() { Scope::Runtime } else { scope_of(&name, Scope::Optional) };
            self.requirements(&format!("extras_require.{name}"), value, scope);
        }
    }

    fn entry_points(&mut self, groups: &[(Value, Value)]) {
        for (key, value) in groups {
            if !matches!(self.followed(key), Value::Text(name, _) if is_console(name)) {
                continue;
            }
            for (line, span) in self.texts("entry_points", value) {
                console_line(self.manifest, &line, span);
            }
        }
    }

    /// The older form: one text with `[console_scripts]` sections.
    fn entry_point_lines(&mut self, span: Span) {
        let mut console = false;
        let mut start = span.start;
        for raw in self.text.get(span.start..span.end).unwrap_or_default().split_inclusive('\n') {
            let line = raw.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
            if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                console = is_console(section.trim());
            } else if console {
                console_line(self.manifest, line, Span::new(start, start + raw.trim_end().len()));
            }
            start += raw.len();
        }
    }

    fn scripts(&mut self, value: &Value) {
        for (target, span) in self.texts("scripts", value) {
            let name = target.rsplit('/').next().unwrap_or_default();
            entry(self.manifest, EntryKind::Command, name, &target, span);
        }
    }
}

fn is_console(group: &str) -> bool {
    matches!(group, "console_scripts" | "gui_scripts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::package::Pin;

    const TEXT: &str = r#"from setuptools import setup, find_packages
import os

here = os.path.dirname(__file__)
TESTS = ["pytest==8.0"]
CHANGED = ["one"]
CHANGED.append("two")
scripts = ["bin/tool"]
if os.name == "nt":
    TWICE = ["a"]
else:
    TWICE = ["b"]

def setup(x):
    pass

setup(
    name="acme",
    version=read("VERSION"),
    packages=find_packages(),
    python_requires=">=3.9",
    install_requires=[
        "Requests[socks]>=2,<3",
        # "commented==1.0",
        'attrs',
        dynamic(),
    ],
    tests_require=TESTS,
    setup_requires=CHANGED,
    extras_require={"dev": ["ruff"], ":python_version<'3'": ["enum34"], "pg": ["psycopg"] + more},
    entry_points={"console_scripts": ["acme = acme.cli:main"], "plugins": ["x = y"]},
    # as they are
    scripts=scripts,
    name=TWICE,
)
"#;

    #[test]
    fn a_library() {
        let manifest = setup_py("setup.py", TEXT).unwrap();
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("requests", Scope::Runtime, Pin::Range),
            ("attrs", Scope::Runtime, Pin::Unstated),
            ("pytest", Scope::Test, Pin::Exact),
            ("one", Scope::Build, Pin::Unstated),
            ("ruff", Scope::Development, Pin::Unstated),
            ("enum34", Scope::Runtime, Pin::Unstated),
        ];
        assert_eq!(seen, expected);
        for package in &manifest.packages {
            assert_eq!(TEXT[package.span.start..package.span.end].to_lowercase(), package.name);
        }
        assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (Some("acme"), None));
        assert_eq!(manifest.runtimes[0].requirement, ">=3.9");
        let entries: Vec<_> = manifest.entry_points.iter().map(|e| (e.name.as_str(), e.target.as_str())).collect();
        assert_eq!(entries, [("acme", "acme.cli:main"), ("tool", "bin/tool")]);
        let expected = [
            "line 19: version is computed",
            "line 22: part of install_requires is computed",
            "line 29: part of setup_requires is computed",
            "line 30: extras_require.pg is computed",
            "line 34: name is computed",
        ];
        assert_eq!(manifest.unread, expected);
    }

    #[test]
    fn older_forms() {
        let text = "setup(entry_points=\"\"\"\n[console_scripts]\nrun = a:b\n[other]\nx = y\n\"\"\", install_requires='''\na==1\nb\n''', **more)";
        let manifest = setup_py("setup.py", text).unwrap();
        let names: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.pin)).collect();
        assert_eq!(names, [("a", Pin::Exact), ("b", Pin::Unstated)]);
        let entry = &manifest.entry_points[0];
        assert_eq!((entry.name.as_str(), &text[entry.span.start..entry.span.end]), ("run", "run = a:b"));
        assert_eq!(manifest.entry_points.len(), 1);
        assert_eq!(manifest.unread, ["line 9: computed arguments of setup"]);
        assert_eq!(setup_py("setup.py", "# setup(name='a')").unwrap().unread, ["no call of setup"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)(setup\\(|install_requires=|X = |[\\[\\](){}:,'\"#\\\\\n]|\\PC)*") {
            let _ = setup_py("setup.py", &text);
            let _ = setup_py("setup.py", &format!("setup(install_requires=[{text}"));
        }
    }
}
