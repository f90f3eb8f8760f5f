//! From a rule file to a rule: what can only be checked with the whole rule at hand is checked here.

use crate::condition::plan::{Condition, PlanBuilder};
use crate::condition::spec::Clause;
use crate::rule::error::RuleError;
use crate::rule::file::{MilderSpec, RuleFile};
use crate::rule::id::RuleId;
use crate::rule::model::{Circumstance, Milder, Pattern, Requirement, Rule};

/// Compiles one rule. `shown` names the file in errors; `extra` are the patterns of the folder of its name.
pub fn rule(
    id: RuleId,
    file: RuleFile,
    extra: Vec<(String, Clause)>,
    shown: &str,
    from_user: bool,
    plan: &mut PlanBuilder<'_>,
) -> Result<Rule, RuleError> {
    let fault = |message: String| RuleError::new(shown, message);
    if file.require.is_empty() && file.forbid.is_empty() && extra.is_empty() {
        return Err(fault("neither `require` nor `forbid` is given".to_owned())
            .with_help("say what proves the rule under `require`, or what violates it under `forbid`"));
    }
    let when = file.when.as_ref().map(|clause| plain(clause, "when", plan)).transpose().map_err(fault)?;
    let mut require = Vec::new();
    for clause in &file.require {
        require.push(requirement(clause, plan).map_err(|message| fault(format!("under `require`: {message}")))?);
    }
    let own = file.forbid.iter().map(|clause| (shown.to_owned(), clause));
    let all: Vec<(String, &Clause)> = own.chain(extra.iter().map(|(shown, clause)| (shown.clone(), clause))).collect();
    let mut forbid: Vec<Pattern> = Vec::new();
    for (shown, clause) in all {
        let pattern = pattern(clause, &file, plan)
            .map_err(|message| RuleError::new(&shown, format!("under `forbid`: {message}")))?;
        if pattern.id.is_some() && forbid.iter().any(|known| known.id == pattern.id) {
            let id = pattern.id.unwrap_or_default();
            return Err(RuleError::new(
                &shown,
                format!("two patterns of {id_of} are named `{id}`", id_of = id_text(&file)),
            ));
        }
        forbid.push(pattern);
    }
    if forbid.len() > 1 && forbid.iter().any(|pattern| pattern.id.is_none()) {
        return Err(fault("a rule with several patterns must name each of them with `id`".to_owned()));
    }
    let mut milder = Vec::new();
    for spec in &file.milder {
        milder.push(self::milder(spec, &file, &forbid, plan).map_err(fault)?);
    }
    let aliases = file.aliases.iter().map(|alias| RuleId::parse(alias)).collect::<Result<_, _>>().map_err(fault)?;
    Ok(Rule {
        id,
        title: file.title,
        severity: file.severity,
        confidence: file.confidence,
        edition: file.edition,
        preview: file.preview,
        security: file.security,
        attestable: file.attestable,
        tags: file.tags,
        applies_to: file.applies_to,
        when,
        otherwise: file.otherwise,
        milder,
        why: file.why.trim().to_owned(),
        fix: file.fix.trim().to_owned(),
        references: file.references,
        looks_for: file.looks_for,
        written: if plan.is_narrow() {
            Vec::new()
        } else {
            file.require.into_iter().chain(file.forbid).chain(extra.into_iter().map(|(_, clause)| clause)).collect()
        },
        absent: file.absent,
        require,
        forbid,
        aliases,
        from_user,
    })
}

fn id_text(file: &RuleFile) -> String {
    format!("\u{201c}{}\u{201d}", file.title)
}

/// A condition of a place where no grade, id or severity may stand.
pub fn plain(clause: &Clause, place: &str, plan: &mut PlanBuilder<'_>) -> Result<Condition, String> {
    let pattern_keys = clause.id.is_some() || clause.severity.is_some() || clause.lenient_in.is_some();
    if clause.grade.is_some() || pattern_keys {
        return Err(format!("under `{place}`: `grade`, `id`, `severity` and `lenient-in` say nothing here"));
    }
    plan.condition(clause).map_err(|message| format!("under `{place}`: {message}"))
}

/// Where an absence or what some patterns find harms less: only of rules that have such, and below their severity.
fn milder(
    spec: &MilderSpec,
    file: &RuleFile,
    forbid: &[Pattern],
    plan: &mut PlanBuilder<'_>,
) -> Result<Milder, String> {
    if spec.patterns.is_empty() && file.require.is_empty() {
        return Err("`milder` speaks of absences, but nothing is asked for under `require`; \
                    of what is forbidden, name the `patterns`"
            .to_owned());
    }
    let is_known = |name: &&String| forbid.iter().any(|pattern| pattern.id.as_ref() == Some(*name));
    if let Some(name) = spec.patterns.iter().find(|name| !is_known(name)) {
        return Err(format!("under `milder`: there is no pattern named `{name}` under `forbid`"));
    }
    if spec.severity >= file.severity {
        return Err("under `milder`: `severity` must be below the rule's".to_owned());
    }
    let when = circumstance(spec, plan)?;
    let because = spec.because.trim().to_owned();
    Ok(Milder { severity: spec.severity, patterns: spec.patterns.clone(), when, because })
}

/// What must be so near a finding, or of its secret; in one file, all of it.
fn circumstance(spec: &MilderSpec, plan: &mut PlanBuilder<'_>) -> Result<Circumstance, String> {
    let near = spec.in_file || spec.in_folder;
    if spec.in_file && spec.in_folder {
        return Err("under `milder`: `in-folder` includes the file: leave one of the two out".to_owned());
    }
    if near && spec.patterns.is_empty() {
        return Err("under `milder`: an absence lies in no file; with `in-file` and `in-folder`, name the `patterns`"
            .to_owned());
    }
    match (&spec.when, spec.also_in.as_slice()) {
        (Some(when), []) => {
            let condition = plain(when, "milder", plan)?;
            Ok(if spec.in_file {
                Circumstance::InFile(Condition::All { members: vec![condition], one_document: true })
            } else if spec.in_folder {
                Circumstance::InFolder(condition)
            } else {
                Circumstance::Anywhere(condition)
            })
        }
        (None, [_, ..]) if !near && !spec.patterns.is_empty() => Ok(Circumstance::AlsoIn(spec.also_in.clone())),
        _ => Err("under `milder`: say either `when`, or `also-in` of the secrets that `patterns` find".to_owned()),
    }
}

fn requirement(clause: &Clause, plan: &mut PlanBuilder<'_>) -> Result<Requirement, String> {
    if clause.severity.is_some() || clause.id.is_some() || clause.lenient_in.is_some() {
        return Err("`id`, `severity` and `lenient-in` belong to `forbid`".to_owned());
    }
    let condition = plan.condition(clause)?;
    Ok(Requirement { condition, grade: clause.grade.unwrap_or_default(), message: clause.message.clone() })
}

fn pattern(clause: &Clause, file: &RuleFile, plan: &mut PlanBuilder<'_>) -> Result<Pattern, String> {
    if clause.grade.is_some() {
        return Err("`grade` belongs to `require`".to_owned());
    }
    let severity = clause.severity.unwrap_or(file.severity);
    if severity > file.severity {
        return Err("a pattern may not be more severe than its rule".to_owned());
    }
    if let Some(id) = &clause.id
        && !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
    {
        return Err(format!("`id: {id}` may hold lower-case letters, digits, dashes and dots"));
    }
    let condition = plan.condition(clause)?;
    Ok(Pattern {
        id: clause.id.clone(),
        counts_subjects: clause.value.is_some() || clause.related.is_some(),
        condition,
        severity,
        confidence: clause.confidence.unwrap_or(file.confidence),
        lenient_in: clause.lenient_in.clone().unwrap_or_default(),
        message: clause.message.clone(),
        fix: clause.fix.clone(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::condition::kinds::Kinds;

    fn compiled(severity: &str, proof: &str) -> Result<Rule, String> {
        compile(&format!("severity: {severity}, when: {{file: {{paths: [b]}}}}"), proof)
    }

    fn compile(milder: &str, proof: &str) -> Result<Rule, String> {
        let text = format!(
            "{{title: t, severity: high, confidence: high, edition: '1', why: w, fix: f, {proof}, \
             milder: [{{because: nobody uses it, {milder}}}]}}"
        );
        let (allow, id) = (BTreeMap::default(), RuleId::parse("a/b")?);
        let mut plan = PlanBuilder::new(Kinds::get(), &allow);
        let file = serde_yaml::from_str(&text).map_err(|error| error.to_string())?;
        rule(id, file, Vec::new(), "a/b.yml", false, &mut plan).map_err(|error| error.to_string())
    }

    #[test]
    fn an_absence_or_a_pattern_may_only_harm_less_than_the_rule_says() {
        let (asked, forbidden) = ("require: [{file: {paths: [a]}}]", "forbid: [{id: one, file: {paths: [a]}}]");
        assert_eq!(compiled("medium", asked).unwrap().milder.len(), 1);
        assert!(compiled("high", asked).unwrap_err().contains("must be below the rule's"));
        assert!(compiled("low", forbidden).unwrap_err().contains("`milder` speaks of absences"));
        assert_eq!(compiled("low, patterns: [one]", forbidden).unwrap().milder[0].patterns, ["one"]);
        assert!(compiled("low, patterns: [two]", forbidden).unwrap_err().contains("no pattern named `two`"));
    }

    #[test]
    fn what_lies_near_is_asked_of_findings_alone() {
        let one = "forbid: [{id: one, file: {paths: [a]}}]";
        let near = |said: &str| {
            compile(&format!("severity: low, patterns: [one], {said}"), one).map(|mut rule| rule.milder.remove(0).when)
        };
        let when = "when: {file: {paths: [b]}}";
        assert!(matches!(near(when).unwrap(), Circumstance::Anywhere(_)));
        assert!(matches!(near(&format!("in-folder: true, {when}")).unwrap(), Circumstance::InFolder(_)));
        assert!(matches!(near(&format!("in-file: true, {when}")).unwrap(), Circumstance::InFile(_)));
        assert!(near(&format!("in-file: true, in-folder: true, {when}")).unwrap_err().contains("includes the file"));
        assert!(near("also-in: [test]").unwrap().condition().is_none());
        for wrong in [format!("also-in: [test], {when}"), "in-file: true, also-in: [test]".to_owned(), String::new()] {
            assert!(near(&wrong).unwrap_err().contains("either `when`, or `also-in`"), "{wrong}");
        }
        let asked = "require: [{file: {paths: [a]}}]";
        let absence = compile(&format!("severity: low, in-folder: true, {when}"), asked);
        assert!(absence.unwrap_err().contains("an absence lies in no file"));
    }
}
