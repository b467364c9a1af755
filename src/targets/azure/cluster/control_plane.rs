//! The cluster itself, with its own pool, and who may use it.

use hcl::Expression;

use super::identity::Identities;
use super::pools;
use crate::check::{inside_blocks, pool_name, rotation_name};
use crate::ir::NodePool;
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::project::{after, as_identity};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Channel;
use crate::{list, object, template};

/// Logs of the control plane that are kept. `kube-audit` would have what is read as well, which is nine tenths of it.
pub(in crate::targets::azure) const LOGS: [&str; 9] = [
    "cloud-controller-manager",
    "cluster-autoscaler",
    "csi-azuredisk-controller",
    "csi-azurefile-controller",
    "guard",
    "kube-apiserver",
    "kube-audit-admin",
    "kube-controller-manager",
    "kube-scheduler",
];

/// The cluster with its own nodes.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    (pool, identities): (&NodePool, &Identities),
    workspace: &Address,
) -> Address {
    let system = stack.system;
    let parts = plan.parts;
    let kubelet = Block::new()
        .set("client_id", identities.nodes.attr("client_id"))
        .set("object_id", identities.nodes.attr("principal_id"))
        .set("user_assigned_identity_id", identities.nodes.id());
    let directory = Block::new()
        .set("azure_rbac_enabled", true)
        .set("tenant_id", stack.project.operator.attr("tenant_id"));
    let agent = Block::new()
        .set("log_analytics_workspace_id", workspace.id())
        .set("msi_auth_for_monitoring_enabled", true);
    let closed = system.cluster.api_cidrs.is_empty();
    let (channel, version) = (channel(stack), system.cluster.version.as_deref());
    let needed = pools::needed(plan, pool).into_iter().chain(identities.ready.clone());
    let body = stack
        .named(system.prefix.as_str())
        .set("dns_prefix", system.prefix.as_str())
        .set("node_resource_group", stack.prefixed("nodes"))
        .set("sku_tier", "Standard")
        .set_some("kubernetes_version", version)
        .comment(match version {
            Some(_) => "New patches of the version that the blueprint names.",
            None => "New minor versions, too.",
        })
        .set("automatic_upgrade_channel", channel)
        .set("node_os_upgrade_channel", "NodeImage")
        .when(closed, |body| {
            body.comment(
                "The API has an address in the network alone; az aks command invoke reaches it from elsewhere.",
            )
            .set("private_cluster_enabled", true)
            .set("private_dns_zone_id", "System")
        })
        .comment("People sign in with Entra ID, and Azure's roles say what they may do.")
        .set("local_account_disabled", true)
        .set("role_based_access_control_enabled", true)
        .comment("Pods sign in to Azure as their service.")
        .set("oidc_issuer_enabled", true)
        .set("workload_identity_enabled", true)
        .set("azure_policy_enabled", true)
        .set("disk_encryption_set_id", parts.encryption.disks.id())
        .set("tags", stack.tags())
        .block_some("api_server_access_profile", (!closed).then(|| access(plan, stack)))
        .block("azure_active_directory_role_based_access_control", directory)
        .block("default_node_pool", own(stack, plan, pool))
        .block("identity", as_identity(&identities.cluster))
        .block("kubelet_identity", kubelet)
        .block("maintenance_window_auto_upgrade", window("Sunday"))
        .block("maintenance_window_node_os", window("Saturday"))
        .block("network_profile", network(stack))
        .comment("Nodes are of the pools here, and of no others.")
        .block("node_provisioning_profile", Block::new().set("mode", "Manual"))
        .block("oms_agent", agent)
        .when(scales(stack), |body| {
            let keda = Block::new().set("keda_enabled", true);
            body.block("workload_autoscaler_profile", keda)
        })
        .comment(
            "The identity's rights on subnets, keys and the nodes' identity, and the way out that nodes start with.",
        )
        .set("depends_on", after(needed));
    let cluster = stack.module.resource("azurerm_kubernetes_cluster", "main", body);
    stack.built("kubernetes", "AKS cluster", &cluster);
    stack.built(&pool.path, "its own nodes", &cluster);
    stack
        .module
        .output("cluster", cluster.attr("name"), "Name of the Kubernetes cluster.");
    cluster
}

/// True if a service scales by messages.
pub(super) fn scales(stack: &Stack<'_>) -> bool {
    let system = stack.system;
    let mut services = system.services.iter();
    services.any(|(id, service)| {
        service.scale.queue_messages.is_some() && system.pool_of(id).is_some() && system.inboxes_of(id).next().is_some()
    })
}

/// A version that the author named stays; Azure has nothing between its channels `stable` and `rapid`.
fn channel(stack: &Stack<'_>) -> &'static str {
    match (&stack.system.cluster.version, stack.system.cluster.channel) {
        (Some(_), _) => "patch",
        (None, Channel::Rapid) => "rapid",
        (None, Channel::Regular | Channel::Stable) => "stable",
    }
}

/// Who reaches the API over the internet: those of the blueprint, and the nodes.
fn access(plan: &Plan<'_>, stack: &Stack<'_>) -> Block {
    let ranges = stack.system.cluster.api_cidrs.iter();
    let mut ranges: Vec<Expression> = ranges.map(|range| range.to_string().into()).collect();
    let nodes = plan.parts.network.outside.as_ref();
    ranges.extend(nodes.map(|address| template![address.attr("ip_address"), "/32"]));
    Block::new()
        .comment("The last is that of the nodes, which come over the internet.")
        .set("authorized_ip_ranges", Expression::Array(ranges))
}

fn own(stack: &Stack<'_>, plan: &Plan<'_>, pool: &NodePool) -> Block {
    let body = Block::new().set("name", pool_name(pool));
    pools::common(stack, plan, pool, body)
        .comment("While a change makes the nodes anew, others stand in for them.")
        .set("temporary_name_for_rotation", rotation_name(pool))
        .block("upgrade_settings", pools::upgrades())
}

/// Four hours a week, from midnight UTC.
fn window(day: &str) -> Block {
    Block::new()
        .set("frequency", "Weekly")
        .set("interval", 1)
        .set("day_of_week", day)
        .set("start_time", "00:00")
        .set("utc_offset", "+00:00")
        .set("duration", 4)
}

fn network(stack: &Stack<'_>) -> Block {
    let (pods, services) = inside_blocks(stack.system);
    let dns = services.hosts().nth(9).unwrap_or(services.addr());
    Block::new()
        .set("network_plugin", "azure")
        .comment(
            "Pods have addresses of their own, which only the cluster knows; Cilium enforces the network policies.",
        )
        .set("network_plugin_mode", "overlay")
        .set("network_data_plane", "cilium")
        .set("network_policy", "cilium")
        .set("pod_cidr", pods.to_string())
        .set("service_cidr", services.to_string())
        .set("dns_service_ip", dns.to_string())
        .set("load_balancer_sku", "standard")
        .set("outbound_type", "userAssignedNATGateway")
}

/// Whoever runs Terraform may use the cluster: they install what it needs.
pub(super) fn administrators(stack: &mut Stack<'_>, plan: &Plan<'_>, cluster: &Address) {
    let vault = &plan.parts.vault;
    let body = Block::new()
        .set("for_each", vault.operators.clone())
        .set("scope", cluster.id())
        .set("role_definition_name", "Azure Kubernetes Service RBAC Cluster Admin")
        .set("principal_id", vault.operator.clone());
    stack
        .module
        .comment("Whoever runs Terraform installs what the cluster needs, and grants others their part of it.");
    stack
        .module
        .resource("azurerm_role_assignment", "operator_cluster", body);
}

/// What pods print goes to the workspace.
pub(super) fn output_of_pods(stack: &mut Stack<'_>, cluster: &Address, workspace: &Address) {
    const STREAMS: [&str; 3] = [
        "Microsoft-ContainerLogV2",
        "Microsoft-KubeEvents",
        "Microsoft-KubePodInventory",
    ];
    let streams = || Expression::Array(STREAMS.map(Expression::from).into());
    let settings = object! {
        "dataCollectionSettings" => object! {
            "interval" => "1m",
            "namespaceFilteringMode" => "Exclude",
            "namespaces" => list!["kube-system", "gatekeeper-system"],
            "enableContainerLogV2" => true,
        },
    };
    let extension = Block::new()
        .set("name", "pods")
        .set("extension_name", "ContainerInsights")
        .set("extension_json", expr::jsonencode(settings))
        .set("streams", streams());
    let destination = Block::new()
        .set("name", "workspace")
        .set("workspace_resource_id", workspace.id());
    let flow = Block::new()
        .set("streams", streams())
        .set("destinations", list!["workspace"]);
    let body = stack
        .named(stack.prefixed("cluster"))
        .set("kind", "Linux")
        .set("tags", stack.tags())
        .block("data_sources", Block::new().block("extension", extension))
        .block("destinations", Block::new().block("log_analytics", destination))
        .block("data_flow", flow);
    stack
        .module
        .comment("What pods print, and what Kubernetes says of them, once a minute.");
    let rule = stack
        .module
        .resource("azurerm_monitor_data_collection_rule", "cluster", body);
    let body = Block::new()
        .comment("Azure prescribes the name.")
        .set("name", "ContainerInsightsExtension")
        .set("target_resource_id", cluster.id())
        .set("data_collection_rule_id", rule.id());
    let kind = "azurerm_monitor_data_collection_rule_association";
    stack.module.resource(kind, "cluster", body);
}
