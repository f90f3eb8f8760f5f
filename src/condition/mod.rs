//! The vocabulary of rules: each kind of question, its YAML shape and its evaluation.
//!
//! A question that one file can answer (`file`, `text`, `value`, `code`) becomes a leaf of the plan and is answered in
//! the one pass; `package`, `technology` and `component` are answered from the facts; `any`, `all` and `not` compose
//! them in three-valued logic.

pub mod answer;
pub mod applies;
mod assigned;
pub mod code;
pub(crate) mod component;
pub mod evaluate;
mod expression;
mod follows;
pub mod glob;
pub mod guards;
pub mod kinds;
pub mod languages;
mod line_part;
mod listing;
pub mod matches;
pub mod message;
mod once;
pub mod package;
mod path_functions;
mod path_needs;
pub mod plan;
pub mod related;
pub mod schema;
pub mod secret;
pub(crate) mod selection;
pub mod spec;
mod start;
mod steps;
pub(crate) mod technology;
pub mod text;
pub mod truth;
pub mod value;

pub use truth::Truth;
