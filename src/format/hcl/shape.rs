//! Bodies and blocks as the document's tree (the shape is told in `mod.rs`).
//!
//! `count`, `for_each` and `dynamic` are expanded as far as their lists are known: what is known to have no instance is
//! left out, several instances give what they agree on, and an unknown list leaves an opaque member behind.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};

use super::expression::Reader;
use super::functions;
use crate::format::{Data, Member, Node};
use crate::text::Span;

/// Most instances that are worked out one by one; of more, what differs is unknown by itself.
const MOST_INSTANCES: usize = 64;
/// Most elements that a `dynamic` block is expanded to.
const MOST_ELEMENTS: usize = 256;

/// How many labels name a top-level block of Terraform's.
pub(super) fn labels_of(kind: &str) -> usize {
    match kind {
        "resource" | "data" | "ephemeral" | "action" => 2,
        "module" | "provider" | "variable" | "output" | "check" => 1,
        _ => 0,
    }
}

/// What of a file is `wanted`, by the names of its attributes and the kinds of its blocks.
pub(super) fn file(reader: &mut Reader<'_>, body: &Body, wanted: &impl Fn(&str) -> bool) -> Node {
    let mut members = Vec::new();
    for structure in body {
        match structure {
            Structure::Attribute(attribute) if !wanted(attribute.key.value().as_str()) => {}
            Structure::Attribute(attribute) => {
                let key_span = reader.span(attribute.key.span());
                let value = reader.value(&attribute.value);
                members.push(Member { key: attribute.key.value().as_str().to_owned(), key_span, value });
            }
            Structure::Block(block) if !wanted(block.ident.value().as_str()) => {}
            Structure::Block(block) => {
                if let Some(node) = top(reader, block) {
                    append(&mut members, block.ident.value().as_str(), node);
                }
            }
        }
    }
    Node::new(Data::Object(members), Span::new(0, reader.text.len()))
}

/// Adds `node` to the list `key`.
pub(super) fn append(members: &mut Vec<Member>, key: &str, node: Node) {
    let span = node.span;
    let Some(member) = members.iter_mut().find(|member| member.key == key) else {
        let value = Node::new(Data::Array(vec![node]), span);
        members.push(Member { key: key.to_owned(), key_span: span, value });
        return;
    };
    let value = &mut member.value;
    match &mut value.data {
        Data::Array(items) => items.push(node),
        // The `dynamic` block before it is not known, this one is.
        Data::Opaque(_) if !matches!(node.data, Data::Opaque(_)) => {
            let first = Node::new(std::mem::replace(&mut value.data, Data::Null), value.span);
            value.data = Data::Array(vec![first, node]);
        }
        _ => {}
    }
}

fn top(reader: &mut Reader<'_>, block: &Block) -> Option<Node> {
    let kind = block.ident.value().as_str();
    let header = header(reader, block);
    let labels: Vec<Node> = block.labels.iter().map(|label| Node::string(label.as_str(), header)).collect();
    let (values, condition) = instances(reader, &block.body, header)?;
    Some(named(kind, &labels, header, values, condition))
}

/// A top-level block with its labels.
pub(super) fn named(kind: &str, labels: &[Node], header: Span, values: Node, condition: Option<Node>) -> Node {
    let member = |key: &str, value: Node| Member { key: key.to_owned(), key_span: header, value };
    let texts: Vec<&str> = labels.iter().filter_map(Node::as_str).collect();
    let mut members = Vec::with_capacity(5);
    match labels {
        [name] => members.push(member("name", name.clone())),
        [kind, name, ..] => {
            members.push(member("type", kind.clone()));
            members.push(member("name", name.clone()));
        }
        [] => {}
    }
    if !texts.is_empty() {
        let root = match kind {
            "resource" => Vec::new(),
            "variable" => vec!["var"],
            other => vec![other],
        };
        let address = [root, texts].concat().join(".");
        members.push(member("address", Node::string(address, header)));
    }
    members.extend(condition.map(|text| member("conditional", text)));
    members.push(member("values", values));
    Node::new(Data::Object(members), header)
}

fn header(reader: &Reader<'_>, block: &Block) -> Span {
    let ident = reader.span(block.ident.span());
    block.labels.iter().fold(ident, |span, label| span.cover(reader.span(label.span())))
}

/// What the instances of a block agree on, with the condition under which there are any; `None`: there are none.
fn instances(reader: &mut Reader<'_>, body: &Body, header: Span) -> Option<(Node, Option<Node>)> {
    let condition = |value: &Node| Node::string(value.scalar_text().unwrap_or_default(), value.span);
    if let Some(count) = body.get_attribute("count") {
        let count = reader.value(&count.value);
        let number = if let Data::Number(number) = &count.data { number.as_u64() } else { None };
        return match number {
            Some(0) => None,
            Some(1) => {
                let first = index(Data::Number(0.into()), header);
                Some((reader.with("count", first, |reader| values(reader, body, header)), None))
            }
            Some(_) => Some((values(reader, body, header), None)),
            None => Some((values(reader, body, header), Some(condition(&count)))),
        };
    }
    let Some(each) = body.get_attribute("for_each") else { return Some((values(reader, body, header), None)) };
    let each = reader.value(&each.value);
    let Some(pairs) = functions::pairs(&each) else {
        return Some((values(reader, body, header), Some(condition(&each))));
    };
    if pairs.len() > MOST_INSTANCES {
        return Some((values(reader, body, header), None));
    }
    let is_list = matches!(each.data, Data::Array(_));
    let one = |(key, value): (Node, Node)| {
        let key = if is_list { value.clone() } else { key };
        reader.with("each", element(key, value, header), |reader| values(reader, body, header))
    };
    Some((pairs.into_iter().map(one).reduce(agreed)?, None))
}

fn index(index: Data, span: Span) -> Node {
    let value = Node::new(index, span);
    Node::new(Data::Object(vec![Member { key: "index".to_owned(), key_span: span, value }]), span)
}

fn element(key: Node, value: Node, span: Span) -> Node {
    let member = |name: &str, value| Member { key: name.to_owned(), key_span: span, value };
    Node::new(Data::Object(vec![member("key", key), member("value", value)]), span)
}

/// The members of a body.
fn values(reader: &mut Reader<'_>, body: &Body, span: Span) -> Node {
    reader.spend(1);
    let mut members: Vec<Member> = Vec::with_capacity(body.len());
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let key_span = reader.span(attribute.key.span());
                let value = reader.value(&attribute.value);
                if value.data != Data::Null {
                    members.push(Member { key: attribute.key.value().as_str().to_owned(), key_span, value });
                }
            }
            Structure::Block(block) if block.has_ident("dynamic") => dynamic(reader, block, &mut members),
            Structure::Block(block) => {
                let node = nested(reader, block);
                append(&mut members, block.ident.value().as_str(), node);
            }
        }
    }
    Node::new(Data::Object(members), span)
}

fn nested(reader: &mut Reader<'_>, block: &Block) -> Node {
    let header = header(reader, block);
    let mut node = values(reader, &block.body, header);
    if let (Data::Object(members), Some(label)) = (&mut node.data, block.labels.first()) {
        let value = Node::string(label.as_str(), header);
        members.insert(0, Member { key: "label".to_owned(), key_span: header, value });
    }
    node
}

fn dynamic(reader: &mut Reader<'_>, block: &Block, members: &mut Vec<Member>) {
    let header = header(reader, block);
    let Some(label) = block.labels.first().map(|label| label.as_str().to_owned()) else { return };
    let content = block.body.get_blocks("content").next();
    let each = block.body.get_attribute("for_each").map(|each| reader.value(&each.value));
    let iterator = match block.body.get_attribute("iterator").map(|iterator| &iterator.value) {
        Some(Expression::Variable(name)) => name.value().as_str().to_owned(),
        _ => label.clone(),
    };
    let pairs = each.as_ref().and_then(functions::pairs).filter(|pairs| pairs.len() <= MOST_ELEMENTS);
    let (Some(pairs), Some(content)) = (pairs, content) else {
        let unknown = reader.opaque(reader.span(block.span()));
        append_unknown(members, &label, Node { span: header, ..unknown });
        return;
    };
    for (key, value) in pairs {
        reader.spend(value.count());
        let node = reader.with(&iterator, element(key, value, header), |reader| values(reader, &content.body, header));
        append(members, &label, node);
    }
}

/// A list of which nothing is known, or not how many more it has.
fn append_unknown(members: &mut Vec<Member>, key: &str, node: Node) {
    if members.iter().any(|member| member.key == key) {
        append(members, key, node);
    } else {
        members.push(Member { key: key.to_owned(), key_span: node.span, value: node });
    }
}

/// What two instances have in common; where they differ nothing is known.
fn agreed(one: Node, other: Node) -> Node {
    let span = one.span;
    let unknown = |node: &Node| {
        let raw = node.scalar_text().unwrap_or_default();
        Node::new(Data::Opaque(raw), span)
    };
    match (one.data, other.data) {
        (Data::Object(ours), Data::Object(mut theirs)) => {
            let mut members = Vec::with_capacity(ours.len());
            for mut member in ours {
                let at = theirs.iter().position(|their| their.key == member.key);
                member.value = match at {
                    Some(at) => agreed(member.value, theirs.swap_remove(at).value),
                    None => unknown(&member.value),
                };
                members.push(member);
            }
            let rest = theirs.into_iter().map(|member| Member { value: unknown(&member.value), ..member });
            members.extend(rest);
            Node::new(Data::Object(members), span)
        }
        (Data::Array(ours), Data::Array(theirs)) if ours.len() == theirs.len() => {
            let items = ours.into_iter().zip(theirs).map(|(one, other)| agreed(one, other)).collect();
            Node::new(Data::Array(items), span)
        }
        (ours, theirs) if ours == theirs => Node::new(ours, span),
        (ours, _) => unknown(&Node::new(ours, span)),
    }
}
