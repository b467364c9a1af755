//! Changing folders all at once or not at all: new files are written aside on the same file system first, and then moved into place;
//! where a move fails, those before it are taken back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::output::{FileTree, INVENTORY_FILE, Plan, STAGE_PREFIX};

use super::{Done, Failure};

/// The new inventory's name in a stage.
pub(super) const INVENTORY: &str = "inventory.json";

/// A change to one folder that is written aside and ready to be moved into place.
#[derive(Debug)]
pub(super) struct Stage {
    root: PathBuf,
    folder: TempDir,
    steps: Vec<Step>,
}

/// One move.
#[derive(Debug)]
enum Step {
    /// The whole new folder.
    Root,
    /// A file of the stage to a path in the folder.
    Place { from: PathBuf, to: PathBuf },
    /// A file of the folder into the stage.
    Remove { from: PathBuf, to: PathBuf },
}

/// How to take a move back.
#[derive(Debug)]
enum Undo {
    /// Remove a folder that was made.
    Folder(PathBuf),
    /// Remove a file that was placed where there was none.
    File(PathBuf),
    /// Move a file or folder back.
    Back { from: PathBuf, to: PathBuf },
}

impl Undo {
    fn run(self) -> io::Result<()> {
        match self {
            Self::Folder(path) => fs::remove_dir(path),
            Self::File(path) => fs::remove_file(path),
            Self::Back { from, to } => fs::rename(from, to),
        }
    }
}

impl Stage {
    /// Writes aside what a plan needs. The stage is inside the folder, so it is on its file system; beside it where there is none yet.
    pub(super) fn prepare(root: &Path, tree: &FileTree, plan: &Plan, inventory: &str) -> io::Result<Self> {
        if root.is_dir() {
            Self::within(root, tree, plan, inventory)
        } else {
            Self::beside(root, tree, inventory)
        }
    }

    fn within(root: &Path, tree: &FileTree, plan: &Plan, inventory: &str) -> io::Result<Self> {
        let folder = new_folder(root)?;
        let aside = |kind: &str, number: usize| folder.path().join(format!("{kind}{number}"));
        let mut steps = Vec::new();
        for (number, path) in plan.remove.iter().enumerate() {
            steps.push(Step::Remove {
                from: root.join(path),
                to: aside("stale", number),
            });
        }
        for (number, path) in plan.write.iter().enumerate() {
            let from = aside("new", number);
            fs::write(&from, tree.get(path).unwrap_or_default())?;
            let to = root.join(path);
            steps.push(Step::Place { from, to });
        }
        let from = folder.path().join(INVENTORY);
        fs::write(&from, inventory)?;
        // Last: until it is in place, the folder's inventory is the old one.
        let to = root.join(INVENTORY_FILE);
        steps.push(Step::Place { from, to });
        Ok(Self {
            root: root.to_path_buf(),
            folder,
            steps,
        })
    }

    fn beside(root: &Path, tree: &FileTree, inventory: &str) -> io::Result<Self> {
        let existing = root.ancestors().skip(1).find(|folder| folder.is_dir());
        let existing = existing.filter(|folder| !folder.as_os_str().is_empty());
        let folder = new_folder(existing.unwrap_or(Path::new(".")))?;
        let new = new_root(&folder);
        fs::create_dir(&new)?;
        let mut made = new.clone();
        for (path, text) in tree.iter() {
            let path = new.join(path);
            if let Some(parent) = path.parent().filter(|parent| *parent != made) {
                fs::create_dir_all(parent)?;
                made = parent.to_path_buf();
            }
            fs::write(path, text)?;
        }
        fs::write(new.join(INVENTORY_FILE), inventory)?;
        Ok(Self {
            root: root.to_path_buf(),
            folder,
            steps: vec![Step::Root],
        })
    }

    /// Moves everything into place, noting how to take each move back.
    fn apply(&self, undo: &mut Vec<Undo>) -> io::Result<()> {
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                Step::Root => {
                    let from = new_root(&self.folder);
                    make_parents(&self.root, undo)?;
                    fs::rename(&from, &self.root)?;
                    let (from, to) = (self.root.clone(), from);
                    undo.push(Undo::Back { from, to });
                }
                Step::Remove { from, to } => {
                    fs::rename(from, to)?;
                    let (from, to) = (to.clone(), from.clone());
                    undo.push(Undo::Back { from, to });
                }
                Step::Place { from, to } => {
                    let old = self.folder.path().join(format!("old{number}"));
                    if to.symlink_metadata().is_ok() {
                        // A second name keeps the old file, so that no moment passes without a file at the path.
                        fs::hard_link(to, &old).or_else(|_| fs::copy(to, &old).map(|_| ()))?;
                        fs::rename(from, to)?;
                        let to = to.clone();
                        undo.push(Undo::Back { from: old, to });
                    } else {
                        make_parents(to, undo)?;
                        fs::rename(from, to)?;
                        undo.push(Undo::File(to.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Removes the folders that lost their last file.
    fn prune(&self) {
        for step in &self.steps {
            if let Step::Remove { from, .. } = step {
                let inner = |folder: &&Path| *folder != self.root;
                for folder in from.ancestors().skip(1).take_while(inner) {
                    // It fails where something is left in it, and then the folders above are not empty either.
                    if fs::remove_dir(folder).is_err() {
                        break;
                    }
                }
            }
        }
    }
}

fn new_folder(parent: &Path) -> io::Result<TempDir> {
    let prefix = format!("{STAGE_PREFIX}-");
    tempfile::Builder::new().prefix(&prefix).tempdir_in(parent)
}

/// A folder inside the stage: the stage itself is closed to other users, what becomes the output is not.
fn new_root(folder: &TempDir) -> PathBuf {
    folder.path().join("root")
}

/// Makes the missing folders above a path.
fn make_parents(path: &Path, undo: &mut Vec<Undo>) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = path.ancestors().skip(1).take_while(is_missing).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        undo.push(Undo::Folder(folder.to_path_buf()));
    }
    Ok(())
}

/// Moves every stage into place, or leaves everything as it was.
pub(super) fn commit(stages: Vec<Stage>) -> Done {
    let mut undo = Vec::new();
    for stage in &stages {
        if let Err(error) = stage.apply(&mut undo) {
            let name = stage.root.display().to_string();
            return Err(take_back(stages, undo, &name, &error));
        }
    }
    for stage in &stages {
        stage.prune();
    }
    Ok(())
}

fn take_back(stages: Vec<Stage>, undo: Vec<Undo>, name: &str, error: &io::Error) -> Failure {
    let mut is_restored = true;
    for step in undo.into_iter().rev() {
        is_restored &= step.run().is_ok();
    }
    if is_restored {
        return Failure::io(format_args!("cannot write `{name}`, nothing was changed"), error);
    }
    let kept: Vec<String> = stages
        .into_iter()
        .map(|stage| format!("`{}`", stage.folder.keep().display()))
        .collect();
    let kept = kept.join(", ");
    Failure::Error(format!(
        "cannot write `{name}`: {error}; the files that could not be put back are in {kept}"
    ))
}
