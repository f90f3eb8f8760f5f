//! What can be typed. Nothing below this room sees these types.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Is this repository ready for production, how do you know, and what do you fix first?
#[derive(Debug, Parser)]
#[command(name = "prodready", version, about, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Audit a repository
    Audit(AuditArgs),
    /// List the rules, show one, or test rule files against their examples
    Rules(RulesArgs),
    /// Say what a rule is about: why, when it applies, what proves it, how to fix it
    Explain(ExplainArgs),
    /// Print the JSON Schema of a file format
    Schema(SchemaArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The folder to audit
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Report format, with `=FILE` to write it there; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub(crate) format: Vec<String>,
    /// A folder with rules of your own; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Run only these rules or areas (comma-separated)
    #[arg(long, value_name = "RULE|AREA", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave out these rules or areas (comma-separated)
    #[arg(long, value_name = "RULE|AREA", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,
    /// Fail (exit 1) below this score
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) min_score: Option<u32>,
    /// Fail (exit 1) when a finding of this severity or worse is open
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(crate) fail_on: Option<SeverityArg>,
    /// Fail (exit 1) when more than this share of the weight is unknown, in percent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) max_unknown: Option<u32>,
    /// Exit 0 even when the gate fails
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// What the text report shows beyond failures (comma-separated)
    #[arg(long, value_delimiter = ',', value_enum)]
    pub(crate) show: Vec<ShowArg>,
    /// Number of threads; default: the number of cores
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// The date of the audit, for reproducible results; default: today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<jiff::civil::Date>,
    /// Say on standard error how long each stage took
    #[arg(long)]
    pub(crate) timing: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowArg {
    /// Rules that pass
    Pass,
    /// Rules that do not apply, with the reason
    Na,
    /// What was recognised as a component, and why
    Components,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArg {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List all rules
    List {
        /// A folder with rules of your own; may be given several times
        #[arg(long, value_name = "DIR")]
        rules: Vec<PathBuf>,
    },
    /// Show the source of one rule
    Show {
        /// The rule, `area/name`
        rule: String,
    },
    /// Run the examples of rule files
    Test {
        /// The folder that holds the rules and their `*.test.yml` pages
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule, `area/name`
    pub(crate) rule: String,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The format
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `rules/<area>/<name>.yml`
    Rule,
    /// `rules/<area>/<name>/*.yml`
    Patterns,
    /// `rules/technologies/*.yml`
    Technologies,
    /// `<name>.test.yml`
    Examples,
    /// The JSON report
    Report,
}
