//! Who may open a connection to whom.

use std::collections::BTreeMap;

use crate::ir::{Access, Cache, Flow, Id, Peer, Resource, Service, Sharding, System};
use crate::vocabulary::Egress;

/// The flows that the links of one service open.
pub(super) fn open(system: &mut System, id: Id<Service>, grants: &BTreeMap<Resource, Access>, calls: &[Id<Service>]) {
    let service = &system.services[id];
    if service.function.as_ref().is_some_and(|function| !function.private) {
        return;
    }
    let name = &service.name;
    let mut flows = vec![];
    let mut flow = |from, to, port, why: String| flows.push(Flow { from, to, port, why });
    if service.public {
        flow(
            Peer::Internet,
            Peer::PublicBalancer,
            443,
            "HTTPS from the internet".to_owned(),
        );
        let why = format!("public load balancer to {name}");
        flow(Peer::PublicBalancer, Peer::Service(id), service.port, why);
    }
    for &callee in calls {
        let called = &system.services[callee];
        let why = format!("{name} calls {}", called.name);
        flow(Peer::Service(id), Peer::InternalBalancer, called.port, why);
        let why = format!("internal load balancer to {}", called.name);
        flow(Peer::InternalBalancer, Peer::Service(callee), called.port, why);
    }
    for (resource, access) in grants {
        if let Resource::Proxy(database) = *resource
            && let Some(proxy) = system.databases[database].sharding.as_ref().and_then(Sharding::proxy)
        {
            let port = system.services[proxy].port;
            let why = format!("{name} uses {}", system.databases[database].name);
            flow(Peer::Service(id), Peer::TcpBalancer(proxy), port, why);
        }
        if let Resource::Shards(database) = *resource {
            let target = &system.databases[database];
            let why = format!("{name} uses shards of {}", target.name);
            flow(Peer::Service(id), Peer::Shards(database), target.port, why);
        }
        if let Resource::Cache(cache) = *resource {
            let why = format!("{name} uses {}", system.caches[cache].name);
            flow(Peer::Service(id), Peer::Cache(cache), Cache::PORT, why);
        }
        if let Resource::Database(database) = *resource {
            let target = &system.databases[database];
            // Without replicas everybody goes to the one server.
            let replicas = target.split && target.readers.is_some();
            if access.writes() || !replicas {
                let why = format!("{name} uses {}", target.name);
                flow(Peer::Service(id), Peer::Database(database), target.port, why);
            }
            if access.reads() && replicas {
                let why = format!("{name} reads replicas of {}", target.name);
                flow(Peer::Service(id), Peer::Readers(database), target.port, why);
            }
        }
    }
    if !grants.is_empty() {
        let why = format!("{name} reaches the vault and the object store");
        flow(Peer::Service(id), Peer::Endpoints, 443, why);
    }
    if system.network.egress != Egress::None {
        // Package mirrors of the operating system answer on port 80; packages are signed.
        for (port, what) in [(443, "HTTPS"), (80, "HTTP")] {
            flow(
                Peer::Service(id),
                Peer::Internet,
                port,
                format!("{name} to the internet over {what}"),
            );
        }
    }
    system.flows.extend(flows);
}
