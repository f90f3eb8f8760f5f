//! The files of `rules/` inside the program, as JSON: made from the YAML when the program is built, so that no start
//! parses YAML. Every room that needs one of them asks here.

include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// All files: the path below `rules/` and the content as JSON, sorted by path.
pub fn files() -> &'static [(&'static str, &'static str)] {
    EMBEDDED
}

/// The content of one file by its path below `rules/`, as JSON.
pub fn file(path: &str) -> Option<&'static str> {
    EMBEDDED.binary_search_by(|(known, _)| (*known).cmp(path)).ok().map(|at| EMBEDDED[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_so_that_they_can_be_found() {
        assert!(files().windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(file("components.yml").is_some());
        assert!(file("nowhere.yml").is_none());
    }
}
