//! Which manifest reader a path belongs to: formats are code, so this table is too.

use crate::facts::package::Manifest;
use crate::facts::{cargo, dart, go, gradle, hex, maven, npm, nuget, php, python, ruby};
use crate::format::FormatError;

/// A manifest reader.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// Reads the text of the file at a path.
    pub read: fn(&str, &str) -> Result<Manifest, FormatError>,
    /// Whether such a file makes its folder a component.
    pub root: bool,
}

/// Words without one of which a file of a name is something else: a module named `setup.py` that sets something else up.
const NEEDED: &[(&str, &[&str])] =
    &[("setup.py", &["setup("]), ("setup.py", &["setuptools", "distutils", "skbuild", "import setup"])];

/// Whether the text of the file at `path` can be the manifest that its name says.
pub fn is_manifest(path: &str, text: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    NEEDED.iter().all(|(known, words)| *known != name || words.iter().any(|word| text.contains(word)))
}

type Read = fn(&str, &str) -> Result<Manifest, FormatError>;

/// File names, readers, and whether they make a component.
const BY_NAME: &[(&str, Read, bool)] = &[
    ("package.json", npm::package_json, true),
    ("pnpm-workspace.yaml", npm::pnpm_workspace, false),
    ("pyproject.toml", python::pyproject, true),
    ("setup.py", python::setup_py, true),
    ("setup.cfg", python::setup_cfg, false),
    ("Pipfile", python::pipfile, true),
    ("Gemfile", ruby::gemfile, true),
    ("composer.json", php::composer_json, true),
    ("go.mod", go::go_mod, true),
    ("go.work", go::go_work, false),
    ("Cargo.toml", cargo::cargo_toml, true),
    ("pom.xml", maven::pom_xml, true),
    ("build.gradle", gradle::build_gradle, true),
    ("build.gradle.kts", gradle::build_gradle, true),
    ("settings.gradle", gradle::settings_gradle, false),
    ("settings.gradle.kts", gradle::settings_gradle, false),
    ("Directory.Packages.props", nuget::directory_packages_props, false),
    ("packages.config", nuget::packages_config, false),
    ("mix.exs", hex::mix_exs, true),
    ("pubspec.yaml", dart::pubspec_yaml, true),
];

/// File endings, readers, and whether they make a component.
const BY_ENDING: &[(&str, Read, bool)] = &[
    (".gemspec", ruby::gemspec, true),
    (".csproj", nuget::csproj, true),
    (".fsproj", nuget::csproj, true),
    (".vbproj", nuget::csproj, true),
    (".sln", nuget::sln, false),
];

/// The reader of the manifest at `path`, if it is one.
pub fn reader_for(path: &str) -> Option<Reader> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let by_name = BY_NAME.iter().find(|(known, ..)| *known == name);
    let by_ending = || BY_ENDING.iter().find(|(ending, ..)| name.ends_with(ending));
    if let Some(&(_, read, root)) = by_name.or_else(by_ending) {
        return Some(Reader { read, root });
    }
    is_requirements(path, name).then_some(Reader { read: python::requirements, root: !path.contains("requirements/") })
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements/base.txt`, `requirements.in`.
fn is_requirements(path: &str, name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in")) else { return false };
    let in_folder = path.rsplit_once('/').is_some_and(|(folder, _)| folder.rsplit('/').next() == Some("requirements"));
    in_folder
        || stem == "requirements"
        || stem.starts_with("requirements-")
        || stem.starts_with("requirements_")
        || stem.starts_with("requirements.")
        || stem.ends_with("-requirements")
        || stem.ends_with("_requirements")
}

#[cfg(test)]
mod tests {
    use super::reader_for;

    #[test]
    fn manifests_are_known_by_name_and_namesakes_are_not() {
        for path in
            ["package.json", "a/requirements-dev.txt", "requirements/base.txt", "x/A.csproj", "dev-requirements.txt"]
        {
            assert!(reader_for(path).is_some(), "{path}");
        }
        for path in ["package.json5", "docs/requirements.md", "notes.txt", "mypackage.json"] {
            assert!(reader_for(path).is_none(), "{path}");
        }
        assert!(!reader_for("requirements/base.txt").unwrap().root);
    }
}
