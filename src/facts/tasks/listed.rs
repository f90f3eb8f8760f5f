//! Commands that a file gives names: what every reader of such files answers.
//!
//! A file that cannot be read has no tasks. Names are looked up as they are written; what a tool adds to them (patterns of
//! make, environments of tox that no section describes) is looked for when nothing bears the name itself.

use std::collections::BTreeMap;

use super::table::{Listing, Read};
use super::{functions, just, keyed, make, tox};

/// One command, or several, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Task {
    /// Names of the tasks that run before it.
    pub(super) needs: Vec<String>,
    /// Its commands, each for a shell.
    pub(super) lines: Vec<String>,
}

/// The tasks of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tasks {
    pub(super) named: BTreeMap<String, Task>,
    /// What runs when nobody names a task.
    pub(super) default: Vec<String>,
    /// Groups of tasks.
    pub(super) labels: BTreeMap<String, Vec<String>>,
    /// Rules for all names of a form, with `%` in place of what differs.
    pub(super) patterns: Vec<(String, Task)>,
    /// What runs under names that begin so and are none of the above.
    pub(super) others: Option<(&'static str, Task)>,
}

impl Tasks {
    /// What `text` names.
    pub(super) fn read(text: &str, listing: &Listing) -> Self {
        match listing.read {
            Read::Make => make::read(text),
            Read::Just => just::read(text),
            Read::Table => keyed::read(text, listing),
            Read::Tox => tox::read(text, listing),
            Read::Functions => functions::read(text, listing),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.patterns.is_empty() && self.others.is_none()
    }

    /// The task of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Task> {
        self.named.get(name).or_else(|| self.by_pattern(name)).or_else(|| {
            let (begin, task) = self.others.as_ref()?;
            name.starts_with(begin).then_some(task)
        })
    }

    fn by_pattern(&self, name: &str) -> Option<&Task> {
        let fits = |pattern: &str| {
            pattern.split_once('%').is_some_and(|(before, behind)| {
                // A rule that makes anything says nothing about this name.
                let fixed = before.len() + behind.len();
                fixed > 0 && name.len() > fixed && name.starts_with(before) && name.ends_with(behind)
            })
        };
        self.patterns.iter().find(|(pattern, _)| fits(pattern)).map(|(_, task)| task)
    }

    /// The names that begin as `name` does before its `*`.
    pub(super) fn alike(&self, name: &str) -> Vec<String> {
        match name.split_once('*') {
            None => vec![name.to_owned()],
            Some((begin, _)) => self.named.keys().filter(|known| known.starts_with(begin)).cloned().collect(),
        }
    }

    /// Adds what another file of the same kind names.
    pub(super) fn extend(&mut self, other: Self) {
        for (name, task) in other.named {
            let own = self.named.entry(name).or_default();
            own.needs.extend(task.needs);
            own.lines.extend(task.lines);
        }
        if self.default.is_empty() {
            self.default = other.default;
        }
        self.patterns.extend(other.patterns);
    }
}
