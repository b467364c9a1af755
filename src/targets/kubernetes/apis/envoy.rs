//! Limits of an API, which neither the Gateway API nor Istio has words for: parts of the proxies' own configuration.

use serde_json::{Value, json};

use crate::check::path_expression;
use crate::ir::{Api, ApiRoute, Throttle};
use crate::kubernetes::custom::istio::{EnvoyFilter, TargetRef};
use crate::kubernetes::object::Object;
use crate::targets::kubernetes::load_balancer::{LEAST_PROXIES, edge_meta};
use crate::targets::kubernetes::stack::Stack;
use crate::vocabulary::Method;

/// What a request is counted under.
const KEY: &str = "route";

pub(super) fn limits(stack: &Stack<'_>, api: &Api, name: &str) -> Object {
    let size = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
        "max_request_bytes": u64::from(api.max_body_kb) * 1024,
    });
    let descriptors: Vec<Value> = api
        .routes
        .iter()
        .map(|route| {
            json!({
                "entries": [{ "key": KEY, "value": route.key }],
                "token_bucket": bucket(route.throttle),
            })
        })
        .collect();
    let always = json!({ "default_value": { "numerator": 100, "denominator": "HUNDRED" } });
    let count = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": name,
        "filter_enabled": always,
        "filter_enforced": always,
        "token_bucket": bucket(api.throttle),
        "always_consume_default_token_bucket": false,
        "descriptors": descriptors,
    });
    let rates: Vec<Value> = api.routes.iter().map(counted).collect();
    let patches = vec![
        filter("envoy.filters.http.buffer", &size),
        filter("envoy.filters.http.local_ratelimit", &count),
        json!({
            "applyTo": "VIRTUAL_HOST",
            "match": { "context": "GATEWAY" },
            "patch": { "operation": "MERGE", "value": { "rate_limits": rates } },
        }),
    ];
    Object::custom(
        edge_meta(stack, name),
        EnvoyFilter {
            target_refs: TargetRef::gateway(name),
            config_patches: patches,
        },
    )
    .about("The size of bodies, and how many requests pass: each proxy counts its share by itself")
}

/// Another step of every request, behind the check of tokens.
fn filter(name: &str, config: &Value) -> Value {
    let router = json!({ "name": "envoy.filters.http.router" });
    json!({
        "applyTo": "HTTP_FILTER",
        "match": {
            "context": "GATEWAY",
            "listener": {
                "filterChain": {
                    "filter": { "name": "envoy.filters.network.http_connection_manager", "subFilter": router },
                },
            },
        },
        "patch": { "operation": "INSERT_BEFORE", "value": { "name": name, "typed_config": config } },
    })
}

/// One proxy's share of what passes.
fn bucket(throttle: Throttle) -> Value {
    json!({
        "max_tokens": throttle.burst.max(throttle.per_second).div_ceil(LEAST_PROXIES),
        "tokens_per_fill": throttle.per_second.div_ceil(LEAST_PROXIES),
        "fill_interval": "1s",
    })
}

/// Which requests count for a route.
fn counted(route: &ApiRoute) -> Value {
    let path = format!("{}([?].*)?", path_expression(route, "[^/?]+", "[^?]+"));
    let mut headers = vec![json!({ "name": ":path", "string_match": { "safe_regex": { "regex": path } } })];
    if let Some(method) = route.method.map(Method::name) {
        headers.push(json!({ "name": ":method", "string_match": { "exact": method } }));
    }
    json!({
        "actions": [{
            "header_value_match": { "descriptor_key": KEY, "descriptor_value": route.key, "headers": headers },
        }],
    })
}
