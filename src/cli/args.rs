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
    /// Write a first prodready.toml, and where asked for a workflow and a pre-commit hook; nothing is overwritten
    Init(InitArgs),
    /// List the rules, show one, or test rule files against their examples
    Rules(RulesArgs),
    /// Say what a rule is about, how the score comes about, or why a finding is reported
    Explain(ExplainArgs),
    /// Show what can be written so that rules pass, and write it with `--write`
    Fix(FixArgs),
    /// Note the findings of today, so that only new ones fail `--fail-on`
    Baseline(BaselineArgs),
    /// Write into prodready.toml that you live with a rule's findings, and why
    Accept(AcceptArgs),
    /// Write into prodready.toml a proof that lies outside the repository
    Attest(AttestArgs),
    /// Say what got better and worse between two JSON reports
    Diff(DiffArgs),
    /// Print the JSON Schema of a file format
    Schema(SchemaArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
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
    /// Search every commit for secrets, too
    #[arg(long)]
    pub(crate) history: bool,
    /// Show no progress
    #[arg(long)]
    pub(crate) no_progress: bool,
}

impl TargetArgs {
    /// A folder, without anything that may be said about it.
    pub(crate) fn of(path: &std::path::Path, no_config: bool) -> Self {
        Self {
            path: path.to_path_buf(),
            config: None,
            no_config,
            rules: Vec::new(),
            jobs: None,
            as_of: None,
            history: false,
            no_progress: false,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder to begin in
    #[arg(default_value = ".")]
    pub(crate) path: PathBuf,
    /// Also write .github/workflows/prodready.yml, which uses this action
    #[arg(long, value_name = "OWNER/REPOSITORY@COMMIT")]
    pub(crate) workflow: Option<String>,
    /// Also write .pre-commit-config.yaml
    #[arg(long)]
    pub(crate) pre_commit: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The earlier report (`prodready audit --format json=FILE`)
    #[arg(value_name = "OLD.json")]
    pub(crate) old: PathBuf,
    /// The later report
    #[arg(value_name = "NEW.json")]
    pub(crate) new: PathBuf,
    /// Fail (exit 1) when a new finding of this severity or worse is open
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(crate) fail_on: Option<SeverityArg>,
    /// Fail (exit 1) when the score fell by more than this many points
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) fail_on_drop: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
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
    /// Audit what git's index will commit, not the work tree (for hooks, with --only secrets)
    #[arg(long, conflicts_with = "history")]
    pub(crate) staged: bool,
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
    /// Only findings on lines or components that changed since this branch, tag or commit fail --fail-on
    #[arg(long, value_name = "REF")]
    pub(crate) since: Option<String>,
    /// An earlier JSON report to compare with, in the text, HTML and Markdown reports
    #[arg(long, value_name = "FILE")]
    pub(crate) previous: Option<PathBuf>,
    /// Where the files can be read, such as `https://github.com/OWNER/NAME/blob/COMMIT`: the HTML and Markdown reports
    /// link places there
    #[arg(long, value_name = "URL")]
    pub(crate) source_url: Option<String>,
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
    /// Search every commit, too, for a finding that lies there
    #[arg(long, requires = "finding")]
    pub(crate) history: bool,
    /// The folder to audit for --score and --finding
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Only for these rules or areas (comma-separated)
    #[arg(long, value_name = "RULE|AREA", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Write the safe edits
    #[arg(long)]
    pub(crate) write: bool,
    /// With --write: also those that change what is built or run
    #[arg(long)]
    pub(crate) r#unsafe: bool,
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
    /// `<name>.fix.yml`
    Repairs,
    /// prodready.toml
    Config,
    /// The JSON report
    Report,
}
