//! `*.gemspec`: what a gem declares about itself and needs.

use super::lexer::{Kind, Token, statements};
use super::{Arguments, literal, literals, pin_gem, versions};
use crate::facts::package::{EntryKind, EntryPoint, Manifest, RuntimeRequirement, Scope};
use crate::format::{FormatError, Limits};

const CALLS: &[(&str, Scope)] = &[
    ("add_dependency", Scope::Runtime),
    ("add_runtime_dependency", Scope::Runtime),
    ("add_development_dependency", Scope::Development),
];

/// Reads a gem's specification.
pub fn gemspec(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let mut manifest = Manifest::new(path, "gem");
    for statement in &statements(text) {
        let tokens = parameters_skipped(&statement.tokens);
        // `spec.method …`: the receiver may have any name.
        let [receiver, dot, method, rest @ ..] = tokens else { continue };
        if receiver.kind != Kind::Word || !dot.is(".") || method.kind != Kind::Word {
            continue;
        }
        if let Some((_, scope)) = CALLS.iter().find(|(name, _)| *name == method.text) {
            dependency(&mut manifest, method, rest, *scope);
        } else if let [sign, value @ ..] = rest
            && (sign.is("=") || sign.is("<<") || sign.is("+="))
        {
            attribute(&mut manifest, method, value);
        }
    }
    Ok(manifest)
}

/// The statement behind block parameters: `|spec| spec.name = …` on one line.
fn parameters_skipped(tokens: &[Token]) -> &[Token] {
    match tokens {
        [open, _, close, rest @ ..] if open.is("|") && close.is("|") => rest,
        _ => tokens,
    }
}

fn dependency(manifest: &mut Manifest, method: &Token, rest: &[Token], scope: Scope) {
    let arguments = Arguments::read(rest);
    let Some(name) = arguments.first() else {
        manifest.unread.push(format!("line {}: dependency with a computed name", method.line));
        return;
    };
    let (requirement, computed) = versions(&arguments, 1);
    if computed {
        manifest.unread.push(format!("line {}: computed requirement of {}", method.line, name.text));
    }
    let pin = pin_gem(requirement.as_deref().unwrap_or_default());
    manifest.push(name.text.clone(), scope, requirement, pin, name.span);
}

fn attribute(manifest: &mut Manifest, name: &Token, value: &[Token]) {
    let computed = || format!("line {}: {} is computed", name.line, name.text);
    match name.text.as_str() {
        "name" | "version" => match literal(value) {
            Some(token) if name.text == "name" => manifest.name = Some(token.text.clone()),
            Some(token) => manifest.version = Some(token.text.clone()),
            None => manifest.unread.push(computed()),
        },
        "executables" | "executable" => match literals(value) {
            Some(found) => {
                for token in found {
                    let (name, target) = (token.text.clone(), format!("exe/{}", token.text));
                    manifest.entry_points.push(EntryPoint { kind: EntryKind::Command, name, target, span: token.span });
                }
            }
            None => manifest.unread.push(computed()),
        },
        "required_ruby_version" => match literals(value).as_deref() {
            Some(found @ [first, ..]) => {
                let parts: Vec<&str> = found.iter().map(|token| token.text.as_str()).collect();
                let (name, requirement) = ("ruby".to_owned(), parts.join(", "));
                manifest.runtimes.push(RuntimeRequirement { name, requirement, span: first.span });
            }
            _ => manifest.unread.push(computed()),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::package::Pin;

    const TEXT: &str = r#"require_relative "lib/acme/version"
Gem::Specification.new do |spec|
  spec.name = "acme"
  spec.version = Acme::VERSION
  spec.required_ruby_version = Gem::Requirement.new(">= 3.0", "< 4")
  spec.executables = %w[acme acmectl]
  # spec.add_dependency "commented"
  spec.add_dependency "rack", "~> 3.0", ">= 3.0.1"
  spec.add_runtime_dependency(%q<json>.freeze, ["= 2.7.1"])
  spec.add_dependency name_of_it
  if ENV["X"]
    spec.add_development_dependency "rspec"
  end
end
"#;

    #[test]
    fn a_gem() {
        let manifest = gemspec("acme.gemspec", TEXT).unwrap();
        assert_eq!((manifest.name.as_deref(), manifest.version), (Some("acme"), None));
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("rack", Scope::Runtime, Pin::Range),
            ("json", Scope::Runtime, Pin::Exact),
            ("rspec", Scope::Development, Pin::Unstated),
        ];
        assert_eq!(seen, expected);
        for package in &manifest.packages {
            assert!(TEXT[package.span.start..package.span.end].contains(&package.name));
            assert!(package.span.len() <= package.name.len() + 4);
        }
        assert_eq!(manifest.runtimes[0].requirement, ">= 3.0, < 4");
        let names: Vec<_> = manifest.entry_points.iter().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["acme", "acmectl"]);
        assert_eq!(manifest.unread, ["line 4: version is computed", "line 10: dependency with a computed name"]);
    }

    #[test]
    fn one_line_and_odd_text() {
        let manifest =
            gemspec("a.gemspec", "Gem::Specification.new { |s| s.name = 'a'; s.executables << 'b' }").unwrap();
        assert_eq!(manifest.name.as_deref(), Some("a"));
        assert_eq!(manifest.entry_points.len(), 1);
        assert!(gemspec("a.gemspec", "s.name =\n\u{0}'").is_ok());
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)(s\\.|name|add_dependency|=|<<|'b'|[\"'#{}()\\[\\],|\n ]|\\PC)*") {
            let _ = gemspec("a.gemspec", &text);
        }
    }
}
