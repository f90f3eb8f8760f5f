//! From what the pass found to what the project is: components with their kinds, technologies and sub-facts.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::audit::AuditOptions;
use crate::audit::later;
use crate::audit::scan::Scan;
use crate::condition::answer::Match;
use crate::condition::evaluate::{Context, evaluate};
use crate::condition::languages::Languages;
use crate::condition::package::is_named;
use crate::condition::plan::Condition;
use crate::facts::known::{Facts, ManifestFact};
use crate::facts::layout;
use crate::facts::model::{Component, Kind, Place, Proof, Technology};
use crate::facts::package::{Manifest, Scope};
use crate::facts::shared;
use crate::parallel::in_order;
use crate::repo::{Repo, Role};
use crate::rule::set::{RuleSet, TechnologyRule};

/// How many components a worker takes at a time, at most; of few each worker gets some.
const COMPONENTS: usize = 8;
/// How many technologies of a component a worker looks for at a time.
const TECHNOLOGIES: usize = 64;

/// Builds the facts.
pub(crate) fn facts(repo: &Repo, rules: &RuleSet, scan: &mut Scan, options: &AuditOptions) -> Facts {
    let path = |index: usize| repo.files().get(index).map(|file| file.path.to_string()).unwrap_or_default();
    let makes_root = |path: &str| crate::facts::readers::reader_for(path).is_some_and(|reader| reader.root);
    let understood = scan.manifests.iter().filter_map(|(_, role, read)| Some((read.as_ref().ok()?.clone(), *role)));
    let (mut manifests, file_roles): (Vec<Manifest>, Vec<Role>) = understood.filter(|(_, role)| role.is_own()).unzip();
    let text_of = |path: &str| repo.file(path).and_then(|file| String::from_utf8(repo.read(file).ok()?).ok());
    shared::resolve(&mut manifests, &text_of);
    let is_package = |folder: &str| repo.file(&format!("{folder}/__init__.py")).is_some();
    let is_no_head = |manifest: &Manifest| layout::is_switch(manifest) || layout::is_of_a_package(manifest, is_package);
    let heads = manifests.iter().filter(|manifest| makes_root(&manifest.path) && !is_no_head(manifest));
    let rooting: Vec<String> = heads.map(|manifest| manifest.path.clone()).collect();
    let markers: Vec<String> = scan.markers.iter().map(|&index| path(index)).collect();
    let folders = layout::roots(&rooting, &markers);
    let component_of = layout::owners(&folders, repo.files().iter().map(|file| file.path.as_ref()));
    let mut facts = Facts {
        paths: repo.files().iter().map(|file| file.path.clone()).collect(),
        components: folders.iter().map(|root| empty_component(root)).collect(),
        component_of,
        ..Facts::default()
    };
    super::related::join_all(repo, rules, scan, &facts.component_of, options.jobs);
    scan.matches.group(&facts.component_of);
    later::for_model(repo, rules, scan, &facts, options.jobs);
    add_manifests(&mut facts, manifests, &file_roles, &folders);
    add_locks(&mut facts, repo, rules, scan);
    add_languages(&mut facts, scan);
    add_technologies(&mut facts, rules, scan, options.jobs);
    add_kinds(&mut facts, rules, scan, options.jobs);
    override_kinds(&mut facts, &options.kinds);
    let built = layout::built_from(facts.components.len(), &facts.manifests);
    for (component, built_from) in facts.components.iter_mut().zip(built) {
        component.built_from = built_from;
    }
    // Conditions may have asked for the facts as a document while they were still growing.
    forget(&mut facts, scan);
    add_sub_facts(&mut facts, rules, scan, options.jobs);
    forget(&mut facts, scan);
    facts
}

/// What was said of the facts while they were still growing.
fn forget(facts: &mut Facts, scan: &mut Scan) {
    facts.document = OnceLock::new();
    scan.matches.forget_facts();
}

fn empty_component(root: &str) -> Component {
    Component {
        id: root.to_owned(),
        kinds: Vec::new(),
        languages: Vec::new(),
        because: Vec::new(),
        facts: Vec::new(),
        technologies: Vec::new(),
        built_from: Vec::new(),
        overridden: false,
    }
}

fn add_manifests(facts: &mut Facts, manifests: Vec<Manifest>, roles: &[Role], roots: &[String]) {
    let owners = layout::owners(roots, manifests.iter().map(|manifest| manifest.path.as_str()));
    let all = manifests.into_iter().zip(roles).zip(owners);
    facts.manifests = all
        .map(|((manifest, role), component)| ManifestFact { manifest, role: *role, component, lockfile: None })
        .collect();
}

fn add_locks(facts: &mut Facts, repo: &Repo, rules: &RuleSet, scan: &Scan) {
    let files = repo.files().iter().zip(&scan.roles).map(|(file, role)| (file.path.as_ref(), file.tracked, *role));
    facts.lockfiles = layout::lockfiles(files, &rules.ecosystems);
    let locks: Vec<Option<Place>> = facts
        .manifests
        .iter()
        .map(|fact| layout::lockfile_of(&fact.manifest, &facts.manifests, &facts.lockfiles))
        .collect();
    for (fact, lock) in facts.manifests.iter_mut().zip(locks) {
        fact.lockfile = lock;
    }
    facts.ecosystems.clone_from(&rules.ecosystems);
}

/// Languages by number of production files, most first, then by name.
fn add_languages(facts: &mut Facts, scan: &Scan) {
    let mut counts: Vec<std::collections::BTreeMap<&str, usize>> =
        vec![std::collections::BTreeMap::new(); facts.components.len()];
    for ((language, role), &component) in scan.languages.iter().zip(&scan.roles).zip(&facts.component_of) {
        let program = language.filter(|language| role.is_production() && Languages::get().is_program(language));
        if let (Some(language), Some(count)) = (program, counts.get_mut(component)) {
            *count.entry(language).or_default() += 1;
        }
    }
    for (component, count) in facts.components.iter_mut().zip(counts) {
        let mut languages: Vec<(&str, usize)> = count.into_iter().collect();
        languages.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(right.0)));
        component.languages = languages.into_iter().map(|(name, _)| name.to_owned()).collect();
    }
}

/// What `ask` says of each component; nobody sees what it says of another.
fn of_each<T: Send>(facts: &Facts, jobs: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let components = facts.components.len();
    let batch = components.div_ceil(jobs.max(1) * 4).clamp(1, COMPONENTS);
    in_order(components, batch, jobs, || (), |(), index| ask(index))
}

fn add_technologies(facts: &mut Facts, rules: &RuleSet, scan: &Scan, jobs: usize) {
    // One component may hold nearly all that there is: its technologies are shared out, too.
    let of_one = rules.technologies.len().max(1);
    let all = in_order(
        facts.components.len() * of_one,
        TECHNOLOGIES,
        jobs,
        || (),
        |(), number| technology(rules.technologies.get(number % of_one)?, number / of_one, facts, scan),
    );
    let mut all = all.into_iter();
    for component in &mut facts.components {
        component.technologies = all.by_ref().take(of_one).flatten().collect();
    }
}

/// The best proof of a technology in one component.
fn technology(rule: &TechnologyRule, component: usize, facts: &Facts, scan: &Scan) -> Option<Technology> {
    let declared = facts
        .packages(component)
        .filter(|(package, _)| package.scope == Scope::Runtime)
        .find(|(package, _)| rule.packages.iter().any(|name| is_named(name, package.kind, &package.name)))
        .map(|(package, manifest)| (package, Place::at(manifest.path.as_str(), package.span)));
    let context = asking(facts, scan, component);
    let declared_place = declared.as_ref().map(|(_, place)| place.clone());
    let (proof, place, shows) = if let Some(found) = first_match(&rule.used, &context) {
        (Proof::Used, found.place, found.shows)
    } else if let Some((package, place)) = &declared {
        let proof = if rule.declared_is_used { Proof::Used } else { Proof::Declared };
        let configured = (!rule.declared_is_used).then(|| first_match(&rule.configured, &context)).flatten();
        match configured {
            Some(found) => (Proof::Configured, found.place, found.shows),
            None => (proof, place.clone(), package.name.clone()),
        }
    } else {
        let found = first_match(&rule.configured, &context)?;
        (Proof::Configured, found.place, found.shows)
    };
    let (name, category) = (rule.name.clone(), rule.category.clone());
    Some(Technology { name, category, proof, place, shows, declared: declared_place })
}

/// One component is asked, and the first place is enough.
fn asking<'a>(facts: &'a Facts, scan: &'a Scan, component: usize) -> Context<'a> {
    Context {
        facts,
        matches: &scan.matches,
        component: Some(component),
        graded: false,
        file: None,
        folder: None,
        first: true,
    }
}

/// The first place of the first condition that holds.
fn first_match(conditions: &[Condition], context: &Context<'_>) -> Option<Match> {
    conditions
        .iter()
        .map(|condition| evaluate(condition, context))
        .find(|answer| answer.truth.is_true())?
        .matches
        .into_iter()
        .next()
}

fn add_kinds(facts: &mut Facts, rules: &RuleSet, scan: &Scan, jobs: usize) {
    let all = of_each(facts, jobs, |index| kinds_of(facts, rules, scan, index));
    for (component, (kinds, because)) in facts.components.iter_mut().zip(all) {
        (component.kinds, component.because) = (kinds, because);
    }
}

/// What a component is, and the places that say so.
fn kinds_of(facts: &Facts, rules: &RuleSet, scan: &Scan, index: usize) -> (Vec<Kind>, Vec<Place>) {
    let (mut kinds, mut because) = (Vec::new(), Vec::new());
    if let Some((kind, place)) = shown_only(facts, index) {
        return (vec![kind], vec![place]);
    }
    for (kind, unless, conditions) in &rules.components.kinds {
        if kinds.contains(kind) || unless.iter().any(|other| kinds.contains(other)) {
            continue;
        }
        if let Some(found) = first_match(conditions, &asking(facts, scan, index)) {
            kinds.push(*kind);
            because.push(found.place);
        }
    }
    if kinds.is_empty() {
        fall_back(facts, index, &mut kinds, &mut because);
    }
    kinds.sort_unstable();
    (kinds, because)
}

/// What the user says of a component stands, whatever was found.
fn override_kinds(facts: &mut Facts, given: &BTreeMap<String, Vec<Kind>>) {
    for component in &mut facts.components {
        if let Some(kinds) = given.get(&component.id) {
            component.kinds.clone_from(kinds);
            component.overridden = true;
        }
    }
}

/// A component whose manifest lies among examples or docs is shown, not run.
fn shown_only(facts: &Facts, index: usize) -> Option<(Kind, Place)> {
    let mut own = facts.manifests.iter().filter(|fact| fact.component == index).peekable();
    let first = own.peek()?.manifest.path.clone();
    let roles: Vec<Role> = own.map(|fact| fact.role).collect();
    if roles.iter().all(|role| *role == Role::Example) {
        return Some((Kind::Example, Place::file(first)));
    }
    roles.iter().all(|role| *role == Role::Docs).then(|| (Kind::Docs, Place::file(first)))
}

/// A package that neither listens nor is a command is a library; prose alone is documentation.
fn fall_back(facts: &Facts, index: usize, kinds: &mut Vec<Kind>, because: &mut Vec<Place>) {
    let manifest = facts.manifests.iter().find(|fact| {
        fact.component == index
            && crate::facts::readers::reader_for(&fact.manifest.path).is_some_and(|reader| reader.root)
    });
    let has_code = facts.components.get(index).is_some_and(|component| !component.languages.is_empty());
    if let Some(fact) = manifest.filter(|_| has_code) {
        kinds.push(Kind::Library);
        because.push(Place::file(fact.manifest.path.as_str()));
    }
}

fn add_sub_facts(facts: &mut Facts, rules: &RuleSet, scan: &Scan, jobs: usize) {
    let all = of_each(facts, jobs, |index| -> Vec<(String, Place)> {
        let context = asking(facts, scan, index);
        let named = |(name, conditions): &(String, Vec<Condition>)| {
            Some((name.clone(), first_match(conditions, &context)?.place))
        };
        rules.components.facts.iter().filter_map(named).collect()
    });
    for (component, found) in facts.components.iter_mut().zip(all) {
        component.facts = found;
    }
}
