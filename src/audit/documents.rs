//! The documents of one file: parsed when the first condition asks, once per syntax, and dropped with the file.

use jiff::civil::Date;

use crate::audit::answers::Answered;
use crate::audit::reach::Names;
use crate::condition::Truth;
use crate::condition::applies::Origin;
use crate::condition::kinds::{Kind, Kinds};
use crate::condition::matches::Hit;
use crate::condition::plan::roles;
use crate::condition::related::{RelatedCondition, Row};
use crate::condition::selection::Asked;
use crate::condition::value::{ValueCondition, ValueHit};
use crate::facts::tasks::Follower;
use crate::format::helm::optional_parts;
use crate::format::{FormatError, Limits, Node, Syntax};
use crate::repo::Role;

type Parsed = Result<Vec<Asked>, String>;

/// Parsed documents of one file, by document kind.
pub(crate) struct Documents<'a> {
    text: Option<&'a str>,
    kinds: &'a [usize],
    follower: &'a Follower<'a>,
    /// As they are written, by syntax.
    written: Vec<(Syntax, Result<Vec<Node>, FormatError>)>,
    read: Vec<(usize, Option<Parsed>)>,
}

impl<'a> Documents<'a> {
    /// The documents of `text`, which by its path may be of `kinds`.
    pub(crate) fn new(text: Option<&'a str>, kinds: &'a [usize], follower: &'a Follower<'a>) -> Self {
        Self { text, kinds, follower, written: Vec::new(), read: Vec::new() }
    }

    /// Asks the documents of a kind; `None` where the file holds none.
    ///
    /// Where `certain`, only what no condition of a template decides about counts.
    pub(crate) fn ask(&mut self, pattern: &ValueCondition, certain: bool, as_of: Date) -> Option<Answered> {
        let named = |entry: &usize| Kinds::get().entry(*entry).is_some_and(|kind| kind.name == pattern.spec.r#in);
        let entries: Vec<usize> = self.kinds.iter().copied().filter(named).collect();
        entries.into_iter().find_map(|entry| self.ask_entry(entry, pattern, certain, as_of))
    }

    fn ask_entry(&mut self, entry: usize, pattern: &ValueCondition, certain: bool, as_of: Date) -> Option<Answered> {
        let text = self.text.unwrap_or_default();
        match self.of(entry)? {
            Err(_) if certain => None,
            Err(reason) => Some(Answered { broken: Some(reason.clone()), ..Answered::default() }),
            Ok(documents) if certain => ask_certain(pattern, documents, text, as_of),
            Ok(documents) => Some(ask_all(pattern, documents, as_of)),
        }
    }

    /// What the documents hold of the sides of a `related` condition, for a file of `role`.
    pub(crate) fn rows(&mut self, condition: &RelatedCondition, role: Role, as_of: Date) -> Rows {
        let mut rows = Rows::default();
        let kinds = self.kinds;
        for entry in kinds.iter().copied() {
            let Some(kind) = Kinds::get().entry(entry) else { continue };
            for side in sides_in(condition, &kind.name, role) {
                match self.of(entry) {
                    None => {}
                    Some(Err(_)) => rows.unread.push(side),
                    Some(Ok(documents)) => rows.add(condition, side, documents, as_of),
                }
            }
        }
        rows
    }

    /// Whether `text` may hold documents that others must apply.
    pub(crate) fn may_be_reached(&self, text: &str) -> bool {
        let mut kinds = self.kinds.iter().filter_map(|entry| Kinds::get().entry(*entry));
        kinds.any(|kind| kind.reached.is_some() && kind.is_triggered(text))
    }

    /// What the documents of the file at `path` apply; `None` where none of them applies anything.
    pub(crate) fn names(&mut self, path: &str) -> Option<Names> {
        let mut names: Option<Names> = None;
        for entry in self.kinds.iter().copied() {
            let Some(applies) = Kinds::get().entry(entry).and_then(|kind| kind.applies.as_ref()) else { continue };
            let Some(Ok(documents)) = self.of(entry) else { continue };
            // An empty file lists nothing, not even that there is nothing.
            for root in documents.iter().map(|document| &document.root).filter(|root| !root.members().is_empty()) {
                let names = names.get_or_insert(Names { deploys: false, applied: Vec::new() });
                names.deploys |= applies.from == Origin::Root;
                names.applied.extend(applies.names(root, path));
            }
        }
        names
    }

    fn of(&mut self, kind: usize) -> Option<&Parsed> {
        if !self.read.iter().any(|(known, _)| *known == kind) {
            let parsed = self.parse(kind);
            self.read.push((kind, parsed));
        }
        self.read.iter().find(|(known, _)| *known == kind)?.1.as_ref()
    }

    fn parse(&mut self, number: usize) -> Option<Parsed> {
        let kind = Kinds::get().entry(number)?;
        let text = self.text.filter(|_| self.kinds.contains(&number))?;
        if !kind.is_triggered(text) {
            return None;
        }
        match self.roots(kind, text) {
            Ok(roots) => {
                let of_kind: Vec<Asked> = roots
                    .into_iter()
                    .map(|mut root| {
                        kind.augment(&mut root, text);
                        kind.follow(self.follower, &mut root);
                        Asked::new(root)
                    })
                    .collect();
                (!of_kind.is_empty()).then_some(Ok(of_kind))
            }
            // A file that only might be of this kind says nothing when it cannot be read.
            Err(_) if kind.is_guess() => None,
            Err(error) => Some(Err(located(&error.to_string(), error.offset, text, kind.syntax))),
        }
    }

    /// The documents of a kind as they are written. A file that may be of other kinds too is kept parsed for them.
    fn roots(&mut self, kind: &Kind, text: &str) -> Result<Vec<Node>, FormatError> {
        let fits = |root: &Node| kind.fits(root) != Truth::False;
        let mut known = self.written.iter().position(|(syntax, _)| *syntax == kind.syntax);
        if known.is_none() {
            let parsed = crate::format::parse(kind.syntax, text, &Limits::default());
            let roots = parsed.map(|documents| documents.into_iter().map(|document| document.root));
            let others = self.kinds.iter().filter_map(|number| Kinds::get().entry(*number));
            if others.filter(|other| other.syntax == kind.syntax && other.is_triggered(text)).count() < 2 {
                return roots.map(|roots| roots.filter(fits).collect());
            }
            known = Some(self.written.len());
            self.written.push((kind.syntax, roots.map(Iterator::collect)));
        }
        match known.and_then(|at| self.written.get(at)) {
            Some((_, Err(error))) => Err(error.clone()),
            Some((_, Ok(roots))) => Ok(roots.iter().filter(|root| fits(root)).cloned().collect()),
            None => Ok(Vec::new()),
        }
    }
}

/// What a file holds of the sides of a `related` condition, and the sides of which it may hold more.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) unread: Vec<usize>,
}

impl Rows {
    /// Adds what `documents` hold of side number `side`.
    pub(crate) fn add(&mut self, condition: &RelatedCondition, side: usize, documents: &[Asked], as_of: Date) {
        for document in documents.iter().enumerate() {
            let (rows, hidden) = condition.rows(side, document, Some(as_of)).unwrap_or_default();
            self.rows.extend(rows);
            self.unread.extend((!hidden.is_empty()).then_some(side));
        }
    }
}

/// The sides that ask documents of the kind `name` in files of `role`.
pub(crate) fn sides_in(condition: &RelatedCondition, name: &str, role: Role) -> Vec<usize> {
    let asks = |(side, spec): (usize, &crate::condition::value::ValueSpec)| {
        (spec.r#in == name && roles(condition.roles(side)).contains(role)).then_some(side)
    };
    condition.sides().enumerate().filter_map(asks).collect()
}

/// What a `value` condition finds in the documents of one file.
pub(crate) fn ask_all(pattern: &ValueCondition, documents: &[Asked], as_of: Date) -> Answered {
    let mut answered = Answered::default();
    for document in documents {
        let found = pattern.find(document, Some(as_of), 1).unwrap_or_default();
        answered.examined += found.examined;
        answered.opaque += found.unknown.len();
        answered.in_order = answered.in_order.or_else(|| found.in_order.first().map(to_hit));
        answered.hits.extend(found.hits.iter().map(to_hit));
    }
    answered
}

/// The same of a file of which only that counts which no condition of its template decides about: its hits, and nothing of
/// what it does not say.
fn ask_certain(pattern: &ValueCondition, documents: &[Asked], text: &str, as_of: Date) -> Option<Answered> {
    let (mut hits, mut parts) = (Vec::new(), None);
    for document in documents {
        let found = pattern.find(document, Some(as_of), 0).unwrap_or_default();
        for hit in found.hits {
            let parts = parts.get_or_insert_with(|| optional_parts(text));
            if !parts.iter().any(|part| part.contains(hit.span.start)) {
                hits.push(to_hit(&hit));
            }
        }
    }
    (!hits.is_empty()).then(|| Answered { examined: hits.len(), hits, ..Answered::default() })
}

pub(crate) fn located(message: &str, offset: Option<usize>, text: &str, syntax: Syntax) -> String {
    let line = offset.map(|offset| 1 + text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count());
    let syntax = format!("{syntax:?}").to_uppercase();
    line.map_or_else(|| format!("{syntax}: {message}"), |line| format!("{syntax}, line {line}: {message}"))
}

pub(crate) fn to_hit(found: &ValueHit) -> Hit {
    Hit {
        span: Some(found.span),
        shows: found.text.clone(),
        captures: found.captures.clone(),
        confidence: None,
        mark: None,
        past: None,
        secret: None,
    }
}
