//! From what was found to what counts: decisions of people take findings out, and the verdicts are weighed anew.
//!
//! An accepted finding removes its subject: it is neither held against the rule nor counted for it. What lies beneath it
//! then shows. The items as they were stay with the caller, for the score without any decision.

use jiff::civil::Date;

use crate::checklist::decision::{Accept, Attest, Decisions, Effect, Outcome as Became, Target, Way, Written};
use crate::checklist::finding::{Finding, State};
use crate::checklist::inline::Inline;
use crate::checklist::item::{Basis, FULL, Item, Verdict};
use crate::checklist::judge::{lost, not_applicable, share, subjects};
use crate::checklist::outcome::Outcome;
use crate::checklist::rollup;
use crate::rule::id::hint;
use crate::rule::model::Rule;
use crate::rule::set::RuleSet;

/// An ignore and the file that it stands in.
#[derive(Debug, Clone)]
pub struct Beside {
    /// The file.
    pub path: String,
    /// What stands there.
    pub inline: Inline,
}

/// The items as they count, and what became of each decision, by place.
pub fn settle(
    rules: &RuleSet,
    items: &[Item],
    decisions: &Decisions,
    beside: &[Beside],
    as_of: Date,
) -> (Vec<Item>, Vec<Became>) {
    let mut ledger = Ledger::new(rules, decisions, beside, as_of);
    let settled = items
        .iter()
        .filter_map(|item| Some((rules.rules.get(item.rule)?, item)))
        .map(|(rule, item)| settle_item(rule, item, decisions, &mut ledger))
        .collect();
    (settled, ledger.outcomes(rules, items))
}

/// The rule that a target means, under its present id; else a sentence that says what was probably meant.
pub fn resolve(target: &Target, rules: &RuleSet) -> Result<Target, String> {
    let Some(rule) = rules.rule(&target.rule) else {
        let known = rules.rules.iter().map(|rule| rule.id.as_str());
        return Err(format!("there is no rule `{}`{}", target.rule, hint(&target.rule, known)));
    };
    if let Some(pattern) = &target.pattern {
        let known = rule.forbid.iter().filter_map(|pattern| pattern.id.as_deref());
        if !known.clone().any(|id| id == pattern) {
            return Err(format!("{} has no pattern `{pattern}`{}", rule.id, hint(pattern, known)));
        }
    }
    Ok(Target { rule: rule.id.to_string(), pattern: target.pattern.clone() })
}

/// What each decision did, while the items are settled.
struct Ledger<'a> {
    accepts: Vec<(&'a Accept, Target, Tally)>,
    ignores: Vec<Ignore<'a>>,
    attests: Vec<(&'a Attest, Tally)>,
    malformed: Vec<Became>,
    prefix: &'a str,
    as_of: Date,
}

/// One target of an ignore beside a line.
struct Ignore<'a> {
    beside: &'a Beside,
    target: Target,
    reason: &'a str,
    until: Option<Date>,
    tally: Tally,
}

/// How many findings a decision met, and whether it held.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    used: usize,
    expired: Option<Date>,
}

impl Tally {
    /// Counts a finding; whether the decision still holds.
    fn meet(&mut self, until: Option<Date>, as_of: Date) -> bool {
        match until.filter(|day| *day < as_of) {
            Some(day) => self.expired = Some(day),
            None => self.used += 1,
        }
        self.expired.is_none()
    }

    fn effect(self) -> Effect {
        match (self.expired, self.used) {
            (Some(day), _) => Effect::Expired(day),
            (None, 0) => Effect::Unused,
            (None, used) => Effect::Used(used),
        }
    }
}

impl<'a> Ledger<'a> {
    fn new(rules: &RuleSet, decisions: &'a Decisions, beside: &'a [Beside], as_of: Date) -> Self {
        let resolved = |target: &Target| resolve(target, rules).unwrap_or_else(|_| target.clone());
        let accepts = decisions.accepts.iter().map(|one| (one, resolved(&one.target), Tally::default())).collect();
        let attests = decisions.attests.iter().map(|one| (one, Tally::default())).collect();
        let mut ledger =
            Self { accepts, attests, ignores: Vec::new(), malformed: Vec::new(), prefix: &decisions.prefix, as_of };
        for one in beside {
            ledger.add_beside(one, rules);
        }
        ledger
    }

    fn add_beside(&mut self, beside: &'a Beside, rules: &RuleSet) {
        let written = || Written { path: beside.path.clone(), line: beside.inline.line };
        let malformed = |why: String| Became {
            way: Way::Ignore,
            target: String::new(),
            written: written(),
            effect: Effect::Malformed(why),
        };
        match &beside.inline.said {
            Err(why) => self.malformed.push(malformed(why.clone())),
            Ok(said) => {
                for target in &said.targets {
                    match resolve(target, rules) {
                        Err(why) => self.malformed.push(malformed(why)),
                        Ok(target) => self.ignores.push(Ignore {
                            beside,
                            target,
                            reason: &said.reason,
                            until: said.until,
                            tally: Tally::default(),
                        }),
                    }
                }
            }
        }
    }

    /// Marks a finding that somebody decided to live with.
    fn decide(&mut self, rule: &str, finding: &mut Finding) {
        let (pattern, as_of) = (finding.pattern.clone(), self.as_of);
        for ignore in &mut self.ignores {
            let (line, alone) = (ignore.beside.inline.line, ignore.beside.inline.alone);
            let at = finding.region.line;
            let near = !finding.is_past() && (at == line || (alone && at == line + 1));
            let meant =
                near && ignore.beside.path == finding.place.path && ignore.target.names(rule, pattern.as_deref());
            if meant && ignore.tally.meet(ignore.until, as_of) {
                mark(finding, State::Ignored, ignore.reason, ignore.until);
                return;
            }
        }
        for (accept, target, tally) in &mut self.accepts {
            let here =
                accept.path.as_ref().is_none_or(|glob| glob.matches(&format!("{}{}", self.prefix, finding.place.path)));
            if here && target.names(rule, pattern.as_deref()) && tally.meet(accept.until, as_of) {
                mark(finding, State::Accepted, &accept.reason, accept.until);
                return;
            }
        }
    }

    /// The acceptance of the rule as a whole, if one holds.
    fn accepts_rule(&mut self, rule: &str) -> Option<&'a str> {
        let as_of = self.as_of;
        let whole =
            |accept: &Accept, target: &Target| target.pattern.is_none() && accept.path.is_none() && target.rule == rule;
        let (accept, _, tally) = self.accepts.iter_mut().find(|(accept, target, _)| whole(accept, target))?;
        tally.meet(accept.until, as_of).then_some(accept.reason.as_str())
    }

    fn attested(&mut self, rule: &Rule) -> Option<&'a Attest> {
        let as_of = self.as_of;
        let names = |attest: &Attest| {
            rule.id.as_str() == attest.rule || rule.aliases.iter().any(|id| id.as_str() == attest.rule)
        };
        let (attest, tally) = self.attests.iter_mut().find(|(attest, _)| names(attest))?;
        tally.meet(Some(attest.until), as_of).then_some(*attest)
    }

    /// What became of all decisions, by place. Those about rules that did not run are left out.
    fn outcomes(self, rules: &RuleSet, items: &[Item]) -> Vec<Became> {
        let ran =
            |id: &str| items.iter().any(|item| rules.rules.get(item.rule).is_some_and(|rule| rule.id.as_str() == id));
        let became = |way: Way, target: String, written: Written, tally: Tally| Became {
            way,
            target,
            written,
            effect: tally.effect(),
        };
        let accepts = self.accepts.into_iter().filter(|(_, target, _)| ran(&target.rule));
        let accepts =
            accepts.map(|(one, target, tally)| became(Way::Accept, target.to_string(), one.written.clone(), tally));
        let attests = self.attests.into_iter().filter(|(one, _)| ran(&one.rule));
        let attests = attests.map(|(one, tally)| became(Way::Attest, one.rule.clone(), one.written.clone(), tally));
        let ignores = self.ignores.into_iter().filter(|one| ran(&one.target.rule)).map(|one| {
            let written = Written { path: one.beside.path.clone(), line: one.beside.inline.line };
            became(Way::Ignore, one.target.to_string(), written, one.tally)
        });
        let mut all: Vec<Became> = accepts.chain(attests).chain(ignores).chain(self.malformed).collect();
        all.sort_by(|left, right| (&left.written, &left.target).cmp(&(&right.written, &right.target)));
        all
    }
}

fn mark(finding: &mut Finding, state: State, reason: &str, until: Option<Date>) {
    finding.state = state;
    finding.reason = Some(reason.to_owned());
    finding.until = until;
}

fn settle_item(rule: &Rule, item: &Item, decisions: &Decisions, ledger: &mut Ledger<'_>) -> Item {
    if decisions.accepts.is_empty() && decisions.attests.is_empty() && ledger.ignores.is_empty() {
        return item.clone();
    }
    let open = |verdict: &Verdict| matches!(verdict.outcome, Outcome::Fail | Outcome::Partial | Outcome::Unknown);
    let mut verdicts = item.verdicts.clone();
    let whole = if verdicts.iter().any(open) { ledger.accepts_rule(rule.id.as_str()) } else { None };
    for verdict in &mut verdicts {
        for finding in &mut verdict.findings {
            ledger.decide(rule.id.as_str(), finding);
        }
        if let Some(reason) = whole.filter(|_| open(verdict)) {
            *verdict = removed(verdict, reason);
        } else {
            weigh_anew(rule, verdict, ledger);
        }
    }
    let unproved = |verdict: &Verdict| {
        open(verdict) && verdict.findings.iter().all(|one| !one.counts() || one.absence || one.half_way)
    };
    if rule.attestable
        && verdicts.iter().any(unproved)
        && let Some(attest) = ledger.attested(rule)
    {
        for verdict in verdicts.iter_mut().filter(|verdict| unproved(verdict)) {
            *verdict = proved_by(verdict, attest);
        }
    }
    rollup::item(item.rule, verdicts)
}

fn removed(verdict: &Verdict, reason: &str) -> Verdict {
    Verdict {
        findings: verdict.findings.clone(),
        applies_because: verdict.applies_because.clone(),
        examined: verdict.examined,
        ..not_applicable(verdict.component, format!("accepted: {reason}"))
    }
}

fn proved_by(verdict: &Verdict, attest: &Attest) -> Verdict {
    Verdict {
        outcome: Outcome::Pass,
        credit: FULL,
        attested: Some(attest.sentence()),
        findings: verdict.findings.iter().filter(|finding| !finding.counts()).cloned().collect(),
        applies_because: verdict.applies_because.clone(),
        examined: verdict.examined,
        compliant: verdict.compliant,
        ..not_applicable(verdict.component, attest.sentence())
    }
}

/// The verdict without what was accepted.
fn weigh_anew(rule: &Rule, verdict: &mut Verdict, ledger: &mut Ledger<'_>) {
    let taken = verdict.findings.iter().filter(|finding| !finding.lenient && finding.state != State::Open);
    let (taken, reason) = (taken.clone().count(), taken.clone().find_map(|finding| finding.reason.clone()));
    let Some(reason) = reason else { return };
    let open: Vec<&Finding> = verdict.findings.iter().filter(|finding| finding.counts()).collect();
    let Basis::Violations { examined, counted } = verdict.basis else {
        *verdict = removed(verdict, &reason);
        return;
    };
    let left = examined.saturating_sub(taken);
    if let Some(worst) = open.iter().map(|finding| finding.severity).max() {
        let open = subjects(open.into_iter());
        let (credit, said) = if counted {
            let good = left.saturating_sub(open);
            (share(good, left), format!("{good} of {left} are in order, {taken} accepted"))
        } else {
            (FULL.saturating_sub(lost(worst, rule.severity)), format!("{open} open, {taken} accepted"))
        };
        verdict.credit = credit;
        verdict.outcome = if credit == 0 { Outcome::Fail } else { Outcome::Partial };
        verdict.reason = said;
        return;
    }
    match verdict.beneath.take() {
        Some(beneath) if !(counted && left == 0) => {
            let mut findings = std::mem::take(&mut verdict.findings);
            let mut below = *beneath;
            for finding in &mut below.findings {
                ledger.decide(rule.id.as_str(), finding);
            }
            weigh_anew(rule, &mut below, ledger);
            findings.append(&mut below.findings);
            below.reason = format!("{}, {taken} accepted", below.reason);
            *verdict = Verdict { findings, ..below };
        }
        _ => *verdict = removed(verdict, &reason),
    }
}
