//! The words of Elixir and Erlang, as far as a manifest needs them.
//!
//! Comments and sigils are dropped, line ends are white space. Whatever is not closed ends with the text. Brackets are
//! paired once, so that nobody has to look for the end of a list again.

use crate::text::Span;

/// Which language the text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Elixir,
    Erlang,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `:name` of Elixir, `name` of Erlang, without colon and quotes.
    Atom,
    /// `name:` of a keyword list, without the colon.
    Key,
    /// A variable, function or module name, or a number.
    Word,
    /// A text without interpolation, without its quotes.
    Text,
    /// A text with interpolation.
    Opaque,
    /// One character of punctuation.
    Mark,
}

/// One token; the span is that of its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) span: Span,
    /// Of an opening bracket, the index of the closing one (the number of tokens where it is not closed).
    pub(super) close: usize,
}

impl Token<'_> {
    /// Whether it is this punctuation.
    pub(super) fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }
}

/// All tokens of a text.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, dialect, tokens: Vec::new() };
    while let Some(byte) = lexer.peek(0) {
        lexer.step(byte);
    }
    let mut tokens = lexer.tokens;
    pair(&mut tokens);
    tokens
}

/// The indices of the elements of a bracket: pairs of first and behind-the-last token.
pub(super) fn elements(tokens: &[Token<'_>], open: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let close = tokens.get(open).map_or(0, |token| token.close).min(tokens.len());
    let (mut start, mut index) = (open + 1, open + 1);
    while index < close {
        let Some(token) = tokens.get(index) else { break };
        if token.is(",") {
            found.push((start, index));
            start = index + 1;
        }
        index = if is_open(token) { token.close.max(index) + 1 } else { index + 1 };
    }
    if start < close {
        found.push((start, close));
    }
    found
}

/// Whether a token opens a bracket.
pub(super) fn is_open(token: &Token<'_>) -> bool {
    token.kind == Kind::Mark && matches!(token.text, "(" | "[" | "{")
}

fn pair(tokens: &mut [Token<'_>]) {
    let mut open: Vec<usize> = Vec::new();
    let count = tokens.len();
    for index in 0..count {
        let Some(token) = tokens.get_mut(index) else { break };
        if is_open(token) {
            token.close = count;
            open.push(index);
        } else if token.kind == Kind::Mark
            && matches!(token.text, ")" | "]" | "}")
            && let Some(opened) = open.pop().and_then(|opened| tokens.get_mut(opened))
        {
            opened.close = index;
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    dialect: Dialect,
    tokens: Vec<Token<'a>>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or_default();
        self.tokens.push(Token { kind, text, span: Span::new(start, end), close: 0 });
    }

    fn step(&mut self, byte: u8) {
        let is_elixir = self.dialect == Dialect::Elixir;
        match byte {
            b'#' if is_elixir => self.skip_line(),
            b'%' if !is_elixir => self.skip_line(),
            b'"' | b'\'' => self.quoted(byte),
            b'~' if is_elixir && self.peek(1).is_some_and(|next| next.is_ascii_alphabetic()) => self.sigil(),
            b'?' if is_elixir => self.character(),
            b'$' if !is_elixir => self.character(),
            b':' if is_elixir => self.atom(),
            byte if is_word(byte) => self.word(),
            byte if byte.is_ascii_whitespace() => self.at += 1,
            _ => {
                self.push(Kind::Mark, self.at, self.at + 1);
                self.at += 1;
            }
        }
    }

    /// Moves on by some bytes, and on to the next whole character.
    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        while self.at < self.bytes.len() && !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    /// `?a`, `?\\n`: one character that must not open a text or a comment.
    fn character(&mut self) {
        self.advance(if self.peek(1) == Some(b'\\') { 3 } else { 2 });
    }

    /// A text, a character list or a heredoc; behind it a colon makes it a key.
    fn quoted(&mut self, quote: u8) {
        let is_heredoc = self.dialect == Dialect::Elixir && self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let width = if is_heredoc { 3 } else { 1 };
        let start = self.at + width;
        self.at = start;
        let interpolated = self.skip_quoted(quote, width);
        let end = self.at.min(self.bytes.len());
        self.at += width;
        let kind = match (self.dialect, quote) {
            _ if interpolated => Kind::Opaque,
            (Dialect::Erlang, b'\'') => Kind::Atom,
            (Dialect::Elixir, _) if !is_heredoc && self.peek(0) == Some(b':') && self.peek(1) != Some(b':') => {
                self.at += 1;
                Kind::Key
            }
            _ => Kind::Text,
        };
        self.push(kind, start, end);
    }

    /// Moves to the closing quotes; says whether there was an interpolation.
    fn skip_quoted(&mut self, quote: u8, width: usize) -> bool {
        let mut interpolated = false;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.advance(2),
                b'#' if self.dialect == Dialect::Elixir && self.peek(1) == Some(b'{') => {
                    interpolated = true;
                    self.skip_interpolation();
                }
                byte if byte == quote && (width == 1 || (self.peek(1), self.peek(2)) == (Some(quote), Some(quote))) => {
                    break;
                }
                _ => self.at += 1,
            }
        }
        interpolated
    }

    fn skip_interpolation(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'{' => depth += 1,
                b'}' if depth <= 1 => break,
                b'}' => depth -= 1,
                _ => {}
            }
        }
    }

    /// `~r/…/`, `~w(…)a`, `~S"""…"""`: dropped.
    fn sigil(&mut self) {
        self.at += 1;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let Some(open) = self.peek(0) else { return };
        let close = match open {
            b'(' => b')',
            b'[' => b']',
            b'{' => b'}',
            b'<' => b'>',
            b'/' | b'|' | b'"' | b'\'' => open,
            _ => return,
        };
        let is_heredoc = matches!(open, b'"' | b'\'') && self.peek(1) == Some(open) && self.peek(2) == Some(open);
        let width = if is_heredoc { 3 } else { 1 };
        self.at += width;
        self.skip_quoted(close, width);
        self.at += width;
        while self.peek(0).is_some_and(|byte| byte.is_ascii_alphabetic()) {
            self.at += 1;
        }
    }

    /// `:name`, `:"name"`; a lone colon is punctuation.
    fn atom(&mut self) {
        match self.peek(1) {
            Some(b'"') => {
                self.at += 2;
                let start = self.at;
                self.skip_quoted(b'"', 1);
                self.push(Kind::Atom, start, self.at.min(self.bytes.len()));
                self.at += 1;
            }
            Some(byte) if is_word(byte) => {
                self.at += 1;
                let start = self.at;
                self.skip_word();
                self.push(Kind::Atom, start, self.at);
            }
            Some(b':') => self.at += 2,
            _ => self.at += 1,
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let first = self.peek(0).unwrap_or_default();
        self.skip_word();
        let is_number = first.is_ascii_digit();
        let is_module = first.is_ascii_uppercase() && self.dialect == Dialect::Elixir;
        while is_module && self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_uppercase()) {
            self.at += 1;
            self.skip_word();
        }
        let is_key = self.peek(0) == Some(b':') && self.peek(1) != Some(b':') && !is_number;
        let kind = match self.dialect {
            Dialect::Elixir if is_key => Kind::Key,
            Dialect::Erlang if first.is_ascii_lowercase() => Kind::Atom,
            _ => Kind::Word,
        };
        self.push(kind, start, self.at);
        if kind == Kind::Key {
            self.at += 1;
        }
    }

    fn skip_word(&mut self) {
        while self.peek(0).is_some_and(is_word) {
            self.at += 1;
        }
        if self.dialect == Dialect::Elixir && self.peek(0).is_some_and(|byte| matches!(byte, b'?' | b'!')) {
            self.at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_places() {
        let text = "# no {:x}\n{:phoenix, \"~> 1.7\", only: [:dev]} ~r/}{/ ?\" \"a #{b} c\" My.App.start";
        let found: Vec<_> = tokens(text, Dialect::Elixir).iter().map(|token| (token.kind, token.text)).collect();
        let mark = |text| (Kind::Mark, text);
        let expected = [
            mark("{"),
            (Kind::Atom, "phoenix"),
            mark(","),
            (Kind::Text, "~> 1.7"),
            mark(","),
            (Kind::Key, "only"),
            mark("["),
            (Kind::Atom, "dev"),
            mark("]"),
            mark("}"),
            (Kind::Opaque, "a #{b} c"),
            (Kind::Word, "My.App"),
            mark("."),
            (Kind::Word, "start"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn brackets_are_paired() {
        let tokens = tokens("[{a, [b]}, c]", Dialect::Erlang);
        assert_eq!(elements(&tokens, 0), [(1, 8), (9, 10)]);
        assert_eq!(elements(&tokens, 1), [(2, 3), (4, 7)]);
    }
}
