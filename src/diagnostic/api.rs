//! Rules about APIs. One constructor per rule.

use super::{Diagnostic, Span};
use crate::target::Target;

/// `api-nobody-issues`
pub fn nobody_issues(at: Option<Span>, api: &str) -> Diagnostic {
    Diagnostic::error(
        "api-nobody-issues",
        at,
        format!("callers of `{api}` must bring a token, and nobody issues one"),
    )
    .fix("add `jwt = { issuer = \"https://...\", audiences = [\"...\"] }`, or say `open = true` of every route that anybody may call")
}

/// `api-same-route`
pub fn same_route(at: Option<Span>, route: &str, other: &str) -> Diagnostic {
    Diagnostic::error(
        "api-same-route",
        at,
        format!("`{route}` and `{other}` are the same requests"),
    )
    .reason("the name of a parameter tells no requests apart")
    .fix("remove one of the two")
}

/// `api-no-service`
pub fn cannot_answer(at: Option<Span>, name: &str, kind: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error(
        "api-no-service",
        at,
        match kind {
            "service" | "function" => format!("`{name}` is a {kind}, not a {wanted}"),
            _ => format!("`{name}` is a {kind}, which cannot answer requests"),
        },
    )
    .fix(match kind {
        "service" | "function" => format!("say `{kind} = \"{name}\"`"),
        _ => format!("name a {wanted}"),
    })
}

/// `api-service-or-function`
pub fn service_or_function(at: Option<Span>, route: &str) -> Diagnostic {
    Diagnostic::error(
        "api-service-or-function",
        at,
        format!("`{route}` has to lead to one service or to one function"),
    )
    .fix("say `service = \"NAME\"` or `function = \"NAME\"`")
}

/// `api-no-routes`
pub fn no_routes(at: Option<Span>, api: &str) -> Diagnostic {
    Diagnostic::error("api-no-routes", at, format!("the API `{api}` has no routes")).fix(
        "add some to `routes`, or name it in the trigger of a function: `{ http = \"GET /orders\", api = \"NAME\" }`",
    )
}

/// `api-unknown`
pub fn unknown(at: Option<Span>, api: &str) -> Diagnostic {
    Diagnostic::error("api-unknown", at, format!("there is no API `{api}`")).fix(format!("add `[apis.{api}]`"))
}

/// `no-subnet-for-apis`
pub fn existing_network(at: Option<Span>, api: &str) -> Diagnostic {
    Diagnostic::error(
        "no-subnet-for-apis",
        at,
        format!("the existing network on Azure has no subnet for the API `{api}`"),
    )
    .reason("API Management reaches services from a subnet of its own, whose firewall rules follow from the routes")
    .fix("leave `network.existing.azure` out, or do without the API on Azure")
}

/// `api-same-block`
pub fn same_block(at: Option<Span>, [first, second]: [&str; 2]) -> Diagnostic {
    Diagnostic::error(
        "api-same-block",
        at,
        format!("the APIs `{first}` and `{second}` would have the same addresses on Azure"),
    )
    .reason("the block of an API's subnet follows from its name alone, so that no API moves another's")
    .fix("rename that of the two which is not there yet, or give `network.cidr` a larger block")
}

/// `api-name-taken`
pub fn name_taken(at: Option<Span>, name: &str, api: &str, target: Target) -> Diagnostic {
    Diagnostic::error(
        "api-name-taken",
        at,
        format!(
            "`{name}` is what parts of the API `{api}` are called on {}",
            target.title()
        ),
    )
    .fix("choose another name for the component")
}

/// `api-burst`
pub fn burst(at: Option<Span>, burst: u32, most: u32) -> Diagnostic {
    Diagnostic::error(
        "api-burst",
        at,
        format!("Azure cannot let {burst} requests of this route pass at once"),
    )
    .reason("API Management counts what passes in five minutes at most")
    .fix(format!("lower `burst` to {most} or less, or raise `per_second`"))
}

/// `api-certificate`
pub fn certificate(at: Option<Span>, domain: &str, target: Target) -> Diagnostic {
    let message = format!("there is no certificate for `{domain}` on {}", target.title());
    let form = match target {
        Target::Azure => "https://VAULT.vault.azure.net/secrets/NAME",
        _ => "projects/PROJECT/locations/REGION/certificates/NAME",
    };
    Diagnostic::error("api-certificate", at, message)
        .reason("what answers there takes certificates that are there already, and requests none")
        .fix(format!(
            "name one: `certificate = {{ {target} = \"{form}\" }}`, or leave `domain` out"
        ))
}

/// `api-top-of-zone`
pub fn top_of_zone(at: Option<Span>, domain: &str) -> Diagnostic {
    Diagnostic::error(
        "api-top-of-zone",
        at,
        format!("`{domain}` is the top of its DNS zone, which cannot lead to API Management"),
    )
    .reason("API Management is found by a CNAME record, and the top of a zone takes none")
    .fix(format!("take a name below it, such as `api.{domain}`"))
}

/// `api-tokens-unchecked`
pub fn tokens_unchecked(at: Option<Span>, api: &str, class: &str) -> Diagnostic {
    Diagnostic::error(
        "api-tokens-unchecked",
        at,
        format!("gateways of the class `{class}` would let requests of `{api}` pass without a token"),
    )
    .reason("the Gateway API has no words for tokens: who checks them has kinds of its own, and cloudgen knows those of Istio")
    .fix("use `[kubernetes] gateway_class = \"istio\"`, or say `open = true` of the routes and let the services check tokens")
}

/// `api-not-throttled`
pub fn not_throttled(at: Option<Span>, api: &str, class: &str) -> Diagnostic {
    Diagnostic::warning(
        "api-not-throttled",
        at,
        format!("gateways of the class `{class}` let any number of requests of `{api}` pass"),
    )
    .reason("the Gateway API has no words for `throttle`")
    .fix("use `[kubernetes] gateway_class = \"istio\"`, or limit requests by what the controller of that class has for it")
}

/// `api-any-size`
pub fn any_size(at: Option<Span>, api: &str, class: &str) -> Diagnostic {
    Diagnostic::warning(
        "api-any-size",
        at,
        format!("gateways of the class `{class}` let bodies of any size of `{api}` pass"),
    )
    .reason("the Gateway API has no words for `max_body_kb`")
    .fix("use `[kubernetes] gateway_class = \"istio\"`, or limit bodies in the services")
}

/// `api-plain-http`
pub fn plain_http(at: Option<Span>, api: &str) -> Diagnostic {
    Diagnostic::warning(
        "api-plain-http",
        at,
        format!("the API `{api}` speaks plain HTTP on Kubernetes, and tokens can be read on the way"),
    )
    .reason("a cluster has no name of its own that a certificate could be for")
    .fix("name its host: `domain = \"api.example.com\"`")
}

/// `api-too-many-routes`
pub fn too_many_routes(at: Option<Span>, service: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "api-too-many-routes",
        at,
        format!("Kubernetes takes at most {most} routes of an API to one service, not {count} to `{service}`"),
    )
    .fix("join some of them: `{id}` for one part of a path, `*` for the rest, `ANY` for all methods")
}

/// `api-routes-mistaken`
pub fn mistaken(at: Option<Span>, [first, second]: [&str; 2]) -> Diagnostic {
    Diagnostic::error(
        "api-routes-mistaken",
        at,
        format!("a gateway on Kubernetes would take requests of `{first}` and `{second}` for each other"),
    )
    .reason("some paths are of both routes, and it tries the longer expression first, whatever the two say")
    .fix("begin one of the two paths with a word that the other does not have")
}
