//! The `package` condition: a direct dependency, by package URL type and name.

use crate::condition::answer::{Answer, Match};
use crate::condition::evaluate::Context;
use crate::condition::spec::{Grade, PackageSpec, Scope};
use crate::facts::model::Place;
use crate::facts::package::{Package, Scope as PackageScope};
use crate::repo::Role;

/// Answers it over the manifests of the components in `scope`.
pub(crate) fn answer(spec: &PackageSpec, scope: Scope, context: &Context<'_>) -> Answer {
    let components = context.components(scope).unwrap_or_else(|| (0..context.facts.components.len()).collect());
    let mut examined = 0;
    let mut matches = Vec::new();
    for component in components {
        for (package, manifest) in context.facts.packages(component) {
            examined += 1;
            if fits(spec, package) {
                matches.push(Match {
                    place: Place::at(manifest.path.as_str(), package.span),
                    shows: package.name.clone(),
                    captures: captures(package),
                    confidence: None,
                    mark: None,
                    past: None,
                    secret: None,
                    role: Role::Config,
                    grade: Grade::Full,
                });
            }
        }
    }
    Answer::of(matches, examined, None)
}

/// Whether `package` is one that `spec` asks for.
pub fn fits(spec: &PackageSpec, package: &Package) -> bool {
    let scopes = spec.scopes.as_deref().unwrap_or(&[PackageScope::Runtime]);
    scopes.contains(&package.scope)
        && spec.pins.as_ref().is_none_or(|pins| pins.contains(&package.pin))
        && spec.names.iter().any(|name| is_named(name, package.kind, &package.name))
}

/// Whether the package `kind/name` fits `pattern` (`npm/@sentry/*`).
pub fn is_named(pattern: &str, kind: &str, name: &str) -> bool {
    let glob = pattern.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
    glob.is_some_and(|glob| wildcard(glob, name))
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    // Nearly all are plain names, and are asked for each package.
    if memchr::memchr(b'*', pattern.as_bytes()).is_none() {
        return pattern == text;
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn captures(package: &Package) -> Vec<(String, String)> {
    let requirement = package.requirement.clone().unwrap_or_default();
    vec![("name".to_owned(), package.name.clone()), ("requirement".to_owned(), requirement)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_and_stars_span() {
        assert!(is_named("npm/@sentry/*", "npm", "@sentry/node"));
        assert!(!is_named("npm/rollbar", "npm", "scrollbar"));
        assert!(!is_named("npm/express", "pypi", "express"));
        assert!(wildcard("*-a-*", "x-a-y"));
        assert!(!wildcard("a*b*c", "a-c-b"));
        assert!(wildcard("a*a", "aa"));
        assert!(!wildcard("a*a", "a"));
    }
}
