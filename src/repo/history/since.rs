//! The files as they were at an earlier commit: where the branch of the work tree left another one, or a commit of its own
//! past. References and objects are read from git's files; git is never run.

use std::collections::{BTreeMap, BinaryHeap};

use super::id::{CommitText, Id, Kind, Sort, entries, tagged};
use super::pack::Work;
use super::store::{Store, bounded};
use super::{MAX_HEADER, MAX_TAGS};
use crate::repo::git::GitState;

/// Longest tree, in bytes.
const MAX_TREE: usize = 64 << 20;
/// Deepest folder.
const MAX_DEPTH: usize = 200;
/// Most files of a commit, and most commits on the way to a common one.
const MOST: usize = 2_000_000;
/// Longest reference, and longest file of packed ones, in bytes.
const MAX_REFERENCE: u64 = 4 << 10;
const MAX_PACKED: u64 = 64 << 20;

/// The files of a commit below the audited folder.
pub struct Since {
    store: Store,
    files: BTreeMap<String, Id>,
    /// The commit, in hexadecimal.
    pub commit: String,
    /// Whether it is where two branches parted. Otherwise the commit that was named: there is no common one.
    pub common: bool,
}

impl Since {
    /// The commit at which the work tree of `state` left what `name` names: a branch, a tag, a commit or `HEAD`, each with
    /// `~N` and `^`. The error is a sentence.
    pub fn open(state: &GitState, name: &str) -> Result<Self, String> {
        if let Some(format) = state.object_format.as_deref().filter(|format| *format != "sha1") {
            return Err(format!("commits cannot be read: object format {format} is not supported"));
        }
        let store = Store::open(&state.common.join("objects"), false);
        let walk = Walk { store: &store, state };
        let named = walk.resolve(name).ok_or_else(|| {
            let deep = "in CI, fetch the history (fetch-depth: 0)";
            format!("there is no commit `{}` here: name a branch, a tag or a commit; {deep}", name.escape_debug())
        })?;
        let head = state.head.as_deref().and_then(|head| Id::from_hex(head.as_bytes()));
        let base = head.and_then(|head| walk.common(head, named));
        let commit = base.unwrap_or(named);
        let mut files = BTreeMap::new();
        walk.list(commit, &state.prefix, &mut files)
            .ok_or_else(|| format!("the files of commit {commit} cannot be read"))?;
        Ok(Self { files, commit: commit.to_string(), common: base.is_some(), store })
    }

    /// The paths, from the audited folder.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether the file at `path` had exactly this text.
    pub fn is(&self, path: &str, text: &[u8]) -> bool {
        self.files.get(path).is_some_and(|id| blob_name(text).as_ref() == Some(id))
    }

    /// The text of the file at `path`.
    pub fn text(&self, path: &str) -> Option<Vec<u8>> {
        let (kind, text) = self.store.by_id(self.files.get(path)?, super::walk::MOST, &mut Work::default())?;
        matches!(kind, Kind::Blob).then_some(text)
    }
}

/// The name of a blob with this text.
fn blob_name(text: &[u8]) -> Option<Id> {
    let mut hasher = gix_index::hash::hasher(gix_index::hash::Kind::Sha1);
    hasher.update(format!("blob {}\0", text.len()).as_bytes());
    hasher.update(text);
    Id::from_bytes(hasher.try_finalize().ok()?.as_bytes())
}

struct Walk<'a> {
    store: &'a Store,
    state: &'a GitState,
}

impl Walk<'_> {
    /// `name`, with steps to parents behind it.
    fn resolve(&self, name: &str) -> Option<Id> {
        let at = name.find(['~', '^']).unwrap_or(name.len());
        let (name, mut steps) = name.split_at_checked(at)?;
        let mut id = self.commit_of(self.reference(name)?)?;
        while let Some(step) = steps.chars().next() {
            let rest = steps.get(1..)?;
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: usize =
                rest.get(..digits).filter(|text| !text.is_empty()).map_or(Some(1), |text| text.parse().ok())?;
            steps = rest.get(digits..)?;
            id = match step {
                '^' if number == 0 => id,
                '^' => *self.commit(id)?.parents.get(number - 1)?,
                '~' => (0..number.min(MOST)).try_fold(id, |id, _| self.commit(id)?.parents.first().copied())?,
                _ => return None,
            };
        }
        Some(id)
    }

    fn reference(&self, name: &str) -> Option<Id> {
        if name == "HEAD" || name == "@" {
            return Id::from_hex(self.state.head.as_deref()?.as_bytes());
        }
        let safe =
            !name.split(['/', '\\']).any(|part| matches!(part, "" | "." | "..")) && !name.contains(char::is_control);
        if !safe {
            return None;
        }
        let places = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
        let found = places.iter().find_map(|place| self.stored(&format!("{place}{name}")));
        found.or_else(|| Id::from_hex(name.as_bytes()))
    }

    fn stored(&self, name: &str) -> Option<Id> {
        let read = |folder: &std::path::Path| bounded(&folder.join(name), MAX_REFERENCE);
        let loose =
            if name.starts_with("refs/") { read(&self.state.own).or_else(|| read(&self.state.common)) } else { None };
        if let Some(id) = loose.and_then(|text| Id::from_hex(text.trim_ascii_end())) {
            return Some(id);
        }
        let packed = bounded(&self.state.common.join("packed-refs"), MAX_PACKED)?;
        let line = packed.split(|byte| *byte == b'\n').find(|line| {
            line.strip_suffix(name.as_bytes())
                .is_some_and(|rest| rest.len() == 2 * Id::LENGTH + 1 && rest.ends_with(b" "))
        })?;
        Id::from_hex(line.get(..2 * Id::LENGTH)?)
    }

    /// The commit that `id` is, or that the tag `id` names.
    fn commit_of(&self, mut id: Id) -> Option<Id> {
        for _ in 0..MAX_TAGS {
            match self.store.by_id(&id, MAX_HEADER, &mut Work::default())? {
                (Kind::Commit, _) => return Some(id),
                (Kind::Tag, text) => id = tagged(&text)?,
                _ => return None,
            }
        }
        None
    }

    fn commit(&self, id: Id) -> Option<CommitText> {
        match self.store.by_id(&id, MAX_HEADER, &mut Work::default())? {
            (Kind::Commit, text) => CommitText::parse(&text),
            _ => None,
        }
    }

    /// The youngest commit that both have in their past.
    fn common(&self, one: Id, other: Id) -> Option<Id> {
        let mut seen: BTreeMap<Id, u8> = BTreeMap::new();
        let mut waiting = BinaryHeap::new();
        for (id, side) in [(one, 1), (other, 2)] {
            *seen.entry(id).or_default() |= side;
            waiting.push((self.commit(id)?.committed, id));
        }
        while let Some((_, id)) = waiting.pop() {
            let sides = seen.get(&id).copied().unwrap_or_default();
            if sides == 3 {
                return Some(id);
            }
            // Where a shallow clone ends, there is no more past.
            for parent in self.commit(id).map(|commit| commit.parents).unwrap_or_default() {
                let known = seen.entry(parent).or_default();
                if *known | sides != *known {
                    *known |= sides;
                    waiting.extend(self.commit(parent).map(|commit| (commit.committed, parent)));
                }
            }
            if seen.len() > MOST {
                return None;
            }
        }
        None
    }

    fn list(&self, commit: Id, prefix: &str, files: &mut BTreeMap<String, Id>) -> Option<()> {
        let mut tree = self.commit(commit)?.tree;
        for part in prefix.split('/').filter(|part| !part.is_empty()) {
            let text = self.tree(tree)?;
            let inner = entries(&text).find(|entry| entry.sort == Sort::Folder && entry.name == part.as_bytes());
            // A folder that is new since then had no files.
            let Some(inner) = inner else { return Some(()) };
            tree = inner.id;
        }
        let mut waiting = vec![(String::new(), tree, 0)];
        while let Some((folder, tree, depth)) = waiting.pop() {
            let text = self.tree(tree)?;
            for entry in entries(&text) {
                let Ok(name) = str::from_utf8(entry.name) else { continue };
                let path = format!("{folder}{name}");
                match entry.sort {
                    Sort::Folder if depth < MAX_DEPTH => waiting.push((path + "/", entry.id, depth + 1)),
                    Sort::File if files.len() < MOST => drop(files.insert(path, entry.id)),
                    _ => {}
                }
            }
        }
        Some(())
    }

    fn tree(&self, id: Id) -> Option<Vec<u8>> {
        match self.store.by_id(&id, MAX_TREE, &mut Work::default())? {
            (Kind::Tree, text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::git_sandbox::Sandbox;

    fn open(sandbox: &Sandbox, name: &str) -> Result<Since, String> {
        let state = GitState::around(&sandbox.path().canonicalize().unwrap()).unwrap().0;
        Since::open(&state, name)
    }

    #[test]
    fn the_files_of_an_earlier_commit_are_read_by_any_of_its_names() {
        let sandbox = Sandbox::with(&[("a/b", "one"), ("c", "two")]);
        let first = sandbox.commit();
        sandbox.git(&["tag", "-a", "-m", "x", "v1"]);
        sandbox.write("c", "three");
        sandbox.git(&["commit", "-qam", "second"]);
        for name in ["HEAD~1", "HEAD^", "v1", "main~", "refs/heads/main^1", first.as_str()] {
            let since = open(&sandbox, name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((since.commit.as_str(), since.common), (first.as_str(), true), "{name}");
            assert_eq!(since.paths().collect::<Vec<_>>(), ["a/b", "c"]);
            assert!(since.is("c", b"two") && !since.is("c", b"three") && !since.is("d", b""));
            assert_eq!(since.text("a/b").unwrap(), b"one");
        }
        sandbox.git(&["pack-refs", "--all"]);
        sandbox.git(&["gc", "-q"]);
        assert_eq!(open(&sandbox, "v1").unwrap().commit, first);
        for name in ["nowhere", "HEAD~9", "../x", "HEAD^2", "", "~1", "v1~x", "a\u{7}"] {
            assert!(open(&sandbox, name).is_err_and(|error| error.contains("there is no commit")), "{name}");
        }
    }

    #[test]
    fn branches_are_compared_with_where_they_parted() {
        let sandbox = Sandbox::with(&[("a", "1")]);
        let first = sandbox.commit();
        sandbox.git(&["checkout", "-qb", "side"]);
        sandbox.write("b", "2");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "side"]);
        sandbox.git(&["checkout", "-q", "main"]);
        sandbox.write("c", "3");
        sandbox.git(&["add", "-A"]);
        sandbox.git(&["commit", "-qm", "main"]);
        sandbox.git(&["checkout", "-q", "side"]);
        assert_eq!(open(&sandbox, "main").unwrap().commit, first);
    }
}
