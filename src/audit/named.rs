//! Files that are a secret by themselves, such as key files, may lie in a folder of code although only tests read them.
//! What a file is for, the files that name it say: where all of those have roles in which its rule is lenient, it has
//! their role.
//!
//! That takes a second look at all files, so it is done only where such a secret counts.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use crate::audit::scan::Scan;
use crate::audit::{AuditOptions, secrets, selected};
use crate::condition::matches::LeafId;
use crate::condition::plan::{Condition, Plan};
use crate::parallel::in_order;
use crate::repo::{Buffer, Repo, Role};
use crate::rule::set::RuleSet;

/// Most files that are looked for; in a tree with more of them all stay what their folders say.
const MOST: usize = 64;

/// How many files a worker takes at a time.
const BATCH: usize = 16;

/// A file that is a secret and counts.
struct Candidate<'a> {
    leaf: LeafId,
    /// Its number in the repository's list.
    file: u32,
    /// Its name, without folders.
    name: &'a str,
    /// The roles in which its rule is lenient.
    lenient_in: &'a [Role],
}

/// Gives secrets in files that only tests, examples and their like name the role of those. Settings that name such a file
/// and that only tests name in turn are tests' too. Of rules that nobody asked for nothing is settled.
pub(crate) fn settle(repo: &Repo, rules: &RuleSet, scan: &mut Scan, options: &AuditOptions) {
    let candidates = candidates(repo, rules, scan, options);
    if candidates.is_empty() || candidates.len() > MOST {
        return;
    }
    let jobs = options.jobs;
    let namers = Namers::of(repo, candidates.iter().map(|candidate| candidate.name).collect(), jobs);
    let role = |file: &usize| scan.roles.get(*file).copied();
    let settings = candidates.iter().flat_map(|candidate| namers.of_file(candidate.file, candidate.name));
    let settings: BTreeSet<usize> = settings.filter(|file| role(file) == Some(Role::Config)).collect();
    let further = settings.iter().filter_map(|file| name_of(repo, *file)).collect::<BTreeSet<&str>>();
    let further = if further.len() > MOST { BTreeSet::new() } else { further };
    let behind = if further.is_empty() { Namers::default() } else { Namers::of(repo, further, jobs) };
    let mut given: Vec<(LeafId, u32, Role)> = Vec::new();
    for Candidate { leaf, file, name, lenient_in } in candidates {
        let lenient = |file: &usize| role(file).filter(|role| lenient_in.contains(role));
        // The role of a file that names it: its own, or that of the first file behind, where all have such.
        let meant = |file: usize| {
            lenient(&file).or_else(|| {
                let name = name_of(repo, file).filter(|_| settings.contains(&file))?;
                shared(behind.of_file(u32::try_from(file).ok()?, name).map(|file| lenient(&file)))
            })
        };
        given.extend(shared(namers.of_file(file, name).map(meant)).map(|role| (leaf, file, role)));
    }
    for (leaf, file, role) in given {
        scan.matches.of_mut(leaf).iter_mut().filter(|found| found.file == file).for_each(|found| found.role = role);
    }
}

/// The first of these roles; none where one of them is missing.
fn shared(roles: impl Iterator<Item = Option<Role>>) -> Option<Role> {
    roles.collect::<Option<Vec<Role>>>()?.first().copied()
}

fn name_of(repo: &Repo, file: usize) -> Option<&str> {
    repo.files().get(file)?.path.rsplit('/').next()
}

/// Which files hold which names.
#[derive(Default)]
struct Namers<'a> {
    /// By the number of the file.
    by_file: Vec<Vec<&'a str>>,
}

impl<'a> Namers<'a> {
    fn of(repo: &Repo, names: BTreeSet<&'a str>, jobs: usize) -> Self {
        let finders: Vec<(&str, Finder<'_>)> = names.into_iter().map(|name| (name, Finder::new(name))).collect();
        let by_file = in_order(repo.files().len(), BATCH, jobs, Buffer::taking_turns, |buffer, index| {
            let found = repo.files().get(index).and_then(|file| repo.read_into(file, buffer).ok()).map(|text| {
                let here = finders.iter().filter(|(_, finder)| is_named(text, finder));
                here.map(|(name, _)| *name).collect::<Vec<&str>>()
            });
            buffer.done();
            found.unwrap_or_default()
        });
        Self { by_file }
    }

    /// The other files that hold the name of this one.
    fn of_file(&self, file: u32, name: &str) -> impl Iterator<Item = usize> {
        let others = self.by_file.iter().enumerate();
        others.filter(move |(index, names)| *index != file as usize && names.contains(&name)).map(|(index, _)| index)
    }
}

fn candidates<'a>(repo: &'a Repo, rules: &'a RuleSet, scan: &Scan, options: &AuditOptions) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    let asked = rules.rules.iter().filter(|rule| selected(rule.id.as_str(), options));
    for pattern in asked.flat_map(|rule| &rule.forbid) {
        let Condition::Leaf { leaf, .. } = &pattern.condition else { continue };
        if !is_file(&rules.plan, *leaf) {
            continue;
        }
        let counts = scan.matches.of(*leaf).iter();
        let counts = counts.filter(|found| !found.hits.is_empty() && !pattern.lenient_in.contains(&found.role));
        candidates.extend(counts.filter_map(|found| {
            let index = found.file as usize;
            // Code is named without its extension, and by all that it holds.
            scan.languages.get(index)?.is_none().then_some(())?;
            let name = name_of(repo, index)?;
            Some(Candidate { leaf: *leaf, file: found.file, name, lenient_in: &pattern.lenient_in })
        }));
    }
    candidates
}

/// Whether what a question finds is the file that it is found in.
fn is_file(plan: &Plan, leaf: LeafId) -> bool {
    plan.leaves.get(leaf.0 as usize).and_then(secrets::spec).is_some_and(|(_, secret)| secret.file)
}

/// Whether a text holds a name that is not a part of a longer one.
fn is_named(text: &[u8], finder: &Finder<'_>) -> bool {
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    finder.find_iter(text).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let behind = text.get(at + finder.needle().len()..).unwrap_or_default();
        // A full stop ends a sentence, or goes on with an extension.
        let is_end = match behind {
            [] | [b'.'] => true,
            [b'.', next, ..] => !next.is_ascii_alphanumeric(),
            [next, ..] => !goes_on(next),
        };
        is_end && !before.is_some_and(goes_on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_none_within_a_longer_one() {
        let named = |text: &str| is_named(text.as_bytes(), &Finder::new("key.pem"));
        assert!(named("certs/key.pem") && named("\"key.pem\"") && named("Take key.pem."));
        assert!(!named("server-key.pem") && !named("key.pem.bak") && !named("key.pems") && !named("old.key.pem"));
        assert!(named("server-key.pem key.pem"));
    }
}
