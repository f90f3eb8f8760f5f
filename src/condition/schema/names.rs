//! Words that give a value away: names that speak of a secret, and values that plainly stand for one to come.

use super::templates::{HOLE, masked};

/// Words that alone make a name speak of a secret.
const SECRET: &[&str] = &[
    "apikey",
    "apisecret",
    "apitoken",
    "accesskey",
    "accesstoken",
    "authtoken",
    "clientsecret",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pw",
    "pwd",
    "secret",
    "secretkey",
    "token",
];

/// Words that do so in front of `key`.
const KEYS: &[&str] = &[
    "access",
    "account",
    "api",
    "app",
    "auth",
    "encryption",
    "hmac",
    "jwt",
    "license",
    "master",
    "private",
    "secret",
    "service",
    "shared",
    "signing",
    "webhook",
];

/// Last words that make it a name of something about a secret, not of the secret.
const ABOUT: &[&str] = &[
    "age",
    "algorithm",
    "arn",
    "backend",
    "class",
    "count",
    "days",
    "dir",
    "enabled",
    "endpoint",
    "engine",
    "env",
    "expiration",
    "expires",
    "expiry",
    "field",
    "file",
    "filename",
    "format",
    "header",
    "host",
    "hours",
    "id",
    "issuer",
    "key",
    "keys",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "max",
    "method",
    "min",
    "minutes",
    "mode",
    "mount",
    "name",
    "namespace",
    "path",
    "policy",
    "prefix",
    "provider",
    "ref",
    "refs",
    "region",
    "required",
    "reset",
    "role",
    "rotation",
    "scope",
    "seconds",
    "size",
    "store",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "version",
];

/// Endings that do the same for words run together (`PGPASSWORD`, `requirepass`).
const ENDINGS: &[&str] = &["password", "passwd", "passphrase", "requirepass"];

/// Words that make it a switch or a sentence (`MYSQL_ALLOW_EMPTY_PASSWORD`, `forgotPassword`).
const SWITCHES: &[&str] = &[
    "allow", "disable", "enable", "forgot", "generate", "has", "hide", "is", "no", "random", "require", "requires",
    "show", "use",
];

/// Names in which `pass` is no password.
const PASSING: &[&str] =
    &["proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached", "single", "multi", "first", "second"];

/// Whether a key's name speaks of a secret: `DB_PASSWORD`, `apiKey`, `client-secret`, but not `PASSWORD_FILE` or
/// `max_tokens`.
pub(super) fn is_secret_like(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((&last, before)) = words.split_last() else { return false };
    let before_last = before.last().copied().unwrap_or_default();
    if last == "key" && KEYS.contains(&before_last) {
        return true;
    }
    if last == "pass" {
        return !PASSING.contains(&before_last);
    }
    let speaks = |word: &&str| SECRET.contains(word) || ENDINGS.iter().any(|ending| word.ends_with(ending));
    !ABOUT.contains(&last) && words.iter().any(speaks) && !words.iter().any(|word| SWITCHES.contains(word))
}

/// The words of a name in lower case: split at everything that is no letter or digit, and at `aB` and `ABc`.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = name.chars().take(200).collect();
    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| characters.get(before));
        let next = characters.get(index + 1);
        let rises = character.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase())
                || before.is_some_and(|before| before.is_uppercase()) && next.is_some_and(|next| next.is_lowercase()));
        if (rises || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Values that stand for another, compared without case and punctuation.
const STANDS_FOR: &[&str] = &[
    "changeit",
    "changeme",
    "changethis",
    "dummy",
    "fixme",
    "foobar",
    "placeholder",
    "redacted",
    "replaceme",
    "replacethis",
    "sample",
    "secrethere",
    "setme",
    "tbd",
    "todo",
    "undefined",
    "yourapikey",
    "yourkey",
    "yourpassword",
    "yoursecret",
    "yourtoken",
];

/// Words that say so inside a longer value.
const SAYS_SO: &[&str] =
    &["changeme", "dummy", "example", "placeholder", "redacted", "replaceme", "yourdomain", "yours"];

/// Pairs of neighbouring words that say so.
const SAY_SO: &[(&str, &str)] = &[
    ("change", "in"),
    ("change", "it"),
    ("change", "me"),
    ("change", "this"),
    ("fill", "in"),
    ("goes", "here"),
    ("key", "here"),
    ("password", "here"),
    ("put", "your"),
    ("replace", "me"),
    ("replace", "this"),
    ("replace", "with"),
    ("secret", "here"),
    ("set", "me"),
    ("token", "here"),
    ("value", "here"),
];

/// Whether a value plainly is not the real one: `<your-key>`, `changeme`, `xxxx`, `${TOKEN}`, `…EXAMPLE`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    if value.is_empty() {
        return false;
    }
    if masked(value).chars().all(|character| character == HOLE || character.is_whitespace()) {
        return true;
    }
    if is_wrapped(value) || is_filler(value) || value.len() <= 512 && value.to_lowercase().ends_with("example") {
        return true;
    }
    says_so(value)
}

/// `<…>`, `__NAME__`, `[NAME]`, `%NAME%`, `@NAME@`, without another pair inside.
fn is_wrapped(value: &str) -> bool {
    const PAIRS: &[(&str, &str)] = &[("<", ">"), ("__", "__"), ("[", "]"), ("%", "%"), ("@", "@"), ("#{", "}")];
    PAIRS.iter().any(|(open, close)| {
        let inner = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let plain = |character: char| character.is_alphanumeric() || " _-.".contains(character);
        inner.is_some_and(|inner| !inner.is_empty() && inner.chars().all(plain))
    })
}

/// One character over and over, or nothing but `x`, `*`, `.`, `?` and separators.
fn is_filler(value: &str) -> bool {
    let mut characters = value.chars();
    let first = characters.next().unwrap_or_default();
    let same = value.chars().nth(2).is_some() && characters.all(|character| character == first);
    same || value.len() >= 3 && value.chars().all(|character| "xX*.?…-_ ".contains(character))
}

fn says_so(value: &str) -> bool {
    if value.len() > 512 {
        return false;
    }
    let bare: String = value.chars().filter(|character| character.is_alphanumeric()).collect();
    if STANDS_FOR.contains(&bare.to_lowercase().as_str()) {
        return true;
    }
    let words = words(value);
    let your =
        words.first().is_some_and(|word| matches!(word.as_str(), "your" | "insert" | "enter")) && words.len() > 1;
    let pairs = words.iter().zip(words.iter().skip(1));
    your || words.iter().any(|word| SAYS_SO.contains(&word.as_str()))
        || pairs.into_iter().any(|(one, two)| SAY_SO.contains(&(one.as_str(), two.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_speak_of_a_secret() {
        for name in [
            "password",
            "DB_PASSWORD",
            "db.password",
            "apiKey",
            "APIKey",
            "api_key",
            "AWS_SECRET_ACCESS_KEY",
            "aws_access_key",
            "clientSecret",
            "client-secret",
            "GITHUB_TOKEN",
            "SMTP_PASS",
            "privateKey",
            "jwtSecret",
            "credentials",
            "STRIPE_SECRET_KEY",
            "PGPASSWORD",
            "requirepass",
        ] {
            assert!(is_secret_like(name), "{name}");
        }
        for name in [
            "",
            "PASSWORD_FILE",
            "token_ttl",
            "secretName",
            "secretKeyRef",
            "MAX_TOKENS",
            "tokenizer",
            "AWS_ACCESS_KEY_ID",
            "PUBLIC_KEY",
            "key",
            "primary_key",
            "proxy_pass",
            "bypass",
            "TOKEN_URL",
            "password-policy",
            "secretary",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "forgotPassword",
        ] {
            assert!(!is_secret_like(name), "{name}");
        }
    }

    #[test]
    fn values_that_stand_for_another() {
        for value in [
            "<your-key>",
            "changeme",
            "Change_Me!",
            "xxx",
            "xxxx-xxxx",
            "********",
            "00000000",
            "${TOKEN}",
            "$TOKEN",
            "{{ .Values.password }}",
            "${{ secrets.X }}",
            "your-api-key",
            "YOUR_TOKEN_HERE",
            "AKIAIOSFODNN7EXAMPLE",
            "example",
            "password-goes-here",
            "__PASSWORD__",
            "%PASSWORD%",
            "replace-with-real-key",
            "TODO",
            "...",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in
            ["", "  ", "hunter2", "s3cr3t", "password", "AKIAIOSFODNN7ABCDEFG", "aaB", "xx", "pre${X}", "youre-it"]
        {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn words_split_at_humps_and_signs() {
        assert_eq!(words("AWSSecretKey_id-2x"), ["aws", "secret", "key", "id", "2x"]);
    }
}
