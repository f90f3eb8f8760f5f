//! What a document must hold for a path to select anything in it: names of members, and texts that a filter compares with.
//! Hundreds of paths ask each manifest or module for objects of one type, and most documents have none: to look up a few
//! words takes far less than to follow the path.
//!
//! Read off the path as it is written (RFC 9535, section 2), for the library shows nothing of what it parsed. What is not
//! understood is not needed.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashSet, FxHasher};
use serde_json::Value;

/// Longer texts are not remembered, in bytes.
const LONGEST: usize = 64;

/// The words of a document: names of members, and texts that are short. By a hash: another word may be taken for one that
/// stands there, never the other way round.
#[derive(Debug, Default)]
pub(crate) struct Words(FxHashSet<u64>);

impl Words {
    pub(crate) fn of(document: &Value) -> Self {
        let mut words = Self::default();
        words.add(document);
        words
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() <= LONGEST => drop(self.0.insert(hash(text))),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.0.insert(hash(name));
                    self.add(value);
                }
            }
            _ => {}
        }
    }

    /// Whether all that a path needs may stand there.
    pub(crate) fn hold(&self, needs: &[u64]) -> bool {
        needs.iter().all(|word| self.0.contains(word))
    }
}

fn hash(word: &str) -> u64 {
    let mut hasher = FxHasher::default();
    word.hash(&mut hasher);
    hasher.finish()
}

/// The words without which `path` selects nothing, for [`Words::hold`].
pub(crate) fn needs(path: &str) -> Box<[u64]> {
    let mut needs: Vec<u64> = words(path).iter().map(|word| hash(word)).collect();
    needs.sort_unstable();
    needs.dedup();
    needs.into()
}

fn words(path: &str) -> Vec<String> {
    let mut reader = Reader { rest: path.trim() };
    reader.query().filter(|_| reader.rest.is_empty()).unwrap_or_default()
}

/// What is left of a path. Every part says what it needs; `None`: it was not understood.
struct Reader<'p> {
    rest: &'p str,
}

type Needs = Option<Vec<String>>;

/// What may be compared.
enum Term {
    /// A query and what it needs to select something.
    Query(Vec<String>),
    /// What one says of a text: it is false of what is not there.
    Test(Vec<String>),
    /// What is written out, and what of it is a text that is remembered.
    Literal(Vec<String>),
    Other,
}

impl<'p> Reader<'p> {
    /// `$` or `@` and the segments behind it.
    fn query(&mut self) -> Needs {
        if !(self.take("$") || self.take("@")) {
            return None;
        }
        let mut needs = Vec::new();
        loop {
            self.blank();
            if self.take("[") || self.take("..[") {
                needs.extend(self.selectors()?);
            } else if self.take("..") || self.take(".") {
                if !self.take("*") {
                    needs.push(self.name()?);
                }
            } else {
                return Some(needs);
            }
        }
    }

    /// What stands in brackets, and the closing one: of several, one is enough.
    fn selectors(&mut self) -> Needs {
        let mut needs = self.selector()?;
        loop {
            self.blank();
            if self.take("]") {
                return Some(needs);
            }
            if !self.take(",") {
                return None;
            }
            self.selector()?;
            needs.clear();
        }
    }

    fn selector(&mut self) -> Needs {
        self.blank();
        if self.take("?") {
            return self.any();
        }
        if let Some(name) = self.text() {
            return Some(name);
        }
        self.span(|character| character == '*' || character == ':' || character == '-' || character.is_ascii_digit())?;
        Some(Vec::new())
    }

    /// Terms of which one must hold.
    fn any(&mut self) -> Needs {
        let mut needs = self.all()?;
        while self.take_after_blank("||") {
            self.all()?;
            needs.clear();
        }
        Some(needs)
    }

    /// Terms that must hold together.
    fn all(&mut self) -> Needs {
        let mut needs = self.basic()?;
        while self.take_after_blank("&&") {
            needs.extend(self.basic()?);
        }
        Some(needs)
    }

    fn basic(&mut self) -> Needs {
        self.blank();
        if self.take("!") {
            self.basic()?;
            return Some(Vec::new());
        }
        if self.take("(") {
            let needs = self.any()?;
            return self.take_after_blank(")").then_some(needs);
        }
        let term = self.term()?;
        self.blank();
        if self.take("==") {
            return Some(equal(term, self.term()?));
        }
        if ["!=", "<=", ">=", "<", ">"].iter().any(|sign| self.take(sign)) {
            self.term()?;
            return Some(Vec::new());
        }
        match term {
            Term::Query(needs) | Term::Test(needs) => Some(needs),
            Term::Literal(_) | Term::Other => Some(Vec::new()),
        }
    }

    fn term(&mut self) -> Option<Term> {
        self.blank();
        if self.rest.starts_with(['$', '@']) {
            return self.query().map(Term::Query);
        }
        if let Some(text) = self.text() {
            return Some(Term::Literal(text.into_iter().filter(|text| text.len() <= LONGEST).collect()));
        }
        let word = self.span(|character| character.is_ascii_alphanumeric() || "_-+.".contains(character))?;
        if !self.take("(") {
            return Some(Term::Literal(Vec::new()));
        }
        let mut first = None;
        loop {
            let needs = self.any()?;
            first.get_or_insert(needs);
            self.blank();
            if self.take(")") {
                let is_test = word == "search" || word == "match";
                return Some(if is_test { Term::Test(first.unwrap_or_default()) } else { Term::Other });
            }
            if !self.take(",") {
                return None;
            }
        }
    }

    /// A text in quotes, which is itself what it needs, if it has no escapes.
    fn text(&mut self) -> Needs {
        let quote = self.rest.chars().next().filter(|first| *first == '\'' || *first == '"')?;
        let mut escaped = false;
        let mut plain = true;
        for (at, character) in self.rest.char_indices().skip(1) {
            match character {
                _ if escaped => escaped = false,
                '\\' => (escaped, plain) = (true, false),
                _ if character == quote => {
                    let text = self.rest.get(1..at).filter(|_| plain).map(str::to_owned).into_iter().collect();
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Some(text);
                }
                _ => {}
            }
        }
        None
    }

    fn name(&mut self) -> Option<String> {
        self.span(|character| character == '_' || character.is_alphanumeric() || !character.is_ascii())
            .map(str::to_owned)
    }

    /// The characters that come, at least one.
    fn span(&mut self, fits: impl Fn(char) -> bool) -> Option<&'p str> {
        let end = self.rest.find(|character| !fits(character)).unwrap_or(self.rest.len());
        let (span, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!span.is_empty()).then_some(span)
    }

    fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_after_blank(&mut self, text: &str) -> bool {
        self.blank();
        self.take(text)
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

/// What an equality needs: of a query and a text or number, both, for what is not there equals none. Two queries may
/// select nothing, both of them.
fn equal(one: Term, other: Term) -> Vec<String> {
    match (one, other) {
        (Term::Query(mut needs), Term::Literal(text)) | (Term::Literal(text), Term::Query(mut needs)) => {
            needs.extend(text);
            needs
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use serde_json_path::JsonPath;

    use super::*;

    #[test]
    fn names_and_texts_are_read_off_a_path() {
        for (path, wanted) in [
            ("$", ""),
            ("$.resource[?@.type == 'aws_db_instance' && !@.values.copies]", "resource type aws_db_instance"),
            ("$..[?@.containers && @.hostPID == true && (@.a || @.b) && (@.c)]", "containers hostPID c"),
            ("$.jobs.*.steps[?search(@.uses, '^[.]/') && @.with.ref != 'x']", "jobs steps uses"),
            ("$['a', 'b'].c[0][1:2]['runs-on']..d", "c runs-on d"),
            ("$[?@.a == @.b][?count(@.x) > 1][?@.n < 2 || @.m == 1]", ""),
            ("$.a[?'it' == @.b && @['c'][?@ == 'd\\'']]", "a b it c"),
            ("$.spec.template[?@ == $.spec && @.selector]", "spec template selector"),
            ("$.a ~ b", ""),
            ("$.a[?@.b]\n  .c", "a b c"),
        ] {
            assert_eq!(words(path).join(" "), wanted, "{path}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            prop::sample::select(vec!["a", "b", "x"]).prop_map(|text| json!(text)),
            Just(json!(true)),
            Just(json!(1)),
            Just(Value::Null)
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                prop::collection::btree_map("[abc]", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn filter() -> impl Strategy<Value = String> {
        let term = prop::sample::select(vec![
            "@.a",
            "!@.b",
            "@.a == 'x'",
            "@.b == @.c",
            "@.c == true",
            "@.c != 'a'",
            "$.a.b",
            "search(@.b, 'x|b')",
            "@..c",
            "@ == 'a'",
            "@.a == null",
            "@['a', 'b']",
            "@.a < 2",
            "'x' == @.c",
            "!search(@.a, 'x')",
            "@.*",
            "count(@.*) == 1",
            "@[?@.a]",
        ]);
        term.prop_map(str::to_owned).prop_recursive(2, 6, 2, |inner| {
            (inner.clone(), prop::sample::select(vec![" && ", "||", " || "]), inner, any::<bool>()).prop_map(
                |(one, sign, other, apart)| {
                    if apart { format!("!({one}{sign}{other})") } else { format!("({one}){sign}{other}") }
                },
            )
        })
    }

    proptest! {
        #[test]
        fn a_path_that_selects_something_finds_its_words_there(
            document in value(),
            filter in filter(),
            before in prop::sample::select(vec!["$", "$.a", "$..b", "$['a','c']", "$.*", "$..", "$[0]"]),
            after in prop::sample::select(vec!["", ".c", "[*].a", "..b", "['b']"]),
        ) {
            let path = format!("{before}[?{filter}]{after}");
            let selected = JsonPath::parse(&path).unwrap().query(&document).len();
            prop_assert!(selected == 0 || Words::of(&document).hold(&needs(&path)), "{path} selects {selected} in {document}");
        }
    }
}
