//! `prodready explain`: a rule, the arithmetic of the score, or one finding.

use std::fmt::Write as _;

use crate::checklist::finding::{Finding, State};
use crate::checklist::item::{FULL, Item};
use crate::checklist::outcome::Outcome;
use crate::cli::args::{ExplainArgs, TargetArgs};
use crate::cli::load::{Choice, Session, rule_set, session};
use crate::cli::rules::unknown;
use crate::cli::{Exit, Refusal, messages};
use crate::report::words;
use crate::rule::model::{Rule, weight};
use crate::score;

/// Where the texts of an explanation begin, in columns.
const INDENT: usize = 12;
/// Width of an explanation, in columns.
const WIDTH: usize = 80;
/// Most lines of one part, so that a whole rule fits a screen.
const LINES: usize = 5;

/// The three explanations.
pub(crate) fn run(arguments: &ExplainArgs) -> Result<Exit, Refusal> {
    let text = match (&arguments.rule, &arguments.finding) {
        (Some(id), _) => {
            let rules = rule_set(&[])?;
            let rule = rules.rule(id).ok_or_else(|| unknown(id, &rules))?;
            explanation(rule)
        }
        (None, Some(fingerprint)) => of_finding(&audited(arguments)?, fingerprint)?,
        (None, None) => arithmetic(&audited(arguments)?)?,
    };
    messages::print(&text);
    Ok(Exit::Passed)
}

fn audited(arguments: &ExplainArgs) -> Result<Session, Refusal> {
    let target = TargetArgs { history: arguments.history, ..TargetArgs::of(&arguments.path, false) };
    session(&target, &Choice::default())
}

/// What, why, when it applies, what proves it, fix, how to accept: at most 25 lines.
fn explanation(rule: &Rule) -> String {
    let mut out = String::new();
    let preview = if rule.preview { ", preview: not scored" } else { "" };
    let (severity, confidence) = (words::severity(rule.severity), words::confidence(rule.confidence));
    let _ = writeln!(out, "{}  {severity}, confidence {confidence}{preview}\n{}\n", rule.id, rule.title);
    let applies = match &rule.applies_to {
        None => "the repository as a whole".to_owned(),
        Some(kinds) => kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
    };
    part("why", &rule.why, &mut out);
    part("applies to", &applies, &mut out);
    part("looks for", &rule.looks_for.join(", "), &mut out);
    part("fix", &rule.fix, &mut out);
    for reference in rule.references.iter().take(3) {
        part("read", reference, &mut out);
    }
    part("accept", &format!("prodready accept {} --reason \"…\"", rule.id), &mut out);
    if rule.attestable {
        part("attest", &format!("prodready attest {} --how … --by … --until …", rule.id), &mut out);
    }
    out
}

fn part(label: &str, text: &str, out: &mut String) {
    let lines = words::wrap(text, WIDTH - INDENT - 2);
    let cut = lines.len() > LINES;
    for (number, line) in lines.into_iter().take(LINES).enumerate().filter(|(_, line)| !line.is_empty()) {
        let head = if number == 0 { label } else { "" };
        let more = if cut && number + 1 == LINES { " …" } else { "" };
        let _ = writeln!(out, "{head:<INDENT$}{line}{more}");
    }
}

/// Every weight and credit, and the division at the end.
fn arithmetic(session: &Session) -> Result<String, Refusal> {
    let score = session.score.as_ref().ok_or_else(|| Refusal("nothing was counted: there is no score".to_owned()))?;
    let mut out = format!("{:<40} {:<10} {:>6} {:>7} {:>8}\n", "RULE", "OUTCOME", "WEIGHT", "CREDIT", "POINTS");
    let (mut earned, mut whole) = (0_u64, 0_u64);
    let mut left = Vec::new();
    for (rule, item) in session.audit.items.iter().filter_map(|item| Some((session.rules.rules.get(item.rule)?, item)))
    {
        let Some(entry) = score::entry(rule, item) else {
            left.push(format!("{} ({})", rule.id, if rule.preview { "preview" } else { "a rule of your own" }));
            continue;
        };
        if item.outcome == Outcome::NotApplicable || (item.outcome == Outcome::Unknown && item.outside) {
            left.push(format!("{} ({})", rule.id, item.outcome));
            continue;
        }
        let (weight, credit) = (weight(entry.severity), item.credit);
        earned += u64::from(weight) * u64::from(credit);
        whole += u64::from(weight) * u64::from(FULL);
        let outcome = item.outcome.as_str();
        let points = decimal(u64::from(weight) * u64::from(credit) / 10, 3);
        let (weight, credit) = (decimal(weight.into(), 1), decimal(credit.into(), 3));
        let _ = writeln!(out, "{:<40} {outcome:<10} {weight:>6} {credit:>7} {points:>8}", rule.id.as_str());
    }
    let (points, weights) = (decimal(earned / 10, 3), decimal(whole / 10, 3));
    let _ = writeln!(out, "\n100 x {points} / {weights} = {} (rounded down)", score.uncapped);
    for cap in &score.caps {
        let _ = writeln!(out, "{cap}: {}", score.value);
    }
    if score.unaccepted != score.value {
        let _ = writeln!(out, "without acceptances, ignores, attestations and exclusions: {}", score.unaccepted);
    }
    if !left.is_empty() {
        let _ = writeln!(out, "\nnot counted:");
        for name in &left {
            let _ = writeln!(out, "  {name}");
        }
    }
    Ok(out)
}

/// A whole number of parts as a decimal fraction with `places` places.
fn decimal(parts: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    format!("{}.{:0width$}", parts / unit, parts % unit, width = places as usize)
}

fn of_finding(session: &Session, fingerprint: &str) -> Result<String, Refusal> {
    let all = || session.audit.items.iter().flat_map(|item| item.findings().map(move |finding| (item, finding)));
    let mut found = all().filter(|(_, finding)| finding.fingerprint.starts_with(fingerprint));
    let none =
        || Refusal(format!("no finding of this audit has the fingerprint {fingerprint} (--format json lists them)"));
    let (item, finding) = found.next().ok_or_else(none)?;
    if found.any(|(_, other)| other.fingerprint != finding.fingerprint) {
        return Err(Refusal(format!("several findings begin with {fingerprint}: give more digits")));
    }
    let rule = session.rules.rules.get(item.rule).ok_or_else(none)?;
    Ok(told(rule, item, finding))
}

fn told(rule: &Rule, item: &Item, finding: &Finding) -> String {
    let mut out = String::new();
    let id = finding.pattern.as_ref().map_or_else(|| rule.id.to_string(), |pattern| format!("{}/{pattern}", rule.id));
    let place = words::spot(finding);
    let _ = writeln!(
        out,
        "{id}  {}, confidence {}",
        words::severity(finding.severity),
        words::confidence(finding.confidence)
    );
    let _ = writeln!(out, "{place}  [{}]\n", finding.fingerprint);
    part("what", &words::clean(&finding.message), &mut out);
    if !finding.line.is_empty() {
        part("line", &words::clean(&finding.line), &mut out);
    }
    if let Some((_, why)) = &finding.secret {
        part("because", &format!("it has the shape of this pattern: {why}"), &mut out);
    }
    for other in finding.also.iter().take(LINES) {
        part("also in", &words::place(&other.place, other.region), &mut out);
    }
    let verdict = item.verdicts.iter().find(|verdict| verdict.component == finding.component);
    if let Some(because) = verdict.and_then(|verdict| verdict.applies_because.as_ref()) {
        let place = words::place(&because.place, because.region);
        part("applies", &format!("because of {place}  {}", words::clean(&because.shows)), &mut out);
    }
    if finding.absence {
        part("looked for", &rule.looks_for.join(", "), &mut out);
    }
    let state = match finding.state {
        State::Open if finding.lenient => {
            "in a test, example, fixture or prose, or public by design: it costs nothing".to_owned()
        }
        State::Open => "open".to_owned(),
        State::Baseline => "known from the baseline".to_owned(),
        State::Accepted | State::Ignored => {
            let until = finding.until.map(|day| format!(" until {day}")).unwrap_or_default();
            format!("accepted{until}: {}", finding.reason.as_deref().unwrap_or_default())
        }
    };
    part("state", &state, &mut out);
    part("why", &rule.why, &mut out);
    part("fix", &finding.fix, &mut out);
    part(
        "accept",
        &format!("prodready accept {id} --path {} --reason \"…\"", words::clean(&finding.place.path)),
        &mut out,
    );
    if !finding.absence && finding.place.span.is_some() {
        part("or", &format!("beside the line: prodready: ignore[{id}] -- reason"), &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::set::RuleSet;

    #[test]
    fn every_rule_is_explained_on_one_screen() {
        for rule in &RuleSet::embedded().unwrap().rules {
            let text = explanation(rule);
            assert!(text.lines().count() <= 25, "{}: {} lines", rule.id, text.lines().count());
            assert!(
                text.lines().all(|line| line.chars().count() <= WIDTH || line.contains("://")),
                "{}\n{text}",
                rule.id
            );
        }
    }

    #[test]
    fn fractions_are_written_out() {
        assert_eq!((decimal(75, 1), decimal(1005, 3), decimal(0, 1)), ("7.5".into(), "1.005".into(), "0.0".into()));
    }
}
