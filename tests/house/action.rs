//! The shell parts of the GitHub Action, run as the runner runs them: outputs, summary, annotations, upload, comment and
//! gate, with the files of the runner in a temporary folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Runner {
    folder: tempfile::TempDir,
}

impl Runner {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["temp", "repo", "tools"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let runner = Self { folder };
        runner.write("repo/package.json", "{\"name\": \"x\", \"dependencies\": {\"express\": \"4.0.0\"}}");
        runner.write("repo/index.js", "const app = require('express')();\napp.listen(1); // ::error::no command\n");
        runner.write("event.json", "{\"repository\": {\"full_name\": \"a/b\", \"private\": false}}");
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn script(&self, name: &str, environment: &[(&str, &str)]) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = format!("{}:{}", self.path("tools").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(root.join("action").join(name)).current_dir(self.path("repo")).env("PATH", tools);
        command.env("RUNNER_TEMP", self.path("temp")).env("GITHUB_OUTPUT", self.path("output"));
        command.env("GITHUB_STEP_SUMMARY", self.path("summary")).env("GITHUB_EVENT_PATH", self.path("event.json"));
        command.env("GITHUB_REPOSITORY", "a/b").env("ACTION_REPOSITORY", "a/prodready").env("ACTION_FOLDER", root);
        command.env("PRODREADY", env!("CARGO_BIN_EXE_prodready"));
        command.envs(environment.iter().copied()).output().unwrap()
    }

    /// The last value of an output.
    fn output(&self, name: &str) -> String {
        let text = self.read("output");
        let mut values = text.lines().filter_map(|line| line.strip_prefix(&format!("{name}=")));
        values.next_back().unwrap_or_else(|| panic!("no output {name} in {text:?}")).to_owned()
    }

    /// A `gh` that notes its calls, answers a listing with `comments`, and writes what it is given to a file.
    fn fake_gh(&self, comments: &str, code: i32) {
        let log = self.path("gh.log");
        self.write("comments.json", comments);
        let script = format!(
            "#!/usr/bin/env bash\necho \"$*\" >>'{log}'\nfor word in \"$@\"; do [ -f \"$word\" ] && cp \"$word\" '{body}'; done\ncase \"$*\" in *--paginate*) cat '{comments}';; *) exit {code};; esac\n",
            log = log.display(),
            body = self.path("body.json").display(),
            comments = self.path("comments.json").display(),
        );
        self.tool("gh", &script);
    }

    fn tool(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.path("tools").join(name);
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn said(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = write!(text, "{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn an_audit_gives_outputs_a_summary_and_a_gate() {
    let runner = Runner::new();
    let done = runner.script("audit.sh", &[("INPUT_MIN_SCORE", "99"), ("INPUT_FORMAT", "json=extra.json\n")]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let score: u32 = runner.output("score").parse().unwrap();
    assert!(score < 99 && runner.output("passed") == "false" && runner.output("exit") == "1");
    assert_eq!(runner.output("grade").len(), 1);
    assert!(runner.read("summary").contains("roduction readiness"), "{}", runner.read("summary"));
    for name in ["sarif-file", "json-file"] {
        let file = std::fs::read_to_string(runner.output(name)).unwrap();
        assert!(file.starts_with('{'), "{name}");
    }
    assert!(runner.read("repo/extra.json").starts_with('{'), "the further report was written");
    let gate = runner.script("gate.sh", &[("AUDIT_EXIT", "1"), ("AUDIT_REASON", &runner.output("reason"))]);
    assert_eq!(gate.status.code(), Some(1));
    assert!(said(&gate).contains(&format!("score {score} < 99")), "{}", said(&gate));
    assert_eq!(runner.script("gate.sh", &[("AUDIT_EXIT", "0")]).status.code(), Some(0));
    assert_eq!(runner.script("gate.sh", &[]).status.code(), Some(4), "an audit that never ran is incomplete");
}

#[test]
fn text_of_the_repository_is_no_command_to_the_runner() {
    let runner = Runner::new();
    let done = runner.script("audit.sh", &[]);
    let text = said(&done);
    let report = text.find("SCORE").unwrap();
    let stop = text.find("::stop-commands::").unwrap();
    let word: String = text[stop + "::stop-commands::".len()..].chars().take_while(|c| !c.is_whitespace()).collect();
    let go = text.find(&format!("::{word}::\n")).unwrap();
    assert!(word.len() > 32 && stop < report && report < go, "{text}");
}

#[test]
fn wrong_inputs_are_told_and_nothing_runs_from_them() {
    let runner = Runner::new();
    for (name, value, words) in [
        ("INPUT_MIN_SCORE", "$(touch pwned)", "--min-score"),
        ("INPUT_FAIL_ON", "hgih", "hgih"),
        ("INPUT_PATH", "nowhere; touch pwned", "does not exist"),
        ("INPUT_BASELINE", "none.json", "none.json"),
    ] {
        let done = runner.script("audit.sh", &[(name, value)]);
        assert_eq!(done.status.code(), Some(0), "{name}: {}", said(&done));
        assert_eq!(runner.output("exit"), "2", "{name}");
        assert!(said(&done).contains(words), "{name}: {}", said(&done));
        assert_eq!(runner.output("upload"), "false");
    }
    assert_eq!(runner.script("audit.sh", &[("INPUT_FORMAT", "html")]).status.code(), Some(2));
    assert!(!runner.path("repo/pwned").exists());
}

#[test]
fn sarif_is_sent_where_it_is_allowed_and_else_one_line_says_why() {
    let runner = Runner::new();
    let fork = "{\"repository\": {\"full_name\": \"a/b\", \"private\": false}, \"pull_request\": {\"number\": 7, \"head\": {\"repo\": {\"full_name\": \"c/b\"}}}}";
    let private = "{\"repository\": {\"full_name\": \"a/b\", \"private\": true}}";
    for (event, input, upload, words) in [
        (None, "auto", "true", ""),
        (None, "false", "false", ""),
        (Some(fork), "auto", "false", "from a fork"),
        (Some(private), "auto", "false", "is private"),
        (Some(private), "true", "true", ""),
    ] {
        let event = event.unwrap_or("{\"repository\": {\"full_name\": \"a/b\", \"private\": false}}");
        runner.write("event.json", event);
        let done = runner.script("audit.sh", &[("INPUT_UPLOAD_SARIF", input)]);
        assert_eq!(runner.output("upload"), upload, "{event} {input}");
        let lines = said(&done).lines().filter(|line| line.contains("no upload")).count();
        assert_eq!(lines, usize::from(!words.is_empty()), "{event} {input}");
        assert!(said(&done).contains(words));
    }
}

#[test]
fn one_comment_is_kept_up_to_date_where_the_token_may_write() {
    let runner = Runner::new();
    let summary = runner.path("summary.md").display().to_string();
    runner.write("summary.md", "### Production readiness\n\"quoted\" `ticks`\n");
    let own = "{\"repository\": {\"full_name\": \"a/b\"}, \"pull_request\": {\"number\": 7, \"head\": {\"repo\": {\"full_name\": \"a/b\"}}}}";
    let comment = |more: &[(&str, &str)]| {
        let _ = std::fs::remove_file(runner.path("gh.log"));
        let mut environment = vec![("SUMMARY", summary.as_str()), ("INPUT_PATH", "apps/web")];
        environment.extend(more);
        let done = runner.script("comment.sh", &environment);
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        (runner.read("gh.log"), said(&done))
    };
    runner.fake_gh("[]", 0);
    assert_eq!(comment(&[]).0, "", "no pull request, no comment");
    runner.write("event.json", own);
    assert!(comment(&[]).0.contains("POST repos/a/b/issues/7/comments"));
    let body: serde_json::Value = serde_json::from_str(&runner.read("body.json")).unwrap();
    assert!(body["body"].as_str().unwrap().starts_with("<!-- prodready-action:apps/web -->\n### Production"));
    let others = "[{\"id\": 1, \"user\": {\"type\": \"User\"}, \"body\": \"<!-- prodready-action:apps/web -->\"}, {\"id\": 5, \"user\": {\"type\": \"Bot\"}, \"body\": \"<!-- prodready-action:apps/web -->\\nold\"}]";
    runner.fake_gh(others, 0);
    assert!(comment(&[]).0.contains("PATCH repos/a/b/issues/comments/5"), "the bot's own one, not a person's");
    assert_eq!(comment(&[("INPUT_COMMENT", "false")]).0, "");
    runner.fake_gh("[]", 1);
    assert!(comment(&[]).1.contains("pull-requests: write"), "refused in one line");
    runner.write("event.json", &own.replace("{\"full_name\": \"a/b\"}}}}", "{\"full_name\": \"c/b\"}}}}"));
    let (calls, text) = comment(&[]);
    assert!(calls.is_empty() && text.contains("from a fork"), "{calls} {text}");
}

#[test]
fn the_program_is_found_built_or_fetched_with_its_checksum() {
    let runner = Runner::new();
    let none = runner.script("install.sh", &[("INPUT_VERSION", "newest")]);
    assert_eq!(none.status.code(), Some(2));
    assert!(said(&none).contains("source, installed, or the number"), "{}", said(&none));
    runner.tool("prodready", "#!/bin/sh\necho here\n");
    assert_eq!(runner.script("install.sh", &[("INPUT_VERSION", "installed")]).status.code(), Some(0));
    assert_eq!(runner.output("program"), runner.path("tools/prodready").display().to_string());

    runner.tool("uname", "#!/bin/sh\n[ \"$1\" = -s ] && echo Linux || echo x86_64\n");
    let releases = format!("file://{}", runner.path("releases").display());
    let folder = runner.path("releases/v1.2.3");
    std::fs::create_dir_all(&folder).unwrap();
    let pack = "tar -czf prodready-x86_64-unknown-linux-gnu.tar.gz -C ../../tools prodready && \
                sha256sum prodready-x86_64-unknown-linux-gnu.tar.gz >prodready-x86_64-unknown-linux-gnu.tar.gz.sha256";
    assert!(Command::new("sh").args(["-c", pack]).current_dir(&folder).status().unwrap().success());
    let fetch = || runner.script("install.sh", &[("INPUT_VERSION", "1.2.3"), ("PRODREADY_RELEASES", &releases)]);
    let done = fetch();
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(runner.output("program").ends_with("/prodready-1.2.3/prodready"));
    let sum = folder.join("prodready-x86_64-unknown-linux-gnu.tar.gz.sha256");
    let text = std::fs::read_to_string(&sum).unwrap();
    std::fs::write(&sum, format!("{}{}", "0".repeat(64), &text[64..])).unwrap();
    assert_eq!(fetch().status.code(), Some(2), "a wrong checksum");
    let missing = runner.script("install.sh", &[("INPUT_VERSION", "9.9.9"), ("PRODREADY_RELEASES", &releases)]);
    assert!(said(&missing).contains("cannot be had"), "{}", said(&missing));
}

#[test]
fn no_command_of_the_action_holds_an_expression() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    let action: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert!(steps.len() >= 4);
    for step in steps {
        let run = step["run"].as_str().unwrap_or_default();
        assert!(!run.contains("${{"), "{run}");
        let uses = step["uses"].as_str().unwrap_or("a@0123456789012345678901234567890123456789");
        assert_eq!(uses.split('@').nth(1).unwrap().len(), 40, "{uses} is pinned to a commit");
    }
    let inputs = action["inputs"].as_object().unwrap();
    for name in inputs.keys() {
        assert!(text.contains(&format!("inputs.{name} ")), "the input {name} is used");
    }
}
