//! Lists of commands, a line each: a Procfile (`web: bundle exec puma`) and a crontab (`0 3 * * * backup`).
//!
//! A Procfile is an object of commands by process; a crontab is `{ jobs: [{ schedule, command }], environment: {…} }`.
//! The column of the user that system crontabs have belongs to the command: the text alone cannot tell.

use super::lines::{Line, lines};
use super::members::report_duplicates;
use super::{Data, Document, FormatError, Limits, Member, Node};
use crate::text::Span;

/// Reads a Procfile; a line that names no process is a fault.
pub fn parse_procfile(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let (mut members, mut comments, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines(text).map(Line::trimmed).filter(|line| !line.text.is_empty()) {
        check_nodes(members.len(), limits, line)?;
        if line.text.starts_with('#') {
            comments.push(line.span());
            continue;
        }
        let named = line.text.find(':').filter(|colon| line.text.get(..*colon).is_some_and(is_name));
        let Some(colon) = named else {
            return Err(FormatError::at("a line that names no process", line.start));
        };
        let (key, command) = (line.slice(0, colon), line.slice(colon + 1, line.text.len()).trimmed());
        let value = Node::string(command.text, command.span());
        members.push(Member { key: key.text.to_owned(), key_span: key.span(), value });
    }
    report_duplicates(&members, &mut faults);
    Ok(Document { root: Node::new(Data::Object(members), Span::new(0, text.len())), comments, faults })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn check_nodes(count: usize, limits: &Limits, line: Line<'_>) -> Result<(), FormatError> {
    if count < limits.nodes {
        return Ok(());
    }
    Err(FormatError::at(format!("more than {} nodes", limits.nodes), line.start))
}

/// Reads a crontab; a line that is neither a job nor an assignment is an error.
pub fn parse_crontab(text: &str, limits: &Limits) -> Result<Document, FormatError> {
    FormatError::check_size(text, limits)?;
    let (mut jobs, mut environment, mut comments) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines(text).map(Line::trimmed).filter(|line| !line.text.is_empty()) {
        check_nodes(jobs.len() + environment.len(), limits, line)?;
        if line.text.starts_with('#') {
            comments.push(line.span());
        } else if let Some((schedule, command)) = job(line) {
            let member = |key: &str, part: Line<'_>| {
                let key = key.to_owned();
                Member { key, key_span: part.span(), value: Node::string(part.text, part.span()) }
            };
            let job = vec![member("schedule", schedule), member("command", command)];
            jobs.push(Node::new(Data::Object(job), line.span()));
        } else if let Some(equals) = line.text.find('=') {
            let (key, value) = (line.slice(0, equals).trimmed(), line.slice(equals + 1, line.text.len()).trimmed());
            let text = value.text.trim_matches(['"', '\'']);
            let key_text = key.text.to_owned();
            environment.push(Member { key: key_text, key_span: key.span(), value: Node::string(text, value.span()) });
        } else {
            return Err(FormatError::at("a line that is no job", line.start));
        }
    }
    let whole = Span::new(0, text.len());
    let member = |key: &str, data| Member { key: key.to_owned(), key_span: whole, value: Node::new(data, whole) };
    let members = vec![member("jobs", Data::Array(jobs)), member("environment", Data::Object(environment))];
    Ok(Document { root: Node::new(Data::Object(members), whole), comments, faults: Vec::new() })
}

/// The schedule and the command of a line.
fn job(line: Line<'_>) -> Option<(Line<'_>, Line<'_>)> {
    let fields = if line.text.starts_with('@') { 1 } else { 5 };
    let mut at = 0;
    for _ in 0..fields {
        let rest = line.text.get(at..)?;
        let start = at + rest.len() - rest.trim_start().len();
        let field = line.text.get(start..)?.split_whitespace().next()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-' | '@' | '~' | '?' | '#');
        if !field.chars().all(plain) {
            return None;
        }
        at = start + field.len();
    }
    let command = line.slice(at, line.text.len()).trimmed();
    (!command.text.is_empty()).then(|| (line.slice(0, at), command))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::members::check;
    use super::*;

    #[test]
    fn a_procfile_is_commands_by_process() {
        let text = "# é\r\nweb: bundle exec puma -p $PORT\nworker:  node w.js \n\nweb: x\n";
        let document = parse_procfile(text, &Limits::default()).unwrap();
        assert_eq!(document.root.to_value(), json!({"web": "x", "worker": "node w.js"}));
        assert_eq!(document.faults.len(), 1);
        assert_eq!(check::at(text, document.root.get("worker").unwrap().span), "node w.js");
        assert_eq!(parse_procfile("web bundle\n", &Limits::default()).unwrap_err().offset, Some(0));
    }

    #[test]
    fn a_crontab_is_jobs_and_an_environment() {
        let text = "MAILTO=\"a@b\"\n# x\n0 3 * * 1-5 root pg_dump app\n@daily  /bin/x\n";
        let document = parse_crontab(text, &Limits::default()).unwrap();
        let expected = json!({
            "jobs": [
                {"schedule": "0 3 * * 1-5", "command": "root pg_dump app"},
                {"schedule": "@daily", "command": "/bin/x"}
            ],
            "environment": {"MAILTO": "a@b"}
        });
        assert_eq!(document.root.to_value(), expected);
        assert_eq!(check::at(text, document.root.pointer("/jobs/0/command").unwrap().span), "root pg_dump app");
        assert!(parse_crontab("hello\n", &Limits::default()).is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_spans_stay_inside(text in prop_oneof![".{0,80}", "([@a0*/= :é#\t]{0,12}\r?\n){0,6}"]) {
            for document in [parse_procfile(&text, &Limits::default()), parse_crontab(&text, &Limits::default())].into_iter().flatten() {
                check::spans(&text, &document);
            }
        }
    }
}
