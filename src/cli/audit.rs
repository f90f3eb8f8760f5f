//! `prodready audit`: from an audit to a gate and reports.

use std::path::Path;

use crate::checklist::baseline::Baseline;
use crate::checklist::item::Item;
use crate::cli::args::{AuditArgs, SeverityArg, ShowArg};
use crate::cli::load::{Choice, Session, session};
use crate::cli::output::{Format, heeded, read_text, targets, write};
use crate::cli::{Exit, Refusal, messages, since};
use crate::condition::spec::Severity;
use crate::repo::history::Extent;
use crate::report::previous::Previous;
use crate::report::text::Show;
use crate::report::{Report, badge, github, gitlab, html, json, junit, markdown, sarif, text};
use crate::rule::set::EDITION;
use crate::score::{self, Gate, GateOptions};

/// Widest text report, and the width where no terminal says otherwise, in columns.
const WIDTH: (usize, usize) = (120, 80);

/// Audits and reports.
pub(crate) fn run(arguments: &AuditArgs) -> Result<Exit, Refusal> {
    let targets = targets(&arguments.format)?;
    heeded(&targets, arguments.previous.is_some(), arguments.source_url.is_some())?;
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let previous = arguments.previous.as_deref().map(read_previous).transpose()?;
    let source_url = arguments.source_url.as_deref().map(source_url).transpose()?;
    let dropped = arguments.show.contains(&ShowArg::Dropped);
    let choice = Choice { only: &arguments.only, skip: &arguments.skip, staged: arguments.staged, dropped };
    let mut session = session(&arguments.target, &choice)?;
    if session.audit.is_empty() {
        let path = arguments.target.path.display();
        let bare = session.repo.git().is_some_and(|git| git.bare);
        messages::note(&if bare {
            format!(
                "nothing to audit in {path}: it has no work tree, and {}",
                if arguments.target.history { "no commit" } else { "its commits are searched with --history" }
            )
        } else {
            format!("nothing to audit in {path}: no component and no source or configuration file")
        });
        return Ok(Exit::Nothing);
    }
    if let Some(baseline) = &baseline {
        baseline.mark(&mut session.audit.items);
    }
    let gating = arguments.since.as_deref().map(|name| since::gating(&session, name)).transpose()?;
    let gate = gate_of(arguments, &session, gating.as_ref(), baseline.as_ref())?;
    let path = arguments.target.path.display().to_string();
    let name = folder_name(&arguments.target.path).unwrap_or_else(|| path.clone());
    let report = Report {
        audit: &session.audit,
        rules: &session.rules,
        path: &path,
        name: &name,
        commit: session.repo.git().and_then(|git| git.head.as_deref()),
        score: session.score.as_ref(),
        gate: &gate,
        previous: previous.as_ref(),
        source_url: source_url.as_deref(),
    };
    // All reports are made before the first is written.
    let made = targets.iter().map(|target| Ok((target, bytes(target.format, &report, arguments)?)));
    for (target, bytes) in made.collect::<Result<Vec<_>, Refusal>>()? {
        write(target, &bytes, &arguments.target.path)?;
    }
    for note in &session.notes {
        messages::note(&format!("warning: {note}"));
    }
    if arguments.timing {
        timing(&session);
    }
    let corrupt = session.audit.history.as_ref().is_some_and(Extent::is_corrupt);
    if corrupt {
        messages::note("the history could not be searched as a whole: see what the report says about .git; exit 4");
    }
    let exit = match (gate.passed() || arguments.exit_zero, corrupt) {
        (true, false) => Exit::Passed,
        (true, true) => Exit::Incomplete,
        (false, _) => Exit::Failed,
    };
    // The program ends here: taking its memory apart piece by piece would only cost time.
    std::mem::forget(session);
    Ok(exit)
}

fn bytes(format: Format, report: &Report<'_>, arguments: &AuditArgs) -> Result<String, Refusal> {
    let told = |error: &dyn std::error::Error| Refusal(format!("the report cannot be made: {error}"));
    match format {
        Format::Text => Ok(text::render(report, show(arguments), width())),
        Format::Sarif => sarif::render(report).map_err(|error| told(&error)),
        Format::Json => json::render(report).map_err(|error| told(&error)),
        Format::Html => html::render(report).map_err(|error| told(&error)),
        Format::Markdown => Ok(markdown::render(report)),
        Format::Github => Ok(github::render(report)),
        Format::Gitlab => gitlab::render(report).map_err(|error| told(&error)),
        Format::Junit => Ok(junit::render(report)),
        Format::Badge => Ok(badge::svg(report)),
        Format::Shields => badge::shields(report).map_err(|error| told(&error)),
    }
}

/// The name of a folder, also of `.`.
fn folder_name(path: &Path) -> Option<String> {
    let whole = path.canonicalize().ok()?;
    whole.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Reads an earlier report.
fn read_previous(file: &Path) -> Result<Previous, Refusal> {
    let shown = file.display().to_string();
    let text =
        read_text(file).map_err(|error| Refusal(format!("the previous report {shown} cannot be read: {error}")))?;
    Previous::parse(&text, &shown).map_err(|error| Refusal(error.to_string()))
}

/// An address of the web, ended by a slash.
fn source_url(written: &str) -> Result<String, Refusal> {
    let web = written.starts_with("https://") || written.starts_with("http://");
    let plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '(' | ')' | '[' | ']' | '`' | '|' | '\\');
    if !web || !written.chars().all(plain) {
        return Err(Refusal(format!("--source-url `{written}` is no address of the web: begin it with https://")));
    }
    Ok(format!("{}/", written.trim_end_matches('/')))
}

fn timing(session: &Session) {
    let (files, bytes) = (session.audit.files, session.audit.bytes);
    let stages = ["rules", "list", "audit"].iter().zip(session.done);
    let told: Vec<String> = stages.map(|(name, at)| format!("{name} {:.1} ms", at.as_secs_f64() * 1e3)).collect();
    messages::note(&format!("{files} files, {bytes} bytes; done by: {}", told.join(", ")));
}

/// Reads a baseline.
pub(crate) fn read_baseline(file: &Path) -> Result<Baseline, Refusal> {
    let shown = file.display().to_string();
    let text = read_text(file).map_err(|error| Refusal(format!("the baseline {shown} cannot be read: {error}")))?;
    Baseline::parse(&text, &shown).map_err(|error| Refusal(error.to_string()))
}

/// With `--only` or `--skip` there is no score, and none is asked for. What is typed goes before what is configured.
fn gate_of(
    arguments: &AuditArgs,
    session: &Session,
    gating: Option<&Vec<Item>>,
    baseline: Option<&Baseline>,
) -> Result<Gate, Refusal> {
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
    let items = gating.unwrap_or(&session.audit.items).iter().filter_map(|item| Some((rules.get(item.rule)?, item)));
    Ok(score::gate(options, session.score.as_ref(), score::worst_open(items)))
}

/// What was typed, as what it means.
pub(crate) fn severity(written: SeverityArg) -> Severity {
    match written {
        SeverityArg::Low => Severity::Low,
        SeverityArg::Medium => Severity::Medium,
        SeverityArg::High => Severity::High,
        SeverityArg::Critical => Severity::Critical,
    }
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
