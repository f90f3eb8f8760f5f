//! Finding template actions and telling what they do: Go templates, Jinja, ERB.
//!
//! One pass, linear: a closer that was not found once is not looked for again.

use crate::text::Span;

/// What an action does to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Decides or repeats, without text of its own.
    Control,
    /// Says something to the reader of the template.
    Comment,
    /// Inserts text.
    Output,
}

/// One action, its delimiters included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// Words that open an action without output.
const CONTROL: &[&str] = &["if", "else", "end", "range", "with", "define", "block", "break", "continue", "fail"];

/// Jinja statements that insert text.
const INSERTING: &[&str] = &["include"];

impl Action {
    /// The columns that `indent N` or `nindent N` asks for.
    pub(super) fn indent(&self, text: &str) -> Option<usize> {
        let raw = text.get(self.span.start..self.span.end)?;
        let (_, after) = raw.rsplit_once("indent")?;
        let digits = after.trim_start().split(|character: char| !character.is_ascii_digit()).next()?;
        digits.parse().ok().filter(|columns| *columns <= 256)
    }
}

/// All actions of `text`, in order, without overlap.
pub(super) fn actions(text: &str) -> Vec<Action> {
    let mut finder = Finder { text, gone: [false; CLOSERS.len()], plain: false };
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'{', b'<', rest)) {
        at += next;
        at = match finder.at(at) {
            Some(Found::Action(action)) => {
                found.push(action);
                action.span.end
            }
            Some(Found::Expression(end)) => end,
            None => at + 1,
        };
    }
    found
}

enum Found {
    Action(Action),
    /// GitHub's `${{ … }}`, up to this offset.
    Expression(usize),
}

struct Finder<'a> {
    text: &'a str,
    /// Closers that do not come any more, see [`CLOSERS`].
    gone: [bool; CLOSERS.len()],
    /// Whether strings turned out not to close, so that braces are taken as they come.
    plain: bool,
}

const CLOSERS: [&str; 5] = ["}}", "%}", "#}", "%>", "*/"];

impl Finder<'_> {
    /// What begins at `start`, where a `{` or `<` stands.
    fn at(&mut self, start: usize) -> Option<Found> {
        let rest = self.text.get(start..)?;
        let spaced = |rest: &str| rest[2..].starts_with([' ', '\n', '\r', '\t', '-', '+']);
        let action = |end, kind| Some(Found::Action(Action { span: Span::new(start, end), kind }));
        if let Some(inner) = rest.strip_prefix("{{") {
            if self.gone[0] {
                return None;
            }
            if self.text[..start].ends_with('$') {
                return self.closer(0, start + 2).map(Found::Expression);
            }
            let body = inner.trim_start_matches(['-', '~']).trim_start();
            if body.starts_with("/*") {
                let from = self.text.len() - body.len();
                let close = self.closer(4, from).unwrap_or(from);
                return self.closer(0, close).and_then(|end| action(end, Kind::Comment));
            }
            let end = self.go_closer(start + 2)?;
            return action(end, go_kind(body));
        }
        if rest.starts_with("{%") && spaced(rest) {
            let end = self.closer(1, start + 2)?;
            let inserts = INSERTING.contains(&word(&rest[2..]));
            return action(end, if inserts { Kind::Output } else { Kind::Control });
        }
        if rest.starts_with("{#") && spaced(rest) {
            return self.closer(2, start + 2).and_then(|end| action(end, Kind::Comment));
        }
        if let Some(body) = rest.strip_prefix("<%") {
            let end = self.closer(3, start + 2)?;
            return action(end, erb_kind(body));
        }
        None
    }

    /// End of the next closer from `from` on.
    fn closer(&mut self, which: usize, from: usize) -> Option<usize> {
        if self.gone[which] {
            return None;
        }
        let found = memchr::memmem::find(self.text.as_bytes().get(from..)?, CLOSERS[which].as_bytes());
        self.gone[which] = found.is_none();
        found.map(|at| from + at + CLOSERS[which].len())
    }

    /// End of a `{{` action, braces in strings passed over.
    fn go_closer(&mut self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(&byte) = bytes.get(at).filter(|_| !self.plain) {
            match byte {
                b'}' if bytes.get(at + 1) == Some(&b'}') => {
                    // `{{ {"a": {}}}` and the like: the last braces of a run close.
                    let run = bytes[at..].iter().take_while(|&&next| next == b'}').count();
                    return Some(at + run);
                }
                b'"' | b'\'' | b'`' => at = string_end(bytes, at).unwrap_or(at + 1),
                _ => at += 1,
            }
        }
        self.plain = true;
        self.closer(0, from)
    }
}

/// Offset behind the string that opens at `start`; only backticks may span lines.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote != b'`' => at += 1,
            b'\n' if quote != b'`' => return None,
            _ if byte == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The first word of an action's body.
pub(super) fn word(body: &str) -> &str {
    let body = body.trim_start_matches(['-', '+', '~']).trim_start();
    body.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or_default()
}

fn go_kind(body: &str) -> Kind {
    // Handlebars: {{#if}}, {{/if}}, {{^}}, {{! comment }}
    match body.chars().next() {
        Some('#' | '/' | '^') => return Kind::Control,
        Some('!') => return Kind::Comment,
        Some('$') => {
            let name = body[1..].trim_start_matches(|character: char| character.is_alphanumeric() || character == '_');
            let rest = name.trim_start();
            let assigns = rest.starts_with(":=") || (rest.starts_with('=') && !rest.starts_with("=="));
            return if assigns { Kind::Control } else { Kind::Output };
        }
        _ => {}
    }
    if CONTROL.contains(&word(body)) { Kind::Control } else { Kind::Output }
}

fn erb_kind(body: &str) -> Kind {
    match body.chars().next() {
        Some('=') => Kind::Output,
        Some('#') => Kind::Comment,
        _ => Kind::Control,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        actions(text).iter().map(|action| action.kind).collect()
    }

    #[test]
    fn kinds_are_told_apart() {
        use Kind::{Comment, Control, Output};
        let text =
            "{{- if x }} {{ $a := 1 }} {{$a}} {{- /* c }} */ -}} {{ include \"x\" . }} {{ ifx }} {{!c}} {{ end }}";
        assert_eq!(kinds(text), [Control, Control, Output, Comment, Output, Output, Comment, Control]);
        assert_eq!(
            kinds("{% if %}{% include 'a' %}{# c #}<% x %><%= y %><%# z %>"),
            [Control, Output, Comment, Control, Output, Comment]
        );
    }

    #[test]
    fn strings_hide_braces_and_expressions_are_passed_over() {
        let text = "{{ \"}}\" }}${{ a }}{{ don't }}";
        let spans: Vec<_> = actions(text).iter().map(|action| &text[action.span.start..action.span.end]).collect();
        assert_eq!(spans, ["{{ \"}}\" }}", "{{ don't }}"]);
    }

    #[test]
    fn indentation_is_read_from_the_last_filter() {
        let text = "{{ x | indent 2 | nindent 8 }}";
        assert_eq!(actions(text)[0].indent(text), Some(8));
        assert_eq!(actions("{{ x }}")[0].indent("{{ x }}"), None);
    }
}
