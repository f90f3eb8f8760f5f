//! Questions that several rules ask word for word the same are asked once: rules share parts by anchors, which are written
//! out when a file is read.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::condition::plan::{Leaf, Question};

/// A hash of what a leaf asks: equal where [`ask_the_same`] holds, and seldom elsewhere.
pub(crate) fn hash(leaf: &Leaf) -> u64 {
    let question = match &leaf.question {
        Question::File => "",
        Question::Text(pattern) => &pattern.spec.pattern,
        Question::Value(condition) => &condition.spec.at,
        Question::Related(_) => "related",
        Question::Code(patterns) => {
            let trigger = patterns.first().and_then(|one| one.spec().trigger.as_ref());
            trigger.and_then(|given| given.as_slice().first()).map_or("code", String::as_str)
        }
    };
    hash_of(&(question, &leaf.globs, &leaf.languages))
}

/// A hash of anything.
pub(crate) fn hash_of(asked: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    asked.hash(&mut hasher);
    hasher.finish()
}

/// Whether two leaves have the same answer about every file. Patterns for secrets never do: each speaks for its rule.
pub(crate) fn ask_the_same(one: &Leaf, other: &Leaf) -> bool {
    let question = match (&one.question, &other.question) {
        (Question::File, Question::File) => true,
        (Question::Text(one), Question::Text(other)) => one.spec.secret.is_none() && one.spec == other.spec,
        (Question::Value(one), Question::Value(other)) => one.spec == other.spec,
        (Question::Code(one), Question::Code(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.spec() == other.spec())
        }
        _ => false,
    };
    question
        && one.globs == other.globs
        && one.refused == other.refused
        && one.roles == other.roles
        && one.languages == other.languages
        && one.tracked == other.tracked
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::condition::kinds::Kinds;
    use crate::condition::plan::PlanBuilder;
    use crate::condition::spec::Clause;

    fn leaves(clauses: &[&str]) -> usize {
        let allow = BTreeMap::new();
        let mut plan = PlanBuilder::new(Kinds::get(), &allow);
        for clause in clauses {
            let clause: Clause = serde_yaml::from_str(clause).unwrap();
            plan.condition(&clause).unwrap();
        }
        plan.len()
    }

    #[test]
    fn the_same_question_is_one_leaf_and_a_secret_stays_its_own() {
        assert_eq!(leaves(&["file: { paths: [a] }", "file: { paths: [a] }", "file: { paths: [b] }"]), 2);
        assert_eq!(leaves(&["file: { paths: [a] }", "file: { paths: [a], roles: [docs] }"]), 2);
        let text = "text: { pattern: 'a+', keywords: [aaa] }";
        assert_eq!(leaves(&[text, "text: { pattern: 'a+', keywords: [aaa] }\nmessage: other", text]), 1);
        assert_eq!(leaves(&[text, "text: { pattern: 'a+', keywords: [aaa], comments: true }"]), 2);
        let secret = "text: { pattern: 'a+', keywords: [aaa], secret: { shown: 1 } }";
        assert_eq!(leaves(&[secret, secret]), 2);
        let value = "value: { in: dockerfile, at: '$.a', if: { type: string } }";
        assert_eq!(leaves(&[value, value, "value: { in: dockerfile, at: '$.a', unless: { type: string } }"]), 2);
        let code = "code: { patterns: [{ language: go, trigger: main, rule: { kind: identifier } }] }";
        assert_eq!(leaves(&[code, code, &code.replace("main", "other")]), 2);
    }
}
