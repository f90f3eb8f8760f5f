//! Values that are written in an encoding: base64 and percent-encoding, undone once and within bounds.

use std::borrow::Cow;

use crate::condition::spec::Encoding;

/// Longest value that is decoded, in bytes.
const LONGEST: usize = 64 << 10;

/// What `value` says in plain text; `None` when it is not written in this encoding, or says no text.
pub fn plain(encoding: Encoding, value: &str) -> Option<Cow<'_, str>> {
    if value.len() > LONGEST {
        return None;
    }
    match encoding {
        Encoding::Percent => Some(percent(value)),
        Encoding::Base64 => text(&base64(value)?).map(Cow::Owned),
        Encoding::Base64Pair => {
            let pair = text(&base64(value)?)?;
            let (user, password) = pair.split_once(':')?;
            (!user.is_empty() && !password.is_empty()).then(|| Cow::Owned(password.trim_end().to_owned()))
        }
    }
}

/// The words that `value` says in base64 or in hexadecimal, if it says any: at least six signs of ASCII.
pub fn words(value: &str) -> Option<String> {
    let hex = || {
        let digits = value.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Option<Vec<u8>> = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
        text(&bytes?)
    };
    let found = if value.len() > LONGEST { None } else { hex().or_else(|| text(&base64(value)?)) };
    found.filter(|words| words.is_ascii() && words.len() >= 6)
}

/// Bytes as text without control characters.
fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let printable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (!text.is_empty() && text.chars().all(printable)).then(|| text.to_owned())
}

/// Base64 of either alphabet (RFC 4648, sections 4 and 5), with or without padding; `None` for anything else.
pub fn base64(value: &str) -> Option<Vec<u8>> {
    let body = value.trim_end_matches('=');
    if body.len() % 4 == 1 || value.len() - body.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in body.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    Some(out)
}

/// Percent-encoding undone; what is no escape stays as it is.
fn percent(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let digit = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
    };
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_encoding_is_undone_once() {
        assert_eq!(plain(Encoding::Base64, "aHVudGVyLTQy").as_deref(), Some("hunter-42"));
        assert_eq!(plain(Encoding::Base64, "aHVudGVyLTQyIQ").as_deref(), Some("hunter-42!"));
        assert_eq!(plain(Encoding::Base64, "AAECAw=="), None, "bytes are no text");
        assert_eq!(plain(Encoding::Base64Pair, "c2hvcDp0b3BzMw==").as_deref(), Some("tops3"));
        assert_eq!(plain(Encoding::Base64Pair, "c2hvcA=="), None);
        assert_eq!(plain(Encoding::Percent, "a%40b%2").as_deref(), Some("a@b%2"));
        assert_eq!(words("68756e746572").as_deref(), Some("hunter"));
        assert_eq!(words("9f86d081884c7d65"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(value in "\\PC{0,40}") {
            for encoding in [Encoding::Base64, Encoding::Base64Pair, Encoding::Percent] {
                let _ = plain(encoding, &value);
            }
        }
    }
}
