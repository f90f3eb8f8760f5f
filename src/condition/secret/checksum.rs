//! Published check digits of tokens: CRC-32 in the base that each provider writes it in.

use crate::condition::spec::Checksum;

/// Whether the check digit of `value` is right.
pub fn passes(checksum: Checksum, value: &str) -> bool {
    match checksum {
        Checksum::Crc32Base62 => crc32_base62(value),
        Checksum::Crc32Base36 => split(value, 7)
            .is_some_and(|(body, digits)| base::<7>(crc32(body.as_bytes()), 36) == digits.to_ascii_uppercase()),
        Checksum::Crc32Hex => {
            let body = value.rsplit_once('_').map_or(value, |(_, body)| body);
            split(body, 8).is_some_and(|(body, digits)| format!("{:08x}", crc32(body.as_bytes())) == digits)
        }
    }
}

fn crc32_base62(value: &str) -> bool {
    let body = value.rsplit_once('_').map_or(value, |(_, body)| body);
    split(body, 6).is_some_and(|(payload, digits)| base::<6>(crc32(payload.as_bytes()), 62) == digits)
}

/// The last `count` bytes, and what stands before them.
fn split(value: &str, count: usize) -> Option<(&str, &str)> {
    let at = value.len().checked_sub(count).filter(|&at| value.is_char_boundary(at))?;
    Some(value.split_at(at))
}

/// `number` in digits of `0-9A-Za-z`, padded with zeros.
pub(super) fn base<const LENGTH: usize>(mut number: u32, radix: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; LENGTH];
    for slot in text.iter_mut().rev() {
        *slot = DIGITS[(number % radix) as usize];
        number /= radix;
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

/// CRC-32 of IEEE 802.3, bit by bit: values are a few dozen bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_a_right_check_digit_passes() {
        let payload = "0123456789abcdefghijABCDEFGHIJ";
        let token = format!("ghp_{payload}{}", base::<6>(crc32(payload.as_bytes()), 62));
        assert!(passes(Checksum::Crc32Base62, &token));
        let wrong = token.replace("ghp_0", "ghp_1");
        assert!(!passes(Checksum::Crc32Base62, &wrong));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926, "the check value of the standard");
    }

    #[test]
    fn other_bases_are_counted_alike() {
        let hex = format!("cfut_{}{:08x}", "k".repeat(40), crc32("k".repeat(40).as_bytes()));
        assert!(passes(Checksum::Crc32Hex, &hex));
        assert!(!passes(Checksum::Crc32Hex, &hex.replace("_k", "_j")));
        let body = "glpat-abc.01.0z";
        let routable = format!("{body}{}", base::<7>(crc32(body.as_bytes()), 36).to_ascii_lowercase());
        assert!(passes(Checksum::Crc32Base36, &routable));
        assert!(!passes(Checksum::Crc32Base36, "short"));
        assert!(!passes(Checksum::Crc32Hex, "ééé"));
    }
}
