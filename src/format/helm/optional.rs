//! The parts of a template that stand under a condition or in a loop: whether they are in what it makes, only its values
//! tell.

use super::action::{Kind, actions, word};
use crate::text::Span;

/// Words that open a part which another word closes.
const OPENS: &[&str] = &["if", "with", "range", "for", "unless", "block", "define", "macro", "filter", "raw", "call"];
/// Words that close the last part that was opened.
const CLOSES: &[&str] =
    &["end", "endif", "endfor", "endunless", "endblock", "endmacro", "endfilter", "endraw", "endcall"];
/// Words between the two.
const BETWEEN: &[&str] = &["else", "elif", "elsif", "elseif", "when"];

/// The parts of `text` that stand between an action which opens one and the one that closes it, both included, in the
/// order of their ends. What is never closed reaches to the end of the text, and so does what follows a control
/// statement that is none of these (a loop of Ruby, say): it may be anything.
pub(crate) fn optional_parts(text: &str) -> Vec<Span> {
    let (mut open, mut parts) = (Vec::new(), Vec::new());
    for action in actions(text).iter().filter(|action| action.kind == Kind::Control) {
        let body = text.get(action.span.start + 2..action.span.end).unwrap_or_default();
        let (opens, word) = (body.trim_start_matches(['-', '~', '+']).trim_start(), word(body));
        if opens.starts_with('/') || CLOSES.contains(&word) {
            parts.extend(open.pop().map(|start| Span::new(start, action.span.end)));
        } else if opens.starts_with('#') || OPENS.contains(&word) {
            open.push(action.span.start);
        } else if !assigns(opens) && !opens.starts_with('^') && !BETWEEN.contains(&word) {
            parts.push(Span::new(action.span.start, text.len()));
        }
    }
    parts.extend(open.into_iter().rev().map(|start| Span::new(start, text.len())));
    parts
}

/// Whether a statement only gives a name to a value, or leaves a loop.
fn assigns(body: &str) -> bool {
    body.starts_with('$') || ["set", "break", "continue", "fail", "import", "from"].contains(&word(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        optional_parts(text).iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn what_is_opened_ends_where_it_is_closed() {
        assert_eq!(
            parts("a{{- if .x }}b{{ range .y }}c{{ end }}{{ else if .z }}d{{ end -}}e"),
            ["{{ range .y }}c{{ end }}", "{{- if .x }}b{{ range .y }}c{{ end }}{{ else if .z }}d{{ end -}}"]
        );
        assert_eq!(parts("{% for a in b %}{% if c %}d{% endif %}{% endfor %}e").len(), 2);
        assert_eq!(parts("{{#if a}}b{{/if}}c"), ["{{#if a}}b{{/if}}"]);
        assert!(parts("{{ $a := 1 }}b{{ .c }}{{/* if */}}{% set d = 1 %}").is_empty());
    }

    #[test]
    fn what_is_not_closed_and_what_is_not_known_reach_to_the_end() {
        assert_eq!(parts("a{{ if .x }}b"), ["{{ if .x }}b"]);
        assert_eq!(parts("a<% list.each do |x| %>b<% end %>c"), ["<% list.each do |x| %>b<% end %>c"]);
        assert!(parts("a{{ end }}b").is_empty());
    }
}
