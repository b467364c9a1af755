//! Entry points, certificates, budget.

use crate::diagnostic::{Diagnostic, capability};
use crate::ir::{Id, Service, System, Tls};
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    if let Some(public) = &system.public {
        match public.tls(target) {
            Tls::Off => problems.push(capability::plain_http(system.places.span("edge"), target)),
            Tls::Requested { domain, .. } if target == Target::Azure => {
                problems.push(capability::certificate_not_requestable(
                    system.places.span("edge.domain"),
                    domain,
                    target,
                ));
            }
            _ => {}
        }
    }
    if target != Target::Kubernetes {
        for (first, other, port) in shared_ports(system) {
            let (first, other) = (&system.services[first], &system.services[other]);
            let at = system.places.span(&format!("{}.port", other.path));
            problems.push(capability::shared_port(at, [&first.name, &other.name], port));
        }
    }
    let project = system.accounts.gcp.as_ref();
    let has_billing_account = project.is_some_and(|project| project.billing_account.is_some());
    if target == Target::Gcp && system.budget.is_some() && !has_billing_account {
        problems.push(capability::budget_needs_account(system.places.key("budget")));
    }
}

/// Ports of the internal load balancer that lead to two services with callers of their own. Firewalls tell callers apart by port: who may
/// call one service of a port reaches the others too. A plain cluster has no such load balancer.
pub fn shared_ports(system: &System) -> Vec<(Id<Service>, Id<Service>, u16)> {
    let callers = |callee: Id<Service>| -> Vec<Id<Service>> {
        let calling = system
            .services
            .iter()
            .filter(|(_, service)| service.calls.contains(&callee));
        calling.map(|(id, _)| id).collect()
    };
    let listeners = system.internal.iter().flat_map(|balancer| &balancer.listeners);
    let shared = listeners.filter_map(|listener| {
        let mut services = listener.routes.iter().map(|route| route.service);
        let first = services.next()?;
        let known = callers(first);
        let other = services.find(|service| callers(*service) != known)?;
        Some((first, other, listener.port))
    });
    shared.collect()
}
