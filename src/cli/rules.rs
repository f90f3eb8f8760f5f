//! `prodready rules list|show|test`.

use std::fmt::Write as _;
use std::path::Path;

use crate::audit::examples;
use crate::cli::args::{RulesArgs, RulesCommand};
use crate::cli::load::{check_name, rule_set};
use crate::cli::{Exit, Refusal, messages};
use crate::embedded;
use crate::report::words;
use crate::rule::example::Example;
use crate::rule::set::RuleSet;
use crate::rule::source;

/// The subcommands.
pub(crate) fn run(arguments: &RulesArgs) -> Result<Exit, Refusal> {
    match &arguments.command {
        RulesCommand::List { rules } => list(&rule_set(rules)?),
        RulesCommand::Show { rule } => return show(rule),
        RulesCommand::Test { dir } => return test(dir),
    }
    Ok(Exit::Passed)
}

fn list(rules: &RuleSet) {
    let mut out = String::new();
    for rule in &rules.rules {
        let state = if rule.preview { " (preview)" } else { "" };
        let _ = writeln!(out, "{:<42} {:<9} {}{state}", rule.id.as_str(), words::severity(rule.severity), rule.title);
    }
    messages::print(&out);
}

fn show(id: &str) -> Result<Exit, Refusal> {
    let rules = rule_set(&[])?;
    let rule = rules.rule(id).ok_or_else(|| unknown(id, &rules))?;
    let json = embedded::file(&format!("{}.yml", rule.id)).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(json).map_err(|error| Refusal(error.to_string()))?;
    let yaml = serde_yaml::to_string(&value).map_err(|error| Refusal(error.to_string()))?;
    messages::print(&yaml);
    Ok(Exit::Passed)
}

/// Refuses the name of a rule.
pub(crate) fn unknown(id: &str, rules: &RuleSet) -> Refusal {
    check_name(id, rules)
        .err()
        .unwrap_or_else(|| Refusal(format!("`{id}` is an area, not a rule: name one of its rules")))
}

fn test(dir: &Path) -> Result<Exit, Refusal> {
    let is_own = dir.join("components.yml").is_file();
    let rules = if is_own { RuleSet::from_folder(dir) } else { source::folder(dir).and_then(RuleSet::with_user) };
    let rules = rules.map_err(|error| Refusal(error.to_string()))?;
    rules.validate().map_err(|error| Refusal(error.to_string()))?;
    let pages = source::example_pages(dir).map_err(|error| Refusal(error.to_string()))?;
    if pages.is_empty() {
        return Err(Refusal(format!("there are no example pages (*.test.yml) in {}", dir.display())));
    }
    let (mut run, mut failed) = (0, 0);
    let mut out = String::new();
    for page in pages {
        let rule = page.path.trim_end_matches(".test.yml");
        let list: Vec<Example> = page.read().map_err(|error| Refusal(error.to_string()))?;
        let wrong = examples::run(&rules, rule, &list);
        run += list.len();
        failed += wrong.len();
        for mismatch in wrong {
            let _ = writeln!(out, "{}: {}", mismatch.rule, mismatch.example);
            for line in mismatch.differences {
                let _ = writeln!(out, "    {line}");
            }
        }
    }
    let _ = writeln!(out, "{} examples passed, {failed} failed", run - failed);
    messages::print(&out);
    Ok(if failed == 0 { Exit::Passed } else { Exit::Failed })
}
