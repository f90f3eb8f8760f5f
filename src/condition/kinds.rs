//! Document kinds, as data: which files hold a workflow, a compose file, a Kubernetes object (`rules/kinds.yml`).
//!
//! A path decides first, for thousands of files in one matching pass; then a literal that the text must hold; then
//! the shape of the parsed document. A kind may add views: members that are computed once, so that rules only ask.
//! A kind that is written in two syntaxes has two entries of the same name.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::applies::{Applies, AppliesFile};
use super::follows::{Follows, FollowsFile};
use super::listing::Listing;
use super::schema::{Definitions, Schema, SchemaError};
use super::steps::{Step, each_mut, plain};
use super::truth::Truth;
use crate::condition::glob::{GlobTable, GlobTableBuilder};
use crate::embedded;
use crate::facts::tasks::Follower;
use crate::format::{Data, Member, Node, Syntax, Verbatim, hcl};

/// Kinds that no file declares: documents that the program makes itself.
const MADE: &[&str] = &["facts"];

/// What a view computes from a node of a text; `None` when it has nothing to say.
pub type View = fn(&Node, &str) -> Option<Node>;

/// The views by the names that `rules/kinds.yml` uses.
pub const VIEWS: &[(&str, View)] = &[("shell-commands", shell_commands)];

fn shell_commands(source: &Node, text: &str) -> Option<Node> {
    let script = source.as_str()?;
    let verbatim = Verbatim::of(script, text, source.span);
    let place = |span| verbatim.as_ref().map_or(source.span, |verbatim| verbatim.place(span));
    Some(crate::format::shell::to_node(&crate::format::shell::commands(script), place))
}

/// What is wrong with a declaration of kinds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("kind `{kind}`: {message}")]
pub struct KindError {
    /// The kind's name, empty for the whole file.
    pub kind: String,
    /// What is wrong, as a lower-case fragment without a final stop.
    pub message: String,
}

/// One entry as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindFile {
    #[serde(rename = "kind")]
    name: String,
    syntax: Syntax,
    files: Vec<String>,
    trigger: Option<String>,
    shape: Option<Value>,
    module: Option<hcl::Part>,
    shelf: Option<Shelf>,
    #[serde(default)]
    splices: Vec<SpliceFile>,
    #[serde(default)]
    views: Vec<ViewFile>,
    #[serde(default)]
    follows: Vec<FollowsFile>,
    #[serde(rename = "listed-in")]
    listed_in: Option<Listing>,
    applies: Option<AppliesFile>,
    reached: Option<Reached>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewFile {
    at: String,
    from: String,
    r#as: String,
    view: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpliceFile {
    at: String,
    member: String,
}

/// A kind of document.
#[derive(Debug)]
pub struct Kind {
    /// Its name, as rules say it.
    pub name: String,
    /// How its files are read.
    pub syntax: Syntax,
    /// Globs of its files: gitignore's, with `{a,b}`; `!` excludes.
    pub files: Vec<String>,
    /// A literal without which no file of it can be of this kind.
    pub trigger: Option<String>,
    /// What a document must fulfil to be of this kind.
    pub shape: Option<Shape>,
    /// For files of which a folder is one module: what each is to it.
    pub module: Option<hcl::Part>,
    /// Where modules lie that are there to be called.
    pub shelf: Option<Shelf>,
    /// Lists within lists that are read as one.
    splices: Vec<Splice>,
    /// Members that are added to a parsed document.
    pub views: Vec<Derived>,
    /// Members that say what its commands lead to.
    follows: Vec<Follows>,
    /// What says which files of a folder count.
    listed_in: Option<Listing>,
    /// Where its documents say what they apply.
    pub applies: Option<Applies>,
    /// For documents that count only where others apply them, as soon as these apply the most of a repository.
    pub reached: Option<Reached>,
}

/// Which documents others must apply.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reached {
    /// Names of files: what lies in a folder with one of them, or deeper, is applied as its tool says.
    pub unless_below: Vec<String>,
}

/// Where the modules of a repository lie that are there to be called by others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shelf {
    /// The name of the folder that holds them, at any depth.
    pub folder: String,
    /// Names of files by which other tools call modules: where there is one, nobody knows what is called.
    pub called_by: Vec<String>,
}

/// A schema that is compiled when the first document needs it.
#[derive(Debug)]
pub struct Shape {
    written: Value,
    compiled: OnceLock<Result<Schema, SchemaError>>,
}

/// A list whose items may be groups: the items of a group stand in the list as if there were no group.
#[derive(Debug)]
struct Splice {
    at: Vec<Step>,
    /// The member of an item that holds a group.
    member: String,
}

/// A member that is computed from another one.
#[derive(Debug)]
pub struct Derived {
    at: Vec<Step>,
    from: String,
    to: String,
    /// The name of the view.
    pub view: String,
}

impl Kind {
    /// Whether `text` may be of this kind at all; ask before parsing.
    pub fn is_triggered(&self, text: &str) -> bool {
        let holds = |trigger: &String| memchr::memmem::find(text.as_bytes(), trigger.as_bytes()).is_some();
        self.trigger.as_ref().is_none_or(holds)
    }

    /// Whether a parsed document has the shape of this kind; unknown where a template hides it.
    pub fn fits(&self, root: &Node) -> Truth {
        let Some(shape) = &self.shape else { return Truth::True };
        shape.schema().map_or(Truth::Unknown, |schema| schema.judge(root).truth)
    }

    /// Whether files of other kinds bear the same names, so that one that cannot be read says nothing.
    pub fn is_guess(&self) -> bool {
        self.shape.is_some()
    }

    /// Whether a list beside the file at `path`, of this text, leaves it out.
    pub fn is_left_out(&self, path: &str, text: &str, follower: &Follower<'_>) -> bool {
        self.listed_in.as_ref().is_some_and(|list| self.is_triggered(text) && list.leaves_out(path, follower))
    }

    /// Joins lists and adds the members of this kind's views to a document that was parsed from `text`; where there is no one text, the
    /// places of views are those of their sources.
    pub fn augment(&self, root: &mut Node, text: &str) {
        self.augment_with(VIEWS, root, text);
    }

    /// Adds the members that say what the commands of a parsed document lead to.
    pub fn follow(&self, follower: &Follower<'_>, root: &mut Node) {
        self.follows.iter().for_each(|follows| follows.add(root, follower));
    }

    fn augment_with(&self, views: &[(&str, View)], root: &mut Node, text: &str) {
        for splice in &self.splices {
            each_mut(root, &splice.at, &mut |node| splice.join(node));
        }
        for derived in &self.views {
            if let Some((_, view)) = views.iter().find(|(name, _)| *name == derived.view) {
                each_mut(root, &derived.at, &mut |node| derived.add(*view, node, text));
            }
        }
    }

    fn read(written: KindFile) -> Result<Self, KindError> {
        let name = written.name;
        let mut views = Vec::with_capacity(written.views.len());
        for view in written.views {
            let at = plain(&view.at).map_err(|message| KindError { kind: name.clone(), message })?;
            views.push(Derived { at, from: view.from, to: view.r#as, view: view.view });
        }
        let fault = |message: String| KindError { kind: name.clone(), message };
        let splice = |written: SpliceFile| Ok(Splice { at: plain(&written.at)?, member: written.member });
        let splices = written.splices.into_iter().map(splice).collect::<Result<_, _>>().map_err(fault)?;
        let follows = written.follows.into_iter().map(Follows::new).collect::<Result<_, _>>().map_err(fault)?;
        let applies = written.applies.map(Applies::new).transpose().map_err(fault)?;
        let shape = written.shape.map(|written| Shape { written, compiled: OnceLock::new() });
        let KindFile { syntax, files, trigger, module, shelf, listed_in, reached, .. } = written;
        Ok(Self {
            name,
            syntax,
            files,
            trigger,
            shape,
            module,
            shelf,
            splices,
            views,
            follows,
            listed_in,
            applies,
            reached,
        })
    }
}

impl Shape {
    fn schema(&self) -> Result<&Schema, &SchemaError> {
        self.compiled.get_or_init(|| Schema::compile(&self.written, Definitions::house())).as_ref()
    }
}

impl Splice {
    /// Puts the items of groups into the list.
    fn join(&self, list: &mut Node) {
        let Data::Array(items) = &mut list.data else { return };
        if items.iter_mut().any(|item| self.group(item).is_some()) {
            *items = std::mem::take(items).into_iter().flat_map(|item| self.joined(item)).collect();
        }
    }

    fn joined(&self, mut item: Node) -> Vec<Node> {
        match self.group(&mut item).map(std::mem::take) {
            Some(group) => group.into_iter().flat_map(|item| self.joined(item)).collect(),
            None => vec![item],
        }
    }

    fn group<'a>(&self, item: &'a mut Node) -> Option<&'a mut Vec<Node>> {
        let Data::Object(members) = &mut item.data else { return None };
        match &mut members.iter_mut().find(|member| member.key == self.member)?.value.data {
            Data::Array(group) => Some(group),
            _ => None,
        }
    }
}

impl Derived {
    /// Adds the view of one member to `node`; views of several members under one name are joined.
    fn add(&self, view: View, node: &mut Node, text: &str) {
        let Some(source) = node.member(&self.from) else { return };
        let Some(mut made) = view_of(view, &source.value, text) else { return };
        let key_span = source.key_span;
        let Data::Object(members) = &mut node.data else { return };
        let earlier = members.iter_mut().find(|member| member.key == self.to);
        match earlier.map(|member| &mut member.value.data) {
            Some(Data::Array(earlier)) => match &mut made.data {
                Data::Array(items) => earlier.append(items),
                _ => earlier.push(made),
            },
            Some(_) => {}
            None => members.push(Member { key: self.to.clone(), key_span, value: made }),
        }
    }
}

/// The view of a text; of a list the views of its items, one after another; of an unknown node an unknown view.
fn view_of(view: View, source: &Node, text: &str) -> Option<Node> {
    if source.is_opaque() {
        let raw = source.scalar_text().unwrap_or_default();
        return Some(Node::new(Data::Opaque(raw), source.span));
    }
    let Data::Array(items) = &source.data else { return view(source, text) };
    let mut joined = Vec::new();
    for made in items.iter().filter_map(|item| view_of(view, item, text)) {
        match made.data {
            Data::Array(parts) => joined.extend(parts),
            _ => joined.push(made),
        }
    }
    Some(Node::new(Data::Array(joined), source.span))
}

/// All kinds, with the globs of all of them in one table.
#[derive(Debug)]
pub struct Kinds {
    all: Vec<Kind>,
    wanted: Globs,
    refused: Globs,
}

/// A set of globs, each belonging to a kind.
#[derive(Debug)]
struct Globs {
    table: GlobTable,
    /// For each glob, the kinds that have it.
    owners: Vec<Vec<usize>>,
}

impl Kinds {
    /// The kinds that come with the program.
    pub fn get() -> &'static Self {
        static KINDS: OnceLock<Kinds> = OnceLock::new();
        KINDS.get_or_init(|| {
            let empty = || Self { all: Vec::new(), wanted: Globs::empty(), refused: Globs::empty() };
            let written = serde_json::from_str(embedded::file("kinds.yml").unwrap_or_default());
            written.ok().and_then(|written| Self::of(written).ok()).unwrap_or_else(empty)
        })
    }

    /// The kinds that a YAML text declares.
    pub fn from_yaml(text: &str) -> Result<Self, KindError> {
        let whole = |message: String| KindError { kind: String::new(), message };
        Self::of(serde_yaml::from_str(text).map_err(|error| whole(error.to_string()))?)
    }

    fn of(written: Vec<KindFile>) -> Result<Self, KindError> {
        let kinds = written.into_iter().map(Kind::read).collect::<Result<Vec<_>, _>>()?;
        let (wanted, refused) = (Globs::new(&kinds, false)?, Globs::new(&kinds, true)?);
        Ok(Self { all: kinds, wanted, refused })
    }

    /// All entries, in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.all.iter()
    }

    /// All names that `in` may say, with repetitions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|kind| kind.name.as_str()).chain(MADE.iter().copied())
    }

    /// The kinds whose globs `path` (from the repository's root, with forward slashes) matches, in the order of their
    /// declaration.
    pub fn kinds_of(&self, path: &str) -> impl Iterator<Item = &Kind> {
        self.entries_of(path).into_iter().filter_map(|kind| self.all.get(kind))
    }

    /// The numbers of the entries that [`Kinds::kinds_of`] gives for `path`.
    pub fn entries_of(&self, path: &str) -> Vec<usize> {
        let mut found = self.wanted.owners_of(path);
        if !found.is_empty() {
            let refused = self.refused.owners_of(path);
            found.retain(|kind| !refused.contains(kind));
        }
        found
    }

    /// The entry of this number.
    pub fn entry(&self, number: usize) -> Option<&Kind> {
        self.all.get(number)
    }

    /// Compiles every shape and holds that every view exists; for tests.
    pub fn validate(&self, views: &[&str]) -> Result<(), KindError> {
        for kind in &self.all {
            let error = |message: String| KindError { kind: kind.name.clone(), message };
            if let Some(shape) = &kind.shape {
                let schema = shape.schema().map_err(|fault| error(fault.to_string()))?;
                schema.validate().map_err(|fault| error(fault.to_string()))?;
            }
            if let Some(derived) = kind.views.iter().find(|derived| !views.contains(&&*derived.view)) {
                return Err(error(format!("unknown view `{}`", derived.view)));
            }
        }
        Ok(())
    }
}

impl Globs {
    fn empty() -> Self {
        Self { table: GlobTable::default(), owners: Vec::new() }
    }

    fn new(kinds: &[Kind], refused: bool) -> Result<Self, KindError> {
        let (mut builder, mut owners) = (GlobTableBuilder::default(), Vec::<Vec<usize>>::new());
        for (index, kind) in kinds.iter().enumerate() {
            for glob in kind.files.iter().filter(|glob| glob.starts_with('!') == refused) {
                let added = builder.add(glob.trim_start_matches('!'), false);
                let id = added.map_err(|message| KindError { kind: kind.name.clone(), message })? as usize;
                if id >= owners.len() {
                    owners.resize(id + 1, Vec::new());
                }
                owners.get_mut(id).into_iter().for_each(|owners| owners.push(index));
            }
        }
        Ok(Self { table: builder.build(), owners })
    }

    fn owners_of(&self, path: &str) -> Vec<usize> {
        let mut globs = Vec::new();
        self.table.matches(path, &mut globs);
        let owners = globs.iter().filter_map(|glob| self.owners.get(*glob as usize)).flatten();
        let mut owners: Vec<usize> = owners.copied().collect();
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::condition::schema::sample::{node, placed};

    fn names(path: &str) -> Vec<&'static str> {
        Kinds::get().kinds_of(path).map(|kind| kind.name.as_str()).collect()
    }

    fn shaped(kind: &str, value: &Value) -> Truth {
        Kinds::get().iter().find(|entry| entry.name == kind && entry.shape.is_some()).unwrap().fits(&node(value))
    }

    #[test]
    fn the_declaration_is_sound() {
        let kinds = Kinds::from_yaml(include_str!("../../rules/kinds.yml")).unwrap();
        kinds.validate(&["shell-commands"]).unwrap();
        let error = kinds.validate(&[]).unwrap_err();
        assert_eq!(error.message, "unknown view `shell-commands`");
        assert!(Kinds::get().names().any(|name| name == "facts"));
    }

    #[test]
    fn paths_have_their_kinds() {
        let table: &[(&str, &[&str])] = &[
            ("Dockerfile", &["dockerfile"]),
            ("apps/web/Dockerfile.prod", &["dockerfile", "dockerfile-of-front"]),
            ("api.dockerfile", &["dockerfile"]),
            ("Containerfile.dev", &["dockerfile"]),
            ("Dockerfile.dockerignore", &[]),
            ("docker-compose.prod.yaml", &["compose"]),
            ("deploy/compose.deploy.yml", &["compose"]),
            (".github/workflows/ci.yml", &["github-workflow"]),
            ("sub/.github/workflows/ci.yml", &[]),
            ("actions/build/action.yml", &["github-action"]),
            (".gitlab-ci.yml", &["gitlab-ci"]),
            ("ci/build.gitlab-ci.yml", &["gitlab-ci"]),
            (".circleci/config.yml", &["circleci"]),
            ("azure-pipelines-nightly.yml", &["azure-pipelines"]),
            (".azure-pipelines/steps/build.yml", &["azure-pipelines"]),
            ("ci.yml", &["azure-pipelines"]),
            ("bitbucket-pipelines.yml", &["bitbucket-pipelines"]),
            (".travis.yml", &["travis"]),
            (".drone.yml", &["drone"]),
            (".woodpecker/test/unit.yaml", &["woodpecker"]),
            (".buildkite/pipeline.yml", &["buildkite"]),
            ("appveyor.yml", &["appveyor"]),
            (".cirrus.yml", &["cirrus"]),
            (".semaphore/semaphore.yml", &["semaphore"]),
            (".github/dependabot.yml", &["dependabot"]),
            (".github/renovate.json5", &["renovate"]),
            (".renovaterc", &["renovate"]),
            (".pre-commit-config.yaml", &["pre-commit"]),
            ("charts/a/Chart.yaml", &["helm-chart"]),
            ("charts/a/values-prod.yaml", &["helm-values"]),
            ("k8s/base/kustomization.yaml", &["kustomization"]),
            ("package.json", &["package-manifest"]),
            ("composer.json", &["composer-manifest"]),
            ("vercel.json", &["vercel"]),
            ("netlify.toml", &["netlify"]),
            ("fly.toml", &["fly"]),
            ("wrangler.toml", &["wrangler"]),
            ("wrangler.jsonc", &["wrangler"]),
            (".env", &["dotenv"]),
            ("api/.env.production", &["dotenv"]),
            (".envrc", &[]),
            ("src/main/resources/application-prod.properties", &["application-properties"]),
            ("src/main/resources/application.yml", &["application-properties"]),
            ("supabase/config.toml", &["supabase-config"]),
            ("tsconfig.base.json", &["tsconfig"]),
            (".eslintrc.json", &["eslint"]),
            ("infra/main.tf", &["terraform"]),
            ("infra/main.tf.json", &["terraform"]),
            ("infra/terraform.tfvars", &["tfvars"]),
            ("infra/prod.tfvars", &["tfvars"]),
            ("infra/.terraform.lock.hcl", &["terraform-lock"]),
            ("deploy/nginx/conf.d/site.conf", &["nginx"]),
            ("Procfile", &["procfile"]),
            ("etc/cron.d/backup", &["crontab"]),
            ("app.service", &["systemd-unit"]),
            ("src/main.rs", &[]),
            ("README.md", &[]),
        ];
        // Kinds that any YAML or JSON file could be of are told apart by trigger and shape; one is a part of another.
        let wide = [
            "kubernetes",
            "argo-application",
            "flux-kustomization",
            "tekton",
            "cloudformation",
            "openapi",
            "pipeline",
            "shipped-dockerfile",
            "kubernetes-manifest",
            "cluster-definition",
            "compose",
        ];
        for (path, expected) in table {
            let is_meant = |name: &&str| !wide.contains(name) || expected.contains(name);
            let found: Vec<_> = names(path).into_iter().filter(is_meant).collect();
            assert_eq!(found, *expected, "{path}");
        }
        assert!(names(".circleci/config.yml").contains(&"pipeline") && !names("deploy/web.yaml").contains(&"pipeline"));
        let all = [
            "compose",
            "tekton",
            "kubernetes",
            "kubernetes-manifest",
            "cluster-definition",
            "argo-application",
            "flux-kustomization",
            "cloudformation",
            "openapi",
        ];
        assert_eq!(names("deploy/web.yaml"), all);
    }

    #[test]
    fn shapes_tell_kinds_apart() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod"});
        assert_eq!(shaped("kubernetes", &pod), Truth::True);
        assert_eq!(shaped("kubernetes", &json!({"apiVersion": "v2", "name": "chart"})), Truth::False);
        assert_eq!(
            shaped("kubernetes", &json!({"apiVersion": "backstage.io/v1alpha1", "kind": "Component"})),
            Truth::False
        );
        assert_eq!(shaped("kubernetes", &json!({"apiVersion": "opaque:{{ .v }}", "kind": "Ingress"})), Truth::Unknown);
        assert_eq!(shaped("compose", &json!({"services": {"a": {}}})), Truth::True);
        assert_eq!(shaped("compose", &json!({"name": "x"})), Truth::False);
        assert_eq!(shaped("tekton", &json!({"apiVersion": "tekton.dev/v1", "kind": "Task"})), Truth::True);
        assert_eq!(shaped("azure-pipelines", &json!({"trigger": ["main"], "jobs": []})), Truth::True);
        assert_eq!(shaped("azure-pipelines", &json!({"on": "push", "jobs": {}})), Truth::False);
        assert_eq!(shaped("cloudformation", &json!({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}})), Truth::True);
        assert_eq!(shaped("cloudformation", &json!({"Resources": {"B": {"Type": "x"}}})), Truth::False);
        assert_eq!(shaped("app-engine", &json!({"runtime": "python312"})), Truth::True);
        assert_eq!(shaped("app-engine", &json!({"name": "x"})), Truth::False);
        assert_eq!(shaped("prometheus-rules", &json!({"groups": [{"name": "a", "rules": []}]})), Truth::True);
        assert_eq!(shaped("prometheus-rules", &json!({"groups": ["admins"]})), Truth::False);
    }

    #[test]
    fn a_trigger_is_asked_before_parsing() {
        let kubernetes = Kinds::get().iter().find(|kind| kind.name == "kubernetes").unwrap();
        assert!(kubernetes.is_triggered("apiVersion: v1\n"));
        assert!(!kubernetes.is_triggered("name: x\n"));
    }

    const VIEWED: &str = "
- kind: pipeline
  syntax: yaml
  files: ['*.yml']
  views:
    - { at: '$.jobs.*.steps[*]', from: run, as: words, view: words }
    - { at: '$.jobs.*.steps[*]', from: after, as: words, view: words }
";

    fn words(node: &Node, _: &str) -> Option<Node> {
        let words = node.as_str()?.split(' ').map(|word| Node::string(word, node.span));
        Some(Node::new(Data::Array(words.collect()), node.span))
    }

    #[test]
    fn views_add_members_with_the_place_of_their_source() {
        let value = json!({"jobs": {"a": {"steps": [
            {"run": "go test", "after": ["x y", "opaque:q", 5]}, {"run": "opaque:{{ x }}"}, {"uses": "u"}, {"run": 1}
        ]}}});
        let (text, mut root) = placed(&value);
        let kinds = Kinds::from_yaml(VIEWED).unwrap();
        kinds.iter().next().unwrap().augment_with(&[("words", words)], &mut root, "");
        let added = |step: usize| root.pointer(&format!("/jobs/a/steps/{step}/words"));
        let first = added(0).unwrap();
        assert_eq!(&text[first.span.start..first.span.end], "\"go test\"");
        assert_eq!(first.to_value(), json!(["go", "test", "x", "y", "q"]));
        assert!(first.items()[4].is_opaque());
        assert!(added(1).unwrap().is_opaque());
        assert!(added(2).is_none() && added(3).is_none());
    }

    #[test]
    fn items_of_groups_stand_in_the_list_around_them() {
        let value = json!({"jobs": {"a": {"steps": [
            {"run": "a"}, {"side": [{"run": "b"}, {"side": [{"run": "c d"}]}]}, {"side": "x"}, {"run": "e"}
        ]}}});
        let (_, mut root) = placed(&value);
        let spliced = VIEWED.replace("  views:", "  splices: [{ at: '$.jobs.*.steps', member: side }]\n  views:");
        let kinds = Kinds::from_yaml(&spliced).unwrap();
        kinds.iter().next().unwrap().augment_with(&[("words", words)], &mut root, "");
        let steps = root.pointer("/jobs/a/steps").unwrap().to_value();
        let words: Vec<_> = steps.as_array().unwrap().iter().map(|step| step["words"].clone()).collect();
        assert_eq!(words, [json!(["a"]), json!(["b"]), json!(["c", "d"]), json!(null), json!(["e"])]);
    }

    #[test]
    fn faults_of_a_declaration_name_the_kind() {
        let fault = |text: &str| Kinds::from_yaml(text).unwrap_err();
        let filtered = VIEWED.replace("steps[*]", "steps[?@.run]");
        assert_eq!(
            fault(&filtered).to_string(),
            "kind `pipeline`: `$.jobs.*.steps[?@.run]` has more than names, indices and `*`"
        );
        assert_eq!(fault(&VIEWED.replace("*.yml", "[")).kind, "pipeline");
        assert!(fault(&VIEWED.replace("from:", "form:")).message.contains("form"));
        assert!(fault(&VIEWED.replace("yaml", "yml")).message.contains("yml"));
    }
}
