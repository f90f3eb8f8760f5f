//! Which questions need no answer where another has none: of conditions that must hold in one document, the others say
//! nothing about a file in which the first text is not found. The first is the one that its author made rare.

use rustc_hash::FxHashMap;

use crate::condition::matches::LeafId;
use crate::condition::plan::{Condition, Leaf, Question};

/// Collects, over all conditions, how often each question is asked, and of which text it depends.
#[derive(Debug, Default)]
pub struct Guards {
    uses: FxHashMap<LeafId, usize>,
    /// For each question that stands behind a text in one document: the text, and how often it stands there.
    behind: FxHashMap<LeafId, (LeafId, usize)>,
}

impl Guards {
    /// Adds a condition.
    pub fn add(&mut self, condition: &Condition, leaves: &[Leaf]) {
        condition.each_leaf(&mut |leaf, _| *self.uses.entry(leaf).or_default() += 1);
        self.look_in(condition, leaves);
    }

    /// The text without which a question need not be asked, for each question that has one. Such a text waits for no
    /// other: it is asked where it stands first itself.
    pub fn all(&self) -> impl Iterator<Item = (LeafId, LeafId)> {
        let only_there = |leaf: &LeafId, times: usize| self.uses.get(leaf) == Some(&times);
        self.behind
            .iter()
            .filter(move |(leaf, (_, times))| only_there(leaf, *times))
            .map(|(leaf, (text, _))| (*leaf, *text))
    }

    fn look_in(&mut self, condition: &Condition, leaves: &[Leaf]) {
        match condition {
            Condition::All { members, one_document: true } => self.look_at(members, leaves),
            Condition::Any(members) | Condition::All { members, .. } => {
                for member in members {
                    self.look_in(member, leaves);
                }
            }
            Condition::Not(inner) => self.look_in(inner, leaves),
            _ => {}
        }
    }

    fn look_at(&mut self, members: &[Condition], leaves: &[Leaf]) {
        let text = members.iter().find_map(|member| match member {
            Condition::Leaf { leaf, .. } if can_guard(leaves.get(leaf.0 as usize)?) => Some(*leaf),
            _ => None,
        });
        let Some(text) = text else { return };
        let mut others = Vec::new();
        for member in members {
            member.leaves(&mut others);
        }
        // It is asked before those that come behind it.
        others.retain(|leaf| *leaf > text && leaves.get(leaf.0 as usize).is_some_and(can_wait));
        for leaf in others {
            let behind = self.behind.entry(leaf).or_insert((text, 0));
            if behind.0 == text {
                behind.1 += 1;
            }
        }
    }
}

fn can_guard(leaf: &Leaf) -> bool {
    matches!(&leaf.question, Question::Text(_)) && !leaf.is_secret()
}

/// Whether the answer serves nothing but the condition: what looks like a secret is hidden wherever it stands.
fn can_wait(leaf: &Leaf) -> bool {
    matches!(&leaf.question, Question::Text(_) | Question::Code(_)) && !leaf.is_secret()
}
