//! Was a value drawn by chance, or written by a person? A likelihood ratio of two models of text.
//!
//! One model draws every character of the value's alphabet alike. The other writes as names in source code are written:
//! letter follows letter, class follows class as they do there (counted over some 870,000 words of public source code,
//! rounded to tenths of a nat). The difference of the logarithms says how many times likelier chance is.

/// `-ln` of the chance of each letter after each letter within a word, in steps of [`STEP`] nats; rows are the first.
const PAIRS: [&[u8; 26]; 26] = [
    b"74348649497343949332467658",
    b"26662766448267379446399949",
    b"39573793594379279453499969",
    b"35641679268456369546479759",
    b"46336568789443755233755469",
    b"37773469199467289454499948",
    b"49781644299474388345489979",
    b"27782999399666278473399969",
    b"55344549898442358533959695",
    b"27862887587778367818375988",
    b"36751548398665578636385979",
    b"36842588298378369744468949",
    b"25762889399546338847589969",
    b"38433438496675469832558979",
    b"55449659675432549244354689",
    b"37752975497377249253489969",
    b"78877878899388777767087879",
    b"38552659395544379443548949",
    b"49482784396677447732486969",
    b"38572783299668369344496749",
    b"53553659499343839332699799",
    b"28691979299898579878699999",
    b"28872964298683379336984879",
    b"38373887389767729771688549",
    b"45564677589343418423785767",
    b"27661576386657378757475655",
];

/// The same for the first letter of a word.
const FIRST: &[u8; 26] = b"34344445466444437333455787";

/// Nats of one step of the tables.
const STEP: f64 = 0.8;

/// `-ln` of the chance of each class after each class: rows begin, lower, upper, digit, sign; columns from lower on.
const CLASSES: [[f64; 4]; 5] = [
    [0.310, 1.684, 4.320, 2.691],
    [0.118, 3.211, 5.382, 2.712],
    [0.498, 1.080, 4.615, 3.156],
    [1.834, 3.041, 0.538, 1.567],
    [0.358, 1.858, 3.006, 2.345],
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower = 1,
    Upper = 2,
    Digit = 3,
    Sign = 4,
}

impl Class {
    const fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b'0'..=b'9' => Self::Digit,
            _ => Self::Sign,
        }
    }

    const fn is_letter(self) -> bool {
        matches!(self, Self::Lower | Self::Upper)
    }
}

/// How much likelier `value` is drawn by chance than written by a person, in nats (negative: it reads like a name).
pub fn surprise(value: &str) -> f64 {
    let drawn = alphabet(value).ln() * value.len() as f64;
    written(value) - drawn
}

/// `-ln` of the chance that a person writes this.
fn written(value: &str) -> f64 {
    let mut before: Option<u8> = None;
    let mut nats = 0.0;
    for byte in value.bytes() {
        let class = Class::of(byte);
        let row = before.map_or(0, |before| Class::of(before) as usize);
        nats += CLASSES.get(row).and_then(|row| row.get(class as usize - 1)).copied().unwrap_or_default();
        nats += match class {
            Class::Lower | Class::Upper => letter(before, byte),
            Class::Digit => std::f64::consts::LN_10,
            Class::Sign => 1.79,
        };
        before = Some(byte);
    }
    nats
}

/// A letter after what stands before it: a new word begins behind everything that is no letter, and at a hump.
fn letter(before: Option<u8>, byte: u8) -> f64 {
    let within = before.filter(|&before| {
        let (first, second) = (Class::of(before), Class::of(byte));
        first.is_letter() && !(first == Class::Lower && second == Class::Upper)
    });
    let index = |byte: u8| usize::from(byte.to_ascii_lowercase().wrapping_sub(b'a'));
    let row = match within {
        Some(before) => PAIRS.get(index(before)).copied(),
        None => Some(FIRST),
    };
    let steps = row.and_then(|row| row.get(index(byte))).map_or(9, |digit| digit.wrapping_sub(b'0'));
    f64::from(steps) * STEP
}

/// A question about one byte.
type Test = fn(&u8) -> bool;

/// The number of signs that a value of this make may consist of.
fn alphabet(value: &str) -> f64 {
    let every = |test: Test| value.as_bytes().iter().all(test);
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let upper_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let sizes: [(Test, f64); 8] = [
        (u8::is_ascii_digit, 10.0),
        (hex, 16.0),
        (upper_hex, 16.0),
        (u8::is_ascii_lowercase, 26.0),
        (u8::is_ascii_uppercase, 26.0),
        (|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(), 36.0),
        (|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit(), 36.0),
        (u8::is_ascii_alphanumeric, 62.0),
    ];
    sizes.iter().find(|(test, _)| every(*test)).map_or(66.0, |(_, size)| *size)
}

/// Whether `value` is a token that a machine drew: long enough, and far from everything that people write.
pub fn is_random(value: &str) -> bool {
    const SURPRISE: f64 = 8.0;
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= 10 && letters >= 2 && distinct(value) >= 7.min(value.len() / 2) && surprise(value) >= SURPRISE
}

/// How many different bytes there are.
fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    value.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&seen| seen).count()
}

/// Whether `value` may be a password that a person made up: signs of several classes, or letters that are no words. What
/// reads like a name, a label, an address or a file is none.
pub fn is_password(value: &str) -> bool {
    let length = value.chars().count();
    if !(6..=128).contains(&length) || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let core = value.trim_end_matches([':', '?', '!', '.', ',', '*', ';']);
    let letters = core.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = core.bytes().filter(u8::is_ascii_digit).count();
    let signs = core.bytes().filter(|byte| b"!@#$%^&*?~+=|".contains(byte)).count();
    if is_address(core) || core.len() < 5 || distinct(core) < 5 {
        return false;
    }
    if digits == 0 && signs == 0 {
        return letters >= 8 && surprise(core) >= 4.0;
    }
    let joined =
        core.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/'));
    if joined && core.contains(['-', '_', '.', ':', '/']) && digits <= 2 && surprise(core) < 0.0 {
        return false;
    }
    letters >= 2 || (digits >= 5 && signs >= 1)
}

/// A mail address, a URL, a path, a call, a list, a version.
fn is_address(value: &str) -> bool {
    let parts = |sign: char| value.matches(sign).count();
    let mail = parts('@') == 1
        && value
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.ends_with('.'));
    let version = value.trim_start_matches(['v', '^', '~', '=', '>', '<']).bytes();
    let version = version.clone().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-');
    mail || value.contains("://") || value.contains("()") || parts('/') > 1 || parts(',') > 1 || version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_names_are_not() {
        let tokens =
            ["q7Rk2ZpXw9LmT4vB", "9f86d081884c7d659a2feaa0c55ad015", "k3jx9q2mzt7wp5r8", "Zx8Qv_Lw3-Ty7Kp0Rn4J"];
        for token in tokens {
            assert!(is_random(token), "{token}: {}", surprise(token));
        }
        let names = [
            "applicationConfiguration",
            "SESSION_COOKIE_HTTPONLY",
            "user-password-field",
            "com.acme.shop.security.TokenProvider",
            "aaaaaaaaaaaaaaaa",
            "1234567890123456",
            "golang.org/x/net/http2",
            "kubernetes.io/service-account-token",
            "x-amz-security-token",
        ];
        for name in names {
            assert!(!is_random(name), "{name}: {}", surprise(name));
        }
    }

    #[test]
    fn passwords_of_people_are_told_from_labels() {
        for password in ["Tr0ub4dor&3", "s3cr3tP4ss", "Winter2024!", "xkqzvbnrw", "h!nt-42x"] {
            assert!(is_password(password), "{password}: {}", surprise(password));
        }
        for label in [
            "Password:",
            "Passwort",
            "current-password",
            "form.password",
            "jane@acme.org",
            "/run/secrets/db",
            "getPassword()",
            "shop-production-cookie-signing-key-v2",
            "v1.2.3",
            "kennwort!",
        ] {
            assert!(!is_password(label), "{label}: {}", surprise(label));
        }
    }
}
