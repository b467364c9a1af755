//! Which load balancers there are, what they listen on and where they route.

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
                routes: routes(blueprint, system, &public, problems),
            }],
        });
    }
    let called = ids(system, |id, _| {
        system
            .flows
            .iter()
            .any(|flow| flow.from == Peer::InternalBalancer && flow.to == Peer::Service(id))
    });
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
                let routes = routes(blueprint, system, &behind, problems);
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
    services: &[Id<Service>],
    problems: &mut Vec<Diagnostic>,
) -> Vec<Route> {
    let mut routes: Vec<Route> = vec![];
    for &id in services {
        let service = &system.services[id];
        let Some(said) = blueprint
            .model
            .services
            .iter()
            .find(|(name, _)| name.as_str() == service.name)
        else {
            continue;
        };
        let route = route(id, said.1);
        if let Some((other, place)) = routes
            .iter()
            .find_map(|other| Some((other.service, overlap(other, &route)?)))
        {
            let at = blueprint.places.span(&format!("{}.routes", service.path));
            problems.push(semantic::ambiguous_route(
                at,
                &service.name,
                &system.services[other].name,
                &place,
            ));
        }
        routes.push(route);
    }
    // Stable, so that equally specific routes stay in the order of their services' names.
    routes.sort_by_key(|route| {
        let longest = route.paths.iter().map(String::len).max().unwrap_or(0);
        (route.hosts.is_empty(), std::cmp::Reverse(longest))
    });
    routes
}

fn route(service: Id<Service>, said: &model::Service) -> Route {
    let mut paths: Vec<String> = said
        .routes
        .iter()
        .map(|path| path.as_str().trim_end_matches('/').to_owned())
        .collect();
    if paths.iter().any(String::is_empty) {
        paths.clear();
    }
    paths.sort();
    paths.dedup();
    let mut hosts: Vec<String> = said.hosts.iter().map(ToString::to_string).collect();
    hosts.sort();
    hosts.dedup();
    Route { service, hosts, paths }
}

/// A host and path that two routes claim alike.
fn overlap(a: &Route, b: &Route) -> Option<String> {
    let any = vec![String::new()];
    let or_any = |values: &Vec<String>| {
        if values.is_empty() { any.clone() } else { values.clone() }
    };
    let host = or_any(&a.hosts)
        .into_iter()
        .find(|host| or_any(&b.hosts).contains(host))?;
    let path = or_any(&a.paths)
        .into_iter()
        .find(|path| or_any(&b.paths).contains(path))?;
    let path = if path.is_empty() { "/" } else { &path };
    let host = if host.is_empty() { "any host" } else { &host };
    Some(format!("path `{path}` of {host}"))
}
