//! Namespaces: one for each part with services, and one for the gateway.

use super::{Part, Stack, is_behind};
use crate::ir::Exposure;
use crate::kubernetes::object::Object;
use crate::targets::shared::workload::namespaces::{self, Demand};

pub(super) fn objects(stack: &Stack<'_>, part: Part) -> Vec<Object> {
    let mut objects = vec![];
    if part.is_none() && has_gateway(stack) {
        let edge = namespaces::namespace(stack.names, &stack.names.edge_namespace(), "baseline");
        objects.push(edge.about("The gateway has a namespace of its own: Istio decides the pods that run here"));
    }
    let demands = stack.services(part).map(|(_, service)| Demand::of_service(service));
    let Some(demand) = demands.reduce(Demand::plus) else {
        return objects;
    };
    let name = stack.names.namespace_in(part);
    objects.push(namespaces::namespace(stack.names, &name, "restricted"));
    let quota = namespaces::quota(stack.names, part, demand);
    objects.push(quota.about("Every service at its largest, and a rolling update on top"));
    objects.push(namespaces::limits(stack.names, part));
    objects
}

/// True if a load balancer leads into the cluster.
pub(super) fn has_gateway(stack: &Stack<'_>) -> bool {
    is_behind(stack.system, Exposure::Public) || is_behind(stack.system, Exposure::Internal)
}
