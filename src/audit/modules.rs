//! Files of which a folder is one module: kept until all of them are read, then worked out together and asked.
//!
//! A module that others of the repository call is worked out after its callers, with what they pass. Files of tests,
//! examples and the like are asked where a rule wants them, but say nothing about the modules that they call.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;

use crate::audit::answers::Answered;
use crate::audit::documents::{Rows, ask_all, located, sides_in};
use crate::audit::inspect::{Outcome, hide_secrets};
use crate::condition::kinds::{Kind, Kinds, Shelf};
use crate::condition::matches::{FileMatches, LeafId};
use crate::condition::plan::{Plan, Question};
use crate::condition::selection::Asked;
use crate::format::hcl::{Module, Part, Scope, Source};
use crate::format::{Limits, Node, Syntax};
use crate::parallel::in_order;
use crate::repo::{Repo, Role, folder_of};

/// What a file is to the module of its folder, and the questions that it must answer.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The entry of the document kinds.
    entry: usize,
    part: Part,
    source: Result<Source, String>,
    /// The conditions that ask it.
    pub(crate) leaves: Vec<LeafId>,
}

impl Piece {
    /// Reads `text` if one of the kinds of its path makes it a piece of a module.
    pub(crate) fn of(text: &str, kinds: &[usize]) -> Option<Self> {
        let part = |entry: &usize| Kinds::get().entry(*entry).and_then(|kind| Some((*entry, kind, kind.module?)));
        let (entry, kind, part) = kinds.iter().find_map(part)?;
        let read = if kind.syntax == Syntax::HclJson { Source::json } else { Source::native };
        let source = read(text, &Limits::default())
            .map_err(|error| located(&error.to_string(), error.offset, text, kind.syntax));
        Some(Self { entry, part, source, leaves: Vec::new() })
    }

    fn kind(&self) -> Option<&'static Kind> {
        Kinds::get().entry(self.entry)
    }
}

/// Where a module lies: its folder, and whether its files are production code.
type Folder = (String, bool);

/// Works the modules out and asks their files; the answers join those that the files gave by themselves.
pub(crate) fn resolve(results: &mut [Outcome], repo: &Repo, plan: &Plan, jobs: usize, as_of: Date) {
    let mut folders: BTreeMap<Folder, Vec<usize>> = BTreeMap::new();
    for (at, outcome) in results.iter().enumerate() {
        if outcome.given.as_ref().is_some_and(|given| given.piece.is_some()) {
            let path = repo.files().get(at).map(|file| file.path.as_ref()).unwrap_or_default();
            let folder = folder_of(path).to_owned();
            folders.entry((folder, outcome.role.is_production())).or_default().push(at);
        }
    }
    if folders.is_empty() {
        return;
    }
    let shelf =
        Kinds::get().iter().find_map(|kind| kind.shelf.as_ref()).filter(|shelf| !is_called_elsewhere(repo, shelf));
    let scopes = scopes(results, &folders, shelf);
    let of_file: HashMap<usize, &Scope> = folders
        .iter()
        .filter_map(|(folder, files)| Some((scopes.get(folder)?, files)))
        .flat_map(|(scope, files)| files.iter().map(move |file| (*file, scope)))
        .collect();
    let mut work: Vec<usize> = of_file.keys().copied().collect();
    work.sort_unstable();
    let asked = |at: usize| {
        let inspected = results.get(at)?.given.as_deref()?;
        Some((at, ask(inspected.piece.as_deref()?, of_file.get(&at)?, (at, inspected.role), plan, as_of)))
    };
    let answers = in_order(work.len(), 1, jobs, || (), |(), number| work.get(number).and_then(|at| asked(*at)));
    for (at, answer) in answers.into_iter().flatten() {
        let Some(inspected) = results.get_mut(at).and_then(|outcome| outcome.given.as_deref_mut()) else { continue };
        inspected.found.extend(answer.found);
        inspected.found.sort_by_key(|(leaf, _)| *leaf);
        inspected.rows.extend(answer.rows);
        if let Some(Piece { source: Ok(source), .. }) = inspected.piece.take().map(|piece| *piece) {
            hide_secrets(&plan.leaves, source.text().as_bytes(), inspected);
        }
    }
}

/// Whether another tool calls modules here, in files of its own.
fn is_called_elsewhere(repo: &Repo, shelf: &Shelf) -> bool {
    let calls = |path: &str| shelf.called_by.iter().any(|name| path.rsplit('/').next() == Some(name.as_str()));
    repo.files().iter().any(|file| calls(&file.path))
}

/// What the names of each module stand for: callers before those whom they call. What lies on the shelf and is called by
/// nobody is left out: what it declares does not exist.
fn scopes(
    results: &[Outcome],
    folders: &BTreeMap<Folder, Vec<usize>>,
    shelf: Option<&Shelf>,
) -> BTreeMap<Folder, Scope> {
    let pieces = |files: &[usize]| -> Vec<(Part, &Source)> {
        let piece = |at: &usize| results.get(*at)?.given.as_ref()?.piece.as_deref();
        let read = files.iter().filter_map(piece).filter_map(|piece| Some((piece.part, piece.source.as_ref().ok()?)));
        read.collect()
    };
    let modules: BTreeMap<&Folder, Module<'_>> =
        folders.iter().map(|(folder, files)| (folder, Module::of(pieces(files).into_iter()))).collect();
    let loose = folders.values().flat_map(|files| pieces(files)).filter(|(part, _)| *part == Part::MayAssign);
    let elsewhere: HashSet<String> = loose.flat_map(|(_, source)| Module::assigned(source)).collect();
    let mut waits: BTreeMap<&Folder, usize> = modules.keys().map(|folder| (*folder, 0)).collect();
    for (folder, module) in modules.iter().filter(|(folder, _)| folder.1) {
        for (source, _) in module.calls(&Scope::default()) {
            if let Some((target, _)) = target_of(&modules, folder, &source) {
                *waits.entry(target).or_default() += 1;
            }
        }
    }
    let called: HashSet<&Folder> = waits.iter().filter(|(_, calls)| **calls > 0).map(|(folder, _)| *folder).collect();
    let idle = shelf.map(|shelf| idle(&modules, &called, shelf)).unwrap_or_default();
    let mut ready: Vec<&Folder> = waits.iter().filter(|(_, calls)| **calls == 0).map(|(folder, _)| *folder).collect();
    let mut given: BTreeMap<&Folder, Vec<Node>> = BTreeMap::new();
    let mut scopes = BTreeMap::new();
    while let Some(folder) = ready.pop() {
        let Some(module) = modules.get(folder) else { continue };
        let scope = if called.contains(folder) {
            module.called_scope(given.get(folder).map(Vec::as_slice).unwrap_or_default())
        } else if module.is_root() {
            module.root_scope(&elsewhere)
        } else {
            module.scope(&BTreeMap::new())
        };
        for (source, values) in module.calls(&scope).into_iter().filter(|_| folder.1) {
            if let Some((target, _)) = target_of(&modules, folder, &source) {
                given.entry(target).or_default().push(values);
            }
        }
        // A call that is known not to happen is waited for, too.
        for (source, _) in module.calls(&Scope::default()).into_iter().filter(|_| folder.1) {
            let Some((target, _)) = target_of(&modules, folder, &source) else { continue };
            let Some(calls) = waits.get_mut(target) else { continue };
            *calls = calls.saturating_sub(1);
            if *calls == 0 {
                ready.push(target);
            }
        }
        scopes.insert(folder.clone(), scope);
    }
    // Modules that call each other in a circle know nothing of their variables.
    for (folder, module) in modules {
        scopes.entry(folder.clone()).or_insert_with(|| module.scope(&BTreeMap::new()));
    }
    scopes.retain(|folder, _| !idle.contains(folder));
    scopes
}

/// The modules on the shelf that nobody calls, where something is deployed from here that calls others of them.
fn idle(modules: &BTreeMap<&Folder, Module<'_>>, called: &HashSet<&Folder>, shelf: &Shelf) -> HashSet<Folder> {
    let lies_there = |folder: &Folder| {
        let mut parts = folder.0.split('/');
        parts.any(|part| part == shelf.folder) && parts.next().is_some()
    };
    let deployed = modules.iter().any(|(folder, module)| folder.1 && !lies_there(folder) && module.is_root());
    if !deployed || !called.iter().any(|folder| lies_there(folder)) {
        return HashSet::new();
    }
    let is_idle = |folder: &Folder, module: &Module<'_>| {
        folder.1 && lies_there(folder) && !module.is_root() && !called.contains(folder)
    };
    modules.iter().filter(|(folder, module)| is_idle(folder, module)).map(|(folder, _)| (*folder).clone()).collect()
}

/// The module at a relative source, seen from a folder.
fn target_of<'a, 'm>(
    modules: &'a BTreeMap<&'m Folder, Module<'m>>,
    from: &Folder,
    source: &str,
) -> Option<(&'m Folder, &'a Module<'m>)> {
    let mut parts: Vec<&str> = from.0.split('/').filter(|part| !part.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    let wanted = (parts.join("/"), true);
    modules.get_key_value(&wanted).map(|(folder, module)| (*folder, module)).filter(|(folder, _)| **folder != *from)
}

/// What one file answers.
#[derive(Default)]
struct Answers {
    found: Vec<(LeafId, FileMatches)>,
    rows: Vec<(LeafId, Rows)>,
}

fn ask(piece: &Piece, scope: &Scope, (index, role): (usize, Role), plan: &Plan, as_of: Date) -> Answers {
    let mut answers = Answers::default();
    let Some(kind) = piece.kind() else { return answers };
    let made: Result<Vec<Asked>, String> = match &piece.source {
        Err(reason) => Err(reason.clone()),
        Ok(source) => source.document(scope).map_err(|error| error.to_string()).map(|document| {
            let mut root = document.root;
            kind.augment(&mut root, "");
            vec![Asked::new(root)]
        }),
    };
    for leaf in &piece.leaves {
        match plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question) {
            Some(Question::Value(pattern)) if pattern.spec.r#in == kind.name => {
                let answered = match &made {
                    Ok(documents) => ask_all(pattern, documents, as_of),
                    Err(reason) => Answered { broken: Some(reason.clone()), ..Answered::default() },
                };
                answers.found.extend(answered.into_matches(index, role).map(|found| (*leaf, found)));
            }
            Some(Question::Related(condition)) => {
                let mut rows = Rows::default();
                for side in sides_in(condition, &kind.name, role) {
                    match &made {
                        Ok(documents) => rows.add(condition, side, documents, as_of),
                        Err(_) => rows.unread.push(side),
                    }
                }
                answers.rows.push((*leaf, rows));
            }
            _ => {}
        }
    }
    answers
}
