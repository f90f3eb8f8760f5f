//! What a file is for. Proof and violation weigh differently in a test, an example or a vendored tree.

use serde::{Deserialize, Serialize};

/// One role per file: the first that fits, in the order of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Somebody else's code, copied in.
    Vendored,
    /// Written by a program.
    Generated,
    /// Squeezed for transport: very long lines.
    Minified,
    /// Data for tests: fixtures, snapshots, cassettes, test vectors.
    Fixture,
    /// Test code.
    Test,
    /// Shown to users as an example, a sample, a template or a demo.
    Example,
    /// Prose.
    Docs,
    /// For development only: dev containers, editor settings, development compose files.
    Development,
    /// Configuration, build and deployment files.
    Config,
    /// Everything else: the code that runs.
    Source,
}

impl Role {
    /// Whether what stands here can be part of what runs in production.
    pub const fn is_production(self) -> bool {
        matches!(self, Self::Config | Self::Source)
    }

    /// Whether a file of this role is part of the project itself, so that a manifest there makes a component.
    pub const fn is_own(self) -> bool {
        matches!(self, Self::Source | Self::Config | Self::Docs | Self::Example)
    }
}
