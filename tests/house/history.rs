//! Secrets in the history: found wherever git keeps them, each once, and whatever is wrong with the store is said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use prodready::audit::{Audit, AuditOptions, audit};
use prodready::checklist::outcome::Outcome;
use prodready::repo::{Repo, RepoOptions, Source};
use prodready::report::{Report, json, sarif, text};
use prodready::rule::set::RuleSet;

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::embedded().unwrap());

/// Tokens by what they stand for; put together here, so that this file holds none. They are nobody's.
fn token(number: usize) -> String {
    const BODIES: [&str; 6] = [
        "q7Zx2Lm9Rt4Vb8Nc3Kd6Wf1Hs5Jg0P2uYe4T",
        "Wm3Kz8Qp1Vx6Rb9Tn4Lc7Hd2Fs5Jg0Ya3Eu6",
        "Lb5Nc8Xq2Zm7Vk4Rt9Wp1Hd6Jf3Gs0Ty8Ue2",
        "Rk9Vt4Bn7Xz2Qc5Lm8Wd1Hp6Fj3Sg0Ye9Au5",
        "Zc6Xv1Qn8Bm3Lk7Rt2Wp9Hd4Jf5Gs0Ua8Ye3",
        "Vn2Bx7Lq4Zk9Rm1Tc6Wd8Hp3Fj5Sg0Ye7Ua4",
    ];
    format!("gh{}_{}", 'p', BODIES[number])
}

struct Sandbox {
    folder: tempfile::TempDir,
    tree: PathBuf,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        std::fs::create_dir(&tree).unwrap();
        let sandbox = Self { folder, tree };
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.tree, arguments)
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.tree.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, day: u32) {
        self.git(&["add", "--all"]);
        self.git(&["-c", &format!("prodready.day={day}"), "commit", "-q", "--allow-empty", "-m", "change"]);
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let day = arguments.iter().find_map(|argument| argument.strip_prefix("prodready.day=")).unwrap_or("1");
    let date = format!("2024-03-{:02}T12:00:00 +0200", day.parse::<u32>().unwrap());
    let output = Command::new("git")
        .args(["-c", "user.name=Erika Mustermann", "-c", "user.email=e@example.org", "-c", "core.autocrlf=false"])
        .args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn filler(seed: usize) -> String {
    let function = |line| format!("def function_{line}(value):\n    return value + {}\n", line * seed % 17);
    (0..60).map(function).collect()
}

/// Five secrets: of an edited file (0), of a deleted branch that a tag keeps (1), of a merge commit (2), of a test (3),
/// and one that is still there (4).
fn planted() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("app.py", &format!("{}token = \"{}\"\n{}", filler(1), token(0), filler(2)));
    sandbox.write("now.py", &format!("# first\ntoken = \"{}\"\n", token(4)));
    sandbox.commit(1);
    sandbox.write("app.py", &format!("{}\ntoken = \"{}\"\n{}", filler(1), token(0), filler(3)));
    sandbox.commit(2);
    sandbox.write("app.py", &format!("{}\ntoken = load()\n{}", filler(1), filler(3)));
    sandbox.write("now.py", &format!("# first\n# second\ntoken = \"{}\"\n", token(4)));
    sandbox.commit(3);
    sandbox.git(&["checkout", "-q", "-b", "doomed"]);
    sandbox.write("deep/in/side.py", &format!("token = \"{}\"\n", token(1)));
    sandbox.commit(4);
    sandbox.git(&["tag", "-a", "-m", "kept", "kept"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["branch", "-q", "-D", "doomed"]);
    sandbox.git(&["checkout", "-q", "-b", "other", "main~1"]);
    sandbox.write("other.py", "value = 1\n");
    sandbox.commit(5);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-commit", "--no-ff", "other"]);
    sandbox.write("merged.py", &format!("token = \"{}\"\n", token(2)));
    sandbox.commit(6);
    sandbox.write("merged.py", "token = load()\n");
    sandbox.write("tests/test_app.py", &format!("token = \"{}\"\n", token(3)));
    sandbox.commit(7);
    sandbox.git(&["rm", "-q", "-r", "tests"]);
    sandbox.commit(8);
    sandbox
}

const EXPECTED: &[(&str, usize, &str, bool)] = &[
    ("app.py", 121, "2024-03-01", false),
    ("deep/in/side.py", 1, "2024-03-04", false),
    ("merged.py", 1, "2024-03-06", false),
    ("tests/test_app.py", 1, "2024-03-07", true),
];

fn look(path: &Path, jobs: usize) -> Audit {
    let repo = Repo::open(path, &RepoOptions::default()).unwrap();
    let only = vec!["secrets/history".to_owned(), "secrets/hardcoded-credential".to_owned()];
    let options = AuditOptions { history: true, only, ..AuditOptions::new(jobs, jiff::civil::date(2026, 11, 21)) };
    audit(&repo, &RULES, &options)
}

fn past(audit: &Audit) -> Vec<(String, usize, String, bool)> {
    let rule = RULES.rules.iter().position(|rule| rule.id.as_str() == "secrets/history").unwrap();
    let item = audit.items.iter().find(|item| item.rule == rule).unwrap();
    let told = |finding: &prodready::checklist::finding::Finding| {
        let past = finding.past.as_ref().unwrap();
        assert!(past.gone && past.line.contains("********"), "{past:?}");
        (finding.place.path.clone(), finding.region.line, past.date.clone(), finding.lenient)
    };
    let mut found: Vec<_> = item.findings().map(told).collect();
    found.sort();
    found
}

fn expected() -> Vec<(String, usize, String, bool)> {
    EXPECTED.iter().map(|(path, line, date, low)| ((*path).to_owned(), *line, (*date).to_owned(), *low)).collect()
}

fn left_out(audit: &Audit) -> Vec<String> {
    audit.history.as_ref().unwrap().left_out()
}

#[test]
fn planted_secrets_are_found_however_they_are_stored() {
    let sandbox = planted();
    let found = |path: &Path| {
        let audit = look(path, 2);
        assert_eq!(left_out(&audit), Vec::<String>::new(), "{}", path.display());
        past(&audit)
    };
    assert_eq!(found(&sandbox.tree), expected(), "loose");
    sandbox.git(&["repack", "-q", "-d"]);
    sandbox.git(&["pack-refs", "--all"]);
    assert_eq!(found(&sandbox.tree), expected(), "packed");
    sandbox.git(&["repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"]);
    assert_eq!(found(&sandbox.tree), expected(), "as deltas");
    for (name, way) in [("bare.git", "--bare"), ("mirror.git", "--mirror")] {
        sandbox.git(&["clone", "-q", way, ".", &format!("../{name}")]);
        // Without files, what they hold is part of the history.
        let mut all = expected();
        all.push(("now.py".to_owned(), 2, "2024-03-01".to_owned(), false));
        all.sort();
        assert_eq!(found(&sandbox.beside(name)), all, "{name}");
    }
    sandbox.git(&["clone", "-q", "--shared", ".", "../shared"]);
    assert_eq!(found(&sandbox.beside("shared")), expected(), "alternates");
    sandbox.git(&["worktree", "add", "-q", "--detach", "../linked", "main"]);
    assert!(sandbox.beside("linked/.git").is_file());
    assert_eq!(found(&sandbox.beside("linked")), expected(), "a linked work tree");
    sandbox.git(&["checkout", "-q", "--detach"]);
    sandbox.git(&["branch", "-q", "-D", "main"]);
    assert_eq!(found(&sandbox.tree), expected(), "detached");
}

#[test]
fn packs_that_overlap_and_objects_that_are_loose_as_well_give_nothing_twice() {
    let sandbox = planted();
    sandbox.git(&["repack", "-q"]);
    sandbox.git(&["repack", "-q", "-a"]);
    sandbox.write("more.py", &format!("token = \"{}\"\n", token(5)));
    sandbox.commit(9);
    sandbox.git(&["rm", "-q", "more.py"]);
    sandbox.commit(10);
    let audit = look(&sandbox.tree, 2);
    let mut all = expected();
    all.push(("more.py".to_owned(), 1, "2024-03-09".to_owned(), false));
    all.sort();
    assert_eq!(past(&audit), all);
    assert_eq!(left_out(&audit), Vec::<String>::new());
}

#[test]
fn what_the_files_still_hold_is_one_finding_that_names_its_commit() {
    let sandbox = planted();
    let audit = look(&sandbox.tree, 1);
    let now: Vec<_> =
        audit.items.iter().flat_map(prodready::checklist::item::Item::findings).filter(|one| !one.is_past()).collect();
    assert_eq!(now.len(), 1);
    let past = now[0].past.as_ref().unwrap();
    assert_eq!((now[0].place.path.as_str(), now[0].region.line), ("now.py", 3));
    assert_eq!((past.path.as_str(), past.region.line, past.date.as_str()), ("now.py", 2, "2024-03-01"));
    let first = sandbox.git(&["rev-list", "--max-parents=0", "HEAD"]);
    assert_eq!(past.commit, first.trim());
}

#[test]
fn reports_are_alike_at_any_number_of_threads_and_show_no_secret_and_no_author() {
    let sandbox = planted();
    sandbox.git(&["repack", "-q", "-a", "-d", "-f"]);
    let render = |jobs| {
        let audit = look(&sandbox.tree, jobs);
        let gate = prodready::score::Gate::default();
        let report = Report {
            audit: &audit,
            rules: &RULES,
            path: ".",
            name: ".",
            commit: None,
            score: None,
            gate: &gate,
            previous: None,
            source_url: None,
        };
        let show = text::Show { pass: true, not_applicable: true, accepted: true, components: true };
        [
            text::render(&report, show, 100),
            json::render(&report).unwrap(),
            sarif::render(&report).unwrap(),
            format!("{:?}", audit.items),
        ]
    };
    let one = render(1);
    assert_eq!(one, render(4));
    for output in &one {
        for secret in (0..5).map(token) {
            assert!(!output.contains(&secret) && !output.contains(&secret[secret.len() - 12..]), "{output}");
        }
        assert!(!output.contains("Mustermann") && !output.contains("example.org"), "{output}");
    }
    assert!(one[0].contains("in commit ") && one[0].contains("in the history since commit "), "{}", one[0]);
    let sarif: serde_json::Value = serde_json::from_str(&one[2]).unwrap();
    let places: Vec<&str> = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["now.py"], "code scanning takes only what lies in the files");
}

#[test]
fn a_folder_within_the_repository_has_its_own_part_of_the_history() {
    let sandbox = planted();
    sandbox.write("deep/here.py", "x = 1\n");
    sandbox.commit(9);
    let audit = look(&sandbox.tree.join("deep"), 1);
    assert_eq!(past(&audit), [("in/side.py".to_owned(), 1, "2024-03-04".to_owned(), false)]);
}

#[test]
fn shallow_and_partial_clones_say_so() {
    let sandbox = planted();
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", sandbox.tree.display());
    let clone = |arguments: &[&str], name: &str| {
        git(sandbox.folder.path(), &[&["clone", "-q"], arguments, &[&url, name]].concat());
        look(&sandbox.beside(name), 2)
    };
    let shallow = clone(&["--depth=1"], "shallow");
    let told = left_out(&shallow);
    assert!(told.len() == 1 && told[0].contains("shallow"), "{told:?}");
    assert!(!shallow.history.as_ref().unwrap().is_corrupt());
    assert_eq!(outcome(&shallow), Outcome::Unknown, "nothing was found in one commit of many");
    let partial = clone(&["--filter=blob:none"], "partial");
    let told = left_out(&partial);
    assert!(
        told.len() == 1 && told[0].contains("partial") && told[0].contains("objects were not searched"),
        "{told:?}"
    );
    assert!(!partial.history.as_ref().unwrap().is_corrupt());
}

fn outcome(audit: &Audit) -> Outcome {
    let rule = RULES.rules.iter().position(|rule| rule.id.as_str() == "secrets/history").unwrap();
    audit.items.iter().find(|item| item.rule == rule).unwrap().outcome
}

#[test]
fn without_a_repository_or_a_commit_there_is_no_history() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.py"), "x = 1\n").unwrap();
    assert_eq!(outcome(&look(folder.path(), 1)), Outcome::NotApplicable);
    let unborn = Sandbox::new();
    unborn.write("a.py", "x = 1\n");
    let audit = look(&unborn.tree, 1);
    assert_eq!((outcome(&audit), left_out(&audit)), (Outcome::NotApplicable, Vec::new()));
}

#[test]
fn submodules_pointers_and_sparse_checkouts_are_no_faults() {
    let sandbox = planted();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
    sandbox.write("model.bin", pointer);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},vendored", "1".repeat(40))]);
    assert!(head.len() > 40);
    sandbox.commit(9);
    sandbox.git(&["sparse-checkout", "set", "deep"]);
    let audit = look(&sandbox.tree, 2);
    assert_eq!(left_out(&audit), Vec::<String>::new());
    assert_eq!(audit.history.as_ref().unwrap().pointers, 1);
    assert!(expected().iter().all(|one| past(&audit).contains(one)), "{:?}", past(&audit));
}

/// The exit code of the program, and what it says.
fn run(path: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_prodready"))
        .args(["audit", &path.display().to_string()])
        .args(arguments)
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn only_file(folder: &Path, extension: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
}

#[test]
fn a_damaged_store_is_told_with_exit_4_and_the_audit_goes_on() {
    let sandbox = planted();
    sandbox.git(&["repack", "-q", "-a", "-d", "-f"]);
    let pack = only_file(&sandbox.tree.join(".git/objects/pack"), "pack");
    let sound = std::fs::read(&pack).unwrap();
    let index = pack.with_extension("idx");
    let sound_index = std::fs::read(&index).unwrap();
    let replace = |path: &Path, bytes: &[u8]| {
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let mut wrong = sound.clone();
    for at in (sound.len() / 3..sound.len() / 2).step_by(40) {
        wrong[at] ^= 0x55;
    }
    for (what, bytes) in [("changed", wrong), ("cut", sound[..sound.len() / 2].to_vec()), ("empty", Vec::new())] {
        replace(&pack, &bytes);
        let (code, report, said) = run(&sandbox.tree, &["--history"]);
        assert_eq!(code, Some(4), "{what}: {said}");
        assert!(report.contains(".git (") && report.contains("hardcoded-credential"), "{what}: {report}");
        assert!(said.contains("exit 4"), "{what}: {said}");
    }
    replace(&pack, &sound);
    replace(&index, &sound_index[..sound_index.len() / 2]);
    assert_eq!(run(&sandbox.tree, &["--history"]).0, Some(4), "a cut index");
    replace(&index, &sound_index);
    assert_eq!(run(&sandbox.tree, &["--history"]).0, Some(0));
}

#[test]
fn missing_objects_are_told_with_exit_4() {
    for kind in ["tree", "blob", "commit"] {
        let sandbox = planted();
        let name = match kind {
            "commit" => sandbox.git(&["rev-parse", "HEAD~1"]),
            "tree" => sandbox.git(&["rev-parse", "HEAD~2^{tree}"]),
            _ => sandbox.git(&["rev-parse", "HEAD~2:other.py"]),
        };
        let (head, tail) = name.trim().split_at(2);
        std::fs::remove_file(sandbox.tree.join(".git/objects").join(head).join(tail)).unwrap();
        let (code, report, said) = run(&sandbox.tree, &["--history"]);
        assert_eq!(code, Some(4), "{kind}: {said}");
        assert!(report.contains("missing"), "{kind}: {report}");
    }
}

#[test]
fn what_is_staged_is_audited_and_not_the_work_tree() {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", "{\"name\": \"x\", \"dependencies\": {\"express\": \"4.0.0\"}}");
    sandbox.write("a.js", &format!("const token = '{}';\n", token(0)));
    sandbox.write("b.js", "const b = 1;\n");
    sandbox.git(&["add", "--all"]);
    // Taken out of the file only; put into a file that is not staged; put into a staged file afterwards.
    sandbox.write("a.js", "const token = load();\n");
    sandbox.write("c.js", &format!("const token = '{}';\n", token(1)));
    sandbox.write("b.js", &format!("const token = '{}';\n", token(2)));
    let found = |path: &Path, source: Source| {
        let repo = Repo::open(path, &RepoOptions { source, ..RepoOptions::default() }).unwrap();
        let only = vec!["secrets/hardcoded-credential".to_owned()];
        let options = AuditOptions { only, ..AuditOptions::new(2, jiff::civil::date(2026, 11, 21)) };
        let audit = audit(&repo, &RULES, &options);
        let paths: Vec<String> =
            audit.items[0].findings().map(|one| format!("{}:{}", one.place.path, one.region.line)).collect();
        paths
    };
    assert_eq!(found(&sandbox.tree, Source::Index(None)), ["a.js:1"], "loose, before the first commit");
    assert_eq!(found(&sandbox.tree, Source::WorkTree), ["b.js:1", "c.js:1"]);
    sandbox.commit_index();
    sandbox.git(&["repack", "-q", "-a", "-d"]);
    sandbox.git(&["worktree", "add", "-q", "--detach", "../linked", "HEAD"]);
    std::fs::remove_file(sandbox.beside("linked/a.js")).unwrap();
    assert_eq!(found(&sandbox.beside("linked"), Source::Index(None)), ["a.js:1"], "packed, in a linked work tree");
    let (code, report, said) = run(&sandbox.tree, &["--staged", "--only", "secrets", "--fail-on", "critical"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(report.contains("a.js:1") && !report.contains("c.js"), "{report}");
    let plain = tempfile::tempdir().unwrap();
    std::fs::write(plain.path().join("a.js"), "x\n").unwrap();
    let (code, _, said) = run(plain.path(), &["--staged"]);
    assert!(code == Some(2) && said.contains("no git repository"), "{said}");
}

impl Sandbox {
    fn commit_index(&self) {
        self.git(&["commit", "-q", "-m", "staged"]);
    }
}

#[test]
fn a_blob_that_is_staged_and_missing_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", "{\"name\": \"x\", \"dependencies\": {\"express\": \"4.0.0\"}}");
    sandbox.write("a.js", "const a = 1;\n");
    sandbox.git(&["add", "--all"]);
    let name = sandbox.git(&["rev-parse", ":a.js"]);
    let (head, tail) = name.trim().split_at(2);
    std::fs::remove_file(sandbox.tree.join(".git/objects").join(head).join(tail)).unwrap();
    let (code, report, _) = run(&sandbox.tree, &["--staged"]);
    assert_eq!(code, Some(0));
    assert!(report.contains("not read: a.js (unreadable (its object is missing"), "{report}");
}
