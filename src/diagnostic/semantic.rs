//! Rules about what a blueprint means: links, routes, network, components. One constructor per rule.

use super::{Diagnostic, Span};

/// `replicas-need-pattern`
pub fn replicas_need_pattern(at: Option<Span>, database: &str) -> Diagnostic {
    Diagnostic::error(
        "replicas-need-pattern",
        at,
        format!("database `{database}` has read replicas, a monolith has one database server"),
    )
    .reason("under `monolith` the application gets one data source, so nothing would read from a replica")
    .fix("use `pattern = \"read-replica\"`, or remove `replicas`")
}

/// `no-replicas`
pub fn no_replicas(at: Option<Span>) -> Diagnostic {
    Diagnostic::warning(
        "no-replicas",
        at,
        "the pattern is `read-replica`, and no database has replicas",
    )
    .reason("both data sources of the application then lead to the one server")
    .fix("add `replicas = 2` to a database, or use `pattern = \"monolith\"`")
}

/// `reader-name-taken`
pub fn reader_name_taken(at: Option<Span>, name: &str, database: &str) -> Diagnostic {
    Diagnostic::error(
        "reader-name-taken",
        at,
        format!("`{name}` is the name of the read replicas of `{database}`"),
    )
    .fix("give the component another name")
}

/// `nobody-told`
pub fn nobody_told(at: Option<Span>, alarm: &str) -> Diagnostic {
    Diagnostic::warning(
        "nobody-told",
        at,
        format!("nobody is told when the alarm `{alarm}` goes off"),
    )
    .fix("add `[observability] emails = [\"...\"]`")
}

/// `unknown-place`
pub fn unknown_place<'a>(at: Option<Span>, place: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("unknown-place", at, format!("no place is called `{place}`"))
        .reason("a place stands for the region that each cloud has there; a region can also be named per target: `{ aws = \"...\", azure = \"...\", gcp = \"...\" }`")
        .suggest(place, known)
}

/// `bad-cidr`
pub fn bad_cidr(at: Option<Span>, text: &str, why: &str, fix: &str) -> Diagnostic {
    Diagnostic::error("bad-cidr", at, format!("`{text}` cannot be the network's block: {why}")).fix(fix)
}

/// `bad-address-range`
pub fn bad_address_range(at: Option<Span>, text: &str) -> Diagnostic {
    Diagnostic::error("bad-address-range", at, format!("`{text}` is not an address range"))
        .fix("write it as an address and a prefix length, such as `203.0.113.0/24`")
}

/// `no-services`
pub fn no_services(at: Option<Span>) -> Diagnostic {
    Diagnostic::error("no-services", at, "the blueprint has no service")
        .fix("add one: `[services.web]` with `image`, `port` and `public = true`")
}

/// `duplicate-name`
pub fn duplicate_name(at: Option<Span>, name: &str, first: &str, second: &str) -> Diagnostic {
    Diagnostic::error(
        "duplicate-name",
        at,
        format!("`{name}` names both a {first} and a {second}"),
    )
    .reason("links say a component by its name alone, so every component needs its own")
    .fix(format!("rename the {second}"))
}

/// `unresolved-link`
pub fn unresolved_link<'a>(at: Option<Span>, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("unresolved-link", at, format!("no component is called `{name}`"))
        .label("not found")
        .suggest(name, known)
}

/// `wrong-verb`
pub fn wrong_verb(at: Option<Span>, verb: &str, name: &str, kind: &str, right: &str) -> Diagnostic {
    Diagnostic::error(
        "wrong-verb",
        at,
        format!("`{name}` is a {kind}, which a service cannot say `{verb}` of"),
    )
    .label(format!("a {kind}"))
    .fix(format!("move `{name}` to `{right}`"))
}

/// `self-call`
pub fn self_call(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error("self-call", at, format!("service `{name}` calls itself"))
        .fix("remove the link: a process reaches itself on localhost")
}

/// `duplicate-link`
pub fn duplicate_link(at: Option<Span>, verb: &str, name: &str) -> Diagnostic {
    Diagnostic::error("duplicate-link", at, format!("`{name}` stands twice in `{verb}`")).fix("remove one")
}

/// `nothing-to-run`
pub fn nothing_to_run(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error("nothing-to-run", at, format!("service `{service}` has nothing to run"))
        .fix("give it an `image` (container), or a `start` script for a virtual machine")
}

/// `image-and-start`
pub fn image_and_start(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "image-and-start",
        at,
        format!("service `{service}` has both an `image` and a `start` script"),
    )
    .reason("a machine runs either a container or a script of its own")
    .fix("keep one of the two")
}

/// `arguments-need-image`
pub fn arguments_need_image(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::error(
        "arguments-need-image",
        at,
        format!("service `{service}` has `arguments` but no `image`"),
    )
    .fix("put the arguments into the `start` script")
}

/// `bad-image`
pub fn bad_image(at: Option<Span>, image: &str) -> Diagnostic {
    Diagnostic::error("bad-image", at, format!("`{image}` is not a container image reference"))
        .fix("write `name:tag`, `registry/path/name:tag` or `name@sha256:...`")
}

/// `control-character`
pub fn control_character(at: Option<Span>, what: &str) -> Diagnostic {
    Diagnostic::error(
        "control-character",
        at,
        format!("{what} has a line break or another control character"),
    )
    .reason("settings, arguments and descriptions are one line each in the output")
    .fix("remove it; longer texts belong into a file of the image, or a `[secrets.NAME]`")
}

/// `scale-range`
pub fn scale_range(at: Option<Span>, min: u32, max: u32) -> Diagnostic {
    Diagnostic::error(
        "scale-range",
        at,
        format!("`min` ({min}) is greater than `max` ({max})"),
    )
    .fix("raise `max` or lower `min`")
}

/// `size-incomplete`
pub fn size_incomplete(at: Option<Span>) -> Diagnostic {
    Diagnostic::error("size-incomplete", at, "a size needs both `cpu` and `memory_gb`")
        .reason("machine types named per target hold for that target alone, the others still choose by processors and memory")
        .fix("give both, or use \"small\", \"medium\" or \"large\"")
}

/// `lifecycle-order`
pub fn lifecycle_order(at: Option<Span>, earlier: &str, later: &str) -> Diagnostic {
    Diagnostic::error(
        "lifecycle-order",
        at,
        format!("`{later}` does not come after `{earlier}`"),
    )
    .reason("objects move from hot to cool to archive and are deleted last")
    .fix(format!("give `{later}` more days than `{earlier}`"))
}

/// `ambiguous-route`
pub fn ambiguous_route(at: Option<Span>, service: &str, other: &str, place: &str) -> Diagnostic {
    Diagnostic::error(
        "ambiguous-route",
        at,
        format!("requests for {place} would lead to both `{other}` and `{service}`"),
    )
    .fix("give the services different `port`s (internal), or different `routes` or `hosts`")
}

/// `setting-collision`
pub fn setting_collision(at: Option<Span>, service: &str, variable: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "setting-collision",
        at,
        format!("the setting `{variable}` of service `{service}` is given twice: {why}"),
    )
    .fix("rename the component, or the variable in `environment`")
}

/// `unlinked`
pub fn unlinked(at: Option<Span>, kind: &str, name: &str) -> Diagnostic {
    Diagnostic::warning("unlinked", at, format!("no service uses the {kind} `{name}`"))
        .reason("what is not linked is not allowed: no firewall rule, grant or setting leads to it")
        .fix(format!(
            "add `{name}` to `reads` or `writes` of a service, or remove it"
        ))
}

/// `unreachable`
pub fn unreachable(at: Option<Span>, service: &str) -> Diagnostic {
    Diagnostic::warning("unreachable", at, format!("nobody can reach service `{service}`")).fix(format!(
        "set `public = true`, or add `{service}` to `calls` of another service"
    ))
}
