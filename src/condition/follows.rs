//! Members that say what the commands of a document lead to, so that rules ask them as they ask the commands.
//!
//! `rules/kinds.yml` says which members of a kind hold scripts, and where these run; what they lead to is found by
//! [`Follower`]. The member is added beside the script, with the place of the script.

use serde::Deserialize;

use crate::condition::steps::{Step, plain};
use crate::facts::tasks::Follower;
use crate::format::{Data, Member, Node};

/// One declaration as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FollowsFile {
    /// The nodes that hold scripts: names, indices and `*`.
    at: String,
    /// Members that are a script, or lists of its lines.
    #[serde(default)]
    scripts: Vec<String>,
    /// A member that names an action of the repository, and the one with its inputs.
    uses: Option<String>,
    with: Option<String>,
    /// The member that says in which folder it runs, and where a node above says it for all below.
    folder: Option<String>,
    outer: Option<String>,
    /// The name of the member that is added.
    r#as: String,
}

/// A declaration.
#[derive(Debug)]
pub(super) struct Follows {
    at: Vec<Step>,
    written: FollowsFile,
}

impl Follows {
    /// Reads a declaration; the error is what is wrong with it.
    pub(super) fn new(written: FollowsFile) -> Result<Self, String> {
        Ok(Self { at: plain(&written.at)?, written })
    }

    /// Adds the members to a parsed document.
    pub(super) fn add(&self, root: &mut Node, follower: &Follower<'_>) {
        self.descend(root, &self.at, None, follower);
    }

    fn descend(&self, node: &mut Node, steps: &[Step], folder: Option<&str>, follower: &Follower<'_>) {
        let outer = self.written.outer.as_ref().and_then(|pointer| node.pointer(pointer)).and_then(Node::scalar_text);
        let folder = outer.as_deref().or(folder);
        let Some((step, rest)) = steps.split_first() else { return self.follow(node, folder, follower) };
        match (&mut node.data, step) {
            (Data::Object(members), step) => {
                for member in members.iter_mut() {
                    let fits = match step {
                        Step::Name(name) => member.key == *name,
                        Step::Every => true,
                        Step::Index(_) => false,
                    };
                    if fits {
                        self.descend(&mut member.value, rest, folder, follower);
                    }
                }
            }
            (Data::Array(items), Step::Every) => {
                for item in items.iter_mut() {
                    self.descend(item, rest, folder, follower);
                }
            }
            (Data::Array(items), Step::Index(index)) => {
                items.get_mut(*index).into_iter().for_each(|item| self.descend(item, rest, folder, follower));
            }
            _ => {}
        }
    }

    fn follow(&self, node: &mut Node, outer: Option<&str>, follower: &Follower<'_>) {
        let written = &self.written;
        let folder = written.folder.as_ref().and_then(|key| node.get(key)).and_then(Node::scalar_text);
        let folder = folder.as_deref().or(outer).unwrap_or_default();
        let mut script = String::new();
        let mut place = None;
        for member in written.scripts.iter().filter_map(|key| node.member(key)) {
            place = place.or(Some((member.key_span, member.value.span)));
            lines(&member.value, &mut script);
        }
        let mut found = if script.is_empty() { String::new() } else { follower.script(&script, folder) };
        if let Some(member) = written.uses.as_ref().and_then(|key| node.member(key))
            && let Some(uses) = member.value.as_str()
        {
            place = place.or(Some((member.key_span, member.value.span)));
            let given = written.with.as_ref().and_then(|key| node.get(key)).map(Node::members).unwrap_or_default();
            let given: Vec<(String, String)> =
                given.iter().filter_map(|member| Some((member.key.clone(), member.value.scalar_text()?))).collect();
            found.push_str(&follower.action(uses, &given));
        }
        let Some((key_span, span)) = place.filter(|_| !found.is_empty()) else { return };
        let Data::Object(members) = &mut node.data else { return };
        members.push(Member { key: written.r#as.clone(), key_span, value: Node::string(found, span) });
    }
}

/// The lines of a script, or of a list of them.
fn lines(node: &Node, script: &mut String) {
    if node.tag.is_some() {
        return;
    }
    match &node.data {
        Data::String(text) | Data::Opaque(text) => {
            script.push_str(text);
            script.push('\n');
        }
        Data::Array(items) => items.iter().for_each(|item| lines(item, script)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::condition::schema::sample::placed;
    use crate::repo::Repo;

    const WRITTEN: &str = "{ at: '$.jobs.*.steps[*]', scripts: [before, run], uses: uses, with: with, folder: in, outer: /all/in, as: followed }";

    #[test]
    fn steps_say_what_they_lead_to() {
        let repo = Repo::from_memory([
            ("Makefile", "a:\n\tpytest\n"),
            ("sub/Makefile", "a:\n\tcargo test\n"),
            ("x/action.yml", "runs:\n  steps:\n    - run: make ${{ inputs.what }}\n"),
        ]);
        let value = serde_json::json!({"all": {"in": "sub"}, "jobs": {"j": {"steps": [
            {"before": ["make a", 5], "in": "."}, {"run": "make a"}, {"run": "echo"}, {"uses": "./x", "with": {"what": "a"}}, {"uses": "o/x@v1"}
        ]}}});
        let (text, mut root) = placed(&value);
        let follows = Follows::new(serde_yaml::from_str(WRITTEN).unwrap()).unwrap();
        follows.add(&mut root, &Follower::new(&repo));
        let added = |step: usize| root.pointer(&format!("/jobs/j/steps/{step}/followed"));
        assert_eq!(added(0).unwrap().as_str(), Some("pytest\n"));
        assert_eq!(added(1).unwrap().as_str(), Some("cargo test\n"));
        assert_eq!(&text[added(1).unwrap().span.start..added(1).unwrap().span.end], "\"make a\"");
        assert!(added(2).is_none() && added(4).is_none());
        assert_eq!(added(3).unwrap().as_str(), Some("make a\npytest\n"));
    }

    #[test]
    fn faults_are_told() {
        let written = WRITTEN.replace("steps[*]", "steps[?@.run]");
        let fault = Follows::new(serde_yaml::from_str(&written).unwrap()).unwrap_err();
        assert_eq!(fault, "`$.jobs.*.steps[?@.run]` has more than names, indices and `*`");
    }
}
