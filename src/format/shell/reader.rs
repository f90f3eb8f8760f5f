//! One pass over a script: tokens are read where they stand and commands are kept as they end.
//!
//! Substitutions and groups recurse at the cursor, so that each byte is read once; behind [`DEPTH`] levels they are
//! stepped over. An unclosed quote, bracket or here-document reaches to the end of the text.

use super::{Command, Heredoc, Join, Script, Word, is_assignment};
use crate::text::Span;

/// Deepest nesting of groups and substitutions whose commands are listed.
pub(super) const DEPTH: usize = 16;

/// Words in front of a command that say nothing about it.
const KEYWORDS: &[&str] = &["if", "then", "elif", "else", "fi", "while", "until", "do", "done", "{", "}", "!"];

pub(super) fn read(text: &str) -> Script {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        backquoted: false,
        templates_end: false,
        due: 0,
        commands: Vec::new(),
        heredocs: Vec::new(),
    };
    reader.list(Until::End, Join::Start);
    reader.commands.sort_by_key(|command| command.span.start);
    Script { commands: reader.commands, heredocs: reader.heredocs }
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    /// Whether a back-quote closes what is being read.
    pub(super) backquoted: bool,
    /// Whether no `}}` is left, so that nobody searches again.
    pub(super) templates_end: bool,
    /// Index of the first here-document whose body is still to come.
    due: usize,
    commands: Vec<Command>,
    heredocs: Vec<Heredoc>,
}

/// What closes a list of commands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    End,
    Paren,
    Backquote,
}

/// The command being read, and what the list around it must remember.
struct Line {
    assignments: Vec<Word>,
    words: Vec<Word>,
    span: Option<Span>,
    joined: Join,
    /// Program of the command before.
    before: Option<String>,
    /// Open `case` structures; true while a pattern must come.
    cases: Vec<bool>,
}

impl Line {
    fn new(joined: Join) -> Self {
        Self { assignments: Vec::new(), words: Vec::new(), span: None, joined, before: None, cases: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.assignments.is_empty()
    }

    fn cover(&mut self, span: Span) {
        self.span = Some(self.span.map_or(span, |old| old.cover(span)));
    }

    /// Inside `[[ … ]]` most operators are words.
    fn is_test(&self) -> bool {
        self.words.first().is_some_and(|word| word.text == "[[")
            && self.words.last().is_some_and(|word| word.text != "]]")
    }
}

impl Reader<'_> {
    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn starts(&self, with: &str) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    pub(super) fn raw(&self, start: usize) -> &str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn find(&self, byte: u8) -> usize {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        memchr::memchr(byte, rest).map_or(self.text.len(), |found| self.at + found)
    }

    /// Reads commands up to the closing mark; gives the program of the last one.
    fn list(&mut self, until: Until, joined: Join) -> Option<String> {
        let mut line = Line::new(joined);
        while let Some(byte) = self.peek(0) {
            match byte {
                b')' if until == Until::Paren && line.cases.last() != Some(&true) => break,
                b'`' if until == Until::Backquote => break,
                _ if line.cases.last() == Some(&true) => self.pattern(&mut line),
                _ if line.is_test() && matches!(byte, b'&' | b'|' | b'<' | b'>' | b'(' | b')') => {
                    self.take_word(&mut line);
                }
                b' ' | b'\t' | b'\r' | b')' => self.at += 1,
                b'\\' if self.continuation() => {}
                b'\n' => {
                    self.finish(&mut line);
                    self.new_line();
                }
                b'#' => self.at = self.find(b'\n'),
                b';' | b'&' | b'|' => self.operator(&mut line),
                b'<' | b'>' => self.redirection(&mut line),
                b'(' => self.paren(&mut line),
                _ => self.take_word(&mut line),
            }
        }
        self.at = (self.at + usize::from(until != Until::End)).min(self.text.len());
        self.finish(&mut line);
        line.before
    }

    fn finish(&mut self, line: &mut Line) {
        let (assignments, words) = (std::mem::take(&mut line.assignments), std::mem::take(&mut line.words));
        let Some(span) = line.span.take() else { return };
        if words.is_empty() && assignments.is_empty() {
            return;
        }
        let joined = std::mem::replace(&mut line.joined, Join::Sequence);
        let piped_from = line.before.take().filter(|_| joined == Join::Pipe);
        let command = Command { assignments, words, span, joined, piped_from };
        line.before = command.program().map(|(name, _)| name.to_owned());
        self.commands.push(command);
    }

    fn operator(&mut self, line: &mut Line) {
        const OPERATORS: &[(&str, Join)] = &[
            (";;&", Join::Sequence),
            (";;", Join::Sequence),
            (";&", Join::Sequence),
            (";", Join::Sequence),
            ("&&", Join::And),
            ("&", Join::Background),
            ("||", Join::Or),
            ("|&", Join::Pipe),
            ("|", Join::Pipe),
        ];
        if self.starts("&>") {
            return self.redirection(line);
        }
        self.finish(line);
        let Some((sign, join)) = OPERATORS.iter().find(|(sign, _)| self.starts(sign)) else { return };
        self.at += sign.len();
        if line.joined != Join::Start {
            line.joined = *join;
        }
        if sign.len() > 1
            && sign.starts_with(';')
            && let Some(pattern) = line.cases.last_mut()
        {
            *pattern = true;
        }
    }

    /// A group, an arithmetic command, or the brackets of a function's definition.
    fn paren(&mut self, line: &mut Line) {
        if self.starts("((") && line.is_empty() || self.depth >= DEPTH {
            return self.skip_parens();
        }
        self.at += 1;
        if line.words.len() == 1 && self.peek(0) == Some(b')') {
            self.at += 1;
            line.words.clear();
            line.span = None;
        } else if line.is_empty() {
            let before = self.nested(Until::Paren, line.joined);
            line.joined = Join::Sequence;
            line.before = before;
        } else {
            self.nested(Until::Paren, Join::Start);
        }
    }

    pub(super) fn nested(&mut self, until: Until, joined: Join) -> Option<String> {
        let outer = std::mem::replace(&mut self.backquoted, until == Until::Backquote);
        self.depth += 1;
        let last = self.list(until, joined);
        self.depth -= 1;
        self.backquoted = outer;
        last
    }

    /// Steps over brackets up to the one that closes the first.
    pub(super) fn skip_parens(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' if open <= 1 => return,
                b')' => open -= 1,
                b'\\' => self.skip_character(),
                b'\'' | b'"' => self.at = (self.find(byte) + 1).min(self.text.len()),
                _ => {}
            }
        }
    }

    pub(super) fn skip_character(&mut self) {
        self.at += self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }

    /// Takes a backslash at a line's end.
    pub(super) fn continuation(&mut self) -> bool {
        let taken = if self.starts("\\\n") {
            2
        } else if self.starts("\\\r\n") {
            3
        } else {
            0
        };
        self.at += taken;
        taken > 0
    }

    fn blanks(&mut self) {
        while matches!(self.peek(0), Some(b' ' | b'\t')) || self.continuation() {
            self.at += usize::from(matches!(self.peek(0), Some(b' ' | b'\t')));
        }
    }

    /// Ends a line: the bodies of here-documents follow.
    fn new_line(&mut self) {
        self.at += 1;
        while let Some(heredoc) = self.heredocs.get(self.due) {
            while self.at < self.text.len() {
                let end = self.find(b'\n');
                let line = self.text.get(self.at..end).unwrap_or_default();
                let line = line.strip_suffix('\r').unwrap_or(line);
                let line = if heredoc.strip_tabs { line.trim_start_matches('\t') } else { line };
                self.at = (end + 1).min(self.text.len());
                if line == heredoc.delimiter {
                    break;
                }
            }
            self.due += 1;
        }
    }

    fn redirection(&mut self, line: &mut Line) {
        let start = self.at;
        if self.starts("<(") || self.starts(">(") {
            return self.take_word(line);
        }
        while matches!(self.peek(0), Some(b'<' | b'>' | b'&')) && self.at - start < 3 {
            self.at += 1;
        }
        let sign = self.raw(start);
        let (heredoc, strip_tabs) = (sign == "<<", sign == "<<" && self.peek(0) == Some(b'-'));
        self.at += usize::from(strip_tabs || matches!(sign, ">") && self.peek(0) == Some(b'|'));
        self.blanks();
        if !matches!(self.peek(0), None | Some(b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')')) {
            let token = self.word(false);
            if heredoc && !(token.plain && token.word.text.is_empty()) {
                let span = Span::new(start, token.word.span.end);
                let delimiter = token.word.text;
                self.heredocs.push(Heredoc { delimiter, strip_tabs, quoted: !token.plain, span });
            }
        }
        if line.span.is_some() {
            line.cover(Span::new(start, self.at));
        }
    }

    /// One word at the place of a command's word: a keyword, an assignment, or a word of the command.
    fn take_word(&mut self, line: &mut Line) {
        let token = self.word(line.is_test());
        let digits = token.plain && token.word.text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && matches!(self.peek(0), Some(b'<' | b'>')) && !token.word.text.is_empty() {
            return self.redirection(line);
        }
        if line.is_empty() && token.plain && self.keyword(&token.word.text, line) {
            return;
        }
        line.cover(token.word.span);
        let named = self.text.get(token.word.span.start..token.word.span.end).is_some_and(is_assignment);
        if line.words.is_empty() && named {
            line.assignments.push(token.word);
        } else {
            line.words.push(token.word);
        }
    }

    fn keyword(&mut self, word: &str, line: &mut Line) -> bool {
        match word {
            "for" | "select" => self.header("do"),
            "function" => self.header("{"),
            "case" => {
                self.header("in");
                line.cases.push(true);
            }
            "esac" => drop(line.cases.pop()),
            _ => return KEYWORDS.contains(&word),
        }
        true
    }

    /// Drops the words of a structure's head, up to `last` or the end of the line.
    fn header(&mut self, last: &str) {
        loop {
            self.blanks();
            match self.peek(0) {
                None | Some(b'\n' | b'\r' | b';' | b'&' | b'|' | b')' | b'#') => return,
                Some(b'`') if self.backquoted => return,
                Some(b'(') => self.skip_parens(),
                Some(_) => {
                    let token = self.word(false);
                    if token.plain && token.word.text == last {
                        return;
                    }
                }
            }
        }
    }

    /// One step of the patterns of a `case`: up to `)`, or `esac`.
    fn pattern(&mut self, line: &mut Line) {
        match self.peek(0) {
            Some(b')') => {
                self.at += 1;
                if let Some(pattern) = line.cases.last_mut() {
                    *pattern = false;
                }
            }
            Some(b'\n') => self.new_line(),
            Some(b'#') => self.at = self.find(b'\n'),
            Some(b' ' | b'\t' | b'\r' | b'(' | b'|' | b';' | b'&') => self.at += 1,
            Some(b'\\') if self.continuation() => {}
            _ => {
                let token = self.word(false);
                if token.plain && token.word.text == "esac" {
                    line.cases.pop();
                }
            }
        }
    }
}
