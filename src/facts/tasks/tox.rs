//! Environments of tox, in its own ini form, in TOML, and as ini text inside TOML.
//!
//! An environment without commands has those of the base. A line for some factors (`lint: flake8`) counts where the
//! environment has them; `-` before a command says that its failure is ignored, and so it is left out.

use std::collections::BTreeMap;

use super::keyed::words;
use super::listed::{Task, Tasks};
use super::table::Listing;
use crate::format::{Limits, Node, Syntax, parse};

/// Most names that one pattern of environments (`py{38,39}-{a,b}`) stands for.
const NAMES: usize = 256;
/// How environments begin that tox knows without a section.
const PYTHONS: &str = "py";

/// The environments of `text`.
pub(super) fn read(text: &str, listing: &Listing) -> Tasks {
    let Some(syntax) = listing.syntax else { return Tasks::default() };
    let documents = parse(syntax, text, &Limits::default()).unwrap_or_default();
    let Some(root) = documents.first().and_then(|document| document.root.pointer(&listing.at)) else {
        return Tasks::default();
    };
    if syntax == Syntax::Ini {
        return of_ini(root);
    }
    match root.get("legacy_tox_ini").and_then(Node::as_str) {
        Some(text) => parse(Syntax::Ini, text, &Limits::default())
            .ok()
            .and_then(|documents| documents.first().map(|document| of_ini(&document.root)))
            .unwrap_or_default(),
        None => of_toml(root),
    }
}

/// The environments before they are told apart: commands with the factors that they are for.
#[derive(Default)]
struct Environments {
    base: Vec<String>,
    own: Vec<(String, Option<Vec<String>>)>,
    listed: Vec<String>,
    labels: BTreeMap<String, Vec<String>>,
}

fn of_ini(root: &Node) -> Tasks {
    let mut all = Environments::default();
    for member in root.members() {
        let name = member.key.strip_prefix("tox:").unwrap_or(&member.key);
        if matches!(name, "tox") {
            let listed = ["env_list", "envlist"].iter().find_map(|key| text(&member.value, key));
            all.listed = listed.map(|listed| names(&listed)).unwrap_or_default();
            for line in text(&member.value, "labels").unwrap_or_default().lines() {
                if let Some((label, envs)) = line.split_once('=') {
                    all.labels.insert(label.trim().to_owned(), names(envs));
                }
            }
        } else if name == "testenv" {
            all.base = commands(&member.value).unwrap_or_default();
        } else if let Some(env) = name.strip_prefix("testenv:") {
            let own = commands(&member.value);
            all.own.extend(names(env).into_iter().map(|name| (name, own.clone())));
        }
    }
    all.tasks()
}

fn of_toml(root: &Node) -> Tasks {
    let mut all = Environments::default();
    let lists = |node: Option<&Node>| -> Option<Vec<String>> {
        let items = node?.items();
        Some(items.iter().filter_map(words).filter(|line| !line.starts_with("- ")).collect())
    };
    let texts = |node: &Node| -> Vec<String> { node.items().iter().filter_map(Node::as_str).flat_map(names).collect() };
    all.listed = ["env_list", "envlist"].iter().find_map(|key| root.get(key)).map(texts).unwrap_or_default();
    all.base = lists(root.pointer("/env_run_base/commands")).unwrap_or_default();
    for member in root.get("labels").map(Node::members).unwrap_or_default() {
        all.labels.insert(member.key.clone(), texts(&member.value));
    }
    for member in root.get("env").map(Node::members).unwrap_or_default() {
        all.own.extend(names(&member.key).into_iter().map(|name| (name, lists(member.value.get("commands")))));
    }
    all.tasks()
}

impl Environments {
    fn tasks(self) -> Tasks {
        let mut tasks = Tasks { default: self.listed.clone(), labels: self.labels, ..Tasks::default() };
        let known = self.own.iter().map(|(name, _)| name);
        let bare: Vec<String> =
            self.listed.iter().filter(|name| !known.clone().any(|own| own == *name)).cloned().collect();
        let own = self.own.into_iter().chain(bare.into_iter().map(|name| (name, None)));
        for (name, commands) in own {
            let lines = for_factors(commands.as_ref().unwrap_or(&self.base), &name);
            tasks.named.entry(name).or_default().lines.extend(lines);
        }
        if !self.base.is_empty() {
            let lines = for_factors(&self.base, PYTHONS);
            tasks.others = Some((PYTHONS, Task { needs: Vec::new(), lines }));
            if tasks.default.is_empty() {
                tasks.default.push(PYTHONS.to_owned());
            }
        }
        tasks
    }
}

fn text(section: &Node, key: &str) -> Option<String> {
    section.get(key).and_then(Node::scalar_text)
}

fn commands(section: &Node) -> Option<Vec<String>> {
    let text = text(section, "commands")?;
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (content, more) = line.strip_suffix('\\').map_or((line, false), |content| (content, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push(' ');
                last.push_str(content.trim());
            }
            None => lines.push(content.trim().to_owned()),
        }
        goes_on = more;
    }
    Some(lines)
}

/// The lines that an environment of this name has, without their factors.
fn for_factors(lines: &[String], name: &str) -> Vec<String> {
    let own: Vec<&str> = name.split('-').collect();
    let is_factor = |letter: char| letter.is_ascii_alphanumeric() || "!-_.,{}".contains(letter);
    let mut kept = Vec::new();
    for line in lines {
        let factors = line.split_once(": ").filter(|(head, _)| !head.is_empty() && head.chars().all(is_factor));
        let (applies, command) = match factors {
            None => (true, line.as_str()),
            Some((head, command)) => {
                let has = |factor: &str| match factor.strip_prefix('!') {
                    Some(without) => !own.contains(&without),
                    None => own.contains(&factor),
                };
                (names(head).iter().any(|all| all.split('-').all(has)), command.trim())
            }
        };
        if applies && !command.starts_with("- ") && !command.starts_with('-') {
            kept.push(command.trim_start_matches(['!', ' ']).to_owned());
        }
    }
    kept
}

/// The names that a list of environments stands for, braces worked out.
fn names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    let ends = text.char_indices().map(|(at, letter)| (at, Some(letter))).chain([(text.len(), None)]);
    for (at, letter) in ends {
        match letter {
            Some('{') => depth += 1,
            Some('}') => depth = depth.saturating_sub(1),
            Some(other) if depth > 0 || !(other == ',' || other.is_whitespace()) => {}
            _ => {
                let item = text.get(start..at).unwrap_or_default().trim();
                if !item.is_empty() {
                    found.extend(unfolded(item));
                }
                start = at + 1;
            }
        }
        if found.len() > NAMES {
            break;
        }
    }
    found.truncate(NAMES);
    found
}

fn unfolded(item: &str) -> Vec<String> {
    let mut made = vec![String::new()];
    let mut rest = item;
    while let Some((before, behind)) = rest.split_once('{') {
        let (inner, behind) = behind.split_once('}').unwrap_or((behind, ""));
        let choices: Vec<&str> = inner.split(',').map(str::trim).collect();
        made = made
            .iter()
            .flat_map(|begin| choices.iter().map(move |choice| format!("{begin}{before}{choice}")))
            .take(NAMES)
            .collect();
        rest = behind;
    }
    for name in &mut made {
        name.push_str(rest);
    }
    made.retain(|name| !name.is_empty());
    made
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn tasks(syntax: &str, at: &str, text: &str) -> Tasks {
        let listing = format!("{{ path: x, read: tox, syntax: {syntax}, at: '{at}' }}");
        read(text, &serde_yaml::from_str(&listing).unwrap())
    }

    fn lines(tasks: &Tasks, name: &str) -> Vec<String> {
        tasks.find(name).map(|task| task.lines.clone()).unwrap_or_default()
    }

    const INI: &str = "[tox]\nenv_list = py{38,39}-{a,b}, typing\nlabels =\n    check = typing, py38-a\n[testenv]\ncommands =\n    pytest \\\n      -x\n    \
        b: bench\n    !b: quick\n    # no\n    - may fail\n[testenv:typing,{x,y}]\ncommands = mypy\n[testenv:empty]\ndeps = z\n";

    #[test]
    fn environments_have_their_own_commands_or_those_of_the_base() {
        let tasks = tasks("ini", "", INI);
        assert_eq!(tasks.default, ["py38-a", "py38-b", "py39-a", "py39-b", "typing"]);
        assert_eq!(tasks.labels["check"], ["typing", "py38-a"]);
        assert_eq!(lines(&tasks, "py39-b"), ["pytest -x", "bench"]);
        assert_eq!(lines(&tasks, "py312"), ["pytest -x", "quick"]);
        assert_eq!(lines(&tasks, "typing"), ["mypy"]);
        assert_eq!(lines(&tasks, "y"), ["mypy"]);
        assert_eq!(lines(&tasks, "empty"), ["pytest -x", "quick"]);
        assert!(tasks.find("other").is_none());
    }

    #[test]
    fn toml_has_lists_of_words_or_the_ini_text() {
        let native = "[tool.tox]\nenv_list = ['3.12', 'typing']\nlabels = { all = ['typing'] }\n[tool.tox.env_run_base]\ncommands = [['pytest', { replace = 'posargs' }]]\n\
            [tool.tox.env.typing]\ncommands = [['mypy', '--strict'], ['-', 'x']]\n";
        let tasks = tasks("toml", "/tool/tox", native);
        assert_eq!(lines(&tasks, "3.12"), ["pytest"]);
        assert_eq!(lines(&tasks, "typing"), ["mypy --strict"]);
        assert_eq!(tasks.labels["all"], ["typing"]);
        let legacy = format!("[tool.tox]\nlegacy_tox_ini = '''\n{INI}'''\n");
        assert_eq!(lines(&self::tasks("toml", "/tool/tox", &legacy), "typing"), ["mypy"]);
        assert!(self::tasks("toml", "/tool/tox", "[tool.x]\na = 1\n").is_empty());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a{},:! \\n\\\\é-]{0,60}") {
            let _ = (names(&text), for_factors(std::slice::from_ref(&text), &text));
        }
    }
}
