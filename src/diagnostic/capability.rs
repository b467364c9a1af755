//! Rules about what a target can do. One constructor per rule; each names the alternatives.

use super::{Diagnostic, Span};
use crate::target::Target;

/// `no-region`
pub fn no_region(at: Option<Span>, target: Target) -> Diagnostic {
    Diagnostic::error("no-region", at, format!("{} has no region there", target.title())).fix(format!(
        "name one: `region = {{ {target} = \"...\", ... }}`, or take another place"
    ))
}

/// `runtime-not-offered`
pub fn runtime(at: Option<Span>, runtime: &str, target: Target, offered: &[&str]) -> Diagnostic {
    let message = format!("`runtime = \"{runtime}\"` is not rendered for {}", target.title());
    let offered = offered.iter().map(|runtime| format!("`runtime = \"{runtime}\"`"));
    Diagnostic::error("runtime-not-offered", at, message)
        .fix(format!("use {}", offered.collect::<Vec<_>>().join(" or ")))
}

/// `component-not-built`
pub fn component(at: Option<Span>, kind: &str, target: Target) -> Diagnostic {
    let message = format!("this version has no {kind} on {}", target.title());
    Diagnostic::error("component-not-built", at, message).fix("render for another target, or do without")
}

/// `script-needs-vm`
pub fn script_needs_vm(at: Option<Span>, service: &str) -> Diagnostic {
    let message = format!("service `{service}` is started by a script, which a container cannot run");
    Diagnostic::error("script-needs-vm", at, message)
        .fix("build a container image and name it with `image`, or render for `aws`, `azure` or `gcp`")
}

/// `size-not-offered`
pub fn size(at: Option<Span>, cpu: u32, memory_gb: u32, what: &str, target: Target) -> Diagnostic {
    let message = format!(
        "no {what} of {} has {cpu} processors and {memory_gb} GiB or more",
        target.title()
    );
    Diagnostic::error("size-not-offered", at, message).fix(format!(
        "ask for less, or name the type itself: `size = {{ ..., {target} = \"...\" }}`"
    ))
}

/// `image-unreachable`
pub fn image_unreachable(at: Option<Span>, image: &str, target: Target) -> Diagnostic {
    let registry = match target {
        Target::Aws => "Amazon ECR",
        Target::Azure => "Azure Container Registry",
        _ => "Artifact Registry",
    };
    Diagnostic::error(
        "image-unreachable",
        at,
        format!("machines could not pull `{image}`: `network.egress` is \"none\""),
    )
    .reason("without egress only the cloud's own services are reached, over private endpoints")
    .fix(format!(
        "copy the image to {registry} and name it there, or use `egress = \"nat\"`"
    ))
}

/// `packages-unreachable`
pub fn packages_unreachable(at: Option<Span>, service: &str, target: Target) -> Diagnostic {
    Diagnostic::error(
        "packages-unreachable",
        at,
        format!("the machines of `{service}` could not install a container engine: `network.egress` is \"none\""),
    )
    .reason("without egress no package archive is reached")
    .fix(format!(
        "name a machine image that holds docker, curl and jq: `machine_image = {{ {target} = \"...\" }}`, or use `egress = \"nat\"`"
    ))
}

/// `egress-not-offered`
pub fn egress_firewall(at: Option<Span>, target: Target) -> Diagnostic {
    let message = format!(
        "`egress = \"firewall\"` is not rendered for {} under this pattern",
        target.title()
    );
    Diagnostic::error("egress-not-offered", at, message).fix("use \"nat\" or \"none\"")
}

/// `engine-not-offered`
pub fn engine(at: Option<Span>, engine: &str, target: Target, instead: &[Target]) -> Diagnostic {
    Diagnostic::error(
        "engine-not-offered",
        at,
        format!("{} has no managed {engine} that cloudgen can render", target.title()),
    )
    .fix(format!("use `postgres` or `mysql`, or render for {}", listed(instead)))
}

fn listed<T: std::fmt::Display>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// `replicas-not-offered`
pub fn replicas(at: Option<Span>, engine: &str, target: Target, instead: &[Target]) -> Diagnostic {
    let message = format!(
        "{} has no read replicas of {engine} that cloudgen can render",
        target.title()
    );
    Diagnostic::error("replicas-not-offered", at, message).fix(match instead {
        [] => "use `postgres` or `mysql`, or `replicas = 0`".to_owned(),
        _ => format!(
            "use `postgres` or `mysql`, render for {}, or use `replicas = 0`",
            listed(instead)
        ),
    })
}

/// `replicas-not-offered`
pub fn replicas_of_edition(
    at: Option<Span>,
    engine: &str,
    edition: &str,
    target: Target,
    known: &[&str],
) -> Diagnostic {
    let message = format!(
        "{} has no read replicas of the {edition} edition of {engine}",
        target.title()
    );
    Diagnostic::error("replicas-not-offered", at, message)
        .fix(format!("use the edition {}, or `replicas = 0`", listed(known)))
}

/// `replicas-not-offered`
pub fn replicas_of_size(at: Option<Span>, engine: &str, cpu: u32, target: Target, least: u32) -> Diagnostic {
    let message = format!(
        "{} has no read replicas of a {engine} server with {cpu} processors",
        target.title()
    );
    let fix = format!("ask for {least} processors or more, or use `replicas = 0`");
    Diagnostic::error("replicas-not-offered", at, message).fix(fix)
}

/// `shards-not-offered`
pub fn shards(at: Option<Span>, engine: &str, target: Target, instead: &[Target]) -> Diagnostic {
    let message = format!("{} has no shards of {engine} that cloudgen can render", target.title());
    Diagnostic::error("shards-not-offered", at, message).fix(match instead {
        [] => "use `postgres` or `mysql`, or remove `sharding`".to_owned(),
        _ => format!(
            "use `postgres` or `mysql`, render for {}, or remove `sharding`",
            listed(instead)
        ),
    })
}

/// `shared-internal-port`
pub fn shared_port(at: Option<Span>, [first, other]: [&str; 2], port: u16) -> Diagnostic {
    Diagnostic::warning(
        "shared-internal-port",
        at,
        format!("who may call `{first}` reaches `{other}` too: they share port {port} of the internal load balancer"),
    )
    .reason("firewalls tell callers apart by port, not by host or path")
    .fix("give each a port of its own, if not everybody who calls one may call the other")
}

/// `cache-too-large`
pub fn cache(at: Option<Span>, cache: &str, memory_gb: u32, target: Target, sizes: &[(&str, u32)]) -> Diagnostic {
    let sizes: Vec<String> = sizes.iter().map(|(_, room)| room.to_string()).collect();
    let message = format!(
        "no cache on {} has room for the {memory_gb} GiB of `{cache}`",
        target.title()
    );
    Diagnostic::error("cache-too-large", at, message)
        .reason(format!(
            "they have room for {} GiB; the rest of their memory is for their own use",
            sizes.join(", ")
        ))
        .fix("take less memory, or spread over several caches")
}

/// `shard-map-too-large`
pub fn shard_map(at: Option<Span>, database: &str, target: Target, bytes: usize, most: usize) -> Diagnostic {
    let message = format!(
        "the map of the shards of `{database}` has {bytes} bytes, and an entry of the vault on {} holds {most}",
        target.title()
    );
    Diagnostic::error("shard-map-too-large", at, message)
        .reason("applications read it from the vault when they start")
        .fix(
            "map fewer keys one by one: those of the largest shard need no entry where it is the `default`, and a column with the \
             group of a row may be the key",
        )
}

/// `replicas-not-scaled`
pub fn replicas_scale(at: Option<Span>, target: Target, count: u32) -> Diagnostic {
    let message = format!(
        "{} does not add and remove read replicas of this engine by itself",
        target.title()
    );
    Diagnostic::error("replicas-not-scaled", at, message).fix(format!("give their number: `replicas = {count}`"))
}

/// `too-many-replicas`
pub fn too_many_replicas(at: Option<Span>, engine: &str, count: u32, target: Target, most: u32) -> Diagnostic {
    let message = format!(
        "{} has at most {most} read replicas of one {engine} server, not {count}",
        target.title()
    );
    Diagnostic::error("too-many-replicas", at, message).fix(format!("use {most} or fewer"))
}

/// `no-replicas-of-class`
pub fn no_replicas_of_class(at: Option<Span>, class: &str) -> Diagnostic {
    Diagnostic::error(
        "no-replicas-of-class",
        at,
        format!("a server of the class `{class}` cannot have read replicas"),
    )
    .reason("Azure replicates general purpose and memory optimized servers, not burstable ones")
    .fix("name a class of another tier, or use `replicas = 0`")
}

/// `version-not-offered`
pub fn version(
    at: Option<Span>,
    engine: &str,
    version: &str,
    target: Target,
    retired: Option<&str>,
    offered: &[&str],
) -> Diagnostic {
    let message = format!("{} does not offer {engine} {version}", target.title());
    let problem =
        Diagnostic::error("version-not-offered", at, message).fix(format!("use one of: {}", offered.join(", ")));
    match retired {
        Some(why) => problem.reason(why),
        None => problem,
    }
}

/// `edition-not-offered`
pub fn edition(at: Option<Span>, engine: &str, edition: &str, target: Target, offered: &[&str]) -> Diagnostic {
    let message = format!("{} does not offer {engine} in the {edition} edition", target.title());
    Diagnostic::error("edition-not-offered", at, message).fix(format!("use one of: {}", offered.join(", ")))
}

/// `license-not-offered`
pub fn license(at: Option<Span>, engine: &str, license: &str, target: Target) -> Diagnostic {
    let other = if license == "byol" { "included" } else { "byol" };
    let message = format!(
        "{} does not offer this edition of {engine} with `license = \"{license}\"`",
        target.title()
    );
    Diagnostic::error("license-not-offered", at, message).fix(format!("use `license = \"{other}\"`"))
}

/// `name-form`
pub fn name_form(at: Option<Span>, name: &str, why: &str, target: Target) -> Diagnostic {
    let message = format!("{} does not take the name `{name}`: {why}", target.title());
    Diagnostic::error("name-form", at, message).fix("choose another name")
}

/// `multi-zone-not-offered`
pub fn multi_zone(at: Option<Span>, engine: &str, edition: &str, target: Target) -> Diagnostic {
    let message = format!(
        "{} keeps no standby of {engine} in the {edition} edition",
        target.title()
    );
    Diagnostic::error("multi-zone-not-offered", at, message)
        .fix("set `multi_zone = false`, or use `edition = \"standard\"`")
}

/// `zones-not-offered`
pub fn zones(at: Option<Span>, region: &str, offered: usize) -> Diagnostic {
    let message = format!("`{region}` has {offered} zones for an account");
    Diagnostic::error("zones-not-offered", at, message).fix(format!("set `zones = {offered}`, or take another region"))
}

/// `existing-subnets`
pub fn existing_subnets(at: Option<Span>, tier: &str, target: Target) -> Diagnostic {
    let message = format!("the existing network names too few `{tier}` subnets");
    Diagnostic::error("existing-subnets", at, message)
        .reason("a load balancer and a database want subnets in two zones or more")
        .fix(format!(
            "add one per zone: `{tier} = {{ a = \"...\", b = \"...\" }}` in `network.existing.{target}`"
        ))
}

/// `currency-not-offered`
pub fn currency(at: Option<Span>, currency: &str, offered: &str, target: Target) -> Diagnostic {
    let message = format!("{} does not bill in {currency}", target.title());
    Diagnostic::error("currency-not-offered", at, message).fix(format!("use `currency = \"{offered}\"`"))
}

/// `lifecycle-too-early`
pub fn lifecycle(at: Option<Span>, why: &str, earliest: u32) -> Diagnostic {
    Diagnostic::error(
        "lifecycle-too-early",
        at,
        format!("objects cannot move that early: {why}"),
    )
    .fix(format!("use {earliest} or more"))
}

/// `plain-http`
pub fn plain_http(at: Option<Span>, target: Target) -> Diagnostic {
    Diagnostic::warning(
        "plain-http",
        at,
        format!("the public entry point on {} speaks plain HTTP", target.title()),
    )
    .reason(
        "there is neither a certificate nor a domain to request one for, so whatever users send can be read on the way",
    )
    .fix(format!(
        "set `edge.certificate.{target}`, or `edge.domain` where the cloud can request a certificate"
    ))
}

/// `certificate-not-requestable`
pub fn certificate_not_requestable(at: Option<Span>, domain: &str, target: Target) -> Diagnostic {
    let message = format!("{} cannot request a certificate for `{domain}`", target.title());
    Diagnostic::error("certificate-not-requestable", at, message)
        .reason("an application gateway takes certificates from Key Vault and has no issuer of its own")
        .fix("put the certificate into a key vault and name its secret: `edge.certificate.azure = \"https://VAULT.vault.azure.net/secrets/NAME\"`")
}

/// `budget-needs-account`
pub fn budget_needs_account(at: Option<Span>) -> Diagnostic {
    Diagnostic::warning(
        "budget-needs-account",
        at,
        "the budget is left out on Google Cloud: it belongs to a billing account",
    )
    .fix("name it: `[accounts] gcp = { project = \"...\", billing_account = \"...\" }`")
}

/// `name-too-long`
pub fn name_too_long(at: Option<Span>, name: &str, limit: usize, what: &str, target: Target) -> Diagnostic {
    let message = format!(
        "`{name}` has {} characters, {} allows {limit} for {what}",
        name.len(),
        target.title()
    );
    Diagnostic::error("name-too-long", at, message)
        .fix("shorten the component's, the system's or the environment's name")
}

/// `name-taken`
pub fn name_taken(at: Option<Span>, name: &str, target: Target) -> Diagnostic {
    let message = format!(
        "`{name}` is the name of a part that every system has on {}",
        target.title()
    );
    Diagnostic::error("name-taken", at, message).fix("choose another name for the component")
}

/// `certificate-form`
pub fn certificate_form(at: Option<Span>, certificate: &str) -> Diagnostic {
    Diagnostic::error(
        "certificate-form",
        at,
        format!("`{certificate}` is not a secret of a key vault"),
    )
    .fix("name it by its URI, `https://VAULT.vault.azure.net/secrets/NAME`, or by its resource id, `/subscriptions/.../vaults/VAULT/secrets/NAME`: then the gateway's access to it is granted as well")
}

/// `bad-address-block`
pub fn address_block(at: Option<Span>, text: &str) -> Diagnostic {
    Diagnostic::error("bad-address-block", at, format!("`{text}` is not an IPv4 block"))
        .fix("write the block of the existing subnet, such as `10.1.4.0/24`")
}

/// `no-standby`
pub fn no_standby(at: Option<Span>, class: &str) -> Diagnostic {
    Diagnostic::error(
        "no-standby",
        at,
        format!("`{class}` cannot keep a standby in another zone"),
    )
    .reason("Azure's burstable classes are single servers")
    .fix("set `multi_zone = false`, or name a class of another tier")
}

/// `zone-form`
pub fn zone_form(at: Option<Span>, key: &str, zone: &str, domain: &str) -> Diagnostic {
    Diagnostic::error("zone-form", at, format!("`{zone}` is not a DNS zone of Azure's that `{domain}` can stand in")).fix(format!(
        "name it by its resource id, `/subscriptions/.../resourceGroups/GROUP/providers/Microsoft.Network/dnsZones/ZONE`, or leave `{key}` out"
    ))
}
