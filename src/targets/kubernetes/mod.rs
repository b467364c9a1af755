//! Plain Kubernetes: the same system in any conformant cluster, without a cloud.
//!
//! Where the clouds have a managed service, an operator stands in: CloudNativePG, Oracle's MySQL operator, those of RabbitMQ, Strimzi,
//! KEDA, cert-manager, External Secrets, a controller of the Gateway API. The cluster must have those that a system uses; the README of the output lists them.
//!
//! One file of objects per concern, with the names that the clouds' files have; what belongs to a domain is in a namespace of its own, and
//! goes to files of the same names in a folder of its own, which a team can own and apply. Every pod meets the restricted standard, no pod has an API
//! token but an operator's own, the steps of workflows and who starts these, and no value of a secret stands in the output.

mod alarms;
mod apis;
mod archive_alarms;
mod broker;
mod bucket_events;
mod cache_pod;
mod caches;
mod compute;
mod dashboard;
mod database;
mod domains;
mod edge;
mod encryption;
mod events;
mod firewall;
mod functions;
mod identity;
mod imports;
mod inbox_alarms;
mod load_balancer;
mod measures;
mod messages;
mod network;
mod operations;
mod protect;
mod proxy;
mod psql;
mod queues;
mod readme;
mod replicas;
mod runbook;
mod scaling;
mod secrets;
mod settings;
mod shards;
mod skips;
mod stack;
mod storage;
mod storage_config;
mod stores_readme;
mod streams;
mod tables;
mod topics;
mod warehouses;
mod workflows;

use crate::check::Checked;
use crate::diagnostic::{self, Diagnostic};
use crate::ir::{Domain, Id};
use crate::kubernetes::kustomization;
use crate::kubernetes::object::Object;
use crate::kubernetes::overrides;
use crate::output::{FileTree, Rendered, Single};
use crate::target::Target;
use crate::targets::shared::owners;
use crate::targets::{meanwhile, wanted_object};
use stack::Stack;

/// The name of a file, and what goes there.
type Concern = (&'static str, Vec<Object>);

/// Spells a system.
pub(super) fn render(system: &Checked<'_>) -> Result<Rendered, Vec<Diagnostic>> {
    let stack = Stack::new(system);
    let mut concerns: Vec<Concern> = vec![
        ("network", network::objects(&stack)),
        ("identity", identity::objects(&stack)),
        ("firewall", firewall::objects(&stack)),
        ("secrets", secrets::objects(&stack)),
        ("imports", imports::objects(&stack)),
        ("encryption", encryption::objects(&stack)),
        ("storage", storage::objects(&stack)),
        ("database", database::objects(&stack)),
        ("shards", shards::objects(&stack)),
        ("caches", caches::objects(&stack)),
        ("broker", broker::objects(&stack)),
        ("queues", queues::objects(&stack)),
        ("topics", topics::objects(&stack)),
        ("streams", streams::objects(&stack)),
        ("tables", tables::objects(&stack)),
        ("warehouses", warehouses::objects(&stack)),
        ("compute", compute::objects(&stack)),
        ("functions", functions::objects(&stack)),
        ("workflows", workflows::objects(&stack)),
        ("edge", edge::objects(&stack)),
        ("load_balancer", load_balancer::objects(&stack)),
        ("apis", apis::objects(&stack)),
        ("alarms", alarms::objects(&stack)),
        ("dashboards", dashboard::objects(&stack)),
    ];
    let guard = protect::objects(&stack, concerns.iter().flat_map(|(_, objects)| objects));
    concerns.push((protect::FOLDER, guard));
    let objects: Vec<&Object> = concerns.iter().flat_map(|(_, objects)| objects).collect();
    let (faults, rendered) = meanwhile(
        &objects,
        |object| object.told_faults().collect(),
        || written(&stack, &concerns),
    );
    if !faults.is_empty() {
        return Err(vec![diagnostic::overrides::internal(&faults)]);
    }
    let Some(given) = system.overrides.get(&Target::Kubernetes) else {
        return Ok(rendered);
    };
    let objects = concerns.iter_mut().flat_map(|(_, objects)| objects);
    let given: Vec<_> = given.iter().map(wanted_object).collect();
    overrides::apply(objects, &given, &system.places)?;
    Ok(written(&stack, &concerns))
}

/// The files of the output.
fn written(stack: &Stack<'_>, concerns: &[Concern]) -> Rendered {
    let of_parts = concerns.iter().filter(|(name, _)| *name != protect::FOLDER);
    let of_parts: Vec<_> = of_parts
        .map(|(name, objects)| (*name, domains::by_part(stack, objects)))
        .collect();
    let mut files = FileTree::new();
    let mut listed: Vec<String> = vec![];
    let mut stream: Vec<String> = vec![];
    for part in stack.parts() {
        let folder = folder(stack, part);
        let mut names: Vec<String> = vec![];
        for (name, objects) in &of_parts {
            let Some(own) = objects.get(&part) else { continue };
            let documents: Vec<String> = own.iter().map(|object| object.yaml()).collect();
            let mut text = documents.join("---\n");
            stream.extend(documents);
            if let Some(id) = part {
                text.insert_str(0, &format!("# {}\n\n", owners::header(&stack.system.domains[id])));
            }
            files.insert(format!("kubernetes/{folder}{name}.yaml"), text);
            names.push(format!("{name}.yaml"));
        }
        match part {
            Some(id) => {
                files.insert(
                    format!("kubernetes/{folder}kustomization.yaml"),
                    kustomization::list(&names),
                );
                files.insert(format!("kubernetes/{folder}README.md"), domains::readme(stack, id));
                listed.push(stack.system.domains[id].name.clone());
            }
            None => listed.append(&mut names),
        }
    }
    for (name, objects) in concerns.iter().filter(|(name, _)| *name == protect::FOLDER) {
        let documents: Vec<String> = objects.iter().map(Object::yaml).collect();
        if documents.is_empty() {
            continue;
        }
        files.insert(format!("kubernetes/{name}/policy.yaml"), documents.join("---\n"));
        let list = kustomization::list(&["policy.yaml".to_owned()]);
        files.insert(format!("kubernetes/{name}/kustomization.yaml"), list);
        stream.extend(documents);
    }
    files.insert("kubernetes/kustomization.yaml", kustomization::list(&listed));
    files.insert("README.md", readme::report(stack).render(stack.system));
    if let Some((path, text)) = owners::file(stack.system) {
        files.insert(path, text);
    }
    Rendered {
        files,
        single: Single::None,
        kubernetes: stream.join("---\n"),
    }
}

/// Where the files of a part are, below the folder of all.
fn folder(stack: &Stack<'_>, part: Option<Id<Domain>>) -> String {
    part.map_or_else(String::new, |id| format!("{}/", stack.system.domains[id].name))
}
