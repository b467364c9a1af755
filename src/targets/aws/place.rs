//! Who stands in the virtual network. Functions need not, and a system of functions alone has no network.

use crate::check::Checked;
use crate::ir::{Api, Id, Peer, Service};

use super::streams::kafka;

/// True for a service with addresses in the network: everything but functions outside it.
pub(super) fn is_inside(system: &Checked<'_>, id: Id<Service>) -> bool {
    system.services[id].function.as_ref().is_none_or(|item| item.private)
}

/// True for an API that leads to services in the network, and not to functions alone.
pub(super) fn reaches_inside(system: &Checked<'_>, id: Id<Api>) -> bool {
    system.flows_from(Peer::Api(id)).next().is_some()
}

/// True if anything stands in the subnets for data.
pub(super) fn has_data(system: &Checked<'_>) -> bool {
    let asked = !system.databases.is_empty() || !system.caches.is_empty() || !system.warehouses.is_empty();
    asked || kafka::is_needed(system)
}

/// True if anything stands in the network.
pub(super) fn is_network_used(system: &Checked<'_>) -> bool {
    has_data(system) || system.services.iter().any(|(id, _)| is_inside(system, id))
}

/// True if functions stand in the network.
pub(super) fn has_functions(system: &Checked<'_>) -> bool {
    system.functions().any(|(_, _, item)| item.private)
}

/// True if something runs all the time, and not functions alone.
pub(super) fn has_processes(system: &Checked<'_>) -> bool {
    system.services.iter().any(|(_, service)| service.function.is_none())
}

/// True if administrators open sessions in something: there are none in functions.
pub(super) fn has_sessions(system: &Checked<'_>) -> bool {
    system.network.bastion && has_processes(system)
}
