//! A rule counts in the score only after people read its verdicts: at least 20 on real repositories, at most one in twenty
//! wrong.

use std::path::Path;

use prodready::rule::set::RuleSet;

/// Verdicts that must have been read; one of as many may have been wrong.
const READ: usize = 20;

#[test]
fn every_scored_rule_has_its_ledger() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/precision");
    let mut faults = Vec::new();
    for rule in RuleSet::embedded().unwrap().rules.iter().filter(|rule| !rule.preview) {
        let path = folder.join(format!("{}.tsv", rule.id.as_str().replace('/', "__")));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let lines: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split('\t').collect()).collect();
        for (number, line) in lines.iter().enumerate() {
            let sound = line.len() == 6
                && line[1].len() == 40
                && line[2] == rule.id.as_str()
                && ["pass", "partial", "fail", "unknown", "not-applicable"].contains(&line[3])
                && ["right", "wrong"].contains(&line[4]);
            if !sound {
                faults.push(format!("{}:{} is no line of a ledger", path.display(), number + 2));
            }
        }
        let wrong = lines.iter().filter(|line| line.get(4) == Some(&"wrong")).count();
        if lines.len() < READ || wrong * READ > lines.len() {
            faults.push(format!("{}: {} verdicts read, {wrong} wrong; make it `preview: true`", rule.id, lines.len()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
