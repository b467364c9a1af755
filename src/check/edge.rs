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
        shared_ports(system, problems);
    }
    let project = system.accounts.gcp.as_ref();
    let has_billing_account = project.is_some_and(|project| project.billing_account.is_some());
    if target == Target::Gcp && system.budget.is_some() && !has_billing_account {
        problems.push(capability::budget_needs_account(system.places.key("budget")));
    }
}

/// Firewalls tell the callers of the internal load balancer apart by port: who may call one service of a port reaches the others too. A
/// plain cluster has no such load balancer.
fn shared_ports(system: &System, problems: &mut Vec<Diagnostic>) {
    let callers = |callee: Id<Service>| -> Vec<Id<Service>> {
        let calling = system
            .services
            .iter()
            .filter(|(_, service)| service.calls.contains(&callee));
        calling.map(|(id, _)| id).collect()
    };
    for listener in system.internal.iter().flat_map(|balancer| &balancer.listeners) {
        let mut services = listener.routes.iter().map(|route| route.service);
        let Some(first) = services.next() else {
            continue;
        };
        let known = callers(first);
        if let Some(other) = services.find(|service| callers(*service) != known) {
            let (first, other) = (&system.services[first], &system.services[other]);
            let at = system.places.span(&format!("{}.port", other.path));
            problems.push(capability::shared_port(at, [&first.name, &other.name], listener.port));
        }
    }
}
