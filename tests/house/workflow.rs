//! The commands of every day, as a user types them: init, fix, diff, --since, completions, man.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn prodready(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_prodready")).args(arguments).env("PRODREADY_FORCE_WIDTH", "80").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn refused(arguments: &[&str], words: &[&str]) {
    let output = prodready(arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said:?} lacks one of {words:?}");
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
}

const SERVER: &[(&str, &str)] = &[
    (
        "package.json",
        "{\"name\": \"shop\", \"scripts\": {\"test\": \"node --test\"}, \"dependencies\": {\"express\": \"4.0.0\", \"dotenv\": \"16.0.0\"}}",
    ),
    (
        "src/index.js",
        "require('dotenv').config();\nconst app = require('express')();\napp.get('/healthz', (q, s) => s.end());\nfetch(process.env.PAYMENT_URL);\napp.listen(3000);\n",
    ),
    ("src/index.test.js", "const test = require('node:test');\ntest('x', () => {});\n"),
    (
        "Dockerfile",
        "FROM node:22.11-alpine\r\nWORKDIR /app\r\nCOPY . .\r\nEXPOSE 3000\r\nCMD [\"node\", \"src/index.js\"]\r\n",
    ),
];

fn server() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), SERVER);
    folder
}

fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files =
        walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
    files.map(|entry| (name(entry.path()), std::fs::read(entry.path()).unwrap())).collect()
}

fn report(path: &str) -> Value {
    serde_json::from_slice(&prodready(&["audit", path, "--format", "json"]).stdout).unwrap()
}

fn outcome(report: &Value, rule: &str) -> String {
    let rules = report["rules"].as_array().unwrap();
    rules.iter().find(|entry| entry["id"] == rule).unwrap()["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn fix_shows_first_writes_when_told_and_the_next_audit_agrees() {
    let folder = server();
    let path = folder.path().display().to_string();
    let before = tree(folder.path());
    let shown = prodready(&["fix", &path]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let diff = text(&shown.stdout);
    for line in
        ["+++ b/.env.example", "+PAYMENT_URL=", "--- a/Dockerfile", "+USER 1000", "+HEALTHCHECK", "+++ b/SECURITY.md"]
    {
        assert!(diff.contains(line), "{line} in {diff}");
    }
    assert_eq!(tree(folder.path()), before, "nothing was written");

    let safe = prodready(&["fix", &path, "--write"]);
    assert!(text(&safe.stderr).contains("--unsafe"), "{}", text(&safe.stderr));
    let after = tree(folder.path());
    assert_eq!(after["Dockerfile"], before["Dockerfile"], "what is built is not touched");
    assert!(after.contains_key(".github/dependabot.yml") && !after.contains_key(".github/workflows/ci.yml"));

    let all = prodready(&["fix", &path, "--write", "--unsafe"]);
    assert_eq!(all.status.code(), Some(0), "{}", text(&all.stderr));
    let after = tree(folder.path());
    let dockerfile = text(&after["Dockerfile"]);
    assert!(
        dockerfile.lines().count() == 8 && dockerfile.split('\n').all(|line| line.is_empty() || line.ends_with('\r'))
    );
    let report = report(&path);
    for (rule, wanted) in [
        ("containers/non-root", "pass"),
        ("containers/healthcheck", "pass"),
        ("delivery/ci", "pass"),
        ("delivery/ci-runs-tests", "pass"),
        // The workflow is new, and what it uses is nothing that Dependabot was told of.
        ("dependencies/update-automation", "partial"),
        ("secrets/env-documented", "pass"),
        ("secrets/env-file-ignored", "pass"),
        ("security/security-policy", "partial"),
        ("delivery/code-owners", "partial"),
    ] {
        assert_eq!(outcome(&report, rule), wanted, "{rule}");
    }
    assert!(!after.keys().any(|name| name.contains(".tmp")), "{:?}", after.keys());
    assert!(text(&prodready(&["fix", &path]).stdout).is_empty(), "nothing is offered twice");
}

#[test]
fn fix_touches_nothing_outside_and_shows_no_secret() {
    let folder = server();
    let elsewhere = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".github")).unwrap();
    let secret = concat!("ghp_", "q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P21HWD1");
    write(
        folder.path(),
        &[(
            "Dockerfile",
            &format!("FROM node:22.11-alpine\nENV TOKEN={secret}\u{1b}[31m\nCMD [\"node\", \"src/index.js\"]\n"),
        )],
    );
    let path = folder.path().display().to_string();
    let shown = prodready(&["fix", &path, "--only", "containers"]);
    let diff = text(&shown.stdout);
    assert!(diff.contains("ENV TOKEN=") && !diff.contains(secret) && !diff.contains('\u{1b}'), "{diff}");
    #[cfg(unix)]
    {
        refused(&["fix", &path, "--write"], &["symbolic link"]);
        assert_eq!(tree(elsewhere.path()).len(), 0);
        assert!(!folder.path().join("SECURITY.md").exists(), "all or nothing");
    }
    refused(&["fix", &path, "--only", "containers/nonroot"], &["did you mean `containers/non-root`?"]);
}

/// The documented shape of Dependabot's file, as far as it is written here.
fn is_dependabot(text: &str) {
    const ECOSYSTEMS: &[&str] = &[
        "npm",
        "pip",
        "gomod",
        "cargo",
        "bundler",
        "composer",
        "maven",
        "gradle",
        "nuget",
        "mix",
        "pub",
        "uv",
        "bun",
        "docker",
        "docker-compose",
        "terraform",
        "github-actions",
    ];
    let file: Value = serde_yaml::from_str(text).unwrap();
    assert_eq!(file["version"], 2);
    let updates = file["updates"].as_array().unwrap();
    assert!(!updates.is_empty());
    for update in updates {
        assert!(ECOSYSTEMS.contains(&update["package-ecosystem"].as_str().unwrap()), "{update}");
        assert!(update["directory"].is_string() != update["directories"].is_array(), "{update}");
        assert_eq!(update["schedule"]["interval"], "weekly");
        let known = ["package-ecosystem", "directory", "directories", "schedule", "cooldown"];
        assert!(update.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{update}");
    }
}

#[test]
fn five_sample_repositories_get_better_by_what_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for name in ["express-bare", "express-declared", "django", "monorepo", "cli-tool"] {
        let folder = tempfile::tempdir().unwrap();
        let files = tree(&root.join(name));
        for (path, bytes) in &files {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
        let path = folder.path().display().to_string();
        let before = report(&path)["score"]["value"].as_u64().unwrap();
        let done = prodready(&["fix", &path, "--write", "--unsafe"]);
        assert_eq!(done.status.code(), Some(0), "{name}: {}", text(&done.stderr));
        let after = report(&path)["score"]["value"].as_u64().unwrap();
        assert!(after > before, "{name}: {before} -> {after}");
        let written = tree(folder.path());
        assert!(files.iter().all(|(path, bytes)| written[path].starts_with(bytes)), "{name}: what is there stays");
        is_dependabot(&text(&written[".github/dependabot.yml"]));
    }
}

#[test]
fn init_writes_what_the_next_audit_understands_and_overwrites_nothing() {
    let folder = server();
    let path = folder.path().display().to_string();
    let action = format!("octo/prodready@{}", "a".repeat(40));
    let all = ["init", &path, "--workflow", &action, "--pre-commit"];
    let before = tree(folder.path());
    let dry = prodready(&[&all[..], &["--dry-run"]].concat());
    assert!(dry.status.success() && text(&dry.stdout).contains("edition = ") && tree(folder.path()) == before);
    let score = report(&path)["score"]["value"].as_u64().unwrap();
    assert_eq!(prodready(&all).status.code(), Some(0));
    let config = std::fs::read_to_string(folder.path().join("prodready.toml")).unwrap();
    assert!(config.contains(&format!("\nmin-score = {score}\n")), "{config}");
    let workflow = std::fs::read_to_string(folder.path().join(".github/workflows/prodready.yml")).unwrap();
    let parsed: Value = serde_yaml::from_str(&workflow).unwrap();
    assert_eq!(parsed["jobs"]["audit"]["steps"][1]["uses"], action.as_str());
    let hooks: Value =
        serde_yaml::from_str(&std::fs::read_to_string(folder.path().join(".pre-commit-config.yaml")).unwrap()).unwrap();
    assert_eq!(hooks["repos"][0]["hooks"][0]["id"], "prodready");
    let written = tree(folder.path());
    refused(&["init", &path], &["prodready.toml exists", "--dry-run"]);
    assert_eq!(tree(folder.path()), written);
    refused(&["init", &path, "--workflow", "octo/prodready@v1"], &["40-HEX-DIGITS"]);
    refused(&["init", "/nowhere/at/all"], &["does not exist"]);
}

#[test]
fn diff_tells_better_from_worse_and_closes_its_gates() {
    let folder = server();
    let path = folder.path().display().to_string();
    let out = tempfile::tempdir().unwrap();
    let [old, new] = ["old.json", "new.json"].map(|name| out.path().join(name).display().to_string());
    prodready(&["audit", &path, "--format", &format!("json={old}")]);
    assert!(prodready(&["fix", &path, "--write"]).status.success());
    prodready(&["audit", &path, "--format", &format!("json={new}")]);
    let better = prodready(&["diff", &old, &new, "--fail-on", "medium", "--fail-on-drop", "0"]);
    let said = text(&better.stdout);
    assert_eq!(better.status.code(), Some(0), "{said}");
    assert!(said.contains("BETTER   secrets/env-file-ignored  fail -> pass\n  - "), "{said}");
    let worse = prodready(&["diff", &new, &old, "--fail-on", "medium", "--fail-on-drop", "0"]);
    let said = text(&worse.stdout);
    assert!(
        worse.status.code() == Some(1) && said.contains("WORSE    secrets/env-file-ignored  pass -> fail"),
        "{said}"
    );
    assert!(said.ends_with("exit 1\n") && said.contains("a new medium finding is open; the score fell by"), "{said}");
    assert_eq!(prodready(&["diff", &new, &old]).status.code(), Some(0), "no gate was asked for");
    std::fs::write(&new, "{\n").unwrap();
    refused(&["diff", &old, &new], &["new.json:", "no report of prodready", "--format json=FILE"]);
    refused(&["diff", &old, "/nowhere.json"], &["/nowhere.json", "cannot be read"]);
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.example",
        "-c",
        "init.defaultBranch=main",
    ]);
    let done = command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", text(&done.stderr));
}

#[test]
fn only_what_changed_since_a_commit_gates() {
    let folder = server();
    let key = "const key = '-----BEGIN RSA PRIVATE KEY-----'\n";
    let token = |number: char| format!("const t{number} = 'ghp_{}'\n", "q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P21HWD1");
    write(folder.path(), &[("src/old.js", &format!("{key}{}", token('1')))]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "first"]);
    let path = folder.path().display().to_string();
    let code = |since: &str, more: &[&str]| {
        prodready(
            &[&["audit", &path, "--since", since, "--only", "secrets/hardcoded-credential,delivery/code-owners"], more]
                .concat(),
        )
        .status
        .code()
    };
    assert_eq!(prodready(&["audit", &path, "--fail-on", "critical"]).status.code(), Some(1));
    assert_eq!(code("HEAD", &["--fail-on", "low"]), Some(0), "nothing changed");
    write(folder.path(), &[("src/old.js", &format!("{key}{}// a comment\n", token('1')))]);
    assert_eq!(code("HEAD", &["--fail-on", "critical"]), Some(0), "another line changed");
    write(folder.path(), &[("src/old.js", &format!("{key}{}", token('2')))]);
    assert_eq!(code("HEAD", &["--fail-on", "critical"]), Some(1), "its own line changed");
    let output = prodready(&["audit", &path, "--since", "HEAD"]);
    assert!(text(&output.stderr).contains("open findings concern what changed since"), "{}", text(&output.stderr));
    refused(&["audit", &path, "--since", "nowhere"], &["--since nowhere", "there is no commit", "fetch-depth"]);
    let bare = server();
    refused(&["audit", &bare.path().display().to_string(), "--since", "HEAD"], &["no git repository"]);
}

#[test]
fn shells_and_man_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&prodready(&["completions", shell]).stdout);
        assert!(script.contains("baseline") && script.contains("min-score"), "{shell}");
    }
    refused(&["completions", "csh"], &["bash"]);
    let page = text(&prodready(&["man"]).stdout);
    assert!(
        page.contains(".TH") && page.contains("min\\-score") && page.contains("prodready\\-fix"),
        "{}",
        &page[..400]
    );
}
