//! Hiding and weighing of secret values: redaction, entropy, check digits, PEM bodies. Pure functions on one value.
//!
//! A value is redacted here, at the moment a finding is made, so that no later room ever holds it.

use crate::condition::spec::{Checksum, Confidence, Decode, SecretSpec};

/// What is shown instead of a value: the characters that identify its type, then asterisks (at most 20).
pub fn redact(value: &str, shown: usize) -> String {
    let keep = shown.min(value.chars().count() / 2);
    let head: String = value.chars().take(keep).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let hidden = value.chars().count().saturating_sub(keep).min(20);
    head + &"*".repeat(hidden)
}

/// Sixteen bits of a hash of the value: enough to see that a key was rotated, too little to try values offline.
pub fn mark(value: &str) -> u16 {
    let hash = fnv1a(value.bytes());
    u16::try_from((hash ^ (hash >> 32)) & 0xffff).unwrap_or_default()
}

/// FNV-1a, 64 bits: an identity, not a secret.
pub fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Shannon entropy of `value`, in bits per byte.
pub fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = value.len() as f64;
    let bits = |&count: &u32| {
        let share = f64::from(count) / total;
        -share * share.log2()
    };
    counts.iter().filter(|&&count| count > 0).map(bits).sum()
}

/// Weighs `value`: `None` when it cannot be what it looks like, else the confidence that a check digit gives it: high, or
/// one step less, for whoever changed a digit may still have leaked the rest.
pub fn weigh(spec: &SecretSpec, value: &str) -> Option<Option<Confidence>> {
    if spec.entropy.is_some_and(|least| entropy(value) < least) {
        return None;
    }
    if matches!(spec.decode, Some(Decode::Pem)) && !has_pem_body(value) {
        return None;
    }
    Some(spec.checksum.map(|checksum| if passes(checksum, value) { Confidence::High } else { Confidence::Medium }))
}

/// Whether the check digit of `value` is right.
pub fn passes(checksum: Checksum, value: &str) -> bool {
    match checksum {
        Checksum::Crc32Base62 => crc32_base62(value),
    }
}

fn crc32_base62(value: &str) -> bool {
    let body = value.rsplit_once('_').map_or(value, |(_, body)| body);
    let Some(split) = body.len().checked_sub(6).filter(|&at| body.is_char_boundary(at)) else { return false };
    let (payload, digits) = body.split_at(split);
    base62(crc32(payload.as_bytes())) == digits
}

fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for slot in text.iter_mut().rev() {
        *slot = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

/// CRC-32 of IEEE 802.3, bit by bit: values are a few dozen bytes.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// Whether a PEM block holds a body: at least 64 characters of base64 between its dashes, more than one of them new.
fn has_pem_body(block: &str) -> bool {
    let unescaped = block.replace("\\n", "\n").replace("\\r", "");
    let body: String = unescaped
        .lines()
        .flat_map(|line| line.split("-----"))
        .map(|part| {
            part.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '+' | '`' | '#' | '*'))
        })
        .filter(|part| part.len() >= 8 && !part.contains(':') && part.bytes().all(is_base64))
        .collect();
    body.len() >= 64 && entropy(&body) > 3.5
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_a_right_check_digit_passes() {
        let payload = "0123456789abcdefghijABCDEFGHIJ";
        let token = format!("ghp_{payload}{}", base62(crc32(payload.as_bytes())));
        assert!(passes(Checksum::Crc32Base62, &token));
        let wrong = token.replace("ghp_0", "ghp_1");
        assert!(!passes(Checksum::Crc32Base62, &wrong));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926, "the check value of the standard");
    }

    #[test]
    fn redaction_keeps_the_type_and_never_more_than_half() {
        assert_eq!(redact("ghp_abcdefghijklmnop", 4), "ghp_****************");
        assert_eq!(redact("abcd", 4), "ab**");
        assert_eq!(redact("", 4), "");
    }

    #[test]
    fn a_pem_header_alone_is_no_key() {
        assert!(!has_pem_body("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----"));
        assert!(!has_pem_body(&format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", "A".repeat(80))));
        let body = "MIIEpAIBAAKCAQEAr7ZV0cYQn3kJ1y8mH2fXpT5sUqWb9eLdGiOxRzCvNaMtKjPw4h6u8D";
        assert!(has_pem_body(&format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----")));
    }

    #[test]
    fn entropy_is_in_bits_per_byte() {
        assert!(entropy("aaaaaaaa") < 0.01);
        assert!((entropy("abcdefgh") - 3.0).abs() < 1e-9);
        assert!(entropy("").abs() < 1e-9);
    }
}
