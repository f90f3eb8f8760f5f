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
        let name = &tail[1..close];
        match captures.clone().find(|(known, _)| known == name) {
            Some((_, text)) => out.push_str(text),
            None => out.push_str(&tail[..=close]),
        }
        rest = &tail[close + 1..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn known_names_are_replaced_and_others_stay() {
        let captures = [("image".to_owned(), "redis".to_owned())];
        assert_eq!(fill("image {image} has {x} {", &captures), "image redis has {x} {");
    }
}
