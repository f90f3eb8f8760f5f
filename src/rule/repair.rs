//! Repairs: what a machine can write so that a rule passes, beside the rule as `<area>/<name>.fix.yml`.
//!
//! These types are the YAML shape. A repair names a target and a template; what the template may say is facts, tables and
//! what the file's own `collect` conditions find. They are read only by the command that repairs: an audit never pays
//! for them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::spec::Clause;
use crate::rule::error::RuleError;
use crate::rule::set::{self, RuleSet};
use crate::rule::source::{RuleSource, embedded};

/// The end of the names of these files.
pub const ENDING: &str = ".fix.yml";
/// The area of the rules that are made up of `collect`: no rule may have it.
const AREA: &str = "collected-for-repairs";

/// How the findings of one rule can be repaired.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RepairFile {
    /// What the templates need to know: each name becomes the list of the places where one of the conditions holds. The
    /// `message` of a condition is the text of an entry, and may use captures.
    #[serde(default)]
    pub collect: BTreeMap<String, Vec<Clause>>,
    /// Ways to repair; of those that fit a verdict, the first that offers something is taken.
    pub repairs: Vec<Repair>,
}

/// One way to repair. Exactly one of `create`, `append` and `insert` must be given.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repair {
    /// What it does, as a verb phrase: "adds a Dependabot configuration".
    pub title: String,
    /// Whether it changes neither what is built nor what runs. Anything else is written only when it is asked for.
    pub safe: bool,
    /// What a person has to fill in; until then the rule is partial at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill_in: Option<String>,
    /// The patterns of the rule that it mends. Default: all of the rule.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// Globs: where one of them matches a file of the repository, this is not offered.
    #[serde(default)]
    pub unless: Vec<String>,
    /// A file to create, as a template; never one that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<String>,
    /// A file that gets the lines that it lacks at its end, as a template; it is created where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append: Option<String>,
    /// Where in the file of the finding the text goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insert: Option<Insert>,
    /// The text, as a template. One that comes out empty offers nothing.
    pub text: String,
}

/// Where text is inserted: whole lines, before a line of the file that the finding names.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Insert {
    /// The kind of document (of `rules/kinds.yml`) that the file must be.
    pub r#in: String,
    /// Before the first line behind the finding's own line that this expression matches.
    pub before: String,
    /// Look from the beginning of the file instead of from the finding.
    #[serde(default)]
    pub from_start: bool,
    /// A line behind the place that matches this moves the place to the end of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_above: Option<String>,
    /// Where no line matches, the end of the file is the place. Default: nothing is offered.
    #[serde(default)]
    pub or_end: bool,
}

/// What of a repair is written where.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// A new file at the path of this template.
    Create(&'a str),
    /// Missing lines at the end of the file at the path of this template.
    Append(&'a str),
    /// Lines inside the file of the finding.
    Insert(&'a Insert),
}

impl Repair {
    /// Its action; an error says what is wrong with the declaration.
    pub fn action(&self) -> Result<Action<'_>, String> {
        match (&self.create, &self.append, &self.insert) {
            (Some(path), None, None) => Ok(Action::Create(path)),
            (None, Some(path), None) => Ok(Action::Append(path)),
            (None, None, Some(insert)) => Ok(Action::Insert(insert)),
            _ => Err(format!("`{}` must say exactly one of `create`, `append` and `insert`", self.title)),
        }
    }
}

/// The repairs of one rule.
#[derive(Debug)]
pub struct Repairs {
    /// The rule.
    pub rule: String,
    /// The file, for messages.
    pub shown: String,
    /// What the file says.
    pub file: RepairFile,
}

/// Whether this path below the rules folder is one of these files.
pub fn is_repair(path: &str) -> bool {
    path.ends_with(ENDING)
}

/// The repairs that come with the program, by rule.
pub fn all() -> Result<Vec<Repairs>, RuleError> {
    embedded().filter(|source| is_repair(&source.path)).map(|source| read(&source)).collect()
}

fn read(source: &RuleSource) -> Result<Repairs, RuleError> {
    let file: RepairFile = source.read()?;
    for repair in &file.repairs {
        repair.action().map_err(|message| RuleError::new(&source.shown, message))?;
    }
    let rule = source.path.trim_end_matches(ENDING).to_owned();
    Ok(Repairs { rule, shown: source.shown.clone(), file })
}

/// The name of what is collected, by the id of the rule that collects it.
pub type Collected = BTreeMap<String, (usize, String)>;

/// The rules, and one more for each `collect` of `repairs`: its findings are what is collected. Collecting rules are
/// previews, so that nothing that they find counts. Also: which of them collects what, for which of `repairs`.
pub fn with_collecting(user: Vec<RuleSource>, repairs: &[Repairs]) -> Result<(RuleSet, Collected), RuleError> {
    let (mut sources, mut names) = (user, Collected::new());
    for (owner, repair) in repairs.iter().enumerate() {
        for (name, clauses) in &repair.file.collect {
            let id = format!("{AREA}/{}", names.len());
            sources.push(collecting(&id, &repair.shown, clauses)?);
            names.insert(id, (owner, name.clone()));
        }
    }
    Ok((RuleSet::with_user(sources)?, names))
}

fn collecting(id: &str, shown: &str, clauses: &[Clause]) -> Result<RuleSource, RuleError> {
    let named =
        clauses.iter().enumerate().map(|(number, clause)| Clause { id: Some(number.to_string()), ..clause.clone() });
    let rule = serde_json::json!({
        "title": "collected", "severity": "low", "confidence": "low", "edition": set::EDITION, "preview": true,
        "why": "", "fix": "", "forbid": named.collect::<Vec<_>>(),
    });
    let text = serde_json::to_string(&rule).map_err(|error| RuleError::new(shown, error.to_string()))?;
    Ok(RuleSource { path: format!("{id}.yml"), shown: shown.to_owned(), text: text.into(), json: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_repair_can_be_read_and_belongs_to_a_rule() {
        let repairs = all().unwrap();
        assert!(!repairs.is_empty());
        let (rules, names) = with_collecting(Vec::new(), &repairs).unwrap();
        rules.validate().unwrap();
        for repair in &repairs {
            let rule = rules.rule(&repair.rule).unwrap_or_else(|| panic!("{}: there is no such rule", repair.shown));
            for pattern in repair.file.repairs.iter().flat_map(|one| &one.patterns) {
                let known = rule.forbid.iter().any(|known| known.id.as_ref() == Some(pattern));
                assert!(known, "{}: {} has no pattern {pattern}", repair.shown, repair.rule);
            }
        }
        assert!(names.keys().all(|id| rules.rule(id).is_some_and(|rule| rule.preview)));
    }

    #[test]
    fn a_repair_does_one_thing() {
        let repair: Repair = serde_yaml::from_str("title: x\nsafe: true\ncreate: a\nappend: b\ntext: c\n").unwrap();
        assert!(repair.action().unwrap_err().contains("exactly one"));
    }
}
