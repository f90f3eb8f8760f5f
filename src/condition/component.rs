//! The `component` condition: what the judged component is, and which sub-facts hold for it.

use crate::condition::answer::{Answer, Match};
use crate::condition::evaluate::Context;
use crate::condition::spec::{ComponentSpec, Grade};
use crate::facts::model::{Component, Place};
use crate::repo::Role;

/// Answers it for the component of `context`; for the repository as a whole, one component that fits is enough.
pub(crate) fn answer(spec: &ComponentSpec, context: &Context<'_>) -> Answer {
    let all = &context.facts.components;
    let candidates: Vec<&Component> = match context.component {
        Some(index) => all.get(index).into_iter().collect(),
        None => all.iter().collect(),
    };
    let examined = candidates.len();
    let matches = candidates.into_iter().filter_map(|component| found(spec, component)).collect();
    Answer::of(matches, examined, None)
}

/// What it is, as people say it.
fn names(component: &Component) -> String {
    component.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

fn found(spec: &ComponentSpec, component: &Component) -> Option<Match> {
    if !spec.kinds.is_empty() && !component.is_any(&spec.kinds) {
        return None;
    }
    let place = match &spec.fact {
        Some(wanted) => component.facts.iter().find(|(name, _)| name == wanted).map(|(_, place)| place.clone())?,
        None => component.because.first().cloned().unwrap_or_else(|| Place::file(component.id.as_str())),
    };
    Some(Match {
        place,
        shows: spec.fact.clone().unwrap_or_else(|| names(component)),
        captures: vec![("component".to_owned(), component.id.clone())],
        confidence: None,
        mark: None,
        past: None,
        secret: None,
        role: Role::Source,
        grade: Grade::Full,
    })
}
