//! One finding per secret: the same value at several places is one thing to revoke, so it is told once, with all places.
//!
//! This comes after decisions were settled place by place: an acceptance of one path hides that path alone.

use std::collections::BTreeMap;

use crate::checklist::finding::{Elsewhere, Finding, State};
use crate::checklist::item::{Item, Verdict};
use crate::condition::secret::Identity;

/// The items with the findings of one secret put together.
pub fn by_secret(mut items: Vec<Item>) -> Vec<Item> {
    items.iter_mut().flat_map(|item| &mut item.verdicts).for_each(merge);
    items
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
            if place != known.place {
                known.also.push(Elsewhere { place, region, fingerprint });
            }
        } else {
            first.extend(key.map(|key| (key, kept.len())));
            kept.push(finding);
        }
    }
    verdict.findings = kept;
}
