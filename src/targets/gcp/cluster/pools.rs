//! The nodes: a pool for the system, and one for each domain with services in the cluster.

use std::collections::BTreeMap;

use hcl::Expression;

use super::control_plane;
use crate::catalog;
use crate::check::gcp_nodes;
use crate::ir::NodePool;
use crate::target::Target;
use crate::targets::gcp::Stack;
use crate::targets::gcp::compute::{disk_type, family, is_arm};
use crate::targets::gcp::edge::Records;
use crate::targets::gcp::firewall::Rules;
use crate::targets::gcp::network::Ground;
use crate::targets::shared::cluster::POOL;
use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// GiB of a node's disk: its images, and what containers write.
const DISK: u32 = 100;
/// Pods of one node; it takes twice as many addresses.
const PODS: u32 = 64;

/// Adds the pools. Gives them by name.
pub(super) fn lower(stack: &mut Stack<'_>, cluster: &Address, ready: (&Records, &Rules)) -> BTreeMap<String, Address> {
    let system = stack.system;
    let mut pools = BTreeMap::new();
    for pool in &system.pools {
        stack.module.file("cluster", "");
        let zones = catalog::gcp_zones(stack.region(), system.network.zones);
        let letters: String = zones.iter().filter_map(|zone| zone.chars().last()).collect();
        let each = u32::try_from(zones.len()).unwrap_or(1).max(1);
        let zones = zones.into_iter().map(Expression::from).collect();
        let scaling = Block::new()
            .comment("Of all zones together, spread evenly.")
            .set("total_min_node_count", pool.min)
            .set("total_max_node_count", pool.max)
            .set("location_policy", "BALANCED");
        let management = Block::new().set("auto_repair", true).set("auto_upgrade", true);
        let upgrade = Block::new()
            .set("strategy", "SURGE")
            .set("max_surge", 1)
            .set("max_unavailable", 0);
        let network = Block::new()
            .set("enable_private_nodes", true)
            .set("pod_range", Ground::pods(pool));
        let taint = Block::new()
            .set("key", POOL)
            .set("value", pool.name.as_str())
            .set("effect", "NO_SCHEDULE");
        let machine = machine(stack, pool)
            .set("labels", object! { POOL => pool.name.as_str() })
            .when(pool.domain.is_some(), |block| {
                block
                    .comment("The domain's own pods alone run here.")
                    .block("taint", taint)
            });
        let lifecycle = Block::new()
            .set("create_before_destroy", true)
            .set("ignore_changes", expr::keywords(["initial_node_count"]));
        let body = Block::new()
            .comment("Another set of zones makes another pool, which is there before the old one goes.")
            .set("name", format!("{}-{letters}", pool.name))
            .set("cluster", cluster.id())
            .set("node_locations", Expression::Array(zones))
            .comment("In each zone; what they are later, the autoscaler says.")
            .set("initial_node_count", pool.min.div_ceil(each))
            .set("max_pods_per_node", PODS)
            .block("autoscaling", scaling)
            .block("management", management)
            .comment("A new node first, then an old one is drained: the groups behind the load balancers stay.")
            .block("upgrade_settings", upgrade)
            .block("network_config", network)
            .block("node_config", machine)
            .block("lifecycle", lifecycle)
            .set(
                "depends_on",
                Expression::Array(control_plane::ready(stack, ready, pool)),
            );
        let address = stack
            .module
            .resource("google_container_node_pool", &gcp_nodes(pool), body);
        let what = format!("node pool of GKE, {} to {} nodes over the zones", pool.min, pool.max);
        stack.report.component(&pool.path, what, address.text());
        pools.insert(pool.name.clone(), address);
    }
    pools
}

/// One node of a pool.
pub(super) fn machine(stack: &Stack<'_>, pool: &NodePool) -> Block {
    let machine = catalog::machine(Target::Gcp, &pool.size).unwrap_or_default();
    let shielded = Block::new()
        .set("enable_secure_boot", true)
        .set("enable_integrity_monitoring", true);
    Block::new()
        .set("machine_type", machine)
        .set("image_type", "COS_CONTAINERD")
        .set("disk_type", disk_type(machine))
        .set("disk_size_gb", DISK)
        .set("boot_disk_kms_key", stack.encryption.key.id())
        .set("service_account", stack.nodes[&pool.name].account.attr("email"))
        .comment("What it may do is said by its roles.")
        .set("oauth_scopes", list!["https://www.googleapis.com/auth/cloud-platform"])
        .set(
            "metadata",
            object! { "block-project-ssh-keys" => "true", "disable-legacy-endpoints" => "true" },
        )
        .block("shielded_instance_config", shielded)
        .comment("Pods are whom their Kubernetes service account stands for, never the node.")
        .block("workload_metadata_config", Block::new().set("mode", "GKE_METADATA"))
        .when(is_arm(family(machine)), |block| {
            let taint = Block::new().set("architecture_taint_behavior", "NONE");
            block
                .comment("Every image here is one for this processor.")
                .block("taint_config", taint)
        })
}
