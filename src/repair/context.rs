//! What templates can say: facts, tables, files, and what was collected for them.
//!
//! Names of files and folders come from the audited repository. A template puts them into text through `quoted`, which
//! refuses what could be more than a name in the file that is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, context};
use regex::Regex;

use crate::condition::glob::GlobTableBuilder;
use crate::embedded;
use crate::repair::Workshop;

/// Everything that is the same for all templates.
pub(crate) struct Known {
    facts: Value,
    collected: BTreeMap<usize, Value>,
    paths: Arc<Vec<String>>,
    /// Templates that several repairs share: the tables that are one text.
    shared: Vec<(String, String)>,
}

impl Known {
    pub(crate) fn of(shop: &Workshop<'_>) -> Self {
        let mut lists: BTreeMap<usize, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
        for (owner, name) in shop.collected.values() {
            lists.entry(*owner).or_default().entry(name).or_default();
        }
        for item in &shop.audit.items {
            let Some(rule) = shop.rules.rules.get(item.rule) else { continue };
            let Some((owner, name)) = shop.collected.get(rule.id.as_str()) else { continue };
            let list = lists.entry(*owner).or_default().entry(name).or_default();
            list.extend(item.findings().map(|finding| {
                let path = &finding.place.path;
                let owner = shop.audit.facts.owner_of(path);
                let component = shop.audit.facts.components.get(owner).map(|component| component.id.clone());
                context! { path => path, line => finding.region.line, text => &finding.message, component => component }
            }));
        }
        Self {
            facts: Value::from(Serde(&shop.audit.facts.document().root.to_value())),
            collected: lists.into_iter().map(|(owner, lists)| (owner, Value::from(Serde(&lists)))).collect(),
            paths: Arc::new(shop.repo.files().iter().map(|file| file.path.to_string()).collect()),
            shared: shared(),
        }
    }

    pub(crate) fn facts(&self) -> Value {
        self.facts.clone()
    }

    pub(crate) fn collected(&self, owner: usize) -> Value {
        self.collected.get(&owner).cloned().unwrap_or_default()
    }

    /// The files that a glob matches.
    pub(crate) fn files(&self, glob: &str) -> Vec<String> {
        matching(&self.paths, glob).unwrap_or_default()
    }

    /// Gives functions, filters and tests to a template.
    pub(crate) fn lend<'a>(&'a self, environment: &mut Environment<'a>) -> Result<(), Error> {
        for (name, text) in &self.shared {
            environment.add_template(name, text)?;
        }
        let paths = Arc::clone(&self.paths);
        environment.add_function("files", move |glob: &str| {
            matching(&paths, glob).map_err(|message| Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("table", table);
        environment.add_filter("quoted", quoted);
        environment.add_filter("folder", |path: &str| crate::repo::folder_of(path).to_owned());
        environment.add_filter("captured", captured);
        environment
            .add_test("matching", |text: &str, pattern: &str| Ok::<_, Error>(expression(pattern)?.is_match(text)));
        Ok(())
    }
}

fn shared() -> Vec<(String, String)> {
    let name = |path: &str| Some(path.strip_prefix("tables/")?.strip_suffix(".yml")?.to_owned());
    let texts = embedded::files().iter().filter(|(_, text)| text.starts_with('"'));
    texts.filter_map(|(path, text)| Some((name(path)?, serde_json::from_str(text).ok()?))).collect()
}

fn matching(paths: &[String], glob: &str) -> Result<Vec<String>, String> {
    let mut builder = GlobTableBuilder::default();
    builder.add(glob, false)?;
    let table = builder.build();
    let mut found = Vec::new();
    let is_it = |path: &&String| {
        table.matches(path, &mut found);
        !found.is_empty()
    };
    Ok(paths.iter().filter(is_it).cloned().collect())
}

/// `rules/tables/NAME.yml`.
fn table(name: &str) -> Result<Value, Error> {
    let missing = || Error::new(ErrorKind::InvalidOperation, format!("there is no table `{name}`"));
    let text = embedded::file(&format!("tables/{name}.yml")).ok_or_else(missing)?;
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| missing())?;
    Ok(Value::from(Serde(&value)))
}

fn expression(pattern: &str) -> Result<Regex, Error> {
    Regex::new(pattern).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

/// The first group of the last match, or undefined: `text | captured("EXPOSE (\\d+)")`.
fn captured(text: &str, pattern: &str) -> Result<Value, Error> {
    let expression = expression(pattern)?;
    let last = expression.captures_iter(text).last();
    Ok(last.and_then(|found| found.get(1)).map_or(Value::UNDEFINED, |group| Value::from(group.as_str())))
}

/// A string in double quotes that means the same in YAML, JSON and TOML.
fn quoted(text: &str) -> Result<String, Error> {
    if text.contains("${{")
        || text.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    {
        return Err(Error::new(ErrorKind::InvalidOperation, "a name of this repository cannot be written safely"));
    }
    serde_json::to_string(text).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_or_refused() {
        assert_eq!(quoted("a \"b\"").unwrap(), r#""a \"b\"""#);
        for hostile in ["a\nb", "${{ github.token }}", "a\u{202e}b"] {
            assert!(quoted(hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn the_last_place_that_matches_is_captured() {
        assert_eq!(captured("EXPOSE 80\nEXPOSE 8080\n", r"EXPOSE (\d+)").unwrap().as_str(), Some("8080"));
        assert!(captured("", "x(y)").unwrap().is_undefined());
        assert!(captured("", "(").is_err());
    }
}
