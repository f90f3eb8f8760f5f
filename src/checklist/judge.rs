//! How a verdict comes about: does the rule apply, what violates it, what proves it. DESIGN: a known violation beats
//! unknown, the best proof wins, and nothing passes without a place to show.

use std::collections::HashSet;

use crate::checklist::finding::{Evidence, Finding, State};
use crate::checklist::item::{Basis, FULL, Verdict};
use crate::checklist::outcome::Outcome;
use crate::condition::Truth;
use crate::condition::answer::{Answer, Match, Unknown};
use crate::condition::evaluate::{Context, evaluate};
use crate::condition::matches::{HistoryMatches, Matches};
use crate::condition::message::fill;
use crate::condition::secret::Identity;
use crate::condition::spec::{Confidence, Grade, Severity};
use crate::facts::known::{Facts, ManifestFact};
use crate::facts::model::{Kind, Place};
use crate::repo::Role;
use crate::rule::model::{Circumstance, EVIDENCE, Milder, Pattern, Rule, weight};
use crate::text::Region;

/// The verdicts of `rule`: one per component that it judges, or one for the repository as a whole. Of its patterns only
/// those that `runs` names are asked.
pub fn verdicts(rule: &Rule, facts: &Facts, matches: &Matches, runs: &dyn Fn(&Pattern) -> bool) -> Vec<Verdict> {
    let Some(judged) = judged(rule, facts) else {
        return vec![judge(rule, None, facts, matches, runs)];
    };
    if judged.is_empty() {
        return vec![not_applicable(None, no_such_component(rule.applies_to.as_deref().unwrap_or_default()))];
    }
    judged.into_iter().map(|component| judge(rule, Some(component), facts, matches, runs)).collect()
}

/// The components that `rule` is about, if it applies to them; `None`: the repository as a whole.
pub fn judged(rule: &Rule, facts: &Facts) -> Option<Vec<usize>> {
    let kinds = rule.applies_to.as_ref()?;
    let is_judged = |index: &usize| facts.components.get(*index).is_some_and(|component| component.is_any(kinds));
    Some((0..facts.components.len()).filter(is_judged).collect())
}

/// Whether `rule` has something to prove of `component`: its `when` holds.
pub fn applies(rule: &Rule, component: Option<usize>, facts: &Facts, matches: &Matches) -> bool {
    let context = Context { facts, matches, component, graded: false, file: None, folder: None, first: true };
    rule.when.as_ref().is_none_or(|when| evaluate(when, &context).truth.is_true())
}

fn no_such_component(kinds: &[Kind]) -> String {
    let names: Vec<String> = kinds.iter().map(|kind| kind.name().to_owned()).collect();
    let list = match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "component".to_owned(),
    };
    format!("there is no {list} in this repository")
}

/// A verdict that says nothing, with the reason.
pub fn not_applicable(component: Option<usize>, reason: String) -> Verdict {
    Verdict {
        component,
        outcome: Outcome::NotApplicable,
        reason,
        credit: 0,
        outside: false,
        applies_because: None,
        evidence: Vec::new(),
        findings: Vec::new(),
        examined: 0,
        compliant: 0,
        basis: Basis::Proof,
        beneath: None,
        attested: None,
    }
}

fn judge(
    rule: &Rule,
    component: Option<usize>,
    facts: &Facts,
    matches: &Matches,
    runs: &dyn Fn(&Pattern) -> bool,
) -> Verdict {
    let context = Context { facts, matches, component, graded: false, file: None, folder: None, first: false };
    if let (Err(why), true) = (&matches.history, rule.asks_history()) {
        return not_applicable(component, why.clone());
    }
    let gate = rule.when.as_ref().map(|when| evaluate(when, &context));
    match gate.as_ref().map(|gate| gate.truth) {
        Some(Truth::False) => {
            let reason = rule.otherwise.clone().unwrap_or_else(|| "what it is about does not occur here".to_owned());
            return not_applicable(component, reason);
        }
        Some(Truth::Unknown) => return unknown(component, gate.and_then(|gate| gate.unknown)),
        _ => {}
    }
    let because = gate.and_then(|gate| gate.matches.into_iter().next()).map(|found| evidence(&found, &context));
    let context = Context { graded: true, ..context };
    let asked = rule.forbid.iter().filter(|pattern| runs(pattern));
    let forbidden: Vec<(&Pattern, Answer)> =
        asked.map(|pattern| (pattern, evaluate(&pattern.condition, &context))).collect();
    let mut verdict = weigh(rule, &forbidden, &context);
    if let Basis::Violations { .. } = verdict.basis {
        let mut beneath = without_violations(rule, &forbidden, &context);
        complete(rule, &mut beneath, because.as_ref(), &context);
        verdict.beneath = Some(Box::new(beneath));
    }
    complete(rule, &mut verdict, because.as_ref(), &context);
    verdict
}

/// An absence and findings of patterns that harm less here, for the first reason that holds; those of tests and examples
/// have the lowest severity already.
fn soften(rule: &Rule, findings: &mut [Finding], context: &Context<'_>) {
    let about = |milder: &Milder, finding: &Finding| {
        let meant = match &finding.pattern {
            Some(pattern) => milder.patterns.contains(pattern),
            None => finding.absence && milder.patterns.is_empty(),
        };
        meant && !finding.lenient && finding.severity > milder.severity
    };
    let mut asked: Vec<Option<bool>> = vec![None; rule.milder.len()];
    let known = secrets_by_role(findings);
    for finding in findings {
        let mut all = rule.milder.iter().zip(&mut asked).filter(|(milder, _)| about(milder, finding));
        let first =
            all.find_map(|(milder, truth)| is_so(&milder.when, finding, truth, &known, context).then_some(milder));
        if let Some(milder) = first {
            let (message, severity) = (finding.message.trim_end_matches('.'), milder.severity.as_str());
            finding.message = format!("{message} (only {severity}: {})", milder.because);
            finding.severity = milder.severity;
        }
    }
}

/// Whether a circumstance is given for a finding; `truth` keeps the answer of one that is the same for all of them.
fn is_so(
    circumstance: &Circumstance,
    finding: &Finding,
    truth: &mut Option<bool>,
    known: &HashSet<(Identity, Role)>,
    context: &Context<'_>,
) -> bool {
    let holds = |condition, context: &Context<'_>| evaluate(condition, context).truth.is_true();
    let path = &finding.place.path;
    match circumstance {
        Circumstance::Anywhere(condition) => *truth.get_or_insert_with(|| holds(condition, context)),
        Circumstance::InFolder(condition) => holds(condition, &context.in_folder(path)),
        Circumstance::InFile(condition) => context.in_file(path).is_some_and(|here| holds(condition, &here)),
        Circumstance::AlsoIn(roles) => {
            let secret = finding.secret.as_ref().map(|(identity, _)| *identity);
            secret.is_some_and(|secret| roles.iter().any(|role| known.contains(&(secret, *role))))
        }
    }
}

/// Which secrets were found in files for what.
fn secrets_by_role(findings: &[Finding]) -> HashSet<(Identity, Role)> {
    findings.iter().filter_map(|finding| Some((finding.secret.as_ref()?.0, finding.role))).collect()
}

/// What every verdict says beside its outcome; an absence becomes a finding, and findings weigh what they harm here.
fn complete(rule: &Rule, verdict: &mut Verdict, because: Option<&Evidence>, context: &Context<'_>) {
    verdict.component = context.component;
    if verdict.outcome == Outcome::Fail && verdict.findings.is_empty() {
        let anchor = anchor(because, context.facts, context.component);
        verdict.findings.push(absence(rule, context.component, anchor));
    }
    soften(rule, &mut verdict.findings, context);
    verdict.applies_because = because.cloned().or_else(|| kind_evidence(context.facts, context.component));
}

fn unknown(component: Option<usize>, why: Option<Unknown>) -> Verdict {
    let outside = !matches!(why, Some(Unknown::Tree(_)));
    let reason = why.map_or_else(|| "it cannot be told from what was read".to_owned(), |why| why.reason().to_owned());
    Verdict { outcome: Outcome::Unknown, outside, ..not_applicable(component, reason) }
}

/// What made a component what it is: why a rule for its kind applies.
fn kind_evidence(facts: &Facts, component: Option<usize>) -> Option<Evidence> {
    let index = component?;
    let place = facts.components.get(index)?.because.first()?.clone();
    Some(Evidence { component, place, region: Region::file_start(), shows: String::new() })
}

/// Violations first; without one that counts, the proofs.
fn weigh(rule: &Rule, forbidden: &[(&Pattern, Answer)], context: &Context<'_>) -> Verdict {
    let mut findings = Vec::new();
    for (pattern, answer) in forbidden {
        findings.extend(answer.matches.iter().map(|found| finding(rule, pattern, found, context)));
    }
    let counting = findings.iter().any(|finding| !finding.lenient);
    let mut verdict = if counting {
        violated(rule, forbidden, &findings, context)
    } else {
        without_violations(rule, forbidden, context)
    };
    verdict.examined += forbidden.iter().map(|(_, answer)| answer.examined).sum::<usize>();
    verdict.compliant = verdict.examined.saturating_sub(findings.len());
    verdict.findings.splice(0..0, findings);
    verdict
}

fn without_violations(rule: &Rule, forbidden: &[(&Pattern, Answer)], context: &Context<'_>) -> Verdict {
    if let Some(why) = forbidden.iter().find_map(|(_, answer)| answer.unknown.clone()) {
        unknown(None, Some(why))
    } else if rule.require.is_empty() {
        clean(forbidden, context)
    } else {
        proved(rule, context)
    }
}

/// Credit of a component with violations: the share of compliant subjects where they are counted, else by severity.
fn violated(rule: &Rule, forbidden: &[(&Pattern, Answer)], findings: &[Finding], context: &Context<'_>) -> Verdict {
    let worst = findings.iter().filter(|finding| !finding.lenient).map(|finding| finding.severity).max();
    let worst = worst.unwrap_or(Severity::Low);
    let counted = rule.severity < Severity::Critical && rule.forbid.iter().all(|pattern| pattern.counts_subjects);
    let examined: usize = forbidden.iter().map(|(_, answer)| answer.examined).sum();
    let (credit, reason) = if counted {
        let bad: usize = forbidden.iter().map(|(_, answer)| answer.matches.len()).sum();
        let good = examined.saturating_sub(bad);
        (share(good, examined), format!("{good} of {examined} are in order"))
    } else {
        let open = subjects(findings.iter().filter(|finding| !finding.lenient));
        (
            FULL.saturating_sub(lost(worst, rule.severity)),
            format!("{open} {}", if open == 1 { "finding" } else { "findings" }),
        )
    };
    let outcome = if credit == 0 { Outcome::Fail } else { Outcome::Partial };
    let evidence = if credit == 0 { Vec::new() } else { proofs(rule, context) };
    let basis = Basis::Violations { examined, counted };
    Verdict { outcome, credit, evidence, basis, ..not_applicable(None, reason) }
}

/// How many things there are to do: the places of one secret are one.
pub fn subjects<'a>(findings: impl Iterator<Item = &'a Finding>) -> usize {
    let mut seen = std::collections::BTreeSet::new();
    findings.filter(|finding| finding.secret.as_ref().is_none_or(|(identity, _)| seen.insert(*identity))).count()
}

/// What a finding of severity `worst` takes from a rule of severity `whole`, in thousandths.
pub fn lost(worst: Severity, whole: Severity) -> u32 {
    FULL * weight(worst) / weight(whole)
}

/// The share of `good` in `all`, in thousandths.
pub fn share(good: usize, all: usize) -> u32 {
    let thousandths = good.saturating_mul(FULL as usize).checked_div(all).unwrap_or_default();
    u32::try_from(thousandths).unwrap_or(FULL)
}

/// A rule that only forbids passes when it looked at something.
fn clean(forbidden: &[(&Pattern, Answer)], context: &Context<'_>) -> Verdict {
    let subjects: usize = forbidden.iter().map(|(_, answer)| answer.examined).sum();
    if let (Ok(history), true) =
        (&context.matches.history, forbidden.iter().any(|(pattern, _)| pattern.condition.asks_history()))
    {
        return in_no_commit(history);
    }
    let searched = if rule_searches_text(forbidden) { context.matches.files_read } else { Default::default() };
    let (examined, what) = if subjects > 0 { (subjects, "subjects") } else { (searched, "files") };
    if examined == 0 {
        return not_applicable(None, "there is nothing here that it could examine".to_owned());
    }
    let in_order = forbidden.iter().find_map(|(_, answer)| answer.in_order.as_ref());
    Verdict {
        outcome: Outcome::Pass,
        credit: FULL,
        evidence: in_order.map(|found| evidence(found, context)).into_iter().collect(),
        examined: searched,
        ..not_applicable(None, format!("{examined} {what} examined, nothing found"))
    }
}

fn in_no_commit(history: &HistoryMatches) -> Verdict {
    let HistoryMatches { examined, commits, .. } = history;
    if *commits == 0 {
        return not_applicable(None, "there is no commit yet".to_owned());
    }
    let reason = format!("{examined} versions of files in {commits} commits searched, nothing found");
    Verdict { outcome: Outcome::Pass, credit: FULL, examined: *examined, ..not_applicable(None, reason) }
}

fn rule_searches_text(forbidden: &[(&Pattern, Answer)]) -> bool {
    forbidden.iter().any(|(pattern, _)| !pattern.counts_subjects)
}

/// The best requirement: pass > partial > unknown > fail.
fn proved(rule: &Rule, context: &Context<'_>) -> Verdict {
    let mut best: Option<(Grade, Answer, Option<&str>)> = None;
    let mut unsure: Option<Unknown> = None;
    for requirement in &rule.require {
        let answer = evaluate(&requirement.condition, context);
        match answer.truth {
            Truth::True => {
                let grade = requirement.grade.min(answer.grade());
                if best.as_ref().is_none_or(|(known, ..)| grade > *known) {
                    best = Some((grade, answer, requirement.message.as_deref()));
                }
            }
            Truth::Unknown => unsure = unsure.or(answer.unknown),
            Truth::False => {}
        }
    }
    match (best, unsure) {
        (Some((grade, answer, message)), _) => with_proof(rule, grade, &answer, message, context),
        (None, Some(why)) => unknown(None, Some(why)),
        (None, None) => {
            let reason = rule.absent.clone().unwrap_or_else(|| "nothing was found that proves it".to_owned());
            Verdict { outcome: Outcome::Fail, ..not_applicable(None, reason) }
        }
    }
}

fn with_proof(rule: &Rule, grade: Grade, answer: &Answer, message: Option<&str>, context: &Context<'_>) -> Verdict {
    let say = |message: &str, found: &Match| say(message, found, &answer.matches);
    let evidence: Vec<Evidence> = answer
        .matches
        .iter()
        .filter(|found| found.grade >= grade || grade == Grade::Partial)
        .filter({
            let mut seen = std::collections::BTreeSet::new();
            move |found| seen.insert(found.place.clone())
        })
        .take(EVIDENCE)
        .map(|found| {
            let shows = message.map_or_else(|| found.shows.clone(), |message| say(message, found));
            Evidence { shows, ..evidence(found, context) }
        })
        .collect();
    let first = answer.matches.first();
    let shown = first.map(|found| found.shows.clone()).unwrap_or_default();
    if grade == Grade::Full {
        let reason = message.map_or(shown, |message| first.map(|found| say(message, found)).unwrap_or_default());
        return Verdict { outcome: Outcome::Pass, credit: FULL, evidence, ..not_applicable(None, reason) };
    }
    let reason = match (first.and_then(declared_only), message) {
        (Some(text), _) => text,
        (None, Some(message)) => first.map(|found| say(message, found)).unwrap_or_default(),
        (None, None) => format!("only in part: {shown}"),
    };
    let finding = first.map(|found| half_way(rule, &reason, found, context));
    Verdict {
        outcome: Outcome::Partial,
        credit: FULL / 2,
        evidence,
        findings: finding.into_iter().collect(),
        ..not_applicable(None, reason)
    }
}

/// A message about a match; what that does not name itself, another of the same proof may.
fn say(message: &str, found: &Match, proof: &[Match]) -> String {
    fill(message, found.captures.iter().chain(proof.iter().flat_map(|other| &other.captures)))
}

/// "Declared, never used" is one of the best things a user can be told.
fn declared_only(found: &Match) -> Option<String> {
    let capture = |name: &str| found.captures.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    match (capture("technology"), capture("proof")) {
        (Some(name), Some("declared")) => {
            Some(format!("{name} is declared as a dependency, but nothing initialises it"))
        }
        (Some(name), Some("configured")) => {
            Some(format!("{name} is configured, but nothing in the code initialises it"))
        }
        _ => None,
    }
}

fn half_way(rule: &Rule, reason: &str, found: &Match, context: &Context<'_>) -> Finding {
    Finding {
        pattern: None,
        component: context.component,
        message: reason.to_owned(),
        place: found.place.clone(),
        region: Region::file_start(),
        line: String::new(),
        line_hash: String::new(),
        severity: below(rule.severity),
        confidence: rule.confidence,
        fingerprint: String::new(),
        state: State::Open,
        fix: rule.fix.clone(),
        lenient: false,
        absence: false,
        half_way: true,
        role: found.role,
        mark: None,
        past: None,
        secret: None,
        also: Vec::new(),
        reason: None,
        until: None,
    }
}

/// The next lower severity.
const fn below(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
    }
}

/// Evidence of a rule that is violated in part: what is in order.
fn proofs(rule: &Rule, context: &Context<'_>) -> Vec<Evidence> {
    let answers = rule.require.iter().map(|requirement| evaluate(&requirement.condition, context));
    answers
        .filter(|answer| answer.truth.is_true())
        .flat_map(|answer| answer.matches)
        .take(EVIDENCE)
        .map(|found| evidence(&found, context))
        .collect()
}

fn evidence(found: &Match, context: &Context<'_>) -> Evidence {
    Evidence {
        component: context.component,
        place: found.place.clone(),
        region: Region::file_start(),
        shows: found.shows.clone(),
    }
}

fn finding(rule: &Rule, pattern: &Pattern, found: &Match, context: &Context<'_>) -> Finding {
    let lenient_in = |role| pattern.lenient_in.contains(&role);
    let lenient = lenient_in(found.role) || lenient_in(Role::Example) && context.facts.is_example(&found.place.path);
    let confidence = found.confidence.map_or(pattern.confidence, |own| match own {
        Confidence::High => pattern.confidence,
        lower => lower.min(pattern.confidence),
    });
    let message = pattern.message.as_deref().map_or_else(|| rule.title.clone(), |text| fill(text, &found.captures));
    let severity = found.past.as_ref().filter(|past| past.gone).map_or(pattern.severity, |past| past.severity);
    Finding {
        pattern: pattern.id.clone(),
        component: context.component,
        message,
        place: found.place.clone(),
        region: Region::file_start(),
        line: String::new(),
        line_hash: String::new(),
        severity: if lenient { Severity::Low } else { severity.min(rule.severity) },
        confidence,
        fingerprint: String::new(),
        state: State::Open,
        fix: pattern.fix.clone().unwrap_or_else(|| rule.fix.clone()),
        lenient,
        absence: false,
        half_way: false,
        role: found.role,
        mark: found.mark,
        past: found.past.clone(),
        secret: found.secret.clone(),
        also: Vec::new(),
        reason: None,
        until: None,
    }
}

fn absence(rule: &Rule, component: Option<usize>, place: Place) -> Finding {
    Finding {
        pattern: None,
        component,
        message: rule.absent.clone().unwrap_or_else(|| format!("not found: {}", rule.title)),
        place,
        region: Region::file_start(),
        line: String::new(),
        line_hash: String::new(),
        severity: rule.severity,
        confidence: rule.confidence,
        fingerprint: String::new(),
        state: State::Open,
        fix: rule.fix.clone(),
        lenient: false,
        absence: true,
        half_way: false,
        role: Role::Config,
        mark: None,
        past: None,
        secret: None,
        also: Vec::new(),
        reason: None,
        until: None,
    }
}

/// Where an absence is shown: what made the rule apply, else the component's manifest, else the readme, else the first
/// file.
fn anchor(gate: Option<&Evidence>, facts: &Facts, component: Option<usize>) -> Place {
    if let Some(because) = gate {
        return because.place.clone();
    }
    // Of several manifests, the one nearest to the root that is neither an example nor prose, nor what a tool made of another.
    let own = facts.manifests.iter().filter(|fact| component.is_none_or(|component| fact.component == component));
    let nearest = |fact: &&ManifestFact| {
        let manifest = &fact.manifest;
        (!fact.role.is_production(), manifest.path.matches('/').count(), manifest.compiled)
    };
    let manifest = own.min_by_key(nearest);
    if let Some(fact) = manifest {
        return Place::file(fact.manifest.path.as_str());
    }
    let because = component.and_then(|index| facts.components.get(index)).and_then(|found| found.because.first());
    if let Some(because) = because {
        return because.clone();
    }
    let readme = facts.paths.iter().find(|path| path.to_ascii_lowercase().starts_with("readme"));
    Place::file(readme.or_else(|| facts.paths.first()).map_or(".", |path| path.as_ref()))
}
