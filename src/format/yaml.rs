//! YAML 1.2 with the place of every node, built from parser events on a stack of its own, never by recursion.
//!
//! Scalars follow the core schema (`yes` and `on` are text). Aliases are copied within the node budget and keep the
//! spans of what they copy; merge keys are resolved; application tags stay on the node. A scalar's span covers its
//! quotes, a block scalar's its content; the root of a document spans the document, of a single one the whole text.
//! Empty documents of a stream are dropped; a text without any gives one document that holds `Null`.
//!
//! Templates (Helm, Jinja, ERB) are masked before reading, see [`super::helm`]: what they reach is opaque.

mod build;
mod frame;
mod scalar;

use std::borrow::Cow;

use granit_parser::{ErrorKind, Options, Parser};

use self::build::Builder;
use super::{Document, FormatError, Limits, helm};

/// Reads all documents.
pub fn parse(text: &str, limits: &Limits) -> Result<Vec<Document>, FormatError> {
    FormatError::check_size(text, limits)?;
    let Some(masked) = helm::mask(text) else { return read(text, None, limits) };
    if helm::is_workflow(text)
        && let Ok(documents) = read(text, None, limits)
    {
        return Ok(documents);
    }
    // Braces that only look like a template may stand in YAML that reads well as it is.
    read(text, Some(&masked), limits).or_else(|error| read(text, None, limits).map_err(|_| error))
}

/// Most lines of quoted scalars that are joined in one text, each of which has it read once more.
const JOINED: usize = 100;
/// Longest text in which lines are joined, in bytes.
const JOINED_IN: usize = 128 << 10;

/// Reads the text as it is. A quoted scalar whose lines are not indented enough, which the specification refuses and
/// the readers that people run take, has its lines joined: a line break there stands for a blank, and every byte keeps
/// its place.
fn read(text: &str, masked: Option<&helm::Masked>, limits: &Limits) -> Result<Vec<Document>, FormatError> {
    let mut source = Cow::Borrowed(masked.map_or(text, |masked| masked.text.as_str()));
    let tries = if source.len() > JOINED_IN { 0 } else { JOINED };
    for _ in 0..tries {
        match events(text, &source, masked, limits) {
            Err((error, true)) => match error.offset.and_then(|offset| with_line_joined(&source, offset)) {
                Some(joined) => source = Cow::Owned(joined),
                None => return Err(error),
            },
            read => return read.map_err(|(error, _)| error),
        }
    }
    events(text, &source, masked, limits).map_err(|(error, _)| error)
}

/// The text with a blank in place of the line break before the line at byte `offset`.
fn with_line_joined(source: &str, offset: usize) -> Option<String> {
    let before = source.get(..offset)?;
    let end = before.rfind('\n')?;
    let start = if before[..end].ends_with('\r') { end - 1 } else { end };
    Some(format!("{}{}{}", &source[..start], &"  "[..=end - start], &source[end + 1..]))
}

/// Reads the events of `source`, in which each byte stands where it does in `text`. Beside an error stands whether it is
/// one of the indent of a quoted scalar.
fn events(
    text: &str,
    source: &str,
    masked: Option<&helm::Masked>,
    limits: &Limits,
) -> Result<Vec<Document>, (FormatError, bool)> {
    let mut options = Options::default();
    options.flow_nesting_limit = limits.depth;
    options.block_nesting_limit = limits.depth;
    options.max_buffered_comment_events = limits.nodes;
    let mut builder = Builder::new(text, masked, limits);
    for event in Parser::new_from_str_with_options(source, options) {
        let (event, span) = event.map_err(|error| {
            let indent = matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent);
            (FormatError { offset: error.marker().byte_offset(), message: error.kind().to_string() }, indent)
        })?;
        builder.event(event, span).map_err(|error| (error, false))?;
    }
    Ok(builder.finish())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::members::check;
    use super::super::{Data, Node};
    use super::*;
    use crate::text::Span;

    fn read(text: &str) -> Vec<Document> {
        parse(text, &Limits::default()).unwrap()
    }

    fn one(text: &str) -> Node {
        let mut all = read(text);
        assert_eq!(all.len(), 1, "{text}");
        all.remove(0).root
    }

    fn value(text: &str) -> Value {
        one(text).to_value()
    }

    fn at<'a>(text: &'a str, root: &Node, pointer: &str) -> &'a str {
        check::at(text, root.pointer(pointer).unwrap().span)
    }

    #[test]
    fn nodes_keys_and_comments_know_their_bytes() {
        let text = "\u{feff}é: 'ü x' # c\r\nb: |\r\n  one\r\n  two\r\n\r\nc:\r\n- {x: y, \"z\": [1, 2]}\r\n-\r\n";
        let document = read(text).remove(0);
        let root = &document.root;
        assert_eq!(root.span, Span::new(0, text.len()));
        assert_eq!(check::at(text, root.member("é").unwrap().key_span), "é");
        assert_eq!(at(text, root, "/é"), "'ü x'");
        assert_eq!(at(text, root, "/b"), "one\r\n  two");
        assert_eq!(root.get("b").unwrap().as_str(), Some("one\ntwo\n"));
        assert_eq!(at(text, root, "/c/0"), "{x: y, \"z\": [1, 2]}");
        assert_eq!(at(text, root, "/c/0/z"), "[1, 2]");
        assert_eq!(check::at(text, root.pointer("/c/0").unwrap().member("z").unwrap().key_span), "\"z\"");
        assert_eq!(at(text, root, "/c"), "- {x: y, \"z\": [1, 2]}\r\n-");
        assert_eq!(document.comments.iter().map(|span| check::at(text, *span)).collect::<Vec<_>>(), ["# c"]);
    }

    #[test]
    fn block_collections_end_with_their_last_child() {
        let text = "a:\n  b: 1\n  c: x y\n\n# far\nd: 2\n";
        let root = one(text);
        assert_eq!(at(text, &root, "/a"), "b: 1\n  c: x y");
    }

    #[test]
    fn plain_words_of_old_yaml_stay_text() {
        let expected = json!({"on": "yes", "b": true, "n": null, "t": null, "e": null, "o": 8, "x": 255, "d": 10,
            "f": 1.5, "s": "1_000", "v": "1.2.3", "q": "true", "i": ".inf", "m": "12:30"});
        let text = "on: yes\nb: true\nn: null\nt: ~\ne:\no: 0o10\nx: 0xFF\nd: 010\nf: 1.5e0\ns: 1_000\nv: 1.2.3\nq: 'true'\ni: .inf\nm: 12:30\n";
        assert_eq!(value(text), expected);
    }

    #[test]
    fn lines_of_a_quoted_scalar_need_no_indent() {
        let text = "a:\n  b: \"x\r\n  || y\n  \"\n  c: 'one\ntwo'\nd: 1\n";
        let root = one(text);
        assert_eq!(root.get("d").unwrap().to_value(), json!(1));
        let words = |pointer: &str| {
            let text = root.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(words("/a/b"), ["x", "||", "y"]);
        assert_eq!(words("/a/c"), ["one", "two"]);
        assert_eq!(at(text, &root, "/a/c"), "'one\ntwo'");
        assert!(parse("a: \"x\ny: 1\n", &Limits::default()).is_err(), "the quote is never closed");
    }

    #[test]
    fn tags_are_kept_or_applied() {
        let text = "a: !Ref x\nb: !!str 3\nc: !!int '7'\nd: !vault |\n  q\ne: !Sub [1]\nf: ! 4\n";
        let root = one(text);
        let tag = |key: &str| root.get(key).unwrap().tag.clone();
        assert_eq!(
            (tag("a").as_deref(), tag("d").as_deref(), tag("e").as_deref()),
            (Some("!Ref"), Some("!vault"), Some("!Sub"))
        );
        assert_eq!((tag("b"), tag("f")), (None, None));
        assert_eq!(root.to_value(), json!({"a": "x", "b": "3", "c": 7, "d": "q\n", "e": [1], "f": "4"}));
        assert_eq!(at(text, &root, "/a"), "x");
        assert_eq!(read("a: !!int x\n")[0].faults[0].span, Span::new(9, 10));
    }

    #[test]
    fn aliases_are_copied_and_merges_resolved() {
        let text =
            "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall:\n  <<: [*b, *m]\n  x: 9\ncopy: *b\nkeep: {\"<<\": 1}\n";
        let root = one(text);
        assert_eq!(root.get("all").unwrap().to_value(), json!({"x": 9, "y": 2, "z": 4}));
        assert_eq!(root.get("keep").unwrap().to_value(), json!({"<<": 1}));
        assert_eq!(at(text, &root, "/copy/y"), "2");
        assert_eq!(at(text, &root, "/all/z"), "4");
    }

    #[test]
    fn hostile_aliases_are_refused() {
        let limits = Limits { nodes: 1_000, ..Limits::default() };
        let line = |pair: &[u8]| {
            let (from, to) = (pair[0] as char, pair[1] as char);
            format!("{to}: &{to} [*{from}, *{from}, *{from}, *{from}]\n")
        };
        let lines: Vec<String> = "abcdefgh".as_bytes().windows(2).map(line).collect();
        let bomb = String::from("a: &a [x, x, x, x, x, x, x, x]\n") + &lines.concat();
        assert!(parse(&bomb, &limits).unwrap_err().message.contains("1000 nodes"));
        assert_eq!(parse("a: &a [*a]", &limits).unwrap_err().offset, Some(7));
        assert!(parse("a: *nowhere", &limits).is_err());
        let shallow = Limits { depth: 3, ..limits };
        assert!(parse("a: &a [[1]]\nb: [*a]", &shallow).unwrap_err().message.contains("3 levels"));
        let long = format!("a: &a {}\nb: [{}]", "x".repeat(5_000), "*a,".repeat(900));
        let small = Limits { bytes: 10_000, ..limits };
        assert!(parse(&long, &small).unwrap_err().message.contains("copies"));
    }

    #[test]
    fn documents_split_and_empty_ones_vanish() {
        let text = "# first\na: 1\n---\n---\n# second\nb: 2\n...\n# last\n";
        let all = read(text);
        assert_eq!(all.len(), 2);
        assert_eq!(check::at(text, all[0].root.span), "# first\na: 1\n---\n");
        assert_eq!(check::at(text, all[1].root.span), "---\n# second\nb: 2\n...\n# last\n");
        assert_eq!((all[0].comments.len(), all[1].comments.len()), (1, 2));
        assert_eq!(read("# only\n")[0].comments, [Span::new(0, 6)]);
        assert_eq!(one("").data, Data::Null);
        assert_eq!(at("--- text\n", &one("--- text\n"), ""), "text");
    }

    #[test]
    fn keys_that_stand_twice_and_odd_keys() {
        let document = read("a: 1\na: 2\n? [k, v]\n: 3\n? \n: 4\n").remove(0);
        assert_eq!(document.faults[0].span, Span::new(5, 6));
        let keys: Vec<_> = document.root.members().iter().map(|member| member.key.as_str()).collect();
        assert_eq!(keys, ["a", "a", "[k, v]", ""]);
    }

    #[test]
    fn broken_text_is_an_error_with_a_place() {
        assert_eq!(parse("a:\n\tb: c\n", &Limits::default()).unwrap_err().offset, Some(4));
        for text in ["a: b: c", "[a, b", "\"open", "a: 1\n b: 2\n", "{a: 1}}"] {
            assert!(parse(text, &Limits::default()).is_err(), "{text}");
        }
        for deep in ["[".repeat(50_000), "- ".repeat(50_000), "{a: ".repeat(50_000), "? ".repeat(50_000)] {
            assert!(parse(&deep, &Limits::default()).is_err());
        }
    }

    #[test]
    fn variables_and_workflow_expressions_stay_text() {
        let text = "on: push\njobs:\n  a:\n    if: ${{ x }}\n    run: docker ps --format '{{.ID}}' ${VAR}\n";
        let root = one(text);
        assert_eq!(root.pointer("/jobs/a/if").unwrap().as_str(), Some("${{ x }}"));
        assert!(root.pointer("/jobs/a/run").unwrap().as_str().is_some());
    }

    #[test]
    fn templates_become_opaque_in_place() {
        let text = "{{- if .Values.on }}\nkind: Deployment\nmeta:\n  name: {{ include \"é\" . | quote }}\n  \"{{ .K }}\": v\n  labels:\n    {{- include \"l\" . | nindent 4 }}\nimage: \"{{ .I | default \"x\" }}:1\"\n{{- end }}\n";
        let root = one(text);
        assert_eq!(root.get("kind").unwrap().as_str(), Some("Deployment"));
        let name = root.pointer("/meta/name").unwrap();
        assert_eq!(name.data, Data::Opaque("{{ include \"é\" . | quote }}".to_owned()));
        assert_eq!(check::at(text, name.span), "{{ include \"é\" . | quote }}");
        assert_eq!(
            root.pointer("/meta/labels").unwrap().data,
            Data::Opaque("{{- include \"l\" . | nindent 4 }}".to_owned())
        );
        assert_eq!(root.get("meta").unwrap().members()[1].key, "{{ .K }}");
        assert_eq!(at(text, &root, "/image"), "\"{{ .I | default \"x\" }}:1\"");
        assert!(root.get("image").unwrap().is_opaque());
    }

    #[test]
    fn inserted_lines_open_the_collection_they_are_indented_for() {
        let text = "spec:\n  a: 1\n  {{- toYaml .Values.more | nindent 2 }}\n  list:\n    - x\n    {{- toYaml .Values.items | nindent 4 }}\n{{ toYaml .Values.top | indent 0 }}\n";
        let root = one(text);
        let spec = root.get("spec").unwrap();
        let keys: Vec<_> = spec.members().iter().map(|member| member.key.as_str()).collect();
        assert_eq!(keys, ["a", "{{- toYaml .Values.more | nindent 2 }}", "list"]);
        assert!(spec.members()[1].value.is_opaque());
        assert_eq!(spec.get("list").unwrap().items().len(), 2);
        assert!(spec.get("list").unwrap().items()[1].is_opaque());
        assert!(root.members()[1].value.is_opaque());
    }

    #[test]
    fn values_that_begin_on_the_next_line_open_what_follows() {
        let root = one("l: {{- include \"l\" . | nindent 2 }}\n  m: 1\nk: {{ toYaml .k | nindent 2 }}\nz: 1\n");
        let keys: Vec<_> = root.get("l").unwrap().members().iter().map(|member| member.key.as_str()).collect();
        assert_eq!(keys, ["{{- include \"l\" . | nindent 2 }}", "m"]);
        assert_eq!(root.get("k").unwrap().data, Data::Opaque("{{ toYaml .k | nindent 2 }}".to_owned()));
        assert_eq!(root.get("z").unwrap().to_value(), 1);
    }

    #[test]
    fn long_hostile_texts_cost_no_more_than_their_length() {
        let limits = Limits { nodes: 2_000_000, ..Limits::default() };
        let texts = [
            "# c\n".repeat(60_000),
            format!("a:\n{}  b: 1\n", "  # c\n".repeat(40_000)),
            format!("a: {{{{ x }}}}\n{}", "# {{ x }}\n".repeat(20_000)),
            format!("a: 1\n{}", "{{ x }}\n".repeat(20_000)),
            (0..20_000).map(|n| format!("k{n}: 1\n")).collect::<Vec<_>>().concat(),
            "- a: |\n   {{ x }}\n".repeat(10_000),
            format!("a: \"{}\"", "\\n ".repeat(60_000)),
            format!("a: {}", "x ".repeat(100_000)),
            "---\n".repeat(40_000),
            format!("[{}]", "a: b, ".repeat(20_000)),
            format!("a: |\n{}", "  x\n\n".repeat(40_000)),
            "&a a: &b b\n".repeat(1_000),
            format!("? {}", "? a\n".repeat(100)),
            format!("b: &b {{{}}}\n{}", "x: 1, ".repeat(50), "- ".repeat(10)),
        ];
        for text in texts {
            let start = std::time::Instant::now();
            let _ = parse(&text, &limits);
            assert!(start.elapsed().as_secs() < 10, "{}", &text[..20.min(text.len())]);
        }
    }

    #[test]
    fn a_file_that_is_one_insertion_is_opaque() {
        for text in ["{{ include \"common.deployment\" . }}\n", "---\n{{ include \"x\" . }}\n"] {
            assert!(one(text).is_opaque(), "{text}");
        }
    }

    #[test]
    fn branches_that_set_one_key_leave_it_open() {
        let text = "{{- if .a }}\ntype: x\n{{- else }}\ntype: y\n{{- end }}\nport: 1\n";
        let document = read(text).remove(0);
        assert_eq!(document.faults, []);
        assert!(document.root.get("type").unwrap().is_opaque());
        assert_eq!(document.root.get("port").unwrap().to_value(), 1);
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(
            text in prop_oneof![".{0,80}", "[-\\[\\]{}:,?&*!|>'\"#%@`ab~é<\n\r\t \u{feff}]{0,60}", "( {0,3}(a|é|- |\\? |\"b\"|&x |\\*x|!t |<<)?(: )?(1|'q'|\\||>-|\\[é, |\\{a: |\\]|\\}|#é|\\{\\{- if x \\}\\}|\\{\\{ é | nindent 2 \\}\\}|\\{\\{\"|%\\}|\\{% x)?\r?\n){0,9}"]
        ) {
            for document in parse(&text, &Limits::default()).into_iter().flatten() {
                check::spans(&text, &document);
            }
        }
    }
}
