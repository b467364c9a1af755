//! Rules about APIs. One constructor per rule.

use super::{Diagnostic, Span};

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
