//! What every value passes on its way into the page: HTML is escaped, and characters that control a terminal or turn the
//! direction of writing are shown as such. A template cannot forget it: askama asks this escaper for all of them.

use std::fmt;

use askama::filters::{Escaper, Html};

use crate::report::words;

/// The escaper of the templates (askama.toml names it).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Printable;

impl Escaper for Printable {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &words::clean(string))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_element_or_turns_the_line() {
        let mut out = String::new();
        Printable.write_escaped_str(&mut out, "</script>\"'&\u{1b}[31m\u{202e}\n").unwrap();
        assert_eq!(out, "&#60;/script&#62;&#34;&#39;&#38;\u{fffd}[31m\u{fffd} ");
    }
}
