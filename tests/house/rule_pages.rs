//! The rules as a set: every rule has its page of examples, ids are pinned, and `rules/README.md` is generated and fresh.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use prodready::rule::example::Example;
use prodready::rule::set::RuleSet;
use prodready::rule::source;

fn rules_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

#[test]
fn ids_of_rules_and_patterns_change_only_on_purpose() {
    let rules = RuleSet::embedded().unwrap();
    let mut text = String::new();
    for rule in &rules.rules {
        let _ = writeln!(text, "{}", rule.id);
        for pattern in rule.forbid.iter().filter_map(|pattern| pattern.id.as_ref()) {
            let _ = writeln!(text, "  {pattern}");
        }
    }
    insta::assert_snapshot!("rule_ids", text);
}

#[test]
fn every_rule_has_a_page_with_a_passing_a_failing_and_an_inapplicable_example() {
    let rules = RuleSet::embedded().unwrap();
    let mut wrong = Vec::new();
    for rule in &rules.rules {
        let page = rules_folder().join(format!("{}.test.yml", rule.id));
        let Ok(text) = std::fs::read_to_string(&page) else {
            wrong.push(format!("{} has no page of examples", rule.id));
            continue;
        };
        let examples: Vec<Example> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let outcomes: BTreeSet<&str> = examples.iter().map(|example| example.expect.outcome.as_str()).collect();
        let whole = rule.applies_to.is_none() && rule.when.is_none();
        for outcome in ["pass", "fail", "not-applicable"] {
            let needed = outcome != "not-applicable" || !whole;
            // What is told of a project is never a failure of all of it with some rules.
            let shown = outcomes.contains(outcome) || (outcome == "fail" && outcomes.contains("partial"));
            if needed && !shown {
                wrong.push(format!("{} has no example of {outcome}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_expressions_and_syntax_patterns_compile() {
    let rules = RuleSet::embedded().unwrap();
    let mut wrong = Vec::new();
    for (number, leaf) in rules.plan.leaves.iter().enumerate() {
        let checked = leaf.validate();
        wrong.extend(checked.err().map(|error| format!("leaf {number}: {error}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_list_of_rules_is_fresh() {
    let rules = RuleSet::embedded().unwrap();
    let mut text = String::from(
        "# The rules\n\nGenerated from the files of this folder by the test `the_list_of_rules_is_fresh`; \
         `REWRITE=1 cargo test` writes it anew. What rules see of Terraform, \
         nginx and the like, and how they relate documents: [`documents.md`](documents.md).\n\n| rule | severity | applies to | what holds when it passes |\n|---|---|---|---|\n",
    );
    for rule in &rules.rules {
        let kinds = rule.applies_to.as_ref().map_or_else(
            || "the repository".to_owned(),
            |kinds| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
        );
        let preview = if rule.preview { " (preview)" } else { "" };
        let severity = prodready::report::words::severity(rule.severity);
        let _ = writeln!(text, "| [`{id}`]({id}.yml){preview} | {severity} | {kinds} | {} |", rule.title, id = rule.id);
    }
    let path = rules_folder().join("README.md");
    if std::env::var_os("REWRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        text,
        "REWRITE=1 cargo test writes rules/README.md anew"
    );
}

#[test]
fn example_pages_belong_to_rules() {
    let rules = RuleSet::embedded().unwrap();
    for page in source::example_pages(&rules_folder()).unwrap() {
        let id = page.path.trim_end_matches(".test.yml");
        assert!(rules.rule(id).is_some(), "{} is the page of no rule", page.path);
    }
}
