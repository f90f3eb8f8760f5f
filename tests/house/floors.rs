//! The order of the house: a room imports only from rooms below it, only `repo/` reads audited files, only `cli/` prints.

use std::collections::BTreeMap;
use std::path::Path;

/// Rooms by floor. `condition`'s own files are one room, and so on.
const FLOORS: &[(&str, u8)] = &[
    ("text", 1),
    ("embedded", 1),
    ("parallel", 1),
    ("repo", 2),
    ("format", 2),
    ("facts", 3),
    ("condition", 4),
    ("rule", 5),
    ("checklist", 6),
    ("config", 7),
    ("audit", 8),
    ("score", 8),
    ("repair", 9),
    ("report", 9),
    ("online", 9),
    ("cli", 10),
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            found.push((path, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    assert!(found.len() > 50, "the walk found the source");
    found
}

fn room(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The text without its tests, which may do what the rest may not.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

fn imported_rooms(text: &str) -> Vec<String> {
    text.match_indices("crate::")
        .filter(|(at, _)| !text[..*at].ends_with('$'))
        .map(|(at, _)| {
            let rest = &text[at + "crate::".len()..];
            rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect()
        })
        .collect()
}

#[test]
fn imports_run_only_downward() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = room(&path);
        let Some(&floor) = floors.get(own) else {
            assert!(matches!(own, "lib" | "main"), "src/{path} belongs to no room of the house");
            continue;
        };
        for other in imported_rooms(without_tests(&text)) {
            let below = floors.get(other.as_str()).is_some_and(|&theirs| theirs < floor);
            let beside = own == "facts" && other == "facts";
            if other != own && !below && !beside {
                wrong.push(format!("src/{path} (floor {floor}) imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn users_of(needles: &[&str], allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for line in without_tests(&text).lines().filter(|line| !line.trim_start().starts_with("//")) {
            if needles.iter().any(|needle| line.contains(needle)) && !allowed(&path) {
                wrong.push(format!("src/{path}: {}", line.trim()));
            }
        }
    }
    wrong
}

#[test]
fn only_the_repo_room_reads_audited_files() {
    // Rule folders are the user's own, and reports are written by the command line.
    let allowed = |path: &str| path.starts_with("repo/") || path == "rule/source.rs" || path == "cli/output.rs";
    let wrong = users_of(&["std::fs", "fs::read", "File::open", "WalkBuilder", "walkdir::"], allowed);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints_reads_the_environment_or_exits() {
    let allowed = |path: &str| path.starts_with("cli/") || path == "main.rs";
    let needles =
        ["println!", "eprintln!", "print!(", "stdout()", "stderr()", "std::env::", "process::exit", "Zoned::now"];
    let wrong = users_of(&needles, allowed);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rule_is_named_in_the_code() {
    let rules = prodready::rule::set::RuleSet::embedded().unwrap();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for rule in &rules.rules {
            if without_tests(&text).contains(&format!("\"{}\"", rule.id)) {
                wrong.push(format!("src/{path} names the rule {}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_with_its_reason() {
    let silent: Vec<String> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "these files do not say why they exist: {}", silent.join(", "));
}

#[test]
fn no_file_is_longer_than_a_reader_bears() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|(path, text)| (path, without_tests(&text).lines().count()))
        .filter(|(_, lines)| *lines > 700)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
