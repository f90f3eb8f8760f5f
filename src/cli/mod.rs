//! The command line: the only room that prints, reads the environment, or says how the program ends.

mod args;
mod audit;
mod decide;
mod diff;
mod explain;
mod fix;
mod init;
mod links;
mod load;
mod memory;
mod messages;
mod output;
mod progress;
mod rules;
mod schema;
mod shell;
mod since;

use std::ffi::OsString;

use clap::Parser;

use crate::cli::args::{Cli, Command};

/// How the program ends, for ever: the numbers are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The gate passed, or none was asked for.
    Passed = 0,
    /// The gate failed.
    Failed = 1,
    /// Wrong usage, configuration or rule.
    Usage = 2,
    /// There was nothing to audit.
    Nothing = 3,
    /// The audit is incomplete for a reason of ours.
    Incomplete = 4,
}

/// A sentence for the user that ends the program with [`Exit::Usage`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Runs the program with `arguments` (the program's own name first).
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return messages::usage(&error),
    };
    let done = match cli.command {
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Completions(arguments) => Ok(shell::completions(&arguments)),
        Command::Man => shell::man(),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Fix(arguments) => fix::run(&arguments),
        Command::Baseline(arguments) => decide::baseline(&arguments),
        Command::Accept(arguments) => decide::accept(&arguments),
        Command::Attest(arguments) => decide::attest(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
    };
    done.unwrap_or_else(|refusal| messages::refuse(&refusal))
}
