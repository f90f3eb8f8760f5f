//! No report of any format holds a secret, whichever rule shows the line that it stands on.

use std::collections::BTreeMap;

use prodready::audit::{AuditOptions, audit};
use prodready::repo::Repo;
use prodready::report::previous::Previous;
use prodready::report::{Report, badge, github, gitlab, html, json, junit, markdown, sarif, text};
use prodready::rule::set::RuleSet;

/// Random-looking letters and digits, the same for the same seed: nothing here is a credential of anybody.
fn body(seed: u64, length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(LETTERS[usize::try_from(state % LETTERS.len() as u64).unwrap()])
        })
        .collect()
}

/// Prefixes are put together here, so that this file holds no token either.
fn planted(seed: u64) -> Vec<String> {
    let hex = |length| {
        body(seed, length * 4).to_lowercase().chars().filter(char::is_ascii_hexdigit).take(length).collect::<String>()
    };
    vec![
        format!("gh{}_{}", 'p', body(seed, 36)),
        format!("sk_{}_{}", "live", body(seed + 1, 24)),
        format!("np{}_{}", 'm', body(seed + 2, 36)),
        format!("xox{}-123456789012-123456789012-{}", 'b', body(seed + 3, 24)),
        format!("glpat{}{}", '-', body(seed + 4, 20)),
        format!("AI{}Sy{}", "za", body(seed + 5, 33)),
        format!("SG{}{}.{}", '.', body(seed + 6, 22), body(seed + 7, 43)),
        format!("dop_{}_{}", "v1", hex(64)),
    ]
}

#[test]
fn no_format_holds_a_secret() {
    let rules = RuleSet::embedded().unwrap();
    let mut secrets = Vec::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for number in 0..38_u64 {
        let tokens = planted(number * 11 + 3);
        let password = body(number + 900, 18);
        let lines: Vec<String> =
            tokens.iter().enumerate().map(|(at, token)| format!("const key{at} = '{token}';\n")).collect();
        files.insert(format!("src/config{number}.js"), lines.concat());
        // Lines that other rules show as evidence or as the reason why they apply.
        files.insert(
            format!("apps/a{number}/index.js"),
            format!(
                "const Sentry = require('@sentry/node'); const app = require('express')();\nSentry.init({{ dsn: process.env.DSN, token: '{}' }});\n\
                 app.listen(3000, '{}');\nconst db = 'postgres://shop:{password}@db.shop.internal.net:5432/shop';\n",
                tokens[0], tokens[1]
            ),
        );
        let manifest = "{\"name\": \"a\", \"private\": true, \"dependencies\": {\"express\": \"4.0.0\", \"pg\": \"8.0.0\", \"@sentry/node\": \"8.0.0\"}}";
        files.insert(format!("apps/a{number}/package.json"), manifest.to_owned());
        secrets.extend(tokens);
        secrets.push(password);
    }
    assert!(secrets.len() > 300);
    let repo = Repo::from_memory(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let options = AuditOptions::new(2, jiff::civil::date(2026, 11, 21));
    let audit = audit(&repo, &rules, &options);
    let gate = prodready::score::Gate::default();
    // With nothing before, everything is new: the parts that compare show their lines too.
    let bare = Report::new(&audit, &rules, &gate);
    let mut before: serde_json::Value = serde_json::from_str(&json::render(&bare).unwrap()).unwrap();
    for rule in before["rules"].as_array_mut().unwrap() {
        rule["findings"] = serde_json::json!([]);
    }
    let previous = Previous::parse(&before.to_string(), "before.json").unwrap();
    let report = Report { previous: Some(&previous), ..bare };
    let show = text::Show { pass: true, not_applicable: true, accepted: true, components: true };
    let outputs = [
        ("text", text::render(&report, show, 120)),
        ("json", json::render(&report).unwrap()),
        ("sarif", sarif::render(&report).unwrap()),
        ("html", html::render(&report).unwrap()),
        ("markdown", markdown::render(&report)),
        ("markdown without comparison", markdown::render(&bare)),
        ("github", github::render(&report)),
        ("gitlab", gitlab::render(&report).unwrap()),
        ("junit", junit::render(&report)),
        ("badge", badge::svg(&report)),
        ("shields", badge::shields(&report).unwrap()),
        ("debug", format!("{:?}", audit.items)),
    ];
    let found: usize =
        audit.items.iter().map(|item| item.findings().filter(|finding| finding.mark.is_some()).count()).sum();
    assert!(found > 250, "only {found} of the planted secrets were found");
    for (format, output) in outputs {
        for secret in &secrets {
            assert!(!output.contains(secret.as_str()), "{format} holds {}…", &secret[..6]);
            let tail = &secret[secret.len() - 12..];
            assert!(!output.contains(tail), "{format} holds the end of {}…", &secret[..6]);
        }
    }
}

#[test]
fn a_dump_of_thousands_on_one_line_is_hidden_and_stays_short() {
    let tokens: Vec<String> = (0..3000_u64).map(|number| format!("glpat{}{}", '-', body(number * 7 + 5, 20))).collect();
    let rows: Vec<String> =
        tokens.iter().enumerate().map(|(id, token)| format!("({id},'user{id}','{token}')")).collect();
    let dump = format!("INSERT INTO tokens VALUES {};\n", rows.join(","));
    let repo = Repo::from_memory([("main.py", "print(1)\n"), ("dump.sql", dump.as_str())]);
    let rules = RuleSet::embedded().unwrap();
    let options =
        AuditOptions { only: vec!["secrets".to_owned()], ..AuditOptions::new(2, jiff::civil::date(2026, 11, 21)) };
    let audit = audit(&repo, &rules, &options);
    let found: usize = audit.items.iter().map(|item| item.findings().count()).sum();
    assert!(found > 2900, "only {found} were found");
    let gate = prodready::score::Gate::default();
    let sarif = sarif::render(&Report::new(&audit, &rules, &gate)).unwrap();
    // A line as long as the file is not repeated for each of them.
    assert!(sarif.len() < found * 6000, "{} bytes for {found}", sarif.len());
    assert!(tokens.iter().all(|token| !sarif.contains(&token[8..])));
}
