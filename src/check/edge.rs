//! Entry points, certificates, budget.

use crate::diagnostic::{Diagnostic, capability};
use crate::ir::{System, Tls};
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
    let project = system.accounts.gcp.as_ref();
    let has_billing_account = project.is_some_and(|project| project.billing_account.is_some());
    if target == Target::Gcp && system.budget.is_some() && !has_billing_account {
        problems.push(capability::budget_needs_account(system.places.key("budget")));
    }
}
