//! The inside of a word: quotes, escapes and expansions.
//!
//! Nothing is expanded. An expansion stays in the word's text as written and makes the word opaque; commands inside a
//! substitution are read by the same reader, so that they are listed too.

use super::reader::{DEPTH, Reader, Until};
use super::{Join, Word, is_assignment};
use crate::text::Span;

/// A word and whether it stands there without quotes, escapes and expansions.
pub(super) struct Token {
    pub(super) word: Word,
    pub(super) plain: bool,
}

impl Reader<'_> {
    /// Reads one word; always goes on by at least one byte.
    pub(super) fn word(&mut self, test: bool) -> Token {
        let start = self.at;
        let mut token = Token { word: Word { text: String::new(), span: Span::at(start), opaque: false }, plain: true };
        while let Some(byte) = self.peek(0) {
            match byte {
                b'<' | b'>' if self.at == start && self.peek(1) == Some(b'(') => self.substitution(&mut token, 1),
                b'(' if token.plain && token.word.text.ends_with('=') && is_assignment(&token.word.text) => {
                    let from = self.at;
                    self.skip_parens();
                    self.opaque(&mut token, from);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' => break,
                b'&' | b'|' | b'<' | b'>' | b'(' | b')' if !test => break,
                b'`' if self.backquoted => break,
                b'\\' => self.escape(&mut token),
                b'\'' => self.single_quoted(&mut token),
                b'"' => self.double_quoted(&mut token),
                b'`' => self.substitution(&mut token, 0),
                b'$' => self.dollar(&mut token, false),
                b'{' if self.peek(1) == Some(b'{') => self.template(&mut token, 0),
                _ => self.ordinary(&mut token),
            }
        }
        if self.at == start {
            self.skip_character();
        }
        token.word.span.end = self.at;
        token
    }

    /// Takes characters that mean themselves; the first is taken whatever it is.
    fn ordinary(&mut self, token: &mut Token) {
        let start = self.at;
        self.skip_character();
        let special = |byte: &u8| b" \t\r\n;&|<>()\\'\"`${".contains(byte);
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(special).unwrap_or(rest.len());
        token.word.text.push_str(self.raw(start));
    }

    fn escape(&mut self, token: &mut Token) {
        if self.continuation() {
            return;
        }
        token.plain = false;
        self.at += 1;
        let start = self.at;
        self.skip_character();
        token.word.text.push_str(if start == self.at { "\\" } else { self.raw(start) });
    }

    fn single_quoted(&mut self, token: &mut Token) {
        token.plain = false;
        self.at += 1;
        let start = self.at;
        self.at = self.find(b'\'');
        let text = self.raw(start);
        token.word.opaque |= text.contains("${{"); // a workflow expression: put in before any shell reads the quotes
        token.word.text.push_str(text);
        self.at = (self.at + 1).min(self.text.len());
    }

    /// `$'…'`, with the escapes that stand for characters.
    fn ansi_quoted(&mut self, token: &mut Token) {
        token.plain = false;
        self.at += 2;
        while let Some(byte) = self.peek(0) {
            let start = self.at;
            match byte {
                b'\'' => {
                    self.at += 1;
                    return;
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek(0) {
                        Some(b'n') => token.word.text.push('\n'),
                        Some(b't') => token.word.text.push('\t'),
                        Some(b'r') => token.word.text.push('\r'),
                        Some(sign @ (b'\\' | b'\'' | b'"')) => token.word.text.push(char::from(sign)),
                        _ => token.word.text.push('\\'),
                    }
                    let known = matches!(self.peek(0), Some(b'n' | b't' | b'r' | b'\\' | b'\'' | b'"'));
                    self.at += usize::from(known);
                }
                _ => {
                    self.skip_character();
                    token.word.text.push_str(self.raw(start));
                }
            }
        }
    }

    fn double_quoted(&mut self, token: &mut Token) {
        token.plain = false;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'`' if self.backquoted => return,
                b'`' => self.substitution(token, 0),
                b'$' => self.dollar(token, true),
                b'{' if self.peek(1) == Some(b'{') => self.template(token, 0),
                b'\\'
                    if matches!(self.peek(1), Some(b'$' | b'`' | b'"' | b'\\'))
                        || self.starts("\\\n")
                        || self.starts("\\\r\n") =>
                {
                    self.escape(token);
                }
                _ => {
                    let start = self.at;
                    self.skip_character();
                    let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
                    self.at += rest.iter().position(|byte| b"\"`$\\{".contains(byte)).unwrap_or(rest.len());
                    token.word.text.push_str(self.raw(start));
                }
            }
        }
    }

    fn dollar(&mut self, token: &mut Token, quoted: bool) {
        let start = self.at;
        match self.peek(1) {
            Some(b'\'') if !quoted => return self.ansi_quoted(token),
            Some(b'"') if !quoted => {
                self.at += 1;
                return self.double_quoted(token);
            }
            Some(b'{') if self.peek(2) == Some(b'{') => return self.template(token, 1),
            Some(b'{') => self.braces(),
            Some(b'(') => return self.substitution(token, 1),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                self.at += 1;
                while self.peek(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    self.at += 1;
                }
            }
            Some(byte) if byte.is_ascii_digit() || b"?@*#$!-".contains(&byte) => self.at += 2,
            _ => {
                self.at += 1;
                token.word.text.push('$');
                return;
            }
        }
        self.opaque(token, start);
    }

    /// What was read since `start` is an expansion.
    fn opaque(&mut self, token: &mut Token, start: usize) {
        token.plain = false;
        token.word.opaque = true;
        token.word.text.push_str(self.raw(start));
    }

    /// `${…}`; substitutions in it are read.
    fn braces(&mut self) {
        self.at += 2;
        let mut open = 1_usize;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => {
                    self.at += 1;
                    self.skip_character();
                    continue;
                }
                b'$' if self.peek(1) == Some(b'{') => {
                    open += 1;
                    self.at += 1;
                }
                b'$' if self.peek(1) == Some(b'(') => {
                    self.inner(1);
                    continue;
                }
                b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
    }

    /// A command or process substitution whose bracket or back-quote stands `ahead` bytes on.
    fn substitution(&mut self, token: &mut Token, ahead: usize) {
        let start = self.at;
        self.inner(ahead);
        self.opaque(token, start);
    }

    fn inner(&mut self, ahead: usize) {
        self.at += ahead;
        let paren = self.peek(0) == Some(b'(');
        if paren && (self.peek(1) == Some(b'(') || self.depth >= DEPTH) {
            return self.skip_parens();
        }
        self.at += 1;
        if paren {
            self.nested(Until::Paren, Join::Start);
        } else if self.depth < DEPTH {
            self.nested(Until::Backquote, Join::Start);
        } else {
            self.at = (self.find(b'`') + 1).min(self.text.len());
        }
    }

    /// `{{ … }}` of a template, or `${{ … }}` of a workflow, whose first brace stands `ahead` bytes on.
    fn template(&mut self, token: &mut Token, ahead: usize) {
        let start = self.at;
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let end = if self.templates_end { None } else { memchr::memmem::find(rest, b"}}") };
        if let Some(end) = end {
            self.at += end + 2;
            self.opaque(token, start);
        } else {
            self.templates_end = true;
            self.at += 2 + ahead;
            token.word.text.push_str(self.raw(start));
        }
    }
}
