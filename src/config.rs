//! prodready.toml: what a team asks for, and what it decided. It can run nothing, and load nothing from the network.
//!
//! [`ConfigFile`] is what is written; [`Config`] is what it means. Every fault is told with file, line and remedy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::checklist::decision::{Accept, Attest, Decisions, PathGlob, Target, Written};
use crate::checklist::settle::resolve;
use crate::condition::spec::Severity;
use crate::facts::model::Kind;
use crate::rule::error::RuleError;
use crate::rule::set::{EDITION, RuleSet};
use crate::rule::source::suggestion;

/// The name of the file.
pub const FILE: &str = "prodready.toml";

/// The file as it is written.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ConfigFile {
    /// The edition that scores: a score is comparable only within one.
    #[schemars(with = "Option<String>")]
    edition: Option<Spanned<String>>,
    /// The least score that passes, 0 to 100.
    #[schemars(with = "Option<u32>")]
    min_score: Option<Spanned<u32>>,
    /// An open finding of this severity or worse fails.
    fail_on: Option<Severity>,
    /// Globs (in the syntax of `.gitignore`) of what is not audited at all.
    exclude: Vec<String>,
    /// Folders with rules of your own, relative to this file.
    rules: Vec<String>,
    /// What a component is, where it was recognised wrongly: by its folder, `.` for the root.
    #[schemars(with = "BTreeMap<String, ComponentEntry>")]
    components: BTreeMap<String, Spanned<ComponentEntry>>,
    /// Findings that you decided to live with.
    #[schemars(with = "Vec<AcceptEntry>")]
    accept: Vec<Spanned<AcceptEntry>>,
    /// Proofs that lie outside the repository.
    #[schemars(with = "Vec<AttestEntry>")]
    attest: Vec<Spanned<AttestEntry>>,
}

/// What a component is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ComponentEntry {
    /// One kind, or several.
    kind: OneOrMany,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(Kind),
    Many(Vec<Kind>),
}

/// A decision to live with findings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AcceptEntry {
    /// `area/name`, or `area/name/pattern`.
    rule: String,
    /// Only in files that this glob matches; absent: the rule as a whole.
    path: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`.
    until: Option<String>,
}

/// A proof outside the repository, for rules that allow it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AttestEntry {
    /// `area/name`.
    rule: String,
    /// How it is done.
    how: Option<String>,
    /// Who says so.
    by: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`.
    until: Option<String>,
    /// A link to the proof.
    evidence: Option<String>,
}

/// What the file means.
#[derive(Debug, Default)]
pub struct Config {
    /// The file, as messages show it; empty without one.
    pub shown: String,
    /// The least score that passes.
    pub min_score: Option<u32>,
    /// An open finding of this severity or worse fails.
    pub fail_on: Option<Severity>,
    /// Globs of what is not audited at all.
    pub exclude: Vec<String>,
    /// Folders with rules, relative to the file.
    pub rules: Vec<PathBuf>,
    /// Kinds of components, by their folder, each with the line that says so.
    pub kinds: BTreeMap<String, (Vec<Kind>, usize)>,
    /// Acceptances and attestations.
    pub decisions: Arc<Decisions>,
}

/// A fault of the file: file, line, what, and what to do.
pub type ConfigError = RuleError;

impl Config {
    /// Reads the text of a file that messages call `shown`.
    pub fn parse(text: &str, shown: &str) -> Result<Self, ConfigError> {
        let lines = Lines { text, shown };
        let file: ConfigFile = toml::from_str(text).map_err(|error| lines.unreadable(&error))?;
        lines.edition(file.edition.as_ref())?;
        let mut decisions = Decisions::default();
        for entry in &file.accept {
            decisions.accepts.push(lines.accept(entry)?);
        }
        for entry in &file.attest {
            decisions.attests.push(lines.attest(entry)?);
        }
        let kinds = file.components.into_iter().map(|(folder, entry)| {
            let line = lines.line(entry.span().start);
            let kinds = match entry.into_inner().kind {
                OneOrMany::One(kind) => vec![kind],
                OneOrMany::Many(kinds) => kinds,
            };
            (trimmed(&folder), (kinds, line))
        });
        Ok(Self {
            shown: shown.to_owned(),
            min_score: file.min_score.map(|score| lines.score(&score)).transpose()?,
            fail_on: file.fail_on,
            exclude: file.exclude,
            rules: file.rules.into_iter().map(PathBuf::from).collect(),
            kinds: kinds.collect(),
            decisions: Arc::new(decisions),
        })
    }

    /// Holds that every rule and pattern that is named exists, and that what is attested can be.
    pub fn check(&self, rules: &RuleSet) -> Result<(), ConfigError> {
        let fault =
            |written: &Written, message: String| RuleError::new(&written.path, message).on_line(Some(written.line));
        for accept in &self.decisions.accepts {
            resolve(&accept.target, rules).map_err(|message| fault(&accept.written, message))?;
        }
        for attest in &self.decisions.attests {
            let target = Target { rule: attest.rule.clone(), pattern: None };
            resolve(&target, rules).map_err(|message| fault(&attest.written, message))?;
            if rules.rule(&attest.rule).is_some_and(|rule| !rule.attestable) {
                let message = format!("{} cannot be attested: its proof lies in the repository", attest.rule);
                return Err(fault(&attest.written, message).with_help("accept it with a reason under `[[accept]]`"));
            }
        }
        Ok(())
    }

    /// Makes everything relative to a folder below the file: `prefix` has forward slashes and one at its end.
    pub fn enter(&mut self, prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        self.exclude = self.exclude.iter().filter_map(|glob| below(glob, prefix)).collect();
        let folder = prefix.trim_end_matches('/');
        let kinds = std::mem::take(&mut self.kinds).into_iter();
        let inner = |(path, kinds): (String, _)| match path.strip_prefix(prefix) {
            Some(rest) => Some((rest.to_owned(), kinds)),
            None => (path == folder).then(|| (".".to_owned(), kinds)),
        };
        self.kinds = kinds.filter_map(inner).collect();
        if let Some(decisions) = Arc::get_mut(&mut self.decisions) {
            prefix.clone_into(&mut decisions.prefix);
        }
    }

    /// Component kinds without their lines.
    pub fn component_kinds(&self) -> BTreeMap<String, Vec<Kind>> {
        self.kinds.iter().map(|(folder, (kinds, _))| (folder.clone(), kinds.clone())).collect()
    }
}

/// A glob of a file above, as it reads in the folder `prefix`; `None` if it concerns other folders alone.
fn below(glob: &str, prefix: &str) -> Option<String> {
    let name = glob.strip_suffix('/').unwrap_or(glob);
    if glob.starts_with("**/") || !name.contains('/') {
        return Some(glob.to_owned());
    }
    glob.trim_start_matches('/').strip_prefix(prefix).map(|rest| format!("/{rest}"))
}

fn trimmed(folder: &str) -> String {
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// The text, for the places of faults.
struct Lines<'a> {
    text: &'a str,
    shown: &'a str,
}

impl Lines<'_> {
    /// The line at byte `at`, 1-based.
    fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> ConfigError {
        RuleError::new(self.shown, message).on_line(Some(self.line(at)))
    }

    fn unreadable(&self, error: &toml::de::Error) -> ConfigError {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        let fault = match error.span() {
            Some(span) => self.fault(span.start, message.clone()),
            None => RuleError::new(self.shown, message.clone()),
        };
        match suggestion(&message) {
            Some(help) => fault.with_help(help),
            None => fault,
        }
    }

    fn edition(&self, edition: Option<&Spanned<String>>) -> Result<(), ConfigError> {
        match edition.filter(|edition| edition.get_ref() != EDITION) {
            None => Ok(()),
            Some(other) => {
                let message = format!("edition `{}` is not known to this version", other.get_ref());
                Err(self.fault(other.span().start, message).with_help(format!("it knows {EDITION}")))
            }
        }
    }

    fn score(&self, score: &Spanned<u32>) -> Result<u32, ConfigError> {
        let value = *score.get_ref();
        if value > 100 {
            return Err(self.fault(score.span().start, format!("`min-score` is {value}, more than 100")));
        }
        Ok(value)
    }

    fn accept(&self, entry: &Spanned<AcceptEntry>) -> Result<Accept, ConfigError> {
        let (at, entry) = (entry.span().start, entry.get_ref());
        let target = self.target(at, &entry.rule)?;
        let path = entry.path.as_deref().map(PathGlob::new).transpose();
        Ok(Accept {
            path: path.map_err(|error| self.fault(at, format!("`path`: {error}")))?,
            reason: self.needed(at, "accept", "reason", entry.reason.as_ref(), &entry.rule)?,
            until: entry.until.as_deref().map(|day| self.day(at, day)).transpose()?,
            written: Written { path: self.shown.to_owned(), line: self.line(at) },
            target,
        })
    }

    fn attest(&self, entry: &Spanned<AttestEntry>) -> Result<Attest, ConfigError> {
        let (at, entry) = (entry.span().start, entry.get_ref());
        let target = self.target(at, &entry.rule)?;
        if target.pattern.is_some() {
            return Err(self.fault(at, format!("`{}` is a pattern: only a rule can be attested", entry.rule)));
        }
        let needed = |key, value| self.needed(at, "attest", key, value, &entry.rule);
        let until = needed("until", entry.until.as_ref())?;
        Ok(Attest {
            how: needed("how", entry.how.as_ref())?,
            by: needed("by", entry.by.as_ref())?,
            until: self.day(at, &until)?,
            evidence: entry.evidence.clone(),
            written: Written { path: self.shown.to_owned(), line: self.line(at) },
            rule: target.rule,
        })
    }

    fn target(&self, at: usize, rule: &str) -> Result<Target, ConfigError> {
        Target::parse(rule).ok_or_else(|| {
            self.fault(at, format!("`{rule}` is no rule"))
                .with_help("write `area/name`, or `area/name/pattern` (prodready rules list shows all)")
        })
    }

    fn needed(
        &self,
        at: usize,
        table: &str,
        key: &str,
        value: Option<&String>,
        rule: &str,
    ) -> Result<String, ConfigError> {
        let value = value.map(|value| value.trim()).filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| {
            self.fault(at, format!("this [[{table}]] of `{rule}` has no `{key}`"))
                .with_help(format!("add `{key} = \"…\"`: whoever reads it next year has to know"))
        })
    }

    fn day(&self, at: usize, day: &str) -> Result<Date, ConfigError> {
        day.parse().map_err(|_| {
            self.fault(at, format!("`until = \"{day}\"` is no date")).with_help("write it as \"YYYY-MM-DD\"")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"
edition = "2026.1"
min-score = 80
fail-on = "high"
exclude = ["legacy/"]

[components."./apps/web/"]
kind = ["service", "frontend"]

[[accept]]
rule = "delivery/actions-pinned"
path = ".github/workflows/old.yml"
reason = "replaced next month"
until = "2027-01-31"

[[attest]]
rule = "data/backups"
how = "managed snapshots, 30 days"
by = "ops"
until = "2027-01-01"
"#;

    #[test]
    fn a_whole_file_means_what_it_says() {
        let config = Config::parse(WHOLE, "prodready.toml").unwrap();
        config.check(&RuleSet::embedded().unwrap()).unwrap();
        assert_eq!((config.min_score, config.fail_on), (Some(80), Some(Severity::High)));
        assert_eq!(config.kinds["apps/web"].0, [Kind::Service, Kind::Frontend]);
        let accept = &config.decisions.accepts[0];
        assert_eq!(accept.written.line, 10);
        assert!(accept.path.as_ref().unwrap().matches(".github/workflows/old.yml"));
        assert_eq!(config.decisions.attests[0].until, jiff::civil::date(2027, 1, 1));
    }

    #[test]
    fn a_file_above_is_read_from_a_folder_below() {
        let mut config = Config::parse(WHOLE, "prodready.toml").unwrap();
        config.exclude = ["legacy/", "*.min.js", "apps/web/old/**", "apps/api/x"].map(str::to_owned).to_vec();
        config.enter("apps/web/");
        assert_eq!(config.exclude, ["legacy/", "*.min.js", "/old/**"]);
        assert!(config.kinds.contains_key(".") && config.kinds.len() == 1);
        assert_eq!(config.decisions.prefix, "apps/web/");
    }

    #[test]
    fn every_fault_is_told_with_its_line_and_remedy() {
        let rules = RuleSet::embedded().unwrap();
        let cases = [
            ("min-scor = 3", 1, "unknown field `min-scor`", "did you mean `min-score`?"),
            ("\nmin-score = 101", 2, "more than 100", ""),
            ("min-score = \"x\"", 1, "invalid type", ""),
            ("edition = \"2019.1\"", 1, "not known", "it knows 2026.1"),
            ("fail-on = \"hig\"", 1, "unknown variant `hig`", "did you mean `high`?"),
            ("[[accept]]\nrule = \"data/backups\"", 1, "no `reason`", "add `reason"),
            ("[[accept]]\nrule = \"data/backup\"\nreason = \"x\"", 1, "there is no rule `data/backup`", "data/backups"),
            ("[[accept]]\nrule = \"backups\"\nreason = \"x\"", 1, "is no rule", "area/name"),
            (
                "[[accept]]\nrule = \"data/backups\"\nreason = \"x\"\nuntil = \"2027-02-30\"",
                1,
                "is no date",
                "YYYY-MM-DD",
            ),
            ("[[accept]]\nrule = \"data/backups\"\nreason = \"x\"\npath = \"a[\"", 1, "`path`", ""),
            (
                "[[attest]]\nrule = \"delivery/tests\"\nhow = \"x\"\nby = \"y\"\nuntil = \"2027-01-01\"",
                1,
                "cannot be attested",
                "[[accept]]",
            ),
            ("[[attest]]\nrule = \"data/backups\"\nby = \"y\"\nuntil = \"2027-01-01\"", 1, "no `how`", "add `how"),
            ("x = [", 1, "", ""),
        ];
        for (text, line, what, help) in cases {
            let parsed = Config::parse(text, "prodready.toml").and_then(|config| config.check(&rules));
            let error = parsed.expect_err(text);
            let said = error.to_string();
            assert_eq!(error.line, Some(line), "{text}: {said}");
            assert!(said.contains(what) && said.contains(help), "{text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "([a-z\\[\\]=\"\\n. -]|accept|rule|until|\u{e9}){0,60}") {
            let _ = Config::parse(&text, "x");
        }
    }
}
