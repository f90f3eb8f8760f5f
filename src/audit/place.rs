//! The place step: from byte spans to lines and columns, for what will be shown and for nothing else.
//!
//! Whatever text leaves here has lost the values of all secrets of its file, whichever rule shows it.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::audit::secrets;
use crate::checklist::finding::{Evidence, Finding, fingerprint};
use crate::checklist::item::{Item, Verdict};
use crate::condition::matches::Matches;
use crate::condition::text::one_line;
use crate::facts::known::Facts;
use crate::facts::model::Place;
use crate::repo::Repo;
use crate::repo::place::{Placed, Request, Secrets, place};
use crate::rule::set::RuleSet;
use crate::text::Region;

/// Most characters of a line that are kept: minified files and dumps have all on one.
const LONGEST_LINE: usize = 1000;

/// Where each place is, in lines and columns, with its first line (redacted).
#[derive(Debug, Default)]
pub(crate) struct Places {
    known: HashMap<Place, Known>,
}

#[derive(Debug)]
struct Known {
    region: Region,
    line: String,
    hash: String,
}

impl Places {
    /// Lines and columns of a place; the start of the file for a file as a whole.
    pub(crate) fn region(&self, place: &Place) -> Region {
        self.known.get(place).map_or(Region::file_start(), |known| known.region)
    }

    fn hash(&self, place: &Place) -> &str {
        self.known.get(place).map_or("", |known| known.hash.as_str())
    }

    fn line(&self, place: &Place) -> &str {
        self.known.get(place).map_or("", |known| known.line.as_str())
    }
}

/// Places everything that the items and the components will show, and gives findings their fingerprints.
pub(crate) fn fill(
    repo: &Repo,
    rules: &RuleSet,
    matches: &Matches,
    facts: &Facts,
    items: &mut [Item],
    jobs: usize,
) -> Places {
    let secrets = secrets_of(rules, matches, facts);
    let places = locate(repo, &secrets, &wanted(facts, items), &found(items), jobs);
    for item in items {
        let id = rules.rules.get(item.rule).map(|rule| rule.id.to_string()).unwrap_or_default();
        item.verdicts.iter_mut().for_each(|verdict| fill_verdict(verdict, &places));
        let mut seen = BTreeMap::new();
        item.verdicts.iter_mut().for_each(|verdict| name_findings(&id, verdict, &mut seen));
    }
    places
}

fn fill_verdict(verdict: &mut Verdict, places: &Places) {
    for evidence in verdict.evidence.iter_mut().chain(&mut verdict.applies_because) {
        show_evidence(evidence, places);
    }
    for finding in &mut verdict.findings {
        if let Some(past) = finding.past.as_ref().filter(|past| past.gone) {
            (finding.region, finding.line) = (past.region, past.line.clone());
            continue;
        }
        finding.region = places.region(&finding.place);
        places.hash(&finding.place).clone_into(&mut finding.line_hash);
        finding.line =
            if finding.place.span.is_some() { places.line(&finding.place).to_owned() } else { String::new() };
    }
    verdict.findings.sort_by(|left, right| order(left).cmp(&order(right)));
    if let Some(beneath) = &mut verdict.beneath {
        fill_verdict(beneath, places);
    }
}

fn order(finding: &Finding) -> (bool, std::cmp::Reverse<crate::condition::spec::Severity>, &Place, &Option<String>) {
    (finding.lenient, std::cmp::Reverse(finding.severity), &finding.place, &finding.pattern)
}

fn show_evidence(evidence: &mut Evidence, places: &Places) {
    evidence.region = places.region(&evidence.place);
    if evidence.shows.is_empty() {
        evidence.shows = one_line(places.line(&evidence.place));
    }
}

/// Fingerprints: findings that are alike in one file are told apart by their order.
fn name_findings(rule: &str, verdict: &mut Verdict, seen: &mut BTreeMap<(Option<String>, String, String), usize>) {
    for finding in &mut verdict.findings {
        let address = if finding.line.is_empty() { finding.message.clone() } else { one_line(&finding.line) };
        let ordinal = seen.entry((finding.pattern.clone(), finding.place.path.clone(), address.clone())).or_default();
        finding.fingerprint = fingerprint(rule, finding, &address, *ordinal);
        *ordinal += 1;
    }
    if let Some(beneath) = &mut verdict.beneath {
        name_findings(rule, beneath, seen);
    }
}

fn verdicts(items: &[Item]) -> impl Iterator<Item = &Verdict> {
    let verdicts = items.iter().flat_map(|item| &item.verdicts);
    verdicts.flat_map(|verdict| [Some(verdict), verdict.beneath.as_deref()]).flatten()
}

/// The places of findings, which are known again by the hashes of their lines.
fn found(items: &[Item]) -> HashSet<&Place> {
    verdicts(items).flat_map(|verdict| verdict.findings.iter().map(|finding| &finding.place)).collect()
}

fn wanted(facts: &Facts, items: &[Item]) -> Vec<Place> {
    let shown = verdicts(items).flat_map(|verdict| {
        let evidence = verdict.evidence.iter().chain(&verdict.applies_because).map(|evidence| &evidence.place);
        let findings = verdict.findings.iter().filter(|finding| !finding.is_past());
        evidence.chain(findings.map(|finding| &finding.place))
    });
    let because = facts.components.iter().flat_map(|component| {
        let facts = component.facts.iter().map(|(_, place)| place);
        component.because.iter().chain(component.technologies.iter().map(|technology| &technology.place)).chain(facts)
    });
    let mut wanted: Vec<Place> = shown.chain(because).cloned().collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

fn locate(repo: &Repo, secrets: &Secrets, wanted: &[Place], found: &HashSet<&Place>, jobs: usize) -> Places {
    let requests: Vec<Request<'_>> = wanted
        .iter()
        .map(|place| Request {
            path: place.path.as_str(),
            span: place.span.unwrap_or_default(),
            hashed: found.contains(place),
        })
        .collect();
    let mut known = HashMap::with_capacity(wanted.len());
    for (wanted, found) in wanted.iter().zip(place(repo, &requests, secrets, jobs)) {
        let Ok(placed) = found else { continue };
        let line = shown_line(&placed);
        let hash = placed.line_hash.unwrap_or_default();
        known.insert(wanted.clone(), Known { region: placed.region, line, hash });
    }
    Places { known }
}

/// Where the secrets of each file lie.
fn secrets_of(rules: &RuleSet, matches: &Matches, facts: &Facts) -> Secrets {
    let path = |file: u32| facts.paths.get(file as usize).map(ToString::to_string);
    let places = secrets::places(&rules.plan, matches).into_iter();
    places.filter_map(|(file, spans)| Some((path(file)?, spans))).collect()
}

/// The first line of a place; of a line as long as a file, its beginning.
pub(super) fn shown_line(placed: &Placed) -> String {
    let line = placed.lines.first().map(|line| line.trim()).unwrap_or_default();
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => line.get(..end).unwrap_or_default().to_owned() + "\u{2026}",
        None => line.to_owned(),
    }
}
