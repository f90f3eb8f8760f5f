//! One instruction: its name, flags and words, and for those that run something the commands, in exec and shell form.

use std::ops::Range;

use super::expand::{Value, expand, template_length};
use super::lines::{Logical, split_name};
use super::words::{Words, exec_form};
use crate::format::members::member;
use crate::format::shell::{self, Command, Word};
use crate::format::{Data, Member, Node};
use crate::text::Span;

/// Instructions that a build knows.
const KNOWN: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];
const FLAGGED: &[&str] = &["ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"];
/// Most flags of one instruction; what follows them is read as arguments.
const MOST_FLAGS: usize = 64;
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// An instruction, read but not judged.
pub(super) struct Instruction<'a> {
    /// The line it stands in.
    pub(super) logical: &'a Logical,
    /// In upper case; empty for a line of a template.
    pub(super) name: String,
    /// The flags in order.
    pub(super) flags: Vec<Flag>,
    /// The arguments behind the flags, as bytes of the line's text.
    pub(super) arguments: Range<usize>,
    /// Where it begins in the line; 0 unless it is the trigger of an ONBUILD.
    start: usize,
    file: &'a str,
    escape: char,
}

/// `--name` or `--name=value`.
pub(super) struct Flag {
    /// Without dashes.
    pub(super) name: String,
    /// Bytes of the line's text.
    pub(super) value: Option<Range<usize>>,
    whole: Range<usize>,
}

/// What is known of a variable where the instruction stands.
pub(super) type Look<'a> = &'a dyn Fn(&str) -> Value;

impl<'a> Instruction<'a> {
    /// Reads the instruction of a logical line of `file`.
    pub(super) fn read(logical: &'a Logical, file: &'a str, escape: char) -> Self {
        Self::read_at(logical, 0, file, escape)
    }

    fn read_at(logical: &'a Logical, start: usize, file: &'a str, escape: char) -> Self {
        let text = logical.text.as_str();
        let own = text.get(start..).unwrap_or_default();
        if ["{{", "{%", "{#"].iter().any(|open| own.starts_with(open)) {
            return Self {
                logical,
                name: String::new(),
                flags: Vec::new(),
                arguments: start..text.len(),
                start,
                file,
                escape,
            };
        }
        let (name, rest) = split_name(own);
        let name = name.to_ascii_uppercase();
        let mut from = text.len() - rest.len();
        let flags = if FLAGGED.contains(&name.as_str()) { flags(text, &mut from, escape) } else { Vec::new() };
        Self { logical, name, flags, arguments: from..text.len(), start, file, escape }
    }

    /// Whether a build knows it; lines of a template count as known.
    pub(super) fn is_known(&self) -> bool {
        self.is_template() || KNOWN.contains(&self.name.as_str())
    }

    /// Whether it is a line of a template, which may bring any instruction.
    pub(super) fn is_template(&self) -> bool {
        self.name.is_empty()
    }

    /// Bytes of the line's text.
    pub(super) fn slice(&self, range: &Range<usize>) -> &'a str {
        self.logical.text.get(range.clone()).unwrap_or_default()
    }

    /// The place of bytes of the line's text.
    pub(super) fn place(&self, range: &Range<usize>) -> Span {
        self.logical.place(Span::new(range.start, range.end))
    }

    /// The escape character of the file.
    pub(super) fn escape(&self) -> char {
        self.escape
    }

    /// The raw words of the arguments.
    pub(super) fn words(&self) -> Words<'a> {
        Words::new(&self.logical.text, self.arguments.start, self.escape)
    }

    /// Bytes of the line's text with variables put in.
    pub(super) fn expanded(&self, range: &Range<usize>, look: Look<'_>) -> Node {
        expand(self.slice(range), self.escape, look).into_node(self.place(range))
    }

    /// The value of the last flag `name`.
    pub(super) fn flag(&self, name: &str) -> Option<&Range<usize>> {
        self.flags.iter().rev().find(|flag| flag.name == name)?.value.as_ref()
    }

    /// What an ONBUILD triggers.
    fn trigger(&self) -> Option<Self> {
        let at = self.arguments.start;
        let nested = self.name == "ONBUILD" && self.start == 0 && at < self.logical.text.len();
        nested.then(|| Self::read_at(self.logical, at, self.file, self.escape))
    }

    /// The bytes of the command that it runs.
    pub(super) fn command(&self) -> Option<Range<usize>> {
        match self.name.as_str() {
            "RUN" | "CMD" | "ENTRYPOINT" => Some(self.arguments.clone()),
            "HEALTHCHECK" => {
                let mut words = self.words();
                let first = words.next()?;
                self.slice(&first).eq_ignore_ascii_case("CMD").then(|| words.rest()..self.arguments.end)
            }
            _ => None,
        }
    }

    /// The tree of the instruction.
    pub(super) fn node(&self, look: Look<'_>) -> Node {
        let mut span = self.logical.span;
        span.start = self.place(&(self.start..self.logical.text.len())).start;
        let mut members = Vec::with_capacity(6);
        let mut put = |key: &str, value: Node| members.push(member(key, value));
        put("name", self.name_node());
        put("arguments", text_node(self.slice(&self.arguments), self.place(&self.arguments)));
        put("flags", self.flags_node(span));
        if let Some(command) = self.command() {
            self.invocation(&command).into_iter().for_each(|member| put(&member.key, member.value));
        } else {
            put("words", self.words_node(look));
        }
        if !self.logical.heredocs.is_empty() && self.name != "ONBUILD" {
            put("heredocs", self.heredocs_node());
        }
        if let Some(trigger) = self.trigger() {
            put("trigger", trigger.node(look));
        }
        put("line", Node::new(Data::Number(self.logical.line.into()), span));
        Node::new(Data::Object(members), span)
    }

    fn name_node(&self) -> Node {
        if self.is_template() {
            return Node::new(Data::Opaque(self.slice(&self.arguments).to_owned()), self.logical.span);
        }
        Node::string(&self.name, self.place(&(self.start..self.start + self.name.len())))
    }

    /// Flags by name; one that stands several times is a list.
    fn flags_node(&self, span: Span) -> Node {
        let mut members: Vec<Member> = Vec::new();
        for flag in &self.flags {
            let value = flag.value.as_ref().map_or_else(
                || Node::new(Data::Bool(true), self.place(&flag.whole)),
                |value| text_node(self.slice(value), self.place(value)),
            );
            let key_span = self.place(&flag.whole);
            match members.iter_mut().find(|member| member.key == flag.name).map(|member| &mut member.value) {
                Some(Node { data: Data::Array(values), span, .. }) => {
                    *span = span.cover(value.span);
                    values.push(value);
                }
                Some(first) => {
                    let covered = first.span.cover(value.span);
                    *first = Node::new(Data::Array(vec![first.clone(), value]), covered);
                }
                None => members.push(Member { key: flag.name.clone(), key_span, value }),
            }
        }
        Node::new(Data::Object(members), span)
    }

    fn words_node(&self, look: Look<'_>) -> Node {
        let items = match exec_form(self.slice(&self.arguments)) {
            Some(words) => words
                .into_iter()
                .map(|(word, range)| {
                    expand(&word, self.escape, look).into_node(self.place(&shifted(&range, self.arguments.start)))
                })
                .collect(),
            None => self.words().map(|word| self.expanded(&word, look)).collect(),
        };
        Node::new(Data::Array(items), self.place(&self.arguments))
    }

    fn heredocs_node(&self) -> Node {
        let items = self.logical.heredocs.iter().map(|body| {
            let content = self.file.get(body.span.start..body.span.end).unwrap_or_default();
            let members = vec![
                member("delimiter", Node::string(&body.heredoc.delimiter, body.span)),
                member("content", Node::string(content, body.span)),
            ];
            Node::new(Data::Object(members), body.span)
        });
        let items: Vec<Node> = items.collect();
        let span = items.iter().map(|item| item.span).reduce(Span::cover).unwrap_or(self.logical.span);
        Node::new(Data::Array(items), span)
    }

    /// The members `form`, `command` (exec form) and `commands` of what stands at `range`.
    pub(super) fn invocation(&self, range: &Range<usize>) -> Vec<Member> {
        let span = self.place(range);
        match exec_form(self.slice(range)) {
            Some(words) => {
                let words: Vec<_> =
                    words.into_iter().map(|(word, at)| (word, self.place(&shifted(&at, range.start)))).collect();
                let command = words.iter().map(|(word, span)| text_node(word, *span)).collect();
                vec![
                    member("form", Node::string("exec", span)),
                    member("command", Node::new(Data::Array(command), span)),
                    member("commands", Node::new(Data::Array(exec_commands(&words, span)), span)),
                ]
            }
            None => vec![
                member("form", Node::string("shell", span)),
                member("commands", Node::new(Data::Array(self.shell_commands(range)), span)),
            ],
        }
    }

    fn shell_commands(&self, range: &Range<usize>) -> Vec<Node> {
        let commands = shell::commands(self.slice(range));
        let feeds_shell = match commands.first().map(Command::program) {
            None => true,
            Some(program) => program.is_some_and(|(name, _)| SHELLS.contains(&name)),
        };
        let mut nodes = into_items(shell::to_node(&commands, |span| self.logical.place(span.shifted(range.start))));
        for body in self.logical.heredocs.iter().filter(|_| feeds_shell && self.name == "RUN") {
            let script = self.file.get(body.span.start..body.span.end).unwrap_or_default();
            if is_shell_script(script) {
                nodes
                    .extend(into_items(shell::to_node(&shell::commands(script), |span| span.shifted(body.span.start))));
            }
        }
        nodes
    }
}

/// The command that an exec form is, and for `sh -c` the commands of its script, placed at the script's word.
fn exec_commands(words: &[(String, Span)], span: Span) -> Vec<Node> {
    let word = |(text, span): &(String, Span)| Word { text: text.clone(), span: *span, opaque: has_template(text) };
    let command = Command::of_words(words.iter().map(word).collect(), span);
    if command.words.is_empty() {
        return Vec::new();
    }
    let mut nodes = into_items(shell::to_node(std::slice::from_ref(&command), |span| span));
    let script = command.program().filter(|(name, _)| SHELLS.contains(name)).and_then(|(_, arguments)| {
        let flag = arguments.iter().position(|word| word.text.starts_with('-') && word.text.ends_with('c'))?;
        arguments.get(flag + 1)
    });
    if let Some(script) = script {
        nodes.extend(into_items(shell::to_node(&shell::commands(&script.text), |_| script.span)));
    }
    nodes
}

/// Whether a script without interpreter line, or with the one of a shell.
fn is_shell_script(script: &str) -> bool {
    let Some(line) = script.strip_prefix("#!").and_then(|rest| rest.lines().next()) else { return true };
    line.split_whitespace().any(|word| SHELLS.contains(&word.rsplit('/').next().unwrap_or_default()))
}

fn flags(text: &str, from: &mut usize, escape: char) -> Vec<Flag> {
    let mut words = Words::new(text, *from, escape);
    let mut flags = Vec::new();
    while flags.len() < MOST_FLAGS && text.get(*from..).is_some_and(|rest| rest.starts_with("--")) {
        let Some(whole) = words.next() else { break };
        *from = words.rest();
        let flag = text.get(whole.start + 2..whole.end).unwrap_or_default();
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
        if !name.is_empty() {
            let value = value.map(|value| whole.end - value.len()..whole.end);
            flags.push(Flag { name: name.to_ascii_lowercase(), value, whole });
        }
    }
    flags
}

fn into_items(node: Node) -> Vec<Node> {
    match node.data {
        Data::Array(items) => items,
        _ => Vec::new(),
    }
}

fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn has_template(text: &str) -> bool {
    ["{{", "{%"].iter().any(|open| text.find(open).is_some_and(|at| template_length(&text[at..]) > 0))
}

/// Text as written; opaque when it holds a placeholder of a template.
fn text_node(text: &str, span: Span) -> Node {
    Node::new(if has_template(text) { Data::Opaque(text.to_owned()) } else { Data::String(text.to_owned()) }, span)
}
