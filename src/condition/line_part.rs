//! The part of an expression over a whole file that takes a value, where it lies on one line: sections that an expression
//! takes whole, to pass over them, tell nothing of a file without any such line.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::condition::expression::has_group;

/// The branches of an expression that have the group `group`, as one expression; `None` where others are missing, or
/// where one may begin within a line or go beyond it.
pub(super) fn line_part(hir: &Hir, group: &str) -> Option<Hir> {
    let all = branches(hir);
    let taking: Vec<Hir> = all.iter().filter(|branch| has_group(branch, &|name| name == group)).cloned().collect();
    let on_lines = |branch: &Hir| branch.properties().look_set_prefix().contains(Look::StartLF) && !may_break(branch);
    (!taking.is_empty() && taking.len() < all.len() && taking.iter().all(on_lines)).then(|| Hir::alternation(taking))
}

/// The branches at the top; the parser takes out what all of them begin with.
fn branches(hir: &Hir) -> Vec<Hir> {
    match hir.kind() {
        HirKind::Alternation(branches) => branches.clone(),
        HirKind::Concat(parts) => match parts.split_last() {
            Some((last, prefix)) if matches!(last.kind(), HirKind::Alternation(_)) => {
                let whole = |branch| Hir::concat(prefix.iter().cloned().chain([branch]).collect());
                branches(last).into_iter().map(whole).collect()
            }
            _ => vec![hir.clone()],
        },
        _ => vec![hir.clone()],
    }
}

/// Whether a match may hold a line end.
fn may_break(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&b'\n'))
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&'\n'))
        }
        HirKind::Repetition(repeated) => may_break(&repeated.sub),
        HirKind::Capture(capture) => may_break(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_break),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::expression::parse;

    fn part(pattern: &str) -> Option<String> {
        line_part(&parse(pattern).unwrap(), "secret").map(|part| part.to_string())
    }

    #[test]
    fn only_the_branch_with_the_value_is_left() {
        let part = part(r"^test:\n(?:[ ][^\n]*\n)*|^[ \t]*key[ \t]*=[ \t]*(?P<secret>[a-z]+)").unwrap();
        assert!(part.contains("secret") && !part.contains("test"), "{part}");
        let again = parse(&part).unwrap();
        assert_eq!(again.to_string(), part, "it says the same when it is read again");
    }

    #[test]
    fn what_may_go_beyond_a_line_is_none() {
        assert_eq!(part(r"^a\n|^key\s*=(?P<secret>[a-z]+)"), None);
        assert_eq!(part(r"^a\n|^key=(?P<secret>[^;]+)"), None);
    }

    #[test]
    fn what_may_begin_within_a_line_is_none() {
        assert_eq!(part(r"^a\n|key=(?P<secret>[a-z]+)"), None);
    }

    #[test]
    fn an_expression_of_one_branch_is_none() {
        assert_eq!(part(r"^key=(?P<secret>[a-z]+)"), None);
        assert_eq!(part(r"^(?:a|b)\n"), None);
    }
}
