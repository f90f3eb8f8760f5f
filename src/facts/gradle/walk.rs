//! Statements and the blocks that they stand in.
//!
//! A block is known by the last name before its brace: `dependencies`, `commonTest.dependencies`, `create("x")`. What
//! matters about the blocks around it is worked out when it opens, so that deep nesting costs nothing.

use super::token::{Kind, Token};

/// Blocks that stand around statements without changing what these mean.
const TRANSPARENT: [&str; 8] = ["if", "else", "each", "forEach", "with", "also", "run", "afterEvaluate"];

/// Blocks that state versions for others, or plugins for later.
const MANAGED: [&str; 4] =
    ["constraints", "dependencyManagement", "pluginManagement", "dependencyResolutionManagement"];

/// Longest beginning of a statement that is looked at as a whole, in tokens: a call may hold half of the file.
const HEAD: usize = 64;

/// One open block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Block<'a> {
    /// Its name; of a transparent block, that of the block around it. Empty at the top of the file.
    pub(super) name: &'a str,
    /// Whether its name, or one around it, speaks of tests.
    pub(super) is_test: bool,
    /// Whether what it states is for others.
    pub(super) is_managed: bool,
    /// Whether it is about the build program itself.
    pub(super) is_buildscript: bool,
}

/// Calls `visit` for every statement with the block around it and the indices of its tokens: the first, and the one
/// behind the last. A block that belongs to a statement is no part of it.
pub(super) fn statements<'a>(tokens: &[Token<'a>], visit: &mut dyn FnMut(&Block<'a>, usize, usize)) {
    let mut walk = Walk { tokens, frames: Vec::new(), block: Block::default(), start: 0, fresh: true };
    for (index, token) in tokens.iter().enumerate() {
        if walk.step(index, token) {
            visit(&walk.block, index, end_of(tokens, index));
        }
    }
}

/// The beginning of a statement.
pub(super) fn head<'t, 'a>(tokens: &'t [Token<'a>], start: usize, end: usize) -> &'t [Token<'a>] {
    tokens.get(start..end.min(start + HEAD)).unwrap_or_default()
}

/// The arguments between two indices: pairs of first and behind-the-last token, cut at the outermost commas.
pub(super) fn arguments(tokens: &[Token<'_>], start: usize, end: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut first, mut index) = (start, start);
    while index < end {
        let Some(token) = tokens.get(index) else { break };
        if token.is(",") {
            found.push((first, index));
            first = index + 1;
        } else if token.kind == Kind::Line && first == index {
            first = index + 1;
        }
        index = if token.opens() { token.close.max(index) + 1 } else { index + 1 };
    }
    if first < end {
        found.push((first, end));
    }
    found
}

struct Frame<'a> {
    close: usize,
    /// The start of the statement around a parenthesis; the block around a block.
    start: usize,
    outer: Option<Block<'a>>,
}

struct Walk<'t, 'a> {
    tokens: &'t [Token<'a>],
    frames: Vec<Frame<'a>>,
    block: Block<'a>,
    start: usize,
    fresh: bool,
}

impl<'a> Walk<'_, 'a> {
    /// Takes one token; says whether a statement begins with it.
    fn step(&mut self, index: usize, token: &Token<'a>) -> bool {
        if self.frames.last().is_some_and(|frame| frame.close == index) {
            self.close(index);
            return false;
        }
        let in_block = self.frames.last().is_none_or(|frame| frame.outer.is_some());
        if token.opens() {
            self.open(index, token);
            return false;
        }
        let continues = index > 0 && self.tokens.get(index - 1).is_some_and(|before| before.is(","));
        match token.kind {
            Kind::Line if in_block && !continues => (self.start, self.fresh) = (index + 1, true),
            Kind::Mark if in_block && token.text == ";" => (self.start, self.fresh) = (index + 1, true),
            Kind::Mark if !in_block && token.text == "," => self.start = index + 1,
            Kind::Line => {}
            _ => {
                let begins = in_block && self.fresh && token.kind != Kind::Mark;
                self.fresh = false;
                return begins;
            }
        }
        false
    }

    fn open(&mut self, index: usize, token: &Token<'a>) {
        let is_block = token.text == "{";
        let outer = is_block.then_some(self.block);
        self.frames.push(Frame { close: token.close, start: self.start, outer });
        if is_block {
            self.block = self.block_at(index);
        }
        self.start = index + 1;
        self.fresh = is_block;
    }

    fn close(&mut self, index: usize) {
        let Some(frame) = self.frames.pop() else { return };
        match frame.outer {
            Some(outer) => {
                self.block = outer;
                self.start = index + 1;
                self.fresh = self.frames.last().is_none_or(|frame| frame.outer.is_some());
            }
            None => self.start = frame.start,
        }
    }

    /// The block that opens at an index, named by the statement before it.
    fn block_at(&self, open: usize) -> Block<'a> {
        let mut name = "";
        let mut is_test = false;
        let mut index = self.start;
        while index < open {
            let Some(token) = self.tokens.get(index) else { break };
            if token.kind == Kind::Word {
                name = token.text;
                is_test |= name.contains("Test") || matches!(name, "test" | "testing");
            }
            index = if token.opens() { token.close.max(index) + 1 } else { index + 1 };
        }
        let outer = self.block;
        Block {
            name: if TRANSPARENT.contains(&name) { outer.name } else { name },
            is_test: is_test || outer.is_test,
            is_managed: MANAGED.contains(&name) || outer.is_managed,
            is_buildscript: name == "buildscript" || outer.is_buildscript,
        }
    }
}

/// The index behind the last token of a statement.
fn end_of(tokens: &[Token<'_>], start: usize) -> usize {
    let mut index = start;
    let mut continues = false;
    while let Some(token) = tokens.get(index) {
        let ends = match token.kind {
            Kind::Line => !continues,
            Kind::Mark => matches!(token.text, "{" | "}" | ")" | "]" | ";"),
            _ => false,
        };
        if ends {
            return index;
        }
        if token.kind != Kind::Line {
            continues = token.is(",");
        }
        if token.opens() && token.close >= tokens.len() {
            return index + 1;
        }
        index = if token.opens() { token.close.max(index) + 1 } else { index + 1 };
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    #[test]
    fn statements_know_their_block() {
        let text = "a 1\ncommonTest.dependencies {\n  if (x) { b(\n'1') }\n  c 'x',\n    'y'\n}\nd; e { f }";
        let tokens = tokens(text);
        let mut found = Vec::new();
        statements(&tokens, &mut |block, start, end| {
            found.push((block.name, block.is_test, tokens[start].text, end - start));
        });
        let expected = [
            ("", false, "a", 2),
            ("", false, "commonTest", 3),
            ("dependencies", true, "if", 4),
            ("dependencies", true, "b", 5),
            ("dependencies", true, "c", 5),
            ("", false, "d", 1),
            ("", false, "e", 1),
            ("e", false, "f", 1),
        ];
        assert_eq!(found, expected);
    }
}
