//! Who the cluster is to Azure: its control plane, its nodes, the services in it, and what counts messages.

use crate::check::nodes_name;
use crate::list;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::{Stack, encryption};
use crate::targets::shared::cluster::namespace;
use crate::terraform::{Address, Block, expr};

use super::control_plane::scales;

/// What a token of a pod is for, where it is given to Azure.
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// Where AKS runs KEDA.
const KEDA: &str = "system:serviceaccount:kube-system:keda-operator";

/// The identities of the cluster.
pub(super) struct Identities {
    /// Of the control plane.
    pub cluster: Address,
    /// Of the nodes, which pull images with it.
    pub nodes: Address,
    /// The control plane may do what it has to from here on.
    pub ready: Vec<Address>,
}

/// The identities, and what they may do.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>) -> Identities {
    let system = stack.system;
    let body = stack.named(stack.prefixed("cluster")).set("tags", stack.tags());
    stack.module.comment(
        "The cluster's own: it places nodes and the gateway's load balancer in their subnets, and nowhere else.",
    );
    let cluster = stack.module.resource("azurerm_user_assigned_identity", "cluster", body);
    let body = stack.named(stack.prefixed("nodes")).set("tags", stack.tags());
    stack.module.comment("The nodes pull images as this one.");
    let nodes = stack.module.resource("azurerm_user_assigned_identity", "nodes", body);
    let subnets = system.pools.iter().filter_map(|pool| {
        let subnet = plan.parts.network.nodes.get(&pool.domain)?;
        Some((nodes_name(pool), subnet.id.clone()))
    });
    let to_cluster = |body: Block, role: &str| {
        body.set("role_definition_name", role)
            .set("principal_id", cluster.attr("principal_id"))
            .set("principal_type", "ServicePrincipal")
    };
    let body = Block::new()
        .set("for_each", expr::object(subnets.collect::<Vec<_>>()))
        .set("scope", expr::each_value(&[]));
    let body = to_cluster(body, "Network Contributor");
    let subnets = stack
        .module
        .resource("azurerm_role_assignment", "cluster_subnets", body);
    let body = to_cluster(Block::new().set("scope", nodes.id()), "Managed Identity Operator");
    let own = stack.module.resource("azurerm_role_assignment", "cluster_nodes", body);
    let body = to_cluster(Block::new().set("scope", plan.parts.encryption.disks.id()), "Reader");
    let disks = stack.module.resource("azurerm_role_assignment", "cluster_disks", body);
    let triggers = [
        ("subnets", expr::call("join", [",".into(), subnets.all("id")])),
        ("nodes", own.id()),
        ("disks", disks.id()),
    ];
    let ready = encryption::wait_for(
        stack,
        "cluster",
        "Azure makes no cluster before its identity has its rights.",
        triggers,
    );
    let mut ready = vec![ready];
    if let Some(registry) = &plan.stores.registry
        && registry.feeds_nodes
    {
        let body = Block::new()
            .set("scope", registry.registry.id())
            .set("role_definition_name", "AcrPull")
            .set("principal_id", nodes.attr("principal_id"))
            .set("principal_type", "ServicePrincipal");
        ready.push(stack.module.resource("azurerm_role_assignment", "nodes", body));
    }
    Identities { cluster, nodes, ready }
}

/// Lets the pods of each service sign in as it.
pub(super) fn trust(stack: &mut Stack<'_>, plan: &Plan<'_>, cluster: &Address) {
    let system = stack.system;
    for (id, service) in system.services.iter().filter(|(id, _)| system.pool_of(*id).is_some()) {
        let subject = format!("system:serviceaccount:{}:{}", namespace(system, id), service.name);
        let body = Block::new()
            .set("name", service.name.as_str())
            .set("user_assigned_identity_id", plan.identities[&id].identity.id())
            .set("issuer", cluster.attr("oidc_issuer_url"))
            .set("audience", list![AUDIENCE])
            .set("subject", subject);
        let kind = "azurerm_federated_identity_credential";
        stack.module.resource(kind, &service.name, body);
    }
}

/// The identity that counts messages, where a service scales by them. Containers are counted by their own identity instead, which takes
/// the messages anyway: their platform accepts no identity for Azure Monitor.
pub(super) fn keda(stack: &mut Stack<'_>, plan: &Plan<'_>, cluster: &Address) -> Option<Address> {
    let messaging = plan.stores.messaging.as_ref().filter(|_| scales(stack))?;
    let body = stack.named(stack.prefixed("keda")).set("tags", stack.tags());
    stack.module.comment(
        "KEDA asks Azure Monitor for the messages that wait: a role on the queues themselves would let it take them, too.",
    );
    let identity = stack.module.resource("azurerm_user_assigned_identity", "keda", body);
    let body = Block::new()
        .set("scope", messaging.namespace.id())
        .set("role_definition_name", "Monitoring Reader")
        .set("principal_id", identity.attr("principal_id"))
        .set("principal_type", "ServicePrincipal");
    stack.module.resource("azurerm_role_assignment", "keda", body);
    let body = Block::new()
        .set("name", "keda")
        .set("user_assigned_identity_id", identity.id())
        .set("issuer", cluster.attr("oidc_issuer_url"))
        .set("audience", list![AUDIENCE])
        .set("subject", KEDA);
    stack
        .module
        .resource("azurerm_federated_identity_credential", "keda", body);
    Some(identity)
}
