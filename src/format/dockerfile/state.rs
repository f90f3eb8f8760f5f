//! What holds at one place of a build: variables and settings, as a child stage inherits them, and the budget that
//! bounds the copies which inheritance makes.

use std::collections::HashMap;

use super::expand::Value;
use crate::format::{Data, FormatError, Limits, Member, Node};

/// Arguments that every build sets by itself.
const PLATFORM_ARGUMENTS: &[&str] = &[
    "BUILDARCH",
    "BUILDOS",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
];

/// What may still be put into the tree; inheritance copies, so the text's length alone is no bound.
pub(super) struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    /// The budget that `limits` give.
    pub(super) fn new(limits: &Limits) -> Self {
        Self { left: limits.nodes, limit: limits.nodes }
    }

    /// Pays for a copy of `node`.
    pub(super) fn pay(&mut self, node: &Node) -> Result<(), FormatError> {
        self.left = self
            .left
            .checked_sub(cost(node))
            .ok_or_else(|| FormatError::at(format!("more than {} nodes", self.limit), node.span.start))?;
        Ok(())
    }
}

/// One for the node, and one for each 256 bytes of text.
fn cost(node: &Node) -> usize {
    1 + match &node.data {
        Data::String(text) | Data::Opaque(text) => text.len() / 256,
        Data::Array(items) => items.iter().map(cost).sum(),
        Data::Object(members) => members.iter().map(|member| member.key.len() / 256 + cost(&member.value)).sum(),
        Data::Null | Data::Bool(_) | Data::Number(_) => 0,
    }
}

/// Variables in the order in which they were first set.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables {
    pub(super) members: Vec<Member>,
    index: HashMap<String, usize>,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.index.get(name).and_then(|&at| self.members.get(at)).map(|member| &member.value)
    }

    pub(super) fn set(&mut self, member: Member) {
        let at = *self.index.entry(member.key.clone()).or_insert(self.members.len());
        match self.members.get_mut(at) {
            Some(old) => *old = member,
            None => self.members.push(member),
        }
    }

    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.get(name).map(|node| match &node.data {
            Data::String(text) => Value::Known(text.clone()),
            Data::Null => Value::Unset,
            _ => Value::Unknown,
        })
    }
}

/// What a child stage inherits.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) env: Variables,
    pub(super) args: Variables,
    pub(super) exposes: Vec<Node>,
    pub(super) user: Option<Node>,
    pub(super) healthcheck: Option<Node>,
    pub(super) entrypoint: Option<Node>,
    pub(super) cmd: Option<Node>,
    pub(super) workdir: Option<Node>,
    /// A line of a template, which may set anything.
    pub(super) template: Option<Node>,
}

impl State {
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        let settings = [&self.user, &self.healthcheck, &self.entrypoint, &self.cmd, &self.workdir, &self.template];
        let variables = self.env.members.iter().chain(&self.args.members).map(|member| &member.value);
        variables.chain(&self.exposes).chain(settings.into_iter().flatten())
    }

    pub(super) fn look(&self, name: &str) -> Value {
        let argument = || if is_platform(name) { None } else { self.args.value(name) };
        self.env.value(name).or_else(argument).unwrap_or(Value::Unknown)
    }
}

/// Whether every build sets the argument `name` by itself.
pub(super) fn is_platform(name: &str) -> bool {
    PLATFORM_ARGUMENTS.contains(&name)
}
