//! Paths as scripts write them, from a folder of the repository: `../x`, `./x`, `$ROOT/x`.
//!
//! What an expansion stands for is unknown; that it stands for a folder of this repository is likely, and the file that
//! remains is there or is not.

use crate::facts::layout::resolve;
pub(super) use crate::repo::{folder_of, upward};

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// `path` seen from `folder`; `None` where it leads out of the repository or is unknown.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) || path.contains(['$', '`']) {
        return None;
    }
    let joined = resolve(if folder.is_empty() { "." } else { folder }, path)?;
    Some(if joined == "." { String::new() } else { joined })
}

/// A path without the expansion that it begins with.
pub(super) fn literal(path: &str) -> &str {
    if !path.starts_with(['$', '`']) {
        return path;
    }
    let from = path.rfind([')', '}', '`']).unwrap_or_default();
    let rest = path.get(from..).unwrap_or_default();
    rest.split_once('/').map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_a_folder() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("", "./x").as_deref(), Some("x"));
        assert_eq!(join("a", ".").as_deref(), Some("a"));
        assert_eq!(join("a", "../../x"), None);
        assert_eq!(join("a", "/x"), None);
        assert_eq!(join("a", "$X/x"), None);
        assert_eq!(upward("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }

    #[test]
    fn expansions_at_the_beginning_are_left_out() {
        for path in [
            "$D/ci/x.sh",
            "${D}/ci/x.sh",
            "${{ github.action_path }}/ci/x.sh",
            "$(cd \"$(dirname \"$0\")/..\"; pwd)/ci/x.sh",
            "ci/x.sh",
        ] {
            assert_eq!(literal(path), "ci/x.sh");
        }
        assert_eq!(literal("$D"), "");
    }
}
