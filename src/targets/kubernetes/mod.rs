//! Plain Kubernetes: the same system in any conformant cluster, without a cloud.
//!
//! Where the clouds have a managed service, an operator stands in: CloudNativePG, Oracle's MySQL operator, those of RabbitMQ, KEDA,
//! cert-manager, External Secrets, a controller of the Gateway API. The cluster must have those that a system uses; the README of the output lists them.
//!
//! One file of objects per concern, with the names that the clouds' files have; what belongs to a domain goes to files of the same
//! names in a folder of its own, which a team can own. Every pod meets the restricted standard, no pod but an operator's own has an API
//! token, and no value of a secret stands in the output.

mod alarms;
mod broker;
mod cache_pod;
mod caches;
mod compute;
mod custom;
mod dashboard;
mod database;
mod domains;
mod edge;
mod encryption;
mod firewall;
mod identity;
mod inbox_alarms;
mod load_balancer;
mod measures;
mod messages;
mod network;
mod object;
mod operations;
mod overrides;
mod path;
mod pod;
mod protect;
mod proxy;
mod queues;
mod readme;
mod replicas;
mod runbook;
mod scaling;
mod schema;
mod secrets;
mod settings;
mod shards;
mod stack;
mod storage;
mod storage_config;
mod topics;
mod yaml;

#[cfg(test)]
mod tests;

use crate::check::Checked;
use crate::diagnostic::{self, Diagnostic};
use crate::output::{FileTree, Rendered};
use crate::target::Target;
use crate::targets::shared::owners;
use domains::Domains;
use object::Object;
use stack::Stack;

/// Spells a system.
pub(super) fn render(system: &Checked<'_>) -> Result<Rendered, Vec<Diagnostic>> {
    let stack = Stack::new(system);
    let mut concerns = vec![
        ("network", network::objects(&stack)),
        ("identity", identity::objects(&stack)),
        ("firewall", firewall::objects(&stack)),
        ("secrets", secrets::objects(&stack)),
        ("encryption", encryption::objects(&stack)),
        ("storage", storage::objects(&stack)),
        ("database", database::objects(&stack)),
        ("shards", shards::objects(&stack)),
        ("caches", caches::objects(&stack)),
        ("broker", broker::objects(&stack)),
        ("queues", queues::objects(&stack)),
        ("topics", topics::objects(&stack)),
        ("compute", compute::objects(&stack)),
        ("edge", edge::objects(&stack)),
        ("load_balancer", load_balancer::objects(&stack)),
        ("alarms", alarms::objects(&stack)),
        ("dashboards", dashboard::objects(&stack)),
    ];
    let guard = protect::objects(&stack, concerns.iter().flat_map(|(_, objects)| objects));
    concerns.push((protect::FOLDER, guard));
    let faults: Vec<String> = concerns
        .iter()
        .flat_map(|(_, objects)| objects)
        .flat_map(faults)
        .collect();
    if !faults.is_empty() {
        return Err(vec![diagnostic::overrides::internal(&faults)]);
    }
    if let Some(given) = system.overrides.get(&Target::Kubernetes) {
        let objects = concerns.iter_mut().flat_map(|(_, objects)| objects);
        overrides::apply(objects, given, &system.places)?;
    }
    let domains = Domains::new(&stack);
    let mut files = FileTree::new();
    let mut listed = String::new();
    let mut stream: Vec<String> = vec![];
    for (name, objects) in concerns {
        for (domain, objects) in domains.split(&objects) {
            let documents: Vec<String> = objects.into_iter().map(Object::yaml).collect();
            let mut text = documents.join("---\n");
            stream.extend(documents);
            if name == protect::FOLDER {
                files.insert(format!("kubernetes/{name}/policy.yaml"), text);
                files.insert(
                    format!("kubernetes/{name}/kustomization.yaml"),
                    kustomization("  - policy.yaml\n"),
                );
                continue;
            }
            let file = match domain {
                Some(domain) => {
                    text.insert_str(0, &format!("# {}\n\n", owners::header(domain)));
                    format!("{}/{name}.yaml", domain.name)
                }
                None => format!("{name}.yaml"),
            };
            files.insert(format!("kubernetes/{file}"), text);
            listed.push_str(&format!("  - {file}\n"));
        }
    }
    files.insert("kubernetes/kustomization.yaml", kustomization(&listed));
    files.insert("README.md", readme::report(&stack).render(system));
    if let Some((path, text)) = owners::file(system) {
        files.insert(path, text);
    }
    Ok(Rendered {
        files,
        terraform: String::new(),
        kubernetes: stream.join("---\n"),
    })
}

fn kustomization(resources: &str) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsortOptions:\n  order: \
            fifo\nresources:\n{resources}"
    )
}

fn faults(object: &Object) -> Vec<String> {
    let (kind, name) = (object.kind(), object.name());
    let faults = object.faults().into_iter();
    faults
        .map(|(path, problem)| format!("{kind} {name}: `{path}` {problem}"))
        .collect()
}
