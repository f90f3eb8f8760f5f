//! All integration tests, in one binary: one link, one set of helpers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may")]

#[cfg(unix)]
mod action;
mod cli;
mod decisions;
mod determinism;
mod docs;
mod examples;
mod fixtures;
mod floors;
mod formats;
mod history;
mod labelled;
mod oracle;
mod precision;
mod properties;
mod redaction;
mod repairs;
mod rule_pages;
mod workflow;
