//! What several test programs need: the example blueprints, and every tree that can be rendered from them.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod addresses;
pub mod code;
pub mod leaves;
pub mod manifests;
pub mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cloudgen::blueprint::{self, Blueprint};
use cloudgen::diagnostic::render;
use cloudgen::output::Rendered;
use cloudgen::target::Target;

/// One of `blueprints/*.toml`.
pub struct Example {
    /// The file's name without its extension.
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

/// One way to render an example.
pub struct Case {
    /// `<blueprint>[@<environment>]`, the folder below `golden/`.
    pub folder: String,
    pub environment: Option<String>,
    pub target: Target,
    pub rendered: Rendered,
}

/// A path of the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every example blueprint, by name.
pub fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = entries(&project("blueprints"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| Example {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            text: fs::read_to_string(&path).unwrap(),
            path,
        })
        .collect();
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!examples.is_empty(), "no blueprints");
    examples
}

/// A blueprint of a test's own.
pub fn example(text: String) -> Example {
    Example {
        name: "test".to_owned(),
        path: project("test.toml"),
        text,
    }
}

impl Example {
    /// No environment, and each that the blueprint names.
    pub fn environments(&self) -> Vec<Option<String>> {
        let table: toml::Table = toml::from_str(&self.text).unwrap();
        let named = table.get("environments").and_then(toml::Value::as_table);
        let named = named.into_iter().flat_map(|environments| environments.keys().cloned());
        std::iter::once(None).chain(named.map(Some)).collect()
    }

    pub fn load(&self, environment: Option<&str>) -> Blueprint {
        let mut blueprint = blueprint::load(&self.text, environment).unwrap_or_else(|diagnostics| {
            let shown = render::text(&self.name, &self.text, &diagnostics, false);
            panic!("{} ({environment:?}) does not load:\n{shown}", self.name)
        });
        let folder = self.path.parent().unwrap_or(&self.path);
        blueprint.sources = cloudgen::cli::sources::read(folder, &blueprint.model);
        blueprint
    }

    /// Every target with every environment.
    pub fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for environment in self.environments() {
            let blueprint = self.load(environment.as_deref());
            let folder = match &environment {
                Some(environment) => format!("{}@{environment}", self.name),
                None => self.name.clone(),
            };
            for target in Target::ALL {
                cases.push(Case {
                    folder: folder.clone(),
                    environment: environment.clone(),
                    target,
                    rendered: self.render(&blueprint, target),
                });
            }
        }
        cases
    }

    pub fn render(&self, blueprint: &Blueprint, target: Target) -> Rendered {
        let outcome = cloudgen::compile(blueprint, target);
        let shown = render::text(&self.name, &self.text, &outcome.diagnostics, false);
        outcome
            .value
            .unwrap_or_else(|| panic!("{} does not compile for {target}:\n{shown}", self.name))
    }
}

/// The entries of a folder, sorted; none where there is no folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every file below a folder: its path relative to the folder, with forward slashes, and its bytes.
pub fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for path in entries(&next) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                found.insert(name.replace('\\', "/"), fs::read(&path).unwrap());
            }
        }
    }
    found
}
