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
    let body = common(stack, plan, pool, body)
        .comment("Nobody else's pods run here.")
        .set("node_taints", list![format!("{POOL}={}:NoSchedule", pool.name)])
        .comment("While a change makes the nodes anew, others stand in for them.")
        .set("temporary_name_for_rotation", rotation_name(pool))
        .block("upgrade_settings", upgrades())
        .set("depends_on", after(needed(plan, pool)));
    let kind = "azurerm_kubernetes_cluster_node_pool";
    let built = stack.module.resource(kind, &name, body);
    stack.built(&pool.path, "pool of nodes", &built);
}

/// What nodes start with: their way out, and their firewall.
pub(super) fn needed(plan: &Plan<'_>, pool: &NodePool) -> Vec<Address> {
    let ways_out = plan
        .parts
        .network
        .ways_out
        .get(&pool.domain)
        .into_iter()
        .flatten()
        .cloned();
    ways_out.chain(plan.parts.firewall.guard(&nodes_name(pool))).collect()
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
        .set("os_disk_type", if is_ephemeral(pool) { "Ephemeral" } else { "Managed" })
        .set("os_disk_size_gb", DISK_GB)
        .set_some("vnet_subnet_id", subnet.map(|subnet| subnet.id.clone()))
        .set("node_labels", object! { POOL => pool.name.as_str() })
        .set("tags", stack.tags())
}

/// True for nodes whose machine has a disk of its own with room for theirs. Those of the catalog have none.
pub(super) fn is_ephemeral(pool: &NodePool) -> bool {
    local_gb(catalog::machine(TARGET, &pool.size).unwrap_or_default()) >= DISK_GB
}

/// GiB of a machine's own disk, of the D and E series that have one: 75 for two processors, as in Microsoft's lists of sizes (Ddsv5, Dadsv5,
/// Edsv5, Eadsv5 and the versions before), read in November 2026.
fn local_gb(machine: &str) -> u32 {
    let Some(rest) = machine
        .strip_prefix("Standard_D")
        .or(machine.strip_prefix("Standard_E"))
    else {
        return 0;
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (cpu, features) = rest.split_at(digits);
    match matches!(features, "ds_v4" | "ds_v5" | "ads_v5") {
        true => cpu.parse::<u32>().unwrap_or_default() / 2 * 75,
        false => 0,
    }
}

/// A third more nodes while they are upgraded.
pub(super) fn upgrades() -> Block {
    Block::new().set("max_surge", "33%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_with_a_disk_of_their_own() {
        let sizes = [
            "Standard_D4ds_v5",
            "Standard_D2ds_v5",
            "Standard_E8ads_v5",
            "Standard_D4s_v5",
            "Standard_B2ts_v2",
        ];
        assert_eq!(sizes.map(local_gb), [150, 75, 300, 0, 0]);
    }
}
