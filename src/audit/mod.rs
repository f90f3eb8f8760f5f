//! The engine: one deterministic pass over the files, then pure functions.
//!
//! `dispatch` says which questions a file must answer, `inspect` asks one file, `scan` runs all of them in parallel,
//! `model` says what the project is, and the checklist follows. Nothing here prints, and nothing of the audited tree is
//! executed.

mod answers;
mod dispatch;
mod documents;
mod dropped;
pub mod examples;
mod history;
mod inspect;
mod keywords;
mod later;
mod model;
mod modules;
mod named;
mod place;
mod reach;
mod related;
mod scan;
mod sieve;

mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::checklist::decision::{Decisions, Outcome as Became};
use crate::checklist::item::Item;
use crate::checklist::settle::{Beside, settle};
use crate::checklist::{judge, merge, rollup};
use crate::facts::known::Facts;
use crate::facts::model::{Kind, Place};
use crate::parallel::in_order;
use crate::repo::history::Extent;
use crate::repo::{Repo, Skipped};
use crate::rule::id::concerns;
use crate::rule::model::{Pattern, Rule};
use crate::rule::set::RuleSet;
use crate::text::Region;

pub use dropped::Dropped;

/// What the user decided for this audit.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Threads.
    pub jobs: usize,
    /// The date of the audit.
    pub as_of: jiff::civil::Date,
    /// Rules or areas to run; empty: all.
    pub only: Vec<String>,
    /// Rules or areas to leave out.
    pub skip: Vec<String>,
    /// Kinds that the user gave to components, by their folder.
    pub kinds: BTreeMap<String, Vec<Kind>>,
    /// What the user decided about findings.
    pub decisions: Arc<Decisions>,
    /// Whether rules that ask for it may search the history.
    pub history: bool,
    /// Whether candidates for secrets that a filter refused are noted.
    pub dropped: bool,
}

impl AuditOptions {
    /// All rules, and no decision of anybody.
    pub fn new(jobs: usize, as_of: jiff::civil::Date) -> Self {
        let (kinds, decisions) = (BTreeMap::new(), Arc::default());
        Self { jobs, as_of, only: Vec::new(), skip: Vec::new(), kinds, decisions, history: false, dropped: false }
    }
}

/// The result of an audit.
#[derive(Debug)]
pub struct Audit {
    /// What the project is.
    pub facts: Facts,
    /// The checklist, in the order of the rules, as it counts.
    pub items: Vec<Item>,
    /// The checklist without any decision of people.
    pub found: Vec<Item>,
    /// What became of each decision.
    pub decisions: Vec<Became>,
    /// Candidates for secrets that a filter refused, by place; `None` unless the options ask for them.
    pub dropped: Option<Vec<Dropped>>,
    /// Files that were not read, or could not be understood, with the reason.
    pub skipped: Vec<(String, String)>,
    /// Number of files listed.
    pub files: usize,
    /// Bytes read.
    pub bytes: u64,
    /// The date of the audit.
    pub as_of: jiff::civil::Date,
    /// What of the history was searched; `None` where that was not asked for.
    pub history: Option<Extent>,
    places: place::Places,
    /// Whether there is a file of source or configuration that is not merely a setting of tools.
    furnished: bool,
}

impl Audit {
    /// Lines and columns of a place that the audit names.
    pub fn region(&self, place: &Place) -> Region {
        self.places.region(place)
    }

    /// Whether there was nothing to audit: no component and no source or configuration file, and no commit.
    pub fn is_empty(&self) -> bool {
        self.history.as_ref().is_none_or(|history| history.commits == 0)
            && self
                .facts
                .components
                .iter()
                .all(|component| component.kinds.is_empty() && component.languages.is_empty())
            && self.facts.manifests.is_empty()
            && !self.furnished
    }
}

/// Audits a repository.
pub fn audit(repo: &Repo, rules: &RuleSet, options: &AuditOptions) -> Audit {
    let mut scan = scan::scan(repo, rules, options);
    named::settle(repo, rules, &mut scan, options);
    let facts = model::facts(repo, rules, &mut scan, options);
    let asking: Vec<&Rule> = rules
        .rules
        .iter()
        .filter(|rule| options.history && rule.asks_history() && selected(rule.id.as_str(), options))
        .collect();
    // Of a repository without a work tree nothing but the history can be judged.
    let bare = repo.git().is_some_and(|git| git.bare);
    let history = options.history.then(|| history::search(repo, rules, &asking, &mut scan, options));
    let asked: Vec<(usize, &Rule)> = rules
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| selected(rule.id.as_str(), options) && (!bare || rule.asks_history()))
        .collect();
    later::for_rules(repo, rules, &asked, &facts, &mut scan, options.jobs);
    let judged = in_order(
        asked.len(),
        1,
        options.jobs,
        || (),
        |(), number| {
            let (index, rule) = *asked.get(number)?;
            let runs = |pattern: &Pattern| runs(rule, pattern, options);
            Some(rollup::item(index, judge::verdicts(rule, &facts, &scan.matches, &runs)))
        },
    );
    let mut items: Vec<Item> = judged.into_iter().flatten().collect();
    let places = place::fill(repo, rules, &scan.matches, &facts, &mut items, options.jobs);
    let mut skipped = skipped(repo, &scan);
    let left_out = history.iter().flat_map(Extent::left_out);
    skipped.extend(left_out.map(|why| (".git".to_owned(), why)));
    skipped.sort();
    let dropped = dropped::dropped(repo, rules, options, std::mem::take(&mut scan.refused));
    let bytes = scan.lengths.iter().sum();
    // Ten thousands of matches are put away while the report is written.
    std::thread::spawn(move || drop(scan.matches));
    let furnished =
        repo.files().iter().zip(&scan.roles).any(|(file, role)| role.is_production() && !is_hidden(&file.path));
    let path = |index: usize| repo.files().get(index).map(|file| file.path.to_string()).unwrap_or_default();
    let beside: Vec<Beside> =
        scan.ignores.into_iter().map(|(index, inline)| Beside { path: path(index), inline }).collect();
    let found = items;
    let (items, decisions) = settle(rules, &found, &options.decisions, &beside, options.as_of);
    let items = merge::by_place(merge::by_secret(items), &|path| facts.owner_of(path));
    Audit {
        facts,
        items,
        found,
        decisions,
        dropped,
        skipped,
        files: repo.files().len(),
        bytes,
        as_of: options.as_of,
        history,
        places,
        furnished,
    }
}

/// Whether a file or a folder around it is hidden by its name, as the settings of tools are.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

/// Whether the user asked for this rule: `only` and `skip` name a rule, an area, or a pattern of a rule.
fn selected(id: &str, options: &AuditOptions) -> bool {
    let named = |list: &[String]| {
        list.iter().any(|name| name == id || id.split_once('/').is_some_and(|(area, _)| area == name))
    };
    (options.only.is_empty() || options.only.iter().any(|name| concerns(name, id))) && !named(&options.skip)
}

/// Whether the user asked for this pattern of a rule that runs.
fn runs(rule: &Rule, pattern: &Pattern, options: &AuditOptions) -> bool {
    let id = rule.id.as_str();
    let own = |name: &String| {
        let rest = name.strip_prefix(id).and_then(|rest| rest.strip_prefix('/'));
        rest.map(|rest| pattern.id.as_deref() == Some(rest))
    };
    let mut parts = options.only.iter().filter_map(own).peekable();
    let whole = options.only.iter().any(|name| name == id || name == rule.id.area());
    (whole || parts.peek().is_none() || parts.any(|is_it| is_it))
        && !options.skip.iter().filter_map(own).any(|is_it| is_it)
}

fn skipped(repo: &Repo, scan: &scan::Scan) -> Vec<(String, String)> {
    let told = |skipped: &Skipped| (skipped.path.clone(), skipped.reason.to_string());
    let mut all: Vec<(String, String)> = repo.skipped().iter().chain(&scan.skipped).map(told).collect();
    for (index, _, read) in &scan.manifests {
        if let (Err(reason), Some(file)) = (read, repo.files().get(*index)) {
            all.push((file.path.to_string(), format!("manifest that cannot be read: {reason}")));
        }
    }
    all.sort();
    all.dedup();
    all
}
