//! The set of rules of one audit: the embedded ones and the user's, with the technologies and the component model.

use std::collections::BTreeMap;

use crate::condition::guards::Guards;
use crate::condition::kinds::Kinds;
use crate::condition::matches::LeafId;
use crate::condition::plan::{AllowLists, Condition, Leaf, Plan, PlanBuilder, WantedGlobs};
use crate::condition::spec::Clause;
use crate::facts::known::EcosystemFact;
use crate::facts::model::Kind;
use crate::parallel::in_order;
use crate::rule::compile;
use crate::rule::error::RuleError;
use crate::rule::file::{ComponentsFile, EcosystemsFile, PatternsFile, RuleFile, TechnologyFile};
use crate::rule::id::{RuleId, concerns};
use crate::rule::model::{EVIDENCE, Rule};
use crate::rule::repair;
use crate::rule::source::{self, RuleSource, embedded};

/// The edition whose rules and weights this program scores by.
pub const EDITION: &str = "2026.1";

/// Everything that an audit needs to know about the world.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, by id.
    pub rules: Vec<Rule>,
    /// The technologies, in file order.
    pub technologies: Vec<TechnologyRule>,
    /// How components are recognised.
    pub components: ComponentModel,
    /// The package ecosystems.
    pub ecosystems: Vec<EcosystemFact>,
    /// The questions that files answer.
    pub plan: Plan,
}

/// A compiled technology.
#[derive(Debug)]
pub struct TechnologyRule {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Packages (`type/name`, `*`) that declare it.
    pub packages: Vec<String>,
    /// Whether declaring it is using it.
    pub declared_is_used: bool,
    /// Conditions of which one is "configured".
    pub configured: Vec<Condition>,
    /// Conditions of which one is "used".
    pub used: Vec<Condition>,
}

/// The compiled component model.
#[derive(Debug)]
pub struct ComponentModel {
    /// Which files make a folder a component.
    pub roots: WantedGlobs,
    /// What makes a component a kind.
    pub kinds: Vec<(Kind, Vec<Kind>, Vec<Condition>)>,
    /// Sub-facts.
    pub facts: Vec<(String, Vec<Condition>)>,
}

impl RuleSet {
    /// The conditions that say what the project is: of technologies, kinds and sub-facts.
    pub fn model_conditions(&self) -> impl Iterator<Item = &Condition> {
        let technologies = self.technologies.iter().flat_map(|rule| rule.configured.iter().chain(&rule.used));
        let kinds = self.components.kinds.iter().flat_map(|(_, _, conditions)| conditions);
        technologies.chain(kinds).chain(self.components.facts.iter().flat_map(|(_, conditions)| conditions))
    }

    /// The embedded rules alone.
    pub fn embedded() -> Result<Self, RuleError> {
        Self::with_user(Vec::new())
    }

    /// The embedded rules and those of the user.
    pub fn with_user(user: Vec<RuleSource>) -> Result<Self, RuleError> {
        Self::narrowed(user, &[])
    }

    /// The same for an audit that runs only what `only` names: rules, areas, patterns of rules; empty: all. The embedded rules
    /// that it does not name are known by their pages, but ask nothing: a third of the room that the rules take. What keeps
    /// secrets out of reports is asked for all the same.
    pub fn narrowed(user: Vec<RuleSource>, only: &[String]) -> Result<Self, RuleError> {
        let user = user.into_iter().map(|source| (source, true));
        Self::build(&embedded().map(|source| (source, false)).chain(user).collect::<Vec<_>>(), only)
    }

    fn build(sources: &[(RuleSource, bool)], only: &[String]) -> Result<Self, RuleError> {
        let allow: AllowLists = table(sources, "tables/allow.yml")?;
        let mut plan = PlanBuilder::new(Kinds::get(), &allow);
        let embedded = sources.iter().all(|(source, from_user)| source.json || *from_user);
        let mut written: BTreeMap<RuleId, Written> = BTreeMap::new();
        let (mut technologies, mut patterns, mut components) = (Vec::new(), Vec::new(), None);
        for ((source, from_user), content) in sources.iter().zip(read_all(sources)) {
            match content? {
                Content::Rule(file) => insert(&mut written, source, *file, *from_user)?,
                Content::Patterns(file) => patterns.push((source, file)),
                Content::Technologies(file) => technologies.push((source, file)),
                Content::Components(file) => components = components.or(Some(file)),
                Content::Other => {}
            }
        }
        for (source, file) in patterns {
            add_patterns(&mut written, source, file)?;
        }
        let mut rules = Vec::with_capacity(written.len());
        for (id, rule) in written {
            let (first, from_user) = (plan.len(), rule.from_user);
            plan.trust(embedded && !from_user);
            plan.narrow(!from_user && !only.is_empty() && !only.iter().any(|name| rule.is_named(&id, name)));
            let shown = rule.shown;
            rules.push(compile::rule(id, rule.file, rule.extra, &shown, from_user, &mut plan)?);
            if from_user {
                plan.validate(first).map_err(|message| RuleError::new(&shown, message))?;
            }
        }
        plan.trust(embedded);
        plan.narrow(false);
        let technologies = compile_technologies(technologies, &mut plan)?;
        let components = compile_components(&components.ok_or_else(|| missing(COMPONENTS))?, &mut plan)?;
        let ecosystems: EcosystemsFile = table(sources, "ecosystems.yml")?;
        let plan = plan.build();
        let mut set = Self { rules, technologies, components, ecosystems: ecosystems.ecosystems, plan };
        set.bound();
        Ok(set)
    }

    /// Notes how many matches of a file each question needs: one says what the project is or whether a rule applies, a few
    /// are the evidence of a proof, and of a violation every one is a finding.
    fn bound(&mut self) {
        let mut uses: Vec<(LeafId, usize)> = Vec::new();
        let mut use_in = |condition: &Condition, enough| condition.each_leaf(&mut |leaf, _| uses.push((leaf, enough)));
        self.model_conditions().for_each(|condition| use_in(condition, 1));
        for rule in &self.rules {
            rule.circumstances().for_each(|condition| use_in(condition, 1));
            rule.require.iter().for_each(|requirement| use_in(&requirement.condition, EVIDENCE));
            rule.forbid.iter().for_each(|pattern| use_in(&pattern.condition, usize::MAX));
        }
        self.guard();
        self.plan.leaves.iter_mut().for_each(|leaf| leaf.enough = 0);
        for (leaf, enough) in uses {
            if let Some(leaf) = self.plan.leaves.get_mut(leaf.0 as usize) {
                leaf.enough = enough.max(leaf.enough);
            }
        }
    }

    /// Notes which questions need no answer where another has none.
    fn guard(&mut self) {
        let mut guards = Guards::default();
        let asked = self.rules.iter().flat_map(Rule::conditions).chain(self.model_conditions());
        asked.for_each(|condition| guards.add(condition, &self.plan.leaves));
        for (leaf, text) in guards.all() {
            if let Some(leaf) = self.plan.leaves.get_mut(leaf.0 as usize) {
                leaf.guard = Some(text);
            }
        }
    }

    /// The rules of a folder that is complete in itself, with its own technologies and component model.
    pub fn from_folder(folder: &std::path::Path) -> Result<Self, RuleError> {
        Self::build(&source::folder(folder)?.into_iter().map(|source| (source, false)).collect::<Vec<_>>(), &[])
    }

    /// Compiles every expression, schema and syntax pattern, which otherwise happens when a file first needs it.
    pub fn validate(&self) -> Result<(), RuleError> {
        let mut leaves = self.plan.leaves.iter();
        leaves.try_for_each(Leaf::validate).map_err(|message| RuleError::new("rules", message))
    }

    /// The rule of this id, or of this former id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id.as_str() == id || rule.aliases.iter().any(|alias| alias.as_str() == id))
    }
}

/// The table that says what components are.
const COMPONENTS: &str = "components.yml";

struct Written {
    file: RuleFile,
    shown: String,
    extra: Vec<(String, Clause)>,
    from_user: bool,
}

impl Written {
    /// Whether `name` concerns it, by its id or by a former one.
    fn is_named(&self, id: &RuleId, name: &str) -> bool {
        let mut former = self.file.aliases.iter().map(String::as_str);
        concerns(name, id.as_str()) || former.any(|id| concerns(name, id))
    }
}

enum Place<'a> {
    Rule(&'a str, &'a str),
    Patterns(&'a str, &'a str),
    Technologies,
    Other,
}

/// The path of a rule file says what it is.
fn place_of(path: &str) -> Place<'_> {
    if repair::is_repair(path) {
        return Place::Other;
    }
    let stem = path.trim_end_matches(".yaml").trim_end_matches(".yml");
    match stem.split('/').collect::<Vec<_>>()[..] {
        ["technologies", _] => Place::Technologies,
        ["tables", ..] => Place::Other,
        [area, name] => Place::Rule(area, name),
        [area, name, _] => Place::Patterns(area, name),
        _ => Place::Other,
    }
}

/// What a file of rules says, by what it is.
enum Content {
    Rule(Box<RuleFile>),
    Patterns(PatternsFile),
    Technologies(TechnologyFile),
    Components(ComponentsFile),
    Other,
}

/// What the files say, in their order; two threads read them, for that is most of the time that loading takes.
fn read_all(sources: &[(RuleSource, bool)]) -> Vec<Result<Content, RuleError>> {
    let read = |source: &RuleSource, from_user: bool| {
        Ok(match place_of(&source.path) {
            Place::Rule(..) => Content::Rule(Box::new(source.read()?)),
            Place::Patterns(..) => Content::Patterns(source.read()?),
            Place::Technologies => Content::Technologies(source.read()?),
            Place::Other if source.path == COMPONENTS && !from_user => Content::Components(source.read()?),
            Place::Other => Content::Other,
        })
    };
    let one = |number: usize| sources.get(number).map(|(source, from_user)| read(source, *from_user));
    in_order(sources.len(), 1, 2, || (), |(), number| one(number)).into_iter().flatten().collect()
}

fn insert(
    written: &mut BTreeMap<RuleId, Written>,
    source: &RuleSource,
    file: RuleFile,
    from_user: bool,
) -> Result<(), RuleError> {
    let Place::Rule(area, name) = place_of(&source.path) else { return Ok(()) };
    let id = RuleId::parse(&format!("{area}/{name}")).map_err(|message| {
        RuleError::new(&source.shown, message).with_help("the id is the path of the file below the rules folder")
    })?;
    if written.contains_key(&id) {
        return Err(RuleError::new(&source.shown, format!("the rule {id} exists already"))
            .with_help("name the file otherwise: the id is its path"));
    }
    written.insert(id, Written { file, shown: source.shown.clone(), extra: Vec::new(), from_user });
    Ok(())
}

fn add_patterns(
    written: &mut BTreeMap<RuleId, Written>,
    source: &RuleSource,
    file: PatternsFile,
) -> Result<(), RuleError> {
    let Place::Patterns(area, name) = place_of(&source.path) else { return Ok(()) };
    let owner = RuleId::parse(&format!("{area}/{name}")).ok().and_then(|id| written.get_mut(&id));
    let owner = owner.ok_or_else(|| {
        RuleError::new(&source.shown, format!("these patterns belong to the rule {area}/{name}, which does not exist"))
            .with_help(format!("write {area}/{name}.yml beside the folder"))
    })?;
    owner.extra.extend(file.forbid.into_iter().map(|clause| (source.shown.clone(), clause)));
    Ok(())
}

fn compile_technologies(
    files: Vec<(&RuleSource, TechnologyFile)>,
    plan: &mut PlanBuilder<'_>,
) -> Result<Vec<TechnologyRule>, RuleError> {
    let mut technologies = Vec::new();
    for (source, file) in files {
        for entry in file.technologies {
            let mut conditions = |clauses: &[Clause], key: &str| -> Result<Vec<Condition>, RuleError> {
                let one = |clause: &Clause| {
                    if clause.asks_technology() {
                        return Err(format!("under `{key}`: a technology cannot be known by another one"));
                    }
                    compile::plain(clause, key, plan)
                };
                let compiled = clauses.iter().map(one).collect::<Result<_, _>>();
                compiled.map_err(|message| RuleError::new(&source.shown, format!("{}: {message}", entry.name)))
            };
            technologies.push(TechnologyRule {
                configured: conditions(&entry.configured, "configured")?,
                used: conditions(&entry.used, "used")?,
                name: entry.name,
                category: file.category.clone(),
                packages: entry.packages,
                declared_is_used: entry.declared_is_used,
            });
        }
    }
    Ok(technologies)
}

fn compile_components(file: &ComponentsFile, plan: &mut PlanBuilder<'_>) -> Result<ComponentModel, RuleError> {
    let mut conditions = |clauses: &[Clause], key: String| -> Result<Vec<Condition>, RuleError> {
        let compiled = clauses.iter().map(|clause| compile::plain(clause, &key, plan)).collect::<Result<_, _>>();
        compiled.map_err(|message| RuleError::new("rules/components.yml", message))
    };
    let mut kinds = Vec::new();
    for entry in &file.kinds {
        kinds.push((entry.kind, entry.unless.clone(), conditions(&entry.when, format!("{:?}", entry.kind))?));
    }
    let mut facts = Vec::new();
    for entry in &file.facts {
        facts.push((entry.fact.clone(), conditions(&entry.when, entry.fact.clone())?));
    }
    let roots = plan.wanted_globs(&file.roots);
    let roots = roots.map_err(|message| RuleError::new("rules/components.yml", format!("roots: {message}")))?;
    Ok(ComponentModel { roots, kinds, facts })
}

/// One of the tables that every set needs, by its path below the rules folder.
fn table<T: serde::de::DeserializeOwned>(sources: &[(RuleSource, bool)], path: &str) -> Result<T, RuleError> {
    let source = sources.iter().find(|(source, from_user)| !from_user && source.path == path);
    source.map(|(source, _)| source).ok_or_else(|| missing(path))?.read()
}

fn missing(path: &str) -> RuleError {
    RuleError::new(path, "is missing").with_help("a folder of rules that is complete in itself needs it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_glob_is_written_so_that_no_expression_is_needed() {
        let left = RuleSet::embedded().unwrap().plan.globs.left_to_matcher();
        assert!(left.is_empty(), "split these, or write them without open classes: {left:#?}");
    }

    #[test]
    fn a_narrow_set_knows_all_rules_but_asks_only_what_it_runs_and_what_hides_secrets() {
        let secrets = |set: &RuleSet| set.plan.leaves.iter().filter(|leaf| leaf.is_secret()).count();
        let whole = RuleSet::embedded().unwrap();
        let narrow = RuleSet::narrowed(Vec::new(), &["delivery/ci".to_owned()]).unwrap();
        let named = |set: &RuleSet| {
            let patterns = |rule: &Rule| rule.forbid.iter().map(|pattern| pattern.id.clone()).collect::<Vec<_>>();
            set.rules.iter().map(|rule| (rule.id.clone(), patterns(rule))).collect::<Vec<_>>()
        };
        assert_eq!(named(&whole), named(&narrow));
        assert_eq!(secrets(&whole), secrets(&narrow));
        assert!(narrow.plan.leaves.len() * 2 < whole.plan.leaves.len() + secrets(&whole));
        let asked = narrow.rule("delivery/ci").unwrap().conditions().count();
        assert_eq!(asked, whole.rule("delivery/ci").unwrap().conditions().count());
    }

    #[test]
    fn what_stands_behind_a_text_in_one_document_waits_for_it() {
        let set = RuleSet::embedded().unwrap();
        let guarded: Vec<_> = set.plan.leaves.iter().filter_map(|leaf| leaf.guard).collect();
        assert!(guarded.len() > 20, "{}", guarded.len());
        assert!(set.plan.leaves.iter().zip(0u32..).all(|(leaf, at)| leaf.guard.is_none_or(|text| text.0 < at)));
    }
}
