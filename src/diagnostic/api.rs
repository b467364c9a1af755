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
pub fn no_service(at: Option<Span>, name: &str, kind: &str) -> Diagnostic {
    Diagnostic::error(
        "api-no-service",
        at,
        format!("`{name}` is a {kind}, which cannot answer requests"),
    )
    .fix("name a service")
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
pub fn name_taken(at: Option<Span>, name: &str, api: &str) -> Diagnostic {
    Diagnostic::error(
        "api-name-taken",
        at,
        format!("`{name}` is what parts of the API `{api}` are called on Azure"),
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
        _ => "...",
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
