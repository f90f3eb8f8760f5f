//! The room as its callers see it: real folders, real repositories, hostile entries.

use std::fs;
use std::path::Path;

use super::git_sandbox::Sandbox;
use super::{Repo, RepoError, RepoOptions, Role, SkipReason};

fn open(path: &Path) -> Repo {
    Repo::open(path, &RepoOptions { jobs: 2, ..RepoOptions::default() }).unwrap()
}

fn paths(repo: &Repo) -> Vec<&str> {
    repo.files().iter().map(|file| &*file.path).collect()
}

fn untracked(repo: &Repo) -> Vec<&str> {
    repo.files().iter().filter(|file| !file.tracked).map(|file| &*file.path).collect()
}

fn skipped(repo: &Repo) -> Vec<(&str, String)> {
    repo.skipped().iter().map(|skipped| (skipped.path.as_str(), skipped.reason.to_string())).collect()
}

#[test]
fn tracked_files_count_even_when_ignored() {
    let sandbox = Sandbox::with(&[("a.log", "1"), ("build/out/x", "2"), ("build/y", "2"), ("src/z", "3")]);
    sandbox.write(".gitignore", "*.log\n/build/\n");
    sandbox.write("b.log", "ignored");
    sandbox.write("build/out/w", "ignored");
    sandbox.write("new", "untracked");
    fs::remove_file(sandbox.path().join("src/z")).unwrap();
    fs::remove_file(sandbox.path().join("build/y")).unwrap();
    let repo = open(sandbox.path());
    assert_eq!(paths(&repo), [".gitignore", "a.log", "build/out/x", "new"]);
    assert_eq!(untracked(&repo), [".gitignore", "new"]);
    let git = repo.git().unwrap();
    assert_eq!((git.tracked, git.missing), (4, 2));
    assert!(repo.contains("build/out/x") && !repo.contains("src/z") && !repo.contains("build"));
}

#[test]
fn the_untracked_files_are_those_that_git_itself_names() {
    let sandbox = Sandbox::with(&[("a/b/kept.txt", "1")]);
    sandbox.write(".gitignore", "*.txt\n!keep.txt\ndeep/\n/only-root\n");
    sandbox.write("a/.gitignore", "!local.txt\nkeep.txt\n");
    sandbox.write("a/b/.gitignore", "*.md\n!.hidden.md\n");
    for path in
        ["x.txt", "keep.txt", "a/local.txt", "a/keep.txt", "a/b/n.md", "a/b/.hidden.md", "a/deep/x", "only-root"]
    {
        sandbox.write(path, "");
    }
    for path in ["a/only-root", "sp ace/\u{e9}", ".dot/file", ".ignore", "a/c/k.rs"] {
        sandbox.write(path, "*\n");
    }
    let repo = open(sandbox.path());
    let listed = sandbox.git(&["-c", "core.quotePath=false", "ls-files", "--others", "--exclude-standard"]);
    let mut expected: Vec<&str> = listed.lines().collect();
    expected.sort_unstable();
    assert_eq!(untracked(&repo), expected);
    assert!(expected.contains(&"a/local.txt") && !expected.contains(&"a/keep.txt"));
}

#[test]
fn a_folder_inside_obeys_the_rules_up_to_the_repository_and_no_further() {
    let sandbox = Sandbox::with(&[("app/a.log", "1"), ("app/main", "2"), ("other/x", "3")]);
    sandbox.write(".gitignore", "*.log\n/app/secret\n");
    fs::write(sandbox.outside().join(".gitignore"), "main\nnew\n").unwrap();
    for path in ["app/b.log", "app/secret", "app/new", "app/sub/c.log"] {
        sandbox.write(path, "");
    }
    let repo = open(&sandbox.path().join("app"));
    assert_eq!(paths(&repo), ["a.log", "main", "new"]);
    assert_eq!(untracked(&repo), ["new"]);
    assert_eq!((repo.git().unwrap().prefix.as_str(), repo.git().unwrap().tracked), ("app/", 2));
    assert_eq!(paths(&open(sandbox.path())).len(), 5);
}

#[test]
fn a_folder_that_the_repository_above_ignores_stands_alone() {
    let sandbox = Sandbox::with(&[("top", "1")]);
    sandbox.write(".gitignore", "*\n!kept/\n");
    sandbox.write("projects/mine/a", "");
    sandbox.write("kept/a", "");
    let repo = open(&sandbox.path().join("projects/mine"));
    assert_eq!((paths(&repo), repo.git()), (vec!["a"], None));
    assert!(open(&sandbox.path().join("kept")).git().is_some());
}

#[test]
fn without_git_the_rules_of_the_tree_still_hold() {
    let sandbox = Sandbox::plain(&[("a.log", ""), ("b", ""), (".gitignore", "*.log\n"), (".ignore", "b\n")]);
    fs::write(sandbox.outside().join(".gitignore"), "b\n").unwrap();
    let repo = open(sandbox.path());
    assert_eq!(paths(&repo), [".gitignore", ".ignore", "b"]);
    assert!(repo.git().is_none() && untracked(&repo).len() == 3);
}

#[test]
fn an_index_that_cannot_be_read_is_said_and_survived() {
    let sandbox = Sandbox::with(&[("a", "1"), ("b", "2")]);
    sandbox.write(".git/index", "DIRC nonsense that is long enough to be an index file");
    let repo = open(sandbox.path());
    assert_eq!((paths(&repo), untracked(&repo).len()), (vec!["a", "b"], 2));
    assert!(repo.git().unwrap().index_error.as_deref().unwrap().starts_with("git index: "));
}

#[test]
fn submodules_and_nested_git_folders_are_not_entered() {
    let sandbox = Sandbox::with(&[("a", "1")]);
    let other = Sandbox::with(&[("inner", "1")]);
    other.commit();
    sandbox.git(&["submodule", "--quiet", "add", other.path().to_str().unwrap(), "libs/sub"]);
    let repo = open(sandbox.path());
    assert_eq!(paths(&repo), [".gitmodules", "a"]);
    assert_eq!(skipped(&repo), [("libs/sub", "submodule".to_owned())]);
    let inside = open(&sandbox.path().join("libs/sub"));
    assert_eq!((paths(&inside), inside.git().unwrap().tracked), (vec!["inner"], 1));
}

#[test]
fn excludes_apply_to_tracked_and_untracked_alike() {
    let sandbox = Sandbox::with(&[("gen/a.log", "1"), ("gen/b", "2"), ("src/c.tmp", "3"), ("src/d", "4")]);
    sandbox.write(".gitignore", "*.log\n*.tmp\n");
    let exclude = vec!["gen/".to_owned(), "*.tmp".to_owned()];
    let repo = Repo::open(sandbox.path(), &RepoOptions { exclude, ..RepoOptions::default() }).unwrap();
    assert_eq!(paths(&repo), [".gitignore", "src/d"]);
    assert_eq!(repo.git().unwrap().missing, 0);
    let exclude = vec!["a{".to_owned()];
    let error = Repo::open(sandbox.path(), &RepoOptions { exclude, ..RepoOptions::default() }).unwrap_err();
    assert!(error.to_string().starts_with("exclude glob `a{` cannot be understood: "), "{error}");
}

#[test]
fn files_over_the_bound_are_listed_and_not_read() {
    let sandbox = Sandbox::plain(&[("big", "123456"), ("small", "12345")]);
    let options = RepoOptions { max_file_bytes: 5, ..RepoOptions::default() };
    let repo = Repo::open(sandbox.path(), &options).unwrap();
    assert_eq!(paths(&repo), ["big", "small"]);
    assert_eq!(repo.read(&repo.files()[0]), Err(SkipReason::TooLarge(5)));
    assert_eq!(repo.read(&repo.files()[1]).unwrap(), b"12345");
}

#[test]
fn what_cannot_be_opened_is_one_clear_sentence() {
    let sandbox = Sandbox::plain(&[("file", "")]);
    let error = |path: &str| Repo::open(&sandbox.path().join(path), &RepoOptions::default()).unwrap_err();
    assert!(
        matches!(error("none"), RepoError::Missing(_)) && error("none").to_string().ends_with("none does not exist")
    );
    assert!(error("file").to_string().ends_with("file is not a folder; name the folder that holds it"));
    assert!(matches!(error("file/below"), RepoError::NotAFolder(_)));
}

#[test]
fn memory_and_disk_give_the_same() {
    let files = [("src/a.rs", "fn a() {}"), ("README.md", "# x"), ("bin", "a\0b")];
    let sandbox = Sandbox::with(&files);
    let (disk, memory) = (open(sandbox.path()), Repo::from_memory(files));
    assert_eq!(disk.files(), memory.files());
    for file in disk.files() {
        assert_eq!(disk.read(file), memory.read(file));
    }
    assert_eq!(memory.file("README.md").unwrap().role, Role::Docs);
    let partly = Repo::from_memory_with(files, |path| path == "bin");
    assert_eq!(untracked(&partly), ["README.md", "src/a.rs"]);
}

#[test]
fn one_thread_and_eight_give_the_same() {
    let sandbox = Sandbox::with(&[("a", "1")]);
    for number in 0..300 {
        sandbox.write(&format!("d{}/e{}/{number}.rs", number % 7, number % 5), "x");
    }
    sandbox.write(".gitignore", "*3.rs\n");
    let [one, eight] =
        [1, 8].map(|jobs| Repo::open(sandbox.path(), &RepoOptions { jobs, ..RepoOptions::default() }).unwrap());
    assert_eq!((one.files(), one.skipped(), one.git()), (eight.files(), eight.skipped(), eight.git()));
    assert_eq!(one.files().len(), 2 + 270);
    assert!(one.files().is_sorted_by(|left, right| left.path < right.path));
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    fn mkfifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn links_pipes_and_sockets_are_named_and_never_opened() {
        let sandbox = Sandbox::with(&[("real/file", "text"), ("run.sh", "#!/bin/sh")]);
        let tree = sandbox.path();
        fs::write(sandbox.outside().join("secret"), "s").unwrap();
        symlink("real/file", tree.join("inside")).unwrap();
        symlink("../secret", tree.join("out")).unwrap();
        symlink("nothing", tree.join("gone")).unwrap();
        symlink("real", tree.join("folder")).unwrap();
        symlink("/", tree.join("everything")).unwrap();
        fs::set_permissions(tree.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        mkfifo(&tree.join("pipe"));
        let _socket = UnixListener::bind(tree.join("socket")).unwrap();
        sandbox.git(&["add", "out", "gone"]);
        let repo = open(tree);
        assert_eq!(paths(&repo), ["inside", "real/file", "run.sh"]);
        let reasons = [
            ("everything", "symlink out of the tree"),
            ("gone", "symlink (dangling)"),
            ("out", "symlink out of the tree"),
            ("pipe", "fifo"),
            ("socket", "socket"),
        ];
        assert_eq!(skipped(&repo), reasons.map(|(path, reason)| (path, reason.to_owned())));
        assert_eq!(repo.read(repo.file("inside").unwrap()).unwrap(), b"text");
        assert_eq!(repo.git().unwrap().missing, 0);
    }

    #[test]
    fn a_tracked_path_behind_a_link_is_not_followed() {
        let sandbox = Sandbox::with(&[("a/b", "1"), (".gitignore", "a\n")]);
        fs::rename(sandbox.path().join("a"), sandbox.outside().join("moved")).unwrap();
        symlink("../moved", sandbox.path().join("a")).unwrap();
        let repo = open(sandbox.path());
        assert_eq!((paths(&repo), repo.git().unwrap().missing), (vec![".gitignore"], 1));
    }

    #[test]
    fn rules_that_are_a_pipe_do_not_hang_the_walk() {
        let sandbox = Sandbox::plain(&[("a", ""), ("sub/b", "")]);
        mkfifo(&sandbox.path().join("sub/.gitignore"));
        let repo = open(sandbox.path());
        assert_eq!((paths(&repo), repo.skipped()[0].path.as_str()), (vec!["a"], "sub/.gitignore"));
        mkfifo(&sandbox.path().join(".gitignore"));
        let repo = open(sandbox.path());
        assert_eq!(paths(&repo), ["a"]);
        symlink("/dev/zero", sandbox.path().join("sub/HEAD")).unwrap();
        fs::write(sandbox.path().join(".git"), "gitdir: sub").unwrap();
        assert!(open(sandbox.path()).git().is_none());
    }

    #[test]
    fn paths_that_are_no_text_are_skipped_with_a_printable_name() {
        let sandbox = Sandbox::plain(&[("a", "")]);
        let odd = sandbox.path().join(OsStr::from_bytes(b"odd\xff"));
        if fs::write(&odd, "").is_err() {
            return; // Not every file system can hold such a name.
        }
        let repo = open(sandbox.path());
        assert_eq!((paths(&repo), skipped(&repo)), (vec!["a"], vec![("odd\u{fffd}", "path is not UTF-8".to_owned())]));
    }

    #[test]
    fn a_locked_folder_is_skipped_with_the_cause() {
        let sandbox = Sandbox::plain(&[("a", ""), ("locked/b", "")]);
        let locked = sandbox.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
        let is_root = fs::read_dir(&locked).is_ok();
        let repo = open(sandbox.path());
        let refused = Repo::open(&locked, &RepoOptions::default());
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
        if is_root {
            return; // Nothing is locked for the superuser.
        }
        assert_eq!(skipped(&repo), [("locked", "unreadable (permission denied)".to_owned())]);
        assert!(refused.unwrap_err().to_string().ends_with("locked cannot be read: permission denied"));
    }
}
