//! HCL as Terraform and `OpenTofu` write it: `.tf`, `.tofu`, `.tfvars` and lock files, and `.tf.json`.
//!
//! A text is read once into a [`Source`]; what its variables and locals stand for is known only beside the other files
//! of its folder, so [`Source::document`] is asked with a [`Scope`] when all of them are read ([`Module`]). The document
//! has one shape for both spellings:
//!
//! * an attribute of the file is a member: `{ region: "eu-west-1" }`
//! * blocks of one kind are a list: `{ resource: [{ type, name, address, values: {…} }], data: […], module: [{ name,
//!   address, values }], provider: […], variable: […], output: […], terraform: [{ values }], locals: [{ values }] }`
//! * nested blocks are lists of objects (a label is their member `label`), `dynamic` ones expanded where their list is
//!   known; a member whose value is null is absent, as Terraform has it
//! * an expression that cannot be worked out from the text is opaque and keeps its text; a resource that exists under
//!   a condition which cannot be worked out has the member `conditional`, the text of that condition
//! * text that is JSON (`jsonencode(…)`, a policy in a heredoc) is the value that it encodes
//!
//! A `resource` spans its header, so that it is found at the line that names it. Errors of the syntax (a repeated
//! attribute is one) are errors of the file.

mod doubled;
mod expression;
mod functions;
mod json;
mod module;
mod references;
mod scope;
mod shape;
mod template;
#[cfg(test)]
mod tests;

use hcl_edit::structure::Body;

pub use module::{Module, Part};
pub use references::{is_nameless, is_vague, mentions, references};
pub use scope::Scope;

use super::{Document, Fault, FormatError, Limits};

const BOM: &str = "\u{feff}";

/// A text that was read, before it is known what its variables stand for.
#[derive(Debug)]
pub struct Source {
    /// The text itself, its byte order mark replaced by spaces so that offsets stand.
    text: String,
    tree: Tree,
    /// Keys that stand twice.
    faults: Vec<Fault>,
    limits: Limits,
}

#[derive(Debug)]
enum Tree {
    Native(Box<Body>),
    Json(Document),
}

impl Source {
    /// Reads the native spelling.
    pub fn native(text: &str, limits: &Limits) -> Result<Self, FormatError> {
        FormatError::check_size(text, limits)?;
        let text = unmarked(text);
        json::refuse_wide_objects(&text)?;
        let (body, faults) = doubled::parse(&text)?;
        Ok(Self { tree: Tree::Native(Box::new(body)), text, faults, limits: *limits })
    }

    /// Reads the JSON spelling.
    pub fn json(text: &str, limits: &Limits) -> Result<Self, FormatError> {
        let document = super::json::parse(text, limits)?;
        let faults = document.faults.clone();
        Ok(Self { text: unmarked(text), tree: Tree::Json(document), faults, limits: *limits })
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document, as far as `scope` says what its names stand for.
    pub fn document(&self, scope: &Scope) -> Result<Document, FormatError> {
        self.read(scope, |_| true)
    }

    /// Only the top-level attributes and blocks whose kind is `wanted`.
    fn part(&self, scope: &Scope, wanted: &str) -> Option<Document> {
        self.read(scope, |kind| kind == wanted).ok()
    }

    fn read(&self, scope: &Scope, wanted: impl Fn(&str) -> bool) -> Result<Document, FormatError> {
        let mut reader = expression::Reader::new(&self.text, scope, self.limits.nodes);
        let root = match &self.tree {
            Tree::Native(body) => shape::file(&mut reader, body, &wanted),
            Tree::Json(document) => json::file(&mut reader, &document.root, &wanted),
        };
        if reader.is_spent() {
            return Err(FormatError::whole(format!("more than {} nodes", self.limits.nodes)));
        }
        Ok(Document { root, comments: Vec::new(), faults: self.faults.clone() })
    }
}

fn unmarked(text: &str) -> String {
    text.strip_prefix(BOM).map_or_else(|| text.to_owned(), |rest| format!("{}{rest}", " ".repeat(BOM.len())))
}

/// Reads one text by itself: variables are unknown, locals of the file are known.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    alone(&Source::native(text, limits)?)
}

/// Reads one text of the JSON spelling by itself.
pub fn parse_json(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    alone(&Source::json(text, limits)?)
}

fn alone(source: &Source) -> Result<Document, FormatError> {
    source.document(&Module::of([(Part::Declares, source)].into_iter()).scope(&std::collections::BTreeMap::new()))
}
