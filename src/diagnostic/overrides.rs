//! Rules about overrides, and about cloudgen's own output. One constructor per rule.

use super::{Diagnostic, Span};

/// `override-not-emitted`: the type
pub fn type_not_emitted<'a>(
    at: Option<Span>,
    resource_type: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::error(
        "override-not-emitted",
        at,
        format!("the output has no resource of type `{resource_type}`"),
    )
    .suggest(resource_type, known)
}

/// `override-not-emitted`: the name
pub fn resource_not_emitted<'a>(
    at: Option<Span>,
    resource_type: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    Diagnostic::error(
        "override-not-emitted",
        at,
        format!("the output has no `{resource_type}.{name}`"),
    )
    .suggest(name, known)
}

/// `override-rejected`
pub fn rejected(at: Option<Span>, address: &str, path: &str, problem: &str) -> Diagnostic {
    let argument = if path.is_empty() {
        String::new()
    } else {
        format!(": `{path}`")
    };
    Diagnostic::error(
        "override-rejected",
        at,
        format!("the provider would refuse {address}{argument}: {problem}"),
    )
    .reason("overrides are checked against the provider's schema before anything is written")
    .fix("see the provider's documentation of this resource type")
}

/// `internal`
pub fn internal(faults: &[String]) -> Diagnostic {
    let message = format!("cloudgen's own output would be refused: {}", faults.join("; "));
    Diagnostic::error("internal", None, message)
        .reason("this is a mistake in cloudgen, not in the blueprint; nothing was written")
        .fix("please report it with the blueprint")
}
