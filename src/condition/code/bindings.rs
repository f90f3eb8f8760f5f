//! Whether what a rule captured is really the imported thing: the binding of `MOD` and `FN`.
//!
//! A rule with `imports` that captures `MOD` means the module object under whatever local name (`Sentry` in
//! `$MOD.init($$$)`), or something below it (`Sentry.core`). One that captures `FN` means an imported function, class or
//! default under its local name. After `import x.*` any name may be the module's.

use super::imports::{Binding, Imports, WILDCARD};
use super::language::Dialect;
use super::module_pattern::ModulePattern;

/// What joins a name and what lies below it, in any of the languages.
const BELOW: &[&str] = &[".", "?.", "::", "\\", "->"];
/// The same where the name below is itself imported: a path, not a property.
const BELOW_IN_PATHS: &[&str] = &["::", "\\"];

/// The bindings of one file that a pattern's `imports` accept.
pub(super) enum Bound<'i> {
    /// The pattern asks for none, or the language binds nothing.
    Anything,
    /// These, at least one.
    Only(Vec<&'i Binding>),
}

impl<'i> Bound<'i> {
    /// What `modules` accept of `imports`, or `None` if nothing of them is imported.
    pub(super) fn select(modules: &[ModulePattern], imports: &'i Imports, dialect: Dialect) -> Option<Self> {
        if modules.is_empty() || matches!(dialect, Dialect::Ruby | Dialect::Html) {
            return Some(Self::Anything);
        }
        let separator = imports.separator();
        let accepted = |binding: &&Binding| modules.iter().any(|module| module.accepts(binding, separator));
        let bindings: Vec<_> = imports.bindings().iter().filter(accepted).collect();
        (!bindings.is_empty()).then_some(Self::Only(bindings))
    }

    /// Whether `text` is a module object or lies below one.
    pub(super) fn is_module(&self, text: &str) -> bool {
        self.holds(text, BELOW)
    }

    /// Whether `text` is an imported function.
    pub(super) fn is_function(&self, text: &str) -> bool {
        self.holds(text, BELOW_IN_PATHS)
    }

    fn holds(&self, text: &str, below: &[&str]) -> bool {
        let Self::Only(bindings) = self else { return true };
        bindings.iter().any(|binding| match binding.local.as_str() {
            "" => false,
            WILDCARD => true,
            local => text.strip_prefix(local).is_some_and(|rest| {
                let rest = rest.trim_start();
                rest.is_empty() || below.iter().any(|joint| rest.starts_with(joint))
            }),
        })
    }
}
