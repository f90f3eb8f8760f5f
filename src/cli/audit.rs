//! `prodready audit`: from an audit to a gate and reports.

use crate::checklist::baseline::Baseline;
use crate::cli::args::{AuditArgs, SeverityArg, ShowArg};
use crate::cli::load::{Choice, Session, session};
use crate::cli::output::{Format, read_text, targets, write};
use crate::cli::{Exit, Refusal, messages};
use crate::condition::spec::Severity;
use crate::report::text::Show;
use crate::report::{Report, json, sarif, text};
use crate::rule::set::EDITION;
use crate::score::{self, Gate, GateOptions};

/// Widest text report, and the width where no terminal says otherwise, in columns.
const WIDTH: (usize, usize) = (120, 80);

/// Audits and reports.
pub(crate) fn run(arguments: &AuditArgs) -> Result<Exit, Refusal> {
    let targets = targets(&arguments.format)?;
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let dropped = arguments.show.contains(&ShowArg::Dropped);
    let choice = Choice { only: &arguments.only, skip: &arguments.skip, dropped };
    let mut session = session(&arguments.target, &choice)?;
    if session.audit.is_empty() {
        let path = arguments.target.path.display();
        messages::note(&format!("nothing to audit in {path}: no component and no source or configuration file"));
        return Ok(Exit::Nothing);
    }
    if let Some(baseline) = &baseline {
        baseline.mark(&mut session.audit.items);
    }
    let gate = gate_of(arguments, &session, baseline.as_ref())?;
    let path = arguments.target.path.display().to_string();
    let report = Report {
        audit: &session.audit,
        rules: &session.rules,
        path: &path,
        commit: session.repo.git().and_then(|git| git.head.as_deref()),
        score: session.score.as_ref(),
        gate: &gate,
    };
    for target in &targets {
        let bytes = match target.format {
            Format::Text => text::render(&report, show(arguments), width()),
            Format::Sarif => sarif::render(&report).map_err(|error| Refusal(error.to_string()))?,
            Format::Json => json::render(&report).map_err(|error| Refusal(error.to_string()))?,
        };
        write(target, &bytes, &arguments.target.path)?;
    }
    for note in &session.notes {
        messages::note(&format!("warning: {note}"));
    }
    if arguments.timing {
        timing(&session);
    }
    let exit = if gate.passed() || arguments.exit_zero { Exit::Passed } else { Exit::Failed };
    // The program ends here: taking its memory apart piece by piece would only cost time.
    std::mem::forget(session);
    Ok(exit)
}

fn timing(session: &Session) {
    let (files, bytes) = (session.audit.files, session.audit.bytes);
    let stages = ["rules", "list", "audit"].iter().zip(session.done);
    let told: Vec<String> = stages.map(|(name, at)| format!("{name} {:.1} ms", at.as_secs_f64() * 1e3)).collect();
    messages::note(&format!("{files} files, {bytes} bytes; done by: {}", told.join(", ")));
}

/// Reads a baseline.
pub(crate) fn read_baseline(file: &std::path::Path) -> Result<Baseline, Refusal> {
    let shown = file.display().to_string();
    let text = read_text(file).map_err(|error| Refusal(format!("the baseline {shown} cannot be read: {error}")))?;
    Baseline::parse(&text, &shown).map_err(|error| Refusal(error.to_string()))
}

/// With `--only` or `--skip` there is no score, and none is asked for. What is typed goes before what is configured.
fn gate_of(arguments: &AuditArgs, session: &Session, baseline: Option<&Baseline>) -> Result<Gate, Refusal> {
    let severity = |written: SeverityArg| match written {
        SeverityArg::Low => Severity::Low,
        SeverityArg::Medium => Severity::Medium,
        SeverityArg::High => Severity::High,
        SeverityArg::Critical => Severity::Critical,
    };
    let whole = arguments.only.is_empty() && arguments.skip.is_empty();
    let config = &session.config;
    let drop = match (arguments.fail_on_drop.filter(|_| whole), baseline) {
        (Some(allowed), Some(baseline)) => Some((score_of(baseline)?, allowed)),
        _ => None,
    };
    let options = GateOptions {
        min_score: arguments.min_score.or(config.min_score).filter(|_| whole),
        fail_on: arguments.fail_on.map(severity).or(config.fail_on),
        max_unknown: arguments.max_unknown.filter(|_| whole),
        drop,
    };
    let rules = &session.rules.rules;
    let items = session.audit.items.iter().filter_map(|item| Some((rules.get(item.rule)?, item)));
    Ok(score::gate(options, session.score.as_ref(), score::worst_open(items)))
}

fn score_of(baseline: &Baseline) -> Result<u32, Refusal> {
    let anew = "write it anew with `prodready baseline create`";
    if baseline.edition != EDITION {
        let edition = &baseline.edition;
        return Err(Refusal(format!("the baseline's score is of edition {edition}, not of {EDITION}: {anew}")));
    }
    baseline.score.ok_or_else(|| Refusal(format!("the baseline holds no score: {anew}")))
}

fn show(arguments: &AuditArgs) -> Show {
    let wants = |what: ShowArg| arguments.show.contains(&what);
    Show {
        pass: wants(ShowArg::Pass),
        not_applicable: wants(ShowArg::Na),
        accepted: wants(ShowArg::Accepted),
        components: wants(ShowArg::Components),
    }
}

/// Columns of the report.
fn width() -> usize {
    let forced = std::env::var("PRODREADY_FORCE_WIDTH").or_else(|_| std::env::var("COLUMNS")).ok();
    let forced = forced.and_then(|text| text.parse().ok());
    let columns = forced.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
    columns.map_or(WIDTH.1, |columns: usize| columns.clamp(40, WIDTH.0))
}
