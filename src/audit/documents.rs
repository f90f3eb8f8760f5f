//! The documents of one file: parsed when the first condition asks, once per syntax, and dropped with the file.

use jiff::civil::Date;
use serde_json::Value;

use crate::audit::inspect::Answered;
use crate::condition::Truth;
use crate::condition::kinds::Kinds;
use crate::condition::matches::Hit;
use crate::condition::value::{ValueCondition, ValueHit};
use crate::format::{Limits, Node, Syntax};

type Parsed = Result<Vec<(Node, Value)>, String>;

/// Parsed documents of one file, by document kind.
pub(crate) struct Documents<'a> {
    text: Option<&'a str>,
    kinds: &'a [usize],
    read: Vec<(usize, Option<Parsed>)>,
}

impl<'a> Documents<'a> {
    /// The documents of `text`, which by its path may be of `kinds`.
    pub(crate) fn new(text: Option<&'a str>, kinds: &'a [usize]) -> Self {
        Self { text, kinds, read: Vec::new() }
    }

    /// Asks the documents of a kind; `None` where the file holds none.
    pub(crate) fn ask(&mut self, pattern: &ValueCondition, as_of: Date) -> Option<Answered> {
        let named = |entry: &usize| Kinds::get().entry(*entry).is_some_and(|kind| kind.name == pattern.spec.r#in);
        let entries: Vec<usize> = self.kinds.iter().copied().filter(named).collect();
        entries.into_iter().find_map(|entry| self.ask_entry(entry, pattern, as_of))
    }

    fn ask_entry(&mut self, entry: usize, pattern: &ValueCondition, as_of: Date) -> Option<Answered> {
        match self.of(entry)? {
            Err(reason) => Some(Answered { broken: Some(reason.clone()), ..Answered::default() }),
            Ok(documents) => {
                let mut answered = Answered::default();
                for (root, value) in documents {
                    let found = pattern.find(root, value, Some(as_of)).unwrap_or_default();
                    answered.examined += found.examined;
                    answered.opaque += found.unknown.len();
                    answered.in_order = answered.in_order.or_else(|| found.in_order.first().map(to_hit));
                    answered.hits.extend(found.hits.iter().map(to_hit));
                }
                Some(answered)
            }
        }
    }

    fn of(&mut self, kind: usize) -> Option<&Parsed> {
        if !self.read.iter().any(|(known, _)| *known == kind) {
            let parsed = self.parse(kind);
            self.read.push((kind, parsed));
        }
        self.read.iter().find(|(known, _)| *known == kind)?.1.as_ref()
    }

    fn parse(&self, number: usize) -> Option<Parsed> {
        let kind = Kinds::get().entry(number)?;
        let text = self.text.filter(|_| self.kinds.contains(&number))?;
        if !kind.is_triggered(text) {
            return None;
        }
        match crate::format::parse(kind.syntax, text, &Limits::default()) {
            Ok(documents) => {
                let of_kind: Vec<(Node, Value)> = documents
                    .into_iter()
                    .map(|document| document.root)
                    .filter(|root| kind.fits(root) != Truth::False)
                    .map(|mut root| {
                        kind.augment(&mut root);
                        let value = root.to_value();
                        (root, value)
                    })
                    .collect();
                (!of_kind.is_empty()).then_some(Ok(of_kind))
            }
            // A file that only might be of this kind says nothing when it cannot be read.
            Err(_) if kind.is_guess() => None,
            Err(error) => Some(Err(located(&error.to_string(), error.offset, text, kind.syntax))),
        }
    }
}

fn located(message: &str, offset: Option<usize>, text: &str, syntax: Syntax) -> String {
    let line = offset.map(|offset| 1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count());
    let syntax = format!("{syntax:?}").to_uppercase();
    line.map_or_else(|| format!("{syntax}: {message}"), |line| format!("{syntax}, line {line}: {message}"))
}

fn to_hit(found: &ValueHit) -> Hit {
    Hit {
        span: Some(found.span),
        shows: found.text.clone(),
        captures: found.captures.clone(),
        confidence: None,
        mark: None,
        secret: None,
    }
}
