//! gitignore-style globs over repository paths, many at a time.
//!
//! A pattern without a slash matches a name at any depth, a leading slash anchors at the root, `*` stays within one
//! name and `**` crosses folders. The common forms (a name, an extension) are looked up in tables; only the rest goes
//! through a general matcher, because every path of the tree passes here once.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// A set of globs; each keeps the number it was added with.
#[derive(Debug, Default)]
pub struct GlobTable {
    names: HashMap<String, Vec<u32>>,
    extensions: HashMap<String, Vec<u32>>,
    paths: HashMap<String, Vec<u32>>,
    general: GlobSet,
    general_ids: Vec<u32>,
}

/// Collects globs before they are compiled together.
#[derive(Debug, Default)]
pub struct GlobTableBuilder {
    globs: Vec<(String, bool)>,
}

impl GlobTableBuilder {
    /// Adds a glob and returns its number; the same glob twice is one. Errors name the glob and what is wrong with it.
    pub fn add(&mut self, glob: &str, ignore_case: bool) -> Result<u32, String> {
        compile_one(glob, ignore_case)?;
        let known = self.globs.iter().position(|(text, case)| text == glob && *case == ignore_case);
        let id = known.unwrap_or_else(|| {
            self.globs.push((glob.to_owned(), ignore_case));
            self.globs.len() - 1
        });
        u32::try_from(id).map_err(|_| "too many globs".to_owned())
    }

    /// Compiles the set.
    pub fn build(self) -> Result<GlobTable, String> {
        let mut table = GlobTable::default();
        let mut general = GlobSetBuilder::new();
        for (id, (glob, ignore_case)) in (0u32..).zip(&self.globs) {
            match shape(glob, *ignore_case) {
                Shape::Name(name) => table.names.entry(name).or_default().push(id),
                Shape::Extension(extension) => table.extensions.entry(extension).or_default().push(id),
                Shape::Path(path) => table.paths.entry(path).or_default().push(id),
                Shape::General => {
                    general.add(compile_one(glob, *ignore_case)?);
                    table.general_ids.push(id);
                }
            }
        }
        table.general = general.build().map_err(|error| error.to_string())?;
        Ok(table)
    }
}

impl GlobTable {
    /// The numbers of all globs that match `path`, sorted, into `found`.
    pub fn matches(&self, path: &str, found: &mut Vec<u32>) {
        found.clear();
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        found.extend(self.names.get(name).into_iter().flatten());
        found.extend(self.paths.get(path).into_iter().flatten());
        if !self.extensions.is_empty() {
            for (at, _) in name.match_indices('.') {
                found.extend(self.extensions.get(&name[at + 1..]).into_iter().flatten());
            }
        }
        if !self.general_ids.is_empty() {
            let hits = self.general.matches(path);
            found.extend(hits.iter().filter_map(|&hit| self.general_ids.get(hit)));
        }
        found.sort_unstable();
        found.dedup();
    }
}

enum Shape {
    Name(String),
    Extension(String),
    Path(String),
    General,
}

fn shape(glob: &str, ignore_case: bool) -> Shape {
    let plain = |text: &str| !text.is_empty() && !text.contains(['*', '?', '[', ']', '{', '}', '\\', '!']);
    let body = glob.strip_prefix("**/").unwrap_or(glob);
    if ignore_case || glob.ends_with('/') {
        return Shape::General;
    }
    if let Some(extension) = body.strip_prefix("*.").filter(|rest| plain(rest) && !rest.contains('/')) {
        return Shape::Extension(extension.to_owned());
    }
    if plain(body) && !body.contains('/') {
        return Shape::Name(body.to_owned());
    }
    let anchored = glob.strip_prefix('/').unwrap_or(glob);
    if plain(anchored) {
        return Shape::Path(anchored.to_owned());
    }
    Shape::General
}

fn compile_one(glob: &str, ignore_case: bool) -> Result<globset::Glob, String> {
    if glob.is_empty() {
        return Err("a glob is empty".to_owned());
    }
    let name = glob.strip_suffix('/');
    let inner_slash = name.unwrap_or(glob).contains('/');
    let body = name.map_or_else(|| glob.to_owned(), |folder| format!("{folder}/**"));
    let full = match body.strip_prefix('/') {
        Some(anchored) => anchored.to_owned(),
        None if inner_slash || body.starts_with("**/") => body,
        None => format!("**/{body}"),
    };
    GlobBuilder::new(&full)
        .literal_separator(true)
        .case_insensitive(ignore_case)
        .build()
        .map_err(|error| format!("glob `{glob}`: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(globs: &[&str], path: &str) -> Vec<u32> {
        let mut builder = GlobTableBuilder::default();
        for glob in globs {
            builder.add(glob, false).unwrap();
        }
        let mut found = Vec::new();
        builder.build().unwrap().matches(path, &mut found);
        found
    }

    #[test]
    fn names_match_at_any_depth_and_slashes_anchor() {
        let globs = ["Dockerfile", "/Dockerfile", "*.tf", "docs/**", ".github/workflows/*.yml", "*.test.ts", "vendor/"];
        assert_eq!(hits(&globs, "Dockerfile"), [0, 1]);
        assert_eq!(hits(&globs, "a/Dockerfile"), [0]);
        assert_eq!(hits(&globs, "infra/main.tf"), [2]);
        assert_eq!(hits(&globs, "docs/a/b.md"), [3]);
        assert_eq!(hits(&globs, "x/docs/a.md"), Vec::<u32>::new());
        assert_eq!(hits(&globs, ".github/workflows/ci.yml"), [4]);
        assert_eq!(hits(&globs, ".github/workflows/sub/ci.yml"), Vec::<u32>::new());
        assert_eq!(hits(&globs, "src/a.test.ts"), [5]);
        assert_eq!(hits(&globs, "x/vendor/a/b"), [6]);
    }

    #[test]
    fn a_broken_glob_is_named() {
        let error = GlobTableBuilder::default().add("a[", false).unwrap_err();
        assert!(error.contains("a["), "{error}");
    }
}
