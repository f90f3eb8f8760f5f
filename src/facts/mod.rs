//! What the project is: manifests, packages, components, technologies, and git facts.
//!
//! Readers here are pure: text in, [`package::Manifest`] out. One file per package ecosystem. Nothing is executed, and
//! what cannot be read statically is said in `unread`. `layout` says which folders are components; `document` offers all
//! of it to rules as one document.

pub mod cargo;
pub mod dart;
pub mod document;
pub mod go;
pub mod gradle;
pub mod hex;
pub mod known;
pub mod layout;
pub mod maven;
pub mod model;
pub mod npm;
pub mod nuget;
pub mod package;
pub mod php;
pub mod python;
pub mod readers;
pub mod ruby;
pub mod shared;
pub mod tasks;
