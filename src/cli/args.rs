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
    /// Say what a rule is about, how the score comes about, or why a finding is reported
    Explain(ExplainArgs),
    /// Note the findings of today, so that only new ones fail `--fail-on`
    Baseline(BaselineArgs),
    /// Write into prodready.toml that you live with a rule's findings, and why
    Accept(AcceptArgs),
    /// Write into prodready.toml a proof that lies outside the repository
    Attest(AttestArgs),
    /// Print the JSON Schema of a file format
    Schema(SchemaArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// The folder to audit
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// The configuration; default: prodready.toml in the folder, or in the root of its repository
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long)]
    pub(crate) no_config: bool,
    /// A folder with rules of your own; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Number of threads; default: the number of cores
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// The date of the audit, for reproducible results; default: today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) as_of: Option<jiff::civil::Date>,
    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Report format, with `=FILE` to write it there; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "text")]
    pub(crate) format: Vec<String>,
    /// Run only these rules, areas or patterns (comma-separated)
    #[arg(long, value_name = "RULE|AREA|RULE/PATTERN", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Leave out these rules, areas or patterns (comma-separated)
    #[arg(long, value_name = "RULE|AREA|RULE/PATTERN", value_delimiter = ',')]
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
    /// Findings that are known: they do not fail --fail-on
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Fail (exit 1) when the score is more than this many points below the baseline's
    #[arg(long, value_name = "N", requires = "baseline", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) fail_on_drop: Option<u32>,
    /// Exit 0 even when the gate fails
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// What the text report shows beyond failures (comma-separated)
    #[arg(long, value_delimiter = ',', value_enum)]
    pub(crate) show: Vec<ShowArg>,
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
    /// Rules that cannot be judged, with the reason (shown by default)
    Unknown,
    /// Findings that are accepted, ignored or known from the baseline
    Accepted,
    /// What was recognised as a component, and why
    Components,
    /// Candidates for secrets that a filter refused, and by which filter (in the JSON report too)
    Dropped,
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
    #[arg(required_unless_present_any = ["score", "finding"], conflicts_with_all = ["score", "finding"])]
    pub(crate) rule: Option<String>,
    /// Show every weight and credit of the score, so that it can be computed by hand
    #[arg(long)]
    pub(crate) score: bool,
    /// Say why this finding is reported (a fingerprint of the JSON report, or its first digits)
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "score")]
    pub(crate) finding: Option<String>,
    /// The folder to audit for --score and --finding
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Write prodready-baseline.json into the folder; one that exists is replaced
    Create(TargetArgs),
    /// Remove from prodready-baseline.json what is fixed
    Prune(TargetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The rule, `area/name`, or one of its patterns, `area/name/pattern`
    pub(crate) rule: String,
    /// Only in files that this glob matches; default: the rule as a whole
    #[arg(long, value_name = "GLOB")]
    pub(crate) path: Option<String>,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
    /// The last day on which it holds
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: Option<jiff::civil::Date>,
    /// The configuration to write into
    #[arg(long, value_name = "FILE", default_value = "prodready.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The rule, `area/name`
    pub(crate) rule: String,
    /// How it is done
    #[arg(long)]
    pub(crate) how: String,
    /// Who says so
    #[arg(long)]
    pub(crate) by: String,
    /// The last day on which it holds
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: jiff::civil::Date,
    /// A link to the proof
    #[arg(long, value_name = "URL")]
    pub(crate) evidence: Option<String>,
    /// The configuration to write into
    #[arg(long, value_name = "FILE", default_value = "prodready.toml")]
    pub(crate) config: PathBuf,
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
    /// prodready.toml
    Config,
    /// The JSON report
    Report,
}
