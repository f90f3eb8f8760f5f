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
    let server = "const express = require('express');\nconst app = express();\napp.listen(1);\n";
    std::fs::write(folder.path().join("index.js"), server).unwrap();
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
    std::fs::write(folder.path().join(".editorconfig"), "root = true\n").unwrap();
    let output = prodready(&["audit", &folder.path().display().to_string()]);
    assert_eq!(output.status.code(), Some(3), "neither are the settings of tools");
    std::fs::write(folder.path().join("settings.yaml"), "db:\n  password: \"hT7#kQ2vLw9z\"\n").unwrap();
    let output = prodready(&["audit", &folder.path().display().to_string(), "--only", "secrets"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("settings.yaml:2"),
        "configuration alone holds secrets, too"
    );
}

#[test]
fn a_place_that_concerns_several_components_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    for service in ["cart", "user"] {
        std::fs::create_dir(folder.path().join(service)).unwrap();
        let manifest = "{\"name\": \"x\", \"private\": true, \"dependencies\": {\"express\": \"4.21.1\"}}";
        std::fs::write(folder.path().join(service).join("package.json"), manifest).unwrap();
        std::fs::write(folder.path().join(service).join("server.js"), "require('express')().listen(1)\n").unwrap();
    }
    std::fs::create_dir(folder.path().join("web")).unwrap();
    std::fs::write(folder.path().join("web/Dockerfile"), "FROM nginx:1.27.2\nCOPY . /usr/share/nginx/html\n").unwrap();
    let path = folder.path().display().to_string();
    let output = prodready(&["audit", &path, "--only", "containers/non-root", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rule = &report["rules"][0];
    assert_eq!((rule["outcome"].as_str(), rule["components"].as_array().map(Vec::len)), (Some("partial"), Some(2)));
    let places: Vec<&str> =
        rule["findings"].as_array().unwrap().iter().filter_map(|one| one["path"].as_str()).collect();
    assert_eq!(places, ["web/Dockerfile"]);
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

/// The number behind `SCORE` in the text report.
fn score_of(path: &str, more: &[&str]) -> u32 {
    let mut arguments = vec!["audit", path, "--format", "json"];
    arguments.extend(more);
    let output = prodready(&arguments);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    u32::try_from(report["score"]["value"].as_u64().unwrap()).unwrap()
}

#[test]
fn every_gate_closes_just_below_what_was_asked() {
    let folder = folder();
    let path = folder.path().display().to_string();
    let score = score_of(&path, &[]);
    let code = |arguments: &[&str]| {
        let mut all = vec!["audit", &path];
        all.extend(arguments);
        prodready(&all).status.code()
    };
    for (least, expected) in [(score - 1, 0), (score, 0), (score + 1, 1)] {
        assert_eq!(code(&["--min-score", &least.to_string()]), Some(expected), "{least} with a score of {score}");
    }
    assert_eq!(code(&["--min-score", "100", "--exit-zero"]), Some(0));
    assert_eq!(code(&["--min-score", "100", "--only", "delivery"]), Some(0), "no score is asked for with --only");
    assert_eq!(code(&["--fail-on", "high"]), Some(1));
    assert_eq!(code(&["--fail-on", "critical"]), Some(0));
    let said = String::from_utf8_lossy(&prodready(&["audit", &path, "--min-score", "100"]).stdout).into_owned();
    assert_eq!(said.lines().last().unwrap(), format!("FAILED  score {score} < 100.  exit 1"));
}

#[test]
fn a_baseline_lets_only_new_findings_fail_and_holds_the_score() {
    let folder = folder();
    let path = folder.path().display().to_string();
    let file = folder.path().join("prodready-baseline.json");
    assert_eq!(prodready(&["baseline", "create", &path]).status.code(), Some(0));
    let (known, text) = (file.display().to_string(), std::fs::read_to_string(&file).unwrap());
    let code = |arguments: &[&str]| {
        let mut all = vec!["audit", &path, "--baseline", &known];
        all.extend(arguments);
        prodready(&all).status.code()
    };
    assert_eq!(code(&["--fail-on", "low"]), Some(0), "all of it is known");
    assert_eq!(score_of(&path, &["--baseline", &known]), score_of(&path, &[]), "a baseline changes no score");
    let score = score_of(&path, &[]);
    let with = |score: u32| {
        let old = format!("\"score\": {}", score_of(&path, &[]));
        std::fs::write(&file, text.replace(&old, &format!("\"score\": {score}"))).unwrap();
    };
    with(score + 2);
    assert_eq!(code(&["--fail-on-drop", "2"]), Some(0));
    assert_eq!(code(&["--fail-on-drop", "1"]), Some(1));
    std::fs::write(&file, &text).unwrap();
    std::fs::write(folder.path().join("key.js"), "const key = '-----BEGIN RSA PRIVATE KEY-----'\n").unwrap();
    std::fs::write(folder.path().join(".npmrc"), "//registry.example.org/:_authToken=k2Jx91mQpZr7Lw4TtVb8Nc3Kd6Wf\n")
        .unwrap();
    assert_eq!(code(&["--fail-on", "high"]), Some(1), "a new finding is not known");
    std::fs::write(&file, "{\n  \"schema_version\": true\n}").unwrap();
    refused(&["audit", &path, "--baseline", &known], &["prodready-baseline.json:2", "baseline create"]);
    assert!(std::fs::read_to_string(&file).unwrap().contains("true"), "nothing was overwritten");
}

#[test]
fn the_configuration_is_found_above_and_its_faults_are_told() {
    let folder = folder();
    let config = folder.path().join("prodready.toml");
    let path = folder.path().display().to_string();
    std::fs::write(&config, "min-score = 100\n").unwrap();
    assert_eq!(prodready(&["audit", &path]).status.code(), Some(1));
    assert_eq!(prodready(&["audit", &path, "--no-config"]).status.code(), Some(0));
    assert_eq!(prodready(&["audit", &path, "--min-score", "1"]).status.code(), Some(0), "what is typed goes first");
    std::fs::create_dir_all(folder.path().join(".git")).unwrap();
    std::fs::create_dir(folder.path().join("app")).unwrap();
    std::fs::write(folder.path().join("app/main.py"), "print(1)\n").unwrap();
    let below = folder.path().join("app").display().to_string();
    assert_eq!(prodready(&["audit", &below]).status.code(), Some(1), "it stands in the root of the repository");
    std::fs::write(&config, "edition = \"2026.1\"\n\n[[accept]]\nrule = \"delivery/ci\"\n").unwrap();
    refused(&["audit", &path], &["prodready.toml:3", "no `reason`"]);
    std::fs::write(&config, "min-scor = 1\n").unwrap();
    refused(&["audit", &path], &["prodready.toml:1", "did you mean `min-score`?"]);
    refused(&["audit", &path, "--config", "/nowhere.toml"], &["/nowhere.toml", "cannot be read"]);
}

#[test]
fn excluding_shows_in_the_score_without_decisions() {
    let folder = folder();
    let path = folder.path().display().to_string();
    std::fs::create_dir(folder.path().join("legacy")).unwrap();
    std::fs::write(folder.path().join("legacy/.env"), "DATABASE_PASSWORD=mF7q2Zx9Rt4Vb8Nc\n").unwrap();
    std::fs::write(folder.path().join("prodready.toml"), "exclude = [\"legacy/\"]\n").unwrap();
    let report = |path: &str, more: &[&str]| -> serde_json::Value {
        let mut arguments = vec!["audit", path, "--format", "json"];
        arguments.extend(more);
        serde_json::from_slice(&prodready(&arguments).stdout).unwrap()
    };
    let with = report(&path, &[]);
    let without = report(&path, &["--no-config"]);
    let secrets = |report: &serde_json::Value| {
        let areas = report["score"]["areas"].as_array().unwrap();
        areas.iter().find(|area| area["area"] == "secrets").unwrap()["value"].as_u64()
    };
    assert!(secrets(&with) > secrets(&without), "{} {}", with["score"], without["score"]);
    assert_eq!(with["score"]["unaccepted"], without["score"]["value"]);
}

#[test]
fn what_is_accepted_and_attested_is_written_and_read() {
    let folder = folder();
    let config = folder.path().join("prodready.toml").display().to_string();
    let path = folder.path().display().to_string();
    let written = prodready(&["accept", "delivery/ci", "--reason", "a \"toy\"", "--config", &config]);
    assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
    let attested = ["attest", "observability/error-tracking", "--how", "agent", "--by", "ops", "--until", "2099-01-01"];
    assert_eq!(prodready(&[&attested[..], &["--config", &config]].concat()).status.code(), Some(0));
    let before = std::fs::read_to_string(&config).unwrap();
    refused(&["accept", "delivery/c", "--reason", "x", "--config", &config], &["did you mean `delivery/ci`?"]);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), before, "nothing is written that cannot be read");
    let output = prodready(&["audit", &path, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let decisions = report["decisions"].as_array().unwrap();
    assert!(decisions.len() == 2 && decisions.iter().all(|one| one["trouble"].is_null()), "{decisions:?}");
    assert!(report["score"]["unaccepted"].as_u64() < report["score"]["value"].as_u64());
}

#[test]
fn the_score_and_a_finding_are_explained() {
    let folder = folder();
    let path = folder.path().display().to_string();
    let score = String::from_utf8_lossy(&prodready(&["explain", "--score", "--path", &path]).stdout).into_owned();
    assert!(score.contains(&format!("= {} (rounded down)", score_of(&path, &[]))), "{score}");
    let output = prodready(&["audit", &path, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = report["rules"].as_array().unwrap().iter().find_map(|rule| rule["findings"].get(0)).unwrap();
    let fingerprint = finding["fingerprint"].as_str().unwrap();
    let told = prodready(&["explain", "--finding", fingerprint, "--path", &path]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains(fingerprint) && told.contains("prodready accept"), "{told}");
    refused(&["explain", "--finding", "ffffffffffffffff", "--path", &path], &["ffffffffffffffff"]);
}

#[test]
fn a_pattern_may_be_chosen_or_left_out() {
    let folder = folder();
    let path = folder.path().display().to_string();
    std::fs::write(folder.path().join("a.sh"), concat!("x=\"ghp_", "q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P21HWD1\"\n"))
        .unwrap();
    let found = |arguments: &[&str]| {
        let output = prodready(&[&["audit", &path, "--format", "json"], arguments].concat());
        String::from_utf8_lossy(&output.stdout).contains("\"github-personal-token\"")
    };
    assert!(found(&["--only", "secrets/hardcoded-credential/github-personal-token"]));
    assert!(!found(&["--only", "secrets/hardcoded-credential/aws-access-key-id"]));
    assert!(!found(&["--skip", "secrets/hardcoded-credential/github-personal-token"]));
    refused(
        &["audit", &path, "--only", "secrets/hardcoded-credential/github-persnal-token"],
        &["github-personal-token"],
    );
}

#[test]
fn a_broken_previous_report_is_refused_and_nothing_is_overwritten() {
    let folder = folder();
    let path = folder.path().display().to_string();
    let out = tempfile::tempdir().unwrap();
    let (old, page) = (out.path().join("old.json"), out.path().join("report.html"));
    std::fs::write(&page, "before").unwrap();
    let (previous, target) = (old.display().to_string(), format!("html={}", page.display()));
    let arguments = ["audit", &path, "--format", &target, "--previous", &previous];
    refused(&arguments, &["old.json", "cannot be read"]);
    std::fs::write(&old, "{\n  \"schema_version\": \"x\"\n}\n").unwrap();
    refused(&arguments, &["old.json:2", "this is no JSON report"]);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "before");
    assert!(std::fs::read_to_string(&old).unwrap().contains("\"x\""), "nothing was overwritten");
    // The report that is compared with may be the one that is written.
    let json = format!("json={previous}");
    assert_eq!(prodready(&["audit", &path, "--format", &json]).status.code(), Some(0));
    let both = prodready(&[&arguments[..], &["--format", &json]].concat());
    assert_eq!(both.status.code(), Some(0), "{}", String::from_utf8_lossy(&both.stderr));
    assert!(std::fs::read_to_string(&page).unwrap().contains("Since the report of"));
}

#[test]
fn options_that_no_report_heeds_are_refused() {
    let folder = folder();
    let path = folder.path().display().to_string();
    refused(&["audit", &path, "--format", "sarif", "--previous", "x.json"], &["--previous", "html, markdown"]);
    refused(&["audit", &path, "--source-url", "https://code.example/x"], &["--source-url", "html, markdown"]);
    let html = ["audit", &path, "--format", "html", "--source-url"];
    refused(&[&html[..], &["javascript:alert(1)"]].concat(), &["is no address of the web"]);
    let page = prodready(&[&html[..], &["https://code.example/x/blob/main"]].concat());
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(page.contains("href=\"https://code.example/x/blob/main/package.json"), "places are links");
}
