//! `prodready schema`: JSON Schemas of the formats, for editors and for readers of the report.

use crate::cli::args::{SchemaArgs, SchemaOf};
use crate::cli::{Exit, Refusal, messages};
use crate::config::ConfigFile;
use crate::report::json::JsonReport;
use crate::rule::schema;

/// Prints one schema.
pub(crate) fn run(arguments: &SchemaArgs) -> Result<Exit, Refusal> {
    let schema = match arguments.of {
        SchemaOf::Rule => schema::rule(),
        SchemaOf::Patterns => schema::patterns(),
        SchemaOf::Technologies => schema::technologies(),
        SchemaOf::Examples => schema::examples(),
        SchemaOf::Repairs => schema::repairs(),
        SchemaOf::Config => schemars::schema_for!(ConfigFile),
        SchemaOf::Report => schemars::schema_for!(JsonReport),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Refusal(error.to_string()))?;
    messages::print(&(text + "\n"));
    Ok(Exit::Passed)
}
