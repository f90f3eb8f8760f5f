//! Joins what the files hold for `related` conditions, and files the answers where those of other conditions lie.

use std::collections::{BTreeMap, HashMap};

use crate::audit::documents::to_hit;
use crate::audit::scan::Scan;
use crate::condition::Truth;
use crate::condition::matches::{FileMatches, Hit};
use crate::condition::plan::Question;
use crate::condition::related::{Found, Joined, Unread, join};
use crate::repo::Repo;
use crate::rule::set::RuleSet;

/// Answers every `related` condition of the rules. `component_of` gives the component of each file.
pub(crate) fn join_all(repo: &Repo, rules: &RuleSet, scan: &mut Scan, component_of: &[usize]) {
    let all = std::mem::take(&mut scan.rows);
    if all.is_empty() {
        return;
    }
    let mut folders: HashMap<&str, usize> = HashMap::new();
    let mut folder_of = Vec::with_capacity(repo.files().len());
    for file in repo.files() {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let next = folders.len();
        folder_of.push(*folders.entry(folder).or_insert(next));
    }
    let at = |list: &[usize], file: u32| list.get(file as usize).copied().unwrap_or_default();
    let place = |file: u32| (at(&folder_of, file), at(component_of, file));
    for (leaf, files) in all {
        let Some(Question::Related(condition)) = rules.plan.leaves.get(leaf.0 as usize).map(|leaf| &leaf.question)
        else {
            continue;
        };
        let (mut rows, mut unread): (Vec<Found>, Vec<Unread>) = (Vec::new(), Vec::new());
        for (file, found) in files {
            rows.extend(found.rows.into_iter().map(|row| (file, row)));
            unread.extend(found.unread.into_iter().map(|side| Unread { file, side }));
        }
        let path = |file: u32| repo.files().get(file as usize).map(|file| file.path.to_string()).unwrap_or_default();
        let mut by_file: BTreeMap<u32, FileMatches> = BTreeMap::new();
        for joined in join(condition, &rows, &unread, &place) {
            let role = scan.roles.get(joined.file as usize).copied();
            let Some(role) = role else { continue };
            let matches = by_file.entry(joined.file).or_insert_with(|| FileMatches {
                file: joined.file,
                role,
                hits: Vec::new(),
                examined: 0,
                in_order: None,
                opaque: 0,
                broken: None,
            });
            add(matches, &joined, &path);
        }
        for matches in by_file.into_values() {
            scan.matches.push(leaf, matches);
        }
    }
}

fn add(matches: &mut FileMatches, joined: &Joined, path: &dyn Fn(u32) -> String) {
    matches.examined += 1;
    match joined.truth {
        Truth::True => matches.hits.push(shown(joined, path)),
        Truth::Unknown => matches.opaque += 1,
        Truth::False => {
            if matches.in_order.is_none() {
                matches.in_order = Some(shown(joined, path));
            }
        }
    }
}

/// The subject, with its counterpart as the captures `other` and `other-path`.
fn shown(joined: &Joined, path: &dyn Fn(u32) -> String) -> Hit {
    let mut hit = to_hit(&joined.hit);
    if let Some((file, other)) = &joined.counterpart {
        let path = path(*file);
        hit.shows = format!("{} ({} in {path})", hit.shows, other.text);
        hit.captures.push(("other".to_owned(), other.text.clone()));
        hit.captures.push(("other-path".to_owned(), path));
    }
    hit
}
