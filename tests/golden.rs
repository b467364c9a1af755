//! Every example blueprint, rendered for every target and environment, must be what is kept in `golden/`: a changed, missing or stale
//! file fails with its diff. `CLOUDGEN_BLESS=1 cargo test --test golden` writes what is rendered now; read the change before it is
//! committed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cloudgen::output::{self, FileTree, Found, Inventory, Snapshot};
use cloudgen::target::Target;
use support::{Case, entries, examples, files_below, project};

#[test]
fn goldens_are_current() {
    let bless = std::env::var_os("CLOUDGEN_BLESS").is_some_and(|value| value == "1");
    let mut wanted = BTreeSet::new();
    let mut differences = String::new();
    for case in examples().iter().flat_map(support::Example::cases) {
        let folder = format!("{}/{}", case.folder, case.target);
        let difference = compare(&project("golden").join(&folder), &case.rendered.files);
        if bless && !difference.is_empty() {
            rewrite(&project("golden").join(&folder), &case.rendered.files);
        } else if !difference.is_empty() {
            differences.push_str(&format!("==> golden/{folder}\n{difference}"));
        }
        wanted.insert(folder);
    }
    for folder in trees() {
        if wanted.contains(&folder) {
            continue;
        }
        if bless {
            fs::remove_dir_all(project("golden").join(&folder)).unwrap();
        } else {
            differences.push_str(&format!("==> golden/{folder} belongs to no blueprint\n"));
        }
    }
    assert!(
        differences.is_empty(),
        "the output changed; CLOUDGEN_BLESS=1 accepts it\n{differences}"
    );
}

/// Every `<blueprint>/<target>` there is below `golden/`.
fn trees() -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let targets = Target::ALL.map(Target::name);
    entries(&project("golden"))
        .iter()
        .flat_map(|blueprint| {
            entries(blueprint)
                .into_iter()
                .map(|tree| (name(blueprint), name(&tree)))
        })
        .inspect(|(blueprint, tree)| {
            assert!(
                targets.contains(&tree.as_str()),
                "golden/{blueprint}/{tree} is no target"
            );
        })
        .map(|(blueprint, tree)| format!("{blueprint}/{tree}"))
        .collect()
}

/// The diff from a golden folder to a tree; every file of the folder counts as one that the tree should have.
fn compare(folder: &Path, tree: &FileTree) -> String {
    let files = files_below(folder);
    let mut inventory = Inventory::default();
    let mut snapshot = Snapshot::new();
    for (path, bytes) in files {
        inventory.files.insert(path.clone(), output::digest(&bytes));
        snapshot.insert(path, Found::File(bytes));
    }
    output::diff(tree, &inventory, &snapshot)
}

fn rewrite(folder: &Path, tree: &FileTree) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    for (path, text) in tree.iter() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn trees_can_be_written_everywhere() {
    for case in examples().iter().flat_map(support::Example::cases) {
        assert_eq!(case.rendered.files.problems(), [], "{}/{}", case.folder, case.target);
        for (path, text) in case.rendered.files.iter() {
            let is_code = path.starts_with("terraform/functions/");
            let is_terraform = path.starts_with("terraform/") && (path.ends_with(".tf") || is_code);
            let is_kubernetes =
                path.starts_with("kubernetes/") && [".yaml", "/README.md"].iter().any(|end| path.ends_with(end));
            assert!(
                is_terraform || is_kubernetes || ["CODEOWNERS", "README.md"].contains(&path),
                "{path} has no place in the layout"
            );
            // The code of functions is the author's own, to the byte.
            if is_code {
                continue;
            }
            assert!(
                text.ends_with('\n') && !text.ends_with("\n\n"),
                "{path} ends with one line end"
            );
            assert!(
                !text.contains('\r') && !text.contains('\t'),
                "{path} has a tab or a carriage return"
            );
        }
    }
}

/// The document on standard output is made of the same blocks and objects as the files.
#[test]
fn documents_hold_what_the_files_hold() {
    for case in examples().iter().flat_map(support::Example::cases) {
        let at = format!("{}/{}", case.folder, case.target);
        let single = blocks(&case.rendered.terraform()).into_iter();
        // Archives hold their files where there is nothing beside them.
        let (archives, single): (Vec<String>, Vec<String>) = single.partition(|block| is_archive(block));
        let (packed, files): (Vec<String>, Vec<String>) =
            file_blocks(&case).into_iter().partition(|block| is_archive(block));
        assert_eq!(single, files, "{at}: Terraform");
        assert_eq!(archives.len(), packed.len(), "{at}: archives");
        assert_eq!(
            objects(&case.rendered.kubernetes),
            file_objects(&case),
            "{at}: Kubernetes"
        );
        let is_kubernetes = case.target == Target::Kubernetes;
        let has_objects = case
            .rendered
            .files
            .iter()
            .any(|(path, _)| path.starts_with("kubernetes/"));
        assert_eq!(case.rendered.kubernetes.is_empty(), !has_objects, "{at}");
        assert!(has_objects || !is_kubernetes, "{at}");
        assert_eq!(case.rendered.terraform().is_empty(), is_kubernetes, "{at}");
    }
}

/// The top-level blocks of Terraform text, in one spelling and sorted.
fn blocks(text: &str) -> Vec<String> {
    let body = hcl::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut blocks: Vec<String> = body
        .into_iter()
        .map(|structure| {
            let body: hcl::Body = std::iter::once(structure).collect();
            hcl::to_string(&body).unwrap()
        })
        .collect();
    blocks.sort();
    blocks
}

fn is_archive(block: &str) -> bool {
    block.starts_with("data \"archive_file\"")
}

fn file_blocks(case: &Case) -> Vec<String> {
    let files = case.rendered.files.iter();
    let mut all: Vec<String> = files
        .filter(|(path, _)| path.ends_with(".tf"))
        .flat_map(|(_, text)| blocks(text))
        .collect();
    all.sort();
    all
}

/// The objects of a YAML stream, in one spelling and sorted.
fn objects(text: &str) -> Vec<String> {
    let mut objects: Vec<String> = serde_yaml::Deserializer::from_str(text)
        .map(|document| {
            let value: serde_yaml::Value = serde::Deserialize::deserialize(document).unwrap();
            serde_yaml::to_string(&value).unwrap()
        })
        .filter(|text| text != "null\n")
        .collect();
    objects.sort();
    objects
}

fn file_objects(case: &Case) -> Vec<String> {
    let files = case.rendered.files.iter();
    let mut all: Vec<String> = files
        .filter(|(path, _)| path.starts_with("kubernetes/") && path.ends_with(".yaml"))
        .filter(|(path, _)| !path.ends_with("/kustomization.yaml"))
        .flat_map(|(_, text)| objects(text))
        .collect();
    all.sort();
    all
}
