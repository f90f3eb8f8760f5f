//! One line of a `dependencies` block: a configuration with one or more notations.

use std::collections::HashMap;

use crate::text::Span;

use super::super::package::{Manifest, Pin, Scope};
use super::token::{Kind, Token};
use super::walk::{Block, arguments};
use super::{coordinate, pin_of};

/// Deepest nesting of calls (`platform(project(…))`) that is followed.
const CALL_DEPTH: usize = 8;

/// How many tokens into a call its first text is looked for.
const ARGUMENT: usize = 16;

/// Calls that wrap a notation.
const WRAPPERS: [&str; 6] = ["platform", "enforcedPlatform", "testFixtures", "variantOf", "create", "dependencies"];

/// Calls that stand for what needs no package.
const BUILT_IN: [&str; 6] = ["files", "fileTree", "gradleApi", "localGroovy", "gradleTestKit", "gradleKotlinDsl"];

/// Parts of a configuration's name, in lower case, with the scope they stand for; the first that fits wins.
const CONFIGURATIONS: [(&str, Scope); 23] = [
    ("developmentonly", Scope::Development),
    ("debug", Scope::Development),
    ("detekt", Scope::Development),
    ("checkstyle", Scope::Development),
    ("ktlint", Scope::Development),
    ("pmd", Scope::Development),
    ("spotbugs", Scope::Development),
    ("lintchecks", Scope::Development),
    ("jmh", Scope::Development),
    ("compileonly", Scope::Build),
    ("annotationprocessor", Scope::Build),
    ("providedcompile", Scope::Build),
    ("kapt", Scope::Build),
    ("ksp", Scope::Build),
    ("errorprone", Scope::Build),
    ("classpath", Scope::Build),
    ("implementation", Scope::Runtime),
    ("runtime", Scope::Runtime),
    ("api", Scope::Runtime),
    ("compile", Scope::Runtime),
    ("shadow", Scope::Runtime),
    ("corelibrarydesugaring", Scope::Runtime),
    ("bundle", Scope::Runtime),
];

/// Words that begin a statement among dependencies and are no configuration.
const NO_CONFIGURATION: [&str; 10] =
    ["exclude", "val", "var", "def", "String", "println", "because", "module", "replacedBy", "version"];

/// Texts that names stand for; `None` where a name has several.
pub(super) type Variables<'a> = HashMap<&'a str, Option<&'a str>>;

/// What reading a line needs to know.
pub(super) struct Line<'t, 'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'t [Token<'a>],
    pub(super) variables: &'t Variables<'a>,
}

impl<'a> Line<'_, 'a> {
    fn token(&self, index: usize) -> Option<&Token<'a>> {
        self.tokens.get(index)
    }

    /// Reads a statement of a `dependencies` block.
    pub(super) fn read(&self, manifest: &mut Manifest, block: &Block<'_>, start: usize, end: usize) {
        let (Some(configuration), Some(next)) = (self.token(start), self.token(start + 1)) else { return };
        let (mut from, mut to) = (start + 1, end);
        if next.is("(") {
            (from, to) = (start + 2, next.close.min(end));
        } else if next.kind == Kind::Mark && !next.is("[") {
            return;
        }
        let mut name = configuration.text;
        if configuration.is_word("add") && next.is("(") {
            let Some(first) = self.token(from).filter(|first| first.kind == Kind::Text) else { return };
            name = first.text;
            from += 2;
        }
        if NO_CONFIGURATION.contains(&name) || from >= to {
            return;
        }
        let scope = match scope_of(name) {
            _ if block.is_buildscript => Scope::Build,
            Some(Scope::Runtime) if block.is_test => Scope::Test,
            Some(scope) => scope,
            // A configuration of their own: believed where it is given coordinates.
            None if self.token(from).is_some_and(|text| text.kind == Kind::Text && coordinate(text.text).is_some()) => {
                Scope::Build
            }
            None => return,
        };
        let mut target = Target { manifest, scope };
        self.list(&mut target, from, to, CALL_DEPTH);
    }

    /// Notations with commas between them; or the parts of one, as `group: 'g', name: 'a'`.
    fn list(&self, target: &mut Target<'_>, start: usize, end: usize, depth: usize) {
        let parts = arguments(self.tokens, start, end);
        let is_map = parts.first().is_some_and(|(first, _)| self.is_entry(*first));
        if is_map {
            self.map(target, &parts);
            return;
        }
        for (start, end) in parts {
            if depth > 0 && start < end {
                self.notation(target, start, end, depth - 1);
            }
        }
    }

    fn is_entry(&self, index: usize) -> bool {
        let is_name = self.token(index).is_some_and(|key| key.kind == Kind::Word);
        is_name && self.token(index + 1).is_some_and(|mark| mark.is(":") || mark.is("="))
    }

    fn map(&self, target: &mut Target<'_>, parts: &[(usize, usize)]) {
        let value = |key: &str| {
            let (start, _) = parts.iter().find(|(start, _)| self.token(*start).is_some_and(|word| word.text == key))?;
            self.token(start + 2)
        };
        let text = |key: &str| {
            let token = value(key)?;
            match token.kind {
                Kind::Text => Some(self.resolve(token)),
                Kind::Word => Some(Some(self.variables.get(token.text).copied().flatten()?.to_owned())),
                _ => None,
            }
        };
        let (Some(Some(group)), Some(name_token), Some(Some(name))) = (text("group"), value("name"), text("name"))
        else {
            target.unread("a dependency with a computed name");
            return;
        };
        let version = value("version").map(|token| text("version").flatten().ok_or(token.text));
        target.push(format!("{group}/{name}"), version, name_token.span);
    }

    fn notation(&self, target: &mut Target<'_>, start: usize, end: usize, depth: usize) {
        let Some(first) = self.token(start) else { return };
        match first.kind {
            Kind::Text => self.coordinates(target, start, end),
            Kind::Word => self.name(target, start, end, depth),
            Kind::Mark if first.is("(") || first.is("[") => {
                self.list(target, start + 1, first.close.min(end), depth);
            }
            _ => {}
        }
    }

    /// `"g:a:v"`, or `"g:a:" + version`.
    fn coordinates(&self, target: &mut Target<'_>, index: usize, end: usize) {
        let Some(token) = self.token(index) else { return };
        let Some((name, _)) = coordinate(token.text) else { return };
        if name.contains('$') {
            match self.resolve(token).as_deref().and_then(coordinate) {
                Some((name, version)) => target.push(name, version.map(|text| Ok(text.to_owned())), token.span),
                None => target.unread(format!("the name in {} is computed", token.text)),
            }
            return;
        }
        let appended = index + 2 < end && self.token(index + 1).is_some_and(|plus| plus.is("+"));
        if appended {
            let (_, behind) = self.chain(index + 2);
            let last = self.token(behind - 1).map_or("", |word| word.text);
            let version = self.variables.get(last).copied().flatten();
            target.push(name, Some(version.map(str::to_owned).ok_or(last)), token.span);
            return;
        }
        let resolved = self.resolve(token);
        let version = match resolved.as_deref() {
            Some(text) => coordinate(text).and_then(|(_, version)| version.map(|text| Ok(text.to_owned()))),
            None => coordinate(token.text).and_then(|(_, version)| version).map(Err),
        };
        target.push(name, version, token.span);
    }

    /// A dotted name with what it is followed by: a reference, a call, a variable.
    fn name(&self, target: &mut Target<'_>, start: usize, end: usize, depth: usize) {
        let (span, behind) = self.chain(start);
        let name = self.text.get(span.start..span.end).unwrap_or_default();
        let call = self.token(behind).filter(|open| behind < end && open.is("("));
        let (head, last) = (name.split('.').next().unwrap_or(name), name.rsplit('.').next().unwrap_or(name));
        let is_catalog = head.ends_with("libs") || head.ends_with("Libs");
        let argument = call.and_then(|open| {
            self.tokens.get(behind..open.close.min(end))?.iter().take(ARGUMENT).find(|token| token.kind == Kind::Text)
        });
        match (call, argument) {
            (None, _) if is_catalog && head != name => target.push(name.to_owned(), None, span),
            (None, _) if head == "projects" && head != name => target.local(name, span),
            (None, _) => self.variable(target, name, span),
            (Some(_), Some(alias)) if is_catalog => target.push(format!("{head}.{}", alias.text), None, alias.span),
            (Some(_), None) if is_catalog => {
                let reference = name.trim_end_matches(".get").trim_end_matches(".asProvider");
                target.push(reference.to_owned(), None, Span::new(span.start, span.start + reference.len()));
            }
            (Some(_), Some(path)) if last == "project" => target.local(path.text, path.span),
            (Some(_), Some(module)) if name == "kotlin" => {
                target.push(format!("org.jetbrains.kotlin/kotlin-{}", module.text), None, module.span);
            }
            (Some(open), _) if WRAPPERS.contains(&last) => {
                self.list(target, behind + 1, open.close.min(end), depth);
            }
            (Some(_), _) if BUILT_IN.contains(&last) => {}
            _ => target.unread(format!("dependency {name} is computed")),
        }
    }

    fn variable(&self, target: &mut Target<'_>, name: &str, span: Span) {
        match self.variables.get(name).copied().flatten().and_then(coordinate) {
            Some((known, version)) => target.push(known, version.map(|text| Ok(text.to_owned())), span),
            None => target.unread(format!("dependency {name} is computed")),
        }
    }

    /// The span of a dotted name and the index behind it.
    fn chain(&self, start: usize) -> (Span, usize) {
        let mut span = self.token(start).map_or(Span::at(0), |token| token.span);
        let mut index = start + 1;
        while self.token(index).is_some_and(|dot| dot.is(".")) {
            let Some(word) = self.token(index + 1).filter(|word| word.kind == Kind::Word) else { break };
            span = span.cover(word.span);
            index += 2;
        }
        (span, index)
    }

    /// A text with its variables filled in; `None` where one of them is not known here.
    fn resolve(&self, token: &Token<'a>) -> Option<String> {
        resolve(token, self.variables)
    }
}

/// Where notations go.
struct Target<'m> {
    manifest: &'m mut Manifest,
    scope: Scope,
}

impl Target<'_> {
    fn unread(&mut self, fragment: impl Into<String>) {
        self.manifest.unread.push(fragment.into());
    }

    fn local(&mut self, name: &str, span: Span) {
        self.manifest.push(name, self.scope, None, Pin::Local, span);
    }

    /// Adds a dependency; a version that could not be resolved comes as an error with its text.
    fn push(&mut self, name: String, version: Option<Result<String, &str>>, span: Span) {
        let (requirement, pin) = match version {
            None => (None, Pin::Unstated),
            Some(Ok(version)) => {
                let pin = pin_of(&version);
                (Some(version), pin)
            }
            Some(Err(written)) => {
                self.unread(format!("version {written} of {name} is not stated here"));
                (Some(written.to_owned()), Pin::Unstated)
            }
        };
        self.manifest.push(name, self.scope, requirement, pin, span);
    }
}

/// The scope that the name of a configuration stands for.
fn scope_of(configuration: &str) -> Option<Scope> {
    if configuration.starts_with("test") || configuration.contains("Test") {
        return Some(Scope::Test);
    }
    let name = configuration.to_ascii_lowercase();
    CONFIGURATIONS.iter().find(|(part, _)| name.contains(part)).map(|(_, scope)| *scope)
}

/// A text with `$name` and `${name}` filled in; of a dotted name the last part counts.
pub(super) fn resolve(token: &Token<'_>, variables: &Variables<'_>) -> Option<String> {
    if !token.is_template {
        return Some(token.text.to_owned());
    }
    let mut filled = String::new();
    let mut rest = token.text;
    while let Some((before, behind)) = rest.split_once('$') {
        filled.push_str(before);
        let (name, after) = if let Some(inner) = behind.strip_prefix('{') {
            inner.split_once('}')?
        } else {
            let plain = behind.split_at(word_end(behind));
            // Groovy takes `$a.b` as one name, Kotlin does not.
            let dotted = plain.1.strip_prefix('.').map_or(0, |rest| 1 + word_end(rest));
            if variables.contains_key(plain.0) { plain } else { behind.split_at(plain.0.len() + dotted) }
        };
        filled.push_str(variables.get(name.rsplit('.').next()?.trim()).copied().flatten()?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn word_end(text: &str) -> usize {
    text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_have_scopes() {
        for (name, scope) in [
            ("implementation", Some(Scope::Runtime)),
            ("releaseImplementation", Some(Scope::Runtime)),
            ("debugImplementation", Some(Scope::Development)),
            ("androidTestImplementation", Some(Scope::Test)),
            ("testRuntimeOnly", Some(Scope::Test)),
            ("kaptTest", Some(Scope::Test)),
            ("compileOnlyApi", Some(Scope::Build)),
            ("runtimeOnly", Some(Scope::Runtime)),
            ("developmentOnly", Some(Scope::Development)),
            ("swaggerCodegen", None),
        ] {
            assert_eq!(scope_of(name), scope, "{name}");
        }
    }
}
