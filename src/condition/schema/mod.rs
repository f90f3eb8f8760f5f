//! JSON Schema over position-keeping trees, in three values.
//!
//! A documented subset of draft 2020-12 (the table in `keywords.rs`) is all that rules may use: an unknown keyword or
//! format is an error, so that a typo can never make a rule silent. A node whose value cannot be known makes a
//! judgement unknown, composed by strong Kleene logic. `$ref` has one form, `#/definitions/NAME`, which points into
//! `rules/definitions.yml`; definitions must not go round in circles, so a judgement recurses no deeper than the
//! schema is nested. `pattern` is Rust `regex` syntax, unanchored, and lengths count characters.

mod amounts;
mod compile;
mod cron;
mod definitions;
mod equality;
mod formats;
mod images;
mod judge;
mod keywords;
mod meta;
mod names;
#[cfg(test)]
mod oracle;
#[cfg(test)]
pub(crate) mod sample;
mod suggest;
mod templates;
mod tree;

pub use compile::SchemaError;
pub use definitions::Definitions;
pub use formats::format_names;
pub use judge::Verdict;
pub use meta::meta_schema;
pub use suggest::did_you_mean;
pub use tree::Schema;
