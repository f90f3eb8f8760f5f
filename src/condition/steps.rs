//! The plain steps of a `JSONPath` (`$.jobs.*.steps[*]`): names, indices and "every child".
//!
//! `JSONPath` itself is read by its library. Walking the plain steps ourselves answers what the library cannot: where a
//! path runs into a node whose content is unknown, and where to add a member to the tree.

use crate::format::{Data, Node};
use crate::text::Span;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The member of this name.
    Name(String),
    /// The item at this index, from 0.
    Index(usize),
    /// All children.
    Every,
}

/// The plain steps that `path` begins with, and whether they are all of it. A filter counts as [`Step::Every`] and
/// ends the list, because what it lets through is not ours to say.
pub(crate) fn leading(path: &str) -> (Vec<Step>, bool) {
    let mut steps = Vec::new();
    let mut rest = path.trim().strip_prefix('$').unwrap_or_default();
    while !rest.is_empty() {
        let Some((step, tail)) = step(rest) else {
            if rest.starts_with("[?") {
                steps.push(Step::Every);
            }
            return (steps, false);
        };
        steps.push(step);
        rest = tail;
    }
    (steps, true)
}

/// The steps of a `path` that has no other ones; the error says so.
pub(crate) fn plain(path: &str) -> Result<Vec<Step>, String> {
    match leading(path) {
        (steps, true) if path.starts_with('$') => Ok(steps),
        _ => Err(format!("`{path}` has more than names, indices and `*`")),
    }
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix(".*").or_else(|| text.strip_prefix("[*]")) {
        return Some((Step::Every, rest));
    }
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(|character| !is_name(character)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        return (!name.is_empty()).then(|| (Step::Name(name.to_owned()), rest));
    }
    let rest = text.strip_prefix('[')?;
    if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let (name, rest) = rest.get(1..)?.split_once(quote)?;
        let rest = rest.strip_prefix(']')?;
        return (!name.contains('\\')).then(|| (Step::Name(name.to_owned()), rest));
    }
    let (index, rest) = rest.split_once(']')?;
    Some((Step::Index(index.parse().ok()?), rest))
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
}

/// The name of the member that `path` ends in, if it ends in one.
pub(crate) fn last_name(path: &str) -> Option<&str> {
    let path = path.trim();
    if let Some(inner) = path.strip_suffix("']").or_else(|| path.strip_suffix("\"]")) {
        let name = inner.rsplit(['\'', '"']).next()?;
        return inner.strip_suffix(name)?.strip_suffix(['\'', '"'])?.ends_with('[').then_some(name);
    }
    let name = path.rsplit(|character| !is_name(character)).next()?;
    (!name.is_empty() && path.strip_suffix(name)?.ends_with('.')).then_some(name)
}

/// The places where `steps` would lead into a node whose content is unknown.
pub(crate) fn blind_spots(root: &Node, steps: &[Step], spots: &mut Vec<Span>) {
    if root.is_opaque() {
        spots.push(root.span);
        return;
    }
    let Some((step, rest)) = steps.split_first() else { return };
    let mut down = |node: &Node| {
        // What stands at the very end is selected and judged like any other node.
        if !rest.is_empty() {
            blind_spots(node, rest, spots);
        }
    };
    match step {
        Step::Name(name) => root.get(name).into_iter().for_each(&mut down),
        Step::Index(index) => root.items().get(*index).into_iter().for_each(&mut down),
        Step::Every => {
            root.items().iter().for_each(&mut down);
            root.members().iter().for_each(|member| down(&member.value));
        }
    }
}

/// Calls `see` for every node that `steps` lead to. Nothing is looked for inside an unknown node.
pub(crate) fn each(root: &Node, steps: &[Step], see: &mut dyn FnMut(&Node)) {
    let Some((step, rest)) = steps.split_first() else { return see(root) };
    if root.is_opaque() {
        return;
    }
    match step {
        Step::Name(name) => root.get(name).into_iter().for_each(|node| each(node, rest, see)),
        Step::Index(index) => root.items().get(*index).into_iter().for_each(|node| each(node, rest, see)),
        Step::Every => {
            root.items().iter().for_each(|node| each(node, rest, see));
            root.members().iter().for_each(|member| each(&member.value, rest, see));
        }
    }
}

/// Calls `change` for every node that `steps` lead to. Nothing is looked for inside an unknown node.
pub(crate) fn each_mut(root: &mut Node, steps: &[Step], change: &mut dyn FnMut(&mut Node)) {
    let Some((step, rest)) = steps.split_first() else { return change(root) };
    if root.is_opaque() {
        return;
    }
    match (&mut root.data, step) {
        (Data::Object(members), Step::Name(name)) => {
            if let Some(member) = members.iter_mut().rev().find(|member| member.key == *name) {
                each_mut(&mut member.value, rest, change);
            }
        }
        (Data::Object(members), Step::Every) => {
            for member in members {
                each_mut(&mut member.value, rest, change);
            }
        }
        (Data::Array(items), Step::Every) => items.iter_mut().for_each(|item| each_mut(item, rest, change)),
        (Data::Array(items), Step::Index(index)) => {
            if let Some(item) = items.get_mut(*index) {
                each_mut(item, rest, change);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::condition::schema::sample::placed;

    #[test]
    fn plain_steps_are_read_up_to_the_first_other_one() {
        let name = |text: &str| Step::Name(text.to_owned());
        let table = [
            ("$", vec![], true),
            ("$.jobs.*['my steps'][0]", vec![name("jobs"), Step::Every, name("my steps"), Step::Index(0)], true),
            ("$.a[*][\"b-c\"]", vec![name("a"), Step::Every, name("b-c")], true),
            ("$.stages[?@.external == true].from", vec![name("stages"), Step::Every], false),
            ("$..image", vec![], false),
            ("$.a['b','c']", vec![name("a")], false),
            ("$.a[-1]", vec![name("a")], false),
            ("$.a[0:2].b", vec![name("a")], false),
        ];
        for (path, steps, complete) in table {
            assert_eq!(leading(path), (steps, complete), "{path}");
        }
    }

    #[test]
    fn the_last_name_of_a_path() {
        let table = [
            ("$.a.image", Some("image")),
            ("$..image", Some("image")),
            ("$.a[?@.b == 'c'].d", Some("d")),
            ("$.a['b c']", Some("b c")),
            ("$.a[\"b\"]", Some("b")),
            ("$.a[?@.b == 'c']", None),
            ("$.a[?@.b == 'it[']", None),
            ("$.a['b','c']", None),
            ("$.a[*]", None),
            ("$.a.*", None),
            ("$", None),
        ];
        for (path, name) in table {
            assert_eq!(last_name(path), name, "{path}");
        }
    }

    #[test]
    fn a_path_that_runs_into_the_unknown_says_where() {
        let value =
            json!({"jobs": {"a": "opaque:x", "b": {"steps": "opaque:y"}, "c": {"steps": [{"run": "opaque:z"}]}}});
        let (text, root) = placed(&value);
        let spots = |path: &str| {
            let mut spots = Vec::new();
            blind_spots(&root, &leading(path).0, &mut spots);
            spots.iter().map(|span| text[span.start..span.end].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(spots("$.jobs.*.steps[*].run"), ["\"opaque:x\"", "\"opaque:y\""]);
        assert_eq!(spots("$.jobs.*"), [""; 0]);
        assert_eq!(spots("$.jobs.*.steps"), ["\"opaque:x\""]);
    }
}
