//! Globs filed under what a path must hold to match them: the whole name, an extension, a folder, or the first letter of
//! the name. What the folder of a path decides is decided once for all files in it.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use globset::GlobMatcher;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::braces::{alternatives, classes, halves};
use super::fits::{folders_fit, name_fits};
use super::{SPECIAL, compile};
use crate::repo::Letters;

/// About how many names the rules know.
const NAMES: usize = 4096;

/// Globs of one treatment of case, by what a path must hold.
#[derive(Debug, Default)]
pub(super) struct Index {
    names: FxHashMap<Box<str>, List>,
    /// By the name without its last extension, where that may be one of several.
    stems: FxHashMap<Box<str>, List>,
    extensions: FxHashMap<Box<str>, List>,
    /// Positions in `in_folders`.
    folders: FxHashMap<Box<str>, Vec<usize>>,
    in_folders: List,
    /// By the first byte of the name, in lower case.
    starts: FxHashMap<u8, List>,
    others: List,
    /// The folders that globs ask for of which no part is plain text, each once.
    wild_folders: Vec<Parts>,
    /// Positions in `wild_folders`.
    known_wild: FxHashMap<Box<str>, usize>,
}

/// Parts of globs under one key.
#[derive(Debug, Default)]
struct List {
    /// The globs of which nothing is left to ask.
    sure: Vec<u32>,
    /// What names and paths must have, of each of `filed`: side by side, for most fail here.
    letters: Vec<(Letters, Letters)>,
    filed: Vec<Filed>,
}

/// One part of a glob.
#[derive(Debug)]
struct Filed {
    id: u32,
    rest: Rest,
}

/// The folders of a path, part by part; in lower case where case does not matter.
type Parts = Box<[Box<str>]>;

/// What is left to ask about a path that was found under its key.
#[derive(Debug)]
enum Rest {
    /// The name is right; its folders must be one of these.
    Folders(Arc<[Parts]>),
    /// The name is right but for its last extension, which must be one of these; so must its folders, if any are asked for.
    Extensions(Arc<[Box<str>]>, Option<Arc<[Parts]>>),
    /// Folders, and one of some names with what each must have; no names: whatever lies there.
    Names(Parts, Arc<[(Letters, Box<str>)]>),
    /// One of `wild_folders`, and a name.
    Wild(usize, Box<str>),
    /// A name anywhere.
    Name(Box<str>),
    Glob {
        glob: Box<str>,
        fold: bool,
        compiled: OnceLock<Option<Box<GlobMatcher>>>,
    },
}

/// The folder of the path that was asked for last.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// With a slash at its end, in lower case where case does not matter; `None` before the first file.
    path: Option<String>,
    letters: Letters,
    /// The globs that match whatever lies here.
    found: Vec<u32>,
    /// What globs that also ask for a name must have, and their positions in `in_folders`.
    open: Vec<((Letters, Letters), usize)>,
    /// Whether it fits each of `wild_folders`, once that was asked.
    fits: Vec<Cell<Option<bool>>>,
}

impl List {
    fn push(&mut self, id: u32, letters: (Letters, Letters), rest: Rest) {
        self.letters.push(letters);
        self.filed.push(Filed { id, rest });
    }

    fn is_empty(&self) -> bool {
        self.sure.is_empty() && self.filed.is_empty()
    }
}

impl Index {
    /// One that need not grow while hundreds of globs are filed.
    pub(super) fn roomy() -> Self {
        let room = || FxHashMap::with_capacity_and_hasher(NAMES, FxBuildHasher);
        Self { names: room(), stems: room(), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        let keyed =
            self.names.len() + self.stems.len() + self.extensions.len() + self.folders.len() + self.starts.len();
        keyed == 0 && self.others.is_empty()
    }

    /// `path` is `whole`, in lower case where case does not matter.
    pub(super) fn matches(&self, path: &str, whole: &str, visited: &mut Folder, found: &mut Vec<u32>) {
        let name = name_of(path);
        let folder = &path[..path.len() - name.len()];
        if visited.path.as_deref() != Some(folder) {
            visited.enter(folder, self);
        }
        let in_name = Letters::of(name);
        let in_path = visited.letters.with(in_name);
        let may = |(name, path): (Letters, Letters)| in_name.have(name) && in_path.have(path);
        let asked = Asked { folder, name, in_name, whole, wild: &self.wild_folders, fits: &visited.fits };
        let mut try_all = |list: Option<&List>| {
            let Some(list) = list else { return };
            found.extend_from_slice(&list.sure);
            let likely = list.letters.iter().zip(&list.filed).filter(|(letters, _)| may(**letters));
            found.extend(likely.map(|(_, filed)| filed).filter(|filed| filed.rest.fits(&asked)).map(|filed| filed.id));
        };
        try_all(Some(&self.others));
        try_all(self.names.get(name));
        try_all(name.rsplit_once('.').and_then(|(stem, _)| self.stems.get(stem)));
        try_all(name.bytes().next().and_then(|first| self.starts.get(&first.to_ascii_lowercase())));
        for at in memchr::memchr_iter(b'.', name.as_bytes()) {
            try_all(self.extensions.get(&name[at + 1..]));
        }
        found.extend_from_slice(&visited.found);
        let likely = visited.open.iter().filter(|(letters, _)| may(*letters));
        let likely = likely.filter_map(|(_, at)| self.in_folders.filed.get(*at));
        found.extend(likely.filter(|filed| filed.rest.fits_in_folder(&asked)).map(|filed| filed.id));
    }

    /// Files a glob, written from the root; says whether an extension is all it asks for.
    pub(super) fn file(&mut self, id: u32, glob: &str, fold: bool) -> bool {
        if let Some(apart) = apart(glob, fold) {
            return self.file_apart(id, &apart);
        }
        let mut only_extensions = true;
        for alternative in alternatives(glob) {
            only_extensions &= match apart(&alternative, fold) {
                Some(apart) => self.file_apart(id, &apart),
                None => self.file_whole(id, &alternative, fold),
            };
        }
        only_extensions
    }

    fn file_apart(&mut self, id: u32, apart: &Apart) -> bool {
        if apart.extensions.is_empty() {
            return self.file_parts(id, &apart.folders, &apart.names);
        }
        let (folders, in_path) = asked_of(&apart.folders).unzip();
        let letters = (Letters::default(), in_path.unwrap_or_default());
        let extensions: Arc<[Box<str>]> = apart.extensions.iter().map(|one| one.as_str().into()).collect();
        for stem in &apart.names {
            let rest = Rest::Extensions(Arc::clone(&extensions), folders.clone());
            self.stems.entry(stem.as_str().into()).or_default().push(id, letters, rest);
        }
        false
    }

    /// Files a glob that has one of `folders` before one of `names`.
    fn file_parts(&mut self, id: u32, folders: &[String], names: &[String]) -> bool {
        let (plain, wild): (Vec<&str>, Vec<&str>) = names.iter().map(String::as_str).partition(|name| is_plain(name));
        self.file_plain(id, folders, &plain);
        let mut only_extensions = plain.is_empty();
        if wild.is_empty() {
            return false;
        }
        let names: Vec<_> = wild.iter().map(|name| lettered(name)).collect();
        let in_name = shared(names.iter().map(|(letters, _)| *letters));
        let names: Arc<[_]> = if wild.contains(&"*") { Arc::default() } else { names.into() };
        for folder in folders {
            match longest_plain(folder) {
                Some(key) => {
                    let letters = (in_name, Letters::of_glob(folder).0);
                    self.folders.entry(key.into()).or_default().push(self.in_folders.filed.len());
                    self.in_folders.push(id, letters, Rest::Names(parts_of(folder), Arc::clone(&names)));
                    only_extensions = false;
                }
                None => wild.iter().for_each(|name| only_extensions &= self.file_wild(id, folder, name)),
            }
        }
        only_extensions
    }

    fn file_plain(&mut self, id: u32, folders: &[String], names: &[&str]) {
        if names.is_empty() {
            return;
        }
        let asked = asked_of(folders);
        for name in names {
            let list = self.names.entry((*name).into()).or_default();
            match &asked {
                Some((parts, in_path)) => {
                    list.push(id, (Letters::default(), *in_path), Rest::Folders(Arc::clone(parts)));
                }
                None => list.sure.push(id),
            }
        }
    }

    /// Files one name with a wildcard behind folders of which none is plain.
    fn file_wild(&mut self, id: u32, folder: &str, name: &str) -> bool {
        let anywhere = folder == "**";
        let extension = extension_of(name);
        if let Some(extension) = extension.filter(|extension| anywhere && name.strip_prefix("*.") == Some(extension)) {
            self.extensions.entry(extension.into()).or_default().sure.push(id);
            return true;
        }
        let rest = if anywhere { Rest::Name(name.into()) } else { Rest::Wild(self.wild(folder), name.into()) };
        let (in_path, in_name) = Letters::of_glob(&format!("{folder}/{name}"));
        self.list(start_of(name), extension).push(id, (in_name, in_path), rest);
        false
    }

    fn wild(&mut self, folder: &str) -> usize {
        if let Some(&known) = self.known_wild.get(folder) {
            return known;
        }
        self.wild_folders.push(parts_of(folder));
        self.known_wild.insert(folder.into(), self.wild_folders.len() - 1);
        self.wild_folders.len() - 1
    }

    /// Files what only the matcher understands.
    fn file_whole(&mut self, id: u32, glob: &str, fold: bool) -> bool {
        let (in_path, in_name) = Letters::of_glob(glob);
        let filed = |text: &str| if fold { text.to_ascii_lowercase() } else { text.to_owned() };
        let (folders, name) = glob.rsplit_once('/').unwrap_or(("", glob));
        let rest = Rest::Glob { glob: glob.into(), fold, compiled: OnceLock::new() };
        let list = if is_plain(name) {
            self.names.entry(filed(name).into()).or_default()
        } else if let Some(folder) = longest_plain(folders) {
            self.folders.entry(filed(folder).into()).or_default().push(self.in_folders.filed.len());
            &mut self.in_folders
        } else {
            self.list(start_of(name), extension_of(&filed(name)))
        };
        list.push(id, (in_name, in_path), rest);
        false
    }

    /// The list of names that begin or end in a way.
    fn list(&mut self, start: Option<u8>, extension: Option<&str>) -> &mut List {
        match (start, extension) {
            (Some(start), _) => self.starts.entry(start.to_ascii_lowercase()).or_default(),
            (None, Some(extension)) => self.extensions.entry(extension.into()).or_default(),
            (None, None) => &mut self.others,
        }
    }
}

#[cfg(test)]
impl Index {
    /// The globs that only the matcher understands.
    pub(super) fn left_to_matcher(&self) -> Vec<String> {
        let keyed = self.names.values().chain(self.extensions.values()).chain(self.starts.values());
        let filed = keyed.chain([&self.in_folders, &self.others]).flat_map(|list| &list.filed);
        let whole = filed.filter_map(|filed| match &filed.rest {
            Rest::Glob { glob, .. } => Some(glob.to_string()),
            _ => None,
        });
        whole.collect()
    }
}

impl Folder {
    fn enter(&mut self, folder: &str, index: &Index) {
        self.letters = Letters::of(folder);
        self.found.clear();
        self.open.clear();
        self.fits.clear();
        self.fits.resize_with(index.wild_folders.len(), Cell::default);
        let keyed = folder.split_terminator('/').filter_map(|part| index.folders.get(part)).flatten();
        for &at in keyed {
            let (Some(filed), Some(&letters)) = (index.in_folders.filed.get(at), index.in_folders.letters.get(at))
            else {
                continue;
            };
            match &filed.rest {
                Rest::Names(parts, names) if self.letters.have(letters.1) && folders_fit(parts, folder) => {
                    if names.is_empty() {
                        self.found.push(filed.id);
                    } else {
                        self.open.push((letters, at));
                    }
                }
                Rest::Names(..) => {}
                _ => self.open.push((letters, at)),
            }
        }
        self.path = Some(folder.to_owned());
    }
}

/// A path, apart. Folder and name are in lower case where case does not matter.
struct Asked<'a> {
    /// With a slash at its end.
    folder: &'a str,
    name: &'a str,
    in_name: Letters,
    /// As it is written.
    whole: &'a str,
    wild: &'a [Parts],
    fits: &'a [Cell<Option<bool>>],
}

impl Rest {
    fn fits(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::Folders(folders) => folders.iter().any(|parts| folders_fit(parts, asked.folder)),
            Self::Extensions(extensions, folders) => {
                let extension = asked.name.rsplit('.').next().unwrap_or_default();
                extensions.iter().any(|one| **one == *extension)
                    && folders.as_ref().is_none_or(|all| all.iter().any(|parts| folders_fit(parts, asked.folder)))
            }
            Self::Name(pattern) => name_fits(pattern.as_bytes(), asked.name.as_bytes()),
            Self::Names(parts, names) => asked.has_one_of(names) && folders_fit(parts, asked.folder),
            Self::Wild(folder, pattern) => {
                name_fits(pattern.as_bytes(), asked.name.as_bytes()) && asked.lies_in(*folder)
            }
            Self::Glob { glob, fold, compiled } => {
                let matcher = compiled.get_or_init(|| compile(glob, *fold).ok().map(Box::new));
                matcher.as_deref().is_some_and(|matcher| matcher.is_match(asked.whole))
            }
        }
    }

    /// The same where the folder is known to be right.
    fn fits_in_folder(&self, asked: &Asked<'_>) -> bool {
        match self {
            Self::Names(_, names) => asked.has_one_of(names),
            _ => self.fits(asked),
        }
    }
}

impl Asked<'_> {
    /// Whether the folder fits one of `wild`: decided once for all names in it.
    fn lies_in(&self, wild: usize) -> bool {
        let (Some(parts), Some(known)) = (self.wild.get(wild), self.fits.get(wild)) else { return false };
        known.get().unwrap_or_else(|| {
            let fits = folders_fit(parts, self.folder);
            known.set(Some(fits));
            fits
        })
    }

    fn has_one_of(&self, names: &[(Letters, Box<str>)]) -> bool {
        let mut likely = names.iter().filter(|(letters, _)| self.in_name.have(*letters));
        names.is_empty() || likely.any(|(_, name)| name_fits(name.as_bytes(), self.name.as_bytes()))
    }
}

/// The folders and the names that a glob means.
struct Apart {
    folders: Vec<String>,
    /// Without their last extension, where `extensions` has any: then they are plain text.
    names: Vec<String>,
    extensions: Vec<String>,
}

/// The parts of a glob, where all of it is plain text, `*`, `?`, `**` and classes that list what may stand there; in lower
/// case where case does not matter.
fn apart(glob: &str, fold: bool) -> Option<Apart> {
    // A range of letters means other ones in lower case.
    let is_range = |class: &str| class.contains('-') && class.contains(|letter: char| letter.is_ascii_uppercase());
    if glob.contains('\\')
        || !is_bytewise(glob, fold)
        || !has_simple_classes(glob)
        || fold && classes(glob).flatten().any(is_range)
    {
        return None;
    }
    let glob = if fold { glob.to_ascii_lowercase() } else { glob.to_owned() };
    let (folders, name) = halves(&glob);
    let (stem, extensions) = with_extensions(name).unwrap_or((name, Vec::new()));
    let (folders, names, extensions) = match name {
        "**" if folders.is_empty() || folders == "**" => (vec!["**".to_owned()], vec!["*".to_owned()], Vec::new()),
        "**" => (alternatives(&format!("{folders}/**")), vec!["*".to_owned()], Vec::new()),
        _ => match alternatives(stem) {
            stems if stems.iter().all(|stem| is_plain(stem)) => (alternatives(folders), stems, extensions),
            _ => (alternatives(folders), alternatives(name), Vec::new()),
        },
    };
    let is_known = |text: &String| !text.contains(['{', '}']);
    let is_name = |text: &String| is_known(text) && !text.contains('/') && !text.contains("**");
    (folders.iter().all(is_known) && names.iter().all(is_name)).then_some(Apart { folders, names, extensions })
}

/// Whether a glob can be matched byte by byte: what stands for one character, and letters whose case does not matter, must
/// be of one byte.
fn is_bytewise(glob: &str, fold: bool) -> bool {
    let has_case = |letter: char| letter.is_lowercase() || letter.is_uppercase();
    let wide = || glob.chars().filter(|letter| !letter.is_ascii());
    glob.is_ascii() || !(glob.contains(['?', '[']) || fold && wide().any(has_case))
}

/// A name without the choice of extensions that it ends with, and these.
fn with_extensions(name: &str) -> Option<(&str, Vec<String>)> {
    let (stem, choice) = name.strip_suffix('}')?.rsplit_once(".{")?;
    let extensions: Vec<String> = choice.split(',').map(str::to_owned).collect();
    extensions.iter().all(|one| is_plain(one) && !one.contains(['.', '/'])).then_some((stem, extensions))
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(SPECIAL)
}

/// The folder that tells most: the longest that is plain text.
fn longest_plain(folders: &str) -> Option<&str> {
    folders.split('/').filter(|folder| is_plain(folder)).max_by_key(|folder| folder.len())
}

fn parts_of(folders: &str) -> Parts {
    folders.split('/').filter(|part| !part.is_empty()).map(Box::from).collect()
}

/// The folders of which a path must have one, and the letters of all of them; none where any folder will do.
fn asked_of(folders: &[String]) -> Option<(Arc<[Parts]>, Letters)> {
    let anywhere = folders.iter().any(|folder| folder == "**");
    let letters = || shared(folders.iter().map(|folder| Letters::of_glob(folder).0));
    (!anywhere).then(|| (folders.iter().map(|folder| parts_of(folder)).collect(), letters()))
}

/// A name, and what names that fit it must have.
fn lettered(name: &str) -> (Letters, Box<str>) {
    (Letters::of_glob(name).1, name.into())
}

/// What all of these have.
fn shared(sets: impl IntoIterator<Item = Letters>) -> Letters {
    sets.into_iter().reduce(Letters::shared).unwrap_or_default()
}

/// The extension that all names have that a pattern fits.
fn extension_of(name: &str) -> Option<&str> {
    let tail = name.rsplit(SPECIAL).next().unwrap_or_default();
    tail.split_once('.').map(|(_, extension)| extension).filter(|extension| is_plain(extension))
}

/// The byte that all names begin with that a pattern fits, without case.
fn start_of(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'[', upper, lower, b']', ..] if upper.is_ascii_alphabetic() && upper.eq_ignore_ascii_case(lower) => {
            Some(*lower)
        }
        [first, ..] if !SPECIAL.contains(&char::from(*first)) => Some(*first),
        _ => None,
    }
}

fn name_of(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or(path, |at| &path[at + 1..])
}

/// Whether each class of a glob only lists what may stand there: none is open or negated, or holds a slash.
fn has_simple_classes(glob: &str) -> bool {
    classes(glob).all(|class| {
        class.is_some_and(|class| !class.is_empty() && !class.starts_with(['!', '^']) && !class.contains('/'))
    })
}
