//! What a file must hold for a rule to match in it: the literals of the prefilter, read off the rule itself.
//!
//! Every part of a rule object must hold, so any one part's literals will do, and the rarest-looking are taken; of `any`,
//! every branch must give some. `not` promises nothing. A set that cannot be derived is empty: the file is always parsed.

use serde_json::{Map, Value};

use super::language::Dialect;
use super::module_pattern::ModulePattern;
use super::spec::CodeSpec;
use super::words::Words;

/// Shortest literal that is worth scanning for.
const SHORTEST: usize = 3;
/// Deepest nesting of rule objects that is looked into; also ends cycles of `matches`.
const MAX_NESTING: usize = 16;
/// Most literals of one rule; with more, the scan finds something in every file.
const MAX_LITERALS: usize = 24;

/// Words that nearly every file holds.
const COMMON: &[&str] = &[
    "False", "None", "String", "True", "async", "await", "bool", "case", "catch", "class", "const", "def", "default",
    "echo", "else", "end", "except", "export", "false", "finally", "for", "from", "func", "function", "get", "import",
    "int", "let", "module", "mut", "new", "nil", "null", "package", "private", "pub", "public", "raise", "require",
    "return", "self", "set", "static", "string", "struct", "super", "switch", "this", "throw", "true", "try", "type",
    "use", "using", "var", "void", "while", "with",
];

/// The literals, one of which every matching file holds; empty if there are none.
pub(super) fn derive(spec: &CodeSpec) -> Vec<String> {
    let mut best = Best(None);
    best.offer(required(&spec.rule, spec, MAX_NESTING));
    best.offer(constrained(spec));
    // Ruby satisfies `imports` without an import.
    if !spec.dialects().contains(&Dialect::Ruby) {
        best.offer(imported(spec));
    }
    best.0.unwrap_or_default()
}

/// Words that a text must hold for a rule to match in it: one of each set.
pub(super) fn needs(spec: &CodeSpec) -> Vec<Words> {
    let mut needs = Vec::new();
    needed(&spec.rule, spec, MAX_NESTING, &mut needs);
    for (name, constraint) in spec.constraints.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let captured = spec.rule.get("pattern").and_then(Value::as_str).is_some_and(|pattern| captures(pattern, name));
        if captured {
            needed(constraint, spec, MAX_NESTING, &mut needs);
        }
    }
    needs
}

/// What the parts of a rule object need, each by itself.
fn needed(rule: &Value, spec: &CodeSpec, nesting: usize, needs: &mut Vec<Words>) {
    let Some(nesting) = nesting.checked_sub(1) else { return };
    for (key, value) in rule.as_object().into_iter().flatten() {
        match key.as_str() {
            "pattern" => needs.extend(of_pattern(value).map(Words::exact)),
            "regex" => needs.extend(value.as_str().and_then(Words::of_regex)),
            "has" | "inside" | "follows" | "precedes" => needed(value, spec, nesting, needs),
            "matches" => {
                let util = value.as_str().and_then(|name| spec.utils.as_ref()?.get(name));
                if let Some(util) = util {
                    needed(util, spec, nesting, needs);
                }
            }
            "all" => value.as_array().into_iter().flatten().for_each(|part| needed(part, spec, nesting, needs)),
            "any" => {
                let best = |branch: &Value| {
                    let mut own = Vec::new();
                    needed(branch, spec, nesting, &mut own);
                    own.into_iter().max_by_key(Words::worth)
                };
                let branches: Option<Vec<Words>> = value.as_array().and_then(|all| all.iter().map(best).collect());
                needs.extend(branches.and_then(|branches| branches.into_iter().reduce(Words::or)));
            }
            _ => {}
        }
    }
}

/// The better of the sets that were offered.
struct Best(Option<Vec<String>>);

impl Best {
    fn offer(&mut self, set: Option<Vec<String>>) {
        let Some(mut set) = set else { return };
        set.sort_unstable();
        set.dedup();
        let usable = !set.is_empty() && set.len() <= MAX_LITERALS && set.iter().all(|one| one.len() >= SHORTEST);
        if usable && self.0.as_ref().is_none_or(|known| rarity(&set) > rarity(known)) {
            self.0 = Some(set);
        }
    }
}

/// How rare the commonest of a set looks: common words last, then by length, then few before many.
fn rarity(set: &[String]) -> (bool, usize, usize) {
    let of = |literal: &String| (!COMMON.contains(&literal.as_str()), literal.len());
    let (uncommon, length) = set.iter().map(of).min().unwrap_or_default();
    (uncommon, length, MAX_LITERALS.saturating_sub(set.len()))
}

fn imported(spec: &CodeSpec) -> Option<Vec<String>> {
    let modules = spec.imports.as_ref()?.as_slice();
    Some(modules.iter().map(|module| ModulePattern::new(module).literal().to_owned()).collect())
}

/// Constraints of metavariables that the rule's own pattern surely captures.
fn constrained(spec: &CodeSpec) -> Option<Vec<String>> {
    let pattern = spec.rule.get("pattern")?.as_str()?;
    let mut best = Best(None);
    for (name, constraint) in spec.constraints.as_ref()?.as_object()? {
        if captures(pattern, name) {
            best.offer(required(constraint, spec, MAX_NESTING));
        }
    }
    best.0
}

fn captures(pattern: &str, name: &str) -> bool {
    pattern.match_indices(name).any(|(at, _)| {
        let before = pattern.get(..at).unwrap_or_default();
        let after = pattern.get(at + name.len()..).unwrap_or_default();
        before.ends_with('$') && !before.ends_with("$$") && !after.starts_with(is_word)
    })
}

/// The literals that a node needs for a rule object.
fn required(rule: &Value, spec: &CodeSpec, nesting: usize) -> Option<Vec<String>> {
    let nesting = nesting.checked_sub(1)?;
    let mut best = Best(None);
    for (key, value) in rule.as_object()? {
        best.offer(match key.as_str() {
            "pattern" => of_pattern(value),
            "regex" => value.as_str().and_then(of_regex),
            "has" | "inside" | "follows" | "precedes" => required(value, spec, nesting),
            "matches" => value.as_str().and_then(|name| required(spec.utils.as_ref()?.get(name)?, spec, nesting)),
            "all" => {
                let mut inner = Best(None);
                for part in value.as_array()? {
                    inner.offer(required(part, spec, nesting));
                }
                inner.0
            }
            "any" => value.as_array().and_then(|branches| {
                let sets: Option<Vec<_>> = branches.iter().map(|branch| required(branch, spec, nesting)).collect();
                sets.map(|sets| sets.concat())
            }),
            _ => None,
        });
    }
    best.0
}

/// The rarest word of a pattern. With a selector only part of the text counts, and a signature compares no text at all.
fn of_pattern(pattern: &Value) -> Option<Vec<String>> {
    let text = match pattern {
        Value::String(text) => text,
        Value::Object(parts) if compares_all(parts) => parts.get("context")?.as_str()?,
        _ => return None,
    };
    let mut best = Best(None);
    for word in words(text) {
        best.offer(Some(vec![word.to_owned()]));
    }
    best.0
}

fn compares_all(parts: &Map<String, Value>) -> bool {
    !parts.contains_key("selector") && parts.get("strictness").and_then(Value::as_str) != Some("signature")
}

/// The words of a pattern that are no metavariables.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|letter| !is_word(letter)).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        let is_metavariable = before.ends_with('$') && !word.contains(|letter: char| letter.is_ascii_lowercase());
        if !is_metavariable && word.is_ascii() {
            words.push(word);
        }
        rest = behind;
    }
    words
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The alternatives of a regular expression that is nothing but plain words: `^(md5|sha1)$`.
fn of_regex(regex: &str) -> Option<Vec<String>> {
    let plain = regex.strip_prefix("(?-u)").unwrap_or(regex);
    let plain = plain.strip_prefix('^').unwrap_or(plain);
    let plain = plain.strip_suffix('$').unwrap_or(plain);
    let inner = plain.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let inner = inner.map_or(plain, |inner| inner.strip_prefix("?:").unwrap_or(inner));
    let alternatives: Vec<String> = inner.split('|').map(str::to_owned).collect();
    alternatives.iter().all(|one| !one.is_empty() && one.is_ascii() && one.chars().all(is_word)).then_some(alternatives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(yaml: &str) -> Vec<String> {
        derive(&serde_yaml::from_str(yaml).unwrap())
    }

    #[test]
    fn the_rarest_word_of_what_must_hold_is_taken() {
        let cases: &[(&str, &[&str])] = &[
            ("{language: js, rule: {pattern: 'jwt.verify($TOKEN, $$$REST)'}}", &["verify"]),
            ("{language: js, rule: {pattern: 'eval($X)'}}", &["eval"]),
            ("{language: php, rule: {pattern: '$wpdb->query($SQL)'}}", &["query"]),
            ("{language: js, rule: {pattern: 'new $X(async () => {})'}}", &["async"]),
            ("{language: js, rule: {kind: debugger_statement}}", &[]),
            ("{language: js, rule: {any: [{pattern: 'exec($X)'}, {pattern: 'spawn($X)'}]}}", &["exec", "spawn"]),
            ("{language: js, rule: {any: [{pattern: 'exec($X)'}, {kind: string}]}}", &[]),
            (
                "{language: js, rule: {all: [{kind: string}, {inside: {pattern: 'fetchAll($$$)', stopBy: end}}]}}",
                &["fetchAll"],
            ),
            ("{language: js, rule: {pattern: '$X($Y)', not: {pattern: 'sanitize($Y)'}}}", &[]),
            ("{language: js, rule: {matches: u}, utils: {u: {any: [{pattern: alpha}, {matches: u}]}}}", &[]),
            ("{language: js, rule: {matches: u}, utils: {u: {pattern: alpha}}}", &["alpha"]),
            ("{language: js, rule: {pattern: '$F($X)'}, constraints: {F: {regex: '^(md5|sha1)$'}}}", &["md5", "sha1"]),
            ("{language: js, rule: {pattern: '$F($X)'}, constraints: {F: {regex: '(?i)^md5$'}}}", &[]),
            ("{language: js, rule: {pattern: {context: 'class A { f() {} }', selector: method_definition}}}", &[]),
            ("{language: js, imports: ['@sentry/*'], rule: {pattern: '$MOD.init($$$)'}}", &["sentry"]),
            ("{language: js, imports: ['@sentry/*', raven], rule: {pattern: '$MOD.init($$$)'}}", &["raven", "sentry"]),
            ("{language: ruby, imports: [sentry], rule: {pattern: '$MOD.init($$$)'}}", &["init"]),
        ];
        for (yaml, expected) in cases {
            assert_eq!(derived(yaml), *expected, "{yaml}");
        }
    }
}
