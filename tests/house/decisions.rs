//! Decisions of people: what they take out, what shows beneath, and what they can never hide.

use std::sync::Arc;

use prodready::audit::{Audit, AuditOptions, audit};
use prodready::checklist::finding::State;
use prodready::checklist::item::Item;
use prodready::checklist::outcome::Outcome;
use prodready::config::Config;
use prodready::repo::Repo;
use prodready::rule::set::RuleSet;
use prodready::score::{self, Score};

/// The rules of the program, loaded once.
pub(crate) fn rules() -> &'static RuleSet {
    static RULES: std::sync::OnceLock<RuleSet> = std::sync::OnceLock::new();
    RULES.get_or_init(|| RuleSet::embedded().unwrap())
}

pub(crate) fn audited(files: &[(String, String)], config: &str) -> Audit {
    let config = Config::parse(config, "prodready.toml").unwrap();
    config.check(rules()).unwrap();
    let options = AuditOptions {
        jobs: 1,
        as_of: jiff::civil::date(2026, 11, 21),
        only: vec![],
        skip: vec![],
        kinds: config.component_kinds(),
        decisions: Arc::clone(&config.decisions),
        history: false,
        dropped: false,
    };
    let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.clone(), text.clone())));
    audit(&repo, rules(), &options)
}

pub(crate) fn scored(items: &[Item]) -> Option<Score> {
    let entries: Vec<_> = items.iter().filter_map(|item| score::entry(&rules().rules[item.rule], item)).collect();
    score::score(&entries)
}

fn item<'a>(audit: &'a Audit, rule: &str) -> &'a Item {
    audit.items.iter().find(|item| rules().rules[item.rule].id.as_str() == rule).unwrap()
}

fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

const WORKFLOW: &str = ".github/workflows/ci.yml";

/// One pinned action, two that are not.
fn workflow() -> Vec<(String, String)> {
    let text = "on: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      \
                - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8\n      - uses: a/b@v1\n      - uses: c/d@v2\n";
    files(&[(WORKFLOW, text), ("index.js", "x()\n"), ("package.json", "{\"name\": \"x\"}")])
}

const PINNED: &str = "delivery/actions-pinned";

#[test]
fn an_accepted_finding_removes_its_subject() {
    let before = audited(&workflow(), "");
    assert_eq!((item(&before, PINNED).outcome, item(&before, PINNED).credit), (Outcome::Partial, 333));
    let accept = format!("[[accept]]\nrule = \"{PINNED}\"\npath = \"{WORKFLOW}\"\nreason = \"trusted\"\n");
    let after = audited(&workflow(), &accept);
    let pinned = item(&after, PINNED);
    assert_eq!((pinned.outcome, pinned.credit), (Outcome::Pass, 1000), "one subject is left, and it complies");
    assert!(pinned.findings().all(|finding| finding.state == State::Accepted));
    assert_eq!(scored(&after.found), scored(&before.found), "what was found does not change by a decision");
    assert!(after.decisions[0].trouble().is_none());
}

#[test]
fn an_ignore_beside_a_line_takes_one_finding() {
    let mut files = workflow();
    files[0].1 = files[0].1.replace("a/b@v1", "a/b@v1 # prodready: ignore[delivery/actions-pinned] -- our own");
    let after = audited(&files, "");
    let pinned = item(&after, PINNED);
    assert_eq!((pinned.outcome, pinned.credit), (Outcome::Partial, 500));
    let states: Vec<State> = pinned.findings().map(|finding| finding.state).collect();
    assert_eq!(states, [State::Ignored, State::Open]);
}

#[test]
fn a_day_that_has_passed_makes_it_count_again() {
    let accept = format!("[[accept]]\nrule = \"{PINNED}\"\nreason = \"x\"\nuntil = \"2026-11-20\"\n");
    let after = audited(&workflow(), &accept);
    assert_eq!(item(&after, PINNED).outcome, Outcome::Partial);
    assert!(after.decisions[0].trouble().unwrap().contains("ended on 2026-11-20"));
    let last_day = accept.replace("2026-11-20", "2026-11-21");
    assert_eq!(item(&audited(&workflow(), &last_day), PINNED).outcome, Outcome::NotApplicable);
}

#[test]
fn what_does_nothing_or_is_misspelt_is_told() {
    let mut files = workflow();
    files[1].1 = "x() // prodready: ignore[data/backup] -- y\ny() // prodready: ignore[data/backups]\nz() // prodready: ignore[data/backups] -- z\n".into();
    let audit = audited(&files, "[[accept]]\nrule = \"data/backups\"\nreason = \"none\"\n");
    let told: Vec<String> =
        audit.decisions.iter().filter_map(prodready::checklist::decision::Outcome::trouble).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].contains("did you mean `data/backups`?"), "{told:?}");
    assert!(told[1].contains("no reason"), "{told:?}");
    assert!(told[2].contains("concerns nothing here any more") && told[3].contains("concerns nothing"), "{told:?}");
}

#[test]
fn an_absence_is_accepted_or_attested_and_the_attestation_ends() {
    let files = files(&[
        ("package.json", "{\"name\": \"x\", \"dependencies\": {\"express\": \"4.0.0\", \"pg\": \"8.0.0\"}}"),
        (
            "index.js",
            "const express = require('express')\nconst pg = require('pg')\nconst pool = new pg.Pool()\nconst app = express()\napp.listen(1)\n",
        ),
        ("compose.yaml", "services:\n  db:\n    image: postgres:17\n    volumes: ['d:/var/lib/postgresql/data']\n"),
    ]);
    let rule = "data/backups";
    assert_eq!(item(&audited(&files, ""), rule).outcome, Outcome::Fail);
    let accepted = audited(&files, "[[accept]]\nrule = \"data/backups\"\nreason = \"a toy\"\n");
    assert_eq!(item(&accepted, rule).outcome, Outcome::NotApplicable);
    let attest = "[[attest]]\nrule = \"data/backups\"\nhow = \"snapshots\"\nby = \"ops\"\nuntil = \"2027-01-01\"\n";
    let attested = audited(&files, attest);
    assert_eq!((item(&attested, rule).outcome, item(&attested, rule).credit), (Outcome::Pass, 1000));
    assert!(item(&attested, rule).reason.contains("attested by ops"));
    assert!(scored(&attested.found).unwrap().value < scored(&attested.items).unwrap().value);
    let ended = audited(&files, &attest.replace("2027", "2026"));
    assert_eq!(item(&ended, rule).outcome, Outcome::Fail);
}

#[test]
fn a_kind_of_the_configuration_stands() {
    let files = files(&[
        ("package.json", "{\"name\": \"x\", \"dependencies\": {\"express\": \"4.0.0\"}}"),
        ("index.js", "const express = require('express')\nconst app = express()\napp.listen(1)\n"),
    ]);
    let rule = "observability/error-tracking";
    assert_eq!(item(&audited(&files, ""), rule).outcome, Outcome::Fail);
    let library = audited(&files, "[components.\".\"]\nkind = \"library\"\n");
    assert_eq!(item(&library, rule).outcome, Outcome::NotApplicable);
}
