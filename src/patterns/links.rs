//! Links to flows, grants and settings: least privilege from what the blueprint says and nothing else.

mod apis;
mod component;
mod flows;
mod functions;
mod loops;
mod messaging;
mod proxy;
mod reserved;
mod settings;
mod triggers;
mod warehouses;
mod workflows;

pub(super) use triggers::times;

use std::collections::{BTreeMap, BTreeSet};

use component::{Component, names};

use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Process};
use crate::diagnostic::{Diagnostic, Span, domain, messaging as rules, semantic};
use crate::ir::{Access, Grant, Home, Id, Peer, Resource, Router, Service, System, Trigger};

/// Resolves every link of the blueprint and writes what follows from it into the system.
pub(super) fn resolve(blueprint: &Blueprint, system: &mut System, problems: &mut Vec<Diagnostic>) {
    let names = names(system);
    reserved::check(system, problems);
    workflows::resolve(blueprint, system, &names, problems);
    warehouses::resolve(blueprint, system, &names, problems);
    let services: Vec<Id<Service>> = system.services.iter().map(|(id, _)| id).collect();
    for (id, (scope, _, said)) in services.into_iter().zip(blueprint.model.all_processes()) {
        let mut linker = Linker {
            blueprint,
            names: &names,
            domain: scope.domain,
            service: system.services[id].path.clone(),
            problems,
        };
        let mut grants = routed(system, linker.grants(said));
        let calls = linker.calls(system, id, said, &mut grants);
        linker.messaging(system, id, said, &mut grants);
        if let Some(function) = said.function {
            linker.function(system, id, function, &mut grants, &calls);
        }
        flows::open(system, id, &grants, &calls);
        settings::describe(blueprint, system, id, (&grants, &calls), problems);
        give(system, id, grants);
        system.services[id].calls = calls;
    }
    apis::resolve(blueprint, system, &names, problems);
    messaging::filters(blueprint, system, problems);
    messaging::watch(system);
    functions::watch(system);
    functions::idle(system, problems);
    workflows::watch(system);
    workflows::idle(system, problems);
    warehouses::watch(system);
    loops::check(system, problems);
    unlinked(system, problems);
    proxy::link(system);
    // Several callers share the way from the balancer to what they call.
    let mut seen = BTreeSet::new();
    system.flows.retain(|flow| seen.insert((flow.from, flow.to, flow.port)));
}

/// Who uses a database with shards uses the proxy in front of them instead, or the shards as well.
fn routed(system: &System, said: BTreeMap<Resource, Access>) -> BTreeMap<Resource, Access> {
    let mut grants = BTreeMap::new();
    for (resource, access) in said {
        let router = match resource {
            Resource::Database(id) => system.databases[id].sharding.as_ref().map(|item| (id, item.router)),
            _ => None,
        };
        match router {
            None => {
                grants.insert(resource, access);
            }
            Some((id, Router::Proxy(_))) => {
                grants.insert(Resource::Proxy(id), access);
            }
            Some((id, Router::Application)) => {
                grants.insert(resource, access);
                grants.insert(Resource::Shards(id), access);
            }
        }
    }
    grants
}

fn give(system: &mut System, service: Id<Service>, grants: BTreeMap<Resource, Access>) {
    let grants = grants.into_iter().map(|(resource, access)| Grant {
        service,
        resource,
        access,
    });
    system.grants.extend(grants);
}

/// What a link from outside its domain says for a component.
fn said(system: &System, home: &Home) -> String {
    match home.domain {
        Some(domain) => format!("{}.{}", system.domains[domain].name, home.name),
        None => home.name.clone(),
    }
}

/// Resolves the links of one service.
struct Linker<'a> {
    blueprint: &'a Blueprint,
    names: &'a BTreeMap<String, Component>,
    /// The service's domain.
    domain: Option<&'a str>,
    /// The service's path in the blueprint.
    service: String,
    problems: &'a mut Vec<Diagnostic>,
}

impl Linker<'_> {
    /// The components that a list of names stands for, with the place of each. Unknown and repeated names are reported and left out.
    fn resolve(&mut self, verb: &str, names: &[model::Link]) -> Vec<(Component, Option<Span>, String)> {
        let mut resolved = vec![];
        for (index, name) in names.iter().enumerate() {
            let place = format!("{verb}.{index}");
            if names[..index].contains(name) {
                let at = self.blueprint.places.span(&format!("{}.{place}", self.service));
                self.problems.push(semantic::duplicate_link(at, verb, name.as_str()));
                continue;
            }
            resolved.extend(self.resolve_one(&place, name));
        }
        resolved
    }

    /// The component that one name stands for, at a place below the component that says it: `calls.0`.
    fn resolve_one(&mut self, place: &str, name: &model::Link) -> Option<(Component, Option<Span>, String)> {
        let at = self.blueprint.places.span(&format!("{}.{place}", self.service));
        let Some((full, component)) = self.find(name.as_str()) else {
            let known = self.names.keys().map(String::as_str);
            self.problems.push(semantic::unresolved_link(at, name.as_str(), known));
            return None;
        };
        let verb = place.split('.').next().unwrap_or_default();
        let owner = self.owner_of(&full);
        match owner.and_then(|owner| foreign((verb, name.as_str()), component, at, &owner)) {
            Some(problem) => {
                self.problems.push(problem);
                None
            }
            None => Some((component, at, name.to_string())),
        }
    }

    /// A component of the service's own domain, else one that is shared, else the one that is said with its domain.
    fn find(&self, name: &str) -> Option<(String, Component)> {
        let own = self.domain.map(|domain| format!("{domain}.{name}"));
        let candidates = own.into_iter().chain([name.to_owned()]);
        candidates
            .filter_map(|name| Some((self.names.get(&name).copied()?, name)))
            .map(|(component, name)| (name, component))
            .next()
    }

    /// The domain of a component, where that is another than the service's.
    fn owner_of(&self, full: &str) -> Option<String> {
        let (domain, _) = full.split_once('.')?;
        (self.domain != Some(domain)).then(|| domain.to_owned())
    }

    fn grants(&mut self, said: Process<'_>) -> BTreeMap<Resource, Access> {
        let mut grants: BTreeMap<Resource, Access> = BTreeMap::new();
        let links = [
            ("reads", said.reads, Access::Read),
            ("writes", said.writes, Access::Write),
        ];
        for (verb, names, access) in links {
            for (component, at, name) in self.resolve(verb, names) {
                let resource = match component {
                    Component::Database(id) => Resource::Database(id),
                    Component::Bucket(id) => Resource::Bucket(id),
                    Component::Secret(id) if access == Access::Read => Resource::Secret(id),
                    Component::Cache(id) => Resource::Cache(id),
                    Component::Table(id) => Resource::Table(id),
                    Component::Warehouse(id) => Resource::Warehouse(id),
                    _ => {
                        self.wrong_verb(at, verb, &name, component);
                        continue;
                    }
                };
                add(&mut grants, resource, access);
            }
        }
        grants
    }

    fn wrong_verb(&mut self, at: Option<Span>, verb: &str, name: &str, component: Component) {
        let problem = semantic::wrong_verb(at, verb, name, component.kind(), component.verbs());
        self.problems.push(problem);
    }

    /// The services that are called. Functions and workflows that are called go to the grants.
    fn calls(
        &mut self,
        system: &System,
        caller: Id<Service>,
        said: Process<'_>,
        grants: &mut BTreeMap<Resource, Access>,
    ) -> Vec<Id<Service>> {
        let mut calls = vec![];
        for (component, at, name) in self.resolve("calls", said.calls) {
            match component {
                Component::Service(id) | Component::Function(id) if id == caller => {
                    self.problems.push(semantic::self_call(at, &name));
                }
                Component::Service(id) if !system.services[id].listens() => {
                    self.problems.push(rules::worker_called(at, &name));
                }
                Component::Service(id) => calls.push(id),
                Component::Function(id) => add(grants, Resource::Function(id), Access::Read),
                Component::Workflow(id) => add(grants, Resource::Workflow(id), Access::Read),
                other => self.wrong_verb(at, "calls", &name, other),
            }
        }
        calls.sort();
        calls
    }
}

/// What a link from another domain than the owner's may not say. Data is the owner's alone; messages come in through its queues and go
/// out through its topics.
fn foreign((verb, name): (&str, &str), component: Component, at: Option<Span>, owner: &str) -> Option<Diagnostic> {
    match component {
        Component::Service(_) | Component::Function(_) | Component::Workflow(_) => None,
        Component::Queue(_) if verb == "consumes" || verb == "trigger" => Some(rules::foreign_queue(at, name, owner)),
        Component::Topic(_) if verb == "publishes" => Some(rules::foreign_topic(at, name, owner)),
        Component::Stream(_) if verb == "publishes" => Some(rules::foreign_stream(at, name, owner)),
        Component::Queue(_) | Component::Topic(_) | Component::Stream(_) => None,
        _ => Some(domain::boundary(at, name, component.kind(), owner)),
    }
}

fn add(grants: &mut BTreeMap<Resource, Access>, resource: Resource, access: Access) {
    let merge = |existing: &mut Access| {
        if *existing != access {
            *existing = Access::ReadWrite;
        }
    };
    grants.entry(resource).and_modify(merge).or_insert(access);
}

fn unlinked(system: &System, problems: &mut Vec<Diagnostic>) {
    let used = system.grants.iter().map(|grant| match grant.resource {
        Resource::Proxy(database) => Resource::Database(database),
        other => other,
    });
    let starts = system
        .functions()
        .filter_map(|(_, _, function)| match function.trigger {
            Some(Trigger::Bucket { bucket, .. }) => Some(Resource::Bucket(bucket)),
            Some(Trigger::Table { table, .. }) => Some(Resource::Table(table)),
            _ => None,
        });
    let fills = system
        .warehouses
        .iter()
        .filter(|(_, item)| item.tables.iter().any(|table| table.stream.is_some()));
    let fills = fills.map(|(id, _)| Resource::Warehouse(id));
    let used: BTreeSet<Resource> = used.chain(starts).chain(fills).collect();
    let reached: BTreeSet<Peer> = system.flows.iter().map(|flow| flow.to).collect();
    // As a link says it: only services of the same domain can.
    let databases = system.databases.iter();
    let databases = databases.map(|(id, item)| (Resource::Database(id), "database", &item.home.name, &item.path));
    let buckets = system.buckets.iter();
    let buckets = buckets.map(|(id, item)| (Resource::Bucket(id), "bucket", &item.home.name, &item.path));
    let secrets = system.secrets.iter();
    let secrets = secrets.map(|(id, item)| (Resource::Secret(id), "secret", &item.home.name, &item.path));
    let caches = system.caches.iter();
    let caches = caches.map(|(id, item)| (Resource::Cache(id), "cache", &item.home.name, &item.path));
    let tables = system.tables.iter();
    let tables = tables.map(|(id, item)| (Resource::Table(id), "table", &item.home.name, &item.path));
    let warehouses = system.warehouses.iter();
    let warehouses = warehouses.map(|(id, item)| (Resource::Warehouse(id), "warehouse", &item.home.name, &item.path));
    let data = databases.chain(buckets).chain(secrets).chain(caches).chain(tables);
    let data = data.chain(warehouses);
    for (resource, kind, name, path) in data {
        if !used.contains(&resource) {
            problems.push(semantic::unlinked(system.places.key(path), kind, name));
        }
    }
    // Proxies come after the services that reach them.
    let services = system.services.iter();
    let services = services.filter(|(_, service)| !service.is_tcp() && service.function.is_none());
    for (id, service) in services {
        if !reached.contains(&Peer::Service(id)) && system.inboxes_of(id).next().is_none() {
            let at = system.places.key(&service.path);
            problems.push(semantic::unreachable(at, &said(system, &service.home)));
        }
    }
}
