//! The names that the text of an expression refers to: `aws_s3_bucket.logs`, `data.aws_vpc.main`, `module.db`, `var.x`.
//!
//! Made for opaque nodes, which keep their text: a relation between two resources is usually one of these names.

use crate::format::{Data, Node};

/// What an expression refers to, in order, without repetition. Quoted text counts only inside `${…}`.
pub fn references(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut at, mut open) = (0, Vec::<bool>::new());
    let bytes = text.as_bytes();
    // `open` holds, for each open quote or hole, whether names count there.
    while let Some(&byte) = bytes.get(at) {
        let counts = open.last().copied().unwrap_or(!text.trim_start().starts_with("<<"));
        match byte {
            b'\\' => at += 2,
            b'"' if counts => {
                open.push(false);
                at += 1;
            }
            b'"' => {
                open.pop();
                at += 1;
            }
            b'$' | b'%' if bytes.get(at + 1) == Some(&b'{') => {
                open.push(true);
                at += 2;
            }
            b'{' if counts && !open.is_empty() => {
                open.push(true);
                at += 1;
            }
            b'}' if counts && !open.is_empty() => {
                open.pop();
                at += 1;
            }
            _ if counts && (byte.is_ascii_alphabetic() || byte == b'_') => at = name(text, at, &mut found),
            _ => at += 1,
        }
    }
    found
}

/// Reads the name that begins at `start`; the offset behind it.
fn name(text: &str, start: usize, found: &mut Vec<String>) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
    let whole = rest.get(..end).unwrap_or_default().trim_end_matches('.');
    let parts = if whole.starts_with("data.") { 3 } else { 2 };
    let name: Vec<&str> = whole.split('.').take(parts).collect();
    let called = rest.get(end..).is_some_and(|rest| rest.starts_with('('));
    if name.len() == parts && !called && name.iter().all(|part| !part.is_empty()) {
        let name = name.join(".");
        if !found.contains(&name) {
            found.push(name);
        }
    }
    start + end.max(1)
}

/// Everything that `node` and what lies in it refer to: opaque text by its names, `!Ref`, `!GetAtt` and `!Sub` and
/// their long forms by the logical name.
pub fn mentions(node: &Node) -> Vec<String> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

/// Whether a name is one by which it cannot be told what it stands for: a variable, an iterator.
pub fn is_nameless(name: &str) -> bool {
    const ROOTS: &[&str] = &["var.", "local.", "each.", "count.", "self.", "path.", "terraform."];
    ROOTS.iter().any(|root| name.starts_with(root))
}

/// Whether some expression in `node` names nothing by which it could be told what it refers to.
pub fn is_vague(node: &Node) -> bool {
    match &node.data {
        Data::Opaque(text) => references(text).iter().all(|name| is_nameless(name)),
        Data::Array(items) => items.iter().any(is_vague),
        Data::Object(members) => members.iter().any(|member| is_vague(&member.value)),
        _ => false,
    }
}

fn collect(node: &Node, found: &mut Vec<String>) {
    let text = node.scalar_text().unwrap_or_default();
    match node.tag.as_deref() {
        Some("!Ref") => found.push(text),
        Some("!GetAtt") if matches!(node.data, Data::Array(_)) => found.extend(first_text(node)),
        Some("!GetAtt") => found.extend(text.split('.').next().map(str::to_owned)),
        Some("!Sub") => holes(node, found),
        _ => {
            match &node.data {
                Data::Opaque(text) => found.extend(references(text)),
                Data::Array(items) => items.iter().for_each(|item| collect(item, found)),
                Data::Object(members) => members.iter().for_each(|member| match member.key.as_str() {
                    "Ref" => found.extend(member.value.scalar_text()),
                    "Fn::GetAtt" => found.extend(first_text(&member.value).or_else(|| {
                        member.value.scalar_text().and_then(|text| text.split('.').next().map(str::to_owned))
                    })),
                    "Fn::Sub" => holes(&member.value, found),
                    _ => collect(&member.value, found),
                }),
                _ => {}
            }
        }
    }
    if node.tag.is_some() && !matches!(node.tag.as_deref(), Some("!Ref" | "!GetAtt" | "!Sub")) {
        node.items().iter().for_each(|item| collect(item, found));
        node.members().iter().for_each(|member| collect(&member.value, found));
    }
}

fn first_text(node: &Node) -> Option<String> {
    node.items().first().and_then(Node::scalar_text)
}

/// The names in the `${…}` of a text, or of the first item of a list.
fn holes(node: &Node, found: &mut Vec<String>) {
    let text = node.scalar_text().or_else(|| first_text(node)).unwrap_or_default();
    for hole in text.split("${").skip(1) {
        let name = hole.split(['}', '.']).next().unwrap_or_default();
        if !name.is_empty() && !name.starts_with('!') {
            found.push(name.to_owned());
        }
    }
}
