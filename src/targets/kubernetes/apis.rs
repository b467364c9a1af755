//! APIs: a Gateway of its own for each, routes beside the services, and what Istio checks before a request gets to them.
//!
//! A Gateway of its own has an address and a host name of its own, and what holds for it holds for nobody else. Tokens, counts and the
//! size of bodies are no part of the Gateway API: with the class `istio` they are Istio's, with another one `check` says what is left out.

mod envoy;
pub(super) mod readme;

use std::collections::{BTreeMap, BTreeSet};

use super::edge;
use super::functions;
use super::load_balancer::{edge_meta, infrastructure, is_istio, proxies};
use super::stack::Stack;
use crate::check::{by_expression, path_expression};
use crate::ir::{Api, ApiRoute, Id, Segment, Service};
use crate::kubernetes::custom::gateway::{
    AllowedRoutes, BackendRef, Cors, Filter, Gateway, HttpRoute, Listener, ListenerTls, Match, ParentRef, PathMatch,
    RouteNamespaces, Rule, SecretRef,
};
use crate::kubernetes::custom::istio::{
    AccessLogging, Allowed, AuthorizationPolicy, From, JwtRule, Operation, Provider, RequestAuthentication, Source,
    TargetRef, Telemetry, To,
};
use crate::kubernetes::object::Object;
use crate::target::Target;
use crate::targets::shared::workload::routes::namespaces;
use crate::vocabulary::Method;

/// The Gateway's name.
pub(super) fn gateway_name(api: &Api) -> String {
    format!("api-{}", api.name)
}

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let apis = stack.system.apis.iter();
    apis.flat_map(|(_, api)| api_objects(stack, api)).collect()
}

fn api_objects(stack: &Stack<'_>, api: &Api) -> Vec<Object> {
    let name = gateway_name(api);
    let mut objects = vec![];
    if let (Some(domain), None) = (&api.domain, api.certificate(Target::Kubernetes)) {
        let secret = edge::requested_secret(&name);
        objects.push(edge::requested(stack, &name, secret, vec![domain.clone()]));
    }
    if is_istio(stack) {
        objects.push(proxies(stack, &name));
    }
    objects.push(gateway(stack, api, &name));
    let services: BTreeSet<Id<Service>> = api.routes.iter().map(|route| route.service).collect();
    objects.extend(services.into_iter().map(|service| routes(stack, api, &name, service)));
    if is_istio(stack) {
        objects.extend(tokens(stack, api, &name));
        objects.push(allowed(stack, api, &name));
        objects.push(envoy::limits(stack, api, &name));
        objects.push(logs(stack, &name));
    }
    objects
}

fn gateway(stack: &Stack<'_>, api: &Api, name: &str) -> Object {
    let secret = api.domain.as_ref().map(|_| match api.certificate(Target::Kubernetes) {
        Some(named) => named.to_owned(),
        None => edge::requested_secret(name),
    });
    let tls = secret.map(|name| ListenerTls {
        mode: "Terminate",
        certificate_refs: vec![SecretRef { kind: "Secret", name }],
    });
    let (section, protocol, port) = listens(api);
    let listener = Listener {
        name: section,
        hostname: api.domain.clone(),
        protocol,
        port,
        tls,
        allowed_routes: AllowedRoutes {
            namespaces: RouteNamespaces {
                from: "Selector",
                selector: Some(namespaces(
                    stack.names,
                    api.routes
                        .iter()
                        .map(|route| stack.system.services[route.service].home.domain),
                )),
            },
        },
    };
    Object::custom(
        edge_meta(stack, name),
        Gateway {
            gateway_class_name: stack.system.cluster.gateway_class.clone(),
            infrastructure: infrastructure(stack, name),
            listeners: vec![listener],
        },
    )
}

/// (listener, protocol, port)
fn listens(api: &Api) -> (&'static str, &'static str, u16) {
    match api.domain {
        Some(_) => ("https", "HTTPS", 443),
        None => ("http", "HTTP", 80),
    }
}

/// The routes to one service, beside it. A dot stands in no component's name: the object's own meets no other's.
fn routes(stack: &Stack<'_>, api: &Api, gateway: &str, id: Id<Service>) -> Object {
    let service = &stack.system.services[id];
    let own = || api.routes.iter().filter(|route| route.service == id);
    let cors = cors(api);
    let matches = own().map(|route| Match {
        path: path(api, route),
        method: route.method.map(Method::name),
    });
    let mut rules = vec![Rule {
        matches: matches.collect(),
        filters: cors.clone(),
        backend_refs: vec![BackendRef {
            name: service.name.clone(),
            port: functions::port(service),
        }],
    }];
    if !cors.is_empty() {
        // What browsers ask first is answered here: nothing of it gets to the service.
        let mut asked: Vec<PathMatch> = own().map(|route| path(api, route)).collect();
        asked.sort_by(|one, other| one.value.cmp(&other.value));
        asked.dedup_by(|one, other| one.value == other.value);
        let matches = asked.into_iter().map(|path| Match {
            path,
            method: Some("OPTIONS"),
        });
        rules.push(Rule {
            matches: matches.collect(),
            filters: cors,
            backend_refs: vec![],
        });
    }
    Object::custom(
        stack.meta(format!("{}.{}", api.name, service.name), &service.name, "api"),
        HttpRoute {
            parent_refs: vec![ParentRef {
                name: gateway.to_owned(),
                namespace: Some(stack.edge_namespace()),
                section_name: listens(api).0,
            }],
            hostnames: api.domain.iter().cloned().collect(),
            rules,
        },
    )
}

fn cors(api: &Api) -> Vec<Filter> {
    let filter = api.cors.as_ref().map(|cors| Filter {
        kind: "CORS",
        request_redirect: None,
        cors: Some(Cors {
            allow_origins: cors.origins.clone(),
            allow_methods: cors.methods.iter().map(|method| method.name()).collect(),
            allow_headers: cors.headers.clone(),
            expose_headers: cors.exposed.clone(),
            allow_credentials: cors.credentials,
            max_age: cors.max_age_seconds,
        }),
    });
    filter.into_iter().collect()
}

/// How a path is matched. Expressions are for paths with parameters only, because not every gateway has them.
fn path(api: &Api, route: &ApiRoute) -> PathMatch {
    let rest = route.segments.iter().any(|segment| matches!(segment, Segment::Rest));
    let parameters = route
        .segments
        .iter()
        .any(|segment| matches!(segment, Segment::Parameter(_)));
    let plain = spelled(&route.segments, "", "");
    let (kind, value) = match plain.trim_end_matches('/') {
        _ if !rest && !parameters => ("Exact", plain.as_str()),
        _ if by_expression(api) => ("RegularExpression", ""),
        "" => ("PathPrefix", "/"),
        prefix => ("PathPrefix", prefix),
    };
    PathMatch {
        kind,
        value: match kind {
            "RegularExpression" => path_expression(route, "[^/]+", ".+"),
            _ => value.to_owned(),
        },
    }
}

fn spelled(segments: &[Segment], parameter: &str, rest: &str) -> String {
    let segments = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Parameter(_) => parameter.to_owned(),
        Segment::Rest => rest.to_owned(),
    });
    format!("/{}", segments.collect::<Vec<_>>().join("/"))
}

fn tokens(stack: &Stack<'_>, api: &Api, name: &str) -> Option<Object> {
    let jwt = api.jwt.as_ref()?;
    let rule = JwtRule {
        issuer: jwt.issuer.clone(),
        audiences: jwt.audiences.clone(),
        jwks_uri: jwt.keys.clone(),
        forward_original_token: true,
    };
    Some(Object::custom(
        edge_meta(stack, name),
        RequestAuthentication {
            target_refs: TargetRef::gateway(name),
            jwt_rules: vec![rule],
        },
    ))
}

/// What is not named here is denied: other paths, and routes that are not open without a token.
fn allowed(stack: &Stack<'_>, api: &Api, name: &str) -> Object {
    let mut rules: Vec<Allowed> = api
        .routes
        .iter()
        .map(|route| {
            let known = From {
                source: Source {
                    request_principals: vec!["*"],
                },
            };
            Allowed {
                from: (!route.open).then_some(known).into_iter().collect(),
                to: operations(api, route),
            }
        })
        .collect();
    if api.cors.is_some() {
        // Browsers ask without a token whether they may.
        let paths: BTreeSet<String> = api.routes.iter().map(template).collect();
        rules.push(Allowed {
            from: vec![],
            to: vec![To {
                operation: Operation {
                    methods: vec!["OPTIONS"],
                    paths: paths.into_iter().collect(),
                    not_paths: vec![],
                },
            }],
        });
    }
    Object::custom(
        edge_meta(stack, name),
        AuthorizationPolicy {
            target_refs: TargetRef::gateway(name),
            action: "ALLOW",
            rules,
        },
    )
}

/// The requests of a route. Rules add up: an open one leaves out what belongs to routes that ask for a token and say more.
fn operations(api: &Api, route: &ApiRoute) -> Vec<To> {
    let closed = |other: &&ApiRoute| route.open && !other.open && other.meets(route) && other.beats(route);
    let rivals: Vec<&ApiRoute> = api.routes.iter().filter(closed).collect();
    let operation = |methods: Vec<&'static str>, not_paths: Vec<String>| To {
        operation: Operation {
            methods,
            paths: vec![template(route)],
            not_paths,
        },
    };
    if rivals.is_empty() {
        return vec![operation(route.method.map(Method::name).into_iter().collect(), vec![])];
    }
    let mut by_rivals: BTreeMap<Vec<String>, Vec<&'static str>> = BTreeMap::new();
    let methods = Method::ALL
        .into_iter()
        .filter(|method| route.method.is_none_or(|own| own == *method));
    for method in methods {
        let of_method = rivals
            .iter()
            .filter(|rival| rival.method.is_none_or(|own| own == method));
        let paths = of_method.map(|rival| template(rival)).collect();
        by_rivals.entry(paths).or_default().push(method.name());
    }
    by_rivals
        .into_iter()
        .map(|(not_paths, methods)| operation(methods, not_paths))
        .collect()
}

/// A route's path as a template of Istio's: a star for one segment, two for the rest.
fn template(route: &ApiRoute) -> String {
    spelled(&route.segments, "{*}", "{**}")
}

fn logs(stack: &Stack<'_>, name: &str) -> Object {
    let providers = vec![Provider { name: "envoy" }];
    Object::custom(
        edge_meta(stack, name),
        Telemetry {
            target_refs: TargetRef::gateway(name),
            access_logging: vec![AccessLogging { providers }],
        },
    )
    .about("Every request is a line of what the proxies print")
}
