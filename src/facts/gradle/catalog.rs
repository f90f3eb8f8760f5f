//! The version catalogue (`gradle/libs.versions.toml`), and what references to it mean.
//!
//! In a build file `-` and `_` of an alias become `.`: `libs.spring.boot` is the alias `spring-boot`.

use std::collections::BTreeMap;

use crate::format::{FormatError, Limits, Member, Node, toml};
use crate::text::Span;

use super::super::package::{Manifest, Package, Pin};
use super::{coordinate, pin_of};

/// Most packages that bundles may be unfolded to in one manifest.
const UNFOLDED: usize = 20_000;

/// What a catalogue knows. Aliases are the ones of build files, with dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// The name that references begin with, `libs` unless the settings say otherwise.
    pub prefix: String,
    /// Libraries by alias.
    pub libraries: BTreeMap<String, CatalogLibrary>,
    /// Bundles by alias: the aliases of their libraries.
    pub bundles: BTreeMap<String, Vec<String>>,
    /// Plugins by alias.
    pub plugins: BTreeMap<String, CatalogPlugin>,
}

/// One library of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogLibrary {
    /// `group/artifact`.
    pub name: String,
    /// The version, with a reference to the versions table resolved.
    pub requirement: Option<String>,
    /// How firm it is.
    pub pin: Pin,
    /// The place of its alias in the catalogue.
    pub span: Span,
}

/// One plugin of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogPlugin {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub requirement: Option<String>,
    /// The place of its alias in the catalogue.
    pub span: Span,
}

/// Reads a version catalogue. Entries without a readable module are left out.
pub fn version_catalog(text: &str) -> Result<Catalog, FormatError> {
    let document = toml::parse(text, &Limits::default())?;
    let members = |table: &str| document.root.get(table).map_or(&[][..], Node::members);
    let versions: BTreeMap<&str, &Node> =
        members("versions").iter().map(|member| (member.key.as_str(), &member.value)).collect();
    let libraries =
        members("libraries").iter().filter_map(|member| Some((alias(&member.key), library(member, &versions)?)));
    let plugins = members("plugins").iter().filter_map(|member| Some((alias(&member.key), plugin(member, &versions)?)));
    let bundles = members("bundles").iter().map(|member| {
        let parts = member.value.items().iter().filter_map(Node::as_str).map(alias).collect();
        (alias(&member.key), parts)
    });
    Ok(Catalog {
        prefix: "libs".to_owned(),
        libraries: libraries.collect(),
        bundles: bundles.collect(),
        plugins: plugins.collect(),
    })
}

/// Replaces the references of a build file by what the catalogue says: a library by its name and version, a bundle by
/// its libraries, a plugin among the tools by its id. What the catalogue does not know stays and is said in `unread`.
/// The places stay those of the references.
pub fn resolve_catalog(manifest: &mut Manifest, catalog: &Catalog) {
    let mut packages = Vec::with_capacity(manifest.packages.len());
    for package in std::mem::take(&mut manifest.packages) {
        let Some(reference) = catalog.alias_in(&package.name) else {
            packages.push(package);
            continue;
        };
        match catalog.find(&reference) {
            found if found.is_empty() => {
                manifest.unread.push(format!("the catalogue has no {}", package.name));
                packages.push(package);
            }
            found if packages.len() + found.len() > UNFOLDED => {
                manifest.unread.push(format!("{} is one bundle too many", package.name));
                packages.push(package);
            }
            found => packages.extend(found.into_iter().map(|library| named(&package, library))),
        }
    }
    manifest.packages = packages;
    for tool in &mut manifest.tools {
        let reference = tool.strip_prefix("plugin:").and_then(|name| catalog.alias_in(name));
        let known = reference.as_deref().and_then(|name| name.strip_prefix("plugins."));
        if let Some(plugin) = known.and_then(|name| catalog.plugins.get(name)) {
            *tool = format!("plugin:{}", plugin.id);
        }
    }
}

impl Catalog {
    /// The alias in a reference to this catalogue.
    fn alias_in(&self, reference: &str) -> Option<String> {
        let behind = reference.strip_prefix(self.prefix.as_str())?.strip_prefix('.')?;
        Some(alias(behind))
    }

    /// The libraries that an alias, or the alias of a bundle, stands for.
    fn find(&self, reference: &str) -> Vec<&CatalogLibrary> {
        if let Some(bundle) = reference.strip_prefix("bundles.").and_then(|name| self.bundles.get(name)) {
            return bundle.iter().filter_map(|name| self.libraries.get(name)).collect();
        }
        self.libraries.get(reference).into_iter().collect()
    }
}

/// The package of a reference, named. A version that the build file states itself stands.
fn named(reference: &Package, library: &CatalogLibrary) -> Package {
    let mut package = reference.clone();
    package.name.clone_from(&library.name);
    if package.pin == Pin::Unstated {
        package.requirement.clone_from(&library.requirement);
        package.pin = library.pin;
    }
    package
}

/// An alias as build files write it.
fn alias(key: &str) -> String {
    key.replace(['-', '_'], ".")
}

fn library(member: &Member, versions: &BTreeMap<&str, &Node>) -> Option<CatalogLibrary> {
    let node = &member.value;
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let (name, own) = match node.as_str().or_else(|| text("module")) {
        Some(notation) => {
            let (name, version) = coordinate(notation)?;
            (name, version.map(str::to_owned))
        }
        None => (format!("{}/{}", text("group")?, text("name")?), None),
    };
    let requirement = own.or_else(|| version_of(node.get("version")?, versions));
    let pin = requirement.as_deref().map_or(Pin::Unstated, pin_of);
    Some(CatalogLibrary { name, requirement, pin, span: member.key_span })
}

fn plugin(member: &Member, versions: &BTreeMap<&str, &Node>) -> Option<CatalogPlugin> {
    let node = &member.value;
    let (id, requirement) = match node.as_str() {
        Some(notation) => {
            let (id, version) = notation.split_once(':').unwrap_or((notation, ""));
            (id, Some(version.to_owned()).filter(|version| !version.is_empty()))
        }
        None => (
            node.get("id").and_then(Node::as_str)?,
            node.get("version").and_then(|version| version_of(version, versions)),
        ),
    };
    Some(CatalogPlugin { id: id.to_owned(), requirement, span: member.key_span })
}

/// A version as text, as a reference to the versions table, or as a rich version (`strictly`, `require`, `prefer`).
fn version_of(node: &Node, versions: &BTreeMap<&str, &Node>) -> Option<String> {
    let referred = node.get("ref").and_then(Node::as_str);
    let node = match referred {
        Some(name) => versions.get(name).copied()?,
        None => node,
    };
    let rich = || ["strictly", "require", "prefer"].iter().find_map(|key| node.get(key)?.as_str());
    node.as_str().or_else(rich).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::package::Scope;

    const CATALOG: &str = r#"[versions]
ktor = "2.3.7"
boot = { strictly = "[3.2, 3.3[", prefer = "3.2.1" }

[libraries]
ktor-server_core = { module = "io.ktor:ktor-server-core", version.ref = "ktor" }
ktor-netty = { group = "io.ktor", name = "ktor-server-netty", version.ref = "ktor" }
guava = "com.google.guava:guava:33.0.0-jre"
boot = { module = "org.springframework.boot:spring-boot", version.ref = "boot" }
managed = { module = "a.b:managed" }
broken = 1

[bundles]
ktor = ["ktor-server_core", "ktor-netty"]

[plugins]
spring-boot = { id = "org.springframework.boot", version = "3.2.1" }
kotlin = "org.jetbrains.kotlin.jvm:1.9.22"
"#;

    #[test]
    fn a_catalogue_is_read() {
        let catalog = version_catalog(CATALOG).unwrap();
        let found: Vec<_> = catalog
            .libraries
            .iter()
            .map(|(alias, library)| {
                (alias.as_str(), library.name.as_str(), library.requirement.as_deref(), library.pin)
            })
            .collect();
        let expected = [
            ("boot", "org.springframework.boot/spring-boot", Some("[3.2, 3.3["), Pin::Range),
            ("guava", "com.google.guava/guava", Some("33.0.0-jre"), Pin::Exact),
            ("ktor.netty", "io.ktor/ktor-server-netty", Some("2.3.7"), Pin::Exact),
            ("ktor.server.core", "io.ktor/ktor-server-core", Some("2.3.7"), Pin::Exact),
            ("managed", "a.b/managed", None, Pin::Unstated),
        ];
        assert_eq!(found, expected);
        let span = catalog.libraries["guava"].span;
        assert_eq!(&CATALOG[span.start..span.end], "guava");
        assert_eq!(catalog.plugins["kotlin"].requirement.as_deref(), Some("1.9.22"));
    }

    #[test]
    fn references_get_their_names() {
        let mut manifest = Manifest::new("build.gradle.kts", "maven");
        let span = Span::new(3, 9);
        manifest.push("libs.bundles.ktor", Scope::Runtime, None, Pin::Unstated, span);
        manifest.push("libs.guava", Scope::Test, None, Pin::Unstated, span);
        manifest.push("libs.missing", Scope::Runtime, None, Pin::Unstated, span);
        manifest.push("libsx/y", Scope::Runtime, None, Pin::Unstated, span);
        manifest.tools = vec!["plugin:libs.plugins.spring.boot".to_owned(), "plugin:java".to_owned()];
        resolve_catalog(&mut manifest, &version_catalog(CATALOG).unwrap());
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("io.ktor/ktor-server-core", Scope::Runtime, Pin::Exact),
            ("io.ktor/ktor-server-netty", Scope::Runtime, Pin::Exact),
            ("com.google.guava/guava", Scope::Test, Pin::Exact),
            ("libs.missing", Scope::Runtime, Pin::Unstated),
            ("libsx/y", Scope::Runtime, Pin::Unstated),
        ];
        assert_eq!(found, expected);
        assert!(manifest.packages.iter().all(|package| package.span == span));
        assert_eq!(manifest.tools, ["plugin:org.springframework.boot", "plugin:java"]);
        assert_eq!(manifest.unread, ["the catalogue has no libs.missing"]);
    }
}
