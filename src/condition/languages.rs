//! Languages as data: which one a path is written in, and where the comments of a text are.
//!
//! One linear lexer serves all of them: it knows comment markers and string delimiters from `rules/languages.yml`, so
//! that a marker inside a string starts no comment. It does not know nested comments or regular expression literals.

use std::sync::OnceLock;

use memchr::{memchr2, memchr3};
use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::embedded;
use crate::text::Span;

/// One language, as `rules/languages.yml` says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Language {
    name: String,
    #[serde(default)]
    extensions: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    line: Vec<String>,
    /// What begins like a comment and is none: PHP's attributes.
    #[serde(default)]
    not_line: Vec<String>,
    #[serde(default)]
    line_at_word: Vec<String>,
    #[serde(default)]
    line_at_line: Vec<String>,
    #[serde(default)]
    block: Vec<(String, String)>,
    #[serde(default)]
    strings: Vec<String>,
    #[serde(default)]
    raw: Vec<String>,
    /// What stands before the tests at the end of a file, where a language keeps them with the code.
    #[serde(default)]
    tests_behind: Vec<String>,
    /// Configuration and markup: no language that a component is said to be written in.
    #[serde(default)]
    markup: bool,
    #[serde(skip)]
    opening: OnceLock<[bool; 256]>,
}

impl Language {
    /// The bytes with which a comment or a string can begin: all others are passed over at once.
    fn opening(&self) -> &[bool; 256] {
        self.opening.get_or_init(|| {
            let blocks = self.block.iter().map(|(open, _)| open);
            let lines = self.line.iter().chain(&self.line_at_word).chain(&self.line_at_line);
            let mut table = [false; 256];
            for marker in lines.chain(blocks).chain(&self.strings).chain(&self.raw) {
                if let Some(&first) = marker.as_bytes().first() {
                    table[usize::from(first)] = true;
                }
            }
            table
        })
    }
}

/// All languages.
#[derive(Debug)]
pub struct Languages {
    all: Vec<Language>,
    by_extension: FxHashMap<String, usize>,
    by_name: FxHashMap<String, usize>,
}

impl Languages {
    /// The languages that come with the program.
    pub fn get() -> &'static Self {
        static LANGUAGES: OnceLock<Languages> = OnceLock::new();
        LANGUAGES.get_or_init(|| {
            let all = serde_json::from_str(embedded::file("languages.yml").unwrap_or_default());
            Self::new(all.unwrap_or_default())
        })
    }

    fn new(all: Vec<Language>) -> Self {
        let (mut by_extension, mut by_name) = (FxHashMap::default(), FxHashMap::default());
        for (index, language) in all.iter().enumerate() {
            by_extension.extend(language.extensions.iter().map(|extension| (extension.clone(), index)));
            by_name.extend(language.files.iter().map(|name| (name.clone(), index)));
        }
        Self { all, by_extension, by_name }
    }

    fn find(&self, path: &str) -> Option<&Language> {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let by_stem = || name.split_once('.').and_then(|(stem, _)| self.by_name.get(stem));
        // Of `a.blade.php`, the longest known extension decides.
        let mut extensions = name.match_indices('.').filter_map(|(at, _)| self.by_extension.get(&name[at + 1..]));
        let index = self.by_name.get(name).or_else(|| extensions.next()).or_else(by_stem)?;
        self.all.get(*index)
    }

    /// The language that the file at `path` is written in.
    pub fn language_of(&self, path: &str) -> Option<&str> {
        self.find(path).map(|language| language.name.as_str())
    }

    /// Whether a language is one that programs are written in, not configuration or markup.
    pub fn is_program(&self, name: &str) -> bool {
        self.all.iter().any(|language| language.name == name && !language.markup)
    }

    /// Where the tests begin that a file of this language ends with.
    pub fn tests_from(&self, name: &str, text: &[u8]) -> Option<usize> {
        let language = self.all.iter().find(|language| language.name == name)?;
        language.tests_behind.iter().filter_map(|marker| memchr::memmem::find(text, marker.as_bytes())).min()
    }

    /// Names of all languages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|language| language.name.as_str())
    }

    /// The comments of `text`, in order, with their markers. None for a language that is not known.
    pub fn comments(&self, name: &str, text: &str) -> Vec<Span> {
        let all = self.reader(name, text).map(|mut comments| {
            comments.read_to(usize::MAX);
            comments.found
        });
        all.unwrap_or_default()
    }

    /// The same, read as far as somebody asks; `None` for a language that is not known.
    pub fn reader<'a>(&'a self, name: &str, text: &'a str) -> Option<Comments<'a>> {
        let language = self.all.iter().find(|language| language.name == name)?;
        Some(Comments { lexer: Lexer { language, text: text.as_bytes(), at: 0 }, found: Vec::new() })
    }
}

/// The comments of a text, as far as it was read.
#[derive(Debug)]
pub struct Comments<'a> {
    lexer: Lexer<'a>,
    found: Vec<Span>,
}

impl Comments<'_> {
    /// Whether byte `at` stands in a comment.
    pub fn holds(&mut self, at: usize) -> bool {
        self.read_to(at);
        let after = self.found.partition_point(|comment| comment.start <= at);
        self.found.get(..after).and_then(<[Span]>::last).is_some_and(|comment| comment.contains(at))
    }

    fn read_to(&mut self, at: usize) {
        let end = at.saturating_add(1).min(self.lexer.text.len());
        while self.lexer.at < end {
            self.found.extend(self.lexer.step());
        }
    }
}

#[derive(Debug)]
struct Lexer<'a> {
    language: &'a Language,
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Moves on by one token, or by a run of bytes with which none begins: the comment, if it is one.
    fn step(&mut self) -> Option<Span> {
        let start = self.at;
        let &byte = self.text.get(start)?;
        if start == 0 && self.text.starts_with(b"#!") {
            return Some(self.rest_of_line());
        }
        let opening = self.language.opening();
        if !opening[usize::from(byte)] && start > 0 {
            let rest = self.text.get(start..).unwrap_or_default();
            self.at += rest.iter().take_while(|byte| !opening[usize::from(**byte)]).count();
        } else if let Some(close) = self.opened_block() {
            self.skip_behind(close.as_bytes());
            return Some(Span::new(start, self.at));
        } else if self.line_comment_starts() {
            return Some(self.rest_of_line());
        } else if !self.skip_string() {
            self.at += 1;
        }
        None
    }

    fn here(&self, marker: &str) -> bool {
        self.text[self.at..].starts_with(marker.as_bytes())
    }

    /// The closing marker of a block comment that opens here. Markers that begin with a line end also open the file.
    fn opened_block(&mut self) -> Option<&'a str> {
        let language = self.language;
        let opens = |(open, _): &&(String, String)| {
            self.here(open) || (self.at == 0 && open.strip_prefix('\n').is_some_and(|open| self.here(open)))
        };
        let (open, close) = language.block.iter().find(opens)?;
        self.at += open.trim_start_matches('\n').len();
        Some(close)
    }

    fn line_comment_starts(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.get(at));
        let at_word = before.is_none_or(u8::is_ascii_whitespace);
        let at_line = || {
            let line = self.text[..self.at].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            self.text[line..self.at].iter().all(u8::is_ascii_whitespace)
        };
        if self.language.not_line.iter().any(|marker| self.here(marker)) {
            return false;
        }
        self.language.line.iter().any(|marker| self.here(marker) && !self.is_url(marker))
            || (at_word && self.language.line_at_word.iter().any(|marker| self.here(marker)))
            || (self.language.line_at_line.iter().any(|marker| self.here(marker)) && at_line())
    }

    /// `https://` outside quotes (templates, shell-like texts) starts no comment.
    fn is_url(&self, marker: &str) -> bool {
        marker == "//" && self.at.checked_sub(1).and_then(|at| self.text.get(at)) == Some(&b':')
    }

    fn rest_of_line(&mut self) -> Span {
        let start = self.at;
        self.at = memchr::memchr(b'\n', &self.text[start..]).map_or(self.text.len(), |at| start + at);
        Span::new(start, self.at)
    }

    fn skip_behind(&mut self, close: &[u8]) {
        let rest = &self.text[self.at..];
        self.at += memchr::memmem::find(rest, close).map_or(rest.len(), |at| at + close.len());
    }

    /// Skips a string that opens here. One-character quotes other than back-ticks end with their line, so that an
    /// apostrophe in prose swallows no more than that.
    fn skip_string(&mut self) -> bool {
        let language = self.language;
        let opens = |known: &'a [String]| known.iter().find(|delimiter| self.here(delimiter));
        let (delimiter, raw) = match (opens(&language.strings), opens(&language.raw)) {
            (Some(delimiter), _) => (delimiter, false),
            (None, Some(delimiter)) => (delimiter, true),
            (None, None) => return false,
        };
        let one_line = delimiter.len() == 1 && delimiter != "`";
        self.at += delimiter.len();
        let first = delimiter.as_bytes().first().copied().unwrap_or_default();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let next = if one_line { memchr3(b'\\', b'\n', first, rest) } else { memchr2(b'\\', first, rest) };
            let Some(next) = next else {
                self.at = self.text.len();
                break;
            };
            self.at += next;
            match rest.get(next) {
                Some(b'\\') if !raw => self.at += 2,
                Some(b'\n') if one_line => break,
                _ if self.here(delimiter) => {
                    self.at += delimiter.len();
                    break;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn comments<'a>(language: &str, text: &'a str) -> Vec<&'a str> {
        Languages::get().comments(language, text).iter().map(|span| &text[span.start..span.end]).collect()
    }

    #[test]
    fn an_attribute_of_php_is_no_comment() {
        assert_eq!(comments("php", "#[Route('/')] // a\n# b\n"), ["// a", "# b"]);
    }

    #[test]
    fn paths_have_languages() {
        let of = |path| Languages::get().language_of(path);
        assert_eq!(of("src/a.tsx"), Some("typescript"));
        assert_eq!(of("x/a.blade.php"), Some("blade"));
        assert_eq!(of("Dockerfile.prod"), Some("dockerfile"));
        assert_eq!(of("Gemfile"), Some("ruby"));
        assert_eq!(of("notes"), None);
        assert!(Languages::get().names().count() > 50);
        assert!(Languages::get().is_program("go") && !Languages::get().is_program("yaml"));
    }

    #[test]
    fn markers_in_strings_start_no_comment() {
        assert_eq!(comments("javascript", "a('//x') // y\n/* z */ `// ${q}`"), ["// y", "/* z */"]);
        assert_eq!(comments("python", "x = '#no' # yes\ny = \"\"\"\n# no\n\"\"\""), ["# yes"]);
        assert_eq!(comments("shell", "#!/bin/sh\necho a#b '# no' # yes"), ["#!/bin/sh", "# yes"]);
        assert_eq!(comments("yaml", "a: b#c\n# d\ne: '# f' # g"), ["# d", "# g"]);
        assert_eq!(comments("ruby", "a = \"#{b}\" # c\n=begin\nd\n=end\n"), ["# c", "\n=begin\nd\n=end"]);
        assert_eq!(comments("go", "a := `// no` // yes"), ["// yes"]);
        assert_eq!(comments("sql", "select '--no' -- yes"), ["-- yes"]);
        assert_eq!(comments("vue", "<a href=\"https://x\"> <!-- c -->"), ["<!-- c -->"]);
        assert_eq!(comments("dockerfile", "RUN a # no\n  # yes"), ["# yes"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[\\PC\n]{0,200}") {
            for language in Languages::get().names() {
                let spans = Languages::get().comments(language, &text);
                prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(spans.iter().all(|span| span.end <= text.len()));
            }
        }
    }
}
