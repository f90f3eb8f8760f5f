//! A text as lines that know where they stand, for the readers of line-made syntaxes.
//!
//! Every piece that is cut from a line keeps its offset, so no reader computes positions by hand.

use crate::text::Span;

/// A piece of one line, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// The piece itself.
    pub(super) text: &'a str,
}

impl Line<'_> {
    pub(super) fn end(self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn span(self) -> Span {
        Span::new(self.start, self.end())
    }

    /// The bytes `from..to` of this piece; nothing when they split a character.
    pub(super) fn slice(self, from: usize, to: usize) -> Self {
        Self { start: self.start + from, text: self.text.get(from..to).unwrap_or_default() }
    }

    /// Without the white space on both sides.
    pub(super) fn trimmed(self) -> Self {
        let text = self.text.trim_start();
        Self { start: self.end() - text.len(), text: text.trim_end() }
    }
}

/// The lines of `text`, a byte order mark left out; CR LF ends a line as LF does.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = text.len() - body.len();
    body.split_inclusive('\n').map(move |raw| {
        let start = at;
        at += raw.len();
        let text = raw.strip_suffix('\n').unwrap_or(raw);
        Line { start, text: text.strip_suffix('\r').unwrap_or(text) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_offsets() {
        let all: Vec<_> = lines("\u{feff} é \r\nb\n\nc").map(|line| (line.start, line.text)).collect();
        assert_eq!(all, [(3, " é "), (9, "b"), (11, ""), (12, "c")]);
        let line = Line { start: 3, text: " é " };
        assert_eq!(line.trimmed(), Line { start: 4, text: "é" });
        assert_eq!(line.slice(1, 3).span(), Span::new(4, 6));
        assert_eq!(line.slice(2, 3).text, "");
        assert_eq!(Line { start: 0, text: "  " }.trimmed(), Line { start: 2, text: "" });
    }
}
