//! Who reaches the servers, and whom they and those who look after them reach.

use k8s_openapi::api::networking::v1::NetworkPolicyPeer;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

use super::{SERVER_PORTS, STREAMS, broker_pods, fed, named};
use crate::kubernetes::object::Object;
use crate::kubernetes::policy::{in_namespace, pods, to, to_api_server, to_dns};
use crate::targets::kubernetes::firewall::{pods_of, policy};
use crate::targets::kubernetes::stack::Stack;
use crate::targets::kubernetes::{scaling, warehouses};

/// Who opens connections to the servers.
pub(super) fn clients(stack: &Stack<'_>) -> Vec<NetworkPolicyPeer> {
    let services = stack.system.services.iter();
    let users = services.filter(|(id, _)| stack.uses_streams(*id));
    let mut peers: Vec<NetworkPolicyPeer> = users
        .map(|(_, service)| pods_of(stack, &service.name, stack.pods(&service.name), STREAMS))
        .collect();
    for (id, warehouse) in stack.system.warehouses.iter() {
        let sinks = warehouses::sinks(stack, id).into_iter();
        peers.extend(sinks.map(|sink| pods_of(stack, &warehouse.name, stack.pods(&sink.name), STREAMS)));
    }
    if fed(stack).next().is_some() {
        peers.push(in_namespace(scaling::NAMESPACE));
    }
    peers
}

/// The servers, as a policy of another component sees them.
pub(in crate::targets::kubernetes) fn peer(stack: &Stack<'_>, seen_from: &str) -> NetworkPolicyPeer {
    pods_of(stack, STREAMS, broker_pods(), seen_from)
}

/// What the servers and those who look after them may reach. Who reaches them stands in policies that the operator makes, and names after
/// its Deployments: one of ours with such a name becomes the operator's, which lets nothing out.
pub(in crate::targets::kubernetes) fn policies(stack: &Stack<'_>) -> Vec<Object> {
    if stack.system.streams.is_empty() {
        return vec![];
    }
    let brokers = || pods(broker_pods());
    let open = |name: &str, selected: LabelSelector, egress| {
        let mut policy = policy(stack, (STREAMS, "stream"), selected, vec![], egress);
        policy.metadata.name = Some(name.to_owned());
        if let Some(spec) = &mut policy.spec {
            spec.policy_types = Some(vec!["Egress".to_owned()]);
        }
        Object::new(&policy)
    };
    let mut objects = vec![
        open(
            STREAMS,
            broker_pods(),
            vec![to_dns(), to(vec![brokers()], &SERVER_PORTS)],
        )
        .about("The operator's own policies say who comes in"),
        open(
            &format!("{STREAMS}-entity-operator-out"),
            named("entity-operator"),
            vec![to_dns(), to(vec![brokers()], &[SERVER_PORTS[1]]), to_api_server()],
        ),
    ];
    if stack.watches_streams() {
        let egress = vec![to_dns(), to(vec![brokers()], &[SERVER_PORTS[1]])];
        objects.push(open(
            &format!("{STREAMS}-kafka-exporter-out"),
            named("kafka-exporter"),
            egress,
        ));
    }
    objects
}
