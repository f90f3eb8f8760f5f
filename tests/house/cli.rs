//! The command line: what is refused, how, and with which exit code.

use std::path::PathBuf;
use std::process::{Command, Output};

fn prodready(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prodready"))
        .args(arguments)
        .env_remove("COLUMNS")
        .env("PRODREADY_FORCE_WIDTH", "80")
        .output()
        .unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("package.json"), "{\"name\": \"x\", \"dependencies\": {\"express\": \"4.0.0\"}}")
        .unwrap();
    std::fs::write(folder.path().join("index.js"), "require('express')().listen(1);\n").unwrap();
    folder
}

/// One sentence on standard error, nothing on standard output, exit 2.
fn refused(arguments: &[&str], words: &[&str]) {
    let output = prodready(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for word in words {
        assert!(said.contains(word), "{arguments:?} said {said:?}, without {word:?}");
    }
}

#[test]
fn what_cannot_be_audited_is_refused_in_one_sentence() {
    let folder = folder();
    let file = folder.path().join("index.js").display().to_string();
    refused(&["audit", "/nowhere/at/all"], &["/nowhere/at/all", "does not exist"]);
    refused(&["audit", &file], &["is not a folder"]);
    let path = folder.path().display().to_string();
    refused(&["audit", &path, "--only", "security/rate-limitng"], &["did you mean `security/rate-limiting`?"]);
    refused(&["audit", &path, "--format", "jsn"], &["there is no format `jsn`", "did you mean `json`?"]);
    refused(&["audit", &path, "--format", "json=/nowhere/x.json"], &["/nowhere/x.json", "cannot be written"]);
    refused(&["audit", &path, "--format", "json", "--format", "text"], &["standard output"]);
    refused(&["audit", &path, "--jobs", "0"], &["--jobs"]);
    refused(&["audit", &path, "--rules", "/nowhere"], &["/nowhere", "does not exist"]);
    refused(&["explain", "data/backup"], &["did you mean `data/backups`?"]);
    refused(&["rules", "test", &path], &["no example pages"]);
}

#[test]
fn a_broken_rule_is_told_with_file_line_and_remedy() {
    let rules = tempfile::tempdir().unwrap();
    std::fs::create_dir(rules.path().join("team")).unwrap();
    let file = rules.path().join("team/owner.yml");
    let rule = "title: There is an owner\nseverity: low\nconfidnce: high\nedition: '2026.1'\nwhy: x\nfix: x\n";
    std::fs::write(&file, rule).unwrap();
    let folder = folder();
    let (path, dir) = (folder.path().display().to_string(), rules.path().display().to_string());
    refused(&["audit", &path, "--rules", &dir], &["owner.yml:3", "confidnce", "did you mean `confidence`?"]);
    let text = rule.replace("confidnce", "confidence") + "require:\n  - text: { pattern: '(' , keywords: [owner] }\n";
    std::fs::write(&file, text).unwrap();
    refused(&["audit", &path, "--rules", &dir], &["owner.yml", "regular expression"]);
}

#[test]
fn an_empty_folder_gives_no_verdict_and_exit_3() {
    let folder = tempfile::tempdir().unwrap();
    let output = prodready(&["audit", &folder.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(3));
    std::fs::write(folder.path().join("README.md"), "# Sentry, rate limiting, backups\n").unwrap();
    let output = prodready(&["audit", &folder.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(3), "prose alone is nothing to audit");
}

#[test]
fn a_report_is_written_whole_and_nothing_else_in_the_tree_changes() {
    let folder = folder();
    let path = folder.path().display().to_string();
    let out = tempfile::tempdir().unwrap();
    let target: PathBuf = out.path().join("report.json");
    let output = prodready(&["audit", &path, "--format", &format!("json={}", target.display()), "--format", "text"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&target).unwrap()).unwrap();
    assert_eq!(report["schema_version"], 1);
    let names = |path: &std::path::Path| std::fs::read_dir(path).unwrap().count();
    assert_eq!(
        (names(out.path()), names(folder.path())),
        (1, 2),
        "no temporary file stays, nothing is written to the tree"
    );
    assert!(String::from_utf8_lossy(&output.stdout).lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn the_report_fulfils_its_published_schema() {
    let folder = folder();
    let report = prodready(&["audit", &folder.path().display().to_string(), "--format", "json"]);
    let schema = prodready(&["schema", "report"]);
    let parse = |bytes: &[u8]| -> serde_json::Value { serde_json::from_slice(bytes).unwrap() };
    let validator = jsonschema::validator_for(&parse(&schema.stdout)).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&parse(&report.stdout))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn schemas_of_rule_files_accept_the_rules_that_ship() {
    let parse = |bytes: &[u8]| -> serde_json::Value { serde_json::from_slice(bytes).unwrap() };
    let schema = parse(&prodready(&["schema", "rule"]).stdout);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let rules = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let text = std::fs::read_to_string(rules.join("security/rate-limiting.yml")).unwrap();
    let rule: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    assert!(validator.is_valid(&rule));
    let mut wrong = rule;
    wrong["serverity"] = "high".into();
    assert!(!validator.is_valid(&wrong));
}
