//! One requirement in the grammar of PEP 508: `name[extras] >=1,<2 ; marker` or `name @ address ; marker`.
//!
//! Lenient where installers are (brackets around versions, blanks anywhere), strict about the name, so that prose or
//! a template is never taken for a package.

use crate::facts::package::Pin;

/// What one requirement line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement<'t> {
    /// The name as written, without extras.
    pub name: &'t str,
    /// Version specifiers, possibly empty.
    pub specifier: &'t str,
    /// The address behind `@`.
    pub url: Option<&'t str>,
}

impl Requirement<'_> {
    /// The requirement as written, if there is any.
    pub fn requirement(&self) -> Option<String> {
        let text = self.url.unwrap_or(self.specifier);
        if text.is_empty() { None } else { Some(text.to_owned()) }
    }

    /// How firm it is.
    pub fn pin(&self) -> Pin {
        self.url.map_or_else(|| pin_python(self.specifier), pin_url)
    }
}

/// Reads one requirement, or `None` where the text is something else.
pub fn read(line: &str) -> Option<Requirement<'_>> {
    let line = line.trim();
    let end = line.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)).count();
    let name = line.get(..end)?;
    let ends_well = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !ends_well(name.bytes().next()) || !ends_well(name.bytes().last()) {
        return None;
    }
    let mut rest = line.get(end..)?.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']')?.1.trim_start();
    }
    if let Some(address) = rest.strip_prefix('@') {
        // A marker behind an address needs a blank before its semicolon.
        let url = address.split(" ;").next().unwrap_or_default().trim();
        return if url.is_empty() { None } else { Some(Requirement { name, specifier: "", url: Some(url) }) };
    }
    let specifier = rest.split(';').next().unwrap_or_default().trim();
    let specifier = specifier.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifier).trim();
    let well_formed = specifier.is_empty() || specifier.starts_with(['=', '<', '>', '~', '!']);
    if well_formed { Some(Requirement { name, specifier, url: None }) } else { None }
}

/// The name as PEP 503 compares it: lower case, runs of `.`, `-` and `_` as one dash.
pub fn normalise(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if !matches!(character, '.' | '-' | '_') {
            normal.push(character.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    normal
}

/// How firm version specifiers are (`==1.2`, `>=1,<2`, `~=1.4`).
pub fn pin_python(specifier: &str) -> Pin {
    let (mut seen, mut bounded, mut exact) = (0, false, false);
    for part in specifier.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let version = part.trim_start_matches(['<', '>', '=', '~', '!']).trim();
        let operator = part.split(|c: char| !"<>=~!".contains(c)).next().unwrap_or_default();
        seen += 1;
        match operator {
            "==" if version == "*" => {}
            "==" if version.ends_with(".*") => bounded = true,
            "==" | "===" => exact = true,
            "<" | "<=" | "~=" => bounded = true,
            _ => {}
        }
    }
    match (seen, bounded, exact) {
        (0, ..) => Pin::Unstated,
        (_, _, true) => Pin::Exact,
        (_, true, _) => Pin::Range,
        _ => Pin::Floating,
    }
}

/// How firm an address is: a path is local, a repository needs a commit, an archive a version in its name.
pub fn pin_url(url: &str) -> Pin {
    let address = url.split('#').next().unwrap_or_default();
    if address.starts_with("file:") || !address.contains("://") && !address.contains('@') {
        return Pin::Local;
    }
    let is_repository = ["git", "hg", "svn", "bzr"].iter().any(|tool| address.starts_with(&format!("{tool}+")));
    if is_repository {
        let commit = address.rsplit_once('@').is_some_and(|(_, commit)| is_commit(commit));
        return if commit { Pin::Exact } else { Pin::Floating };
    }
    let file = address.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let versioned = file.split(['-', 'v']).skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let commit = address.split(['/', '.']).any(is_commit);
    if versioned || commit { Pin::Exact } else { Pin::Floating }
}

/// Whether `text` is a full commit id.
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins() {
        let table = [
            ("==1.2", Pin::Exact),
            ("===1.2", Pin::Exact),
            ("== 1.2 , != 3", Pin::Exact),
            ("==1.*", Pin::Range),
            (">=1,<2", Pin::Range),
            ("~=1.4", Pin::Range),
            ("<2", Pin::Range),
            (">=1", Pin::Floating),
            (">=1,!=1.3", Pin::Floating),
            ("==*", Pin::Floating),
            ("", Pin::Unstated),
        ];
        for (specifier, pin) in table {
            assert_eq!(pin_python(specifier), pin, "{specifier}");
        }
        let table = [
            ("git+https://git.example/a.git@0123456789abcdef0123456789abcdef01234567", Pin::Exact),
            ("git+https://git.example/a.git@v1.2", Pin::Floating),
            ("git+ssh://git@git.example/a.git", Pin::Floating),
            ("https://files.example/a-1.2.tar.gz", Pin::Exact),
            ("https://files.example/main.zip", Pin::Floating),
            ("file:///a", Pin::Local),
            ("./a", Pin::Local),
        ];
        for (url, pin) in table {
            assert_eq!(pin_url(url), pin, "{url}");
        }
    }

    #[test]
    fn lines() {
        let read = |line| read(line).map(|read| (read.name, read.specifier, read.url));
        assert_eq!(read("a"), Some(("a", "", None)));
        assert_eq!(read(" Foo.Bar [x, y] >= 1.0 , <2 ; python_version < '3'"), Some(("Foo.Bar", ">= 1.0 , <2", None)));
        assert_eq!(read("a (==1.0)"), Some(("a", "==1.0", None)));
        assert_eq!(read("a;x"), Some(("a", "", None)));
        assert_eq!(read("a @ https://x.example/a;b ; os == 'x'"), Some(("a", "", Some("https://x.example/a;b"))));
        for line in ["", "two words", "{{ name }}", "-a", "a-", "a[b", "a @", "a 1.0", "\u{e9}"] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(normalise("Foo._-Bar"), "foo-bar");
    }

    proptest::proptest! {
        #[test]
        fn never_panics(line in "\\PC*") {
            let _ = read(&line).map(|read| read.pin());
            let _ = (pin_python(&line), pin_url(&line), normalise(&line));
        }
    }
}
