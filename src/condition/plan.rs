//! From what was written to what it means: clauses become conditions, and every question that a single file can answer
//! becomes a numbered *leaf*, so that one pass over the files answers all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::condition::code::CodePattern;
use crate::condition::glob::{GlobTable, GlobTableBuilder};
use crate::condition::kinds::Kinds;
use crate::condition::matches::LeafId;
use crate::condition::once;
use crate::condition::related::{RelatedCondition, RelatedSpec, Within};
use crate::condition::schema::did_you_mean;
use crate::condition::spec::{Clause, CodeCondition, ComponentSpec, FileSpec, PackageSpec, Scope, TextSpec};
use crate::condition::text::{Allow, TextPattern};
use crate::condition::value::{ValueCondition, ValueSpec};
use crate::facts::model::Proof;
use crate::repo::Role;

/// A compiled condition.
#[derive(Debug)]
pub enum Condition {
    /// Answered file by file.
    Leaf {
        /// Its number.
        leaf: LeafId,
        /// Where the match may lie.
        scope: Scope,
        /// What the match shows, with placeholders.
        message: Option<String>,
    },
    /// A `value` condition on the facts.
    Facts {
        /// What to select and judge.
        pattern: Arc<ValueCondition>,
        /// Where the match may lie.
        scope: Scope,
    },
    /// A direct dependency.
    Package {
        /// Which.
        spec: PackageSpec,
        /// In which components.
        scope: Scope,
    },
    /// A technology by name or category.
    Technology {
        /// The name or category.
        name: String,
        /// The least proof that counts in full; `None`: used in full, less in part.
        proof: Option<Proof>,
        /// In which components.
        scope: Scope,
    },
    /// What the component is.
    Component(ComponentSpec),
    /// What the patterns of a rule find in the history.
    History {
        /// The rule.
        rule: String,
    },
    /// One of these.
    Any(Vec<Condition>),
    /// All of these, within one document or within the scope of each.
    All {
        /// The members.
        members: Vec<Condition>,
        /// Whether all must hold in the same file.
        one_document: bool,
    },
    /// The opposite.
    Not(Box<Condition>),
}

impl Condition {
    /// Whether it asks for the history, itself or within.
    pub fn asks_history(&self) -> bool {
        match self {
            Self::History { .. } => true,
            Self::Any(members) | Self::All { members, .. } => members.iter().any(Self::asks_history),
            Self::Not(inner) => inner.asks_history(),
            _ => false,
        }
    }

    /// The numbers of the questions that files answer.
    pub fn leaves(&self, found: &mut Vec<LeafId>) {
        self.each_leaf(&mut |leaf, _| found.push(leaf));
    }

    /// Shows `see` each question that files answer, with the scope in which the answer is wanted.
    pub fn each_leaf(&self, see: &mut impl FnMut(LeafId, Scope)) {
        match self {
            Self::Leaf { leaf, scope, .. } => see(*leaf, *scope),
            Self::Any(members) | Self::All { members, .. } => members.iter().for_each(|member| member.each_leaf(see)),
            Self::Not(inner) => inner.each_leaf(see),
            _ => {}
        }
    }

    /// The questions whose answers must be known for every file, for others must hold in the same one.
    pub fn leaves_of_one_document(&self, found: &mut Vec<LeafId>) {
        match self {
            Self::All { one_document: true, .. } => self.leaves(found),
            Self::Any(members) | Self::All { members, .. } => {
                for member in members {
                    member.leaves_of_one_document(found);
                }
            }
            Self::Not(inner) => inner.leaves_of_one_document(found),
            _ => {}
        }
    }
}

/// A question that one file can answer.
#[derive(Debug)]
pub struct Leaf {
    /// The question.
    pub question: Question,
    /// Numbers of the globs of which one must match; empty: every file.
    pub globs: Vec<u32>,
    /// Numbers of the globs of which none may match.
    pub refused: Vec<u32>,
    /// Roles of the files that are asked.
    pub roles: RoleSet,
    /// Languages of the files that are asked; empty: all.
    pub languages: Vec<String>,
    /// Only tracked files.
    pub tracked: bool,
    /// How many matches of one file, and of the files of one component, are worth knowing.
    pub enough: usize,
    /// A text question of the same document: where that finds nothing, nobody wants to know the answer to this one.
    pub guard: Option<LeafId>,
}

/// The kinds of file-bound questions.
#[derive(Debug)]
pub enum Question {
    /// Does the path exist?
    File,
    /// Does an expression match?
    Text(Box<TextPattern>),
    /// Which nodes of documents of a kind fulfil a schema?
    Value(Box<ValueCondition>),
    /// Which nodes have, or lack, counterparts in other documents?
    Related(Box<RelatedCondition>),
    /// Does one of these syntax patterns match?
    Code(Vec<CodePattern>),
}

impl Leaf {
    /// Whether what it finds is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(&self.question, Question::Text(pattern) if pattern.spec.secret.is_some())
    }

    /// Whether it is asked of files that its globs leave out, for what is certain there.
    pub fn asks_left_out(&self) -> bool {
        matches!(&self.question, Question::Value(pattern) if pattern.spec.always)
    }

    /// Compiles what is compiled on first use.
    pub fn validate(&self) -> Result<(), String> {
        match &self.question {
            Question::File => Ok(()),
            Question::Text(pattern) => pattern.validate(),
            Question::Value(pattern) => pattern.validate().map_err(|error| error.to_string()),
            Question::Related(condition) => condition.validate().map_err(|error| error.to_string()),
            Question::Code(patterns) => patterns.iter().try_for_each(CodePattern::validate),
        }
    }
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleSet(u16);

impl RoleSet {
    /// The set of `roles`.
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |set, &role| set | 1 << (role as u16)))
    }

    /// The roles of this set and of the other.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `role` is in it.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & (1 << (role as u16)) != 0
    }
}

/// Named lists of expressions that `allow` may name as `@name`.
pub type AllowLists = BTreeMap<String, Vec<String>>;

/// The list that is held against the line of every secret.
const LINES_OF_SECRETS: &str = "lines-of-secrets";

/// All leaves, and the globs that they share.
#[derive(Debug)]
pub struct Plan {
    /// The questions; a [`LeafId`] is an index.
    pub leaves: Vec<Leaf>,
    /// Globs of the leaves.
    pub globs: GlobTable,
}

/// Numbers of globs in the table of a plan.
#[derive(Debug, Clone, Default)]
pub struct WantedGlobs {
    /// One of these must match,
    wanted: Vec<u32>,
    /// and none of these.
    refused: Vec<u32>,
}

impl WantedGlobs {
    /// Whether they want a path that the globs `found` match.
    pub fn want(&self, found: &[u32]) -> bool {
        found.iter().any(|glob| self.wanted.contains(glob)) && !found.iter().any(|glob| self.refused.contains(glob))
    }
}

/// Collects leaves while rules are compiled.
#[derive(Debug)]
pub struct PlanBuilder<'a> {
    leaves: Vec<Leaf>,
    globs: GlobTableBuilder,
    kinds: &'a Kinds,
    allow: &'a AllowLists,
    shared: BTreeMap<String, Arc<Allow>>,
    /// Leaves, and conditions on the facts, by a hash of what they ask.
    asked: FxHashMap<u64, Vec<LeafId>>,
    facts: FxHashMap<u64, Vec<Arc<ValueCondition>>>,
    is_narrow: bool,
}

impl<'a> PlanBuilder<'a> {
    /// An empty plan over the known document kinds and allow lists.
    pub fn new(kinds: &'a Kinds, allow: &'a AllowLists) -> Self {
        Self {
            leaves: Vec::new(),
            globs: GlobTableBuilder::default(),
            kinds,
            allow,
            shared: BTreeMap::new(),
            asked: FxHashMap::default(),
            facts: FxHashMap::default(),
            is_narrow: false,
        }
    }

    /// Says whether of what follows only the search for secrets is asked: the rest belongs to rules that do not run.
    pub const fn narrow(&mut self, is_narrow: bool) {
        self.is_narrow = is_narrow;
    }

    /// Whether only the search for secrets is asked.
    pub const fn is_narrow(&self) -> bool {
        self.is_narrow
    }

    /// Says whether what follows is embedded, and so known to be valid: some checks are then left out.
    pub const fn trust(&mut self, embedded: bool) {
        self.globs.trust(embedded);
    }

    /// How many leaves there are so far.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether there is no leaf yet.
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Compiles the expressions, schemas and patterns of the leaves from number `first` on, which otherwise are compiled
    /// when a file first needs them: for rules that nobody tested yet.
    pub fn validate(&self, first: usize) -> Result<(), String> {
        self.leaves.iter().skip(first).try_for_each(Leaf::validate)
    }

    /// Compiles everything that was collected.
    pub fn build(self) -> Plan {
        Plan { leaves: self.leaves, globs: self.globs.build() }
    }

    /// Compiles one clause. Errors are fragments that say which key is wrong.
    pub fn condition(&mut self, clause: &Clause) -> Result<Condition, String> {
        if self.is_narrow && !clause.asks_secret() {
            return Ok(Condition::Any(Vec::new()));
        }
        self.condition_in(clause, None)
    }

    /// Members of `any` and `not` have the scope of the whole where they say none.
    fn condition_in(&mut self, clause: &Clause, outer: Option<Scope>) -> Result<Condition, String> {
        let given = clause.scope.or(outer);
        let scope = given.unwrap_or_default();
        let kind = exactly_one(clause)?;
        if clause.scope.is_some() && matches!(kind, "component" | "history") {
            return Err(format!("`scope` says nothing beside `{kind}`"));
        }
        match kind {
            "file" => self.file(clause.file.as_deref(), scope, clause),
            "text" => self.text(clause.text.as_ref(), scope, clause),
            "code" => self.code(clause.code.as_deref(), scope, clause),
            "value" => self.value(clause.value.as_ref(), scope, clause),
            "related" => self.related(clause.related.as_ref(), scope, clause),
            "package" => Ok(Condition::Package { spec: clause.package.as_deref().cloned().unwrap_or_default(), scope }),
            "technology" => {
                let name = clause.technology.clone().unwrap_or_default();
                Ok(Condition::Technology { name, proof: clause.proof, scope })
            }
            "component" => Ok(Condition::Component(clause.component.as_deref().cloned().unwrap_or_default())),
            "history" => Ok(Condition::History { rule: clause.history.as_deref().cloned().unwrap_or_default().of }),
            "any" => Ok(Condition::Any(self.all_of(clause.any.as_deref(), given)?)),
            "not" => match &clause.not {
                Some(inner) => Ok(Condition::Not(Box::new(self.condition_in(inner, given)?))),
                None => Err("`not` is empty".to_owned()),
            },
            _ => self.all(clause),
        }
    }

    fn all_of(&mut self, clauses: Option<&[Clause]>, scope: Option<Scope>) -> Result<Vec<Condition>, String> {
        let clauses = clauses.unwrap_or_default();
        if clauses.is_empty() {
            return Err("`any` and `all` need at least one member".to_owned());
        }
        clauses.iter().map(|clause| self.condition_in(clause, scope)).collect()
    }

    /// `all` over `value` conditions of one kind holds within one document unless `scope` says wider.
    fn all(&mut self, clause: &Clause) -> Result<Condition, String> {
        let clauses = clause.all.as_deref().unwrap_or_default();
        let kind = |clause: &Clause| clause.value.as_ref().map(|value| value.r#in.clone());
        let first = clauses.first().and_then(kind);
        let same_kind = first.is_some() && clauses.iter().all(|clause| kind(clause) == first);
        let one_document = match clause.scope {
            Some(scope) => scope == Scope::Document,
            None => same_kind && first.as_deref() != Some("facts"),
        };
        Ok(Condition::All { members: self.all_of(clause.all.as_deref(), None)?, one_document })
    }

    fn file(&mut self, spec: Option<&FileSpec>, scope: Scope, clause: &Clause) -> Result<Condition, String> {
        let spec = spec.ok_or("`file` is empty")?;
        if spec.paths.is_empty() {
            return Err("`file.paths` is empty".to_owned());
        }
        let (globs, refused) = self.add_globs(&spec.paths, spec.ignore_case)?;
        if globs.is_empty() {
            return Err("`file.paths` only refuses".to_owned());
        }
        let leaf = Leaf {
            question: Question::File,
            globs,
            refused,
            roles: roles(spec.roles.as_deref()),
            languages: Vec::new(),
            tracked: spec.tracked,
            enough: usize::MAX,
            guard: None,
        };
        Ok(self.leaf(leaf, scope, clause))
    }

    fn text(&mut self, spec: Option<&Arc<TextSpec>>, scope: Scope, clause: &Clause) -> Result<Condition, String> {
        let spec = spec.ok_or("`text` is empty")?;
        if spec.keywords.is_empty() && spec.files.is_empty() && spec.languages.is_empty() {
            return Err("`text` needs `keywords`, `files` or `languages`: without them every file would be searched \
                        with the whole expression"
                .to_owned());
        }
        let mut allow = Vec::new();
        let mut own = Vec::new();
        for entry in &spec.allow {
            match entry.strip_prefix('@') {
                None => own.push(entry.clone()),
                Some(name) => allow.push(self.allow_list(name)?),
            }
        }
        allow.extend((!own.is_empty()).then(|| Arc::new(Allow::new(own))));
        let lines = spec.secret.as_ref().and_then(|_| self.allow_list(LINES_OF_SECRETS).ok());
        let (globs, refused) = self.add_globs(&spec.files, false)?;
        let leaf = Leaf {
            globs,
            refused,
            roles: roles(spec.roles.as_deref()),
            languages: spec.languages.clone(),
            tracked: false,
            enough: usize::MAX,
            guard: None,
            question: Question::Text(Box::new(TextPattern::new(Arc::clone(spec), allow).passing_over(lines))),
        };
        Ok(self.leaf(leaf, scope, clause))
    }

    /// A named list, shared by all patterns that name it.
    fn allow_list(&mut self, name: &str) -> Result<Arc<Allow>, String> {
        if let Some(known) = self.shared.get(name) {
            return Ok(Arc::clone(known));
        }
        let list = self.allow.get(name).ok_or_else(|| format!("there is no allow list named `@{name}`"))?;
        let list = Arc::new(Allow::named(&format!("@{name}"), list.clone()));
        self.shared.insert(name.to_owned(), Arc::clone(&list));
        Ok(list)
    }

    fn code(&mut self, spec: Option<&CodeCondition>, scope: Scope, clause: &Clause) -> Result<Condition, String> {
        let spec = spec.ok_or("`code` is empty")?;
        let patterns = spec.patterns.iter().map(CodePattern::lazy).collect::<Vec<_>>();
        let (globs, refused) = self.add_globs(&spec.files, false)?;
        let leaf = Leaf {
            globs,
            refused,
            roles: roles(spec.roles.as_deref()),
            languages: Vec::new(),
            tracked: false,
            enough: usize::MAX,
            guard: None,
            question: Question::Code(patterns),
        };
        Ok(self.leaf(leaf, scope, clause))
    }

    fn value(&mut self, spec: Option<&Arc<ValueSpec>>, scope: Scope, clause: &Clause) -> Result<Condition, String> {
        let spec = spec.ok_or("`value` is empty")?;
        if spec.r#in == "facts" {
            return Ok(Condition::Facts { pattern: self.facts(spec), scope });
        }
        let pattern = Box::new(ValueCondition::new(Arc::clone(spec)));
        self.known_kind("value.in", &spec.r#in)?;
        let (globs, refused) = self.add_globs(&spec.files, false)?;
        let leaf = Leaf {
            question: Question::Value(pattern),
            globs,
            refused,
            roles: roles(spec.roles.as_deref()),
            languages: Vec::new(),
            tracked: false,
            enough: usize::MAX,
            guard: None,
        };
        Ok(self.leaf(leaf, scope, clause))
    }

    fn facts(&mut self, spec: &Arc<ValueSpec>) -> Arc<ValueCondition> {
        let same = self.facts.entry(once::hash_of(&spec.at)).or_default();
        if let Some(known) = same.iter().find(|known| known.spec == *spec) {
            return Arc::clone(known);
        }
        let new = Arc::new(ValueCondition::new(Arc::clone(spec)));
        same.push(Arc::clone(&new));
        new
    }

    fn known_kind(&self, key: &str, name: &str) -> Result<(), String> {
        if self.kinds.names().any(|known| known == name) {
            return Ok(());
        }
        let hint = did_you_mean(name, self.kinds.names());
        Err(format!("`{key}` names the document kind `{name}`, which does not exist{hint}"))
    }

    /// Which of its files and roles a side means is asked side by side, when the rows are made.
    fn related(&mut self, spec: Option<&Arc<RelatedSpec>>, scope: Scope, clause: &Clause) -> Result<Condition, String> {
        let condition = RelatedCondition::new(Arc::clone(spec.ok_or("`related` is empty")?))?;
        for side in condition.sides() {
            self.known_kind("related.in", &side.r#in)?;
            if side.r#in == "facts" || !side.files.is_empty() {
                return Err(
                    "`related` joins documents of files, and takes all of a kind: no `facts`, no `files`".to_owned()
                );
            }
        }
        for side in 0..condition.sides().count() {
            if let Within::Root(kind) = condition.within(side) {
                self.known_kind("related.within", kind)?;
            }
        }
        let every = (0..).map_while(|side| condition.sides().nth(side).map(|_| condition.roles(side)));
        let roles = every.fold(RoleSet::of(&[]), |set, own| set.union(roles(own)));
        let leaf = Leaf {
            question: Question::Related(Box::new(condition)),
            globs: Vec::new(),
            refused: Vec::new(),
            roles,
            languages: Vec::new(),
            tracked: false,
            enough: usize::MAX,
            guard: None,
        };
        Ok(self.leaf(leaf, scope, clause))
    }

    /// A leaf that asks the same as one before is that one.
    fn leaf(&mut self, leaf: Leaf, scope: Scope, clause: &Clause) -> Condition {
        let message = clause.message.clone();
        let same = self.asked.entry(once::hash(&leaf)).or_default();
        let asks_that =
            |id: &&LeafId| self.leaves.get(id.0 as usize).is_some_and(|known| once::ask_the_same(known, &leaf));
        if let Some(known) = same.iter().find(asks_that) {
            return Condition::Leaf { leaf: *known, scope, message };
        }
        let id = LeafId(u32::try_from(self.leaves.len()).unwrap_or(u32::MAX));
        same.push(id);
        self.leaves.push(leaf);
        Condition::Leaf { leaf: id, scope, message }
    }

    /// Globs that no leaf asks for, to be matched with those of the leaves.
    pub fn wanted_globs(&mut self, globs: &[String]) -> Result<WantedGlobs, String> {
        let (wanted, refused) = self.add_globs(globs, false)?;
        Ok(WantedGlobs { wanted, refused })
    }

    /// The globs that are wanted, and those that a leading `!` refuses.
    fn add_globs(&mut self, globs: &[String], ignore_case: bool) -> Result<(Vec<u32>, Vec<u32>), String> {
        let (mut wanted, mut refused) = (Vec::new(), Vec::new());
        for glob in globs {
            match glob.strip_prefix('!') {
                Some(glob) => refused.push(self.globs.add(glob, ignore_case)?),
                None => wanted.push(self.globs.add(glob, ignore_case)?),
            }
        }
        Ok((wanted, refused))
    }
}

/// The roles that a condition asks for; unsaid: configuration and source.
pub fn roles(roles: Option<&[Role]>) -> RoleSet {
    RoleSet::of(roles.unwrap_or(&[Role::Config, Role::Source]))
}

fn exactly_one(clause: &Clause) -> Result<&'static str, String> {
    let given = [
        ("file", clause.file.is_some()),
        ("text", clause.text.is_some()),
        ("value", clause.value.is_some()),
        ("related", clause.related.is_some()),
        ("code", clause.code.is_some()),
        ("package", clause.package.is_some()),
        ("technology", clause.technology.is_some()),
        ("component", clause.component.is_some()),
        ("history", clause.history.is_some()),
        ("any", clause.any.is_some()),
        ("all", clause.all.is_some()),
        ("not", clause.not.is_some()),
    ];
    let names: Vec<&'static str> = given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    if clause.proof.is_some() && names != ["technology"] {
        return Err("`proof` goes with `technology` alone".to_owned());
    }
    match names[..] {
        [name] => Ok(name),
        [] => Err("no condition is given: one of file, text, value, related, code, package, technology, component, \
                   history, any, all, not"
            .to_owned()),
        _ => Err(format!("one condition per entry, not {} at once ({}): use `all`", names.len(), names.join(", "))),
    }
}
