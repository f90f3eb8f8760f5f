//! Messages with `{capture}` placeholders: one interpolation for every kind of condition.

/// `template` with each `{name}` replaced by the first capture of that name; unknown names stay as they are.
pub fn fill<'a>(template: &str, captures: impl IntoIterator<Item = &'a (String, String), IntoIter: Clone>) -> String {
    let captures = captures.into_iter();
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (head, tail) = rest.split_at(open);
        let Some(close) = tail.find('}') else { break };
        out.push_str(head);
        let (name, otherwise) = split(&tail[1..close]);
        let known = captures.clone().find(|(known, _)| known == name);
        out.push_str(known.map(|(_, text)| text.as_str()).or(otherwise).unwrap_or(&tail[..=close]));
        rest = &tail[close + 1..];
    }
    out + rest
}

/// A name, and what stands there when nothing has it: `{version|any}`.
fn split(inner: &str) -> (&str, Option<&str>) {
    inner.split_once('|').map_or((inner, None), |(name, otherwise)| (name, Some(otherwise)))
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn known_names_are_replaced_and_others_stay() {
        let captures = [("image".to_owned(), "redis".to_owned())];
        assert_eq!(fill("{image|an image} of {tag|any tag}, {x}", &captures), "redis of any tag, {x}");
        assert_eq!(fill("image {image} has {x} {", &captures), "image redis has {x} {");
    }
}
