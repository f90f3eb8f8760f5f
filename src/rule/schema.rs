//! JSON Schemas of the files that rule authors write, so that an editor completes and checks them.

use schemars::{Schema, schema_for};

use crate::rule::example::Example;
use crate::rule::file::{PatternsFile, RuleFile, TechnologyFile};
use crate::rule::repair::RepairFile;

/// The schema of `rules/<area>/<name>.yml`.
pub fn rule() -> Schema {
    schema_for!(RuleFile)
}

/// The schema of `rules/<area>/<name>/*.yml`.
pub fn patterns() -> Schema {
    schema_for!(PatternsFile)
}

/// The schema of `rules/technologies/*.yml`.
pub fn technologies() -> Schema {
    schema_for!(TechnologyFile)
}

/// The schema of `NAME.test.yml`.
pub fn examples() -> Schema {
    schema_for!(Vec<Example>)
}

/// The schema of `NAME.fix.yml`.
pub fn repairs() -> Schema {
    schema_for!(RepairFile)
}
