//! Cron expressions: whether a scheduler would take one.
//!
//! Five fields (minute to weekday), or six with seconds in front; lists, ranges, steps, names, `?` and Jenkins' `H`;
//! the `@daily` words and `@every` with a duration; a time zone in front (`TZ=…`, `CRON_TZ=…`).

use super::amounts::duration;

struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const SECOND: Field = Field { least: 0, most: 59, names: &[] };
const FIELDS: [Field; 5] = [
    Field { least: 0, most: 59, names: &[] },
    Field { least: 0, most: 23, names: &[] },
    Field { least: 1, most: 31, names: &[] },
    Field {
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { least: 0, most: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const WORDS: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot"];

/// Whether `text` is a cron expression.
pub(super) fn is_cron(text: &str) -> bool {
    let mut text = text.trim();
    if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
        text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    if let Some(every) = text.strip_prefix("@every ") {
        return duration(every).is_some_and(|nanoseconds| nanoseconds > 0);
    }
    if text.starts_with('@') {
        return WORDS.contains(&text);
    }
    let mut fields: Vec<&str> = text.split_whitespace().take(7).collect();
    if fields.len() == 6 && !field(fields.remove(0), &SECOND) {
        return false;
    }
    fields.len() == FIELDS.len() && fields.iter().zip(&FIELDS).all(|(text, kind)| field(text, kind))
}

fn field(text: &str, kind: &Field) -> bool {
    text.split(',').all(|part| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        let steps = step.is_none_or(|step| step.parse().is_ok_and(|step: u32| (1..=kind.most).contains(&step)));
        steps && span(range, kind)
    })
}

fn span(text: &str, kind: &Field) -> bool {
    if matches!(text, "*" | "?" | "H") {
        return true;
    }
    let text = text.strip_prefix("H(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    match text.split_once('-') {
        Some((from, to)) => match (number(from, kind), number(to, kind)) {
            // `fri-sun` and `22-2` go round the clock.
            (Some(from), Some(to)) => from <= to || kind.names.len() == 7,
            _ => false,
        },
        None => number(text, kind).is_some(),
    }
}

fn number(text: &str, kind: &Field) -> Option<u32> {
    let named = kind.names.iter().position(|name| name.eq_ignore_ascii_case(text));
    if let Some(index) = named {
        return u32::try_from(index).ok().map(|index| index + kind.least);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| digits && (kind.least..=kind.most).contains(value))
}

#[cfg(test)]
mod tests {
    use super::is_cron;

    #[test]
    fn schedulers_take_these_and_not_those() {
        for good in [
            "* * * * *",
            "*/15 0-6,22 1 jan-MAR mon",
            "0 3 * * 7",
            "30 0 4 1 * ?",
            "H/15 H(0-7) * * *",
            "0 0 * * fri-sun",
            "@daily",
            "@every 1h30m",
            "TZ=Europe/Berlin 5 4 * * *",
        ] {
            assert!(is_cron(good), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "* * * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "*/0 * * * *",
            "5-1 * * * *",
            "+5 * * * *",
            "1,,2 * * * *",
            "@often",
            "@every never ever",
            "daily at noon please now",
        ] {
            assert!(!is_cron(bad), "{bad}");
        }
    }
}
