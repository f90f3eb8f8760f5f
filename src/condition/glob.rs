//! gitignore-style globs over repository paths, many at a time.
//!
//! A pattern without a slash matches a name at any depth, a leading slash anchors at the root, `*` stays within one
//! name and `**` crosses folders; `{a,b}` gives alternatives. Every path of the tree passes here once, so each glob is
//! filed under a name, an extension or a folder that its paths must hold. Only the globs found that way are tried, those
//! alone whose letters the path has, and none is compiled before it is tried. Filing is a third of the time that rules
//! take to load, so threads of their own do it while the rules are compiled: one for each treatment of case.

use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use globset::{Glob, GlobBuilder, GlobMatcher};
use rustc_hash::FxHashMap;

use self::index::{Folder, Index};

mod braces;
mod fits;
mod index;

/// What makes a part of a glob more than plain text.
const SPECIAL: [char; 8] = ['*', '?', '[', ']', '{', '}', '\\', '!'];

/// A set of globs; each keeps the number it was added with.
#[derive(Debug, Default)]
pub struct GlobTable {
    exact: Index,
    folded: Index,
    /// For each number, whether an extension is all it asks for.
    extensions: Vec<bool>,
}

/// The folder whose file was asked for last, with what it alone decides: the files of a folder come one after the other.
#[derive(Debug, Default)]
pub struct Visited {
    exact: Folder,
    folded: Folder,
}

/// Collects globs.
#[derive(Debug)]
pub struct GlobTableBuilder {
    exact: Queue,
    folded: Queue,
    /// Whether globs are taken as they are, for the tests of this program looked at them.
    trusted: bool,
    added: u32,
}

impl Default for GlobTableBuilder {
    fn default() -> Self {
        Self { exact: Queue::new(false), folded: Queue::new(true), trusted: false, added: 0 }
    }
}

/// Globs with their numbers.
type Handful = Vec<(u32, Box<str>)>;

/// Globs of one treatment of case, and who files them: nobody else while they are few, then a thread.
#[derive(Debug)]
struct Queue {
    fold: bool,
    /// Their numbers.
    known: FxHashMap<Box<str>, u32>,
    /// Those that are not filed yet.
    waiting: Handful,
    beside: Option<(Sender<Handful>, JoinHandle<Ready>)>,
}

/// Globs of one treatment of case, ready to be asked.
#[derive(Debug, Default)]
struct Ready {
    index: Index,
    /// Numbers of those that ask for an extension alone.
    extensions: Vec<u32>,
}

/// How many globs are handed over at a time, and so from how many on a thread is worth its start.
const HANDFUL: usize = 64;

impl GlobTableBuilder {
    /// Says whether the globs that follow are known to be valid.
    pub const fn trust(&mut self, trusted: bool) {
        self.trusted = trusted;
    }

    /// Adds a glob and returns its number; the same glob twice is one. Errors name the glob and what is wrong with it.
    pub fn add(&mut self, glob: &str, ignore_case: bool) -> Result<u32, String> {
        let queue = if ignore_case { &mut self.folded } else { &mut self.exact };
        if let Some(known) = queue.known.get(glob) {
            return Ok(*known);
        }
        if glob.is_empty() {
            return Err("a glob is empty".to_owned());
        }
        let id = self.added;
        if !self.trusted && glob.contains(['[', '\\', '{', '}']) {
            // The rest cannot be wrong.
            parse(&full(glob), ignore_case).map_err(|error| format!("glob `{glob}`: {error}"))?;
        }
        self.added = id.checked_add(1).ok_or("too many globs")?;
        queue.push(id, glob);
        Ok(id)
    }

    /// The set.
    pub fn build(self) -> GlobTable {
        let (exact, folded) = (self.exact.finish(), self.folded.finish());
        let mut extensions = vec![false; self.added as usize];
        for id in exact.extensions.iter().chain(&folded.extensions) {
            extensions.get_mut(*id as usize).into_iter().for_each(|only| *only = true);
        }
        GlobTable { exact: exact.index, folded: folded.index, extensions }
    }
}

impl Queue {
    fn new(fold: bool) -> Self {
        Self { fold, known: FxHashMap::default(), waiting: Vec::new(), beside: None }
    }

    fn push(&mut self, id: u32, glob: &str) {
        self.known.insert(glob.into(), id);
        self.waiting.push((id, glob.into()));
        if self.waiting.len() == HANDFUL {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let fold = self.fold;
        let (sender, _) = self.beside.get_or_insert_with(|| {
            let (sender, globs) = channel();
            let index = if fold { Index::default() } else { Index::roomy() };
            (sender, std::thread::spawn(move || Ready::of(index, fold, globs)))
        });
        // It takes all until the sender is gone; if it panicked, `finish` says so.
        let _ = sender.send(std::mem::take(&mut self.waiting));
    }

    fn finish(mut self) -> Ready {
        if self.beside.is_some() {
            self.hand_over();
        }
        match self.beside {
            None => Ready::of(Index::default(), self.fold, [self.waiting]),
            Some((sender, thread)) => {
                drop(sender);
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }
        }
    }
}

impl Ready {
    /// All globs that come.
    fn of(index: Index, fold: bool, globs: impl IntoIterator<Item = Handful>) -> Self {
        let mut ready = Self { index, extensions: Vec::new() };
        for (id, glob) in globs.into_iter().flatten() {
            if ready.index.file(id, &full(&glob), fold) {
                ready.extensions.push(id);
            }
        }
        ready
    }
}

impl GlobTable {
    /// The numbers of all globs that match `path`, sorted, into `found`.
    pub fn matches(&self, path: &str, found: &mut Vec<u32>) {
        self.matches_next(path, &mut Visited::default(), found);
    }

    /// The same for one path after the other, where many lie in the folder of the one before.
    pub fn matches_next(&self, path: &str, visited: &mut Visited, found: &mut Vec<u32>) {
        found.clear();
        self.exact.matches(path, path, &mut visited.exact, found);
        if !self.folded.is_empty() {
            self.folded.matches(&path.to_ascii_lowercase(), path, &mut visited.folded, found);
        }
        found.sort_unstable();
        found.dedup();
    }

    /// Whether a glob asks for nothing but an extension: such globs match many files.
    pub fn is_extension(&self, id: u32) -> bool {
        self.extensions.get(id as usize).is_some_and(|only| *only)
    }

    /// The globs, or parts of them, that are tried by an expression: the slow way.
    #[cfg(test)]
    pub(crate) fn left_to_matcher(&self) -> Vec<String> {
        [&self.exact, &self.folded].into_iter().flat_map(Index::left_to_matcher).collect()
    }
}

/// The glob as the matcher writes it: from the root of the repository.
fn full(glob: &str) -> String {
    let name = glob.strip_suffix('/');
    let inner_slash = name.unwrap_or(glob).contains('/');
    let body = name.map_or_else(|| glob.to_owned(), |folder| format!("{folder}/**"));
    match body.strip_prefix('/') {
        Some(anchored) => anchored.to_owned(),
        None if inner_slash || body.starts_with("**/") => body,
        None => format!("**/{body}"),
    }
}

fn parse(full: &str, fold: bool) -> Result<Glob, String> {
    let glob = GlobBuilder::new(full).literal_separator(true).empty_alternates(true).case_insensitive(fold).build();
    glob.map_err(|error| error.kind().to_string())
}

fn compile(full: &str, fold: bool) -> Result<GlobMatcher, String> {
    parse(full, fold).map(|glob| glob.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(globs: &[&str], path: &str) -> Vec<u32> {
        let mut builder = GlobTableBuilder::default();
        for glob in globs {
            builder.add(glob, false).unwrap();
        }
        let mut found = Vec::new();
        builder.build().matches(path, &mut found);
        found
    }

    #[test]
    fn what_a_folder_decides_is_the_same_for_all_of_its_files() {
        let mut builder = GlobTableBuilder::default();
        for glob in ["**/docs/**", "docs/*.md", "**/a/**/docs/**", "docs/**/x/*", "/docs/"] {
            builder.add(glob, false).unwrap();
        }
        builder.add("**/DOCS/**", true).unwrap();
        let (table, mut visited) = (builder.build(), Visited::default());
        for path in
            ["docs", "docs/a.md", "docs/b", "a/docs", "a/docs/b.md", "a/b/docs/c", "docs/x/y", "Docs/x/y/z", "d"]
        {
            let (mut next, mut alone) = (Vec::new(), Vec::new());
            table.matches_next(path, &mut visited, &mut next);
            table.matches(path, &mut alone);
            assert_eq!(next, alone, "{path}");
        }
        let mut found = Vec::new();
        table.matches_next("docs/other.md", &mut visited, &mut found);
        assert_eq!(found, [0, 1, 4, 5]);
    }

    #[test]
    fn names_match_at_any_depth_and_slashes_anchor() {
        let globs = ["Dockerfile", "/Dockerfile", "*.tf", "docs/**", ".github/workflows/*.yml", "*.test.ts", "vendor/"];
        assert_eq!(hits(&globs, "Dockerfile"), [0, 1]);
        assert_eq!(hits(&globs, "a/Dockerfile"), [0]);
        assert_eq!(hits(&globs, "infra/main.tf"), [2]);
        assert_eq!(hits(&globs, "docs/a/b.md"), [3]);
        assert_eq!(hits(&globs, "x/docs/a.md"), Vec::<u32>::new());
        assert_eq!(hits(&globs, ".github/workflows/ci.yml"), [4]);
        assert_eq!(hits(&globs, ".github/workflows/sub/ci.yml"), Vec::<u32>::new());
        assert_eq!(hits(&globs, "src/a.test.ts"), [5]);
        assert_eq!(hits(&globs, "x/vendor/a/b"), [6]);
    }

    #[test]
    fn a_broken_glob_is_named() {
        let error = GlobTableBuilder::default().add("a[", false).unwrap_err();
        assert!(error.contains("a["), "{error}");
    }

    #[test]
    fn a_glob_asks_what_its_matcher_asks() {
        let globs = [
            "**/foo",
            "a/**/foo",
            "*.{ts,tsx}",
            "{a,b}/*.yml",
            "*client*.{go,ts}",
            ".env.{a,{b,c}.d}",
            "{x,y,}.env",
            "Dockerfile*",
            "/docs/**",
            "lib/",
            "*",
            "**",
            "**/{client,sdk}/**",
            "[ab].c",
            "*.[1-8]",
            "x[._-]*.[a-z][a-z]l",
            "[Aa]/[!x]*",
            "**/[a-d-]/[]a]",
            "a/b/c.txt",
            "*.d.ts",
            "*.*",
            "{a,b}",
            "x.*.yml",
            "*{rc,.rc}",
            "**/{docs,lib}/{x,y}/**/*{a,q}*.{md,txt}",
            "{docs,d}/**/{a,c}.md",
            "{docs/a,d}/*.md",
            "a/{b/c,x}.{txt,md}",
            "{docs,d[o]c}/[a-c]*.md",
            "**/docs/**/{**,x}",
            "*/{b,c}/*",
            "q[A-z]x",
            "d[oX]cs/[A-D0-9]*",
            "/{a,d}/**",
        ];
        let paths = [
            "foo",
            "a/foo",
            "a/x/y/foo",
            "q.ts",
            "w/q.tsx",
            "a/k.yml",
            "b/k.yml",
            "c/a/k.yml",
            "z/myclient2.go",
            ".env.a",
            ".env.b.d",
            "r/.env.c.d",
            "x.env",
            ".env",
            "Dockerfile.dev",
            "docs/a/b",
            "q/docs/a",
            "lib/q",
            "x/lib/q/r",
            "c/sdk/d",
            "a.c",
            "x/b.c",
            "a/b/c.txt",
            "w/a.d.ts",
            "a",
            "d/b",
            "x.1.yml",
            "x.yml",
            ".rc",
            "foorc",
            "A/FOO",
            "Q.TS",
            "d/man.1",
            "x.yel",
            "x-q.yml",
            "-/a",
            "docs/x/q.md",
            "z/lib/y/k/bab.txt",
            "docs/c.md",
            "docs/w/a.md",
            "docs/a/n.md",
            "d/n.md",
            "a/x.md",
            "DOCS/a.MD",
            "q_x",
            "docs/B",
            "dxcs/b",
        ];
        for fold in [false, true] {
            for glob in globs {
                let mut builder = GlobTableBuilder::default();
                builder.add(glob, fold).unwrap();
                let (table, oracle) = (builder.build(), compile(&full(glob), fold).unwrap());
                for path in paths {
                    let mut found = Vec::new();
                    table.matches(path, &mut found);
                    assert_eq!(!found.is_empty(), oracle.is_match(path), "{glob} {path} {fold}");
                }
            }
        }
    }
}
