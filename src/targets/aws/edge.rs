//! Certificates and names of the entry points.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::load_balancer::Balancers;
use super::network::Network;
use super::{Stack, startup};
use crate::ir::{Balancer, Id, Service, Tls};
use crate::target::Target;
use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// The private zone and the names of services in it.
#[derive(Default)]
pub(super) struct Names {
    /// The zone, if anything has a name in it.
    pub(super) zone: Option<Address>,
    records: BTreeMap<Id<Service>, Address>,
}

impl Names {
    /// The name at which a service is found.
    pub(super) fn of_service(&self, service: Id<Service>) -> Option<&Address> {
        self.records.get(&service)
    }
}

/// The certificate of the public entry point: its ARN, once it is valid.
pub(super) fn certificate(stack: &mut Stack<'_>) -> Option<Expression> {
    let system = stack.system;
    match system.public.as_ref()?.tls(Target::Aws) {
        Tls::Named(arn) => Some(arn.into()),
        Tls::Requested { domain, zone } => {
            // The wildcard is proved by the same record as the name itself.
            let wildcard = (!hosts(stack, domain).is_empty()).then(|| list![format!("*.{domain}")]);
            Some(requested(stack, "public", (domain, wildcard), zone))
        }
        Tls::Off => None,
    }
}

/// A certificate of a domain and more names: its ARN, once it is valid. `name` is what it is called in the output.
pub(super) fn requested(
    stack: &mut Stack<'_>,
    name: &str,
    (domain, more): (&str, Option<Expression>),
    zone: Option<&str>,
) -> Expression {
    stack.module.file("edge", "");
    let validation = match name {
        "public" => "certificate_validation".to_owned(),
        other => format!("{other}_certificate_validation"),
    };
    let body = Block::new()
        .set("domain_name", domain)
        .set_some("subject_alternative_names", more)
        .set("validation_method", "DNS")
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    let certificate = stack.module.resource("aws_acm_certificate", name, body);
    let options = expr::call("tolist", [certificate.attr("domain_validation_options")]);
    let option = |name: &str| expr::attribute(options.clone(), &["0", name]);
    let record = zone.map(|zone| {
        let body = Block::new()
            .set("zone_id", zone)
            .set("name", option("resource_record_name"))
            .set("type", "CNAME")
            .set("records", list![option("resource_record_value")])
            .set("ttl", 300)
            .set("allow_overwrite", true);
        stack
            .module
            .comment("Proves that the domain is ours.")
            .resource("aws_route53_record", &validation, body)
    });
    if record.is_none() {
        stack.module.file("outputs", "");
        let value = object! { "name" => option("resource_record_name"), "value" => option("resource_record_value") };
        let description = "CNAME record that proves the ownership of the domain to the certificate's issuer.";
        stack.module.output(&validation, value, description);
        stack.module.file("edge", "");
    }
    stack.module.comment(match record {
        Some(_) => "Waits until the certificate is issued.",
        None => "Waits until the certificate is issued: add the CNAME record that ACM shows for it meanwhile.",
    });
    let body = Block::new().set("certificate_arn", certificate.attr("arn")).set_some(
        "validation_record_fqdns",
        record.map(|record| list![record.attr("fqdn")]),
    );
    let valid = stack.module.resource("aws_acm_certificate_validation", name, body);
    valid.attr("certificate_arn")
}

/// True if the requested certificate covers more than the domain itself.
pub(super) fn has_wildcard(stack: &Stack<'_>) -> bool {
    let tls = stack.system.public.as_ref().map(|public| public.tls(Target::Aws));
    matches!(tls, Some(Tls::Requested { domain, .. }) if !hosts(stack, domain).is_empty())
}

/// Names at which the load balancers are found.
pub(super) fn names(stack: &mut Stack<'_>, network: &Network, balancers: &Balancers) -> Names {
    let system = stack.system;
    stack.module.file("edge", "");
    if let (Some(public), Some(balancer)) = (&balancers.public, &system.public)
        && let (Some(domain), Some(zone)) = (&balancer.domain, balancer.zone.get(Target::Aws))
    {
        let body = Block::new()
            .set("zone_id", zone)
            .set("name", domain.as_str())
            .set("type", "A")
            .block("alias", alias(public));
        stack.module.resource("aws_route53_record", "public", body);
        let hosts: Vec<Expression> = hosts(stack, domain).into_iter().map(Expression::from).collect();
        if !hosts.is_empty() {
            let body = Block::new()
                .set("for_each", expr::call("toset", [Expression::Array(hosts)]))
                .set("zone_id", zone)
                .set("name", expr::each_key())
                .set("type", "A")
                .block("alias", alias(public));
            stack.module.resource("aws_route53_record", "public_hosts", body);
        }
    }
    let internal = balancers.internal.as_ref().zip(system.internal.as_ref());
    let Some(what) = private_names(stack, balancers) else {
        return Names::default();
    };
    let body = Block::new()
        .set("name", system.network.private_domain.as_str())
        .set("comment", format!("Private names of {}", system.prefix))
        .block("vpc", Block::new().set("vpc_id", network.id.clone()));
    let zone = stack
        .module
        .comment(&what)
        .resource("aws_route53_zone", "internal", body);
    let routed = internal
        .into_iter()
        .flat_map(|(internal, balancer)| services(balancer).into_iter().map(move |service| (service, internal)));
    let alone = balancers.tcp.iter().map(|(service, balancer)| (*service, balancer));
    let mut records = BTreeMap::new();
    for (service, balancer) in routed.chain(alone) {
        let body = Block::new()
            .set("zone_id", zone.attr("zone_id"))
            .set("name", startup::host(stack, service))
            .set("type", "A")
            .block("alias", alias(balancer));
        let name = format!("internal_{}", system.services[service].name);
        records.insert(service, stack.module.resource("aws_route53_record", &name, body));
    }
    Names {
        zone: Some(zone),
        records,
    }
}

/// What has a name in the private zone, if anything has.
fn private_names(stack: &Stack<'_>, balancers: &Balancers) -> Option<String> {
    let replicas = stack.system.databases.iter().any(|(_, item)| item.readers.is_some());
    let named = [
        (
            balancers.internal.is_some(),
            "the services behind the internal load balancer",
        ),
        (!balancers.tcp.is_empty(), "proxies"),
        (replicas, "read replicas"),
    ];
    let named: Vec<&str> = named.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
    let (last, rest) = named.split_last()?;
    Some(match rest {
        [] => format!("Private names of {last}."),
        _ => format!("Private names of {}, and of {last}.", rest.join(", of ")),
    })
}

/// Host names under the domain that public routes ask for, in order.
fn hosts(stack: &Stack<'_>, domain: &str) -> BTreeSet<String> {
    let suffix = format!(".{domain}");
    let listeners = stack.system.public.iter().flat_map(|public| &public.listeners);
    let routes = listeners.flat_map(|listener| &listener.routes);
    let hosts = routes.flat_map(|route| &route.hosts);
    hosts.filter(|host| host.ends_with(&suffix)).cloned().collect()
}

fn alias(balancer: &Address) -> Block {
    Block::new()
        .set("name", balancer.attr("dns_name"))
        .set("zone_id", balancer.attr("zone_id"))
        .set("evaluate_target_health", false)
}

/// The services behind a load balancer, in the order of their names.
pub(super) fn services(balancer: &Balancer) -> Vec<Id<Service>> {
    let mut services: Vec<Id<Service>> = balancer
        .listeners
        .iter()
        .flat_map(|listener| listener.routes.iter().map(|route| route.service))
        .collect();
    services.sort_unstable();
    services.dedup();
    services
}
