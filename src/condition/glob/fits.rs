//! Whether a name, and the folders before it, fit the parts of a glob.

/// Whether the folders of a path, each with a slash at its end, have these parts; `**` stands for any number of them.
pub(super) fn folders_fit(parts: &[Box<str>], folders: &str) -> bool {
    let Some((part, later)) = parts.split_first() else { return folders.is_empty() };
    if &**part == "**" {
        let behind = memchr::memchr_iter(b'/', folders.as_bytes()).map(|at| at + 1);
        return later.is_empty() || std::iter::once(0).chain(behind).any(|at| folders_fit(later, &folders[at..]));
    }
    memchr::memchr(b'/', folders.as_bytes()).is_some_and(|at| {
        name_fits(part.as_bytes(), &folders.as_bytes()[..at]) && folders_fit(later, &folders[at + 1..])
    })
}

/// Where a pattern goes on behind what `byte` fits at `at`: itself, `?`, or a class that lists it.
fn behind(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    match *pattern.get(at)? {
        b'?' => Some(at + 1),
        b'[' => {
            let end = at + 1 + memchr::memchr(b']', pattern.get(at + 1..)?)?;
            lists(pattern.get(at + 1..end)?, byte).then_some(end + 1)
        }
        wanted => (wanted == byte).then_some(at + 1),
    }
}

/// Whether a class, without its brackets, lists a byte: by itself or in a range.
fn lists(mut class: &[u8], byte: u8) -> bool {
    while let Some((&first, later)) = class.split_first() {
        let (last, rest) = match later {
            [b'-', last, rest @ ..] => (*last, rest),
            _ => (first, later),
        };
        if (first..=last).contains(&byte) {
            return true;
        }
        class = rest;
    }
    false
}

/// The first byte of a name, from `from` on, that what stands at `at` of the pattern may fit; of the special ones any.
fn reach(pattern: &[u8], at: usize, name: &[u8], from: usize) -> Option<usize> {
    match pattern.get(at) {
        Some(b'*' | b'?' | b'[') | None => Some(from),
        Some(wanted) => name.get(from..)?.iter().position(|byte| byte == wanted).map(|found| from + found),
    }
}

/// Whether a name fits a pattern of `*`, `?` and classes: on a mismatch, the last star takes more of the name.
pub(super) fn name_fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name, mut star) = (0, 0, None);
    while let Some(&byte) = name.get(in_name) {
        let next = if pattern.get(at) == Some(&b'*') { None } else { behind(pattern, at, byte) };
        if let Some(next) = next {
            (at, in_name) = (next, in_name + 1);
            continue;
        }
        // Here is a star, or one before takes at least one byte more.
        let (star_at, from) = match (pattern.get(at), star) {
            (Some(b'*'), _) => (at, in_name),
            (_, Some((star_at, taken))) => (star_at, taken + 1),
            _ => return false,
        };
        if star_at + 1 == pattern.len() {
            return true;
        }
        let Some(taken) = reach(pattern, star_at + 1, name, from) else { return false };
        star = Some((star_at, taken));
        (at, in_name) = (star_at + 1, taken);
    }
    pattern.get(at..).unwrap_or_default().iter().all(|rest| *rest == b'*')
}
