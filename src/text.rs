//! Positions in text: the vocabulary that every room shares, so it imports nothing.
//!
//! Offsets are bytes; lines and columns are 1-based. A column counts characters (Unicode scalar values), as SARIF's
//! `unicodeCodePoints` does; editors that speak UTF-16 get [`Position::utf16`].

use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just behind the last byte.
    pub end: usize,
}

impl Span {
    /// A span from `start` up to, and without, `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The empty span at `offset`.
    pub const fn at(offset: usize) -> Self {
        Self { start: offset, end: offset }
    }

    /// Length in bytes.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether no byte lies in it.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `offset` lies in it.
    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }

    /// The same span, `by` bytes further on.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn cover(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Spans in order, those that overlap as one.
pub fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|next, kept| {
        let overlaps = next.start < kept.end;
        *kept = if overlaps { kept.cover(*next) } else { *kept };
        overlaps
    });
    spans
}

/// One place in a text as people and reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters.
    pub column: usize,
    /// 1-based column in UTF-16 code units.
    pub utf16: usize,
}

/// A span as lines and columns: 1-based, columns in characters, the end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Region {
    /// 1-based first line.
    pub line: usize,
    /// 1-based first column.
    pub column: usize,
    /// 1-based last line.
    pub end_line: usize,
    /// 1-based column just behind the last character.
    pub end_column: usize,
}

impl Region {
    /// The start of a file: what a finding about a whole file points at.
    pub const fn file_start() -> Self {
        Self { line: 1, column: 1, end_line: 1, end_column: 1 }
    }
}

/// Where the lines of one text begin. Built once per file that has something to show.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
}

impl LineIndex {
    /// Indexes `text`. A line ends with LF; a CR before it belongs to the line.
    pub fn new(text: &[u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|at| at + 1));
        Self { starts, len: text.len() }
    }

    /// The 1-based line that holds the byte at `offset`; offsets behind the end count as the last line.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset.min(self.len))
    }

    /// The bytes of 1-based `line` without its line end, or `None` behind the last line.
    pub fn line_span(&self, text: &[u8], line: usize) -> Option<Span> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let mut end = self.starts.get(line).map_or(self.len, |next| next - 1);
        if end > start && text.get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
        Some(Span::new(start, end))
    }

    /// The number of lines; a text that ends with LF has an empty last one.
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Line and columns of the byte at `offset`. Bytes that are not UTF-8 count one column each.
    pub fn position(&self, text: &[u8], offset: usize) -> Position {
        let offset = offset.min(self.len);
        let line = self.line(offset);
        let start = self.starts[line - 1];
        let (mut column, mut utf16) = (1, 1);
        for chunk in text[start..offset].utf8_chunks() {
            for character in chunk.valid().chars() {
                column += 1;
                utf16 += character.len_utf16();
            }
            column += chunk.invalid().len();
            utf16 += chunk.invalid().len();
        }
        Position { line, column, utf16 }
    }

    /// `span` as lines and columns.
    pub fn region(&self, text: &[u8], span: Span) -> Region {
        let from = self.position(text, span.start);
        let to = self.position(text, span.end.max(span.start));
        Region { line: from.line, column: from.column, end_line: to.line, end_column: to.column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_utf16_units() {
        let text = "a\nh\u{e9}llo \u{1f389}!\r\n".as_bytes();
        let index = LineIndex::new(text);
        let bang = text.iter().position(|&byte| byte == b'!').unwrap();
        assert_eq!(index.position(text, bang), Position { line: 2, column: 8, utf16: 9 });
        let line = index.line_span(text, 2).unwrap();
        assert_eq!(&text[line.start..line.end], "h\u{e9}llo \u{1f389}!".as_bytes());
        assert_eq!(index.lines(), 3);
    }

    #[test]
    fn offsets_behind_the_end_are_the_last_position() {
        let index = LineIndex::new(b"ab");
        assert_eq!(index.position(b"ab", 99), Position { line: 1, column: 3, utf16: 3 });
        assert_eq!(LineIndex::new(b"").position(b"", 0), Position { line: 1, column: 1, utf16: 1 });
    }

    #[test]
    fn bytes_that_are_no_text_still_have_a_place() {
        let text = b"\xff\xfe\nx";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 3), Position { line: 2, column: 1, utf16: 1 });
        assert_eq!(index.position(text, 2).column, 3);
    }
}
