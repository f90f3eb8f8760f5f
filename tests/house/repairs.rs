//! Repairs keep what they promise: on every failing example of its rule, what a repair offers makes the rule pass (or
//! partial, where a person has to fill something in), makes no other rule worse, and is offered only once.

use std::collections::BTreeMap;

use prodready::audit::{Audit, AuditOptions, audit};
use prodready::checklist::outcome::Outcome;
use prodready::repair::{Proposal, Workshop, proposals};
use prodready::repo::Repo;
use prodready::rule::example::Example;
use prodready::rule::repair::{self, Collected, Repairs};
use prodready::rule::set::RuleSet;

struct Shop {
    repairs: Vec<Repairs>,
    rules: RuleSet,
    collected: Collected,
}

fn shop() -> Shop {
    let repairs = repair::all().unwrap();
    let (rules, collected) = repair::with_collecting(Vec::new(), &repairs).unwrap();
    Shop { repairs, rules, collected }
}

impl Shop {
    fn audit(&self, repo: &Repo) -> Audit {
        audit(repo, &self.rules, &AuditOptions::new(1, jiff::civil::date(2026, 11, 21)))
    }

    fn offers(&self, files: &BTreeMap<String, String>, rule: Option<&str>) -> (Vec<Proposal>, Vec<String>) {
        let repo = Repo::from_memory(files.clone());
        let audit = self.audit(&repo);
        let (repairs, collected) = (&self.repairs, &self.collected);
        let workshop = Workshop { repo: &repo, rules: &self.rules, audit: &audit, repairs, collected };
        proposals(&workshop, &|id| rule.is_none_or(|rule| rule == id))
    }

    fn outcomes(&self, files: &BTreeMap<String, String>) -> BTreeMap<String, (Outcome, u32)> {
        let audit = self.audit(&Repo::from_memory(files.clone()));
        let named = audit.items.iter().map(|item| {
            let rule = &self.rules.rules[item.rule];
            (rule.id.to_string(), (item.outcome, item.credit))
        });
        named.collect()
    }
}

fn examples(rule: &str) -> Vec<Example> {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("rules/{rule}.test.yml"));
    serde_yaml::from_str(&std::fs::read_to_string(page).unwrap()).unwrap()
}

fn applied(files: &BTreeMap<String, String>, offers: &[Proposal]) -> BTreeMap<String, String> {
    let mut files = files.clone();
    files.extend(offers.iter().map(|offer| (offer.path.clone(), offer.after.clone())));
    files
}

#[test]
fn what_a_repair_offers_makes_its_rule_pass_and_no_other_worse() {
    let shop = shop();
    let (mut wrong, mut mended) = (Vec::new(), BTreeMap::new());
    for rule in shop.repairs.iter().map(|repairs| repairs.rule.as_str()) {
        *mended.entry(rule).or_insert(0) += 0;
        for example in
            examples(rule).iter().filter(|example| matches!(example.expect.outcome.as_str(), "fail" | "partial"))
        {
            let (offers, notes) = shop.offers(&example.files, Some(rule));
            wrong.extend(notes.iter().map(|note| format!("{rule}: {}: {note}", example.name)));
            let Some(first) = offers.first() else { continue };
            let (before, files) = (shop.outcomes(&example.files), applied(&example.files, &offers));
            let after = shop.outcomes(&files);
            let wanted = if first.fill_in.is_some() { Outcome::Partial } else { Outcome::Pass };
            if after[rule].0 != wanted {
                wrong.push(format!(
                    "{rule}: {}: {} instead of {wanted}\n{}",
                    example.name,
                    after[rule].0,
                    first.diff()
                ));
            }
            for (other, (outcome, credit)) in &after {
                let was = before[other];
                let applies = !matches!(was.0, Outcome::NotApplicable | Outcome::Unknown);
                if applies && *credit < was.1 {
                    wrong.push(format!("{rule}: {}: {other} got worse: {outcome}", example.name));
                }
            }
            // What waits for a person buys nothing elsewhere.
            let skeletons: Vec<Proposal> = offers.iter().filter(|offer| offer.fill_in.is_some()).cloned().collect();
            let bought = if skeletons.is_empty() {
                BTreeMap::new()
            } else {
                shop.outcomes(&applied(&example.files, &skeletons))
            };
            for (other, (outcome, credit)) in bought.iter().filter(|(other, _)| *other != rule) {
                if *credit > before[other].1 {
                    wrong.push(format!("{rule}: {}: the skeleton buys {other}: {outcome}", example.name));
                }
            }
            let (again, _) = shop.offers(&files, Some(rule));
            let again: Vec<_> = again.iter().map(|offer| &offer.path).collect();
            if !again.is_empty() {
                wrong.push(format!("{rule}: {}: offered again: {again:?}", example.name));
            }
            *mended.entry(rule).or_default() += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let idle: Vec<_> = mended.iter().filter(|(_, count)| **count == 0).collect();
    assert!(idle.is_empty(), "no example of these rules is ever mended: {idle:?}");
}
