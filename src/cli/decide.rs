//! The commands that write decisions: `baseline create|prune`, `accept`, `attest`. What is written is read back first, so
//! that no command leaves a file behind that the next audit refuses.

use std::fmt::Write as _;
use std::path::Path;

use crate::checklist::baseline::{Baseline, FILE};
use crate::cli::args::{AcceptArgs, AttestArgs, BaselineArgs, BaselineCommand, TargetArgs};
use crate::cli::audit::read_baseline;
use crate::cli::load::{Choice, rule_set, session};
use crate::cli::output::{read_text, write_file};
use crate::cli::{Exit, Refusal, messages};
use crate::config::Config;
use crate::rule::set::EDITION;

/// `prodready baseline create|prune`.
pub(crate) fn baseline(arguments: &BaselineArgs) -> Result<Exit, Refusal> {
    match &arguments.command {
        BaselineCommand::Create(target) => {
            let now = today(target)?;
            save(target, &now)?;
            let (count, file) = (now.findings.len(), target.path.join(FILE));
            messages::note(&format!("{}: {count} findings noted", file.display()));
        }
        BaselineCommand::Prune(target) => {
            let known = read_baseline(&target.path.join(FILE))?;
            let (left, gone) = known.pruned(&today(target)?);
            save(target, &left)?;
            messages::note(&format!("{gone} fixed findings removed, {} left", left.findings.len()));
        }
    }
    Ok(Exit::Passed)
}

fn today(target: &TargetArgs) -> Result<Baseline, Refusal> {
    let session = session(target, &Choice::default())?;
    let score = session.score.as_ref().map(|score| score.value);
    Ok(Baseline::of(&session.audit.items, &session.rules, EDITION, score))
}

fn save(target: &TargetArgs, baseline: &Baseline) -> Result<(), Refusal> {
    let file = target.path.join(FILE);
    let text = baseline.render().map_err(|error| Refusal(error.to_string()))?;
    write_file(&file, &text).map_err(|error| Refusal(format!("{} cannot be written: {error}", file.display())))
}

/// `prodready accept`.
pub(crate) fn accept(arguments: &AcceptArgs) -> Result<Exit, Refusal> {
    let mut entry = format!("[[accept]]\nrule = {}\n", quoted(&arguments.rule));
    if let Some(path) = &arguments.path {
        let _ = writeln!(entry, "path = {}", quoted(path));
    }
    let _ = writeln!(entry, "reason = {}", quoted(&arguments.reason));
    if let Some(day) = arguments.until {
        let _ = writeln!(entry, "until = \"{day}\"");
    }
    append(&arguments.config, &entry)
}

/// `prodready attest`.
pub(crate) fn attest(arguments: &AttestArgs) -> Result<Exit, Refusal> {
    let mut entry = format!("[[attest]]\nrule = {}\n", quoted(&arguments.rule));
    let _ = writeln!(entry, "how = {}\nby = {}", quoted(&arguments.how), quoted(&arguments.by));
    let _ = writeln!(entry, "until = \"{}\"", arguments.until);
    if let Some(link) = &arguments.evidence {
        let _ = writeln!(entry, "evidence = {}", quoted(link));
    }
    append(&arguments.config, &entry)
}

/// Adds an entry at the end of the configuration, which is made if there is none.
fn append(file: &Path, entry: &str) -> Result<Exit, Refusal> {
    let shown = file.display().to_string();
    let before = if file.exists() {
        read_text(file).map_err(|error| Refusal(format!("{shown} cannot be read: {error}")))?
    } else {
        format!("edition = \"{EDITION}\"\n")
    };
    let gap = if before.ends_with('\n') { "\n" } else { "\n\n" };
    let text = format!("{before}{gap}{entry}");
    let told = |error: crate::config::ConfigError| Refusal(error.to_string());
    let config = Config::parse(&text, &shown).map_err(told)?;
    config.check(&rule_set(&[])?).map_err(told)?;
    write_file(file, &text).map_err(|error| Refusal(format!("{shown} cannot be written: {error}")))?;
    messages::note(&format!("written to {shown}"));
    Ok(Exit::Passed)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
