//! The folder of each domain: its files, how they are applied, and what its owner should know.

use std::collections::BTreeMap;

use super::imports;
use super::stack::Stack;
use crate::ir::{Domain, Id, Resource, Service};
use crate::kubernetes::object::Object;

/// Objects by the part that they belong to: the domain whose namespace they are in, or are.
pub(super) fn by_part<'o>(stack: &Stack<'_>, objects: &'o [Object]) -> BTreeMap<Option<Id<Domain>>, Vec<&'o Object>> {
    let domains = stack.system.domains.iter();
    let domains: BTreeMap<String, Id<Domain>> = domains.map(|(id, _)| (stack.namespace_in(Some(id)), id)).collect();
    let mut parts: BTreeMap<Option<Id<Domain>>, Vec<&Object>> = BTreeMap::new();
    for object in objects {
        let namespace = match object.kind() {
            "Namespace" => Some(object.name()),
            _ => object.namespace(),
        };
        let part = namespace.and_then(|name| domains.get(name).copied());
        parts.entry(part).or_default().push(object);
    }
    parts
}

/// The README of a domain's folder.
pub(super) fn readme(stack: &Stack<'_>, id: Id<Domain>) -> String {
    let system = stack.system;
    let domain = &system.domains[id];
    let namespace = stack.namespace_in(Some(id));
    let owner = match &domain.owner {
        Some(owner) => format!(" {owner} owns it."),
        None => String::new(),
    };
    let mut text = format!(
        "# Domain {} of {}\n\nEverything of this folder is in the namespace `{namespace}`.{owner} What all domains share is in the folder \
         above, in `{}`, and has to be there first.\n\n```sh\nkubectl apply -k kubernetes/{}\n```\n",
        domain.name, system.prefix, stack.namespace, domain.name
    );
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines: Vec<String> = lines.into_iter().map(|line| format!("- {line}\n")).collect();
            text.push_str(&format!("\n## {title}\n\n{}", lines.concat()));
        }
    };
    section("Who calls it from other namespaces", callers(stack, id));
    section("What it uses in other namespaces", used(stack, id));
    let copies = imports::secrets_of(stack, Some(id));
    section(
        "Secrets that are copied here",
        copies
            .iter()
            .map(|copy| format!("`{}` from `{}`: {}", copy.name, copy.source, copy.keys_said()))
            .collect(),
    );
    text
}

fn callers(stack: &Stack<'_>, id: Id<Domain>) -> Vec<String> {
    let here = |service: &Service| service.home.domain == Some(id);
    let services = stack.system.services.iter();
    let calls = services.flat_map(|(_, caller)| caller.calls.iter().map(move |callee| (caller, callee)));
    calls
        .map(|(caller, callee)| (caller, &stack.system.services[*callee]))
        .filter(|(caller, callee)| !here(caller) && here(callee))
        .map(|(caller, callee)| format!("`{}` calls `{}` on port {}", caller.name, callee.name, callee.port))
        .collect()
}

fn used(stack: &Stack<'_>, id: Id<Domain>) -> Vec<String> {
    let system = stack.system;
    let here = |name: &str| stack.domain_of(name) == Some(id);
    let mut lines = vec![];
    let own = system.services.iter();
    for (service, item) in own.filter(|(_, item)| item.home.domain == Some(id)) {
        for callee in item.calls.iter().map(|callee| &system.services[*callee]) {
            if !here(&callee.name) {
                lines.push(format!(
                    "`{}` calls `{}` on port {}",
                    item.name, callee.name, callee.port
                ));
            }
        }
        for grant in system.grants_of(service) {
            let (what, name) = match grant.resource {
                Resource::Bucket(id) => ("the bucket", &system.buckets[id].name),
                Resource::Cache(id) => ("the cache", &system.caches[id].name),
                Resource::Database(id) | Resource::Proxy(id) | Resource::Shards(id) => {
                    ("the database", &system.databases[id].name)
                }
                Resource::Queue(id) => ("the queue", &system.queues[id].name),
                Resource::Topic(id) => ("the topic", &system.topics[id].name),
                Resource::Subscription(id) => ("the topic", &system.topics[system.subscriptions[id].topic].name),
                Resource::Stream(id) => ("the stream", &system.streams[id].name),
                Resource::Table(id) => ("the table", &system.tables[id].name),
                Resource::Function(id) => ("the function", &system.services[id].name),
                Resource::Workflow(id) => ("the workflow", &system.workflows[id].name),
                Resource::Warehouse(id) => ("the warehouse", &system.warehouses[id].name),
                Resource::Secret(_) => continue,
            };
            let line = format!("`{}` uses {what} `{name}`", item.name);
            if !here(name) && !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}
