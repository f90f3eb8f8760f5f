//! A command line that runs tasks: which names does it say, and where do they stand?
//!
//! Options are skipped with their values as far as `rules/tasks.yml` knows them; a word that is no task's name does no
//! harm, for it is looked up and not found.

use super::places::base;
use super::table::{Runner, Table, Wrapper};
use crate::format::shell::{Word, is_assignment};

/// What a runner is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Call {
    pub(super) names: Vec<String>,
    pub(super) labels: Vec<String>,
    pub(super) folder: Option<String>,
    pub(super) file: Option<String>,
    pub(super) packages: Vec<String>,
    pub(super) everywhere: bool,
    /// Whether a word says something else than a name: a command of the program itself.
    pub(super) other: bool,
}

impl Call {
    /// Reads the words behind the program.
    pub(super) fn read(runner: &Runner, words: &[Word]) -> Self {
        let mut reader = Reader { runner, call: Self::default(), verb: false, named: false, group: None, done: false };
        reader.call.everywhere = runner.all_packages;
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if word.text == "--" {
                break;
            }
            if runner.idle.contains(&word.text) {
                return Self { other: true, ..Self::default() };
            }
            if word.text.starts_with('-') && word.text.len() > 1 {
                reader.option(&word.text, &mut rest);
            } else if runner.default && is_assignment(&word.text) {
                // `make CC=gcc`
            } else if runner.packages.contains(&word.text) {
                reader.call.packages.extend(rest.next().map(|word| word.text.clone()));
            } else {
                reader.word(word);
            }
        }
        let Reader { mut call, group, .. } = reader;
        if let Some(group) = group {
            call.names.iter_mut().for_each(|name| *name = format!("{group}:{name}"));
        }
        call
    }
}

struct Reader<'a> {
    runner: &'a Runner,
    call: Call,
    /// Whether a verb stood there.
    verb: bool,
    /// Whether an option for names stood there: more may follow.
    named: bool,
    group: Option<String>,
    /// Whether what follows are arguments of the task.
    done: bool,
}

impl<'a> Reader<'a> {
    fn option(&mut self, text: &str, rest: &mut impl Iterator<Item = &'a Word>) {
        let runner = self.runner;
        self.named = false;
        let (key, mut value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        let lists = [&runner.names, &runner.labels, &runner.folder, &runner.file, &runner.packages, &runner.group];
        let glued = |list: &Vec<String>| {
            let short = |known: &&String| known.len() == 2 && key.len() > 2 && !key.starts_with("--");
            list.iter().filter(short).find(|known| key.starts_with(known.as_str())).cloned()
        };
        let mut key = key.to_owned();
        if !lists.iter().any(|list| list.contains(&key))
            && !runner.everywhere.contains(&key)
            && let Some(known) = lists.iter().find_map(|list| glued(list))
        {
            value = value.or_else(|| key.get(2..).map(str::to_owned));
            key = known;
        }
        if runner.everywhere.contains(&key) {
            self.call.everywhere = true;
            return;
        }
        let takes = lists.iter().any(|list| list.contains(&key)) || runner.valued.contains(&key);
        if !takes {
            return;
        }
        let Some(value) = value.or_else(|| rest.next().map(|word| word.text.clone())) else { return };
        if runner.names.contains(&key) {
            self.call.names.extend(listed(&value));
            self.named = true;
        } else if runner.labels.contains(&key) {
            self.call.labels.extend(listed(&value));
        } else if runner.folder.contains(&key) {
            self.call.folder = Some(value);
        } else if runner.file.contains(&key) {
            self.call.file = Some(value);
        } else if runner.packages.contains(&key) {
            self.call.packages.push(value);
        } else if runner.group.contains(&key) {
            self.group = Some(value);
        }
    }

    fn word(&mut self, word: &Word) {
        let (runner, text) = (self.runner, word.text.as_str());
        if self.done || runner.skips.iter().any(|skipped| skipped == text) {
            return;
        }
        if !self.named && runner.everywhere.iter().any(|known| known == text) {
            self.call.everywhere = true;
        } else if !self.verb && self.call.names.is_empty() && runner.verbs.iter().any(|verb| verb == text) {
            self.verb = true;
        } else if self.may_name(text) {
            self.name(text);
        } else {
            self.call.other = self.call.names.is_empty();
            self.done = true;
        }
    }

    /// Whether a word here may be the name of a task.
    fn may_name(&self, text: &str) -> bool {
        let runner = self.runner;
        let goes_on = self.named && runner.many;
        let behind_verb = self.verb && (runner.names.is_empty() || runner.all_packages);
        goes_on || behind_verb || runner.bare.allows(text) && !runner.not.iter().any(|name| name == text)
    }

    fn name(&mut self, text: &str) {
        let text = self.runner.prefixes.iter().find_map(|prefix| text.strip_prefix(prefix.as_str())).unwrap_or(text);
        let name = if self.verb { text } else { self.runner.aliases.get(text).map_or(text, String::as_str) };
        self.call.names.push(name.to_owned());
        self.done = !self.runner.many;
    }
}

fn listed(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// What stands behind a wrapper's words, options and values.
pub(super) fn unwrapped<'w>(table: &Table, words: &'w [Word]) -> Option<&'w [Word]> {
    let fits = |wrapper: &&Wrapper| {
        wrapper.words.len() < words.len()
            && wrapper.words.iter().zip(words).enumerate().all(|(at, (known, word))| {
                let text = if at == 0 { base(&word.text) } else { word.text.as_str() };
                // `python3.12 -m` is `python -m`.
                text == known || at == 0 && known.len() > 2 && text.strip_prefix(known.as_str()).is_some_and(is_version)
            })
    };
    let wrapper = table.wrappers.iter().filter(fits).max_by_key(|wrapper| wrapper.words.len())?;
    let mut rest = words.get(wrapper.words.len()..)?;
    let mut skip = wrapper.skip;
    while let Some((word, behind)) = rest.split_first() {
        let text = word.text.as_str();
        if text == "--" {
            rest = behind;
            break;
        }
        if text.starts_with('-') && text.len() > 1 {
            let takes = wrapper.valued.iter().any(|known| known == text);
            rest = if takes { behind.get(1..).unwrap_or_default() } else { behind };
        } else if is_assignment(text) {
            rest = behind;
        } else if skip > 0 {
            skip -= 1;
            rest = behind;
        } else {
            break;
        }
    }
    (!rest.is_empty()).then_some(rest)
}

fn is_version(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::format::shell::commands;

    fn read(line: &str) -> Call {
        let commands = commands(line);
        let words = &commands[0].words;
        Call::read(Table::get().runners(&words[0].text).next().unwrap(), &words[1..])
    }

    #[test]
    fn names_are_told_from_options_and_arguments() {
        let table: &[(&str, &[&str])] = &[
            ("make -j4 -C sub V=1 build/dev test", &["build/dev", "test"]),
            ("make -n test", &[]),
            ("npm run -s lint:all -- --fix test", &["lint:all"]),
            ("npm t", &["test"]),
            ("npm ci test", &[]),
            ("yarn workspace web test --ci", &["test"]),
            ("yarn workspaces foreach -A run test", &["test"]),
            ("pnpm -F web run test:all other", &["test:all"]),
            ("pnpm -r --workspace-concurrency 2 test", &["test"]),
            ("bun test", &[]),
            ("tox -e py312,typing -- x", &["py312", "typing"]),
            ("tox run -e=typing", &["typing"]),
            ("tox -etyping", &["typing"]),
            ("nox -s lint tests -- x", &["lint", "tests"]),
            ("hatch run types:check", &["types:check"]),
            ("hatch run -e types check", &["types:check"]),
            ("nx run-many -t lint test --parallel 3", &["lint", "test"]),
            ("nx affected --target=lint", &["lint"]),
            ("turbo run typecheck lint --filter web", &["typecheck", "lint"]),
            ("lerna run test --scope x", &["test"]),
            ("deno lint", &[]),
        ];
        for (line, names) in table {
            assert_eq!(read(line).names, *names, "{line}");
        }
    }

    #[test]
    fn places_are_told() {
        assert_eq!(read("make -Csub -f x.mk a").folder.as_deref(), Some("sub"));
        assert_eq!(read("make -C sub -f x.mk a").file.as_deref(), Some("x.mk"));
        assert_eq!(read("npm -w @a/b run x").packages, ["@a/b"]);
        assert_eq!(read("yarn workspace web x").packages, ["web"]);
        assert_eq!(read("pnpm --filter=web x").packages, ["web"]);
        assert!(read("pnpm -r x").everywhere && read("npm run x -ws").everywhere && read("turbo x").everywhere);
        assert_eq!(read("tox -m check").labels, ["check"]);
        assert!(read("composer install").names == ["install"] && read("npm ci").other);
    }

    #[test]
    fn wrappers_run_what_follows() {
        let table = [
            ("uv run --group dev -- tox -e x", Some("tox")),
            ("uv run poe lint", Some("poe")),
            ("python3.12 -m tox", Some("tox")),
            ("sudo -u root make", Some("make")),
            ("timeout -k 5 60 make", Some("make")),
            ("env A=1 make", Some("make")),
            ("uv sync", None),
            ("python x.py", None),
        ];
        for (line, program) in table {
            let commands = commands(line);
            let found = unwrapped(Table::get(), &commands[0].words).map(|words| words[0].text.as_str());
            assert_eq!(found, program, "{line}");
        }
    }
}
