//! APIs: their routes to services, and the way there.

use std::collections::BTreeMap;

use super::{Component, Linker};
use crate::blueprint::Blueprint;
use crate::blueprint::model;
use crate::diagnostic::{Diagnostic, api as rules};
use crate::ir::{Api, ApiRoute, Cors, Flow, Home, Id, Jwt, Peer, Segment, Service, System, Throttle};
use crate::vocabulary::Method;

/// Adds the APIs, and the flows over the internal load balancer to what they route to.
pub(super) fn resolve(
    blueprint: &Blueprint,
    system: &mut System,
    names: &BTreeMap<String, Component>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut functions = of_functions(blueprint, system, problems);
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
            let mut routes = linker.routes(system, said);
            let added = functions.remove(&path).unwrap_or_default();
            add(&mut routes, added, throttle(said.throttle), (blueprint, problems));
            if routes.is_empty() {
                problems.push(rules::no_routes(blueprint.places.key(&path), name.as_str()));
            }
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
        let mut seen: BTreeMap<String, &model::ApiPath> = BTreeMap::new();
        for (key, route) in &said.routes {
            let place = format!("routes.{key}");
            let at = self.blueprint.places.key(&format!("{}.{place}", self.service));
            if let Some(other) = seen.insert(shape(key.as_str()), key) {
                self.problems.push(rules::same_route(at, key.as_str(), other.as_str()));
                continue;
            }
            let (verb, link) = match (&route.service, &route.function) {
                (Some(service), None) => ("service", service),
                (None, Some(function)) => ("function", function),
                _ => {
                    self.problems.push(rules::service_or_function(at, key.as_str()));
                    continue;
                }
            };
            let Some((component, at, name)) = self.resolve_one(&format!("{place}.{verb}"), link) else {
                continue;
            };
            match component {
                Component::Function(id) if verb == "function" => {
                    routes.push(self::route(
                        key,
                        id,
                        route.open,
                        throttle(route.throttle.unwrap_or(said.throttle)),
                    ));
                }
                Component::Service(id) if verb == "service" && system.services[id].listens() => {
                    routes.push(self::route(
                        key,
                        id,
                        route.open,
                        throttle(route.throttle.unwrap_or(said.throttle)),
                    ));
                }
                Component::Service(_) if verb == "service" => self
                    .problems
                    .push(crate::diagnostic::messaging::worker_called(at, &name)),
                other => self.problems.push(rules::cannot_answer(at, &name, other.kind(), verb)),
            }
        }
        routes
    }
}

/// The routes that functions add to an API as their trigger, with the place of each, by the API's path.
fn of_functions(
    blueprint: &Blueprint,
    system: &System,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<(ApiRoute, String)>> {
    let mut added: BTreeMap<String, Vec<(ApiRoute, String)>> = BTreeMap::new();
    let functions = blueprint.model.all_processes().zip(system.services.iter());
    for ((scope, _, said), (id, service)) in functions {
        let Some(trigger) = said.function.and_then(|said| said.trigger.as_ref()) else {
            continue;
        };
        let (Some(api), Some(http)) = (&trigger.api, &trigger.http) else {
            continue;
        };
        let own = scope.domain.map(|domain| format!("domains.{domain}.apis.{api}"));
        let said = match api.as_str().split_once('.') {
            Some((domain, name)) => format!("domains.{domain}.apis.{name}"),
            None => format!("apis.{api}"),
        };
        let known: Vec<String> = blueprint
            .model
            .scopes()
            .flat_map(|scope| scope.apis.keys().map(move |name| scope.path("apis", name)))
            .collect();
        let Some(path) = own.into_iter().chain([said]).find(|path| known.contains(path)) else {
            let at = blueprint.places.span(&format!("{}.trigger.api", service.path));
            problems.push(rules::unknown(at, api.as_str()));
            continue;
        };
        for (index, key) in http.all().iter().enumerate() {
            // Throttled like the API's others: the API's own word comes with its other routes.
            let route = route(
                key,
                id,
                trigger.open,
                Throttle {
                    per_second: 0,
                    burst: 0,
                },
            );
            let place = match http {
                model::Routes::One(_) => format!("{}.trigger.http", service.path),
                model::Routes::Several(_) => format!("{}.trigger.http.{index}", service.path),
            };
            added.entry(path.clone()).or_default().push((route, place));
        }
    }
    added
}

/// Adds the routes of functions, in the order of their keys, as the API throttles its own.
fn add(
    routes: &mut Vec<ApiRoute>,
    added: Vec<(ApiRoute, String)>,
    throttle: Throttle,
    (blueprint, problems): (&Blueprint, &mut Vec<Diagnostic>),
) {
    for (mut route, place) in added {
        let same = |other: &&ApiRoute| shape(&other.key) == shape(&route.key);
        if let Some(other) = routes.iter().find(same) {
            let at = blueprint.places.span(&place);
            problems.push(rules::same_route(at, &route.key, &other.key));
            continue;
        }
        route.throttle = throttle;
        routes.push(route);
    }
    routes.sort_by(|one, other| one.key.cmp(&other.key));
}

fn route(key: &model::ApiPath, service: Id<Service>, open: bool, throttle: Throttle) -> ApiRoute {
    let (method, path) = key.as_str().split_once(' ').unwrap_or(("ANY", "/*"));
    ApiRoute {
        key: key.to_string(),
        method: Method::ALL.into_iter().find(|known| known.name() == method),
        segments: segments(path),
        service,
        open,
        throttle,
    }
}

/// What a gateway tells apart of a route: parameters have no name there.
fn shape(key: &str) -> String {
    let (method, path) = key.split_once(' ').unwrap_or_default();
    let segments = segments(path);
    let shape: Vec<&str> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            Segment::Parameter(_) => "{}",
            Segment::Rest => "*",
        })
        .collect();
    format!("{method} {}", shape.join("/"))
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
    let called = api.routes.iter().map(|route| route.service);
    let called: Vec<_> = called.filter(|id| system.services[*id].listens()).collect();
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
