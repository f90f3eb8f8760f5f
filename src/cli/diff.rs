//! `prodready diff OLD.json NEW.json`: what got better and worse between two reports.

use std::path::Path;

use crate::cli::args::DiffArgs;
use crate::cli::audit::severity;
use crate::cli::output::read_text;
use crate::cli::{Exit, Refusal, messages};
use crate::report::compare::{Read, compare, read};
use crate::report::words;

/// Compares, and closes the gate where one was asked for.
pub(crate) fn run(arguments: &DiffArgs) -> Result<Exit, Refusal> {
    let changes = compare(&report(&arguments.old)?, &report(&arguments.new)?);
    messages::print(&changes.text);
    let mut reasons = Vec::new();
    if let Some(limit) = arguments.fail_on.map(severity)
        && let Some(worst) = changes.worst_new.filter(|worst| *worst >= limit)
    {
        reasons.push(format!("a new {} finding is open", words::severity(worst)));
    }
    if let Some(allowed) = arguments.fail_on_drop {
        match changes.drop {
            Some(drop) if drop > allowed => reasons.push(format!("the score fell by {drop}, more than {allowed}")),
            Some(_) => {}
            None => return Err(Refusal("--fail-on-drop: the two scores cannot be compared".to_owned())),
        }
    }
    if reasons.is_empty() {
        return Ok(Exit::Passed);
    }
    messages::print(&format!("FAILED  {}.  exit 1\n", reasons.join("; ")));
    Ok(Exit::Failed)
}

fn report(file: &Path) -> Result<Read, Refusal> {
    let shown = file.display().to_string();
    let text = read_text(file).map_err(|error| Refusal(format!("the report {shown} cannot be read: {error}")))?;
    read(&text, &shown).map_err(Refusal)
}
