//! One file: what every condition has to say about it.

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use rustc_hash::FxHashMap;

use crate::audit::AuditOptions;
use crate::audit::answers::Answered;
use crate::audit::dispatch::{Alarm, Alarms, Dispatch, Sort, Wake};
use crate::audit::documents::{Documents, Rows};
use crate::audit::later;
use crate::audit::modules::Piece;
use crate::audit::reach::Names;
use crate::audit::secrets::{self, Hidden};
use crate::checklist::inline::{self, Inline};
use crate::condition::code::Dialect;
use crate::condition::glob::Visited;
use crate::condition::kinds::Kinds;
use crate::condition::languages::{Comments, Languages};
use crate::condition::matches::{FileMatches, Hit, LeafId};
use crate::condition::plan::{Leaf, Plan, Question};
use crate::condition::text::{Refused, Sight, TextMatch, TextPattern};
use crate::facts::package::Manifest;
use crate::facts::readers::{is_manifest, reader_for};
use crate::facts::tasks::Follower;
use crate::repo::{Buffer, Repo, Role, Skipped, SourceFile};
use crate::rule::set::RuleSet;
use crate::text::Span;

/// What one file gave, in little room: most files give nothing.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) role: Role,
    pub(crate) language: Option<&'static str>,
    pub(crate) bytes: u64,
    /// Whether it makes its folder a component.
    pub(crate) is_marker: bool,
    /// Whether it may hold documents that others must apply.
    pub(crate) is_manifest: bool,
    pub(crate) given: Option<Box<Inspected>>,
}

/// What one file gave, while it is asked.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) role: Role,
    pub(crate) language: Option<&'static str>,
    pub(crate) found: Vec<(LeafId, FileMatches)>,
    pub(crate) manifest: Option<Box<Result<Manifest, String>>>,
    pub(crate) skipped: Option<Skipped>,
    pub(crate) ignores: Vec<Inline>,
    pub(crate) refused: Vec<(LeafId, Refused)>,
    pub(crate) bytes: u64,
    /// What it holds for conditions that relate documents of several files.
    pub(crate) rows: Vec<(LeafId, Rows)>,
    /// The questions of syntax that it may answer, with the numbers of their patterns: asked when somebody wants to know.
    pub(crate) waiting: Vec<(LeafId, Vec<usize>)>,
    /// What it is to the module of its folder: asked when all files of that are read.
    pub(crate) piece: Option<Box<Piece>>,
    is_marker: bool,
    is_manifest: bool,
    /// What its documents apply.
    pub(crate) names: Option<Box<Names>>,
}

/// A worker's tools: buffers are reused from file to file.
pub(crate) struct Inspector<'a> {
    repo: &'a Repo,
    rules: &'a RuleSet,
    dispatch: &'a Dispatch,
    as_of: Date,
    /// The rule of each leaf that is a pattern.
    owners: &'a [Option<usize>],
    /// Says what the commands of pipelines lead to.
    follower: &'a Follower<'a>,
    /// Whether candidates that filters refuse are noted.
    notes_refused: bool,
    buffer: Buffer,
    globs: Vec<u32>,
    visited: Visited,
    woken: Woken,
    /// The alarms that this worker met; new ones come from those that all workers share.
    alarms: FxHashMap<Sort, Arc<OnceLock<Alarm<'a>>>>,
    shared: &'a Alarms<'a>,
    /// How many short files were searched word by word.
    short: usize,
    /// How many bytes this worker looked at, once for each of these leaves, in files whose paths select them.
    named: FxHashMap<Vec<LeafId>, usize>,
}

/// The conditions that a file must answer, with the places of their keywords (of `code`: with the patterns whose trigger
/// was met); emptied and reused from file to file.
#[derive(Debug, Default)]
struct Woken {
    is_awake: Vec<bool>,
    places: Vec<Vec<usize>>,
    awake: Vec<LeafId>,
}

impl Woken {
    fn new(leaves: usize) -> Self {
        Self { is_awake: vec![false; leaves], places: vec![Vec::new(); leaves], awake: Vec::new() }
    }

    fn wake(&mut self, leaf: LeafId) {
        if let Some(is_awake) = self.is_awake.get_mut(leaf.0 as usize)
            && !*is_awake
        {
            *is_awake = true;
            self.awake.push(leaf);
        }
    }

    fn keep(&mut self, leaf: LeafId, place: usize) {
        if let Some(places) = self.places.get_mut(leaf.0 as usize).filter(|places| places.len() < PLACES) {
            places.push(place);
        }
    }

    fn knows(&self, leaf: LeafId, pattern: usize) -> bool {
        self.places.get(leaf.0 as usize).is_some_and(|known| known.contains(&pattern))
    }

    /// The conditions in their order, each with its places in the order of the text, or with its patterns.
    fn in_order(&mut self) -> impl Iterator<Item = (LeafId, &[usize])> {
        self.awake.sort_unstable();
        for leaf in &self.awake {
            if let Some(places) = self.places.get_mut(leaf.0 as usize) {
                places.sort_unstable();
            }
        }
        self.awake.iter().map(|leaf| (*leaf, self.places.get(leaf.0 as usize).map(Vec::as_slice).unwrap_or_default()))
    }

    fn sleep(&mut self) {
        for leaf in self.awake.drain(..) {
            if let (Some(is_awake), Some(places)) =
                (self.is_awake.get_mut(leaf.0 as usize), self.places.get_mut(leaf.0 as usize))
            {
                *is_awake = false;
                if places.capacity() > KEPT {
                    *places = Vec::new();
                }
                places.clear();
            }
        }
    }
}

/// No manifest that people write names more packages.
const PACKAGES: usize = 10_000;
/// At most this many keyword places are kept per condition and file; a pattern that has more looks for them itself.
const PLACES: usize = 4096;
/// Up to how many bytes a file is searched word by word, if it is one of the first few: to make an alarm takes longer.
const SHORT: usize = 128;
const FEW: usize = 4;
/// Files whose paths select the same leaves are searched for each of these apart, until about so many bytes were looked at:
/// to make an alarm takes as long.
const APART: usize = 1 << 20;
/// Room for so many places is kept from file to file.
const KEPT: usize = 128;

impl<'a> Inspector<'a> {
    pub(crate) fn new(
        repo: &'a Repo,
        rules: &'a RuleSet,
        dispatch: &'a Dispatch,
        shared: &'a Alarms<'a>,
        owners: &'a [Option<usize>],
        follower: &'a Follower<'a>,
        options: &AuditOptions,
    ) -> Self {
        Self {
            repo,
            rules,
            dispatch,
            as_of: options.as_of,
            owners,
            follower,
            notes_refused: options.dropped,
            buffer: Buffer::taking_turns(),
            globs: Vec::new(),
            visited: Visited::default(),
            woken: Woken::new(rules.plan.leaves.len()),
            alarms: FxHashMap::default(),
            shared,
            short: 0,
            named: FxHashMap::default(),
        }
    }

    /// Asks file number `index` everything.
    pub(crate) fn inspect(&mut self, index: usize) -> Inspected {
        let Some(file) = self.repo.files().get(index) else { return Inspected::nothing(Role::Source) };
        if !self.dispatch.is_of_use(file.role) {
            return Inspected::nothing(file.role);
        }
        let language = Languages::get().language_of(&file.path);
        let mut inspected = Inspected { language, ..Inspected::nothing(file.role) };
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = if self.dispatch.is_read(file.role) { self.repo.read_into(file, &mut buffer) } else { Ok(&[][..]) };
        self.rules.plan.globs.matches_next(&file.path, &mut self.visited, &mut self.globs);
        let text: &[u8] = match read {
            Ok(text) => text,
            Err(reason) => {
                inspected.skipped = Some(Skipped { path: file.path.to_string(), reason });
                &[]
            }
        };
        if inspected.skipped.is_none() {
            inspected.role = crate::repo::role_by_content(&file.path, file.role, text, text.len());
            inspected.bytes = text.len() as u64;
        }
        inspected.is_marker = inspected.role.is_production() && self.rules.components.roots.want(&self.globs);
        let mut woken = std::mem::take(&mut self.woken);
        self.ask(index, file, text, &mut inspected, &mut woken);
        woken.sleep();
        self.woken = woken;
        buffer.done();
        self.buffer = buffer;
        inspected
    }

    /// Whether files of this path are asked a question at all, by what the path alone says.
    pub(crate) fn may_ask(&mut self, leaf: LeafId, path: &str) -> bool {
        let role = crate::repo::roles::role_of(path);
        let language = Languages::get().language_of(path);
        let Some(leaf) = self.rules.plan.leaves.get(leaf.0 as usize) else { return false };
        self.rules.plan.globs.matches(path, &mut self.globs);
        self.selects(leaf, &past_file(path, role), &Inspected { language, ..Inspected::nothing(role) })
    }

    /// Asks a text question about a file of an earlier commit: the role of that file, and what was found.
    pub(crate) fn ask_past(&mut self, leaf: LeafId, path: &str, text: &[u8]) -> Option<(Role, Vec<Hit>)> {
        let leaf = self.rules.plan.leaves.get(leaf.0 as usize)?;
        let file = past_file(path, crate::repo::roles::role_of(path));
        let role = crate::repo::role_by_content(path, file.role, text, text.len());
        let inspected = Inspected { language: Languages::get().language_of(path), ..Inspected::nothing(role) };
        self.rules.plan.globs.matches(path, &mut self.globs);
        let Question::Text(pattern) = &leaf.question else { return None };
        if !self.selects(leaf, &file, &inspected) {
            return None;
        }
        let decoded = str::from_utf8(text).ok();
        let mut sight = Sight { as_of: Some(self.as_of), refused: None };
        let mut seen = Seen::new(inspected.language, decoded);
        let answer = ask_text(pattern, leaf.enough, text, &[], &mut seen, &mut sight);
        Some((role, answer.hits))
    }

    fn ask(&mut self, index: usize, file: &SourceFile, text: &[u8], inspected: &mut Inspected, woken: &mut Woken) {
        let dialect = Dialect::from_path(&file.path);
        for leaf in self.dispatch.by_path(&self.globs, inspected.language) {
            woken.wake(leaf);
        }
        let globs = &self.rules.plan.globs;
        let extensions = self.globs.iter().copied().filter(|glob| globs.is_extension(*glob)).collect();
        let named = self.named(text, woken);
        let sort = Sort { role: inspected.role, language: inspected.language, dialect, extensions, named };
        let is_marked = self.by_keywords(text, &sort, woken);
        let decoded = std::str::from_utf8(text).ok().filter(|_| self.dispatch.is_read(file.role));
        let kinds: Vec<usize> = if inspected.skipped.is_some() {
            Vec::new()
        } else {
            let mut entries = Kinds::get().entries_of(&file.path);
            let counts = |entry: usize| {
                let kind = Kinds::get().entry(entry).zip(decoded);
                !kind.is_some_and(|(kind, text)| kind.is_left_out(&file.path, text, self.follower))
            };
            entries.retain(|entry| self.dispatch.is_asked(*entry) && counts(*entry));
            entries
        };
        for leaf in kinds.iter().filter_map(|kind| self.dispatch.by_kind.get(kind)).flatten() {
            woken.wake(*leaf);
        }
        let mut piece = decoded.and_then(|text| Piece::of(text, &kinds));
        let mut documents = Documents::new(decoded.filter(|_| piece.is_none()), &kinds, self.follower);
        let mut seen = Seen::new(inspected.language, decoded);
        let mut sight = Sight { as_of: Some(self.as_of), refused: self.notes_refused.then(Vec::new) };
        for (id, hits) in woken.in_order() {
            let Some(leaf) = self.rules.plan.leaves.get(id.0 as usize) else { continue };
            if !self.selects(leaf, file, inspected) || leaf.guard.is_some_and(|text| !is_found(&inspected.found, text))
            {
                continue;
            }
            let answer = match &leaf.question {
                Question::File => Some(Answered::whole_file()),
                _ if inspected.skipped.is_some() => None,
                Question::Text(pattern) => {
                    let answer = ask_text(pattern, leaf.enough, text, hits, &mut seen, &mut sight);
                    inspected.refused.extend(sight.refused.iter_mut().flat_map(std::mem::take).map(|one| (id, one)));
                    Some(answer)
                }
                Question::Value(_) | Question::Related(_) if piece.is_some() => {
                    piece.as_mut().into_iter().for_each(|piece| piece.leaves.push(id));
                    None
                }
                Question::Value(pattern) => documents.ask(pattern, self.is_left_out(leaf), self.as_of),
                Question::Related(condition) => {
                    inspected.rows.push((id, documents.rows(condition, inspected.role, self.as_of)));
                    None
                }
                Question::Code(patterns) => {
                    let may_match =
                        dialect.zip(decoded).map(|(dialect, text)| later::promising(patterns, hits, dialect, text));
                    let numbers = may_match.filter(|numbers| !numbers.is_empty());
                    inspected.waiting.extend(numbers.map(|numbers| (id, numbers)));
                    None
                }
            };
            let role = told_role(file.role, inspected.role);
            inspected.found.extend(answer.and_then(|answer| answer.into_matches(index, role)).map(|found| (id, found)));
        }
        if let Some(text) = decoded.filter(|_| self.dispatch.follows_reach) {
            inspected.is_manifest = documents.may_be_reached(text);
            inspected.names = documents.names(&file.path).map(Box::new);
        }
        self.ask_followers(index, file, text, inspected, &mut seen);
        self.look_within(index, text, file, &sort, inspected);
        let refused = self.notes_refused.then_some(&mut inspected.refused);
        let leaves = &self.rules.plan.leaves;
        secrets::give_way(leaves, self.owners, &mut inspected.found, refused);
        let holds_secret = |(id, _): &(LeafId, FileMatches)| leaves.get(id.0 as usize).is_some_and(Leaf::is_secret);
        if matches!(inspected.role, Role::Source | Role::Config) && inspected.found.iter().any(holds_secret) {
            let tests = inspected.language.and_then(|language| Languages::get().tests_from(language, text));
            secrets::set_tests_apart(leaves, text, tests, &mut inspected.found);
        }
        inspected.piece =
            piece.filter(|piece| inspected.role.is_production() || !piece.leaves.is_empty()).map(Box::new);
        hide_secrets(&self.rules.plan.leaves, text, inspected);
        if let Some(decoded) = decoded.filter(|_| is_marked && inspected.skipped.is_none()) {
            let language = inspected.language;
            inspected.ignores =
                inline::find(decoded, || language.map(|language| Languages::get().comments(language, decoded)));
        }
        if let (Some(reader), Some(decoded)) = (
            reader_for(&file.path),
            decoded.filter(|text| inspected.skipped.is_none() && is_manifest(&file.path, text)),
        ) {
            let read = (reader.read)(&file.path, decoded).map_err(|error| error.to_string());
            inspected.manifest = Some(Box::new(read.and_then(|manifest| match manifest.packages.len() {
                0..=PACKAGES => Ok(manifest),
                more => Err(format!("it names {more} packages, more than {PACKAGES}")),
            })));
        }
    }

    /// The leaves that the path selects and whose keywords are looked for with all others. Of paths that are few, each is
    /// asked by itself: it wakes at once.
    fn named(&mut self, text: &[u8], woken: &mut Woken) -> Vec<LeafId> {
        let named = self.dispatch.named(&self.globs);
        if named.is_empty() || self.named.get(&named).is_some_and(|bytes| *bytes >= APART) {
            return named;
        }
        for leaf in &named {
            woken.wake(*leaf);
        }
        let looked_at = text.len() * named.len();
        *self.named.entry(named).or_default() += looked_at;
        Vec::new()
    }

    /// Asks what is only worth asking where another text was found.
    fn ask_followers(
        &self,
        index: usize,
        file: &SourceFile,
        text: &[u8],
        inspected: &mut Inspected,
        seen: &mut Seen<'_>,
    ) {
        let found = &inspected.found;
        let followers = found.iter().flat_map(|(guard, _)| self.dispatch.followers(*guard));
        // The path of a file may have woken one before.
        let waiting: Vec<LeafId> = followers.filter(|id| !is_found(found, *id)).collect();
        let role = told_role(file.role, inspected.role);
        let mut sight = Sight { as_of: Some(self.as_of), refused: None };
        for &id in &waiting {
            let Some(leaf) = self.rules.plan.leaves.get(id.0 as usize) else { continue };
            let Question::Text(pattern) = &leaf.question else { continue };
            if self.selects(leaf, file, inspected) {
                let answer = ask_text(pattern, leaf.enough, text, &[], seen, &mut sight);
                inspected.found.extend(answer.into_matches(index, role).map(|found| (id, found)));
            }
        }
        if !waiting.is_empty() {
            inspected.found.sort_by_key(|(id, _)| *id);
        }
    }

    /// Wakes the conditions whose keywords stand in the text. Says whether an ignore may stand there.
    fn by_keywords(&mut self, text: &[u8], sort: &Sort, woken: &mut Woken) -> bool {
        let (dispatch, plan) = (self.dispatch, &self.rules.plan);
        let notes = self.notes_refused;
        let mut met = |at: usize, wake: Wake<'_>| match wake {
            Wake::Text(leaf, pattern) => {
                if pattern.may_match(text, at, notes) {
                    woken.wake(leaf);
                    woken.keep(leaf, at);
                }
            }
            Wake::Code(leaf, pattern, trigger) => {
                let spelt = text.get(at..at + trigger.len()) == Some(trigger.as_bytes());
                if spelt && !woken.knows(leaf, pattern) && is_here(plan, leaf, pattern, text, at) {
                    woken.wake(leaf);
                    woken.keep(leaf, pattern);
                }
            }
        };
        if text.is_empty() {
            return false;
        }
        if text.len() <= SHORT && self.short < FEW && !self.alarms.contains_key(sort) {
            self.short += 1;
            dispatch.plainly(plan, sort, text, &mut met);
            return true;
        }
        let made = self.alarm(sort);
        let Some(alarm) = made.get() else { return true };
        let mut is_marked = false;
        alarm.keywords.find(text, |word, at| {
            is_marked |= Alarm::is_mark(word);
            alarm.wakes(word).iter().for_each(|wake| met(at, *wake));
        });
        is_marked
    }

    /// The alarm for files of a sort.
    fn alarm(&mut self, sort: &Sort) -> Arc<OnceLock<Alarm<'a>>> {
        if let Some(known) = self.alarms.get(sort) {
            return Arc::clone(known);
        }
        let new = self.shared.of(self.dispatch, &self.rules.plan, sort);
        self.alarms.insert(sort.clone(), Arc::clone(&new));
        new
    }

    /// Tries the other secret patterns on what encoded values say.
    fn look_within(&mut self, index: usize, text: &[u8], file: &SourceFile, sort: &Sort, inspected: &mut Inspected) {
        let rules = self.rules;
        let leaves = &rules.plan.leaves;
        let values = secrets::decoded(leaves, text, &inspected.found);
        if values.is_empty() {
            return;
        }
        let made = self.alarm(sort);
        let Some(alarm) = made.get() else { return };
        let mut sight = Sight { as_of: Some(self.as_of), refused: None };
        for (at, value) in values {
            let mut awake: Vec<LeafId> = Vec::new();
            alarm.keywords.find(value.as_bytes(), |word, _| {
                let text = |wake: &Wake<'_>| if let Wake::Text(leaf, _) = wake { Some(*leaf) } else { None };
                awake.extend(alarm.wakes(word).iter().filter_map(text));
            });
            awake.sort_unstable();
            awake.dedup();
            for id in awake {
                let Some(leaf) = leaves.get(id.0 as usize).filter(|leaf| self.selects(leaf, file, inspected)) else {
                    continue;
                };
                let hits = secrets::within(leaf, &value, at, &mut sight);
                let answer = Answered { hits, ..Answered::default() };
                inspected
                    .found
                    .extend(answer.into_matches(index, told_role(file.role, inspected.role)).map(|found| (id, found)));
            }
        }
        inspected.found.sort_by_key(|(id, _)| *id);
    }

    fn selects(&self, leaf: &Leaf, file: &SourceFile, inspected: &Inspected) -> bool {
        let by_glob = leaf.globs.is_empty() || leaf.globs.iter().any(|glob| self.globs.binary_search(glob).is_ok());
        let by_language = leaf.languages.is_empty()
            || inspected.language.is_some_and(|language| leaf.languages.iter().any(|wanted| wanted == language));
        let refused = !leaf.asks_left_out() && self.is_left_out(leaf);
        leaf.roles.contains(inspected.role) && by_glob && !refused && by_language && (!leaf.tracked || file.tracked)
    }

    /// Whether the globs of a condition leave out the file that is read.
    fn is_left_out(&self, leaf: &Leaf) -> bool {
        leaf.refused.iter().any(|glob| self.globs.binary_search(glob).is_ok())
    }
}

/// A file as a commit held it.
fn past_file(path: &str, role: Role) -> SourceFile {
    SourceFile { path: path.into(), role, tracked: true }
}

/// The role that a match is told with: what a program wrote for a test stays a test's.
const fn told_role(by_path: Role, by_content: Role) -> Role {
    match by_path {
        Role::Test | Role::Fixture | Role::Example => by_path,
        _ => by_content,
    }
}

/// Whether around byte `at` stands what a pattern of a leaf wants there.
fn is_here(plan: &Plan, leaf: LeafId, pattern: usize, text: &[u8], at: usize) -> bool {
    match plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question) {
        Some(Question::Code(patterns)) => patterns.get(pattern).is_some_and(|pattern| pattern.is_here(text, at)),
        _ => false,
    }
}

/// No match of another rule may show a secret that stands in its text.
pub(crate) fn hide_secrets(leaves: &[Leaf], text: &[u8], inspected: &mut Inspected) {
    let found = &mut inspected.found;
    let is_secret = |id: &LeafId| leaves.get(id.0 as usize).is_some_and(Leaf::is_secret);
    let spans: Vec<Span> = found
        .iter()
        .filter(|(id, _)| is_secret(id))
        .flat_map(|(_, matches)| matches.hits.iter().filter_map(|hit| hit.span))
        .collect();
    if spans.is_empty() {
        return;
    }
    let hidden = Hidden::of(spans, text);
    for (_, matches) in found.iter_mut().filter(|(id, _)| !is_secret(id)) {
        hidden.hide_in(matches);
    }
    for row in inspected.rows.iter_mut().flat_map(|(_, rows)| &mut rows.rows) {
        hidden.hide(&mut row.hit.text);
        row.hit.captures.iter_mut().for_each(|(_, text)| hidden.hide(text));
    }
}

impl From<Inspected> for Outcome {
    fn from(inspected: Inspected) -> Self {
        let Inspected { role, language, bytes, is_marker, is_manifest, .. } = inspected;
        Self {
            role,
            language,
            bytes,
            is_marker,
            is_manifest,
            given: (!inspected.is_empty()).then(|| Box::new(inspected)),
        }
    }
}

impl Inspected {
    fn is_empty(&self) -> bool {
        let read = self.manifest.is_none() && self.skipped.is_none() && self.piece.is_none() && self.names.is_none();
        let asked = self.found.is_empty() && self.rows.is_empty() && self.waiting.is_empty();
        read && asked && self.ignores.is_empty() && self.refused.is_empty()
    }

    fn nothing(role: Role) -> Self {
        Self {
            role,
            language: None,
            found: Vec::new(),
            manifest: None,
            skipped: None,
            ignores: Vec::new(),
            refused: Vec::new(),
            bytes: 0,
            rows: Vec::new(),
            waiting: Vec::new(),
            piece: None,
            is_marker: false,
            is_manifest: false,
            names: None,
        }
    }
}

/// The comments of a file, as far as somebody asked; `None` where nobody knows what a comment is.
#[derive(Debug)]
struct Seen<'a>(Option<Comments<'a>>);

impl<'a> Seen<'a> {
    fn new(language: Option<&str>, decoded: Option<&'a str>) -> Self {
        Self(language.zip(decoded).and_then(|(language, text)| Languages::get().reader(language, text)))
    }

    /// Whether byte `at` stands in a comment.
    fn is_comment(&mut self, at: usize) -> bool {
        self.0.as_mut().is_some_and(|comments| comments.holds(at))
    }
}

/// Whether a question that was asked before, for they come in order, has an answer here.
fn is_found(found: &[(LeafId, FileMatches)], wanted: LeafId) -> bool {
    found.binary_search_by_key(&wanted, |(leaf, _)| *leaf).is_ok()
}

fn ask_text(
    pattern: &TextPattern,
    enough: usize,
    text: &[u8],
    hits: &[usize],
    seen: &mut Seen<'_>,
    sight: &mut Sight,
) -> Answered {
    let mut found: Vec<TextMatch> = Vec::new();
    let mut keep = |one: TextMatch| {
        if pattern.spec.comments || !seen.is_comment(one.span.start) {
            found.push(one);
        }
        found.len() < enough
    };
    match hits.len() {
        // Nobody looked for keywords yet, or there are too many to be kept.
        0 | PLACES.. => pattern.search_each(text, sight, &mut keep),
        _ => pattern.find_each(text, hits, sight, &mut keep),
    }
    Answered { hits: found.into_iter().map(Hit::from).collect(), ..Answered::default() }
}
