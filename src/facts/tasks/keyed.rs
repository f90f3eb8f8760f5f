//! Tasks that are members of a table: scripts of `package.json`, `[tool.poe.tasks]`, `Taskfile.yml`.
//!
//! Where the table stands, and which members of a task hold its commands, is said by `rules/tasks.yml`. A list of lists
//! is a list of commands, each of words.

use super::listed::{Task, Tasks};
use super::table::Listing;
use crate::format::{Data, Limits, Node, parse};

/// Deepest nesting of a task's own lists and objects.
const DEPTH: usize = 6;

/// The tasks of `text`.
pub(super) fn read(text: &str, listing: &Listing) -> Tasks {
    let mut tasks = Tasks::default();
    let Some(syntax) = listing.syntax else { return tasks };
    let documents = parse(syntax, text, &Limits::default()).unwrap_or_default();
    if let Some(document) = documents.first() {
        let steps: Vec<&str> = listing.at.split('/').skip(1).collect();
        walk(&document.root, &steps, "", &listing.lines, &mut tasks);
    }
    tasks.default = tasks.named.keys().filter(|name| *name == "default").cloned().collect();
    tasks
}

fn walk(node: &Node, steps: &[&str], group: &str, keys: &[String], tasks: &mut Tasks) {
    match steps.split_first() {
        None => {
            for member in node.members() {
                let mut lines = Vec::new();
                collect(&member.value, keys, DEPTH, &mut lines);
                tasks.named.insert(format!("{group}{}", member.key), Task { needs: Vec::new(), lines });
            }
        }
        Some((&"*", rest)) => {
            for member in node.members() {
                // The group that needs no name has its tasks under their own.
                let group = if member.key == "default" { String::new() } else { format!("{}:", member.key) };
                walk(&member.value, rest, &group, keys, tasks);
            }
        }
        Some((name, rest)) => node.get(name).into_iter().for_each(|node| walk(node, rest, group, keys, tasks)),
    }
}

fn collect(node: &Node, keys: &[String], depth: usize, lines: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match &node.data {
        Data::String(line) | Data::Opaque(line) => lines.push(line.clone()),
        Data::Array(items) => {
            for item in items {
                match words(item) {
                    Some(line) => lines.push(line),
                    None => collect(item, keys, depth - 1, lines),
                }
            }
        }
        Data::Object(_) => {
            for value in keys.iter().filter_map(|key| node.get(key)) {
                collect(value, keys, depth - 1, lines);
            }
        }
        _ => {}
    }
}

/// A list of texts as one command.
pub(super) fn words(node: &Node) -> Option<String> {
    let items = node.items();
    let words: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
    let quoted =
        |word: &&str| if word.contains(char::is_whitespace) { format!("'{word}'") } else { (*word).to_owned() };
    (!words.is_empty()).then(|| words.iter().map(quoted).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn listing(written: &str) -> Listing {
        serde_yaml::from_str(written).unwrap()
    }

    fn lines(tasks: &Tasks, name: &str) -> Vec<String> {
        tasks.find(name).map(|task| task.lines.clone()).unwrap_or_default()
    }

    #[test]
    fn tasks_are_texts_lists_and_objects() {
        let listing = listing("{ path: x, read: table, syntax: toml, at: /tool/t, lines: [cmd, sequence, deps] }");
        let text = "[tool.t]\na = 'pytest'\nb = ['lint', 'a']\nc = { sequence = ['x', { cmd = 'y z' }], deps = ['a'], help = 'no' }\n\
            d.cmd = [['mypy', '-p', 'my pkg'], ['ruff']]\ne = 1\n";
        let tasks = read(text, &listing);
        assert_eq!(lines(&tasks, "a"), ["pytest"]);
        assert_eq!(lines(&tasks, "b"), ["lint", "a"]);
        assert_eq!(lines(&tasks, "c"), ["x", "y z", "a"]);
        assert_eq!(lines(&tasks, "d"), ["mypy -p 'my pkg'", "ruff"]);
        assert!(lines(&tasks, "e").is_empty());
        assert!(read("[", &listing).is_empty());
    }

    #[test]
    fn groups_stand_before_names() {
        let listing = listing("{ path: x, read: table, syntax: toml, at: '/envs/*/scripts' }");
        let tasks = read("[envs.default.scripts]\ntest = 'pytest'\n[envs.types.scripts]\ncheck = 'mypy'\n", &listing);
        assert_eq!(lines(&tasks, "test"), ["pytest"]);
        assert_eq!(lines(&tasks, "types:check"), ["mypy"]);
    }
}
