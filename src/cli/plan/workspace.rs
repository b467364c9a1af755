//! The folder that Terraform runs in: a temporary one, so that an offline run leaves nothing behind, reads no real state and reaches no
//! remote one.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::offline::needs::{File, Needs, Problem, Reach, normal};
use crate::output::FileTree;

use super::super::{Failure, console};

/// Puts the state into the folder itself, whatever the configuration says. Of several overrides the last one counts.
const OVERRIDE_FILE: &str = "zzz_cloudgen_override.tf";
const OVERRIDE: &str = "terraform {\n  backend \"local\" {}\n}\n";

/// Where a local backend keeps the state.
const STATE: &str = "terraform.tfstate";

/// What Terraform keeps beside a configuration: real states, modules and locks, which an offline run has no use for.
const KEPT_ASIDE: [&str; 3] = [".terraform", ".terraform.lock.hcl", ".git"];

/// A temporary folder with a root module in it. It is removed on drop.
#[derive(Debug)]
pub(super) struct Workspace {
    folder: TempDir,
    /// Where Terraform runs.
    pub(super) root: PathBuf,
    /// What the module needs of providers; `root` is the temporary folder's.
    pub(super) needs: Needs,
}

impl Workspace {
    /// Writes the Terraform of a render.
    pub(super) fn of_render(files: &FileTree) -> Result<Self, Failure> {
        let folder = temporary()?;
        let root = folder.path().join("terraform");
        let write = || -> io::Result<()> {
            fs::create_dir(&root)?;
            for (path, text) in files.iter() {
                if let Some(name) = path.strip_prefix("terraform/") {
                    fs::write(root.join(name), text)?;
                }
            }
            Ok(())
        };
        write().map_err(|error| cannot_write(&root, &error))?;
        let needs = survey(&root, Reach::Configuration)?;
        Self::finish(folder, root, needs)
    }

    /// Stands in for a folder of the user's: the same files under the same names, seen through links, and the modules around it where
    /// its paths expect them.
    pub(super) fn of_folder(given: &Path, reach: Reach) -> Result<Self, Failure> {
        let shown = given.display();
        let cannot_read = |error| Failure::io(format_args!("cannot read `{shown}`"), &error);
        let root = fs::canonicalize(given).map_err(cannot_read)?;
        let here = std::env::current_dir().map_err(|error| Failure::io("cannot find the current folder", &error))?;
        // Messages name files as the user would.
        let near = root.strip_prefix(&here).map_or(root.clone(), Path::to_path_buf);
        let needs = survey(&normal(&near), reach)?;
        let folder = temporary()?;
        let top = top(&root, needs.modules.iter().map(|module| normal(&here.join(module))));
        let into = folder.path().join("copy");
        let copy = mirror(&root, &top, &into).map_err(|error| cannot_write(&into, &error))?;
        Self::finish(folder, copy, needs)
    }

    /// A folder of the user's itself.
    pub(super) fn in_place(given: &Path) -> Result<Self, Failure> {
        let cannot_read = |error| Failure::io(format_args!("cannot read `{}`", given.display()), &error);
        let root = fs::canonicalize(given).map_err(cannot_read)?;
        let mut needs = survey(&root, Reach::Tests)?;
        if let Ok(state) = fs::read_to_string(root.join(STATE)) {
            let added = needs.add_state(&root.join(STATE), &state);
            added.map_err(|problem| Failure::Error(problem.to_string()))?;
        }
        let folder = temporary()?;
        Ok(Self { folder, root, needs })
    }

    fn finish(folder: TempDir, root: PathBuf, mut needs: Needs) -> Result<Self, Failure> {
        if needs.has_backend {
            let path = root.join(OVERRIDE_FILE);
            fs::write(&path, OVERRIDE).map_err(|error| cannot_write(&path, &error))?;
        }
        needs.root.clone_from(&root);
        Ok(Self { folder, root, needs })
    }

    /// Starts from a state: a copy of the file, for the workspace that the user has chosen.
    pub(super) fn start_from(&mut self, state: &Path) -> Result<(), Failure> {
        let name = state.display();
        let text =
            fs::read_to_string(state).map_err(|error| Failure::io(format_args!("cannot read `{name}`"), &error))?;
        let added = self.needs.add_state(state, &text);
        added.map_err(|problem| Failure::Error(problem.to_string()))?;
        let workspace = std::env::var_os("TF_WORKSPACE").filter(|name| !name.is_empty() && name != "default");
        let folder = match workspace {
            Some(workspace) => self.root.join("terraform.tfstate.d").join(workspace),
            None => self.root.clone(),
        };
        // What the state holds is read like the modules: a block that only it names is one that is needed.
        self.needs.modules.push(folder.clone());
        let path = folder.join(STATE);
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, text));
        written.map_err(|error| cannot_write(&path, &error))
    }

    /// A path for a file that goes with the workspace, outside of the module.
    pub(super) fn aside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Reads what a folder needs, and shows what keeps it from running.
pub(super) fn survey(root: &Path, reach: Reach) -> Result<Needs, Failure> {
    Needs::read(root, reach, &mut |folder| files(folder)).map_err(|problems| {
        for problem in &problems {
            console::error(&problem.to_string());
        }
        // A syntax error is a mistake in the configuration, the rest is what an offline run cannot do.
        let is_wrong = problems
            .iter()
            .any(|problem| matches!(problem, Problem::Unreadable { .. }));
        if is_wrong { Failure::Found } else { Failure::Stopped }
    })
}

/// The files of a module, sorted by name.
fn files(folder: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_configuration = [".tf", ".tf.json", ".tftest.hcl"].iter().any(|end| name.ends_with(end));
        // Editors' files and hidden ones are none of Terraform's.
        let is_ignored = name.starts_with(['.', '#']) || name.ends_with('~');
        if is_configuration && !is_ignored && path.is_file() {
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

/// The folder below which everything keeps its place: that of the repository, so that paths such as `../../files/x` lead where they
/// should, and in any case one that holds all modules.
fn top(root: &Path, modules: impl Iterator<Item = PathBuf>) -> PathBuf {
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    let mut top = repository.unwrap_or(root).to_path_buf();
    for module in modules {
        while !module.starts_with(&top) && top.pop() {}
    }
    top
}

/// Builds the folders from `top` down to `root` anew, with links to whatever else is in them; gives the new root.
fn mirror(root: &Path, top: &Path, into: &Path) -> io::Result<PathBuf> {
    let way: Vec<&OsStr> = root
        .strip_prefix(top)
        .map(|way| way.iter().collect())
        .unwrap_or_default();
    let (mut original, mut copy) = (top.to_path_buf(), into.to_path_buf());
    for next in way {
        link(&original, &copy, |name| name == next)?;
        original.push(next);
        copy.push(next);
    }
    link(&original, &copy, |name| {
        let is_state = name.to_string_lossy().starts_with(STATE);
        is_state || KEPT_ASIDE.iter().any(|kept| name == *kept)
    })?;
    Ok(copy)
}

/// Makes a folder with links to the entries of another, those left out that are not wanted.
fn link(original: &Path, copy: &Path, is_left_out: impl Fn(&OsString) -> bool) -> io::Result<()> {
    fs::create_dir(copy)?;
    let entries = match fs::read_dir(original) {
        Ok(entries) => entries,
        // A folder that may be passed through and not listed: what is in it cannot be guessed.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if !is_left_out(&entry.file_name()) {
            symlink(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn temporary() -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new().prefix("cloudgen-").tempdir();
    folder.map_err(|error| Failure::io("cannot make a temporary folder", &error))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::io(format_args!("cannot write `{}`", path.display()), error)
}
