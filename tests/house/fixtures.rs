//! Sample repositories in `fixtures/`, each with the verdicts that a careful reader gives them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prodready::audit::{AuditOptions, audit};
use prodready::repo::Repo;
use prodready::rule::set::RuleSet;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The sample repositories, by name.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The files of a sample repository. A file that is named `x.fixture` is `x` there: it would mean something here.
pub(crate) fn as_memory(name: &str) -> BTreeMap<String, String> {
    let root = folder().join(name);
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            let path = path.trim_end_matches(".fixture").to_owned();
            files.insert(path, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    files
}

fn verdicts(name: &str) -> String {
    let rules = RuleSet::embedded().unwrap();
    let files = as_memory(name);
    let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let options = AuditOptions::new(1, jiff::civil::date(2026, 11, 21));
    let audit = audit(&repo, &rules, &options);
    let mut text = String::new();
    if audit.is_empty() {
        text.push_str("nothing to audit\n");
    }
    for component in audit.facts.components.iter().filter(|component| !component.kinds.is_empty()) {
        let _ = writeln!(text, "component {} {:?}", component.id, component.kinds);
    }
    for item in &audit.items {
        let _ = writeln!(text, "{:<34} {:<15} {}", rules.rules[item.rule].id.as_str(), item.outcome, item.reason);
        for finding in item.findings() {
            let pattern = finding.pattern.as_deref().unwrap_or("-");
            let _ =
                writeln!(text, "    ! {pattern} {}:{} {}", finding.place.path, finding.region.line, finding.message);
        }
        for evidence in item.evidence() {
            let _ = writeln!(text, "    + {}:{} {}", evidence.place.path, evidence.region.line, evidence.shows);
        }
    }
    text
}

#[test]
fn verdicts_of_the_sample_repositories() {
    let names = names();
    assert!(names.len() >= 8, "the samples were found");
    for name in names {
        insta::assert_snapshot!(format!("fixture_{name}"), verdicts(&name));
    }
}

#[test]
fn a_rule_that_runs_alone_says_what_it_says_among_all() {
    let rules = RuleSet::embedded().unwrap();
    for name in names() {
        let files = as_memory(&name);
        let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let whole = AuditOptions::new(1, jiff::civil::date(2026, 11, 21));
        let all = audit(&repo, &rules, &whole);
        let said = |items: &[prodready::checklist::item::Item], index: usize| {
            let item = items.iter().find(|item| item.rule == index).unwrap();
            let places: Vec<_> = item
                .findings()
                .map(|found| (found.place.path.clone(), found.region.line, found.message.clone()))
                .collect();
            (item.outcome, item.reason.clone(), places)
        };
        for (index, rule) in rules.rules.iter().enumerate().step_by(11) {
            let only = vec![rule.id.as_str().to_owned()];
            let alone = audit(&repo, &rules, &AuditOptions { only, ..whole.clone() });
            assert_eq!(said(&alone.items, index), said(&all.items, index), "{} in {name}", rule.id.as_str());
            assert_eq!(alone.facts.components, all.facts.components, "{name}");
        }
    }
}
