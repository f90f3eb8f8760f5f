//! gitignore-style globs over repository paths, many at a time.
//!
//! A pattern without a slash matches a name at any depth, a leading slash anchors at the root, `*` stays within one
//! name and `**` crosses folders; `{a,b}` gives alternatives. Every path of the tree passes here once, so each glob is
//! filed under a name, an extension or a folder that its paths must hold. Only the globs found that way are tried, those
//! alone whose letters the path has, and none is compiled before it is tried.

use std::sync::OnceLock;

use globset::{Glob, GlobBuilder, GlobMatcher};
use rustc_hash::FxHashMap;

use self::braces::{alternatives, classes};
use crate::repo::Letters;

mod braces;

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

/// Globs of one treatment of case, by what a path must hold.
#[derive(Debug, Default)]
struct Index {
    names: FxHashMap<Box<str>, List>,
    extensions: FxHashMap<Box<str>, List>,
    /// Positions in `in_folders`.
    folders: FxHashMap<Box<str>, Vec<usize>>,
    in_folders: List,
    /// By the first byte of the name, in lower case.
    starts: FxHashMap<u8, List>,
    others: List,
}

/// Alternatives of globs under one key.
#[derive(Debug, Default)]
struct List {
    /// The globs of which nothing is left to ask.
    sure: Vec<u32>,
    /// What names and paths must have, of each of `filed`: side by side, for most fail here.
    letters: Vec<(Letters, Letters)>,
    filed: Vec<Filed>,
}

/// One alternative of a glob.
#[derive(Debug)]
struct Filed {
    id: u32,
    rest: Rest,
}

impl List {
    fn push(&mut self, id: u32, letters: (Letters, Letters), rest: Rest) {
        if matches!(rest, Rest::Nothing) {
            self.sure.push(id);
        } else {
            self.letters.push(letters);
            self.filed.push(Filed { id, rest });
        }
    }

    fn is_empty(&self) -> bool {
        self.sure.is_empty() && self.filed.is_empty()
    }
}

/// The folder whose file was asked for last, with what it alone decides: the files of a folder come one after the other.
#[derive(Debug, Default)]
pub struct Visited {
    exact: Folder,
    folded: Folder,
}

#[derive(Debug, Default)]
struct Folder {
    /// With a slash at its end, in lower case where case does not matter; `None` before the first file.
    path: Option<String>,
    letters: Letters,
    /// The globs that match whatever lies here.
    found: Vec<u32>,
    /// What globs that also ask for a name must have, and their positions in `in_folders`.
    open: Vec<((Letters, Letters), usize)>,
}

/// What is left to ask about a path that was found under its key.
#[derive(Debug)]
enum Rest {
    Nothing,
    Path(Box<str>),
    /// A name anywhere, of `*`, `?` and classes; in lower case where case does not matter.
    Name(Box<str>),
    /// Only `*`, `?`, classes and `**`; in lower case where case does not matter.
    Parts(Box<[Box<str>]>),
    Glob {
        glob: Box<str>,
        fold: bool,
        compiled: OnceLock<Option<Box<GlobMatcher>>>,
    },
}

/// Collects globs.
#[derive(Debug, Default)]
pub struct GlobTableBuilder {
    /// Numbers of those for which case matters.
    exact: FxHashMap<Box<str>, u32>,
    /// And of those for which it does not.
    folded: FxHashMap<Box<str>, u32>,
    /// Whether globs are taken as they are, for the tests of this program looked at them.
    trusted: bool,
    table: GlobTable,
}

impl GlobTableBuilder {
    /// Says whether the globs that follow are known to be valid.
    pub const fn trust(&mut self, trusted: bool) {
        self.trusted = trusted;
    }

    /// Adds a glob and returns its number; the same glob twice is one. Errors name the glob and what is wrong with it.
    pub fn add(&mut self, glob: &str, ignore_case: bool) -> Result<u32, String> {
        let known = if ignore_case { &mut self.folded } else { &mut self.exact };
        if let Some(known) = known.get(glob) {
            return Ok(*known);
        }
        if glob.is_empty() {
            return Err("a glob is empty".to_owned());
        }
        let id = u32::try_from(self.table.extensions.len()).map_err(|_| "too many globs".to_owned())?;
        if !self.trusted && glob.contains(['[', '\\', '{', '}']) {
            // The rest cannot be wrong.
            parse(&full(glob), ignore_case).map_err(|error| format!("glob `{glob}`: {error}"))?;
        }
        known.insert(glob.into(), id);
        self.table.add(id, glob, ignore_case);
        Ok(id)
    }

    /// The set.
    pub fn build(self) -> GlobTable {
        self.table
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

    fn add(&mut self, id: u32, glob: &str, fold: bool) {
        let index = if fold { &mut self.folded } else { &mut self.exact };
        let mut only_extensions = true;
        for alternative in alternatives(&full(glob)) {
            let (key, rest) = file_under(&alternative, fold);
            only_extensions &= matches!((&key, &rest), (Key::Extension(_), Rest::Nothing));
            let filed = |name: &str| if fold { name.to_ascii_lowercase() } else { name.to_owned() }.into_boxed_str();
            let (path, name) = Letters::of_glob(&alternative);
            let list = match key {
                Key::Name(name) => index.names.entry(filed(&name)).or_default(),
                Key::Extension(extension) => index.extensions.entry(filed(&extension)).or_default(),
                Key::Folder(folder) => {
                    index.folders.entry(filed(&folder)).or_default().push(index.in_folders.filed.len());
                    &mut index.in_folders
                }
                Key::Start(byte) => index.starts.entry(byte.to_ascii_lowercase()).or_default(),
                Key::Anything => &mut index.others,
            };
            list.push(id, (name, path), rest);
        }
        self.extensions.push(only_extensions);
    }
}

impl Index {
    fn is_empty(&self) -> bool {
        let keyed = self.names.len() + self.extensions.len() + self.folders.len() + self.starts.len();
        keyed == 0 && self.others.is_empty()
    }

    /// `path` is `whole`, in lower case where case does not matter.
    fn matches(&self, path: &str, whole: &str, visited: &mut Folder, found: &mut Vec<u32>) {
        let name = name_of(path);
        let folder = &path[..path.len() - name.len()];
        if visited.path.as_deref() != Some(folder) {
            visited.enter(folder, self);
        }
        let in_name = Letters::of(name);
        let in_path = visited.letters.with(in_name);
        let may = |(name, path): (Letters, Letters)| in_name.have(name) && in_path.have(path);
        let fits = |filed: &&Filed| filed.rest.matches(path, whole);
        let mut try_all = |list: Option<&List>| {
            let Some(list) = list else { return };
            found.extend_from_slice(&list.sure);
            let likely = list.letters.iter().zip(&list.filed).filter(|(letters, _)| may(**letters));
            found.extend(likely.map(|(_, filed)| filed).filter(fits).map(|filed| filed.id));
        };
        try_all(Some(&self.others));
        try_all(self.names.get(name));
        try_all(name.bytes().next().and_then(|first| self.starts.get(&first.to_ascii_lowercase())));
        for at in memchr::memchr_iter(b'.', name.as_bytes()) {
            try_all(self.extensions.get(&name[at + 1..]));
        }
        found.extend_from_slice(&visited.found);
        let likely = visited.open.iter().filter(|(letters, _)| may(*letters));
        let likely = likely.filter_map(|(_, at)| self.in_folders.filed.get(*at));
        found.extend(likely.filter(fits).map(|filed| filed.id));
    }
}

impl Folder {
    fn enter(&mut self, folder: &str, index: &Index) {
        self.letters = Letters::of(folder);
        self.found.clear();
        self.open.clear();
        let parts = folder.split_terminator('/').filter_map(|part| index.folders.get(part)).flatten();
        for &at in parts {
            let (Some(filed), Some(&letters)) = (index.in_folders.filed.get(at), index.in_folders.letters.get(at))
            else {
                continue;
            };
            if filed.rest.asks_name() {
                self.open.push((letters, at));
            } else if self.letters.have(letters.1) && filed.rest.matches(folder, folder) {
                self.found.push(filed.id);
            }
        }
        self.path = Some(folder.to_owned());
    }
}

impl Rest {
    /// Whether more than the folders of a path decide.
    fn asks_name(&self) -> bool {
        !matches!(self, Self::Parts(parts) if parts.last().is_some_and(|last| &**last == "**"))
    }

    /// `path` is `whole`, in lower case where case does not matter.
    fn matches(&self, path: &str, whole: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Path(wanted) => **wanted == *path,
            Self::Name(pattern) => name_fits(pattern.as_bytes(), name_of(path).as_bytes()),
            Self::Parts(parts) => last_fits(parts, path) && path_fits(parts, path),
            Self::Glob { glob, fold, compiled } => {
                let matcher = compiled.get_or_init(|| compile(glob, *fold).ok().map(Box::new));
                matcher.as_deref().is_some_and(|matcher| matcher.is_match(whole))
            }
        }
    }
}

/// What every path that a glob matches must hold.
enum Key {
    Name(String),
    Extension(String),
    Folder(String),
    Start(u8),
    Anything,
}

/// The key of a glob without alternatives, and what the key leaves open.
fn file_under(glob: &str, fold: bool) -> (Key, Rest) {
    let plain = |text: &str| !text.is_empty() && !text.contains(SPECIAL);
    let rest = || {
        let by_parts = has_simple_classes(glob) && !(fold && glob.contains('['));
        if glob.contains(['\\', '{', '}']) || !glob.is_ascii() || !by_parts {
            return Rest::Glob { glob: glob.into(), fold, compiled: OnceLock::new() };
        }
        let glob = if fold { glob.to_ascii_lowercase() } else { glob.to_owned() };
        if let Some(name) = glob.strip_prefix("**/").filter(|name| !name.contains('/') && *name != "**") {
            return Rest::Name(name.into());
        }
        Rest::Parts(glob.split('/').map(Box::from).collect())
    };
    let (folders, name) = glob.rsplit_once('/').unwrap_or(("", glob));
    let anywhere = folders == "**";
    if plain(name) {
        return match anywhere {
            true => (Key::Name(name.to_owned()), Rest::Nothing),
            false if plain(glob) && !fold => (Key::Name(name.to_owned()), Rest::Path(glob.into())),
            false => (Key::Name(name.to_owned()), rest()),
        };
    }
    // Behind the last wildcard of the name.
    let tail = name.rsplit(SPECIAL).next().unwrap_or_default();
    let extension = tail.split_once('.').map(|(_, extension)| extension).filter(|extension| plain(extension));
    if let Some(extension) = extension.filter(|extension| anywhere && name.strip_prefix("*.") == Some(extension)) {
        return (Key::Extension(extension.to_owned()), Rest::Nothing);
    }
    let folder = folders.split('/').filter(|folder| plain(folder)).max_by_key(|folder| folder.len());
    let start = match name.as_bytes() {
        [b'[', upper, lower, b']', ..] if upper.is_ascii_alphabetic() && upper.eq_ignore_ascii_case(lower) => {
            Some(*lower)
        }
        [first, ..] if !SPECIAL.contains(&char::from(*first)) => Some(*first),
        _ => None,
    };
    let key = match (folder, start, extension) {
        (Some(folder), _, _) => Key::Folder(folder.to_owned()),
        (None, Some(start), _) => Key::Start(start),
        (None, None, Some(extension)) => Key::Extension(extension.to_owned()),
        (None, None, None) => Key::Anything,
    };
    (key, rest())
}

fn name_of(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or(path, |at| &path[at + 1..])
}

/// Whether the name of a path fits the last part, which is asked first: most paths end otherwise.
fn last_fits(parts: &[Box<str>], path: &str) -> bool {
    parts.last().is_some_and(|last| &**last == "**" || name_fits(last.as_bytes(), name_of(path).as_bytes()))
}

/// Whether a path has these parts; `**` stands for any number of folders, at the end for whatever is in the folder.
fn path_fits(parts: &[Box<str>], path: &str) -> bool {
    let Some((part, later)) = parts.split_first() else { return false };
    if &**part == "**" {
        if later.is_empty() {
            return true;
        }
        let folders = memchr::memchr_iter(b'/', path.as_bytes()).map(|at| at + 1);
        return std::iter::once(0).chain(folders).any(|at| path_fits(later, &path[at..]));
    }
    match memchr::memchr(b'/', path.as_bytes()) {
        Some(at) => {
            !later.is_empty() && name_fits(part.as_bytes(), &path.as_bytes()[..at]) && path_fits(later, &path[at + 1..])
        }
        None => later.is_empty() && name_fits(part.as_bytes(), path.as_bytes()),
    }
}

/// Whether each class of a glob only lists what may stand there: none is open or negated, or holds a slash.
fn has_simple_classes(glob: &str) -> bool {
    classes(glob).all(|class| {
        class.is_some_and(|class| !class.is_empty() && !class.starts_with(['!', '^']) && !class.contains('/'))
    })
}

/// Where a pattern goes on behind what `byte` fits at `at`: itself, `?`, or a class that lists it.
fn behind(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match *pattern.get(at)? {
        b'?' => Some(at + 1),
        b'[' => {
            let end = at + 1 + memchr::memchr(b']', pattern.get(at + 1..)?)?;
            lists(pattern.get(at + 1..end)?, byte).then_some(end + 1)
        }
        wanted => (wanted == byte).then_some(at + 1),
    }
}

/// Whether a class, without its brackets, lists a byte: by itself or in a range.
fn lists(mut class: &[u8], byte: u8) -> bool {
    while let Some((&first, later)) = class.split_first() {
        let (last, rest) = match later {
            [b'-', last, rest @ ..] => (*last, rest),
            _ => (first, later),
        };
        if (first..=last).contains(&byte) {
            return true;
        }
        class = rest;
    }
    false
}

/// Whether a name fits a pattern of `*`, `?` and classes: on a mismatch, the last star takes one byte more.
fn name_fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name, mut star) = (0, 0, None);
    while let Some(&byte) = name.get(in_name) {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, in_name));
            at += 1;
        } else if let Some(next) = behind(pattern, at, byte) {
            (at, in_name) = (next, in_name + 1);
        } else {
            let Some((star_at, taken)) = star else { return false };
            star = Some((star_at, taken + 1));
            (at, in_name) = (star_at + 1, taken + 1);
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == b'*')
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
