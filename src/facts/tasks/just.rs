//! Justfiles: recipes with what they need and their lines.
//!
//! Recipes that are indented run line by line; one whose first line is `#!` is a script of its own, which counts when a
//! shell reads it. `{{ … }}` stays as it is written.

use super::listed::{Task, Tasks};

/// The tasks of a justfile.
pub(super) fn read(text: &str) -> Tasks {
    let mut tasks = Tasks::default();
    let mut open: Option<String> = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            let task = open.as_ref().and_then(|name| tasks.named.get_mut(name));
            if let Some(task) = task {
                recipe_line(task, line.trim());
            }
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        open = None;
        let Some((name, needs)) = head(line) else { continue };
        if tasks.default.is_empty() {
            tasks.default.push(name.clone());
        }
        // The same recipe for another system: `[unix]`, `[windows]`.
        tasks.named.entry(name.clone()).or_default().needs.extend(needs);
        open = Some(name);
    }
    tasks
}

fn recipe_line(task: &mut Task, line: &str) {
    if let Some(before) = task.lines.last_mut().filter(|before| before.ends_with('\\')) {
        before.pop();
        before.push_str(line);
        return;
    }
    let command = line.trim_start_matches(['@', '-']);
    let ignored = line.get(..line.len() - command.len()).is_some_and(|marks| marks.contains('-'));
    if !ignored && !command.is_empty() && !command.starts_with('#') {
        task.lines.push(command.to_owned());
    }
}

/// The name of a recipe, and the names of those that it needs.
fn head(line: &str) -> Option<(String, Vec<String>)> {
    if line.starts_with(['#', '[']) || line.contains(":=") {
        return None;
    }
    let colon = unquoted_colon(line)?;
    let name = line.get(..colon)?.split_whitespace().next()?.trim_start_matches('@');
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| letter.is_whitespace() || "()&'\"".contains(letter))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let needs = line.get(colon + 1..)?.split(" #").next().unwrap_or_default();
    Some((name.to_owned(), words(needs)))
}

fn unquoted_colon(line: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in line.bytes().enumerate() {
        match (quote, byte) {
            (None, b':') => return Some(at),
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn recipes_have_needs_and_lines() {
        let text = "set shell := ['bash']\nx := 'a:b'\n\n# note\n[private]\n@default:\n  just --list\n\n\
            check env='a:b' *args: lint (test env) && report # why\n    @cargo clippy \\\n      --all\n    -cargo audit\n    # none\n\n    echo\n";
        let tasks = read(text);
        assert_eq!(tasks.default, ["default"]);
        let check = tasks.find("check").cloned().unwrap_or_default();
        assert_eq!(check.needs, ["lint", "test", "env", "report"]);
        assert_eq!(check.lines, ["cargo clippy --all", "echo"]);
        assert_eq!(tasks.named.len(), 2);
    }

    #[test]
    fn a_recipe_may_be_written_once_for_each_system() {
        let tasks = read("[unix]\ntest: lint\n  cargo test\n\n[windows]\ntest:\n  cargo test --lib\n");
        let test = tasks.find("test").cloned().unwrap_or_default();
        assert_eq!((test.needs.len(), test.lines.len()), (1, 2));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a:='\"@ #\\n\\\\\\[é-]{0,80}") {
            let _ = read(&text);
        }
    }
}
