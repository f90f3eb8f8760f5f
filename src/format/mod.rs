//! One file per syntax; each reads text into [`Document`]s that keep positions, and none of them touches a disk.
//!
//! Every reader has the same shape, `parse(text, limits) -> documents`, is bounded by [`Limits`], and neither panics
//! nor guesses on hostile input. What a specialist would compute (the stages of a Dockerfile, the commands of a shell
//! line) is computed here once, as members of the tree or as small types beside it.

pub mod certificate;
pub mod dockerfile;
pub mod document;
pub mod dotenv;
pub mod hcl;
pub mod helm;
pub mod ini;
pub mod json;
pub mod limits;
mod lines;
mod members;
pub mod nginx;
mod properties;
pub mod schedule;
pub mod shell;
pub mod toml;
mod verbatim;
pub mod xml;
pub mod yaml;

pub use document::{Data, Document, Fault, Member, Node};
pub use limits::{FormatError, Limits};
pub use verbatim::Verbatim;

use serde::{Deserialize, Serialize};

/// A syntax that `format/` can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Syntax {
    /// YAML 1.2, several documents, Helm templates masked.
    Yaml,
    /// JSON with comments and trailing commas.
    Json,
    /// TOML.
    Toml,
    /// `KEY=value` lines.
    Dotenv,
    /// Dockerfile, Containerfile.
    Dockerfile,
    /// XML.
    Xml,
    /// `[section]` and `key = value` lines.
    Ini,
    /// Java properties.
    Properties,
    /// HCL in Terraform's shape.
    Hcl,
    /// The JSON spelling of the same.
    HclJson,
    /// nginx configuration.
    Nginx,
    /// `process: command` lines.
    Procfile,
    /// `minute hour day month weekday command` lines.
    Crontab,
    /// X.509 certificates in PEM.
    Certificate,
}

/// Reads `text` as `syntax`. All syntaxes but YAML give exactly one document.
pub fn parse(syntax: Syntax, text: &str, limits: &Limits) -> Result<Vec<Document>, FormatError> {
    FormatError::check_size(text, limits)?;
    match syntax {
        Syntax::Yaml => yaml::parse(text, limits),
        Syntax::Json => json::parse(text, limits).map(|document| vec![document]),
        Syntax::Toml => toml::parse(text, limits).map(|document| vec![document]),
        Syntax::Dotenv => dotenv::parse(text, limits).map(|document| vec![document]),
        Syntax::Dockerfile => dockerfile::parse(text, limits).map(|document| vec![document]),
        Syntax::Xml => xml::parse(text, limits).map(|document| vec![document]),
        Syntax::Ini => ini::parse(text, limits).map(|document| vec![document]),
        Syntax::Properties => ini::parse_properties(text, limits).map(|document| vec![document]),
        Syntax::Hcl => hcl::parse(text, limits).map(|document| vec![document]),
        Syntax::Nginx => nginx::parse(text, limits).map(|document| vec![document]),
        Syntax::Procfile => schedule::parse_procfile(text, limits).map(|document| vec![document]),
        Syntax::Certificate => certificate::parse(text, limits).map(|document| vec![document]),
        Syntax::Crontab => schedule::parse_crontab(text, limits).map(|document| vec![document]),
        Syntax::HclJson => hcl::parse_json(text, limits).map(|document| vec![document]),
    }
}
