//! Ruby text as tokens and statements, tolerant of everything it does not know.
//!
//! Only what a manifest needs is told apart: words, literal texts, symbols, labels, marks. Comments, `=begin` blocks,
//! here-documents and whatever follows `__END__` never become tokens, so a commented line can never count.

use crate::text::Span;

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A literal string; one with interpolation is [`Kind::Computed`].
    Text,
    /// A string whose value is known only at run time.
    Computed,
    /// `:name`, without its colon.
    Symbol,
    /// `name:` before a value, without its colon.
    Label,
    /// Anything else; `.freeze` and `.new` are one mark.
    Mark,
    /// The end of a line or a `;`.
    Newline,
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Its content: of a string without quotes, escapes of quotes resolved.
    pub(super) text: String,
    /// Its bytes, quotes included.
    pub(super) span: Span,
    /// Its 1-based line.
    pub(super) line: usize,
}

impl Token {
    /// Whether it is this mark.
    pub(super) fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is this word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// One statement. A block that opens ends a statement, and `end` is one of its own.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// Its tokens, never empty.
    pub(super) tokens: Vec<Token>,
    /// Whether `do`, or a brace that takes a block, follows it.
    pub(super) opens: bool,
}

const MARKS: &[&str] = &["=>", "==", "!=", "<=", ">=", "<<", "&&", "||", "::", "&.", "->", "**", "+=", "||="];

/// Bytes within which a pattern must end.
const LONGEST_PATTERN: usize = 120;

/// Words that begin a line of a manifest: there, an unclosed bracket above must have been a slip.
const ANCHORS: &[&str] = &["gem", "group", "end", "source", "ruby"];

/// Parts `text` into statements.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let mut lexer =
        Lexer { text, bytes: text.as_bytes(), at: 0, line: 1, tokens: Vec::new(), documents: Vec::new(), torn: false };
    lexer.run();
    split(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: usize,
    tokens: Vec<Token>,
    /// Closing words of the here-documents that begin behind this line.
    documents: Vec<String>,
    /// Whether some text was never closed: from then on, texts end with their line at the latest.
    torn: bool,
}

impl Lexer<'_> {
    fn run(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => self.newline(),
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if matches!(self.peek(1), Some(b'\n')) => self.skip_line(),
                b'\\' if self.rest().starts_with("\\\r\n") => self.skip_line(),
                b'#' => self.at = self.line_end(),
                b'=' if self.at_line_start() && self.rest().starts_with("=begin") => self.block_comment(),
                b'_' if self.at_line_start() && self.rest().trim_end_matches('\r').starts_with("__END__") => return,
                b'"' | b'\'' | b'`' => self.quoted(self.at + 1, byte, byte, byte != b'\''),
                b'%' => self.percent(),
                b'<' if self.rest().starts_with("<<~") || self.rest().starts_with("<<-") => self.here_document(),
                b':' => self.symbol(),
                b'/' => self.slash(),
                b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'@' | b'$' | 0x80.. => self.word(),
                _ => self.mark(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn at_line_start(&self) -> bool {
        self.at == 0 || self.bytes.get(self.at - 1) == Some(&b'\n')
    }

    fn line_end(&self) -> usize {
        memchr::memchr(b'\n', self.bytes.get(self.at..).unwrap_or_default())
            .map_or(self.bytes.len(), |end| self.at + end)
    }

    fn skip_line(&mut self) {
        self.at = (self.line_end() + 1).min(self.bytes.len());
        self.line += 1;
    }

    fn push(&mut self, kind: Kind, text: impl Into<String>, span: Span, line: usize) {
        self.tokens.push(Token { kind, text: text.into(), span, line });
        self.at = span.end;
    }

    fn newline(&mut self) {
        self.push(Kind::Newline, "", Span::new(self.at, self.at + 1), self.line);
        self.line += 1;
        for closing in std::mem::take(&mut self.documents) {
            while self.at < self.bytes.len() {
                let found = self.text.get(self.at..self.line_end()).is_some_and(|line| line.trim() == closing);
                self.skip_line();
                if found {
                    break;
                }
            }
        }
    }

    fn block_comment(&mut self) {
        loop {
            self.skip_line();
            if self.at >= self.bytes.len() || self.rest().starts_with("=end") {
                self.at = self.line_end();
                return;
            }
        }
    }

    /// A text that begins at `from` and ends with `close`; brackets nest. One that never ends is its line at most.
    fn quoted(&mut self, from: usize, open: u8, close: u8, interpolates: bool) {
        let (mut at, mut depth, mut computed) = (from, 0_usize, false);
        let mut content = Vec::new();
        while let Some(&byte) = self.bytes.get(at).filter(|byte| !(self.torn && **byte == b'\n')) {
            match byte {
                b'\\' => {
                    content.extend(self.bytes.get(at + 1).copied());
                    at += 2;
                    continue;
                }
                _ if byte == close && depth == 0 => break,
                _ if byte == close => depth -= 1,
                _ if byte == open => depth += 1,
                b'#' if interpolates && self.bytes.get(at + 1) == Some(&b'{') => computed = true,
                _ => {}
            }
            content.push(byte);
            at += 1;
        }
        if self.bytes.get(at) != Some(&close) {
            self.torn = true;
            return self.push(Kind::Computed, "", Span::new(self.at, self.line_end()), self.line);
        }
        let (start, line, end) = (self.at, self.line, at + 1);
        self.line += self.newlines(start, end);
        let text = String::from_utf8_lossy(&content).into_owned();
        // `"name": value` is a label too.
        let label = open == close && self.bytes.get(end) == Some(&b':') && self.bytes.get(end + 1) == Some(&b' ');
        match (computed, label) {
            (true, _) => self.push(Kind::Computed, text, Span::new(start, end), line),
            (_, true) => self.push(Kind::Label, text, Span::new(start, end + 1), line),
            _ => self.push(Kind::Text, text, Span::new(start, end), line),
        }
    }

    fn newlines(&self, start: usize, end: usize) -> usize {
        memchr::memchr_iter(b'\n', self.bytes.get(start..end).unwrap_or_default()).count()
    }

    /// A pattern between slashes, where a value may begin; elsewhere a slash divides.
    fn slash(&mut self) {
        let before = self.tokens.last();
        let value = before.is_none_or(|token| match token.kind {
            Kind::Mark => !matches!(token.text.as_str(), ")" | "]" | "}"),
            Kind::Word => matches!(token.text.as_str(), "if" | "unless" | "when" | "and" | "or" | "not"),
            Kind::Newline | Kind::Label => true,
            _ => false,
        });
        let end = self.bytes.len().min(self.at + LONGEST_PATTERN);
        let ahead = self.bytes.get(self.at + 1..end).unwrap_or_default();
        let mut escaped = false;
        let close = ahead.iter().take_while(|byte| **byte != b'\n').position(|byte| {
            let closes = *byte == b'/' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        match close.filter(|_| value) {
            Some(close) => self.push(Kind::Computed, "", Span::new(self.at, self.at + close + 2), self.line),
            None => self.mark(),
        }
    }

    /// `%w[a b]`, `%i[a b]`, `%q(text)`, `%(text)`.
    fn percent(&mut self) {
        let letter = self.peek(1).filter(u8::is_ascii_alphabetic);
        let open_at = self.at + 1 + usize::from(letter.is_some());
        let open = self.bytes.get(open_at).copied().unwrap_or(b' ');
        let close = match open {
            b'[' => b']',
            b'(' => b')',
            b'{' => b'}',
            b'<' => b'>',
            b'|' | b'!' | b'/' => open,
            _ => return self.mark(),
        };
        match letter {
            Some(b'w' | b'W' | b'i' | b'I') => self.words(open_at + 1, close),
            Some(b'q') => self.quoted(open_at + 1, open, close, false),
            None | Some(b'Q') => self.quoted(open_at + 1, open, close, true),
            Some(_) => {
                self.quoted(open_at + 1, open, close, true);
                if let Some(token) = self.tokens.last_mut() {
                    token.kind = Kind::Computed;
                }
            }
        }
    }

    fn words(&mut self, from: usize, close: u8) {
        let body = self.bytes.get(from..).unwrap_or_default();
        let stop = if self.torn { memchr::memchr2(close, b'\n', body) } else { memchr::memchr(close, body) };
        let closed = stop.filter(|stop| body.get(*stop) == Some(&close));
        self.torn |= closed.is_none();
        let end = closed.map_or_else(|| self.line_end(), |end| from + end);
        self.push(Kind::Mark, "[", Span::new(self.at, from), self.line);
        let mut start = from;
        for at in from..=end {
            let blank = self.bytes.get(at).is_none_or(u8::is_ascii_whitespace) || at == end;
            if blank {
                if let Some(word) = self.text.get(start..at).filter(|word| !word.is_empty()) {
                    let word = word.to_owned();
                    self.push(Kind::Text, word, Span::new(start, at), self.line);
                    self.push(Kind::Mark, ",", Span::at(at), self.line);
                }
                start = at + 1;
                self.line += usize::from(at < end && self.bytes.get(at) == Some(&b'\n'));
            }
        }
        self.push(Kind::Mark, "]", Span::new(end, end + usize::from(closed.is_some())), self.line);
    }

    fn here_document(&mut self) {
        let rest = self.rest().get(3..).unwrap_or_default();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let name = &rest[usize::from(quote.is_some())..];
        let closing: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if closing.is_empty() || quote.is_some_and(|quote| !name[closing.len()..].starts_with(quote)) {
            return self.mark();
        }
        let end = self.at + 3 + closing.len() + 2 * usize::from(quote.is_some());
        self.push(Kind::Computed, "", Span::new(self.at, end), self.line);
        self.documents.push(closing);
    }

    fn symbol(&mut self) {
        match self.peek(1) {
            Some(b':') => self.push(Kind::Mark, "::", Span::new(self.at, self.at + 2), self.line),
            Some(quote @ (b'"' | b'\'')) => {
                self.at += 1;
                self.quoted(self.at + 1, quote, quote, quote == b'"');
            }
            Some(byte) if is_word_byte(byte) => {
                let end = self.word_end(self.at + 1);
                let name = self.text.get(self.at + 1..end).unwrap_or_default().to_owned();
                self.push(Kind::Symbol, name, Span::new(self.at, end), self.line);
            }
            _ => self.mark(),
        }
    }

    fn word_end(&self, from: usize) -> usize {
        let body = self.bytes.get(from..).unwrap_or_default();
        let end = from + body.iter().take_while(|byte| is_word_byte(**byte)).count();
        let next = self.bytes.get(end + 1);
        end + usize::from(matches!(self.bytes.get(end), Some(b'?' | b'!')) && !matches!(next, Some(b'=' | b'~')))
    }

    fn word(&mut self) {
        // `@` and `$` begin a name and are no part of one.
        let end = self.word_end(self.at + 1);
        let name = self.text.get(self.at..end).unwrap_or_default().to_owned();
        let label = self.bytes.get(end) == Some(&b':') && self.bytes.get(end + 1) != Some(&b':');
        if label {
            self.push(Kind::Label, name, Span::new(self.at, end + 1), self.line);
        } else {
            self.push(Kind::Word, name, Span::new(self.at, end), self.line);
        }
    }

    fn mark(&mut self) {
        let rest = self.rest();
        let known = MARKS.iter().rev().find(|mark| rest.starts_with(**mark));
        let method = [".freeze", ".new"].iter().find(|mark| rest.starts_with(**mark));
        let width = rest.chars().next().map_or(1, char::len_utf8);
        let end = self.at + known.or(method).map_or(width, |mark| mark.len());
        let text = self.text.get(self.at..end).unwrap_or_default().to_owned();
        let kind = if text == ";" { Kind::Newline } else { Kind::Mark };
        self.push(kind, text, Span::new(self.at, end), self.line);
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Groups tokens into statements: a line goes on behind a comma or operator, inside brackets, before a leading dot.
fn split(tokens: Vec<Token>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut current = Statement::default();
    let mut depth = 0_usize;
    // For every open brace, whether it took a block.
    let mut braces: Vec<bool> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let flush = |current: &mut Statement, statements: &mut Vec<Statement>| {
        if !current.tokens.is_empty() {
            statements.push(std::mem::take(current));
        }
    };
    while let Some(token) = tokens.next() {
        let next = tokens.peek();
        match (token.kind, token.text.as_str()) {
            (Kind::Newline, _) => {
                let anchored =
                    next.is_some_and(|next| next.kind == Kind::Word && ANCHORS.contains(&next.text.as_str()));
                let goes_on = current.tokens.last().is_some_and(|last| {
                    last.kind == Kind::Mark
                        && matches!(last.text.as_str(), "," | "=" | "&&" | "||" | "+" | "=>" | "(" | "[")
                });
                let leads = next.is_some_and(|next| next.kind == Kind::Mark && next.text.starts_with(['.', '&']));
                if anchored && !goes_on {
                    depth = 0;
                }
                if depth == 0 && !goes_on && !leads {
                    flush(&mut current, &mut statements);
                }
                continue;
            }
            (Kind::Word, "do" | "then") => {
                current.opens = token.text == "do";
                flush(&mut current, &mut statements);
                depth = 0;
                continue;
            }
            (Kind::Word, "end") => {
                flush(&mut current, &mut statements);
                depth = 0;
            }
            (Kind::Mark, "{") => {
                let block =
                    current.tokens.last().is_some_and(|last| last.is(")")) || next.is_some_and(|next| next.is("|"));
                braces.push(block);
                if block {
                    current.opens = true;
                    flush(&mut current, &mut statements);
                    continue;
                }
            }
            (Kind::Mark, "}") if braces.pop() == Some(true) => {
                flush(&mut current, &mut statements);
                current.tokens.push(Token { kind: Kind::Word, text: "end".to_owned(), ..token });
                flush(&mut current, &mut statements);
                continue;
            }
            (Kind::Mark, "(" | "[") => depth += 1,
            (Kind::Mark, ")" | "]") => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = token.is_word("end");
        current.tokens.push(token);
        if ends {
            flush(&mut current, &mut statements);
        }
    }
    flush(&mut current, &mut statements);
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |statement: &Statement| {
            let words: Vec<&str> = statement.tokens.iter().map(|token| token.text.as_str()).collect();
            format!("{}{}", words.join(" "), if statement.opens { " do" } else { "" })
        };
        statements(text).iter().map(show).collect()
    }

    #[test]
    fn lines_go_on_where_ruby_lets_them() {
        assert_eq!(shown("gem 'a',\n  'b'\ngem(\n 'c'\n)\n"), ["gem a , b", "gem ( c )"]);
        assert_eq!(shown("gem 'a', \\\n 'b'"), ["gem a , b"]);
        assert_eq!(shown("x = [\n 'a'\ngem 'b'\n"), ["x = [ a", "gem b"]);
        assert_eq!(shown("each do |x| gem x end"), ["each do", "| x | gem x", "end"]);
        assert_eq!(shown("g(:a) { gem 'b' }; c"), ["g ( a ) do", "gem b", "end", "c"]);
    }

    #[test]
    fn what_is_no_code_gives_no_tokens() {
        assert!(shown("# gem 'a'\n=begin\ngem 'b'\n=end\n__END__\ngem 'c'").is_empty());
        assert_eq!(shown("x = <<~EOS\n gem 'a'\nEOS\ny"), ["x = ", "y"]);
        assert_eq!(shown("gem 'it\\'s # not' # but this is"), ["gem it's # not"]);
    }

    #[test]
    fn a_slip_costs_its_line_alone() {
        assert_eq!(shown("gem \"a\ngem 'b'\n%w[c\ngem 'd'"), ["gem ", "gem b", "[ c , ]", "gem d"]);
        assert_eq!(shown("if os =~ /'/\ngem 'a'\n"), ["if os = ~ ", "gem a"]);
    }

    #[test]
    fn tokens_know_their_place() {
        let text = "gem %w[a\n b], \"c#{d}\"\nlast";
        let all: Vec<Token> = statements(text).into_iter().flat_map(|statement| statement.tokens).collect();
        for token in all.iter().filter(|token| matches!(token.kind, Kind::Word | Kind::Text)) {
            assert_eq!(&text[token.span.start..token.span.end], token.text);
        }
        assert!(all.iter().any(|token| token.kind == Kind::Computed));
        assert_eq!(all.last().map(|token| token.line), Some(3));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)([%<#:'\"{}()\\[\\]|,=\\\\\n ]|do|end|gem|=begin|<<~A|%w|\\PC)*") {
            for statement in statements(&text) {
                for token in &statement.tokens {
                    proptest::prop_assert!(text.get(token.span.start..token.span.end).is_some());
                }
            }
        }
    }
}
