//! `rules/tasks.yml`: which files give commands names, and which programs run them by these names.
//!
//! All knowledge about tools stands there; the readers beside this file know syntaxes only. The table is read when the
//! first pipeline of a repository is, so that an audit without one costs nothing.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::places::base;
use crate::embedded;
use crate::format::Syntax;

/// The whole table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Table {
    pub(super) wrappers: Vec<Wrapper>,
    pub(super) shells: Shells,
    pub(super) carriers: Vec<String>,
    /// Programs that only print.
    pub(super) silent: Vec<String>,
    pub(super) sources: BTreeMap<String, Source>,
    pub(super) runners: Vec<Runner>,
    pub(super) actions: Actions,
}

/// Words in front of the command that they run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapper {
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) valued: Vec<String>,
    #[serde(default)]
    pub(super) skip: usize,
}

/// What reads scripts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shells {
    pub(super) programs: Vec<String>,
    pub(super) extensions: Vec<String>,
    pub(super) calls: Vec<String>,
    pub(super) evaluates: Vec<String>,
    pub(super) ignores: Vec<String>,
}

/// Files that name commands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) files: Vec<Listing>,
    #[serde(default)]
    pub(super) above: bool,
    #[serde(default)]
    pub(super) refers: bool,
    #[serde(default)]
    pub(super) around: Vec<String>,
    pub(super) package: Option<String>,
    #[serde(default)]
    pub(super) scripts: Vec<String>,
    #[serde(default)]
    pub(super) headers: Vec<String>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
}

impl Source {
    /// How a file of this path is read: as the one of its name, or of its ending, or the first.
    pub(super) fn listing(&self, path: &str) -> Option<&Listing> {
        let ending = |path: &str| base(path).rsplit_once('.').map(|(_, ending)| ending.to_owned());
        let named = self.files.iter().find(|listing| base(&listing.path) == base(path));
        let alike = || self.files.iter().find(|listing| ending(&listing.path) == ending(path));
        named.or_else(alike).or(self.files.first())
    }
}

/// How one file is read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    pub(super) path: String,
    pub(super) read: Read,
    pub(super) syntax: Option<Syntax>,
    #[serde(default)]
    pub(super) at: String,
    #[serde(default)]
    pub(super) lines: Vec<String>,
    #[serde(default)]
    pub(super) marks: Vec<String>,
    #[serde(default)]
    pub(super) calls: Vec<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
}

/// The readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Read {
    Make,
    Just,
    Table,
    Tox,
    Functions,
}

/// Programs that run tasks by their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Runner {
    pub(super) programs: Vec<String>,
    pub(super) sources: Vec<String>,
    #[serde(default)]
    pub(super) verbs: Vec<String>,
    #[serde(default)]
    pub(super) bare: Bare,
    #[serde(default)]
    pub(super) aliases: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) not: Vec<String>,
    #[serde(default)]
    pub(super) many: bool,
    #[serde(default)]
    pub(super) default: bool,
    #[serde(default)]
    pub(super) all_packages: bool,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    #[serde(default)]
    pub(super) folder: Vec<String>,
    #[serde(default)]
    pub(super) file: Vec<String>,
    #[serde(default)]
    pub(super) valued: Vec<String>,
    #[serde(default)]
    pub(super) packages: Vec<String>,
    #[serde(default)]
    pub(super) everywhere: Vec<String>,
    #[serde(default)]
    pub(super) skips: Vec<String>,
    #[serde(default)]
    pub(super) idle: Vec<String>,
    #[serde(default)]
    pub(super) prefixes: Vec<String>,
    #[serde(default)]
    pub(super) group: Vec<String>,
}

/// Which names stand behind the program itself.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Bare {
    /// `any`.
    Any(String),
    /// These.
    These(Vec<String>),
}

impl Default for Bare {
    fn default() -> Self {
        Self::Any("any".to_owned())
    }
}

impl Bare {
    pub(super) fn allows(&self, name: &str) -> bool {
        match self {
            Self::Any(word) => word == "any",
            Self::These(names) => names.iter().any(|known| known == name),
        }
    }
}

/// Files that hold steps for others: actions, and pipelines that others call.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Actions {
    pub(super) files: Vec<String>,
    pub(super) steps: String,
    pub(super) jobs: String,
    pub(super) job_steps: String,
    pub(super) run: String,
    pub(super) uses: String,
    pub(super) with: String,
    pub(super) folder: String,
    pub(super) allowed: String,
    pub(super) inputs: String,
}

impl Table {
    /// The table that comes with the program.
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let text = embedded::file("tasks.yml").unwrap_or_default();
            serde_json::from_str(text).unwrap_or_default()
        })
    }

    /// The runners of a program, by its word or the last part of its path.
    pub(super) fn runners(&self, word: &str) -> impl Iterator<Item = &Runner> {
        let name = if word.starts_with('$') { word } else { base(word) };
        self.runners.iter().filter(move |runner| runner.programs.iter().any(|known| known == name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_table_is_sound() {
        let table: Table = serde_yaml::from_str(include_str!("../../../rules/tasks.yml")).unwrap();
        assert_eq!(table.runners.len(), Table::get().runners.len());
        for runner in &table.runners {
            assert!(!runner.programs.is_empty());
            assert!(matches!(&runner.bare, Bare::These(_)) || matches!(&runner.bare, Bare::Any(any) if any == "any"));
            for source in &runner.sources {
                assert!(table.sources.contains_key(source), "{source}");
            }
        }
        for (name, source) in &table.sources {
            assert!(table.runners.iter().any(|runner| runner.sources.contains(name)), "{name} has no runner");
            for listing in &source.files {
                let needs_syntax = matches!(listing.read, Read::Table | Read::Tox);
                assert_eq!(listing.syntax.is_some(), needs_syntax, "{name}");
                assert!(listing.read != Read::Functions || !listing.calls.is_empty(), "{name}");
            }
        }
    }
}
