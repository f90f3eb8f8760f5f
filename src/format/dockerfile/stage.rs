//! The stages of a build, with what each inherits: who runs it, what it runs, what it exposes, and whether the final
//! image needs it.
//!
//! A stage's view is what holds at its end. What no instruction of it sets comes from its parent stage, with the place
//! of the instruction that did set it; what only the base image knows is null.

use std::collections::HashMap;
use std::ops::Range;

use super::expand::{Value, expand};
use super::image;
use super::instruction::{Instruction, Look};
use super::state::{Budget, State, Variables, is_platform};
use crate::format::members::member;
use crate::format::{Data, FormatError, Member, Node};
use crate::text::Span;

/// One stage while it is read.
struct Stage {
    name: Node,
    from: Node,
    scratch: bool,
    parent: Option<usize>,
    /// Earlier stages that it copies from.
    sources: Vec<usize>,
    copies: Vec<Node>,
    instructions: Vec<usize>,
    state: State,
    /// Whether this very stage has a CMD: an ENTRYPOINT empties an inherited one.
    own_cmd: bool,
    span: Span,
}

/// Reads stages, instruction by instruction.
#[derive(Default)]
pub(super) struct Stages {
    globals: Variables,
    names: HashMap<String, usize>,
    list: Vec<Stage>,
}

impl Stages {
    /// What is known of a variable where the next instruction stands.
    pub(super) fn look(&self, instruction: &str, name: &str) -> Value {
        match self.list.last() {
            Some(stage) if instruction != "FROM" => stage.state.look(name),
            _ => self.look_global(name),
        }
    }

    fn look_global(&self, name: &str) -> Value {
        if is_platform(name) { Value::Unknown } else { self.globals.value(name).unwrap_or(Value::Unset) }
    }

    /// Takes the next instruction, the `index`th of the file.
    pub(super) fn take(
        &mut self,
        index: usize,
        instruction: &Instruction<'_>,
        budget: &mut Budget,
    ) -> Result<(), FormatError> {
        if instruction.name == "FROM" {
            self.open(instruction, budget)?;
        }
        let Some(number) = self.list.len().checked_sub(1) else {
            if instruction.name == "ARG" {
                let pairs = set_pairs(instruction, &|name| self.look_global(name));
                for pair in pairs {
                    self.globals.set(pair);
                }
            }
            return Ok(());
        };
        let sources: Vec<_> =
            source_ranges(instruction).iter().map(|range| self.source(instruction, range, number)).collect();
        let Some(stage) = self.list.last_mut() else { return Ok(()) };
        stage.instructions.push(index);
        stage.span = stage.span.cover(instruction.logical.span);
        for source in sources {
            stage.sources.extend(source.as_ref().ok().copied().map(|(stage, _)| stage));
            stage.copies.push(match source {
                Ok((number, span)) => Node::new(Data::Number(number.into()), span),
                Err(image) => image,
            });
        }
        stage.apply(instruction, &self.globals);
        Ok(())
    }

    /// Begins a stage; a FROM without an image begins none.
    fn open(&mut self, instruction: &Instruction<'_>, budget: &mut Budget) -> Result<(), FormatError> {
        let mut words = instruction.words();
        let Some(base) = words.next() else { return Ok(()) };
        let look = |name: &str| self.look_global(name);
        let raw = instruction.slice(&base);
        let image = expand(raw, instruction.escape(), &look);
        let place = |part: Range<usize>| instruction.place(&(part.start + base.start..part.end + base.start));
        let mut from = image::node(raw, &image, instruction.place(&base), &place);
        if let (Some(platform), Data::Object(members)) = (instruction.flag("platform"), &mut from.data) {
            members.push(member("platform", instruction.expanded(platform, &look)));
        }
        let known = image.unknown.is_empty();
        let parent = self.names.get(&image.text.to_ascii_lowercase()).copied().filter(|_| known);
        let named = words.next().filter(|word| instruction.slice(word).eq_ignore_ascii_case("AS")).and(words.next());
        let span = instruction.logical.span;
        let name =
            named.map_or_else(|| Node::new(Data::Null, span), |word| instruction.expanded(&word, &|_| Value::Unknown));
        let state = parent.and_then(|parent| self.list.get(parent)).map(|parent| &parent.state);
        if let Some(state) = state {
            state.nodes().try_for_each(|node| budget.pay(node))?;
        }
        let state = state.cloned().unwrap_or_default();
        if let Some(name) = name.as_str() {
            self.names.insert(name.to_ascii_lowercase(), self.list.len());
        }
        let scratch = parent.is_none() && known && image.text == "scratch";
        let (sources, copies, instructions) = (Vec::new(), Vec::new(), Vec::new());
        self.list.push(Stage {
            name,
            from,
            scratch,
            parent,
            sources,
            copies,
            instructions,
            state,
            own_cmd: false,
            span,
        });
        Ok(())
    }

    /// An earlier stage, or the tree of an image, that `--from` names.
    fn source(&self, instruction: &Instruction<'_>, range: &Range<usize>, own: usize) -> Result<(usize, Span), Node> {
        let (raw, span) = (instruction.slice(range), instruction.place(range));
        let by_number = || raw.parse::<usize>().ok().filter(|&number| number < own);
        let by_name = self.names.get(&raw.to_ascii_lowercase()).copied().filter(|&number| number < own);
        if let Some(stage) = by_name.or_else(by_number) {
            return Ok((stage, span));
        }
        let image = expand(raw, instruction.escape(), &|_| Value::Unknown);
        let place = |part: Range<usize>| instruction.place(&(part.start + range.start..part.end + range.start));
        Err(image::node(raw, &image, span, &place))
    }

    /// The trees of all stages; the last one is final.
    pub(super) fn into_nodes(self, budget: &mut Budget) -> Result<Vec<Node>, FormatError> {
        let needed = self.needed();
        let count = self.list.len();
        let stages = self.list.into_iter().zip(needed).enumerate();
        stages
            .map(|(index, (stage, needed))| {
                let node = stage.into_node(index, index + 1 == count, needed);
                budget.pay(&node).map(|()| node)
            })
            .collect()
    }

    /// Which stages the final one reaches. A stage reaches only earlier ones, so one pass from the end is enough.
    fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.list.len()];
        if let Some(last) = needed.last_mut() {
            *last = true;
        }
        for (index, stage) in self.list.iter().enumerate().rev() {
            if needed.get(index) == Some(&true) {
                for source in stage.sources.iter().chain(&stage.parent) {
                    needed.get_mut(*source).into_iter().for_each(|mark| *mark = true);
                }
            }
        }
        needed
    }
}

impl Stage {
    fn apply(&mut self, instruction: &Instruction<'_>, globals: &Variables) {
        let state = &self.state;
        let look: Look<'_> = &|name| state.look(name);
        let arguments = &instruction.arguments;
        match instruction.name.as_str() {
            "ENV" => set_pairs(instruction, look).into_iter().for_each(|pair| self.state.env.set(pair)),
            "ARG" => {
                for mut pair in set_pairs(instruction, look) {
                    if pair.value.data == Data::Null
                        && let Some(global) = globals.get(&pair.key)
                    {
                        pair.value = global.clone();
                    }
                    self.state.args.set(pair);
                }
            }
            "USER" if !arguments.is_empty() => self.state.user = Some(instruction.expanded(arguments, look)),
            "WORKDIR" if !arguments.is_empty() => {
                let node = instruction.expanded(arguments, look);
                self.state.workdir = Some(joined_path(self.state.workdir.as_ref(), node));
            }
            "EXPOSE" => {
                let ports: Vec<Node> = instruction.words().map(|word| instruction.expanded(&word, look)).collect();
                self.state.exposes.extend(ports);
            }
            "HEALTHCHECK" => self.state.healthcheck = Some(healthcheck(instruction)),
            "CMD" => {
                self.state.cmd = invocation(instruction);
                self.own_cmd = true;
            }
            "ENTRYPOINT" => {
                self.state.entrypoint = invocation(instruction);
                self.state.cmd.take_if(|_| !self.own_cmd);
            }
            "" if !instruction.slice(arguments).starts_with("{#") => {
                let line = instruction.slice(arguments).to_owned();
                self.state.template = Some(Node::new(Data::Opaque(line), instruction.logical.span));
            }
            _ => {}
        }
    }

    fn into_node(self, index: usize, last: bool, needed: bool) -> Node {
        let (span, state) = (self.span, self.state);
        let flag = |value| Node::new(Data::Bool(value), span);
        let number = |value: usize| Node::new(Data::Number(value.into()), span);
        let array = |items| Node::new(Data::Array(items), span);
        let absent = state.template.unwrap_or_else(|| Node::new(Data::Null, self.from.span));
        let setting = |node: Option<Node>| node.unwrap_or_else(|| absent.clone());
        let members = vec![
            member("index", number(index)),
            member("name", self.name),
            member("from", self.from),
            member("external", flag(self.parent.is_none() && !self.scratch)),
            member("scratch", flag(self.scratch)),
            member("parent_stage", self.parent.map_or_else(|| Node::new(Data::Null, span), number)),
            member("user", setting(state.user)),
            member("healthcheck", setting(state.healthcheck)),
            member("entrypoint", setting(state.entrypoint)),
            member("cmd", setting(state.cmd)),
            member("exposes", array(state.exposes)),
            member("env", Node::new(Data::Object(state.env.members), span)),
            member("args", Node::new(Data::Object(state.args.members), span)),
            member("workdir", setting(state.workdir)),
            member("copies_from", array(self.copies)),
            member("final", flag(last)),
            member("needed", flag(needed)),
            member("instructions", array(self.instructions.into_iter().map(number).collect())),
        ];
        Node::new(Data::Object(members), span)
    }
}

fn healthcheck(instruction: &Instruction<'_>) -> Node {
    let span = instruction.logical.span;
    let first = instruction.words().next().map_or("", |word| instruction.slice(&word)).to_ascii_lowercase();
    match first.as_str() {
        "none" | "cmd" => Node::string(first, span),
        _ => Node::new(Data::Opaque(instruction.slice(&instruction.arguments).to_owned()), span),
    }
}

fn invocation(instruction: &Instruction<'_>) -> Option<Node> {
    let range = instruction.command()?;
    Some(Node::new(Data::Object(instruction.invocation(&range)), instruction.place(&range)))
}

fn joined_path(base: Option<&Node>, path: Node) -> Node {
    let Data::String(text) = &path.data else { return path };
    let absolute = text.starts_with(['/', '\\']) || text.get(1..2) == Some(":");
    let full = match base.map(|base| &base.data) {
        _ if absolute => return path,
        Some(Data::String(base)) if base.len() < 4096 => format!("{}/{text}", base.trim_end_matches('/')),
        Some(_) => return Node::new(Data::Opaque(text.clone()), path.span),
        None => return path,
    };
    Node::string(full, path.span)
}

/// The `NAME=value` words of an ENV or ARG; an ARG without a value is null, and `ENV NAME value` takes the whole rest.
fn set_pairs(instruction: &Instruction<'_>, look: Look<'_>) -> Vec<Member> {
    let mut words = instruction.words();
    let mut pairs = Vec::new();
    while let Some(word) = words.next() {
        let raw = instruction.slice(&word);
        let (name, value) = match raw.find('=') {
            Some(sign) => (word.start..word.start + sign, Some(word.start + sign + 1..word.end)),
            None if instruction.name == "ENV" && pairs.is_empty() => {
                (word, Some(words.rest()..instruction.arguments.end))
            }
            None => (word, None),
        };
        let whole = raw.len() == name.len() && value.is_some();
        let key_span = instruction.place(&name);
        let value = match value {
            Some(value) => instruction.expanded(&value, look),
            None => Node::new(Data::Null, key_span),
        };
        let key = instruction.slice(&name).trim_matches(['"', '\'']).to_owned();
        pairs.push(Member { key, key_span, value });
        if whole {
            break;
        }
    }
    pairs
}

/// Where an instruction names other stages or images: `--from=…`, and `from=…` in `--mount=…`.
fn source_ranges(instruction: &Instruction<'_>) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for flag in &instruction.flags {
        let Some(value) = &flag.value else { continue };
        match (instruction.name.as_str(), flag.name.as_str()) {
            ("COPY", "from") => ranges.push(value.clone()),
            ("RUN", "mount") => {
                let mut at = value.start;
                for part in instruction.slice(value).split(',') {
                    if part.starts_with("from=") {
                        ranges.push(at + "from=".len()..at + part.len());
                    }
                    at += part.len() + 1;
                }
            }
            _ => {}
        }
    }
    ranges
}
