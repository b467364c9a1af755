//! What Envoy is told about an API.

use std::cmp::Reverse;

use hcl::Expression;
use serde_json::{Value, json};

use super::{PORT, PROXIES, Share, functions};
use crate::check::path_expression;
use crate::ir::{Api, ApiRoute, Cors, Jwt, Segment, Throttle, Tls};
use crate::target::Target;
use crate::targets::gcp::Stack;
use crate::terraform::overrides::literal;
use crate::terraform::{Address, expr};
use crate::vocabulary::Method;
use crate::{list, object};

/// Seconds that a service has for an answer, as on other clouds.
const TIMEOUT: &str = "30s";
/// Seconds that a caller has to send the whole request.
const ARRIVAL: &str = "30s";
/// Bytes of a connection that are held where no body has to be whole.
pub(super) const WINDOW: u32 = 32 * 1024;
/// Bytes of a body that a method without a body may have all the same.
const BODILESS: u32 = 16 * 1024;
/// What signs the certificates of the world.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The cluster of the issuer's keys.
const KEYS: &str = "keys";

/// The whole, as an expression: the address of the internal load balancer is known later.
pub(super) fn config(stack: &Stack<'_>, api: &Api, internal: Option<&Address>, ports: &[u16]) -> Expression {
    let ports = ports.iter().filter_map(|port| Some(behind(internal?, *port)));
    let mut clusters: Vec<Expression> = ports.collect();
    let mut clusters_of_services = clusters.len();
    let encrypted = stack
        .system
        .internal
        .as_ref()
        .is_some_and(|balancer| balancer.tls(Target::Gcp) != Tls::Off);
    if let (true, Some(internal)) = (encrypted, internal) {
        // Behind TLS every service is a cluster of its own, because each has a name of its own to prove.
        clusters = named(stack, api, internal);
        clusters_of_services = clusters.len();
    }
    if let Some(jwt) = &api.jwt {
        clusters.insert(clusters_of_services, keys(jwt));
    }
    clusters.extend(functions::clusters(stack, api));
    object! {
        "static_resources" => object! {
            "listeners" => list![listener(stack, api, encrypted)],
            "clusters" => Expression::Array(clusters),
        },
        "overload_manager" => literal(&overload(&Share::of(api))),
    }
}

/// Envoy refuses requests before Cloud Run ends it for its memory.
fn overload(share: &Share) -> Value {
    let heap = "envoy.resource_monitors.fixed_heap";
    let action = |name: &str, value: f64| {
        json!({
            "name": format!("envoy.overload_actions.{name}"),
            "triggers": [{ "name": heap, "threshold": { "value": value } }],
        })
    };
    json!({
        "refresh_interval": "0.25s",
        "resource_monitors": [{
            "name": heap,
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                "max_heap_size_bytes": share.heap(),
            },
        }],
        "actions": [action("shrink_heap", 0.9), action("stop_accepting_requests", 0.95)],
    })
}

fn cluster(port: u16) -> String {
    format!("internal-{port}")
}

/// The internal load balancer at one port, by its address: no name has to be found first.
fn behind(internal: &Address, port: u16) -> Expression {
    at(internal, &cluster(port), port, None)
}

fn named(stack: &Stack<'_>, api: &Api, internal: &Address) -> Vec<Expression> {
    let services = api.routes.iter().map(|route| route.service);
    let mut services: Vec<_> = services.filter(|id| !functions::is_function(stack, *id)).collect();
    services.sort();
    services.dedup();
    let services = services.into_iter().map(|id| {
        let service = &stack.system.services[id];
        let host = host(stack, &service.name);
        at(internal, &service.name, service.port, Some(tls(host.into())))
    });
    services.collect()
}

fn at(internal: &Address, name: &str, port: u16, tls: Option<Expression>) -> Expression {
    let address = object! {
        "socket_address" => object! { "address" => internal.attr("address"), "port_value" => port },
    };
    let endpoint = object! { "endpoint" => object! { "address" => address } };
    let load = object! {
        "cluster_name" => name,
        "endpoints" => list![object! { "lb_endpoints" => list![endpoint] }],
    };
    let mut cluster = vec![
        ("name".to_owned(), Expression::from(name)),
        ("type".to_owned(), "STATIC".into()),
        ("connect_timeout".to_owned(), "5s".into()),
        ("per_connection_buffer_limit_bytes".to_owned(), WINDOW.into()),
        ("load_assignment".to_owned(), load),
    ];
    cluster.extend(tls.map(|tls| ("transport_socket".to_owned(), tls)));
    expr::object(cluster)
}

fn host(stack: &Stack<'_>, service: &str) -> String {
    format!("{service}.{}", stack.system.network.private_domain)
}

/// Whoever answers has to prove this name.
pub(super) fn tls(host: Expression) -> Expression {
    let name = object! { "san_type" => "DNS", "matcher" => object! { "exact" => host.clone() } };
    let context = object! {
        "trusted_ca" => object! { "filename" => AUTHORITIES },
        "match_typed_subject_alt_names" => list![name],
    };
    object! {
        "name" => "envoy.transport_sockets.tls",
        "typed_config" => object! {
            "@type" => "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni" => host,
            "common_tls_context" => object! { "validation_context" => context },
        },
    }
}

/// The issuer of tokens, as far as its keys are asked for.
fn keys(jwt: &Jwt) -> Expression {
    let (_, rest) = jwt.keys.split_once("://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let port: u16 = port.parse().unwrap_or(443);
    let address = json!({ "socket_address": { "address": host, "port_value": port } });
    let load = json!({
        "cluster_name": KEYS,
        "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
    });
    object! {
        "name" => KEYS,
        "type" => "LOGICAL_DNS",
        "dns_lookup_family" => "V4_PREFERRED",
        "connect_timeout" => "5s",
        "load_assignment" => literal(&load),
        "transport_socket" => tls(host.into()),
    }
}

fn listener(stack: &Stack<'_>, api: &Api, encrypted: bool) -> Expression {
    let logged = json!({
        "duration_ms": "%DURATION%",
        "method": "%REQ(:METHOD)%",
        // Without the query, in which a caller may have put a token.
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "flags": "%RESPONSE_FLAGS%",
        "route": "%ROUTE_NAME%",
        "status": "%RESPONSE_CODE%",
    });
    let log = json!([{
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": { "json_format": logged },
        },
    }]);
    let manager = object! {
        "@type" => "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix" => api.name.as_str(),
        // What Envoy lets its own clients ask for is not for those outside.
        "use_remote_address" => true,
        "normalize_path" => true,
        // A service would take `%2F` for a slash where the routes here do not.
        "path_with_escaped_slashes_action" => "REJECT_REQUEST",
        "merge_slashes" => true,
        "request_timeout" => ARRIVAL,
        "access_log" => literal(&log),
        "http_filters" => literal(&Value::Array(filters(stack, api))),
        "route_config" => object! { "virtual_hosts" => list![virtual_host(stack, api, encrypted)] },
    };
    let filter = object! { "name" => "envoy.filters.network.http_connection_manager", "typed_config" => manager };
    let address = json!({ "socket_address": { "address": "0.0.0.0", "port_value": PORT } });
    object! {
        "name" => api.name.as_str(),
        "address" => literal(&address),
        "per_connection_buffer_limit_bytes" => WINDOW,
        "filter_chains" => list![object! { "filters" => list![filter] }],
    }
}

/// The steps of every request, in their order: tokens come before the count.
fn filters(stack: &Stack<'_>, api: &Api) -> Vec<Value> {
    let for_functions = !functions::routed(stack, api).is_empty();
    let mut filters = vec![];
    filters.extend(for_functions.then(functions::cleaning));
    if api.cors.is_some() {
        filters.push(json!({
            "name": "envoy.filters.http.cors",
            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors" },
        }));
    }
    if let Some(jwt) = &api.jwt {
        let uri = json!({ "uri": jwt.keys, "cluster": KEYS, "timeout": "5s" });
        let provider = json!({
            "issuer": jwt.issuer,
            "audiences": jwt.audiences,
            // Envoy would take tokens in the query as well, which the log would have then.
            "from_headers": [{ "name": "Authorization", "value_prefix": "Bearer " }],
            "require_expiration": true,
            "forward": true,
            "remote_jwks": { "http_uri": uri, "cache_duration": "600s" },
        });
        filters.push(json!({
            "name": "envoy.filters.http.jwt_authn",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
                "providers": { "tokens": provider },
                "requirement_map": { "tokens": { "provider_name": "tokens" } },
            },
        }));
    }
    filters.push(json!({
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": api.name,
        },
    }));
    filters.push(json!({
        "name": "envoy.filters.http.buffer",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
            "max_request_bytes": u64::from(api.max_body_kb) * 1024,
        },
    }));
    filters.extend(for_functions.then(functions::tokens));
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    }));
    filters
}

fn virtual_host(stack: &Stack<'_>, api: &Api, encrypted: bool) -> Expression {
    let mut routes: Vec<Expression> = vec![];
    if api.cors.is_some() {
        // Envoy has answered pages of the origins that may ask before a request gets here.
        routes.push(literal(&json!({
            "name": "questions of browsers",
            "match": { "prefix": "/", "headers": [{ "name": ":method", "string_match": { "exact": "OPTIONS" } }] },
            "direct_response": { "status": 403 },
            "typed_per_filter_config": disabled(api),
        })));
    }
    let mut own: Vec<&ApiRoute> = api.routes.iter().collect();
    own.sort_by_key(|route| order(route));
    routes.extend(own.into_iter().map(|route| self::route(stack, api, route, encrypted)));
    let mut host = vec![
        ("name", Expression::from(api.name.as_str())),
        ("domains", list!["*"]),
        ("routes", Expression::Array(routes)),
    ];
    if let Some(cors) = &api.cors {
        let policy = json!({ "envoy.filters.http.cors": origins(cors) });
        host.push(("typed_per_filter_config", literal(&policy)));
    }
    expr::object(host)
}

/// What says more of a request comes first: see [`ApiRoute::beats`].
fn order(route: &ApiRoute) -> (Vec<Reverse<u8>>, bool, &str) {
    let says = route.segments.iter().map(|segment| match segment {
        Segment::Literal(_) => Reverse(2),
        Segment::Parameter(_) => Reverse(1),
        Segment::Rest => Reverse(0),
    });
    (says.collect(), route.method.is_none(), &route.key)
}

fn route(stack: &Stack<'_>, api: &Api, route: &ApiRoute, encrypted: bool) -> Expression {
    let service = &stack.system.services[route.service];
    let plain = |segment: &Segment| matches!(segment, Segment::Literal(_));
    let mut matches = match route.segments.iter().all(plain) {
        true => json!({ "path": path_expression(route, "", "").replace("[.]", ".") }),
        false => json!({ "safe_regex": { "regex": path_expression(route, "[^/]+", ".+") } }),
    };
    if let (Some(method), Some(matches)) = (route.method.map(Method::name), matches.as_object_mut()) {
        let header = json!([{ "name": ":method", "string_match": { "exact": method } }]);
        matches.insert("headers".to_owned(), header);
    }
    let mut own = match route.open {
        true => disabled(api),
        false => json!({
            "envoy.filters.http.jwt_authn": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
                "requirement_name": "tokens",
            },
        }),
    };
    if let Some(own) = own.as_object_mut() {
        own.insert("envoy.filters.http.local_ratelimit".to_owned(), counted(route));
        if matches!(route.method, Some(Method::Get | Method::Head | Method::Delete)) {
            own.insert("envoy.filters.http.buffer".to_owned(), held(api));
        }
    }
    let (cluster, host) = match (functions::is_function(stack, route.service), encrypted) {
        (true, _) => (service.name.clone(), functions::host(stack, route.service)),
        (false, true) => (service.name.clone(), host(stack, &service.name).into()),
        (false, false) => (cluster(service.port), host(stack, &service.name).into()),
    };
    object! {
        "name" => route.key.as_str(),
        "match" => literal(&matches),
        "route" => object! { "cluster" => cluster, "host_rewrite_literal" => host, "timeout" => TIMEOUT },
        "typed_per_filter_config" => literal(&own),
    }
}

/// Nobody is asked for a token.
fn disabled(api: &Api) -> Value {
    match api.jwt {
        Some(_) => json!({
            "envoy.filters.http.jwt_authn": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
                "disabled": true,
            },
        }),
        None => json!({}),
    }
}

/// Where no body is expected, a small one is held, so that nobody fills the memory with bodies on such a route.
fn held(api: &Api) -> Value {
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
        "buffer": { "max_request_bytes": api.max_body_kb.saturating_mul(1024).min(BODILESS) },
    })
}

/// What passes of a route, one proxy's share of it.
fn counted(route: &ApiRoute) -> Value {
    let Throttle { per_second, burst } = route.throttle;
    let always = json!({ "default_value": { "numerator": 100, "denominator": "HUNDRED" } });
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "route",
        "token_bucket": {
            "max_tokens": burst.max(per_second).div_ceil(PROXIES),
            "tokens_per_fill": per_second.div_ceil(PROXIES),
            "fill_interval": "1s",
        },
        "filter_enabled": always,
        "filter_enforced": always,
    })
}

fn origins(cors: &Cors) -> Value {
    let origins: Vec<Value> = cors.origins.iter().map(|origin| json!({ "exact": origin })).collect();
    let methods: Vec<&str> = cors.methods.iter().map(|method| method.name()).collect();
    let mut policy = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": origins,
        "allow_methods": methods.join(","),
        "allow_headers": cors.headers.join(","),
        "allow_credentials": cors.credentials,
        "max_age": cors.max_age_seconds.to_string(),
    });
    if let (Some(policy), false) = (policy.as_object_mut(), cors.exposed.is_empty()) {
        policy.insert("expose_headers".to_owned(), cors.exposed.join(",").into());
    }
    policy
}
