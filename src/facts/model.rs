//! Components and technologies: what the parts of a repository are, and what they use, each with its proof.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Span;

/// What a component is. One component may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Listens and answers.
    Service,
    /// Runs in the background: queues, schedules.
    Worker,
    /// A user interface in the browser.
    Frontend,
    /// An app on a phone.
    Mobile,
    /// Code for other programs.
    Library,
    /// A command for people.
    Cli,
    /// Infrastructure as code.
    Infrastructure,
    /// A site of files.
    StaticSite,
    /// Documentation.
    Docs,
    /// Shown as an example; nothing operational applies.
    Example,
}

impl Kind {
    /// As people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Worker => "worker",
            Self::Frontend => "frontend",
            Self::Mobile => "mobile app",
            Self::Library => "library",
            Self::Cli => "command-line tool",
            Self::Infrastructure => "infrastructure",
            Self::StaticSite => "static site",
            Self::Docs => "documentation",
            Self::Example => "example",
        }
    }
}

/// How well it is proved that a component uses a technology. The order is the ladder of proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A direct runtime dependency.
    Declared,
    /// Configuration for it exists.
    Configured,
    /// Imported and initialised or registered in code that runs.
    Used,
}

/// A place in the repository that shows something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path of the file.
    pub path: String,
    /// Bytes in the file; `None` is the file as a whole.
    pub span: Option<Span>,
}

impl Place {
    /// A file as a whole.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), span: None }
    }

    /// Some bytes of a file.
    pub fn at(path: impl Into<String>, span: Span) -> Self {
        Self { path: path.into(), span: Some(span) }
    }
}

/// A part of the repository with its own manifest or role.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its folder, `.` for the repository root.
    pub id: String,
    /// What it is, sorted.
    pub kinds: Vec<Kind>,
    /// Languages of its source files, most files first.
    pub languages: Vec<String>,
    /// The places that made it what it is.
    pub because: Vec<Place>,
    /// Facts about it that rules ask for, each with its place.
    pub facts: Vec<(String, Place)>,
    /// What it uses.
    pub technologies: Vec<Technology>,
    /// Indices of the components of this repository that it is built from, itself excluded.
    pub built_from: Vec<usize>,
    /// Whether the user's configuration set its kinds.
    pub overridden: bool,
}

/// Something that a component uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technology {
    /// Its name.
    pub name: String,
    /// Its category.
    pub category: String,
    /// How well that is proved.
    pub proof: Proof,
    /// Where.
    pub place: Place,
    /// What stands there.
    pub shows: String,
    /// Where it is declared, if it is.
    pub declared: Option<Place>,
}

impl Component {
    /// Whether it is one of `kinds`.
    pub fn is_any(&self, kinds: &[Kind]) -> bool {
        self.kinds.iter().any(|kind| kinds.contains(kind))
    }

    /// Whether `path` lies in its folder.
    pub fn holds(&self, path: &str) -> bool {
        folder_holds(&self.id, path)
    }

    /// The best proof of a technology by name or category.
    pub fn technology(&self, name_or_category: &str) -> Option<&Technology> {
        self.technologies
            .iter()
            .filter(|technology| technology.name == name_or_category || technology.category == name_or_category)
            .max_by_key(|technology| technology.proof)
    }
}

/// Whether `path` lies below `folder` (`.` holds everything).
pub fn folder_holds(folder: &str, path: &str) -> bool {
    folder == "." || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') || rest.is_empty())
}

/// The folder of `path`, `.` at the root.
pub fn folder_of(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or(".", |at| &path[..at])
}

/// `name` inside `folder`.
pub fn join(folder: &str, name: &str) -> String {
    if folder == "." { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_its_own_and_no_namesake() {
        assert!(folder_holds("apps/web", "apps/web/src/a.ts"));
        assert!(!folder_holds("apps/web", "apps/website/a.ts"));
        assert!(folder_holds(".", "x"));
        assert_eq!(folder_of("a/b/c"), "a/b");
        assert_eq!(folder_of("c"), ".");
        assert_eq!(join(".", "c"), "c");
    }
}
