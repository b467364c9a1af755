//! The manifests as files, and the outputs with what Terraform writes.

use hcl::Expression;
use hcl::Identifier;
use hcl::expr::ForExpr;

use super::Written;
use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Places};
use crate::ir::{Domain, Id};
use crate::kubernetes::kustomization::{self, Copy};
use crate::kubernetes::object::Object;
use crate::kubernetes::overrides::{self, Override};
use crate::output::FileTree;
use crate::targets::shared::owners;
use crate::terraform::{Module, expr};

/// What stands at the top of Terraform's file with them.
pub(super) const HEADER: &str = "\
Objects of the cluster with values that only Terraform knows. An output has those of each part, for its terraform.yaml beside the
other manifests.";

/// The file with what Terraform writes.
pub(super) const WRITTEN: &str = "terraform.yaml";

const COPIES: &str = "from what Terraform writes: what restarts pods when it changes, and what only Terraform knows";

/// The objects of a managed cluster.
pub struct Manifests {
    parts: Vec<Part>,
}

pub(super) struct Part {
    pub(super) domain: Option<Id<Domain>>,
    /// Objects by the file that they go to.
    pub(super) concerns: Vec<(&'static str, Vec<Object>)>,
    /// Objects that Terraform writes, by the local value that holds them.
    pub(super) written: Vec<(String, Vec<Written>)>,
    /// What Kustomize copies between them.
    pub(super) copies: Vec<Copy>,
}

impl Manifests {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    fn written(&self) -> impl Iterator<Item = &Written> {
        self.parts
            .iter()
            .flat_map(|part| &part.written)
            .flat_map(|(_, written)| written)
    }

    /// What Kubernetes would refuse.
    pub fn faults(&self) -> Vec<String> {
        let objects = self
            .parts
            .iter()
            .flat_map(|part| &part.concerns)
            .flat_map(|(_, objects)| objects);
        let objects = objects.chain(self.written().map(|written| &written.object));
        let missing = self.written().flat_map(|written| {
            let (kind, name) = (written.object.kind(), written.object.name());
            written
                .missing()
                .map(move |place| format!("{kind} {name}: there is no {place}"))
        });
        objects.flat_map(Object::told_faults).chain(missing).collect()
    }

    /// Merges the overrides of a blueprint into the objects.
    ///
    /// # Errors
    /// Overrides of objects that are not there, and fields that Kubernetes would refuse.
    pub fn override_with(&mut self, given: &[Override<'_>], places: &Places) -> Result<(), Vec<Diagnostic>> {
        let objects = self.parts.iter_mut().flat_map(|part| {
            let stated = part.concerns.iter_mut().flat_map(|(_, objects)| objects);
            let written = part.written.iter_mut().flat_map(|(_, written)| written);
            stated.chain(written.map(|written| &mut written.object))
        });
        overrides::apply(objects, given, places)
    }

    /// Adds the outputs with what Terraform writes.
    pub fn outputs(&self, system: &Checked<'_>, module: &mut Module) {
        module.file("kubernetes", HEADER);
        for part in self.parts.iter().filter(|part| !part.written.is_empty()) {
            let mut lists = vec![];
            for (name, written) in &part.written {
                let objects = written.iter().map(Written::expression).collect();
                lists.push(module.local(name, Expression::Array(objects)));
            }
            let all = match lists.len() {
                1 => lists.remove(0),
                _ => expr::call("flatten", [Expression::Array(lists)]),
            };
            let object = expr::keyword("object");
            let each = ForExpr::new(Identifier::unchecked("object"), all, expr::call("yamlencode", [object]));
            let documents = expr::call("join", [Expression::from("---\n"), Expression::from(each)]);
            let folder = folder(system, part.domain);
            let name = output(system, part.domain);
            let about = format!("For kubernetes/{folder}{WRITTEN}: terraform output -raw {name}.");
            module.output(&name, documents, &about);
        }
    }

    /// Adds the files below `kubernetes/`, and gives the objects as one stream.
    pub fn files(&self, system: &Checked<'_>, files: &mut FileTree) -> String {
        let mut stream: Vec<String> = vec![];
        let mut folders: Vec<String> = vec![];
        let mut shared: Vec<String> = vec![];
        for part in self.parts.iter() {
            let folder = folder(system, part.domain);
            let header = part.domain.map_or_else(String::new, |id| {
                format!("# {}\n\n", owners::header(&system.domains[id]))
            });
            let mut names: Vec<String> = vec![];
            for (name, objects) in &part.concerns {
                // Before the pods that it is for.
                if *name == "cluster" && !part.written.is_empty() {
                    names.push(WRITTEN.to_owned());
                }
                let documents: Vec<String> = objects.iter().map(Object::yaml).collect();
                if documents.is_empty() {
                    continue;
                }
                files.insert(
                    format!("kubernetes/{folder}{name}.yaml"),
                    format!("{header}{}", documents.join("---\n")),
                );
                stream.extend(documents);
                names.push(format!("{name}.yaml"));
            }
            let Some(id) = part.domain else {
                shared = names;
                continue;
            };
            let list = kustomization::list(&names) + &kustomization::copies(&part.copies, COPIES);
            files.insert(format!("kubernetes/{folder}kustomization.yaml"), list);
            files.insert(
                format!("kubernetes/{folder}README.md"),
                super::runbook::domain(system, id),
            );
            folders.push(system.domains[id].name.clone());
        }
        shared.extend(folders);
        let copies = self.parts.iter().find(|part| part.domain.is_none());
        let copies = copies.map_or_else(String::new, |part| kustomization::copies(&part.copies, COPIES));
        files.insert("kubernetes/kustomization.yaml", kustomization::list(&shared) + &copies);
        stream.join("---\n")
    }

    /// What Terraform would write, with nothing in the places of what it knows, by the file that it goes to.
    #[cfg(test)]
    pub(super) fn blank(&self, system: &Checked<'_>) -> Vec<(String, String)> {
        let parts = self.parts.iter().filter(|part| !part.written.is_empty());
        parts
            .map(|part| {
                let written = part.written.iter().flat_map(|(_, written)| written);
                let documents: Vec<String> = written.map(|written| written.object.yaml()).collect();
                (folder(system, part.domain) + WRITTEN, documents.join("---\n"))
            })
            .collect()
    }
}

/// Where the files of a part are, below the folder of all.
fn folder(system: &Checked<'_>, part: Option<Id<Domain>>) -> String {
    part.map_or_else(String::new, |id| format!("{}/", system.domains[id].name))
}

/// The output with what Terraform writes for a part.
pub(super) fn output(system: &Checked<'_>, part: Option<Id<Domain>>) -> String {
    match part {
        Some(id) => crate::terraform::identifier(&format!("kubernetes-{}", system.domains[id].name)),
        None => "kubernetes".to_owned(),
    }
}
