//! Candidates for secrets that a filter refused, for whoever asks why something was not reported.

use std::collections::BTreeMap;

use crate::audit::{AuditOptions, runs, selected};
use crate::condition::matches::LeafId;
use crate::condition::plan::Condition;
use crate::condition::text::Refused;
use crate::repo::Repo;
use crate::repo::place::{Request, Secrets, place};
use crate::rule::set::RuleSet;

/// A candidate that is no finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dropped {
    /// The file.
    pub path: String,
    /// 1-based.
    pub line: usize,
    /// The rule and its pattern, `area/name/pattern`.
    pub pattern: String,
    /// The value, as asterisks.
    pub shows: String,
    /// The filter that refused it.
    pub filter: String,
}

/// Gives the refused candidates their names and lines.
pub(super) fn dropped(
    repo: &Repo,
    rules: &RuleSet,
    options: &AuditOptions,
    refused: Vec<(usize, LeafId, Refused)>,
) -> Option<Vec<Dropped>> {
    if !options.dropped {
        return None;
    }
    let names = names(rules, options);
    let known = refused.into_iter().filter_map(|(file, leaf, one)| {
        Some((repo.files().get(file)?.path.to_string(), names.get(&leaf)?.clone(), one))
    });
    let known: Vec<(String, String, Refused)> = known.collect();
    let requests: Vec<Request<'_>> =
        known.iter().map(|(path, _, one)| Request { path, span: one.span, hashed: false }).collect();
    let lines: Vec<usize> = place(repo, &requests, &Secrets::new(), options.jobs)
        .into_iter()
        .map(|placed| placed.map_or(1, |placed| placed.region.line))
        .collect();
    let all = known.into_iter().zip(lines);
    let mut dropped: Vec<Dropped> = all
        .map(|((path, pattern, one), line)| Dropped { path, line, pattern, shows: one.shows, filter: one.filter })
        .collect();
    dropped.sort();
    dropped.dedup();
    Some(dropped)
}

/// The patterns that run, by their number in the plan.
fn names(rules: &RuleSet, options: &AuditOptions) -> BTreeMap<LeafId, String> {
    let mut names = BTreeMap::new();
    for rule in rules.rules.iter().filter(|rule| selected(rule.id.as_str(), options)) {
        for pattern in rule.forbid.iter().filter(|pattern| runs(rule, pattern, options)) {
            if let Condition::Leaf { leaf, .. } = &pattern.condition {
                let part = pattern.id.as_deref().map(|id| format!("/{id}")).unwrap_or_default();
                names.insert(*leaf, format!("{}{part}", rule.id));
            }
        }
    }
    names
}
