//! Security groups: one per load balancer, service, database, its read replicas and its shards, cache, and one for the private endpoints.
//! Pods have those of the nodes that they run on: one per pool, and one that all nodes have.

use hcl::Expression;

use super::network::Network;
use super::{Stack, endpoint, place};
use crate::ir::{Id, NodePool, Peer, Service};
use crate::terraform::{Address, Block, expr, identifier};
use crate::{list, object};

/// The security groups of the system.
pub(super) struct Groups {
    groups: Vec<(Peer, Address)>,
    nodes: Option<Nodes>,
}

/// The security groups of the cluster.
pub(super) struct Nodes {
    /// Of the control plane's addresses in the network.
    pub(super) control_plane: Address,
    /// Of all nodes: what each needs to be one.
    pub(super) all: Address,
    /// Of each pool, in the order of the system's pools: what its pods are linked to.
    pub(super) pools: Vec<Address>,
}

impl Groups {
    /// The group of a peer, if it has one: the internet has none, nor have endpoints of somebody else's network.
    pub(super) fn find(&self, peer: Peer) -> Option<&Address> {
        self.groups
            .iter()
            .find_map(|(other, group)| (*other == peer).then_some(group))
    }

    /// The ids of a peer's group, as a list.
    pub(super) fn ids(&self, peer: Peer) -> Expression {
        Expression::Array(self.find(peer).map(Address::id).into_iter().collect())
    }

    /// The groups of the cluster, where there is one.
    pub(super) fn nodes(&self) -> Option<&Nodes> {
        self.nodes.as_ref()
    }

    /// The ids of a service's group, as a list.
    pub(super) fn of_service(&self, service: Id<Service>) -> Expression {
        self.ids(Peer::Service(service))
    }
}

/// The word for a peer in the names of groups and rules. Those that are not components are longer than any component's name.
pub(super) fn word(stack: &Stack<'_>, peer: Peer) -> String {
    match peer {
        Peer::Internet => "internet".to_owned(),
        Peer::PublicBalancer => "internet_load_balancer".to_owned(),
        Peer::InternalBalancer => "internal_load_balancer".to_owned(),
        Peer::Service(id) => stack.system.services[id].name.clone(),
        Peer::Database(id) => stack.system.databases[id].name.clone(),
        Peer::Readers(id) => stack.system.databases[id].reader_name(),
        Peer::TcpBalancer(id) => format!("{}_load_balancer", stack.system.services[id].name),
        Peer::Cache(id) => stack.system.caches[id].name.clone(),
        Peer::Api(id) => stack.system.apis[id].name.clone(),
        Peer::Shards(id) => stack.system.databases[id].shard_name(),
        Peer::Endpoints => "private_service_endpoints".to_owned(),
    }
}

/// Adds the groups, without rules: a group without rules neither accepts nor opens connections.
pub(super) fn groups(stack: &mut Stack<'_>, network: &Network) -> Groups {
    let system = stack.system;
    let mut peers: Vec<(Peer, String)> = vec![];
    if system.public.is_some() {
        peers.push((Peer::PublicBalancer, "Public load balancer".to_owned()));
    }
    if system.internal.is_some() {
        peers.push((Peer::InternalBalancer, "Internal load balancer".to_owned()));
    }
    let alone = system.services.iter().filter(|(_, item)| item.is_tcp());
    peers.extend(alone.map(|(id, item)| (Peer::TcpBalancer(id), format!("Load balancer of {}", item.name))));
    let services = system.services.iter();
    let services = services.filter(|(id, _)| system.pool_of(*id).is_none() && place::is_inside(&system, *id));
    peers.extend(services.map(|(id, item)| (Peer::Service(id), format!("Service {}", item.name))));
    let apis = system.apis.iter().filter(|(id, _)| place::reaches_inside(&system, *id));
    peers.extend(apis.map(|(id, item)| (Peer::Api(id), format!("API {}", item.name))));
    let databases = system.databases.iter();
    peers.extend(databases.map(|(id, item)| (Peer::Database(id), format!("Database {}", item.name))));
    let replicated = system.databases.iter().filter(|(_, item)| item.readers.is_some());
    peers.extend(replicated.map(|(id, item)| (Peer::Readers(id), format!("Read replicas of {}", item.name))));
    let sharded = system.sharded();
    peers.extend(sharded.map(|(id, item, _)| (Peer::Shards(id), format!("Shards of {}", item.name))));
    let caches = system.caches.iter();
    peers.extend(caches.map(|(id, item)| (Peer::Cache(id), format!("Cache {}", item.name))));
    let endpoints = place::has_sessions(&system) || !endpoint::interfaces(&system).is_empty();
    if endpoints && system.network.existing.aws.is_none() {
        peers.push((Peer::Endpoints, "Private endpoints of AWS services".to_owned()));
    }
    stack.module.file("firewall", "");
    let mut groups = vec![];
    for (peer, description) in peers {
        let word = word(stack, peer);
        let body = body(stack, network, &word, description);
        // Lambda removes a function's addresses with its role, long after the function: the group waits for them, and the role for it.
        let grants = match peer {
            Peer::Service(id) if system.services[id].function.is_some() => {
                Some(list![expr::iterator("aws_iam_role_policy", &[&identifier(&word)])])
            }
            _ => None,
        };
        let body = body.set_some("depends_on", grants);
        groups.push((peer, stack.module.resource("aws_security_group", &word, body)));
    }
    let nodes = stack.has_pods().then(|| nodes(stack, network));
    Groups { groups, nodes }
}

/// The word for the nodes of a pool: longer than any component's name, and with `DOMAIN_nodes` in it, by which its domain knows it.
pub(super) fn pool_word(pool: &NodePool) -> String {
    format!("{}_nodes_of_kubernetes", pool.name)
}

/// The words for the control plane and for all nodes.
pub(super) const CONTROL_PLANE: &str = "kubernetes_control_plane";
pub(super) const NODES: &str = "kubernetes_nodes_of_all_pools";

fn nodes(stack: &mut Stack<'_>, network: &Network) -> Nodes {
    let control_plane = group(stack, network, CONTROL_PLANE, "Kubernetes control plane".to_owned());
    let all = group(stack, network, NODES, "All Kubernetes nodes".to_owned());
    let system = stack.system;
    let pools = system.pools.iter().map(|pool| {
        let description = format!("Kubernetes nodes of the pool {}", pool.name);
        group(stack, network, &pool_word(pool), description)
    });
    let pools = pools.collect();
    Nodes {
        control_plane,
        all,
        pools,
    }
}

/// A group without rules.
pub(super) fn group(stack: &mut Stack<'_>, network: &Network, word: &str, description: String) -> Address {
    let body = body(stack, network, word, description);
    stack.module.resource("aws_security_group", word, body)
}

fn body(stack: &Stack<'_>, network: &Network, word: &str, description: String) -> Block {
    let name = stack.name(&word.replace('_', "-"));
    Block::new()
        .set("name", name.as_str())
        .set("description", description)
        .set("vpc_id", network.id.clone())
        .set("tags", object! { "Name" => name.as_str() })
}
