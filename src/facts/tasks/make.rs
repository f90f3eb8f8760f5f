//! Makefiles: targets with what they need, their recipes, and the files that they include.
//!
//! Variables that are assigned a plain text are put in place; what else stands in `$(…)` stays as a shell's `${…}`. A
//! recipe line whose failure is ignored (`-cmd`) gates nothing and is left out. Nothing is executed, and both branches of
//! a conditional count.

use std::collections::BTreeMap;

use super::listed::{Task, Tasks};

/// Most rounds of putting variables in place.
const ROUNDS: usize = 4;
/// Longest text that variables may make of a line, in bytes.
const LONGEST: usize = 16 << 10;
/// Most targets that are kept.
const TARGETS: usize = 4096;

/// The tasks of a makefile.
pub(super) fn read(text: &str) -> Tasks {
    let lines = joined(text);
    let variables = variables(&lines);
    let mut tasks = Tasks::default();
    let mut open: Vec<String> = Vec::new();
    let mut in_define = false;
    for line in &lines {
        let plain = line.trim();
        if in_define || plain.starts_with("define ") {
            in_define = plain != "endef";
            continue;
        }
        if let Some(recipe) = line.strip_prefix('\t') {
            recipe_line(&mut tasks, &open, &expand(recipe, &variables));
            continue;
        }
        if plain.is_empty() || plain.starts_with('#') || is_directive(plain) {
            continue;
        }
        let Some((targets, rest)) = rule(plain) else {
            // A recipe's lines may be indented by blanks only where `.RECIPEPREFIX` says so; anything else ends it.
            if !line.starts_with(' ') {
                open.clear();
            }
            continue;
        };
        open = expand(targets, &variables).split_whitespace().map(str::to_owned).collect();
        let (needs, recipe) = rest.split_once(';').unwrap_or((rest, ""));
        begin(&mut tasks, &open, &expand(needs, &variables));
        if !recipe.trim().is_empty() {
            recipe_line(&mut tasks, &open, &expand(recipe, &variables));
        }
    }
    if let Some(goal) = variables.get(".DEFAULT_GOAL") {
        tasks.default = vec![goal.clone()];
    }
    tasks
}

/// The files that `include` names, as they are written.
pub(super) fn included(text: &str) -> Vec<String> {
    let lines = joined(text);
    let variables = variables(&lines);
    let named = lines.iter().filter_map(|line| {
        let rest = line.strip_prefix('-').or_else(|| line.strip_prefix('s')).unwrap_or(line);
        line.strip_prefix("include")
            .or_else(|| rest.strip_prefix("include"))
            .filter(|rest| rest.starts_with([' ', '\t']))
    });
    named
        .flat_map(|files| expand(files, &variables).split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// The lines, those that end in a backslash with the next.
fn joined(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let (content, more) = line.strip_suffix('\\').map_or((line, false), |content| (content, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push(' ');
                last.push_str(content.trim());
            }
            None => lines.push(content.to_owned()),
        }
        goes_on = more;
    }
    lines
}

fn variables(lines: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in lines.iter().filter(|line| !line.starts_with('\t')) {
        let line = line.trim();
        let line = ["export ", "override "].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let appends = name.ends_with('+');
        let name = name.trim_end_matches([':', '?', '+', '!']).trim();
        if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || "$():#".contains(letter)) {
            continue;
        }
        let value = value.split(" #").next().unwrap_or_default().trim();
        let known: &mut String = found.entry(name.to_owned()).or_default();
        if appends && !known.is_empty() && known.len() < LONGEST {
            known.push(' ');
            known.push_str(value);
        } else if known.is_empty() {
            value.clone_into(known);
        }
    }
    found
}

/// The targets of a rule, and what stands behind their colon.
fn rule(line: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let bytes = line.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => return None,
            b':' if depth == 0 => {
                let rest = line.get(at + 1..)?.trim_start_matches(':');
                // An assignment (`a := b`), or a variable of the target (`a: b = c`).
                let assigns = rest.starts_with('=')
                    || rest.split([';', '#']).next().is_some_and(|needs| needs.split_whitespace().nth(1) == Some("="))
                    || rest
                        .split(';')
                        .next()
                        .is_some_and(|needs| needs.contains(":=") || needs.contains("?=") || needs.contains("+="));
                return (!assigns && at > 0).then(|| (line.get(..at).unwrap_or_default(), rest));
            }
            _ => {}
        }
    }
    None
}

fn is_directive(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    matches!(
        first,
        "ifeq"
            | "ifneq"
            | "ifdef"
            | "ifndef"
            | "else"
            | "endif"
            | "include"
            | "-include"
            | "sinclude"
            | "export"
            | "unexport"
            | "vpath"
    )
}

fn begin(tasks: &mut Tasks, targets: &[String], needs: &str) {
    let needs = needs.split('#').next().unwrap_or_default();
    // A static pattern rule: `a.o b.o: %.o: %.c`.
    let needs = needs.split_once(": ").filter(|(pattern, _)| pattern.contains('%')).map_or(needs, |(_, needs)| needs);
    let needs: Vec<String> = needs.split_whitespace().filter(|need| *need != "|").map(str::to_owned).collect();
    for target in targets {
        if target.contains('%') {
            tasks.patterns.push((target.clone(), Task { needs: needs.clone(), lines: Vec::new() }));
        } else if tasks.named.len() < TARGETS && !is_special(target) {
            if tasks.default.is_empty() {
                tasks.default.push(target.clone());
            }
            tasks.named.entry(target.clone()).or_default().needs.extend(needs.iter().cloned());
        }
    }
}

/// Whether a target means something to make itself, `.PHONY` for one.
fn is_special(target: &str) -> bool {
    target.strip_prefix('.').is_some_and(|name| name.starts_with(|letter: char| letter.is_ascii_uppercase()))
}

fn recipe_line(tasks: &mut Tasks, targets: &[String], line: &str) {
    let line = line.trim_start();
    let command = line.trim_start_matches(['@', '+', '-', ' ']);
    let ignored = line.get(..line.len() - command.len()).is_some_and(|marks| marks.contains('-'));
    if ignored || command.is_empty() || command.starts_with('#') {
        return;
    }
    for target in targets {
        let task = if target.contains('%') {
            tasks.patterns.iter_mut().rev().find(|(pattern, _)| pattern == target).map(|(_, task)| task)
        } else {
            tasks.named.get_mut(target)
        };
        if let Some(task) = task {
            task.lines.push(command.to_owned());
        }
    }
}

/// The text with variables put in place; unknown ones as a shell writes them, and `$$` as `$`.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let (next, changed) = expand_once(&text, variables);
        text = next;
        if !changed || text.len() > LONGEST {
            break;
        }
    }
    text.replace("$$", "$")
}

fn expand_once(text: &str, variables: &BTreeMap<String, String>) -> (String, bool) {
    let (mut made, mut rest, mut changed) = (String::with_capacity(text.len()), text, false);
    while let Some((before, behind)) = rest.split_once('$') {
        made.push_str(before);
        if let Some(escaped) = behind.strip_prefix('$') {
            made.push_str("$$");
            rest = escaped;
            continue;
        }
        let close = match behind.bytes().next() {
            Some(b'(') => ')',
            Some(b'{') => '}',
            _ => {
                made.push('$');
                rest = behind;
                continue;
            }
        };
        let inner = behind.get(1..).unwrap_or_default();
        let Some((name, behind)) = inner.split_once(close).filter(|(name, _)| is_name(name)) else {
            made.push('$');
            rest = behind;
            continue;
        };
        // What make calls itself by stays, and a value that holds the name of itself.
        if let Some(value) = variables.get(name).filter(|value| !value.contains(name)) {
            made.push_str(value);
            changed = true;
        } else {
            made.push_str("${");
            made.push_str(name);
            made.push('}');
        }
        rest = behind;
    }
    made.push_str(rest);
    (made, changed)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn task(text: &str, name: &str) -> (Vec<String>, Vec<String>) {
        read(text).find(name).map(|task| (task.needs.clone(), task.lines.clone())).unwrap_or_default()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn targets_need_others_and_have_recipes() {
        let text = "PY ?= python3\nDEPS = lint $(MORE)\n.PHONY: build test\nbuild: build/dev | tools ; echo done # note\n\
            build/dev build/prod:: $(DEPS) test \\\n  more # why\n\t@$(PY) -m build\n\t-docker rm x\n\t# no\n\n\t@+go \\\n\t  vet $$HOME $(X)\n";
        assert_eq!(task(text, "build"), (texts(&["build/dev", "tools"]), texts(&["echo done # note"])));
        let dev = (texts(&["lint", "${MORE}", "test", "more"]), texts(&["python3 -m build", "go  vet $HOME ${X}"]));
        assert_eq!(task(text, "build/dev"), dev);
        assert_eq!(task(text, "build/prod"), dev);
        assert_eq!(read(text).default, ["build"]);
    }

    #[test]
    fn assignments_are_no_targets() {
        let text = "A := b:c\nexport PATH := x:y\na: VERBOSE = 1\na: b\nURL=http://x\nifeq ($(A),b)\nb: c\nendif\n";
        let tasks = read(text);
        assert_eq!(tasks.named.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(task(text, "a").0, ["b"]);
        assert_eq!(read(".DEFAULT_GOAL := all\nx:\n\ty\n").default, ["all"]);
    }

    #[test]
    fn patterns_make_what_no_rule_names() {
        let text = "test-%: deps\n\tgo test ./$*\n%:\n\ttouch $@\na.o b.o: %.o: %.c\n\tcc\ntest-x:\n\techo\n";
        assert_eq!(task(text, "test-y"), (texts(&["deps"]), texts(&["go test ./$*"])));
        assert_eq!(task(text, "test-x").1, ["echo"]);
        assert_eq!(task(text, "a.o").0, ["%.c"]);
        assert!(read(text).find("other").is_none());
    }

    #[test]
    fn includes_are_named() {
        let text = "D=mk\ninclude $(D)/a.mk b.mk\n-include c.mk\nsinclude d.mk\nincluded: x\n";
        assert_eq!(included(text), ["mk/a.mk", "b.mk", "c.mk", "d.mk"]);
    }

    #[test]
    fn variables_that_hold_each_other_end() {
        assert_eq!(task("A = $(B)$(B)\nB = $(A)$(A)\nx:\n\t$(A)\n", "x").1.len(), 1);
        assert_eq!(task("A = a $(A)\nx:\n\t$(A)\n", "x").1, ["${A}"]);
    }

    proptest! {
        #[test]
        fn never_panics(text in "([a$(){}:=%|;#@ \\t\\n\\\\é-]|include|define|endef){0,80}") {
            let _ = (read(&text), included(&text));
        }
    }
}
