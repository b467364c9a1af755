//! Listeners, rules, pools and probes of an application gateway.

use std::collections::{BTreeMap, BTreeSet};

use super::containers::environments::Environments;
use super::project::TARGET;
use super::{Stack, names};
use crate::check::gateway_address;
use crate::ir::{Balancer, Exposure, Id, Listener, Route, Service, System, Tls};
use crate::list;
use crate::targets::shared::cluster::{HEALTH, ports};
use crate::terraform::Block;
use crate::vocabulary::Runtime;

/// The pool that has nothing in it.
const NOBODY: &str = "nobody";

/// What tells containers, whose proxy knows them by a name of its own, which host a client has asked for.
const FORWARDED: &str = "forwarded-host";

/// What tells the cluster's gateway, which takes no ports there, the addresses that a request came from.
const CLIENTS: &str = "forwarded-for";

/// The pool of the cluster's gateway: it knows the services in the cluster itself.
const CLUSTER: &str = "cluster";

/// One listener of the gateway: a port, for one host or for all that have none of their own.
struct Entry<'a> {
    name: String,
    port: u16,
    host: Option<String>,
    /// What may answer, most specific first.
    routes: Vec<&'a Route>,
    /// The service that has the host for its name, where the cluster's gateway leads to it by that alone.
    own: Option<Id<Service>>,
}

/// The nested blocks of a gateway that follow from the system's routes.
pub(super) fn blocks(
    stack: &Stack<'_>,
    environments: &Environments,
    (balancer, frontend): (&Balancer, &str),
    body: Block,
) -> Block {
    let tls = balancer.tls(TARGET) != Tls::Off;
    let redirects = tls && balancer.exposure == Exposure::Public;
    let entries = entries(stack.system, balancer, redirects);
    let mut ports: BTreeSet<u16> = entries.iter().map(|entry| entry.port).collect();
    if redirects {
        ports.insert(80);
    }
    let mut body = ports.iter().fold(body, |body, port| {
        let port_block = Block::new().set("name", port_name(*port)).set("port", *port);
        body.block("frontend_port", port_block)
    });
    for entry in &entries {
        body = body.block(
            "http_listener",
            listener(&entry.name, entry.port, entry.host.as_deref(), frontend, tls),
        );
    }
    if redirects {
        body = body
            .block("http_listener", listener("redirect", 80, None, frontend, false))
            .block("redirect_configuration", redirect());
    }
    let hosts: Vec<&str> = entries.iter().filter_map(|entry| entry.host.as_deref()).collect();
    let mut numbers = names::numbers(hosts, 1000, 8000).into_iter();
    for entry in &entries {
        // Listeners for one host come before those for all.
        let priority = match &entry.host {
            Some(_) => numbers.next().unwrap_or(1000),
            None => 10_000 + u32::from(entry.port) % 9_000,
        };
        body = body.block("request_routing_rule", rule(stack, balancer, entry, priority));
    }
    if redirects {
        let rule = Block::new()
            .set("name", "redirect")
            .set("priority", 20_000)
            .set("rule_type", "Basic")
            .set("http_listener_name", "redirect")
            .set("redirect_configuration_name", "redirect");
        body = body.block("request_routing_rule", rule);
    }
    for entry in entries.iter().filter(|entry| !entry.is_plain()) {
        body = body.block("url_path_map", path_map(stack, balancer, entry));
    }
    let services = served(balancer);
    let rewritten: BTreeSet<&str> = services.iter().filter_map(|id| rewritten(stack, *id)).collect();
    let body = body.blocks("rewrite_rule_set", rewritten.into_iter().map(rewrite));
    backends(stack, environments, (balancer, &entries), body)
}

/// The services behind a gateway.
fn served(balancer: &Balancer) -> BTreeSet<Id<Service>> {
    let routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    routes.map(|route| route.service).collect()
}

/// Pool and settings of a service.
fn backend<'a>(stack: &Stack<'a>, service: Id<Service>) -> &'a str {
    match stack.system.pool_of(service) {
        Some(_) => CLUSTER,
        None => &stack.system.services[service].name,
    }
}

/// The rules that change a request's headers on its way to a service.
fn rewritten(stack: &Stack<'_>, service: Id<Service>) -> Option<&'static str> {
    match stack.system.services[service].runtime {
        Runtime::Container => Some(FORWARDED),
        Runtime::Kubernetes => Some(CLIENTS),
        Runtime::Vm | Runtime::Paas | Runtime::Function => None,
    }
}

fn rewrite(name: &str) -> Block {
    let (header, value) = match name {
        CLIENTS => ("X-Forwarded-For", "{var_add_x_forwarded_for_proxy}"),
        _ => ("X-Forwarded-Host", "{http_req_host}"),
    };
    let header = Block::new().set("header_name", header).set("header_value", value);
    let rule = Block::new()
        .set("name", name)
        .set("rule_sequence", 100)
        .block("request_header_configuration", header);
    Block::new().set("name", name).block("rewrite_rule", rule)
}

/// The name of what listens on a port.
fn port_name(port: u16) -> String {
    match port {
        80 => "http".to_owned(),
        443 => "https".to_owned(),
        port => format!("port-{port}"),
    }
}

impl Entry<'_> {
    /// Everything goes to one service, or to none.
    fn is_plain(&self) -> bool {
        match self.routes.as_slice() {
            [] => true,
            [only] => only.paths.is_empty(),
            _ => false,
        }
    }

    /// What answers where no path does.
    fn default(&self) -> Option<Id<Service>> {
        self.routes
            .iter()
            .find(|route| route.paths.is_empty())
            .map(|route| route.service)
            .or(self.own)
    }
}

/// `catch_all`: there is a listener for every host even if nothing answers there, so that it can be redirected to.
fn entries<'a>(system: &System, balancer: &'a Balancer, catch_all: bool) -> Vec<Entry<'a>> {
    let mut entries = vec![];
    for listener in &balancer.listeners {
        let port = balancer.port(listener, TARGET);
        let name = port_name(port);
        let anywhere = until_default(listener, |route| route.hosts.is_empty());
        let bound = balancer.exposure == Exposure::Internal && leads_inside(system, &anywhere);
        let names = listener.routes.iter().map(|route| {
            let service = &system.services[route.service].name;
            (format!("{service}.{}", system.network.private_domain), route.service)
        });
        let names: BTreeMap<String, Id<Service>> = names.collect();
        let said = listener.routes.iter().flat_map(|route| route.hosts.iter().cloned());
        let hosts = said.chain(names.keys().filter(|_| bound).cloned());
        for host in hosts.collect::<BTreeSet<String>>() {
            entries.push(Entry {
                name: format!("{name}-{}", host.replace('*', "any")),
                port,
                routes: until_default(listener, |route| route.hosts.is_empty() || route.hosts.contains(&host)),
                own: names.get(&host).copied().filter(|id| system.pool_of(*id).is_some()),
                host: Some(host),
            });
        }
        if catch_all || !(bound || anywhere.is_empty()) {
            entries.push(Entry {
                name,
                port,
                host: None,
                routes: anywhere,
                own: None,
            });
        }
    }
    entries
}

/// True if requests for any host would get to the cluster's gateway. It tells services apart by their names alone, so that whoever is
/// let in at the port of one could ask there for another: what leads there is for the names of the port's own services. An application
/// gateway that has no listener for a name answers 404.
fn leads_inside(system: &System, routes: &[&Route]) -> bool {
    routes.iter().any(|route| system.pool_of(route.service).is_some())
}

/// The routes that match, up to the first that takes everything.
fn until_default(listener: &Listener, matches: impl Fn(&Route) -> bool) -> Vec<&Route> {
    let mut found = vec![];
    for route in listener.routes.iter().filter(|route| matches(route)) {
        found.push(route);
        if route.paths.is_empty() {
            break;
        }
    }
    found
}

fn listener(name: &str, port: u16, host: Option<&str>, frontend: &str, tls: bool) -> Block {
    let listener = Block::new()
        .set("name", name)
        .set("frontend_ip_configuration_name", frontend)
        .set("frontend_port_name", port_name(port))
        .set_some("host_name", host.filter(|host| !host.contains('*')))
        .set_some(
            "host_names",
            host.filter(|host| host.contains('*')).map(|host| vec![host]),
        );
    if tls {
        listener.set("protocol", "Https").set("ssl_certificate_name", "edge")
    } else {
        listener.set("protocol", "Http")
    }
}

fn redirect() -> Block {
    Block::new()
        .set("name", "redirect")
        .set("redirect_type", "Permanent")
        .set("target_listener_name", "https")
        .set("include_path", true)
        .set("include_query_string", true)
}

fn rule(stack: &Stack<'_>, balancer: &Balancer, entry: &Entry<'_>, priority: u32) -> Block {
    let rule = Block::new()
        .set("name", entry.name.as_str())
        .set("priority", priority)
        .set("rule_type", if entry.is_plain() { "Basic" } else { "PathBasedRouting" })
        .set("http_listener_name", entry.name.as_str());
    if entry.is_plain() {
        let (pool, settings) = default_backend(stack, balancer, entry);
        rule.set("backend_address_pool_name", pool)
            .set("backend_http_settings_name", settings)
            .set_some(
                "rewrite_rule_set_name",
                entry.default().and_then(|id| rewritten(stack, id)),
            )
    } else {
        rule.set("url_path_map_name", entry.name.as_str())
    }
}

/// Pool and settings of what no path matches. A gateway has no answer of its own to give: the pool without members makes it 502.
fn default_backend<'a>(stack: &Stack<'a>, balancer: &Balancer, entry: &Entry<'_>) -> (&'a str, &'a str) {
    let routes = balancer.listeners.iter().flat_map(|listener| &listener.routes);
    let any = routes.map(|route| route.service).next();
    match (entry.default(), any) {
        (Some(service), _) => (backend(stack, service), backend(stack, service)),
        (None, Some(any)) => (NOBODY, backend(stack, any)),
        (None, None) => (NOBODY, NOBODY),
    }
}

fn path_map(stack: &Stack<'_>, balancer: &Balancer, entry: &Entry<'_>) -> Block {
    let name = |service: Id<Service>| stack.system.services[service].name.as_str();
    let (pool, settings) = default_backend(stack, balancer, entry);
    let map = Block::new()
        .set("name", entry.name.as_str())
        .set("default_backend_address_pool_name", pool)
        .set("default_backend_http_settings_name", settings)
        .set_some(
            "default_rewrite_rule_set_name",
            entry.default().and_then(|id| rewritten(stack, id)),
        );
    entry
        .routes
        .iter()
        .filter(|route| !route.paths.is_empty())
        .fold(map, |map, route| {
            let paths: Vec<String> = route
                .paths
                .iter()
                .flat_map(|path| [path.clone(), format!("{path}/*")])
                .collect();
            let backend = backend(stack, route.service);
            let rule = Block::new()
                .set("name", name(route.service))
                .set("paths", paths)
                .set("backend_address_pool_name", backend)
                .set("backend_http_settings_name", backend)
                .set_some("rewrite_rule_set_name", rewritten(stack, route.service));
            map.block("path_rule", rule)
        })
}

/// One pool, one set of settings and one probe for each service. What has a default is written out, because these blocks are sets:
/// one left out would show all of them as changed.
fn backends(
    stack: &Stack<'_>,
    environments: &Environments,
    (balancer, entries): (&Balancer, &[Entry<'_>]),
    mut body: Block,
) -> Block {
    let (inside, others): (BTreeSet<_>, BTreeSet<_>) = served(balancer)
        .into_iter()
        .partition(|id| backend(stack, *id) == CLUSTER);
    for id in others {
        let service = &stack.system.services[id];
        let name = service.name.as_str();
        let container = environments.host(stack, id);
        let (port, protocol) = match container {
            Some(_) => (443, "Https"),
            None => (service.port, "Http"),
        };
        let path = service.health.path().unwrap_or_default();
        let probe = probe(name, (protocol, port), path, container.is_some());
        let pool = Block::new()
            .set("name", name)
            .set_some("fqdns", container.clone().map(|host| list![host]));
        body = body
            .block("backend_address_pool", pool)
            .block(
                "backend_http_settings",
                settings(name, (protocol, port), container.is_some()),
            )
            .block("probe", probe);
    }
    if !inside.is_empty() {
        let port = match balancer.exposure {
            Exposure::Public => ports::PUBLIC,
            Exposure::Internal => ports::INTERNAL,
        };
        let pool = Block::new()
            .set("name", CLUSTER)
            .set("ip_addresses", list![gateway_address(stack.system)]);
        let probe = probe(CLUSTER, ("Http", ports::STATUS), HEALTH, false);
        body = body
            .comment("The cluster's gateway, at the address of its own load balancer.")
            .block("backend_address_pool", pool)
            .block("backend_http_settings", settings(CLUSTER, ("Http", port), false))
            .block("probe", probe);
    }
    let nobody = entries.iter().any(|entry| entry.default().is_none());
    body.when(nobody, |body| {
        body.block("backend_address_pool", Block::new().set("name", NOBODY))
    })
}

fn settings(name: &str, (protocol, port): (&str, u16), named: bool) -> Block {
    let draining = Block::new().set("enabled", true).set("drain_timeout_sec", 60);
    Block::new()
        .set("name", name)
        .set("port", port)
        .set("protocol", protocol)
        .set("probe_name", name)
        .set("request_timeout", 30)
        .set("cookie_based_affinity", "Disabled")
        .set("pick_host_name_from_backend_address", named)
        .set("dedicated_backend_connection_enabled", false)
        .set("certificate_chain_validation_enabled", true)
        .set("sni_validation_enabled", true)
        .block("connection_draining", draining)
}

/// `named`: what is asked is known by a name of its own.
fn probe(name: &str, (protocol, port): (&str, u16), path: &str, named: bool) -> Block {
    Block::new()
        .set("name", name)
        .set("protocol", protocol)
        .set_some("host", (!named).then_some("127.0.0.1"))
        .set("port", port)
        .set("path", path)
        .set("interval", 10)
        .set("timeout", 5)
        .set("unhealthy_threshold", 3)
        .set("minimum_servers", 0)
        .set("pick_host_name_from_backend_http_settings", named)
        .set("proxy_protocol_header_enabled", false)
}
