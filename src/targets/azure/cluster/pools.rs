//! Pools of nodes, one for each domain with services in the cluster.

use crate::catalog;
use crate::check::{nodes_name, pool_name, rotation_name};
use crate::ir::NodePool;
use crate::list;
use crate::object;
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::project::{TARGET, after};
use crate::targets::shared::cluster::POOL;
use crate::terraform::{Address, Block};

/// GiB of a node's disk: images, logs, and what containers write.
const DISK_GB: u32 = 128;
/// Pods of a node. Azure takes up to 250; this is what Kubernetes is tested with.
const PODS: u32 = 110;

/// The pool of a domain.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>, pool: &NodePool, cluster: &Address) {
    let name = nodes_name(pool);
    let body = Block::new()
        .set("name", pool_name(pool))
        .set("kubernetes_cluster_id", cluster.id())
        .set("mode", "User");
    let network = &plan.parts.network;
    let needed = network.egress.iter().cloned().chain(plan.parts.firewall.guard(&name));
    let body = common(stack, plan, pool, body)
        .comment("Nobody else's pods run here.")
        .set("node_taints", list![format!("{POOL}={}:NoSchedule", pool.name)])
        .comment("While a change makes the nodes anew, others stand in for them.")
        .set("temporary_name_for_rotation", rotation_name(pool))
        .block("upgrade_settings", upgrades())
        .set("depends_on", after(needed));
    let kind = "azurerm_kubernetes_cluster_node_pool";
    let built = stack.module.resource(kind, &name, body);
    stack.built(&pool.path, "pool of nodes", &built);
}

/// What all pools have in common.
pub(super) fn common(stack: &Stack<'_>, plan: &Plan<'_>, pool: &NodePool, body: Block) -> Block {
    let subnet = plan.parts.network.nodes.get(&pool.domain);
    body.set("vm_size", catalog::machine(TARGET, &pool.size).unwrap_or_default())
        .set("zones", stack.zones())
        .set("auto_scaling_enabled", true)
        .set("min_count", pool.min)
        .set("max_count", pool.max)
        .set("max_pods", PODS)
        .set_some("orchestrator_version", stack.system.cluster.version.as_deref())
        .set("os_sku", "Ubuntu")
        .set("os_disk_type", "Managed")
        .set("os_disk_size_gb", DISK_GB)
        .set_some("vnet_subnet_id", subnet.map(|subnet| subnet.id.clone()))
        .set("node_labels", object! { POOL => pool.name.as_str() })
        .set("tags", stack.tags())
}

/// A third more nodes while they are upgraded.
pub(super) fn upgrades() -> Block {
    Block::new().set("max_surge", "33%")
}
