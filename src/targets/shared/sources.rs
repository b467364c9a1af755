//! The code of functions: copied beside the Terraform, which packs it at plan time.
//!
//! The module holds everything that it packs, so it may be moved, and sent to where Terraform runs.

use std::collections::BTreeMap;

use hcl::Expression;

use crate::check::Checked;
use crate::ir::{Service, Source};
use crate::output::FileTree;
use crate::terraform::expr::{self, Part};
use crate::terraform::{Address, Block, Module, identifier};

/// Files by the function's name and the path in its folder.
pub type Sources = BTreeMap<String, BTreeMap<String, String>>;

/// The archive of a function's code, made by the provider `archive`: `output_path`, `output_base64sha256` and so on.
///
/// It lies where nobody keeps files under version control. Modes are the same whatever the file system says, and the provider keeps no times, so the same code has the same digest.
pub fn archive(module: &mut Module, service: &Service) -> Address {
    archive_of(module, &service.name)
}

/// The same for code that is not the author's: what a target has of it stands in [`Sources`] under this name.
pub fn archive_of(module: &mut Module, name: &str) -> Address {
    let body = Block::new()
        .set("type", "zip")
        .set("source_dir", in_module(&format!("functions/{name}")))
        .set("output_path", in_module(&format!(".terraform/archives/{name}.zip")))
        .set("output_file_mode", "0644");
    module.data("archive_file", &identifier(name), body)
}

/// A path from the module's own folder.
fn in_module(path: &str) -> Expression {
    expr::template([
        Part::Value(expr::iterator("path", &["module"])),
        Part::Text(format!("/{path}")),
    ])
}

/// Adds the files of every function to the tree. What a cloud adds replaces nothing of the author's own.
pub fn files(system: &Checked<'_>, added: &Sources, files: &mut FileTree) {
    for (service, source) in packed(system) {
        for (path, text) in whole(service, source, added) {
            files.insert(format!("terraform/functions/{}/{path}", service.name), text);
        }
    }
    for (name, own) in own(system, added) {
        for (path, text) in own {
            files.insert(format!("terraform/functions/{name}/{path}"), text.as_str());
        }
    }
}

/// The module as it is when there is nothing beside it: archives hold their files in the Terraform itself.
pub fn inline(system: &Checked<'_>, added: &Sources, module: &mut Module) {
    let packed = packed(system).map(|(service, source)| (identifier(&service.name), (service, source)));
    let packed: BTreeMap<String, (&Service, &Source)> = packed.collect();
    let own: BTreeMap<String, _> = own(system, added)
        .map(|(name, files)| (identifier(name), files))
        .collect();
    for (name, body) in module.data_bodies_mut("archive_file") {
        let files: BTreeMap<&str, &str> = match (packed.get(name), own.get(name)) {
            (Some((service, source)), _) => whole(service, source, added),
            (None, Some(files)) => texts(files).collect(),
            (None, None) => continue,
        };
        let files = files
            .into_iter()
            .map(|(path, text)| Block::new().set("filename", path).set("content", text));
        *body = std::mem::take(body).without("source_dir").blocks("source", files);
    }
}

/// True if there is code of the author's to pack.
pub fn is_needed(system: &Checked<'_>) -> bool {
    packed(system).next().is_some()
}

/// What a target has of code that belongs to no function of the author's.
fn own<'a>(
    system: &'a Checked<'_>,
    added: &'a Sources,
) -> impl Iterator<Item = (&'a str, &'a BTreeMap<String, String>)> {
    let is_packed = |name: &str| packed(system).any(|(service, _)| service.name == name);
    let own = added.iter().filter(move |(name, _)| !is_packed(name));
    own.map(|(name, files)| (name.as_str(), files))
}

fn texts(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
}

/// All files of a function by their path.
fn whole<'a>(service: &Service, source: &'a Source, added: &'a Sources) -> BTreeMap<&'a str, &'a str> {
    let added = added.get(&service.name).into_iter().flatten();
    let all = added.chain(&source.files);
    all.map(|(path, text)| (path.as_str(), text.as_str())).collect()
}

fn packed<'a>(system: &'a Checked<'_>) -> impl Iterator<Item = (&'a Service, &'a Source)> {
    let functions = system.functions();
    functions.filter_map(|(_, service, function)| Some((service, function.source.as_ref()?)))
}
