//! Physical lines put together to logical ones: continuations, comments inside them, here-documents, directives.
//!
//! A [`Logical`] line is the text that a build reads, and it can say for each of its bytes where that stands in the
//! file. Nothing is judged here: a line that is no instruction comes out as it is.

use crate::format::shell::{self, Heredoc};
use crate::text::Span;

/// One logical line without continuations and comments.
#[derive(Debug, Clone)]
pub(super) struct Logical {
    /// What a build reads.
    pub(super) text: String,
    /// Offsets in `text` with the offsets in the file that they stand for, both ascending.
    pieces: Vec<(usize, usize)>,
    /// From the first to the last byte in the file, here-documents included.
    pub(super) span: Span,
    /// 1-based first line.
    pub(super) line: usize,
    /// The here-documents that follow it.
    pub(super) heredocs: Vec<Body>,
}

/// A here-document with its content.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// How it was announced; its span is one of the logical line's text behind the instruction's name.
    pub(super) heredoc: Heredoc,
    /// The content's bytes in the file.
    pub(super) span: Span,
    /// Whether its end was found.
    pub(super) closed: bool,
}

/// Everything in a file.
#[derive(Debug)]
pub(super) struct Lines {
    /// The logical lines.
    pub(super) logical: Vec<Logical>,
    /// Spans of the comments.
    pub(super) comments: Vec<Span>,
    /// Parser directives: name, value, and the comment they stand in.
    pub(super) directives: Vec<(String, String, Span)>,
    /// The escape character.
    pub(super) escape: char,
}

impl Logical {
    /// The place in the file of bytes of `text`.
    pub(super) fn place(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        let end = if span.is_empty() { start } else { self.offset(span.end - 1) + 1 };
        Span::new(start, end)
    }

    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|&(start, _)| start <= at).saturating_sub(1);
        self.pieces.get(piece).map_or(self.span.start, |&(start, file)| file + at.saturating_sub(start))
    }

    fn push(&mut self, part: &str, at: usize) {
        if !part.is_empty() {
            self.pieces.push((self.text.len(), at));
            self.text.push_str(part);
            self.span.end = at + part.trim_end().len().max(1);
        }
    }
}

/// Reads all logical lines of `text`.
pub(super) fn read(text: &str) -> Lines {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut cursor = Cursor { text, at: start, line: 0 };
    let mut lines = Lines { logical: Vec::new(), comments: Vec::new(), directives: Vec::new(), escape: '\\' };
    let mut directives_end = false;
    while let Some((line, at)) = cursor.next() {
        let trimmed = line.trim_start();
        let at = at + line.len() - trimmed.len();
        if trimmed.starts_with('#') {
            let span = Span::new(at, at + trimmed.trim_end().len());
            lines.comments.push(span);
            directives_end = directives_end || !lines.directive(trimmed, span);
        } else {
            directives_end = true;
            if !trimmed.is_empty() {
                let logical = cursor.logical(trimmed, at, &mut lines);
                lines.logical.push(logical);
            }
        }
    }
    lines
}

impl Lines {
    /// Takes a parser directive; false when the comment is none.
    fn directive(&mut self, comment: &str, span: Span) -> bool {
        let Some((name, value)) = comment.trim_start_matches('#').split_once('=') else { return false };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if !matches!(name.as_str(), "syntax" | "escape" | "check") {
            return false;
        }
        if name == "escape" && value == "`" {
            self.escape = '`';
        }
        self.directives.push((name, value.to_owned(), span));
        true
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Cursor<'a> {
    /// The next physical line without its end, and its offset.
    fn next(&mut self) -> Option<(&'a str, usize)> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.at = start + (end + 1).min(rest.len());
        self.line += 1;
        let line = rest.get(..end).unwrap_or_default();
        Some((line.strip_suffix('\r').unwrap_or(line), start))
    }

    fn logical(&mut self, first: &str, at: usize, lines: &mut Lines) -> Logical {
        let mut logical = Logical {
            text: String::new(),
            pieces: Vec::new(),
            span: Span::at(at),
            line: self.line,
            heredocs: Vec::new(),
        };
        let (mut part, mut continued) = continuation(first, lines.escape);
        logical.push(part, at);
        while continued {
            let Some((line, at)) = self.next() else { break };
            let trimmed = line.trim();
            if trimmed.starts_with('#') {
                let start = at + line.len() - line.trim_start().len();
                lines.comments.push(Span::new(start, start + trimmed.len()));
            } else if !trimmed.is_empty() {
                (part, continued) = continuation(line, lines.escape);
                logical.push(part, at);
            }
        }
        let kept = logical.text.trim_end().len();
        logical.text.truncate(kept);
        self.heredocs(&mut logical);
        logical
    }

    fn heredocs(&mut self, logical: &mut Logical) {
        for heredoc in announced(&logical.text) {
            let start = self.at;
            let mut body = Body { heredoc, span: Span::at(start), closed: false };
            while let Some((line, at)) = self.next() {
                let name = if body.heredoc.strip_tabs { line.trim_start_matches('\t') } else { line };
                if name == body.heredoc.delimiter {
                    body.closed = true;
                    logical.span.end = at + line.len();
                    break;
                }
                body.span.end = self.at;
                logical.span.end = at + line.len();
            }
            logical.heredocs.push(body);
        }
    }
}

/// A line without the escape that continues it, and whether there is one. A doubled escape continues nothing.
fn continuation(line: &str, escape: char) -> (&str, bool) {
    match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(part) if !part.ends_with(escape) => (part, true),
        _ => (line, false),
    }
}

/// The here-documents of an instruction that can have some.
fn announced(text: &str) -> Vec<Heredoc> {
    let (name, rest) = split_name(text);
    let name = if name.eq_ignore_ascii_case("ONBUILD") { split_name(rest).0 } else { name };
    let can = ["RUN", "COPY", "ADD"].iter().any(|known| name.eq_ignore_ascii_case(known));
    if can && rest.contains("<<") { shell::parse(rest).heredocs } else { Vec::new() }
}

/// The first word of `text`, and what follows the blanks behind it.
pub(super) fn split_name(text: &str) -> (&str, &str) {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (name, rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_comments_and_blank_lines_vanish_but_places_stay() {
        let text = "RUN a \\\r\n  # why\r\n\r\n  b\\\nc\nUSER x";
        let lines = read(text);
        let [run, user] = lines.logical.as_slice() else { panic!("two lines") };
        assert_eq!(run.text, "RUN a   bc");
        assert_eq!((run.line, user.line), (1, 6));
        assert_eq!(&text[run.span.start..run.span.end], "RUN a \\\r\n  # why\r\n\r\n  b\\\nc");
        let placed = run.place(Span::new(8, 10));
        assert_eq!(&text[placed.start..placed.end], "b\\\nc");
        assert_eq!(lines.comments.iter().map(|span| &text[span.start..span.end]).collect::<Vec<_>>(), ["# why"]);
    }

    #[test]
    fn directives_stand_only_at_the_top() {
        let lines = read("\u{feff}# syntax=docker/dockerfile:1\n# Escape = `\nRUN a `\n b \\\n# escape=\\\nRUN c");
        assert_eq!(lines.escape, '`');
        assert_eq!(lines.directives[0].1, "docker/dockerfile:1");
        assert_eq!(lines.directives[0].2, Span::new(3, 31));
        assert_eq!(lines.logical.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["RUN a  b \\", "RUN c"]);
        assert_eq!(read("# hello\n# escape=`\nRUN a").escape, '\\');
    }

    #[test]
    fn heredocs_are_taken_with_their_line() {
        let text = "COPY <<A <<-'B' /x\none\nA\n\ttwo\n\tB\nUSER x\nRUN <<EOF\nopen";
        let lines = read(text);
        assert_eq!(lines.logical.len(), 3);
        let copy = &lines.logical[0];
        let bodies: Vec<_> = copy.heredocs.iter().map(|body| &text[body.span.start..body.span.end]).collect();
        assert_eq!(bodies, ["one\n", "\ttwo\n"]);
        assert!(copy.heredocs.iter().all(|body| body.closed));
        assert!(text[copy.span.start..copy.span.end].ends_with("\tB"));
        assert!(!lines.logical[2].heredocs[0].closed);
    }

    #[test]
    fn a_doubled_escape_continues_nothing() {
        assert_eq!(read("RUN a \\\\\nUSER x").logical.len(), 2);
        assert_eq!(read("RUN a \\ \t\n b").logical.len(), 1);
    }
}
