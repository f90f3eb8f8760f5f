//! The functions and operators that say nothing about the world: conversions, collections, text, JSON.
//!
//! A function that is not in the table, or whose arguments are not known, has no value here.

use hcl_edit::expr::BinaryOperator;
use serde_json::Number;

use super::expression::text_of;
use super::scope::{is_known, placed};
use super::template::embedded;
use crate::format::{Data, Member, Node};
use crate::text::Span;

type Function = fn(&[Node], Span) -> Option<Data>;

const FUNCTIONS: &[(&str, Function)] = &[
    ("coalesce", |arguments, _| first(arguments, |node| !is_blank(node))),
    ("concat", |arguments, _| joined(arguments)),
    ("compact", |arguments, _| kept(arguments, |node| !is_blank(node))),
    ("contains", |arguments, _| contains(arguments)),
    ("distinct", |arguments, _| distinct(arguments)),
    ("jsonencode", |arguments, _| arguments.first().map(|node| node.data.clone())),
    ("jsondecode", |arguments, span| embedded(arguments.first()?.as_str()?, span).map(|node| node.data)),
    ("keys", |arguments, span| keys(arguments, span)),
    ("length", |arguments, _| length(arguments.first()?)),
    ("lookup", |arguments, _| lookup(arguments)),
    ("lower", |arguments, _| Some(Data::String(arguments.first()?.as_str()?.to_lowercase()))),
    ("merge", |arguments, _| merged(arguments)),
    ("nonsensitive", |arguments, _| arguments.first().map(|node| node.data.clone())),
    ("sensitive", |arguments, _| arguments.first().map(|node| node.data.clone())),
    ("setunion", |arguments, _| joined(arguments)),
    ("tobool", |arguments, _| to_bool(arguments.first()?)),
    ("tolist", |arguments, _| listed(arguments)),
    ("tomap", |arguments, _| arguments.first().map(|node| node.data.clone())),
    ("tonumber", |arguments, _| to_number(arguments.first()?)),
    ("toset", |arguments, _| listed(arguments)),
    ("tostring", |arguments, _| text_of(arguments.first()?).map(Data::String)),
    ("trimspace", |arguments, _| Some(Data::String(arguments.first()?.as_str()?.trim().to_owned()))),
    ("try", |arguments, _| first(arguments.get(..1)?, |node| !node.is_opaque())),
    ("upper", |arguments, _| Some(Data::String(arguments.first()?.as_str()?.to_uppercase()))),
    ("values", |arguments, _| values(arguments)),
];

/// Functions whose result holds what it was given, so that an unknown part of it stays an unknown part.
const KEEPS_UNKNOWN: &[&str] = &["jsonencode", "merge", "concat", "tomap", "sensitive", "nonsensitive"];

/// The value of a call at `span`, if it can be known.
pub(super) fn call(name: &str, arguments: &[Node], span: Span) -> Option<Node> {
    let (_, function) = FUNCTIONS.iter().find(|(known, _)| *known == name)?;
    let enough = if KEEPS_UNKNOWN.contains(&name) {
        arguments.iter().all(|argument| !argument.is_opaque())
    } else {
        arguments.iter().all(is_known)
    };
    enough.then(|| function(arguments, span)).flatten().map(|data| {
        let node = Node::new(data, span);
        if name == "jsonencode" || name == "merge" || name == "concat" { node } else { placed(&node, span) }
    })
}

/// Keys and values of a known list, set or map.
pub(super) fn pairs(node: &Node) -> Option<Vec<(Node, Node)>> {
    match &node.data {
        Data::Array(items) => {
            let number = |index: usize| Node::new(Data::Number(index.into()), node.span);
            Some(items.iter().enumerate().map(|(index, item)| (number(index), item.clone())).collect())
        }
        Data::Object(members) => {
            let pair = |member: &Member| (Node::string(member.key.as_str(), node.span), member.value.clone());
            Some(members.iter().map(pair).collect())
        }
        _ => None,
    }
}

/// The element of a list or map at `index`.
pub(super) fn element(node: &Node, index: &Node) -> Option<Node> {
    if index.is_opaque() {
        return None;
    }
    match (&node.data, &index.data) {
        (Data::Array(items), Data::Number(number)) => items.get(usize::try_from(number.as_u64()?).ok()?).cloned(),
        (Data::Object(_), _) => node.get(&text_of(index)?).cloned(),
        _ => None,
    }
}

/// Arithmetic and comparison of known numbers.
pub(super) fn arithmetic(operator: BinaryOperator, left: &Node, right: &Node) -> Option<Data> {
    let (Data::Number(left), Data::Number(right)) = (&left.data, &right.data) else { return None };
    let (left, right) = (left.as_f64()?, right.as_f64()?);
    let made = match operator {
        BinaryOperator::Less => return Some(Data::Bool(left < right)),
        BinaryOperator::LessEq => return Some(Data::Bool(left <= right)),
        BinaryOperator::Greater => return Some(Data::Bool(left > right)),
        BinaryOperator::GreaterEq => return Some(Data::Bool(left >= right)),
        BinaryOperator::Plus => left + right,
        BinaryOperator::Minus => left - right,
        BinaryOperator::Mul => left * right,
        BinaryOperator::Div => left / right,
        _ => return None,
    };
    let whole = format!("{made:.0}").parse::<i64>().ok();
    let exact = whole.filter(|_| made.fract() == 0.0).map(Number::from);
    exact.or_else(|| Number::from_f64(made)).map(Data::Number)
}

fn is_blank(node: &Node) -> bool {
    matches!(&node.data, Data::Null) || node.as_str().is_some_and(str::is_empty)
}

fn first(arguments: &[Node], wanted: impl Fn(&Node) -> bool) -> Option<Data> {
    arguments.iter().find(|node| wanted(node)).map(|node| node.data.clone())
}

fn listed(arguments: &[Node]) -> Option<Data> {
    matches!(arguments, [Node { data: Data::Array(_), .. }]).then(|| distinct(arguments)).flatten()
}

fn distinct(arguments: &[Node]) -> Option<Data> {
    let mut seen = std::collections::HashSet::new();
    let items = arguments.first()?.items().iter().filter(|item| seen.insert(item.to_value().to_string()));
    Some(Data::Array(items.cloned().collect()))
}

fn joined(arguments: &[Node]) -> Option<Data> {
    let lists = arguments.iter().all(|node| matches!(node.data, Data::Array(_)));
    lists.then(|| Data::Array(arguments.iter().flat_map(Node::items).cloned().collect()))
}

fn kept(arguments: &[Node], wanted: impl Fn(&Node) -> bool) -> Option<Data> {
    let [Node { data: Data::Array(items), .. }] = arguments else { return None };
    Some(Data::Array(items.iter().filter(|item| wanted(item)).cloned().collect()))
}

fn contains(arguments: &[Node]) -> Option<Data> {
    let [list, wanted] = arguments else { return None };
    let wanted = wanted.to_value();
    Some(Data::Bool(list.items().iter().any(|item| item.to_value() == wanted)))
}

fn keys(arguments: &[Node], span: Span) -> Option<Data> {
    let [Node { data: Data::Object(members), .. }] = arguments else { return None };
    let mut keys: Vec<&str> = members.iter().map(|member| member.key.as_str()).collect();
    keys.sort_unstable();
    Some(Data::Array(keys.into_iter().map(|key| Node::string(key, span)).collect()))
}

fn values(arguments: &[Node]) -> Option<Data> {
    let [Node { data: Data::Object(members), .. }] = arguments else { return None };
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    Some(Data::Array(sorted.into_iter().map(|member| member.value.clone()).collect()))
}

fn length(node: &Node) -> Option<Data> {
    let count = match &node.data {
        Data::Array(items) => items.len(),
        Data::Object(members) => members.len(),
        Data::String(text) => text.chars().count(),
        _ => return None,
    };
    Some(Data::Number(count.into()))
}

fn lookup(arguments: &[Node]) -> Option<Data> {
    let (map, key) = (arguments.first()?, text_of(arguments.get(1)?)?);
    map.get(&key).or_else(|| arguments.get(2)).map(|node| node.data.clone())
}

fn merged(arguments: &[Node]) -> Option<Data> {
    let mut members: Vec<Member> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for argument in arguments {
        let Data::Object(more) = &argument.data else { return None };
        for member in more {
            if let Some(known) = places.get(&member.key).copied().and_then(|at: usize| members.get_mut(at)) {
                *known = member.clone();
            } else {
                places.insert(member.key.clone(), members.len());
                members.push(member.clone());
            }
        }
    }
    Some(Data::Object(members))
}

fn to_bool(node: &Node) -> Option<Data> {
    match text_of(node)?.as_str() {
        "true" => Some(Data::Bool(true)),
        "false" => Some(Data::Bool(false)),
        _ => None,
    }
}

fn to_number(node: &Node) -> Option<Data> {
    let text = text_of(node)?;
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64)).map(Data::Number)
}
