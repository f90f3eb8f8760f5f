//! "Did you mean": the nearest of the names that exist, for messages about a name that does not.

/// The name of `known` that is nearest to `word`, as a message tail: `, did you mean `x`?`, or nothing when none is
/// near.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let word: Vec<char> = word.chars().take(64).collect();
    let nearest = known.into_iter().map(|name| (distance(&word, name), name)).min();
    match nearest {
        Some((steps, name)) if steps <= word.len().max(3) / 3 => format!(", did you mean `{name}`?"),
        _ => String::new(),
    }
}

/// Edit distance: insertions, deletions, replacements and swaps of neighbouring characters, ignoring ASCII case.
fn distance(word: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().take(64).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let same = |ours: Option<&char>, theirs: Option<&char>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs),
        _ => false,
    };
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for line in 0..name.len() {
        let mut next = vec![line + 1];
        for column in 0..word.len() {
            let replaced = at(&row, column) + usize::from(!same(word.get(column), name.get(line)));
            let mut least = replaced.min(at(&row, column + 1) + 1).min(at(&next, column) + 1);
            let swapped = line > 0 && column > 0 && same(word.get(column), name.get(line - 1));
            if swapped && same(word.get(column - 1), name.get(line)) {
                least = least.min(at(&above, column - 1) + 1);
            }
            next.push(least);
        }
        above = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        let known = ["minLength", "maxLength", "pattern", "required"];
        assert_eq!(did_you_mean("minlenght", known), ", did you mean `minLength`?");
        assert_eq!(did_you_mean("require", known), ", did you mean `required`?");
        assert_eq!(did_you_mean("prot", ["port", "part"]), ", did you mean `port`?");
        assert_eq!(did_you_mean("colour", known), "");
        assert_eq!(did_you_mean("", known), "");
        assert_eq!(did_you_mean("x", []), "");
    }
}
