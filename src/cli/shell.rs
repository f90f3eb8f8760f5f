//! What shells and `man` know of the command line, generated from its declaration.

use clap::CommandFactory as _;

use crate::cli::args::{Cli, CompletionsArgs};
use crate::cli::{Exit, Refusal, messages};

/// `prodready completions SHELL`.
pub(crate) fn completions(arguments: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "prodready", &mut script);
    messages::print(&String::from_utf8_lossy(&script));
    Exit::Passed
}

/// `prodready man`: the page of the program, followed by those of its commands.
pub(crate) fn man() -> Result<Exit, Refusal> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let told = |error: std::io::Error| Refusal(error.to_string());
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(told)?;
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        clap_mangen::Man::new(inner.clone()).render(&mut page).map_err(told)?;
    }
    messages::print(&String::from_utf8_lossy(&page));
    Ok(Exit::Passed)
}
