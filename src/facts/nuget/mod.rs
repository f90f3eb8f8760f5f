//! .NET: projects (`*.csproj`, `*.fsproj`, `*.vbproj`), solutions, central versions and the older `packages.config`.
//!
//! `MSBuild` is never run: `$(…)` is resolved from the properties of the same file, conditions are taken as true. The
//! files that `MSBuild` imports by their place (`Directory.Build.props`) are projects too and are read with [`csproj`].

mod project;
mod solution;

pub use project::csproj;
pub use solution::{sln, slnx};

use std::collections::BTreeMap;

use crate::format::{FormatError, Limits, Node, xml};
use crate::text::Span;

use super::package::{Manifest, Pin, Scope};

/// One version of `Directory.Packages.props`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralVersion {
    /// The version as written, properties resolved.
    pub requirement: String,
    /// How firm it is.
    pub pin: Pin,
    /// The place of the package's name in that file.
    pub span: Span,
}

/// Central versions by the lower-case name of the package.
pub type CentralVersions = BTreeMap<String, CentralVersion>;

/// Reads a `Directory.Packages.props` as a manifest. Versions are no use of a package: only what it adds to every
/// project (`GlobalPackageReference`) is a dependency.
pub fn directory_packages_props(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let document = xml::parse(text, &Limits::default())?;
    let project = project::element(&document.root)?;
    let properties = project::properties(project);
    let mut manifest = Manifest::new(path, "nuget");
    if project::resolved(&properties, "ManagePackageVersionsCentrally").is_some_and(|value| is_true(&value)) {
        manifest.tools.push("central-package-management".to_owned());
    }
    for reference in project::items(project, "GlobalPackageReference") {
        if let Some(name) = reference.get("@Include").filter(|name| name.as_str().is_some()) {
            let version = either(reference, "Version").map(|version| project::resolve(&properties, version));
            let pin = version.as_deref().map_or(Pin::Unstated, pin_of);
            manifest.push(name.as_str().unwrap_or_default().trim(), Scope::Development, version, pin, name.span);
        }
    }
    Ok(manifest)
}

/// The versions that a `Directory.Packages.props` states.
pub fn central_versions(text: &str) -> Result<CentralVersions, FormatError> {
    let document = xml::parse(text, &Limits::default())?;
    let project = project::element(&document.root)?;
    let properties = project::properties(project);
    let mut versions = CentralVersions::new();
    for entry in project::items(project, "PackageVersion") {
        let Some(name) = entry.get("@Include").or_else(|| entry.get("@Update")) else { continue };
        let Some(version) = either(entry, "Version") else { continue };
        let requirement = project::resolve(&properties, version);
        let pin = pin_of(&requirement);
        let key = name.as_str().unwrap_or_default().trim().to_lowercase();
        versions.insert(key, CentralVersion { requirement, pin, span: name.span });
    }
    Ok(versions)
}

/// Fills in the version of the references that leave it to the central file.
pub fn resolve_versions(manifest: &mut Manifest, versions: &CentralVersions) {
    for package in manifest.packages.iter_mut().filter(|package| package.pin == Pin::Unstated) {
        if let Some(known) = versions.get(&package.name.to_lowercase()) {
            package.requirement = Some(known.requirement.clone());
            package.pin = known.pin;
        }
    }
}

/// Reads a `packages.config`. It lists what is installed, what the direct packages pull in as well.
pub fn packages_config(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let document = xml::parse(text, &Limits::default())?;
    let Some(root) = document.root.get("packages") else {
        return Err(FormatError::whole("no packages element"));
    };
    let mut manifest = Manifest::new(path, "nuget");
    for entry in root.get("package").map_or(&[][..], Node::items) {
        let Some(id) = entry.get("@id") else { continue };
        let version = entry.get("@version").and_then(Node::as_str).map(str::to_owned);
        let pin = version.as_deref().map_or(Pin::Unstated, pin_of);
        let is_development = entry.get("@developmentDependency").and_then(Node::as_str).is_some_and(is_true);
        let scope = if is_development { Scope::Development } else { Scope::Runtime };
        manifest.push(id.as_str().unwrap_or_default().trim(), scope, version, pin, id.span);
    }
    Ok(manifest)
}

/// How firm a version is: `NuGet` restores the lowest version that fits, so a plain one is taken as it is.
fn pin_of(version: &str) -> Pin {
    let version = version.trim();
    if version.contains("$(") {
        return Pin::Unstated;
    }
    match version.strip_prefix(['[', '(']) {
        None if version.contains('*') => Pin::Floating,
        None if version.is_empty() => Pin::Unstated,
        None => Pin::Exact,
        Some(inner) => match inner.rsplit_once(',') {
            None => Pin::Exact,
            Some((_, upper)) if upper.trim_matches([' ', ')', ']']).is_empty() => Pin::Floating,
            Some(_) => Pin::Range,
        },
    }
}

/// The text of an attribute, or of the first child element of the same name.
fn either<'a>(element: &'a Node, name: &str) -> Option<&'a str> {
    let attribute = element.get(&format!("@{name}")).and_then(Node::as_str);
    let text = attribute.or_else(|| element.get(name)?.items().first()?.get("#text")?.as_str())?.trim();
    (!text.is_empty()).then_some(text)
}

fn is_true(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROPS: &str = r#"<Project>
  <PropertyGroup>
    <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
    <AspNet>8.0.1</AspNet>
  </PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="Serilog" Version="3.1.1" />
    <PackageVersion Include="Microsoft.AspNetCore.Mvc.Testing" Version="$(AspNet)" />
    <GlobalPackageReference Include="Nerdbank.GitVersioning" Version="3.6.133" />
  </ItemGroup>
</Project>"#;

    #[test]
    fn central_versions_fill_in_what_projects_leave_out() {
        let manifest = directory_packages_props("Directory.Packages.props", PROPS).unwrap();
        assert_eq!(manifest.tools, ["central-package-management"]);
        assert_eq!(manifest.packages.len(), 1);
        assert_eq!((manifest.packages[0].scope, manifest.packages[0].pin), (Scope::Development, Pin::Exact));
        let versions = central_versions(PROPS).unwrap();
        assert_eq!(versions["microsoft.aspnetcore.mvc.testing"].requirement, "8.0.1");
        let span = versions["serilog"].span;
        assert!(PROPS[span.start..span.end].contains("Serilog"));

        let text = "<Project><ItemGroup><PackageReference Include=\"SeriLog\"/></ItemGroup></Project>";
        let mut project = csproj("a.csproj", text).unwrap();
        assert_eq!(project.packages[0].pin, Pin::Unstated);
        resolve_versions(&mut project, &versions);
        assert_eq!(project.packages[0].requirement.as_deref(), Some("3.1.1"));
        assert_eq!(project.packages[0].pin, Pin::Exact);
    }

    #[test]
    fn packages_config_lists_packages() {
        let text = r#"<packages>
  <package id="Newtonsoft.Json" version="13.0.3" targetFramework="net48" />
  <package id="StyleCop" version="4.7.55" developmentDependency="true" />
</packages>"#;
        let manifest = packages_config("packages.config", text).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        assert_eq!(
            found,
            [("Newtonsoft.Json", Scope::Runtime, Pin::Exact), ("StyleCop", Scope::Development, Pin::Exact)]
        );
        assert!(text[manifest.packages[1].span.start..manifest.packages[1].span.end].contains("StyleCop"));
    }

    #[test]
    fn versions_have_their_pins() {
        for (version, pin) in [
            ("1.2.3", Pin::Exact),
            ("[1.2.3]", Pin::Exact),
            ("*", Pin::Floating),
            ("1.*", Pin::Floating),
            ("[1.0,2.0)", Pin::Range),
            ("(,2.0]", Pin::Range),
            ("[1.0,)", Pin::Floating),
            ("$(Unknown)", Pin::Unstated),
        ] {
            assert_eq!(pin_of(version), pin, "{version}");
        }
    }
}
