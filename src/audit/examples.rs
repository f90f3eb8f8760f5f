//! Runs example pages: each example is a repository in memory, and the verdict must be the one that is written.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{AuditOptions, audit};
use crate::checklist::decision::PathGlob;
use crate::checklist::item::Item;
use crate::config::{Config, FILE};
use crate::facts::model::Component;
use crate::repo::Repo;
use crate::rule::example::Example;
use crate::rule::set::RuleSet;

/// What an example said that the rule did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The rule.
    pub rule: String,
    /// The name of the example.
    pub example: String,
    /// Lines "expected …, found …".
    pub differences: Vec<String>,
}

/// Runs the examples of one rule; the answer lists what differs.
pub fn run(rules: &RuleSet, rule: &str, examples: &[Example]) -> Vec<Mismatch> {
    examples.iter().filter_map(|example| run_one(rules, rule, example)).collect()
}

fn run_one(rules: &RuleSet, rule: &str, example: &Example) -> Option<Mismatch> {
    let mismatch = |differences: Vec<String>| {
        (!differences.is_empty()).then(|| Mismatch {
            rule: rule.to_owned(),
            example: example.name.clone(),
            differences,
        })
    };
    let as_of = match example.as_of.as_deref().map(str::parse) {
        None => jiff::civil::date(2026, 11, 21),
        Some(Ok(date)) => date,
        Some(Err(_)) => return mismatch(vec!["`as-of` is no date of the form YYYY-MM-DD".to_owned()]),
    };
    let config = match example.config.as_deref().map(|text| Config::parse(text, FILE)).transpose() {
        Ok(config) => config.unwrap_or_default(),
        Err(error) => return mismatch(vec![error.to_string()]),
    };
    if let Err(error) = config.check(rules) {
        return mismatch(vec![error.to_string()]);
    }
    let exclude: Vec<PathGlob> = config.exclude.iter().filter_map(|glob| PathGlob::new(glob).ok()).collect();
    let kept = example.files.iter().filter(|(path, _)| !exclude.iter().any(|glob| glob.matches(path)));
    let files = kept.map(|(path, text)| (path.as_str(), text.as_str()));
    let tracked = |path: &str| example.tracked.as_ref().is_none_or(|tracked| tracked.iter().any(|known| known == path));
    let mut repo = Repo::from_memory_with(files, tracked);
    if let Some(states) = &example.history {
        let texts = |state: &BTreeMap<String, String>| {
            state.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect()
        };
        repo = repo.with_history(states.iter().map(texts).collect());
    }
    let options = AuditOptions {
        jobs: 1,
        as_of,
        only: vec![rule.to_owned()],
        skip: Vec::new(),
        kinds: config.component_kinds(),
        decisions: config.decisions,
        history: example.history.is_some(),
        dropped: false,
    };
    let audit = audit(&repo, rules, &options);
    match audit.items.first() {
        None => mismatch(vec![format!("there is no rule {rule}")]),
        Some(item) => mismatch(differences(example, item, &audit.facts.components)),
    }
}

fn differences(example: &Example, item: &Item, components: &[Component]) -> Vec<String> {
    let expect = &example.expect;
    let mut lines = Vec::new();
    if expect.outcome != item.outcome.as_str() {
        lines.push(format!("outcome: expected {}, found {} ({})", expect.outcome, item.outcome, item.reason));
    }
    if let Some(wanted) = &expect.components {
        let found: BTreeMap<String, String> = item
            .verdicts
            .iter()
            .filter_map(|verdict| Some((components.get(verdict.component?)?.id.clone(), verdict.outcome.to_string())))
            .collect();
        if *wanted != found {
            lines.push(format!("components: expected {wanted:?}, found {found:?}"));
        }
    }
    if let Some(wanted) = &expect.findings {
        let found = item.findings().map(|finding| {
            let place = format!("{}:{}", finding.place.path, finding.region.line);
            finding.pattern.as_ref().map_or_else(|| place.clone(), |pattern| format!("{pattern} @ {place}"))
        });
        compare("findings", wanted, &found.collect(), &mut lines);
    }
    if let Some(wanted) = expect.severity {
        let worst = item.findings().map(|finding| finding.severity).max();
        if worst != Some(wanted) {
            let worst = worst.map_or_else(|| "no finding".to_owned(), |worst| worst.as_str().to_owned());
            lines.push(format!("severity: expected {}, found {worst}", wanted.as_str()));
        }
    }
    if let Some(wanted) = &expect.evidence {
        compare("evidence", wanted, &item.evidence().map(|evidence| evidence.place.path.clone()).collect(), &mut lines);
    }
    lines
}

fn compare(what: &str, wanted: &[String], found: &BTreeSet<String>, lines: &mut Vec<String>) {
    let wanted: BTreeSet<String> = wanted.iter().cloned().collect();
    if wanted != *found {
        lines.push(format!("{what}: expected {wanted:?}, found {found:?}"));
    }
}
