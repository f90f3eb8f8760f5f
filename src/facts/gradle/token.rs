//! The words of Groovy and Kotlin, as far as a build file needs them.
//!
//! Comments are dropped; line ends are kept, since they end a call without parentheses. Brackets are paired once.

use crate::text::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a number; backticks are taken off.
    Word,
    /// A text without its quotes; it may hold `$name` where [`Token::is_template`] says so.
    Text,
    /// One character of punctuation.
    Mark,
    /// The end of a line.
    Line,
}

/// One token; the span is that of its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) span: Span,
    /// Whether a text holds `$` outside of single quotes.
    pub(super) is_template: bool,
    /// Of an opening bracket, the index of the closing one (the number of tokens where it is not closed).
    pub(super) close: usize,
}

impl Token<'_> {
    /// Whether it is this punctuation.
    pub(super) fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is this name.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    /// Whether it opens a bracket of any kind.
    pub(super) fn opens(&self) -> bool {
        self.kind == Kind::Mark && matches!(self.text, "(" | "[" | "{")
    }
}

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, tokens: Vec::new() };
    while let Some(byte) = lexer.peek(0) {
        lexer.step(byte);
    }
    let mut tokens = lexer.tokens;
    pair(&mut tokens);
    tokens
}

fn pair(tokens: &mut [Token<'_>]) {
    let mut open: Vec<usize> = Vec::new();
    let count = tokens.len();
    for index in 0..count {
        let Some(token) = tokens.get_mut(index) else { break };
        if token.opens() {
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
    tokens: Vec<Token<'a>>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, is_template: bool) {
        let text = self.text.get(start..end).unwrap_or_default();
        self.tokens.push(Token { kind, text, span: Span::new(start, end), is_template, close: 0 });
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'/' if self.peek(1) == Some(b'/') => self.skip_line(),
            b'/' if self.peek(1) == Some(b'*') => self.skip_comment(),
            b'#' if self.at == 0 => self.skip_line(),
            b'"' | b'\'' => self.quoted(byte),
            b'`' => self.backticks(),
            b'\n' => {
                self.push(Kind::Line, self.at, self.at + 1, false);
                self.at += 1;
            }
            byte if is_word(byte) => {
                let start = self.at;
                while self.peek(0).is_some_and(is_word) {
                    self.at += 1;
                }
                self.push(Kind::Word, start, self.at, false);
            }
            byte if byte.is_ascii_whitespace() => self.at += 1,
            _ => {
                self.push(Kind::Mark, self.at, self.at + 1, false);
                self.at += 1;
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn skip_comment(&mut self) {
        let rest = self.bytes.get(self.at + 2..).unwrap_or_default();
        self.at += memchr::memmem::find(rest, b"*/").map_or(rest.len() + 2, |end| end + 4);
    }

    /// A text in single, double or triple quotes. One in simple quotes ends with its line at the latest.
    fn quoted(&mut self, quote: u8) {
        let is_triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let width = if is_triple { 3 } else { 1 };
        self.at += width;
        let start = self.at;
        let mut is_template = false;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => {
                    self.at += 1;
                    self.at += self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
                    continue;
                }
                b'\n' if !is_triple => break,
                b'$' if quote == b'"' => {
                    is_template = true;
                    if self.peek(1) == Some(b'{') {
                        self.skip_expression();
                        continue;
                    }
                }
                byte if byte == quote && (!is_triple || (self.peek(1), self.peek(2)) == (Some(quote), Some(quote))) => {
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        let end = self.at.min(self.bytes.len());
        self.push(Kind::Text, start, end, is_template);
        if self.peek(0) == Some(quote) {
            self.at += width;
        }
    }

    /// `${…}` with the quotes in it; it ends with its line at the latest.
    fn skip_expression(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0).filter(|byte| *byte != b'\n') {
            self.at += 1;
            match byte {
                b'{' => depth += 1,
                b'}' if depth <= 1 => break,
                b'}' => depth -= 1,
                _ => {}
            }
        }
    }

    fn backticks(&mut self) {
        let start = self.at + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let len = memchr::memchr2(b'`', b'\n', rest).unwrap_or(rest.len());
        self.push(Kind::Word, start, start + len, false);
        self.at = start + len;
        if self.peek(0) == Some(b'`') {
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
        let text = "id(\"a.${x[\"y\"]}b\") // c\n/* d */ `java-library` 'it''s' \"\"\"x\"y\"\"\"";
        let tokens = tokens(text);
        let found: Vec<_> = tokens.iter().map(|token| (token.kind, token.text)).collect();
        let expected = [
            (Kind::Word, "id"),
            (Kind::Mark, "("),
            (Kind::Text, "a.${x[\"y\"]}b"),
            (Kind::Mark, ")"),
            (Kind::Line, "\n"),
            (Kind::Word, "java-library"),
            (Kind::Text, "it"),
            (Kind::Text, "s"),
            (Kind::Text, "x\"y"),
        ];
        assert_eq!(found, expected);
        assert!(tokens[2].is_template && !tokens[6].is_template);
        assert_eq!(tokens[1].close, 3);
        assert_eq!(tokens[5].span.start, text.find("java-library").unwrap());
    }
}
