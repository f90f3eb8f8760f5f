//! The documentation keeps its word: its commands run, its configuration and its rules are read, its links lead somewhere,
//! and the reference of the rules is the one that the rules give.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use prodready::config::Config;
use prodready::report::words;
use prodready::rule::model::Rule;
use prodready::rule::set::RuleSet;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    pages.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    pages.sort();
    assert!(pages.len() > 6);
    pages
}

/// One fenced block: its language, its lines, and the comment above it.
struct Block {
    language: String,
    lines: Vec<String>,
    above: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut open, mut above): (Vec<Block>, Option<Block>, String) = (Vec::new(), None, String::new());
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.lines.push(line.to_owned()),
            (None, Some(language)) => {
                open = Some(Block { language: language.to_owned(), lines: Vec::new(), above: above.clone() });
            }
            (None, None) => {}
        }
        line.clone_into(&mut above);
    }
    found
}

/// A sample repository to run the commands in: a service that declares much and uses little.
fn sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = root().join("fixtures/express-declared");
    for entry in walkdir::WalkDir::new(&from).into_iter().map(Result::unwrap) {
        let to = folder.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    folder
}

/// Words of a command line, with double quotes.
fn words_of(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    parts
        .flat_map(|(number, part)| {
            if number % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        })
        .collect()
}

/// Whether `text` is what the page shows; `...` stands for anything, within a line or over lines.
fn is_shown(shown: &[&str], text: &str) -> bool {
    let pattern: Vec<String> = shown
        .iter()
        .map(|line| if *line == "..." { "\u{0}".to_owned() } else { regex::escape(line).replace(r"\.\.\.", ".*") })
        .collect();
    let pattern = pattern.join("\n").replace("\u{0}\n", "(?:.*\n)*").replace('\u{0}', "(?:.*\n?)*");
    let all = regex::Regex::new(&format!("^{pattern}\n*$")).unwrap();
    all.is_match(text)
}

#[test]
fn every_command_of_the_documentation_does_what_the_page_shows() {
    let (mut wrong, mut run) = (Vec::new(), 0);
    for page in pages() {
        let folder = sample();
        let name = page.strip_prefix(root()).unwrap().display().to_string();
        for block in blocks(&std::fs::read_to_string(&page).unwrap()) {
            if let Some(file) = block.lines.first().and_then(|line| line.strip_prefix("# file: ")) {
                let file = folder.path().join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, block.lines[1..].join("\n") + "\n").unwrap();
            }
            if block.language != "console" {
                continue;
            }
            let exit: i32 =
                block.above.strip_prefix("<!-- exit ").map_or(0, |rest| rest.trim_end_matches(" -->").parse().unwrap());
            let mut lines = block.lines.iter().map(String::as_str).peekable();
            while let Some(line) = lines.next() {
                let Some(command) = line.strip_prefix("$ ") else { continue };
                let shown: Vec<&str> = std::iter::from_fn(|| lines.next_if(|line| !line.starts_with("$ "))).collect();
                let arguments = words_of(command);
                if arguments[0] != "prodready" {
                    continue;
                }
                run += 1;
                let output = Command::new(env!("CARGO_BIN_EXE_prodready"))
                    .args(&arguments[1..])
                    .current_dir(folder.path())
                    .env("PRODREADY_FORCE_WIDTH", "80")
                    .output()
                    .unwrap();
                let text =
                    String::from_utf8_lossy(if output.stdout.is_empty() { &output.stderr } else { &output.stdout })
                        .into_owned();
                let last = lines.peek().is_none();
                if last && output.status.code() != Some(exit) || !last && !output.status.success() {
                    wrong
                        .push(format!("{name}: `{command}` ended with {:?}, not {exit}\n{text}", output.status.code()));
                }
                if !shown.is_empty() && !is_shown(&shown, &text) {
                    wrong.push(format!("{name}: `{command}` shows something else:\n{text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run > 12, "{run} commands were found");
}

#[test]
fn the_configuration_in_the_documentation_is_understood() {
    let rules = RuleSet::embedded().unwrap();
    let mut read = 0;
    for page in pages() {
        for block in blocks(&std::fs::read_to_string(&page).unwrap()).iter().filter(|block| block.language == "toml") {
            let config = Config::parse(&block.lines.join("\n"), "prodready.toml").unwrap();
            config.check(&rules).unwrap();
            read += 1;
        }
    }
    assert!(read > 0);
}

#[test]
fn links_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#\s]+)(?:#[^)]*)?\)").unwrap();
    let mut wrong = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for found in link.captures_iter(&text).map(|found| found[1].to_owned()).filter(|to| !to.contains("://")) {
            if !page.parent().unwrap().join(&found).exists() {
                wrong.push(format!("{}: {found}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn page_of(area: &str, rules: &[&Rule]) -> String {
    let mut text = format!("# {area}\n\nGenerated from `rules/{area}/`; `REWRITE=1 cargo test` writes it anew.\n");
    for rule in rules {
        let name = rule.id.as_str().split_once('/').unwrap().1;
        let kinds = rule.applies_to.as_ref().map_or_else(
            || "the repository as a whole".to_owned(),
            |kinds| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
        );
        let preview = if rule.preview { " · preview, not scored" } else { "" };
        let attest = if rule.attestable { " · may be attested" } else { "" };
        let _ = write!(
            text,
            "\n## {name}\n\n**{}**\n\n`{}` · {} · confidence {}{preview}{attest} · applies to {kinds}\n\n{}\n",
            rule.title,
            rule.id,
            words::severity(rule.severity),
            words::confidence(rule.confidence),
            rule.why
        );
        if !rule.looks_for.is_empty() {
            text.push_str("\nLooks for:\n\n");
            for item in &rule.looks_for {
                let _ = writeln!(text, "- {item}");
            }
        }
        let patterns: Vec<_> = rule.forbid.iter().filter_map(|pattern| Some((pattern.id.as_ref()?, pattern))).collect();
        if !patterns.is_empty() && patterns.len() <= 40 {
            text.push_str("\nPatterns:\n\n");
            for (id, pattern) in patterns {
                let message = pattern.message.as_deref().unwrap_or(&rule.title);
                let _ = writeln!(text, "- `{id}` ({}): {message}", words::severity(pattern.severity));
            }
        } else if !patterns.is_empty() {
            let _ = writeln!(text, "\n{} patterns; `prodready rules show {}` prints them.", patterns.len(), rule.id);
        }
        let _ = write!(text, "\nFix: {}\n", rule.fix);
        for reference in &rule.references {
            let _ = write!(text, "\n- <{reference}>");
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_reference_of_the_rules_is_fresh() {
    let rules = RuleSet::embedded().unwrap();
    let mut areas: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &rules.rules {
        areas.entry(rule.id.area()).or_default().push(rule);
    }
    let mut index = String::from(
        "# All rules\n\nGenerated from `rules/`; `REWRITE=1 cargo test` writes it anew.\n\n| area | rules |\n|---|---|\n",
    );
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for (area, rules) in &areas {
        let links: Vec<String> = rules
            .iter()
            .map(|rule| {
                let name = rule.id.as_str().split_once('/').unwrap().1;
                format!("[{name}]({area}.md#{name})")
            })
            .collect();
        let _ = writeln!(index, "| [{area}]({area}.md) | {} |", links.join(", "));
        pages.insert(format!("{area}.md"), page_of(area, rules));
    }
    pages.insert("README.md".to_owned(), index);
    let folder: &Path = &root().join("docs/rules");
    if std::env::var_os("REWRITE").is_some() {
        std::fs::create_dir_all(folder).unwrap();
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &pages {
        let stands = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(stands == *text, "docs/rules/{name} is not fresh: REWRITE=1 cargo test writes it anew");
    }
    let there = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(there, pages.len(), "a page of an area that is gone");
}
