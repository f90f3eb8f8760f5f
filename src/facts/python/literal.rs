//! The literals of Python text: texts, lists, tuples and tables of them, with their places.
//!
//! A small reader for `setup.py`: comments and docstrings are known for what they are, names are kept as names, and
//! whatever is neither becomes [`Value::Computed`].

use crate::text::Span;

/// What a [`Token`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword.
    Word,
    /// A text with escapes kept as written; computed ones (`f"…"`) are marks.
    Text,
    /// Any other character.
    Mark,
    /// The end of a line.
    Newline,
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Its content, of a text without prefix and quotes.
    pub(super) text: String,
    /// Its bytes.
    pub(super) span: Span,
    /// Its 1-based line.
    pub(super) line: usize,
    /// Whether it begins at the start of its line.
    pub(super) leads: bool,
}

impl Token {
    /// Whether it is this mark.
    pub(super) fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }
}

/// What an expression is, as far as it is written out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A text and its place.
    Text(String, Span),
    /// A list, tuple or set.
    List(Vec<Value>),
    /// A table.
    Table(Vec<(Value, Value)>),
    /// A name that may stand for a value written elsewhere.
    Name(String),
    /// Anything else.
    Computed,
}

/// Nesting beyond this is computed.
const DEPTH: usize = 24;

/// Parts Python text into tokens.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(&byte) = bytes.get(at) {
        let leads = at == 0 || bytes.get(at - 1) == Some(&b'\n');
        let mut push = |kind, content: &str, end: usize| {
            found.push(Token { kind, text: content.to_owned(), span: Span::new(at, end), line, leads });
        };
        match byte {
            b'\n' => {
                push(Kind::Newline, "", at + 1);
                line += 1;
                at += 1;
            }
            b'#' => at = line_end(bytes, at),
            b'\\' if bytes.get(at + 1) == Some(&b'\n') => {
                line += 1;
                at += 2;
            }
            _ if byte.is_ascii_whitespace() => at += 1,
            b'"' | b'\'' => {
                let (content, end) = quoted(text, at);
                push(Kind::Text, content, end);
                line += memchr::memchr_iter(b'\n', bytes.get(at..end).unwrap_or_default()).count();
                at = end;
            }
            _ if is_word(byte) => {
                let end = at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| is_word(**byte)).count();
                let word = text.get(at..end).unwrap_or_default();
                let prefix = word.len() <= 2 && word.bytes().all(|byte| b"rRbBuUfFtT".contains(&byte));
                if prefix && matches!(bytes.get(end), Some(b'"' | b'\'')) {
                    let (content, close) = quoted(text, end);
                    let formatted = word.bytes().any(|byte| b"fFtT".contains(&byte));
                    push(if formatted { Kind::Mark } else { Kind::Text }, content, close);
                    line += memchr::memchr_iter(b'\n', bytes.get(end..close).unwrap_or_default()).count();
                    at = close;
                } else {
                    push(Kind::Word, word, end);
                    at = end;
                }
            }
            _ => {
                push(Kind::Mark, text.get(at..=at).unwrap_or_default(), at + 1);
                at += 1;
            }
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |end| at + end)
}

/// The content and the end of the text whose quote stands at `at`; one that is not closed ends with its line.
fn quoted(text: &str, at: usize) -> (&str, usize) {
    let bytes = text.as_bytes();
    let quote = bytes.get(at).copied().unwrap_or(b'"');
    let triple = bytes.get(at..at + 3).is_some_and(|three| three.iter().all(|byte| *byte == quote));
    let width = if triple { 3 } else { 1 };
    let mut end = at + width;
    while let Some(&byte) = bytes.get(end) {
        let closes = byte == quote
            && (!triple || bytes.get(end..end + 3).is_some_and(|three| three.iter().all(|byte| *byte == quote)));
        if closes {
            return (text.get(at + width..end).unwrap_or_default(), end + width);
        }
        if byte == b'\n' && !triple {
            break;
        }
        end += if byte == b'\\' { 2 } else { 1 };
    }
    let end = end.min(bytes.len());
    (text.get(at + width..end).unwrap_or_default(), end)
}

/// The tokens from `from` up to a mark in `until` outside all brackets, and the place of that mark.
pub(super) fn until<'t>(tokens: &'t [Token], from: usize, until: &[&str]) -> (&'t [Token], usize) {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(from) {
        let line_ends = token.kind == Kind::Newline && until.contains(&"\n");
        let stops = token.kind == Kind::Mark && until.contains(&token.text.as_str());
        if depth == 0 && (stops || line_ends) {
            return (tokens.get(from..index).unwrap_or_default(), index);
        }
        match token.text.as_str() {
            "(" | "[" | "{" if token.kind == Kind::Mark => depth += 1,
            ")" | "]" | "}" if token.kind == Kind::Mark => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (tokens.get(from..).unwrap_or_default(), tokens.len())
}

/// Parts `tokens` at the commas outside all brackets.
pub(super) fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let (part, end) = until(tokens, at, &[","]);
        if part.iter().any(|token| token.kind != Kind::Newline) {
            found.push(part);
        }
        at = end + 1;
    }
    found
}

/// What the expression in `tokens` is.
pub(super) fn value(tokens: &[Token]) -> Value {
    let tokens: Vec<Token> = tokens.iter().filter(|token| token.kind != Kind::Newline).cloned().collect();
    nested(&tokens, 0)
}

fn nested(tokens: &[Token], depth: usize) -> Value {
    let [first, rest @ ..] = tokens else { return Value::Computed };
    if depth > DEPTH {
        return Value::Computed;
    }
    if tokens.iter().all(|token| token.kind == Kind::Text) {
        // Texts side by side are one text.
        let joined = tokens.iter().map(|token| token.text.as_str()).collect();
        return Value::Text(joined, rest.iter().fold(first.span, |span, token| span.cover(token.span)));
    }
    if first.kind == Kind::Word && rest.is_empty() {
        return Value::Name(first.text.clone());
    }
    let close = match first.text.as_str() {
        "[" => "]",
        "(" => ")",
        "{" => "}",
        _ => return Value::Computed,
    };
    let (inner, end) = until(rest, 0, &[close]);
    if end + 1 != rest.len() {
        return Value::Computed;
    }
    let items = parts(inner);
    match (first.text.as_str(), items.as_slice()) {
        ("(", [single]) if !inner.last().is_some_and(|last| last.is(",")) => nested(single, depth + 1),
        ("{", _) if items.iter().all(|item| until(item, 0, &[":"]).1 < item.len()) => {
            Value::Table(items.iter().map(|item| pair(item, depth)).collect())
        }
        _ => Value::List(items.iter().map(|item| nested(item, depth + 1)).collect()),
    }
}

fn pair(item: &[Token], depth: usize) -> (Value, Value) {
    let (key, at) = until(item, 0, &[":"]);
    (nested(key, depth + 1), nested(item.get(at + 1..).unwrap_or_default(), depth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        value(&tokens(text))
    }

    #[test]
    fn literals() {
        assert_eq!(read("'a' \"b\""), Value::Text("ab".to_owned(), Span::new(0, 7)));
        let text = |text: &str, start| Value::Text(text.to_owned(), Span::new(start, start + text.len() + 2));
        assert_eq!(read("['a', # 'no'\n 'b',]"), Value::List(vec![text("a", 1), text("b", 14)]));
        assert_eq!(read("('a')"), text("a", 1));
        assert_eq!(read("('a',)"), Value::List(vec![text("a", 1)]));
        assert_eq!(read("{'k': ['v']}"), Value::Table(vec![(text("k", 1), Value::List(vec![text("v", 7)]))]));
        assert_eq!(read("[x, f'a']"), Value::List(vec![Value::Name("x".to_owned()), Value::Computed]));
        for computed in ["f(x)", "['a'] + b", "f'a'", "", "a.b", "['a'"] {
            assert_eq!(read(computed), Value::Computed, "{computed}");
        }
    }

    #[test]
    fn tokens_know_their_line() {
        let all = tokens("\"\"\"one\ntwo\"\"\"\nx = \\\n 1");
        let lines: Vec<_> = all.iter().map(|token| (token.text.as_str(), token.line, token.leads)).collect();
        assert_eq!(lines, [("one\ntwo", 1, true), ("", 2, false), ("x", 3, true), ("=", 3, false), ("1", 4, false)]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(?s)([\\[\\](){}:,'\"#\\\\\n]|\"\"\"|rb|f'|\\PC)*") {
            let all = tokens(&text);
            for token in &all {
                proptest::prop_assert!(token.span.end <= text.len());
            }
            let _ = value(&all);
        }
    }
}
