//! A throw-away repository for the tests of this room. Git runs here with no configuration but its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder `tree` inside a temporary folder, so that tests may put things beside it.
pub(super) struct Sandbox {
    folder: tempfile::TempDir,
    tree: PathBuf,
}

impl Sandbox {
    /// A plain folder with these files.
    pub(super) fn plain(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let sandbox = Self { folder, tree };
        for (path, text) in files {
            sandbox.write(path, text);
        }
        sandbox
    }

    /// A repository with these files in its index, ignored or not.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let sandbox = Self::plain(files);
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.git(&["add", "--all", "--force"]);
        sandbox
    }

    pub(super) fn path(&self) -> &Path {
        &self.tree
    }

    /// The temporary folder that holds the tree.
    pub(super) fn outside(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Commits the index and gives the commit.
    pub(super) fn commit(&self) -> String {
        self.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "core.autocrlf=false"])
            .args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(&self.tree)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
