//! Same input, same bytes: at any number of threads, and whatever order the files come in.

use std::collections::BTreeMap;

use prodready::audit::{AuditOptions, audit};
use prodready::repo::Repo;
use prodready::report::{Report, github, gitlab, html, json, junit, markdown, text};
use prodready::rule::set::RuleSet;
use proptest::prelude::*;

use crate::fixtures::{as_memory, names};

fn options(jobs: usize) -> AuditOptions {
    AuditOptions::new(jobs, jiff::civil::date(2026, 11, 21))
}

fn bytes(rules: &RuleSet, files: &[(String, String)], jobs: usize) -> String {
    let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let audit = audit(&repo, rules, &options(jobs));
    let gate = prodready::score::Gate::default();
    let report = Report::new(&audit, rules, &gate);
    let told = [text::render(&report, text::Show::default(), 80), markdown::render(&report), github::render(&report)];
    let data = [json::render(&report).unwrap(), gitlab::render(&report).unwrap(), junit::render(&report)];
    told.concat() + &data.concat() + &html::render(&report).unwrap()
}

#[test]
fn threads_and_order_change_nothing() {
    let rules = RuleSet::embedded().unwrap();
    for name in names() {
        let mut files: Vec<(String, String)> = as_memory(&name).into_iter().collect();
        // Enough files for several batches, so that threads really take turns.
        for number in 0..200 {
            files.push((format!("src/pad/file{number}.py"), format!("import os\nX{number} = 'a{number}'\n")));
        }
        let one = bytes(&rules, &files, 1);
        files.reverse();
        assert_eq!(one, bytes(&rules, &files, 8), "fixture {name}");
    }
}

#[test]
fn rules_of_a_narrow_audit_say_the_same_when_the_others_ask_nothing() {
    let whole = RuleSet::embedded().unwrap();
    let areas: std::collections::BTreeSet<&str> = whole.rules.iter().map(|rule| rule.id.area()).collect();
    for area in areas {
        let only = vec![area.to_owned()];
        let narrow = RuleSet::narrowed(Vec::new(), &only).unwrap();
        for name in names() {
            let files = as_memory(&name);
            let told = |rules: &RuleSet| {
                let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
                let audit = audit(&repo, rules, &AuditOptions { only: only.clone(), ..options(1) });
                json::render(&Report::new(&audit, rules, &prodready::score::Gate::default())).unwrap()
            };
            assert_eq!(told(&whole), told(&narrow), "fixture {name}, --only {area}");
        }
    }
}

fn hostile_file() -> impl Strategy<Value = (String, String)> {
    let name = prop::sample::select(vec![
        "package.json",
        "pyproject.toml",
        "Dockerfile",
        "docker-compose.yml",
        ".github/workflows/ci.yml",
        "go.mod",
        "pom.xml",
        "Cargo.toml",
        "Gemfile",
        "composer.json",
        "build.gradle",
        "a.csproj",
        "mix.exs",
        "pubspec.yaml",
        "requirements.txt",
        "setup.py",
        "setup.cfg",
        "Pipfile",
        "src/app.ts",
        "src/app.py",
        "main.go",
        "Main.java",
        "a.rb",
        "a.php",
        "A.cs",
        "src/main.rs",
        "k8s/deploy.yaml",
        ".env",
        "main.tf",
        "chart/templates/a.yaml",
        "a.vue",
        "x.svelte",
        "nginx.conf",
    ]);
    let text = prop_oneof![
        "\\PC{0,200}",
        "[\\[\\]{}:,\"'\n\\-&*!|> a#%@`=<>/$()]{0,300}",
        prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    (name.prop_map(str::to_owned), text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn no_text_breaks_an_audit(files in prop::collection::vec(hostile_file(), 1..6)) {
        let rules = RuleSet::embedded().unwrap();
        let unique: BTreeMap<String, String> = files.into_iter().collect();
        let files: Vec<(String, String)> = unique.into_iter().collect();
        prop_assert!(!bytes(&rules, &files, 1).is_empty());
    }
}
