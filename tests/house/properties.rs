//! Properties of the score over generated repositories: what may move it, and what never may.

use proptest::prelude::*;

use crate::decisions::{audited, scored};

type Files = Vec<(String, String)>;

/// Pieces that repositories are put together from: each changes some verdict.
const PIECES: &[(&str, &str)] = &[
    (
        "README.md",
        "# shop\n\n## Install\n\nnpm ci\n\n## Usage\n\nnpm start\n\nIt sells things to people, and this text says at some length how.\n",
    ),
    ("LICENSE", "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n"),
    ("CHANGELOG.md", "# Changelog\n\n## 1.0.0 - 2026-01-01\n\n- First release\n"),
    ("SECURITY.md", "# Security\n\nReport to security@shop.example within a day, please.\n"),
    (".gitignore", "node_modules\n.env\n"),
    (".env.example", "DATABASE_URL=\n"),
    ("package-lock.json", "{\"name\": \"shop\", \"lockfileVersion\": 3, \"packages\": {}}\n"),
    (
        ".github/dependabot.yml",
        "version: 2\nupdates:\n  - package-ecosystem: npm\n    directory: /\n    schedule: {interval: weekly}\n",
    ),
    (
        ".github/workflows/ci.yml",
        "on: [push, pull_request]\npermissions:\n  contents: read\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      \
         - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8\n      - run: npm ci\n      - run: npm test\n",
    ),
    ("test/app.test.js", "const test = require('node:test')\ntest('adds', () => {})\n"),
    ("Dockerfile", "FROM node:22.11.0\nWORKDIR /app\nCOPY . .\nUSER node\nCMD [\"node\", \"index.js\"]\n"),
    ("compose.yaml", "services:\n  db:\n    image: postgres:17.2\n    volumes: ['d:/var/lib/postgresql/data']\n"),
    ("src/limit.js", "const limit = require('express-rate-limit')\nmodule.exports = limit({max: 5})\n"),
];

/// A shop with a server, and some of the pieces.
fn repository() -> impl Strategy<Value = Files> {
    prop::collection::vec(any::<bool>(), PIECES.len()).prop_map(|chosen| {
        let mut files: Files = vec![
            (
                "package.json".into(),
                "{\"name\": \"shop\", \"private\": true, \"scripts\": {\"test\": \"node --test\"}, \"dependencies\": {\"express\": \
                 \"4.19.2\", \"pg\": \"8.11.5\"}}\n"
                    .into(),
            ),
            (
                "index.js".into(),
                "const express = require('express')\nconst { Pool } = require('pg')\nconst pool = new \
                 Pool({ connectionString: process.env.DATABASE_URL })\nconst app = express()\napp.listen(3000)\n"
                    .into(),
            ),
        ];
        let pieces = PIECES.iter().zip(chosen).filter(|(_, chosen)| *chosen);
        files.extend(pieces.map(|((path, text), _)| ((*path).to_owned(), (*text).to_owned())));
        files
    })
}

/// The score, and the score without decisions.
fn score(files: &Files, config: &str) -> (u32, u32) {
    let audit = audited(files, config);
    let value = |items| scored(items).map_or(0, |score| score.value);
    (value(&audit.items), value(&audit.found))
}

const TOKEN: &str = concat!("ghp_", "q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P", "21HWD1");
const WORDS: &str =
    "Sentry rate limiting backups pg_dump Dependabot CodeQL helmet health endpoint OpenTelemetry Prometheus runbook\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_files_is_of_no_account(files in repository().prop_shuffle()) {
        let mut turned = files.clone();
        turned.sort();
        prop_assert_eq!(score(&files, ""), score(&turned, ""));
    }

    #[test]
    fn prose_and_comments_prove_nothing(mut files in repository()) {
        let (before, _) = score(&files, "");
        files.push(("docs/notes.md".into(), format!("# Notes\n\n{WORDS}")));
        files.push(("src/notes.js".into(), format!("// {WORDS}/* {WORDS} */\n")));
        prop_assert_eq!(score(&files, "").0, before);
    }

    #[test]
    fn tests_prove_nothing_but_tests(mut files in repository()) {
        files.retain(|(path, _)| path != "test/app.test.js");
        let outcomes = |files: &Files| -> Vec<(usize, u32)> {
            audited(files, "").items.iter().map(|item| (item.rule, item.credit)).collect()
        };
        let before = outcomes(&files);
        let text = "const Sentry = require('@sentry/node')\nSentry.init({dsn: 'x'})\nconst limit = require('express-rate-limit')\n\
                    app.use(limit())\napp.get('/health', (a, b) => b.send(1))\ntest('x', () => {})\n";
        files.push(("test/all.test.js".into(), text.into()));
        let rules = &crate::decisions::rules().rules;
        for ((rule, was), (_, is)) in before.into_iter().zip(outcomes(&files)) {
            let own = rules[rule].id.as_str().contains("tests");
            prop_assert!(was == is || own, "{} moved from {was} to {is}", rules[rule].id);
        }
    }

    #[test]
    fn a_live_key_caps_and_fifty_never_help(files in repository(), count in 1usize..4) {
        let (before, _) = score(&files, "");
        let mut leaked = files;
        let leak = |number: usize| (format!("src/key{number}.js"), format!("const token{number} = '{TOKEN}'\n"));
        leaked.push(leak(0));
        let (one, _) = score(&leaked, "");
        prop_assert!(one <= before && one <= 49, "{before} became {one}");
        leaked.extend((1..=count * 16).map(leak));
        prop_assert!(score(&leaked, "").0 <= one);
    }

    #[test]
    fn breaking_a_file_never_raises(files in repository(), at in any::<prop::sample::Index>()) {
        // The manifest says what the project is; without it there is another project to judge.
        let (before, _) = score(&files, "");
        let mut broken = files;
        let at = at.index(broken.len());
        prop_assume!(broken[at].0 != "package.json" && broken[at].0 != "index.js");
        broken[at].1 = format!("{{{{ [ : \u{1}{}", broken[at].1.chars().rev().collect::<String>());
        let (after, _) = score(&broken, "");
        prop_assert!(after <= before, "{} broken: {before} became {after}", broken[at].0);
    }

    #[test]
    fn no_decision_raises_the_score_without_decisions(files in repository(), rule in any::<prop::sample::Index>()) {
        let (_, before) = score(&files, "");
        let rules = &crate::decisions::rules().rules;
        let id = &rules[rule.index(rules.len())].id;
        let accept = format!("[[accept]]\nrule = \"{id}\"\nreason = \"x\"\n");
        let (_, after) = score(&files, &accept);
        prop_assert_eq!(after, before);
        let mut ignored = files;
        ignored.push(("src/a.js".into(), format!("// prodready: ignore[{id}] -- x\nlet a = 1\n")));
        prop_assert!(score(&ignored, "").1 <= before);
    }
}
