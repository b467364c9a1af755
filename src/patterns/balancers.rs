//! Which load balancers there are, what they listen on and where they route.

use std::collections::{BTreeMap, BTreeSet};

use crate::blueprint::Blueprint;
use crate::blueprint::model;
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::{Balancer, Exposure, Id, Listener, Peer, Route, Service, System};

/// Adds the public load balancer if a service is public, and the internal one if a service is called.
pub(super) fn build(blueprint: &Blueprint, system: &mut System, problems: &mut Vec<Diagnostic>) {
    let edge = &blueprint.model.edge;
    let public: Vec<Id<Service>> = ids(system, |_, service| service.public);
    if !public.is_empty() {
        system.public = Some(Balancer {
            exposure: Exposure::Public,
            certificate: edge.certificate.clone(),
            domain: edge.domain.as_ref().map(ToString::to_string),
            zone: edge.zone.clone(),
            listeners: vec![Listener {
                port: 443,
                routes: routes(blueprint, system, (Exposure::Public, &public), problems),
            }],
        });
    }
    let behind: BTreeSet<Peer> = system.flows_from(Peer::InternalBalancer).map(|flow| flow.to).collect();
    let called = ids(system, |id, _| behind.contains(&Peer::Service(id)));
    if !called.is_empty() {
        let mut ports: Vec<u16> = called.iter().map(|&id| system.services[id].port).collect();
        ports.sort_unstable();
        ports.dedup();
        let listeners = ports
            .into_iter()
            .map(|port| {
                let behind: Vec<Id<Service>> = called
                    .iter()
                    .copied()
                    .filter(|&id| system.services[id].port == port)
                    .collect();
                let routes = routes(blueprint, system, (Exposure::Internal, &behind), problems);
                Listener { port, routes }
            })
            .collect();
        system.internal = Some(Balancer {
            exposure: Exposure::Internal,
            certificate: edge.internal.certificate.clone(),
            domain: edge.internal.domain.as_ref().map(ToString::to_string),
            zone: Default::default(),
            listeners,
        });
    }
}

fn ids(system: &System, wanted: impl Fn(Id<Service>, &Service) -> bool) -> Vec<Id<Service>> {
    system
        .services
        .iter()
        .filter(|(id, service)| wanted(*id, service))
        .map(|(id, _)| id)
        .collect()
}

/// The routes of one listener, most specific first.
fn routes(
    blueprint: &Blueprint,
    system: &System,
    (exposure, services): (Exposure, &[Id<Service>]),
    problems: &mut Vec<Diagnostic>,
) -> Vec<Route> {
    let mut routes: Vec<Route> = vec![];
    // (host, path) to the service that claimed it first; empty stands for all.
    let mut claims: BTreeMap<(String, String), Id<Service>> = BTreeMap::new();
    let said = blueprint.model.all_services();
    let said: BTreeMap<String, &model::Service> = said
        .map(|(scope, name, said)| (scope.path("services", name), said))
        .collect();
    for &id in services {
        let service = &system.services[id];
        let Some(said) = said.get(service.path.as_str()) else {
            continue;
        };
        let route = match exposure {
            Exposure::Public => public_route(id, said),
            Exposure::Internal => internal_route(system, id, said, services.len() > 1),
        };
        let taken = claimed(&route).find_map(|claim| Some((*claims.get(&claim)?, claim)));
        if let Some((other, (host, path))) = taken {
            let at = blueprint.places.span(&format!("{}.routes", service.path));
            let path = if path.is_empty() { "/" } else { &path };
            let host = if host.is_empty() { "any host" } else { &host };
            let place = format!("path `{path}` of {host}");
            let other = &system.services[other].name;
            problems.push(semantic::ambiguous_route(at, &service.name, other, &place));
        }
        claims.extend(claimed(&route).map(|claim| (claim, id)));
        routes.push(route);
    }
    // Stable, so that equally specific routes stay in the order of their services' names.
    routes.sort_by_key(|route| {
        let longest = route.paths.iter().map(String::len).max().unwrap_or(0);
        (route.hosts.is_empty(), std::cmp::Reverse(longest))
    });
    routes
}

fn public_route(service: Id<Service>, said: &model::Service) -> Route {
    let mut hosts: Vec<String> = said.hosts.iter().map(ToString::to_string).collect();
    hosts.sort();
    hosts.dedup();
    let paths = paths(said);
    Route { service, hosts, paths }
}

/// Callers know an internal service by its private name and its port. A service that has the port for itself gets whatever arrives
/// there; services that share one are told apart by the paths they say, and by their private names where they say hosts or belong to a
/// domain.
fn internal_route(system: &System, service: Id<Service>, said: &model::Service, shared: bool) -> Route {
    if !shared {
        let (hosts, paths) = (vec![], vec![]);
        return Route { service, hosts, paths };
    }
    let own = format!("{}.{}", system.services[service].name, system.network.private_domain);
    let by_name = !said.hosts.is_empty() || system.services[service].home.domain.is_some();
    Route {
        service,
        hosts: if by_name { vec![own] } else { vec![] },
        paths: paths(said),
    }
}

/// The path prefixes of a service without trailing slashes; none where all paths lead to it.
fn paths(said: &model::Service) -> Vec<String> {
    let trimmed = said.routes.iter().map(|path| path.as_str().trim_end_matches('/'));
    let mut paths: Vec<String> = trimmed.map(str::to_owned).collect();
    if paths.iter().any(String::is_empty) {
        paths.clear();
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Every (host, path) of a route; empty stands for all.
fn claimed(route: &Route) -> impl Iterator<Item = (String, String)> {
    let or_any = |values: &[String]| {
        if values.is_empty() {
            vec![String::new()]
        } else {
            values.to_vec()
        }
    };
    let paths = or_any(&route.paths);
    or_any(&route.hosts)
        .into_iter()
        .flat_map(move |host| paths.clone().into_iter().map(move |path| (host.clone(), path)))
}
