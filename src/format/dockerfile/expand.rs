//! Variables as a build puts them in: `$X`, `${X}`, `${X:-default}`, `${X:+alternative}`.
//!
//! What a build alone can know (an ARG without default, a variable of the base image, a template's placeholder) stays
//! in the text as written and is marked, so that nobody takes it for a value.

use std::ops::Range;

use crate::format::{Data, Node};
use crate::text::Span;

/// Longest value that is worked out; longer ones count as unknown, so that `ENV A=$A$A` cannot grow without end.
const LONGEST: usize = 8 << 10;
/// Deepest nesting of `${A:-${B:-…}}`.
const DEPTH: usize = 8;

/// What is known of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// It has this value.
    Known(String),
    /// It is declared without a value.
    Unset,
    /// Only a build knows.
    Unknown,
}

/// A word with its variables put in and its quotes taken off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Expanded {
    /// The text, in which unknown parts stand as written.
    pub(super) text: String,
    /// Where in `text` the unknown parts stand.
    pub(super) unknown: Vec<Range<usize>>,
}

impl Expanded {
    /// As a node: text when all of it is known.
    pub(super) fn into_node(self, span: Span) -> Node {
        let known = self.unknown.is_empty();
        Node::new(if known { Data::String(self.text) } else { Data::Opaque(self.text) }, span)
    }

    fn push_unknown(&mut self, raw: &str) {
        let start = self.text.len();
        self.text.push_str(raw);
        self.unknown.push(start..self.text.len());
    }

    fn push(&mut self, other: &Self) {
        let start = self.text.len();
        self.text.push_str(&other.text);
        self.unknown.extend(other.unknown.iter().map(|part| part.start + start..part.end + start));
    }

    fn bounded(self, raw: &str) -> Self {
        if self.text.len() <= LONGEST.max(raw.len()) {
            return self;
        }
        let mut whole = Self::default();
        whole.push_unknown(raw);
        whole
    }
}

/// Puts variables into `raw` and takes quotes and escapes off.
pub(super) fn expand(raw: &str, escape: char, look: &dyn Fn(&str) -> Value) -> Expanded {
    Expander { escape, look }.word(raw, 0)
}

struct Expander<'a> {
    escape: char,
    look: &'a dyn Fn(&str) -> Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

impl Expander<'_> {
    fn word(&self, raw: &str, depth: usize) -> Expanded {
        let mut out = Expanded::default();
        let mut quote = Quote::None;
        let (mut rest, mut templates) = (raw, true);
        while let Some(first) = rest.chars().next() {
            if templates && (rest.starts_with("{{") || rest.starts_with("{%")) {
                let length = template_length(rest);
                templates = length > 0;
                if templates {
                    out.push_unknown(&rest[..length]);
                    rest = &rest[length..];
                    continue;
                }
            }
            let behind = &rest[first.len_utf8()..];
            match (first, quote) {
                ('\'', Quote::None) => quote = Quote::Single,
                ('\'', Quote::Single) | ('"', Quote::Double) => quote = Quote::None,
                ('"', Quote::None) => quote = Quote::Double,
                ('$', Quote::None | Quote::Double) => {
                    let length = self.variable(rest, &mut out, depth);
                    rest = &rest[length..];
                    continue;
                }
                (sign, Quote::None | Quote::Double) if sign == self.escape => {
                    rest = escaped(behind, quote, sign, &mut out.text);
                    continue;
                }
                _ => out.text.push(first),
            }
            rest = behind;
        }
        out.bounded(raw)
    }

    /// Puts in the variable that `rest` begins with; gives the length of its reference.
    fn variable(&self, rest: &str, out: &mut Expanded, depth: usize) -> usize {
        let Some(inner) = rest.strip_prefix("${") else {
            let length = name_length(&rest[1..]);
            if length == 0 {
                out.text.push('$');
                return 1;
            }
            self.plain(&rest[1..=length], &rest[..=length], out);
            return length + 1;
        };
        let Some(close) = closing_brace(inner) else {
            out.push_unknown(rest);
            return rest.len();
        };
        let (reference, body) = (&rest[..close + 3], &inner[..close]);
        let (name, modifier) = body.split_at(name_length(body));
        if name.is_empty() || depth >= DEPTH {
            out.push_unknown(reference);
        } else {
            self.modified(name, modifier, reference, out, depth);
        }
        reference.len()
    }

    fn plain(&self, name: &str, reference: &str, out: &mut Expanded) {
        match (self.look)(name) {
            Value::Known(value) => out.text.push_str(&value),
            Value::Unset | Value::Unknown => out.push_unknown(reference),
        }
    }

    /// `${name:-word}`, `${name-word}`, `${name:+word}`, `${name+word}`, `${name:?word}`; others stay unknown.
    fn modified(&self, name: &str, modifier: &str, reference: &str, out: &mut Expanded, depth: usize) {
        let (colon, operation) = modifier.strip_prefix(':').map_or((false, modifier), |rest| (true, rest));
        let Some(operator) = operation.chars().next() else {
            return if colon { out.push_unknown(reference) } else { self.plain(name, reference, out) };
        };
        let word = operation.strip_prefix(operator).unwrap_or_default();
        match (operator, (self.look)(name)) {
            ('-', Value::Known(value)) if !(colon && value.is_empty()) => out.text.push_str(&value),
            ('+', Value::Known(value)) if colon && value.is_empty() => {}
            ('-', Value::Known(_) | Value::Unset) | ('+', Value::Known(_)) => out.push(&self.word(word, depth + 1)),
            ('?', Value::Known(value)) => out.text.push_str(&value),
            _ => out.push_unknown(reference),
        }
    }
}

/// Takes the character behind an escape; in double quotes only `$`, `"` and the escape itself lose their meaning.
fn escaped<'a>(behind: &'a str, quote: Quote, escape: char, text: &mut String) -> &'a str {
    let Some(next) = behind.chars().next() else {
        text.push(escape);
        return behind;
    };
    if quote == Quote::Double && next != '$' && next != '"' && next != escape {
        text.push(escape);
    }
    text.push(next);
    &behind[next.len_utf8()..]
}

/// Length of the `{{ … }}` or `{% … %}` that `text` begins with; 0 when it begins with neither or it is not closed.
pub(super) fn template_length(text: &str) -> usize {
    let close = if text.starts_with("{{") {
        "}}"
    } else if text.starts_with("{%") {
        "%}"
    } else {
        return 0;
    };
    memchr::memmem::find(text.as_bytes(), close.as_bytes()).map_or(0, |at| at + 2)
}

fn name_length(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return 0;
    }
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// Offset of the brace that closes what `inner` is the inside of.
fn closing_brace(inner: &str) -> Option<usize> {
    let mut open = 1_usize;
    let bytes = inner.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes.get(at - 1) == Some(&b'$') => open += 1,
            b'}' if open == 1 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look(name: &str) -> Value {
        match name {
            "A" => Value::Known("alpine".to_owned()),
            "E" => Value::Known(String::new()),
            "U" => Value::Unset,
            _ => Value::Unknown,
        }
    }

    #[test]
    fn known_values_are_put_in() {
        for (raw, text) in [
            ("$A:3", "alpine:3"),
            ("${A}${E}x", "alpinex"),
            ("\"$A\" '$A'", "alpine $A"),
            ("\\$A \"\\n\"", "$A \\n"),
            ("${E:-d}${E-d}${A:-d}", "dalpine"),
            ("${U:-${A}s}", "alpines"),
            ("${A:+x}${E:+y}${E+z}${A:?must}", "xzalpine"),
            ("5$ $$", "5$ $$"),
        ] {
            let expanded = expand(raw, '\\', &look);
            assert_eq!((expanded.text.as_str(), expanded.unknown.len()), (text, 0), "{raw}");
        }
        assert_eq!(expand("`$A\\x", '`', &look).text, "$A\\x");
    }

    #[test]
    fn unknown_values_stay_as_written_and_are_marked() {
        for (raw, unknown) in [
            ("x$U", "$U"),
            ("a${Z}b", "${Z}"),
            ("${Z:-known}", "${Z:-known}"),
            ("${U:+x}", "${U:+x}"),
            ("${A#a}", "${A#a}"),
            ("x{{ y }}", "{{ y }}"),
            ("${A", "${A"),
        ] {
            let expanded = expand(raw, '\\', &look);
            let parts: Vec<_> = expanded.unknown.iter().map(|part| &expanded.text[part.clone()]).collect();
            assert_eq!((expanded.text.as_str(), parts), (raw, vec![unknown]));
        }
    }

    #[test]
    fn long_values_count_as_unknown() {
        let huge = expand("$A$A", '\\', &|_| Value::Known("x".repeat(LONGEST)));
        assert_eq!((huge.text.as_str(), huge.unknown), ("$A$A", std::iter::once(0..4).collect()));
    }

    proptest! {
        #[test]
        fn never_panics(raw in "([${}:+?'\"\\\\AUZ%é-]|.){0,40}") {
            let expanded = expand(&raw, '\\', &look);
            for part in expanded.unknown {
                prop_assert!(expanded.text.get(part).is_some());
            }
        }
    }
}
