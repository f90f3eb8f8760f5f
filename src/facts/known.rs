//! The facts of one repository as the conditions see them: components, manifests, and which file belongs to what.

use std::sync::OnceLock;

use crate::facts::document::FactsDocument;
use crate::facts::model::{Component, Kind, Place};
use crate::facts::package::{Manifest, Package};
use crate::repo::Role;

/// A manifest and the component that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct ManifestFact {
    /// What it says.
    pub manifest: Manifest,
    /// The role of the file.
    pub role: Role,
    /// Index of its component.
    pub component: usize,
    /// The lockfile that holds for it, where one is committed.
    pub lockfile: Option<Place>,
}

/// A lockfile that is part of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockfile {
    /// Its path.
    pub path: String,
    /// The folder of the manifest that it locks.
    pub folder: String,
    /// The package URL type that it locks.
    pub ecosystem: String,
    /// The tool that wrote it.
    pub tool: String,
    /// Whether git tracks it.
    pub tracked: bool,
}

/// Everything that is known about what the project is.
#[derive(Debug, Default)]
pub struct Facts {
    /// Paths of all files, in the repository's order.
    pub paths: Vec<Box<str>>,
    /// For each file, the index of its component.
    pub component_of: Vec<usize>,
    /// The components, the root first, then by path.
    pub components: Vec<Component>,
    /// The manifests, by path.
    pub manifests: Vec<ManifestFact>,
    /// The lockfiles, by path.
    pub lockfiles: Vec<Lockfile>,
    /// Facts that only the rules' data knows (per ecosystem), merged into the document.
    pub ecosystems: Vec<EcosystemFact>,
    pub(crate) document: OnceLock<FactsDocument>,
    /// For each component, the numbers of its manifests; made when it is first asked for, after all are known.
    pub(crate) manifests_of: OnceLock<Vec<Vec<usize>>>,
}

/// What `rules/ecosystems.yml` says about one ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EcosystemFact {
    /// The package URL type.
    pub ecosystem: String,
    /// Lockfile names, each with the tool that writes it.
    #[serde(default)]
    pub lockfiles: Vec<LockfileName>,
    /// Whether published libraries usually commit their lockfile (Go: yes, its sums are part of the module).
    #[serde(default)]
    pub library_locks: bool,
}

/// A lockfile by name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockfileName {
    /// The file name; with a slash, the path seen from the folder of the manifest.
    pub name: String,
    /// The tool.
    pub tool: String,
    /// Whether several of this tool's files may stand side by side with another tool's without a conflict.
    #[serde(default)]
    pub companion: bool,
}

impl Facts {
    /// The direct dependencies of component `index`, each with the manifest that names it.
    pub fn packages(&self, index: usize) -> impl Iterator<Item = (&Package, &Manifest)> {
        let own = self.manifests_of().get(index).into_iter().flatten();
        let manifests = own.filter_map(|at| self.manifests.get(*at)).map(|fact| &fact.manifest);
        manifests.flat_map(|manifest| manifest.packages.iter().map(move |package| (package, manifest)))
    }

    fn manifests_of(&self) -> &[Vec<usize>] {
        self.manifests_of.get_or_init(|| {
            let mut index = vec![Vec::new(); self.components.len()];
            for (at, fact) in self.manifests.iter().enumerate() {
                index.get_mut(fact.component).into_iter().for_each(|own| own.push(at));
            }
            index
        })
    }

    /// The components whose files and packages count as component `index`: itself and the libraries that it is built
    /// from. What runs by itself speaks for itself.
    pub fn reach(&self, index: usize) -> Vec<usize> {
        let is_part = |other: &usize| {
            self.components
                .get(*other)
                .is_some_and(|component| component.kinds.iter().all(|kind| *kind == Kind::Library))
        };
        let mut reach = vec![index];
        let parts = self.components.get(index).into_iter().flat_map(|component| component.built_from.iter().copied());
        reach.extend(parts.filter(is_part));
        reach
    }

    /// Whether the file at `path` is part of a component that is nothing but an example.
    pub fn is_example(&self, path: &str) -> bool {
        let component = self.component_at(path).and_then(|index| self.components.get(index));
        component.is_some_and(|component| component.kinds == [Kind::Example])
    }

    /// The components that component `index` lies in, itself first, with what they reach.
    pub fn ancestors(&self, index: usize) -> Vec<usize> {
        let Some(component) = self.components.get(index) else { return Vec::new() };
        let mut all = self.reach(index);
        all.extend((0..self.components.len()).filter(|&other| {
            other != index && self.components.get(other).is_some_and(|outer| outer.holds(&component.id))
        }));
        all
    }

    /// The index of the component that owns the file at `path`; the root's for a path that is no file.
    pub fn owner_of(&self, path: &str) -> usize {
        self.component_at(path).unwrap_or_default()
    }

    fn component_at(&self, path: &str) -> Option<usize> {
        self.component_of.get(self.file_at(path)?).copied()
    }

    /// The number of the file at `path`.
    pub(crate) fn file_at(&self, path: &str) -> Option<usize> {
        self.paths.binary_search_by(|known| known.as_ref().cmp(path)).ok()
    }

    /// The facts as one document that rules can ask.
    pub fn document(&self) -> &FactsDocument {
        self.document.get_or_init(|| FactsDocument::of(self))
    }
}
