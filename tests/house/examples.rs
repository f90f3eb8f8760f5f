//! Every example of every rule gives the complete verdict that is written.

use std::fmt::Write as _;
use std::path::Path;

use prodready::audit::examples::run;
use prodready::rule::example::Example;
use prodready::rule::set::RuleSet;
use prodready::rule::source;

#[test]
fn every_example_of_every_rule_holds() {
    let rules = RuleSet::embedded().unwrap();
    let pages = source::example_pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")).unwrap();
    let (mut count, mut report) = (0, String::new());
    for page in pages {
        let examples: Vec<Example> = page.read().unwrap();
        count += examples.len();
        for mismatch in run(&rules, page.path.trim_end_matches(".test.yml"), &examples) {
            let _ = writeln!(
                report,
                "{}: {}\n    {}",
                mismatch.rule,
                mismatch.example,
                mismatch.differences.join("\n    ")
            );
        }
    }
    assert!(count > 50, "only {count} examples were found");
    assert!(report.is_empty(), "\n{report}");
}
