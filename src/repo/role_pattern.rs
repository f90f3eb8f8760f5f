//! One glob of the role table: the part of `.gitignore`'s syntax that the table uses, matched without regular
//! expressions, so that nothing is compiled at start and a path costs well under a microsecond.
//!
//! `name` is a file at any depth, `name/` a folder at any depth with all in it; a slash at the start or inside ties the
//! glob to the root unless it begins with `**/`. `*` stays within a name, `{a,b}` is a choice, `!` takes back.

use super::Letters;

/// Most globs that the choices of one may stand for.
const MAX_CHOICES: usize = 256;

/// One compiled glob without choices.
#[derive(Debug)]
pub(super) struct Pattern {
    segments: Vec<Segment>,
    /// What every path that fits has.
    letters: Letters,
    /// It names a folder, and so everything below.
    folder: bool,
    /// It takes back what earlier globs of its role gave.
    pub(super) negated: bool,
}

#[derive(Debug)]
enum Segment {
    /// `**`: any number of folders.
    Deep,
    Literal(Box<str>),
    Wild(Wild),
}

/// A name with stars: what it begins with, holds in order, ends with.
#[derive(Debug)]
struct Wild {
    /// What every name that fits has.
    letters: Letters,
    prefix: Box<str>,
    middle: Vec<Box<str>>,
    suffix: Box<str>,
}

/// What a path must have before a pattern is worth trying.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key<'pattern> {
    /// A folder of this name.
    Folder(&'pattern str),
    /// A file of this name.
    Name(&'pattern str),
    /// A file whose name ends with a dot and this.
    Extension(&'pattern str),
    /// A file whose name begins with this byte.
    First(u8),
    /// Nothing that could be looked up.
    Anything,
}

impl Pattern {
    /// Compiles `glob`; choices make several patterns of it.
    pub(super) fn parse(glob: &str) -> Result<Vec<Self>, String> {
        let negated = glob.starts_with('!');
        let plain = glob.strip_prefix('!').unwrap_or(glob);
        if plain.is_empty() || plain.contains(['?', '[', ']', '\\']) {
            return Err(format!("glob `{glob}` holds what the role table does not know"));
        }
        let mut choices = Vec::new();
        expand(plain, &mut choices);
        if choices.len() > MAX_CHOICES {
            return Err(format!("glob `{glob}` holds more than {MAX_CHOICES} choices"));
        }
        choices.iter().map(|choice| Self::compile(choice, negated)).collect()
    }

    fn compile(glob: &str, negated: bool) -> Result<Self, String> {
        let folder = glob.ends_with('/');
        let body = glob.strip_suffix('/').unwrap_or(glob);
        let mut segments = Vec::new();
        if !body.contains('/') {
            segments.push(Segment::Deep);
        }
        for part in body.strip_prefix('/').unwrap_or(body).split('/') {
            segments.push(Segment::parse(part).ok_or_else(|| format!("glob `{glob}` has an odd segment"))?);
        }
        if matches!(segments.last(), Some(Segment::Deep)) {
            return Err(format!("glob `{glob}` ends in `**`; end it with a slash"));
        }
        let letters = segments.iter().fold(Letters::default(), |all, segment| all.with(segment.letters()));
        Ok(Self { segments, letters, folder, negated })
    }

    /// What to look for first: the rarest part.
    pub(super) fn key(&self) -> Key<'_> {
        let (name, folders) = match self.segments.split_last() {
            Some((name, folders)) if !self.folder => (Some(name), folders),
            _ => (None, self.segments.as_slice()),
        };
        if let Some(Segment::Literal(name)) = name {
            return Key::Name(name);
        }
        let folder = folders.iter().rev().find_map(|segment| match segment {
            Segment::Literal(folder) => Some(Key::Folder(folder)),
            _ => None,
        });
        match (folder, name) {
            (Some(folder), _) => folder,
            (None, Some(Segment::Wild(wild))) => wild.key(),
            _ => Key::Anything,
        }
    }

    /// Whether it gives everything in a folder the same role.
    pub(super) fn is_folder(&self) -> bool {
        self.folder
    }

    /// Whether it gives a role to everything in the folder that has these parts; `letters` are those of the parts.
    pub(super) fn matches_folder(&self, folders: &[&str], letters: Letters) -> bool {
        self.folder && letters.have(self.letters) && walk(&self.segments, folders, true)
    }

    /// Whether it names the file `name` in `folder`, which is empty at the root; `letters` are those of the name.
    pub(super) fn matches_file(&self, folder: &str, name: &str, letters: Letters) -> bool {
        let Some((last, above)) = self.segments.split_last() else { return false };
        let may_fit = match last {
            Segment::Wild(wild) => letters.have(wild.letters),
            _ => true,
        };
        if self.folder || !may_fit || !last.fits(name) {
            return false;
        }
        matches!(above, [Segment::Deep]) || walk(above, &parts(folder), false)
    }
}

/// The names on the way to `folder`; none for the root.
pub(super) fn parts(folder: &str) -> Vec<&str> {
    if folder.is_empty() { Vec::new() } else { folder.split('/').collect() }
}

impl Segment {
    fn parse(part: &str) -> Option<Self> {
        match part {
            "" | "." | ".." => None,
            "**" => Some(Self::Deep),
            _ => {
                let mut pieces = part.split('*');
                let prefix: Box<str> = pieces.next()?.into();
                let Some(suffix) = pieces.next_back() else { return Some(Self::Literal(prefix)) };
                let middle = pieces.map(Into::into).collect();
                Some(Self::Wild(Wild { letters: Letters::of(part), prefix, middle, suffix: suffix.into() }))
            }
        }
    }

    fn letters(&self) -> Letters {
        match self {
            Self::Deep => Letters::default(),
            Self::Literal(literal) => Letters::of(literal),
            Self::Wild(wild) => wild.letters,
        }
    }

    fn fits(&self, name: &str) -> bool {
        match self {
            Self::Deep => true,
            Self::Literal(literal) => **literal == *name,
            Self::Wild(wild) => wild.fits(name),
        }
    }
}

impl Wild {
    fn key(&self) -> Key<'_> {
        match (self.suffix.rsplit_once('.'), self.prefix.bytes().next()) {
            (Some((_, extension)), _) => Key::Extension(extension),
            (None, Some(first)) => Key::First(first),
            (None, None) => Key::Anything,
        }
    }

    fn fits(&self, name: &str) -> bool {
        let Some(rest) = name.strip_prefix(&*self.prefix) else { return false };
        let Some(mut rest) = rest.strip_suffix(&*self.suffix) else { return false };
        for piece in &self.middle {
            match rest.split_once(&**piece) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        true
    }
}

/// Whether `segments` match all `folders`, or with `open` the first few of them.
///
/// Only the last `**` is ever tried again, one folder further on: an earlier one could win nothing by it. So the time
/// stays in proportion to the depth.
fn walk(segments: &[Segment], folders: &[&str], open: bool) -> bool {
    let (mut left, mut below) = (segments, folders);
    let mut retry: Option<(&[Segment], &[&str])> = None;
    loop {
        match (left.split_first(), below.split_first()) {
            (None, _) if open || below.is_empty() => return true,
            (Some((Segment::Deep, rest)), _) => {
                retry = Some((rest, below));
                left = rest;
                continue;
            }
            (Some((segment, rest)), Some((name, deeper))) if segment.fits(name) => {
                (left, below) = (rest, deeper);
                continue;
            }
            _ => {}
        }
        let Some((rest, [_, deeper @ ..])) = retry else { return false };
        retry = Some((rest, deeper));
        (left, below) = (rest, deeper);
    }
}

/// Writes out the choices of `glob`, the first first; braces do not nest.
fn expand(glob: &str, into: &mut Vec<String>) {
    let choice = glob.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (choices, after))) = choice else {
        into.push(glob.to_owned());
        return;
    };
    for choice in choices.split(',') {
        if into.len() <= MAX_CHOICES {
            expand(&format!("{before}{choice}{after}"), into);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(glob: &str, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let fits = |pattern: &Pattern| {
            pattern.matches_folder(&parts(folder), Letters::of(folder))
                || pattern.matches_file(folder, name, Letters::of(name))
        };
        Pattern::parse(glob).unwrap().iter().any(fits)
    }

    #[test]
    fn folders_and_files_at_any_depth() {
        assert!(matches("test/", "test/a") && matches("test/", "x/test/y/a"));
        assert!(!matches("test/", "x/test") && !matches("test/", "latest/a"));
        assert!(matches("tests.py", "x/tests.py") && !matches("tests.py", "tests.py/a"));
    }

    #[test]
    fn slashes_tie_to_the_root() {
        assert!(matches("/doc/", "doc/a") && !matches("/doc/", "x/doc/a"));
        assert!(matches("a/b/", "a/b/c") && !matches("a/b/", "x/a/b/c"));
        assert!(matches("**/a/b/", "x/a/b/c") && !matches("**/a/b/", "a/x/b/c"));
        assert!(matches("/*/demo/", "apps/demo/x") && !matches("/*/demo/", "demo/x"));
    }

    #[test]
    fn stars_stay_within_a_name() {
        assert!(matches("*.spec.{ts,js}", "a/b.spec.js") && !matches("*.spec.{ts,js}", "a/b.spec.tsx"));
        assert!(matches("a*b*c", "abxc") && !matches("a*b*c", "ac") && !matches("ab*bc", "abc"));
        assert!(matches("**/spec/**/*.rb", "spec/a.rb") && matches("**/spec/**/*.rb", "x/spec/y/z/a.rb"));
        assert!(!matches("**/spec/**/*.rb", "spec.rb") && !matches("**/spec/**/*.rb", "spec/a.yaml"));
    }

    #[test]
    fn deep_paths_take_no_longer_than_they_are() {
        let path = format!("data/{}x", "test/".repeat(20_000));
        assert!(!matches("**/test/**/test/**/data/", &path));
    }

    #[test]
    fn keys_name_the_rarest_part() {
        let key = |glob: &str| format!("{:?}", Pattern::parse(glob).unwrap()[0].key());
        assert_eq!(key("*_test.go"), "Extension(\"go\")");
        assert_eq!(key("**/a/b/"), "Folder(\"b\")");
        assert_eq!(key("**/a/*/"), "Folder(\"a\")");
        assert_eq!(key("**/a/b"), "Name(\"b\")");
        assert_eq!(key("**/test/*_x"), "Folder(\"test\")");
        assert_eq!(key("**/spec/**/*.rb"), "Folder(\"spec\")");
        assert_eq!(key("README*"), "First(82)");
        assert_eq!(key("*-tests/"), "Anything");
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for glob in ["", "!", "a?", "[ab]", "a//b", "a/**", "../x", "/"] {
            assert!(Pattern::parse(glob).is_err(), "{glob}");
        }
        assert!(Pattern::parse("{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b}").unwrap_err().contains("256"));
    }

    proptest! {
        #[test]
        fn agrees_with_gitignore(glob in "/?(\\*\\*/)?[ab*]{1,3}(/[ab*]{1,3}){0,2}/?", path in "[ab]{1,2}(/[ab]{1,2}){0,3}") {
            prop_assume!(!glob.trim_end_matches('/').ends_with("**") && !glob.contains("***"));
            prop_assume!(Pattern::parse(&glob).is_ok());
            let ours = matches(&glob, &path);
            let mut builder = ignore::gitignore::GitignoreBuilder::new("");
            builder.add_line(None, &glob).unwrap();
            let oracle = builder.build().unwrap();
            // Ours tells files from folders by the slash, so the oracle sees the file, or the folders above it.
            let theirs = if glob.ends_with('/') {
                path.match_indices('/').any(|(end, _)| oracle.matched(&path[..end], true).is_ignore())
            } else {
                oracle.matched(&path, false).is_ignore()
            };
            prop_assert_eq!(ours, theirs, "{} on {}", glob, path);
        }

        #[test]
        fn never_panics(glob in "[!/*{},.\u{e9}a]{0,12}", path in "[/.\u{e9}a]{0,12}") {
            for pattern in Pattern::parse(&glob).unwrap_or_default() {
                pattern.matches_file(&path, &path, Letters::of(&path));
                pattern.matches_folder(&parts(&path), Letters::of(&path));
                pattern.key();
            }
        }
    }
}
