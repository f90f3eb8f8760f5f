//! One walk from a command to all that it leads to: bounded, and each task and script once.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::call::{Call, unwrapped};
use super::listed::Task;
use super::places::{base, folder_of, join, literal, upward};
use super::table::{Listing, Runner, Source, Table};
use super::{Follower, script};
use crate::format::shell::{Command, Word, commands};
use crate::format::{Document, Limits, Node, Syntax, parse};

/// Deepest chain of tasks and scripts.
const DEPTH: usize = 16;
/// Most tasks and scripts of one walk.
const STEPS: usize = 400;
/// Most bytes of commands that one walk gives.
const BYTES: usize = 64 << 10;

/// The state of one walk.
pub(super) struct Walk<'f, 'a> {
    follower: &'f Follower<'a>,
    table: &'static Table,
    seen: FxHashSet<(String, String)>,
    out: String,
    depth: usize,
}

/// Where a script runs, and what it knows.
#[derive(Debug, Clone, Default)]
struct Context {
    /// The folders from which its paths may be meant, the likeliest first.
    folders: Vec<String>,
    variables: BTreeMap<String, String>,
    functions: BTreeMap<String, String>,
}

impl Context {
    fn at<'p>(folders: impl IntoIterator<Item = &'p str>) -> Self {
        let mut known: Vec<String> = Vec::new();
        for folder in folders {
            if !known.iter().any(|known| known == folder) {
                known.push(folder.to_owned());
            }
        }
        Self { folders: known, ..Self::default() }
    }

    fn first(&self) -> &str {
        self.folders.first().map_or("", String::as_str)
    }
}

impl<'f, 'a> Walk<'f, 'a> {
    pub(super) fn new(follower: &'f Follower<'a>) -> Self {
        Self { follower, table: Table::get(), seen: FxHashSet::default(), out: String::new(), depth: 0 }
    }

    pub(super) fn of_script(mut self, text: &str, folder: &str) -> String {
        let folder = join("", literal(folder)).unwrap_or_default();
        self.script(text, &mut Context::at([folder.as_str(), ""]), false);
        self.out
    }

    pub(super) fn of_action(mut self, uses: &str, given: &[(String, String)]) -> String {
        self.action(uses, given);
        self.out
    }

    /// Whether there is room for one more thing, which has not been met.
    fn enter(&mut self, file: &str, name: &str) -> bool {
        self.depth < DEPTH
            && self.seen.len() < STEPS
            && self.out.len() < BYTES
            && self.seen.insert((file.to_owned(), name.to_owned()))
    }

    fn say(&mut self, command: &str) {
        if self.out.len() + command.len() < BYTES {
            self.out.push_str(command.trim());
            self.out.push('\n');
        }
    }

    fn script(&mut self, text: &str, context: &mut Context, shown: bool) {
        if self.depth >= DEPTH || self.out.len() >= BYTES {
            return;
        }
        self.depth += 1;
        context.functions.extend(script::functions(text));
        for command in commands(text) {
            script::assign(&command, &mut context.variables);
            if command.words.is_empty() || self.is_silent(&command) {
                continue;
            }
            if shown {
                self.say(text.get(command.span.start..command.span.end).unwrap_or_default());
            }
            self.command(&command.words, context);
        }
        self.depth -= 1;
    }

    fn is_silent(&self, command: &Command) -> bool {
        command.words.first().is_some_and(|word| self.table.silent.contains(&word.text))
    }

    fn command(&mut self, words: &[Word], context: &mut Context) {
        let mut words = words;
        loop {
            let Some((first, rest)) = words.split_first() else { return };
            if self.variable(first, rest, context) || self.own(first, rest, context) || self.shell(first, rest, context)
            {
                return;
            }
            let runners: Vec<&'static Runner> = self.table.runners(&first.text).collect();
            if runners.into_iter().any(|runner| self.run(runner, rest, context)) {
                return;
            }
            match unwrapped(self.table, words) {
                Some(inner) => words = inner,
                None => match self.carried(first, rest) {
                    Some(inner) => words = inner,
                    None => return self.file(first, rest, context),
                },
            }
        }
    }

    /// The command that a program runs elsewhere (`docker compose run app make x`): from the first word that runs tasks.
    fn carried<'w>(&self, first: &Word, rest: &'w [Word]) -> Option<&'w [Word]> {
        self.table.carriers.iter().any(|known| known == base(&first.text)).then_some(())?;
        let runs = |word: &Word| {
            let is_shell = self.table.shells.programs.iter().any(|known| known == base(&word.text));
            is_shell || word.text.starts_with("./") || self.table.runners(&word.text).next().is_some()
        };
        let at = rest.iter().skip(1).position(runs)? + 1;
        rest.get(at..)
    }

    /// A command that a variable holds, as the program, or for a program that runs its argument.
    fn variable(&mut self, first: &Word, rest: &[Word], context: &mut Context) -> bool {
        let evaluates = self.table.shells.evaluates.contains(&first.text);
        let helps = context.functions.contains_key(&first.text);
        let words: Vec<&Word> = if evaluates || helps { rest.iter().collect() } else { vec![first] };
        let held = words.iter().find_map(|word| {
            let name = script::variable(&word.text)?;
            Some((name.to_owned(), context.variables.get(name)?.clone()))
        });
        let Some((name, value)) = held else { return false };
        // A variable may hold the program alone.
        let arguments = if evaluates || helps { String::new() } else { text_of(rest) };
        let line = format!("{value} {arguments}");
        context.variables.remove(&name);
        self.script(&line, context, true);
        context.variables.insert(name, value);
        true
    }

    /// `cd`, and functions of the script that run their arguments.
    fn own(&mut self, first: &Word, rest: &[Word], context: &mut Context) -> bool {
        if matches!(first.text.as_str(), "cd" | "pushd") {
            let to = rest.iter().find(|word| !word.text.starts_with('-'));
            let near = to.and_then(|word| join(context.first(), literal(&word.text)));
            if let Some(folder) = near.filter(|folder| !context.folders.contains(folder)) {
                context.folders.insert(0, folder);
            }
            return true;
        }
        let runs = context.functions.get(&first.text).is_some_and(|body| body.contains("$@") || body.contains("$*"));
        if runs && !rest.is_empty() {
            self.script(&text_of(rest), context, true);
        }
        runs
    }

    /// A shell that is given a script, or a text.
    fn shell(&mut self, first: &Word, rest: &[Word], context: &mut Context) -> bool {
        let name = base(&first.text);
        let calls = self.table.shells.calls.contains(&first.text);
        if !calls && !self.table.shells.programs.iter().any(|known| known == name) {
            return false;
        }
        let mut words = rest.iter();
        while let Some(word) = words.next() {
            let is_text = word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c');
            if is_text {
                if let Some(text) = words.next() {
                    self.argument(text, context);
                }
                return true;
            }
            if !word.text.starts_with(['-', '+']) {
                let rest: Vec<Word> = words.cloned().collect();
                self.path(&word.text, rest.first(), context, true);
                return true;
            }
        }
        false
    }

    fn argument(&mut self, text: &Word, context: &mut Context) {
        let held = script::variable(&text.text).and_then(|name| context.variables.get(name).cloned());
        let text = held.unwrap_or_else(|| text.text.clone());
        self.script(&text, &mut context.clone(), true);
    }

    fn file(&mut self, first: &Word, rest: &[Word], context: &Context) {
        if first.text.contains('/') {
            self.path(&first.text, rest.first(), context, false);
        }
    }

    /// Follows the script at `path`, whatever it is called if a shell is told to read it.
    fn path(&mut self, path: &str, argument: Option<&Word>, context: &Context, told: bool) {
        let written = literal(path);
        if written.is_empty() {
            return;
        }
        let paths = context.folders.iter().filter_map(|folder| join(folder, written));
        let Some(path) = paths.into_iter().find(|path| self.follower.repo.contains(path)) else { return };
        let Some(text) = self.follower.text(&path).filter(|text| told || self.is_script(&path, text)) else { return };
        let argument = argument.map(|word| word.text.as_str());
        if !self.enter(&path, argument.unwrap_or_default()) {
            return;
        }
        let part = script::part(&text, argument);
        let own = std::iter::once(folder_of(&path)).chain([""]);
        let folders = context.folders.iter().map(String::as_str).chain(own);
        let mut inner = Context { functions: script::functions(&text), ..Context::at(folders) };
        if part.len() < text.len() {
            // Variables are mostly assigned outside.
            for command in commands(&text) {
                script::assign(&command, &mut inner.variables);
            }
        }
        self.script(&part, &mut inner, true);
    }

    fn is_script(&self, path: &str, text: &str) -> bool {
        let shells = &self.table.shells;
        if shells.ignores.iter().any(|known| known == base(path)) {
            return false;
        }
        match base(path).rsplit_once('.') {
            Some((name, extension)) if !name.is_empty() => shells.extensions.iter().any(|known| known == extension),
            _ => {
                let first = text.lines().next().unwrap_or_default();
                first.starts_with("#!")
                    && first.split([' ', '/', '!']).any(|word| shells.programs.iter().any(|known| known == word))
            }
        }
    }

    /// Runs the tasks that a runner is asked for; false where there are none.
    fn run(&mut self, runner: &'static Runner, words: &[Word], context: &Context) -> bool {
        let call = Call::read(runner, words);
        if call.other && call.names.is_empty() {
            return false;
        }
        self.call(runner, &call, context)
    }

    fn call(&mut self, runner: &'static Runner, call: &Call, context: &Context) -> bool {
        let mut found = false;
        for name in &runner.sources {
            let Some(source) = self.table.sources.get(name) else { continue };
            for (path, listing) in self.files(call, source, context) {
                found |= self.run_in(&path, (source, listing), call, runner);
            }
            if !source.scripts.is_empty() {
                for name in &call.names {
                    found |= self.titled(runner, source, name, context);
                }
            }
            if found {
                break;
            }
        }
        found
    }

    /// Runs the script that bears the name of a task, and before it those that its head asks for.
    fn titled(&mut self, runner: &'static Runner, source: &'static Source, name: &str, context: &Context) -> bool {
        let follower = self.follower;
        let tail = name.replace(':', "/");
        let mut near = context.folders.iter().flat_map(|folder| upward(folder));
        let found = near.find_map(|folder| {
            let paths = source.scripts.iter().filter_map(|at| join(folder, &format!("{at}/{tail}")));
            let path = paths.into_iter().find_map(|path| {
                let plain =
                    [path.clone(), format!("{path}/_default")].into_iter().find(|path| follower.repo.contains(path));
                plain.or_else(|| follower.named("", &format!("{path}.*")).into_iter().next())
            })?;
            Some((folder, path))
        });
        let Some((folder, path)) = found else { return false };
        let Some(text) =
            follower.text(&path).filter(|_| self.enter(&path, runner.programs.first().map_or("", String::as_str)))
        else {
            return true;
        };
        self.depth += 1;
        let inner = Context::at([folder, ""]);
        for need in script::head_values(&text, &source.headers, &source.needs) {
            self.call(runner, &Call { names: vec![need], ..Call::default() }, &inner);
        }
        self.path(&path, None, &Context::at(["", folder]), false);
        self.depth -= 1;
        true
    }

    fn files(&self, call: &Call, source: &'static Source, context: &Context) -> Vec<(String, &'static Listing)> {
        let follower = self.follower;
        let folder = call.folder.as_deref().map(literal);
        let folders: Vec<String> = match folder {
            None => context.folders.clone(),
            Some(given) => context.folders.iter().filter_map(|folder| join(folder, given)).collect(),
        };
        if let Some(file) = &call.file {
            let listing = source.listing(file);
            let paths = folders.iter().filter_map(|folder| join(folder, literal(file)));
            let path = paths.into_iter().find(|path| follower.repo.contains(path));
            return path.zip(listing).into_iter().collect();
        }
        if !call.packages.is_empty() {
            let near = |name: &String| {
                let folders = folders.iter().filter_map(|folder| join(folder, name));
                let at =
                    folders.filter(|folder| !folder.is_empty()).find_map(|folder| follower.listing(&folder, source));
                match at {
                    Some(found) => vec![found],
                    None => {
                        follower.package(name).iter().filter_map(|folder| follower.listing(folder, source)).collect()
                    }
                }
            };
            return call.packages.iter().flat_map(near).collect();
        }
        if call.everywhere {
            return follower.everywhere(source);
        }
        let around = |folder: &String| -> Vec<String> {
            let most = if source.above { usize::MAX } else { 1 };
            upward(folder).take(most).map(str::to_owned).collect()
        };
        folders.iter().flat_map(around).find_map(|folder| follower.listing(&folder, source)).into_iter().collect()
    }

    fn run_in(&mut self, path: &str, file: (&'static Source, &'static Listing), call: &Call, runner: &Runner) -> bool {
        let Some(tasks) = self.follower.tasks(path, file.1) else { return false };
        let mut names: Vec<String> = call.names.iter().flat_map(|name| tasks.alike(name)).collect();
        names.extend(call.labels.iter().filter_map(|label| tasks.labels.get(label)).flatten().cloned());
        if names.is_empty() && runner.default && call.labels.is_empty() {
            names.clone_from(&tasks.default);
        }
        let mut found = false;
        for name in names {
            // `project:task`, `package#task`.
            let behind = name.split([':', '#']).nth(1).filter(|_| call.everywhere);
            let known = [Some(name.as_str()), behind].into_iter().flatten().find(|name| tasks.find(name).is_some());
            if let Some(known) = known {
                found = true;
                self.task(path, file, known);
            }
        }
        found
    }

    fn task(&mut self, path: &str, file: (&'static Source, &'static Listing), name: &str) {
        let (source, listing) = file;
        let Some(tasks) = self.follower.tasks(path, listing) else { return };
        let Some(task) = tasks.find(name).filter(|_| self.enter(path, name)) else { return };
        self.depth += 1;
        let Task { needs, lines } = task;
        for around in &source.around {
            let beside = format!("{around}{name}");
            if tasks.named.contains_key(&beside) {
                self.task(path, file, &beside);
            }
        }
        for need in needs {
            self.task(path, file, need);
        }
        let mut own = String::new();
        for line in lines {
            let plain = line.trim_start_matches(['@', '^']);
            let first = plain.split_whitespace().next().unwrap_or_default();
            if source.refers && first != name && tasks.named.contains_key(first) {
                self.task(path, file, first);
            } else {
                own.push_str(if source.refers { plain } else { line });
                own.push('\n');
            }
        }
        self.script(&own, &mut Context::at([folder_of(path), ""]), true);
        self.depth -= 1;
    }

    fn action(&mut self, uses: &str, given: &[(String, String)]) {
        let keys = &self.table.actions;
        let Some(folder) = join("", uses) else { return };
        if self.follower.repo.contains(&folder) {
            return self.called(&folder, given);
        }
        let paths = keys.files.iter().filter_map(|name| join(&folder, name));
        let Some((path, text)) = paths.into_iter().find_map(|path| Some((path.clone(), self.follower.text(&path)?)))
        else {
            return;
        };
        let documents = self.entered(&path, &text, given);
        let Some(steps) = documents.first().and_then(|document| document.root.pointer(&keys.steps)) else { return };
        self.depth += 1;
        self.steps(steps, &folder, given);
        self.depth -= 1;
    }

    /// The documents of a file that is given these inputs; none if it was met with the same ones before.
    fn entered(&mut self, path: &str, text: &str, given: &[(String, String)]) -> Vec<Document> {
        let shown: Vec<&str> = given.iter().map(|(_, value)| value.as_str()).collect();
        if !self.enter(path, &shown.join("\n")) {
            return Vec::new();
        }
        parse(Syntax::Yaml, text, &Limits::default()).unwrap_or_default()
    }

    /// The jobs of the pipeline at `path`. One that is given nothing says in its own document what it runs.
    fn called(&mut self, path: &str, given: &[(String, String)]) {
        let keys = &self.table.actions;
        let Some(text) = self.follower.text(path).filter(|text| !given.is_empty() && text.contains(&keys.inputs))
        else {
            return;
        };
        let documents = self.entered(path, &text, given);
        let Some(jobs) = documents.first().and_then(|document| document.root.pointer(&keys.jobs)) else { return };
        self.depth += 1;
        for job in jobs.members() {
            if job.value.get(&keys.allowed).and_then(Node::as_bool) != Some(true)
                && let Some(steps) = job.value.get(&keys.job_steps)
            {
                self.steps(steps, "", given);
            }
        }
        self.depth -= 1;
    }

    /// What the steps of an action in `folder`, or of a pipeline that is called, run with the inputs `given`.
    fn steps(&mut self, steps: &Node, folder: &str, given: &[(String, String)]) {
        let keys = &self.table.actions;
        for step in steps.items() {
            let text = |key: &str| {
                step.get(key).and_then(Node::scalar_text).map(|text| with_inputs(&text, &keys.inputs, given))
            };
            if step.get(&keys.allowed).and_then(Node::as_bool) == Some(true) {
                continue;
            }
            if let Some(run) = text(&keys.run) {
                let at = text(&keys.folder).unwrap_or_default();
                let at = join("", literal(&at)).unwrap_or_default();
                self.script(&run, &mut Context::at([at.as_str(), "", folder]), true);
            }
            if let Some(uses) = text(&keys.uses).filter(|uses| uses.starts_with("./")) {
                let members = step.get(&keys.with).map(Node::members).unwrap_or_default();
                let value = |node: &Node| node.scalar_text().map(|text| with_inputs(&text, &keys.inputs, given));
                let given = members
                    .iter()
                    .filter_map(|member| Some((member.key.clone(), value(&member.value)?)))
                    .collect::<Vec<_>>();
                self.action(&uses, &given);
            }
        }
    }
}

/// The text with the values of inputs in place of `${{ inputs.NAME }}`.
fn with_inputs(text: &str, inputs: &str, given: &[(String, String)]) -> String {
    if given.is_empty() || !text.contains(inputs) {
        return text.to_owned();
    }
    let mut text = text.to_owned();
    for (name, value) in given {
        for spelt in [format!("${{{{ {inputs}.{name} }}}}"), format!("${{{{{inputs}.{name}}}}}")] {
            text = text.replace(&spelt, value);
        }
        if text.len() > BYTES {
            break;
        }
    }
    text
}

/// Words as a command again; those with blanks are quoted.
fn text_of(words: &[Word]) -> String {
    let quoted = |word: &Word| {
        if !word.opaque && word.text.contains([' ', '\t', '\n', ';', '&', '|']) && !word.text.contains('\'') {
            format!("'{}'", word.text)
        } else {
            word.text.clone()
        }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
