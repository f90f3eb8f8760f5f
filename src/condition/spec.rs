//! The YAML shape of a condition, as rule authors write it. What it means is compiled in `plan.rs`.
//!
//! One struct serves every place where a condition may stand, so that an editor completes all of it and a misspelt key
//! is an error with the list of those that exist. Which keys may stand where (`grade` only under `require`, `id` only
//! under `forbid`) is checked when the rule is compiled.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::code::CodeSpec;
use crate::condition::related::RelatedSpec;
use crate::condition::value::ValueSpec;
use crate::facts::model::{Kind, Proof};
use crate::facts::package::{Pin, Scope as PackageScope};
use crate::repo::Role;

/// A condition, with what its place in the rule adds to it. Exactly one of the question keys must be given.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clause {
    /// Does a path exist?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<FileSpec>>,
    /// Does a regular expression match?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<TextSpec>>,
    /// Which nodes of documents of a kind fulfil, or do not fulfil, a schema?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Arc<ValueSpec>>,
    /// Which nodes have, or lack, counterparts in other documents?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related: Option<Arc<RelatedSpec>>,
    /// Does a syntax pattern match?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Box<CodeCondition>>,
    /// Is there a direct dependency?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<Box<PackageSpec>>,
    /// Does the component use a technology, by name or category?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technology: Option<String>,
    /// What is the component?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Box<ComponentSpec>>,
    /// What did a rule's `text` patterns find in commits, that is not in the files any more? Needs `--history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Box<HistorySpec>>,
    /// One of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<Clause>>,
    /// All of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<Clause>>,
    /// The opposite of this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<Clause>>,

    /// Where the match may lie, seen from the component that is judged. Default: component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// With `technology`: the proof that counts as yes. Default: used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Under `require`: what a match is worth. Default: full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// Under `forbid`: the name of the pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Under `forbid`: the harm, at most the rule's. Default: the rule's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Under `forbid`: how sure a match is a violation. Default: the rule's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// Under `forbid`: in files of these roles a match is a low finding that costs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lenient_in: Option<Vec<Role>>,
    /// What a match says, with `{capture}` and `{capture|otherwise}` placeholders. Under `require`: what the evidence shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Under `forbid`: what to do, where it differs from the rule's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Clause {
    /// Where it looks: document kinds, globs, languages, packages and technologies, as reports name them.
    pub fn places(&self, found: &mut std::collections::BTreeSet<String>) {
        found.extend(self.file.iter().flat_map(|file| file.paths.iter().cloned()));
        if let Some(text) = &self.text {
            found.extend(text.files.iter().cloned());
            found.extend(text.languages.iter().map(|language| format!("{language} code")));
        }
        found.extend(self.value.iter().map(|value| format!("{} files", value.r#in)));
        found.extend(self.related.iter().map(|related| format!("{} files", related.of.r#in)));
        for code in self.code.iter().flat_map(|code| &code.patterns) {
            found.extend(code.dialects().iter().map(|dialect| format!("{} code", dialect.name())));
        }
        found.extend(self.package.iter().map(|_| "dependencies".to_owned()));
        found.extend(self.technology.iter().map(|name| format!("use of {name}")));
        found.extend(self.history.iter().map(|_| "commits".to_owned()));
        self.members().for_each(|clause| clause.places(found));
    }

    /// Whether it asks for a technology, itself or within.
    pub fn asks_technology(&self) -> bool {
        self.technology.is_some() || self.members().any(Self::asks_technology)
    }

    /// Whether it asks for a secret, itself or within.
    pub fn asks_secret(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.secret.is_some()) || self.members().any(Self::asks_secret)
    }

    /// The clauses that it consists of.
    fn members(&self) -> impl Iterator<Item = &Self> {
        self.any.iter().chain(&self.all).flatten().chain(self.not.as_deref())
    }
}

/// Where a match may lie, seen from a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One document: with `all`, every member must hold in the same file.
    Document,
    /// The component itself and the libraries of this repository that it depends on.
    #[default]
    Component,
    /// The component and the components that it lies in.
    Ancestors,
    /// Anywhere in the repository.
    Repository,
}

/// What a satisfied requirement is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Half-way: it is there, but not all of it or not for certain in production.
    Partial,
    /// It proves the rule.
    #[default]
    Full,
}

/// The harm of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Inconvenient.
    Low,
    /// Will hurt sooner or later.
    Medium,
    /// Hurts users or data when it strikes.
    High,
    /// Can end the product: leaked keys, lost data.
    Critical,
}

impl Severity {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How sure a reported violation is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Probable.
    Medium,
    /// As good as certain.
    High,
}

/// Asks whether a path exists.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FileSpec {
    /// gitignore globs: a name matches at any depth, a leading `/` anchors at the repository root.
    pub paths: Vec<String>,
    /// Whether case is ignored.
    #[serde(default)]
    pub ignore_case: bool,
    /// Roles of the files that count. Default: config and source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// Only files that git tracks (or, without git, that exist).
    #[serde(default)]
    pub tracked: bool,
}

/// Asks whether a regular expression matches.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TextSpec {
    /// Rust `regex` syntax over bytes; Unicode classes are off. Named groups are captures.
    pub pattern: String,
    /// Literals, compared without case; the pattern is tried only around one of them.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// gitignore globs of the files to look in. Default: all.
    #[serde(default)]
    pub files: Vec<String>,
    /// Roles of the files to look in. Default: config and source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
    /// Languages of the files to look in (names of `rules/languages.yml`). Default: all.
    #[serde(default)]
    pub languages: Vec<String>,
    /// How much text around a keyword the pattern sees. Default: line.
    #[serde(default)]
    pub window: Window,
    /// Whether matches in comments count. Default: no, where the grammar is known.
    #[serde(default)]
    pub comments: bool,
    /// The match is a secret: the group `secret`, or the whole match, is never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretSpec>,
    /// A match is dropped when one of these matches it (a `secret` pattern: its value). `@name` is a list of
    /// `rules/tables/allow.yml`.
    #[serde(default)]
    pub allow: Vec<String>,
    /// A match is dropped when one of these matches its line.
    #[serde(default)]
    pub allow_line: Vec<String>,
    /// A match is dropped when one of these matches its group `name`.
    #[serde(default)]
    pub allow_name: Vec<String>,
    /// A keyword counts only in a name that is given a value right behind it: cheap enough for common words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<Assigned>,
}

/// What must stand behind a name that holds a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Assigned {
    /// `=`, `:`, `=>`, `(`, `,`, `>` or the like.
    Any,
    /// The same, and behind it a quotation mark or the text of an XML element.
    Quoted,
}

/// How much text a pattern sees around a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// The line, at most 4 KiB around the keyword.
    #[default]
    Line,
    /// From 1 KiB before the keyword to 16 KiB behind it; blocks that touch are one.
    Block,
    /// The whole file, once.
    File,
}

/// How a secret is recognised and hidden.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretSpec {
    /// How many leading characters identify the type and may be shown.
    #[serde(default)]
    pub shown: usize,
    /// Least Shannon entropy of the value, in bits per character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    /// A check digit of the token: a value that passes is of high confidence, one that fails of low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// What the value must decode to. Of a JSON web token, `allow` also sees header and claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decode: Option<Decode>,
    /// How the value is written: `allow`, `entropy` and `looks` then judge what it says once that is undone, and all other
    /// secret patterns are tried on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoded: Option<Encoding>,
    /// What the value must look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<Looks>,
    /// It gives way: where another secret pattern found something that shares a byte with the value, this one is silent.
    #[serde(default)]
    pub general: bool,
    /// The file is the secret, as a key file is: where all files that name it have roles of `lenient-in`, it has theirs.
    #[serde(default)]
    pub file: bool,
}

/// How a value may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Text in base64, of either alphabet.
    Base64,
    /// `user:password` in base64; the password is judged.
    Base64Pair,
    /// Percent-encoding, as in URLs.
    Percent,
}

/// What a value without a shape of its own must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Looks {
    /// Drawn by a machine: far from everything that people write.
    Random,
    /// Made up by a person: signs of several classes, or letters that are no words.
    Password,
}

/// Published check digits of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// The last six characters are the CRC-32 (IEEE) of the characters between the first `_` and them, in base 62
    /// (`0-9A-Za-z`), padded with zeros: GitHub and npm.
    Crc32Base62,
    /// The last seven characters are the CRC-32 of all before them, in base 36 (`0-9a-z`).
    Crc32Base36,
    /// The last eight characters are the CRC-32 of what stands between the last `_` and them, in hexadecimal.
    Crc32Hex,
}

/// What a value must decode to, to be what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decode {
    /// A PEM block with a body of base64.
    Pem,
    /// A JSON web token that ends on the day of the audit or later.
    JwtLiving,
    /// A JSON web token that names no end.
    JwtLasting,
    /// A JSON web token that has ended.
    JwtExpired,
}

/// A syntax pattern and the files to look in.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CodeCondition {
    /// The pattern, per language. One match of one of them is enough.
    pub patterns: Vec<Arc<CodeSpec>>,
    /// gitignore globs of the files to look in. Default: all of the language.
    #[serde(default)]
    pub files: Vec<String>,
    /// Roles of the files to look in. Default: config and source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Role>>,
}

/// Asks for a direct dependency.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackageSpec {
    /// `type/name` of package URL, unescaped, with `*`: `npm/@sentry/*`, `pypi/django`.
    pub names: Vec<String>,
    /// Scopes that count. Default: runtime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<PackageScope>>,
    /// Pins that count. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pins: Option<Vec<Pin>>,
}

/// Asks what the patterns of a rule find in the history.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HistorySpec {
    /// The rule, `area/name`. Its `text` patterns for secrets are asked about every version of every file that a commit
    /// holds; what the files still hold is left to that rule. A match has the severity and the confidence of the pattern,
    /// and the captures `commit`, `date`, `state` (whether HEAD still holds it) and `says` (the message of the pattern)
    /// beside those of the pattern.
    pub of: String,
}

/// Asks what the component is.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ComponentSpec {
    /// One of these kinds.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// A sub-fact of `rules/components.yml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
}
