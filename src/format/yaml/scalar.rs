//! What a plain scalar means under the core schema of YAML 1.2, and what a core tag makes of a scalar.
//!
//! Infinities, `.nan` and numbers beyond a float have no JSON number and stay text, as do the words and number forms
//! of YAML 1.1 (`yes`, `0b1`, `1_000`, `12:30`).

use serde_json::Number;

use crate::format::Data;

/// Resolves a plain scalar.
pub(super) fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        _ => number(text).map_or_else(|| Data::String(text.to_owned()), Data::Number),
    }
}

/// Applies the core tag `!!suffix`; `None` when the text cannot be that.
pub(super) fn tagged(suffix: &str, text: &str) -> Option<Data> {
    match suffix {
        "null" => Some(Data::Null),
        "bool" => Some(plain(text)).filter(|data| matches!(data, Data::Bool(_))),
        "int" => integer(text).map(Data::Number),
        "float" => number(text).and_then(|number| number.as_f64()).and_then(Number::from_f64).map(Data::Number),
        _ => Some(Data::String(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return None;
    }
    integer(text).or_else(|| float(text))
}

fn integer(text: &str) -> Option<Number> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<i64>().ok().map(Number::from).or_else(|| text.parse::<u64>().ok().map(Number::from))
}

fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let shaped = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
    if !shaped {
        return None;
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers_and_nothing_else_is() {
        let cases = [
            ("0", json!(0)),
            ("-12", json!(-12)),
            ("+3", json!(3)),
            ("0x1f", json!(31)),
            ("0o17", json!(15)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("1e3", json!(1000.0)),
            ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), Data::Number(serde_json::from_value(expected).unwrap()), "{text}");
        }
        for text in ["0b1", "0x", "0o9", "1e999", "-", ".", "+.e", "1.2.3", "1-2", "inf", "nan", "e3", "0x+1", "yes"] {
            assert_eq!(plain(text), Data::String(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn core_tags_convert_or_refuse() {
        assert_eq!(tagged("str", "1"), Some(Data::String("1".to_owned())));
        assert_eq!(tagged("float", "1"), Number::from_f64(1.0).map(Data::Number));
        assert_eq!(tagged("int", "1.5"), None);
        assert_eq!(tagged("bool", "no"), None);
    }
}
