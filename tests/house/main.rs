//! All integration tests, in one binary: one link, one set of helpers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

mod cli;
mod decisions;
mod determinism;
mod examples;
mod fixtures;
mod floors;
mod labelled;
mod oracle;
mod precision;
mod properties;
mod redaction;
mod rule_pages;
