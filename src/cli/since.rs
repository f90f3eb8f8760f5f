//! `--since REF`: which findings concern what changed. A finding on a line counts when that line changed; an absence when
//! its component did; an absence in the repository as a whole when the file changed that made the rule apply.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use similar::{DiffOp, TextDiff};

use crate::checklist::finding::{Finding, State};
use crate::checklist::item::Item;
use crate::cli::load::Session;
use crate::cli::{Refusal, messages};
use crate::repo::history::Since;

/// A longer file that changed counts as changed in every line, in bytes.
const LONGEST: usize = 1 << 20;

/// The checklist for the gate: findings on what did not change are known, as if a baseline said so.
pub(crate) fn gating(session: &Session, name: &str) -> Result<Vec<Item>, Refusal> {
    let outside = || Refusal("--since: this folder is in no git repository".to_owned());
    let since = Since::open(session.repo.git().ok_or_else(outside)?, name)
        .map_err(|error| Refusal(format!("--since {name}: {error}")))?;
    let mut changes = Changes { session, since: &since, files: BTreeMap::new(), components: None };
    let mut items = session.audit.items.clone();
    let (mut all, mut new) = (0, 0);
    for verdict in items.iter_mut().flat_map(|item| &mut item.verdicts) {
        for finding in verdict.findings.iter_mut().filter(|finding| finding.gates()) {
            all += 1;
            if changes.concern(finding) {
                new += 1;
            } else {
                finding.state = State::Baseline;
            }
        }
    }
    let commit: String = since.commit.chars().take(12).collect();
    let parted = if since.common { "" } else { ", which has nothing in common with the work tree" };
    messages::note(&format!("{new} of {all} open findings concern what changed since {commit}{parted}"));
    Ok(items)
}

/// What of a file changed.
enum Change {
    Nothing,
    All,
    Lines(Vec<Range<usize>>),
}

struct Changes<'a> {
    session: &'a Session,
    since: &'a Since,
    files: BTreeMap<String, Change>,
    /// The components in which a file changed, came or went.
    components: Option<BTreeSet<usize>>,
}

impl Changes<'_> {
    fn concern(&mut self, finding: &Finding) -> bool {
        if (finding.absence || finding.place.span.is_none())
            && let Some(component) = finding.component
        {
            return self.components().contains(&component);
        }
        let whole = finding.absence || finding.place.span.is_none();
        let (first, last) = (finding.region.line, finding.region.end_line.max(finding.region.line));
        match self.file(&finding.place.path) {
            Change::Nothing => false,
            Change::All => true,
            Change::Lines(lines) => whole || lines.iter().any(|range| range.start <= last && first < range.end),
        }
    }

    fn file(&mut self, path: &str) -> &Change {
        let change = self.files.remove(path).unwrap_or_else(|| self.change(path));
        self.files.entry(path.to_owned()).or_insert(change)
    }

    fn change(&self, path: &str) -> Change {
        let Some(text) = self.text(path) else { return Change::All };
        if self.since.is(path, &text) {
            return Change::Nothing;
        }
        let Some(old) = self.since.text(path).filter(|old| old.len().max(text.len()) <= LONGEST) else {
            return Change::All;
        };
        let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&text));
        // Line ends that git changed on the way are no change.
        let (old, new) = (old.replace("\r\n", "\n"), new.replace("\r\n", "\n"));
        let diff = TextDiff::from_lines(&old, &new);
        let lines: Vec<Range<usize>> = diff.ops().iter().filter_map(touched).collect();
        if lines.is_empty() { Change::Nothing } else { Change::Lines(lines) }
    }

    fn text(&self, path: &str) -> Option<Vec<u8>> {
        self.session.repo.read(self.session.repo.file(path)?).ok()
    }

    fn components(&mut self) -> &BTreeSet<usize> {
        let (session, since) = (self.session, self.since);
        self.components.get_or_insert_with(|| {
            let facts = &session.audit.facts;
            let is_new = |path: &str| {
                let text = session.repo.file(path).and_then(|file| session.repo.read(file).ok());
                text.is_none_or(|text| !since.is(path, &text))
            };
            let changed = facts.paths.iter().filter(|path| is_new(path)).map(|path| facts.owner_of(path));
            let gone = since.paths().filter(|path| !session.repo.exists(path));
            // The innermost folder that held it.
            let held = |path: &str| {
                let holders = facts.components.iter().enumerate().filter(|(_, component)| component.holds(path));
                holders.max_by_key(|(_, component)| component.id.len()).map(|(index, _)| index)
            };
            changed.chain(gone.filter_map(held)).collect()
        })
    }
}

/// The lines of the new text that an operation touches, 1-based; where lines went away, those on both sides.
fn touched(op: &DiffOp) -> Option<Range<usize>> {
    match *op {
        DiffOp::Equal { .. } => None,
        DiffOp::Delete { new_index, .. } => Some(new_index..new_index + 2),
        DiffOp::Insert { new_index, new_len, .. } | DiffOp::Replace { new_index, new_len, .. } => {
            Some(new_index + 1..new_index + 1 + new_len)
        }
    }
}
