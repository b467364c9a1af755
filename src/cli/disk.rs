//! Output folders: reading what a plan needs of them, and writing several of them together.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::output::{FileTree, Found, INVENTORY_FILE, Inventory, Plan, Refusal, STAGE_PREFIX, Snapshot, digest};
use crate::target::Target;

use super::Failure;
use super::stage::{self, Stage};

#[cfg(test)]
mod tests;

/// One folder to be written.
#[derive(Debug)]
pub(super) struct Job {
    /// The folder; it need not exist.
    pub(super) root: PathBuf,
    pub(super) target: Target,
    pub(super) environment: Option<String>,
    pub(super) tree: FileTree,
}

/// What a folder holds, as far as a tree and the last render are concerned.
#[derive(Debug, Default)]
pub(super) struct State {
    /// What the last render left; empty where there was none.
    pub(super) inventory: Inventory,
    pub(super) snapshot: Snapshot,
    /// Stages of writes that were killed.
    leftovers: Vec<PathBuf>,
    /// The inventory is on disk with exactly this text.
    inventory_text: Option<String>,
}

/// Reads what is needed of a folder. An unreadable inventory is an error, with `force` it counts as none.
pub(super) fn read(root: &Path, tree: &FileTree, force: bool) -> Result<State, Failure> {
    if let Some(problem) = tree.problems().first() {
        return Err(Failure::Error(format!(
            "cloudgen made a file name that it cannot write, {problem}; please report this"
        )));
    }
    let mut state = State::default();
    let name = root.display();
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(Failure::Error(format!("`{name}` is not a folder"))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return match fs::symlink_metadata(root) {
                Ok(_) => Err(Failure::Error(format!(
                    "`{name}` is a symbolic link that leads nowhere"
                ))),
                Err(_) => Ok(state),
            };
        }
        Err(error) => return Err(Failure::io(format_args!("cannot read `{name}`"), &error)),
    }
    read_inventory(root, force, &mut state)?;
    let paths = tree.iter().map(|(path, _)| path);
    let owned: Vec<String> = state.inventory.files.keys().cloned().collect();
    for path in paths.chain(owned.iter().map(String::as_str)) {
        let found = look(root, path)
            .map_err(|error| Failure::io(format_args!("cannot read `{}`", root.join(path).display()), &error))?;
        if let Some(found) = found {
            state.snapshot.insert(path.to_owned(), found);
        }
    }
    own_leftovers(root, &mut state).map_err(|error| Failure::io(format_args!("cannot read `{name}`"), &error))?;
    Ok(state)
}

fn read_inventory(root: &Path, force: bool, state: &mut State) -> Result<(), Failure> {
    let path = root.join(INVENTORY_FILE);
    let name = path.display();
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => {
            return Err(Failure::Error(format!("`{name}` is not a file; move it away")));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io(format_args!("cannot read `{name}`"), &error)),
    }
    let text = fs::read_to_string(&path).map_err(|error| Failure::io(format_args!("cannot read `{name}`"), &error))?;
    match Inventory::parse(&text) {
        Ok(inventory) => {
            state.inventory = inventory;
            state.inventory_text = Some(text);
        }
        Err(_) if force => {}
        Err(reason) => {
            return Err(Failure::Error(format!(
                "`{name}` is no inventory of cloudgen ({reason}); restore it, or overwrite with --force"
            )));
        }
    }
    Ok(())
}

/// What stands at a relative path; none where it is free.
fn look(root: &Path, path: &str) -> io::Result<Option<Found>> {
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    for folder in folders {
        let metadata = match fs::symlink_metadata(root.join(folder)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        if metadata.is_symlink() {
            return Ok(Some(Found::Link));
        }
        if !metadata.is_dir() {
            return Ok(Some(Found::Blocked(folder.to_owned())));
        }
    }
    let at = root.join(path);
    let metadata = match fs::symlink_metadata(&at) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    Ok(Some(if metadata.is_symlink() {
        Found::Link
    } else if metadata.is_dir() {
        Found::Folder
    } else if metadata.is_file() {
        Found::File(fs::read(&at)?)
    } else {
        Found::Other
    }))
}

/// A write that was killed leaves its stage, with the inventory it was about to place. What stands on disk as that inventory says is
/// cloudgen's own, so that the next render mends the folder without `--force`.
fn own_leftovers(root: &Path, state: &mut State) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let is_stage = entry.file_name().to_string_lossy().starts_with(STAGE_PREFIX);
        if !is_stage || !entry.file_type()?.is_dir() {
            continue;
        }
        let text = fs::read_to_string(entry.path().join(stage::INVENTORY)).unwrap_or_default();
        for (path, hash) in Inventory::parse(&text).unwrap_or_default().files {
            if let Some(found @ Found::File(bytes)) = &look(root, &path)?
                && digest(bytes) == hash
            {
                state.snapshot.insert(path.clone(), found.clone());
                state.inventory.files.insert(path, hash);
            }
        }
        state.leftovers.push(entry.path());
    }
    Ok(())
}

/// Writes every folder, or none of them; says what was done, a line for each.
///
/// Nothing is synced to the disk: a render can always be repeated, and a sync would cost more than all the rest.
pub(super) fn write(jobs: &[Job], force: bool) -> Result<Vec<String>, Failure> {
    let mut locks = Vec::new();
    let mut planned = Vec::new();
    for job in jobs {
        locks.push(lock(&job.root)?);
        let state = read(&job.root, &job.tree, force)?;
        let plan = Plan::new(&job.tree, &state.inventory, &state.snapshot, force);
        planned.push((job, state, plan));
    }
    refuse(&planned)?;
    let mut lines = Vec::new();
    let mut stages = Vec::new();
    let mut leftovers = Vec::new();
    for ((job, state, plan), lock) in planned.iter().zip(&locks) {
        let inventory = Inventory::of(&job.tree, job.target.name(), job.environment.as_deref()).to_text();
        lines.extend(replaced(job, &state.inventory));
        lines.push(done(job, plan));
        if lock.is_some() {
            leftovers.extend(state.leftovers.iter());
        }
        if plan.is_empty() && state.inventory_text.as_ref() == Some(&inventory) {
            continue;
        }
        let stage = Stage::prepare(&job.root, &job.tree, plan, &inventory);
        let name = job.root.display();
        stages.push(stage.map_err(|error| Failure::io(format_args!("cannot write `{name}`"), &error))?);
    }
    stage::commit(stages)?;
    for leftover in leftovers {
        // It is only litter; the next render tries again.
        let _ = fs::remove_dir_all(leftover);
    }
    Ok(lines)
}

/// Keeps a second cloudgen away from an existing folder until the handle is dropped. Some file systems know no locks, and a folder
/// that does not exist needs none (placing it fails where another was faster).
fn lock(root: &Path) -> Result<Option<File>, Failure> {
    let Ok(folder) = File::open(root) else {
        return Ok(None);
    };
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Err(Failure::Error(format!(
            "another cloudgen is writing to `{}`",
            root.display()
        ))),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Fails where a plan refuses anything, and names all of it.
fn refuse(planned: &[(&Job, State, Plan)]) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut forced = true;
    for (job, _, plan) in planned {
        for refusal in &plan.refuse {
            forced &= refusal.can_be_forced();
            lines.push(format!("  in `{}`: {refusal}", job.root.display()));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let advice = if forced {
        "move them away, or overwrite them with --force"
    } else if planned
        .iter()
        .any(|(_, _, plan)| plan.refuse.iter().any(Refusal::can_be_forced))
    {
        "move them away; --force overwrites files only"
    } else {
        "move them away"
    };
    Err(Failure::Error(format!(
        "nothing was written, because of what stands there already:\n{}\n{advice}",
        lines.join("\n")
    )))
}

/// What to say where the folder held the output of another target or environment.
fn replaced(job: &Job, before: &Inventory) -> Option<String> {
    let is_same = before.target == job.target.name() && before.environment == job.environment;
    if before.target.is_empty() || is_same {
        return None;
    }
    let describe = |target: &str, environment: Option<&str>| match environment {
        Some(environment) => format!("{target}, environment {environment}"),
        None => target.to_owned(),
    };
    Some(format!(
        "note: `{}` held the output for {}; it now holds that for {}",
        job.root.display(),
        describe(&before.target, before.environment.as_deref()),
        describe(job.target.name(), job.environment.as_deref()),
    ))
}

fn done(job: &Job, plan: &Plan) -> String {
    let root = job.root.display();
    let files = job.tree.len();
    if plan.is_empty() {
        return format!("{root}: {files} files, all up to date");
    }
    let (written, removed) = (plan.write.len(), plan.remove.len());
    let mut line = format!("{root}: {files} files, {written} written");
    if removed > 0 {
        line.push_str(&format!(", {removed} stale removed"));
    }
    line
}
