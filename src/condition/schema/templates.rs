//! Text with holes: variables and templates inside a scalar, which only a later tool fills.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;

/// What a hole is masked with; no real reference, date or duration holds it.
pub(super) const HOLE: char = '\u{0}';

/// `text` with every hole replaced by one [`HOLE`]: `${NAME}`, `${{ … }}`, `$(…)`, `$NAME`, `{{ … }}`, `<% … %>`,
/// `%NAME%`, `%(name)s`.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    static HOLES: OnceLock<Option<Regex>> = OnceLock::new();
    if !text.contains(['$', '{', '%']) {
        return Cow::Borrowed(text);
    }
    let holes = HOLES.get_or_init(|| {
        Regex::new(
            r"(?x) \$\{\{ .*? \}\} | \$\{ [^{}]* (?: \{ [^{}]* \} [^{}]* )* \} | \$\( [^()]* \) | \$ [A-Za-z_][A-Za-z0-9_]*
            | \{\{ .*? \}\} | <% .*? %> | % [A-Za-z_][A-Za-z0-9_]* % | %\( \w+ \) s",
        )
        .ok()
    });
    holes.as_ref().map_or(Cow::Borrowed(text), |holes| holes.replace_all(text, "\0"))
}

/// Whether `text` has a hole.
pub(super) fn is_templated(text: &str) -> bool {
    masked(text).contains(HOLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_masked_and_plain_text_is_not() {
        let table = [
            ("${A}/b:$TAG", "\0/b:\0"),
            ("${A:-docker.io/x}:1", "\0:1"),
            ("${A:-${B}}:1", "\0:1"),
            ("a:${{ matrix.tag }}-x", "a:\0-x"),
            ("{{ .Values.image }}", "\0"),
            ("$(REGISTRY)/a", "\0/a"),
            ("%HOME%/x %(tag)s", "\0/x \0"),
            ("50% of $5 {x}", "50% of $5 {x}"),
        ];
        for (text, expected) in table {
            assert_eq!(masked(text), expected, "{text}");
            assert_eq!(is_templated(text), expected.contains(HOLE), "{text}");
        }
    }
}
