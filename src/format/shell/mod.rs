//! Shell words, read tolerantly: which programs does a script call, and with which arguments?
//!
//! This is no shell. It knows quotes, operators and the keywords that stand around commands, so that a rule can ask
//! "is there an `apt-get install` without `--no-install-recommends`" and get a place. It expands nothing: a word that
//! holds an expansion is opaque. Every text is a script, PowerShell and prose included; what makes no sense as shell
//! gives odd commands, never a panic, in linear time and with bounded nesting.

mod reader;
mod words;

use super::{Data, Member, Node};
use crate::text::Span;

/// How a command is tied to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Join {
    /// It is the first of the script or of a substitution.
    Start,
    /// By `;` or a new line.
    Sequence,
    /// By `&&`.
    And,
    /// By `||`.
    Or,
    /// By `|` or `|&`.
    Pipe,
    /// By `&`.
    Background,
}

/// A word with quotes and escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text; expansions stand in it as written.
    pub text: String,
    /// Its bytes in the script, quotes included.
    pub span: Span,
    /// Whether it holds an expansion, whose value is unknown.
    pub opaque: bool,
}

/// A simple command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// `NAME=value` words before the program.
    pub assignments: Vec<Word>,
    /// The program and its arguments, without redirections; empty when the command only assigns.
    pub words: Vec<Word>,
    /// From the first to the last byte, redirections included.
    pub span: Span,
    /// How it is tied to the command before.
    pub joined: Join,
    /// The program whose output it reads through a pipe.
    pub piped_from: Option<String>,
}

/// A here-document of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it, unquoted.
    pub delimiter: String,
    /// Whether leading tabs do not count (`<<-`).
    pub strip_tabs: bool,
    /// Whether the delimiter was quoted, so that nothing in the body is expanded.
    pub quoted: bool,
    /// The operator and the delimiter.
    pub span: Span,
}

/// What was found in a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// All commands, inner ones included, in the order in which they begin.
    pub commands: Vec<Command>,
    /// All here-documents in the order of their operators.
    pub heredocs: Vec<Heredoc>,
}

/// Programs that run another one, with those of their options that take a value of their own.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("command", &[]),
    ("env", &["-u", "--unset", "-C", "--chdir"]),
    ("exec", &["-a"]),
    ("nice", &["-n", "--adjustment"]),
    ("nohup", &[]),
    (
        "sudo",
        &[
            "-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "-D", "--chdir", "-R", "-r", "-T",
            "-t", "-U",
        ],
    ),
    ("time", &["-f", "--format", "-o", "--output"]),
    (
        "xargs",
        &["-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s", "--arg-file", "--delimiter", "--max-args", "--max-procs"],
    ),
];

/// The commands of `script`, inner commands of groups, control structures and substitutions included.
pub fn commands(script: &str) -> Vec<Command> {
    parse(script).commands
}

/// The commands and here-documents of `script`.
pub fn parse(script: &str) -> Script {
    reader::read(script)
}

impl Command {
    /// A command of known words, as an exec form gives it.
    pub fn of_words(words: Vec<Word>, span: Span) -> Self {
        Self { assignments: Vec::new(), words, span, joined: Join::Start, piped_from: None }
    }

    /// The base name of the program and its arguments, with wrappers such as `sudo` or `env` skipped; `None` when there
    /// is no program or its name is unknown.
    pub fn program(&self) -> Option<(&str, &[Word])> {
        let (first, arguments) = self.unwrapped().split_first()?;
        Some((known_base_name(first)?, arguments))
    }

    /// The words from the program on, behind wrappers; when wrappers run nothing, the last wrapper itself.
    fn unwrapped(&self) -> &[Word] {
        let mut words = self.words.as_slice();
        while let Some(inner) = inside_wrapper(words) {
            words = inner;
        }
        words
    }
}

/// What the wrapper that `words` begin with runs; `None` when they begin with no wrapper or it runs nothing.
fn inside_wrapper(words: &[Word]) -> Option<&[Word]> {
    let (first, mut rest) = words.split_first()?;
    let name = known_base_name(first)?;
    let (_, valued) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name)?;
    while let Some((word, behind)) = rest.split_first() {
        if word.text == "--" {
            rest = behind;
            break;
        }
        if name == "command" && matches!(word.text.as_str(), "-v" | "-V") {
            return None; // asks whether the program exists
        }
        if word.text.starts_with('-') && word.text.len() > 1 {
            rest = if valued.contains(&word.text.as_str()) { behind.get(1..).unwrap_or_default() } else { behind };
        } else if matches!(name, "env" | "sudo") && is_assignment(&word.text) {
            rest = behind;
        } else {
            break;
        }
    }
    (!rest.is_empty()).then_some(rest)
}

/// Longest path of a program in bytes; a longer word names none.
const LONGEST_PATH: usize = 4096;

/// The last part of a path, without `.exe`, when it is free of expansions.
fn known_base_name(word: &Word) -> Option<&str> {
    if word.text.len() > LONGEST_PATH {
        return None;
    }
    let base = word.text.rsplit(['/', '\\']).next().unwrap_or_default();
    let expands = word.opaque && (base.len() == word.text.len() || base.contains(['$', '`', '{', '}', '(', ')']));
    let name = base.strip_suffix(".exe").unwrap_or(base);
    (!expands && !name.is_empty()).then_some(name)
}

/// Whether `text` begins like `NAME=` or `NAME+=`.
pub fn is_assignment(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Join {
    /// Its name in a tree.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Sequence => "sequence",
            Self::And => "and",
            Self::Or => "or",
            Self::Pipe => "pipe",
            Self::Background => "background",
        }
    }
}

/// The view `commands[*]`: objects of `words`, `program` (null when there is none), `joined`, and where there are any
/// `assignments` and `piped_from`. `place` turns bytes of the script into bytes of the file; for a script that stands
/// there verbatim that is `|span| span.shifted(offset)`.
pub fn to_node(commands: &[Command], place: impl Fn(Span) -> Span) -> Node {
    let items: Vec<Node> = commands.iter().map(|command| command_node(command, &place)).collect();
    let span = items.iter().map(|item| item.span).reduce(Span::cover).unwrap_or_else(|| place(Span::at(0)));
    Node::new(Data::Array(items), span)
}

fn command_node(command: &Command, place: &impl Fn(Span) -> Span) -> Node {
    let span = place(command.span);
    let member = |key: &str, value| Member { key: key.to_owned(), key_span: span, value };
    let list = |words: &[Word]| {
        let covered = words.iter().map(|word| word.span).reduce(Span::cover).map_or(span, place);
        Node::new(Data::Array(words.iter().map(|word| word_node(word, place(word.span))).collect()), covered)
    };
    let mut members = vec![
        member("words", list(&command.words)),
        member("program", program_node(command, span, place)),
        member("joined", Node::string(command.joined.name(), span)),
    ];
    if !command.assignments.is_empty() {
        members.push(member("assignments", list(&command.assignments)));
    }
    if let Some(source) = &command.piped_from {
        members.push(member("piped_from", Node::string(source, span)));
    }
    Node::new(Data::Object(members), span)
}

fn program_node(command: &Command, span: Span, place: &impl Fn(Span) -> Span) -> Node {
    match (command.program(), command.unwrapped().first()) {
        (Some((name, _)), Some(word)) => Node::string(name, place(word.span)),
        (None, Some(word)) if word.opaque => Node::new(Data::Opaque(word.text.clone()), place(word.span)),
        _ => Node::new(Data::Null, span),
    }
}

/// A word as a text node, or an opaque one.
pub fn word_node(word: &Word, span: Span) -> Node {
    let text = word.text.clone();
    Node::new(if word.opaque { Data::Opaque(text) } else { Data::String(text) }, span)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// Each command as `joined: words`, opaque words in angle brackets, assignments in square ones.
    fn show(script: &str) -> Vec<String> {
        let word = |word: &Word| if word.opaque { format!("<{}>", word.text) } else { word.text.clone() };
        commands(script)
            .iter()
            .map(|command| {
                let assigned = command.assignments.iter().map(|assigned| format!("[{}]", word(assigned)));
                let words: Vec<_> = assigned.chain(command.words.iter().map(word)).collect();
                format!("{}: {}", command.joined.name(), words.join(" "))
            })
            .collect()
    }

    #[test]
    fn operators_join_commands() {
        assert_eq!(
            show("a b && c || d | e |& f; g & h\ni\n\n# none\nj # too"),
            [
                "start: a b",
                "and: c",
                "or: d",
                "pipe: e",
                "pipe: f",
                "sequence: g",
                "background: h",
                "sequence: i",
                "sequence: j",
            ]
        );
        assert_eq!(show("a &&\n # note\n b \\\n c\\\r\nd"), ["start: a", "and: b cd"]);
        assert_eq!(show("a |\n b"), ["start: a", "pipe: b"]);
    }

    #[test]
    fn quotes_and_escapes_are_resolved() {
        assert_eq!(
            show(r#"e 'a "b"' "c \"d\" \n"f g\ h $'x\ty' a#b ''"#),
            [r#"start: e a "b" c "d" \nf g h x	y a#b "#]
        );
        assert_eq!(show("e $X \"a${Y:-}b\" 'c$X' $1 5$ \"$\""), ["start: e <$X> <a${Y:-}b> c$X <$1> 5$ $"]);
        assert_eq!(
            show("e ${{ a || b }}-x '${{ c }}' {{ d }} {{ e"),
            ["start: e <${{ a || b }}-x> <${{ c }}> <{{ d }}> {{ e"]
        );
    }

    #[test]
    fn inner_commands_are_listed() {
        assert_eq!(
            show("a $(b \"$(c)\") `d e` f"),
            ["start: a <$(b \"$(c)\")> <`d e`> f", "start: b <$(c)>", "start: c", "start: d e"]
        );
        assert_eq!(
            show("x && (a; b) | c; { d; e; }"),
            ["start: x", "and: a", "sequence: b", "pipe: c", "sequence: d", "sequence: e"]
        );
        assert_eq!(show("bash <(curl u) > >(tee f)"), ["start: bash <<(curl u)>", "start: curl u", "start: tee f"]);
        assert_eq!(show("a ${X:-$(b)} $((1 + (2))) c"), ["start: a <${X:-$(b)}> <$((1 + (2)))> c", "start: b"]);
    }

    #[test]
    fn structures_vanish() {
        assert_eq!(
            show("if ! a; then b; elif c; then d; else e; fi || f"),
            ["start: a", "sequence: b", "sequence: c", "sequence: d", "sequence: e", "or: f"]
        );
        assert_eq!(show("for x in $(ls) b; do c \"$x\"; done"), ["start: ls", "start: c <$x>"]);
        assert_eq!(show("while read x\ndo\n a\ndone < f"), ["start: read x", "sequence: a"]);
        assert_eq!(show("case $x in a|b) c;; (*) d ;; esac; e"), ["start: c", "sequence: d", "sequence: e"]);
        assert_eq!(
            show("f() { a; }\nfunction g { b; }\nfor ((i=0;i<3;i++)); do c; done"),
            ["start: a", "sequence: b", "sequence: c"]
        );
        assert_eq!(show("[[ a && b < c ]] && d; (( x > 1 )) && e"), ["start: [[ a && b < c ]]", "and: d", "and: e"]);
    }

    #[test]
    fn redirections_and_heredocs_are_no_words() {
        assert_eq!(show("a >f 2>&1 b &>/dev/null 2>>g <h <<<w c >|i"), ["start: a b c"]);
        assert_eq!(
            show("cat <<EOF > f; b\nno $(such)\nEOF\nc <<-'X' <<Y\n\tone\n\tX\ntwo\nY\nd"),
            ["start: cat", "sequence: b", "sequence: c", "sequence: d"]
        );
        let script = parse("c <<-'X' <<Y");
        let found: Vec<_> =
            script.heredocs.iter().map(|doc| (doc.delimiter.as_str(), doc.strip_tabs, doc.quoted)).collect();
        assert_eq!(found, [("X", true, true), ("Y", false, false)]);
        assert_eq!(script.heredocs[0].span, Span::new(2, 8));
    }

    #[test]
    fn assignments_stand_apart() {
        assert_eq!(
            show("A=1 B='x y' cmd C=2; D=$E; F=(a b) g"),
            ["start: [A=1] [B=x y] cmd C=2", "sequence: [<D=$E>]", "sequence: [<F=(a b)>] g"]
        );
    }

    #[test]
    fn wrappers_are_skipped() {
        for (script, program, arguments) in [
            ("/usr/bin/python3.exe -m x", Some("python3"), 2),
            ("env -u A B=1 sudo -E -u root nice -n 5 node a b", Some("node"), 2),
            ("exec nohup -- java", Some("java"), 0),
            ("find | xargs -n 1 rm", Some("find"), 0),
            ("xargs -0 -n 1 rm x", Some("rm"), 1),
            ("command -v curl", Some("command"), 2),
            ("exec \"$@\"", None, 0),
            ("$JAVA_HOME/bin/java -jar", Some("java"), 1),
            ("${X:-/a/b}", None, 0),
            ("sudo", Some("sudo"), 0),
            ("A=1", None, 0),
        ] {
            let commands = commands(script);
            let found = commands[0].program();
            assert_eq!(found.map(|(name, _)| name), program, "{script}");
            assert_eq!(found.map_or(0, |(_, arguments)| arguments.len()), arguments, "{script}");
        }
    }

    #[test]
    fn the_tree_has_places_and_pipes() {
        let script = "x; A=1 sudo 'cu'rl $U | sh";
        let node = to_node(&commands(script), |span| span.shifted(100));
        assert_eq!(
            node.to_value(),
            serde_json::json!([
                { "words": ["x"], "program": "x", "joined": "start" },
                { "words": ["sudo", "curl", "$U"], "program": "curl", "joined": "sequence", "assignments": ["A=1"] },
                { "words": ["sh"], "program": "sh", "joined": "pipe", "piped_from": "curl" },
            ])
        );
        assert_eq!(node.pointer("/1").unwrap().span, Span::new(103, 121));
        assert_eq!(node.pointer("/1/program").unwrap().span, Span::new(112, 118));
        assert_eq!(node.pointer("/1/words/2").unwrap(), &Node::new(Data::Opaque("$U".into()), Span::new(119, 121)));
        assert_eq!(to_node(&[], |span| span.shifted(7)).span, Span::at(7));
    }

    #[test]
    fn other_languages_and_deep_nesting_do_no_harm() {
        for open in ["(", "$(", "`", "{{", "${", "\"$(", "<(", "$((", "((", "case x in (", "<<", "<<a ", "[[ ", "if ("]
        {
            let _ = commands(&open.repeat(20_000));
        }
        let _ = commands(
            "$x = @{ a = 'b' }; if ($LASTEXITCODE -ne 0) { throw \"no `n\" } `\n | % { $_.Name }\n@'\nit's\n'@",
        );
    }

    proptest! {
        #[test]
        fn never_panics_and_places_are_real(script in "([-$(){}`'\"\\\\;&|<>#=! \\n\\r\\[\\]]|EOF|case|in|esac|for|do|a|é|\u{1f600}){0,60}") {
            for command in commands(&script) {
                prop_assert!(script.get(command.span.start..command.span.end).is_some_and(|text| !text.is_empty()));
                for word in command.words.iter().chain(&command.assignments) {
                    prop_assert!(script.get(word.span.start..word.span.end).is_some_and(|text| !text.is_empty()));
                }
                let _ = command.program();
            }
        }

        #[test]
        fn never_panics_on_any_text(script in "(?s).{0,200}") {
            let _ = to_node(&commands(&script), |span| span);
        }
    }
}
