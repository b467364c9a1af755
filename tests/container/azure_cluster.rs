//! The managed cluster on Azure: who reaches whom, what pods may do, how the gateways find it; and the registry.

use super::azure::{render, rule};

const MALL: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[network]
cidr = "10.60.0.0/16"

[registry]
keep_images = 12

[domains.market.services.web]
runtime = "kubernetes"
image = "registry/market:1"
port = 8080
public = true
health = { path = "/healthz" }
calls = ["pay.api"]
reads = ["main"]
writes = ["main"]

[domains.market.databases.main]
engine = "postgres"

[domains.pay.services.api]
image = "registry/pay:1"
port = 8081
health = { path = "/healthz" }

[domains.order-history.services.worker]
runtime = "kubernetes"
image = "mall.azurecr.io/history:1"
reads = ["main"]
consumes = ["orders"]
scale = { min = 1, max = 4, queue_messages = 50 }

[domains.order-history.databases.main]
engine = "mysql"

[domains.order-history.queues.orders]
"#;

#[test]
fn a_pool_reaches_the_data_of_its_domain_alone() {
    let (blocks, _) = render(MALL);
    let group = &blocks["resource azurerm_network_security_group.market_nodes"];
    for name in [
        "market-nodes-to-market-main",
        "market-nodes-to-internal-gateway",
        "market-nodes-to-registry",
    ] {
        assert!(group.contains(&format!("name = \"{name}\"")), "{name}: {group}");
    }
    assert!(
        !group.contains("order_history") && !group.contains("cluster-gateway"),
        "{group}"
    );
    // What Azure wants, and nothing else, is open among the nodes and the pods.
    let inside = rule(group, "within-cluster");
    assert!(
        inside.contains("10.60.192.0/19") && inside.contains("10.244.0.0/16"),
        "{inside}"
    );
    let data = &blocks["resource azurerm_network_security_group.data"];
    let inbound = rule(data, "order-history-nodes-to-order-history-main");
    assert!(
        inbound.contains("azurerm_subnet.order_history_nodes.address_prefixes"),
        "{inbound}"
    );
    assert!(!data.contains("market-nodes-to-order-history-main"), "{data}");
    // Azure takes twelve letters and digits.
    let pool = &blocks["resource azurerm_kubernetes_cluster_node_pool.order_history_nodes"];
    assert!(
        pool.contains("name = \"orderh") && pool.contains("cloudgen/pool=order-history:NoSchedule"),
        "{pool}"
    );
}

#[test]
fn gateways_find_the_cluster_at_one_address() {
    let (blocks, _) = render(MALL);
    let public = &blocks["resource azurerm_application_gateway.public"];
    assert!(
        public.contains("ip_addresses = [\n      \"10.60.199.254\"") || public.contains("[\"10.60.199.254\"]"),
        "{public}"
    );
    assert!(
        public.contains("port = 8080") && public.contains("port = 15021"),
        "{public}"
    );
    assert!(public.contains("{var_add_x_forwarded_for_proxy}"), "{public}");
    let system = &blocks["resource azurerm_network_security_group.system_nodes"];
    let inbound = rule(system, "public-gateway-to-cluster-gateway");
    assert!(
        inbound.contains("\"8080\"") && inbound.contains("\"15021\"") && !inbound.contains("8081"),
        "{inbound}"
    );
    // Nobody in the cluster is called.
    assert!(!system.contains("internal-gateway-to-cluster-gateway"), "{system}");
    assert!(system.contains("name = \"system-nodes-to-vault\""), "{system}");
}

#[test]
fn pods_are_the_identity_of_their_service() {
    let (blocks, readme) = render(MALL);
    let trust = &blocks["resource azurerm_federated_identity_credential.market_web"];
    assert!(
        trust.contains("\"system:serviceaccount:mall-market:market-web\""),
        "{trust}"
    );
    assert!(blocks["resource azurerm_role_assignment.market_web"].contains("Key Vault Secrets User"));
    let keda = &blocks["resource azurerm_role_assignment.keda"];
    assert!(
        keda.contains("Monitoring Reader") && keda.contains("azurerm_servicebus_namespace.main"),
        "{keda}"
    );
    let cluster = &blocks["resource azurerm_kubernetes_cluster.main"];
    for argument in [
        "private_cluster_enabled = true",
        "local_account_disabled = true",
        "\"stable\"",
        "keda_enabled = true",
    ] {
        assert!(cluster.contains(argument), "{argument}: {cluster}");
    }
    // The grants go before the cluster, and after it.
    assert!(cluster.contains("time_sleep.cluster"), "{cluster}");
    assert!(readme.contains("as `mall-nodes`, the role *AcrPull*"), "{readme}");
    assert!(!blocks.contains_key("resource azurerm_linux_virtual_machine_scale_set.market_web"));
}

#[test]
fn nodes_and_machines_pull_from_the_registry() {
    let (blocks, readme) = render(MALL);
    assert!(blocks["resource azurerm_role_assignment.nodes"].contains("AcrPull"));
    assert!(blocks["resource azurerm_role_assignment.pay_api"].contains("AcrPull"));
    assert!(!blocks["resource azurerm_role_assignment.market_web"].contains("AcrPull"));
    let task = &blocks["resource azurerm_container_registry_task.purge"];
    assert!(
        task.contains("--filter 'market:.*' --filter 'pay:.*' --ago 0d --keep 12"),
        "{task}"
    );
    let registry = &blocks["resource azurerm_container_registry.main"];
    assert!(
        registry.contains("admin_enabled = false") && registry.contains("\"Deny\""),
        "{registry}"
    );
    assert!(readme.contains("-target=azurerm_container_registry.main"), "{readme}");
}

#[test]
fn a_named_version_stays_and_named_ranges_reach_the_api() {
    let said = "[registry]\n";
    let more =
        "[kubernetes]\nversion = \"1.36\"\nchannel = \"rapid\"\napi_cidrs = [\"203.0.113.0/24\"]\n\n[registry]\n";
    let (blocks, _) = render(&MALL.replace(said, more));
    let cluster = &blocks["resource azurerm_kubernetes_cluster.main"];
    assert!(cluster.contains("automatic_upgrade_channel = \"patch\""), "{cluster}");
    assert!(
        cluster.contains("203.0.113.0/24") && cluster.contains("azurerm_public_ip.nodes.ip_address"),
        "{cluster}"
    );
    // Its nodes have that address to themselves.
    for (subnet, gateway) in [
        ("system_nodes", "nodes"),
        ("market_nodes", "nodes"),
        ("application", "main"),
    ] {
        let attached = &blocks[&format!("resource azurerm_subnet_nat_gateway_association.{subnet}")];
        let gateway = format!("nat_gateway_id = azurerm_nat_gateway.{gateway}.id");
        assert!(attached.contains(&gateway), "{attached}");
    }
    assert!(
        cluster.contains("azurerm_nat_gateway_public_ip_association.nodes"),
        "{cluster}"
    );
    assert!(!cluster.contains("private_cluster_enabled"), "{cluster}");
    let pool = &blocks["resource azurerm_kubernetes_cluster_node_pool.market_nodes"];
    assert!(pool.contains("orchestrator_version = \"1.36\""), "{pool}");
}

#[test]
fn another_domain_moves_no_pool() {
    let (before, _) = render(MALL);
    let more = "\n[domains.ship.services.api]\nruntime = \"kubernetes\"\nimage = \"ship:1\"\nport = 8083\nhealth = { path = \"/\" }\n";
    let (after, _) = render(&format!("{MALL}{more}"));
    for name in ["market_nodes", "order_history_nodes", "system_nodes"] {
        let subnet = format!("resource azurerm_subnet.{name}");
        assert_eq!(before[&subnet], after[&subnet]);
    }
    let group = "resource azurerm_network_security_group.market_nodes";
    assert_eq!(before[group], after[group]);
}

/// Two services of the cluster behind ports of their own, and one on machines.
const PORTS: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[domains.market.services.web]
image = "market:1"
port = 8080
public = true
health = { path = "/healthz" }
calls = ["ship.api", "pay.api"]

[domains.pay.services.api]
image = "pay:1"
port = 8081
health = { path = "/healthz" }

[domains.ship.services.api]
runtime = "kubernetes"
image = "ship:1"
port = 8082
health = { path = "/healthz" }

[domains.ship.services.admin]
runtime = "kubernetes"
image = "admin:1"
port = 8083
health = { path = "/healthz" }
"#;

#[test]
fn the_internal_gateway_leads_into_the_cluster_for_the_names_of_a_port_alone() {
    let text =
        format!("{PORTS}\n[domains.back.services.desk]\nimage = \"desk:1\"\nport = 8084\ncalls = [\"ship.admin\"]\n");
    let (blocks, _) = render(&text);
    let gateway = &blocks["resource azurerm_application_gateway.internal"];
    let listeners: Vec<&str> = gateway.split("http_listener {").skip(1).collect();
    assert_eq!(listeners.len(), 3, "{gateway}");
    let of = |port: u16| {
        let port = format!("frontend_port_name = \"port-{port}\"");
        let found = listeners.iter().find(|listener| listener.contains(&port));
        found.unwrap().split('}').next().unwrap()
    };
    assert!(of(8082).contains("host_name = \"ship-api.mall.internal\""), "{gateway}");
    assert!(
        of(8083).contains("host_name = \"ship-admin.mall.internal\""),
        "{gateway}"
    );
    // A pool of machines has one service, whatever it is asked for.
    assert!(!of(8081).contains("host_name"), "{gateway}");
}

#[test]
fn nodes_that_services_let_out_need_no_rule_of_their_own_for_it() {
    let (blocks, _) = render(MALL);
    let group = |name: &str| &blocks[&format!("resource azurerm_network_security_group.{name}")];
    assert!(
        !group("market_nodes").contains("\"platform\""),
        "{}",
        group("market_nodes")
    );
    assert!(group("market_nodes").contains("market-nodes-to-internet"));
    assert!(group("system_nodes").contains("\"platform\""));
}
