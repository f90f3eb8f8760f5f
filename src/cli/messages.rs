//! What the program says on standard error.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "this is the room that prints")]

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;

use owo_colors::OwoColorize as _;

use crate::cli::{Exit, Refusal, links};

/// clap's own errors; help and version are no errors.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Passed }
}

/// One clear sentence, exit 2.
pub(crate) fn refuse(refusal: &Refusal) -> Exit {
    let _ = writeln!(std::io::stderr(), "error: {refusal}");
    Exit::Usage
}

/// Standard output of a text report: the words that open its blocks in colour, where the terminal has any and the user
/// wants it (`NO_COLOR` and friends are asked by the stream).
pub(crate) fn print_in_colour(text: &str, root: &Path) {
    let mut out = anstream::stdout().lock();
    let root = root.canonicalize().ok().filter(|_| links::wanted());
    for line in text.split_inclusive('\n') {
        let line = root.as_ref().map_or(Cow::Borrowed(line), |root| Cow::Owned(links::linked(line, root)));
        if write_line(&mut out, &line).is_err() {
            return;
        }
    }
    let _ = out.flush();
}

/// Standard output of edits: what goes in red, what comes in green, where the terminal has colours.
pub(crate) fn print_diff(text: &str) {
    let mut out = anstream::stdout().lock();
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches('\n');
        let written = match body.as_bytes().first() {
            Some(b'+') => writeln!(out, "{}", body.green()),
            Some(b'-') => writeln!(out, "{}", body.red()),
            Some(b'@') => writeln!(out, "{}", body.cyan()),
            _ => write_line(&mut out, line),
        };
        if written.is_err() {
            return;
        }
    }
    let _ = out.flush();
}

fn write_line(out: &mut impl std::io::Write, line: &str) -> std::io::Result<()> {
    let word = line.split(' ').next().unwrap_or_default();
    let rest = line.get(word.len()..).unwrap_or_default();
    match word {
        "FAIL" | "FAILED" => write!(out, "{}{rest}", word.red().bold()),
        "PARTIAL" | "UNKNOWN" | "NOTE" => write!(out, "{}{rest}", word.yellow().bold()),
        "PASS" | "PASSED" | "FIX" => write!(out, "{}{rest}", word.green()),
        _ => out.write_all(line.as_bytes()),
    }
}

/// A line for people who watch.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Standard output; a reader that went away is no error.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
