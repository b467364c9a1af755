//! Which relative paths may be written: those that mean the same file on Linux, macOS and Windows, inside the output folder.

use std::collections::BTreeMap;
use std::fmt;

use super::INVENTORY_FILE;

/// Folders with this prefix hold a write that is under way.
pub const STAGE_PREFIX: &str = ".cloudgen-stage";

/// File names that Windows keeps for devices, whatever the extension.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The most bytes that common file systems take for one name.
const NAME_BYTES: usize = 255;

/// One path that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathProblem {
    /// The path as it was given.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PathProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path.escape_debug(), self.reason)
    }
}

/// What is wrong with one path, if anything is.
pub(super) fn problem(path: &str) -> Option<PathProblem> {
    let reason = if path.is_empty() {
        Some("is empty".to_owned())
    } else if path.starts_with('/') {
        Some("is absolute".to_owned())
    } else if path.contains('\\') {
        Some("has a backslash".to_owned())
    } else {
        path.split('/').find_map(segment_problem)
    };
    reason.map(|reason| PathProblem {
        path: path.to_owned(),
        reason,
    })
}

fn segment_problem(segment: &str) -> Option<String> {
    let stem = segment.split('.').next().unwrap_or(segment);
    let forbidden = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    if segment.is_empty() {
        Some("has an empty part".into())
    } else if segment == "." || segment == ".." {
        Some(format!("has the part `{segment}`"))
    } else if segment.len() > NAME_BYTES {
        Some(format!("has a part of more than {NAME_BYTES} bytes"))
    } else if segment.contains(forbidden) {
        Some("has a character that not every file system takes".into())
    } else if segment.ends_with(['.', ' ']) || segment.starts_with(' ') {
        Some("has a part that begins or ends with a blank, or ends with a dot".into())
    } else if DEVICES.contains(&stem.to_ascii_lowercase().as_str()) {
        Some(format!("`{segment}` is a device name on Windows"))
    } else if segment.eq_ignore_ascii_case(INVENTORY_FILE) || segment.starts_with(STAGE_PREFIX) {
        Some(format!("`{segment}` is kept for cloudgen itself"))
    } else {
        None
    }
}

/// Every problem of a set of paths: of each alone, and of two that cannot stand side by side.
pub(super) fn problems<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<PathProblem> {
    let mut problems = Vec::new();
    // Each name as it would be compared without case, and how it was first written; files and the folders above them alike.
    let mut names: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for path in paths {
        if let Some(problem) = problem(path) {
            problems.push(problem);
            continue;
        }
        let ends = path
            .match_indices('/')
            .map(|(at, _)| (at, false))
            .chain([(path.len(), true)]);
        for (end, is_file) in ends {
            let name = &path[..end];
            let (first, first_is_file) = names
                .entry(name.to_lowercase())
                .or_insert_with(|| (name.to_owned(), is_file));
            let reason = if first != name {
                format!("differs from `{first}` only in case")
            } else if *first_is_file != is_file {
                format!("needs `{first}` to be a file and a folder")
            } else {
                continue;
            };
            problems.push(PathProblem {
                path: path.to_owned(),
                reason,
            });
            break;
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_pass() {
        let paths = ["README.md", "terraform/main.tf", "kubernetes/a-b_c.yaml"];
        assert_eq!(problems(paths.into_iter()), []);
    }

    #[test]
    fn paths_that_leave_the_folder_or_mean_something_else_are_refused() {
        let bad = [
            "",
            "/etc/passwd",
            "../up",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "c:/x",
            "nul",
            "terraform/Aux.tf",
            "a\nb",
            "a.",
            "a ",
            ".cloudgen.json",
            ".cloudgen-stage1/x",
        ];
        for path in bad {
            assert!(problem(path).is_some(), "{path:?}");
        }
        assert!(problem(&"x".repeat(256)).is_some());
    }

    #[test]
    fn collisions_are_found() {
        assert_eq!(problems(["a/X.tf", "a/x.tf"].into_iter()).len(), 1);
        assert_eq!(problems(["A/x.tf", "a/y.tf"].into_iter()).len(), 1);
        assert_eq!(problems(["a", "a/b"].into_iter()).len(), 1);
    }
}
