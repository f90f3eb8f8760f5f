//! From parser events to documents: the stack, the anchors, and the budgets that copies are charged to.
//!
//! Spans always refer to the original text, also when a masked one is read. Lines that a template inserts are handed
//! to the collection whose indentation they share ([`Builder::fill_holes`]).

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, ScalarStyle, Span as Place, StructureStyle, Tag};

use super::frame::{Content, Frame, Key, Size, merge};
use super::scalar;
use crate::format::helm::Masked;
use crate::format::members::report_duplicates;
use crate::format::{Data, Document, Fault, FormatError, Limits, Node};
use crate::text::Span;

/// Copied text may be this many times longer than the longest file.
const COPIED_TEXT: usize = 4;

/// A node with the place where it ends in the source (an alias copies a node that stands elsewhere).
struct Built {
    node: Node,
    place: Span,
    size: Size,
}

/// Takes events and gives documents.
pub(super) struct Builder<'a> {
    text: &'a str,
    masked: Option<&'a Masked>,
    /// How many of the masked text's holes are filled.
    filled: usize,
    limits: &'a Limits,
    frames: Vec<Frame>,
    anchors: HashMap<usize, (Node, Size)>,
    nodes: usize,
    copied: usize,
    documents: Vec<Document>,
    comments: Vec<Span>,
    faults: Vec<Fault>,
    /// Where the current document begins.
    start: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, masked: Option<&'a Masked>, limits: &'a Limits) -> Self {
        Self {
            text,
            masked,
            filled: 0,
            limits,
            frames: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            copied: 0,
            documents: Vec::new(),
            comments: masked.map_or_else(Vec::new, |masked| masked.comments.clone()),
            faults: Vec::new(),
            start: 0,
            root: None,
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), FormatError> {
        let span = self.span(&place);
        match event {
            Event::Comment(..) => self.comments.push(span),
            Event::DocumentStart(explicit, _) => {
                self.close_document();
                if explicit && !self.documents.is_empty() {
                    self.start = span.start;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.fill_holes(span.start);
                self.scalar(&text, style, anchor, tag.as_deref(), span, &place)?;
            }
            Event::Alias(id) => {
                self.fill_holes(span.start);
                self.alias(id, span)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                let content = Content::List(Vec::new());
                self.open(content, style, anchor, tag.as_deref(), &place)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let content = Content::Map { members: Vec::new(), key: None, merged: Vec::new() };
                self.open(content, style, anchor, tag.as_deref(), &place)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.fill_holes(span.start);
                self.close(span)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A place as bytes of the text, whatever the parser says.
    fn span(&self, place: &Place) -> Span {
        let inside = |offset: Option<usize>| {
            let offset = offset.unwrap_or(0).min(self.text.len());
            (0..=offset).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
        };
        let start = inside(place.start.byte_offset());
        Span::new(start, inside(place.end.byte_offset()).max(start))
    }

    fn raw(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn charge(&mut self, size: Size, at: usize) -> Result<(), FormatError> {
        self.nodes += size.nodes;
        if self.nodes > self.limits.nodes {
            return Err(FormatError::at(format!("more than {} nodes", self.limits.nodes), at));
        }
        Ok(())
    }

    /// Charges a copy, whose text costs too.
    fn charge_copy(&mut self, size: Size, at: usize) -> Result<(), FormatError> {
        self.charge(size, at)?;
        self.copied += size.bytes;
        if self.copied > self.limits.bytes.saturating_mul(COPIED_TEXT) {
            return Err(FormatError::at("copies of anchors grow too large", at));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
        place: &Place,
    ) -> Result<(), FormatError> {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let span = if block { Span::new(span.start, span.start + self.raw(span).trim_end().len()) } else { span };
        let size = Size { nodes: 1, bytes: text.len(), height: 0 };
        // The parser gives an empty value as `~` without extent.
        let text = if span.is_empty() && style == ScalarStyle::Plain { "" } else { text };
        let opaque = self.masked.is_some_and(|masked| masked.touches(span));
        let data = if opaque {
            Data::Opaque(self.raw(span).to_owned())
        } else if let Some(suffix) = tag.and_then(Tag::core_suffix) {
            scalar::tagged(suffix, text).unwrap_or_else(|| {
                self.faults.push(Fault { span, message: format!("text is no {suffix}") });
                Data::String(text.to_owned())
            })
        } else if style == ScalarStyle::Plain && tag.is_none_or(|tag| !is_unspecific(tag)) {
            scalar::plain(text)
        } else {
            Data::String(text.to_owned())
        };
        let node = Node { data, span, tag: self.tag(tag, place) };
        if self.frames.last().is_some_and(Frame::awaits_key) {
            self.charge(size, span.start)?;
            self.remember(anchor, &node, size)?;
            let text = if opaque { self.raw(span).trim_matches(['"', '\'']) } else { text };
            let merges = text == "<<" && style == ScalarStyle::Plain;
            self.take_key(text.to_owned(), span, merges);
            return Ok(());
        }
        self.charge(size, span.start)?;
        self.remember(anchor, &node, size)?;
        self.place(Built { node, place: span, size })
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), FormatError> {
        let Some((node, size)) = self.anchors.get(&id) else {
            return Err(FormatError::at("alias stands inside what it refers to", span.start));
        };
        let (node, size) = (node.clone(), *size);
        self.charge_copy(size, span.start)?;
        if self.frames.len() + size.height > self.limits.depth {
            return Err(FormatError::at(format!("nested deeper than {} levels", self.limits.depth), span.start));
        }
        self.place(Built { node, place: span, size })
    }

    fn open(
        &mut self,
        content: Content,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: &Place,
    ) -> Result<(), FormatError> {
        let span = self.span(place);
        if !self.frames.last().is_some_and(Frame::awaits_value) {
            self.fill_holes(span.start);
        }
        let size = Size { nodes: 1, bytes: 0, height: 0 };
        self.charge(size, span.start)?;
        if self.frames.len() >= self.limits.depth {
            return Err(FormatError::at(format!("nested deeper than {} levels", self.limits.depth), span.start));
        }
        let mut start = span.start;
        let mut column = Some(place.start.col()).filter(|_| style == StructureStyle::Block);
        let under_key = self.frames.last().is_some_and(Frame::awaits_value);
        if column.is_some() && under_key && matches!(content, Content::List(_)) {
            // The parser places a list that is not indented under its key behind the first dash.
            if let Some(dash) = dash_before(self.text, start) {
                column = column.map(|column| column.saturating_sub(start - dash));
                start = dash;
            }
        }
        let end = span.end.max(start);
        self.frames.push(Frame { content, start, end, column, tag: self.tag(tag, place), anchor, size });
        self.fill_holes(span.start);
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), FormatError> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let end = if frame.column.is_none() { span.end.max(frame.end) } else { frame.end };
        let data = match frame.content {
            Content::List(items) => Data::Array(items),
            Content::Map { mut members, merged, .. } => {
                if self.filled > 0 {
                    // An inserted line may have come in while an earlier key still waited for its value.
                    members.sort_by_key(|member| member.key_span.start);
                }
                self.judge_repeats(&mut members);
                merge(&mut members, merged);
                Data::Object(members)
            }
        };
        let place = Span::new(frame.start, end);
        let node = Node { data, span: place, tag: frame.tag };
        let size = Size { height: frame.size.height + 1, ..frame.size };
        self.remember(frame.anchor, &node, size)?;
        self.place(Built { node, place, size })
    }

    /// Keys that stand twice: a fault, but between the branches of a template a value that cannot be known.
    fn judge_repeats(&mut self, members: &mut [crate::format::Member]) {
        if !self.masked.is_some_and(|masked| masked.conditional) {
            report_duplicates(members, &mut self.faults);
            return;
        }
        let mut seen = HashMap::with_capacity(members.len());
        for at in 0..members.len() {
            let Some(before) = seen.insert(members[at].key.clone(), at) else { continue };
            let differs = members[before].value.data != members[at].value.data;
            let value = &mut members[at].value;
            if differs && !matches!(value.data, Data::Array(_) | Data::Object(_)) {
                value.data =
                    Data::Opaque(self.text.get(value.span.start..value.span.end).unwrap_or_default().to_owned());
            }
        }
    }

    /// Keeps a copy of an anchored node for its aliases.
    fn remember(&mut self, anchor: usize, node: &Node, size: Size) -> Result<(), FormatError> {
        if anchor != 0 {
            self.charge_copy(size, node.span.start)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(())
    }

    /// Hands a finished node to the collection on top, or makes it the root.
    fn place(&mut self, built: Built) -> Result<(), FormatError> {
        let Built { node, place, size } = built;
        if !self.frames.last().is_some_and(Frame::awaits_key) {
            match self.frames.last_mut() {
                Some(frame) => {
                    frame.end = frame.end.max(place.end);
                    frame.size.add(size);
                    frame.take(node);
                }
                None => self.root = Some(node),
            }
            return Ok(());
        }
        let collection = matches!(node.data, Data::Array(_) | Data::Object(_));
        if collection && self.masked.is_none() && self.raw(place).starts_with("{{") {
            return Err(FormatError::at("template where a key stands", place.start));
        }
        self.charge_copy(Size { nodes: 0, bytes: place.len(), height: 0 }, place.start)?;
        let text = node.scalar_text().unwrap_or_else(|| self.raw(place).to_owned());
        self.take_key(text, place, false);
        Ok(())
    }

    fn take_key(&mut self, text: String, span: Span, merges: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.end = frame.end.max(span.end);
        frame.size.bytes += text.len();
        if let Content::Map { key, .. } = &mut frame.content {
            *key = Some(Key { text, span, merges });
        }
    }

    /// The application tag of a node, as written.
    fn tag(&self, tag: Option<&Tag>, place: &Place) -> Option<Box<str>> {
        let tag = tag.filter(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:").is_none() && !is_unspecific(tag))?;
        let written = place.tag_span().map(|place| self.raw(self.span(&place))).filter(|raw| !raw.is_empty());
        Some(written.map_or_else(|| Cow::Owned(tag.original()), Cow::Borrowed).into())
    }

    /// Gives the lines that a template inserts before `offset` to the collections they are indented for.
    fn fill_holes(&mut self, offset: usize) {
        let Some(masked) = self.masked else { return };
        while let Some(hole) = masked.holes.get(self.filled).filter(|hole| hole.span.start < offset) {
            if self.frames.is_empty() {
                return;
            }
            self.filled += 1;
            self.fill(hole.span, hole.indent);
        }
    }

    fn fill(&mut self, span: Span, indent: usize) {
        let raw = self.raw(span);
        let fits = |frame: &Frame| frame.column.is_none_or(|column| column <= indent);
        let at = self.frames.iter().rposition(fits).unwrap_or(0);
        let Some(frame) = self.frames.get_mut(at) else { return };
        // A list may stand below its key without being indented any further.
        let is_object = matches!(frame.content, Content::Map { .. });
        if frame.column.is_some_and(|column| indent > column || (is_object && indent == column))
            && let Some(blank) = frame.last_blank()
        {
            *blank = Node::new(Data::Opaque(raw.to_owned()), span);
            frame.end = frame.end.max(span.end);
            return;
        }
        frame.insert_opaque(raw, span);
        // A list that shares the indentation of its key's object: the line may belong to either.
        let column = frame.column;
        if matches!(frame.content, Content::List(_))
            && let Some(parent) = at.checked_sub(1).and_then(|parent| self.frames.get_mut(parent))
            && parent.column == column
            && let Content::Map { members, .. } = &mut parent.content
        {
            let value = Node::new(Data::Opaque(raw.to_owned()), span);
            members.push(crate::format::Member { key: raw.to_owned(), key_span: span, value });
        }
    }

    /// Files the document that was read, if it holds anything.
    fn close_document(&mut self) {
        let Some(mut root) = self.root.take() else { return };
        let blank = root.data == Data::Null && root.span.is_empty() && root.tag.is_none();
        if blank {
            let Some(span) = self.rest_of_holes() else { return };
            root = Node::new(Data::Opaque(self.raw(span).to_owned()), span);
        }
        let faults = std::mem::take(&mut self.faults);
        self.anchors.clear();
        // For now the span only says where the document begins.
        self.documents.push(Document { root, comments: vec![Span::at(self.start)], faults });
    }

    /// All holes that no collection took, as one span.
    fn rest_of_holes(&mut self) -> Option<Span> {
        let holes = self.masked?.holes.get(self.filled..)?;
        self.filled += holes.len();
        holes.iter().map(|hole| hole.span).reduce(Span::cover)
    }

    /// All documents, with their extents and comments.
    pub(super) fn finish(mut self) -> Vec<Document> {
        self.close_document();
        if self.documents.is_empty() {
            let root = match self.rest_of_holes() {
                Some(span) => Node::new(Data::Opaque(self.raw(span).to_owned()), span),
                None => Node::new(Data::Null, Span::new(0, self.text.len())),
            };
            self.documents.push(Document { root, comments: vec![Span::at(0)], faults: Vec::new() });
        }
        self.comments.sort_unstable();
        let mut comments = self.comments.into_iter().peekable();
        let starts: Vec<usize> =
            self.documents.iter().map(|document| document.comments.first().map_or(0, |span| span.start)).collect();
        for (at, document) in self.documents.iter_mut().enumerate() {
            let start = if at == 0 { 0 } else { starts[at] };
            let end = starts.get(at + 1).copied().unwrap_or(self.text.len());
            if matches!(document.root.data, Data::Array(_) | Data::Object(_)) {
                document.root.span = Span::new(start, end.max(start));
            }
            document.comments.clear();
            while let Some(comment) = comments.next_if(|comment| comment.start < end || end == self.text.len()) {
                document.comments.push(comment);
            }
        }
        self.documents
    }
}

/// The tag `!`, which only says "text".
fn is_unspecific(tag: &Tag) -> bool {
    tag.original() == "!"
}

/// Offset of the dash that stands before `start` on its line, if only blanks part them.
fn dash_before(text: &str, start: usize) -> Option<usize> {
    let before = text.get(..start)?.trim_end_matches([' ', '\t']);
    before.ends_with('-').then(|| before.len() - 1)
}
