//! Is this repository ready for production, how do you know, and what do you fix first?
//!
//! The crate turns the files of one repository into a scored checklist in which every verdict carries its place:
//!
//! ```text
//! files -> facts -> matches -> checklist -> score -> report
//! ```
//!
//! # The rooms, from the ground up
//!
//! A room imports only from rooms below it; a test holds that order.
//!
//! 1. [`text`]: positions in text. [`embedded`]: the files of `rules/` inside the program. `parallel`: work by threads.
//! 2. [`repo`]: the files of one repository. [`mod@format`]: one syntax each, read into a tree that keeps positions.
//! 3. [`facts`]: what the project is: manifests, packages, components, technologies.
//! 4. [`condition`]: the vocabulary that rules are written in; each kind of question in one file.
//! 5. [`rule`]: what a rule is: its file, its checks, the embedded set, its examples.
//! 6. [`checklist`]: the result as data: outcomes, findings, evidence.
//! 7. [`config`]: prodready.toml: what a team asks for, and what it decided.
//! 8. [`audit`]: the engine: one deterministic pass over the files. [`score`]: the arithmetic.
//! 9. [`repair`]: what could be written so that rules pass. [`report`]: bytes, one file per format.
//! 10. [`cli`]: arguments, messages, exit codes.
//!
//! Knowledge about the world (packages, file names, frameworks, token shapes) is data in `rules/`; the code knows
//! formats, positions, components and arithmetic.

pub mod audit;
pub mod checklist;
pub mod cli;
pub mod condition;
pub mod config;
pub mod embedded;
pub mod facts;
pub mod format;
mod parallel;
pub mod repair;
pub mod repo;
pub mod report;
pub mod rule;
pub mod score;
pub mod text;
