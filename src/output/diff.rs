//! What a render would change in a folder, as a unified diff that `patch -p1` and `git apply` take.

use std::fmt::Write;

use similar::TextDiff;

use super::{FileTree, Found, Inventory, Snapshot};

/// The difference between a folder (`a/`) and a tree (`b/`); empty where they agree. Files of the folder that no render wrote are
/// not looked at.
pub fn diff(tree: &FileTree, owned: &Inventory, snapshot: &Snapshot) -> String {
    let mut paths: Vec<&str> = tree.iter().map(|(path, _)| path).collect();
    paths.extend(owned.files.keys().map(String::as_str));
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .map(|path| file(path, snapshot.get(path), tree.get(path)))
        .collect()
}

fn file(path: &str, found: Option<&Found>, wanted: Option<&str>) -> String {
    let old = match found {
        None | Some(Found::Blocked(_)) => None,
        Some(Found::File(bytes)) => match std::str::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(_) => return differ(path, "is not text"),
        },
        Some(Found::Folder) => return differ(path, "is a folder"),
        Some(Found::Link) => return differ(path, "is, or lies behind, a symbolic link"),
        Some(Found::Other) => return differ(path, "is not a file"),
    };
    if old == wanted {
        return String::new();
    }
    let side = |letter: char, text: Option<&str>| match text {
        Some(_) => format!("{letter}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (before, after) = (side('a', old), side('b', wanted));
    let diff = TextDiff::from_lines(old.unwrap_or_default(), wanted.unwrap_or_default());
    let mut hunks = diff.unified_diff();
    let text = hunks
        .context_radius(3)
        .header(&before, &after)
        .missing_newline_hint(true)
        .to_string();
    if text.is_empty() {
        // An empty file on one side has no lines to show.
        return format!("--- {before}\n+++ {after}\n");
    }
    text
}

fn differ(path: &str, reason: &str) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "Files a/{path} and b/{path} differ: a/{path} {reason}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: &[(&str, &str)], owned: &[&str], wanted: &[(&str, &str)]) -> String {
        let mut tree = FileTree::new();
        for (path, text) in wanted {
            tree.insert(*path, *text);
        }
        let mut inventory = Inventory::default();
        for path in owned {
            inventory.files.insert((*path).to_owned(), String::new());
        }
        let snapshot = found
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Found::File(text.as_bytes().to_vec())))
            .collect();
        diff(&tree, &inventory, &snapshot)
    }

    #[test]
    fn equal_is_silent() {
        assert_eq!(shown(&[("a", "1\n"), ("z", "mine")], &["a"], &[("a", "1\n")]), "");
    }

    #[test]
    fn changed_new_and_stale_files() {
        let text = shown(
            &[("a", "1\n2\n"), ("c", "old\n")],
            &["a", "c"],
            &[("a", "1\n3\n"), ("b", "new")],
        );
        assert_eq!(
            text,
            "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n\
             --- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n\
             --- a/c\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n"
        );
    }
}
