//! The role of a file by its path. Which paths mean what is data, in `rules/roles.yml`; here is only the lookup.
//!
//! Most globs name a folder, a file or an extension, so a path is looked up by its parts and only the globs found that
//! way are tried. The roles of a large tree cost a few milliseconds.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::role_pattern::{Key, Pattern, parts};
use super::{Letters, Role};
use crate::embedded;

/// How many roles there are.
const ROLES: usize = Role::Source as usize + 1;

/// Which paths have which role: globs in order, by role in order.
#[derive(Debug, Default)]
pub struct RoleTable {
    /// With the place of its role in `order`.
    patterns: Vec<(usize, Pattern)>,
    order: Vec<Role>,
    folders: FxHashMap<Box<str>, Vec<usize>>,
    names: FxHashMap<Box<str>, Vec<usize>>,
    extensions: FxHashMap<Box<str>, Vec<usize>>,
    firsts: FxHashMap<u8, Vec<usize>>,
    others: Vec<usize>,
}

/// One entry of the table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    role: Role,
    paths: Vec<String>,
}

impl RoleTable {
    /// Reads a table from its YAML text. The error is a fragment without a final stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::of(serde_yaml::from_str(text).map_err(|error| error.to_string())?)
    }

    fn built_in() -> Result<Self, String> {
        let text = embedded::file("roles.yml").unwrap_or_default();
        Self::of(serde_json::from_str(text).map_err(|error| error.to_string())?)
    }

    fn of(entries: Vec<Entry>) -> Result<Self, String> {
        let mut table = Self::default();
        for entry in entries {
            if table.order.contains(&entry.role) {
                return Err(format!("role {:?} stands twice", entry.role));
            }
            table.order.push(entry.role);
            for glob in entry.paths {
                for pattern in Pattern::parse(&glob)? {
                    table.add(pattern);
                }
            }
        }
        Ok(table)
    }

    fn add(&mut self, pattern: Pattern) {
        let at = self.patterns.len();
        match pattern.key() {
            Key::Folder(name) => self.folders.entry(name.into()).or_default().push(at),
            Key::Name(name) => self.names.entry(name.into()).or_default().push(at),
            Key::Extension(name) => self.extensions.entry(name.into()).or_default().push(at),
            Key::First(first) => self.firsts.entry(first).or_default().push(at),
            Key::Anything => self.others.push(at),
        }
        self.patterns.push((self.order.len() - 1, pattern));
    }

    /// The role of the file at `path`, which has forward slashes: the first role that has it, else source.
    ///
    /// Within a role the last glob that matches decides.
    pub fn role(&self, path: &str) -> Role {
        Lookup::new(self).role(path)
    }
}

/// The place of the last glob that matches, for each role.
type Last = [Option<usize>; ROLES];

/// A table in use on many paths: what a folder says is kept while the paths stay in it.
pub(super) struct Lookup<'table> {
    table: &'table RoleTable,
    folder: Option<String>,
    /// What holds for everything in the folder.
    given: Last,
    /// Globs that name the folder, or one above, and also the file.
    pending: Vec<usize>,
}

impl<'table> Lookup<'table> {
    pub(super) fn new(table: &'table RoleTable) -> Self {
        Self { table, folder: None, given: Last::default(), pending: Vec::new() }
    }

    /// The same as [`RoleTable::role`].
    pub(super) fn role(&mut self, path: &str) -> Role {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if self.folder.as_deref() != Some(folder) {
            self.enter(folder);
        }
        let table = self.table;
        let mut last = self.given;
        let extension = name.rsplit_once('.').and_then(|(_, extension)| table.extensions.get(extension));
        let first = name.bytes().next().and_then(|first| table.firsts.get(&first));
        let letters = Letters::of(name);
        for found in [Some(&self.pending), table.names.get(name), extension, first].into_iter().flatten() {
            table.apply(found, &mut last, |pattern| pattern.matches_file(folder, name, letters));
        }
        table.first_given(&last)
    }

    fn enter(&mut self, folder: &str) {
        let table = self.table;
        self.given = Last::default();
        let parts = parts(folder);
        let named = parts.iter().filter_map(|part| table.folders.get(*part)).chain([&table.others]);
        let (whole, pending): (Vec<usize>, Vec<usize>) =
            named.flatten().partition(|at| table.patterns.get(**at).is_some_and(|(_, pattern)| pattern.is_folder()));
        let letters = Letters::of(folder);
        table.apply(&whole, &mut self.given, |pattern| pattern.matches_folder(&parts, letters));
        self.pending = pending;
        self.folder = Some(folder.to_owned());
    }
}

impl RoleTable {
    /// Notes which of the patterns at `places` match.
    fn apply(&self, places: &[usize], last: &mut Last, matches: impl Fn(&Pattern) -> bool) {
        for &at in places {
            let Some((role, pattern)) = self.patterns.get(at) else { continue };
            let Some(slot) = last.get_mut(*role) else { continue };
            if slot.is_none_or(|before| before < at) && matches(pattern) {
                *slot = Some(at);
            }
        }
    }

    /// The first role whose last glob gives rather than takes back.
    fn first_given(&self, last: &Last) -> Role {
        let given = |at: &Option<usize>| at.and_then(|at| self.patterns.get(at)).is_some_and(|(_, glob)| !glob.negated);
        last.iter().position(given).and_then(|role| self.order.get(role)).copied().unwrap_or(Role::Source)
    }
}

/// The built-in table.
pub fn table() -> &'static RoleTable {
    static BUILT_IN: OnceLock<RoleTable> = OnceLock::new();
    // A test holds that the table can be read.
    BUILT_IN.get_or_init(|| RoleTable::built_in().unwrap_or_default())
}

/// The role of the file at `path` by the built-in table.
pub fn role_of(path: &str) -> Role {
    table().role(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths by the role they must have.
    const PATHS: &[(Role, &str)] = &[
        (Role::Vendored, "node_modules/a/index.js vendor/x/y.go src/vendor/lib.js a/third_party/z.c Pods/A/a.m"),
        (Role::Vendored, ".yarn/releases/yarn.cjs web/wwwroot/lib/a.js gradlew"),
        (Role::Generated, "api/v1/a.pb.go a_pb2.py lib/a.g.dart dist/index.js src/__generated__/x.ts main.js.map"),
        (Role::Minified, "public/a.min.js css/site.min.css"),
        (
            Role::Fixture,
            "test/fixtures/a.rb pkg/testdata/x.go pkg/_testdata/a.key a/__snapshots__/b.snap c.snap spec/cassettes/x.yml",
        ),
        (Role::Fixture, "src/test/resources/application.yml src/__fixtures__/a.ts tests/data/x.json"),
        (Role::Fixture, "lib/src/itest/resources/keys/id_rsa src/it/resources/a.yml"),
        (
            Role::Test,
            "src/itest/docker-image/a.key app/src/integTest/java/A.java src/it/java/a/A.java src/it/one/pom.xml",
        ),
        (Role::Fixture, "docker/certs/_wildcard.local-key.pem certs/shop.local.key keys/client-test.pem id_rsa_test"),
        (Role::Fixture, "libs/reports/sample_jsons/a.json src/testbed/b.json"),
        (Role::Test, "api/mock-oauth/keys.json testProjects/bun/index.js make/pebble/chart/templates/a.yaml"),
        (Role::Development, "config/settings/development.yml src/config/settings/local.yaml"),
        (Role::Development, "apps/web/dev/ssl-stores/a.pem sso/overlays/crc/user.yaml"),
        (Role::Test, "config/settings/test.yml src/config/testing.json config/environments/test.rb"),
        (Role::Test, "test/a.js tests/README.md src/test-utils/a.ts internal/testutil/x.go testing/a.py pkg/x_test.go"),
        (
            Role::Test,
            "app/test_views.py conftest.py src/main/AppTest.java a/b.spec.ts a/b.test.tsx spec/models/a_spec.rb",
        ),
        (Role::Test, "spec/rails_helper.rb e2e/login.ts cypress/x.js features/login.feature features/steps/a.py"),
        (Role::Test, "App.Tests/Foo.cs MyAppUITests/a.swift src/test/java/A.java benches/b.rs integration-tests/a.sh"),
        (Role::Example, "examples/a/main.go example/app.js apps/demo/x.ts .env.example .env.sample .env.template"),
        (
            Role::Example,
            "config/database.example.yml packages/a/example/main.dart apps/demo-app/index.ts a.stories.tsx",
        ),
        (Role::Example, "examples/spring/src/main/java/com/acme/App.java samples/x.py ckad/yaml/web.yaml"),
        (Role::Docs, "README.md docs/guide.html doc/x.png CHANGELOG LICENSE src/a/notes.md packages/x/README.rst"),
        (Role::Docs, "LICENSE-MIT docs/src/docs/x.tsx .github/pull_request_template.md docs/k8s/deploy.yaml"),
        (
            Role::Development,
            ".devcontainer/Dockerfile .vscode/settings.json docker-compose.dev.yml compose.override.yaml",
        ),
        (
            Role::Development,
            "docker-compose.override.yml docker-compose.test.yml .env.local Dockerfile.dev .idea/x.xml",
        ),
        (
            Role::Development,
            "appsettings.Development.json config/environments/development.rb src/main/application-dev.yml",
        ),
        (
            Role::Config,
            "Dockerfile Dockerfile.prod docker-compose.yml docker-compose.prod.yml .github/workflows/test.yml",
        ),
        (
            Role::Config,
            "openapi/spec.yaml spec/openapi.yaml docs/openapi.yaml main.tf Makefile Procfile Jenkinsfile .env",
        ),
        (
            Role::Config,
            "package.json package-lock.json Cargo.lock go.sum go.mod .env.production docs/package.json pom.xml",
        ),
        (
            Role::Config,
            "next.config.js nginx.conf requirements.txt requirements/base.txt .eslintrc.js chart/templates/a.yaml",
        ),
        (
            Role::Config,
            "environments/dev/main.tf .github/scripts/x.py Gemfile deploy/app.service build.gradle.kts pods/a.yaml",
        ),
        (
            Role::Source,
            "src/main.rs latest/a.py contest/a.go app/models/example.rb packages/a/src/index.ts templates/x.html",
        ),
        (
            Role::Source,
            "src/main/java/com/example/demo/App.java internal/attest/x.go src/features/login.tsx app/docs/page.tsx",
        ),
        (Role::Source, "src/docs/page.tsx app/vendor/page.tsx src/modules/vendor/a.ts lib/protest.rb src/Contest.java"),
        (
            Role::Source,
            "app/demo/page.tsx src/inspect.py scripts/deploy.sh migrations/001.sql src/specs.ts Latest.java",
        ),
        (Role::Source, "build/gen.go src/generator/index.ts src/distance/a.ts src/document.ts web/index.html x"),
    ];

    #[test]
    fn every_path_has_its_role() {
        let table = RoleTable::built_in().unwrap();
        for (role, paths) in PATHS {
            for path in paths.split(' ') {
                assert_eq!(table.role(path), *role, "{path}");
            }
        }
    }

    #[test]
    fn the_table_names_every_role_once_in_order() {
        let table = RoleTable::built_in().unwrap();
        assert_eq!(table.order.len(), ROLES - 1, "all but source");
        assert!(table.order.is_sorted());
        assert!(table.others.iter().all(|at| table.patterns[*at].1.is_folder()), "no glob is tried on every path");
    }

    #[test]
    fn the_last_glob_of_a_role_decides_and_the_first_role_wins() {
        let table = "- role: test\n  paths: [a/, '!**/b/a/', /b/a/c/]\n- role: docs\n  paths: ['*.md']\n";
        let table = RoleTable::parse(table).unwrap();
        let roles = ["a/x.md", "b/a/x.md", "b/a/c/x.md", "x.rs"].map(|path| table.role(path));
        assert_eq!(roles, [Role::Test, Role::Docs, Role::Test, Role::Source]);
    }

    #[test]
    fn faults_in_a_table_are_named() {
        assert!(RoleTable::parse("- role: tests\n  paths: []\n").unwrap_err().contains("tests"));
        assert!(RoleTable::parse("- role: test\n  path: []\n").unwrap_err().contains("path"));
        assert!(RoleTable::parse("- role: test\n  paths: ['a?']\n").unwrap_err().contains("`a?`"));
        let twice = "- role: test\n  paths: []\n- role: test\n  paths: []\n";
        assert_eq!(RoleTable::parse(twice).unwrap_err(), "role Test stands twice");
    }

    #[test]
    fn a_lookup_forgets_the_folder_it_left() {
        let mut lookup = Lookup::new(table());
        for path in ["tests/a.rs", "a.rs", "spec/a.rb", "spec/b.rb", "spec/a.yml", "src/a.rb", "a.rb", "tests/x/b.rs"] {
            assert_eq!(lookup.role(path), role_of(path), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(path in "\\PC{0,40}") {
            role_of(&path);
        }
    }
}
