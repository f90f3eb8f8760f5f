//! Template actions in YAML, replaced byte for byte so that the rest can be read and every offset stands.
//!
//! A line that holds nothing but control actions (`if`, `else`, `range`, comments …) becomes empty. A line that
//! inserts something becomes empty too and is noted as a [`Hole`] with the indentation its content will have, so that
//! the reader can say "more may stand here". An action within a line becomes a word of the same length, and the
//! scalar that holds it is opaque. GitHub's `${{ … }}` is no template and stays.
//!
//! Filling is done with line feeds where a line must vanish (blank lines mean nothing anywhere in YAML, while spaces
//! or comments would change a block scalar); lines and columns are always computed from the original text.

mod action;
mod block;
mod optional;

use self::action::{Action, Kind, actions};
use self::block::Blocks;
pub(crate) use self::optional::optional_parts;
use crate::text::Span;

/// A text whose templates are replaced, with what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// As long as the original, byte for byte.
    pub text: String,
    /// All actions, in order.
    pub actions: Vec<Span>,
    /// Lines that insert content, in order.
    pub holes: Vec<Hole>,
    /// Comments of the template language, in order.
    pub comments: Vec<Span>,
    /// Whether parts of the text stand under a condition or in a loop.
    pub conditional: bool,
}

/// A line of which only the template engine knows the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The actions of the line.
    pub span: Span,
    /// Columns by which the content will be indented.
    pub indent: usize,
}

impl Masked {
    /// Whether an action lies in `span` or overlaps it.
    pub fn touches(&self, span: Span) -> bool {
        let first = self.actions.partition_point(|action| action.end <= span.start);
        self.actions.get(first).is_some_and(|action| action.start < span.end)
    }
}

/// Masks the template actions of `text`; `None` when there are none.
pub fn mask(text: &str) -> Option<Masked> {
    let found = actions(text);
    if found.is_empty() {
        return None;
    }
    let mut masker = Masker {
        text,
        bytes: text.as_bytes().to_vec(),
        blocks: Blocks::default(),
        holes: Vec::new(),
        conditional: found.iter().any(|action| action.kind == Kind::Control),
    };
    let mut rest = found.as_slice();
    while let Some(first) = rest.first() {
        let together = rest.windows(2).take_while(|pair| !text[pair[0].span.end..pair[1].span.start].contains('\n'));
        let (group, behind) = rest.split_at(1 + together.count());
        masker.line(first.span.start, group);
        rest = behind;
    }
    let comments = found.iter().filter(|action| action.kind == Kind::Comment).map(|action| action.span).collect();
    let Masker { bytes, holes, conditional, .. } = masker;
    let actions = found.into_iter().map(|action| action.span).collect();
    Some(Masked { text: String::from_utf8(bytes).ok()?, actions, holes, comments, conditional })
}

/// What an action inserts, however it is written: without the braces, quotes and filters that only lay it out.
pub fn inserted(raw: &str) -> String {
    let braces = |letter: char| matches!(letter, '{' | '}' | '-' | '"' | '\'') || letter.is_whitespace();
    let bare = raw.trim_matches(braces);
    let laid_out = |filter: &&str| {
        let name = filter.split_whitespace().next().unwrap_or_default();
        matches!(name, "nindent" | "indent" | "quote" | "squote" | "trim")
    };
    let filters = bare.split('|').map(str::trim).filter(|filter| !laid_out(filter));
    let words = filters.flat_map(str::split_whitespace).map(|word| if word == "template" { "include" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether `text` looks like a GitHub workflow, whose double braces belong to the commands in it.
pub fn is_workflow(text: &str) -> bool {
    if memchr::memmem::find(text.as_bytes(), b"${{").is_some() {
        return true;
    }
    let has = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)));
    has(&["on:", "\"on\":", "'on':"]) && has(&["jobs:"])
}

struct Masker<'a> {
    text: &'a str,
    bytes: Vec<u8>,
    blocks: Blocks,
    holes: Vec<Hole>,
    conditional: bool,
}

/// One line with its actions, which may themselves span lines.
struct Row<'a, 'b> {
    /// Where the line begins, a byte order mark left out.
    start: usize,
    prefix: &'a str,
    /// What follows the last action, without the line end.
    suffix: &'a str,
    actions: &'b [Action],
}

impl<'a> Masker<'a> {
    fn line(&mut self, first: usize, group: &[Action]) {
        let Some(last) = group.last() else { return };
        let line = memchr::memrchr(b'\n', &self.text.as_bytes()[..first]).map_or(0, |at| at + 1);
        let start = if self.text[line..].starts_with('\u{feff}') { line + 3 } else { line };
        let start = start.min(first);
        let suffix = self.text[last.span.end..].lines().next().unwrap_or_default();
        let row = Row { start, prefix: &self.text[start..first], suffix, actions: group };
        self.blocks.read_up_to(self.text, start);
        let end = last.span.end + suffix.len();
        if row.prefix.trim_start().starts_with('#') {
            self.words(&row);
        } else if row.is_bare(self.text) {
            self.bare(&row);
        } else {
            self.blocks.read_line(&self.text[start..end]);
            self.mixed(&row);
        }
        self.blocks.skip_to(end);
    }

    /// A line of actions only.
    fn bare(&mut self, row: &Row<'a, '_>) {
        let (Some(first), Some(last)) = (row.actions.first(), row.actions.last()) else { return };
        let all = Span::new(row.start, last.span.end);
        let Some(output) = row.actions.iter().rfind(|action| action.kind == Kind::Output) else {
            self.fill(all, b'\n');
            return;
        };
        let column = row.prefix.chars().count();
        let indent = output.indent(self.text).unwrap_or(column);
        let Some(margin) = self.blocks.margin_of(indent.max(column)) else {
            self.fill(all, b'\n');
            self.holes.push(Hole { span: first.span.cover(last.span), indent });
            return;
        };
        // Inside a block scalar the line is text: a word at a column that belongs to it.
        let column = if column > margin { column } else { indent };
        let blank = column.min(all.len().saturating_sub(1));
        self.fill(Span::new(all.start, all.start + blank), b' ');
        self.fill(Span::new(all.start + blank, all.end), b'x');
    }

    /// A line of actions and text.
    fn mixed(&mut self, row: &Row<'a, '_>) {
        let leading = row.leading(self.text);
        let inner = &row.actions[leading..];
        if let Some(last) = leading.checked_sub(1).and_then(|at| row.actions.get(at)) {
            // `{{ if x }}key: value{{ end }}`: the text moves to the column where the actions began.
            let gap =
                self.text[last.span.end..].len() - self.text[last.span.end..].trim_start_matches([' ', '\t']).len();
            let end = last.span.end + gap;
            let column = end - row.prefix.len().min(end - row.start);
            self.fill(Span::new(row.start, column), b'\n');
            self.fill(Span::new(column, end), b' ');
        }
        let trailing = row.trailing(self.text, inner);
        let block = row.block_value(self.text, inner).filter(|_| self.blocks.margin_of(row.prefix.len()).is_none());
        self.holes.extend(block);
        for (at, action) in inner.iter().enumerate() {
            let silent =
                action.kind == Kind::Comment || at >= trailing || block.is_some_and(|hole| hole.span == action.span);
            self.fill(action.span, if silent { b' ' } else { b'x' });
        }
    }

    /// All actions of a line as words.
    fn words(&mut self, row: &Row<'a, '_>) {
        for action in row.actions {
            self.fill(action.span, b'x');
        }
    }

    fn fill(&mut self, span: Span, with: u8) {
        if let Some(bytes) = self.bytes.get_mut(span.start..span.end) {
            bytes.fill(with);
        }
    }
}

impl Row<'_, '_> {
    fn gap_is_blank(text: &str, before: &Action, after: &Action) -> bool {
        text[before.span.end..after.span.start].trim().is_empty()
    }

    /// Whether nothing but actions (and a comment behind them) stands on the line.
    fn is_bare(&self, text: &str) -> bool {
        let suffix = self.suffix.trim();
        self.prefix.trim().is_empty()
            && (suffix.is_empty() || suffix.starts_with('#'))
            && self.actions.windows(2).all(|pair| Self::gap_is_blank(text, &pair[0], &pair[1]))
    }

    /// How many control actions open the line before text that is structure rather than a piece of a value.
    fn leading(&self, text: &str) -> usize {
        if !self.prefix.trim().is_empty() {
            return 0;
        }
        let mut count = 0_usize;
        for (at, action) in self.actions.iter().enumerate() {
            let apart = at > 0 && !Self::gap_is_blank(text, &self.actions[at - 1], action);
            if apart || action.kind == Kind::Output {
                break;
            }
            count += 1;
        }
        let Some(last) = count.checked_sub(1).and_then(|at| self.actions.get(at)) else { return 0 };
        let line = text[last.span.end..].lines().next().unwrap_or_default().trim();
        let structure = line.starts_with("- ") || line.starts_with('#') || line.starts_with("---");
        let key = line.contains(": ") || line.ends_with(':') || line.contains(":{{");
        if structure || key { count } else { 0 }
    }

    /// The hole that `key: {{ … | nindent 4 }}` leaves: its content begins on the next line, where more may follow.
    fn block_value(&self, text: &str, inner: &[Action]) -> Option<Hole> {
        let last = inner.last().filter(|last| last.kind == Kind::Output && self.suffix.trim().is_empty())?;
        let head = text[self.start..last.span.start].trim_end();
        let raw = &text[last.span.start..last.span.end];
        let indent = last.indent(text).filter(|_| raw.contains("nindent") && head.ends_with([':', '-']))?;
        Some(Hole { span: last.span, indent })
    }

    /// Index in `inner` from which control actions only close what the line opened.
    fn trailing(&self, text: &str, inner: &[Action]) -> usize {
        if !self.suffix.trim().is_empty() {
            return inner.len();
        }
        let mut from = inner.len();
        while from > 0 && inner[from - 1].kind != Kind::Output {
            if from < inner.len() && !Self::gap_is_blank(text, &inner[from - 1], &inner[from]) {
                break;
            }
            from -= 1;
        }
        // A value that is chosen within the line keeps its closing word, so that it is seen whole.
        if inner[..from].iter().any(|action| action.kind == Kind::Control) { inner.len() } else { from }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(text: &str) -> String {
        let masked = mask(text).unwrap();
        assert_eq!(masked.text.len(), text.len());
        masked.text
    }

    #[test]
    fn control_lines_vanish_and_inline_actions_become_words() {
        let text = "{{- if .a }}\na: {{ .é }} # c\n  {{/* x */}}\n{{ end }}\nb: \"{{ \"q\" }}\"\n";
        let expected = format!(
            "{0}\na: xxxxxxxxx # c\n{1}\n{2}\nb: \"xxxxxxxxx\"\n",
            "\n".repeat(12),
            "\n".repeat(13),
            "\n".repeat(9)
        );
        assert_eq!(masked(text), expected);
        let found = mask(text).unwrap();
        assert!(found.conditional && found.holes.is_empty());
        assert_eq!(found.comments, [Span::new(32, 43)]);
        assert!(found.touches(Span::new(16, 20)) && !found.touches(Span::new(13, 16)));
    }

    #[test]
    fn inserting_lines_leave_a_hole_with_their_indentation() {
        let text = "a:\n  {{ .x }}\n{{ toYaml .y | nindent 6 }}\n";
        let holes = mask(text).unwrap().holes;
        assert_eq!(holes, [Hole { span: Span::new(5, 13), indent: 2 }, Hole { span: Span::new(14, 41), indent: 6 }]);
    }

    #[test]
    fn lines_of_a_block_scalar_stay_in_it() {
        let text = "a: |\n{{ .x | indent 2 }}\nb: 1\n- k: |-\n    {{ .y }}\n  {{ .z }}\n";
        assert_eq!(
            masked(text),
            format!("a: |\n  {}\nb: 1\n- k: |-\n    {}\n{}\n", "x".repeat(17), "x".repeat(8), "\n".repeat(10))
        );
    }

    #[test]
    fn conditions_around_a_key_keep_its_column() {
        let text = "  {{ if .a }}k: {{ .v }}{{ end }}\nv: {{ if .a }}x{{ else }}y{{ end }}\n";
        let expected =
            format!("{}  k: xxxxxxxx{}\nv: {}y{}\n", "\n".repeat(11), " ".repeat(9), "x".repeat(22), "x".repeat(9));
        assert_eq!(masked(text), expected);
    }

    #[test]
    fn a_value_that_begins_on_the_next_line_is_a_hole() {
        let text = "l: {{- include \"l\" . | nindent 2 }}\n  m: 1\n";
        assert_eq!(masked(text), format!("l: {}\n  m: 1\n", " ".repeat(32)));
        assert_eq!(mask(text).unwrap().holes, [Hole { span: Span::new(3, 35), indent: 2 }]);
    }

    #[test]
    fn other_languages_and_what_is_none() {
        assert_eq!(
            masked("{% if a %}\nb: <%= c %>\n{# d #}\n"),
            format!("{}\nb: xxxxxxxx\n{}\n", "\n".repeat(10), "\n".repeat(7))
        );
        for text in ["a: ${{ b }}", "a: {{ b", "a: {b: c}", "a: 50%}", "", "a: '<%'"] {
            assert_eq!(mask(text), None, "{text}");
        }
    }

    #[test]
    fn actions_may_span_lines_and_hold_braces() {
        let text = "\u{feff}{{ dict\n  \"a\" \"}}\"\n  | x }}\nk: {{ `}}` }}\n";
        let found = mask(text).unwrap();
        assert_eq!(found.actions, [Span::new(3, 30), Span::new(34, 44)]);
        assert_eq!(found.holes[0].span, Span::new(3, 30));
    }

    #[test]
    fn many_open_braces_cost_no_more_than_their_length() {
        for piece in ["{{ ", "{{ \" ", "{{ ` ", "{% ", "<%", "{{ ' }} ", "${{ ", "{{ `}}` ", "{{/* }} "] {
            mask(&piece.repeat(50_000));
        }
    }

    proptest! {
        #[test]
        fn length_and_boundaries_always_stand(text in "([{}%<>$#\"'`|: x-]|\\{\\{|\\}\\}|é|\n|if |end|indent 3|\u{feff}){0,60}") {
            if let Some(found) = mask(&text) {
                prop_assert_eq!(found.text.len(), text.len());
                for span in found.actions.iter().chain(found.holes.iter().map(|hole| &hole.span)) {
                    prop_assert!(text.get(span.start..span.end).is_some());
                }
            }
        }
    }
}
