//! JSON web tokens (RFC 7519): what header and claims say, and whether the token still holds on the day of the audit.

use jiff::civil::Date;
use serde_json::Value;

use crate::condition::secret::encoded::base64;
use crate::condition::spec::Decode;

/// How long a token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// It ends on the day of the audit or later.
    Living,
    /// It names no end.
    Lasting,
    /// It ended.
    Expired,
}

/// Header and claims of `value` as text, if it is a token of the wanted life. Without a date nothing has ended.
pub fn read(decode: Decode, value: &str, as_of: Option<Date>) -> Option<String> {
    let mut parts = value.split('.');
    let (header, claims) = (json(parts.next()?)?, json(parts.next()?)?);
    header.get("alg")?;
    let wanted = match decode {
        Decode::JwtLiving => Life::Living,
        Decode::JwtLasting => Life::Lasting,
        Decode::JwtExpired => Life::Expired,
        Decode::Pem => return None,
    };
    (life(&claims, as_of) == wanted).then(|| format!("{header}{claims}"))
}

fn json(part: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(&base64(part)?).ok().filter(Value::is_object)
}

fn life(claims: &Value, as_of: Option<Date>) -> Life {
    let seconds =
        claims.get("exp").and_then(|end| end.as_i64().or_else(|| end.to_string().split('.').next()?.parse().ok()));
    let Some(seconds) = seconds else { return Life::Lasting };
    // A time beyond the calendar is one that never comes.
    let end = jiff::Timestamp::from_second(seconds).ok().map(|end| end.to_zoned(jiff::tz::TimeZone::UTC).date());
    match (end, as_of) {
        (Some(end), Some(today)) if end < today => Life::Expired,
        _ => Life::Living,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 of the URL alphabet without padding.
    fn encode(text: &str) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
            for at in 0..=chunk.len() {
                out.push(char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]));
            }
        }
        out
    }

    #[test]
    fn a_token_holds_until_its_day() {
        let today = Some(jiff::civil::date(2026, 11, 21));
        let token = |claims: &str| format!("{}.{}.c2ln", encode("{\"alg\":\"HS256\"}"), encode(claims));
        let ends = |claims: &str| {
            [Decode::JwtLiving, Decode::JwtLasting, Decode::JwtExpired]
                .map(|decode| read(decode, &token(claims), today).is_some())
        };
        assert_eq!(ends("{\"exp\":4102444800}"), [true, false, false]);
        assert_eq!(ends("{\"exp\":1516239022}"), [false, false, true]);
        assert_eq!(ends("{\"sub\":\"shop\"}"), [false, true, false]);
        assert_eq!(read(Decode::JwtLiving, "eyJ.eyJ.x", today), None);
        let text = read(Decode::JwtLasting, &token("{\"role\":\"anon\"}"), today).unwrap();
        assert!(text.contains("\"role\":\"anon\""), "{text}");
    }
}
