//! The JSON spelling of Terraform (`.tf.json`), and the bound on objects that the native parser needs.
//!
//! Top-level blocks get the shape of the native spelling; strings with holes are templates. Nested blocks stay as they
//! are written, an object or a list of them, because only a provider's schema tells a block from a map.

use super::expression::Reader;
use super::scope::{is_known, placed};
use super::shape::{append, labels_of, named};
use crate::format::{Data, FormatError, Member, Node};
use crate::text::Span;

/// What of a file is `wanted`, by the names of its members.
pub(super) fn file(reader: &mut Reader<'_>, root: &Node, wanted: &impl Fn(&str) -> bool) -> Node {
    let mut members = Vec::new();
    for member in root.members().iter().filter(|member| wanted(&member.key)) {
        let key = member.key.as_str();
        if matches!(member.value.data, Data::Object(_) | Data::Array(_)) {
            let mut labels = Vec::new();
            blocks(reader, (key, labels_of(key)), member.key_span, &member.value, &mut labels, &mut members);
        } else {
            let value = value(reader, &member.value);
            members.push(Member { key: key.to_owned(), key_span: member.key_span, value });
        }
    }
    Node::new(Data::Object(members), Span::new(0, reader.text.len()))
}

fn blocks(
    reader: &mut Reader<'_>,
    (kind, labels_wanted): (&str, usize),
    header: Span,
    node: &Node,
    labels: &mut Vec<Node>,
    members: &mut Vec<Member>,
) {
    if let Data::Array(items) = &node.data {
        for item in items.iter().filter(|item| matches!(item.data, Data::Object(_))) {
            blocks(reader, (kind, labels_wanted), header, item, labels, members);
        }
        return;
    }
    if labels.len() < labels_wanted {
        for member in node.members() {
            labels.push(Node::string(member.key.as_str(), member.key_span));
            blocks(reader, (kind, labels_wanted), member.key_span, &member.value, labels, members);
            labels.pop();
        }
        return;
    }
    let mut values = value(reader, node);
    values.span = header;
    let number = |count: &Node| if let Data::Number(number) = &count.data { number.as_u64() } else { None };
    let count = values.get("count").map(|count| (number(count), count.clone()));
    if matches!(count, Some((Some(0), _))) {
        return;
    }
    let unknown = count.filter(|(number, _)| number.is_none()).map(|(_, count)| count);
    let each = values.get("for_each").filter(|each| each.is_opaque()).cloned();
    let condition = unknown.or(each).map(|node| Node::string(node.scalar_text().unwrap_or_default(), node.span));
    append(members, kind, named(kind, labels, header, values, condition));
}

/// A value whose strings are templates.
fn value(reader: &mut Reader<'_>, node: &Node) -> Node {
    reader.spend(1);
    let data = match &node.data {
        Data::Array(items) => Data::Array(items.iter().map(|item| value(reader, item)).collect()),
        Data::Object(members) => Data::Object(
            members
                .iter()
                .filter(|member| member.value.data != Data::Null)
                .map(|member| Member { value: value(reader, &member.value), ..member.clone() })
                .collect(),
        ),
        Data::String(text) if text.contains("${") || text.contains("%{") => template(reader, text, node.span),
        other => other.clone(),
    };
    Node::new(data, node.span)
}

/// A template whose places are not those of the file: only what is known in full is taken from it.
fn template(reader: &mut Reader<'_>, text: &str, span: Span) -> Data {
    let quoted = || Data::Opaque(format!("\"{text}\""));
    let Ok(parsed) = hcl_edit::parser::parse_template(text) else { return quoted() };
    if let Some(hcl_edit::template::Element::Interpolation(hole)) = parsed.as_single_element() {
        let node = reader.value(&hole.expr);
        let inner = text.trim_start_matches("${").trim_end_matches('}').trim().to_owned();
        return if is_known(&node) { placed(&node, span).data } else { Data::Opaque(inner) };
    }
    let node = reader.template(parsed.iter(), Span::at(0));
    node.map_or_else(quoted, |node| node.data)
}

/// Most entries of one `{…}`: the native parser compares each key of an object with all before it.
const MOST_ENTRIES: usize = 8_000;

/// Refuses a text in which one pair of braces may hold more entries than the parser can bear.
pub(super) fn refuse_wide_objects(text: &str) -> Result<(), FormatError> {
    let mut open: Vec<usize> = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push(0),
            b'}' => drop(open.pop()),
            b'=' | b':' => {
                if let Some(entries) = open.last_mut() {
                    *entries += 1;
                    if *entries > MOST_ENTRIES {
                        let message = format!("more than {MOST_ENTRIES} entries between two braces");
                        return Err(FormatError::at(message, at));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
