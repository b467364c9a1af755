//! What putting a tree into a folder would write, remove and refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{FileTree, Inventory, digest};

/// What stands at a path of the output folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A file with these bytes.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// A symbolic link, at the path itself or at a folder above it.
    Link,
    /// A file where one of the folders above the path should be.
    Blocked(String),
    /// Something else: a device, a socket.
    Other,
}

/// The part of an output folder that a plan needs: what stands at the paths of the tree and of the last inventory. A path that is
/// not in the map is free.
pub type Snapshot = BTreeMap<String, Found>;

/// Why a path is not touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Written by an earlier render, changed since.
    Edited(String),
    /// Not wanted any more, but changed by hand since it was written.
    EditedStale(String),
    /// Not written by cloudgen.
    Foreign(String),
    /// A symbolic link is in the way.
    Link(String),
    /// A folder, or something that is neither file nor folder, is in the way.
    NotAFile(String),
    /// The second is a file, and would have to be a folder.
    Blocked(String, String),
}

impl Refusal {
    /// True where `--force` writes all the same.
    pub fn can_be_forced(&self) -> bool {
        matches!(self, Self::Edited(_) | Self::EditedStale(_) | Self::Foreign(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited(path) => write!(f, "`{path}` was edited by hand"),
            Self::EditedStale(path) => {
                write!(f, "`{path}` is no longer wanted, but was edited by hand")
            }
            Self::Foreign(path) => write!(f, "`{path}` was not written by cloudgen"),
            Self::Link(path) => write!(f, "`{path}` is, or lies behind, a symbolic link"),
            Self::NotAFile(path) => write!(f, "`{path}` is not a file"),
            Self::Blocked(path, file) => {
                write!(f, "`{path}` needs a folder where `{file}` is a file")
            }
        }
    }
}

/// The changes that make a folder hold a tree. Every list is sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files to create or replace.
    pub write: Vec<String>,
    /// Owned files to remove because the tree has them no longer.
    pub remove: Vec<String>,
    /// Files that hold the right bytes already.
    pub keep: Vec<String>,
    /// Files that are not cloudgen's to change. Nothing may be written while there is one.
    pub refuse: Vec<Refusal>,
}

impl Plan {
    /// Compares a tree with the folder it is meant for. With `force`, edited and foreign files are replaced rather than refused.
    pub fn new(tree: &FileTree, owned: &Inventory, snapshot: &Snapshot, force: bool) -> Self {
        let mut plan = Self::default();
        plan.stale(tree, owned, snapshot);
        let removed: BTreeSet<String> = plan.remove.iter().cloned().collect();
        for (path, text) in tree.iter() {
            plan.wanted(path, text, owned, snapshot, &removed);
        }
        if force {
            plan.force();
        }
        plan.write.sort();
        plan.remove.sort();
        plan.refuse.sort();
        plan
    }

    fn wanted(&mut self, path: &str, text: &str, owned: &Inventory, snapshot: &Snapshot, removed: &BTreeSet<String>) {
        let name = path.to_owned();
        match snapshot.get(path) {
            None => self.write.push(name),
            Some(Found::File(bytes)) if bytes == text.as_bytes() => self.keep.push(name),
            Some(Found::File(bytes)) => match owned.files.get(path) {
                Some(hash) if *hash == digest(bytes) => self.write.push(name),
                Some(_) => self.refuse.push(Refusal::Edited(name)),
                None => self.refuse.push(Refusal::Foreign(name)),
            },
            Some(Found::Link) => self.refuse.push(Refusal::Link(name)),
            // Removals come first, so an owned file may become a folder.
            Some(Found::Blocked(file)) if removed.contains(file) => self.write.push(name),
            Some(Found::Blocked(file)) => self.refuse.push(Refusal::Blocked(name, file.clone())),
            Some(Found::Folder | Found::Other) => self.refuse.push(Refusal::NotAFile(name)),
        }
    }

    fn stale(&mut self, tree: &FileTree, owned: &Inventory, snapshot: &Snapshot) {
        for (path, hash) in &owned.files {
            if tree.get(path).is_some() {
                continue;
            }
            match snapshot.get(path) {
                Some(Found::File(bytes)) if *hash == digest(bytes) => {
                    self.remove.push(path.clone());
                }
                Some(Found::File(_)) => self.refuse.push(Refusal::EditedStale(path.clone())),
                // What stands there now is not what was written: it is left alone.
                None | Some(Found::Folder | Found::Link | Found::Blocked(_) | Found::Other) => {}
            }
        }
    }

    fn force(&mut self) {
        for refusal in std::mem::take(&mut self.refuse) {
            match refusal {
                Refusal::Edited(path) | Refusal::Foreign(path) => self.write.push(path),
                Refusal::EditedStale(path) => self.remove.push(path),
                other => self.refuse.push(other),
            }
        }
    }

    /// True where the folder holds the tree already.
    pub fn is_empty(&self) -> bool {
        self.write.is_empty() && self.remove.is_empty() && self.refuse.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> FileTree {
        let mut tree = FileTree::new();
        for (path, text) in files {
            tree.insert(*path, *text);
        }
        tree
    }

    fn folder(files: &[(&str, &str)]) -> Snapshot {
        files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Found::File(text.as_bytes().to_vec())))
            .collect()
    }

    #[test]
    fn an_untouched_folder_follows_the_tree() {
        let before = [("a", "1"), ("b", "1"), ("c", "1")];
        let owned = Inventory::of(&tree(&before), "aws", None);
        let plan = Plan::new(
            &tree(&[("a", "1"), ("b", "2"), ("d", "1")]),
            &owned,
            &folder(&before),
            false,
        );
        assert_eq!(plan.keep, ["a"]);
        assert_eq!(plan.write, ["b", "d"]);
        assert_eq!(plan.remove, ["c"]);
        assert_eq!(plan.refuse, []);
    }

    #[test]
    fn edited_and_foreign_files_are_refused_until_forced() {
        let owned = Inventory::of(&tree(&[("a", "1"), ("c", "1")]), "aws", None);
        let wanted = tree(&[("a", "2"), ("b", "2")]);
        let found = folder(&[("a", "mine"), ("b", "mine"), ("c", "mine"), ("d", "mine")]);
        let plan = Plan::new(&wanted, &owned, &found, false);
        assert_eq!(
            plan.refuse,
            [
                Refusal::Edited("a".into()),
                Refusal::EditedStale("c".into()),
                Refusal::Foreign("b".into()),
            ]
        );
        let forced = Plan::new(&wanted, &owned, &found, true);
        assert_eq!(forced.write, ["a", "b"]);
        assert_eq!(forced.remove, ["c"]);
        assert_eq!(forced.refuse, []);
    }

    #[test]
    fn links_and_folders_are_refused_even_when_forced() {
        let found: Snapshot = [
            ("a".to_owned(), Found::Link),
            ("b".to_owned(), Found::Folder),
            ("c/d".to_owned(), Found::Blocked("c".into())),
        ]
        .into();
        let wanted = tree(&[("a", ""), ("b", ""), ("c/d", "")]);
        let plan = Plan::new(&wanted, &Inventory::default(), &found, true);
        assert_eq!(plan.refuse.len(), 3);
        assert!(!plan.refuse.iter().any(Refusal::can_be_forced));
    }

    #[test]
    fn an_owned_file_may_become_a_folder() {
        let owned = Inventory::of(&tree(&[("c", "1")]), "aws", None);
        let mut found = folder(&[("c", "1")]);
        found.insert("c/d".into(), Found::Blocked("c".into()));
        let plan = Plan::new(&tree(&[("c/d", "1")]), &owned, &found, false);
        assert_eq!(
            (plan.write, plan.remove),
            (vec!["c/d".to_owned()], vec!["c".to_owned()])
        );
    }

    #[test]
    fn equal_bytes_are_adopted() {
        let same = [("a", "1")];
        let plan = Plan::new(&tree(&same), &Inventory::default(), &folder(&same), false);
        assert!(plan.is_empty());
    }
}
