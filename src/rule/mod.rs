//! What a rule is: its file, how it is read and compiled, the embedded set, and the shape of its examples.

pub mod compile;
pub mod error;
pub mod example;
pub mod file;
pub mod id;
pub mod model;
pub mod named;
pub mod repair;
pub mod schema;
pub mod set;
pub mod source;
