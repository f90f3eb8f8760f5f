//! Gradle: build files and settings in Groovy or Kotlin, and the version catalogue.
//!
//! Both languages are programs; what is read are the calls that nearly all build files consist of, by one line-tolerant
//! reader for both. A reference to a catalogue stays `libs.x.y` until [`resolve_catalog`] names what it means. What is
//! computed is unstated and said in `unread`.

mod build;
mod catalog;
mod dependency;
mod settings;
mod token;
mod walk;

pub use build::build_gradle;
pub use catalog::{Catalog, CatalogLibrary, CatalogPlugin, resolve_catalog, version_catalog};
pub use settings::settings_gradle;

use super::package::Pin;

/// How firm a version is: Gradle takes a plain one as it is.
fn pin_of(version: &str) -> Pin {
    let version = version.trim();
    let is_moving = version.starts_with("latest.") || version.ends_with('+') || version.ends_with("-SNAPSHOT");
    let open_below = version.starts_with(['[', ']', '(']);
    match version.split_once(',').filter(|_| open_below) {
        _ if version.is_empty() => Pin::Unstated,
        _ if version == "+" || is_moving => Pin::Floating,
        Some((_, upper)) if upper.trim_matches([' ', ')', ']', '[']).is_empty() => Pin::Floating,
        Some(_) => Pin::Range,
        None => Pin::Exact,
    }
}

/// `group:artifact:version[:classifier][@type]` as `group/artifact` and the version, if there is one.
fn coordinate(notation: &str) -> Option<(String, Option<&str>)> {
    let mut parts = notation.split(':');
    let (group, artifact) = (parts.next()?.trim(), parts.next()?.trim());
    let artifact = artifact.split('@').next().unwrap_or(artifact);
    let fits = |part: &str| !part.is_empty() && !part.contains(|character: char| character.is_whitespace());
    if !fits(group) || !fits(artifact) {
        return None;
    }
    let version = parts.next().map(|version| version.split('@').next().unwrap_or(version));
    let version = version.map(|version| version.split("!!").next().unwrap_or(version).trim());
    Some((format!("{group}/{artifact}"), version.filter(|version| !version.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_their_pins() {
        for (version, pin) in [
            ("1.2.3", Pin::Exact),
            ("1.+", Pin::Floating),
            ("+", Pin::Floating),
            ("latest.release", Pin::Floating),
            ("1.0-SNAPSHOT", Pin::Floating),
            ("[1,2)", Pin::Range),
            ("[1,)", Pin::Floating),
            ("[1.5]", Pin::Exact),
        ] {
            assert_eq!(pin_of(version), pin, "{version}");
        }
    }

    #[test]
    fn coordinates_have_a_group_and_an_artifact() {
        assert_eq!(coordinate("g:a:1.0:linux@zip"), Some(("g/a".to_owned(), Some("1.0"))));
        assert_eq!(coordinate("g:a"), Some(("g/a".to_owned(), None)));
        assert_eq!(coordinate("g:a:1.0!!"), Some(("g/a".to_owned(), Some("1.0"))));
        assert_eq!(coordinate(":core"), None);
        assert_eq!(coordinate("just a text: or not"), None);
    }
}
