//! Which questions a file must answer: by its path, by its language, and by the keywords that it holds.
//!
//! A condition that names its files and no keywords is asked by path alone. Of the others, all keywords that matter to one
//! sort of file are looked for together, so that a file is scanned once however many rules there are.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::audit::keywords::{Keywords, RUN_AT_LEAST, Vocabulary};
use crate::checklist::inline::MARK;
use crate::condition::code::Dialect;
use crate::condition::glob::GlobTable;
use crate::condition::kinds::{Kind, Kinds};
use crate::condition::matches::LeafId;
use crate::condition::plan::{Leaf, Plan, Question, RoleSet};
use crate::condition::text::{TextPattern, places};
use crate::repo::{Role, depends_on_content};

/// The index over all leaves.
#[derive(Debug)]
pub(crate) struct Dispatch {
    /// Roles of the files whose text somebody asks for.
    read: RoleSet,
    /// Roles of the files that somebody asks for, be it only whether they exist.
    asked: RoleSet,
    /// For each glob, the leaves that it selects.
    by_glob: FxHashMap<u32, Vec<LeafId>>,
    /// For each glob, the text leaves that it selects and that have keywords.
    by_glob_and_keyword: FxHashMap<u32, Vec<LeafId>>,
    /// For each entry of the document kinds, its leaves.
    pub(crate) by_kind: FxHashMap<usize, Vec<LeafId>>,
    /// Whether documents are asked of which a folder is one module.
    modules: bool,
    /// Whether documents are asked that others must apply.
    pub(crate) follows_reach: bool,
    /// Text leaves without keywords that languages alone select.
    by_language: FxHashMap<String, Vec<LeafId>>,
    /// Text and code leaves that keywords wake.
    by_keyword: Vec<LeafId>,
    /// Leaves without keywords, or with one that is too short to be looked for.
    always: Vec<LeafId>,
    /// For a text leaf, those that keywords would wake but that say nothing where it finds nothing: nobody looks for their
    /// keywords, which are common words as a rule, before.
    followers: FxHashMap<LeafId, Vec<LeafId>>,
}

/// What decides which keywords a file is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Sort {
    pub(crate) role: Role,
    pub(crate) language: Option<&'static str>,
    pub(crate) dialect: Option<Dialect>,
    /// The globs for its extension.
    pub(crate) extensions: Vec<u32>,
    /// Leaves that its path selects, whose keywords are looked for with those of its sort; in their order.
    pub(crate) named: Vec<LeafId>,
}

/// The keywords of one sort of file, and whom they wake. The first of them is what an ignore beside a line begins with.
#[derive(Debug)]
pub(crate) struct Alarm<'a> {
    pub(crate) keywords: Keywords,
    /// Whom the keywords wake, keyword by keyword.
    wakes: Vec<Wake<'a>>,
    /// Where those of each keyword begin; one more than there are keywords.
    starts: Vec<usize>,
}

/// A leaf, and what of it a keyword concerns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wake<'a> {
    /// A text condition, which wants to know where its keywords stand.
    Text(LeafId, &'a TextPattern),
    /// A syntax pattern of a leaf, by number, if the trigger stands there in just this spelling.
    Code(LeafId, usize, &'a str),
}

/// The alarms of all workers, by the dialect of the files and the leaves that concern them: each is made once, by the
/// worker that needs it first.
#[derive(Debug, Default)]
pub(crate) struct Alarms<'a>(Mutex<FxHashMap<Concerned, Made<'a>>>);

/// The dialect of files if a leaf looks at their syntax, and the leaves whose keywords they are searched for.
type Concerned = (Option<Dialect>, Vec<LeafId>);

/// The place of an alarm, which may still have to be made.
type Made<'a> = Arc<OnceLock<Alarm<'a>>>;

impl<'a> Alarms<'a> {
    /// The alarm for a sort of file.
    pub(crate) fn of(&self, dispatch: &Dispatch, plan: &'a Plan, sort: &Sort) -> Made<'a> {
        let concerned = dispatch.concerned(plan, sort);
        let made = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(concerned.clone()).or_default())
        };
        made.get_or_init(|| Alarm::new(plan, &concerned));
        made
    }
}

impl Dispatch {
    /// Builds the index of the leaves that `is_asked` names.
    pub(crate) fn new(plan: &Plan, is_asked: impl Fn(LeafId) -> bool) -> Self {
        let mut index = Self {
            read: RoleSet::of(&[]),
            asked: RoleSet::of(&[]),
            by_glob: FxHashMap::default(),
            by_glob_and_keyword: FxHashMap::default(),
            by_kind: FxHashMap::default(),
            modules: false,
            follows_reach: false,
            by_language: FxHashMap::default(),
            by_keyword: Vec::new(),
            always: Vec::new(),
            followers: FxHashMap::default(),
        };
        for (number, leaf) in (0u32..).zip(&plan.leaves).filter(|(number, _)| is_asked(LeafId(*number))) {
            index.add(LeafId(number), leaf, &plan.globs);
        }
        index
    }

    /// Whether a file of this role, by its path, must be opened: somebody asks for its text, it may hold a manifest of
    /// the project, or its text decides its role. Whether it exists is known without.
    pub(crate) fn is_read(&self, role: Role) -> bool {
        self.read.contains(role) || role.is_own() || depends_on_content(role)
    }

    /// Whether a file of this role, by its path, says anything to anybody.
    pub(crate) fn is_of_use(&self, role: Role) -> bool {
        self.asked.contains(role) || self.is_read(role)
    }

    fn add(&mut self, id: LeafId, leaf: &Leaf, globs: &GlobTable) {
        self.asked = self.asked.union(leaf.roles);
        if !matches!(leaf.question, Question::File) {
            self.read = self.read.union(leaf.roles);
        }
        let usable = |words: &[String]| !words.is_empty() && words.iter().all(|word| word.len() >= RUN_AT_LEAST);
        let has_keywords = match &leaf.question {
            Question::Text(text) => usable(&text.spec.keywords),
            Question::Code(patterns) => patterns.iter().all(|pattern| usable(pattern.triggers())),
            _ => false,
        };
        match &leaf.question {
            Question::Value(pattern) => self.add_kind(id, &pattern.spec.r#in),
            Question::Related(condition) => condition.sides().for_each(|side| self.add_kind(id, &side.r#in)),
            _ if !leaf.globs.is_empty() => {
                let (common, rare): (Vec<u32>, Vec<u32>) =
                    leaf.globs.iter().partition(|glob| has_keywords && globs.is_extension(**glob));
                let by_words = has_keywords && matches!(leaf.question, Question::Text(_));
                let by_glob = if by_words { &mut self.by_glob_and_keyword } else { &mut self.by_glob };
                for glob in rare {
                    by_glob.entry(glob).or_default().push(id);
                }
                if !common.is_empty() {
                    self.add_keywords(id, leaf);
                }
            }
            _ if has_keywords => self.add_keywords(id, leaf),
            Question::Text(_) if !leaf.languages.is_empty() => {
                for language in &leaf.languages {
                    self.by_language.entry(language.clone()).or_default().push(id);
                }
            }
            Question::File | Question::Text(_) | Question::Code(_) => self.always.push(id),
        }
    }

    fn add_keywords(&mut self, id: LeafId, leaf: &Leaf) {
        match (leaf.guard, &leaf.question) {
            (Some(guard), Question::Text(_)) => self.followers.entry(guard).or_default().push(id),
            _ => self.by_keyword.push(id),
        }
    }

    /// The text leaves to ask a file in which this one found something.
    pub(crate) fn followers(&self, guard: LeafId) -> impl Iterator<Item = LeafId> {
        self.followers.get(&guard).into_iter().flatten().copied()
    }

    fn add_kind(&mut self, id: LeafId, name: &str) {
        for (entry, kind) in Kinds::get().iter().enumerate().filter(|(_, kind)| kind.name == name) {
            self.modules |= kind.module.is_some();
            self.follows_reach |= kind.reached.is_some();
            let leaves = self.by_kind.entry(entry).or_default();
            if leaves.last() != Some(&id) {
                leaves.push(id);
            }
        }
    }

    /// Whether files of this entry of the document kinds are read: for a question, or because they are a part of what
    /// is asked.
    pub(crate) fn is_asked(&self, entry: usize) -> bool {
        let is_part =
            |kind: &Kind| self.modules && kind.module.is_some() || self.follows_reach && kind.applies.is_some();
        self.by_kind.contains_key(&entry) || Kinds::get().entry(entry).is_some_and(is_part)
    }

    /// The leaves that a path selects by itself, given the globs that match it.
    pub(crate) fn by_path<'a>(&'a self, globs: &'a [u32], language: Option<&str>) -> impl Iterator<Item = LeafId> + 'a {
        let by_globs = globs.iter().filter_map(|glob| self.by_glob.get(glob)).flatten();
        let by_language = language.and_then(|language| self.by_language.get(language)).into_iter().flatten();
        by_globs.chain(by_language).chain(&self.always).copied()
    }

    /// The text leaves with keywords that a path selects by itself, given the globs that match it; in their order, each once.
    pub(crate) fn named(&self, globs: &[u32]) -> Vec<LeafId> {
        let by_globs = globs.iter().filter_map(|glob| self.by_glob_and_keyword.get(glob)).flatten();
        let mut named: Vec<LeafId> = by_globs.copied().collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Shows `see` each place of each keyword in a short text, as the alarm for its sort would.
    pub(crate) fn plainly<'a>(&self, plan: &'a Plan, sort: &Sort, text: &[u8], see: &mut impl FnMut(usize, Wake<'a>)) {
        let (dialect, leaves) = self.concerned(plan, sort);
        for (id, leaf) in leaves.iter().filter_map(|id| Some((*id, plan.leaves.get(id.0 as usize)?))) {
            words(id, leaf, dialect, &mut |word, wake| places(text, word).for_each(|at| see(at, wake)));
        }
    }

    /// The leaves whose keywords files of a sort are searched for, and the dialect if one of them looks at syntax.
    fn concerned(&self, plan: &Plan, sort: &Sort) -> Concerned {
        let leaf = |id: &LeafId| plan.leaves.get(id.0 as usize);
        let concerned = self.by_keyword.iter().copied().filter(|id| leaf(id).is_some_and(|leaf| concerns(leaf, sort)));
        let mut concerned: Vec<LeafId> = concerned.collect();
        if !sort.named.is_empty() {
            concerned.extend(&sort.named);
            concerned.sort_unstable();
            concerned.dedup();
        }
        let is_code = |id: &LeafId| leaf(id).is_some_and(|leaf| matches!(leaf.question, Question::Code(_)));
        (sort.dialect.filter(|_| concerned.iter().any(is_code)), concerned)
    }
}

impl<'a> Alarm<'a> {
    fn new(plan: &'a Plan, (dialect, leaves): &Concerned) -> Self {
        let mut vocabulary = Vocabulary::default();
        vocabulary.number(MARK);
        let mut all: Vec<(usize, Wake<'a>)> = Vec::new();
        for &id in leaves {
            let Some(leaf) = plan.leaves.get(id.0 as usize) else { continue };
            words(id, leaf, *dialect, &mut |word, wake| all.push((vocabulary.number(word), wake)));
        }
        all.sort_by_key(|(number, _)| *number);
        let keywords = vocabulary.keywords();
        let mut starts = Vec::with_capacity(vocabulary.len() + 1);
        for (at, (number, _)) in all.iter().enumerate() {
            starts.resize(starts.len().max(number + 1), at);
        }
        starts.push(all.len());
        Self { keywords, wakes: all.into_iter().map(|(_, wake)| wake).collect(), starts }
    }

    /// Whether a keyword is what an ignore begins with.
    pub(crate) const fn is_mark(word: usize) -> bool {
        word == 0
    }

    /// Whom a keyword wakes.
    pub(crate) fn wakes(&self, word: usize) -> &[Wake<'a>] {
        let range = self.starts.get(word).zip(self.starts.get(word + 1));
        range.and_then(|(from, to)| self.wakes.get(*from..*to)).unwrap_or_default()
    }
}

fn concerns(leaf: &Leaf, sort: &Sort) -> bool {
    let speaks =
        leaf.languages.is_empty() || sort.language.is_some_and(|own| leaf.languages.iter().any(|name| name == own));
    let named = leaf.globs.is_empty() || leaf.globs.iter().any(|glob| sort.extensions.contains(glob));
    leaf.roles.contains(sort.role) && speaks && named
}

/// Shows `see` the keywords of a leaf that matter to files of a dialect.
fn words<'a>(id: LeafId, leaf: &'a Leaf, dialect: Option<Dialect>, see: &mut impl FnMut(&'a str, Wake<'a>)) {
    match (&leaf.question, dialect) {
        (Question::Text(text), _) => text.spec.keywords.iter().for_each(|word| see(word, Wake::Text(id, text))),
        (Question::Code(patterns), Some(dialect)) => {
            for (number, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| pattern.speaks(dialect)) {
                pattern.triggers().iter().for_each(|word| see(word, Wake::Code(id, number, word)));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::set::RuleSet;

    #[test]
    fn only_files_whose_text_somebody_wants_are_read() {
        let rules = RuleSet::embedded().unwrap();
        let all = Dispatch::new(&rules.plan, |_| true);
        assert!(all.is_read(Role::Generated) && !all.is_read(Role::Vendored));
        assert!(all.is_of_use(Role::Minified) && !all.is_of_use(Role::Vendored), "copies of others are passed over");
        let none = Dispatch::new(&rules.plan, |_| false);
        let read = [Role::Source, Role::Config, Role::Docs, Role::Example, Role::Test, Role::Fixture];
        assert!(read.into_iter().all(|role| none.is_read(role)), "a manifest may stand there, or the role may change");
        assert!(
            ![Role::Vendored, Role::Generated, Role::Minified, Role::Development]
                .into_iter()
                .any(|role| none.is_read(role))
        );
    }

    #[test]
    fn a_short_text_wakes_the_same_without_an_alarm() {
        let rules = RuleSet::embedded().unwrap();
        let dispatch = Dispatch::new(&rules.plan, |_| true);
        let (language, dialect) = (Some("javascript"), Dialect::from_path("a.js"));
        let sort = Sort { role: Role::Source, language, dialect, extensions: Vec::new(), named: Vec::new() };
        let told = |wake: Wake<'_>| match wake {
            Wake::Text(leaf, _) => (leaf, None),
            Wake::Code(leaf, pattern, _) => (leaf, Some(pattern)),
        };
        for text in ["const token = process.env.API_TOKEN;\napp.listen(3000)", "Password", "ab"] {
            let (mut plain, mut alarmed) = (Vec::new(), Vec::new());
            dispatch.plainly(&rules.plan, &sort, text.as_bytes(), &mut |at, wake| plain.push((told(wake), at)));
            let alarms = Alarms::default();
            let made = alarms.of(&dispatch, &rules.plan, &sort);
            let alarm = made.get().unwrap();
            alarm.keywords.find(text.as_bytes(), |word, at| {
                alarmed.extend(alarm.wakes(word).iter().map(|wake| (told(*wake), at)));
            });
            plain.sort_unstable();
            alarmed.sort_unstable();
            assert_eq!(plain, alarmed, "{text}");
            assert_eq!(plain.is_empty(), text == "ab");
        }
    }
}
