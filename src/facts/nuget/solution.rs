//! Solutions: the list of projects that belong together, as lines (`*.sln`) or as XML (`*.slnx`).
//!
//! Each project becomes one entry of the workspace, as the path of its file: one folder may hold several.

use crate::format::{FormatError, Limits, Node, xml};

use super::super::package::Manifest;
use super::project::slashes;

/// Deepest nesting of folders in a `*.slnx` that is followed.
const FOLDER_DEPTH: usize = 16;

/// Reads a `*.sln`. Solution folders are no projects: what they name is no project file.
pub fn sln(path: &str, text: &str) -> Result<Manifest, FormatError> {
    FormatError::check_size(text, &Limits::default())?;
    let mut manifest = Manifest::new(path, "nuget");
    manifest.workspace_root = true;
    for line in text.lines() {
        if let Some(file) = line.trim_start().strip_prefix("Project(").and_then(project_file)
            && is_project(file)
        {
            manifest.workspace.push(slashes(file));
        }
    }
    Ok(manifest)
}

/// Reads a `*.slnx`.
pub fn slnx(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let document = xml::parse(text, &Limits::default())?;
    let Some(solution) = document.root.get("Solution") else {
        return Err(FormatError::whole("no Solution element"));
    };
    let mut manifest = Manifest::new(path, "nuget");
    manifest.workspace_root = true;
    collect(&mut manifest, solution, FOLDER_DEPTH);
    Ok(manifest)
}

fn collect(manifest: &mut Manifest, holder: &Node, depth: usize) {
    let projects = holder.get("Project").map_or(&[][..], Node::items).iter();
    manifest.workspace.extend(projects.filter_map(|project| project.get("@Path")?.as_str()).map(slashes));
    if depth > 0 {
        for folder in holder.get("Folder").map_or(&[][..], Node::items) {
            collect(manifest, folder, depth - 1);
        }
    }
}

/// The second quoted text behind the equals sign: `"{type}") = "name", "file", "{id}"`.
fn project_file(behind: &str) -> Option<&str> {
    behind.split_once('=')?.1.split('"').nth(3)
}

fn is_project(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| ending.ends_with("proj"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_solution_lists_its_projects() {
        let text = "Microsoft Visual Studio Solution File, Format Version 12.00\r\n# Visual Studio 17\r\n\
            Project(\"{FAE04EC0}\") = \"Web\", \"src\\Web\\Web.csproj\", \"{A}\"\r\nEndProject\r\n\
            Project(\"{2150E333}\") = \"Solution Items\", \"Solution Items\", \"{B}\"\r\nEndProject\r\n\
            #Project(\"{FAE04EC0}\") = \"Old\", \"Old.csproj\", \"{C}\"\r\n\
            Project(\"{F2A71F9B}\") = \"Core\", \"src/Core/Core.fsproj\", \"{D}\"\r\n";
        let manifest = sln("Shop.sln", text).unwrap();
        assert_eq!(manifest.workspace, ["src/Web/Web.csproj", "src/Core/Core.fsproj"]);
        assert!(manifest.workspace_root);
    }

    #[test]
    fn an_xml_solution_lists_its_projects() {
        let text = r#"<Solution><Project Path="Web\Web.csproj" />
            <Folder Name="/tests/"><Project Path="tests/Web.Tests.csproj" /></Folder></Solution>"#;
        assert_eq!(slnx("Shop.slnx", text).unwrap().workspace, ["Web/Web.csproj", "tests/Web.Tests.csproj"]);
        assert!(slnx("Shop.slnx", "<Project/>").is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(Project\\(|\"|=|, |proj|\\.|é|\n|\\\\){0,40}") {
            sln("a.sln", &text).unwrap();
        }
    }
}
