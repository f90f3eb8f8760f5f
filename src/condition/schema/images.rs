//! Container image references: whether one names its content, or at least a tag that is not meant to move.
//!
//! A variable in the name does not matter as long as the tag or the digest stands; a variable that may hold the tag
//! makes the answer unknown.

use super::templates::{HOLE, masked};
use crate::condition::truth::Truth;

/// Tags, or first words of tags, that are meant to move.
const MOVING: &[&str] = &[
    "alpine",
    "bleeding",
    "canary",
    "current",
    "dev",
    "develop",
    "development",
    "devel",
    "edge",
    "experimental",
    "head",
    "insiders",
    "latest",
    "lts",
    "main",
    "mainline",
    "master",
    "next",
    "nightly",
    "preview",
    "prod",
    "production",
    "release",
    "rolling",
    "slim",
    "snapshot",
    "stable",
    "staging",
    "test",
    "testing",
    "trunk",
    "unstable",
];

/// Lengths of the hexadecimal digests by algorithm.
const DIGESTS: &[(&str, usize)] = &[("sha256:", 64), ("sha512:", 128)];

struct Reference<'a> {
    tag: Option<&'a str>,
    digest: Option<&'a str>,
    /// The last part of the name, where a variable could bring the tag along.
    last: &'a str,
}

fn split(text: &str) -> Reference<'_> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    match last.split_once(':') {
        Some((last, tag)) => Reference { tag: Some(tag), digest, last },
        None => Reference { tag: None, digest, last },
    }
}

/// Whether the reference carries a whole digest.
pub(super) fn has_digest(text: &str) -> Truth {
    let text = masked(text.trim());
    let reference = split(&text);
    match reference.digest {
        Some(digest) if digest.contains(HOLE) => Truth::Unknown,
        Some(digest) => Truth::from(is_digest(digest)),
        // A variable at the end may hold tag and digest.
        None => {
            if text.ends_with(HOLE) {
                Truth::Unknown
            } else {
                Truth::False
            }
        }
    }
}

/// Whether the reference has a digest, or a tag that is not meant to move.
pub(super) fn has_fixed_tag(text: &str) -> Truth {
    has_digest(text).or(judge_tag(text, |tag| !is_moving(tag)))
}

/// Whether the reference has a digest, or a tag that begins with three numbers (`1.27.3-alpine`).
pub(super) fn has_full_tag(text: &str) -> Truth {
    has_digest(text).or(judge_tag(text, is_full))
}

fn judge_tag(text: &str, good: impl Fn(&str) -> bool) -> Truth {
    let text = masked(text.trim());
    let reference = split(&text);
    match reference.tag {
        Some(tag) if tag.contains(HOLE) => Truth::Unknown,
        Some(tag) => Truth::from(!tag.is_empty() && good(tag)),
        None if reference.last.contains(HOLE) => Truth::Unknown,
        None => Truth::False,
    }
}

fn is_digest(text: &str) -> bool {
    DIGESTS.iter().any(|(algorithm, length)| {
        let hex = text.strip_prefix(algorithm);
        hex.is_some_and(|hex| hex.len() == *length && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

/// `latest` anywhere, or a moving word in front (`alpine3.19` is the same as `alpine`: the version is another's).
fn is_moving(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    let mut words = tag.split(['-', '_', '.']);
    let first = words.next().unwrap_or_default().trim_end_matches(|character: char| character.is_ascii_digit());
    MOVING.contains(&first) || words.any(|word| word == "latest")
}

fn is_full(tag: &str) -> bool {
    let version = tag.strip_prefix('v').unwrap_or(tag);
    let version = version.split_once(['-', '+', '_']).map_or(version, |(version, _)| version);
    let mut numbers = version.split('.');
    let number = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (0..3).all(|_| number(numbers.next()))
}

#[cfg(test)]
mod tests {
    use Truth::{False, True, Unknown};

    use super::*;

    #[test]
    fn tags_and_digests_of_references() {
        let hex = "0123456789abcdef".repeat(4);
        let digest = format!("@sha256:{hex}");
        let table = [
            (format!("nginx{digest}"), True, True, True),
            (format!("nginx:latest{digest}"), True, True, True),
            (format!("${{REGISTRY}}/nginx{digest}"), True, True, True),
            ("nginx@sha256:abc".into(), False, False, False),
            ("nginx@${DIGEST}".into(), Unknown, Unknown, Unknown),
            ("nginx".into(), False, False, False),
            ("nginx:".into(), False, False, False),
            ("localhost:5000/app".into(), False, False, False),
            ("localhost:5000/app:1.2.3".into(), False, True, True),
            ("nginx:1.27".into(), False, True, False),
            ("nginx:v1.27.3-alpine".into(), False, True, True),
            ("node:lts-alpine".into(), False, False, False),
            ("node:20-latest".into(), False, False, False),
            ("jenkins:2.440.1-lts".into(), False, True, True),
            ("node:alpine3.19".into(), False, False, False),
            ("debian:bookworm-slim".into(), False, True, False),
            ("app:Main".into(), False, False, False),
            ("${REGISTRY}/app".into(), False, False, False),
            ("${REGISTRY:-ghcr.io/x}/app:1.2.3".into(), False, True, True),
            ("app:${TAG:-latest}".into(), Unknown, Unknown, Unknown),
            ("${IMAGE}".into(), Unknown, Unknown, Unknown),
            ("{{ .Values.image }}:1.0".into(), False, True, False),
        ];
        for (text, digest, fixed, full) in table {
            let answers = (has_digest(&text), has_fixed_tag(&text), has_full_tag(&text));
            assert_eq!(answers, (digest, fixed, full), "{text}");
        }
    }
}
