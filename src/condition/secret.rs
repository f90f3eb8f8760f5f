//! Hiding and weighing of secret values: redaction, entropy, check digits, PEM bodies. Pure functions on one value.
//!
//! A value is redacted here, at the moment a finding is made, so that no later room ever holds it.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::condition::spec::{Confidence, Decode, Looks, SecretSpec};

pub mod chance;
pub mod checksum;
pub mod encoded;
pub mod jwt;

/// The whole identity of a value within one audit: it never leaves the program, and shows itself to nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(u64);

impl Identity {
    /// The identity of `value`.
    pub fn of(value: &str) -> Self {
        Self(fnv1a(value.bytes()))
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Identity")
    }
}

/// What weighing says for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// What a check digit says of it.
    pub confidence: Option<Confidence>,
    /// Why it was taken for a secret, for people.
    pub why: String,
}

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

/// What the lists and tests look at: the value itself, or what it says once its encoding is undone. `None` when it is not
/// written in the encoding that it should have.
pub fn reveal<'a>(spec: &SecretSpec, value: &'a str, as_of: Option<Date>) -> Option<Cow<'a, str>> {
    match (spec.encoded, spec.decode) {
        (Some(encoding), _) => encoded::plain(encoding, value),
        // Words in base64 or hexadecimal only look as if a machine had drawn them.
        (None, None) if spec.looks == Some(Looks::Random) => {
            Some(encoded::words(value).map_or(Cow::Borrowed(value), Cow::Owned))
        }
        (None, Some(Decode::Pem) | None) => Some(Cow::Borrowed(value)),
        (None, Some(decode)) => jwt::read(decode, value, as_of).map(Cow::Owned),
    }
}

/// Weighs a value, given what it says (`plain`, see [`reveal`]); a refusal names the test that it did not pass. A check
/// digit never refuses: whoever changed a digit may still have leaked the rest, with one step less confidence.
pub fn weigh(spec: &SecretSpec, value: &str, plain: &str) -> Result<Weight, String> {
    let tested = if spec.encoded.is_some() { plain } else { value };
    let found = entropy(tested);
    if let Some(least) = spec.entropy.filter(|least| found < *least) {
        return Err(format!("entropy {found:.1} of at least {least:.1} bits per character"));
    }
    if matches!(spec.decode, Some(Decode::Pem)) && !has_pem_body(value) {
        return Err("decode: no PEM body".to_owned());
    }
    let looks = match spec.looks {
        Some(Looks::Random) if !chance::is_random(tested) => Err("looks: not random"),
        Some(Looks::Random)
            if tested != plain && !chance::is_random(plain.trim()) && !chance::is_password(plain.trim()) =>
        {
            Err("looks: words in an encoding")
        }
        Some(Looks::Password) if !chance::is_password(tested) => Err("looks: not a password"),
        Some(Looks::Random) => Ok(", looks random"),
        Some(Looks::Password) => Ok(", looks like a password"),
        None => Ok(""),
    };
    let looks = looks.map_err(str::to_owned)?;
    let checked = spec.checksum.map(|checksum| checksum::passes(checksum, value));
    let digit = match checked {
        Some(true) => ", its check digits are right",
        Some(false) => ", its check digits are wrong",
        None => "",
    };
    let encoded = if spec.encoded.is_some() { ", decoded" } else { "" };
    let why = format!("{} characters{encoded}, {found:.1} bits each{looks}{digit}", tested.chars().count());
    let confidence = checked.map(|right| if right { Confidence::High } else { Confidence::Medium });
    Ok(Weight { confidence, why })
}

/// Whether `value` looks as it must.
pub fn looks(wanted: Looks, value: &str) -> bool {
    match wanted {
        Looks::Random => chance::is_random(value),
        Looks::Password => chance::is_password(value),
    }
}

/// Whether a value only repeats the name that it stands under, in any writing: `S3_ACCESS_KEY=s3-access-key`. Digits at its
/// end make no difference.
pub fn repeats(name: &[u8], value: &[u8]) -> bool {
    let letters = |text: &[u8]| -> Vec<u8> {
        text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    };
    let name = letters(name);
    !name.is_empty() && letters(value).strip_prefix(&*name).is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
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
    fn redaction_keeps_the_type_and_never_more_than_half() {
        assert_eq!(redact("ghp_abcdefghijklmnop", 4), "ghp_****************");
        assert_eq!(redact("abcd", 4), "ab**");
        assert_eq!(redact("", 4), "");
    }

    #[test]
    fn a_value_may_repeat_its_name() {
        let repeats = |name: &str, value: &str| repeats(name.as_bytes(), value.as_bytes());
        assert!(repeats("S3_ACCESS_KEY", "s3-access-key") && repeats("dbPassword", "db_password_1"));
        assert!(!repeats("", "") && !repeats("S3_ACCESS_KEY", "s3-access-key-q8") && !repeats("S3_ACCESS_KEY", "s3"));
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
