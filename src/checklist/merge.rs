//! One finding per secret: the same value at several places is one thing to revoke, so it is told once, with all places.
//! And one finding per place: what a file of an outer component does to several inner ones is one thing to mend.
//!
//! This comes after decisions were settled place by place: an acceptance of one path hides that path alone.

use std::collections::BTreeMap;

use crate::checklist::finding::{Elsewhere, Finding, State};
use crate::checklist::item::{Item, Verdict};
use crate::condition::secret::Identity;
use crate::facts::model::Place;

/// The items with the findings of one secret put together.
pub fn by_secret(mut items: Vec<Item>) -> Vec<Item> {
    items.iter_mut().flat_map(|item| &mut item.verdicts).for_each(merge);
    items
}

/// What makes findings of several components one: the pattern, the place, what is said of it, and what becomes of it.
type OfPlace = (Option<String>, Place, String, State);

/// The items without the findings that another component has at the same place: the component that owns the file keeps
/// its own, else the first. `owner` gives the component of a path. Outcomes and credit stay as they are; an absence
/// belongs to its component, wherever it is shown.
pub fn by_place(mut items: Vec<Item>, owner: &dyn Fn(&str) -> usize) -> Vec<Item> {
    items.iter_mut().filter(|item| item.verdicts.len() > 1).for_each(|item| told_once(item, owner));
    items
}

fn told_once(item: &mut Item, owner: &dyn Fn(&str) -> usize) {
    let key = |finding: &Finding| -> Option<OfPlace> {
        let Finding { pattern, place, message, state, .. } = finding;
        (!finding.absence && finding.secret.is_none())
            .then(|| (pattern.clone(), place.clone(), message.clone(), *state))
    };
    let mut keeper: BTreeMap<OfPlace, usize> = BTreeMap::new();
    for (number, verdict) in item.verdicts.iter().enumerate() {
        for (key, path) in verdict.findings.iter().filter_map(|finding| Some((key(finding)?, &finding.place.path))) {
            let owns = verdict.component.is_some_and(|component| component == owner(path));
            if owns {
                keeper.insert(key, number);
            } else {
                keeper.entry(key).or_insert(number);
            }
        }
    }
    for (number, verdict) in item.verdicts.iter_mut().enumerate() {
        verdict.findings.retain(|finding| key(finding).is_none_or(|key| keeper.get(&key) == Some(&number)));
    }
}

fn merge(verdict: &mut Verdict) {
    if verdict.findings.iter().filter(|finding| finding.secret.is_some()).count() < 2 {
        return;
    }
    let mut first: BTreeMap<(Identity, State), usize> = BTreeMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(verdict.findings.len());
    // Findings come with those that count first, the worst first: the first of a secret speaks for all.
    for finding in std::mem::take(&mut verdict.findings) {
        let key = finding.secret.as_ref().map(|(identity, _)| (*identity, finding.state));
        if let Some(known) = key.and_then(|key| kept.get_mut(*first.get(&key)?)) {
            let Finding { place, region, fingerprint, .. } = finding;
            // Two patterns may see it at one place.
            if place != known.place && known.also.iter().all(|other| other.place != place) {
                known.also.push(Elsewhere { place, region, fingerprint });
            }
        } else {
            first.extend(key.map(|key| (key, kept.len())));
            kept.push(finding);
        }
    }
    verdict.findings = kept;
}
