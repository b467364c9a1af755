#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;

fn job(root: &Path, files: &[(&str, &str)]) -> Job {
    let mut tree = FileTree::new();
    for (path, text) in files {
        tree.insert(*path, *text);
    }
    Job {
        root: root.to_path_buf(),
        target: Target::Aws,
        environment: None,
        tree,
    }
}

fn write_one(root: &Path, files: &[(&str, &str)], force: bool) -> Result<String, String> {
    match write(&[job(root, files)], force) {
        Ok(lines) => Ok(lines.join("\n")),
        Err(Failure::Error(message)) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

/// Every file below a folder but the inventory, and every empty folder.
fn contents(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let entries: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        if entries.is_empty() {
            found.insert(format!("{}/", name(&folder)), String::new());
        }
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(INVENTORY_FILE) {
                found.insert(name(&path), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn is(root: &Path, files: &[(&str, &str)]) {
    let wanted: BTreeMap<String, String> = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    assert_eq!(contents(root), wanted);
}

#[test]
fn a_new_folder_gets_the_tree_and_nothing_else() {
    let temp = TempDir::new().unwrap();
    let root = temp.path().join("a/b");
    let files = [("README.md", "1"), ("terraform/main.tf", "2")];
    write_one(&root, &files, false).unwrap();
    is(&root, &files);
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1, "the stage is gone");
    assert!(write_one(&root, &files, false).unwrap().contains("all up to date"));
}

#[test]
fn a_later_render_follows_the_blueprint_and_leaves_foreign_files_alone() {
    let temp = TempDir::new().unwrap();
    let root = temp.path();
    fs::write(root.join("notes.txt"), "mine").unwrap();
    write_one(root, &[("a", "1"), ("old/deep/b", "1"), ("kept/c", "1")], false).unwrap();
    fs::write(root.join("kept/mine"), "mine").unwrap();
    write_one(root, &[("a", "2"), ("new/d", "1")], false).unwrap();
    is(
        root,
        &[("a", "2"), ("kept/mine", "mine"), ("new/d", "1"), ("notes.txt", "mine")],
    );
}

#[test]
fn edited_and_foreign_files_stop_everything_until_forced() {
    let temp = TempDir::new().unwrap();
    let root = temp.path();
    write_one(root, &[("a", "1"), ("b", "1"), ("c", "1")], false).unwrap();
    fs::write(root.join("a"), "edited").unwrap();
    fs::write(root.join("c"), "edited").unwrap();
    fs::write(root.join("d"), "foreign").unwrap();
    let wanted = [("a", "2"), ("b", "2"), ("d", "2")];
    let message = write_one(root, &wanted, false).unwrap_err();
    for part in [
        "`a` was edited by hand",
        "`c` is no longer wanted, but was edited",
        "`d` was not written by cloudgen",
        "--force",
    ] {
        assert!(message.contains(part), "{message}");
    }
    is(root, &[("a", "edited"), ("b", "1"), ("c", "edited"), ("d", "foreign")]);
    write_one(root, &wanted, true).unwrap();
    is(root, &wanted);
}

#[test]
fn a_removed_file_is_written_again() {
    let temp = TempDir::new().unwrap();
    write_one(temp.path(), &[("a", "1"), ("b", "1")], false).unwrap();
    fs::remove_file(temp.path().join("a")).unwrap();
    write_one(temp.path(), &[("a", "1"), ("b", "1")], false).unwrap();
    is(temp.path(), &[("a", "1"), ("b", "1")]);
}

#[test]
fn an_owned_file_may_become_a_folder() {
    let temp = TempDir::new().unwrap();
    write_one(temp.path(), &[("a", "1")], false).unwrap();
    write_one(temp.path(), &[("a/b", "1")], false).unwrap();
    is(temp.path(), &[("a/b", "1")]);
}

#[cfg(unix)]
#[test]
fn links_are_never_followed() {
    use std::os::unix::fs::symlink;
    let temp = TempDir::new().unwrap();
    let outside = temp.path().join("outside");
    let root = temp.path().join("out");
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&root).unwrap();
    fs::write(outside.join("a"), "precious").unwrap();
    symlink(&outside, root.join("folder")).unwrap();
    symlink(outside.join("a"), root.join("a")).unwrap();
    for force in [false, true] {
        let message = write_one(&root, &[("a", "1"), ("folder/a", "1"), ("b", "1")], force).unwrap_err();
        assert!(
            message.contains("`folder/a` is, or lies behind, a symbolic link"),
            "{message}"
        );
        assert!(message.contains("`a` is, or lies behind, a symbolic link"), "{message}");
    }
    is(&outside, &[("a", "precious")]);
    assert!(!root.join("b").exists());
}

#[test]
fn a_doctored_inventory_removes_nothing_outside() {
    let temp = TempDir::new().unwrap();
    let root = temp.path().join("out");
    fs::create_dir(&root).unwrap();
    fs::write(temp.path().join("precious"), "").unwrap();
    let hash = digest(b"");
    let text = format!(r#"{{"cloudgen": "0", "target": "aws", "files": {{"../precious": "{hash}"}}}}"#);
    fs::write(root.join(INVENTORY_FILE), text).unwrap();
    assert!(
        write_one(&root, &[("a", "1")], false)
            .unwrap_err()
            .contains("no inventory")
    );
    write_one(&root, &[("a", "1")], true).unwrap();
    assert!(temp.path().join("precious").exists());
}

#[test]
fn a_failed_move_takes_back_those_before_it() {
    let temp = TempDir::new().unwrap();
    let (first, second) = (temp.path().join("first"), temp.path().join("second"));
    let before = [("a", "1"), ("gone/b", "1"), ("z", "1")];
    write_one(&first, &before, false).unwrap();
    let inventory = fs::read(first.join(INVENTORY_FILE)).unwrap();
    let after = job(&first, &[("a", "2"), ("new/c", "2"), ("y", "2"), ("z", "2")]);
    let state = read(&first, &after.tree, false).unwrap();
    let plan = Plan::new(&after.tree, &state.inventory, &state.snapshot, false);
    let stages = vec![
        Stage::prepare(&second, &after.tree, &plan, "{}").unwrap(),
        Stage::prepare(&first, &after.tree, &plan, "{}").unwrap(),
    ];
    // Someone else makes a folder where a file was to be placed.
    fs::create_dir(first.join("y")).unwrap();
    let failure = stage::commit(stages).unwrap_err();
    assert!(format!("{failure:?}").contains("nothing was changed"), "{failure:?}");
    fs::remove_dir(first.join("y")).unwrap();
    is(&first, &before);
    assert_eq!(fs::read(first.join(INVENTORY_FILE)).unwrap(), inventory);
    assert!(!second.exists());
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 1);
}

#[test]
fn one_refused_folder_stops_the_others() {
    let temp = TempDir::new().unwrap();
    let (first, second) = (temp.path().join("x/first"), temp.path().join("x/second"));
    fs::create_dir_all(&second).unwrap();
    fs::write(second.join("a"), "foreign").unwrap();
    let jobs = [job(&first, &[("a", "1")]), job(&second, &[("a", "1")])];
    assert!(write(&jobs, false).is_err());
    assert!(!first.exists());
    write(&jobs, true).unwrap();
    is(&first, &[("a", "1")]);
    is(&second, &[("a", "1")]);
}

#[test]
fn a_killed_write_is_mended_by_the_next_one() {
    let temp = TempDir::new().unwrap();
    let root = temp.path();
    write_one(root, &[("a", "1"), ("b", "1")], false).unwrap();
    // As a kill leaves it: one of the new files in place, the rest and the new inventory still in the stage.
    let halfway = job(root, &[("a", "2"), ("b", "2"), ("c", "2")]);
    let stage = root.join(format!("{STAGE_PREFIX}-killed"));
    fs::create_dir(&stage).unwrap();
    let inventory = Inventory::of(&halfway.tree, "aws", None).to_text();
    fs::write(stage.join(stage::INVENTORY), inventory).unwrap();
    fs::write(root.join("a"), "2").unwrap();
    fs::write(root.join("c"), "2").unwrap();
    write_one(root, &[("a", "3"), ("b", "3")], false).unwrap();
    is(root, &[("a", "3"), ("b", "3")]);
}

#[test]
fn two_writers_do_not_meet() {
    let temp = TempDir::new().unwrap();
    let held = lock(temp.path()).unwrap();
    assert!(held.is_some());
    let message = write_one(temp.path(), &[("a", "1")], false).unwrap_err();
    assert!(message.contains("another cloudgen"), "{message}");
}

#[test]
fn the_root_must_be_a_folder() {
    let temp = TempDir::new().unwrap();
    let file = temp.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(write_one(&file, &[("a", "1")], true).is_err());
    assert!(write_one(&file.join("below"), &[("a", "1")], true).is_err());
}
