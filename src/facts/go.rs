//! `go.mod` and `go.work`, read line by line.
//!
//! Requirements marked `// indirect` are left out: they are what the direct ones pull in. A `replace` with a folder
//! makes the requirement local; a `tool` names a program of a module, so it counts as a development dependency of
//! that module. Lines that make no sense are passed over, as the rest of the file still says what it says.

use crate::format::{FormatError, Limits};
use crate::text::Span;

use super::package::{Manifest, Pin, RuntimeRequirement, Scope};

/// One word of a line with its place.
#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    span: Span,
}

/// One directive with its arguments; a block gives one statement a line.
struct Statement<'a> {
    verb: &'a str,
    words: Vec<Word<'a>>,
    indirect: bool,
}

/// A `require` line, indirect ones included: tools are looked up among all of them.
struct Required<'a> {
    path: &'a str,
    version: &'a str,
}

/// Reads a `go.mod`.
pub fn go_mod(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let statements = statements(text);
    let mut manifest = Manifest::new(path, "golang");
    let mut required = Vec::new();
    for statement in &statements {
        match (statement.verb, statement.words.as_slice()) {
            ("module", [name, ..]) => manifest.name = Some(name.text.to_owned()),
            ("require", [name, version, ..]) => {
                required.push(Required { path: name.text, version: version.text });
                if !statement.indirect {
                    let requirement = Some(version.text.to_owned());
                    manifest.push(name.text, Scope::Runtime, requirement, Pin::Exact, name.span);
                }
            }
            ("require", [name]) => {
                manifest.unread.push(format!("requirement {} has no version", name.text));
            }
            _ => platform(&mut manifest, statement),
        }
    }
    required.sort_by_key(|entry| entry.path);
    for statement in statements.iter().filter(|statement| statement.verb == "tool") {
        if let Some(word) = statement.words.first() {
            add_tool(&mut manifest, *word, &required);
        }
    }
    replace(&mut manifest, &statements);
    if manifest.name.is_none() {
        manifest.unread.push("no module directive".to_owned());
    }
    Ok(manifest)
}

/// Reads a `go.work`: the folders of its `use` directives become the workspace.
pub fn go_work(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let mut manifest = Manifest::new(path, "golang");
    manifest.workspace_root = true;
    for statement in statements(text) {
        match (statement.verb, statement.words.as_slice()) {
            ("use", [folder, ..]) => manifest.workspace.push(clean_folder(folder.text)),
            _ => platform(&mut manifest, &statement),
        }
    }
    Ok(manifest)
}

/// The directives that both files have.
fn platform(manifest: &mut Manifest, statement: &Statement<'_>) {
    match (statement.verb, statement.words.as_slice()) {
        ("go", [version, ..]) => manifest.runtimes.push(RuntimeRequirement {
            name: "go".to_owned(),
            requirement: version.text.to_owned(),
            span: version.span,
        }),
        ("toolchain", [name, ..]) => manifest.tools.push(format!("toolchain:{}", name.text)),
        _ => {}
    }
}

/// A program of a module: the module is the longest required path that leads to it.
fn add_tool(manifest: &mut Manifest, word: Word<'_>, required: &[Required<'_>]) {
    let mut candidate = word.text;
    let found = loop {
        if let Ok(index) = required.binary_search_by_key(&candidate, |entry| entry.path) {
            break required.get(index);
        }
        match candidate.rfind('/') {
            Some(slash) => candidate = candidate.get(..slash).unwrap_or_default(),
            None => break None,
        }
    };
    manifest.tools.push(word.text.to_owned());
    match found {
        Some(entry) => {
            let requirement = Some(entry.version.to_owned());
            manifest.push(entry.path, Scope::Development, requirement, Pin::Exact, word.span);
        }
        None => manifest.push(word.text, Scope::Development, None, Pin::Unstated, word.span),
    }
}

/// Marks requirements that are replaced by a folder.
fn replace(manifest: &mut Manifest, statements: &[Statement<'_>]) {
    let mut local: Vec<(&str, Option<&str>)> = Vec::new();
    for statement in statements.iter().filter(|statement| statement.verb == "replace") {
        let Some(arrow) = statement.words.iter().position(|word| word.text == "=>") else { continue };
        let (old, new) = statement.words.split_at(arrow);
        if let (Some(old_path), Some(target)) = (old.first(), new.get(1))
            && is_folder(target.text)
        {
            local.push((old_path.text, old.get(1).map(|word| word.text)));
        }
    }
    local.sort_unstable();
    for package in &mut manifest.packages {
        let from = local.partition_point(|(path, _)| *path < package.name.as_str());
        let mut same = local.iter().skip(from).take_while(|(path, _)| *path == package.name);
        if same.any(|(_, version)| version.is_none() || *version == package.requirement.as_deref()) {
            package.pin = Pin::Local;
        }
    }
}

fn is_folder(target: &str) -> bool {
    let target = target.replace('\\', "/");
    matches!(target.as_str(), "." | "..")
        || ["./", "../", "/"].iter().any(|prefix| target.starts_with(prefix))
        || target.get(1..3) == Some(":/")
}

fn clean_folder(folder: &str) -> String {
    let folder = folder.replace('\\', "/");
    let mut folder = folder.as_str();
    while let Some(rest) = folder.strip_prefix("./") {
        folder = rest;
    }
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// All directives of the text, blocks unfolded.
fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut statements = Vec::new();
    let mut block: Option<&str> = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let (mut words, comment) = words(line, offset);
        offset += line.len();
        let Some(first) = words.first().map(|word| word.text) else { continue };
        let verb = match block {
            Some(_) if first == ")" => {
                block = None;
                continue;
            }
            Some(verb) => verb,
            None => {
                words.remove(0);
                if words.first().is_some_and(|word| word.text == "(") {
                    words.remove(0);
                    block = Some(first);
                }
                first
            }
        };
        if words.last().is_some_and(|word| word.text == ")") {
            words.pop();
            block = None;
        }
        if !words.is_empty() {
            let indirect = comment.is_some_and(is_indirect);
            statements.push(Statement { verb, words, indirect });
        }
    }
    statements
}

/// Whether a comment is the mark `indirect`, alone or with a remark behind a semicolon.
fn is_indirect(comment: &str) -> bool {
    comment.split(';').next().is_some_and(|mark| mark.trim() == "indirect")
}

/// The words of a line that begins at `offset`, and its comment without the slashes.
fn words(line: &str, offset: usize) -> (Vec<Word<'_>>, Option<&str>) {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        let start = line.len() - rest.len();
        let Some(first) = rest.chars().next() else { return (words, None) };
        if let Some(comment) = rest.strip_prefix("//") {
            return (words, Some(comment));
        }
        let (len, inner) = match first {
            '"' | '`' => quoted(rest, first),
            '(' | ')' => (1, Span::new(0, 1)),
            _ => bare(rest),
        };
        let text = rest.get(inner.start..inner.end).unwrap_or_default();
        words.push(Word { text, span: inner.shifted(offset + start) });
        rest = rest.get(len..).unwrap_or_default();
    }
}

/// Length of a quoted word and the span of its content.
fn quoted(rest: &str, quote: char) -> (usize, Span) {
    match rest.char_indices().skip(1).find(|(_, character)| *character == quote) {
        Some((close, _)) => (close + 1, Span::new(1, close)),
        None => (rest.len(), Span::new(1, rest.trim_end().len().max(1))),
    }
}

/// Length of an unquoted word: up to white space, a parenthesis or a comment.
fn bare(rest: &str) -> (usize, Span) {
    let end = rest.find(|character: char| character.is_whitespace() || matches!(character, '(' | ')'));
    let end = end.unwrap_or(rest.len());
    let end = rest.get(..end).and_then(|word| word.find("//")).filter(|at| *at > 0).unwrap_or(end);
    (end, Span::new(0, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MODULE: &str = r#"module example.com/shop // the shop

go 1.22.3
toolchain go1.23.1

require github.com/gin-gonic/gin v1.9.1
require (
	github.com/jackc/pgx/v5 v5.5.0
	// github.com/old/thing v1.0.0
	golang.org/x/sys v0.1.0 // indirect
	golang.org/x/tools v0.20.0 // indirect; for the generator
	"example.com/shared" v0.0.0-20240101000000-abcdefabcdef
	example.com/remote v1.0.0
)

replace example.com/shared => ../shared
replace (
	example.com/remote v1.0.0 => example.com/fork v1.0.1
)

tool golang.org/x/tools/cmd/stringer
"#;

    #[test]
    fn a_module_gives_its_direct_requirements() {
        let manifest = go_mod("go.mod", MODULE).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        assert_eq!(
            found,
            [
                ("github.com/gin-gonic/gin", Scope::Runtime, Pin::Exact),
                ("github.com/jackc/pgx/v5", Scope::Runtime, Pin::Exact),
                ("example.com/shared", Scope::Runtime, Pin::Local),
                ("example.com/remote", Scope::Runtime, Pin::Exact),
                ("golang.org/x/tools", Scope::Development, Pin::Exact),
            ]
        );
        for package in &manifest.packages {
            assert!(MODULE[package.span.start..package.span.end].contains(&package.name), "{package:?}");
        }
        assert_eq!(manifest.packages[1].span.start, MODULE.find("github.com/jackc").unwrap());
        assert_eq!(manifest.packages[0].requirement.as_deref(), Some("v1.9.1"));
        assert_eq!(manifest.name.as_deref(), Some("example.com/shop"));
        assert_eq!(manifest.runtimes[0].requirement, "1.22.3");
        assert_eq!(manifest.tools, ["toolchain:go1.23.1", "golang.org/x/tools/cmd/stringer"]);
        assert!(manifest.unread.is_empty());
    }

    #[test]
    fn a_replacement_of_another_version_leaves_the_requirement_alone() {
        let text = "module m\nrequire a.b/c v1.0.0\nreplace a.b/c v0.9.0 => ./c\n";
        assert_eq!(go_mod("go.mod", text).unwrap().packages[0].pin, Pin::Exact);
    }

    #[test]
    fn a_workspace_lists_its_folders() {
        let text = "go 1.22\n\nuse (\n\t./api\n\t./libs/log/\n\t.\n)\nuse ./cli\n// use ./old\n";
        let manifest = go_work("go.work", text).unwrap();
        assert_eq!(manifest.workspace, ["api", "libs/log", ".", "cli"]);
        assert!(manifest.workspace_root);
        assert_eq!(manifest.runtimes.len(), 1);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(module |require |replace |=>|tool |\\(|\\)|\"|`|//|\n| |[a-zé./]{1,4}){0,40}") {
            let manifest = go_mod("go.mod", &text).unwrap();
            for package in &manifest.packages {
                prop_assert!(text.get(package.span.start..package.span.end).is_some());
            }
            go_work("go.work", &text).unwrap();
        }
    }
}
