//! `Gemfile`: gems, groups, sources and the Ruby version, line by line.

use super::lexer::{Kind, Statement, Token, statements};
use super::{Arguments, pin_gem, versions};
use crate::facts::package::{Manifest, Pin, RuntimeRequirement, Scope};
use crate::format::{FormatError, Limits};

/// Groups that are not loaded in production. Bundler knows no meaning of names, so every other group is.
const GROUPS: &[(&str, Scope)] = &[
    ("development", Scope::Development),
    ("dev", Scope::Development),
    ("debug", Scope::Development),
    ("lint", Scope::Development),
    ("linting", Scope::Development),
    ("rubocop", Scope::Development),
    ("doc", Scope::Development),
    ("docs", Scope::Development),
    ("documentation", Scope::Development),
    ("tools", Scope::Development),
    ("ci", Scope::Development),
    ("deployment", Scope::Development),
    ("test", Scope::Test),
    ("tests", Scope::Test),
    ("spec", Scope::Test),
    ("cucumber", Scope::Test),
    ("build", Scope::Build),
];

const SOURCES: &[&str] = &["git", "github", "gitlab", "bitbucket", "gist"];

/// Keywords that open a block when they begin a statement or follow an assignment.
const OPENERS: &[&str] = &["if", "unless", "case", "while", "until", "for", "begin", "def", "class", "module"];

/// What an open block, with all those around it, says about the gems inside it.
#[derive(Clone, Default)]
struct Block {
    scopes: Vec<Scope>,
    pin: Option<Pin>,
}

/// Reads a `Gemfile`. A `gemspec` line becomes an include that may hold a wildcard (`*.gemspec`).
pub fn gemfile(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let mut manifest = Manifest::new(path, "gem");
    let mut blocks: Vec<Block> = Vec::new();
    for statement in &statements(text) {
        let Some(head) = statement.tokens.first() else { continue };
        if head.is_word("end") {
            blocks.pop();
            continue;
        }
        let arguments = Arguments::read(statement.tokens.get(1..).unwrap_or_default());
        if head.kind == Kind::Word && !statement.opens {
            match head.text.as_str() {
                "gem" => gem(&mut manifest, head, &arguments, blocks.last()),
                "ruby" => ruby(&mut manifest, head, statement, &arguments),
                "gemspec" => manifest.includes.push(gemspec_pattern(&arguments)),
                "eval_gemfile" | "instance_eval" => include(&mut manifest, head, &arguments),
                _ => {}
            }
        }
        if opens(statement) {
            let around = blocks.last().cloned().unwrap_or_default();
            blocks.push(block(head, &arguments, around));
        }
    }
    Ok(manifest)
}

fn opens(statement: &Statement) -> bool {
    let keyword = |token: &Token| token.kind == Kind::Word && OPENERS.contains(&token.text.as_str());
    statement.opens
        || statement.tokens.first().is_some_and(keyword)
        || statement.tokens.windows(2).any(|pair| matches!(pair, [equals, next] if equals.is("=") && keyword(next)))
}

fn block(head: &Token, arguments: &Arguments<'_>, around: Block) -> Block {
    let mut block = around;
    match head.text.as_str() {
        "group" | "groups" => {
            block.scopes.extend(scopes(arguments.positional.iter().copied().flatten()));
            block.scopes.sort();
            block.scopes.dedup();
        }
        "path" => block.pin = Some(Pin::Local),
        name if SOURCES.contains(&name) => block.pin = Some(source_pin(arguments)),
        _ => {}
    }
    block
}

fn scopes<'t>(tokens: impl Iterator<Item = &'t Token>) -> Vec<Scope> {
    let named = tokens.filter(|token| matches!(token.kind, Kind::Symbol | Kind::Text));
    named
        .map(|token| GROUPS.iter().find(|(name, _)| *name == token.text).map_or(Scope::Runtime, |(_, scope)| *scope))
        .collect()
}

/// Several groups load a gem wherever one of them is loaded; development outweighs test.
fn joined(scopes: &[Scope]) -> Scope {
    let order = [Scope::Runtime, Scope::Development, Scope::Test, Scope::Build];
    order.into_iter().find(|scope| scopes.contains(scope)).unwrap_or(Scope::Runtime)
}

/// A commit or tag names one state; a branch, or nothing, does not.
fn source_pin(arguments: &Arguments<'_>) -> Pin {
    let commit = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if arguments.text("ref").is_some_and(commit) || arguments.text("tag").is_some() {
        Pin::Exact
    } else {
        Pin::Floating
    }
}

fn gem(manifest: &mut Manifest, head: &Token, arguments: &Arguments<'_>, block: Option<&Block>) {
    let Some(name) = arguments.first() else {
        manifest.unread.push(format!("line {}: gem with a computed name", head.line));
        return;
    };
    let (requirement, computed) = versions(arguments, 1);
    if computed {
        manifest.unread.push(format!("line {}: computed requirement of {}", head.line, name.text));
    }
    let mut found: Vec<Scope> = Vec::new();
    for (_, value) in arguments.named.iter().filter(|(key, _)| matches!(*key, "group" | "groups")) {
        found.extend(scopes(value.iter()));
    }
    let mut pin = pin_gem(requirement.as_deref().unwrap_or_default());
    if let Some(block) = block {
        found.extend(&block.scopes);
        pin = block.pin.unwrap_or(pin);
    }
    if arguments.named("path").is_some() {
        pin = Pin::Local;
    } else if SOURCES.iter().any(|key| arguments.named(key).is_some()) {
        pin = source_pin(arguments);
    }
    manifest.push(name.text.clone(), joined(&found), requirement, pin, name.span);
}

fn ruby(manifest: &mut Manifest, head: &Token, statement: &Statement, arguments: &Arguments<'_>) {
    let texts = || statement.tokens.iter().filter(|token| token.kind == Kind::Text);
    let read = statement.tokens.iter().any(|token| token.is_word("File"));
    let requirement = match (arguments.text("file"), texts().next(), versions(arguments, 0).0) {
        (Some(file), ..) => format!("file: {file}"),
        (None, Some(file), _) if read => format!("file: {}", file.text),
        (None, _, Some(stated)) => stated,
        _ => {
            manifest.unread.push(format!("line {}: computed ruby version", head.line));
            return;
        }
    };
    let span = texts().next().map_or(head.span, |token| token.span);
    manifest.runtimes.push(RuntimeRequirement { name: "ruby".to_owned(), requirement, span });
}

fn gemspec_pattern(arguments: &Arguments<'_>) -> String {
    let file = format!("{}.gemspec", arguments.text("name").unwrap_or("*"));
    match arguments.text("path").map(|folder| folder.trim_end_matches('/')) {
        Some(folder) if !folder.is_empty() && folder != "." => format!("{folder}/{file}"),
        _ => file,
    }
}

fn include(manifest: &mut Manifest, head: &Token, arguments: &Arguments<'_>) {
    match arguments.first() {
        Some(file) => manifest.includes.push(file.text.clone()),
        None => manifest.unread.push(format!("line {}: computed {}", head.line, head.text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"source "https://gems.example"
ruby "~> 3.2", ">= 3.2.1"
gemspec
# gem "commented"
gem "rails", "~> 7.1", ">= 7.1.2"
gem 'puma', '6.4.0'
gem("sentry-ruby", require: false)
gem "pg", ">= 1.1" if ENV["DB"]
gem "engine", path: "engines/x"
gem "forked", git: "https://git.example/f.git", branch: "main"
gem "tagged", :github => "a/b", :tag => "v1"
gem "fixed", github: "a/b", ref: "0123456789abcdef0123456789abcdef01234567"
gem "minitest", group: :test
gem "both", groups: [:development, :test]
gem "live", :group => [:production, :test]

group :development, :test do
  gem "rspec-rails",
      "~> 6.0"
  platforms :mri do
    gem "debug"
  end
  if RUBY_VERSION > "3"
    gem "inner"
  end
end
group(:test) { gem "braced" }
path "libs" do
  gem "lib_a"
end
%w[a b].each do |name|
  gem name
end
version = if true then "1" else "2" end
gem "computed", version
gem "after-all"
"#;

    #[test]
    fn an_application() {
        let manifest = gemfile("Gemfile", TEXT).unwrap();
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("rails", Scope::Runtime, Pin::Range),
            ("puma", Scope::Runtime, Pin::Exact),
            ("sentry-ruby", Scope::Runtime, Pin::Unstated),
            ("pg", Scope::Runtime, Pin::Floating),
            ("engine", Scope::Runtime, Pin::Local),
            ("forked", Scope::Runtime, Pin::Floating),
            ("tagged", Scope::Runtime, Pin::Exact),
            ("fixed", Scope::Runtime, Pin::Exact),
            ("minitest", Scope::Test, Pin::Unstated),
            ("both", Scope::Development, Pin::Unstated),
            ("live", Scope::Runtime, Pin::Unstated),
            ("rspec-rails", Scope::Development, Pin::Range),
            ("debug", Scope::Development, Pin::Unstated),
            ("inner", Scope::Development, Pin::Unstated),
            ("braced", Scope::Test, Pin::Unstated),
            ("lib_a", Scope::Runtime, Pin::Local),
            ("computed", Scope::Runtime, Pin::Unstated),
            ("after-all", Scope::Runtime, Pin::Unstated),
        ];
        assert_eq!(seen, expected);
        assert_eq!(manifest.packages[0].requirement.as_deref(), Some("~> 7.1, >= 7.1.2"));
        for package in &manifest.packages {
            let shown = &TEXT[package.span.start..package.span.end];
            assert_eq!(shown.trim_matches(['"', '\'']), package.name);
        }
        assert_eq!(manifest.includes, ["*.gemspec"]);
        assert_eq!(manifest.unread, ["line 32: gem with a computed name", "line 35: computed requirement of computed"]);
        assert_eq!(manifest.runtimes[0].requirement, "~> 3.2, >= 3.2.1");
        assert!(manifest.runtimes[0].span.contains(TEXT.find("~> 3.2").unwrap()));
    }

    #[test]
    fn the_ruby_version_may_stand_in_a_file() {
        for text in ["ruby file: '.ruby-version'", "ruby File.read('.ruby-version').strip"] {
            assert_eq!(gemfile("Gemfile", text).unwrap().runtimes[0].requirement, "file: .ruby-version", "{text}");
        }
        assert_eq!(gemfile("Gemfile", "ruby VERSION").unwrap().unread, ["line 1: computed ruby version"]);
        let named = gemfile("Gemfile", "gemspec name: 'a', path: 'core/'\neval_gemfile 'more.rb'").unwrap();
        assert_eq!(named.includes, ["core/a.gemspec", "more.rb"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)(gem|group|do|end|ruby|path|:a|=>|'b'|[\"'#{}()\\[\\],\n ]|\\PC)*") {
            let _ = gemfile("Gemfile", &text);
        }
    }
}
