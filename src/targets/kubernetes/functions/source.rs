//! The code of functions: their files, and what calls it, in ConfigMaps.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{ConfigMap, ConfigMapVolumeSource, KeyToPath, Volume};

use crate::ir::{Domain, Family, Function, Id, Language, Service, Source};
use crate::kubernetes::object::Object;
use crate::kubernetes::pod;
use crate::targets::kubernetes::stack::Stack;

/// Where the files of a function are.
pub(super) const FOLDER: &str = "/function";
/// Where what calls it is.
pub(super) const RUNNER: &str = "/runner";

const PYTHON: &str = include_str!("../../../../templates/kubernetes/function.py");
const NODE: &str = include_str!("../../../../templates/kubernetes/function.mjs");

/// What calls the functions of a language: (ConfigMap, file, text).
fn runner(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Python => ("function-python", "run.py", PYTHON),
        Family::Node => ("function-node", "run.mjs", NODE),
        Family::Java | Family::Dotnet => unreachable!("refused for this target"),
    }
}

/// The official image of a language.
pub(super) fn image(language: Language) -> String {
    match language.family {
        Family::Python => format!("python:{}-slim-trixie", language.version),
        Family::Node => format!("node:{}-trixie-slim", language.version),
        Family::Java | Family::Dotnet => unreachable!("refused for this target"),
    }
}

/// One for each language of each part.
pub(super) fn runners(stack: &Stack<'_>) -> Vec<Object> {
    let used: BTreeSet<(Option<Id<Domain>>, Family)> = stack
        .system
        .functions()
        .filter_map(|(_, service, function)| Some((service.home.domain, function.source.as_ref()?.language.family)))
        .collect();
    used.into_iter()
        .map(|(part, family)| {
            Object::new(&config_of_runner(stack, part, family))
                .about("What takes the requests to functions with a source, and calls them")
        })
        .collect()
}

pub(super) fn config_of_runner(stack: &Stack<'_>, part: Option<Id<Domain>>, family: Family) -> ConfigMap {
    let (name, file, text) = runner(family);
    ConfigMap {
        metadata: stack.part_meta(name, part),
        data: Some(BTreeMap::from([(file.to_owned(), text.to_owned())])),
        ..Default::default()
    }
}

/// The command that runs a source, but for what follows from the trigger.
pub(super) fn command(source: &Source) -> Vec<String> {
    let (_, file, _) = runner(source.language.family);
    let path = format!("{RUNNER}/{file}");
    match source.language.family {
        Family::Python => vec!["python".to_owned(), "-u".to_owned(), path],
        Family::Node => vec!["node".to_owned(), path],
        Family::Java | Family::Dotnet => unreachable!("refused for this target"),
    }
}

/// The name of the ConfigMap with the files of a function.
fn config_name(service: &Service) -> String {
    format!("{}-source", service.name)
}

/// The files of a function, if it has any.
pub(super) fn config(stack: &Stack<'_>, service: &Service, function: &Function) -> Option<ConfigMap> {
    let source = function.source.as_ref()?;
    let files = source.files.iter().map(|(path, text)| (key(path), text.clone()));
    Some(ConfigMap {
        metadata: stack.meta(config_name(service), &service.name, "function"),
        data: Some(files.collect()),
        ..Default::default()
    })
}

/// The files and what calls them, as volumes.
pub(super) fn volumes(service: &Service, source: &Source) -> Vec<Volume> {
    let nested = source.files.keys().any(|path| key(path) != *path);
    let items = source.files.keys().map(|path| KeyToPath {
        key: key(path),
        path: path.clone(),
        ..Default::default()
    });
    let files = Volume {
        name: "function".to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: config_name(service),
            items: nested.then(|| items.collect()),
            ..Default::default()
        }),
        ..Default::default()
    };
    vec![files, pod::config_files("runner", runner(source.language.family).0)]
}

/// A file's key in a ConfigMap, which has no folders: letters, digits and `-._` stay.
fn key(path: &str) -> String {
    let spell = |letter: char| match letter {
        '/' => "..".to_owned(),
        '@' => "_at_".to_owned(),
        '+' => "_plus_".to_owned(),
        other => other.to_string(),
    };
    path.chars().map(spell).collect()
}
