//! APIs: their routes to services, and the way there.

use std::collections::BTreeMap;

use super::{Component, Linker};
use crate::blueprint::Blueprint;
use crate::blueprint::model;
use crate::diagnostic::{Diagnostic, api as rules};
use crate::ir::{Api, ApiRoute, Cors, Flow, Home, Jwt, Peer, Segment, System, Throttle};
use crate::vocabulary::Method;

/// Adds the APIs, and the flows over the internal load balancer to what they route to.
pub(super) fn resolve(
    blueprint: &Blueprint,
    system: &mut System,
    names: &BTreeMap<String, Component>,
    problems: &mut Vec<Diagnostic>,
) {
    for scope in blueprint.model.scopes() {
        for (name, said) in scope.apis {
            let path = scope.path("apis", name);
            let domain = system
                .domains
                .iter()
                .find(|(_, item)| Some(item.name.as_str()) == scope.domain);
            let home = Home {
                domain: domain.map(|(id, _)| id),
                name: name.to_string(),
            };
            let mut linker = Linker {
                blueprint,
                names,
                domain: scope.domain,
                service: path.clone(),
                problems,
            };
            let routes = linker.routes(system, said);
            if said.jwt.is_none() && routes.iter().any(|route| !route.open) {
                problems.push(rules::nobody_issues(blueprint.places.key(&path), name.as_str()));
            }
            let api = Api {
                name: scope.full_name(name),
                home,
                path,
                domain: said.domain.as_ref().map(ToString::to_string),
                zone: said.zone.clone(),
                certificate: said.certificate.clone(),
                jwt: said.jwt.as_ref().map(jwt),
                cors: said.cors.as_ref().map(|said| cors(said, &routes)),
                max_body_kb: said.max_body_kb,
                throttle: throttle(said.throttle),
                routes,
            };
            open(system, api);
        }
    }
}

impl Linker<'_> {
    fn routes(&mut self, system: &System, said: &model::Api) -> Vec<ApiRoute> {
        let mut routes = vec![];
        // What a gateway cannot tell apart: parameters have no name there.
        let mut seen: BTreeMap<String, &model::ApiPath> = BTreeMap::new();
        for (key, route) in &said.routes {
            let place = format!("routes.{key}");
            let at = self.blueprint.places.key(&format!("{}.{place}", self.service));
            let Some((method, path)) = key.as_str().split_once(' ') else {
                continue;
            };
            let segments = segments(path);
            let shape: Vec<&str> = segments
                .iter()
                .map(|segment| match segment {
                    Segment::Literal(text) => text.as_str(),
                    Segment::Parameter(_) => "{}",
                    Segment::Rest => "*",
                })
                .collect();
            if let Some(other) = seen.insert(format!("{method} {}", shape.join("/")), key) {
                self.problems.push(rules::same_route(at, key.as_str(), other.as_str()));
                continue;
            }
            let Some((component, at, name)) = self.resolve_one(&format!("{place}.service"), &route.service) else {
                continue;
            };
            match component {
                Component::Service(id) if system.services[id].listens() => {
                    routes.push(ApiRoute {
                        key: key.to_string(),
                        method: Method::ALL.into_iter().find(|known| known.name() == method),
                        segments,
                        service: id,
                        open: route.open,
                        throttle: throttle(route.throttle.unwrap_or(said.throttle)),
                    });
                }
                Component::Service(_) => self
                    .problems
                    .push(crate::diagnostic::messaging::worker_called(at, &name)),
                other => self.problems.push(rules::no_service(at, &name, other.kind())),
            }
        }
        routes
    }
}

fn segments(path: &str) -> Vec<Segment> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts
        .map(
            |part| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                _ if part == "*" => Segment::Rest,
                Some(name) => Segment::Parameter(name.to_owned()),
                None => Segment::Literal(part.to_owned()),
            },
        )
        .collect()
}

fn throttle(said: model::Throttle) -> Throttle {
    Throttle {
        per_second: said.per_second,
        burst: said.burst,
    }
}

fn jwt(said: &model::Jwt) -> Jwt {
    let keys = || format!("{}/.well-known/jwks.json", said.issuer.trim_end_matches('/'));
    Jwt {
        issuer: said.issuer.clone(),
        audiences: said.audiences.iter().map(ToString::to_string).collect(),
        keys: said.keys.clone().unwrap_or_else(keys),
    }
}

fn cors(said: &model::Cors, routes: &[ApiRoute]) -> Cors {
    let mut methods = said.methods.clone();
    if methods.is_empty() {
        let any = routes.iter().any(|route| route.method.is_none());
        methods = match any {
            true => Method::ALL.into(),
            false => routes.iter().filter_map(|route| route.method).collect(),
        };
    }
    methods.sort();
    methods.dedup();
    let texts = |names: &[model::HeaderName]| names.iter().map(ToString::to_string).collect();
    Cors {
        origins: said.origins.iter().map(ToString::to_string).collect(),
        methods,
        headers: texts(&said.headers),
        exposed: texts(&said.exposed),
        credentials: said.credentials,
        max_age_seconds: said.max_age_seconds,
    }
}

fn open(system: &mut System, api: Api) {
    let called: Vec<_> = api.routes.iter().map(|route| route.service).collect();
    let name = api.name.clone();
    let id = system.apis.add(api);
    for service in called {
        let (called, port) = (&system.services[service].name, system.services[service].port);
        let to_balancer = Flow {
            from: Peer::Api(id),
            to: Peer::InternalBalancer,
            port,
            why: format!("{name} routes to {called}"),
        };
        let to_service = Flow {
            from: Peer::InternalBalancer,
            to: Peer::Service(service),
            port,
            why: format!("internal load balancer to {called}"),
        };
        system.flows.extend([to_balancer, to_service]);
    }
}
