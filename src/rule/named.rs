//! Names for parts of long expressions: what several patterns of a file ask in the same words is written once, under
//! `named`, and stands as `{{name}}` in their `at` and `pattern`. A name may use those above it.
//!
//! Names are resolved in the text of the expressions, before anything else reads them: when the program is built for the
//! rules that are part of it, when a file is read for those of the user.

use serde_json::Value;

/// The key of the names.
const NAMED: &str = "named";

/// Resolves the names of a rule file, and takes them out of it.
///
/// # Errors
/// A name that is not given, is given and not used, or is no text.
pub(crate) fn resolve(file: &mut Value) -> Result<(), String> {
    let Some(named) = file.as_object_mut().and_then(|file| file.shift_remove(NAMED)) else { return Ok(()) };
    let Value::Object(given) = named else { return Err(format!("`{NAMED}` gives texts by their names")) };
    let mut known = Names::default();
    for (name, text) in given {
        let Value::String(text) = text else { return Err(format!("under `{NAMED}`: `{name}` is no text")) };
        let text = known.put_in(&text, true)?;
        known.0.push(Name { holder: format!("{{{{{name}}}}}"), text, is_used: false });
    }
    known.walk(file)?;
    match known.0.iter().find(|name| !name.is_used) {
        Some(unused) => Err(format!("under `{NAMED}`: nothing uses `{}`", unused.holder)),
        None => Ok(()),
    }
}

/// The names that are known, in their order.
#[derive(Default)]
struct Names(Vec<Name>);

/// A name as it stands in expressions, and what it stands for.
struct Name {
    holder: String,
    text: String,
    is_used: bool,
}

impl Names {
    fn walk(&mut self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.walk(item)),
            Value::Object(members) => members.iter_mut().try_for_each(|(key, member)| match member {
                // Braces in regular expressions may mean themselves.
                Value::String(text) if key == "at" || key == "pattern" => {
                    *text = self.put_in(text, key == "at")?;
                    Ok(())
                }
                other => self.walk(other),
            }),
            _ => Ok(()),
        }
    }

    /// `text` with what its names stand for; `all`: whatever looks like a name must be one.
    fn put_in(&mut self, text: &str, all: bool) -> Result<String, String> {
        let mut text = text.to_owned();
        for name in &mut self.0 {
            if text.contains(&name.holder) {
                text = text.replace(&name.holder, &name.text);
                name.is_used = true;
            }
        }
        match text.find("{{").filter(|_| all) {
            Some(at) => {
                Err(format!("`{}` is not given under `{NAMED}`", text[at..].chars().take(30).collect::<String>()))
            }
            None => Ok(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resolved(mut file: Value) -> Result<Value, String> {
        resolve(&mut file).map(|()| file)
    }

    #[test]
    fn names_stand_for_what_they_are_given() {
        let file = json!({
            "named": { "store": "@.kind == 'store'", "lone-store": "({{store}} && @.copies == 1)" },
            "forbid": [
                { "id": "a", "value": { "at": "$[?{{lone-store}}]" } },
                { "id": "{{store}}", "text": { "pattern": "{{store}}|\\{\\{x|{{y}}" } },
            ],
        });
        let wanted = json!({
            "forbid": [
                { "id": "a", "value": { "at": "$[?(@.kind == 'store' && @.copies == 1)]" } },
                { "id": "{{store}}", "text": { "pattern": "@.kind == 'store'|\\{\\{x|{{y}}" } },
            ],
        });
        assert_eq!(resolved(file), Ok(wanted));
        assert_eq!(resolved(json!({ "at": "{{x}}" })), Ok(json!({ "at": "{{x}}" })), "a file without names");
    }

    #[test]
    fn what_is_wrong_with_names_is_told() {
        let fault = |file: Value| resolved(file).unwrap_err();
        assert!(fault(json!({ "named": { "a": "x" }, "at": "{{b}}" })).contains("`{{b}}` is not given"));
        assert!(fault(json!({ "named": { "a": "x" }, "at": "b" })).contains("nothing uses `{{a}}`"));
        assert!(fault(json!({ "named": { "a": "{{b}}", "b": "x" }, "at": "{{a}}{{b}}" })).contains("not given"));
        assert!(fault(json!({ "named": { "a": 1 } })).contains("no text"));
        assert!(fault(json!({ "named": [] })).contains("by their names"));
    }
}
