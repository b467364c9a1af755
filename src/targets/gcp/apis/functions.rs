//! What Envoy is told about functions: where they answer, and how it proves that it may call them.

use std::collections::BTreeSet;

use hcl::Expression;
use serde_json::{Value, json};

use super::envoy;
use crate::ir::{Api, Id, Service};
use crate::object;
use crate::targets::gcp::Stack;
pub(super) use crate::targets::gcp::functions::host;
use crate::targets::gcp::functions::url;
use crate::terraform::overrides::literal;

/// Where Google's own services answer inside the network: no name has to be found first.
const ADDRESSES: [&str; 4] = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"];
/// The filter that fetches tokens, by whose name clusters say what for.
const TOKENS: &str = "envoy.filters.http.gcp_authn";
/// The cluster of what gives tokens, and where it is.
const GIVER: &str = "identity";
const METADATA: &str = "169.254.169.254";
/// Where Cloud Run looks for a token first. The caller's own stays where it is.
const HEADER: &str = "X-Serverless-Authorization";

/// The functions that an API routes to.
pub(super) fn routed(stack: &Stack<'_>, api: &Api) -> BTreeSet<Id<Service>> {
    let routed = api.routes.iter().map(|route| route.service);
    routed.filter(|id| is_function(stack, *id)).collect()
}

pub(super) fn is_function(stack: &Stack<'_>, id: Id<Service>) -> bool {
    stack.system.services[id].function.is_some()
}

/// The clusters of functions, and of what gives tokens for them.
pub(super) fn clusters(stack: &Stack<'_>, api: &Api) -> Vec<Expression> {
    let routed = routed(stack, api);
    let giver = (!routed.is_empty()).then(|| {
        let address = json!({ "socket_address": { "address": METADATA, "port_value": 80 } });
        literal(&json!({
            "name": GIVER,
            "type": "STATIC",
            "connect_timeout": "2s",
            "load_assignment": {
                "cluster_name": GIVER,
                "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
            },
        }))
    });
    let clusters = routed.into_iter().map(|id| {
        let name = stack.system.services[id].name.as_str();
        let endpoints = ADDRESSES.map(|address| {
            json!({ "endpoint": { "address": { "socket_address": { "address": address, "port_value": 443 } } } })
        });
        let load = json!({ "cluster_name": name, "endpoints": [{ "lb_endpoints": endpoints }] });
        let audience = object! {
            "@type" => "type.googleapis.com/envoy.extensions.filters.http.gcp_authn.v3.Audience",
            "url" => url(stack, id),
        };
        object! {
            "name" => name,
            "type" => "STATIC",
            "connect_timeout" => "5s",
            "per_connection_buffer_limit_bytes" => envoy::WINDOW,
            "load_assignment" => literal(&load),
            "transport_socket" => envoy::tls(host(stack, id)),
            "metadata" => object! { "typed_filter_metadata" => object! { TOKENS => audience } },
        }
    });
    clusters.chain(giver).collect()
}

/// What takes away what callers send in the place of Envoy's own token. It comes first.
pub(super) fn cleaning() -> Value {
    json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": { "request_mutations": [{ "remove": HEADER }] },
        },
    })
}

/// What adds the token for the function that a request is for. It comes last.
pub(super) fn tokens() -> Value {
    json!({
        "name": TOKENS,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig",
            "cluster": GIVER,
            "timeout": "5s",
            "retry_policy": { "num_retries": 2 },
            "cache_config": { "cache_size": 1000 },
            "token_header": { "name": HEADER, "value_prefix": "Bearer " },
        },
    })
}
