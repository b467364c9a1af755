//! Names and certificates: addresses of the entry points, DNS zones and records, requested certificates.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::Stack;
use super::balancer_routes::host_name;
use crate::ir::{Balancer, Cache, Database, Exposure, Id, Peer, Service, System, Tls};
use crate::target::Target;
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// Seconds that the addresses of read replicas are remembered: one that is taken out is asked no longer than that.
pub(super) const READERS_TTL: u32 = 10;

/// The entry points.
#[derive(Debug)]
pub(super) struct Entries {
    /// Address of the public load balancer.
    pub public: Option<Address>,
    /// Address of the internal load balancer.
    pub internal: Option<Address>,
    /// Addresses of the load balancers of single services that do not speak HTTP.
    pub tcp: BTreeMap<Id<Service>, Address>,
    /// Certificate of the public load balancer, in the form that its proxy takes.
    pub certificate: Option<Expression>,
}

/// Reserves the addresses and requests the certificate.
pub(super) fn addresses(stack: &mut Stack<'_>) -> Entries {
    stack.module.file("edge", "");
    let public = stack.system.public.is_some().then(|| {
        let body = Block::new()
            .set("name", stack.name("public"))
            .set("region", stack.region())
            .set("address_type", "EXTERNAL")
            .set("network_tier", "PREMIUM")
            .set("depends_on", stack.project.ready());
        stack.module.resource("google_compute_address", "public", body)
    });
    let internal = stack.system.internal.is_some().then(|| {
        let body = Block::new()
            .set("name", stack.name("internal"))
            .set("region", stack.region())
            .set("address_type", "INTERNAL")
            .comment("One address for the listeners of every port.")
            .set("purpose", "SHARED_LOADBALANCER_VIP")
            .set("subnetwork", stack.network.application.clone());
        stack.module.resource("google_compute_address", "internal", body)
    });
    let mut tcp = BTreeMap::new();
    for (id, service) in stack.system.services.iter().filter(|(_, service)| service.is_tcp()) {
        let body = Block::new()
            .set("name", stack.name(&service.name))
            .set("region", stack.region())
            .set("address_type", "INTERNAL")
            .set("subnetwork", stack.network.application.clone());
        let address = stack.module.resource("google_compute_address", &service.name, body);
        tcp.insert(id, address);
    }
    let certificate = certificate(stack);
    if let (Some(balancer), Some(address)) = (&stack.system.public, &public) {
        let domain = balancer.domain.clone();
        if let (Some(domain), Some(zone)) = (&domain, &balancer.zone.gcp) {
            let hosts = public_hosts(balancer, domain).into_iter();
            let hosts = hosts.filter(|host| is_under(host, domain)).map(Expression::from);
            let body = Block::new()
                .set("for_each", expr::call("toset", [Expression::Array(hosts.collect())]))
                .set("managed_zone", zone.as_str())
                .set("name", template![expr::each_key(), "."])
                .set("type", "A")
                .set("ttl", 300)
                .set("rrdatas", list![address.attr("address")]);
            stack.module.resource("google_dns_record_set", "public", body);
        }
        let host = domain.map_or_else(|| address.attr("address"), Expression::from);
        let url = template![balancer.scheme(Target::Gcp), "://", host];
        stack.module.file("outputs", "");
        stack.module.output("url", url, "Where the system answers.");
        stack.module.output(
            "public_address",
            address.attr("address"),
            "Address of the public load balancer, for an A record of its host names.",
        );
    }
    Entries {
        public,
        internal,
        tcp,
        certificate,
    }
}

/// The public certificate: the named one, or one that is requested here.
fn certificate(stack: &mut Stack<'_>) -> Option<Expression> {
    let balancer = stack.system.public.as_ref()?;
    let (domain, zone) = match balancer.tls(Target::Gcp) {
        Tls::Named(certificate) => return Some(certificate.into()),
        Tls::Off => return None,
        Tls::Requested { domain, zone } => (domain, zone),
    };
    let hosts = public_hosts(balancer, domain);
    let names = hosts
        .iter()
        .map(|host| (host.as_str(), stack.name(&host_name(host, 40))));
    let authorization = Block::new()
        .set("for_each", expr::object(names))
        .set("name", expr::each_value(&[]))
        .set("location", stack.region())
        .set("domain", expr::each_key())
        .set("type", "PER_PROJECT_RECORD")
        .set("depends_on", stack.project.ready());
    let authorization = stack
        .module
        .comment("Proof that the host names are ours: a CNAME record for each, which stays there for the renewals.")
        .resource("google_certificate_manager_dns_authorization", "public", authorization);
    let (ours, others): (Vec<&String>, Vec<&String>) =
        hosts.iter().partition(|host| zone.is_some() && is_under(host, domain));
    if let (Some(zone), false) = (zone, ours.is_empty()) {
        let part = |name: &str| authorization.each().attr(&format!("dns_resource_record.0.{name}"));
        let hosts: Vec<Expression> = ours.into_iter().map(|host| host.as_str().into()).collect();
        let body = Block::new()
            .set("for_each", expr::call("toset", [Expression::Array(hosts)]))
            .set("managed_zone", zone)
            .set("name", part("name"))
            .set("type", part("type"))
            .set("ttl", 300)
            .set("rrdatas", list![part("data")]);
        stack.module.resource("google_dns_record_set", "certificate", body);
    }
    if !others.is_empty() {
        stack.module.file("outputs", "");
        let records = others
            .into_iter()
            .map(|host| (host.as_str(), authorization.key(host).attr("dns_resource_record.0")));
        stack.module.output(
            "certificate_records",
            expr::object(records),
            "DNS records to make: the certificate is issued once they are there.",
        );
        stack.module.file("edge", "");
    }
    let proofs = hosts.iter().map(|host| authorization.key(host).id()).collect();
    let domains = hosts.iter().map(|host| host.as_str().into()).collect();
    let managed = Block::new()
        .set("domains", Expression::Array(domains))
        .set("dns_authorizations", Expression::Array(proofs));
    let certificate = Block::new()
        .set("name", stack.name("public"))
        .set("location", stack.region())
        .block("managed", managed);
    let address = stack
        .module
        .resource("google_certificate_manager_certificate", "public", certificate);
    Some(address.id())
}

/// The host names of the public entry point, the domain first.
fn public_hosts(balancer: &Balancer, domain: &str) -> Vec<String> {
    let routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    let mut more: Vec<String> = routes
        .flat_map(|route| route.hosts.clone())
        .filter(|host| host != domain)
        .collect();
    more.sort();
    more.dedup();
    std::iter::once(domain.to_owned()).chain(more).collect()
}

/// True for a domain and the names under it.
fn is_under(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Names that machines look up: without its name nothing is found.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// For every machine: Google's own services.
    shared: Vec<Address>,
    services: BTreeMap<Id<Service>, Address>,
    databases: BTreeMap<Id<Database>, Address>,
    /// The one name of all replicas of a database.
    readers: BTreeMap<Id<Database>, Address>,
    /// The names of the shards of a database.
    shards: BTreeMap<Id<Database>, Address>,
    caches: BTreeMap<Id<Cache>, Address>,
}

impl Records {
    /// The names of Google's own services.
    pub fn of_google(&self) -> impl Iterator<Item = &Address> {
        self.shared.iter()
    }

    /// The names that a service's links lead to, and those of everybody.
    pub fn of(&self, system: &System, id: Id<Service>) -> impl Iterator<Item = &Address> {
        let called = system.services[id]
            .calls
            .iter()
            .filter_map(|callee| self.services.get(callee));
        let used = system.flows_from(Peer::Service(id)).filter_map(|flow| match flow.to {
            Peer::Database(database) => self.databases.get(&database),
            Peer::Readers(database) => self.readers.get(&database),
            Peer::Shards(database) => self.shards.get(&database),
            Peer::TcpBalancer(service) => self.services.get(&service),
            Peer::Cache(cache) => self.caches.get(&cache),
            _ => None,
        });
        self.shared.iter().chain(called).chain(used)
    }
}

/// Adds the private zones.
pub(super) fn records(stack: &mut Stack<'_>, entries: &Entries) -> Records {
    stack.module.file("edge", "");
    let mut records = internal_names(stack, entries);
    if !stack.network.existing {
        let apis = google_names(stack, "google-apis", "googleapis.com", "private.googleapis.com.");
        records.shared.extend(apis);
        let registries = super::identity::registries(stack.system).next().is_some();
        if registries || super::registry::for_machines(stack) || !stack.system.pools.is_empty() {
            let registry = google_names(stack, "artifact-registry", "pkg.dev", "pkg.dev.");
            records.shared.extend(registry);
        }
        if super::functions::called_inside(stack.system) {
            let functions = google_names(stack, "cloud-run", "run.app", "run.app.");
            records.shared.extend(functions);
        }
    }
    records
}

/// Names of the internal services, the databases and the caches.
fn internal_names(stack: &mut Stack<'_>, entries: &Entries) -> Records {
    let system = stack.system;
    let mut records = Records::default();
    let called: BTreeSet<Id<Service>> = system
        .services
        .iter()
        .flat_map(|(_, item)| item.calls.clone())
        .collect();
    if called.is_empty() && system.databases.is_empty() && system.caches.is_empty() {
        return records;
    }
    let domain = &system.network.private_domain;
    let about = match system.caches.is_empty() {
        true => "Services and databases, for this network only",
        false => "Services, databases and caches, for this network only",
    };
    let zone = private_zone(stack, "internal", domain, about);
    let full = |name: &str| format!("{name}.{domain}.");
    let add = |stack: &mut Stack<'_>, part: &str, body: Block| {
        stack
            .module
            .resource("google_dns_record_set", &format!("{part}_internal"), body)
    };
    let named = |stack: &mut Stack<'_>, name: &str, address: &Address| {
        let addresses = list![address.attr("address")];
        add(stack, name, record(Block::new(), &zone, full(name), "A", 60, addresses))
    };
    if let Some(address) = &entries.internal {
        for id in called {
            let name = named(stack, &system.services[id].name, address);
            records.services.insert(id, name);
        }
    }
    for (id, address) in &entries.tcp {
        let name = named(stack, &system.services[*id].name, address);
        records.services.insert(*id, name);
    }
    for (id, database) in system.databases.iter() {
        let endpoint = stack.databases[&id].server.endpoint.clone();
        let name = named(stack, &database.name, &endpoint);
        records.databases.insert(id, name);
        let replicas = stack.databases[&id].replicas.as_ref();
        if let Some((addresses, rule)) = replicas.map(|it| (it.addresses.clone(), it.rule.whole())) {
            stack
                .module
                .comment("Every replica's address: a client tries the next one where one does not answer.");
            let name = database.reader_name();
            let body = record(Block::new(), &zone, full(&name), "A", READERS_TTL, addresses)
                .comment("An address gets into the name once a replica answers there.")
                .set("depends_on", list![rule]);
            let name = add(stack, &name, body);
            records.readers.insert(id, name);
        }
    }
    for (id, database, _) in system.sharded() {
        let shards = &stack.shards[&id];
        let part = database.shard_name();
        let start = Block::new().set("for_each", shards.keys.clone());
        let full = template![format!("{part}-"), expr::each_key(), format!(".{domain}.")];
        let addresses = list![shards.servers.endpoint.each().attr("address")];
        let names = add(stack, &part, record(start, &zone, full, "A", 60, addresses));
        records.shards.insert(id, names);
    }
    for (id, cache) in system.caches.iter() {
        let address = list![stack.caches[&id].address.clone()];
        let body = record(Block::new(), &zone, full(&cache.name), "A", 60, address);
        let name = add(stack, &cache.name, body);
        records.caches.insert(id, name);
    }
    records
}

/// Every name of one of Google's domains leads to the addresses that the firewall lets through.
fn google_names(stack: &mut Stack<'_>, part: &str, domain: &str, target: &str) -> [Address; 2] {
    let zone = private_zone(stack, part, domain, "Google's services at their private addresses");
    let addresses = list!["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"];
    let body = record(Block::new(), &zone, target, "A", 300, addresses);
    let direct = stack.module.resource("google_dns_record_set", part, body);
    let name = format!("*.{domain}.");
    let body = record(Block::new(), &zone, name, "CNAME", 300, list![target]);
    let name = format!("{part}_any");
    let any = stack.module.resource("google_dns_record_set", &name, body);
    [direct, any]
}

fn private_zone(stack: &mut Stack<'_>, part: &str, domain: &str, description: &str) -> Address {
    let network = Block::new().set("network_url", stack.network.id.clone());
    let body = Block::new()
        .set("name", stack.name(part))
        .set("dns_name", format!("{domain}."))
        .set("description", description)
        .set("visibility", "private")
        .block("private_visibility_config", Block::new().block("networks", network))
        .set("depends_on", stack.project.ready());
    stack.module.resource("google_dns_managed_zone", part, body)
}

/// A record, or one for each key: `start` says so.
fn record(start: Block, zone: &Address, name: impl Into<Expression>, kind: &str, ttl: u32, data: Expression) -> Block {
    start
        .set("managed_zone", zone.attr("name"))
        .set("name", name)
        .set("type", kind)
        .set("ttl", ttl)
        .set("rrdatas", data)
}

/// The certificate of an internal load balancer. Nobody vouches for private names, so it is never requested.
pub(super) fn internal_certificate(stack: &Stack<'_>) -> Option<Expression> {
    let balancer = stack.system.internal.as_ref()?;
    match (balancer.exposure, balancer.tls(Target::Gcp)) {
        (Exposure::Internal, Tls::Named(certificate)) => Some(certificate.into()),
        _ => None,
    }
}
