//! `prodready fix`: shows the edits that make rules pass, and writes them only when it is told to. What is there is
//! touched by exactly the edit that was shown, and not at all when it changed in between.

use std::fmt::Write as _;
use std::path::Path;

use crate::checklist::item::Item;
use crate::cli::args::FixArgs;
use crate::cli::load::{Choice, Session, check_name, session, session_with};
use crate::cli::output::{create_file, read_text, write_file};
use crate::cli::{Exit, Refusal, messages};
use crate::repair::{Proposal, Workshop, proposals};
use crate::report::words::clean;
use crate::rule::repair::{self, Repairs};
use crate::rule::source;

/// Previews, and with `--write` writes.
pub(crate) fn run(arguments: &FixArgs) -> Result<Exit, Refusal> {
    let told = |error: crate::rule::error::RuleError| Refusal(error.to_string());
    let repairs = repair::all().map_err(told)?;
    let mut collected = repair::Collected::new();
    let before = session_with(&arguments.target, &Choice::default(), &mut |folders| {
        let mut user = Vec::new();
        for folder in folders {
            user.extend(source::folder(folder).map_err(told)?);
        }
        let (rules, names) = repair::with_collecting(user, &repairs).map_err(told)?;
        collected = names;
        Ok(rules)
    })?;
    if before.audit.is_empty() {
        messages::note(&format!("nothing to fix in {}: there is nothing to audit", arguments.target.path.display()));
        return Ok(Exit::Nothing);
    }
    for name in &arguments.only {
        check_name(name, &before.rules)?;
    }
    let only: Vec<&str> = arguments
        .only
        .iter()
        .map(|name| before.rules.rule(name).map_or(name.as_str(), |rule| rule.id.as_str()))
        .collect();
    let wanted =
        |rule: &str| only.is_empty() || only.iter().any(|name| *name == rule || rule.split('/').next() == Some(*name));
    let shop = Workshop {
        repo: &before.repo,
        rules: &before.rules,
        audit: &before.audit,
        repairs: &repairs,
        collected: &collected,
    };
    let (found, notes) = proposals(&shop, &wanted);
    messages::print_diff(&shown(&found, &before));
    for note in notes {
        messages::note(&format!("note: {}", clean(&note)));
    }
    let chosen: Vec<&Proposal> = found.iter().filter(|proposal| proposal.safe || arguments.r#unsafe).collect();
    if found.is_empty() {
        messages::note(&nothing(&repairs));
        return Ok(Exit::Passed);
    }
    if !arguments.write {
        messages::note(&advice(&found, arguments.r#unsafe));
        return Ok(Exit::Passed);
    }
    write_all(before.repo.root(), &chosen)?;
    let left = found.len() - chosen.len();
    if left > 0 {
        messages::note(&format!(
            "{left} not written, because they change what is built or run: --unsafe writes them as well"
        ));
    }
    messages::print(&outcome(arguments, &before, &chosen)?);
    Ok(Exit::Passed)
}

/// Each edit with its rule, what it does, and its diff.
fn shown(found: &[Proposal], session: &Session) -> String {
    let mut out = String::new();
    for proposal in found {
        let kind = if proposal.safe { "safe" } else { "unsafe" };
        let title = session.rules.rule(&proposal.rule).map(|rule| rule.title.as_str()).unwrap_or_default();
        let _ = writeln!(
            out,
            "FIX  {}  {kind}\n  {title}\n  {}: {}",
            proposal.rule,
            clean(&proposal.title),
            clean(&proposal.path)
        );
        if let Some(rest) = &proposal.fill_in {
            let _ = writeln!(out, "  partial until you fill in: {rest}");
        }
        for line in proposal.diff().lines() {
            let _ = writeln!(out, "{}", clean(line));
        }
        out.push('\n');
    }
    out
}

fn nothing(repairs: &[Repairs]) -> String {
    let mut rules: Vec<&str> = repairs.iter().map(|repairs| repairs.rule.as_str()).collect();
    rules.sort_unstable();
    format!("nothing that can be written is missing here (it can mend {})", rules.join(", "))
}

fn advice(found: &[Proposal], with_unsafe: bool) -> String {
    let safe = found.iter().filter(|proposal| proposal.safe).count();
    let others = found.len() - safe;
    let mut text = format!("{safe} safe, {others} unsafe (these change what is built or run: read them first). ");
    text.push_str("Nothing was written: --write writes the safe ones");
    text.push_str(match (others, with_unsafe) {
        (0, _) => "",
        (_, true) => " and, because of --unsafe, the others",
        (_, false) => ", --write --unsafe all of them",
    });
    text
}

/// Writes the edits of each file at once: the last text of a file holds all that come before it.
fn write_all(root: &Path, chosen: &[&Proposal]) -> Result<(), Refusal> {
    let mut files: Vec<(&str, Option<&str>, &str)> = Vec::new();
    for proposal in chosen {
        match files.iter_mut().find(|(path, ..)| *path == proposal.path) {
            Some((_, _, after)) => *after = &proposal.after,
            None => files.push((&proposal.path, proposal.before.as_deref(), &proposal.after)),
        }
    }
    for (path, before, _) in &files {
        unchanged(root, path, *before)?;
    }
    for (path, before, after) in files {
        let file = root.join(path);
        let written = match before {
            Some(_) => write_file(&file, after),
            None => create_file(&file, after),
        };
        written.map_err(|error| Refusal(format!("{} cannot be written: {error}", clean(path))))?;
        messages::note(&format!("written: {}", clean(path)));
    }
    Ok(())
}

/// Holds that the file is what was shown, and that it lies in the tree itself.
fn unchanged(root: &Path, path: &str, before: Option<&str>) -> Result<(), Refusal> {
    let file = root.join(path);
    let shown = clean(path);
    // The nearest folder that exists must be the one of that name below the root: no link leads elsewhere.
    let folder = file.ancestors().skip(1).find(|folder| folder.symlink_metadata().is_ok());
    let straight = folder.is_some_and(|folder| folder.canonicalize().is_ok_and(|real| real == folder));
    if !straight || file.is_symlink() {
        return Err(Refusal(format!("{shown} is not written: a symbolic link leads elsewhere")));
    }
    match before {
        None if file.symlink_metadata().is_ok() => Err(Refusal(format!("{shown} is not written: it exists now"))),
        Some(before) if read_text(&file).ok().as_deref() != Some(before) => {
            Err(Refusal(format!("{shown} is not written: it changed while it was read, run the command again")))
        }
        _ => Ok(()),
    }
}

/// What the audit says now of the rules that were mended, and the score.
fn outcome(arguments: &FixArgs, before: &Session, chosen: &[&Proposal]) -> Result<String, Refusal> {
    let after = session(&arguments.target, &Choice::default())?;
    let mut out = String::new();
    let mut rules: Vec<&str> = chosen.iter().map(|proposal| proposal.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    for rule in rules {
        let was = item(before, rule).map(|item| item.outcome.as_str()).unwrap_or_default();
        let is = item(&after, rule).map(|item| item.outcome.as_str()).unwrap_or_default();
        let fill_in =
            chosen.iter().find(|proposal| proposal.rule == rule).and_then(|proposal| proposal.fill_in.as_ref());
        let rest = fill_in.map(|rest| format!(", until you fill in: {rest}")).unwrap_or_default();
        let _ = writeln!(out, "{rule:<42} {was} -> {is}{rest}");
    }
    if let (Some(was), Some(is)) = (&before.score, &after.score) {
        let _ = writeln!(out, "{:<42} {} -> {}", "score", was.value, is.value);
    }
    Ok(out)
}

fn item<'a>(session: &'a Session, rule: &str) -> Option<&'a Item> {
    let is_it = |item: &&Item| session.rules.rules.get(item.rule).is_some_and(|known| known.id.as_str() == rule);
    session.audit.items.iter().find(is_it)
}
