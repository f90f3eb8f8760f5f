//! What a manifest says: the direct dependencies with their scope and pin, and what the manifest declares about itself.

use serde::{Deserialize, Serialize};

use crate::text::Span;

/// What a dependency is for. Only [`Scope::Runtime`] proves that a program uses something in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Needed when the program runs.
    Runtime,
    /// Needed to develop: dev groups, linters.
    Development,
    /// Needed to run tests.
    Test,
    /// Needed to build.
    Build,
    /// Installed only on demand: extras, optional groups.
    Optional,
    /// Expected from whoever uses this package.
    Peer,
}

/// How firmly a requirement names one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// One version (`1.2.3`, `==1.2.3`) or one commit.
    Exact,
    /// A range with a lower bound (`^1.2`, `>=1,<2`, `~> 1.0`).
    Range,
    /// Anything (`*`, `latest`, `x`, a branch), or a lower bound alone with nothing above it.
    Floating,
    /// No version is stated here: a bare name, a managed version, a catalogue entry that was not found.
    Unstated,
    /// A path or workspace member of this repository.
    Local,
}

/// One direct dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// The package URL type: npm, pypi, golang, cargo, gem, composer, maven, nuget, hex, pub.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name, normalised as the package URL type asks (`pypi`: lower case and dashes; `maven`: `group/artifact`;
    /// `npm`: with its scope; `golang`: the module path), unescaped.
    pub name: String,
    /// What it is for.
    pub scope: Scope,
    /// The requirement as written.
    pub requirement: Option<String>,
    /// How firm the requirement is.
    pub pin: Pin,
    /// The bytes of the entry in the manifest: the name where possible.
    #[serde(skip)]
    pub span: Span,
}

/// Something that a manifest makes runnable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryPoint {
    /// What kind it is.
    pub kind: EntryKind,
    /// Its name (`bin` key, console script), or the empty text.
    pub name: String,
    /// What it runs: a file, a module path, a command.
    pub target: String,
    /// Its place in the manifest.
    #[serde(skip)]
    pub span: Span,
}

/// The kinds of entry points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A command that gets installed: npm `bin`, console scripts, `[[bin]]`, executables.
    Command,
    /// What a consumer imports: npm `main`, `exports`, `module`; `[lib]`.
    Library,
    /// A named script of the manifest: npm scripts, composer scripts, poe tasks.
    Script,
}

/// A language or platform version that the manifest asks for (`engines.node`, `requires-python`, `go 1.22`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuntimeRequirement {
    /// node, python, go, rust, ruby, php, java, dotnet, elixir, dart, flutter, npm, pnpm, yarn, bun.
    pub name: String,
    /// As written.
    pub requirement: String,
    /// Its place in the manifest.
    #[serde(skip)]
    pub span: Span,
}

/// One manifest, read statically: nothing in it is executed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Path in the repository.
    pub path: String,
    /// The package URL type of its ecosystem.
    pub ecosystem: &'static str,
    /// The package's own name.
    pub name: Option<String>,
    /// Its own version.
    pub version: Option<String>,
    /// Whether it says that it is not to be published (`"private": true`, `publish = false`); `None` where it is silent.
    pub private: Option<bool>,
    /// Direct dependencies in file order.
    pub packages: Vec<Package>,
    /// Member globs of a workspace that this manifest heads, relative to its folder.
    pub workspace: Vec<String>,
    /// Whether it is the head of a workspace (even of one that lists no member).
    pub workspace_root: bool,
    /// What it makes runnable.
    pub entry_points: Vec<EntryPoint>,
    /// Platform versions that it asks for.
    pub runtimes: Vec<RuntimeRequirement>,
    /// Other files that it includes, relative to its folder (`-r base.txt`, a parent pom, a version catalogue).
    pub includes: Vec<String>,
    /// Whether the manifest is itself the output of a locking tool (every entry exact, and a header or hashes say so).
    pub compiled: bool,
    /// Names of tools that the manifest configures (`[tool.poetry]`, `packageManager: pnpm`, Gradle plugins ids).
    pub tools: Vec<String>,
    /// What could not be read, as lower-case fragments: variables, computed dependencies.
    pub unread: Vec<String>,
}

impl Manifest {
    /// An empty manifest of an ecosystem.
    pub fn new(path: &str, ecosystem: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            ecosystem,
            name: None,
            version: None,
            private: None,
            packages: Vec::new(),
            workspace: Vec::new(),
            workspace_root: false,
            entry_points: Vec::new(),
            runtimes: Vec::new(),
            includes: Vec::new(),
            compiled: false,
            tools: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Adds a direct dependency.
    pub fn push(&mut self, name: impl Into<String>, scope: Scope, requirement: Option<String>, pin: Pin, span: Span) {
        let kind = self.ecosystem;
        self.packages.push(Package { kind, name: name.into(), scope, requirement, pin, span });
    }
}
