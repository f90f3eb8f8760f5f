//! Bytes, one file per output format. A report is a pure function of the audit: no clock, no environment.

pub mod badge;
pub mod compare;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod overview;
pub mod previous;
pub mod sarif;
pub mod text;
pub mod words;

use crate::audit::Audit;
use crate::checklist::finding::Finding;
use crate::checklist::item::Item;
use crate::report::previous::Previous;
use crate::rule::model::Rule;
use crate::rule::set::RuleSet;
use crate::score::{self, Entry, Gate, Score};

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The audit.
    pub audit: &'a Audit,
    /// The rules that it ran.
    pub rules: &'a RuleSet,
    /// What the user called the repository.
    pub path: &'a str,
    /// What people call it: the name of its folder.
    pub name: &'a str,
    /// The commit that was checked out.
    pub commit: Option<&'a str>,
    /// The score; `None` where nothing was counted or only some rules ran.
    pub score: Option<&'a Score>,
    /// What the user asked to hold.
    pub gate: &'a Gate,
    /// An earlier report to compare with.
    pub previous: Option<&'a Previous>,
    /// Where the files can be read, ended by a slash: the head of links to places.
    pub source_url: Option<&'a str>,
}

impl<'a> Report<'a> {
    /// A report about the current folder without score, commit or anything to compare with.
    pub const fn new(audit: &'a Audit, rules: &'a RuleSet, gate: &'a Gate) -> Self {
        Self { audit, rules, path: ".", name: ".", commit: None, score: None, gate, previous: None, source_url: None }
    }

    /// The findings that count, of rules that are not in preview: the worst first, then by rule and place.
    pub fn open_findings(&self) -> Vec<(&'a Rule, &'a Finding)> {
        let mut found: Vec<(&'a Rule, &'a Finding)> = self
            .items()
            .filter(|(rule, _)| !rule.preview)
            .flat_map(|(rule, item)| item.findings().map(move |finding| (rule, finding)))
            .filter(|(_, finding)| finding.counts())
            .collect();
        found.sort_by(|(left_rule, left), (right_rule, right)| {
            let worst = right.severity.cmp(&left.severity);
            worst.then_with(|| (&left_rule.id, &left.place).cmp(&(&right_rule.id, &right.place)))
        });
        found
    }

    /// The rules with their items, in the order of the checklist.
    pub fn items(&self) -> impl Iterator<Item = (&'a Rule, &'a Item)> + use<'a> {
        let rules = &self.rules.rules;
        self.audit.items.iter().filter_map(move |item| Some((rules.get(item.rule)?, item)))
    }

    /// What passing each rule would add to the score, in points before caps, in the order of [`Report::items`].
    pub fn gains(&self) -> Vec<u32> {
        let entries: Vec<Option<Entry<'a>>> = self.items().map(|(rule, item)| score::entry(rule, item)).collect();
        let scored: Vec<Entry<'a>> = entries.iter().flatten().copied().collect();
        let mut position = 0;
        let gain = |entry: &Option<Entry<'a>>| {
            entry.map_or(0, |_| {
                position += 1;
                score::gain(&scored, position - 1)
            })
        };
        entries.iter().map(gain).collect()
    }
}
