//! What is deployed of a repository whose manifests Argo CD or Flux apply: what their Applications and Kustomizations
//! reach, through the kustomizations of Kustomize.
//!
//! A manifest that stands in such a repository and is reached by nothing was parked or left behind. What people apply by
//! hand is not written down, so this is believed only where such documents name most of the manifests.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::audit::dispatch::Dispatch;
use crate::audit::inspect::Outcome;
use crate::condition::applies::Applied;
use crate::condition::kinds::{Kinds, Reached};
use crate::condition::matches::LeafId;
use crate::repo::{Repo, folder_of, upward};

/// The part of all manifests that documents which deploy must name, be they deployed or not, as numerator and denominator.
const COVERED: (usize, usize) = (2, 3);
/// Fewest documents that deploy.
const FEWEST: usize = 3;
/// Most files that name others; a tree with more is left as it is.
const MOST: usize = 4096;

/// What a file says about others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// Whether it deploys what it names, or only lists it.
    pub(crate) deploys: bool,
    pub(crate) applied: Vec<Applied>,
}

/// Takes the answers of documents away that nothing deploys, where nearly all others are.
pub(crate) fn settle(results: &mut [Outcome], repo: &Repo, dispatch: &Dispatch) {
    let of_production = results.iter_mut().enumerate().filter(|(_, outcome)| outcome.role.is_production());
    let named = of_production.filter_map(|(file, outcome)| Some((file, *outcome.given.as_mut()?.names.take()?)));
    let nodes: BTreeMap<usize, Names> = named.collect();
    let deploying = nodes.values().filter(|names| names.deploys).count();
    if deploying < FEWEST || nodes.len() > MOST {
        return;
    }
    let paths: Vec<&str> = repo.files().iter().map(|file| file.path.as_ref()).collect();
    let exempt = exempt_folders(&paths);
    let concerns = |file: &usize| paths.get(*file).is_some_and(|path| !is_below(path, &exempt));
    let is_manifest = |outcome: &Outcome| outcome.is_manifest && outcome.role.is_production();
    let manifests = results.iter().enumerate().filter(|(_, outcome)| is_manifest(outcome)).map(|(file, _)| file);
    let manifests: Vec<usize> = manifests.filter(concerns).collect();
    let graph = Graph::new(&paths, &nodes);
    let named = graph.all_behind(nodes.keys().copied().filter(|file| graph.deploys(*file) && !graph.may_be_all(*file)));
    let covered = manifests.iter().filter(|file| named.contains(file)).count();
    if covered * COVERED.1 < manifests.len() * COVERED.0 {
        return;
    }
    let reached = graph.reached();
    let silent = silent(dispatch);
    for file in manifests.into_iter().filter(|file| !reached.contains(file)) {
        if let Some(given) = results.get_mut(file).and_then(|outcome| outcome.given.as_deref_mut()) {
            given.found.retain(|(leaf, _)| !silent.contains(leaf));
            given.rows.retain(|(leaf, _)| !silent.contains(leaf));
        }
    }
}

/// The conditions that ask documents which others must apply.
fn silent(dispatch: &Dispatch) -> HashSet<LeafId> {
    let of_kind = |(entry, leaves): (&usize, &Vec<LeafId>)| {
        let counts = Kinds::get().entry(*entry).is_some_and(|kind| kind.reached.is_some());
        if counts { leaves.clone() } else { Vec::new() }
    };
    dispatch.by_kind.iter().flat_map(of_kind).collect()
}

/// The folders of which another tool says what is applied.
fn exempt_folders<'a>(paths: &[&'a str]) -> BTreeSet<&'a str> {
    let reached: Vec<&Reached> = Kinds::get().iter().filter_map(|kind| kind.reached.as_ref()).collect();
    let marks = |path: &&&str| {
        let name = path.rsplit('/').next();
        reached.iter().any(|reached| reached.unless_below.iter().any(|file| Some(file.as_str()) == name))
    };
    paths.iter().filter(marks).map(|path| folder_of(path)).collect()
}

fn is_below(path: &str, folders: &BTreeSet<&str>) -> bool {
    upward(folder_of(path)).any(|folder| folders.contains(folder))
}

/// Files that name others.
struct Graph<'a> {
    paths: &'a [&'a str],
    nodes: &'a BTreeMap<usize, Names>,
    /// The list of each folder that has one.
    lists: BTreeMap<&'a str, usize>,
    /// The repository that the most documents which deploy name: this one.
    own: Option<&'a str>,
}

impl<'a> Graph<'a> {
    fn new(paths: &'a [&'a str], nodes: &'a BTreeMap<usize, Names>) -> Self {
        let list = |(file, names): (&usize, &Names)| {
            let folder = folder_of(paths.get(*file)?);
            (!names.deploys).then_some((folder, *file))
        };
        let mut of: BTreeMap<&str, usize> = BTreeMap::new();
        for one in nodes.values().flat_map(|names| &names.applied).filter_map(|applied| applied.of.as_deref()) {
            *of.entry(one).or_default() += 1;
        }
        let own = of.into_iter().max_by_key(|(_, times)| *times).map(|(one, _)| one);
        Self { paths, nodes, lists: nodes.iter().filter_map(list).collect(), own }
    }

    fn deploys(&self, file: usize) -> bool {
        self.nodes.get(&file).is_some_and(|names| names.deploys)
    }

    /// Whether a file names something of which nothing is known: all files may be meant.
    fn may_be_all(&self, file: usize) -> bool {
        let is_all = |applied: &Applied| applied.path.is_empty() && applied.then.as_deref() == Some("");
        self.nodes.get(&file).is_some_and(|names| names.applied.iter().any(is_all))
    }

    /// Whether a list lies below the folder of one of these: that one says whether it counts.
    fn is_below(&self, file: usize, lists: &HashSet<usize>) -> bool {
        let mut above = upward(self.folder_of(file)).skip(1).filter_map(|folder| self.lists.get(folder));
        !self.deploys(file) && above.any(|list| lists.contains(list))
    }

    /// All files that something deploys: what is applied first and what that leads to. Where this reaches fewer than half of
    /// all documents that deploy, each of those is applied by somebody.
    fn reached(&self) -> HashSet<usize> {
        let deploying: Vec<usize> = self.nodes.keys().copied().filter(|file| self.deploys(*file)).collect();
        let (mut reached, beside) = self.begun(&deploying);
        let (near, left): (Vec<usize>, Vec<usize>) = deploying
            .iter()
            .filter(|file| !reached.contains(*file))
            .partition(|file| beside.contains(self.folder_of(**file)));
        reached.extend(self.all_behind(near));
        if left.len() * 2 > deploying.len() {
            reached.extend(self.all_behind(left));
        }
        reached
    }

    /// What the documents lead to that others which deploy follow from, those with the most of them first; and the folders
    /// of such documents where no list says what counts there.
    fn begun(&self, deploying: &[usize]) -> (HashSet<usize>, BTreeSet<&'a str>) {
        let behind = |file: &usize| {
            let behind = self.all_behind([*file]);
            let others = deploying.iter().filter(|other| *other != file && behind.contains(other)).count();
            (others > 0).then_some((self.may_be_all(*file), Reverse(others), *file, behind))
        };
        let mut governing: Vec<_> = self.nodes.keys().filter_map(behind).collect();
        governing.sort_by_key(|(may_be_all, others, file, _)| (*may_be_all, *others, *file));
        let all: HashSet<usize> = governing.iter().map(|(_, _, file, _)| *file).collect();
        let (mut reached, mut beside) = (HashSet::new(), BTreeSet::new());
        for (may_be_all, _, file, behind) in governing {
            let may_begin = reached.is_empty() || !(may_be_all || self.is_below(file, &all));
            if may_begin && !reached.contains(&file) {
                reached.extend(behind);
                beside.extend(Some(self.folder_of(file)).filter(|folder| !self.lists.contains_key(folder)));
            }
        }
        (reached, beside)
    }

    fn folder_of(&self, file: usize) -> &'a str {
        self.paths.get(file).map_or("", |path| folder_of(path))
    }

    /// Files and what they lead to.
    fn all_behind(&self, start: impl IntoIterator<Item = usize>) -> HashSet<usize> {
        let mut open: Vec<usize> = start.into_iter().collect();
        let mut seen: HashSet<usize> = open.iter().copied().collect();
        let mut asked: HashSet<&Applied> = HashSet::new();
        while let Some(names) = open.pop().map(|file| self.nodes.get(&file)) {
            for applied in names.into_iter().flat_map(|names| &names.applied) {
                if asked.insert(applied) {
                    open.extend(self.leads_to(applied).into_iter().filter(|file| seen.insert(*file)));
                }
            }
        }
        seen
    }

    fn leads_to(&self, applied: &Applied) -> Vec<usize> {
        let path = applied.path.as_str();
        if let Some(then) = &applied.then {
            return self.beginning_with(path).filter(|file| self.goes_on(*file, path.len(), then)).collect();
        }
        if let Ok(file) = self.paths.binary_search(&path) {
            return vec![file];
        }
        // The root of another repository is not that of this one.
        let is_own = applied.of.is_none() || applied.of.as_deref() == self.own;
        if path.is_empty() && !is_own { Vec::new() } else { self.folder(path) }
    }

    /// Whether the path of a file holds `then` behind byte `from`, as whole names.
    fn goes_on(&self, file: usize, from: usize, then: &str) -> bool {
        let rest = self.paths.get(file).and_then(|path| path.get(from..)).unwrap_or_default();
        let ends = |at: usize| matches!(rest.as_bytes().get(at + then.len()), None | Some(b'/'));
        then.is_empty() || rest.match_indices(then).any(|(at, _)| ends(at))
    }

    fn beginning_with(&self, begin: &str) -> impl Iterator<Item = usize> {
        let from = self.paths.partition_point(|path| *path < begin);
        let count = self.paths.iter().skip(from).take_while(|path| path.starts_with(begin)).count();
        from..from + count
    }

    /// What is applied with a folder: what its list says, or all in it, where folders below it may have lists in turn.
    fn folder(&self, folder: &str) -> Vec<usize> {
        if let Some(list) = self.lists.get(folder) {
            return vec![*list];
        }
        let begin = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let counts = |file: &usize| {
            let Some(path) = self.paths.get(*file) else { return false };
            let within = upward(folder_of(path)).take_while(|above| above.len() > folder.len());
            within.filter_map(|above| self.lists.get(above)).last().is_none_or(|list| list == file)
        };
        self.beginning_with(&begin).filter(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(deploys: bool, applied: &[&str]) -> Names {
        let applied = applied.iter().map(|path| Applied {
            path: path.trim_end_matches('*').to_owned(),
            then: path.ends_with('*').then(String::new),
            of: None,
        });
        Names { deploys, applied: applied.collect() }
    }

    /// The files that are left, where these deploy (`!`) or list what stands behind them.
    fn left<'a>(files: &[&'a str], written: &[(&str, &[&str])]) -> Vec<&'a str> {
        let mut files = files.to_vec();
        files.sort_unstable();
        let nodes = written.iter().map(|(name, applied)| {
            let file = files.binary_search(&name.trim_start_matches('!')).unwrap();
            (file, names(name.starts_with('!'), applied))
        });
        let nodes: BTreeMap<usize, Names> = nodes.collect();
        let reached = Graph::new(&files, &nodes).reached();
        files.iter().enumerate().filter(|(file, _)| !reached.contains(file)).map(|(_, path)| *path).collect()
    }

    const APPLICATIONS: &[&str] = &[
        "argo/kustomization.yaml",
        "argo/root.yaml",
        "argo/a.yaml",
        "argo/b.yaml",
        "argo/c.yaml",
        "argo/old.yaml",
        "apps/a/web.yaml",
        "apps/b/kustomization.yaml",
        "apps/b/web.yaml",
        "apps/b/parked.yaml",
        "apps/c/deep/web.yaml",
        "apps/old/web.yaml",
    ];

    #[test]
    fn what_nothing_deploys_is_left() {
        let all: &[(&str, &[&str])] = &[
            ("argo/kustomization.yaml", &["argo/a.yaml", "argo/b.yaml", "argo/c.yaml"]),
            ("!argo/root.yaml", &["argo"]),
            ("!argo/a.yaml", &["apps/a"]),
            ("!argo/b.yaml", &["apps/b"]),
            ("!argo/c.yaml", &["apps/c"]),
            ("!argo/old.yaml", &["apps/old"]),
            ("apps/b/kustomization.yaml", &["apps/b/web.yaml"]),
        ];
        assert_eq!(left(APPLICATIONS, all), ["apps/b/parked.yaml", "apps/old/web.yaml", "argo/old.yaml"]);
        // Without one from whom the others follow, each is applied by somebody.
        let flat = all.iter().filter(|(name, _)| !name.contains("root") && !name.starts_with("argo/k")).copied();
        let flat: Vec<_> = flat.collect();
        let left = left(APPLICATIONS, &flat);
        assert_eq!(left, ["apps/b/parked.yaml", "argo/kustomization.yaml", "argo/root.yaml"]);
    }

    #[test]
    fn a_circle_of_names_ends() {
        let files = ["c/kustomization.yaml", "c/sync.yaml", "c/a.yaml", "c/x/web.yaml", "y/web.yaml"];
        let all: &[(&str, &[&str])] = &[
            ("c/kustomization.yaml", &["c/sync.yaml", "c/a.yaml"]),
            ("!c/sync.yaml", &["c"]),
            ("!c/a.yaml", &["c/x"]),
        ];
        assert_eq!(left(&files, all), ["y/web.yaml"]);
    }

    #[test]
    fn the_list_of_an_outer_folder_decides_about_those_within() {
        let files =
            ["k.yaml", "a/k.yaml", "a/sync.yaml", "a/app/web.yaml", "b/k.yaml", "b/sync.yaml", "b/app/web.yaml"];
        let all: &[(&str, &[&str])] = &[
            ("k.yaml", &["a"]),
            ("a/k.yaml", &["a/sync.yaml"]),
            ("!a/sync.yaml", &["a/app"]),
            ("b/k.yaml", &["b/sync.yaml"]),
            ("!b/sync.yaml", &["b/app"]),
        ];
        assert_eq!(left(&files, all), ["b/app/web.yaml", "b/k.yaml", "b/sync.yaml"]);
        assert!(left(&files, all.get(1..).unwrap()).iter().all(|file| *file == "k.yaml"));
    }

    #[test]
    fn a_pattern_of_a_document_begins_nothing() {
        let files = ["a.yaml", "apps/x.yaml", "x/web.yaml", "t/pattern.yaml", "y/web.yaml"];
        let all: &[(&str, &[&str])] = &[("!a.yaml", &["apps"]), ("!apps/x.yaml", &["x"]), ("!t/pattern.yaml", &["*"])];
        assert_eq!(left(&files, all), ["t/pattern.yaml", "y/web.yaml"]);
    }

    #[test]
    fn a_placeholder_stands_for_all_that_begins_so() {
        let files = ["set.yaml", "apps/a/web.yaml", "apps/b/web.yaml", "lab/web.yaml"];
        assert_eq!(left(&files, &[("!set.yaml", &["apps/*"])]), ["lab/web.yaml"]);
        assert!(left(&files, &[("!set.yaml", &["*"])]).is_empty());
    }

    #[test]
    fn the_root_of_another_repository_is_not_ours() {
        let of = |of: &str, path: &str| Applied { path: path.to_owned(), then: None, of: Some(of.to_owned()) };
        let files = ["a.yaml", "apps/a.yaml", "z.yaml"];
        let deploys = |applied: Vec<Applied>| Names { deploys: true, applied };
        let nodes = BTreeMap::from([
            (0, deploys(vec![of("ours", "apps"), of("ours", "apps")])),
            (2, deploys(vec![of("theirs", "")])),
        ]);
        let reached = Graph::new(&files, &nodes).all_behind([2]);
        assert_eq!(reached, HashSet::from([2]));
    }
}
