//! Answers a condition for one component (or the repository as a whole), from the facts and what the pass found.

use std::collections::BTreeSet;

use crate::condition::Truth;
use crate::condition::answer::{Answer, Match, Unknown};
use crate::condition::component;
use crate::condition::matches::{FactsAnswer, FileMatches, Hit, LeafId, Matches};
use crate::condition::message::fill;
use crate::condition::package;
use crate::condition::plan::Condition;
use crate::condition::spec::{Grade, Scope};
use crate::condition::technology;
use crate::condition::value::{IN_ORDER, ValueCondition, ValueHit};
use crate::facts::known::Facts;
use crate::facts::model::Place;
use crate::repo::{Role, folder_of};

/// From where, and how strictly, a condition is answered.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What the project is.
    pub facts: &'a Facts,
    /// What the pass found.
    pub matches: &'a Matches,
    /// The component that is judged; `None` is the repository as a whole.
    pub component: Option<usize>,
    /// Whether a technology that is only declared counts in part (under `require`) or not at all (under `when`).
    pub graded: bool,
    /// Only this file, within `all` of one document.
    pub file: Option<u32>,
    /// Only the files of this folder, without those below it.
    pub folder: Option<&'a str>,
    /// Whether one place is enough: what a project uses is asked for often, and shown once.
    pub first: bool,
}

impl<'a> Context<'a> {
    /// The components that `scope` reaches; `None` is all of them.
    pub(crate) fn components(&self, scope: Scope) -> Option<Vec<usize>> {
        let component = self.component?;
        match scope {
            Scope::Repository => None,
            Scope::Document | Scope::Component => Some(self.facts.reach(component)),
            Scope::Ancestors => Some(self.facts.ancestors(component)),
        }
    }

    /// What a question found where `scope` reaches, in file order.
    fn found(&self, leaf: LeafId, scope: Scope) -> Vec<&'a FileMatches> {
        let mut found: Vec<&FileMatches> = match (self.components(scope), self.file) {
            (components, Some(file)) => self.matches.in_file(leaf, components.as_deref(), file),
            (Some(components), None) => self.matches.within(leaf, &components),
            (None, None) => self.matches.of(leaf).iter().collect(),
        };
        if let Some(folder) = self.folder {
            let path = |found: &FileMatches| self.facts.paths.get(found.file as usize);
            found.retain(|found| path(found).is_some_and(|path| folder_of(path) == folder));
        }
        found
    }

    /// The same for one file alone, by its path.
    pub(crate) fn in_file(&self, path: &str) -> Option<Self> {
        Some(self.only(u32::try_from(self.facts.file_at(path)?).ok()?))
    }

    /// The same for the files in the folder of `path` alone.
    pub(crate) fn in_folder<'b>(&self, path: &'b str) -> Context<'b>
    where
        'a: 'b,
    {
        Context { folder: Some(folder_of(path)), ..*self }
    }

    fn only(&self, file: u32) -> Self {
        Self { file: Some(file), ..*self }
    }
}

/// Answers `condition`.
pub fn evaluate(condition: &Condition, context: &Context<'_>) -> Answer {
    match condition {
        Condition::Leaf { leaf, scope, message } => leaf_answer(*leaf, *scope, message.as_deref(), context),
        Condition::Facts { pattern, scope } => facts_answer(pattern, *scope, context),
        Condition::Package { spec, scope } => package::answer(spec, *scope, context),
        Condition::Technology { name, proof, scope } => technology::answer(name, *proof, *scope, context),
        Condition::Component(spec) => component::answer(spec, context),
        Condition::History { rule } => history_answer(rule, context),
        Condition::Any(members) => any(members, context),
        Condition::All { members, one_document: true } if context.file.is_none() => all_in_one(members, context),
        Condition::All { members, .. } => all(members, context),
        Condition::Not(inner) => {
            let answer = evaluate(inner, context);
            Answer { unknown: answer.unknown.clone(), ..Answer::bare(answer.truth.negate()) }
        }
    }
}

fn leaf_answer(leaf: LeafId, scope: Scope, message: Option<&str>, context: &Context<'_>) -> Answer {
    let mut found = Vec::new();
    let (mut examined, mut in_order, mut unknown) = (0, None, None);
    for file in context.found(leaf, scope) {
        if context.first && !found.is_empty() {
            break;
        }
        examined += file.examined;
        let enough = if context.first { 1 } else { usize::MAX };
        found.extend(file.hits.iter().take(enough).map(|hit| to_match(hit, file, message, context)));
        in_order = in_order.or_else(|| file.in_order.as_ref().map(|hit| to_match(hit, file, None, context)));
        unknown = unknown.or_else(|| unreadable(file, context));
    }
    Answer { in_order, ..Answer::of(found, examined, unknown) }
}

fn history_answer(rule: &str, context: &Context<'_>) -> Answer {
    let Ok(history) = &context.matches.history else { return Answer::bare(Truth::Unknown) };
    let found = history.by_rule.get(rule).cloned().unwrap_or_default();
    Answer::of(found, history.examined, history.unknown.clone())
}

fn unreadable(file: &FileMatches, context: &Context<'_>) -> Option<Unknown> {
    let path = context.facts.paths.get(file.file as usize)?;
    if let Some(reason) = &file.broken {
        return Some(Unknown::Tree(format!("{path} cannot be read: {reason}")));
    }
    (file.opaque > 0).then(|| Unknown::World(format!("{path} decides it by a template or variable")))
}

fn to_match(hit: &Hit, file: &FileMatches, message: Option<&str>, context: &Context<'_>) -> Match {
    let path = context.facts.paths.get(file.file as usize).map(ToString::to_string).unwrap_or_default();
    let shows = || if hit.span.is_none() && hit.shows.is_empty() { path.clone() } else { hit.shows.clone() };
    Match {
        shows: message.map_or_else(shows, |message| fill(message, &hit.captures)),
        place: Place { path, span: hit.span },
        captures: hit.captures.clone(),
        confidence: hit.confidence,
        mark: hit.mark,
        past: hit.past.clone(),
        secret: hit.secret.clone(),
        role: file.role,
        grade: Grade::Full,
    }
}

fn facts_answer(pattern: &ValueCondition, scope: Scope, context: &Context<'_>) -> Answer {
    let found = context.matches.on_facts(pattern, || ask_facts(pattern, context.facts, context.matches));
    let components = context.components(scope);
    let hits = found.hits(components.as_deref());
    let in_order = found.in_order(components.as_deref());
    let examined = hits.len() + in_order.len();
    let enough = if context.first { 1 } else { usize::MAX };
    let matches = hits.into_iter().take(enough).cloned().collect();
    Answer { in_order: in_order.first().map(|found| (*found).clone()), ..Answer::of(matches, examined, None) }
}

fn ask_facts(pattern: &ValueCondition, facts: &Facts, matches: &Matches) -> FactsAnswer {
    let document = facts.document();
    let to_match = |hit: &ValueHit| {
        let (place, owner) = document.place(hit.span)?;
        let found = Match {
            place: place.clone(),
            // An item of a list shows its file: its number says nothing to a reader.
            shows: if hit.text.parse::<usize>().is_ok() { place.path.clone() } else { hit.text.clone() },
            captures: hit.captures.clone(),
            confidence: None,
            mark: None,
            past: None,
            secret: None,
            role: Role::Config,
            grade: Grade::Full,
        };
        Some((*owner, found))
    };
    let found = pattern.find(matches.asked(&document.root), None, IN_ORDER).unwrap_or_default();
    FactsAnswer::new(
        found.hits.iter().filter_map(to_match).collect(),
        found.in_order.iter().filter_map(to_match).collect(),
    )
}

fn any(members: &[Condition], context: &Context<'_>) -> Answer {
    let answers = ask_until(members, context, |answer| answer.truth.is_true() && !answer.matches.is_empty());
    let truth = answers.iter().fold(Truth::False, |truth, answer| truth.or(answer.truth));
    merge(answers, truth)
}

/// The answers of all members; where one place is enough, only up to the member that decides.
fn ask_until(members: &[Condition], context: &Context<'_>, decides: impl Fn(&Answer) -> bool) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(members.len());
    for member in members {
        let answer = evaluate(member, context);
        let done = context.first && decides(&answer);
        answers.push(answer);
        if done {
            break;
        }
    }
    answers
}

fn all(members: &[Condition], context: &Context<'_>) -> Answer {
    let answers = ask_until(members, context, |answer| answer.truth == Truth::False);
    let truth = answers.iter().fold(Truth::True, |truth, answer| truth.and(answer.truth));
    let weakest = answers.iter().filter(|answer| !answer.matches.is_empty()).map(Answer::grade).min();
    let mut merged = merge(answers, truth);
    for found in &mut merged.matches {
        found.grade = found.grade.min(weakest.unwrap_or_default());
    }
    if !truth.is_true() {
        merged.matches.clear();
    }
    merged
}

/// `all` within one document: holds where all members hold in the same file.
fn all_in_one(members: &[Condition], context: &Context<'_>) -> Answer {
    let anchored = members.iter().any(needs_a_match);
    let mut files = BTreeSet::new();
    for member in members {
        candidate_files(member, context, anchored, &mut files);
    }
    let mut answers = Vec::new();
    let mut truth = Truth::False;
    for file in files {
        let answer = all(members, &context.only(file));
        truth = truth.or(answer.truth);
        answers.push(answer);
        if context.first && truth.is_true() {
            break;
        }
    }
    merge(answers, truth)
}

/// Whether `condition` is false in every file in which none of its questions matched.
fn needs_a_match(condition: &Condition) -> bool {
    match condition {
        Condition::Leaf { .. } => true,
        Condition::All { members, .. } => members.iter().any(needs_a_match),
        Condition::Any(members) => members.iter().all(needs_a_match),
        _ => false,
    }
}

/// The files that may decide an `all` of one document. Where another member is false without a match of its own
/// (`anchored`), the files of what must not hold say nothing by themselves; and they may be most of a repository.
fn candidate_files(condition: &Condition, context: &Context<'_>, anchored: bool, files: &mut BTreeSet<u32>) {
    match condition {
        Condition::Leaf { leaf, scope, .. } => {
            files.extend(context.found(*leaf, *scope).iter().map(|found| found.file));
        }
        Condition::Any(members) | Condition::All { members, .. } => {
            for member in members {
                candidate_files(member, context, anchored, files);
            }
        }
        Condition::Not(inner) if !anchored => candidate_files(inner, context, anchored, files),
        _ => {}
    }
}

fn merge(answers: Vec<Answer>, truth: Truth) -> Answer {
    let mut merged = Answer::bare(truth);
    for answer in answers {
        merged.matches.extend(answer.matches);
        merged.examined += answer.examined;
        merged.in_order = merged.in_order.or(answer.in_order);
        if truth == Truth::Unknown {
            merged.unknown = merged.unknown.or(answer.unknown);
        }
    }
    merged.matches.sort_by_key(|found| std::cmp::Reverse(found.grade));
    merged
}
