//! Reads `Gemfile` and `*.gemspec` without running any Ruby.
//!
//! Both are programs, so the reader takes what is written out (`gem "rails", "~> 7.1"`) and says in `unread` what is
//! computed. Blocks are followed because they decide what a line means: a gem inside `group :test do` is for tests.

mod gemfile;
mod gemspec;
mod lexer;

pub use gemfile::gemfile;
pub use gemspec::gemspec;

use super::package::Pin;
use lexer::{Kind, Token};

/// How firm a requirement of `RubyGems` is; several, parted by commas, must all hold. A bare version is exact.
pub fn pin_gem(requirement: &str) -> Pin {
    let (mut seen, mut bounded, mut exact) = (0, false, false);
    for part in requirement.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let version = part.trim_start_matches(['<', '>', '=', '~', '!']);
        let operator = &part[..part.len() - version.len()];
        seen += 1;
        exact |= matches!(operator, "" | "=");
        bounded |= !matches!(operator, ">" | ">=" | "!=");
    }
    match (seen, bounded, exact) {
        (0, ..) => Pin::Unstated,
        (_, _, true) => Pin::Exact,
        (_, true, _) => Pin::Range,
        _ => Pin::Floating,
    }
}

/// The arguments of a call: those without a name in order, then the named ones.
#[derive(Default)]
struct Arguments<'t> {
    positional: Vec<&'t [Token]>,
    named: Vec<(&'t str, &'t [Token])>,
}

impl<'t> Arguments<'t> {
    /// Reads what follows the name of a called method, up to a trailing `if`, `unless`, `do` or `{ |…|`.
    fn read(tokens: &'t [Token]) -> Self {
        let mut arguments = Self::default();
        let inner = match tokens.first() {
            Some(token) if token.is("(") => tokens.get(1..).unwrap_or_default(),
            _ => tokens,
        };
        let (mut depth, mut start) = (0_usize, 0);
        for (at, token) in inner.iter().enumerate() {
            match token.text.as_str() {
                "," if depth == 0 && token.kind == Kind::Mark => {
                    arguments.add(inner.get(start..at).unwrap_or_default());
                    start = at + 1;
                }
                "if" | "unless" if depth == 0 && token.kind == Kind::Word => {
                    arguments.add(inner.get(start..at).unwrap_or_default());
                    return arguments;
                }
                "(" | "[" | "{" if token.kind == Kind::Mark => depth += 1,
                ")" | "]" | "}" if token.kind == Kind::Mark => {
                    if depth == 0 {
                        arguments.add(inner.get(start..at).unwrap_or_default());
                        return arguments;
                    }
                    depth -= 1;
                }
                _ => {}
            }
        }
        arguments.add(inner.get(start..).unwrap_or_default());
        arguments
    }

    fn add(&mut self, tokens: &'t [Token]) {
        match tokens {
            [] => {}
            [key, rest @ ..] if key.kind == Kind::Label => self.named.push((&key.text, rest)),
            [key, arrow, rest @ ..] if arrow.is("=>") => self.named.push((&key.text, rest)),
            _ => self.positional.push(tokens),
        }
    }

    fn named(&self, key: &str) -> Option<&'t [Token]> {
        self.named.iter().rev().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    /// The text of a named argument that is one literal.
    fn text(&self, key: &str) -> Option<&'t str> {
        self.named(key).and_then(literal).map(|token| token.text.as_str())
    }

    /// The first argument, if it is one literal.
    fn first(&self) -> Option<&'t Token> {
        self.positional.first().and_then(|tokens| literal(tokens))
    }
}

/// The one literal text that `tokens` are.
fn literal(tokens: &[Token]) -> Option<&Token> {
    match tokens {
        [token] if token.kind == Kind::Text => Some(token),
        [token, method] if token.kind == Kind::Text && method.is(".freeze") => Some(token),
        _ => None,
    }
}

/// The texts of a literal, a list of literals or `Gem::Requirement.new(…)`; `None` where anything is computed.
fn literals(tokens: &[Token]) -> Option<Vec<&Token>> {
    let mut found = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Text => found.push(token),
            Kind::Mark if matches!(token.text.as_str(), "[" | "]" | "," | "(" | ")" | "::" | ".freeze" | ".new") => {}
            Kind::Word if matches!(token.text.as_str(), "Gem" | "Requirement") => {}
            _ => return None,
        }
    }
    Some(found)
}

/// Version requirements among the positional arguments from `skip` on, joined; the flag says that some are computed.
fn versions(arguments: &Arguments<'_>, skip: usize) -> (Option<String>, bool) {
    let (mut parts, mut computed) = (Vec::new(), false);
    for tokens in arguments.positional.iter().skip(skip) {
        match literals(tokens) {
            Some(found) => parts.extend(found.into_iter().map(|token| token.text.as_str())),
            None => computed = true,
        }
    }
    (if parts.is_empty() { None } else { Some(parts.join(", ")) }, computed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins() {
        let table = [
            ("7.1.2", Pin::Exact),
            ("= 7.1.2", Pin::Exact),
            ("~> 7.1", Pin::Range),
            ("~> 7.1, >= 7.1.2", Pin::Range),
            (">= 1.0, < 2", Pin::Range),
            ("< 2", Pin::Range),
            (">= 1.0", Pin::Floating),
            (">= 1.0, != 1.3", Pin::Floating),
            ("", Pin::Unstated),
        ];
        for (requirement, pin) in table {
            assert_eq!(pin_gem(requirement), pin, "{requirement}");
        }
    }
}
