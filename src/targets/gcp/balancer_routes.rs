//! Routes of one listener as a URL map.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::cluster::is_pod;
use super::{Stack, settings};
use crate::ir::{Exposure, Id, Listener, Route, Service};
use crate::list;
use crate::terraform::{Address, Block};

/// Adds the URL map of a listener. `part` names it.
///
/// A URL map asks for the host first and then for the longest path, so a host repeats the routes that hold for every host. What no
/// route takes is answered with 404.
pub(super) fn url_map(
    stack: &mut Stack<'_>,
    part: &str,
    (exposure, listener): (Exposure, &Listener),
    backends: &BTreeMap<Id<Service>, Address>,
) -> Address {
    let hosts: BTreeSet<&str> = listener
        .routes
        .iter()
        .flat_map(|route| route.hosts.iter().map(String::as_str))
        .collect();
    let anywhere: Vec<&Route> = listener.routes.iter().filter(|route| route.hosts.is_empty()).collect();
    let body = Block::new().set("name", stack.name(part)).set("region", stack.region());
    let any_path = anywhere.iter().any(|route| !route.paths.is_empty());
    let names = names(stack, exposure, listener);
    let to = |service: Id<Service>| (&backends[&service], names.get(&service));
    let mut body = default(body, &anywhere, listener, &to);
    let mut matchers = vec![];
    for host in hosts {
        let own = listener
            .routes
            .iter()
            .filter(|route| route.hosts.iter().any(|name| name == host));
        let mut routes: Vec<&Route> = own.chain(anywhere.iter().copied()).collect();
        // The first route that takes a request has it: behind one without paths nothing is left.
        if let Some(last) = routes.iter().position(|route| route.paths.is_empty()) {
            routes.truncate(last + 1);
        }
        matchers.push((host, format!("host-{}", host_name(host, 58)), routes));
    }
    if any_path {
        matchers.push(("*", "any-host".to_owned(), anywhere));
    }
    for (host, name, _) in &matchers {
        let rule = Block::new()
            .set("hosts", list![*host])
            .set("path_matcher", name.as_str());
        body = body.block("host_rule", rule);
    }
    for (_, name, routes) in &matchers {
        let matcher = default(Block::new().set("name", name.as_str()), routes, listener, &to);
        body = body.block("path_matcher", matcher.blocks("path_rule", path_rules(routes, &to)));
    }
    stack.module.resource("google_compute_region_url_map", part, body)
}

/// The private names of the services of a listener that are in the cluster.
///
/// One gateway stands before all of them, and tells them apart by the host name that a request says. Who is let in at one port says
/// whatever it wants, so the load balancer puts in the name of the service that the port is for.
fn names(stack: &Stack<'_>, exposure: Exposure, listener: &Listener) -> BTreeMap<Id<Service>, String> {
    let services = listener.routes.iter().map(|route| route.service);
    let inside = services.filter(|id| exposure == Exposure::Internal && is_pod(&stack.system.services[*id]));
    inside.map(|id| (id, settings::host(stack, id))).collect()
}

/// The backend of a service, and the host name that requests to it get.
type To<'a> = dyn Fn(Id<Service>) -> (&'a Address, Option<&'a String>) + 'a;

/// What becomes of the host name.
fn renamed(name: &str) -> Block {
    Block::new().block("url_rewrite", Block::new().set("host_rewrite", name))
}

/// Where requests go that no path rule takes: the first route without paths, or nowhere.
fn default(block: Block, routes: &[&Route], listener: &Listener, to: &To<'_>) -> Block {
    let taken = routes.iter().find(|route| route.paths.is_empty());
    match (taken, listener.routes.first()) {
        (Some(route), _) => {
            let (backend, name) = to(route.service);
            let block = block.set("default_service", backend.id());
            match name {
                Some(name) => block
                    .comment("Whatever name a request says: behind the gateway it finds this service alone.")
                    .block("default_route_action", renamed(name)),
                None => block,
            }
        }
        (None, Some(any)) => {
            let abort = Block::new().set("http_status", 404).set("percentage", 100);
            let fault = Block::new().block("fault_injection_policy", Block::new().block("abort", abort));
            block
                .comment("No route takes the rest: answered with 404 before it gets to the service.")
                .set("default_service", to(any.service).0.id())
                .block("default_route_action", fault)
        }
        (None, None) => block,
    }
}

/// One rule for each service; a path that an earlier, more specific route has is left to it.
fn path_rules(routes: &[&Route], to: &To<'_>) -> Vec<Block> {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut rules = vec![];
    for route in routes {
        let paths: Vec<Expression> = route
            .paths
            .iter()
            .filter(|path| taken.insert(path.as_str()))
            .flat_map(|path| [path.clone().into(), format!("{path}/*").into()])
            .collect();
        if !paths.is_empty() {
            let (backend, name) = to(route.service);
            let rule = Block::new()
                .set("paths", Expression::Array(paths))
                .set("service", backend.id());
            rules.push(match name {
                Some(name) => rule.block("route_action", renamed(name)),
                None => rule,
            });
        }
    }
    rules
}

/// A host name as part of a resource's name: letters, digits and hyphens, at most `limit` of them.
pub(super) fn host_name(host: &str, limit: usize) -> String {
    let name = host.replace('.', "-");
    if name.len() <= limit {
        return name;
    }
    let sum = host
        .bytes()
        .fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("{}-{sum:08x}", name[..limit - 9].trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::host_name;

    #[test]
    fn long_hosts_keep_apart() {
        let long = "a".repeat(50);
        let (one, other) = (format!("{long}.one.example.com"), format!("{long}.two.example.com"));
        assert_eq!(host_name("shop.example.com", 58), "shop-example-com");
        assert!(host_name(&one, 58).len() <= 58);
        assert_ne!(host_name(&one, 58), host_name(&other, 58));
    }
}
