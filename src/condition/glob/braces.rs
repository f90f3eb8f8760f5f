//! Writes the braces of a glob out into alternatives, so that each can be filed under what it asks for.
//!
//! The last pair is written out first, which holds the extensions as a rule, then the others from the left, which hold
//! folders; where that makes too many, the rest of the braces is left to the matcher.

/// Most alternatives that one glob is written out to.
const ALTERNATIVES: usize = 256;

/// The glob with its braces written out, as far as that stays bounded. Globs with escapes are kept as they are.
pub(super) fn alternatives(glob: &str) -> Vec<String> {
    if !glob.contains('{') || glob.contains('\\') || !are_apart(glob) {
        return vec![glob.to_owned()];
    }
    let mut done = vec![glob.to_owned()];
    let mut pairs = vec![last_pair as Find];
    pairs.resize(glob.bytes().filter(|byte| *byte == b'{').count(), first_pair as Find);
    for pair in pairs {
        let next: Vec<String> = done.iter().flat_map(|glob| written_out(glob, pair)).collect();
        if next.len() > ALTERNATIVES {
            break;
        }
        done = next;
    }
    done
}

/// Finds a pair of braces: the bytes where it opens and closes.
type Find = fn(&str) -> Option<(usize, usize)>;

/// The glob with one pair of braces written out; itself if it has none.
fn written_out(glob: &str, pair: Find) -> Vec<String> {
    let pieces = pair(glob)
        .and_then(|(open, close)| Some((glob.get(..open)?, glob.get(open + 1..close)?, glob.get(close + 1..)?)));
    match pieces {
        None => vec![glob.to_owned()],
        Some((before, inner, after)) => parts(inner).into_iter().map(|part| [before, part, after].concat()).collect(),
    }
}

/// The folders of a glob and its name: what stands before and behind the last slash that no braces hold.
pub(super) fn halves(glob: &str) -> (&str, &str) {
    let (mut depth, mut last) = (0usize, None);
    for (at, byte) in glob.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'/' if depth == 0 => last = Some(at),
            _ => {}
        }
    }
    last.map_or(("", glob), |at| (&glob[..at], &glob[at + 1..]))
}

/// Whether no brace and no comma stands in the brackets of a class.
fn are_apart(glob: &str) -> bool {
    classes(glob).all(|class| class.is_some_and(|class| !class.is_empty() && !class.contains(['{', '}', ','])))
}

/// What stands in the brackets of each class; `None` for one that nothing closes.
pub(super) fn classes(glob: &str) -> impl Iterator<Item = Option<&str>> {
    glob.split('[').skip(1).map(|rest| rest.split_once(']').map(|(class, _)| class))
}

fn first_pair(glob: &str) -> Option<(usize, usize)> {
    pairs(glob).into_iter().next()
}

fn last_pair(glob: &str) -> Option<(usize, usize)> {
    pairs(glob).into_iter().next_back()
}

/// The pairs of braces that stand in no other, in their order.
fn pairs(glob: &str) -> Vec<(usize, usize)> {
    let (mut found, mut depth, mut open) = (Vec::new(), 0usize, 0);
    for (at, byte) in glob.bytes().enumerate() {
        match byte {
            b'{' => {
                if depth == 0 {
                    open = at;
                }
                depth += 1;
            }
            b'}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push((open, at));
                }
            }
            _ => {}
        }
    }
    found
}

/// The parts between the commas that stand in no inner braces.
fn parts(inner: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(glob: &str) -> Vec<String> {
        let mut all = alternatives(glob);
        all.sort();
        all
    }

    #[test]
    fn braces_are_written_out_also_within_braces_and_beside_classes() {
        assert_eq!(
            sorted("{a,b}/[Rr]x.{md,{c,d}.e}"),
            ["a/[Rr]x.c.e", "a/[Rr]x.d.e", "a/[Rr]x.md", "b/[Rr]x.c.e", "b/[Rr]x.d.e", "b/[Rr]x.md"]
        );
        assert_eq!(sorted("[{]{a,b}"), ["[{]{a,b}"]);
    }

    #[test]
    fn too_many_alternatives_leave_the_rest_to_the_matcher() {
        let many = (0..200).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(alternatives(&format!("d/{{{many}}}.{{a,b}}")).len(), 2);
    }
}
