//! The join: rows of all files in, one answer per subject out, through an index over the counterparts' keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{HitWhen, How, Order, RelatedCondition, Row, Within};
use crate::condition::Truth;
use crate::condition::value::ValueHit;
use crate::format::hcl;

/// Most rows of unknown keys that are compared one by one with a subject; with more, any may be its counterpart.
const VAGUE: usize = 64;
/// Most selectors that labels which a template makes are held against; with more, any may select them.
const OPEN: usize = 512;
/// Most candidates of one subject that are looked at.
const CANDIDATES: usize = 4096;

/// A row and the number of its file.
pub type Found = (u32, Row);

/// A place where rows of a side may hide: a file that cannot be read, a part that is a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// Number of the file.
    pub file: u32,
    /// Number of the side.
    pub side: usize,
}

/// What became of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// Number of its file.
    pub file: u32,
    /// Whether it is a hit.
    pub truth: Truth,
    /// The subject.
    pub hit: ValueHit,
    /// The first of its counterparts, with the number of its file.
    pub counterpart: Option<(u32, ValueHit)>,
}

type Group = (usize, usize);

/// Joins the rows of all files, which come in file order; `place` numbers what a file stands within. Subjects that are not
/// among those that the condition asks for are left out.
pub fn join(
    condition: &RelatedCondition,
    rows: &[Found],
    unread: &[Unread],
    place: &dyn Fn(u32, &Within) -> usize,
) -> Vec<Joined> {
    let table = Table::new(condition, rows, unread, place);
    rows.iter()
        .enumerate()
        .filter(|(number, (file, row))| row.side == 0 && table.is_asked(*number, *file, row))
        .map(|(number, found)| table.answer(number, found))
        .collect()
}

struct Table<'a> {
    condition: &'a RelatedCondition,
    rows: &'a [Found],
    place: &'a dyn Fn(u32, &Within) -> usize,
    /// Counterparts by side, group, join and text.
    index: HashMap<(usize, Group, usize, &'a str), Vec<usize>>,
    /// Selectors without a pair to find them by, by side, group and join.
    wide: HashMap<(usize, Group, usize), Vec<usize>>,
    /// Counterparts of which no key is known, by side and group.
    vague: HashMap<(usize, Group), Vec<usize>>,
    /// What there is of a side in a group, and whether there may be more.
    present: BTreeMap<(usize, Group), Vec<usize>>,
    hidden: BTreeSet<(usize, Group)>,
}

impl<'a> Table<'a> {
    fn new(
        condition: &'a RelatedCondition,
        rows: &'a [Found],
        unread: &[Unread],
        place: &'a dyn Fn(u32, &Within) -> usize,
    ) -> Self {
        let mut table = Self {
            condition,
            rows,
            place,
            index: HashMap::new(),
            wide: HashMap::new(),
            vague: HashMap::new(),
            present: BTreeMap::new(),
            hidden: BTreeSet::new(),
        };
        let itself = condition.spec.to.is_none();
        for (number, (file, row)) in rows.iter().enumerate() {
            if row.side > 0 || itself {
                table.add(number, *file, row);
            }
        }
        for Unread { file, side } in unread {
            let side = if itself && *side == 0 { 1 } else { *side };
            table.hidden.insert((side, table.group(side, *file, 0)));
        }
        table
    }

    fn add(&mut self, number: usize, file: u32, row: &'a Row) {
        let (side, keys) = if row.side == 0 { (0, &row.mirrored) } else { (row.side, &row.keys) };
        let group = self.group(side, file, row.document);
        self.present.entry((side, group)).or_default().push(number);
        let names_nothing = |keys: &super::Keys| keys.texts.iter().all(|text| hcl::is_nameless(text));
        // Selectors of which nothing is known are found among the wide ones.
        if keys.iter().all(names_nothing) && keys.iter().any(|keys| keys.unknown && keys.selector.is_none()) {
            self.vague.entry((side, group)).or_default().push(number);
        }
        for (join, keys) in keys.iter().enumerate() {
            match (&keys.selector, keys.texts.first()) {
                (Some(_), Some(first)) => {
                    self.index.entry((side, group, join, first)).or_default().push(number);
                }
                (Some(_), None) => self.wide.entry((side, group, join)).or_default().push(number),
                (None, _) => {
                    for text in &keys.texts {
                        self.index.entry((side, group, join, text)).or_default().push(number);
                    }
                }
            }
        }
    }

    /// What a document stands within, for rows of a side.
    fn group(&self, side: usize, file: u32, document: usize) -> Group {
        match self.condition.within(side) {
            Within::Document => (file as usize, document),
            within => ((self.place)(file, within), 0),
        }
    }

    fn answer(&self, number: usize, (file, subject): &'a Found) -> Joined {
        let side = usize::from(self.condition.spec.to.is_some());
        let mut pairs = self.counterparts(number, *file, subject, side);
        pairs.definite.sort_unstable();
        let count = pairs.definite.len();
        let possible = pairs.possible || self.perhaps(number, *file, subject);
        let or_unknown = |certain: bool, otherwise: bool| match (certain, possible) {
            (true, _) => Truth::from(!otherwise),
            (false, true) => Truth::Unknown,
            (false, false) => Truth::from(otherwise),
        };
        let truth = match self.condition.spec.hit_when {
            HitWhen::Exists | HitWhen::Repeated => or_unknown(count > 0, false),
            HitWhen::AtLeast(least) => or_unknown(count >= least, false),
            HitWhen::None => or_unknown(count > 0, true),
            HitWhen::AtMost(most) => or_unknown(count > most, true),
        };
        let truth = if subject.certain { truth } else { Truth::Unknown }.and(subject.cleared.negate());
        let counterpart = pairs.definite.first().and_then(|number| self.rows.get(*number));
        let counterpart = counterpart.map(|(file, row)| (*file, row.hit.clone()));
        Joined { file: *file, truth, hit: subject.hit.clone(), counterpart }
    }

    /// Whether a subject is, or may be, among those that the condition asks for.
    fn is_asked(&self, number: usize, file: u32, subject: &'a Row) -> bool {
        let Some(side) = self.condition.among().filter(|_| !subject.cleared.is_true()) else { return true };
        let pairs = self.counterparts(number, file, subject, side);
        pairs.possible || !pairs.definite.is_empty()
    }

    /// Whether something that could be, or hold, a counterpart belongs to the subject.
    fn perhaps(&self, number: usize, file: u32, subject: &'a Row) -> bool {
        let first = self.condition.first_perhaps();
        (0..self.condition.spec.perhaps.len()).any(|perhaps| {
            let side = first + perhaps;
            if self.condition.joins(side).is_empty() {
                let group = (side, self.group(side, file, subject.document));
                return self.present.contains_key(&group) || self.hidden.contains(&group);
            }
            let pairs = self.counterparts(number, file, subject, side);
            pairs.possible || !pairs.definite.is_empty()
        })
    }

    fn counterparts(&self, number: usize, file: u32, subject: &'a Row, side: usize) -> Pairs {
        let group = self.group(side, file, subject.document);
        let joins = self.condition.joins(side);
        let offset = self.condition.offset(side);
        let mut pairs = Pairs { definite: Vec::new(), possible: self.hidden.contains(&(side.max(1), group)) };
        let mut seen: BTreeMap<usize, Truth> = BTreeMap::new();
        for (join, spec) in joins.iter().enumerate() {
            let Some(own) = subject.keys.get(offset + join) else { continue };
            if own.unknown && own.texts.is_empty() && matches!(spec.how, How::Equals | How::Member | How::Selects) {
                pairs.possible |= joins.len() == 1 && self.present.contains_key(&(side, group));
            }
            let open = own.unknown && spec.how == How::Selected;
            pairs.possible |= open && self.all(side, group).len() > OPEN;
            for other in self.candidates(spec.how, (side, group), join, own) {
                if seen.len() >= CANDIDATES {
                    pairs.possible = true;
                    break;
                }
                let belongs = self.belongs(spec.how, own, other, join).and(self.fits(number, file, subject, other));
                let known = seen.entry(other).or_insert(Truth::False);
                *known = known.or(belongs);
            }
        }
        let vague = self.vague.get(&(side, group)).map(Vec::as_slice).unwrap_or_default();
        let could = |other: &usize| !self.fits(number, file, subject, *other).is_false();
        pairs.possible |= vague.len() > VAGUE || vague.iter().any(could);
        pairs.possible |= seen.values().any(|truth| *truth == Truth::Unknown);
        pairs.definite.extend(seen.into_iter().filter(|(_, truth)| truth.is_true()).map(|(other, _)| other));
        pairs
    }

    /// All rows of a side in a group.
    fn all(&self, side: usize, group: Group) -> &[usize] {
        self.present.get(&(side, group)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Rows that share a key with the subject, or whose selector might select it.
    fn candidates(&self, how: How, (side, group): (usize, Group), join: usize, own: &'a super::Keys) -> Vec<usize> {
        let texts: &[String] = match &own.selector {
            // What a selector asks for must all be there: one of its pairs finds the candidates.
            Some(_) => own.texts.get(..1).unwrap_or_default(),
            None => &own.texts,
        };
        let mut found: Vec<usize> = Vec::new();
        for text in texts {
            found.extend(self.index.get(&(side, group, join, text.as_str())).into_iter().flatten());
        }
        // A selector without a pair may select all, and labels that are not known may be what any asks for.
        if own.texts.is_empty() && own.selector.is_some()
            || own.unknown && how == How::Selected && self.all(side, group).len() <= OPEN
        {
            found.extend(self.all(side, group).iter().take(CANDIDATES));
        }
        found.extend(self.wide.get(&(side, group, join)).into_iter().flatten());
        found.sort_unstable();
        found.dedup();
        if how == How::Any {
            found.truncate(VAGUE);
        }
        found
    }

    /// Whether the keys of a candidate really belong to the subject's.
    fn belongs(&self, how: How, own: &super::Keys, other: usize, join: usize) -> Truth {
        let Some((_, row)) = self.rows.get(other) else { return Truth::False };
        let keys = if row.side == 0 { &row.mirrored } else { &row.keys };
        let Some(keys) = keys.get(join) else { return Truth::False };
        let (selector, labels) = match how {
            How::Selects => (own, keys),
            How::Selected => (keys, own),
            _ => return Truth::True,
        };
        selector.selects(labels, self.condition.within(row.side).is_near())
    }

    /// What is asked of a pair beyond its keys.
    fn fits(&self, number: usize, file: u32, subject: &Row, other: usize) -> Truth {
        let Some((other_file, row)) = self.rows.get(other).filter(|_| other != number) else { return Truth::False };
        let spec = &self.condition.spec;
        if spec.hit_when == HitWhen::Repeated && other > number {
            return Truth::False;
        }
        let place = |row: &Row| row.hit.span.start;
        let stands = match spec.order {
            None => true,
            Some(Order::Before) => file == *other_file && place(row) < place(subject),
            Some(Order::After) => file == *other_file && place(row) > place(subject),
        };
        let mut truth = Truth::from(stands);
        for (ours, theirs) in subject.same.iter().zip(&row.same) {
            let alike = match (ours.texts.first(), theirs.texts.first()) {
                (Some(one), Some(other)) => Truth::from(one == other),
                _ if ours.unknown || theirs.unknown => Truth::Unknown,
                _ => Truth::True,
            };
            truth = truth.and(alike);
        }
        let doubted = row.doubt.is_some() && row.doubt != subject.doubt;
        truth.and(if row.certain && !doubted { Truth::True } else { Truth::Unknown })
    }
}

/// The counterparts of a subject, and whether there may be more.
struct Pairs {
    definite: Vec<usize>,
    possible: bool,
}
