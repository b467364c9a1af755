//! Links to flows, grants and settings: least privilege from what the blueprint says and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::blueprint::Blueprint;
use crate::blueprint::model;
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::{Access, Bucket, Database, Flow, Grant, Id, Peer, Resource, Secret, Service, Setting, System, Value};
use crate::vocabulary::Egress;

/// What a name in a link can stand for.
#[derive(Debug, Clone, Copy)]
enum Component {
    Service(Id<Service>),
    Database(Id<Database>),
    Bucket(Id<Bucket>),
    Secret(Id<Secret>),
}

impl Component {
    fn kind(self) -> &'static str {
        match self {
            Component::Service(_) => "service",
            Component::Database(_) => "database",
            Component::Bucket(_) => "bucket",
            Component::Secret(_) => "secret",
        }
    }
}

/// Resolves every link of the blueprint and writes what follows from it into the system.
pub(super) fn resolve(blueprint: &Blueprint, system: &mut System, problems: &mut Vec<Diagnostic>) {
    let names = names(system);
    reserved(system, &names, problems);
    let services: Vec<(Id<Service>, String)> = system
        .services
        .iter()
        .map(|(id, service)| (id, service.name.clone()))
        .collect();
    for (id, (name, said)) in services.iter().map(|(id, _)| *id).zip(&blueprint.model.services) {
        let mut linker = Linker {
            blueprint,
            names: &names,
            service: name.as_str(),
            problems,
        };
        let grants = linker.grants(said);
        let calls = linker.calls(id, said);
        connect(system, id, &grants, &calls);
        describe(blueprint, system, id, &grants, &calls, problems);
        system.grants.extend(grants.into_iter().map(|(resource, access)| Grant {
            service: id,
            resource,
            access,
        }));
        system.services[id].calls = calls;
    }
    // Several callers share the way from the balancer to what they call.
    let mut seen = BTreeSet::new();
    system.flows.retain(|flow| seen.insert((flow.from, flow.to, flow.port)));
    unlinked(system, problems);
}

/// A component may not have a name that the replicas of a database have, together or each: `main-read`, `main-replica`,
/// `main-replica-1`.
fn reserved(system: &System, names: &BTreeMap<String, Component>, problems: &mut Vec<Diagnostic>) {
    for (_, database) in system.databases.iter().filter(|(_, item)| item.split) {
        let (all, each) = (database.reader_name(), database.replica_name());
        let is_taken = |name: &str| {
            let number = name.strip_prefix(&each).map(|rest| rest.trim_start_matches('-'));
            name == all || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let near = names
            .range(all.clone()..)
            .take_while(|(name, _)| name.starts_with(&format!("{}-re", database.name)));
        for (name, component) in near.filter(|(name, _)| is_taken(name)) {
            let at = system.places.key(&format!("{}s.{name}", component.kind()));
            problems.push(semantic::reader_name_taken(at, name, &database.name));
        }
    }
}

fn names(system: &System) -> BTreeMap<String, Component> {
    let services = system
        .services
        .iter()
        .map(|(id, item)| (item.name.clone(), Component::Service(id)));
    let databases = system
        .databases
        .iter()
        .map(|(id, item)| (item.name.clone(), Component::Database(id)));
    let buckets = system
        .buckets
        .iter()
        .map(|(id, item)| (item.name.clone(), Component::Bucket(id)));
    let secrets = system
        .secrets
        .iter()
        .map(|(id, item)| (item.name.clone(), Component::Secret(id)));
    services.chain(databases).chain(buckets).chain(secrets).collect()
}

/// Resolves the links of one service.
struct Linker<'a> {
    blueprint: &'a Blueprint,
    names: &'a BTreeMap<String, Component>,
    service: &'a str,
    problems: &'a mut Vec<Diagnostic>,
}

impl Linker<'_> {
    /// The components that a list of names stands for, with the place of each. Unknown and repeated names are reported and left out.
    fn resolve(
        &mut self,
        verb: &str,
        names: &[model::Name],
    ) -> Vec<(Component, Option<crate::diagnostic::Span>, String)> {
        let mut resolved = vec![];
        for (index, name) in names.iter().enumerate() {
            let at = self
                .blueprint
                .places
                .span(&format!("services.{}.{verb}.{index}", self.service));
            if names[..index].contains(name) {
                self.problems.push(semantic::duplicate_link(at, verb, name.as_str()));
                continue;
            }
            match self.names.get(name.as_str()) {
                Some(&component) => resolved.push((component, at, name.to_string())),
                None => {
                    let known = self.names.keys().map(String::as_str);
                    self.problems.push(semantic::unresolved_link(at, name.as_str(), known));
                }
            }
        }
        resolved
    }

    fn grants(&mut self, said: &model::Service) -> BTreeMap<Resource, Access> {
        let mut grants: BTreeMap<Resource, Access> = BTreeMap::new();
        let links = [
            ("reads", &said.reads, Access::Read),
            ("writes", &said.writes, Access::Write),
        ];
        for (verb, names, access) in links {
            for (component, at, name) in self.resolve(verb, names) {
                let resource = match component {
                    Component::Database(id) => Resource::Database(id),
                    Component::Bucket(id) => Resource::Bucket(id),
                    Component::Secret(id) if access == Access::Read => Resource::Secret(id),
                    Component::Secret(_) => {
                        self.problems
                            .push(semantic::wrong_verb(at, verb, &name, component.kind(), "reads"));
                        continue;
                    }
                    Component::Service(_) => {
                        self.problems
                            .push(semantic::wrong_verb(at, verb, &name, component.kind(), "calls"));
                        continue;
                    }
                };
                grants
                    .entry(resource)
                    .and_modify(|existing| {
                        if *existing != access {
                            *existing = Access::ReadWrite;
                        }
                    })
                    .or_insert(access);
            }
        }
        grants
    }

    fn calls(&mut self, caller: Id<Service>, said: &model::Service) -> Vec<Id<Service>> {
        let mut calls = vec![];
        for (component, at, name) in self.resolve("calls", &said.calls) {
            match component {
                Component::Service(id) if id == caller => self.problems.push(semantic::self_call(at, &name)),
                Component::Service(id) => calls.push(id),
                Component::Secret(_) => {
                    self.problems
                        .push(semantic::wrong_verb(at, "calls", &name, component.kind(), "reads"));
                }
                Component::Database(_) | Component::Bucket(_) => {
                    self.problems.push(semantic::wrong_verb(
                        at,
                        "calls",
                        &name,
                        component.kind(),
                        "reads` or `writes",
                    ));
                }
            }
        }
        calls.sort();
        calls
    }
}

/// The flows that the links of one service open.
fn connect(system: &mut System, id: Id<Service>, grants: &BTreeMap<Resource, Access>, calls: &[Id<Service>]) {
    let service = &system.services[id];
    let name = &service.name;
    let mut flows = vec![];
    let mut flow = |from, to, port, why: String| flows.push(Flow { from, to, port, why });
    if service.public {
        flow(
            Peer::Internet,
            Peer::PublicBalancer,
            443,
            "HTTPS from the internet".to_owned(),
        );
        let why = format!("public load balancer to {name}");
        flow(Peer::PublicBalancer, Peer::Service(id), service.port, why);
    }
    for &callee in calls {
        let called = &system.services[callee];
        let why = format!("{name} calls {}", called.name);
        flow(Peer::Service(id), Peer::InternalBalancer, called.port, why);
        let why = format!("internal load balancer to {}", called.name);
        flow(Peer::InternalBalancer, Peer::Service(callee), called.port, why);
    }
    for resource in grants.keys() {
        if let Resource::Database(database) = *resource {
            let target = &system.databases[database];
            let access = grants[resource];
            // Without replicas everybody goes to the one server.
            let replicas = target.split && target.readers.is_some();
            if access.writes() || !replicas {
                let why = format!("{name} uses {}", target.name);
                flow(Peer::Service(id), Peer::Database(database), target.port, why);
            }
            if access.reads() && replicas {
                let why = format!("{name} reads replicas of {}", target.name);
                flow(Peer::Service(id), Peer::Readers(database), target.port, why);
            }
        }
    }
    if !grants.is_empty() {
        let why = format!("{name} reaches the vault and the object store");
        flow(Peer::Service(id), Peer::Endpoints, 443, why);
    }
    if system.network.egress != Egress::None {
        // Package mirrors of the operating system answer on port 80; packages are signed.
        for (port, what) in [(443, "HTTPS"), (80, "HTTP")] {
            flow(
                Peer::Service(id),
                Peer::Internet,
                port,
                format!("{name} to the internet over {what}"),
            );
        }
    }
    system.flows.extend(flows);
}

/// The settings that tell one service where its links are.
fn describe(
    blueprint: &Blueprint,
    system: &mut System,
    id: Id<Service>,
    grants: &BTreeMap<Resource, Access>,
    calls: &[Id<Service>],
    problems: &mut Vec<Diagnostic>,
) {
    let mut settings: Vec<Setting> = vec![];
    let mut set = |component: &str, suffix: &str, value: Value| {
        let name = variable(component, suffix);
        settings.push(Setting { name, value });
    };
    set("port", "", Value::Text(system.services[id].port.to_string()));
    for (resource, access) in grants {
        match *resource {
            Resource::Database(database) => {
                let item = &system.databases[database];
                let mut source = |prefix: &str, host: Value, port: Value| {
                    set(prefix, "host", host);
                    set(prefix, "port", port);
                    set(prefix, "name", Value::Text(item.database.clone()));
                    set(prefix, "user", Value::Text(item.user.clone()));
                    set(prefix, "tls", Value::Text("require".to_owned()));
                    set(prefix, "secret", Value::DatabaseSecret(database));
                    set(prefix, "password", Value::DatabasePassword(database));
                };
                let port = || Value::Text(item.port.to_string());
                if access.writes() || !item.split {
                    source(&item.name, Value::DatabaseHost(database), port());
                }
                if access.reads() && item.split {
                    let (host, port) = match item.readers {
                        Some(_) => (Value::ReaderHost(database), Value::ReaderPort(database)),
                        None => (Value::DatabaseHost(database), port()),
                    };
                    source(&item.reader_name(), host, port);
                }
            }
            Resource::Bucket(bucket) => {
                let name = system.buckets[bucket].name.as_str();
                set(name, "bucket", Value::BucketName(bucket));
                set(name, "endpoint", Value::BucketEndpoint(bucket));
                set(name, "region", Value::BucketRegion(bucket));
            }
            Resource::Secret(secret) => {
                let name = system.secrets[secret].name.as_str();
                set(name, "secret", Value::SecretId(secret));
                set(name, "", Value::SecretValue(secret));
            }
        }
    }
    for &callee in calls {
        let called = &system.services[callee];
        set(&called.name, "host", Value::ServiceHost(callee));
        set(&called.name, "port", Value::Text(called.port.to_string()));
        set(&called.name, "url", Value::ServiceUrl(callee));
    }
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    let service = &system.services[id];
    for pair in settings.windows(2).filter(|pair| pair[0].name == pair[1].name) {
        let at = blueprint.places.key(&service.path);
        problems.push(semantic::setting_collision(
            at,
            &service.name,
            &pair[0].name,
            "two of its links make it",
        ));
    }
    for setting in settings
        .iter()
        .filter(|setting| service.environment.contains_key(&setting.name))
    {
        let at = blueprint
            .places
            .key(&format!("{}.environment.{}", service.path, setting.name));
        problems.push(semantic::setting_collision(
            at,
            &service.name,
            &setting.name,
            "it follows from a link",
        ));
    }
    system.services[id].settings = settings;
}

/// `api-key`, `secret` to `API_KEY_SECRET`.
fn variable(component: &str, suffix: &str) -> String {
    let joined = if suffix.is_empty() {
        component.to_owned()
    } else {
        format!("{component}_{suffix}")
    };
    joined.replace('-', "_").to_uppercase()
}

fn unlinked(system: &System, problems: &mut Vec<Diagnostic>) {
    let used: BTreeSet<Resource> = system.grants.iter().map(|grant| grant.resource).collect();
    let reached: BTreeSet<Peer> = system.flows.iter().map(|flow| flow.to).collect();
    let databases = system
        .databases
        .iter()
        .map(|(id, item)| (Resource::Database(id), "database", &item.name, &item.path));
    let buckets = system
        .buckets
        .iter()
        .map(|(id, item)| (Resource::Bucket(id), "bucket", &item.name, &item.path));
    let secrets = system
        .secrets
        .iter()
        .map(|(id, item)| (Resource::Secret(id), "secret", &item.name, &item.path));
    for (resource, kind, name, path) in databases.chain(buckets).chain(secrets) {
        if !used.contains(&resource) {
            problems.push(semantic::unlinked(system.places.key(path), kind, name));
        }
    }
    for (id, service) in system.services.iter() {
        if !reached.contains(&Peer::Service(id)) {
            problems.push(semantic::unreachable(system.places.key(&service.path), &service.name));
        }
    }
}
