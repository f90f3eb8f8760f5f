//! One parse of one file, shared by every pattern that looks at it.
//!
//! Bounded: a text beyond [`MAX_BYTES`] or nested deeper than [`MAX_DEPTH`] gives no tree, for matching asks ancestors and
//! descendants and would be quadratic in a hostile nest. The parser itself recurses over what is ambiguous and not yet
//! closed, so a long text is parsed on a stack of its own that holds the worst case.

use std::sync::{OnceLock, mpsc};
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
/// Stack that the parser may need for each byte of text (measured: below 100 bytes).
const STACK_PER_BYTE: usize = 192;
/// Longest that a text may take; the longest that is no attack takes a tenth of it.
const MAX_TIME: Duration = Duration::from_secs(3);
/// Stack beside that.
const STACK_BASE: usize = 1 << 20;

/// The engine's tree.
pub(super) type Root = AstGrep<StrDoc<SupportLang>>;
/// A node of it.
pub(super) type Node<'t> = ast_grep_core::Node<'t, StrDoc<SupportLang>>;

/// The syntax tree of one file. Offsets are bytes of the file, also within the scripts of a component.
pub struct SyntaxTree {
    dialect: Dialect,
    root: Root,
    definitions: OnceLock<Definitions>,
}

impl SyntaxTree {
    /// Parses `text`; `None` where it is too long, too deep or takes seconds. Faulty code gives a tree with gaps.
    pub fn parse(dialect: Dialect, text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES || opens_more_than(text, MAX_OPEN) {
            return None;
        }
        let (dialect, code) = embedded::prepare(dialect, text);
        let root = parse(&code, dialect)?;
        (!is_deeper_than(&root, MAX_DEPTH)).then(|| Self { dialect, root, definitions: OnceLock::new() })
    }

    /// What the text was read as: never [`Dialect::Component`].
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn root(&self) -> &Root {
        &self.root
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
    let stack = STACK_BASE + code.len() * STACK_PER_BYTE;
    let (code, (sender, receiver)) = (code.to_owned(), mpsc::sync_channel(1));
    let read = move || sender.send(Root::try_new(&code, dialect.grammar()).ok());
    thread::Builder::new().stack_size(stack).spawn(read).ok()?;
    receiver.recv_timeout(MAX_TIME).ok()?
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

fn is_deeper_than(root: &Root, limit: usize) -> bool {
    let mut cursor = root.root().get_inner_node().walk();
    let mut depth = 0;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > limit {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
            depth -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_deep_texts_are_refused() {
        assert!(SyntaxTree::parse(Dialect::Go, &" ".repeat(MAX_BYTES + 1)).is_none());
        let nest = |depth: usize| format!("x = {}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(SyntaxTree::parse(Dialect::Python, &nest(900)).is_some());
        assert!(SyntaxTree::parse(Dialect::Python, &nest(1_100)).is_none());
        assert!(opens_more_than("([{x", 2) && !opens_more_than("()[]{}]([", 2));
    }

    #[test]
    fn a_text_that_takes_too_long_is_given_up() {
        let started = std::time::Instant::now();
        assert!(SyntaxTree::parse(Dialect::JavaScript, &"if (a) b else ".repeat(5_000)).is_none());
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
