//! Compiles `rules/` into the program: each YAML file becomes one compact JSON text, without the example pages, so that
//! loading costs a millisecond instead of parsing YAML at every start.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "src/rule/named.rs"]
mod named;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    let root = Path::new("rules");
    let mut entries = Vec::new();
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if !entry.file_type().is_file() || !name.ends_with(".yml") || name.ends_with(".test.yml") {
            continue;
        }
        let text = fs::read_to_string(entry.path())?;
        let mut value: serde_json::Value =
            serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", entry.path().display()))?;
        named::resolve(&mut value).map_err(|fault| format!("{}: {fault}", entry.path().display()))?;
        let path = entry.path().strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        entries.push((path, serde_json::to_string(&value)?));
    }
    entries.sort();
    let mut code = String::from("/// Path below `rules/` and content as JSON, sorted by path.\n");
    code.push_str("static EMBEDDED: &[(&str, &str)] = &[\n");
    for (path, json) in &entries {
        writeln!(code, "    ({path:?}, {json:?}),")?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded_rules.rs"), code)?;
    Ok(())
}
