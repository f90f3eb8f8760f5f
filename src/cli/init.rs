//! `prodready init`: writes a configuration whose comments explain it and, where asked for, a workflow and the entry of a
//! pre-commit hook. It never overwrites: what is there is left, and said.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::args::{InitArgs, TargetArgs};
use crate::cli::load::{Choice, Session, session};
use crate::cli::output::create_file;
use crate::cli::{Exit, Refusal, messages};
use crate::config::{Config, FILE};
use crate::rule::set::EDITION;

const WORKFLOW: &str = ".github/workflows/prodready.yml";
const HOOKS: &str = ".pre-commit-config.yaml";
/// The commit that the workflow checks out with: a release of the action that comes with the program's own tables.
const CHECKOUT: &str = "checkout";

/// Writes, or with `--dry-run` shows.
pub(crate) fn run(arguments: &InitArgs) -> Result<Exit, Refusal> {
    let mut files: Vec<(PathBuf, String)> = vec![(arguments.path.join(FILE), configuration(arguments)?)];
    if let Some(action) = &arguments.workflow {
        files.push((arguments.path.join(WORKFLOW), workflow(action)?));
    }
    if arguments.pre_commit {
        files.push((arguments.path.join(HOOKS), hooks()));
    }
    if arguments.dry_run {
        for (file, text) in &files {
            let state = if file.symlink_metadata().is_ok() { " (exists: it would be left as it is)" } else { "" };
            messages::print(&format!("# {}{state}\n{text}\n", file.display()));
        }
        return Ok(Exit::Passed);
    }
    let mut left = Vec::new();
    for (file, text) in &files {
        match create_file(file, text) {
            Ok(()) => messages::note(&format!("written: {}", file.display())),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => left.push(file.display().to_string()),
            Err(error) => return Err(Refusal(format!("{} cannot be written: {error}", file.display()))),
        }
    }
    if left.is_empty() {
        messages::note("next: prodready audit, then prodready fix");
        return Ok(Exit::Passed);
    }
    Err(Refusal(format!("{} exists and was left as it is; --dry-run shows what would stand there", left.join(" and "))))
}

/// The configuration, with today's score as the least that passes.
fn configuration(arguments: &InitArgs) -> Result<String, Refusal> {
    let target = TargetArgs::of(&arguments.path, arguments.dry_run);
    let session = session(&target, &Choice::default())?;
    let score = session.score.as_ref().map(|score| score.value);
    let mut text = String::from(
        "# What this project asks of itself: `prodready audit` reads it. `prodready schema config` describes it.\n\n",
    );
    let _ = writeln!(
        text,
        "# The dated set of rules that scores: a score is comparable only within one edition.\nedition = \"{EDITION}\"\n"
    );
    let _ = writeln!(text, "# The audit fails below this score. It is today's: raise it as you get better.");
    let _ = match score {
        Some(score) => writeln!(text, "min-score = {score}\n"),
        None => writeln!(text, "# min-score = 80\n"),
    };
    text.push_str("# The audit fails when a finding of this severity or worse is open: low, medium, high, critical.\n");
    text.push_str("fail-on = \"critical\"\n\n");
    text.push_str("# What is not audited at all, as in .gitignore.\n# exclude = [\"third_party/\"]\n");
    text.push_str(&components(&session));
    text.push_str(
        "\n# A finding that you decided to live with: `prodready accept RULE --reason … --until …` writes it.\n\
         # [[accept]]\n# rule = \"area/name\"\n# path = \"folder/**\"\n# reason = \"why\"\n# until = \"2027-12-31\"\n\
         \n# A proof that lies outside the repository: `prodready attest RULE --how … --by … --until …` writes it.\n\
         # [[attest]]\n# rule = \"area/name\"\n# how = \"how it is done\"\n# by = \"who says so\"\n# until = \"2027-12-31\"\n",
    );
    // What is written must be what the next audit understands.
    Config::parse(&text, FILE).map_err(|error| Refusal(error.to_string()))?;
    Ok(text)
}

/// What was recognised, as comments to correct.
fn components(session: &Session) -> String {
    let mut text = String::new();
    for component in session.audit.facts.components.iter().filter(|component| !component.kinds.is_empty()) {
        if text.is_empty() {
            text.push_str("\n# What each folder is, where it was recognised wrongly. Recognised were:\n");
        }
        let kinds: Vec<String> = component.kinds.iter().filter_map(|kind| serde_json::to_string(kind).ok()).collect();
        let key = toml::Value::String(component.id.clone()).to_string().replace('\n', " ");
        let _ = writeln!(text, "# [components.{key}]\n# kind = [{}]", kinds.join(", "));
    }
    text
}

fn workflow(action: &str) -> Result<String, Refusal> {
    let pinned = action.split_once('@').is_some_and(|(repository, commit)| {
        let name = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let parts: Vec<&str> = repository.split('/').collect();
        parts.len() == 2
            && parts.iter().all(|part| name(part))
            && commit.len() == 40
            && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if !pinned {
        let message =
            format!("--workflow {action}: name the action by its commit, as in OWNER/REPOSITORY@40-HEX-DIGITS");
        return Err(Refusal(message));
    }
    let table = crate::embedded::file("tables/actions.yml").unwrap_or_default();
    let table: std::collections::BTreeMap<String, String> =
        serde_json::from_str(table).map_err(|error| Refusal(error.to_string()))?;
    let checkout = table.get(CHECKOUT).cloned().unwrap_or_default();
    Ok(format!(
        "name: prodready\n\non:\n  push:\n    branches: [main, master]\n  pull_request:\n\npermissions: {{}}\n\nconcurrency:\n  \
         group: prodready-${{{{ github.ref }}}}\n  cancel-in-progress: true\n\njobs:\n  audit:\n    runs-on: ubuntu-24.04\n    \
         timeout-minutes: 20\n    permissions:\n      contents: read\n      # For code scanning and for the comment; both may be \
         left out.\n      security-events: write\n      pull-requests: write\n    steps:\n      - uses: {checkout}\n        with:\n          \
         persist-credentials: false\n      - uses: {action}\n"
    ))
}

/// A hook that needs the program on the PATH and nothing else.
fn hooks() -> String {
    "repos:\n  - repo: local\n    hooks:\n      - id: prodready\n        name: prodready\n        entry: prodready audit --no-progress \
     --fail-on critical\n        language: system\n        pass_filenames: false\n        always_run: true\n"
        .to_owned()
}
