//! DNS zones of the owner's, which hold the names that callers on the internet know. They are often in a subscription of their own,
//! and are reached there by a provider of their own.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::Stack;
use super::project::TARGET;
use crate::ir::System;
use crate::terraform::{Address, Block, Module, expr};

/// (zone, host name) of everything that gets a record: the entry point and the APIs.
fn named(system: &System) -> impl Iterator<Item = (&str, &str)> {
    let public = system.public.iter().map(|public| (&public.zone, &public.domain));
    let apis = system.apis.iter().map(|(_, api)| (&api.zone, &api.domain));
    public
        .chain(apis)
        .filter_map(|(zone, domain)| Some((zone.get(TARGET)?, domain.as_deref()?)))
}

/// The subscription that a zone is in.
fn subscription(zone: &str) -> Option<&str> {
    zone.strip_prefix("/subscriptions/")?.split('/').next()
}

/// The host names in zones of each subscription but the system's own. Where the blueprint does not say which that is, all are others.
fn elsewhere(system: &System) -> BTreeMap<&str, BTreeSet<&str>> {
    let own = system.accounts.azure.as_ref().map(|account| &account.subscription_id);
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (zone, domain) in named(system) {
        let other = subscription(zone).filter(|id| own.is_none_or(|own| !own.eq_ignore_ascii_case(id)));
        if let Some(id) = other {
            found.entry(id).or_default().insert(domain);
        }
    }
    found
}

/// What the provider of a subscription is called: by the beginning of the id, unless another one begins alike.
fn alias(id: &str, all: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let head = id.split('-').next().unwrap_or(id);
    let alike = all.keys().filter(|other| other.split('-').next() == Some(head)).count();
    match alike {
        1 => format!("dns_{head}"),
        _ => format!("dns_{}", id.replace('-', "")),
    }
}

/// A provider for each subscription that has zones.
pub(super) fn providers(system: &System, module: &mut Module) {
    let all = elsewhere(system);
    for id in all.keys() {
        let body = Block::new()
            .set("alias", alias(id, &all))
            .set("subscription_id", *id)
            .block("features", Block::new());
        module.comment("The subscription of DNS zones that are not this system's own.");
        module.define("provider", vec!["azurerm".to_owned()], body);
    }
}

/// What a record begins with, if the text is the resource id of a zone.
pub(super) fn record(system: &System, zone: &str, domain: &str) -> Option<Block> {
    let mut words = zone.split('/');
    let group = words.by_ref().skip_while(|word| *word != "resourceGroups").nth(1)?;
    let name = words.next_back()?;
    let host = domain.strip_suffix(name).unwrap_or_default().trim_end_matches('.');
    let all = elsewhere(system);
    let provider = subscription(zone).filter(|id| all.contains_key(id));
    let provider = provider.map(|id| expr::iterator("azurerm", &[&alias(id, &all)]));
    let body = Block::new()
        .set_some("provider", provider)
        .set("name", if host.is_empty() { "@" } else { host })
        .set("zone_name", name)
        .set("resource_group_name", group)
        .set("ttl", 300);
    Some(body)
}

/// The record of the public entry point, where the blueprint names its host and the zone that holds it.
pub(super) fn entry_point(stack: &mut Stack<'_>, address: &Address) {
    let system = stack.system;
    let Some(public) = &system.public else {
        return;
    };
    let (Some(domain), Some(zone)) = (&public.domain, public.zone.get(TARGET)) else {
        return;
    };
    let Some(body) = record(system, zone, domain) else {
        return;
    };
    let body = body.set("target_resource_id", address.id()).set("tags", stack.tags());
    stack.module.file("dns", "");
    stack.module.comment("It follows the gateway's address.");
    stack.module.resource("azurerm_dns_a_record", "public", body);
}

/// The record of an API: what it is called elsewhere.
pub(super) fn api(
    stack: &mut Stack<'_>,
    name: &str,
    (zone, domain): (&str, &str),
    host: Expression,
) -> Option<Address> {
    let body = record(stack.system, zone, domain)?
        .set("record", host)
        .set("tags", stack.tags());
    stack.module.file("dns", "");
    Some(stack.module.resource("azurerm_dns_cname_record", name, body))
}

/// What the README of the output says about them.
pub(super) fn readme(stack: &mut Stack<'_>) {
    let all = elsewhere(stack.system);
    for (id, domains) in &all {
        let domains: Vec<String> = domains.iter().map(|domain| format!("`{domain}`")).collect();
        stack.report.prerequisites.push(format!(
            "The DNS zone of {} is in the subscription `{id}`: whoever runs Terraform needs the role *DNS Zone Contributor* on it there.",
            domains.join(" and "),
        ));
    }
    if !all.is_empty() {
        stack.report.operations.push("Before a `zone` of another subscription goes out of the blueprint, take its record away with `terraform -chdir=terraform destroy -target=ADDRESS` (`terraform -chdir=terraform state list | grep azurerm_dns_`): Terraform asks for the provider of that subscription for as long as its state has the record, and the next render has no such provider any more.".to_owned());
    }
}
