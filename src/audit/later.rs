//! Questions of syntax wait until somebody wants their answer: a file is parsed in more time than all else about it takes,
//! and many rules turn out not to apply, or have their proof from the first of many files.
//!
//! The pass notes which patterns a file may match. Before the model is made, and before the rules judge, those files are
//! parsed that can still say something to it, the short ones first. A file that is parsed answers everything that it was
//! asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::audit::answers::ask_code;
use crate::audit::scan::Scan;
use crate::audit::secrets::{self, Hidden};
use crate::checklist::judge::{applies, judged};
use crate::condition::code::{CodePattern, Dialect};
use crate::condition::matches::{FileMatches, LeafId};
use crate::condition::plan::{Condition, Plan, Question};
use crate::condition::spec::Scope;
use crate::facts::known::Facts;
use crate::parallel::in_order;
use crate::repo::{Buffer, Repo, Role};
use crate::rule::model::Rule;
use crate::rule::set::RuleSet;
use crate::text::Span;

/// How many files a worker takes at a time: few, for each may take a while.
const BATCH: usize = 2;

/// A file that may answer questions of syntax.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// Its number in the repository's list.
    pub(crate) file: u32,
    /// The questions, each with the numbers of its patterns that may match, in the order of the questions.
    pub(crate) asked: Vec<(LeafId, Vec<usize>)>,
}

/// The numbers of the patterns that may match a text; `met`: those whose trigger was met, none where nobody looked.
pub(crate) fn promising(patterns: &[CodePattern], met: &[usize], dialect: Dialect, text: &str) -> Vec<usize> {
    let may_match = |number: &usize| {
        patterns.get(*number).is_some_and(|pattern| {
            pattern.speaks(dialect)
                && (!met.is_empty() || pattern.has_trigger(text))
                && pattern.may_match(dialect, text)
        })
    };
    if met.is_empty() {
        (0..patterns.len()).filter(may_match).collect()
    } else {
        met.iter().copied().filter(may_match).collect()
    }
}

/// Which answers somebody wants: of a question everywhere, or in some components. How many matches of it are enough, in a
/// file as in a component, the leaf says.
#[derive(Debug)]
struct Wants {
    /// The questions that wait at all.
    waiting: FxHashSet<LeafId>,
    everywhere: FxHashSet<LeafId>,
    within: FxHashSet<(LeafId, usize)>,
    /// Those of which every file counts, for others must hold in the same one.
    together: FxHashSet<LeafId>,
}

impl Wants {
    fn new(scan: &Scan) -> Self {
        let waiting = scan.waiting.iter().flat_map(|waiting| &waiting.asked).map(|(leaf, _)| *leaf).collect();
        let (everywhere, within, together) = (FxHashSet::default(), FxHashSet::default(), FxHashSet::default());
        Self { waiting, everywhere, within, together }
    }

    /// Whether an answer of `condition` waits.
    fn wait_for(&self, condition: &Condition) -> bool {
        let mut waits = false;
        condition.each_leaf(&mut |leaf, _| waits |= self.waiting.contains(&leaf));
        waits
    }

    fn hold(&self, leaf: LeafId, component: usize) -> bool {
        self.everywhere.contains(&leaf) || self.within.contains(&(leaf, component))
    }

    /// All that `condition` asks, as it is asked for the components `judged` (`None`: for the repository as a whole).
    fn add(&mut self, condition: &Condition, judged: Option<&[usize]>, facts: &Facts) {
        let mut together = Vec::new();
        condition.leaves_of_one_document(&mut together);
        self.together.extend(together);
        condition.each_leaf(&mut |leaf, scope| {
            if !self.waiting.contains(&leaf) {
                return;
            }
            let reach = |component: &usize| match scope {
                Scope::Ancestors => facts.ancestors(*component),
                _ => facts.reach(*component),
            };
            match judged.filter(|_| scope != Scope::Repository) {
                None => drop(self.everywhere.insert(leaf)),
                Some(judged) => self.within.extend(judged.iter().flat_map(reach).map(|part| (leaf, part))),
            }
        });
    }
}

/// Answers what the model asks: which technologies there are, and what a component is. One place is enough there.
pub(crate) fn for_model(repo: &Repo, rules: &RuleSet, scan: &mut Scan, facts: &Facts, jobs: usize) {
    let mut wants = Wants::new(scan);
    rules.model_conditions().for_each(|condition| wants.add(condition, None, facts));
    answer(repo, &rules.plan, scan, &facts.component_of, jobs, &wants);
}

/// Answers what rules ask: first whether they apply, where one place is enough, then the rest for those that do.
pub(crate) fn for_rules(
    repo: &Repo,
    rules: &RuleSet,
    asked: &[(usize, &Rule)],
    facts: &Facts,
    scan: &mut Scan,
    jobs: usize,
) {
    let subjects: Vec<(&Rule, Option<Vec<usize>>)> =
        asked.iter().map(|(_, rule)| (*rule, judged(rule, facts))).collect();
    let mut wants = Wants::new(scan);
    for (rule, judged) in &subjects {
        rule.circumstances().for_each(|condition| wants.add(condition, judged.as_deref(), facts));
    }
    answer(repo, &rules.plan, scan, &facts.component_of, jobs, &wants);
    let mut wants = Wants::new(scan);
    for (rule, judged) in subjects {
        if !rule.proofs().any(|condition| wants.wait_for(condition)) {
            continue;
        }
        let apply = |component| applies(rule, component, facts, &scan.matches);
        let apply = match judged {
            None if !apply(None) => continue,
            None => None,
            Some(judged) => Some(judged.into_iter().filter(|part| apply(Some(*part))).collect::<Vec<usize>>()),
        };
        rule.proofs().for_each(|condition| wants.add(condition, apply.as_deref(), facts));
    }
    answer(repo, &rules.plan, scan, &facts.component_of, jobs, &wants);
}

/// What was found so far, for each question and component of which some matches are enough: how many, and the files with
/// the number of theirs.
type Found = FxHashMap<(LeafId, usize), (usize, Mutex<Vec<(Turn, usize)>>)>;

/// When it is a file's turn: by its length in bytes, then by its number. To parse takes as long as the text is.
type Turn = (u64, u32);

/// Parses the files that can say something that is wanted.
fn answer(repo: &Repo, plan: &Plan, scan: &mut Scan, component_of: &[usize], jobs: usize, wants: &Wants) {
    let owner = |file: u32| component_of.get(file as usize).copied().unwrap_or_default();
    let wanted = |waiting: &Waiting| {
        let component = owner(waiting.file);
        waiting.asked.iter().any(|(leaf, _)| wants.hold(*leaf, component))
    };
    let (mut asked, mut still): (Vec<Waiting>, Vec<Waiting>) =
        std::mem::take(&mut scan.waiting).into_iter().partition(wanted);
    if asked.is_empty() {
        scan.waiting = still;
        return;
    }
    let turn = |file: u32| (scan.lengths.get(file as usize).copied().unwrap_or_default(), file);
    asked.sort_by_key(|waiting| turn(waiting.file));
    let bound = |leaf: LeafId| {
        let enough = plan.leaves.get(leaf.0 as usize).map(|leaf| leaf.enough)?;
        (enough != usize::MAX && !wants.together.contains(&leaf)).then_some((leaf, enough))
    };
    let mut found = Found::default();
    for waiting in &asked {
        let component = owner(waiting.file);
        for (leaf, enough) in waiting.asked.iter().filter_map(|(leaf, _)| bound(*leaf)) {
            found.entry((leaf, component)).or_insert_with(|| {
                let known = scan.matches.within(leaf, &[component]);
                (enough, Mutex::new(known.iter().map(|found| (turn(found.file), found.hits.len())).collect()))
            });
        }
    }
    let secrets = secrets::places(plan, &scan.matches);
    let reader = Reader { repo, plan, secrets: &secrets, roles: &scan.roles };
    let says_something = |waiting: &Waiting| {
        let component = owner(waiting.file);
        let is_open =
            |leaf| found.get(&(leaf, component)).is_none_or(|known| !is_enough_before(known, turn(waiting.file)));
        waiting.asked.iter().any(|(leaf, _)| wants.hold(*leaf, component) && is_open(*leaf))
    };
    let answers = in_order(asked.len(), BATCH, jobs, Buffer::taking_turns, |buffer, number| {
        let waiting = asked.get(number)?;
        let component = owner(waiting.file);
        let answer = says_something(waiting).then(|| reader.ask(waiting, buffer))?;
        buffer.done();
        for (leaf, matches) in &answer {
            if let Some((_, known)) = found.get(&(*leaf, component)) {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                known.push((turn(waiting.file), matches.hits.len()));
            }
        }
        Some(answer)
    });
    let mut by_leaf: BTreeMap<LeafId, Vec<FileMatches>> = BTreeMap::new();
    // A file that was parsed before those whose turn it was had said enough waits on: which are kept must not depend on the
    // threads.
    let needed: Vec<bool> = asked.iter().map(says_something).collect();
    for ((waiting, answer), is_needed) in asked.into_iter().zip(answers).zip(needed) {
        let Some(answer) = answer.filter(|_| is_needed) else {
            still.push(waiting);
            continue;
        };
        for (leaf, matches) in answer {
            by_leaf.entry(leaf).or_default().push(matches);
        }
    }
    still.sort_by_key(|waiting| waiting.file);
    scan.waiting = still;
    for (leaf, found) in by_leaf {
        scan.matches.add(leaf, found, component_of);
    }
}

/// Whether the files whose turn was before hold all that is wanted. Those of them that were left out were so for the same
/// reason: what they would have said is not wanted either.
fn is_enough_before((enough, known): &(usize, Mutex<Vec<(Turn, usize)>>), turn: Turn) -> bool {
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.iter().filter(|(other, _)| *other < turn).map(|(_, matches)| matches).sum::<usize>() >= *enough
}

/// What is needed to ask one file.
struct Reader<'a> {
    repo: &'a Repo,
    plan: &'a Plan,
    secrets: &'a FxHashMap<u32, Vec<Span>>,
    roles: &'a [Role],
}

impl Reader<'_> {
    fn ask(&self, waiting: &Waiting, buffer: &mut Buffer) -> Vec<(LeafId, FileMatches)> {
        let index = waiting.file as usize;
        let (Some(file), Some(role)) = (self.repo.files().get(index), self.roles.get(index)) else { return Vec::new() };
        let text = self.repo.read_into(file, buffer).unwrap_or_default();
        let (Some(dialect), Ok(decoded)) = (Dialect::from_path(&file.path), std::str::from_utf8(text)) else {
            return Vec::new();
        };
        let patterns: Vec<(LeafId, &CodePattern)> =
            waiting.asked.iter().flat_map(|(leaf, numbers)| self.patterns(*leaf, numbers)).collect();
        let hidden = self.secrets.get(&waiting.file).map(|spans| Hidden::of(spans.clone(), text));
        let answers = ask_code(&patterns, dialect, decoded).into_iter();
        let mut found: Vec<(LeafId, FileMatches)> =
            answers.filter_map(|(leaf, answer)| Some((leaf, answer.into_matches(index, *role)?))).collect();
        if let Some(hidden) = hidden {
            for (_, matches) in &mut found {
                hidden.hide_in(matches);
            }
        }
        found
    }

    fn patterns(&self, leaf: LeafId, numbers: &[usize]) -> Vec<(LeafId, &CodePattern)> {
        match self.plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question) {
            Some(Question::Code(patterns)) => {
                numbers.iter().filter_map(|number| Some((leaf, patterns.get(*number)?))).collect()
            }
            _ => Vec::new(),
        }
    }
}
