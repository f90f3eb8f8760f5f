//! Every report format is read back by a reader of its own kind, also where the repository does its best to break out.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use prodready::audit::{Audit, AuditOptions, audit};
use prodready::repo::Repo;
use prodready::report::previous::Previous;
use prodready::report::{Report, badge, github, gitlab, html, json, junit, markdown, sarif, text};
use prodready::rule::set::RuleSet;
use prodready::score::{self, Gate, Score};
use pulldown_cmark::{Event, Options, Parser, Tag};
use sha2::Digest as _;

use crate::fixtures::{as_memory, names};

const SOURCE: &str = "https://code.example/shop/blob/1a2b3c4/";
/// What is tried in file names, lines and reasons.
const HOSTILE: [&str; 9] = [
    "</script><img src=x onerror=alert(1)>",
    "\"'><b onclick=x>",
    "]]><![CDATA[x",
    "a|b`c``d",
    "@octocat #1 GH-2 https://x.example/1",
    "::error file=a::b",
    "##[error]x",
    "\u{1b}[31m\u{202e}\u{7}",
    "--> <!-- ${{ x }} 100% [a](b) ***",
];

/// A token with right check digits, put together here.
const TOKEN: &str = concat!("ghp_", "q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P21HWD1");

fn hostile_files() -> BTreeMap<String, String> {
    let manifest =
        "{\"name\": \"x\", \"private\": true, \"dependencies\": {\"express\": \"4.0.0\", \"pg\": \"8.0.0\"}}";
    let mut files = BTreeMap::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        let folder = format!("apps/{number} {}", text.replace('/', "\u{2215}"));
        files.insert(format!("{folder}/package.json"), manifest.to_owned());
        let server = format!("const app = require('express')(); // {text}\napp.listen(3000); // {text}\n");
        files.insert(format!("{folder}/index.js"), server);
        files.insert(format!("{folder}/key.js"), format!("const k = '{TOKEN}'; // {text}\n"));
        let ignored = format!("const k = '{TOKEN}'; // prodready: ignore[secrets/hardcoded-credential] -- {text}\n");
        files.insert(format!("{folder}/ignored.js"), ignored);
    }
    files
}

struct Audited {
    rules: RuleSet,
    audit: Audit,
    score: Option<Score>,
}

impl Audited {
    fn of(files: &BTreeMap<String, String>) -> Self {
        Self::only(files, &[])
    }

    fn only(files: &BTreeMap<String, String>, only: &[&str]) -> Self {
        let rules = RuleSet::embedded().unwrap();
        let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let mut options = AuditOptions::new(2, jiff::civil::date(2026, 11, 21));
        options.only = only.iter().map(|name| (*name).to_owned()).collect();
        let audit = audit(&repo, &rules, &options);
        let entries: Vec<_> =
            audit.items.iter().filter_map(|item| score::entry(&rules.rules[item.rule], item)).collect();
        let score = score::score(&entries);
        Self { rules, audit, score }
    }

    fn report<'a>(&'a self, gate: &'a Gate) -> Report<'a> {
        let report = Report::new(&self.audit, &self.rules, gate);
        let (score, commit) = (self.score.as_ref(), Some("1a2b3c4d5e6f"));
        Report { name: HOSTILE[0], source_url: Some(SOURCE), score, commit, ..report }
    }
}

fn nothing_applies() -> Audited {
    Audited::only(&as_memory("library"), &["kubernetes/probes"])
}

fn gate() -> Gate {
    let reasons = vec!["score 1 < 80".to_owned()];
    Gate { reasons, asked: true, min_score: Some(80) }
}

/// The contents of `<name …>…</name>`, once.
fn element<'a>(page: &'a str, name: &str) -> &'a str {
    let rest = page.split_once(&format!("<{name}>")).unwrap().1;
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn hidden(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn a_hostile_repository_stays_in_the_text_of_the_page() {
    let (audited, gate) = (Audited::of(&hostile_files()), gate());
    let page = html::render(&audited.report(&gate)).unwrap();
    assert!(!page.contains(hidden), "a character that nobody sees");
    for text in HOSTILE.iter().filter(|text| text.contains('<')) {
        assert!(!page.contains(text), "{text}");
    }
    let body = page.replace(element(&page, "style"), "").replace(element(&page, "script"), "");
    let known = "!doctype html head meta title style body svg symbol use path circle rect text a header div p span nav \
                 button main section h1 h2 h3 h4 dl dt dd b table thead tbody tfoot tr th td ul ol li details summary \
                 form label input select option pre code footer script";
    let known: BTreeSet<&str> = known.split_whitespace().collect();
    let tags: BTreeSet<&str> = body
        .split('<')
        .skip(1)
        .map(|rest| rest.trim_start_matches('/').split([' ', '>', '/', '\n']).next().unwrap())
        .collect();
    assert!(tags.is_subset(&known), "{:?}", tags.difference(&known));
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (1, 1));
    let links = regex::Regex::new("(?:href|src|action)=\"([^\"]*)\"").unwrap();
    for link in links.captures_iter(&body) {
        let target = &link[1];
        assert!(target.starts_with('#') || target.starts_with("https://"), "{target}");
    }
    let bare = regex::Regex::new("\"[^\"]*\"").unwrap().replace_all(&body, "");
    assert!(!regex::Regex::new(r"<[a-z][^>]* (on[a-z]+|style|src)=").unwrap().is_match(&bare));
    assert!(page.contains("apps/0 &#60;\u{2215}script&#62;"), "the name of the folder is shown");
}

#[test]
fn the_policy_names_the_hashes_of_what_stands_there() {
    let (audited, gate) = (Audited::of(&as_memory("monorepo")), gate());
    let page = html::render(&audited.report(&gate)).unwrap();
    let policy = page.split_once("Content-Security-Policy").unwrap().1.split_once('>').unwrap().0.replace("&#39;", "'");
    for (name, directive) in [("style", "style-src"), ("script", "script-src")] {
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(element(&page, name)));
        assert!(policy.contains(&format!("{directive} 'sha256-{hash}';")), "{name}: {policy}");
    }
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn the_score_can_be_computed_from_the_page() {
    let row = r#"<tr><th scope="row"><a href="\#([^"]+)">[^<]*</a></th><td class="[a-z-]+">[a-z-]+</td><td>[a-z]+</td><td class="num">([0-9.]+)</td><td class="num">([0-9.]+)</td><td class="num">([0-9.]+)</td></tr>"#;
    let row = regex::Regex::new(row).unwrap();
    let mut seen = 0;
    for name in names() {
        let (audited, gate) = (Audited::of(&as_memory(&name)), gate());
        let Some(score) = &audited.score else { continue };
        let page = html::render(&audited.report(&gate)).unwrap();
        // In hundred-thousandths, so that no rounding hides an error.
        let number = |text: &str| {
            let (whole, part) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{part:0<5}").parse::<u64>().unwrap()
        };
        let (mut weights, mut earned) = (0, 0);
        for cells in row.captures_iter(&page) {
            let (weight, credit) = (number(&cells[2]), number(&cells[3]));
            assert_eq!(weight * credit, number(&cells[4]) * 100_000, "{name}: {}", &cells[1]);
            weights += weight;
            earned += number(&cells[4]);
            seen += 1;
        }
        assert_eq!(u64::from(score.uncapped), earned * 100 / weights, "{name}");
    }
    assert!(seen > 100, "only {seen} rows were found");
}

#[test]
fn markdown_holds_no_markup_of_the_repository() {
    let (audited, gate) = (Audited::of(&hostile_files()), gate());
    let page = markdown::render(&audited.report(&gate));
    assert!(
        page.starts_with("<!-- prodready:script-img-src-x-onerror-alert-1 -->\n"),
        "{}",
        page.lines().next().unwrap()
    );
    let own = ["<details><summary>", "</details>", "<sub>", "</sub>", "<!-- prodready:"];
    let mut code = false;
    let mut texts = String::new();
    for event in Parser::new_ext(&page, Options::all()) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => {
                assert!(text.trim().is_empty() || own.iter().any(|own| text.starts_with(own)), "{text}");
            }
            Event::Start(Tag::Link { dest_url, .. }) => assert!(dest_url.starts_with(SOURCE), "{dest_url}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("an image: {dest_url}"),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => panic!("{text}"),
            Event::Code(_) => code = true,
            Event::Text(text) => texts.push_str(&text),
            _ => texts.push('\n'),
        }
    }
    assert!(code && texts.contains("Fix first"));
    let refers = regex::Regex::new(r"@\w|#\d|GH-\d|https?://|www\.\w").unwrap();
    assert!(refers.find(&texts).is_none(), "{:?}", refers.find(&texts));
    assert!(!page.contains(hidden));
}

#[test]
fn markdown_stays_below_the_limit_and_says_what_is_left_off() {
    let mut files = hostile_files();
    for number in 0..900 {
        let long = "very-long-folder-name/".repeat(6);
        // Each its own: one secret is one finding, wherever it stands.
        let token = format!("{}{number:03}{}", &TOKEN[..6], &TOKEN[9..]);
        files.insert(format!("{long}key{number}.js"), format!("const k{number} = '{token}';\n"));
    }
    let gate = gate();
    let (old, new) = (Audited::of(&hostile_files()), Audited::of(&files));
    let before = json::render(&old.report(&gate)).unwrap();
    let previous = Previous::parse(&before, "old.json").unwrap();
    let report = Report { previous: Some(&previous), ..new.report(&gate) };
    let page = markdown::render(&report);
    assert!(page.len() <= markdown::MOST && page.len() > markdown::MOST / 2, "{} bytes", page.len());
    assert!(page.contains("**New**") && page.contains(" more\n"), "{page}");
    assert!(page.trim_end().ends_with("</sub>"));
}

/// The properties and the message of a workflow command, as the runner reads them.
fn command(line: &str) -> (String, BTreeMap<String, String>, String) {
    let rest = line.strip_prefix("::").unwrap();
    let (head, message) = rest.split_once("::").unwrap();
    let (level, properties) = head.split_once(' ').unwrap();
    let read = |text: &str| text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
    let properties = properties.split(',').map(|one| one.split_once('=').unwrap());
    let properties = properties.map(|(key, value)| (key.to_owned(), read(value))).collect();
    (level.to_owned(), properties, read(message))
}

#[test]
fn annotations_are_ten_of_a_level_and_one_command_a_line() {
    let mut files = hostile_files();
    for number in 0..30 {
        files.insert(format!("src/k{number}.js"), format!("const k{number} = '{TOKEN}';\n"));
    }
    let (audited, gate) = (Audited::of(&files), gate());
    let out = github::render(&audited.report(&gate));
    let mut levels: BTreeMap<String, usize> = BTreeMap::new();
    for line in out.lines() {
        let (level, properties, message) = command(line);
        assert!(["error", "warning", "notice"].contains(&level.as_str()), "{line}");
        *levels.entry(level).or_default() += 1;
        let keys: Vec<&str> = properties.keys().map(String::as_str).collect();
        let known = ["col", "endColumn", "endLine", "file", "line", "title"];
        assert!(keys.iter().all(|key| known.contains(key)) && keys.contains(&"title"), "{line}");
        assert!(!line.contains("##[") && !message.is_empty() && !line.contains(hidden), "{line}");
        if let Some(file) = properties.get("file") {
            assert!(file.starts_with("apps/") || file.starts_with("src/"), "{line}");
            assert!(properties["line"].parse::<usize>().unwrap() > 0);
        }
    }
    assert_eq!(levels["error"], github::MOST);
    assert!(levels.values().all(|count| *count <= github::MOST), "{levels:?}");
    assert!(out.lines().last().unwrap().contains(" more findings are not shown here ("), "{out}");
    assert_eq!(github::render(&nothing_applies().report(&gate)), "");
}

#[test]
fn gitlab_gets_the_documented_shape() {
    let (audited, gate) = (Audited::of(&hostile_files()), gate());
    let issues: Vec<serde_json::Value> =
        serde_json::from_str(&gitlab::render(&audited.report(&gate)).unwrap()).unwrap();
    assert!(issues.len() > 10);
    let mut fingerprints = BTreeSet::new();
    for issue in &issues {
        let text = |pointer: &str| issue.pointer(pointer).unwrap().as_str().unwrap();
        assert!(!text("/description").is_empty() && !text("/description").contains(hidden));
        assert!(text("/check_name").contains('/'));
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&text("/severity")));
        assert!(!text("/location/path").starts_with("./") && !text("/location/path").starts_with('/'));
        assert!(issue.pointer("/location/lines/begin").unwrap().as_u64().unwrap() > 0);
        assert!(fingerprints.insert(text("/fingerprint")), "GitLab shows an issue once per fingerprint");
    }
    assert_eq!(gitlab::render(&nothing_applies().report(&gate)).unwrap(), "[]\n");
}

#[test]
fn junit_is_read_by_a_reader_of_junit() {
    let (audited, gate) = (Audited::of(&hostile_files()), gate());
    let written = junit::render(&audited.report(&gate));
    let read = quick_junit::Report::deserialize_from_str(&written).unwrap();
    assert_eq!(read.tests, audited.audit.items.len());
    assert_eq!(read.failures, read.test_suites.iter().map(|suite| suite.failures).sum::<usize>());
    let document = roxmltree::Document::parse(&written).unwrap();
    let all = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
    assert_eq!((all("testcase").len(), all("failure").len()), (read.tests, read.failures));
    assert!(all("failure").iter().all(|node| node.attribute("message").is_some() && node.text().is_some()));
    assert!(all("skipped").iter().all(|node| node.attribute("message").is_some_and(|text| text.contains(": "))));
    assert!(
        all("testcase").iter().all(|node| node.attribute("classname").is_some() && node.attribute("name").is_some())
    );
    assert!(!written.contains(hidden) && !written.contains("]]>"));
}

#[test]
fn badges_are_drawn_and_described() {
    let (audited, gate) = (Audited::of(&as_memory("express-used")), gate());
    let report = audited.report(&gate);
    let score = audited.score.as_ref().unwrap();
    let value = format!("{}/100 {}", score.value, score.grade());
    let drawn = badge::svg(&report);
    let document = roxmltree::Document::parse(&drawn).unwrap();
    let label = document.root_element().attribute("aria-label").unwrap();
    assert_eq!(label, format!("production readiness: {} of 100", score.value));
    assert!(drawn.contains(&format!(">{value}</text>")) && drawn.len() < 1500, "{drawn}");
    let shields: BTreeMap<String, serde_json::Value> = serde_json::from_str(&badge::shields(&report).unwrap()).unwrap();
    assert_eq!((shields["schemaVersion"].as_u64(), shields["message"].as_str()), (Some(1), Some(&*value)));
    assert!(shields.keys().all(|key| ["schemaVersion", "label", "message", "color"].contains(&key.as_str())));
    let bare = Report { score: None, ..report };
    assert!(badge::svg(&bare).contains("no score") && badge::shields(&bare).unwrap().contains("no score"));
}

#[test]
fn the_other_formats_are_not_taken_over_either() {
    let (audited, gate) = (Audited::of(&hostile_files()), gate());
    let report = audited.report(&gate);
    let show = text::Show { pass: true, not_applicable: true, accepted: true, components: true };
    let told = text::render(&report, show, 100);
    assert!(!told.contains(hidden) && !told.contains("##["));
    assert!(!told.lines().any(|line| line.trim_start().starts_with("::")), "a log would obey");
    for written in [json::render(&report).unwrap(), sarif::render(&report).unwrap()] {
        assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok());
        assert!(!written.contains(|c: char| c.is_control() && c != '\n'));
    }
}

#[test]
fn a_comparison_says_what_is_new_fixed_and_turned() {
    let gate = gate();
    let mut files = as_memory("express-bare");
    let old = Audited::of(&files);
    files.insert("src/key.js".to_owned(), format!("const k = '{TOKEN}';\n"));
    files.insert("LICENSE".to_owned(), "MIT License\n\nCopyright (c) 2026 X\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n".to_owned());
    let new = Audited::of(&files);
    let written = json::render(&old.report(&gate)).unwrap();
    let previous = Previous::parse(&written, "old.json").unwrap();
    let report = Report { previous: Some(&previous), ..new.report(&gate) };
    let (page, told) = (html::render(&report).unwrap(), markdown::render(&report));
    assert!(page.contains("Since the report of 2026-11-21") && page.contains("src/key.js:1"));
    assert!(told.contains("| New | **") && told.contains("[`src/key.js:1`]("), "{told}");
    let before = old.score.as_ref().unwrap().value;
    assert!(told.contains(&format!(": {before} → **")), "{told}");
    let same = Report { previous: Some(&previous), ..old.report(&gate) };
    assert!(markdown::render(&same).contains("No new findings"));
    let other = Previous::parse(&written.replacen("\"edition\": \"", "\"edition\": \"x", 1), "old.json").unwrap();
    let report = Report { previous: Some(&other), ..new.report(&gate) };
    assert!(markdown::render(&report).contains("the numbers do not compare"));
    assert!(text::render(&report, text::Show::default(), 80).contains(" new findings, "));
}
