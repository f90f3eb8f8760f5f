//! One syntax pattern: compiled per dialect on first use, found in shared trees.
//!
//! With `imports`, the file must import one of the modules; a metavariable `MOD` must then be the module under its local
//! name and `FN` a function of it under its local name, so that aliases are followed and namesakes are not (see
//! `bindings`). Ruby and HTML know no such bindings and ignore `imports`. With `resolve`, a captured name is replaced by
//! its only assignment in the file before its constraint is judged (see `definitions`).

use std::sync::{Arc, OnceLock};

use ast_grep_core::NodeMatch;
use ast_grep_core::meta_var::MetaVariable;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_language::SupportLang;
use regex::bytes::{Regex, RegexBuilder};

use super::bindings::Bound;
use super::compile::{Compiled, broken_pattern};
use super::imports::Imports;
use super::language::{Dialect, GRAMMARS};
use super::module_pattern::ModulePattern;
use super::scan::scan;
use super::spec::{CodeSpec, OneOrMany};
use super::tree::{Nodes, SyntaxTree};
use super::trigger;
use super::words::{WordFinder, Words};
use crate::text::Span;

/// Most matches of one pattern in one file.
pub(super) const MAX_MATCHES: usize = 5_000;
/// How far around a trigger `near-here` looks, in bytes.
const AROUND: usize = 256;
/// Longest capture that is kept, in bytes.
const MAX_CAPTURE: usize = 512;

/// A place where a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeMatch {
    /// The matched node, in bytes of the file.
    pub span: Span,
    /// Metavariables by name, in the order of the names; long texts are cut.
    pub captures: Vec<(String, String)>,
}

/// What a pattern is for one grammar, once somebody asked.
type PerGrammar = OnceLock<Result<Box<Compiled>, String>>;

/// A pattern that may be compiled.
pub struct CodePattern {
    spec: Arc<CodeSpec>,
    dialects: Vec<Dialect>,
    modules: Vec<ModulePattern>,
    triggers: OnceLock<Vec<String>>,
    needs: OnceLock<Vec<WordFinder>>,
    near: OnceLock<Result<Option<Near>, regex::Error>>,
    near_here: OnceLock<Result<Option<Regex>, regex::Error>>,
    compiled: OnceLock<Box<[PerGrammar; GRAMMARS.len()]>>,
}

impl CodePattern {
    /// A pattern that is compiled when it is first looked for; costs next to nothing.
    pub fn lazy(spec: &Arc<CodeSpec>) -> Self {
        let modules = spec.imports.iter().flat_map(OneOrMany::as_slice).map(|name| ModulePattern::new(name));
        Self {
            spec: Arc::clone(spec),
            dialects: spec.dialects(),
            modules: modules.collect(),
            triggers: OnceLock::new(),
            needs: OnceLock::new(),
            near: OnceLock::new(),
            near_here: OnceLock::new(),
            compiled: OnceLock::new(),
        }
    }

    /// A pattern that is known to be valid in every dialect that it names; otherwise what is wrong, and in which.
    pub fn compile(spec: &Arc<CodeSpec>) -> Result<Self, String> {
        let pattern = Self::lazy(spec);
        if let Err(error) = pattern.near.get_or_init(|| Near::compile(spec)) {
            return Err(format!("`near`: {error}"));
        }
        if let Err(error) = pattern.here() {
            return Err(format!("`near-here`: {error}"));
        }
        if pattern.dialects.is_empty() {
            return Err("`language` names none".to_owned());
        }
        for &dialect in &pattern.dialects {
            if let Some(error) = broken_pattern(spec, dialect) {
                return Err(error);
            }
            if let Some(error) = pattern.fault(dialect) {
                return Err(error.to_owned());
            }
        }
        Ok(pattern)
    }

    /// The pattern as it is written.
    pub(crate) fn spec(&self) -> &CodeSpec {
        &self.spec
    }

    /// Whether the pattern is valid in every dialect that it names.
    pub fn validate(&self) -> Result<(), String> {
        Self::compile(&self.spec).map(drop)
    }

    /// Why the pattern cannot be compiled for `dialect`, if so. [`Self::find`] finds nothing then.
    pub fn fault(&self, dialect: Dialect) -> Option<&str> {
        self.compiled(dialect)?.as_ref().err().map(String::as_str)
    }

    /// Whether the pattern is written for files of `dialect`; a component may be any face of JavaScript.
    pub fn speaks(&self, dialect: Dialect) -> bool {
        match dialect {
            Dialect::Component => self.dialects.iter().any(|known| known.is_javascript()),
            _ => self.dialects.contains(&dialect),
        }
    }

    /// Whether [`Self::find`] looks at imports.
    pub fn wants_imports(&self) -> bool {
        !self.modules.is_empty()
    }

    /// Literals, one of which every matching file holds: those given, or derived from the rule. Empty: always parse.
    pub fn triggers(&self) -> &[String] {
        self.triggers.get_or_init(|| match &self.spec.trigger {
            Some(given) => given.as_slice().to_vec(),
            None => trigger::derive(&self.spec),
        })
    }

    /// Whether `text` holds a trigger.
    pub fn has_trigger(&self, text: &str) -> bool {
        let holds = |literal: &String| memchr::memmem::find(text.as_bytes(), literal.as_bytes()).is_some();
        let triggers = self.triggers();
        triggers.is_empty() || triggers.iter().any(holds)
    }

    /// Whether a text of `dialect` that holds a trigger can hold a match: it names a module that the pattern wants
    /// imported, words that its rule asks for, and what must be near. Cheap, so that few files are parsed.
    pub fn may_match(&self, dialect: Dialect, text: &str) -> bool {
        let binds = !self.modules.is_empty() && !matches!(dialect, Dialect::Ruby | Dialect::Html);
        (!binds || self.modules.iter().any(|module| module.is_named_in(text, dialect)))
            && self.needs().iter().all(|words| words.is_match(text))
            && self.near().is_none_or(|near| near.is_in(text.as_bytes()))
    }

    /// Words of which each matching file holds one of each set.
    fn needs(&self) -> &[WordFinder] {
        self.needs.get_or_init(|| trigger::needs(&self.spec).iter().filter_map(Words::finder).collect())
    }

    /// Whether a trigger at byte `at` stands among what must be around it.
    pub fn is_here(&self, text: &[u8], at: usize) -> bool {
        let Ok(Some(wanted)) = self.here() else { return true };
        let window = at.saturating_sub(AROUND)..(at + AROUND).min(text.len());
        text.get(window).is_some_and(|window| wanted.is_match(window))
    }

    fn here(&self) -> &Result<Option<Regex>, regex::Error> {
        self.near_here.get_or_init(|| self.spec.near_here.as_deref().map(compile_near).transpose())
    }

    fn near(&self) -> Option<&Near> {
        self.near.get_or_init(|| Near::compile(&self.spec)).as_ref().ok()?.as_ref()
    }

    /// The matches in `tree`, whose nodes these are, in the order of the file.
    pub fn find<'t>(&self, tree: &'t SyntaxTree, nodes: &Nodes<'t>, imports: &Imports) -> Vec<CodeMatch> {
        scan(&[self], tree, nodes, imports).into_iter().next().unwrap_or_default()
    }

    /// What of `imports` the pattern means; `None` if nothing of it is imported.
    pub(super) fn bound<'i>(&self, imports: &'i Imports, dialect: Dialect) -> Option<Bound<'i>> {
        Bound::select(&self.modules, imports, dialect)
    }

    /// The rule for `dialect`, compiled by the first who asks; `None` if it is not written for it.
    pub(super) fn compiled(&self, dialect: Dialect) -> Option<&Result<Box<Compiled>, String>> {
        let slots = self.speaks(dialect).then(|| self.compiled.get_or_init(Box::default))?;
        let slot = slots.get(dialect.index())?;
        Some(slot.get_or_init(|| Compiled::new(&self.spec, dialect).map(Box::new)))
    }
}

/// What the text must hold besides a trigger.
struct Near {
    holds: Regex,
    unless: Option<Regex>,
}

impl Near {
    fn compile(spec: &CodeSpec) -> Result<Option<Self>, regex::Error> {
        let Some(holds) = spec.near.as_deref() else { return Ok(None) };
        let unless = spec.near_unless.as_deref().map(compile_near).transpose()?;
        Ok(Some(Self { holds: compile_near(holds)?, unless }))
    }

    fn is_in(&self, text: &[u8]) -> bool {
        match &self.unless {
            None => self.holds.is_match(text),
            Some(unless) => self.holds.find_iter(text).any(|found| !unless.is_match(found.as_bytes())),
        }
    }
}

fn compile_near(written: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(written).unicode(false).multi_line(true).size_limit(1 << 20).build()
}

impl std::fmt::Debug for CodePattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CodePattern").field("spec", &self.spec).finish_non_exhaustive()
    }
}

impl CodeMatch {
    pub(super) fn of(found: &NodeMatch<'_, StrDoc<SupportLang>>) -> Self {
        let range = found.range();
        let env = found.get_env();
        let mut captures: Vec<_> = env
            .get_matched_variables()
            .filter_map(|variable| {
                let (MetaVariable::Capture(name, _) | MetaVariable::MultiCapture(name)) = &variable else {
                    return None;
                };
                // What relational rules call their secondary places is no metavariable, and has no text to ask for.
                if name.chars().any(char::is_lowercase) {
                    return None;
                }
                let bytes = env.get_var_bytes(&variable).unwrap_or_default();
                let text = String::from_utf8_lossy(bytes.get(..MAX_CAPTURE).unwrap_or(bytes)).into_owned();
                Some((name.clone(), text))
            })
            .collect();
        captures.sort_unstable();
        Self { span: Span::new(range.start, range.end), captures }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(yaml: &str) -> CodePattern {
        CodePattern::compile(&serde_yaml::from_str(yaml).unwrap()).unwrap()
    }

    fn matches(pattern: &CodePattern, dialect: Dialect, text: &str) -> Vec<CodeMatch> {
        let tree = SyntaxTree::parse(dialect, text).unwrap();
        let nodes = tree.nodes().unwrap();
        pattern.find(&tree, &nodes, &Imports::of(&tree, &nodes))
    }

    /// The matched pieces of `text`.
    fn found<'t>(yaml: &str, dialect: Dialect, text: &'t str) -> Vec<&'t str> {
        let pattern = pattern(yaml);
        let triggers = pattern.triggers();
        let found: Vec<_> =
            matches(&pattern, dialect, text).iter().map(|it| &text[it.span.start..it.span.end]).collect();
        let triggered = triggers.is_empty() || triggers.iter().any(|trigger| text.contains(trigger));
        assert!(found.is_empty() || triggered, "the trigger {triggers:?} hides {found:?}");
        found
    }

    #[test]
    fn what_is_awaited_with_type_arguments_is_called() {
        let rule = "{language: js, rule: {kind: call_expression, has: {field: function, regex: '^Nest\\.create$'}}}";
        let text = "async () => { const a = await Nest.create<App>(x); await Nest.created<App>(y) }";
        for dialect in [Dialect::TypeScript, Dialect::Tsx] {
            assert_eq!(found(rule, dialect, text), ["await Nest.create<App>(x)"], "{dialect:?}");
            assert_eq!(found(rule, dialect, "await Nest.create(x)"), ["Nest.create(x)"], "{dialect:?}");
        }
    }

    /// Language, rule, and a text whose part between the brackets ⟦ ⟧ is the one match.
    const EVERY_LANGUAGE: &[(Dialect, &str, &str)] = &[
        (
            Dialect::JavaScript,
            "{language: js, rule: {pattern: eval($X)}}",
            "// eval(a)\n'eval(b)'; \u{f6}; ⟦eval(c + 1)⟧; medieval(d)",
        ),
        (
            Dialect::TypeScript,
            "{language: js, rule: {pattern: eval($X)}}",
            "/* eval(a) */ const x: any = ⟦eval(y as string)⟧",
        ),
        (
            Dialect::Tsx,
            "{language: jsx, rule: {kind: jsx_attribute, regex: ^dangerouslySetInnerHTML}}",
            "const a = <p ⟦dangerouslySetInnerHTML={x}⟧ title='dangerouslySetInnerHTML'/>",
        ),
        (
            Dialect::Python,
            "{language: python, rule: {pattern: 'subprocess.run($$$A, shell=True)'}}",
            "# subprocess.run(a, shell=True)\n⟦subprocess.run(cmd, check=True, shell=True)⟧\nsubprocess.run(cmd)",
        ),
        (
            Dialect::Go,
            "{language: go, rule: {kind: keyed_element, regex: '^InsecureSkipVerify:\\s*true$'}}",
            "package p\n// InsecureSkipVerify: true\nvar c = &tls.Config{⟦InsecureSkipVerify: true⟧}",
        ),
        (
            Dialect::Java,
            "{language: java, rule: {pattern: 'Runtime.getRuntime().exec($X)'}}",
            "class A { void f() { String s = \"Runtime.getRuntime().exec(x)\"; ⟦Runtime.getRuntime().exec(a + b)⟧; } }",
        ),
        (
            Dialect::Ruby,
            "{language: ruby, rule: {pattern: params.permit!}}",
            "# params.permit!\nUser.new(⟦params.permit!⟧)",
        ),
        (
            Dialect::Php,
            "{language: php, rule: {pattern: unserialize($X)}}",
            "<b>unserialize($a)</b><?php // unserialize($b)\n$x = ⟦unserialize($_GET['q'])⟧; ?>",
        ),
        (
            Dialect::CSharp,
            "{language: csharp, rule: {pattern: new BinaryFormatter()}}",
            "var s = \"new BinaryFormatter()\"; var f = ⟦new BinaryFormatter()⟧;",
        ),
        (
            Dialect::Rust,
            "{language: rust, rule: {pattern: $B.danger_accept_invalid_certs(true)}}",
            "fn f() { let c = ⟦Client::builder().danger_accept_invalid_certs(true)⟧.build(); /* x.danger_accept_invalid_certs(true) */ }",
        ),
        (
            Dialect::Html,
            "{language: html, rule: {kind: attribute, regex: ^onclick=}}",
            "<!-- <a onclick=x> --><a ⟦onclick=\"x()\"⟧ href='onclick='>onclick=</a>",
        ),
        (
            Dialect::Component,
            "{language: js, rule: {pattern: eval($X)}}",
            "<template>eval(a) \u{f6}</template>\n<script setup lang=\"ts\">\nlet a: string = ⟦eval('b')⟧\n</script>",
        ),
    ];

    #[test]
    fn every_language_is_matched_to_the_byte_and_not_in_comments_or_strings() {
        for (dialect, yaml, marked) in EVERY_LANGUAGE {
            let text = marked.replace(['⟦', '⟧'], "");
            let start = marked.find('⟦').unwrap();
            let end = marked.find('⟧').unwrap() - '⟦'.len_utf8();
            let pattern = pattern(yaml);
            let spans: Vec<_> = matches(&pattern, *dialect, &text).iter().map(|found| found.span).collect();
            assert_eq!(spans, [Span::new(start, end)], "{text}");
            assert!(pattern.speaks(*dialect));
            for trigger in pattern.triggers() {
                assert!(text[start..end].contains(trigger.as_str()), "{trigger} in {text}");
            }
        }
    }

    #[test]
    fn a_module_is_followed_under_its_local_name() {
        let yaml = "{language: js, imports: '@sentry/*', rule: {pattern: $MOD.init($$$)}}";
        let cases: &[(&str, &[&str])] = &[
            ("import * as S from '@sentry/node'; S.init({}); other.init()", &["S.init({})"]),
            ("import S from '@sentry/node'; S.core.init()", &["S.core.init()"]),
            ("const T = require('@sentry/node'); T.init()", &["T.init()"]),
            ("require('@sentry/node').init()", &["require('@sentry/node').init()"]),
            ("import Sx from 'other'; Sx.init()", &[]),
            ("import S from '@sentry/node'; Sx.init()", &[]),
            ("import '@sentry/node'; Sentry.init()", &[]),
            ("import type S from '@sentry/node'; S.init()", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(yaml, Dialect::JavaScript, text), *expected, "{text}");
        }
    }

    #[test]
    fn a_function_is_followed_under_its_local_name() {
        let js = "{language: js, imports: ['@sentry/*#init'], rule: {pattern: $FN($$$)}}";
        assert_eq!(
            found(js, Dialect::TypeScript, "import {init as go, flush} from '@sentry/node'; go({}); flush(); init()"),
            ["go({})"]
        );
        let express = "{language: js, imports: express, rule: {pattern: $FN()}}";
        assert_eq!(found(express, Dialect::JavaScript, "import e from 'express'; e(); e.json(); express()"), ["e()"]);
        let python = "{language: python, imports: [sentry_sdk.init], rule: {pattern: $FN($$$)}}";
        assert_eq!(
            found(python, Dialect::Python, "from sentry_sdk import init as go\ngo(dsn=x)\ninit()"),
            ["go(dsn=x)"]
        );
        assert_eq!(found(python, Dialect::Python, "from other import init\ninit()"), [""; 0]);
    }

    #[test]
    fn imports_bind_in_the_other_languages() {
        let cases: &[(Dialect, &str, &str, &[&str])] = &[
            (
                Dialect::Python,
                "{language: python, imports: [sentry_sdk], rule: {pattern: $MOD.init($$$)}}",
                "import sentry_sdk as s\ns.init()\nt.init()",
                &["s.init()"],
            ),
            (
                Dialect::Go,
                "{language: go, imports: 'github.com/getsentry/sentry-go*', rule: {pattern: $MOD.Init($$$)}}",
                "package p\nimport \"github.com/getsentry/sentry-go\"\nfunc f() { sentry.Init(x); zap.Init(x) }",
                &["sentry.Init(x)"],
            ),
            (
                Dialect::Java,
                "{language: java, imports: 'io.sentry.*', rule: {pattern: $MOD.init($$$)}}",
                "import io.sentry.Sentry;\nclass A { void f() { Sentry.init(x); Other.init(x); } }",
                &["Sentry.init(x)"],
            ),
            (
                Dialect::CSharp,
                "{language: csharp, imports: Sentry, rule: {pattern: SentrySdk.Init($$$)}}",
                "using Sentry;\nSentrySdk.Init(x);",
                &["SentrySdk.Init(x)"],
            ),
            (
                Dialect::CSharp,
                "{language: csharp, imports: Sentry, rule: {pattern: SentrySdk.Init($$$)}}",
                "using Other;\nSentrySdk.Init(x);",
                &[],
            ),
            (
                Dialect::Php,
                "{language: php, imports: 'Sentry\\*', rule: {pattern: $FN($$$)}}",
                "<?php \\Sentry\\init([]); other\\init([]); init([]);",
                &["\\Sentry\\init([])"],
            ),
            (
                Dialect::Rust,
                "{language: rust, imports: 'sentry::*', rule: {pattern: $FN($$$)}}",
                "fn f() { sentry::init(x); other::init(x); init(x) }",
                &["sentry::init(x)"],
            ),
            (
                Dialect::Rust,
                "{language: rust, imports: 'sentry::*', rule: {pattern: $FN($$$)}}",
                "use sentry::{init as go};\nfn f() { go(x); init(x) }",
                &["go(x)"],
            ),
            (
                Dialect::Ruby,
                "{language: ruby, imports: sentry, rule: {pattern: Sentry.init}}",
                "Sentry.init { |c| c }",
                &["Sentry.init { |c| c }"],
            ),
        ];
        for (dialect, yaml, text, expected) in cases {
            assert_eq!(found(yaml, *dialect, text), *expected, "{text}");
        }
    }

    #[test]
    fn a_constraint_may_look_at_the_initialiser() {
        let yaml = "{language: js, resolve: SQL, rule: {pattern: 'db.query($SQL)'}, constraints: {SQL: {kind: template_string, has: {kind: template_substitution}}}}";
        let cases: &[(&str, usize)] = &[
            ("const q = `select ${x}`; db.query(q)", 1),
            ("db.query(`select ${x}`)", 1),
            ("const q = `select 1`; db.query(q)", 0),
            ("let q = `a`; q = `select ${x}`; db.query(q)", 0),
            ("function f(q) { db.query(q) }", 0),
        ];
        for (text, count) in cases {
            assert_eq!(found(yaml, Dialect::JavaScript, text).len(), *count, "{text}");
        }
    }

    #[test]
    fn captures_are_sorted_and_cut() {
        let pattern = pattern(
            "{language: js, rule: {pattern: 'f($B, $$$A)'}, transform: {C: {replace: {source: $B, replace: x, by: y}}}}",
        );
        let text = format!("f(x, 1, '{}')", "\u{f6}".repeat(900));
        let found = matches(&pattern, Dialect::JavaScript, &text);
        let names: Vec<_> = found[0].captures.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["A", "B", "C"]);
        assert!(found[0].captures[0].1.starts_with("1, '") && found[0].captures[0].1.len() <= MAX_CAPTURE + 3);
        assert_eq!((found[0].captures[1].1.as_str(), found[0].captures[2].1.as_str()), ("x", "y"));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said() {
        let cases = [
            ("{language: js, rule: {patern: x}}", "unknown field `patern`"),
            ("{language: js, rule: {kind: jsx_attribute}}", "typescript"),
            ("{language: python, rule: {kind: nonsense}}", "nonsense"),
            ("{language: python, rule: {regex: x}}", "every node"),
            ("{language: python, rule: {kind: call, regex: '('}}", "regex"),
            ("{language: js, rule: {pattern: 'foo($A'}}", "no complete piece of javascript"),
            ("{language: js, rule: {pattern: foo($A)}, constraints: {B: {kind: string}}}", "`B`"),
            ("{language: js, rule: {pattern: foo($A)}, constraints: [x]}", "`constraints` must be a map"),
            ("{language: js, rule: {pattern: foo($A)}, resolve: [A]}", "no constraint"),
            (
                "{language: js, rule: {pattern: foo($A)}, resolve: [B], constraints: {B: {kind: string}}}",
                "does not capture",
            ),
            ("{language: js, rule: {matches: other}}", "other"),
            ("{language: [], rule: {pattern: x}}", "`language` names none"),
        ];
        for (yaml, part) in cases {
            let error = CodePattern::compile(&serde_yaml::from_str(yaml).unwrap()).unwrap_err();
            assert!(error.contains(part), "{yaml}: {error}");
            assert!(!error.ends_with('.') && !error.starts_with(char::is_uppercase), "{error}");
        }
    }

    #[test]
    fn a_lazy_pattern_that_is_wrong_finds_nothing_and_says_why() {
        let spec = serde_yaml::from_str("{language: python, trigger: abc, rule: {kind: nonsense}}").unwrap();
        let pattern = CodePattern::lazy(&Arc::new(spec));
        assert!(matches(&pattern, Dialect::Python, "x = 1").is_empty());
        assert!(pattern.fault(Dialect::Python).is_some() && pattern.fault(Dialect::Go).is_none());
        assert_eq!((pattern.triggers(), pattern.wants_imports()), (&["abc".to_owned()][..], false));
    }
}
