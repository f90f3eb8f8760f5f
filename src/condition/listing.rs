//! Files that count only where a file beside them names them: what the kustomization of a folder leaves out, nobody applies.

use serde::Deserialize;

use crate::facts::tasks::Follower;

/// Which file says what of a folder counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Its possible names.
    files: Vec<String>,
    /// What its text holds where it is such a list; without that, everything beside it counts.
    holds: String,
}

impl Listing {
    /// Whether the list beside the file at `path` leaves it out.
    pub(super) fn leaves_out(&self, path: &str, follower: &Follower<'_>) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let list_in = |folder: &str| {
            let at = |file: &String| if folder.is_empty() { file.clone() } else { format!("{folder}/{file}") };
            let mut texts = self.files.iter().filter_map(|file| follower.text(&at(file)));
            texts.find(|text| text.contains(&self.holds))
        };
        // The list of the folder around it may name it, too, or no longer: then a comment does.
        let (parent, own) = folder.rsplit_once('/').unwrap_or(("", folder));
        let outer = if folder.is_empty() { None } else { list_in(parent) };
        let outer = outer.map(|list| Told::by(&list, &format!("{own}/{name}"))).unwrap_or_default();
        match list_in(folder) {
            Some(list) => !Told::by(&list, name).named && !outer.named,
            None => outer.dropped && !outer.named,
        }
    }
}

/// What a list says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Told {
    /// A line names it.
    named: bool,
    /// A line that is commented out does.
    dropped: bool,
}

impl Told {
    fn by(list: &str, name: &str) -> Self {
        let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        let stands_alone = |line: &str, at: usize| {
            let (before, behind) = (&line[..at], &line[at + name.len()..]);
            let before = before.strip_suffix("./").unwrap_or(before);
            !before.ends_with(part) && !behind.starts_with(part)
        };
        let holds = |line: &str| line.match_indices(name).any(|(at, _)| stands_alone(line, at));
        let mut told = Self::default();
        for line in list.lines().map(|line| line.split_once(" #").map_or(line, |(line, _)| line)) {
            match line.trim_start().strip_prefix('#') {
                Some(comment) => told.dropped |= comment.trim_start().starts_with('-') && holds(comment),
                None => told.named |= holds(line),
            }
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_files_outside_of_comments() {
        let list = "resources:\n- web.yaml\n- ./api.yaml\n#- old.yaml\n- sub/job.yaml # not cron.yaml\npatches:\n- path: p.yaml\n";
        for name in ["web.yaml", "api.yaml", "sub/job.yaml", "p.yaml", "job.yaml"] {
            assert!(Told::by(list, name).named, "{name}");
        }
        for name in ["old.yaml", "cron.yaml", "eb.yaml", "web.yam", "my-web.yaml"] {
            assert!(!Told::by(list, name).named, "{name}");
        }
        assert!(Told::by(list, "old.yaml").dropped && !Told::by(list, "cron.yaml").dropped);
    }
}
