//! `settings.gradle` and `settings.gradle.kts`: which folders belong to the build.

use std::collections::HashMap;

use crate::format::{FormatError, Limits};

use super::super::package::Manifest;
use super::build::plugin;
use super::token::{Kind, Token, tokens};
use super::walk::{arguments, head, statements};

/// Reads a `settings.gradle` or `settings.gradle.kts`. Modules become folders of the workspace (`:a:b` is `a/b`, unless
/// its `projectDir` is set); builds that are included and version catalogues become includes.
pub fn settings_gradle(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let tokens = tokens(text);
    let mut manifest = Manifest::new(path, "maven");
    let mut modules: Vec<&str> = Vec::new();
    let mut folders: HashMap<&str, String> = HashMap::new();
    statements(&tokens, &mut |block, start, end| {
        let statement = head(&tokens, start, end);
        match statement {
            [first, ..] if first.is_word("include") => {
                manifest.workspace_root = true;
                include(&mut manifest, &mut modules, &tokens, start, end);
            }
            [first, ..] if first.is_word("includeBuild") => {
                manifest.includes.extend(plain_texts(statement).last().map(str::to_owned));
            }
            [root, dot, name, ..] if root.is_word("rootProject") && dot.is(".") && name.is_word("name") => {
                manifest.name = plain_texts(statement).last().map(str::to_owned);
            }
            [project, open, module, ..] if project.is_word("project") && open.is("(") && module.kind == Kind::Text => {
                let is_folder = statement.iter().any(|word| word.is_word("projectDir"));
                if let Some(folder) = folder_in(statement).filter(|_| is_folder) {
                    folders.insert(module.text.trim_start_matches(':'), folder);
                }
            }
            [from, ..] if from.is_word("from") && statement.iter().any(|word| word.is_word("files")) => {
                manifest.includes.extend(plain_texts(statement).map(str::to_owned));
            }
            _ if block.name == "plugins" && !block.is_managed => plugin(&mut manifest, text, statement),
            _ => {}
        }
    });
    manifest.workspace = modules
        .into_iter()
        .map(|module| folders.get(module).cloned().unwrap_or_else(|| module.replace(':', "/")))
        .collect();
    Ok(manifest)
}

/// `include 'a', ':b:c'` or `include("a", ":b:c")`.
fn include<'a>(manifest: &mut Manifest, modules: &mut Vec<&'a str>, tokens: &[Token<'a>], start: usize, end: usize) {
    let (from, to) = match tokens.get(start + 1) {
        Some(open) if open.is("(") => (start + 2, open.close.min(end)),
        _ => (start + 1, end),
    };
    for (first, behind) in arguments(tokens, from, to) {
        let is_single = tokens.get(first + 1..behind).is_some_and(|rest| rest.iter().all(|it| it.kind == Kind::Line));
        match tokens.get(first) {
            Some(module) if module.kind == Kind::Text && !module.is_template && is_single => {
                modules.push(module.text.trim_matches(':'));
            }
            Some(other) => manifest.unread.push(format!("module {} is computed", other.text)),
            None => {}
        }
    }
}

fn plain_texts<'t, 'a: 't>(statement: &'t [Token<'a>]) -> impl Iterator<Item = &'a str> + 't {
    statement.iter().filter(|token| token.kind == Kind::Text && !token.is_template).map(|token| token.text)
}

/// The folder that a `projectDir` is set to: the last text, without the root folder before it.
fn folder_in(statement: &[Token<'_>]) -> Option<String> {
    let last = statement.iter().skip(3).rfind(|token| token.kind == Kind::Text)?;
    let roots = ["$rootDir/", "${rootDir}/", "$settingsDir/", "${settingsDir}/", "./"];
    let folder = roots.iter().find_map(|root| last.text.strip_prefix(root)).unwrap_or(last.text);
    (!folder.contains('$')).then(|| folder.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_become_folders() {
        let text = r#"
pluginManagement { plugins { id 'io.managed' version '1' } includeBuild('build-logic') }
plugins { id("org.gradle.toolchains.foojay-resolver-convention") version "0.8.0" }
rootProject.name = 'shop'
include 'api', ':libs:core',
        'web' // the site
// include 'old'
include(":worker")
include(
    ":jobs:mail",
    ":jobs:report",
)
project(':web').projectDir = new File(settingsDir, 'frontend/web')
include "dynamic-$name"
dependencyResolutionManagement {
    versionCatalogs { create("libs") { from(files("../gradle/libs.versions.toml")) } }
}
"#;
        let manifest = settings_gradle("settings.gradle", text).unwrap();
        let expected = ["api", "libs/core", "frontend/web", "worker", "jobs/mail", "jobs/report"];
        assert_eq!(manifest.workspace, expected);
        assert!(manifest.workspace_root);
        assert_eq!(manifest.name.as_deref(), Some("shop"));
        assert_eq!(manifest.includes, ["build-logic", "../gradle/libs.versions.toml"]);
        assert_eq!(manifest.tools, ["plugin:org.gradle.toolchains.foojay-resolver-convention"]);
        assert_eq!(manifest.unread, ["module dynamic-$name is computed"]);
    }

    #[test]
    fn a_single_project_heads_no_workspace() {
        let manifest = settings_gradle("settings.gradle.kts", "rootProject.name = \"one\"\n").unwrap();
        assert!(!manifest.workspace_root && manifest.workspace.is_empty());
    }
}
