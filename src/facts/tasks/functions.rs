//! Functions of Python that a decorator makes tasks, as Nox and Invoke have them: the commands that their calls run.
//!
//! Read line by line, for more is not needed: `session.run("mypy", "src")` in the body of a function below `@nox.session`
//! is the command `mypy src`. Arguments that are no plain texts are left out.

use super::listed::{Task, Tasks};
use super::table::Listing;

/// Most bytes of one call that are looked at.
const CALL: usize = 4096;

/// The tasks of `text`.
pub(super) fn read(text: &str, listing: &Listing) -> Tasks {
    let mut tasks = Tasks::default();
    let (mut marked, mut open): (Option<Mark>, Option<String>) = (None, None);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.starts_with('@') {
            marked = marked.or_else(|| mark(text.get(start..).unwrap_or_default(), &listing.marks));
            open = None;
        } else if let Some(name) = function(line) {
            open = marked.take().map(|given| given.name.unwrap_or(name));
            if let Some(name) = &open {
                tasks.named.insert(name.clone(), Task::default());
                tasks.default.push(name.clone());
            }
        } else if line.starts_with(|letter: char| !letter.is_whitespace() && !")#]".contains(letter)) {
            open = None;
        } else if let Some(task) = open.as_ref().and_then(|name| tasks.named.get_mut(name)) {
            let is_comment = line.trim_start().starts_with('#');
            if let Some(line) = (!is_comment).then(|| call(text, start, line, &listing.calls)).flatten() {
                task.lines.push(line);
            }
            if let Some(name) = (!is_comment).then(|| call(text, start, line, &listing.names)).flatten() {
                task.needs.push(name);
            }
        }
    }
    if let Some((_, rest)) = text.split_once(".sessions = [") {
        let named = texts(rest.split(']').next().unwrap_or_default());
        if !named.is_empty() {
            tasks.default = named;
        }
    }
    tasks
}

/// A decorator that makes a function a task.
struct Mark {
    /// The name that it gives, if not the function's.
    name: Option<String>,
}

/// The name that a decorator gives, if it is one of those that make tasks.
fn mark(text: &str, marks: &[String]) -> Option<Mark> {
    let line = text.lines().next()?;
    let name = line.get(1..)?.split('(').next()?.trim();
    let last = name.rsplit('.').next()?;
    marks.iter().any(|mark| mark == last).then_some(())?;
    let arguments = text.split("\ndef ").next().unwrap_or_default();
    let arguments = arguments.get(..CALL).unwrap_or(arguments);
    let given = arguments.split_once("name=").and_then(|(_, given)| texts(given.lines().next()?).into_iter().next());
    Some(Mark { name: given })
}

fn function(line: &str) -> Option<String> {
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ")?;
    Some(rest.split('(').next()?.trim().to_owned())
}

/// The texts of the arguments of a call that begins on this line, as one command.
fn call(text: &str, start: usize, line: &str, calls: &[String]) -> Option<String> {
    let found = calls.iter().find_map(|name| {
        let spelt = format!(".{name}(");
        line.find(&spelt).map(|at| start + at + spelt.len())
    })?;
    let rest = text.get(found..)?;
    let end = closing(rest);
    let words = texts(rest.get(..end)?);
    (!words.is_empty()).then(|| words.join(" "))
}

/// Where the bracket closes that stands before `text`.
fn closing(text: &str) -> usize {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, byte) in text.bytes().enumerate().take(CALL) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') if depth == 0 => return at,
            (None, b')') => depth -= 1,
            _ => {}
        }
    }
    0
}

/// The plain texts, in order; those that name an option (`env="x"`) are none.
fn texts(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['"', '\'']) {
        let (before, behind) = rest.split_at(open);
        let quote = behind.chars().next().unwrap_or('"');
        let Some((inner, after)) = behind.get(1..).and_then(|behind| behind.split_once(quote)) else { break };
        if !before.trim_end().ends_with([':', '{']) && !before.trim_end_matches(['f', 'r']).trim_end().ends_with('=') {
            found.push(inner.to_owned());
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn tasks(text: &str) -> Tasks {
        read(
            text,
            &serde_yaml::from_str(
                "{ path: x, read: functions, marks: [session, task], calls: [run], names: [notify] }",
            )
            .unwrap(),
        )
    }

    #[test]
    fn decorated_functions_run_commands() {
        let text = "import nox\nnox.options.sessions = [\"tests\"]\n\n@nox.session(python=['3.12'], name=\"type-check\")\n@nox.parametrize('a', [1])\ndef types(session):\n    \
            session.install('mypy')\n    # session.run('no')\n    session.run(\n        \"mypy\", *session.posargs,\n        f\"src\", env={\"A\": x},\n    )\n\n\ndef helper(session):\n    \
            session.run('not this')\n\n@session\ndef tests(s: Session) -> None:\n    s.run('pytest', external=True)\n    s.notify('type-check')\n";
        let tasks = tasks(text);
        assert_eq!(tasks.default, ["tests"]);
        assert_eq!(tasks.find("type-check").unwrap().lines, ["mypy src"]);
        assert_eq!(tasks.find("tests").unwrap().lines, ["pytest"]);
        assert_eq!(tasks.find("tests").unwrap().needs, ["type-check"]);
        assert_eq!(tasks.named.len(), 2);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(@session|def a|\\(|\\)|\\.run\\(|name=|['\"\\n é.=f]){0,40}") {
            let _ = tasks(&text);
        }
    }
}
