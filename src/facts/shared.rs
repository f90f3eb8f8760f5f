//! Versions that a manifest takes from another file: npm catalogues, Cargo workspaces, Gradle version catalogues, `NuGet`'s
//! central versions. The reader of one manifest leaves them open; here the file above it fills them in. A development
//! version that another manifest gives to itself is a part of the same repository.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::model::{folder_of, join};
use crate::facts::package::{Manifest, Pin};
use crate::facts::{cargo, gradle, npm, nuget};

/// Reads the text of a file of the repository, or `None` where there is none.
pub type TextOf<'a> = &'a dyn Fn(&str) -> Option<String>;

type Resolve = fn(&mut Manifest, &str);

/// Per ecosystem: the files that may hold shared versions, and how they are taken.
const SOURCES: &[(&str, &[&str], Resolve)] = &[
    ("npm", &["pnpm-workspace.yaml"], |manifest, text| {
        let _ = npm::pnpm_catalog(text).map(|catalog| npm::resolve_catalog(manifest, &catalog));
    }),
    ("npm", &["package.json"], |manifest, text| {
        let _ = npm::package_json_catalog(text).map(|catalog| npm::resolve_catalog(manifest, &catalog));
    }),
    ("cargo", &["Cargo.toml"], |manifest, text| {
        let _ = cargo::workspace_dependencies(text).map(|table| cargo::resolve_workspace(manifest, &table));
    }),
    ("maven", &["gradle/libs.versions.toml"], |manifest, text| {
        let _ = gradle::version_catalog(text).map(|catalog| gradle::resolve_catalog(manifest, &catalog));
    }),
    ("nuget", &["Directory.Packages.props"], |manifest, text| {
        let _ = nuget::central_versions(text).map(|versions| nuget::resolve_versions(manifest, &versions));
    }),
];

/// Fills in what the manifests take from files in the folders above them. Each such file is read once.
pub fn resolve(manifests: &mut [Manifest], text_of: TextOf<'_>) {
    let mut texts: BTreeMap<String, Option<String>> = BTreeMap::new();
    for manifest in manifests.iter_mut().filter(|manifest| is_open(manifest)) {
        let own = manifest.ecosystem;
        for (_, names, take) in SOURCES.iter().filter(|(ecosystem, ..)| *ecosystem == own) {
            for path in above(&manifest.path, names) {
                let text = texts.entry(path.clone()).or_insert_with(|| text_of(&path));
                if let Some(text) = text {
                    take(manifest, text);
                }
            }
        }
    }
    adopt(manifests);
}

/// Dependencies on what these manifests build themselves, in the version they give it, come from no registry.
fn adopt(manifests: &mut [Manifest]) {
    let own = manifests
        .iter()
        .filter_map(|manifest| Some((manifest.ecosystem, manifest.name.clone()?, manifest.version.clone()?)));
    let own: BTreeSet<(&str, String, String)> = own.collect();
    for manifest in manifests {
        let ecosystem = manifest.ecosystem;
        for package in manifest.packages.iter_mut().filter(|package| package.pin == Pin::Floating) {
            let Some(version) = &package.requirement else { continue };
            if own.contains(&(ecosystem, package.name.clone(), version.clone())) {
                package.pin = Pin::Local;
            }
        }
    }
}

fn is_open(manifest: &Manifest) -> bool {
    manifest.packages.iter().any(|package| package.pin == Pin::Unstated)
}

/// `names` in the folder of `path` and in all folders above it, nearest first.
fn above(path: &str, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folder = folder_of(path);
    loop {
        found.extend(names.iter().map(|name| join(folder, name)).filter(|candidate| candidate != path));
        if folder == "." {
            return found;
        }
        folder = folder_of(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_takes_its_version_from_the_workspace() {
        let root = "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\nserde = \"1.0.200\"\n";
        let member =
            cargo::cargo_toml("a/Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nserde.workspace = true\n");
        let mut manifests = vec![member.unwrap()];
        resolve(&mut manifests, &|path| (path == "Cargo.toml").then(|| root.to_owned()));
        assert_eq!(manifests[0].packages[0].requirement.as_deref(), Some("1.0.200"));
        assert_eq!(manifests[0].packages[0].pin, Pin::Range);
    }

    #[test]
    fn a_module_beside_comes_from_no_registry() {
        let module = |name: &str, more: &str| {
            let text = format!(
                "<project><groupId>g</groupId><artifactId>{name}</artifactId><version>1.0-SNAPSHOT</version>{more}</project>"
            );
            crate::facts::maven::pom_xml(&format!("{name}/pom.xml"), &text).unwrap()
        };
        let asks = |name: &str, version: &str| {
            format!(
                "<dependency><groupId>g</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
            )
        };
        let wanted =
            [asks("core", "1.0-SNAPSHOT"), asks("core", "2.0-SNAPSHOT"), asks("other", "1.0-SNAPSHOT")].concat();
        let web = module("web", &format!("<dependencies>{wanted}</dependencies>"));
        let mut manifests = vec![module("core", ""), web];
        resolve(&mut manifests, &|_| None);
        let pins: Vec<Pin> = manifests[1].packages.iter().map(|package| package.pin).collect();
        assert_eq!(pins, [Pin::Local, Pin::Floating, Pin::Floating]);
    }

    #[test]
    fn the_nearest_folder_comes_first() {
        assert_eq!(above("a/b/x.json", &["p"]), ["a/b/p", "a/p", "p"]);
    }
}
