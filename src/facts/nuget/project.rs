//! One `MSBuild` project: its packages, its frameworks, and whether it is a program.

use std::collections::{HashMap, HashSet};

use crate::format::{FormatError, Limits, Node, xml};
use crate::text::Span;

use super::super::package::{EntryKind, EntryPoint, Manifest, Package, Pin, RuntimeRequirement, Scope};
use super::{either, is_true, pin_of};

/// Properties by name, those of later groups first to win.
pub(super) type Properties<'a> = HashMap<&'a str, (&'a str, Span)>;

/// How often a property may lead to another one.
const PROPERTY_DEPTH: usize = 8;

/// Longest text that resolving properties may give, in bytes.
const PROPERTY_LENGTH: usize = 1024;

/// SDKs that build a program unless the project says otherwise.
const PROGRAM_SDKS: [&str; 3] =
    ["microsoft.net.sdk.web", "microsoft.net.sdk.worker", "microsoft.net.sdk.blazorwebassembly"];

/// Reads a `*.csproj`, `*.fsproj`, `*.vbproj` or a `*.props` or `*.targets` of the same shape.
pub fn csproj(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let document = xml::parse(text, &Limits::default())?;
    let project = element(&document.root)?;
    let properties = properties(project);
    let mut manifest = Manifest::new(path, "nuget");
    let stem = stem_of(path);
    let own = |name: &str| resolved(&properties, name);
    manifest.name = own("PackageId").or_else(|| own("AssemblyName")).or_else(|| Some(stem.clone()));
    manifest.version = own("Version").or_else(|| own("VersionPrefix"));
    manifest.private = own("IsPackable").map(|value| !is_true(&value));
    read_packages(&mut manifest, project, &properties);
    read_projects(&mut manifest, project);
    read_platform(&mut manifest, &properties);
    let sdks = read_sdks(&mut manifest, project);
    for framework in items(project, "FrameworkReference") {
        manifest.tools.extend(either(framework, "Include").map(|name| format!("framework:{name}")));
    }
    if own("RestorePackagesWithLockFile").is_some_and(|value| is_true(&value)) {
        manifest.tools.push("lock-file".to_owned());
    }
    for import in project.get("Import").map_or(&[][..], Node::items) {
        let file = import.get("@Project").and_then(Node::as_str).filter(|file| !file.contains("$("));
        manifest.includes.extend(file.filter(|_| import.get("@Sdk").is_none()).map(slashes));
    }
    read_program(&mut manifest, project, &properties, &sdks, &stem);
    Ok(manifest)
}

/// The `Project` element of a file.
pub(super) fn element(root: &Node) -> Result<&Node, FormatError> {
    root.get("Project").ok_or_else(|| FormatError::whole("no Project element"))
}

/// All properties with their text; of two of one name the last stands.
pub(super) fn properties(project: &Node) -> Properties<'_> {
    let mut properties = HashMap::new();
    for group in project.get("PropertyGroup").map_or(&[][..], Node::items) {
        for member in group.members() {
            let text = member.value.items().last().and_then(|value| value.get("#text"));
            if let Some((text, node)) = text.and_then(|node| Some((node.as_str()?, node))) {
                properties.insert(member.key.as_str(), (text, node.span));
            }
        }
    }
    properties
}

/// A property with what it refers to filled in; `None` where it is not there or not known.
pub(super) fn resolved(properties: &Properties<'_>, name: &str) -> Option<String> {
    let (text, _) = properties.get(name)?;
    let text = resolve(properties, text);
    (!text.contains("$(") && !text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// The text with its `$(…)` filled in, or as it is where one of them is not known here.
pub(super) fn resolve(properties: &Properties<'_>, text: &str) -> String {
    let mut current = text.to_owned();
    for _ in 0..PROPERTY_DEPTH {
        if !current.contains("$(") {
            return current;
        }
        match fill(properties, &current) {
            Some(next) if next.len() <= PROPERTY_LENGTH => current = next,
            _ => break,
        }
    }
    text.to_owned()
}

fn fill(properties: &Properties<'_>, text: &str) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("$(") {
        let (name, after) = behind.split_once(')')?;
        filled.push_str(before);
        filled.push_str(properties.get(name.trim())?.0);
        if filled.len() > PROPERTY_LENGTH {
            return None;
        }
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// The items of a name in all item groups, those under `Choose` as well.
pub(super) fn items<'a>(project: &'a Node, name: &str) -> Vec<&'a Node> {
    let list = |node: &'a Node, name: &str| node.get(name).map_or(&[][..], Node::items).iter();
    let branches = list(project, "Choose").flat_map(|choose| list(choose, "When").chain(list(choose, "Otherwise")));
    let holders = std::iter::once(project).chain(branches);
    holders.flat_map(|holder| list(holder, "ItemGroup")).flat_map(|group| list(group, name)).collect()
}

fn read_packages(manifest: &mut Manifest, project: &Node, properties: &Properties<'_>) {
    let references = items(project, "PackageReference");
    let is_test = resolved(properties, "IsTestProject").is_some_and(|value| is_true(&value))
        || references.iter().any(|entry| either(entry, "Include") == Some("Microsoft.NET.Test.Sdk"));
    let usual = if is_test { Scope::Test } else { Scope::Runtime };
    let mut included: HashMap<String, usize> = HashMap::new();
    for entry in references {
        let Some(reference) = Reference::read(entry, properties) else { continue };
        if reference.pin == Pin::Unstated && reference.requirement.is_some() {
            let version = reference.requirement.as_deref().unwrap_or_default();
            manifest.unread.push(format!("version {version} is not stated here"));
        }
        for name in reference.names() {
            let key = name.to_lowercase();
            let known = included.get(&key).copied().filter(|_| reference.is_update);
            if let Some(package) = known.and_then(|index| manifest.packages.get_mut(index)) {
                reference.update(package);
            } else {
                included.insert(key, manifest.packages.len());
                let scope = if reference.is_private { Scope::Development } else { usual };
                manifest.push(name, scope, reference.requirement.clone(), reference.pin, reference.node.span);
            }
        }
    }
    for entry in items(project, "DotNetCliToolReference") {
        let Some(tool) = Reference::read(entry, properties) else { continue };
        for name in tool.names() {
            manifest.push(name, Scope::Development, tool.requirement.clone(), tool.pin, tool.node.span);
        }
    }
}

/// One reference to a package, or an update of one that is there already.
struct Reference<'a> {
    node: &'a Node,
    requirement: Option<String>,
    pin: Pin,
    is_update: bool,
    is_private: bool,
}

impl<'a> Reference<'a> {
    fn read(entry: &'a Node, properties: &Properties<'_>) -> Option<Self> {
        let include = entry.get("@Include");
        let node = include.or_else(|| entry.get("@Update"))?;
        let version = either(entry, "VersionOverride").or_else(|| either(entry, "Version"));
        let requirement = version.map(|version| resolve(properties, version));
        let pin = requirement.as_deref().map_or(Pin::Unstated, pin_of);
        let assets = either(entry, "PrivateAssets").unwrap_or_default();
        let is_private = assets.split(';').any(|asset| asset.trim().eq_ignore_ascii_case("all"));
        Some(Self { node, requirement, pin, is_update: include.is_none(), is_private })
    }

    fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.node.as_str().unwrap_or_default().split(';').map(str::trim).filter(|name| !name.is_empty())
    }

    fn update(&self, package: &mut Package) {
        if self.requirement.is_some() {
            package.requirement.clone_from(&self.requirement);
            package.pin = self.pin;
        }
        if self.is_private {
            package.scope = Scope::Development;
        }
    }
}

fn read_projects(manifest: &mut Manifest, project: &Node) {
    for entry in items(project, "ProjectReference") {
        let Some(node) = entry.get("@Include") else { continue };
        let Some(file) = node.as_str() else { continue };
        manifest.push(stem_of(file), Scope::Runtime, Some(slashes(file)), Pin::Local, node.span);
    }
}

fn read_platform(manifest: &mut Manifest, properties: &Properties<'_>) {
    for key in ["TargetFramework", "TargetFrameworks", "TargetFrameworkVersion"] {
        let Some((text, span)) = properties.get(key) else { continue };
        let text = resolve(properties, text);
        let frameworks = text.split(';').map(str::trim).filter(|name| !name.is_empty() && !name.contains("$("));
        for framework in frameworks {
            let requirement = framework.to_owned();
            manifest.runtimes.push(RuntimeRequirement { name: "dotnet".to_owned(), requirement, span: *span });
        }
    }
}

/// The SDKs, named by an attribute or by elements; their versions are left out.
fn read_sdks(manifest: &mut Manifest, project: &Node) -> Vec<String> {
    let attribute = project.get("@Sdk").and_then(Node::as_str).unwrap_or_default().split(';');
    let elements = project.get("Sdk").map_or(&[][..], Node::items).iter().filter_map(|sdk| sdk.get("@Name"));
    let imports = project.get("Import").map_or(&[][..], Node::items).iter().filter_map(|import| import.get("@Sdk"));
    let mut seen = HashSet::new();
    let mut sdks = Vec::new();
    for sdk in attribute.chain(elements.chain(imports).filter_map(Node::as_str)) {
        let name = sdk.split('/').next().unwrap_or_default().trim();
        if !name.is_empty() && seen.insert(name) {
            manifest.tools.push(format!("sdk:{name}"));
            sdks.push(name.to_lowercase());
        }
    }
    sdks
}

/// A program is what says so, or what its SDK makes one by default.
fn read_program(manifest: &mut Manifest, project: &Node, properties: &Properties<'_>, sdks: &[String], stem: &str) {
    let by_default = sdks.iter().any(|sdk| PROGRAM_SDKS.contains(&sdk.as_str()));
    let place = match properties.get("OutputType") {
        Some((kind, span)) => ["exe", "winexe"].contains(&kind.trim().to_lowercase().as_str()).then_some(*span),
        None => by_default.then(|| project.get("@Sdk").map_or(Span::at(project.span.start), |sdk| sdk.span)),
    };
    if let Some(span) = place {
        let own = |name: &str| resolved(properties, name);
        let name = own("ToolCommandName").or_else(|| own("AssemblyName")).unwrap_or_else(|| stem.to_owned());
        let target = own("StartupObject").unwrap_or_default();
        manifest.entry_points.push(EntryPoint { kind: EntryKind::Command, name, target, span });
    }
}

/// The name of a file without its folders and its last ending.
fn stem_of(path: &str) -> String {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
}

/// A path with forward slashes.
pub(super) fn slashes(path: &str) -> String {
    path.trim().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: &str = r#"<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFrameworks>net8.0;net6.0</TargetFrameworks>
    <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
    <IsPackable>false</IsPackable>
    <Major>8</Major>
    <EfVersion>$(Major).0.1</EfVersion>
  </PropertyGroup>
  <Import Project="..\common.props" />
  <ItemGroup>
    <PackageReference Include="Serilog.AspNetCore" Version="8.0.0" />
    <!-- <PackageReference Include="Old" Version="1" /> -->
    <PackageReference Include="Npgsql"><Version>[8.0.1]</Version></PackageReference>
    <PackageReference Include="Central" />
    <PackageReference Include="Ef" Version="$(EfVersion)" />
    <PackageReference Include="Unknown" Version="$(Elsewhere)" />
    <PackageReference Include="Star" Version="1.*" />
    <PackageReference Include="StyleCop.Analyzers" Version="1.1.118" PrivateAssets="all" />
    <PackageReference Update="Central" Version="2.0.0" />
    <ProjectReference Include="..\Core\Shop.Core.csproj" />
    <FrameworkReference Include="Microsoft.AspNetCore.App" />
  </ItemGroup>
</Project>"#;

    #[test]
    fn a_project_is_read() {
        let manifest = csproj("src/Web/Shop.Web.csproj", PROJECT).unwrap();
        let found: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("Serilog.AspNetCore", Scope::Runtime, Pin::Exact),
            ("Npgsql", Scope::Runtime, Pin::Exact),
            ("Central", Scope::Runtime, Pin::Exact),
            ("Ef", Scope::Runtime, Pin::Exact),
            ("Unknown", Scope::Runtime, Pin::Unstated),
            ("Star", Scope::Runtime, Pin::Floating),
            ("StyleCop.Analyzers", Scope::Development, Pin::Exact),
            ("Shop.Core", Scope::Runtime, Pin::Local),
        ];
        assert_eq!(found, expected);
        for package in &manifest.packages {
            assert!(PROJECT[package.span.start..package.span.end].contains(&package.name), "{package:?}");
        }
        assert!(manifest.packages[1].span.start >= PROJECT.find("Include=\"Npgsql").unwrap());
        assert_eq!(manifest.packages[3].requirement.as_deref(), Some("8.0.1"));
        assert_eq!(manifest.packages[7].requirement.as_deref(), Some("../Core/Shop.Core.csproj"));
        assert_eq!(manifest.tools, ["sdk:Microsoft.NET.Sdk.Web", "framework:Microsoft.AspNetCore.App", "lock-file"]);
        assert_eq!(manifest.name.as_deref(), Some("Shop.Web"));
        assert_eq!(manifest.private, Some(true));
        assert_eq!(manifest.includes, ["../common.props"]);
        let frameworks: Vec<_> = manifest.runtimes.iter().map(|r| r.requirement.as_str()).collect();
        assert_eq!(frameworks, ["net8.0", "net6.0"]);
        assert_eq!(manifest.entry_points[0].name, "Shop.Web");
        assert_eq!(manifest.unread, ["version $(Elsewhere) is not stated here"]);
    }

    #[test]
    fn a_program_says_so() {
        let text = "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><OutputType>Exe</OutputType>\
                    <ToolCommandName>shop</ToolCommandName></PropertyGroup></Project>";
        let manifest = csproj("Shop.csproj", text).unwrap();
        assert_eq!(
            (manifest.entry_points[0].kind, manifest.entry_points[0].name.as_str()),
            (EntryKind::Command, "shop")
        );
        let library = csproj("Lib.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"/>").unwrap();
        assert!(library.entry_points.is_empty());
    }

    #[test]
    fn a_test_project_proves_nothing_about_the_program() {
        let text = r#"<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>
            <PackageReference Include="Microsoft.NET.Test.Sdk" Version="17.9.0" />
            <PackageReference Include="Serilog" Version="3.1.1" /></ItemGroup></Project>"#;
        let manifest = csproj("Tests.csproj", text).unwrap();
        assert!(manifest.packages.iter().all(|package| package.scope == Scope::Test));
    }

    #[test]
    fn properties_that_lead_nowhere_end() {
        let text = "<Project><PropertyGroup><A>$(B)$(B)</A><B>$(A)$(A)</B></PropertyGroup>\
                    <ItemGroup><PackageReference Include=\"X\" Version=\"$(A)\"/></ItemGroup></Project>";
        assert_eq!(csproj("a.csproj", text).unwrap().packages[0].pin, Pin::Unstated);
    }
}
