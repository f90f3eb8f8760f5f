//! The formats that a schema may ask for: one closed table. Those with the prefix `x-` are our typed readers.
//!
//! | format | holds for | reads |
//! |---|---|---|
//! | `date` | `2026-11-21` | text |
//! | `ipv4`, `ipv6` | an address | text |
//! | `x-image-digest` | an image reference with `@sha256:` and 64 digits (or `@sha512:`) | text |
//! | `x-image-tag-fixed` | … with a digest, or a tag that is not meant to move (not `latest`, `lts`, `stable`, `edge` …) | text |
//! | `x-image-tag-full` | … with a digest, or a tag that begins with three numbers | text |
//! | `x-git-sha` | 40 or 64 hexadecimal digits | text |
//! | `x-duration-max`, `x-duration-min` | a duration of at most, at least `x-limit` (Go, ISO 8601, systemd, plain seconds) | text, numbers |
//! | `x-quantity-max`, `x-quantity-min` | a Kubernetes quantity of at most, at least `x-limit` | text, numbers |
//! | `x-cidr-world` | a range of all addresses: `0.0.0.0/0`, `::/0` | text |
//! | `x-secret-like-name` | a key's name that speaks of a secret | text |
//! | `x-placeholder` | a value that plainly is not the real one: `<your-key>`, `changeme`, `xxx`, `${…}` | text |
//! | `x-cron` | a cron expression | text |
//! | `x-date-past` | a date (or date and time) before the day of the audit; without one unknown | text |
//! | `x-url` | an absolute URL with a host | text |
//! | `x-literal` | what the text itself says: no expression, template or variable; never unknown | everything |
//! | `x-semver-exact` | one version, `1.2.3` with an optional `v` or `=` in front, no range | text |
//!
//! As in JSON Schema, a format says nothing about a value of a type that it does not read: ask for `type` as well. Text
//! with a variable in it (`${…}`, `{{ … }}`) is unknown, except to `x-placeholder` and `x-secret-like-name`, and to
//! the image formats only where it could hold the answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::civil::Date;
use serde_json::{Number, Value};

use super::amounts::{duration, quantity};
use super::cron::is_cron;
use super::images::{has_digest, has_fixed_tag, has_full_tag};
use super::names::{is_placeholder, is_secret_like};
use super::templates::is_templated;
use crate::condition::truth::Truth;

/// One row of the table.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) name: &'static str,
    reader: Reader,
}

/// How a format judges.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// Text without holes.
    Plain(fn(&str) -> bool),
    /// Text that may have holes.
    Holed(fn(&str) -> Truth),
    /// Text and numbers, compared with `x-limit`.
    Bound(Amount, Side),
    /// A date before the day of the audit.
    Past,
    /// Anything whose value can be known.
    Known,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy)]
enum Amount {
    Duration,
    Quantity,
}

#[derive(Debug, Clone, Copy)]
enum Side {
    AtLeast,
    AtMost,
}

impl Amount {
    fn read(self, text: &str) -> Option<i128> {
        match self {
            Self::Duration => duration(text),
            Self::Quantity => quantity(text),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Quantity => "quantity",
        }
    }
}

const fn spec(name: &'static str, reader: Reader) -> Spec {
    Spec { name, reader }
}

const SPECS: &[Spec] = &[
    spec("date", Reader::Plain(|text| date(text).is_some())),
    spec("ipv4", Reader::Plain(|text| text.parse::<Ipv4Addr>().is_ok())),
    spec("ipv6", Reader::Plain(|text| text.parse::<Ipv6Addr>().is_ok())),
    spec("x-image-digest", Reader::Holed(has_digest)),
    spec("x-image-tag-fixed", Reader::Holed(has_fixed_tag)),
    spec("x-image-tag-full", Reader::Holed(has_full_tag)),
    spec("x-git-sha", Reader::Plain(is_git_sha)),
    spec("x-duration-max", Reader::Bound(Amount::Duration, Side::AtMost)),
    spec("x-duration-min", Reader::Bound(Amount::Duration, Side::AtLeast)),
    spec("x-quantity-max", Reader::Bound(Amount::Quantity, Side::AtMost)),
    spec("x-quantity-min", Reader::Bound(Amount::Quantity, Side::AtLeast)),
    spec("x-cidr-world", Reader::Plain(is_world)),
    spec("x-secret-like-name", Reader::Holed(|text| Truth::from(is_secret_like(text)))),
    spec("x-placeholder", Reader::Holed(|text| Truth::from(is_placeholder(text)))),
    spec("x-cron", Reader::Plain(is_cron)),
    spec("x-date-past", Reader::Past),
    spec("x-url", Reader::Plain(is_url)),
    spec("x-literal", Reader::Known),
    spec("x-semver-exact", Reader::Plain(is_exact_version)),
];

/// The format `name`.
pub(super) fn find(name: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.name == name)
}

/// The names of all formats, in the table's order.
pub fn format_names() -> impl Iterator<Item = &'static str> {
    SPECS.iter().map(|spec| spec.name)
}

/// The names of the formats that compare with `x-limit`.
pub(super) fn bounded_names() -> impl Iterator<Item = &'static str> {
    SPECS.iter().filter(|spec| matches!(spec.reader, Reader::Bound(..))).map(|spec| spec.name)
}

/// A format with its limit, ready to judge.
#[derive(Debug)]
pub(super) struct Format {
    reader: Reader,
    limit: i128,
}

impl Format {
    /// The format `spec` with the value of `x-limit`, or what is wrong.
    pub(super) fn new(spec: &Spec, limit: Option<&Value>) -> Result<Self, String> {
        let limit = match (spec.reader, limit) {
            (Reader::Bound(amount, _), Some(value)) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                amount.read(&text).ok_or_else(|| format!("`x-limit` is not a {}", amount.name()))?
            }
            (Reader::Bound(..), None) => return Err(format!("`{}` needs `x-limit`", spec.name)),
            (_, Some(_)) => return Err(format!("`{}` takes no `x-limit`", spec.name)),
            (_, None) => 0,
        };
        Ok(Self { reader: spec.reader, limit })
    }

    /// Whether it asks whether a value can be known at all.
    pub(super) const fn asks_knowledge(&self) -> bool {
        matches!(self.reader, Reader::Known)
    }

    /// Judges a text.
    pub(super) fn judge_text(&self, text: &str, as_of: Option<Date>) -> Truth {
        match self.reader {
            Reader::Known => Truth::True,
            Reader::Holed(judge) => judge(text),
            _ if is_templated(text) => Truth::Unknown,
            Reader::Plain(judge) => Truth::from(judge(text)),
            Reader::Bound(amount, side) => self.compare(amount.read(text), side),
            Reader::Past => match (date(text), as_of) {
                (None, _) => Truth::False,
                (Some(_), None) => Truth::Unknown,
                (Some(date), Some(today)) => Truth::from(date < today),
            },
        }
    }

    /// Judges a number; most formats have nothing to say about one.
    pub(super) fn judge_number(&self, number: &Number, _as_of: Option<Date>) -> Truth {
        match self.reader {
            Reader::Bound(amount, side) => self.compare(amount.read(&plain(number)), side),
            _ => Truth::True,
        }
    }

    fn compare(&self, amount: Option<i128>, side: Side) -> Truth {
        Truth::from(amount.is_some_and(|amount| match side {
            Side::AtMost => amount <= self.limit,
            Side::AtLeast => amount >= self.limit,
        }))
    }
}

/// A number without an exponent.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// The day of `2026-11-21`, or of a date and time that begins with it.
fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let (day, rest) = (text.get(..10)?, text.get(10..)?);
    let shaped = day.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if shaped && (rest.is_empty() || rest.starts_with(['T', 't', ' '])) { day.parse().ok() } else { None }
}

fn is_git_sha(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_world(text: &str) -> bool {
    let parts = text.trim().split_once('/');
    parts.is_some_and(|(address, length)| length == "0" && address.parse::<IpAddr>().is_ok())
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.trim().split_once("://") else { return false };
    let named = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    named && !host.is_empty() && !rest.contains(char::is_whitespace)
}

fn is_exact_version(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix(['v', '=']).unwrap_or(text);
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, label) = text.split_once('-').map_or((text, None), |(core, label)| (core, Some(label)));
    let number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() && (part == "0" || !part.starts_with('0'))
    };
    let words = |text: &str| {
        text.split('.')
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
    };
    core.split('.').count() == 3 && core.split('.').all(number) && label.is_none_or(words) && build.is_none_or(words)
}

#[cfg(test)]
mod tests {
    use Truth::{False, True, Unknown};
    use serde_json::json;

    use super::*;

    /// The verdict of `name` (with `limit`) over a value, as of 2026-11-21.
    fn judge(name: &str, limit: Option<&Value>, value: &Value) -> Truth {
        let format = Format::new(find(name).unwrap(), limit).unwrap();
        let as_of = Some(jiff::civil::date(2026, 11, 21));
        match value {
            Value::Number(number) => format.judge_number(number, as_of),
            other => format.judge_text(other.as_str().unwrap(), as_of),
        }
    }

    #[test]
    fn formats_without_a_limit() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let table = [
            ("date", "2026-02-28", True),
            ("date", "2026-02-30", False),
            ("date", "26-02-28", False),
            ("date", "${DAY}", Unknown),
            ("ipv4", "10.0.0.1", True),
            ("ipv4", "10.0.0", False),
            ("ipv6", "::1", True),
            ("ipv6", "10.0.0.1", False),
            ("x-git-sha", sha, True),
            ("x-git-sha", "0123456", False),
            ("x-git-sha", "g123456789abcdef0123456789abcdef01234567", False),
            ("x-git-sha", "${{ github.sha }}", Unknown),
            ("x-image-digest", "app:1", False),
            ("x-image-tag-fixed", "app:1", True),
            ("x-image-tag-full", "app:1", False),
            ("x-cidr-world", "0.0.0.0/0", True),
            ("x-cidr-world", "::/0", True),
            ("x-cidr-world", "0:0:0:0:0:0:0:0/0", True),
            ("x-cidr-world", "10.0.0.0/8", False),
            ("x-cidr-world", "0.0.0.0", False),
            ("x-cidr-world", "all/0", False),
            ("x-cidr-world", "${CIDR}", Unknown),
            ("x-secret-like-name", "DB_PASSWORD", True),
            ("x-secret-like-name", "DB_HOST", False),
            ("x-placeholder", "${DB_PASSWORD}", True),
            ("x-placeholder", "hunter2", False),
            ("x-cron", "0 3 * * *", True),
            ("x-cron", "nightly", False),
            ("x-date-past", "2026-11-20", True),
            ("x-date-past", "2026-11-20T23:59:59Z", True),
            ("x-date-past", "2026-11-21", False),
            ("x-date-past", "yesterday", False),
            ("x-literal", "text", True),
            ("x-url", "https://user:pw@example.com:8080/x?y", True),
            ("x-url", "postgres://[::1]/db", True),
            ("x-url", "example.com", False),
            ("x-url", "https://", False),
            ("x-url", "https:///path", False),
            ("x-url", "https://:80", False),
            ("x-url", "see https://example.com", False),
            ("x-url", "https://${HOST}/", Unknown),
            ("x-semver-exact", "1.2.3", True),
            ("x-semver-exact", "v1.2.3-rc.1+build.5", True),
            ("x-semver-exact", "=1.2.3", True),
            ("x-semver-exact", "^1.2.3", False),
            ("x-semver-exact", "1.2", False),
            ("x-semver-exact", "1.2.x", False),
            ("x-semver-exact", "1.02.3", False),
            ("x-semver-exact", "1.2.3-", False),
        ];
        for (name, text, expected) in table {
            assert_eq!(judge(name, None, &json!(text)), expected, "{name} of {text}");
        }
        let untested: Vec<_> = format_names()
            .filter(|name| !bounded_names().any(|bound| bound == *name))
            .filter(|name| !table.iter().any(|row| row.0 == *name))
            .collect();
        assert!(untested.is_empty(), "{untested:?}");
    }

    #[test]
    fn formats_with_a_limit_read_text_and_numbers() {
        let table = [
            ("x-duration-max", json!("30m"), json!("PT30M"), True),
            ("x-duration-max", json!("30m"), json!("31min"), False),
            ("x-duration-max", json!("30m"), json!(1800), True),
            ("x-duration-max", json!(60), json!(60.5), False),
            ("x-duration-max", json!("30m"), json!("never"), False),
            ("x-duration-max", json!("30m"), json!("soon"), False),
            ("x-duration-max", json!("30m"), json!("${TIMEOUT}"), Unknown),
            ("x-duration-min", json!("1d"), json!("24h"), True),
            ("x-duration-min", json!("1d"), json!("23h59m"), False),
            ("x-quantity-max", json!("1Gi"), json!("1024Mi"), True),
            ("x-quantity-max", json!("1Gi"), json!("1100Mi"), False),
            ("x-quantity-min", json!("100m"), json!(0.1), True),
            ("x-quantity-min", json!("100m"), json!("99m"), False),
            ("x-quantity-min", json!(1), json!(1e21), False),
            ("x-quantity-min", json!("100m"), json!("{{ .cpu }}"), Unknown),
        ];
        for (name, limit, value, expected) in table {
            assert_eq!(judge(name, Some(&limit), &value), expected, "{name} {limit} of {value}");
        }
        assert!(Format::new(find("x-quantity-min").unwrap(), Some(&json!([]))).is_err());
    }

    #[test]
    fn a_number_is_nothing_to_a_format_of_text() {
        assert_eq!(judge("x-git-sha", None, &json!(5)), True);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[$<%{}a-zA-Z0-9:/@._ -]{0,60}|.*") {
            for name in format_names() {
                let limit = json!(1);
                let bounded = bounded_names().any(|bound| bound == name);
                let _ = judge(name, bounded.then_some(&limit), &json!(text));
            }
        }
    }
}
