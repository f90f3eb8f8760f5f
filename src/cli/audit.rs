//! `prodready audit`: from arguments to reports.

use std::path::PathBuf;
use std::time::Instant;

use crate::audit::{Audit, AuditOptions, audit};
use crate::checklist::item::Item;
use crate::cli::args::{AuditArgs, SeverityArg, ShowArg};
use crate::cli::output::{Format, targets, write};
use crate::cli::{Exit, Refusal, messages};
use crate::condition::spec::Severity;
use crate::repo::{Repo, RepoOptions};
use crate::report::text::Show;
use crate::report::{Report, json, sarif, text};
use crate::rule::id::did_you_mean;
use crate::rule::set::RuleSet;
use crate::rule::source;
use crate::score::{self, Gate, GateOptions, Score};

/// Widest text report, and the width where no terminal says otherwise, in columns.
const WIDTH: (usize, usize) = (120, 80);

/// Audits and reports.
pub(crate) fn run(arguments: &AuditArgs) -> Result<Exit, Refusal> {
    let started = Instant::now();
    let targets = targets(&arguments.format)?;
    let rules = rule_set(&arguments.rules)?;
    let options = options(arguments, &rules)?;
    let loaded = started.elapsed();
    let repo_options = RepoOptions { jobs: options.jobs, ..RepoOptions::default() };
    let repo = Repo::open(&arguments.path, &repo_options).map_err(|error| Refusal(error.to_string()))?;
    let listed = started.elapsed();
    let audit = audit(&repo, &rules, &options);
    let audited = started.elapsed();
    if audit.is_empty() {
        let path = arguments.path.display();
        messages::note(&format!("nothing to audit in {path}: no component and no source or configuration file"));
        return Ok(Exit::Nothing);
    }
    let path = arguments.path.display().to_string();
    let commit = repo.git().and_then(|git| git.head.as_deref());
    let partial = !arguments.only.is_empty() || !arguments.skip.is_empty();
    let score = if partial { None } else { scored(&audit, &rules) };
    let gate = gate_of(arguments, &audit, &rules, score.as_ref());
    let report = Report { audit: &audit, rules: &rules, path: &path, commit, score: score.as_ref(), gate: &gate };
    for target in &targets {
        let bytes = match target.format {
            Format::Text => text::render(&report, show(arguments), width()),
            Format::Sarif => sarif::render(&report).map_err(|error| Refusal(error.to_string()))?,
            Format::Json => json::render(&report).map_err(|error| Refusal(error.to_string()))?,
        };
        write(target, &bytes)?;
    }
    if arguments.timing {
        let (files, bytes) = (audit.files, audit.bytes);
        let stages = [("rules", loaded), ("list", listed), ("audit", audited), ("report", started.elapsed())];
        let told: Vec<String> =
            stages.iter().map(|(name, at)| format!("{name} {:.1} ms", at.as_secs_f64() * 1e3)).collect();
        messages::note(&format!("{files} files, {bytes} bytes; done by: {}", told.join(", ")));
    }
    let exit = if gate.passed() || arguments.exit_zero { Exit::Passed } else { Exit::Failed };
    // The program ends here: taking its memory apart piece by piece would only cost time.
    std::mem::forget((repo, rules, audit));
    Ok(exit)
}

fn scored(audit: &Audit, rules: &RuleSet) -> Option<Score> {
    let entry = |item: &Item| score::entry(rules.rules.get(item.rule)?, item);
    score::score(&audit.items.iter().filter_map(entry).collect::<Vec<_>>())
}

/// With `--only` or `--skip` there is no score, and none is asked for.
fn gate_of(arguments: &AuditArgs, audit: &Audit, rules: &RuleSet, score: Option<&Score>) -> Gate {
    let severity = |written: SeverityArg| match written {
        SeverityArg::Low => Severity::Low,
        SeverityArg::Medium => Severity::Medium,
        SeverityArg::High => Severity::High,
        SeverityArg::Critical => Severity::Critical,
    };
    let whole = arguments.only.is_empty() && arguments.skip.is_empty();
    let options = GateOptions {
        min_score: arguments.min_score.filter(|_| whole),
        fail_on: arguments.fail_on.map(severity),
        max_unknown: arguments.max_unknown.filter(|_| whole),
    };
    let items = audit.items.iter().filter_map(|item| Some((rules.rules.get(item.rule)?, item)));
    score::gate(options, score, score::worst_open(items))
}

/// The embedded rules and those of the folders that the user named.
pub(crate) fn rule_set(folders: &[PathBuf]) -> Result<RuleSet, Refusal> {
    let mut user = Vec::new();
    for folder in folders {
        user.extend(source::folder(folder).map_err(|error| Refusal(error.to_string()))?);
    }
    RuleSet::with_user(user).map_err(|error| Refusal(error.to_string()))
}

fn options(arguments: &AuditArgs, rules: &RuleSet) -> Result<AuditOptions, Refusal> {
    for name in arguments.only.iter().chain(&arguments.skip) {
        check_name(name, rules)?;
    }
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = arguments.jobs.unwrap_or_else(cores);
    if jobs == 0 {
        return Err(Refusal("--jobs must be at least 1".to_owned()));
    }
    let as_of = arguments.as_of.unwrap_or_else(|| jiff::Zoned::now().date());
    let current = |name: &String| rules.rule(name).map_or_else(|| name.clone(), |rule| rule.id.to_string());
    Ok(AuditOptions {
        jobs,
        as_of,
        only: arguments.only.iter().map(current).collect(),
        skip: arguments.skip.iter().map(current).collect(),
    })
}

/// Refuses a name that is neither a rule nor an area.
pub(crate) fn check_name(name: &str, rules: &RuleSet) -> Result<(), Refusal> {
    let areas = || rules.rules.iter().map(|rule| rule.id.area());
    if rules.rule(name).is_some() || areas().any(|area| area == name) {
        return Ok(());
    }
    let known = rules.rules.iter().map(|rule| rule.id.as_str()).chain(areas());
    let hint = did_you_mean(name, known).map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default();
    Err(Refusal(format!("there is no rule or area `{name}`{hint} (prodready rules list shows all)")))
}

fn show(arguments: &AuditArgs) -> Show {
    let wants = |what: ShowArg| arguments.show.contains(&what);
    Show { pass: wants(ShowArg::Pass), not_applicable: wants(ShowArg::Na), components: wants(ShowArg::Components) }
}

/// Columns of the report.
fn width() -> usize {
    let forced = std::env::var("PRODREADY_FORCE_WIDTH").or_else(|_| std::env::var("COLUMNS")).ok();
    forced.and_then(|text| text.parse().ok()).map_or(WIDTH.1, |columns: usize| columns.clamp(40, WIDTH.0))
}
