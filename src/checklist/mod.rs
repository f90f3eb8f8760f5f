//! The result as data: per rule and component, does it apply, what proves it, what violates it.
//!
//! Everything here is a pure function of facts and matches: no file, no clock, no environment.

pub mod baseline;
pub mod decision;
pub mod finding;
pub mod inline;
pub mod item;
pub mod judge;
pub mod merge;
pub mod outcome;
pub mod rollup;
pub mod settle;
