//! `rebar.config`: Erlang terms. The dependencies of a profile are those of development, `test` those of tests.

use crate::format::{FormatError, Limits};

use super::super::package::{EntryKind, EntryPoint, Manifest, Pin, Scope};
use super::pin_of;
use super::token::{Dialect, Kind, Token, elements, tokens};

/// Reads a `rebar.config`.
pub fn rebar_config(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let tokens = tokens(text, Dialect::Erlang);
    let mut manifest = Manifest::new(path, "hex");
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if !token.is("{") {
            index += 1;
            continue;
        }
        top_level(&mut manifest, &tokens, index);
        index = token.close.max(index) + 1;
    }
    Ok(manifest)
}

fn top_level(manifest: &mut Manifest, tokens: &[Token<'_>], open: usize) {
    let Some((key, value)) = pair(tokens, open) else { return };
    match key.text {
        "deps" => dependencies(manifest, tokens, value, Scope::Runtime),
        "profiles" => {
            for (profile, _) in elements(tokens, value) {
                let Some((name, settings)) = pair(tokens, profile) else { continue };
                let scope = match name.text {
                    "test" => Scope::Test,
                    "prod" => Scope::Runtime,
                    _ => Scope::Development,
                };
                for (setting, _) in elements(tokens, settings) {
                    if let Some((key, list)) = pair(tokens, setting)
                        && key.text == "deps"
                    {
                        dependencies(manifest, tokens, list, scope);
                    }
                }
            }
        }
        "escript_name" => {
            if let Some(name) = tokens.get(value) {
                manifest.entry_points.push(EntryPoint {
                    kind: EntryKind::Command,
                    name: name.text.to_owned(),
                    target: String::new(),
                    span: name.span,
                });
            }
        }
        _ => {}
    }
}

/// The key of a tuple `{key, value}` and the index of its value.
fn pair<'t, 'a>(tokens: &'t [Token<'a>], open: usize) -> Option<(&'t Token<'a>, usize)> {
    tokens.get(open).filter(|token| token.is("{"))?;
    let key = tokens.get(open + 1).filter(|key| key.kind == Kind::Atom)?;
    tokens.get(open + 2).filter(|comma| comma.is(","))?;
    Some((key, open + 3))
}

fn dependencies(manifest: &mut Manifest, tokens: &[Token<'_>], list: usize, scope: Scope) {
    if !tokens.get(list).is_some_and(|token| token.is("[")) {
        manifest.unread.push("dependencies that are no list".to_owned());
        return;
    }
    for (start, _) in elements(tokens, list) {
        match tokens.get(start) {
            Some(name) if name.kind == Kind::Atom => manifest.push(name.text, scope, None, Pin::Unstated, name.span),
            Some(token) if token.is("{") => dependency(manifest, tokens, start, scope),
            _ => {}
        }
    }
}

/// `{name, "version"}`, `{name, {git, "url", {tag, "1"}}}`, `{name, "version", {pkg, real}}`.
fn dependency(manifest: &mut Manifest, tokens: &[Token<'_>], open: usize, scope: Scope) {
    let Some(name) = tokens.get(open + 1).filter(|name| name.kind == Kind::Atom) else { return };
    let (mut name, mut requirement, mut pin) = (name, None, Pin::Unstated);
    for (start, _) in elements(tokens, open).into_iter().skip(1) {
        let Some(part) = tokens.get(start) else { continue };
        if part.kind == Kind::Text {
            requirement = Some(part.text.to_owned());
            pin = pin_of(part.text);
        } else if let Some((source, value)) = pair(tokens, start) {
            match (source.text, tokens.get(value)) {
                ("pkg", Some(real)) => name = real,
                ("path", Some(folder)) => {
                    requirement = Some(folder.text.to_owned());
                    pin = Pin::Local;
                }
                ("git" | "git_subdir" | "hg", Some(url)) => {
                    let reference = elements(tokens, start).get(2).and_then(|(at, _)| pair(tokens, *at));
                    let is_commit = reference.is_some_and(|(kind, _)| kind.text == "ref");
                    let part = reference.and_then(|(_, at)| tokens.get(at)).map(|part| format!("#{}", part.text));
                    requirement = Some(format!("git+{}{}", url.text, part.unwrap_or_default()));
                    pin = if is_commit { Pin::Exact } else { Pin::Floating };
                }
                _ => {}
            }
        }
    }
    manifest.push(name.text, scope, requirement, pin, name.span);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REBAR: &str = r#"%% -*- erlang -*-
{erl_opts, [debug_info]}.
{deps, [
    {cowboy, "2.10.0"}, % {old, "1.0.0"}
    jsx,
    {lager, {git, "https://example.com/lager.git", {tag, "3.9.2"}}},
    {pinned, {git, "https://example.com/p.git", {ref, "abc"}}},
    {alias, "~> 1.0", {pkg, real}}
]}.
{profiles, [{test, [{deps, [{meck, "0.9.2"}]}]}, {dev, [{deps, [sync]}]}]}.
"#;

    #[test]
    fn terms_are_read() {
        let manifest = rebar_config("rebar.config", REBAR).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("cowboy", Scope::Runtime, Pin::Exact),
            ("jsx", Scope::Runtime, Pin::Unstated),
            ("lager", Scope::Runtime, Pin::Floating),
            ("pinned", Scope::Runtime, Pin::Exact),
            ("real", Scope::Runtime, Pin::Range),
            ("meck", Scope::Test, Pin::Exact),
            ("sync", Scope::Development, Pin::Unstated),
        ];
        assert_eq!(found, expected);
        for package in &manifest.packages {
            assert_eq!(&REBAR[package.span.start..package.span.end], package.name);
        }
        assert_eq!(manifest.packages[0].span.start, REBAR.find("cowboy").unwrap());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\{deps, |\\{profiles, |\\{|\\}|\\[|\\]|, |\"|'|%|\\$|\n|[aé]{1,3}){0,50}") {
            rebar_config("rebar.config", &text).unwrap();
        }
    }
}
