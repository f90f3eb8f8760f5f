//! The `related` condition: subjects of one document kind, and what they have, or lack, among the documents of another.
//!
//! Each file gives rows: what it holds of either side, with the keys by which the sides are joined. When all files are
//! read the rows are joined through an index, so that ten thousand of them cost no more than they are long. What cannot
//! be known (an expression, a template, a file that cannot be read) never makes a hit and never saves from one: the
//! answer is unknown.

mod join;
mod keys;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Truth;
use crate::condition::schema::{Definitions, Schema, SchemaError};
use crate::condition::selection::Asked;
use crate::condition::value::{ValueCondition, ValueError, ValueHit, ValueSpec};
use crate::format::Node;
use crate::repo::Role;
use crate::text::Span;

pub use join::{Found, Joined, Unread, join};
pub(crate) use keys::Keys;

/// A `related` condition as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RelatedSpec {
    /// The subjects: nodes of documents of a kind; with `if` or `unless`, those that fulfil it or do not.
    pub of: Arc<ValueSpec>,
    /// Their counterparts. Absent: the other subjects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Arc<ValueSpec>>,
    /// How a subject and a counterpart belong together: one of these.
    pub by: Vec<JoinSpec>,
    /// JSON pointers to what both must have alike; where one of them has nothing, it does not tell them apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same: Vec<String>,
    /// How far apart the two may stand. Default: repository.
    #[serde(default, with = "serde_yaml::with::singleton_map")]
    #[schemars(with = "Within")]
    pub within: Within,
    /// Within one document: the counterpart stands before or after the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Only subjects that have, or may have, one of these are asked, beside those that are in order by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub among: Option<PerhapsSpec>,
    /// What makes the subject a hit.
    #[serde(with = "serde_yaml::with::singleton_map")]
    #[schemars(with = "HitWhen")]
    pub hit_when: HitWhen,
    /// A JSON Schema: a subject that fulfils it is in order by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_by: Option<Value>,
    /// A JSON pointer of a counterpart: one that has something there may not exist, unless the subject has the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// What else could be, or hold, a counterpart: related to one of these, a subject that has none is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub perhaps: Vec<PerhapsSpec>,
}

/// How two nodes belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JoinSpec {
    /// JSON pointer into the subject, or behind a `$` into its document; `key` is the name under which it stands.
    #[serde(default)]
    pub own: String,
    /// JSON pointer into the counterpart, or behind a `$` into its document; `key` is the name under which it stands.
    #[serde(default)]
    pub other: String,
    /// The relation. Default: equality.
    #[serde(default)]
    pub how: How,
}

/// The relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// Both are the same scalar.
    #[default]
    Equals,
    /// One is an item of the other, or they share an item.
    Member,
    /// An expression of the counterpart refers to the subject by its name.
    Referred,
    /// An expression of the subject refers to the counterpart by its name.
    Refers,
    /// The subject's label selector selects the counterpart's labels.
    Selects,
    /// The counterpart's label selector selects the subject's labels.
    Selected,
    /// It is enough that both stand within the same bounds.
    Any,
}

/// How far apart subject and counterpart may stand.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// In one document.
    Document,
    /// In files of one folder.
    Directory,
    /// In one component.
    Component,
    /// Below the nearest folder that holds a document of this kind; files below none stand together.
    Root(String),
    /// Anywhere.
    #[default]
    Repository,
}

impl Within {
    /// Whether templates that are written alike mean the same there.
    const fn is_near(&self) -> bool {
        matches!(self, Self::Document | Self::Directory | Self::Root(_))
    }
}

/// Where a counterpart stands in the document of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Before it.
    Before,
    /// After it.
    After,
}

/// What makes a subject a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HitWhen {
    /// It has a counterpart.
    Exists,
    /// It has none.
    None,
    /// It has so many or more.
    AtLeast(usize),
    /// It has so many or fewer.
    AtMost(usize),
    /// An earlier subject is its counterpart: what should be unique stands twice.
    Repeated,
}

/// What could hold a counterpart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PerhapsSpec {
    /// Which nodes.
    pub to: Arc<ValueSpec>,
    /// How they belong to a subject: one of these. Absent: wherever it stands, it could.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<JoinSpec>,
    /// How far apart the two may stand. Default: as far as subject and counterpart.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "serde_yaml::with::singleton_map_recursive")]
    #[schemars(with = "Option<Within>")]
    pub within: Option<Within>,
}

/// A `related` condition.
#[derive(Debug)]
pub struct RelatedCondition {
    /// As it is written.
    pub spec: Arc<RelatedSpec>,
    /// The subjects, the counterparts, what could be one, and what the subjects must have to be asked.
    sides: Vec<ValueCondition>,
    cleared: OnceLock<Result<Option<Schema>, SchemaError>>,
}

/// One node of one side.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the side: 0 the subjects, 1 their counterparts, then what could be one, at last what a subject must have.
    pub side: usize,
    /// Number of the document in its file.
    pub document: usize,
    /// Whether it is of its side for certain.
    pub certain: bool,
    /// Whether the subject is in order by itself.
    pub(crate) cleared: Truth,
    /// What it shows, and where.
    pub hit: ValueHit,
    /// The keys of each join, the subject's own where the row is one.
    pub(crate) keys: Vec<Keys>,
    /// The other keys of a subject that is also a counterpart.
    pub(crate) mirrored: Vec<Keys>,
    /// What `same` points at.
    pub(crate) same: Vec<Keys>,
    /// What `doubt` points at.
    pub(crate) doubt: Option<String>,
}

impl RelatedCondition {
    /// The condition that `spec` means.
    pub fn new(spec: Arc<RelatedSpec>) -> Result<Self, String> {
        if spec.by.is_empty() {
            return Err("`related.by` is empty".to_owned());
        }
        if spec.order.is_some() && spec.within != Within::Document {
            return Err("`related.order` needs `within: document`".to_owned());
        }
        if spec.among.as_ref().is_some_and(|among| among.by.is_empty()) {
            return Err("`related.among.by` is empty".to_owned());
        }
        if spec.to.is_some() == (spec.hit_when == HitWhen::Repeated) {
            return Err("`related` needs `to`, or `hit-when: repeated` without it".to_owned());
        }
        let to = spec.to.iter().chain(spec.perhaps.iter().chain(&spec.among).map(|perhaps| &perhaps.to));
        let sides = std::iter::once(&spec.of).chain(to).map(|side| ValueCondition::new(Arc::clone(side))).collect();
        Ok(Self { spec, sides, cleared: OnceLock::new() })
    }

    /// The sides: subjects, counterparts, what could be one, what subjects must have.
    pub fn sides(&self) -> impl Iterator<Item = &ValueSpec> {
        self.sides.iter().map(|side| &*side.spec)
    }

    /// Roles of the files whose documents are asked for side number `side`.
    pub fn roles(&self, side: usize) -> Option<&[Role]> {
        let own = self.sides.get(side)?.spec.roles.as_deref();
        own.or(self.spec.of.roles.as_deref())
    }

    /// Compiles all of it, for tests and `rules test`.
    pub fn validate(&self) -> Result<(), ValueError> {
        let fault = |error: &SchemaError| ValueError { part: "cleared-by", message: error.to_string() };
        if let Some(schema) = self.cleared().as_ref().map_err(fault)? {
            schema.validate().map_err(|error| fault(&error))?;
        }
        self.sides.iter().try_for_each(ValueCondition::validate)
    }

    fn cleared(&self) -> &Result<Option<Schema>, SchemaError> {
        self.cleared.get_or_init(|| {
            let written = self.spec.cleared_by.as_ref();
            written.map(|written| Schema::compile(written, Definitions::house())).transpose()
        })
    }

    /// The rows of one document for side number `side`, and the places that hide some.
    pub(crate) fn rows(
        &self,
        side: usize,
        (number, document): (usize, &Asked),
        as_of: Option<Date>,
    ) -> Result<(Vec<Row>, Vec<Span>), ValueError> {
        let Some(condition) = self.sides.get(side) else { return Ok((Vec::new(), Vec::new())) };
        let (root, mut rows) = (&document.root, Vec::new());
        let hidden = condition.each(document, as_of, &mut |truth, node, hit| {
            // Of the subjects' side those count that fulfil the test; one that may or may not is no subject of ours.
            if truth != Truth::False {
                rows.push(self.row(side, number, truth == Truth::True, (root, node), hit()));
            }
        })?;
        Ok((rows, hidden))
    }

    fn row(&self, side: usize, document: usize, certain: bool, (root, node): (&Node, &Node), hit: ValueHit) -> Row {
        let itself = side == 0 && self.spec.to.is_none();
        let keys = |own: bool, joins: &[JoinSpec]| -> Vec<Keys> {
            joins.iter().map(|join| Keys::of(join, own, (root, node), &hit)).collect()
        };
        let pointed = |pointer: &String| node.pointer(pointer);
        let cleared = match self.cleared() {
            Ok(Some(schema)) if side == 0 => schema.judge(node).truth,
            _ => Truth::False,
        };
        Row {
            cleared,
            side,
            document,
            certain,
            keys: if side == 0 {
                self.all_joins().flat_map(|joins| keys(true, joins)).collect()
            } else {
                keys(false, self.joins(side))
            },
            mirrored: if itself { keys(false, &self.spec.by) } else { Vec::new() },
            same: self.spec.same.iter().map(|pointer| Keys::plain(pointed(pointer))).collect(),
            doubt: self.spec.doubt.as_ref().and_then(pointed).map(|node| node.scalar_text().unwrap_or_default()),
            hit,
        }
    }

    /// The joins of each of the other sides, in order: a subject has keys for all of them.
    fn all_joins(&self) -> impl Iterator<Item = &[JoinSpec]> {
        let others = self.spec.perhaps.iter().chain(&self.spec.among);
        std::iter::once(self.spec.by.as_slice()).chain(others.map(|other| other.by.as_slice()))
    }

    /// The joins of a side that is not the subjects'.
    fn joins(&self, side: usize) -> &[JoinSpec] {
        self.other(side).map_or(self.spec.by.as_slice(), |other| other.by.as_slice())
    }

    /// How far from a subject a row of a side may stand.
    pub fn within(&self, side: usize) -> &Within {
        self.other(side).and_then(|other| other.within.as_ref()).unwrap_or(&self.spec.within)
    }

    /// A side that is neither the subjects' nor their counterparts'.
    fn other(&self, side: usize) -> Option<&PerhapsSpec> {
        let number = side.checked_sub(self.first_perhaps())?;
        self.spec.perhaps.iter().chain(&self.spec.among).nth(number)
    }

    /// How many of a subject's keys stand before those for a side.
    fn offset(&self, side: usize) -> usize {
        let Some(number) = side.checked_sub(self.first_perhaps()) else { return 0 };
        self.all_joins().take(number + 1).map(<[JoinSpec]>::len).sum()
    }

    /// The side of what subjects must have, where something is asked of them.
    fn among(&self) -> Option<usize> {
        self.spec.among.as_ref().map(|_| self.first_perhaps() + self.spec.perhaps.len())
    }

    /// The first of the sides that only could be a counterpart.
    fn first_perhaps(&self) -> usize {
        if self.spec.to.is_some() { 2 } else { 1 }
    }
}
