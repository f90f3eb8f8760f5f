//! Go: a package is called what its own source says, which an import does not show; so every likely name is bound.

use super::{Collector, Node, Reader, WILDCARD, unquoted};

pub(super) const READER: Reader = Reader { kinds: &["import_spec"], read };

fn read(node: &Node<'_>, out: &mut Collector) -> bool {
    let Some(path) = node.field("path").and_then(|path| unquoted(&path)) else { return true };
    match node.field("name") {
        Some(name) if name.kind() == "dot" => out.push(&path, None, WILDCARD, node),
        Some(name) if name.kind() == "blank_identifier" => out.push(&path, None, "", node),
        Some(name) => out.push(&path, None, &name.text(), node),
        None => likely_names(&path).iter().for_each(|local| out.push(&path, None, local, node)),
    }
    true
}

/// The last segment that is no version, without `go-`, `-go` and `.v2`, and the segment before it: the most likely first.
fn likely_names(path: &str) -> Vec<String> {
    let segments = path.split('/').rev().filter(|segment| !is_version(segment)).take(2);
    let mut names = Vec::new();
    for segment in segments {
        let (bare, _) = segment.rsplit_once('.').filter(|(_, end)| is_version(end)).unwrap_or((segment, ""));
        let bare = bare.strip_suffix(".go").unwrap_or(bare);
        let stripped = bare.strip_prefix("go-").or_else(|| bare.strip_suffix("-go")).unwrap_or(bare);
        let last = bare.rsplit('-').next().unwrap_or(bare);
        for name in [stripped.to_owned(), stripped.replace('-', ""), stripped.replace('-', "_"), last.to_owned()] {
            let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') && !name.is_empty();
            if is_name && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::bound;
    use super::likely_names;
    use crate::condition::code::Dialect;

    #[test]
    fn every_form_of_import_binds() {
        let text =
            "package p\nimport (\n \"fmt\"\n s \"github.com/x/y\"\n . \"z\"\n _ `w`\n)\n// import \"c\"\nimport \"os\"";
        assert_eq!(bound(Dialect::Go, text), ["fmt|-|fmt", "github.com/x/y|-|s", "z|-|*", "w|-|", "os|-|os"]);
    }

    #[test]
    fn likely_names_hold_the_real_one() {
        let cases = [
            ("github.com/getsentry/sentry-go", "sentry"),
            ("github.com/redis/go-redis/v9", "redis"),
            ("gopkg.in/yaml.v3", "yaml"),
            ("github.com/nats-io/nats.go", "nats"),
            ("github.com/getsentry/sentry-go/gin", "sentry"),
            ("go.uber.org/zap", "zap"),
            ("github.com/go-chi/chi/v5", "chi"),
            ("github.com/mattn/go-sqlite3", "sqlite3"),
            ("net/http", "http"),
        ];
        for (path, name) in cases {
            assert!(likely_names(path).contains(&name.to_owned()), "{path}: {:?}", likely_names(path));
        }
    }
}
