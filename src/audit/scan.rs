//! The one pass over the files: each is read once, scanned once for all keywords, parsed at most once per syntax.
//!
//! The results come in file order, so that the outcome is the same at any number of threads.

use std::collections::{BTreeMap, HashSet};

use crate::audit::AuditOptions;
use crate::audit::dispatch::{Alarms, Dispatch};
use crate::audit::documents::Rows;
use crate::audit::inspect::{Inspected, Inspector, Outcome};
use crate::audit::later::Waiting;
use crate::audit::modules;
use crate::audit::reach;
use crate::audit::secrets;
use crate::audit::selected;
use crate::checklist::inline::Inline;
use crate::condition::matches::{FileMatches, LeafId, Matches};
use crate::condition::text::Refused;
use crate::facts::package::Manifest;
use crate::facts::tasks::Follower;
use crate::parallel::in_order;
use crate::repo::{Repo, Role, Skipped};
use crate::rule::model::Rule;
use crate::rule::set::RuleSet;

/// How many files a worker takes at a time, at most.
const BATCH: usize = 16;

/// What the pass found.
#[derive(Debug)]
pub(crate) struct Scan {
    /// What the file-bound conditions found.
    pub(crate) matches: Matches,
    /// The manifests, by file index, with the file's role.
    pub(crate) manifests: Vec<(usize, Role, Result<Manifest, String>)>,
    /// The final role of each file.
    pub(crate) roles: Vec<Role>,
    /// The language of each file.
    pub(crate) languages: Vec<Option<&'static str>>,
    /// Files whose presence makes a folder a component.
    pub(crate) markers: Vec<usize>,
    /// Files that were not read, with reasons.
    pub(crate) skipped: Vec<Skipped>,
    /// Ignores beside lines, by file index.
    pub(crate) ignores: Vec<(usize, Inline)>,
    /// Candidates that filters refused, by file index, where somebody asked for them.
    pub(crate) refused: Vec<(usize, LeafId, Refused)>,
    /// How many bytes of each file were read.
    pub(crate) lengths: Vec<u64>,
    /// The files whose questions of syntax nobody has asked yet, in file order.
    pub(crate) waiting: Vec<Waiting>,
    /// What files hold for conditions that relate documents, by condition, in file order.
    pub(crate) rows: BTreeMap<LeafId, Vec<(u32, Rows)>>,
}

/// Runs the pass with as many threads as the options say.
pub(crate) fn scan(repo: &Repo, rules: &RuleSet, options: &AuditOptions) -> Scan {
    let jobs = options.jobs;
    let asked = asked(rules, options);
    let dispatch = Dispatch::new(&rules.plan, |leaf| asked.as_ref().is_none_or(|asked| asked.contains(&leaf)));
    let alarms = Alarms::default();
    let owners = secrets::owners(rules);
    let follower = Follower::new(repo);
    let start = || Inspector::new(repo, rules, &dispatch, &alarms, &owners, &follower, options);
    let files = repo.files().len();
    let batch = files.div_ceil(jobs.max(1)).clamp(1, BATCH);
    let mut results = in_order(files, batch, jobs, start, |inspector, index| Outcome::from(inspector.inspect(index)));
    modules::resolve(&mut results, repo, &rules.plan, jobs, options.as_of);
    reach::settle(&mut results, repo, &dispatch);
    gather(results, rules.plan.leaves.len())
}

/// The leaves that matter where only some rules run; `None`: all. Secrets are always looked for, so that no other match shows
/// one, and so is what says what the project is.
fn asked(rules: &RuleSet, options: &AuditOptions) -> Option<HashSet<LeafId>> {
    if options.only.is_empty() && options.skip.is_empty() {
        return None;
    }
    let mut leaves = Vec::new();
    let running = rules.rules.iter().filter(|rule| selected(rule.id.as_str(), options));
    for condition in running.flat_map(Rule::conditions).chain(rules.model_conditions()) {
        condition.leaves(&mut leaves);
    }
    let secrets = (0u32..).zip(&rules.plan.leaves).filter(|(_, leaf)| leaf.is_secret());
    Some(leaves.into_iter().chain(secrets.map(|(number, _)| LeafId(number))).collect())
}

fn gather(results: Vec<Outcome>, leaves: usize) -> Scan {
    let mut scan = Scan {
        matches: Matches::new(leaves),
        manifests: Vec::new(),
        roles: Vec::with_capacity(results.len()),
        languages: Vec::with_capacity(results.len()),
        markers: Vec::new(),
        skipped: Vec::new(),
        ignores: Vec::new(),
        refused: Vec::new(),
        lengths: Vec::with_capacity(results.len()),
        waiting: Vec::new(),
        rows: BTreeMap::new(),
    };
    let mut files = vec![0; leaves];
    for (leaf, _) in results.iter().filter_map(|outcome| outcome.given.as_ref()).flat_map(|given| &given.found) {
        files.get_mut(leaf.0 as usize).into_iter().for_each(|files| *files += 1);
    }
    scan.matches.reserve(&files);
    for (index, outcome) in results.into_iter().enumerate() {
        scan.roles.push(outcome.role);
        scan.languages.push(outcome.language);
        scan.lengths.push(outcome.bytes);
        scan.markers.extend(outcome.is_marker.then_some(index));
        let Some(given) = outcome.given else {
            scan.matches.files_read += 1;
            continue;
        };
        let Inspected { role, found, manifest, skipped, ignores, refused, rows, waiting, .. } = *given;
        let file = u32::try_from(index).unwrap_or(u32::MAX);
        for (leaf, rows) in rows {
            scan.rows.entry(leaf).or_default().push((file, rows));
        }
        if !waiting.is_empty() {
            scan.waiting.push(Waiting { file, asked: waiting });
        }
        scan.refused.extend(refused.into_iter().map(|(leaf, one)| (index, leaf, one)));
        scan.ignores.extend(ignores.into_iter().map(|ignore| (index, ignore)));
        scan.matches.files_read += usize::from(skipped.is_none());
        scan.skipped.extend(skipped);
        scan.manifests.extend(manifest.map(|manifest| (index, role, *manifest)));
        let found: Vec<(LeafId, FileMatches)> = found;
        for (leaf, matches) in found {
            scan.matches.push(leaf, matches);
        }
    }
    scan
}
