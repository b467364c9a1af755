//! Rules for machines behind a TCP load balancer, which passes packets on as they come, with the address of who sent them.

use std::collections::BTreeMap;

use hcl::Expression;

use super::{Far, Rule, Way, opened_for};
use crate::ir::{Id, Peer, Service};
use crate::list;
use crate::targets::gcp::Stack;
use crate::targets::gcp::containers::is_tagged;
use crate::targets::gcp::network::Ground;

/// Who may connect to a service. A rule cannot see which container or which pod that is: the rules of containers, and those of the nodes
/// of a domain, say which of them may go there. `containers` is where containers call from.
pub(super) fn of(stack: &Stack<'_>, id: Id<Service>, containers: Option<&Expression>) -> Vec<(String, Rule)> {
    let system = stack.system;
    let service = &system.services[id];
    let mut rules = BTreeMap::new();
    for flow in system.flows_to(Peer::TcpBalancer(id)) {
        let Peer::Service(caller) = flow.from else {
            continue;
        };
        let name = &system.services[caller].name;
        let (name, far) = match (system.pool_of(caller), containers) {
            // Rules that look at service accounts know the addresses of nodes, not those of their pods.
            (Some(pool), _) => (
                Ground::pods(pool).to_owned(),
                Far::Ranges(list![Ground::range(pool).to_string()]),
            ),
            (None, Some(range)) if is_tagged(&system.services[caller]) => {
                (name.clone(), Far::Ranges(list![range.clone()]))
            }
            (None, _) => (name.clone(), Far::Account(stack.accounts[&caller].attr("email"))),
        };
        let part = format!("{}-from-{name}", service.name);
        rules.insert(part, opened_for(Way::In, far, vec![flow.port]));
    }
    rules.into_iter().collect()
}
