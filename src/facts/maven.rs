//! `pom.xml`, read statically: parents are named, never fetched.
//!
//! `<dependencyManagement>` and `<pluginManagement>` state versions for others and use nothing by themselves, so they
//! are left out. `${…}` is resolved from what this file says; what a parent says stays unstated. Names are
//! `group/artifact`.

use std::collections::HashMap;

use crate::format::{FormatError, Limits, Node, xml};

use super::package::{EntryKind, EntryPoint, Manifest, Pin, RuntimeRequirement, Scope};

/// Where a Java version may stand among the properties; the first that is there wins.
const JAVA_PROPERTIES: [&str; 4] =
    ["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source"];

/// Where a Java version may stand in the configuration of the compiler plugin.
const JAVA_OPTIONS: [&str; 3] = ["release", "target", "source"];

/// How often a property may lead to another one.
const PROPERTY_DEPTH: usize = 8;

/// Longest text that resolving properties may give, in bytes.
const PROPERTY_LENGTH: usize = 1024;

/// Reads a `pom.xml`.
pub fn pom_xml(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let document = xml::parse(text, &Limits::default())?;
    let Some(project) = document.root.get("project") else {
        return Err(FormatError::whole("no project element"));
    };
    let pom = Pom::new(project);
    let mut manifest = Manifest::new(path, "maven");
    pom.identity(&mut manifest);
    pom.parent(&mut manifest);
    pom.body(&mut manifest, project, false);
    for profile in children(project, &["profiles", "profile"]) {
        pom.body(&mut manifest, profile, true);
    }
    for plugin in children(project, &["reporting", "plugins", "plugin"]) {
        pom.plugin(&mut manifest, plugin);
    }
    pom.java(&mut manifest, project);
    pom.main_class(&mut manifest, project);
    manifest.workspace_root = !manifest.workspace.is_empty();
    manifest.tools.dedup();
    Ok(manifest)
}

/// The file with what its placeholders may mean.
struct Pom<'a> {
    project: &'a Node,
    properties: HashMap<&'a str, &'a Node>,
}

impl<'a> Pom<'a> {
    fn new(project: &'a Node) -> Self {
        let mut properties = HashMap::new();
        for member in child(project, "properties").map_or(&[][..], Node::members) {
            if let Some(text) = member.value.items().last().and_then(|element| element.get("#text")) {
                properties.insert(member.key.as_str(), text);
            }
        }
        Self { project, properties }
    }

    /// The text of a coordinate of this project, from its parent where it has none.
    fn own(&self, key: &str) -> Option<&'a str> {
        value(self.project, key).or_else(|| value(child(self.project, "parent")?, key))
    }

    /// What a placeholder stands for, unresolved itself.
    fn property(&self, name: &str) -> Option<&'a str> {
        let name = name.trim();
        if let Some(known) = self.properties.get(name) {
            return known.as_str();
        }
        let coordinate = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name);
        match coordinate.strip_prefix("parent.") {
            Some(of_parent) => value(child(self.project, "parent")?, of_parent),
            None if matches!(coordinate, "groupId" | "artifactId" | "version") => self.own(coordinate),
            None => None,
        }
    }

    /// The text with every placeholder resolved, or `None` where one of them is not known here.
    fn resolve(&self, text: &str) -> Option<String> {
        let mut current = text.to_owned();
        for _ in 0..PROPERTY_DEPTH {
            if !current.contains("${") {
                return Some(current);
            }
            let mut next = String::new();
            let mut rest = current.as_str();
            while let Some((before, behind)) = rest.split_once("${") {
                let (name, after) = behind.split_once('}')?;
                next.push_str(before);
                next.push_str(self.property(name)?);
                rest = after;
                if next.len() > PROPERTY_LENGTH {
                    return None;
                }
            }
            next.push_str(rest);
            current = next;
        }
        None
    }

    /// The text resolved, or as it is written.
    fn readable(&self, text: &str) -> String {
        self.resolve(text).unwrap_or_else(|| text.to_owned())
    }

    fn identity(&self, manifest: &mut Manifest) {
        let group = self.own("groupId").map(|group| self.readable(group));
        if let Some(artifact) = value(self.project, "artifactId").map(|artifact| self.readable(artifact)) {
            manifest.name = Some(match group {
                Some(group) => format!("{group}/{artifact}"),
                None => artifact,
            });
        }
        manifest.version = self.own("version").map(|version| self.readable(version));
        manifest.tools.extend(value(self.project, "packaging").map(|packaging| format!("packaging:{packaging}")));
        if let Some(skip) = self.properties.get("maven.deploy.skip").and_then(|skip| skip.as_str()) {
            manifest.private = match skip {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            };
        }
    }

    /// The parent: its file by the relative path (the folder above where none is given), itself among the tools.
    fn parent(&self, manifest: &mut Manifest) {
        let Some(parent) = child(self.project, "parent") else { return };
        let part = |key| value(parent, key).map(|text| self.readable(text)).unwrap_or_default();
        manifest.tools.push(format!("parent:{}/{}@{}", part("groupId"), part("artifactId"), part("version")));
        let file = match child(parent, "relativePath") {
            None => Some("../pom.xml".to_owned()),
            Some(element) => text_of(element).map(|file| {
                let file = file.trim_end_matches('/');
                let is_file = file.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("xml"));
                if is_file { file.to_owned() } else { format!("{file}/pom.xml") }
            }),
        };
        manifest.includes.extend(file);
    }

    /// Modules, dependencies and plugins of the project or of one of its profiles.
    fn body(&self, manifest: &mut Manifest, node: &Node, is_profile: bool) {
        for module in children(node, &["modules", "module"]) {
            manifest.workspace.extend(text_of(module).map(|folder| folder.trim_end_matches('/').to_owned()));
        }
        for dependency in children(node, &["dependencies", "dependency"]) {
            self.dependency(manifest, dependency, is_profile);
        }
        for plugin in children(node, &["build", "plugins", "plugin"]) {
            self.plugin(manifest, plugin);
        }
    }

    fn dependency(&self, manifest: &mut Manifest, node: &Node, in_profile: bool) {
        let Some(artifact_node) = child(node, "artifactId").and_then(|element| element.get("#text")) else {
            manifest.unread.push("a dependency without an artifact".to_owned());
            return;
        };
        let group = value(node, "groupId").unwrap_or_default();
        let artifact = artifact_node.as_str().unwrap_or_default();
        let name = format!("{}/{}", self.readable(group), self.readable(artifact));
        if name.contains("${") {
            manifest.unread.push(format!("dependency {name} has an unknown property in its name"));
        }
        let written = value(node, "version");
        let scope = self.scope(node, in_profile);
        let (requirement, pin) = match written {
            _ if value(node, "scope") == Some("system") => (value(node, "systemPath").map(str::to_owned), Pin::Local),
            None => (None, Pin::Unstated),
            Some(version) if self.is_sibling(group, version) => (Some(version.to_owned()), Pin::Local),
            Some(version) => {
                let resolved = self.resolve(version);
                if resolved.is_none() {
                    manifest.unread.push(format!("version {version} of {name} is not stated here"));
                }
                let pin = resolved.as_deref().map_or(Pin::Unstated, pin_of);
                (Some(resolved.unwrap_or_else(|| version.to_owned())), pin)
            }
        };
        manifest.push(name, scope, requirement, pin, artifact_node.span);
    }

    /// A test scope stays one in a profile; what else a profile adds is there on demand only.
    fn scope(&self, node: &Node, in_profile: bool) -> Scope {
        let is_optional = value(node, "optional").is_some_and(|text| self.readable(text) == "true");
        match value(node, "scope").map(|text| self.readable(text)).as_deref() {
            Some("test") => Scope::Test,
            _ if is_optional || in_profile => Scope::Optional,
            Some("provided") => Scope::Build,
            _ => Scope::Runtime,
        }
    }

    /// Whether coordinates are written as "the group and the version of this project": another module of it.
    fn is_sibling(&self, group: &str, version: &str) -> bool {
        let own_version = matches!(version, "${project.version}" | "${pom.version}" | "${revision}");
        own_version && self.resolve(group).as_deref() == self.own("groupId")
    }

    fn plugin(&self, manifest: &mut Manifest, plugin: &Node) {
        let group = value(plugin, "groupId").unwrap_or("org.apache.maven.plugins");
        if let Some(artifact) = value(plugin, "artifactId") {
            manifest.tools.push(format!("plugin:{}/{}", self.readable(group), self.readable(artifact)));
        }
    }

    fn java(&self, manifest: &mut Manifest, project: &Node) {
        let from_properties = JAVA_PROPERTIES.iter().find_map(|name| self.properties.get(name).copied());
        let from_compiler = || {
            let plugins = children(project, &["build", "plugins", "plugin"]);
            let compiler =
                plugins.into_iter().find(|plugin| value(plugin, "artifactId") == Some("maven-compiler-plugin"))?;
            let options = child(compiler, "configuration")?;
            JAVA_OPTIONS.iter().find_map(|option| child(options, option)?.get("#text"))
        };
        if let Some(node) = from_properties.or_else(from_compiler) {
            let requirement = self.readable(node.as_str().unwrap_or_default());
            manifest.runtimes.push(RuntimeRequirement { name: "java".to_owned(), requirement, span: node.span });
        }
    }

    /// The main class, from `start-class` or from the configuration of a plugin.
    fn main_class(&self, manifest: &mut Manifest, project: &Node) {
        let start_class = self.properties.get("start-class").copied();
        let from_plugin = || {
            children(project, &["build", "plugins", "plugin"]).into_iter().find_map(|plugin| {
                let options = child(plugin, "configuration")?;
                let holders = [Some(options), descend(options, &["archive", "manifest"])];
                holders.into_iter().flatten().find_map(|holder| child(holder, "mainClass")?.get("#text"))
            })
        };
        if let Some(node) = start_class.or_else(from_plugin) {
            let target = self.readable(node.as_str().unwrap_or_default());
            let kind = EntryKind::Command;
            manifest.entry_points.push(EntryPoint { kind, name: String::new(), target, span: node.span });
        }
    }
}

/// How firm a version is: Maven takes a plain version as it is.
fn pin_of(version: &str) -> Pin {
    let version = version.trim();
    if matches!(version, "LATEST" | "RELEASE") || version.ends_with("-SNAPSHOT") {
        return Pin::Floating;
    }
    let Some(inner) = version.strip_prefix(['[', '(']) else { return Pin::Exact };
    match inner.rsplit_once(',') {
        None => Pin::Exact,
        Some((_, upper)) if upper.trim_matches([' ', ')', ']']).is_empty() => Pin::Floating,
        Some(_) => Pin::Range,
    }
}

/// The first child element of a name.
fn child<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    node.get(name)?.items().first()
}

/// The first element at the end of a path of names.
fn descend<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, name| child(node, name))
}

/// All elements at the end of a path of names.
fn children<'a>(node: &'a Node, path: &[&str]) -> Vec<&'a Node> {
    path.iter().fold(vec![node], |nodes, name| {
        nodes.into_iter().filter_map(|node| node.get(name)).flat_map(Node::items).collect()
    })
}

/// The text of an element, where it has any.
fn text_of(element: &Node) -> Option<&str> {
    element.get("#text")?.as_str().filter(|text| !text.is_empty())
}

/// The text of the first child element of a name.
fn value<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    text_of(child(node, name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POM: &str = r#"<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.2.1</version>
  </parent>
  <groupId>com.example</groupId>
  <artifactId>shop</artifactId>
  <version>1.0.0</version>
  <packaging>pom</packaging>
  <properties>
    <java.version>17</java.version>
    <guava.version>${guava.major}.1-jre</guava.version>
    <guava.major>33</guava.major>
    <loop>${loop}</loop>
  </properties>
  <modules><module>api</module><module>web/</module></modules>
  <dependencyManagement><dependencies><dependency>
    <groupId>org.managed</groupId><artifactId>managed</artifactId><version>1</version>
  </dependency></dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>
    <!-- <dependency><groupId>x</groupId><artifactId>commented</artifactId></dependency> -->
    <dependency><groupId>com.google.guava</groupId><artifactId>guava</artifactId><version>${guava.version}</version></dependency>
    <dependency><groupId>a</groupId><artifactId>range</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>a</groupId><artifactId>open</artifactId><version>[1.0,)</version></dependency>
    <dependency><groupId>a</groupId><artifactId>fixed</artifactId><version>[1.0]</version></dependency>
    <dependency><groupId>a</groupId><artifactId>snap</artifactId><version>1-SNAPSHOT</version></dependency>
    <dependency><groupId>a</groupId><artifactId>loop</artifactId><version>${loop}</version></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>api</artifactId><version>${project.version}</version></dependency>
    <dependency><groupId>jakarta</groupId><artifactId>servlet</artifactId><version>6</version><scope>provided</scope></dependency>
    <dependency><groupId>org.junit</groupId><artifactId>junit</artifactId><version>5</version><scope>test</scope></dependency>
    <dependency><groupId>a</groupId><artifactId>maybe</artifactId><version>5</version><optional>true</optional></dependency>
  </dependencies>
  <build><plugins>
    <plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId>
      <configuration><mainClass>com.example.Shop</mainClass></configuration></plugin>
    <plugin><artifactId>maven-surefire-plugin</artifactId></plugin>
  </plugins></build>
  <profiles><profile><dependencies>
    <dependency><groupId>b</groupId><artifactId>extra</artifactId><version>1</version></dependency>
  </dependencies></profile></profiles>
</project>"#;

    #[test]
    fn dependencies_have_scope_and_pin() {
        let manifest = pom_xml("pom.xml", POM).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("org.springframework.boot/spring-boot-starter-web", Scope::Runtime, Pin::Unstated),
            ("com.google.guava/guava", Scope::Runtime, Pin::Exact),
            ("a/range", Scope::Runtime, Pin::Range),
            ("a/open", Scope::Runtime, Pin::Floating),
            ("a/fixed", Scope::Runtime, Pin::Exact),
            ("a/snap", Scope::Runtime, Pin::Floating),
            ("a/loop", Scope::Runtime, Pin::Unstated),
            ("com.example/api", Scope::Runtime, Pin::Local),
            ("jakarta/servlet", Scope::Build, Pin::Exact),
            ("org.junit/junit", Scope::Test, Pin::Exact),
            ("a/maybe", Scope::Optional, Pin::Exact),
            ("b/extra", Scope::Optional, Pin::Exact),
        ];
        assert_eq!(found, expected);
        assert_eq!(manifest.packages[1].requirement.as_deref(), Some("33.1-jre"));
        assert_eq!(manifest.unread, ["version ${loop} of a/loop is not stated here"]);
        for package in &manifest.packages {
            let artifact = package.name.rsplit('/').next().unwrap();
            assert!(POM[package.span.start..package.span.end].contains(artifact), "{package:?}");
        }
        let guava = manifest.packages[1].span;
        assert!(
            guava.start >= POM.find("<artifactId>guava").unwrap() && guava.end <= POM.find("<version>${guava").unwrap()
        );
    }

    #[test]
    fn a_project_says_what_it_is() {
        let manifest = pom_xml("pom.xml", POM).unwrap();
        assert_eq!((manifest.name.as_deref(), manifest.version.as_deref()), (Some("com.example/shop"), Some("1.0.0")));
        assert_eq!(manifest.workspace, ["api", "web"]);
        assert!(manifest.workspace_root);
        assert_eq!(manifest.includes, ["../pom.xml"]);
        let expected = [
            "packaging:pom",
            "parent:org.springframework.boot/spring-boot-starter-parent@3.2.1",
            "plugin:org.springframework.boot/spring-boot-maven-plugin",
            "plugin:org.apache.maven.plugins/maven-surefire-plugin",
        ];
        assert_eq!(manifest.tools, expected);
        assert_eq!((manifest.runtimes[0].name.as_str(), manifest.runtimes[0].requirement.as_str()), ("java", "17"));
        assert_eq!(manifest.entry_points[0].target, "com.example.Shop");
    }

    #[test]
    fn an_empty_relative_path_includes_nothing() {
        let text = "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version><relativePath/>\
                    </parent><artifactId>a</artifactId></project>";
        let manifest = pom_xml("pom.xml", text).unwrap();
        assert!(manifest.includes.is_empty());
        assert_eq!(manifest.name.as_deref(), Some("g/a"));
        assert!(pom_xml("pom.xml", "<settings/>").is_err());
    }
}
