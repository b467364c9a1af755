//! Rules about business domains. One constructor per rule.

use super::{Diagnostic, Span};

/// `domains-need-pattern`
pub fn needs_pattern(at: Option<Span>, pattern: &str) -> Diagnostic {
    Diagnostic::error(
        "domains-need-pattern",
        at,
        format!("the pattern `{pattern}` does not know domains"),
    )
    .fix("use `pattern = \"per-domain\"`, or move the components out of `[domains]`")
}

/// `no-domains`
pub fn none(at: Option<Span>) -> Diagnostic {
    Diagnostic::warning(
        "no-domains",
        at,
        "the pattern is `per-domain`, and there are no domains",
    )
    .fix("put the components of one domain into `[domains.NAME.services.NAME]` and so on")
}

/// `domain-name-too-long`
pub fn long_name(at: Option<Span>, full: &str, most: usize) -> Diagnostic {
    Diagnostic::error(
        "domain-name-too-long",
        at,
        format!("`{full}` has {} characters, at most {most} fit", full.len()),
    )
    .reason("names of resources begin with the domain's name and the component's")
    .fix("shorten one of the two")
}

/// `domain-boundary`
pub fn boundary(at: Option<Span>, name: &str, kind: &str, owner: &str) -> Diagnostic {
    Diagnostic::error(
        "domain-boundary",
        at,
        format!("`{name}` is a {kind} of the domain `{owner}`, which nobody else reaches"),
    )
    .reason("a domain owns its data: the others ask its services")
    .fix(format!(
        "call a service of `{owner}`, or move `{name}` out of the domain if it is shared"
    ))
}

/// `domain-cycle`
pub fn cycle(at: Option<Span>, path: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "domain-cycle",
        at,
        format!("the domains call each other in a circle: {}", path.join(" -> ")),
    )
    .reason("none of them can be deployed or fail alone")
    .fix("let one of them publish what happened, instead of calling")
}

/// `name-of-domain`
pub fn name_of_domain(at: Option<Span>, name: &str, domain: &str) -> Diagnostic {
    Diagnostic::error(
        "name-of-domain",
        at,
        format!("`{name}` begins like the names of the domain `{domain}`"),
    )
    .fix("rename it, or move it into the domain")
}
