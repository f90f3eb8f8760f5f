//! Keys that stand twice in one object: Terraform takes the last, the parser underneath refuses the file.
//!
//! Such a key is given another name of the same length before the text is parsed again, so that all places stand; what
//! the key is really called is read from the text itself.

use hcl_edit::structure::Body;

use crate::format::{Fault, FormatError};
use crate::text::Span;

/// Most keys that are mended in one file; a file with more is refused.
const MOST: usize = 16;

/// Parses a text, with the keys that stand twice.
pub(super) fn parse(text: &str) -> Result<(Body, Vec<Fault>), FormatError> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut mended = std::borrow::Cow::Borrowed(text);
    for attempt in 0.. {
        let error = match hcl_edit::parser::parse_body(&mended) {
            Ok(body) => return Ok((body, faults)),
            Err(error) => error,
        };
        let mut offset = error.location().offset().min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let key = key_at(text, offset).filter(|_| attempt < MOST && error.message().contains("redefined object key"));
        let Some(span) = key else { return Err(FormatError::at(first_line(error.message()), offset)) };
        let name = text.get(span.start..span.end).unwrap_or_default();
        let message = format!("key '{name}' stands twice");
        if !faults.iter().any(|known| known.span == span) {
            faults.push(Fault { span, message });
        }
        mended.to_mut().replace_range(span.start..span.end, &stand_in(span.len(), attempt));
    }
    Err(FormatError::whole("keys stand twice"))
}

/// The name of the key that begins at `offset`, without its quotes.
fn key_at(text: &str, offset: usize) -> Option<Span> {
    let rest = text.get(offset..)?;
    let (start, length) = match rest.strip_prefix('"') {
        Some(quoted) => (offset + 1, quoted.find('"')?),
        None => (offset, rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len())),
    };
    (length > 0).then(|| Span::new(start, start + length))
}

/// A name of `length` bytes that hardly anything is called.
fn stand_in(length: usize, attempt: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(attempt % 26).unwrap_or_default());
    let mut name = "z".repeat(length.saturating_sub(1));
    name.push(letter);
    name
}

/// The parser's words, on one line.
fn first_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
