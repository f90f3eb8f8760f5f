//! Which files a document applies: a kustomization what it lists, an Application of Argo CD or a Kustomization of Flux what
//! lies at the path that it deploys.
//!
//! `rules/kinds.yml` says where such documents name them. A name may be a file, a folder, or hold a placeholder: then all
//! counts that it may stand for.

use serde::Deserialize;

use crate::condition::steps::{Step, each, plain};
use crate::facts::layout;
use crate::format::Node;

/// With what placeholders begin, and end.
const OPEN: [char; 6] = ['*', '{', '[', '$', '<', '%'];
const CLOSE: [char; 5] = ['*', '}', ']', '>', '%'];

/// One declaration as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppliesFile {
    from: Origin,
    names: Vec<NameFile>,
}

/// Where the names of a document are seen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The folder of its file: another document must apply it before it counts.
    Folder,
    /// The repository's root: it deploys them.
    Root,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameFile {
    /// The nodes that name something: names, indices and `*`.
    at: String,
    /// The member of such a node that is the name; without it the node itself is.
    name: Option<String>,
    /// The pointer, from such a node, to what says of which repository it is.
    of: Option<String>,
    /// The pointer, from the root of the document, to the folder that the name is seen from.
    below: Option<String>,
}

/// A declaration.
#[derive(Debug)]
pub struct Applies {
    /// Where names are seen from.
    pub from: Origin,
    names: Vec<(Vec<Step>, NameFile)>,
}

/// What a document names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Applied {
    /// A file or folder, from the root with forward slashes, empty for the root; or what stands before a placeholder.
    pub path: String,
    /// What stands behind the last placeholder, if there is one: paths that begin with `path` hold it further on.
    pub then: Option<String>,
    /// What the document says about the repository that it is of.
    pub of: Option<String>,
}

impl Applies {
    /// Reads a declaration; the error is what is wrong with it.
    pub(super) fn new(written: AppliesFile) -> Result<Self, String> {
        let read = |name: NameFile| Ok((plain(&name.at)?, name));
        let names = written.names.into_iter().map(read).collect::<Result<_, String>>()?;
        Ok(Self { from: written.from, names })
    }

    /// What the document `root` of the file at `path` names.
    pub fn names(&self, root: &Node, path: &str) -> Vec<Applied> {
        let mut found = Vec::new();
        for (steps, written) in &self.names {
            let below = written.below.as_ref().and_then(|pointer| root.pointer(pointer)).and_then(Node::scalar_text);
            let folder = match (self.from, &below) {
                (_, Some(below)) => below.trim_start_matches('/'),
                (Origin::Folder, None) => crate::repo::folder_of(path),
                (Origin::Root, None) => "",
            };
            let Some(folder) = layout::resolve(".", folder) else { continue };
            each(root, steps, &mut |node| {
                let name = written.name.as_ref().map_or(Some(node), |name| node.get(name));
                let Some(name) = name.and_then(Node::scalar_text) else { return };
                let of = written.of.as_ref().and_then(|pointer| node.pointer(pointer)).and_then(Node::scalar_text);
                found.extend(seen_from(&folder, &name, self.from).map(|applied| Applied { of, ..applied }));
            });
        }
        // A placeholder alone says nothing where another name beside it says more.
        let says_something = |applied: &Applied| applied.then.as_deref() != Some("") || !applied.path.is_empty();
        if found.iter().any(says_something) {
            found.retain(says_something);
        }
        found
    }
}

/// `name` seen from `folder` (`.`: the root); `None` where it is elsewhere.
fn seen_from(folder: &str, name: &str, from: Origin) -> Option<Applied> {
    if name.contains("://") || name.contains("?ref=") {
        return None;
    }
    let name = if from == Origin::Root { name.trim_start_matches('/') } else { name };
    let placeholder = name.find(OPEN);
    let (fixed, begun) = match placeholder.and_then(|at| name.get(..at)) {
        Some(known) => known.rsplit_once('/').unwrap_or(("", known)),
        None => (name, ""),
    };
    let resolved = layout::resolve(folder, fixed)?;
    let resolved = if resolved == "." { String::new() } else { resolved };
    let path = match (placeholder, resolved.is_empty()) {
        (None, _) => resolved,
        (Some(_), true) => begun.to_owned(),
        (Some(_), false) => format!("{resolved}/{begun}"),
    };
    Some(Applied { path, then: placeholder.map(|_| behind(name).to_owned()), of: None })
}

/// What stands behind the last placeholder of a name, without a `/` at its end. What a pattern of files finds is only where
/// the thing lies that counts.
fn behind(name: &str) -> &str {
    let last = name.rfind(CLOSE).and_then(|at| name.get(at + 1..)).unwrap_or_default();
    if name.contains(['*', '[']) { "" } else { last.trim_end_matches('/') }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::condition::schema::sample::node;

    fn names(written: &str, path: &str, document: &Value) -> Vec<String> {
        let applies = Applies::new(serde_yaml::from_str(written).unwrap()).unwrap();
        let told = |applied: Applied| match applied.then {
            None => applied.path,
            Some(then) => format!("{}…{then}", applied.path),
        };
        applies.names(&node(document), path).into_iter().map(told).collect()
    }

    #[test]
    fn a_list_names_what_lies_beside_it() {
        let written = "{ from: folder, names: [{ at: '$.resources[*]' }, { at: '$.patches[*]', name: path }] }";
        let document = json!({
            "resources": ["../base", "web.yaml", "https://x.org/a.yaml", "github.com/o/r?ref=v1", "../../.."],
            "patches": [{"path": "p.yaml"}, {"patch": "x"}]
        });
        let found = names(written, "apps/web/prod/kustomization.yaml", &document);
        assert_eq!(found, ["apps/web/base", "apps/web/prod/web.yaml", "", "apps/web/prod/p.yaml"]);
    }

    #[test]
    fn a_deployment_names_paths_of_the_root() {
        let written = "{ from: root, names: [{ at: '$.spec', name: path }, { at: '$.spec.components[*]', below: /spec/path }, { at: '$.spec.dirs[*]' }] }";
        let table = [
            (json!({"path": "./apps/web"}), vec!["apps/web"]),
            (json!({"path": "./apps/web", "components": ["../c"]}), vec!["apps/web", "apps/c"]),
            (json!({"path": "apps/${NAME}/x/"}), vec!["apps/…/x"]),
            (json!({"path": "apps/web-{{name}}"}), vec!["apps/web-…"]),
            (json!({"path": "./"}), vec![""]),
            (json!({"path": "{{path}}"}), vec!["…"]),
            (json!({"path": "{{path}}/prod"}), vec!["…/prod"]),
            (json!({"path": "{{path}}", "dirs": ["apps/*"]}), vec!["apps/…"]),
            (json!({"dirs": ["apps/*/config.json"]}), vec!["apps/…"]),
            (json!({"path": "../x"}), vec![]),
        ];
        for (spec, expected) in table {
            assert_eq!(names(written, "clusters/a/x.yaml", &json!({"spec": spec})), expected, "{spec}");
        }
    }

    #[test]
    fn filters_are_no_place() {
        let written = serde_yaml::from_str("{ from: root, names: [{ at: '$.a[?@.b]' }] }").unwrap();
        assert!(Applies::new(written).unwrap_err().contains("$.a[?@.b]"));
    }
}
