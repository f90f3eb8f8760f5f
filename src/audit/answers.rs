//! What one condition says of one file, and what the syntax patterns of a file say together.

use std::collections::BTreeMap;

use crate::condition::code::{CodeMatch, CodePattern, Dialect, Imports, SyntaxTree, scan};
use crate::condition::matches::{FileMatches, Hit, LeafId};
use crate::condition::text::one_line;
use crate::repo::Role;

/// The answer of one condition about one file, before it is known which file it was.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) hits: Vec<Hit>,
    pub(crate) examined: usize,
    pub(crate) in_order: Option<Hit>,
    pub(crate) opaque: usize,
    pub(crate) broken: Option<String>,
}

impl Answered {
    pub(crate) fn whole_file() -> Self {
        let hit = Hit {
            span: None,
            shows: String::new(),
            captures: Vec::new(),
            confidence: None,
            mark: None,
            past: None,
            secret: None,
        };
        Self { hits: vec![hit], examined: 1, ..Self::default() }
    }

    pub(crate) fn into_matches(self, index: usize, role: Role) -> Option<FileMatches> {
        let silent = self.hits.is_empty() && self.examined == 0 && self.opaque == 0 && self.broken.is_none();
        (!silent).then(|| FileMatches {
            file: u32::try_from(index).unwrap_or(u32::MAX),
            role,
            hits: self.hits,
            examined: self.examined,
            in_order: self.in_order.map(Box::new),
            opaque: self.opaque,
            broken: self.broken,
        })
    }
}

/// The answers of syntax patterns about the text of one file, which is parsed and walked once for all of them.
pub(crate) fn ask_code(asked: &[(LeafId, &CodePattern)], dialect: Dialect, text: &str) -> Vec<(LeafId, Answered)> {
    let Some(tree) = SyntaxTree::parse(dialect, text) else { return Vec::new() };
    let Some(nodes) = tree.nodes() else { return Vec::new() };
    let patterns: Vec<&CodePattern> = asked.iter().map(|(_, pattern)| *pattern).collect();
    let wanted = patterns.iter().any(|pattern| pattern.wants_imports());
    let imports = if wanted { Imports::of(&tree, &nodes) } else { Imports::none(dialect) };
    let mut answers: BTreeMap<LeafId, Answered> = BTreeMap::new();
    for ((id, _), found) in asked.iter().zip(scan(&patterns, &tree, &nodes, &imports)) {
        answers.entry(*id).or_default().hits.extend(found.into_iter().map(|found| code_hit(found, text)));
    }
    for answer in answers.values_mut() {
        answer.hits.sort_by_key(|hit| hit.span);
        answer.hits.dedup_by_key(|hit| hit.span);
    }
    answers.into_iter().collect()
}

fn code_hit(found: CodeMatch, text: &str) -> Hit {
    Hit {
        shows: text.get(found.span.start..found.span.end).map(one_line).unwrap_or_default(),
        span: Some(found.span),
        captures: found.captures,
        confidence: None,
        mark: None,
        past: None,
        secret: None,
    }
}
