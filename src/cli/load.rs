//! From arguments to an audit: the configuration is found and read, the rules are loaded, the files are listed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::audit::{Audit, AuditOptions, audit};
use crate::checklist::decision::Target;
use crate::checklist::item::Item;
use crate::checklist::settle::resolve;
use crate::cli::Refusal;
use crate::cli::args::TargetArgs;
use crate::cli::memory;
use crate::cli::output::read_text;
use crate::cli::progress::Progress;
use crate::config::{Config, FILE};
use crate::repo::{Repo, RepoOptions, Source};
use crate::rule::id::hint;
use crate::rule::set::RuleSet;
use crate::rule::source;
use crate::score::{self, Score};

/// An audit with everything that it was made from.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) repo: Repo,
    pub(crate) rules: RuleSet,
    pub(crate) config: Config,
    pub(crate) audit: Audit,
    /// `None` where only some rules ran, or nothing was counted.
    pub(crate) score: Option<Score>,
    /// Components that the configuration names and that do not exist, as sentences.
    pub(crate) notes: Vec<String>,
    /// When rules, list and audit were done.
    pub(crate) done: [Duration; 3],
}

/// Which rules run; empty: all. And whether refused candidates are noted.
#[derive(Debug, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) only: &'a [String],
    pub(crate) skip: &'a [String],
    /// Whether the index is audited instead of the work tree.
    pub(crate) staged: bool,
    pub(crate) dropped: bool,
}

/// Audits what the arguments name.
pub(crate) fn session(target: &TargetArgs, choice: &Choice<'_>) -> Result<Session, Refusal> {
    session_with(target, choice, &mut |folders| narrowed(folders, choice.only))
}

/// Audits what the arguments name by the rules that `load` makes of the user's folders.
pub(crate) fn session_with(
    target: &TargetArgs,
    choice: &Choice<'_>,
    load: &mut dyn FnMut(&[PathBuf]) -> Result<RuleSet, Refusal>,
) -> Result<Session, Refusal> {
    let started = Instant::now();
    let (config, folder) = configuration(target)?;
    let mut folders: Vec<PathBuf> = config.rules.iter().map(|rules| folder.join(rules)).collect();
    folders.extend(target.rules.iter().cloned());
    let jobs = jobs(target)?;
    let progress = Progress::start("auditing", !target.no_progress);
    let is_narrow = !choice.only.is_empty();
    if is_narrow {
        memory::settle_before(&target.path);
    }
    let open = |exclude: &[String]| {
        // While it commits, git may work on an index of its own and names it so.
        let index = || std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from).filter(|index| index.is_file());
        let source = if choice.staged { Source::Index(index()) } else { Source::WorkTree };
        let options = RepoOptions { jobs, exclude: exclude.to_vec(), source, ..RepoOptions::default() };
        Repo::open(&target.path, &options).map_err(|error| Refusal(error.to_string()))
    };
    // The files are listed while the rules are loaded.
    let (rules, loaded, repo) = std::thread::scope(|scope| {
        let repo = scope.spawn(|| open(&config.exclude));
        let (rules, loaded) = (load(&folders), started.elapsed());
        (rules, loaded, repo.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let rules = rules?;
    config.check(&rules).map_err(|error| Refusal(error.to_string()))?;
    let options = options(target, jobs, choice, &rules, &config)?;
    let repo = repo?;
    if is_narrow {
        memory::settle_for(repo.files().len());
    }
    let listed = started.elapsed();
    let audit = audit(&repo, &rules, &options);
    let bare = repo.git().is_some_and(|git| git.bare);
    let whole = choice.only.is_empty() && choice.skip.is_empty() && !bare;
    let mut score = if whole { scored(&audit.items, &rules) } else { None };
    if let Some(score) = &mut score {
        let reshaped = !config.exclude.is_empty() || !config.kinds.is_empty();
        let bare = if reshaped { Some(without_config(&open(&[])?, &rules, &options)) } else { None };
        let found = bare.as_ref().map_or(&audit.found, |bare| &bare.found);
        score.unaccepted = scored(found, &rules).map_or(0, |score| score.value).min(score.value);
    }
    drop(progress);
    let notes = strangers(&config, &audit);
    Ok(Session { repo, rules, config, audit, score, notes, done: [loaded, listed, started.elapsed()] })
}

/// The audit as if there were no configuration.
fn without_config(repo: &Repo, rules: &RuleSet, options: &AuditOptions) -> Audit {
    audit(repo, rules, &AuditOptions { history: options.history, ..AuditOptions::new(options.jobs, options.as_of) })
}

/// The score of a checklist.
pub(crate) fn scored(items: &[Item], rules: &RuleSet) -> Option<Score> {
    let entry = |item: &Item| score::entry(rules.rules.get(item.rule)?, item);
    score::score(&items.iter().filter_map(entry).collect::<Vec<_>>())
}

/// The configuration, and the folder that its paths are relative to.
fn configuration(target: &TargetArgs) -> Result<(Config, PathBuf), Refusal> {
    if target.no_config {
        return Ok((Config::default(), PathBuf::new()));
    }
    let found = match &target.config {
        Some(file) => Some(file.clone()),
        None => find(&target.path),
    };
    let Some(file) = found else { return Ok((Config::default(), PathBuf::new())) };
    let shown = file.display().to_string();
    let text = read_text(&file).map_err(|error| Refusal(format!("{shown} cannot be read: {error}")))?;
    let mut config = Config::parse(&text, &shown).map_err(|error| Refusal(error.to_string()))?;
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    if target.config.is_none() {
        config.enter(&below(&folder, &target.path));
    }
    Ok((config, folder))
}

/// prodready.toml in `path`, or in the nearest folder above it that is the root of a repository.
fn find(path: &Path) -> Option<PathBuf> {
    let here = path.join(FILE);
    if here.is_file() {
        return Some(here);
    }
    let path = std::path::absolute(path).ok()?;
    let root = path.ancestors().find(|folder| folder.join(".git").exists())?;
    Some(root.join(FILE)).filter(|file| file.is_file())
}

/// The path of `path` below `folder`: empty, or with forward slashes and one at its end.
fn below(folder: &Path, path: &Path) -> String {
    let absolute = |path: &Path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.canonicalize().ok()
    };
    let (Some(folder), Some(path)) = (absolute(folder), absolute(path)) else { return String::new() };
    let rest = path.strip_prefix(folder).map(|rest| rest.to_string_lossy().replace('\\', "/")).unwrap_or_default();
    if rest.is_empty() { rest } else { rest + "/" }
}

/// The embedded rules and those of the folders that the user named.
pub(crate) fn rule_set(folders: &[PathBuf]) -> Result<RuleSet, Refusal> {
    narrowed(folders, &[])
}

/// The same where only these run; empty: all.
fn narrowed(folders: &[PathBuf], only: &[String]) -> Result<RuleSet, Refusal> {
    let mut user = Vec::new();
    for folder in folders {
        user.extend(source::folder(folder).map_err(|error| Refusal(error.to_string()))?);
    }
    RuleSet::narrowed(user, only).map_err(|error| Refusal(error.to_string()))
}

fn jobs(target: &TargetArgs) -> Result<usize, Refusal> {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    match target.jobs.unwrap_or_else(cores) {
        0 => Err(Refusal("--jobs must be at least 1".to_owned())),
        jobs => Ok(jobs),
    }
}

fn options(
    target: &TargetArgs,
    jobs: usize,
    choice: &Choice<'_>,
    rules: &RuleSet,
    config: &Config,
) -> Result<AuditOptions, Refusal> {
    for name in choice.only.iter().chain(choice.skip) {
        check_name(name, rules)?;
    }
    let current = |name: &String| rules.rule(name).map_or_else(|| name.clone(), |rule| rule.id.to_string());
    Ok(AuditOptions {
        jobs,
        as_of: target.as_of.unwrap_or_else(|| jiff::Zoned::now().date()),
        only: choice.only.iter().map(current).collect(),
        skip: choice.skip.iter().map(current).collect(),
        kinds: config.component_kinds(),
        decisions: std::sync::Arc::clone(&config.decisions),
        history: target.history,
        dropped: choice.dropped,
    })
}

/// Refuses a name that is neither a rule nor an area.
pub(crate) fn check_name(name: &str, rules: &RuleSet) -> Result<(), Refusal> {
    let areas = || rules.rules.iter().map(|rule| rule.id.area());
    if rules.rule(name).is_some() || areas().any(|area| area == name) {
        return Ok(());
    }
    if let Some(target) = Target::parse(name).filter(|target| target.pattern.is_some()) {
        return resolve(&target, rules).map(drop).map_err(Refusal);
    }
    let known = rules.rules.iter().map(|rule| rule.id.as_str()).chain(areas());
    let hint = hint(name, known);
    Err(Refusal(format!("there is no rule or area `{name}`{hint} (prodready rules list shows all)")))
}

/// Sentences about components that the configuration names and that do not exist.
fn strangers(config: &Config, audit: &Audit) -> Vec<String> {
    let known = || audit.facts.components.iter().map(|component| component.id.as_str());
    let stranger = |(folder, (_, line)): (&String, &(Vec<crate::facts::model::Kind>, usize))| {
        if known().any(|id| id == folder) {
            return None;
        }
        let hint = hint(folder, known());
        Some(format!("{}:{line}: there is no component `{folder}`{hint}", config.shown))
    };
    config.kinds.iter().filter_map(stranger).collect()
}
