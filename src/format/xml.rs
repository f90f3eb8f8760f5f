//! XML as objects, shaped so that a path reads like the document.
//!
//! An element is an object: its attributes under `@name`, its own text (trimmed, pieces joined by a space) under
//! `#text` when there is any, and for each name of a child element a *list* of those children, also of a single one.
//! The document is `{rootName: element}`, so a Maven version is `$.project.version[0]['#text']`. Names are local
//! names; namespaces are dropped. All values are text.
//!
//! Declared entities are refused (they only serve to multiply); a document type without them is passed over. What the
//! parser underneath does in quadratic time (attributes of one element, namespaces) is bounded before it starts. An
//! empty text gives a document that holds `Null`.

use std::collections::HashMap;
use std::ops::Range;

use roxmltree::{Document as Source, Error, Node as Element, ParsingOptions};

use super::{Data, Document, FormatError, Limits, Member, Node};
use crate::text::Span;

const MOST_ATTRIBUTES: usize = 1024;
const MOST_NAMESPACES: usize = 1024;

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let whole = Span::new(0, text.len());
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Ok(Document::new(Node::new(Data::Null, whole)));
    }
    bound(text, limits)?;
    let options = ParsingOptions {
        allow_dtd: memchr::memmem::find(text.as_bytes(), b"<!ENTITY").is_none(),
        nodes_limit: u32::try_from(limits.nodes).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    let source = Source::parse_with_options(text, options).map_err(|error| refused(text, &error))?;
    let mut reader = Reader { text, limits, nodes: 1 };
    let element = source.root_element();
    let member = Member {
        key: element.tag_name().name().to_owned(),
        key_span: reader.name_span(element),
        value: reader.element(element, 1)?,
    };
    let root = Node::new(Data::Object(vec![member]), whole);
    let comments = source.descendants().filter(Element::is_comment).map(|node| clamp(text, &node.range())).collect();
    Ok(Document { root, comments, faults: Vec::new() })
}

fn refused(text: &str, error: &Error) -> FormatError {
    let place = error.pos();
    let row = usize::try_from(place.row).unwrap_or(usize::MAX).saturating_sub(1);
    let column = usize::try_from(place.col).unwrap_or(usize::MAX).saturating_sub(1);
    let offset = text.split_inclusive('\n').take(row).map(str::len).sum::<usize>();
    let within = text[offset..].char_indices().nth(column).map_or(0, |(at, _)| at);
    let message = match error {
        Error::DtdDetected => "declares entities, which are not expanded".to_owned(),
        other => other.to_string(),
    };
    FormatError::at(message, offset + within)
}

struct Reader<'a> {
    text: &'a str,
    limits: &'a Limits,
    nodes: usize,
}

impl Reader<'_> {
    fn enter(&mut self, at: usize) -> Result<(), FormatError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", self.limits.nodes), at));
        }
        Ok(())
    }

    fn element(&mut self, element: Element<'_, '_>, depth: usize) -> Result<Node, FormatError> {
        let span = clamp(self.text, &element.range());
        self.enter(span.start)?;
        if depth > self.limits.depth {
            return Err(FormatError::at(format!("nested deeper than {} levels", self.limits.depth), span.start));
        }
        let mut members = self.attributes(element)?;
        if let Some(text) = self.own_text(element)? {
            members.push(text);
        }
        let mut lists: HashMap<&str, usize> = HashMap::new();
        for child in element.children().filter(Element::is_element) {
            let name = child.tag_name().name();
            let key_span = self.name_span(child);
            let value = self.element(child, depth + 1)?;
            let at = *lists.entry(name).or_insert(members.len());
            if let Some(Node { data: Data::Array(items), span, .. }) = members.get_mut(at).map(|found| &mut found.value)
            {
                *span = span.cover(value.span);
                items.push(value);
            } else {
                self.enter(key_span.start)?;
                let span = value.span;
                let value = Node::new(Data::Array(vec![value]), span);
                members.push(Member { key: name.to_owned(), key_span, value });
            }
        }
        Ok(Node::new(Data::Object(members), span))
    }

    fn attributes(&mut self, element: Element<'_, '_>) -> Result<Vec<Member>, FormatError> {
        let mut members = Vec::new();
        for attribute in element.attributes() {
            let whole = clamp(self.text, &attribute.range());
            self.enter(whole.start)?;
            let raw = self.text.get(whole.start..whole.end).unwrap_or_default();
            let name = raw.find(|character: char| character == '=' || character.is_whitespace());
            let quote = raw.find(['"', '\'']).map_or(whole.len(), |at| at + 1);
            let key_span = Span::new(whole.start, whole.start + name.unwrap_or(raw.len()));
            let close = whole.end.saturating_sub(1).max(whole.start + quote.min(raw.len()));
            let value_span = clamp(self.text, &(whole.start + quote..close));
            let value = Node::string(attribute.value(), value_span);
            members.push(Member { key: format!("@{}", attribute.name()), key_span, value });
        }
        Ok(members)
    }

    /// The text that stands directly in `element`, as the member `#text`.
    fn own_text(&mut self, element: Element<'_, '_>) -> Result<Option<Member>, FormatError> {
        let mut text = String::new();
        let mut extent: Option<Span> = None;
        for piece in element.children().filter(Element::is_text) {
            let content = piece.text().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(content);
            let span = trimmed(self.text, clamp(self.text, &piece.range()));
            extent = Some(extent.map_or(span, |before| before.cover(span)));
        }
        let Some(span) = extent else { return Ok(None) };
        self.enter(span.start)?;
        Ok(Some(Member { key: "#text".to_owned(), key_span: span, value: Node::string(text, span) }))
    }

    /// The bytes of an element's name, prefix included, in its opening tag.
    fn name_span(&self, element: Element<'_, '_>) -> Span {
        let span = clamp(self.text, &element.range());
        let tag = self.text.get(span.start + 1..span.end).unwrap_or_default();
        let length = tag.find(|character: char| character.is_whitespace() || "/>".contains(character));
        clamp(self.text, &(span.start + 1..span.start + 1 + length.unwrap_or(tag.len())))
    }
}

/// `range` as a span, or the empty span at its start should it not fit the text.
fn clamp(text: &str, range: &Range<usize>) -> Span {
    if text.get(range.clone()).is_some() {
        return Span::new(range.start, range.end);
    }
    let start = (0..=range.start.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    Span::at(start.unwrap_or(0))
}

/// `span` without the white space around its text.
fn trimmed(text: &str, span: Span) -> Span {
    let raw = text.get(span.start..span.end).unwrap_or_default();
    let start = span.start + (raw.len() - raw.trim_start().len());
    Span::new(start, start + raw.trim().len())
}

/// Refuses what would be too deep or too costly, by counting tags without understanding them.
fn bound(text: &str, limits: &Limits) -> Result<(), FormatError> {
    let bytes = text.as_bytes();
    if memchr::memmem::find_iter(bytes, b"xmlns").nth(MOST_NAMESPACES).is_some() {
        return Err(FormatError::whole(format!("more than {MOST_NAMESPACES} namespaces")));
    }
    let (mut at, mut depth) = (0_usize, 0_usize);
    while let Some(open) = bytes.get(at..).and_then(|rest| memchr::memchr(b'<', rest)).map(|found| at + found) {
        let rest = &bytes[open..];
        at = match rest.get(1) {
            Some(b'!') if rest.starts_with(b"<!--") => behind(bytes, open + 4, b"-->"),
            Some(b'!') if rest.starts_with(b"<![CDATA[") => behind(bytes, open + 9, b"]]>"),
            Some(b'?') => behind(bytes, open + 2, b"?>"),
            _ => {
                let tag = Tag::read(bytes, open);
                if tag.attributes > MOST_ATTRIBUTES {
                    let message = format!("more than {MOST_ATTRIBUTES} attributes in one element");
                    return Err(FormatError::at(message, open));
                }
                match rest.get(1) {
                    Some(b'/') => depth = depth.saturating_sub(1),
                    Some(b'!') | None => {}
                    Some(_) if tag.closed => {}
                    Some(_) => depth += 1,
                }
                tag.end
            }
        };
        if depth > limits.depth {
            return Err(FormatError::at(format!("nested deeper than {} levels", limits.depth), open));
        }
    }
    Ok(())
}

fn behind(bytes: &[u8], from: usize, closer: &[u8]) -> usize {
    let found = bytes.get(from..).and_then(|rest| memchr::memmem::find(rest, closer));
    found.map_or(bytes.len(), |at| from + at + closer.len())
}

/// What the bound needs to know of one tag.
struct Tag {
    attributes: usize,
    closed: bool,
    end: usize,
}

impl Tag {
    fn read(bytes: &[u8], open: usize) -> Self {
        let mut tag = Self { attributes: 0, closed: false, end: bytes.len() };
        let mut at = open + 1;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'>' => {
                    tag.closed = bytes[at - 1] == b'/';
                    tag.end = at + 1;
                    break;
                }
                b'"' | b'\'' => {
                    let Some(close) = memchr::memchr(byte, &bytes[at + 1..]) else { break };
                    at += close + 1;
                }
                b'=' => tag.attributes += 1,
                _ => {}
            }
            at += 1;
        }
        tag
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::members::check;
    use super::*;

    fn read(text: &str) -> Document {
        parse(text, &Limits::default()).unwrap()
    }

    const POM: &str = "<?xml version=\"1.0\"?>\n<!-- é -->\n<project xmlns=\"http://maven\" a = 'ü &amp; v'>\n  <version> 1.0 </version>\n  <dep><id>x</id></dep>\n  <dep scope=\"\"><![CDATA[ y ]]></dep>\n</project>\n";

    #[test]
    fn elements_become_objects_with_lists_of_children() {
        let root = read(POM).root;
        let expected = serde_json::json!({"project": {
            "@a": "ü & v",
            "version": [{"#text": "1.0"}],
            "dep": [{"id": [{"#text": "x"}]}, {"@scope": "", "#text": "y"}],
        }});
        assert_eq!(root.to_value(), expected);
    }

    #[test]
    fn names_values_and_comments_know_their_bytes() {
        let document = read(POM);
        let root = &document.root;
        let project = root.get("project").unwrap();
        let at = |pointer: &str| check::at(POM, root.pointer(pointer).unwrap().span);
        assert_eq!(root.span, Span::new(0, POM.len()));
        assert_eq!(check::at(POM, root.member("project").unwrap().key_span), "project");
        assert_eq!(check::at(POM, project.member("@a").unwrap().key_span), "a");
        assert_eq!(at("/project/@a"), "ü &amp; v");
        assert_eq!(at("/project/version/0/#text"), "1.0");
        assert_eq!(at("/project/version/0"), "<version> 1.0 </version>");
        assert_eq!(at("/project/dep/1/@scope"), "");
        assert!(at("/project/dep").starts_with("<dep><id>") && at("/project/dep").ends_with("]]></dep>"));
        assert_eq!(check::at(POM, document.comments[0]), "<!-- é -->");
    }

    #[test]
    fn faults_have_a_place() {
        let error = parse("<a>\n <é></b></a>", &Limits::default()).unwrap_err();
        assert_eq!(error.offset, Some(9), "{error}");
        assert!(parse("<a", &Limits::default()).is_err());
        assert_eq!(read(" \n").root.data, Data::Null);
    }

    #[test]
    fn hostile_growth_is_refused() {
        let limits = Limits::default();
        let entities = "<!DOCTYPE a [<!ENTITY x \"yyyy\">]><a>&x;</a>";
        assert!(parse(entities, &limits).unwrap_err().message.contains("entities"));
        assert!(parse("<!DOCTYPE a SYSTEM \"a.dtd\"><a/>", &limits).is_ok());
        assert!(parse(&"<a>".repeat(100_000), &limits).unwrap_err().message.contains("128 levels"));
        let wide = (0..5_000).map(|n| format!(" a{n}=''")).collect::<Vec<_>>().concat();
        assert!(parse(&format!("<a{wide}/>"), &limits).unwrap_err().message.contains("attributes"));
        assert!(parse("<a><b/><b/></a>", &Limits { nodes: 4, ..limits }).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(
            text in prop_oneof![".{0,80}", "[<>/!?='\"ab é&;#x1\\[\\]\\-:\n\u{feff}]{0,60}", "<a>(<b[ ]c=\"é\"[ ]?/>|<!--é-->|x &#233; |<d>\n</d>|<!\\[CDATA\\[é\\]\\]>){0,8}</a>"]
        ) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
