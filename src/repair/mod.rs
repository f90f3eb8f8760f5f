//! What could be written so that rules pass: from the open findings of an audit to exact edits, each with its text before
//! and after. Nothing is written here.
//!
//! Which rule is mended how is said by `rules/<area>/<name>.fix.yml`; this room knows templates, places and text.

mod context;
mod edit;

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};
use similar::TextDiff;

use crate::audit::Audit;
use crate::checklist::finding::Finding;
use crate::checklist::item::{Item, Verdict};
use crate::checklist::outcome::Outcome;
use crate::repair::context::Known;
use crate::repo::{Redactor, Repo};
use crate::rule::repair::{Action, Collected, Repair, Repairs};
use crate::rule::set::RuleSet;
use crate::text::Span;

/// One edit of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The rule that it mends.
    pub rule: String,
    /// What it does, as a verb phrase.
    pub title: String,
    /// Whether it changes neither what is built nor what runs.
    pub safe: bool,
    /// What a person has to fill in afterwards.
    pub fill_in: Option<String>,
    /// The file, from the audited folder, with forward slashes.
    pub path: String,
    /// Its text before this edit and after those that come before it; `None` for a file that is made.
    pub before: Option<String>,
    /// Its text after this edit.
    pub after: String,
    /// Values that no diff may show.
    hidden: Vec<String>,
}

impl Proposal {
    /// The edit as a unified diff. Secrets of the lines around it are hidden.
    pub fn diff(&self) -> String {
        let old = self.before.as_deref().unwrap_or_default();
        let from = if self.before.is_some() { format!("a/{}", self.path) } else { "/dev/null".to_owned() };
        let text = TextDiff::from_lines(old, &self.after)
            .unified_diff()
            .context_radius(3)
            .header(&from, &format!("b/{}", self.path))
            .to_string();
        Redactor::new(self.hidden.iter().map(|value| value.as_str().into())).redact(&text).into_owned()
    }
}

/// What an audit is mended with.
#[derive(Debug, Clone, Copy)]
pub struct Workshop<'a> {
    /// The files.
    pub repo: &'a Repo,
    /// The rules, those that collect among them.
    pub rules: &'a RuleSet,
    /// What was found.
    pub audit: &'a Audit,
    /// What can be mended, and how.
    pub repairs: &'a [Repairs],
    /// Which rules collect what.
    pub collected: &'a Collected,
}

/// All edits, safe ones first, then in the order of the rules; and, as sentences, what could not be offered and why.
/// `wanted` chooses rules by their id.
pub fn proposals(shop: &Workshop<'_>, wanted: &dyn Fn(&str) -> bool) -> (Vec<Proposal>, Vec<String>) {
    let known = Known::of(shop);
    let mut bench = Bench { shop, known, texts: BTreeMap::new(), done: Vec::new(), notes: Vec::new() };
    for safe in [true, false] {
        for (owner, repairs) in shop.repairs.iter().enumerate().filter(|(_, repairs)| wanted(&repairs.rule)) {
            bench.rule(owner, repairs, safe);
        }
    }
    (bench.done, bench.notes)
}

/// An edit, and the offset and length of what it inserts in the middle of a file.
type Made = (Proposal, Option<(usize, usize)>);

/// The work in progress.
struct Bench<'a> {
    shop: &'a Workshop<'a>,
    known: Known,
    /// Texts as the edits so far leave them, each with the offsets and lengths of what was inserted.
    texts: BTreeMap<String, (String, Vec<(usize, usize)>)>,
    done: Vec<Proposal>,
    notes: Vec<String>,
}

impl<'a> Bench<'a> {
    fn rule(&mut self, owner: usize, repairs: &'a Repairs, safe: bool) {
        let shop = self.shop;
        let is_its =
            |item: &&Item| shop.rules.rules.get(item.rule).is_some_and(|rule| rule.id.as_str() == repairs.rule);
        let Some(item) = shop.audit.items.iter().find(is_its) else { return };
        for verdict in item.verdicts.iter().filter(|verdict| is_open(verdict)) {
            // The first that offers something is taken; what was taken as a safe edit needs no other.
            for repair in &repairs.file.repairs {
                let offered = self.offer(owner, &repairs.rule, repair, verdict, safe);
                if offered {
                    break;
                }
            }
        }
    }

    /// Whether `repair` offered something for this verdict.
    fn offer(&mut self, owner: usize, rule: &str, repair: &Repair, verdict: &Verdict, safe: bool) -> bool {
        if repair.unless.iter().any(|glob| !self.known.files(glob).is_empty()) {
            return false;
        }
        let Ok(action) = repair.action() else { return false };
        let fits = |finding: &&Finding| {
            let named = finding.pattern.as_ref().is_some_and(|pattern| repair.patterns.contains(pattern));
            finding.gates() && (repair.patterns.is_empty() || named)
        };
        let findings: Vec<Option<&Finding>> = match action {
            Action::Insert(_) => verdict.findings.iter().filter(fits).map(Some).collect(),
            _ if repair.patterns.is_empty() => vec![verdict.findings.iter().find(fits)],
            _ => verdict.findings.iter().find(fits).map(Some).into_iter().collect(),
        };
        let mut offered = false;
        for finding in findings {
            match self.make(owner, rule, repair, action, verdict, finding) {
                Ok(Some((proposal, inserted))) if repair.safe == safe => {
                    offered = true;
                    self.take(proposal, inserted);
                }
                Ok(made) => offered |= made.is_some(),
                Err(reason) if repair.safe == safe => self.notes.push(format!("{rule}: {} {reason}", repair.title)),
                Err(_) => {}
            }
        }
        offered
    }

    fn take(&mut self, proposal: Proposal, inserted: Option<(usize, usize)>) {
        let again = |known: &Proposal| {
            known.path == proposal.path && known.rule == proposal.rule && known.after == proposal.after
        };
        if proposal.before.as_ref() != Some(&proposal.after) && !self.done.iter().any(again) {
            let (text, all) = self.texts.entry(proposal.path.clone()).or_default();
            text.clone_from(&proposal.after);
            all.extend(inserted);
            self.done.push(proposal);
        }
    }

    fn make(
        &self,
        owner: usize,
        rule: &str,
        repair: &Repair,
        action: Action<'_>,
        verdict: &Verdict,
        finding: Option<&Finding>,
    ) -> Result<Option<Made>, String> {
        let path = match action {
            Action::Create(template) | Action::Append(template) => {
                self.render(owner, template, verdict, finding, "")?.trim().to_owned()
            }
            Action::Insert(_) => finding.map(|finding| finding.place.path.clone()).unwrap_or_default(),
        };
        edit::check_path(&path)?;
        let before = self.text(&path);
        if before.is_none() && self.shop.repo.exists(&path) {
            return match action {
                Action::Create(_) => Ok(None),
                _ => Err(format!("is not offered: {path} is not text, or git ignores it")),
            };
        }
        let added = self.render(owner, &repair.text, verdict, finding, before.as_deref().unwrap_or_default())?;
        if added.trim().is_empty() {
            return Ok(None);
        }
        let (after, inserted) = match (action, &before) {
            (Action::Create(_), None) => (Some(edit::whole(&added)), None),
            (Action::Append(_), before) => (edit::append(before.as_deref().unwrap_or_default(), &added), None),
            (Action::Insert(insert), Some(before)) => {
                let span = finding.and_then(|finding| finding.place.span).map(|span| self.moved(&path, span));
                match edit::insert(before, &added, insert, &path, span)? {
                    Some((at, lines)) => (Some(edit::put(before, at, &lines)), Some((at, lines.len()))),
                    None => (None, None),
                }
            }
            (Action::Create(_), Some(_)) | (Action::Insert(_), None) => (None, None),
        };
        let Some(after) = after else { return Ok(None) };
        let (title, fill_in) = (repair.title.clone(), repair.fill_in.clone());
        let (rule, hidden) = (rule.to_owned(), self.secrets(&path));
        Ok(Some((Proposal { rule, title, safe: repair.safe, fill_in, path, before, after, hidden }, inserted)))
    }

    /// Where a span of the file on disk lies in its text as the edits so far leave it.
    fn moved(&self, path: &str, span: Span) -> Span {
        let all = self.texts.get(path).map(|(_, all)| all.as_slice()).unwrap_or_default();
        all.iter().fold(span, |span, (at, length)| if *at <= span.start { span.shifted(*length) } else { span })
    }

    /// The text of a file as the edits so far leave it.
    fn text(&self, path: &str) -> Option<String> {
        if let Some((text, _)) = self.texts.get(path) {
            return Some(text.clone());
        }
        let bytes = self.shop.repo.read(self.shop.repo.file(path)?).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Values of secrets that were found in this file.
    fn secrets(&self, path: &str) -> Vec<String> {
        let all = self.shop.audit.found.iter().flat_map(Item::findings);
        let spans = all.filter(|finding| finding.mark.is_some() && finding.place.path == path);
        let text = self.shop.repo.file(path).and_then(|file| self.shop.repo.read(file).ok()).unwrap_or_default();
        let value =
            |span: Span| text.get(span.start..span.end).map(|value| String::from_utf8_lossy(value).into_owned());
        spans.filter_map(|finding| finding.place.span.and_then(value)).collect()
    }

    fn render(
        &self,
        owner: usize,
        template: &str,
        verdict: &Verdict,
        finding: Option<&Finding>,
        text: &str,
    ) -> Result<String, String> {
        let mut environment = Environment::new();
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        environment.set_syntax(syntax.build().map_err(|error| error.to_string())?);
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        self.known.lend(&mut environment).map_err(|error| format!("cannot be offered: {error:#}"))?;
        let component = verdict.component.and_then(|index| self.shop.audit.facts.components.get(index));
        let folder = component.map(|component| component.id.as_str()).filter(|id| *id != ".");
        let values = context! {
            facts => self.known.facts(),
            collected => self.known.collected(owner),
            component => component.map(|component| {
                Value::from(Serde(serde_json::json!({
                    "id": component.id, "kinds": component.kinds, "languages": component.languages,
                })))
            }),
            dir => folder.map(|folder| format!("{folder}/")).unwrap_or_default(),
            finding => finding.map(|finding| {
                context! { path => &finding.place.path, line => finding.region.line, pattern => &finding.pattern }
            }),
            text => text,
        };
        environment.render_str(template, values).map_err(|error| format!("cannot be offered: {error:#}"))
    }
}

/// Whether there is something to mend that nobody decided to live with.
fn is_open(verdict: &Verdict) -> bool {
    let open = verdict.findings.is_empty() || verdict.findings.iter().any(Finding::gates);
    matches!(verdict.outcome, Outcome::Fail | Outcome::Partial) && verdict.attested.is_none() && open
}
