//! Names of rules and patterns: slugs that equal the path of the rule's file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `area/name`, in lower case with dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// Parses `area/name`; the error says what is wrong, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let slug = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !part.starts_with('-')
        };
        match text.split_once('/') {
            Some((area, name)) if slug(area) && slug(name) => Ok(Self(text.to_owned())),
            _ => Err(format!("`{text}` is no rule id: it is `area/name` in lower case, with dashes")),
        }
    }

    /// The part before the slash.
    pub fn area(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(area, _)| area)
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `name`, of a rule, of an area or of a pattern of a rule, concerns the rule `id`.
pub fn concerns(name: &str, id: &str) -> bool {
    let is_below = |part: &str, whole: &str| part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('/'));
    name == id || is_below(id, name) || is_below(name, id)
}

/// The nearest of `known` to a mistyped `word`, when it is near enough to be meant.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = word.chars().count() / 3 + 1;
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= near)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to add to "there is no `word`": the nearest of `known` as a question, or nothing.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(word, known).map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default()
}

/// Levenshtein's edit distance, in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_concerned_by_its_name_its_area_and_its_patterns() {
        let names = ["security/csrf", "security", "security/csrf/form", "sec", "security/csrf-form", "delivery"];
        let concerned: Vec<bool> = names.iter().map(|name| concerns(name, "security/csrf")).collect();
        assert_eq!(concerned, [true, true, true, false, false, false]);
    }

    #[test]
    fn ids_are_two_slugs() {
        assert_eq!(RuleId::parse("data/backups").unwrap().area(), "data");
        for wrong in ["backups", "Data/backups", "data/", "data/a/b", "data/_x", "/x"] {
            assert!(RuleId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_typo_finds_its_word_and_nonsense_does_not() {
        let known = ["severity", "confidence", "title"];
        assert_eq!(did_you_mean("serverity", known), Some("severity"));
        assert_eq!(did_you_mean("confidense", known), Some("confidence"));
        assert_eq!(did_you_mean("zzzzzz", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
