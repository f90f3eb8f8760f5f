//! The two things that the audit takes from a repository's own git configuration: where its remotes are, and which
//! hash it uses. Nothing in it is obeyed, includes are not followed, and credentials in urls go no further than here.

/// What one configuration file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct GitConfig {
    /// The urls of the remotes in the order of the file, each once, without credentials.
    pub(super) remotes: Vec<String>,
    /// `extensions.objectFormat`, if given.
    pub(super) object_format: Option<String>,
    /// Whether a remote keeps objects back: `extensions.partialClone`.
    pub(super) partial: bool,
}

impl GitConfig {
    /// Reads what is there; lines that make no sense are passed over.
    pub(super) fn parse(text: &str) -> Self {
        let mut config = Self::default();
        let mut section = Section::Other;
        for line in text.lines() {
            let mut line = line.trim();
            if let Some(header) = line.strip_prefix('[') {
                let Some((name, rest)) = split_header(header) else { continue };
                section = Section::named(name);
                line = rest.trim();
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            config.take(section, key.trim(), &plain_value(value));
        }
        config
    }

    fn take(&mut self, section: Section, key: &str, value: &str) {
        match section {
            Section::Remote if key.eq_ignore_ascii_case("url") && !value.is_empty() => {
                let url = without_credentials(value);
                if !self.remotes.contains(&url) {
                    self.remotes.push(url);
                }
            }
            Section::Extensions if key.eq_ignore_ascii_case("objectformat") => {
                self.object_format = Some(value.to_ascii_lowercase());
            }
            Section::Extensions if key.eq_ignore_ascii_case("partialclone") => self.partial = !value.is_empty(),
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Section {
    Remote,
    Extensions,
    Other,
}

impl Section {
    fn named(header: &str) -> Self {
        let name = header.split([' ', '\t', '"']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case("remote") {
            Self::Remote
        } else if name.eq_ignore_ascii_case("extensions") {
            Self::Extensions
        } else {
            Self::Other
        }
    }
}

/// Splits behind the bracket that closes a header; one inside the quoted name does not.
fn split_header(header: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in header.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some((header.get(..at)?, header.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// A value without its quotes, escapes and trailing comment.
fn plain_value(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut quoted = false;
    let mut characters = value.trim().chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => plain.extend(characters.next()),
            _ => plain.push(character),
        }
    }
    plain.trim().to_owned()
}

/// A url without what may be a secret: the password, the user of http, the query, the fragment.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return without_password(url);
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = match authority.rsplit_once('@') {
        Some((user, host)) if scheme.to_ascii_lowercase().contains("ssh") => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{user}@{host}")
        }
        Some((_, host)) => host.to_owned(),
        None => authority.to_owned(),
    };
    format!("{scheme}://{host}{path}")
}

/// `user:password@host:path` without the password; a local path stays as it is.
fn without_password(address: &str) -> String {
    let Some((user, host)) = address.rsplit_once('@') else { return address.to_owned() };
    match user.split_once(':') {
        Some((name, _)) => format!("{name}@{host}"),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn remotes_in_order_each_once() {
        let config = GitConfig::parse(
            "[core]\n\turl = no\n[remote \"a]b\"]\n\turl = git@example.org:o/r.git\n\tfetch = +refs/*\n\
             [Remote \"two\"] URL = \"https://example.org/o/r\" ; note\n[remote \"three\"]\nurl=https://example.org/o/r # same\n\
             [extensions]\n\tobjectFormat = SHA256\n[include]\n\tpath = /etc/passwd\n",
        );
        assert_eq!(config.remotes, ["git@example.org:o/r.git", "https://example.org/o/r"]);
        assert_eq!(config.object_format.as_deref(), Some("sha256"));
    }

    #[test]
    fn no_credentials_leave() {
        let cases = [
            ("https://user:to@ken@example.org/o/r.git", "https://example.org/o/r.git"),
            ("https://token@example.org:8443/o/r?private_token=x#y", "https://example.org:8443/o/r"),
            ("ssh://git:pw@example.org:22/o/r", "ssh://git@example.org:22/o/r"),
            ("git+ssh://git@example.org/o/r", "git+ssh://git@example.org/o/r"),
            ("me:pw@example.org:o/r", "me@example.org:o/r"),
            ("git@example.org:o/r.git", "git@example.org:o/r.git"),
            ("../sibling", "../sibling"),
            ("https://token@example.org?x=/a@b", "https://example.org"),
        ];
        for (written, clean) in cases {
            assert_eq!(without_credentials(written), clean);
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\\[?(remote|url|ext)? ?\"?[\\]\"\\\\=@:/#;\u{e9}\n ]{0,6}){0,12}") {
            GitConfig::parse(&text);
        }

        #[test]
        fn a_password_never_stays(scheme in "(https|ssh|ftp)", user in "[a-z]{0,5}", host in "[a-z]{1,5}") {
            let text = format!("[remote \"o\"]\nurl = {scheme}://{user}:S3CRET@{host}/p\n");
            prop_assert!(!GitConfig::parse(&text).remotes.concat().contains("S3CRET"));
        }
    }
}
