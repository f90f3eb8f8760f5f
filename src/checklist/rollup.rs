//! From the verdicts of the components to one line: all pass is pass, all fail is fail, and a mixture is partial with at
//! most half the credit while one fails, so that ten trivial services cannot dilute one.

use crate::checklist::item::{FULL, Item, Verdict};
use crate::checklist::outcome::Outcome;

/// Rolls up the verdicts of rule number `rule`.
pub fn item(rule: usize, verdicts: Vec<Verdict>) -> Item {
    let counted: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.outcome != Outcome::NotApplicable).collect();
    let known: Vec<&Verdict> =
        counted.iter().copied().filter(|verdict| !(verdict.outcome == Outcome::Unknown && verdict.outside)).collect();
    let (outcome, credit, outside) = match (counted.is_empty(), known.is_empty()) {
        (true, _) => (Outcome::NotApplicable, 0, false),
        (false, true) => (Outcome::Unknown, 0, true),
        (false, false) => roll(&known),
    };
    let reason = reason(&verdicts, &counted, outcome);
    Item { rule, outcome, reason, credit, outside, verdicts }
}

fn roll(known: &[&Verdict]) -> (Outcome, u32, bool) {
    let all = |outcome: Outcome| known.iter().all(|verdict| verdict.outcome == outcome);
    for outcome in [Outcome::Pass, Outcome::Fail, Outcome::Unknown] {
        if all(outcome) {
            return (outcome, if outcome == Outcome::Pass { FULL } else { 0 }, false);
        }
    }
    let sum: u32 = known.iter().map(|verdict| verdict.credit).sum();
    let mean = sum / u32::try_from(known.len()).unwrap_or(u32::MAX).max(1);
    let failing = known.iter().any(|verdict| verdict.outcome == Outcome::Fail);
    (Outcome::Partial, if failing { mean.min(FULL / 2) } else { mean }, false)
}

fn reason(all: &[Verdict], counted: &[&Verdict], outcome: Outcome) -> String {
    match counted {
        [] => all.first().map(|verdict| verdict.reason.clone()).unwrap_or_default(),
        [only] => only.reason.clone(),
        several => {
            let same = |verdict: &&&Verdict| verdict.outcome == outcome;
            if outcome == Outcome::Partial {
                let passing = several.iter().filter(|verdict| verdict.outcome == Outcome::Pass).count();
                format!("{passing} of {} components pass", several.len())
            } else {
                let first = several.iter().find(same).map(|verdict| verdict.reason.clone()).unwrap_or_default();
                format!("all {} components: {first}", several.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(outcome: Outcome, credit: u32) -> Verdict {
        Verdict {
            component: None,
            outcome,
            reason: "because".into(),
            credit,
            outside: true,
            applies_because: None,
            evidence: vec![],
            findings: vec![],
            examined: 0,
            compliant: 0,
            basis: crate::checklist::item::Basis::Proof,
            beneath: None,
            attested: None,
        }
    }

    fn rolled(list: &[(Outcome, u32)]) -> (Outcome, u32) {
        let item = item(0, list.iter().map(|(outcome, credit)| verdict(*outcome, *credit)).collect());
        (item.outcome, item.credit)
    }

    #[test]
    fn one_failing_component_halves_the_credit_at_least() {
        use Outcome::{Fail, NotApplicable, Partial, Pass, Unknown};
        assert_eq!(rolled(&[(Pass, 1000), (Pass, 1000)]), (Pass, 1000));
        assert_eq!(rolled(&[(Fail, 0), (Fail, 0)]), (Fail, 0));
        assert_eq!(rolled(&[(Fail, 0), (Pass, 1000), (Pass, 1000), (Pass, 1000)]), (Partial, 500));
        assert_eq!(rolled(&[(Partial, 500), (Pass, 1000)]), (Partial, 750));
        assert_eq!(rolled(&[(NotApplicable, 0), (Pass, 1000)]), (Pass, 1000));
        assert_eq!(rolled(&[(Unknown, 0), (Pass, 1000)]), (Pass, 1000), "the world outside leaves the sums");
        assert_eq!(rolled(&[(Unknown, 0)]), (Unknown, 0));
        assert_eq!(rolled(&[(NotApplicable, 0)]), (NotApplicable, 0));
    }
}
