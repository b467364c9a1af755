//! Rules about the nodes of managed clusters. One constructor per rule.

use super::{Diagnostic, Span};

/// `nodes-range`
pub fn range(at: Option<Span>, min: u32, max: u32) -> Diagnostic {
    Diagnostic::error(
        "nodes-range",
        at,
        format!("at least {min} nodes are more than at most {max}"),
    )
    .fix("lower `min` or raise `max`")
}

/// `nodes-too-small`
pub fn too_small(at: Option<Span>, service: &str, node: (u32, u32)) -> Diagnostic {
    Diagnostic::error(
        "nodes-too-small",
        at,
        format!(
            "a pod of `{service}` does not fit on a node of {} processors and {} GiB",
            node.0, node.1
        ),
    )
    .reason("a node keeps one processor and 2 GiB for itself and for what runs on every node")
    .fix("make the nodes larger, or the service smaller")
}

/// `nodes-too-few`
pub fn too_few(at: Option<Span>, pool: &str, max: u32, needed: u32) -> Diagnostic {
    Diagnostic::warning(
        "nodes-too-few",
        at,
        format!("the pods of `{pool}` need {needed} nodes when all services are at their largest, and get {max}"),
    )
    .reason("a rolling update adds a quarter of a service's pods, which count as well; pods without room wait")
    .fix(format!(
        "raise `max` to {needed}, make the nodes larger, or lower `scale.max` of services"
    ))
}

/// `nodes-unused`
pub fn unused(at: Option<Span>, of: &str) -> Diagnostic {
    Diagnostic::warning("nodes-unused", at, format!("nothing of {of} runs in a managed cluster"))
        .fix("remove `nodes`, or say `runtime = \"kubernetes\"` of a service")
}

/// `nodes-reserved-name`
pub fn reserved(at: Option<Span>, name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "nodes-reserved-name",
        at,
        format!("a domain with services in a managed cluster cannot be called `{name}`"),
    )
    .reason(why)
    .fix("call the domain otherwise")
}
