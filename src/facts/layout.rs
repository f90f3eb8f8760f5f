//! The layout of a repository: which folders are components, which component owns a file, which manifest is locked by
//! what, and which components are built from which.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::known::{EcosystemFact, Lockfile, ManifestFact};
use crate::facts::model::{Place, folder_holds, folder_of, join};
use crate::facts::package::{EntryKind, Manifest, Pin, Scope};
use crate::repo::Role;

/// The folders that are components: `.`, those of manifests, and those below a component that hold a marker file.
pub fn roots(manifests: &[String], markers: &[String]) -> Vec<String> {
    let mut roots: BTreeSet<String> = manifests.iter().map(|path| component_folder(path).to_owned()).collect();
    roots.insert(".".to_owned());
    let by_manifest: Vec<String> = roots.iter().cloned().collect();
    for path in markers {
        let folder = folder_of(path);
        let outer = owner_of(&by_manifest, path);
        if folder == outer {
            continue;
        }
        let below = if outer == "." { folder } else { folder.get(outer.len() + 1..).unwrap_or(folder) };
        let first = below.split('/').next().unwrap_or(below);
        roots.insert(join(outer, first));
    }
    let mut roots: Vec<String> = roots.into_iter().collect();
    roots.sort_by(|left, right| (left != ".").cmp(&(right != ".")).then(left.cmp(right)));
    roots
}

/// Whether a manifest only tells the run-time how to read the files beside it, as a `package.json` with nothing but a
/// `type` does: it makes no component.
pub fn is_switch(manifest: &Manifest) -> bool {
    let runs_nothing = manifest.entry_points.is_empty() && manifest.runtimes.is_empty();
    let holds_nothing = manifest.packages.is_empty() && !manifest.workspace_root;
    manifest.ecosystem == "npm" && manifest.name.is_none() && holds_nothing && runs_nothing
}

/// Whether a manifest only lists what the pages of a Python package load in the browser, or what packs them: without an
/// entry point, nameless or private with nothing that runs, in a folder that `is_package` knows as one. The package is
/// the component, or the one that holds it.
pub fn is_of_a_package(manifest: &Manifest, is_package: impl Fn(&str) -> bool) -> bool {
    let builds_only = manifest.packages.iter().all(|package| package.scope == Scope::Development);
    let is_nobody = manifest.name.is_none() || (manifest.private == Some(true) && builds_only);
    let is_list = is_nobody && !manifest.workspace_root;
    let offers_nothing = manifest.entry_points.iter().all(|entry| entry.kind == EntryKind::Script);
    let folder = folder_of(&manifest.path);
    manifest.ecosystem == "npm" && folder != "." && is_list && offers_nothing && is_package(folder)
}

/// The folder that a manifest makes a component: its own, or for `requirements/base.txt` the one above.
fn component_folder(path: &str) -> &str {
    let folder = folder_of(path);
    match folder.strip_suffix("requirements") {
        Some("") => ".",
        Some(outer) => outer.trim_end_matches('/'),
        None => folder,
    }
}

/// The deepest of `roots` that holds `path`.
fn owner_of<'a>(roots: &'a [String], path: &str) -> &'a str {
    let holding = roots.iter().filter(|root| folder_holds(root, path));
    holding.max_by_key(|root| if *root == "." { 0 } else { root.len() }).map_or(".", String::as_str)
}

/// For each path, the index of the deepest root that holds it.
pub fn owners<'a>(roots: &[String], paths: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let index: BTreeMap<&str, usize> = roots.iter().enumerate().map(|(at, root)| (root.as_str(), at)).collect();
    let owner = |mut folder: &str| loop {
        match index.get(folder) {
            Some(&found) => break found,
            None if folder == "." => break 0,
            None => folder = folder_of(folder),
        }
    };
    // Those of one folder mostly stand together.
    let mut last: Option<(&str, usize)> = None;
    paths
        .map(|path| {
            let folder = folder_of(path);
            let found = last.filter(|(known, _)| *known == folder).map_or_else(|| owner(folder), |(_, found)| found);
            last = Some((folder, found));
            found
        })
        .collect()
}

/// The lockfiles among `files` (path, tracked), by the names that the ecosystems know.
pub fn lockfiles<'a>(
    files: impl Iterator<Item = (&'a str, bool, Role)>,
    ecosystems: &[EcosystemFact],
) -> Vec<Lockfile> {
    let mut found = Vec::new();
    for (path, tracked, role) in files {
        if matches!(role, Role::Vendored | Role::Fixture | Role::Test) {
            continue;
        }
        for ecosystem in ecosystems {
            let lock = ecosystem.lockfiles.iter().find_map(|lock| Some((lock, locked_folder(path, &lock.name)?)));
            if let Some((lock, folder)) = lock {
                found.push(Lockfile {
                    path: path.to_owned(),
                    folder: folder.to_owned(),
                    ecosystem: ecosystem.ecosystem.clone(),
                    tool: lock.tool.clone(),
                    tracked,
                });
            }
        }
    }
    found
}

/// The folder that the lockfile at `path` is about, if it is called `name`.
fn locked_folder<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    match path.strip_suffix(name)? {
        "" => Some("."),
        folder => folder.strip_suffix('/'),
    }
}

/// The lockfile that holds for a manifest: one of its ecosystem in its folder, or in the folder of the workspace that it
/// is a member of; a compiled requirements file is its own lock.
pub fn lockfile_of(manifest: &Manifest, all: &[ManifestFact], lockfiles: &[Lockfile]) -> Option<Place> {
    let in_folder = |folder: &str| {
        lockfiles.iter().find(|lock| lock.tracked && lock.ecosystem == manifest.ecosystem && lock.folder == folder)
    };
    if manifest.compiled {
        return Some(Place::file(manifest.path.as_str()));
    }
    let own = component_folder(&manifest.path);
    if let Some(lock) = in_folder(own) {
        return Some(Place::file(lock.path.as_str()));
    }
    let beside = all.iter().find(|fact| {
        fact.manifest.compiled
            && fact.manifest.ecosystem == manifest.ecosystem
            && component_folder(&fact.manifest.path) == own
    });
    if let Some(fact) = beside {
        return Some(Place::file(fact.manifest.path.as_str()));
    }
    let mut folder = own;
    while folder != "." {
        folder = folder_of(folder);
        let is_workspace = all.iter().any(|fact| {
            fact.manifest.workspace_root
                && fact.manifest.ecosystem == manifest.ecosystem
                && folder_of(&fact.manifest.path) == folder
        });
        if let Some(lock) = in_folder(folder).filter(|_| is_workspace) {
            return Some(Place::file(lock.path.as_str()));
        }
    }
    None
}

/// For each component, the components that its local dependencies name, and what those are built from.
pub fn built_from(components: usize, manifests: &[ManifestFact]) -> Vec<Vec<usize>> {
    let mut by_name: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for fact in manifests {
        if let Some(name) = &fact.manifest.name {
            by_name.insert((fact.manifest.ecosystem, name.as_str()), fact.component);
        }
    }
    let mut direct: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); components];
    for fact in manifests {
        for package in &fact.manifest.packages {
            let named = by_name.get(&(fact.manifest.ecosystem, package.name.as_str())).copied();
            let by_path = || local_path(fact, package.requirement.as_deref(), package.pin, manifests);
            let Some(target) = named.or_else(by_path).filter(|&target| target != fact.component) else { continue };
            if let Some(set) = direct.get_mut(fact.component) {
                set.insert(target);
            }
        }
    }
    (0..components).map(|index| closure(index, &direct)).collect()
}

/// The component that a local dependency's path leads to.
fn local_path(fact: &ManifestFact, requirement: Option<&str>, pin: Pin, manifests: &[ManifestFact]) -> Option<usize> {
    if pin != Pin::Local {
        return None;
    }
    let written = requirement?.trim_start_matches("path:").trim_start_matches("file:").trim_start_matches("link:");
    let target = resolve(folder_of(&fact.manifest.path), &written.replace('\\', "/"))?;
    let leads_there =
        |other: &&ManifestFact| folder_of(&other.manifest.path) == target || other.manifest.path == target;
    manifests.iter().find(leads_there).map(|other| other.component)
}

/// `relative` seen from `folder`, without leaving the repository.
pub fn resolve(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = if folder == "." { Vec::new() } else { folder.split('/').collect() };
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

fn closure(start: usize, direct: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(next) = open.pop() {
        for &target in direct.get(next).into_iter().flatten() {
            if target != start && seen.insert(target) {
                open.push(target);
            }
        }
    }
    seen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn manifests_and_markers_make_components() {
        let manifests = strings(&["apps/web/package.json", "requirements/base.txt"]);
        let found = roots(&manifests, &strings(&["infra/aws/main.tf", "main.tf", "apps/web/deploy/x/Chart.yaml"]));
        assert_eq!(found, [".", "apps/web", "apps/web/deploy", "infra"]);
    }

    #[test]
    fn a_file_belongs_to_the_deepest_component() {
        let roots = strings(&[".", "apps", "apps/web"]);
        assert_eq!(owners(&roots, ["a", "apps/x", "apps/web/src/a.ts", "apps/website/a"].into_iter()), [0, 1, 2, 1]);
    }

    #[test]
    fn what_a_python_package_shows_in_the_browser_is_part_of_it() {
        let table = [
            ("shop/package.json", r#"{"dependencies": {"jquery": "1"}, "scripts": {"build": "webpack"}}"#, true),
            ("shop/package.json", r#"{"name": "shop-ui", "dependencies": {"jquery": "1"}}"#, false),
            ("shop/package.json", r#"{"name": "shop", "private": true, "devDependencies": {"terser": "5"}}"#, true),
            ("shop/package.json", r#"{"name": "shop", "private": true, "dependencies": {"express": "4"}}"#, false),
            ("shop/package.json", r#"{"main": "index.js"}"#, false),
            ("shop/package.json", r#"{"workspaces": ["a"]}"#, false),
            ("web/package.json", r#"{"dependencies": {"jquery": "1"}}"#, false),
            ("package.json", r#"{"dependencies": {"jquery": "1"}}"#, false),
        ];
        for (path, text, expected) in table {
            let manifest = crate::facts::npm::package_json(path, text).expect("it is read");
            assert_eq!(is_of_a_package(&manifest, |folder| folder != "web"), expected, "{path} {text}");
        }
    }

    #[test]
    fn a_path_never_leaves_the_repository() {
        assert_eq!(resolve("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(resolve("a", "..").as_deref(), Some("."));
        assert_eq!(resolve(".", "../x"), None);
    }
}
