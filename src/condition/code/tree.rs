//! One parse of one file, shared by every pattern that looks at it.
//!
//! Bounded: a text beyond [`MAX_BYTES`] or nested deeper than [`MAX_DEPTH`] gives no tree, for matching asks ancestors and
//! descendants and would be quadratic in a hostile nest. The parser itself recurses over what is ambiguous and not yet
//! closed, so a long text is parsed on a stack of its own that holds the worst case.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use ast_grep_core::AstGrep;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;

use super::definitions::Definitions;
use super::embedded;
use super::language::Dialect;

/// Longest text that is parsed, in bytes.
const MAX_BYTES: usize = 512 << 10;
/// Deepest nesting of syntax nodes.
const MAX_DEPTH: usize = 1_000;

/// More open brackets than this are not parsed at all; strings are not told apart here, hence the room.
const MAX_OPEN: usize = 4_000;
/// Longest text that is parsed on the caller's stack, in bytes.
const MAX_INLINE: usize = 8 << 10;
/// Stack of a thread that parses: 192 bytes for each byte of text (measured: below 100), of which only what is used is
/// ever taken from the system, and some beside that.
const STACK: usize = (1 << 20) + MAX_BYTES * 192;
/// Longest that a text may take; the longest that is no attack takes a thirtieth of it, so that a busy machine finds the same.
const MAX_TIME: Duration = Duration::from_secs(10);

/// The engine's tree.
pub(super) type Root = AstGrep<StrDoc<SupportLang>>;
/// A node of it.
pub(super) type Node<'t> = ast_grep_core::Node<'t, StrDoc<SupportLang>>;

/// The syntax tree of one file. Offsets are bytes of the file, also within the scripts of a component.
pub struct SyntaxTree {
    dialect: Dialect,
    pub(super) root: Root,
    definitions: OnceLock<Definitions>,
}

/// The nodes of one tree.
pub struct Nodes<'t>(Vec<Node<'t>>);

impl std::fmt::Debug for Nodes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} nodes", self.0.len())
    }
}

impl<'t> Nodes<'t> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Node<'t>> {
        self.0.iter()
    }
}

impl SyntaxTree {
    /// Parses `text`; `None` where it is too long or takes seconds. Faulty code gives a tree with gaps.
    pub fn parse(dialect: Dialect, text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES || opens_more_than(text, MAX_OPEN) {
            return None;
        }
        let (dialect, code) = embedded::prepare(dialect, text);
        Some(Self { dialect, root: parse(&code, dialect)?, definitions: OnceLock::new() })
    }

    /// All nodes, in the order of the file, each before those within it; `None` where they are nested too deep.
    pub fn nodes(&self) -> Option<Nodes<'_>> {
        let mut cursor = self.root.root().get_inner_node().walk();
        let count = self.root.root().get_inner_node().descendant_count();
        let (mut nodes, mut depth) = (Vec::with_capacity(count), 0);
        loop {
            nodes.push(self.root.adopt(cursor.node()));
            if cursor.goto_first_child() {
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return Some(Nodes(nodes));
                }
                depth -= 1;
            }
        }
    }

    /// What the text was read as: never [`Dialect::Component`].
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The initialiser of the name at `node`, if the file assigns that name exactly once.
    pub(super) fn resolve<'t>(&'t self, node: &Node<'t>) -> Option<Node<'t>> {
        self.definitions.get_or_init(|| Definitions::of(&self.root)).initialiser(&self.root, node)
    }
}

impl std::fmt::Debug for SyntaxTree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SyntaxTree").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// Parses on the caller's stack what is short, and anything else on a thread with room for the worst case, which is left
/// to itself when it takes too long: the parser offers no way to stop it from here.
fn parse(code: &str, dialect: Dialect) -> Option<Root> {
    if code.len() <= MAX_INLINE {
        return Root::try_new(code, dialect.grammar()).ok();
    }
    READER.with_borrow_mut(|known| {
        let reader = match known.take() {
            Some(reader) => reader,
            None => Reader::start()?,
        };
        let root = reader.read(code, dialect).ok()?;
        *known = Some(reader);
        root
    })
}

thread_local! {
    /// The calling thread's reader: made when it first parses a long text, and again after one that took too long.
    static READER: RefCell<Option<Reader>> = const { RefCell::new(None) };
}

/// A thread that parses one text after the other; it ends with the thread that asks it.
struct Reader {
    texts: SyncSender<(String, Dialect)>,
    roots: Receiver<Option<Root>>,
}

impl Reader {
    fn start() -> Option<Self> {
        let (texts, asked) = mpsc::sync_channel::<(String, Dialect)>(1);
        let (answers, roots) = mpsc::sync_channel(1);
        let read = move || {
            for (code, dialect) in asked {
                if answers.send(Root::try_new(&code, dialect.grammar()).ok()).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().stack_size(STACK).spawn(read).ok()?;
        Some(Self { texts, roots })
    }

    /// The tree, if the text can be parsed; an error if that takes too long or the thread is no more.
    fn read(&self, code: &str, dialect: Dialect) -> Result<Option<Root>, RecvTimeoutError> {
        self.texts.send((code.to_owned(), dialect)).map_err(|_| RecvTimeoutError::Disconnected)?;
        self.roots.recv_timeout(MAX_TIME)
    }
}

/// Whether more than `limit` brackets are ever open at once.
fn opens_more_than(text: &str, limit: usize) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > limit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_deep_texts_are_refused() {
        assert!(SyntaxTree::parse(Dialect::Go, &" ".repeat(MAX_BYTES + 1)).is_none());
        let nest = |depth: usize| format!("x = {}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(SyntaxTree::parse(Dialect::Python, &nest(900)).unwrap().nodes().is_some());
        assert!(SyntaxTree::parse(Dialect::Python, &nest(1_100)).is_none_or(|tree| tree.nodes().is_none()));
        assert!(opens_more_than("([{x", 2) && !opens_more_than("()[]{}]([", 2));
    }

    #[test]
    fn a_text_that_takes_too_long_is_given_up() {
        let started = std::time::Instant::now();
        assert!(SyntaxTree::parse(Dialect::JavaScript, &"if (a) b else ".repeat(12_000)).is_none());
        assert!(started.elapsed() < MAX_TIME * 3);
    }

    #[test]
    fn an_ambiguous_nest_does_not_overflow_the_stack() {
        for (dialect, piece) in [
            (Dialect::Java, "{[(\n"),
            (Dialect::Java, "a < b ( "),
            (Dialect::CSharp, "(a)(b)<c "),
            (Dialect::Go, "@a "),
        ] {
            let text = piece.repeat(3_900 / piece.bytes().filter(|byte| b"([{".contains(byte)).count().max(1));
            let _ = SyntaxTree::parse(dialect, &text);
        }
    }

    #[test]
    fn a_component_is_read_as_what_its_script_says() {
        let tree = SyntaxTree::parse(Dialect::Component, "<script lang='tsx'>let a = <b/></script>").unwrap();
        assert_eq!(tree.dialect(), Dialect::Tsx);
    }
}
