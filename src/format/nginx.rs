//! nginx configuration: directives and blocks, each list of one name under that name.
//!
//! `{ http: [{ args: [], server: [{ args: [], listen: [{ args: ["443", "ssl"] }] }] }] }`. Includes stay what they are, a
//! directive with a path. A word that a variable of the environment fills in (`${PORT}`) is opaque; blocks of another
//! language (`content_by_lua_block`) are kept as text. A template that is no nginx configuration yet is an error.

use super::{Data, Document, FormatError, Limits, Member, Node};
use crate::text::Span;

/// Reads one document.
pub fn parse(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    if let Some(at) = ["{{", "{%", "<%"].iter().filter_map(|mark| text.find(mark)).min() {
        return Err(FormatError::at("holds the marks of a template", at));
    }
    let start = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let mut reader = Reader { text, at: start, left: limits.nodes, comments: Vec::new() };
    // The open blocks, outermost first: the directive that opened each, and what it holds so far.
    let mut open: Vec<(Directive, Vec<Member>)> = vec![(Directive::default(), Vec::new())];
    let mut words = Vec::new();
    loop {
        match reader.token()? {
            Token::Word(word) => words.push(word),
            Token::End(at) => {
                let directive = Directive::of(std::mem::take(&mut words), at)?;
                let node = directive.node(Vec::new());
                push(&mut open, &directive, node);
            }
            Token::Open(at) => {
                let directive = Directive::of(std::mem::take(&mut words), at)?;
                if directive.name.text.ends_with("_by_lua_block") {
                    let body = reader.foreign()?;
                    let code =
                        Node::new(Data::Opaque(text.get(body.start..body.end).unwrap_or_default().to_owned()), body);
                    let node = directive.node(vec![Member { key: "code".to_owned(), key_span: body, value: code }]);
                    push(&mut open, &directive, node);
                } else if open.len() > limits.depth {
                    return Err(FormatError::at(format!("nested deeper than {} levels", limits.depth), at));
                } else {
                    open.push((directive, Vec::new()));
                }
            }
            Token::Close(at) => {
                let (directive, members) =
                    open.pop().filter(|_| !open.is_empty() && words.is_empty()).ok_or_else(|| {
                        FormatError::at("a `}` that closes nothing, or a directive without `;` before it", at)
                    })?;
                let node = directive.node(members);
                push(&mut open, &directive, node);
            }
            Token::Done => break,
        }
    }
    match (open.pop(), open.is_empty(), words.first()) {
        (Some((_, members)), true, None) => {
            let root = Node::new(Data::Object(members), Span::new(0, text.len()));
            Ok(Document { root, comments: reader.comments, faults: Vec::new() })
        }
        (_, _, Some(word)) => Err(FormatError::at("a directive without `;`", word.span.start)),
        (Some((directive, _)), ..) => Err(FormatError::at("a block that is not closed", directive.span.start)),
        _ => Err(FormatError::whole("a block that is not closed")),
    }
}

#[derive(Debug, Clone, Default)]
struct Word {
    text: String,
    span: Span,
    unknown: bool,
}

#[derive(Debug, Default)]
struct Directive {
    name: Word,
    args: Vec<Word>,
    span: Span,
}

enum Token {
    Word(Word),
    End(usize),
    Open(usize),
    Close(usize),
    Done,
}

impl Directive {
    fn of(mut words: Vec<Word>, at: usize) -> Result<Self, FormatError> {
        if words.is_empty() {
            return Err(FormatError::at("a directive without a name", at));
        }
        let name = words.remove(0);
        let span = words.iter().fold(name.span, |span, word| span.cover(word.span));
        Ok(Self { name, args: words, span })
    }

    fn node(&self, mut members: Vec<Member>) -> Node {
        let args = self.args.iter().map(|word| {
            let data = if word.unknown { Data::Opaque(word.text.clone()) } else { Data::String(word.text.clone()) };
            Node::new(data, word.span)
        });
        let args = Node::new(Data::Array(args.collect()), self.span);
        members.insert(0, Member { key: "args".to_owned(), key_span: self.name.span, value: args });
        Node::new(Data::Object(members), self.span)
    }
}

/// Adds a directive to the innermost open block.
fn push(open: &mut [(Directive, Vec<Member>)], directive: &Directive, node: Node) {
    let Some((_, members)) = open.last_mut() else { return };
    let (key, span) = (&directive.name.text, directive.name.span);
    let known = members.iter_mut().find(|member| member.key == *key).map(|member| &mut member.value.data);
    if let Some(Data::Array(items)) = known {
        items.push(node);
    } else {
        let value = Node::new(Data::Array(vec![node]), directive.span);
        members.push(Member { key: key.clone(), key_span: span, value });
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    left: usize,
    comments: Vec<Span>,
}

impl Reader<'_> {
    fn token(&mut self) -> Result<Token, FormatError> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(first) = rest.chars().next() else { return Ok(Token::Done) };
            let at = self.at;
            match first {
                _ if first.is_whitespace() => self.at += first.len_utf8(),
                '#' => {
                    let end = at + rest.find('\n').unwrap_or(rest.len());
                    self.comments.push(Span::new(at, end));
                    self.at = end;
                }
                ';' | '{' | '}' => {
                    self.at += 1;
                    self.left = self.left.saturating_sub(1);
                    if self.left == 0 {
                        return Err(FormatError::at("too many directives", at));
                    }
                    return Ok(match first {
                        ';' => Token::End(at),
                        '{' => Token::Open(at),
                        _ => Token::Close(at),
                    });
                }
                '"' | '\'' => return self.quoted(first).map(Token::Word),
                _ => return Ok(Token::Word(self.plain())),
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Word, FormatError> {
        let start = self.at;
        let (mut text, mut escaped) = (String::new(), false);
        for (offset, character) in self.text.get(start + 1..).unwrap_or_default().char_indices() {
            match character {
                _ if escaped => {
                    text.extend((character != quote && character != '\\').then_some('\\'));
                    text.push(character);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if character == quote => {
                    self.at = start + 1 + offset + 1;
                    let unknown = is_filled(&text);
                    return Ok(Word { text, span: Span::new(start, self.at), unknown });
                }
                _ => text.push(character),
            }
        }
        Err(FormatError::at("a quote that is not closed", start))
    }

    fn plain(&mut self) -> Word {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let (mut end, mut variable, mut escaped, mut last) = (rest.len(), false, false, ' ');
        for (offset, character) in rest.char_indices() {
            let ends = character.is_whitespace() || matches!(character, ';' | '{' | '}');
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '{' if last == '$' => variable = true,
                '}' if variable => variable = false,
                _ if ends => {
                    end = offset;
                    break;
                }
                _ => {}
            }
            last = character;
        }
        self.at = start + end;
        let text = rest.get(..end).unwrap_or_default().to_owned();
        let unknown = is_filled(&text);
        Word { text, span: Span::new(start, self.at), unknown }
    }

    /// The body of a block of another language, up to the brace that closes it.
    fn foreign(&mut self) -> Result<Span, FormatError> {
        let start = self.at;
        let mut depth = 1usize;
        for (offset, byte) in self.text.as_bytes().get(start..).unwrap_or_default().iter().enumerate() {
            depth = match byte {
                b'{' => depth + 1,
                b'}' => depth - 1,
                _ => depth,
            };
            if depth == 0 {
                self.at = start + offset + 1;
                return Ok(Span::new(start, start + offset));
            }
        }
        Err(FormatError::at("a block that is not closed", start))
    }
}

/// Whether a word waits for a variable of the environment: `${NAME}` in capitals, as `envsubst` fills it in.
fn is_filled(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        let name = rest.split('}').next().unwrap_or_default();
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::members::check;
    use super::*;

    fn read(text: &str) -> Document {
        parse(text, &Limits::default()).unwrap()
    }

    #[test]
    fn directives_and_blocks_are_lists_by_name() {
        let text = "\u{feff}# é\nhttp {\r\n  include mime.types;\n  server { listen 80; listen [::]:80; server_name \"a b\" 'c'; }\n  \
                    server { location ~ ^/x{1,2}$ { return 301 https://$host; } }\n}\n";
        let fixed = text.replace("^/x{1,2}$", "\"^/x{1,2}$\"");
        let document = read(&fixed);
        let http = document.root.pointer("/http/0").unwrap();
        assert_eq!(http.pointer("/include/0").unwrap().to_value(), json!({"args": ["mime.types"]}));
        let server = http.pointer("/server/0").unwrap().to_value();
        assert_eq!(
            server,
            json!({"args": [], "listen": [{"args": ["80"]}, {"args": ["[::]:80"]}], "server_name": [{"args": ["a b", "c"]}]})
        );
        let location = http.pointer("/server/1/location/0").unwrap();
        assert_eq!(location.pointer("/args/1").unwrap().as_str(), Some("^/x{1,2}$"));
        assert_eq!(location.pointer("/return/0/args/1").unwrap().as_str(), Some("https://$host"));
        assert_eq!(check::at(&fixed, http.pointer("/server/0/listen/1").unwrap().span), "listen [::]:80");
        assert_eq!(check::at(&fixed, document.comments[0]), "# é");
    }

    #[test]
    fn what_the_environment_fills_in_is_opaque() {
        let document = read("listen ${PORT};\nset $a \"${b}c\";\ncontent_by_lua_block { if x then { y } end; }\n");
        assert!(document.root.pointer("/listen/0/args/0").unwrap().is_opaque());
        assert_eq!(document.root.pointer("/set/0/args/1").unwrap().as_str(), Some("${b}c"));
        assert!(document.root.pointer("/content_by_lua_block/0/code").unwrap().is_opaque());
    }

    #[test]
    fn faults_have_a_place() {
        let table = [
            ("a {", "a block that is not closed", 0),
            ("a; }", "a `}` that closes nothing, or a directive without `;` before it", 3),
            ("a {b}", "a `}` that closes nothing, or a directive without `;` before it", 4),
            ("a b", "a directive without `;`", 0),
            ("a \"b", "a quote that is not closed", 2),
            ("; ", "a directive without a name", 0),
            ("listen {{ port }};", "holds the marks of a template", 7),
        ];
        for (text, message, offset) in table {
            let error = parse(text, &Limits::default()).unwrap_err();
            assert_eq!((error.message.as_str(), error.offset), (message, Some(offset)), "{text}");
        }
        assert!(parse(&"a {".repeat(50_000), &Limits::default()).unwrap_err().message.contains("deeper"));
        assert!(parse(&"a;".repeat(500_000), &Limits::default()).unwrap_err().message.contains("many"));
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(
            text in prop_oneof![".{0,80}", "[ab{};\"'#$\\\\é \n\r\u{feff}]{0,80}", "((a|é|listen 80|x_by_lua_block)( \\{|;|\n)|\\}|#é\n|\"a\\\\\"b\" ){0,14}"]
        ) {
            if let Ok(document) = parse(&text, &Limits::default()) {
                check::spans(&text, &document);
            }
        }
    }
}
