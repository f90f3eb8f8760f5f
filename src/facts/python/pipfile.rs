//! `Pipfile`: tables of packages by category, in TOML.

use super::{ECOSYSTEM, entry, normalise, owned, pep508, runtime, scope_of, source_pin, task};
use crate::facts::package::{EntryKind, Manifest, Pin, Scope};
use crate::format::{Data, FormatError, Limits, Member, Syntax, parse};

/// Tables that hold no packages; every other one is a category.
const SETTINGS: &[&str] = &["source", "requires", "scripts", "pipenv"];

/// Reads a `Pipfile`.
pub fn pipfile(path: &str, text: &str) -> Result<Manifest, FormatError> {
    let root = match parse(Syntax::Toml, text, &Limits::default())?.into_iter().next() {
        Some(document) => document.root,
        None => return Err(FormatError::whole("the manifest is empty")),
    };
    let mut manifest = Manifest::new(path, ECOSYSTEM);
    for table in root.members() {
        match table.key.as_str() {
            "requires" => {
                for key in ["python_version", "python_full_version"] {
                    if let Some((node, requirement)) =
                        table.value.get(key).and_then(|node| Some((node, node.as_str()?)))
                    {
                        runtime(&mut manifest, requirement, node.span);
                    }
                }
            }
            "scripts" => {
                for script in table.value.members() {
                    entry(&mut manifest, EntryKind::Script, &script.key, &task(&script.value), script.key_span);
                }
            }
            name if !SETTINGS.contains(&name) => {
                let scope = if name == "packages" { Scope::Runtime } else { scope_of(name, Scope::Optional) };
                table.value.members().iter().for_each(|package| dependency(&mut manifest, package, scope));
            }
            _ => {}
        }
    }
    Ok(manifest)
}

fn dependency(manifest: &mut Manifest, package: &Member, scope: Scope) {
    let value = &package.value;
    if !matches!(value.data, Data::String(_) | Data::Object(_)) {
        manifest.unread.push(format!("{} is neither a text nor a table", package.key));
        return;
    }
    let version = owned(Some(value)).or_else(|| owned(value.get("version")));
    let stated = version.as_deref().map_or(Pin::Unstated, |version| match version.trim() {
        "*" => Pin::Floating,
        version => pep508::pin_python(version),
    });
    let pin = source_pin(value).unwrap_or(stated);
    let requirement = version.or_else(|| ["git", "path", "file"].iter().find_map(|key| owned(value.get(key))));
    manifest.push(normalise(&package.key), scope, requirement, pin, package.key_span);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application() {
        let text = r#"[[source]]
url = "https://index.example/simple"
[packages]
django = "==4.2"
Requests = "*"
celery = { version = ">=5,<6", extras = ["redis"] }
lib = { path = "./lib", editable = true }
odd = 3
[dev-packages]
pytest = "~=8.0"
[requires]
python_version = "3.11"
[scripts]
start = "python manage.py runserver"
"#;
        let manifest = pipfile("Pipfile", text).unwrap();
        let seen: Vec<_> = manifest.packages.iter().map(|p| (p.name.as_str(), p.scope, p.pin)).collect();
        let expected = [
            ("django", Scope::Runtime, Pin::Exact),
            ("requests", Scope::Runtime, Pin::Floating),
            ("celery", Scope::Runtime, Pin::Range),
            ("lib", Scope::Runtime, Pin::Local),
            ("pytest", Scope::Development, Pin::Range),
        ];
        assert_eq!(seen, expected);
        for package in &manifest.packages {
            assert_eq!(normalise(&text[package.span.start..package.span.end]), package.name);
        }
        assert_eq!(manifest.runtimes[0].requirement, "3.11");
        assert_eq!(manifest.entry_points[0].name, "start");
        assert_eq!(manifest.unread, ["odd is neither a text nor a table"]);
    }
}
