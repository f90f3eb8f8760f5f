//! From byte spans to what a report shows: lines and columns, the text around, the line hash.
//!
//! Only files with something to show are opened again, each once. Whatever text comes out has lost the values of all
//! secrets of its file that the caller knows of; each line is gone through once, however many places are on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::parallel::in_order;
use crate::text::{LineIndex, Region, Span};

use super::line_hash::LineHashes;
use super::{Buffer, Redactor, Repo, SkipReason};

/// Where secrets stand, by the path of their file.
pub type Secrets = BTreeMap<String, Vec<Span>>;

/// Most lines of one place that are shown.
pub const MAX_LINES: usize = 12;
/// How many files a worker takes at a time.
const BATCH: usize = 4;

/// One place, ready to be shown. The texts are whole lines, without line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Lines and columns of the span.
    pub region: Region,
    /// The lines from `region.line` on, at most [`MAX_LINES`]. Long ones are shared, not copied.
    pub lines: Vec<Arc<str>>,
    /// How many lines of the region were left off.
    pub more_lines: usize,
    /// The line before.
    pub before: Option<Arc<str>>,
    /// The line after the last one shown; `None` when some were left off.
    pub after: Option<Arc<str>>,
    /// `primaryLocationLineHash` of the first line, where it was wanted.
    pub line_hash: Option<String>,
}

/// What is to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Request<'repo> {
    /// The file.
    pub path: &'repo str,
    /// Where in it.
    pub span: Span,
    /// Whether the hash of its line is wanted, for which the whole file has to be gone through.
    pub hashed: bool,
}

/// Places every request, in the order given, with as many threads as `jobs` says; no text of a file shows what stands at
/// its `secrets`. Spans behind the end of a file mean its end.
pub fn place(repo: &Repo, requests: &[Request<'_>], secrets: &Secrets, jobs: usize) -> Vec<Result<Placed, SkipReason>> {
    let mut by_path: BTreeMap<&str, Vec<(usize, Request<'_>)>> = BTreeMap::new();
    for (at, request) in requests.iter().enumerate() {
        by_path.entry(request.path).or_default().push((at, *request));
    }
    let files: Vec<(&str, Vec<(usize, Request<'_>)>)> = by_path.into_iter().collect();
    let placed = in_order(files.len(), BATCH, jobs, Buffer::taking_turns, |buffer, number| {
        let (path, wanted) = files.get(number)?;
        let placed = match read(repo, path, buffer) {
            Ok(text) => {
                let hashed = wanted.iter().any(|(_, request)| request.hashed);
                let redactor = Redactor::of(secrets.get(*path).map_or(&[], Vec::as_slice), text);
                let mut page = Page::new(text, wanted.iter().map(|(_, request)| request.span), hashed, redactor);
                wanted.iter().map(|(at, request)| (*at, Ok(page.show(*request)))).collect::<Vec<_>>()
            }
            Err(reason) => wanted.iter().map(|(at, _)| (*at, Err(reason.clone()))).collect(),
        };
        buffer.done();
        Some(placed)
    });
    placed.into_iter().flatten().flatten().collect::<BTreeMap<_, _>>().into_values().collect()
}

fn read<'buffer>(repo: &Repo, path: &str, buffer: &'buffer mut Buffer) -> Result<&'buffer [u8], SkipReason> {
    let file = repo.file(path).ok_or_else(|| SkipReason::Unreadable("no such file".to_owned()))?;
    repo.read_into(file, buffer)
}

/// One open file.
struct Page<'text> {
    text: &'text [u8],
    index: LineIndex,
    columns: BTreeMap<usize, (usize, usize)>,
    hashes: Option<LineHashes>,
    redactor: Redactor,
    lines: BTreeMap<usize, Arc<str>>,
}

impl<'text> Page<'text> {
    fn new(text: &'text [u8], spans: impl Iterator<Item = Span>, hashed: bool, redactor: Redactor) -> Self {
        let mut offsets: Vec<usize> = spans
            .flat_map(|span| [span.start, span.end.max(span.start)])
            .map(|offset| offset.min(text.len()))
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        let text = if hashed { text } else { head(text, offsets.last().copied().unwrap_or_default()) };
        let index = LineIndex::new(text);
        let columns = columns(text, &index, &offsets);
        let line_hashes = hashed.then(|| LineHashes::new(&String::from_utf8_lossy(text)));
        Self { text, index, columns, hashes: line_hashes, redactor, lines: BTreeMap::new() }
    }

    fn show(&mut self, request: Request<'_>) -> Placed {
        let region = self.region(request.span);
        // A span that ends with a line end shows nothing of the next line.
        let ends_before = region.end_line > region.line && region.end_column == 1;
        let last = region.end_line - usize::from(ends_before);
        let shown = last.min(region.line + MAX_LINES - 1);
        Placed {
            region,
            lines: (region.line..=shown).filter_map(|line| self.line(line)).collect(),
            more_lines: last - shown,
            before: self.line(region.line - 1),
            after: if last == shown { self.line(last + 1) } else { None },
            line_hash: self.hashes.as_ref().filter(|_| request.hashed).and_then(|hashes| hashes.line(region.line)),
        }
    }

    fn region(&self, span: Span) -> Region {
        let position = |offset: usize| self.columns.get(&offset.min(self.text.len())).copied().unwrap_or((1, 1));
        let (line, column) = position(span.start);
        let (end_line, end_column) = position(span.end.max(span.start));
        Region { line, column, end_line, end_column }
    }

    fn line(&mut self, line: usize) -> Option<Arc<str>> {
        let span = self.index.line_span(self.text, line)?;
        // The empty line behind a final line end is none.
        if span.is_empty() && line > 1 && line == self.index.lines() {
            return None;
        }
        let bytes = self.text.get(span.start..span.end)?;
        let redactor = &self.redactor;
        let shared = self.lines.entry(line).or_insert_with(|| redactor.redact(&String::from_utf8_lossy(bytes)).into());
        Some(Arc::clone(shared))
    }
}

/// The text up to the lines behind byte `last`, which are all that is shown: what follows need not be gone through.
fn head(text: &[u8], last: usize) -> &[u8] {
    const SHOWN: usize = 3;
    let behind = text.get(last..).unwrap_or_default();
    let end = memchr::memchr_iter(b'\n', behind).nth(SHOWN).map_or(text.len(), |at| last + at);
    text.get(..end).unwrap_or(text)
}

/// Line and column of each offset; `offsets` is sorted, so that a long line is counted through only once.
fn columns(text: &[u8], index: &LineIndex, offsets: &[usize]) -> BTreeMap<usize, (usize, usize)> {
    let mut found = BTreeMap::new();
    let (mut line, mut column, mut counted) = (0, 1, 0);
    for &offset in offsets {
        let here = index.line(offset);
        if here != line {
            let start = index.line_span(text, here).map_or(offset, |span| span.start);
            (line, column, counted) = (here, 1, start);
        }
        for chunk in text.get(counted..offset).unwrap_or_default().utf8_chunks() {
            column += chunk.valid().chars().count() + chunk.invalid().len();
        }
        counted = offset;
        found.insert(offset, (line, column));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::hashes;
    use proptest::prelude::*;

    fn request(path: &str, span: Span) -> Request<'_> {
        Request { path, span, hashed: true }
    }

    fn one(text: &str, span: Span) -> Placed {
        let repo = Repo::from_memory([("a", text)]);
        place(&repo, &[request("a", span)], &Secrets::new(), 1).remove(0).unwrap()
    }

    #[test]
    fn a_place_has_its_line_its_neighbours_and_its_hash() {
        let text = "one\r\nt\u{e9}n = 2\nthree\n";
        let start = text.find('=').unwrap();
        let placed = one(text, Span::new(start, start + 1));
        assert_eq!(placed.region, Region { line: 2, column: 5, end_line: 2, end_column: 6 });
        assert_eq!(placed.lines, ["t\u{e9}n = 2".into()]);
        assert_eq!((placed.before.as_deref(), placed.after.as_deref()), (Some("one"), Some("three")));
        assert_eq!(placed.line_hash.as_ref(), hashes(text).get(1));
    }

    #[test]
    fn a_whole_line_does_not_show_the_next() {
        let placed = one("a\nb\nc\n", Span::new(2, 4));
        assert_eq!(placed.region, Region { line: 2, column: 1, end_line: 3, end_column: 1 });
        assert_eq!((placed.lines, placed.after.as_deref()), (vec!["b".into()], Some("c")));
    }

    #[test]
    fn edges_of_a_file_have_one_neighbour() {
        let first = one("a\nb\n", Span::at(0));
        assert_eq!((first.before, first.after.as_deref()), (None, Some("b")));
        let last = one("a\nb\n", Span::new(2, 3));
        assert_eq!((last.before.as_deref(), last.after), (Some("a"), None));
        let empty = one("", Span::new(7, 3));
        assert_eq!((empty.region, empty.lines.len()), (Region::file_start(), 1));
    }

    #[test]
    fn long_regions_are_cut_and_say_so() {
        let placed = one(&"x\n".repeat(40), Span::new(0, 80));
        assert_eq!((placed.lines.len(), placed.more_lines, placed.after), (MAX_LINES, 28, None));
    }

    #[test]
    fn answers_stand_in_the_order_of_the_requests() {
        let repo = Repo::from_memory([("a", &b"1\n2\n"[..]), ("b", b"x\0y"), ("c", b"3")]);
        let span = Span::new(0, 1);
        let requests = [("c", span), ("b", span), ("a", Span::new(2, 3)), ("d", span), ("a", span)];
        let placed = place(&repo, &requests.map(|(path, span)| request(path, span)), &Secrets::new(), 2);
        let texts: Vec<_> = placed.iter().map(|one| one.as_ref().map(|one| &*one.lines[0])).collect();
        let gone = SkipReason::Unreadable("no such file".to_owned());
        assert_eq!(texts, [Ok("3"), Err(&SkipReason::Binary), Ok("2"), Err(&gone), Ok("1")]);
    }

    #[test]
    fn redaction_reaches_every_text() {
        let repo = Repo::from_memory([("a", "1=same\n2=same\n3=same and more\n4\n5\n6\n7=late\nlate\n")]);
        let secrets = Secrets::from([("a".to_owned(), vec![Span::new(2, 6), Span::new(43, 47)])]);
        let texts = |span| {
            let request = Request { hashed: false, ..request("a", span) };
            let placed = place(&repo, &[request], &secrets, 1).remove(0).unwrap();
            [placed.before.unwrap(), placed.lines[0].clone(), placed.after.unwrap()].map(|text| text.to_string())
        };
        assert_eq!(texts(Span::new(9, 13)), ["1=********", "2=********", "3=******** and more"]);
        // What stands behind the lines that are shown counts too.
        assert_eq!(texts(Span::at(32)), ["4", "5", "6"]);
        assert_eq!(texts(Span::at(36)), ["6", "7=********", "********"]);
    }

    proptest! {
        #[test]
        fn regions_are_those_of_the_line_index(text in "[ab\r\n\u{e9}\u{1f389}]{0,60}", cuts: [prop::sample::Index; 4]) {
            let edges: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let [one, two, three, four] = cuts.map(|cut| *cut.get(&edges));
            let spans = [Span::new(one.min(two), one.max(two)), Span::new(three.min(four), three.max(four))];
            let repo = Repo::from_memory([("a", text.as_str())]);
            let index = LineIndex::new(text.as_bytes());
            for (placed, span) in place(&repo, &spans.map(|span| request("a", span)), &Secrets::new(), 1).into_iter().zip(spans) {
                let placed = placed.unwrap();
                prop_assert_eq!(placed.region, index.region(text.as_bytes(), span));
            }
        }

        #[test]
        fn what_follows_changes_nothing(text in "[ab\r\n\u{e9}]{0,60}", cut: prop::sample::Index) {
            let edges: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let span = Span::at(*cut.get(&edges));
            let repo = Repo::from_memory([("a", text.as_str())]);
            let [hashed, bare] = [true, false].map(|hashed| {
                let request = Request { hashed, ..request("a", span) };
                Placed { line_hash: None, ..place(&repo, &[request], &Secrets::new(), 1).remove(0).unwrap() }
            });
            prop_assert_eq!(hashed, bare);
        }

        #[test]
        fn never_panics(text: Vec<u8>, start: u16, end: u16) {
            let repo = Repo::from_memory([("a", text)]);
            let _ = place(&repo, &[request("a", Span::new(start.into(), end.into()))], &Secrets::new(), 1);
        }
    }
}
