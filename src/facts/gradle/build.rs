//! `build.gradle` and `build.gradle.kts`: dependencies, plugins, the Java version, the main class.

use crate::format::{FormatError, Limits};
use crate::text::Span;

use super::super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement};
use super::dependency::{Line, Variables, resolve};
use super::pin_of;
use super::token::{Kind, Token, tokens};
use super::walk::{Block, head, statements};

/// Names that a Java version stands behind, the most telling first.
const JAVA_VERSIONS: [&str; 5] =
    ["JavaLanguageVersion", "jvmToolchain", "sourceCompatibility", "targetCompatibility", "jvmTarget"];

/// Words between such a name and the version.
const JAVA_FILLERS: [&str; 6] = ["of", "set", "JavaVersion", "toVersion", "JvmTarget", "fromTarget"];

/// Blocks whose main class is the program's.
const PROGRAM_BLOCKS: [&str; 6] = ["application", "springBoot", "bootJar", "bootRun", "container", "javafx"];

/// Keys of named arguments: they are no variables.
const ARGUMENTS: [&str; 8] = ["group", "name", "version", "plugin", "from", "path", "module", "classifier"];

/// Reads a `build.gradle` or `build.gradle.kts`.
pub fn build_gradle(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let tokens = tokens(text);
    let variables = variables(&tokens);
    let mut manifest = Manifest::new(path, "maven");
    let line = Line { text, tokens: &tokens, variables: &variables };
    statements(&tokens, &mut |block, start, end| {
        let statement = head(&tokens, start, end);
        match block.name {
            _ if block.is_managed => {}
            "dependencies" => line.read(&mut manifest, block, start, end),
            "version" => rich_version(&mut manifest, statement),
            "plugins" => plugin(&mut manifest, text, statement),
            _ => general(&mut manifest, block, statement, &variables),
        }
    });
    java(&mut manifest, text, &tokens);
    if tokens.iter().any(|token| token.is_word("dependencyLocking") || token.is_word("lockAllConfigurations")) {
        manifest.tools.push("dependency-locking".to_owned());
    }
    Ok(manifest)
}

/// Texts that are given to names: `x = "1"`, `[x: "1"]`, `val x by extra("1")`, `set("x", "1")`, `ext["x"] = "1"`.
fn variables<'a>(tokens: &[Token<'a>]) -> Variables<'a> {
    let mut variables = Variables::new();
    let is_text = |token: &Token<'_>| token.kind == Kind::Text && !token.is_template;
    for index in 0..tokens.len() {
        let found = match tokens.get(index..).unwrap_or_default() {
            [name, by, extra, open, value, ..]
                if by.is_word("by") && extra.is_word("extra") && open.is("(") && is_text(value) =>
            {
                Some((name.text, value.text))
            }
            [set, open, name, comma, value, ..]
                if set.is_word("set") && open.is("(") && is_text(name) && comma.is(",") && is_text(value) =>
            {
                Some((name.text, value.text))
            }
            [name, close, equals, value, ..] if is_text(name) && close.is("]") && equals.is("=") && is_text(value) => {
                Some((name.text, value.text))
            }
            [name, mark, value, ..] if name.kind == Kind::Word && is_text(value) => {
                let is_given = mark.is("=") || (mark.is(":") && !ARGUMENTS.contains(&name.text));
                is_given.then_some((name.text, value.text))
            }
            _ => None,
        };
        if let Some((name, value)) = found {
            let known = variables.entry(name).or_insert(Some(value));
            if *known != Some(value) {
                *known = None;
            }
        }
    }
    variables
}

/// `version { strictly("1.0") }` behind a dependency that states none.
fn rich_version(manifest: &mut Manifest, statement: &[Token<'_>]) {
    let is_version = statement.first().is_some_and(|word| matches!(word.text, "strictly" | "require" | "prefer"));
    let value = statement.iter().find(|token| token.kind == Kind::Text && !token.is_template);
    if let (true, Some(value), Some(package)) = (is_version, value, manifest.packages.last_mut())
        && package.pin == Pin::Unstated
    {
        package.requirement = Some(value.text.to_owned());
        package.pin = pin_of(value.text);
    }
}

/// A line of the `plugins` block. With `apply false` a plugin is only made known, not used here.
pub(super) fn plugin(manifest: &mut Manifest, text: &str, statement: &[Token<'_>]) {
    let is_dormant = statement.windows(3).any(|window| {
        matches!(window, [apply, second, third] if apply.is_word("apply")
            && (second.is_word("false") || (second.is("(") && third.is_word("false"))))
    });
    let dormant_end = matches!(statement, [.., apply, last] if apply.is_word("apply") && last.is_word("false"));
    let Some(head) = statement.first().filter(|_| !is_dormant && !dormant_end) else { return };
    let first_text = statement.iter().take(3).find(|token| token.kind == Kind::Text).map(|token| token.text);
    let id = match (head.text, first_text) {
        ("id", Some(id)) => id.to_owned(),
        ("kotlin", Some(module)) => format!("org.jetbrains.kotlin.{module}"),
        ("alias" | "id", None) => match reference(text, statement) {
            Some(reference) => reference,
            None => return,
        },
        (name, None) if head.kind == Kind::Word && statement.len() == 1 => name.to_owned(),
        _ => return,
    };
    manifest.tools.push(format!("plugin:{id}"));
}

/// The dotted name behind `alias(` or `alias `, without `.get().pluginId`.
fn reference(text: &str, statement: &[Token<'_>]) -> Option<String> {
    let from = statement.iter().skip(1).position(|token| token.kind == Kind::Word)? + 1;
    let mut span = statement.get(from)?.span;
    let mut index = from + 1;
    while statement.get(index).is_some_and(|dot| dot.is(".")) {
        let Some(word) = statement.get(index + 1).filter(|word| word.kind == Kind::Word && word.text != "get") else {
            break;
        };
        span = span.cover(word.span);
        index += 2;
    }
    text.get(span.start..span.end).map(str::to_owned)
}

/// Statements outside of the blocks that are lists: `apply`, the version, the main class.
fn general(manifest: &mut Manifest, block: &Block<'_>, statement: &[Token<'_>], variables: &Variables<'_>) {
    let Some(head) = statement.first() else { return };
    let value = statement.iter().find(|token| token.kind == Kind::Text);
    let Some(value) = value else { return };
    let Some(resolved) = resolve(value, variables) else {
        if matches!(head.text, "apply" | "version") {
            manifest.unread.push(format!("{} {} is computed", head.text, value.text));
        }
        return;
    };
    let is_assigned = matches!(statement.get(1), Some(next) if next.is("=") || next.kind == Kind::Text || next.is("."));
    match head.text {
        "apply" if statement.iter().take(3).any(|word| word.is_word("plugin")) => {
            manifest.tools.push(format!("plugin:{resolved}"));
        }
        "apply" if statement.iter().take(3).any(|word| word.is_word("from")) => manifest.includes.push(resolved),
        "plugin" if block.name == "apply" => manifest.tools.push(format!("plugin:{resolved}")),
        "version" if block.name.is_empty() && is_assigned && statement.get(1).is_some_and(|next| !next.is(".")) => {
            manifest.version = Some(resolved);
        }
        "mainClass" | "mainClassName" if is_assigned && is_program(block, head.text) => {
            let (kind, name, span) = (EntryKind::Command, String::new(), value.span);
            manifest.entry_points.push(EntryPoint { kind, name, target: resolved, span });
        }
        _ => {}
    }
}

fn is_program(block: &Block<'_>, key: &str) -> bool {
    PROGRAM_BLOCKS.contains(&block.name) || (block.name.is_empty() && key == "mainClassName")
}

/// The Java version, from the most telling of the places where one may stand.
fn java(manifest: &mut Manifest, text: &str, tokens: &[Token<'_>]) {
    let mut best: Option<(usize, String, Span)> = None;
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Word {
            continue;
        }
        let Some(rank) = JAVA_VERSIONS.iter().position(|name| *name == token.text) else { continue };
        if best.as_ref().is_some_and(|(known, ..)| *known <= rank) {
            continue;
        }
        if let Some((version, span)) = java_version(text, tokens, index + 1) {
            best = Some((rank, version, span));
        }
    }
    if let Some((_, requirement, span)) = best {
        manifest.runtimes.push(RuntimeRequirement { name: "java".to_owned(), requirement, span });
    }
}

/// The version behind a name: `= 17`, `.of(17)`, `= JavaVersion.VERSION_17`, `= '1.8'`.
fn java_version(text: &str, tokens: &[Token<'_>], from: usize) -> Option<(String, Span)> {
    for (index, token) in tokens.iter().enumerate().skip(from).take(8) {
        match token.kind {
            Kind::Mark if matches!(token.text, "=" | "." | "(") => {}
            Kind::Text if !token.is_template => return Some((token.text.to_owned(), token.span)),
            Kind::Word if JAVA_FILLERS.contains(&token.text) => {}
            Kind::Word if token.text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let minor = tokens.get(index + 2).filter(|minor| {
                    tokens.get(index + 1).is_some_and(|dot| dot.is("."))
                        && minor.text.bytes().all(|byte| byte.is_ascii_digit())
                });
                let span = minor.map_or(token.span, |minor| token.span.cover(minor.span));
                return Some((text.get(span.start..span.end)?.to_owned(), span));
            }
            Kind::Word => {
                let version = token.text.strip_prefix("VERSION_").or_else(|| token.text.strip_prefix("JVM_"))?;
                return Some((version.replace('_', "."), token.span));
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::package::Scope;
    use super::*;
    use proptest::prelude::*;

    const GROOVY: &str = r#"
buildscript {
    ext { kotlin_version = '1.9.0' }
    dependencies { classpath "org.jetbrains.kotlin:kotlin-gradle-plugin:$kotlin_version" }
}
plugins {
    id 'java'
    id 'org.springframework.boot' version '3.2.1'
    id 'io.later' version '1' apply false
}
apply plugin: 'checkstyle'
apply from: 'gradle/publish.gradle'
version = '1.0.0'
ext.versions = [listed: '4.2', other: '1']
sourceCompatibility = '1.8'
java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }
application { mainClass = 'com.example.Shop' }
configurations.all { resolutionStrategy { force 'a.b:forced:1' } }
dependencyManagement { dependencies { dependency 'a.b:managed:1' } }
dependencyLocking { lockAllConfigurations() }
// implementation 'a.b:commented:1'
/* dependencies { implementation 'a.b:commented:2' } */
dependencies {
    implementation 'org.springframework.boot:spring-boot-starter-web'
    implementation 'a.b:one:1.0', // two at once
        'a.b:two:[1,2)'
    implementation group: 'a.b', name: 'mapped', version: '2.+'
    implementation("a.b:closure:1") { exclude group: 'x', module: 'y' }
    implementation('a.b:rich') {
        version { strictly '[1.5]' }
    }
    implementation platform('a.b:bom:1.0')
    implementation project(':core')
    implementation project(path: ':api', configuration: 'x')
    implementation "a.b:templated:${kotlin_version}"
    implementation "a.b:elsewhere:$unknown"
    implementation 'a.b:added:' + kotlin_version
    implementation "a.b:listed:$versions.listed"
    implementation libs.guava
    implementation Deps.thing
    implementation fileTree(dir: 'libs', include: ['*.jar'])
    compileOnly 'org.projectlombok:lombok:1.18.30'
    annotationProcessor 'org.projectlombok:lombok:1.18.30'
    developmentOnly 'a.b:devtools:1'
    testImplementation 'org.junit.jupiter:junit-jupiter:5.10.1'
    codegen 'a.b:custom:1'
    constraints { implementation 'a.b:constraint:1' }
}
"#;

    fn found(manifest: &Manifest) -> Vec<(&str, Scope, Pin)> {
        manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect()
    }

    #[test]
    fn groovy_is_read() {
        let manifest = build_gradle("build.gradle", GROOVY).unwrap();
        let runtime = |name, pin| (name, Scope::Runtime, pin);
        let expected = [
            ("org.jetbrains.kotlin/kotlin-gradle-plugin", Scope::Build, Pin::Exact),
            runtime("org.springframework.boot/spring-boot-starter-web", Pin::Unstated),
            runtime("a.b/one", Pin::Exact),
            runtime("a.b/two", Pin::Range),
            runtime("a.b/mapped", Pin::Floating),
            runtime("a.b/closure", Pin::Exact),
            runtime("a.b/rich", Pin::Exact),
            runtime("a.b/bom", Pin::Exact),
            runtime(":core", Pin::Local),
            runtime(":api", Pin::Local),
            runtime("a.b/templated", Pin::Exact),
            runtime("a.b/elsewhere", Pin::Unstated),
            runtime("a.b/added", Pin::Exact),
            runtime("a.b/listed", Pin::Exact),
            runtime("libs.guava", Pin::Unstated),
            ("org.projectlombok/lombok", Scope::Build, Pin::Exact),
            ("org.projectlombok/lombok", Scope::Build, Pin::Exact),
            ("a.b/devtools", Scope::Development, Pin::Exact),
            ("org.junit.jupiter/junit-jupiter", Scope::Test, Pin::Exact),
            ("a.b/custom", Scope::Build, Pin::Exact),
        ];
        assert_eq!(found(&manifest), expected);
        for package in &manifest.packages {
            let artifact = package.name.rsplit('/').next().unwrap();
            assert!(GROOVY[package.span.start..package.span.end].contains(artifact), "{package:?}");
        }
        assert_eq!(manifest.packages[4].span.start, GROOVY.find("mapped").unwrap());
        assert_eq!(manifest.packages[10].requirement.as_deref(), Some("1.9.0"));
        assert_eq!(
            manifest.unread,
            ["version $unknown of a.b/elsewhere is not stated here", "dependency Deps.thing is computed"]
        );
    }

    #[test]
    fn groovy_says_what_it_configures() {
        let manifest = build_gradle("build.gradle", GROOVY).unwrap();
        let expected = ["plugin:java", "plugin:org.springframework.boot", "plugin:checkstyle", "dependency-locking"];
        assert_eq!(manifest.tools, expected);
        assert_eq!(manifest.includes, ["gradle/publish.gradle"]);
        assert_eq!(manifest.version.as_deref(), Some("1.0.0"));
        assert_eq!(manifest.entry_points[0].target, "com.example.Shop");
        let runtime = &manifest.runtimes[0];
        assert_eq!((runtime.name.as_str(), runtime.requirement.as_str()), ("java", "17"));
        assert_eq!(runtime.span.start, GROOVY.find("17)").unwrap());
    }

    const KOTLIN: &str = r#"
plugins {
    `java-library`
    application
    kotlin("jvm") version "1.9.22"
    id("com.diffplug.spotless") version "6.23.3"
    alias(libs.plugins.spring.boot)
    alias(libs.plugins.android) apply false
    id(libs.plugins.late.get().pluginId)
}
val ktorVersion = "2.3.7"
val jacksonVersion: String by project
java { sourceCompatibility = JavaVersion.VERSION_1_8 }
application { mainClass.set("com.example.MainKt") }
dependencies {
    implementation("io.ktor:ktor-server-core:$ktorVersion")
    implementation("com.fasterxml:jackson:$jacksonVersion")
    implementation(platform("a.b:bom:1.0"))
    implementation(platform(libs.boms.spring))
    implementation(libs.bundles.ktor)
    implementation(testLibs.mock.core.get())
    implementation(projects.core.api)
    api(project(":shared"))
    ksp(group = "a.b", name = "processor", version = "1.0")
    add("runtimeOnly", "a.b:driver:1.0")
    "kapt"("a.b:kapt:1.0")
    testImplementation(kotlin("test"))
    if (flag) { implementation("a.b:conditional:1") }
}
kotlin {
    sourceSets {
        commonMain.dependencies { implementation("a.b:common:1") }
        val commonTest by getting { dependencies { implementation("a.b:tests:1") } }
    }
}
"#;

    #[test]
    fn kotlin_is_read() {
        let manifest = build_gradle("build.gradle.kts", KOTLIN).unwrap();
        let runtime = |name, pin| (name, Scope::Runtime, pin);
        let expected = [
            runtime("io.ktor/ktor-server-core", Pin::Exact),
            runtime("com.fasterxml/jackson", Pin::Unstated),
            runtime("a.b/bom", Pin::Exact),
            runtime("libs.boms.spring", Pin::Unstated),
            runtime("libs.bundles.ktor", Pin::Unstated),
            runtime("testLibs.mock.core", Pin::Unstated),
            runtime("projects.core.api", Pin::Local),
            runtime(":shared", Pin::Local),
            ("a.b/processor", Scope::Build, Pin::Exact),
            runtime("a.b/driver", Pin::Exact),
            ("a.b/kapt", Scope::Build, Pin::Exact),
            ("org.jetbrains.kotlin/kotlin-test", Scope::Test, Pin::Unstated),
            runtime("a.b/conditional", Pin::Exact),
            runtime("a.b/common", Pin::Exact),
            ("a.b/tests", Scope::Test, Pin::Exact),
        ];
        assert_eq!(found(&manifest), expected);
        let expected = [
            "plugin:java-library",
            "plugin:application",
            "plugin:org.jetbrains.kotlin.jvm",
            "plugin:com.diffplug.spotless",
            "plugin:libs.plugins.spring.boot",
            "plugin:libs.plugins.late",
        ];
        assert_eq!(manifest.tools, expected);
        assert_eq!(manifest.entry_points[0].target, "com.example.MainKt");
        assert_eq!(manifest.runtimes[0].requirement, "1.8");
        let reference = manifest.packages[5].span;
        assert_eq!(&KOTLIN[reference.start..reference.end], "testLibs.mock.core");
    }

    #[test]
    fn unclosed_and_deep_brackets_end() {
        for piece in ["{deps, [", "dependencies { implementation platform(", "a({", "/*", "\"${"] {
            let manifest = build_gradle("build.gradle", &piece.repeat(50_000)).unwrap();
            assert!(manifest.packages.is_empty(), "{piece}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in "(dependencies|plugins|implementation|platform|libs\\.|project|\\{|\\}|\\(|\\)|\\[|\\]|, |: |= |\"|'|\\$|/\\*|//|`|a:b:1|\\\\|\\+|\n| |[aé]{1,3}){0,60}",
        ) {
            let manifest = build_gradle("build.gradle", &text).unwrap();
            for package in &manifest.packages {
                prop_assert!(text.get(package.span.start..package.span.end).is_some());
            }
            super::super::settings_gradle("settings.gradle", &text).unwrap();
        }
    }
}
