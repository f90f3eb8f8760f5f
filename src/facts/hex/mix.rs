//! `mix.exs`: the keyword list of `project`, and the tuples of `deps`.

use std::collections::HashMap;

use crate::format::{FormatError, Limits};
use crate::text::Span;

use super::super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};
use super::pin_of;
use super::token::{Dialect, Kind, Token, elements, is_open, tokens};

/// Longest command of an alias that is kept, in bytes.
const ALIAS_LENGTH: usize = 300;

/// Reads a `mix.exs`.
pub fn mix_exs(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let tokens = tokens(text, Dialect::Elixir);
    let mix = Mix { text, attributes: attributes(&tokens), tokens: &tokens };
    let mut manifest = Manifest::new(path, "hex");
    let mut has_project = false;
    for function in functions(&tokens) {
        match function.name {
            "project" => {
                has_project = true;
                mix.project(&mut manifest, &function);
            }
            "application" => mix.application(&mut manifest, &function),
            "aliases" => mix.aliases(&mut manifest, &function),
            name if name.contains("deps") => mix.dependencies(&mut manifest, function.start, function.end),
            _ => {}
        }
    }
    mix.escript(&mut manifest);
    if !has_project {
        manifest.unread.push("no project function".to_owned());
    }
    Ok(manifest)
}

/// One function: its name and its tokens.
struct Function<'a> {
    name: &'a str,
    start: usize,
    end: usize,
}

/// The functions in file order; each ends where the next one begins.
fn functions<'a>(tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let mut found: Vec<Function<'a>> = Vec::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        let [define, name] = pair else { continue };
        if define.kind != Kind::Word || !matches!(define.text, "def" | "defp" | "defmacro" | "defmacrop") {
            continue;
        }
        if let Some(last) = found.last_mut() {
            last.end = index;
        }
        found.push(Function { name: name.text, start: index + 2, end: tokens.len() });
    }
    found
}

/// Module attributes with a literal text: `@version "1.0.0"`.
fn attributes<'a>(tokens: &[Token<'a>]) -> HashMap<&'a str, &'a str> {
    tokens
        .windows(3)
        .filter_map(|three| match three {
            [at, name, value] if at.is("@") && name.kind == Kind::Word && value.kind == Kind::Text => {
                Some((name.text, value.text))
            }
            _ => None,
        })
        .collect()
}

struct Mix<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    attributes: HashMap<&'a str, &'a str>,
}

/// The options behind the name and the requirement of a dependency.
#[derive(Default)]
struct Options<'a> {
    only: Option<Vec<&'a str>>,
    local: Option<&'a str>,
    source: Option<&'a str>,
    reference: Option<&'a str>,
    branch: Option<&'a str>,
    renamed: Option<(&'a str, Span)>,
    optional: bool,
    build_only: bool,
}

impl<'a> Mix<'a> {
    fn token(&self, index: usize) -> Option<&Token<'a>> {
        self.tokens.get(index)
    }

    /// A literal text, or an attribute that holds one, at an index.
    fn literal(&self, index: usize) -> Option<&'a str> {
        let token = self.token(index)?;
        match token.kind {
            Kind::Text => Some(token.text),
            Kind::Mark if token.text == "@" => self.attributes.get(self.token(index + 1)?.text).copied(),
            _ => None,
        }
    }

    /// The keys in the outermost list of a function, as indices of their tokens.
    fn keys(&self, function: &Function<'_>) -> Vec<usize> {
        let open = (function.start..function.end).find(|index| self.token(*index).is_some_and(|token| token.is("[")));
        let starts = open.map_or_else(Vec::new, |open| elements(self.tokens, open));
        starts
            .into_iter()
            .map(|(start, _)| start)
            .filter(|start| self.token(*start).is_some_and(|token| token.kind == Kind::Key))
            .collect()
    }

    fn project(&self, manifest: &mut Manifest, function: &Function<'_>) {
        for index in self.keys(function) {
            let (Some(key), Some(value)) = (self.token(index), self.token(index + 1)) else { continue };
            let literal = self.literal(index + 1);
            match key.text {
                "app" if value.kind == Kind::Atom => manifest.name = Some(value.text.to_owned()),
                "version" => manifest.version = literal.map(str::to_owned),
                "elixir" => manifest.runtimes.extend(literal.map(|requirement| RuntimeRequirement {
                    name: "elixir".to_owned(),
                    requirement: requirement.to_owned(),
                    span: value.span,
                })),
                "apps_path" => {
                    manifest.workspace_root = true;
                    manifest.workspace.extend(literal.map(|folder| format!("{}/*", folder.trim_end_matches('/'))));
                }
                "deps" if value.is("[") => self.dependencies(manifest, index + 1, value.close),
                _ => {}
            }
        }
    }

    fn application(&self, manifest: &mut Manifest, function: &Function<'_>) {
        for index in self.keys(function) {
            let is_module = self.token(index).is_some_and(|key| key.text == "mod");
            if let Some(module) = self.token(index + 2).filter(|module| is_module && module.kind == Kind::Word) {
                manifest.tools.push(format!("application:{}", module.text));
            }
        }
    }

    /// `aliases` are named scripts; what they run is given as it is written.
    fn aliases(&self, manifest: &mut Manifest, function: &Function<'_>) {
        for index in self.keys(function) {
            let (Some(key), Some(value)) = (self.token(index), self.token(index + 1)) else { continue };
            let end = if is_open(value) { self.token(value.close).map(|close| close.span.end) } else { None };
            let end = end.unwrap_or(value.span.end);
            let written = self.text.get(value.span.start..end).unwrap_or_default();
            let kept = written.chars().take(ALIAS_LENGTH).collect();
            let name = key.text.to_owned();
            manifest.entry_points.push(EntryPoint { kind: EntryKind::Script, name, target: kept, span: key.span });
        }
    }

    fn escript(&self, manifest: &mut Manifest) {
        for pair in self.tokens.windows(2) {
            let [key, module] = pair else { continue };
            if key.kind == Kind::Key && key.text == "main_module" && module.kind == Kind::Word {
                let name = manifest.name.clone().unwrap_or_default();
                let target = module.text.to_owned();
                manifest.entry_points.push(EntryPoint { kind: EntryKind::Command, name, target, span: module.span });
            }
        }
    }

    /// All tuples between two tokens that begin with an atom.
    fn dependencies(&self, manifest: &mut Manifest, start: usize, end: usize) {
        let mut index = start;
        while index < end {
            let Some(token) = self.token(index) else { break };
            let name = self.token(index + 1).filter(|name| name.kind == Kind::Atom);
            let has_more = self.token(index + 2).is_some_and(|comma| comma.is(","));
            match name.filter(|name| token.is("{") && has_more && !matches!(name.text, "ok" | "error")) {
                Some(name) => {
                    self.dependency(manifest, index, name);
                    index = token.close.max(index) + 1;
                }
                None => index += 1,
            }
        }
    }

    fn dependency(&self, manifest: &mut Manifest, open: usize, name: &Token<'a>) {
        let parts = elements(self.tokens, open);
        let second = parts.get(1).map_or(open, |(start, _)| *start);
        let options = self.options(&parts);
        let written = self.literal(second);
        let is_computed = written.is_none()
            && self.token(second).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Opaque) || token.is("@"));
        if is_computed {
            manifest.unread.push(format!("the requirement of {} is computed", name.text));
        }
        let (requirement, pin) = options.requirement(written);
        let (name, span) = options.renamed.unwrap_or((name.text, name.span));
        manifest.push(name, options.scope(), requirement, pin, span);
    }

    /// The options of a dependency, in brackets or without.
    fn options(&self, parts: &[(usize, usize)]) -> Options<'a> {
        let mut options = Options::default();
        for (start, _) in parts.iter().skip(1) {
            match self.token(*start) {
                Some(token) if token.is("[") => {
                    for (inner, _) in elements(self.tokens, *start) {
                        self.option(&mut options, inner);
                    }
                }
                _ => self.option(&mut options, *start),
            }
        }
        options
    }

    fn option(&self, options: &mut Options<'a>, index: usize) {
        let (Some(key), Some(value)) = (self.token(index), self.token(index + 1)) else { return };
        if key.kind != Kind::Key {
            return;
        }
        let literal = self.literal(index + 1);
        match key.text {
            "only" if value.is("[") => {
                let inner = self.tokens.get(index + 2..value.close).unwrap_or_default();
                let names = inner.iter().filter(|token| token.kind == Kind::Atom).map(|token| token.text);
                options.only = Some(names.collect());
            }
            "only" if value.kind == Kind::Atom => options.only = Some(vec![value.text]),
            "path" => options.local = Some(literal.unwrap_or("path")),
            "in_umbrella" if value.text == "true" => options.local = Some("in_umbrella"),
            "git" | "github" => options.source = Some(literal.unwrap_or(key.text)),
            "ref" => options.reference = literal,
            "tag" | "branch" => options.branch = literal,
            "hex" if value.kind == Kind::Atom => options.renamed = Some((value.text, value.span)),
            "optional" => options.optional = value.text == "true",
            "runtime" => options.build_only = value.text == "false",
            _ => {}
        }
    }
}

impl Options<'_> {
    fn scope(&self) -> Scope {
        match &self.only {
            Some(only) if !only.is_empty() && only.iter().all(|name| *name == "test") => Scope::Test,
            Some(only) if !only.is_empty() && !only.contains(&"prod") => Scope::Development,
            _ if self.optional => Scope::Optional,
            _ if self.build_only => Scope::Build,
            _ => Scope::Runtime,
        }
    }

    fn requirement(&self, written: Option<&str>) -> (Option<String>, Pin) {
        if let Some(folder) = self.local {
            return (Some(written.unwrap_or(folder).to_owned()), Pin::Local);
        }
        if let Some(source) = self.source {
            let part = self.reference.or(self.branch).map(|part| format!("#{part}")).unwrap_or_default();
            let pin = if self.reference.is_some() { Pin::Exact } else { Pin::Floating };
            return (Some(format!("git+{source}{part}")), pin);
        }
        (written.map(str::to_owned), written.map_or(Pin::Unstated, pin_of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIX: &str = r#"defmodule Shop.MixProject do
  use Mix.Project

  @version "1.4.0"
  @phoenix "~> 1.7.10"

  def project do
    [
      app: :shop,
      version: @version,
      elixir: "~> 1.15",
      elixirc_paths: elixirc_paths(Mix.env()),
      deps: deps(),
      docs: [version: "9"],
      escript: [main_module: Shop.CLI]
    ]
  end

  def application do
    [mod: {Shop.Application, []}, extra_applications: [:logger]]
  end

  defp elixirc_paths(:test), do: ["lib", "test/support"]
  defp elixirc_paths(_), do: ["lib"]

  defp deps do
    [
      {:phoenix, @phoenix},
      {:ecto_sql, "~> 3.10"},
      # {:old, "~> 1.0"},
      {:exactly, "1.2.3"},
      {:jason, ">= 0.0.0"},
      {:credo, "~> 1.7", only: [:dev, :test], runtime: false},
      {:mox, "~> 1.0", [only: :test]},
      {:core, in_umbrella: true},
      {:shared, path: "../shared"},
      {:fork, github: "a/fork", ref: "abc"},
      {:main, git: "https://example.com/m.git", branch: "main"},
      {:renamed, "~> 1.0", hex: :real_name},
      {:esbuild, "~> 0.8", runtime: Mix.env() == :dev},
      {:maybe, "~> 2.0", optional: true},
      {:computed, version()}
    ]
  end

  defp aliases do
    [
      setup: ["deps.get", "ecto.setup"],
      "ecto.setup": "ecto.create"
    ]
  end
end
"#;

    #[test]
    fn dependencies_have_scope_and_pin() {
        let manifest = mix_exs("mix.exs", MIX).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let runtime = |name, pin| (name, Scope::Runtime, pin);
        let expected = [
            runtime("phoenix", Pin::Range),
            runtime("ecto_sql", Pin::Range),
            runtime("exactly", Pin::Exact),
            runtime("jason", Pin::Floating),
            ("credo", Scope::Development, Pin::Range),
            ("mox", Scope::Test, Pin::Range),
            runtime("core", Pin::Local),
            runtime("shared", Pin::Local),
            runtime("fork", Pin::Exact),
            runtime("main", Pin::Floating),
            runtime("real_name", Pin::Range),
            runtime("esbuild", Pin::Range),
            ("maybe", Scope::Optional, Pin::Range),
            runtime("computed", Pin::Unstated),
        ];
        assert_eq!(found, expected);
        for package in &manifest.packages {
            assert_eq!(&MIX[package.span.start..package.span.end], package.name);
        }
        assert_eq!(manifest.packages[1].span.start, MIX.find("ecto_sql").unwrap());
        assert_eq!(manifest.packages[0].requirement.as_deref(), Some("~> 1.7.10"));
        assert_eq!(manifest.unread, ["the requirement of computed is computed"]);
    }

    #[test]
    fn a_project_says_what_it_is() {
        let manifest = mix_exs("mix.exs", MIX).unwrap();
        assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (Some("shop"), Some("1.4.0")));
        assert_eq!(manifest.runtimes[0].requirement, "~> 1.15");
        assert_eq!(manifest.tools, ["application:Shop.Application"]);
        let entries: Vec<_> = manifest.entry_points.iter().map(|e| (e.name.as_str(), e.target.as_str())).collect();
        let expected =
            [("setup", "[\"deps.get\", \"ecto.setup\"]"), ("ecto.setup", "ecto.create"), ("shop", "Shop.CLI")];
        assert_eq!(entries, expected);
    }

    #[test]
    fn an_umbrella_is_a_workspace() {
        let text = "def project do\n[apps_path: \"apps\", deps: [{:dialyxir, \"~> 1.0\", only: :dev}]]\nend\n";
        let manifest = mix_exs("mix.exs", text).unwrap();
        assert_eq!(manifest.workspace, ["apps/*"]);
        assert!(manifest.workspace_root);
        assert_eq!(manifest.packages[0].scope, Scope::Development);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in "(def project do|defp deps do|aliases|\\{:|\\}|\\[|\\]|\\(|, |only: |deps: |\"|'|#\\{|#|~r|\\?|\\\\|@|:|\n| |[aé]{1,3}){0,50}",
        ) {
            let manifest = mix_exs("mix.exs", &text).unwrap();
            for package in &manifest.packages {
                prop_assert!(text.get(package.span.start..package.span.end).is_some());
            }
        }
    }
}
