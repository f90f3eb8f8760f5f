//! The `technology` condition: does a component use it, and how well is that proved?

use crate::condition::answer::{Answer, Match};
use crate::condition::evaluate::Context;
use crate::condition::spec::{Grade, Scope};
use crate::facts::model::{Proof, Technology};
use crate::repo::Role;

/// Answers it over the components in `scope`. Without a wanted proof, "used" counts in full and less in part, or not
/// at all where the context does not grade.
pub(crate) fn answer(name: &str, proof: Option<Proof>, scope: Scope, context: &Context<'_>) -> Answer {
    let components = context.components(scope).unwrap_or_else(|| (0..context.facts.components.len()).collect());
    let mut matches = Vec::new();
    for component in components.into_iter().filter_map(|index| context.facts.components.get(index)) {
        for technology in &component.technologies {
            let named = technology.name == name || technology.category == name;
            if let Some(grade) = grade(technology.proof, proof, context.graded).filter(|_| named) {
                matches.push(to_match(technology, grade));
            }
        }
    }
    matches.sort_by_key(|found| std::cmp::Reverse(found.grade));
    Answer::of(matches, 0, None)
}

fn grade(proof: Proof, wanted: Option<Proof>, graded: bool) -> Option<Grade> {
    match wanted {
        Some(wanted) => (proof >= wanted).then_some(Grade::Full),
        None if proof == Proof::Used => Some(Grade::Full),
        None => graded.then_some(Grade::Partial),
    }
}

fn to_match(technology: &Technology, grade: Grade) -> Match {
    let proof = match technology.proof {
        Proof::Declared => "declared",
        Proof::Configured => "configured",
        Proof::Used => "used",
    };
    Match {
        place: technology.place.clone(),
        shows: technology.shows.clone(),
        captures: vec![
            ("technology".to_owned(), technology.name.clone()),
            ("category".to_owned(), technology.category.clone()),
            ("proof".to_owned(), proof.to_owned()),
        ],
        confidence: None,
        mark: None,
        past: None,
        secret: None,
        role: Role::Source,
        grade,
    }
}
