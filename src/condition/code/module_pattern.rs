//! Patterns for modules: `*` stands for anything, and `module#name` for one name of a module.

use super::imports::{Binding, WILDCARD};
use super::language::Dialect;

/// Longest name of a module that is looked for, in bytes.
const MODULE_AT_MOST: usize = 256;

/// One entry of `imports`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModulePattern {
    module: String,
    name: Option<String>,
}

impl ModulePattern {
    /// Reads `module` or `module#name`. A `#` at the start belongs to the module, as in Node's own `#internal`.
    pub(super) fn new(written: &str) -> Self {
        match written.char_indices().skip(1).find(|(_, letter)| *letter == '#') {
            Some((at, _)) => {
                let (module, name) = written.split_at(at);
                Self { module: module.to_owned(), name: Some(name.trim_start_matches('#').to_owned()) }
            }
            None => Self { module: written.to_owned(), name: None },
        }
    }

    /// Whether `binding` imports it. `separator` joins a module and a name where the language has paths.
    pub(super) fn accepts(&self, binding: &Binding, separator: Option<&str>) -> bool {
        if let Some(name) = &self.name {
            let named = binding.local == WILDCARD || binding.name.as_ref() == Some(name);
            return named && is_like(&self.module, &binding.module);
        }
        if is_like(&self.module, &binding.module) {
            return true;
        }
        let Some(separator) = separator else { return false };
        let joiner = if binding.module.ends_with(separator) { "" } else { separator };
        if binding.local == WILDCARD {
            let prefix = format!("{}{joiner}", binding.module);
            return self.module.strip_prefix(&prefix).is_some_and(|rest| !rest.contains(separator));
        }
        binding.name.as_ref().is_some_and(|name| is_like(&self.module, &format!("{}{joiner}{name}", binding.module)))
    }

    /// Whether `text` may import it: in the faces of JavaScript and in Go the module stands there in quotes; elsewhere
    /// its literal does, as a whole word, so that `expression` names no `express`; in Python behind `import` or `from`.
    pub(super) fn is_named_in(&self, text: &str, dialect: Dialect) -> bool {
        let text = text.as_bytes();
        if dialect.is_javascript() || matches!(dialect, Dialect::Component | Dialect::Go) {
            return self.is_quoted_in(text);
        }
        if dialect == Dialect::Python {
            return self.is_imported_in(text);
        }
        let literal = self.literal();
        let open = self.module.contains('*') || literal.len() < self.module.len();
        memchr::memmem::find_iter(text, literal.as_bytes()).any(|at| {
            let before = at.checked_sub(1).and_then(|at| text.get(at));
            open || (!is_word(before) && !is_word(text.get(at + literal.len())))
        })
    }

    /// Whether the first part of the module stands behind `import` or `from`, as Python writes it.
    fn is_imported_in(&self, text: &[u8]) -> bool {
        let first = self.module.split(['.', '*']).next().unwrap_or_default();
        memchr::memmem::find_iter(text, first.as_bytes()).any(|at| {
            let head = text.get(..at).unwrap_or_default();
            let bare = head.trim_ascii_end();
            let word = bare.len() < head.len() && !is_word(text.get(at + first.len()));
            let listed = || {
                let line = memchr::memrchr(b'\n', bare).map_or(bare, |end| bare.get(end..).unwrap_or_default());
                bare.ends_with(b",") && memchr::memmem::find(line, b"import").is_some()
            };
            word && (bare.ends_with(b"import") || bare.ends_with(b"from") || listed())
        })
    }

    /// Whether a text in quotes is a module that is meant.
    fn is_quoted_in(&self, text: &[u8]) -> bool {
        let head = self.module.split('*').next().unwrap_or_default();
        memchr::memmem::find_iter(text, head.as_bytes()).any(|at| {
            let quote =
                at.checked_sub(1).and_then(|at| text.get(at)).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
            let rest = text.get(at..).map(|rest| rest.get(..MODULE_AT_MOST).unwrap_or(rest));
            let module = quote.zip(rest).and_then(|(quote, rest)| rest.get(..memchr::memchr(*quote, rest)?));
            module.and_then(|module| str::from_utf8(module).ok()).is_some_and(|module| is_like(&self.module, module))
        })
    }

    /// The longest piece that every spelling of the import holds, for the prefilter.
    pub(super) fn literal(&self) -> &str {
        self.module.split(['*', '.', ':', '\\', '/', '@']).max_by_key(|piece| piece.len()).unwrap_or_default()
    }
}

/// Whether a name may go on with `byte`.
fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Whether `text` is like `pattern`, in which `*` stands for any characters, none included.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let tail = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.find(piece) {
            Some(at) => left = left.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn stars_stand_for_anything() {
        let cases = [
            ("@sentry/*", "@sentry/node", true),
            ("@sentry/*", "@sentry-internal/x", false),
            ("sentry_sdk", "sentry_sdk.api", false),
            ("a*b*c", "aXbYc", true),
            ("a*bc", "abc", true),
            ("a*bc", "ab", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ];
        for (pattern, text, like) in cases {
            assert_eq!(is_like(pattern, text), like, "{pattern} {text}");
        }
    }

    #[test]
    fn a_module_in_quotes_is_seen_before_a_file_is_parsed() {
        let named = |written: &str, text: &str| ModulePattern::new(written).is_named_in(text, Dialect::TypeScript);
        assert!(named("@*logger", "import { a } from '@shop/a';\nimport { log } from '@shop/core/logger';"));
        assert!(!named("@*logger", "import { a } from '@shop/a';\nimport { log } from './logger';"));
        assert!(named("pino", "const log = require(\"pino\")") && !named("pino", "const log = require(\"pino-http\")"));
        assert!(!named("pino", "// pino"));
        let in_go = |text: &str| ModulePattern::new("net/http").is_named_in(text, Dialect::Go);
        assert!(in_go("import (\n\t\"net/http\"\n)") && !in_go("import \"net/http/httptest\"") && !in_go("// http"));
    }

    #[test]
    fn a_name_may_be_asked_for() {
        let binding = |module: &str, name: Option<&str>, local: &str| Binding {
            module: module.into(),
            name: name.map(Into::into),
            local: local.into(),
            span: Span::default(),
        };
        let init = binding("sentry_sdk", Some("init"), "start");
        let accepts = |written: &str, binding: &Binding| ModulePattern::new(written).accepts(binding, Some("."));
        assert!(accepts("sentry_sdk#init", &init) && accepts("sentry_sdk.init", &init) && accepts("sentry_sdk", &init));
        assert!(!accepts("sentry_sdk#capture", &init) && !accepts("sentry_sdk.api", &init));
        let all = binding("io.sentry", None, WILDCARD);
        assert!(accepts("io.sentry.Sentry", &all) && accepts("io.sentry.*", &all) && accepts("io.sentry#Sentry", &all));
        assert!(!accepts("io.sentry.spring.Boot", &all));
        assert_eq!(ModulePattern::new("#internal"), ModulePattern { module: "#internal".into(), name: None });
    }

    #[test]
    fn the_literal_is_the_longest_piece() {
        let literal = |written: &str| ModulePattern::new(written).literal().to_owned();
        assert_eq!(literal("github.com/getsentry/sentry-go/*"), "sentry-go");
        assert_eq!(literal("@sentry/*"), "sentry");
        assert_eq!(literal("sentry::*"), "sentry");
    }
}
