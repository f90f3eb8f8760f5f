//! The static reading of a Cargo manifest against Cargo itself: the same direct dependencies, with the same scope.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};
use prodready::facts::cargo::cargo_toml;
use prodready::facts::package::Scope;

#[test]
fn cargo_itself_names_the_same_dependencies() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let mut command = MetadataCommand::new();
    let metadata = command.manifest_path(&manifest).no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    let own = metadata.packages.iter().find(|package| package.name.as_str() == "prodready").unwrap();
    let theirs: BTreeSet<(String, &str)> = own
        .dependencies
        .iter()
        .map(|dependency| {
            let scope = match dependency.kind {
                DependencyKind::Development => "development",
                DependencyKind::Build => "build",
                _ => "runtime",
            };
            (dependency.name.clone(), scope)
        })
        .collect();
    let read = cargo_toml("Cargo.toml", &std::fs::read_to_string(&manifest).unwrap()).unwrap();
    let ours: BTreeSet<(String, &str)> = read
        .packages
        .iter()
        .map(|package| {
            let scope = match package.scope {
                Scope::Development | Scope::Test => "development",
                Scope::Build => "build",
                _ => "runtime",
            };
            (package.name.clone(), scope)
        })
        .collect();
    assert_eq!(ours, theirs);
    assert!(ours.len() > 20);
}
