//! Durations and quantities as configuration files write them, read into whole numbers that can be compared.
//!
//! Durations: Go and Docker (`1h30m`, `1.5h`, `300ms`), ISO 8601 (`PT30M`, `P1DT12H`), systemd and GitLab
//! (`5min 20s`, `2 weeks`), and plain seconds (`30`, `0.5`). Quantities: Kubernetes (`500m`, `1.5Gi`, `2e3`, `1k`).

/// Fixed-point one: nine decimal places.
const ONE: i128 = 1_000_000_000;
const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// Units of time in nanoseconds, as written. Only `M` and `m` differ by case.
const UNITS: &[(&[&str], i128)] = &[
    (&["ns", "nsec"], 1),
    (&["us", "µs", "μs", "usec"], 1_000),
    (&["ms", "msec", "millis", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], SECOND),
    (&["m", "min", "mins", "minute", "minutes"], 60 * SECOND),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600 * SECOND),
    (&["d", "day", "days"], DAY),
    (&["w", "wk", "week", "weeks"], 7 * DAY),
    (&["M", "mo", "month", "months"], 30 * DAY),
    (&["y", "yr", "yrs", "year", "years"], 365 * DAY),
];

/// Words for a duration without end.
const FOREVER: &[&str] = &["infinity", "infinite", "never"];

/// A duration in nanoseconds; without end, the largest number.
pub(super) fn duration(text: &str) -> Option<i128> {
    let text = text.trim();
    if FOREVER.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return Some(i128::MAX);
    }
    if let Some(iso) = text.strip_prefix('P') {
        return iso_duration(iso);
    }
    let (first, rest) = decimal(text)?;
    if rest.is_empty() { Some(times(first, SECOND)) } else { units(text) }
}

/// A sequence of amounts with units, spaces anywhere between.
fn units(text: &str) -> Option<i128> {
    let (mut total, mut rest) = (0_i128, text);
    while !rest.is_empty() {
        let (amount, tail) = decimal(rest)?;
        let tail = tail.trim_start();
        let end = tail.find(|character: char| !character.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        total = total.saturating_add(times(amount, nanoseconds(unit)?));
        rest = tail.trim_start_matches([' ', ',']);
    }
    Some(total)
}

fn nanoseconds(unit: &str) -> Option<i128> {
    let find = |unit: &str| UNITS.iter().find(|(names, _)| names.contains(&unit)).map(|(_, value)| *value);
    find(unit).or_else(|| find(&unit.to_lowercase()))
}

/// The part of an ISO 8601 duration behind its `P`.
fn iso_duration(text: &str) -> Option<i128> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        None if !text.is_empty() => (text, ""),
        _ => return None,
    };
    let days = designated(date, &[('Y', 365 * DAY), ('M', 30 * DAY), ('W', 7 * DAY), ('D', DAY)])?;
    let clock = designated(time, &[('H', 3_600 * SECOND), ('M', 60 * SECOND), ('S', SECOND)])?;
    Some(days.saturating_add(clock))
}

/// Amounts, each followed by one of the designators, in their order.
fn designated(text: &str, designators: &[(char, i128)]) -> Option<i128> {
    let (mut total, mut rest, mut left) = (0_i128, text, designators.iter());
    while !rest.is_empty() {
        let (amount, tail) = decimal(rest)?;
        let mut characters = tail.chars();
        let designator = characters.next()?;
        let (_, value) = left.find(|(known, _)| *known == designator)?;
        total = total.saturating_add(times(amount, *value));
        rest = characters.as_str();
    }
    Some(total)
}

/// Suffixes of Kubernetes quantities, as a fraction of one.
const SUFFIXES: &[(&str, i128, i128)] = &[
    ("", 1, 1),
    ("n", 1, 1_000_000_000),
    ("u", 1, 1_000_000),
    ("m", 1, 1_000),
    ("k", 1_000, 1),
    ("M", 1_000_000, 1),
    ("G", 1_000_000_000, 1),
    ("T", 1_000_000_000_000, 1),
    ("P", 1_000_000_000_000_000, 1),
    ("E", 1_000_000_000_000_000_000, 1),
    ("Ki", 1 << 10, 1),
    ("Mi", 1 << 20, 1),
    ("Gi", 1 << 30, 1),
    ("Ti", 1 << 40, 1),
    ("Pi", 1 << 50, 1),
    ("Ei", 1 << 60, 1),
];

/// A Kubernetes quantity in billionths of its unit.
pub(super) fn quantity(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (amount, suffix) = decimal(unsigned)?;
    let scaled = match SUFFIXES.iter().find(|(name, ..)| *name == suffix) {
        Some((_, times, over)) => amount.checked_mul(*times).unwrap_or(i128::MAX) / over,
        None => exponent(amount, suffix.strip_prefix(['e', 'E'])?)?,
    };
    Some(sign * scaled)
}

/// `amount` times ten to the power that `text` says.
fn exponent(amount: i128, text: &str) -> Option<i128> {
    let power: i32 = text.parse().ok()?;
    let ten = 10_i128.checked_pow(power.unsigned_abs()).unwrap_or(i128::MAX);
    Some(if power < 0 { amount / ten } else { amount.checked_mul(ten).unwrap_or(i128::MAX) })
}

/// The decimal number that `text` begins with, times [`ONE`], and what follows it. Further places are dropped.
fn decimal(text: &str) -> Option<(i128, &str)> {
    let digits = |text: &str| text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(digits(text));
    let (places, rest) = match rest.strip_prefix('.') {
        Some(tail) => tail.split_at(digits(tail)),
        None => ("", rest),
    };
    if whole.len() > 18 || whole.is_empty() && places.is_empty() {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let places: i128 = format!("{places:0<9}").get(..9)?.parse().ok()?;
    Some((whole * ONE + places, rest))
}

/// A fixed-point amount times a unit.
fn times(amount: i128, unit: i128) -> i128 {
    amount.checked_mul(unit).map_or(i128::MAX, |product| product / ONE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_of_every_spelling() {
        let minutes = |count: i128| Some(count * 60 * SECOND);
        let table = [
            ("30m", minutes(30)),
            ("1h30m", minutes(90)),
            ("1.5h", minutes(90)),
            ("300ms", Some(300_000_000)),
            ("1800", minutes(30)),
            (" 0.5 ", Some(500_000_000)),
            ("PT30M", minutes(30)),
            ("P1DT12H", minutes(36 * 60)),
            ("P2W", minutes(14 * 1440)),
            ("P1M", minutes(30 * 1440)),
            ("5min 20s", Some(320 * SECOND)),
            ("2 weeks", minutes(14 * 1440)),
            ("1 Hour, 30 Minutes", minutes(90)),
            ("1M", minutes(30 * 1440)),
            ("infinity", Some(i128::MAX)),
            ("999999999999999999y", Some(i128::MAX)),
            ("", None),
            ("soon", None),
            ("5 parsecs", None),
            ("P", None),
            ("PT", None),
            ("PT5", None),
            ("P1H", None),
            ("PT5S1H", None),
            ("-5s", None),
            (".", None),
        ];
        for (text, expected) in table {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn quantities_of_kubernetes() {
        let table = [
            ("1", Some(ONE)),
            ("500m", Some(ONE / 2)),
            ("0.5", Some(ONE / 2)),
            ("1.5Gi", Some(ONE * 3 * (1 << 29))),
            ("128Mi", Some(ONE * (1 << 27))),
            ("2k", Some(2_000 * ONE)),
            ("2e3", Some(2_000 * ONE)),
            ("2E-3", Some(ONE / 500)),
            ("1E", Some(ONE * 1_000_000_000_000_000_000)),
            ("-1", Some(-ONE)),
            ("10n", Some(10)),
            ("1e999", Some(i128::MAX)),
            ("1e-999", Some(0)),
            ("128mb", None),
            ("", None),
            ("Gi", None),
            ("1 Gi", None),
        ];
        for (text, expected) in table {
            assert_eq!(quantity(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9PTHMSDWYKiemnu.+\\- a-z]{0,40}|.*") {
            let _ = (duration(&text), quantity(&text));
        }
    }
}
