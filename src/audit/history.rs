//! What the patterns of a rule find in the history, and which commit brought it.
//!
//! One secret is one finding: what the files still hold is left to the rule that finds it there, which then names the
//! commit that brought it; what they do not hold any more is a match of the condition `history`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::audit::AuditOptions;
use crate::audit::dispatch::{Alarms, Dispatch};
use crate::audit::inspect::Inspector;
use crate::audit::place::shown_line;
use crate::audit::scan::Scan;
use crate::audit::secrets;
use crate::audit::sieve::{Patterns, TextSieve, key_of};
use crate::condition::answer::{Match, Unknown};
use crate::condition::matches::{HistoryMatches, Hit, LeafId, Past};
use crate::condition::message::fill;
use crate::condition::plan::{Condition, Question};
use crate::condition::spec::Grade;
use crate::facts::model::Place;
use crate::facts::tasks::Follower;
use crate::repo::history::{Extent, History, Place as Brought, Sieve};
use crate::repo::place::{Request, Secrets, place};
use crate::repo::{Repo, Role};
use crate::rule::model::{Pattern, Rule};
use crate::rule::set::RuleSet;
use crate::text::{Region, Span};

/// Searches the history for the rules among `asking`, and files what was found under the scan. What was left out.
pub(super) fn search(
    repo: &Repo,
    rules: &RuleSet,
    asking: &[&Rule],
    scan: &mut Scan,
    options: &AuditOptions,
) -> Extent {
    let searched: Vec<&Rule> = asking.iter().copied().flat_map(searched_by).filter_map(|id| rules.rule(id)).collect();
    if searched.is_empty() {
        return Extent::default();
    }
    let history = match repo.history() {
        Ok(history) => history,
        Err(why) => {
            scan.matches.history = Err(why);
            return Extent::default();
        }
    };
    let owners = owners(&searched);
    let leaves: Vec<LeafId> = owners.keys().copied().collect();
    let patterns = Patterns::new(&rules.plan, &leaves);
    let names = ends(rules, &patterns.by_name);
    let found = history.search(options.jobs, names, || TextSieve::new(&patterns));
    let (dispatch, alarms) = (Dispatch::new(&rules.plan, |_| true), Alarms::default());
    let rule_of = secrets::owners(rules);
    let follower = Follower::new(repo);
    let mut search = Search {
        history: &history,
        patterns: &patterns,
        owners,
        present: present(repo, &leaves, scan),
        at_head: found.at_head.iter().map(|(_, key)| *key).collect(),
        inspector: Inspector::new(repo, rules, &dispatch, &alarms, &rule_of, &follower, options),
        open: None,
        secrets: BTreeMap::new(),
    };
    search.weigh(&found.traces);
    search.weigh_named(&found.named);
    let by_rule = search.settle(scan);
    let extent = found.extent;
    let unknown = extent.left_out().into_iter().next().filter(|_| !extent.is_complete());
    let unknown = unknown.map(|why| if extent.is_corrupt() { Unknown::Tree(why) } else { Unknown::World(why) });
    scan.matches.history = Ok(HistoryMatches { by_rule, examined: extent.blobs, commits: extent.commits, unknown });
    extent
}

/// The rules whose patterns a rule asks about the history.
fn searched_by(rule: &Rule) -> Vec<&str> {
    rule.forbid
        .iter()
        .filter_map(|pattern| match &pattern.condition {
            Condition::History { rule } => Some(rule.as_str()),
            _ => None,
        })
        .collect()
}

/// The leaves of the rules, each with its rule and pattern.
fn owners<'a>(rules: &[&'a Rule]) -> BTreeMap<LeafId, (&'a Rule, &'a Pattern)> {
    let mut owners = BTreeMap::new();
    for rule in rules {
        for pattern in &rule.forbid {
            let mut leaves = Vec::new();
            pattern.condition.leaves(&mut leaves);
            owners.extend(leaves.into_iter().map(|leaf| (leaf, (*rule, pattern))));
        }
    }
    owners
}

/// The ends of the names of the files that patterns without keywords look at.
fn ends(rules: &RuleSet, leaves: &[LeafId]) -> Vec<Vec<u8>> {
    let mut ends = Vec::new();
    for leaf in leaves.iter().filter_map(|leaf| rules.plan.leaves.get(leaf.0 as usize)) {
        let Question::Text(pattern) = &leaf.question else { continue };
        for glob in pattern.spec.files.iter().filter(|glob| !glob.starts_with('!')) {
            let name = glob.rsplit('/').next().unwrap_or(glob);
            ends.push(name.rsplit(['*', '?', ']', '}']).next().unwrap_or(name).as_bytes().to_vec());
        }
    }
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Where in the files a value stands: leaf, place in its list of files, place among the hits there.
type Standing = (LeafId, usize, usize);

/// The values that the files hold, by their keys.
fn present(repo: &Repo, leaves: &[LeafId], scan: &Scan) -> HashMap<u64, Vec<Standing>> {
    let mut by_file: BTreeMap<u32, Vec<(Standing, crate::text::Span)>> = BTreeMap::new();
    for &leaf in leaves {
        for (at, file) in scan.matches.of(leaf).iter().enumerate() {
            for (number, span) in file.hits.iter().enumerate().filter_map(|(number, hit)| Some((number, hit.span?))) {
                by_file.entry(file.file).or_default().push(((leaf, at, number), span));
            }
        }
    }
    let mut present: HashMap<u64, Vec<Standing>> = HashMap::new();
    for (file, standing) in by_file {
        let Some(Ok(text)) = repo.files().get(file as usize).map(|file| repo.read(file)) else { continue };
        for (place, span) in standing {
            if let Some(value) = text.get(span.start..span.end) {
                present.entry(key_of(value)).or_default().push(place);
            }
        }
    }
    present
}

/// A secret in the history.
struct Secret {
    leaf: LeafId,
    brought: Brought,
    role: Role,
    hit: Hit,
    past: Past,
}

struct Search<'a> {
    history: &'a History,
    patterns: &'a Patterns<'a>,
    owners: BTreeMap<LeafId, (&'a Rule, &'a Pattern)>,
    present: HashMap<u64, Vec<Standing>>,
    /// Of a repository without a work tree, the keys of what its HEAD holds.
    at_head: BTreeSet<u64>,
    inspector: Inspector<'a>,
    /// The blob that was read last.
    open: Option<(usize, Arc<Vec<u8>>)>,
    /// By rule and key: one secret is one finding, whichever patterns know it.
    secrets: BTreeMap<(String, u64), Secret>,
}

impl Search<'_> {
    fn weigh(&mut self, traces: &BTreeMap<(u32, u64), Vec<Brought>>) {
        let mut order: Vec<(&(u32, u64), &Vec<Brought>)> = traces.iter().collect();
        // Neighbours are read from one blob.
        order.sort_by_key(|(_, places)| places.first().map(|place| place.blob));
        for ((what, key), places) in order {
            if let Some(leaf) = self.patterns.leaf(*what) {
                self.weigh_one(leaf, *key, places);
            }
        }
    }

    fn weigh_one(&mut self, leaf: LeafId, key: u64, places: &[Brought]) {
        // The first that counts, else the first of all.
        let counts = |place: &&Brought| self.inspector.may_ask(leaf, &place.path);
        let roles = places.iter().filter(counts).map(|place| (place, crate::repo::roles::role_of(&place.path)));
        let mut chosen: Vec<(&Brought, Role)> = roles.collect();
        chosen.sort_by_key(|(_, role)| !role.is_production());
        for (place, _) in chosen {
            let Some(text) = self.text(place.blob) else { continue };
            let Some((role, hits)) = self.inspector.ask_past(leaf, &place.path, &text) else { continue };
            let is_it = |hit: &Hit| hit.span.and_then(|span| text.get(span.start..span.end)).map(key_of) == Some(key);
            if let Some(hit) = hits.into_iter().find(is_it) {
                self.add(leaf, key, place, role, hit, &text);
                return;
            }
        }
    }

    fn weigh_named(&mut self, named: &[Brought]) {
        for place in named {
            for &leaf in &self.patterns.by_name {
                if !self.inspector.may_ask(leaf, &place.path) {
                    continue;
                }
                let Some(text) = self.text(place.blob) else { continue };
                let Some((role, hits)) = self.inspector.ask_past(leaf, &place.path, &text) else { continue };
                for hit in hits {
                    let Some(value) = hit.span.and_then(|span| text.get(span.start..span.end)) else { continue };
                    let key = key_of(value);
                    let known = self.owners.get(&leaf).map(|(rule, _)| (rule.id.to_string(), key));
                    if known.is_some_and(|known| !self.secrets.contains_key(&known)) {
                        self.add(leaf, key, place, role, hit, &text);
                    }
                }
            }
        }
    }

    fn text(&mut self, blob: usize) -> Option<Arc<Vec<u8>>> {
        if let Some((_, text)) = self.open.as_ref().filter(|(known, _)| *known == blob) {
            return Some(Arc::clone(text));
        }
        let text = Arc::new(self.history.text(blob)?);
        self.open = Some((blob, Arc::clone(&text)));
        Some(text)
    }

    fn add(&mut self, leaf: LeafId, key: u64, brought: &Brought, role: Role, hit: Hit, text: &[u8]) {
        let Some((owner, pattern)) = self.owners.get(&leaf) else { return };
        let Some(commit) = self.history.commit(brought.commit) else { return };
        // Of several patterns that know it, the one of the greatest harm names it.
        let weight = |pattern: &Pattern, leaf: LeafId| (pattern.severity, pattern.confidence, Reverse(leaf));
        let id = (owner.id.to_string(), key);
        let known = self.secrets.get(&id).map(|known| known.leaf);
        let known = known.and_then(|leaf| Some((self.owners.get(&leaf)?.1, leaf)));
        if known.is_some_and(|(other, other_leaf)| weight(other, other_leaf) >= weight(pattern, leaf)) {
            return;
        }
        let (region, line) = self.line(&brought.path, &hit, text);
        let past = Past {
            commit: commit.id,
            date: commit.date,
            path: brought.path.clone(),
            region,
            line,
            gone: !self.present.contains_key(&key),
            severity: pattern.severity,
        };
        self.secrets.insert(id, Secret { leaf, brought: brought.clone(), role, hit, past });
    }

    /// Where a hit stands, and its line without any secret.
    fn line(&self, path: &str, hit: &Hit, text: &[u8]) -> (Region, String) {
        let Some(span) = hit.span else { return (Region::file_start(), String::new()) };
        let mut spans = vec![span];
        let traces = TextSieve::new(self.patterns).sift(text, None).traces;
        spans.extend(traces.iter().map(|trace| Span::new(trace.start as usize, trace.end as usize)));
        let page = Repo::from_memory([(path, text)]);
        let secrets = Secrets::from([(path.to_owned(), spans)]);
        let placed =
            place(&page, &[Request { path, span, hashed: false }], &secrets, 1).into_iter().find_map(Result::ok);
        let Some(placed) = placed else { return (Region::file_start(), String::new()) };
        (placed.region, shown_line(&placed))
    }

    /// Notes the commit at what the files still hold, and gives what they do not hold by rule.
    fn settle(self, scan: &mut Scan) -> BTreeMap<String, Vec<Match>> {
        let mut by_rule: BTreeMap<String, Vec<Match>> = BTreeMap::new();
        for ((rule, key), secret) in self.secrets {
            let past = Arc::new(secret.past);
            if !past.gone {
                for (leaf, file, hit) in self.present.get(&key).into_iter().flatten() {
                    let file = scan.matches.of_mut(*leaf).get_mut(*file);
                    if let Some(hit) = file.and_then(|file| file.hits.get_mut(*hit)) {
                        hit.past = Some(Arc::clone(&past));
                    }
                }
                continue;
            }
            let Some((_, pattern)) = self.owners.get(&secret.leaf) else { continue };
            let mut captures = secret.hit.captures;
            let says = pattern.message.as_deref().map(|message| fill(message, &captures)).unwrap_or_default();
            captures.push(("says".to_owned(), says));
            captures.push(("commit".to_owned(), past.commit.get(..12).unwrap_or(&past.commit).to_owned()));
            captures.push(("date".to_owned(), past.date.clone()));
            let still = self.at_head.contains(&key);
            let state = if still { "still there at HEAD" } else { "gone from the files, but not from the history" };
            captures.push(("state".to_owned(), state.to_owned()));
            let confidence = secret.hit.confidence.map_or(pattern.confidence, |own| own.min(pattern.confidence));
            by_rule.entry(rule).or_default().push(Match {
                place: Place { path: secret.brought.path, span: secret.hit.span },
                shows: secret.hit.shows,
                captures,
                confidence: Some(confidence),
                mark: secret.hit.mark,
                past: Some(past),
                secret: secret.hit.secret,
                role: secret.role,
                grade: Grade::Full,
            });
        }
        for found in by_rule.values_mut() {
            found.sort_by(|left, right| (&left.place, &left.shows).cmp(&(&right.place, &right.shows)));
        }
        by_rule
    }
}
