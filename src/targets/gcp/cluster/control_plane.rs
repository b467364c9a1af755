//! The control plane, with a private address in the network.

use hcl::Expression;

use super::pools;
use crate::catalog;
use crate::check::gcp_pods;
use crate::ir::NodePool;
use crate::targets::gcp::Stack;
use crate::targets::gcp::edge::Records;
use crate::targets::gcp::firewall::Rules;
use crate::targets::gcp::network::Ground;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Channel;
use crate::{list, template};

/// When Google may change something, UTC: four hours each day from then.
const MAINTENANCE: &str = "18:00";
/// What is kept of the control plane's logs; what pods print comes with them.
const LOGS: [&str; 5] = [
    "SYSTEM_COMPONENTS",
    "WORKLOADS",
    "APISERVER",
    "CONTROLLER_MANAGER",
    "SCHEDULER",
];

/// Adds the cluster without nodes.
pub(super) fn lower(stack: &mut Stack<'_>, (records, rules): (&Records, &Rules)) -> Option<Address> {
    let system = stack.system;
    let first = system.pools.first()?;
    let zones: Vec<Expression> = catalog::gcp_zones(stack.region(), system.network.zones)
        .into_iter()
        .map(Expression::from)
        .collect();
    let body = Block::new()
        .set("name", system.prefix.as_str())
        .set("location", stack.region())
        .set("node_locations", Expression::Array(zones))
        .set("deletion_protection", system.protect)
        .comment("Nodes are in pools of their own. GKE makes one to begin with, which goes at once.")
        .set("remove_default_node_pool", true)
        .set("initial_node_count", 1)
        .block("node_config", pools::machine(stack, first));
    let body = versions(stack, body);
    let body = network(stack, body)?;
    let body = safety(stack, body);
    let body = watching(body);
    let unlike = list![
        expr::keyword("node_config"),
        expr::attribute(expr::keyword("database_encryption"), &["0", "state"]),
    ];
    let body = body
        .comment("The pool to begin with is gone; and newer clusters encrypt more than secrets, and say so.")
        .block("lifecycle", Block::new().set("ignore_changes", unlike))
        .set("depends_on", Expression::Array(ready(stack, (records, rules), first)));
    let address = stack.module.resource("google_container_cluster", "main", body);
    stack.report.component(
        "kubernetes",
        "regional GKE cluster, Standard, with Dataplane V2",
        address.text(),
    );
    Some(address)
}

/// What stands before anything of the cluster starts.
pub(super) fn ready(stack: &Stack<'_>, (records, rules): (&Records, &Rules), pool: &NodePool) -> Vec<Expression> {
    let mut ready: Vec<&Address> = stack.network.ready.iter().collect();
    ready.extend(rules.of_nodes(&pool.name));
    ready.extend(records.of_google());
    ready.extend(&stack.nodes[&pool.name].grants);
    ready.push(&stack.encryption.users);
    ready.push(&stack.project.apis);
    ready.into_iter().map(Address::whole).collect()
}

fn versions(stack: &Stack<'_>, body: Block) -> Block {
    let cluster = &stack.system.cluster;
    let channel = match cluster.channel {
        Channel::Stable => "STABLE",
        Channel::Regular => "REGULAR",
        Channel::Rapid => "RAPID",
    };
    let daily = Block::new().set("start_time", MAINTENANCE);
    body.set_some("min_master_version", cluster.version.as_deref())
        .block("release_channel", Block::new().set("channel", channel))
        .block(
            "maintenance_policy",
            Block::new().block("daily_maintenance_window", daily),
        )
}

fn network(stack: &Stack<'_>, body: Block) -> Option<Block> {
    let system = stack.system;
    let ground = stack.network.cluster.as_ref()?;
    let first = system.pools.first()?;
    let addresses = Block::new()
        .set("cluster_secondary_range_name", Ground::pods(first))
        .set("services_secondary_range_name", Ground::SERVICES);
    let is_private = system.cluster.api_cidrs.is_empty();
    let private = Block::new()
        .set("enable_private_nodes", true)
        .set("enable_private_endpoint", is_private)
        .set("private_endpoint_subnetwork", ground.control_plane.id());
    let ranges = system
        .cluster
        .api_cidrs
        .iter()
        .map(|range| Block::new().set("cidr_block", range.to_string()));
    let [own, of_domains, _] = gcp_pods();
    let of_domains = (of_domains, "pods of domains");
    let inside = [(system.network.cidr, "the network itself"), (own, "pods of the system")];
    let inside = inside
        .into_iter()
        .chain((!system.domains.is_empty()).then_some(of_domains));
    let inside = inside.map(|(range, name)| {
        Block::new()
            .set("cidr_block", range.to_string())
            .set("display_name", name)
    });
    let allowed = Block::new()
        .set("gcp_public_cidrs_access_enabled", false)
        .set("private_endpoint_enforcement_enabled", true)
        .blocks("cidr_blocks", inside.chain(ranges));
    let by_name = Block::new().set("allow_external_traffic", false);
    let by_address = Block::new().set("enabled", true);
    let endpoints = Block::new()
        .block("dns_endpoint_config", by_name)
        .block("ip_endpoints_config", by_address);
    let dns = Block::new()
        .set("cluster_dns", "CLOUD_DNS")
        .set("cluster_dns_scope", "CLUSTER_SCOPE");
    let body = body
        .set("network", stack.network.id.clone())
        .set("subnetwork", ground.nodes.id())
        .set("networking_mode", "VPC_NATIVE")
        .comment("Network policies hold without an add-on.")
        .set("datapath_provider", "ADVANCED_DATAPATH")
        .comment("Flow logs see what pods of one node say to each other.")
        .set("enable_intranode_visibility", true)
        .block("ip_allocation_policy", addresses)
        .comment("Names come from Cloud DNS: no pod of another pool has to be asked for them.")
        .block("dns_config", dns)
        .block("private_cluster_config", private)
        .comment(match is_private {
            true => "Nodes and pods reach the API inside the network, and who gets there otherwise, as through a VPN.",
            false => {
                "Nodes and pods reach the API inside the network, and administrators from the ranges of the blueprint."
            }
        })
        .block("master_authorized_networks_config", allowed)
        .block("control_plane_endpoints_config", endpoints);
    Some(body)
}

fn safety(stack: &Stack<'_>, body: Block) -> Block {
    let identity = Block::new().set("workload_pool", template![stack.project.id(), ".svc.id.goog"]);
    let encryption = Block::new()
        .set("state", "ENCRYPTED")
        .set("key_name", stack.encryption.key.id());
    let certificate = Block::new().set("issue_client_certificate", false);
    let bindings = Block::new()
        .set("enable_insecure_binding_system_authenticated", false)
        .set("enable_insecure_binding_system_unauthenticated", false);
    let posture = Block::new()
        .set("mode", "BASIC")
        .set("vulnerability_mode", "VULNERABILITY_DISABLED");
    let nodes = Block::new().set("insecure_kubelet_readonly_port_enabled", "FALSE");
    let off = |off: bool| Block::new().set("disabled", off);
    let on = || Block::new().set("enabled", true);
    let addons = Block::new()
        .comment("The load balancers are Terraform's; the cluster makes none.")
        .block("http_load_balancing", off(true))
        .block("horizontal_pod_autoscaling", off(false))
        .block("gce_persistent_disk_csi_driver_config", on());
    body.block("workload_identity_config", identity)
        .comment("Secrets of the cluster are under the system's key.")
        .block("database_encryption", encryption)
        .comment("Nobody logs in with a certificate or without a name; who may do what is said by IAM and by roles of the cluster.")
        .block("master_auth", Block::new().block("client_certificate_config", certificate))
        .block("anonymous_authentication_config", Block::new().set("mode", "LIMITED"))
        .block("rbac_binding_config", bindings)
        .set("enable_shielded_nodes", true)
        .comment("Which images may run is the project's own policy: Google's lets every one in until its owner writes another.")
        .block(
            "binary_authorization",
            Block::new().set("evaluation_mode", "PROJECT_SINGLETON_POLICY_ENFORCE"),
        )
        .block("security_posture_config", posture)
        .block("node_pool_defaults", Block::new().block("node_config_defaults", nodes))
        .block("addons_config", addons)
}

fn watching(body: Block) -> Block {
    let logs = LOGS.into_iter().map(Expression::from).collect();
    let metrics = Block::new()
        .set("enable_components", list!["SYSTEM_COMPONENTS"])
        .comment("Nothing here asks for Prometheus.")
        .block("managed_prometheus", Block::new().set("enabled", false));
    body.block(
        "logging_config",
        Block::new().set("enable_components", Expression::Array(logs)),
    )
    .block("monitoring_config", metrics)
}
