//! What a shell script says of itself: its functions, its branches by the first argument, its variables.
//!
//! `./run test` runs what `test)` or `test()` stands before, not all that `./run` could do. Read line by line and
//! tolerantly; a script that is written otherwise counts as a whole.

use std::collections::BTreeMap;

use crate::format::shell::{Command, Word, commands};

/// Most functions that are put together.
const PIECES: usize = 64;

/// The part of a script that runs when it is called with `argument`: all of it, unless it tells arguments apart.
pub(super) fn part(text: &str, argument: Option<&str>) -> String {
    let Some(argument) = argument.filter(|argument| !argument.starts_with('-') && !argument.contains('$')) else {
        return text.to_owned();
    };
    let functions = functions(text);
    let alike = argument.replace('-', "_");
    let by_name = functions.iter().find(|(name, _)| name.as_str() == argument || **name == alike).or_else(|| {
        functions.iter().find(|(name, _)| {
            name.strip_suffix(alike.as_str()).is_some_and(|before| before.ends_with(['_', '-', ':', '.']))
        })
    });
    let begin = branch(text, argument).or_else(|| by_name.filter(|_| passes_on(text)).map(|(_, body)| body.clone()));
    match begin {
        Some(begin) => with_functions(begin, &functions),
        None if tells_apart(text) || passes_on(text) && !functions.is_empty() => String::new(),
        None => text.to_owned(),
    }
}

/// Whether the first argument decides what is done.
fn tells_apart(text: &str) -> bool {
    ["case $1 ", "case \"$1\"", "case ${1", "case \"${1"].iter().any(|head| text.contains(head))
}

/// Whether the arguments are themselves a command.
fn passes_on(text: &str) -> bool {
    let runs = |line: &str| {
        let line = line.trim().trim_start_matches("exec ").trim_start_matches("eval ");
        ["\"$@\"", "$@", "\"${@", "${@", "\"$1\"", "\"${1", "\"cmd_$1\"", "$1"]
            .iter()
            .any(|begin| line.starts_with(begin))
            || line.contains("_$1\"")
            || line.contains("_${1}\"")
            || line.contains("_$1 ")
    };
    text.lines().any(runs)
}

/// The branch of a `case` for `argument`.
fn branch(text: &str, argument: &str) -> Option<String> {
    if !text.lines().any(|line| line.trim_start().starts_with("case ")) {
        return None;
    }
    let mut lines = text.lines();
    let first = lines.by_ref().find_map(|line| {
        let (labels, rest) = line.trim().split_once(')')?;
        let labels = labels.trim_start_matches('(');
        let plain = |label: &str| label.trim().trim_matches(['"', '\'']) == argument;
        labels.split('|').any(plain).then(|| rest.to_owned())
    })?;
    let mut body = String::new();
    for line in std::iter::once(first.as_str()).chain(lines) {
        let (content, ends) = line.split_once(";;").map_or((line, false), |(content, _)| (content, true));
        body.push_str(content);
        body.push('\n');
        if ends || line.trim() == "esac" {
            break;
        }
    }
    Some(body)
}

/// A piece of a script with the functions that it calls.
fn with_functions(begin: String, functions: &BTreeMap<String, String>) -> String {
    let mut pieces = vec![begin];
    let mut known: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(piece) = pieces.get(at).filter(|_| at < PIECES) {
        let called: Vec<(&String, &String)> = commands(piece)
            .iter()
            .flat_map(|command| command.words.iter().take(1))
            .filter_map(|word| functions.get_key_value(&word.text))
            .collect();
        for (name, body) in called {
            if !known.contains(&name.as_str()) {
                known.push(name);
                pieces.push(body.clone());
            }
        }
        at += 1;
    }
    pieces.join("\n")
}

/// The quoted values of `keys` in the comments at the head of a script that begin with one of `marks`: `#MISE depends=["a"]`.
pub(super) fn head_values(text: &str, marks: &[String], keys: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let comment = |line: &&str| line.is_empty() || line.starts_with(['#', '/', '-']);
    for line in text.lines().map(str::trim).take_while(comment) {
        let Some(rest) = marks.iter().find_map(|mark| line.strip_prefix(mark.as_str())) else { continue };
        let Some((key, value)) = rest.split_once('=') else { continue };
        if keys.iter().any(|known| known == key.trim()) {
            let quote = if value.contains('"') { '"' } else { '\'' };
            found.extend(value.split(quote).skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The functions of a script with their bodies.
pub(super) fn functions(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Option<(String, String, String)> = None;
    for line in text.lines() {
        if let Some((name, indent, body)) = &mut open {
            if line.strip_prefix(indent.as_str()).is_some_and(|rest| rest.starts_with(['}', ')'])) {
                found.insert(std::mem::take(name), std::mem::take(body));
                open = None;
            } else {
                body.push_str(line);
                body.push('\n');
            }
            continue;
        }
        let Some((name, rest)) = head(line) else { continue };
        if let Some((body, _)) = rest.strip_prefix('{').and_then(|rest| rest.rsplit_once('}')) {
            found.insert(name, body.trim().to_owned());
        } else {
            let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default().to_owned();
            open = Some((name, indent, rest.trim_start_matches(['{', '(']).to_owned()));
        }
    }
    found
}

/// The name of a function that a line begins, and what stands behind it.
fn head(line: &str) -> Option<(String, &str)> {
    let line = line.trim_start();
    let (name, rest) = match line.strip_prefix("function ") {
        Some(rest) => {
            let rest = rest.trim_start();
            let end = rest.find(|letter: char| !is_name(letter)).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            (name, rest.trim_start().trim_start_matches("()"))
        }
        None => line.split_once("()").map(|(name, rest)| (name.trim_end(), rest))?,
    };
    (!name.is_empty() && name.chars().all(is_name)).then(|| (name.to_owned(), rest.trim_start()))
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-:.".contains(letter)
}

/// Notes what a command assigns.
pub(super) fn assign(command: &Command, variables: &mut BTreeMap<String, String>) {
    let declares = command
        .words
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "export" | "local" | "declare" | "readonly" | "typeset"));
    let behind: &[Word] = if declares { command.words.get(1..).unwrap_or_default() } else { &[] };
    let own: &[Word] = if command.words.is_empty() { &command.assignments } else { &[] };
    for word in own.iter().chain(behind) {
        let Some((name, value)) = word.text.split_once('=') else { continue };
        let value = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')).unwrap_or(value);
        match name.strip_suffix('+') {
            Some(name) => {
                let known = variables.entry(name.to_owned()).or_default();
                known.push(' ');
                known.push_str(value);
            }
            None => drop(variables.insert(name.to_owned(), value.to_owned())),
        }
    }
}

/// The name of the variable that a word is, and nothing else.
pub(super) fn variable(word: &str) -> Option<&str> {
    let rest = word.strip_prefix('$')?;
    let name = match rest.strip_prefix('{') {
        Some(rest) => {
            let inner = rest.strip_suffix('}')?;
            inner.strip_suffix("[@]").or_else(|| inner.strip_suffix("[*]")).unwrap_or(inner)
        }
        None => rest,
    };
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!name.is_empty() && plain).then_some(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const RUN: &str = "#!/usr/bin/env bash\nhelper() { pytest; }\nfunction do_types {\n  mypy\n}\ncase \"$1\" in\n  test|t)\n    echo x\n    helper ;;\n  lint) ruff ;;\n  types) do_types ;;\nesac\n";

    #[test]
    fn an_argument_chooses_a_branch() {
        let shown = |argument: &str| {
            commands(&part(RUN, Some(argument))).iter().map(|command| command.words[0].text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(shown("t"), ["echo", "helper", "pytest"]);
        assert_eq!(shown("lint"), ["ruff"]);
        assert_eq!(shown("types"), ["do_types", "mypy"]);
        assert!(shown("deploy").is_empty());
        assert_eq!(part(RUN, None), RUN);
        assert_eq!(part("pytest \"$1\"\n", Some("x")), "pytest \"$1\"\n");
    }

    #[test]
    fn arguments_name_functions_where_they_are_passed_on() {
        let text = "test() {\n  go test\n}\nci_lint() {\n  vet\n}\n\"$@\"\n";
        assert_eq!(part(text, Some("test")).trim(), "go test");
        assert_eq!(part(text, Some("lint")).trim(), "vet");
        assert_eq!(part(text, Some("other")), "");
        let whole = "test() {\n  go test\n}\ntest\n";
        assert_eq!(part(whole, Some("test")), whole);
    }

    #[test]
    fn variables_are_noted_and_known() {
        let mut variables = BTreeMap::new();
        for command in commands("a='docker push' ; a+=\" $x\"; export b=c; d=(e \"f g\"); A=1 cmd") {
            assign(&command, &mut variables);
        }
        assert_eq!(variables["a"], "docker push  $x");
        assert_eq!(variables["b"], "c");
        assert!(variables["d"].starts_with('e'));
        assert!(!variables.contains_key("A"));
        let table = [
            ("$a", Some("a")),
            ("${a}", Some("a")),
            ("${a[@]}", Some("a")),
            ("$a/b", None),
            ("${a:-b}", None),
            ("a", None),
            ("$", None),
        ];
        for (word, name) in table {
            assert_eq!(variable(word), name, "{word}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(function |case \"\\$1\" in|esac|[a(){};|)$\"\\n é])*{0,60}") {
            let _ = (part(&text, Some("a")), functions(&text));
        }
    }
}
