//! Files that are a secret by themselves, such as key files, may lie in a folder of code although only tests read them.
//! What a file is for, the files that name it say: where all of those have roles in which its rule is lenient, it has
//! their role.
//!
//! That takes a second look at all files, so it is done only where such a secret counts.

use std::collections::BTreeSet;

use memchr::memmem::Finder;

use crate::audit::scan::Scan;
use crate::condition::matches::LeafId;
use crate::condition::plan::{Condition, Plan, Question};
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

/// Gives secrets in files that only tests, examples and their like name the role of those.
pub(crate) fn settle(repo: &Repo, rules: &RuleSet, scan: &mut Scan, jobs: usize) {
    let candidates = candidates(repo, rules, scan);
    if candidates.is_empty() || candidates.len() > MOST {
        return;
    }
    let names: BTreeSet<&str> = candidates.iter().map(|candidate| candidate.name).collect();
    let finders: Vec<(&str, Finder<'_>)> = names.into_iter().map(|name| (name, Finder::new(name))).collect();
    let by_file = in_order(repo.files().len(), BATCH, jobs, Buffer::taking_turns, |buffer, index| {
        let found = repo.files().get(index).and_then(|file| repo.read_into(file, buffer).ok()).map(|text| {
            let here = finders.iter().filter(|(_, finder)| is_named(text, finder));
            here.map(|(name, _)| *name).collect::<Vec<&str>>()
        });
        buffer.done();
        found.unwrap_or_default()
    });
    let mut given: Vec<(LeafId, u32, Role)> = Vec::new();
    for Candidate { leaf, file, name, lenient_in } in candidates {
        let others = by_file.iter().zip(&scan.roles).enumerate();
        let others = others.filter(|(index, (named, _))| *index != file as usize && named.contains(&name));
        let by: BTreeSet<Role> = others.map(|(_, (_, role))| *role).collect();
        if let Some(role) = by.first().filter(|_| by.iter().all(|role| lenient_in.contains(role))) {
            given.push((leaf, file, *role));
        }
    }
    for (leaf, file, role) in given {
        scan.matches.of_mut(leaf).iter_mut().filter(|found| found.file == file).for_each(|found| found.role = role);
    }
}

fn candidates<'a>(repo: &'a Repo, rules: &'a RuleSet, scan: &Scan) -> Vec<Candidate<'a>> {
    let mut candidates = Vec::new();
    for pattern in rules.rules.iter().flat_map(|rule| &rule.forbid) {
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
            let path = &repo.files().get(index)?.path;
            let name = path.rsplit('/').next().unwrap_or(path);
            Some(Candidate { leaf: *leaf, file: found.file, name, lenient_in: &pattern.lenient_in })
        }));
    }
    candidates
}

/// Whether what a question finds is the file that it is found in.
fn is_file(plan: &Plan, leaf: LeafId) -> bool {
    match plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question) {
        Some(Question::Text(pattern)) => pattern.spec.secret.as_ref().is_some_and(|secret| secret.file),
        _ => false,
    }
}

/// Whether a text holds a name that is not a part of a longer one.
fn is_named(text: &[u8], finder: &Finder<'_>) -> bool {
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    finder.find_iter(text).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let behind = text.get(at + finder.needle().len()..).unwrap_or_default();
        // A full stop ends a sentence, or goes on with an extension.
        let is_end = match behind {
            [b'.', next, ..] => !next.is_ascii_alphanumeric(),
            [next, ..] => !goes_on(next),
            [] => true,
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
