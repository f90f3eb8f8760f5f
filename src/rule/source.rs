//! Where rule files come from: compiled into the program, or a folder that the user names.
//!
//! Embedded files are JSON (made from the YAML when the program is built, without their examples), because that loads
//! in a millisecond; user files are YAML, read with their line numbers so that faults can be pointed at.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::embedded;
use crate::rule::error::RuleError;
use crate::rule::id::did_you_mean;
use crate::rule::named;

/// One rule file.
#[derive(Debug, Clone)]
pub struct RuleSource {
    /// Path below the rules folder, with forward slashes: it decides what the file is.
    pub path: String,
    /// What errors call it.
    pub shown: String,
    /// Its text.
    pub text: std::borrow::Cow<'static, str>,
    /// Whether the text is JSON.
    pub json: bool,
}

/// The files that are part of the program.
pub fn embedded() -> impl Iterator<Item = RuleSource> {
    embedded::files().iter().map(|(path, text)| RuleSource {
        path: (*path).to_owned(),
        shown: format!("rules/{path}"),
        text: std::borrow::Cow::Borrowed(*text),
        json: true,
    })
}

/// The rule files below `folder`, by path; example pages (`*.test.yml`) are left out.
pub fn folder(folder: &Path) -> Result<Vec<RuleSource>, RuleError> {
    read_folder(folder, |name| !name.ends_with(".test.yml"))
}

/// The example pages below `folder`, by path.
pub fn example_pages(folder: &Path) -> Result<Vec<RuleSource>, RuleError> {
    read_folder(folder, |name| name.ends_with(".test.yml"))
}

fn read_folder(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<RuleSource>, RuleError> {
    let shown = folder.display().to_string();
    if !folder.is_dir() {
        return Err(RuleError::new(&shown, "this folder of rules does not exist"));
    }
    let mut sources = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| RuleError::new(&shown, format!("cannot be read: {error}")))?;
        let name = entry.file_name().to_string_lossy();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if !entry.file_type().is_file() || !is_yaml || !wanted(&name) {
            continue;
        }
        let path = entry.path();
        let relative = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(path)
            .map_err(|error| RuleError::new(&path.display().to_string(), format!("cannot be read: {error}")))?;
        let shown = path.display().to_string();
        sources.push(RuleSource { path: relative, shown, text: text.into(), json: false });
    }
    Ok(sources)
}

impl RuleSource {
    /// Reads the file as `T`. An unknown key names the one that was probably meant.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, RuleError> {
        if self.json {
            return serde_json::from_str(&self.text).map_err(|error| self.fault(&error.to_string(), None));
        }
        let fault = |error: serde_yaml::Error| {
            let line = error.location().map(|place| place.line());
            self.fault(&error.to_string(), line)
        };
        let file = serde_yaml::from_str(&self.text).map_err(fault)?;
        if !self.text.lines().any(|line| line.starts_with("named:")) {
            return Ok(file);
        }
        let mut written: serde_json::Value = serde_yaml::from_str(&self.text).map_err(fault)?;
        named::resolve(&mut written).map_err(|message| self.fault(&message, None))?;
        serde_json::from_value(written).map_err(|error| self.fault(&error.to_string(), None))
    }

    fn fault(&self, message: &str, line: Option<usize>) -> RuleError {
        let plain = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
        let error = RuleError::new(&self.shown, plain).on_line(line);
        match suggestion(plain) {
            Some(help) => error.with_help(help),
            None => error,
        }
    }
}

/// serde says ``unknown field `x`, expected one of `a`, `b` ``: the nearest of these is what was meant.
pub fn suggestion(message: &str) -> Option<String> {
    let at = message.find("unknown field").or_else(|| message.find("unknown variant"))?;
    let mut quoted = message[at..].split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    did_you_mean(wrong, quoted).map(|meant| format!("did you mean `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::file::RuleFile;

    fn yaml(text: &str) -> RuleError {
        let source = RuleSource {
            path: "a/b.yml".into(),
            shown: "my/a/b.yml".into(),
            text: text.to_owned().into(),
            json: false,
        };
        source.read::<RuleFile>().unwrap_err()
    }

    #[test]
    fn a_misspelt_key_is_told_with_its_line_and_the_right_one() {
        let error = yaml("title: x\nserverity: high\nconfidence: high\nedition: '1'\nwhy: x\nfix: y\n");
        assert_eq!(error.line, Some(2));
        assert_eq!(error.help.as_deref(), Some("did you mean `severity`?"));
        assert!(error.to_string().starts_with("my/a/b.yml:2: "), "{error}");
    }

    #[test]
    fn yaml_that_is_none_is_told_with_its_line() {
        let error = yaml("title: x\n  why: [\n");
        assert!(error.line.is_some(), "{error}");
    }
}
