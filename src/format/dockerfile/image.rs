//! Image references, taken apart: `registry/repository:tag@digest`.
//!
//! Everything that names an image (Dockerfiles, compose files, workflows, Kubernetes) is read by the same function, so
//! that a rule about tags means the same everywhere. Nothing is filled in: no `docker.io`, no `library/`, no `latest`.

use std::ops::Range;

use super::expand::Expanded;
use crate::format::{Data, Member, Node};
use crate::text::Span;

/// The parts of an image's name as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageReference<'a> {
    /// Host and port of the registry.
    pub registry: Option<&'a str>,
    /// Path of the repository, without the registry.
    pub repository: &'a str,
    /// The tag, without its colon.
    pub tag: Option<&'a str>,
    /// The digest with its algorithm: `sha256:…`.
    pub digest: Option<&'a str>,
}

/// Takes an image reference apart. `localhost:5000/img` has a registry and no tag.
pub fn parse(text: &str) -> ImageReference<'_> {
    let parts = split(text);
    let part = |range: Range<usize>| text.get(range);
    ImageReference {
        registry: parts.registry.and_then(part),
        repository: part(parts.repository).unwrap_or_default(),
        tag: parts.tag.and_then(part),
        digest: parts.digest.and_then(part),
    }
}

/// `text` as the tree `{ raw, image, registry?, repository, tag?, digest? }`, for an image that stands verbatim at
/// `span`; what holds a `{{ placeholder }}` or a `$VARIABLE` is opaque.
pub fn to_node(text: &str, span: Span) -> Node {
    let expanded = super::expand::expand(text, '\\', &|_| super::expand::Value::Unknown);
    node(text, &expanded, span, &|range| Span::new(range.start, range.end).shifted(span.start))
}

struct Parts {
    registry: Option<Range<usize>>,
    repository: Range<usize>,
    tag: Option<Range<usize>>,
    digest: Option<Range<usize>>,
}

fn split(text: &str) -> Parts {
    let (named, digest) = match text.find('@') {
        Some(at) => (at, Some(at + 1..text.len())),
        None => (text.len(), None),
    };
    let name = text.get(..named).unwrap_or_default();
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let colon = name.get(last..).and_then(|image| image.find(':')).map(|at| at + last);
    let tag = colon.map(|at| at + 1..named);
    let path = name.get(..colon.unwrap_or(named)).unwrap_or_default();
    let registry = path.find('/').filter(|&slash| is_registry(path.get(..slash).unwrap_or_default()));
    let repository = registry.map_or(0, |slash| slash + 1)..path.len();
    Parts { registry: registry.map(|slash| 0..slash), repository, tag, digest }
}

/// A first part is a host when it has a dot, a port or capitals, or is `localhost`.
fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.contains(|sign: char| sign.is_ascii_uppercase())
}

/// The tree of an image whose variables are put in. `place` gives the bytes of a part of `raw`.
pub(super) fn node(raw: &str, image: &Expanded, span: Span, place: &dyn Fn(Range<usize>) -> Span) -> Node {
    let verbatim = raw == image.text;
    let masked = mask(image);
    let parts = split(&masked);
    let mut members = Vec::with_capacity(6);
    let mut put = |key: &str, value: Node| members.push(Member { key: key.to_owned(), key_span: span, value });
    let part = |range: &Range<usize>| {
        let text = image.text.get(range.clone()).unwrap_or_default();
        let known = !image.unknown.iter().any(|unknown| overlap(unknown, range));
        let data = if known { Data::String(text.to_owned()) } else { Data::Opaque(text.to_owned()) };
        Node::new(data, if verbatim { place(range.clone()) } else { span })
    };
    put("raw", Node::string(raw, span));
    put("image", image.clone().into_node(span));
    let hidden = Hidden::in_image(image, &masked, &parts);
    let opaque = |range: &Range<usize>| {
        Node::new(Data::Opaque(image.text.get(range.clone()).unwrap_or_default().to_owned()), span)
    };
    for (key, range, may_be_in) in [
        ("registry", parts.registry.as_ref(), hidden.registry.as_ref()),
        ("repository", Some(&parts.repository), None),
        ("tag", parts.tag.as_ref(), hidden.tag.as_ref()),
        ("digest", parts.digest.as_ref(), hidden.digest.as_ref()),
    ] {
        match (range, may_be_in) {
            (Some(range), _) => put(key, part(range)),
            (None, Some(unknown)) => put(key, opaque(unknown)),
            (None, None) => {}
        }
    }
    Node::new(Data::Object(members), span)
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// The text with unknown parts made of letters, so that a colon inside `${X:-y}` is none.
fn mask(image: &Expanded) -> String {
    let mut masked = String::with_capacity(image.text.len());
    for unknown in &image.unknown {
        masked.push_str(image.text.get(masked.len()..unknown.start).unwrap_or_default());
        masked.extend(std::iter::repeat_n('x', unknown.end.saturating_sub(masked.len())));
    }
    masked.push_str(image.text.get(masked.len()..).unwrap_or_default());
    masked
}

/// Unknown parts in which a part that is not to be seen may hide: `$IMAGE` can hold everything.
struct Hidden {
    registry: Option<Range<usize>>,
    tag: Option<Range<usize>>,
    digest: Option<Range<usize>>,
}

impl Hidden {
    fn in_image(image: &Expanded, masked: &str, parts: &Parts) -> Self {
        let last_part = masked.get(..parts.repository.end).and_then(|path| path.rfind('/')).map_or(0, |at| at + 1);
        let first_part = masked.find(['/', ':', '@']).unwrap_or(masked.len());
        Self {
            registry: image.unknown.iter().find(|unknown| unknown.start < first_part).cloned(),
            tag: image.unknown.iter().rfind(|unknown| unknown.end > last_part).cloned(),
            digest: image.unknown.iter().rfind(|unknown| unknown.end > last_part).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parts(text: &str) -> (Option<&str>, &str, Option<&str>, Option<&str>) {
        let image = parse(text);
        (image.registry, image.repository, image.tag, image.digest)
    }

    #[test]
    fn references_are_taken_apart() {
        assert_eq!(parts("node"), (None, "node", None, None));
        assert_eq!(parts("library/node:20-alpine"), (None, "library/node", Some("20-alpine"), None));
        assert_eq!(parts("localhost:5000/img"), (Some("localhost:5000"), "img", None, None));
        assert_eq!(parts("localhost/a/b:1"), (Some("localhost"), "a/b", Some("1"), None));
        assert_eq!(parts("ghcr.io/o/i:v1@sha256:ab"), (Some("ghcr.io"), "o/i", Some("v1"), Some("sha256:ab")));
        assert_eq!(parts("img@sha256:ab"), (None, "img", None, Some("sha256:ab")));
        assert_eq!(parts(""), (None, "", None, None));
        assert_eq!(parts(":@"), (None, "", Some(""), Some("")));
    }

    fn show(text: &str) -> Vec<(String, Data)> {
        to_node(text, Span::new(10, 10 + text.len()))
            .members()
            .iter()
            .skip(2)
            .map(|member| (member.key.clone(), member.value.data.clone()))
            .collect()
    }

    fn known(key: &str, text: &str) -> (String, Data) {
        (key.to_owned(), Data::String(text.to_owned()))
    }

    fn opaque(key: &str, text: &str) -> (String, Data) {
        (key.to_owned(), Data::Opaque(text.to_owned()))
    }

    #[test]
    fn parts_know_their_place() {
        let node = to_node("ghcr.io/o/i:v1", Span::new(10, 24));
        assert_eq!(node.get("tag").unwrap().span, Span::new(22, 24));
        assert_eq!(node.get("registry").unwrap().span, Span::new(10, 17));
        assert_eq!(node.get("repository").unwrap().span, Span::new(18, 21));
    }

    #[test]
    fn an_unknown_part_is_opaque_and_may_hide_others() {
        assert_eq!(show("node:$V"), [known("repository", "node"), opaque("tag", "$V"), opaque("digest", "$V")]);
        assert_eq!(
            show("${R:-a:b}/node:18"),
            [opaque("registry", "${R:-a:b}"), opaque("repository", "${R:-a:b}/node"), known("tag", "18")]
        );
        let hidden: Vec<_> = show("{{ base }}").into_iter().map(|(key, _)| key).collect();
        assert_eq!(hidden, ["registry", "repository", "tag", "digest"]);
        assert_eq!(show("a.b/c:1@$D")[3], opaque("digest", "$D"));
    }
}
