//! The managed cluster on Google Cloud: whom a pool's nodes reach, how the load balancers find the gateway, whom pods may be; and the
//! registry.

use cloudgen::diagnostic::Severity;

use super::gcp::{blocks, has, problems};

const MALL: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[registry]
keep_images = 12

[domains.market.services.web]
runtime = "kubernetes"
image = "registry/market:1"
port = 8080
public = true
health = { path = "/healthz" }
calls = ["pay.api"]
reads = ["main", "session"]
writes = ["main", "session"]

[domains.market.databases.main]
engine = "postgres"

[caches.session]

[domains.pay.services.api]
image = "registry/pay:1"
port = 8081
health = { path = "/healthz" }

[domains.ship.services.worker]
runtime = "kubernetes"
image = "asia-northeast3-docker.pkg.dev/mall/old/ship:1"
reads = ["main"]
consumes = ["orders"]
scale = { min = 1, max = 4, queue_messages = 50 }

[domains.ship.databases.main]
engine = "mysql"

[domains.ship.queues.orders]
"#;

/// The blueprint with a part of it said otherwise.
fn with(from: &str, to: &str) -> String {
    assert!(MALL.contains(from), "{from}");
    MALL.replacen(from, to, 1)
}

#[test]
fn nodes_reach_what_their_domain_is_linked_to() {
    let all = blocks(MALL);
    let rule = &all["google_compute_firewall.market_nodes_to_market_main"];
    has(
        rule,
        &[
            "direction = \"EGRESS\"",
            "target_service_accounts = [ google_service_account.market_nodes.email ]",
            "google_compute_address.market_main_endpoint.address",
            "\"5432\"",
        ],
    );
    assert!(all.contains_key("google_compute_firewall.market_nodes_to_balancer"));
    assert!(all.contains_key("google_compute_firewall.ship_nodes_to_ship_main"));
    for closed in [
        "market_nodes_to_ship_main",
        "ship_nodes_to_market_main",
        "ship_nodes_to_balancer",
        "system_nodes_to_market_main",
    ] {
        assert!(
            !all.contains_key(&format!("google_compute_firewall.{closed}")),
            "{closed}"
        );
    }
    // What is not linked is closed, pods of other pools as well.
    has(
        &all["google_compute_firewall.deny_network_of_nodes"],
        &["priority = 2000", "\"100.64.0.0/10\"", "protocol = \"all\""],
    );
    // Agents of the tunnel are on nodes that reach every other.
    has(
        &all["google_compute_firewall.system_nodes_to_tunnel"],
        &["google_service_account.system_nodes.email", "\"8132\""],
    );
    let tunnels = all.values().filter(|text| text.contains("\"8132\""));
    assert_eq!(tunnels.count(), 1);
    let inside: Vec<&String> = all
        .iter()
        .filter(|(name, text)| name.starts_with("google_compute_firewall.") && text.contains("\"udp\""))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(inside, ["google_compute_firewall.system_nodes_to_pods"]);
}

#[test]
fn a_domain_has_nodes_and_addresses_of_its_own() {
    let all = blocks(MALL);
    let pool = &all["google_container_node_pool.market_nodes"];
    has(
        pool,
        &[
            "pod_range = \"domain-pods\"",
            "service_account = google_service_account.market_nodes.email",
            "key = \"cloudgen/pool\" value = \"market\" effect = \"NO_SCHEDULE\"",
            "mode = \"GKE_METADATA\"",
            "boot_disk_kms_key = google_kms_crypto_key.main.id",
        ],
    );
    assert!(!all["google_container_node_pool.system_nodes"].contains("taint"));
    has(
        &all["google_container_cluster.main"],
        &[
            "enable_private_nodes = true enable_private_endpoint = true",
            "allow_external_traffic = false",
            "datapath_provider = \"ADVANCED_DATAPATH\"",
            "key_name = google_kms_crypto_key.main.id",
        ],
    );
    // A domain that comes or goes moves nobody's addresses.
    let others = blocks(&with(
        "[domains.ship.services.worker]\nruntime = \"kubernetes\"",
        "[domains.ship.services.worker]",
    ));
    for same in [
        "google_container_node_pool.market_nodes",
        "google_container_cluster.main",
        "google_compute_subnetwork.nodes",
        "google_compute_firewall.system_nodes_to_pods",
    ] {
        assert_eq!(all[same], others[same]);
    }
    assert!(!others.contains_key("google_container_node_pool.ship_nodes"));
    let open = blocks(&format!("{MALL}\n[kubernetes]\napi_cidrs = [\"203.0.113.0/24\"]\n"));
    has(
        &open["google_container_cluster.main"],
        &["enable_private_endpoint = false", "cidr_block = \"203.0.113.0/24\""],
    );
}

#[test]
fn the_load_balancers_find_the_gateway_on_the_nodes_of_the_system() {
    let all = blocks(MALL);
    has(
        &all["google_compute_region_backend_service.system_nodes_public"],
        &[
            "port_name = \"public\"",
            "for_each = local.gateway_groups",
            "google_compute_region_health_check.system_nodes.id",
        ],
    );
    has(
        &all["google_compute_instance_group_named_port.system_nodes_public"],
        &["name = \"public\"", "port = 30080"],
    );
    has(
        &all["google_compute_region_health_check.system_nodes"],
        &["port = 30021", "request_path = \"/healthz/ready\""],
    );
    has(
        &all["google_compute_firewall.system_nodes_from_balancer"],
        &["\"30080\"", "\"30021\"", "\"35.191.0.0/16\""],
    );
    // Nobody calls a service of the cluster from inside.
    assert!(!all.contains_key("google_compute_region_backend_service.system_nodes_internal"));
    has(
        &all["google_compute_region_url_map.public"],
        &["default_service = google_compute_region_backend_service.system_nodes_public.id"],
    );
}

#[test]
fn pods_are_whom_their_service_is() {
    let all = blocks(MALL);
    has(
        &all["google_service_account_iam_member.market_web_pods"],
        &[
            "role = \"roles/iam.workloadIdentityUser\"",
            "workload_identity_config[0].workload_pool}[mall-market/market-web]\"",
        ],
    );
    assert!(!all.contains_key("google_project_iam_member.market_web_logs"));
    has(
        &all["google_service_account_iam_member.keda_pods"],
        &["[keda/keda-operator]\""],
    );
    let objects = &all["market_web_objects"];
    for wanted in ["gcpsm", "\"iam.gke.io/gcp-service-account\"", "session.pem"] {
        let found = all.values().any(|text| text.contains(wanted));
        assert!(found, "no {wanted} beside {objects}");
    }
}

#[test]
fn images_of_the_registry_are_read_by_those_who_start_them() {
    let all = blocks(MALL);
    has(
        &all["google_artifact_registry_repository.images"],
        &[
            "for_each = toset([\"market\", \"pay\"])",
            "immutable_tags = true",
            "keep_count = 12",
            "kms_key_name",
        ],
    );
    // Nobody reads an image that another starts.
    has(
        &all["google_artifact_registry_repository_iam_member.market_nodes"],
        &[
            "for_each = toset([\"market\"])",
            "google_artifact_registry_repository.images[each.key].repository_id",
        ],
    );
    has(
        &all["google_artifact_registry_repository_iam_member.pay_api_images"],
        &["google_artifact_registry_repository.images[\"pay\"].repository_id"],
    );
    for reader in ["market_nodes", "pay_api_images", "ship_nodes_named"] {
        let name = format!("google_artifact_registry_repository_iam_member.{reader}");
        has(&all[&name], &["role = \"roles/artifactregistry.reader\""]);
    }
    assert!(!all.contains_key("google_artifact_registry_repository_iam_member.ship_nodes"));
    let machines = &all["google_compute_region_instance_template.pay_api"];
    let image = "asia-northeast3-docker.pkg.dev/${data.google_project.this.project_id}/mall-pay/pay:1";
    assert!(machines.contains(&format!("docker pull --quiet {image}")), "{machines}");
    let run = blocks(&with(
        "[domains.pay.services.api]",
        "[domains.pay.services.api]\nruntime = \"container\"",
    ));
    has(
        &run["google_artifact_registry_repository_iam_member.images_of_containers"],
        &["google_project_service_identity.run.member"],
    );
    assert!(run["google_cloud_run_v2_service.pay_api"].contains(image));
}

#[test]
fn what_gke_cannot_is_said() {
    let rules = |text: &str| -> Vec<String> {
        let found = problems(text)
            .into_iter()
            .filter(|(_, severity)| *severity == Severity::Error);
        found.map(|(rule, _)| rule).collect()
    };
    assert!(rules(MALL).is_empty());
    let existing = "[network]\nexisting = { gcp = { network = \"projects/p/global/networks/n\", application = \"projects/p/regions/asia-northeast3/subnetworks/a\", proxies = \"10.0.0.0/24\" } }\n\n[registry]";
    assert_eq!(rules(&with("[registry]", existing)), ["cluster-existing-network"]);
    let closed = rules(&with("[registry]", "[network]\negress = \"none\"\n\n[registry]"));
    assert!(closed.contains(&"cluster-way-out".to_owned()), "{closed:?}");
    let many = "\n[kubernetes]\nnodes = { max = 300 }\n";
    assert_eq!(rules(&format!("{MALL}{many}")), ["no-room-for-pods"]);
    let long = with("registry/pay:1", &format!("registry/{}:1", "p".repeat(60)));
    assert_eq!(rules(&long), ["name-too-long"]);
    let taken = with("[domains.pay.services.api]", "[domains.market.services.nodes]");
    let taken = taken.replacen("calls = [\"pay.api\"]\n", "", 1);
    assert!(rules(&taken).contains(&"name-taken".to_owned()), "{:?}", rules(&taken));
    let warned = problems(&format!("{MALL}\n[kubernetes]\nversion = \"1.29\"\n"));
    assert!(
        warned.contains(&("kubernetes-version".to_owned(), Severity::Warning)),
        "{warned:?}"
    );
}

/// Behind the gateway services are told apart by the host name of a request, which whoever sends it may choose.
#[test]
fn a_port_of_the_internal_load_balancer_leads_to_its_services_alone() {
    let called = with(
        "[domains.pay.services.api]",
        "[domains.pay.services.api]\nruntime = \"kubernetes\"",
    );
    has(
        &blocks(&called)["google_compute_region_url_map.internal_8081"],
        &[
            "default_service = google_compute_region_backend_service.system_nodes_internal.id",
            "default_route_action { url_rewrite { host_rewrite = \"pay-api.mall.internal\" } }",
        ],
    );
    // Two of them behind one port, told apart by their paths.
    let both = r#"
name = "shop"
pattern = "monolith"
region = "seoul"
[services.web]
image = "web:1"
port = 8080
public = true
calls = ["orders", "stock"]
[services.orders]
runtime = "kubernetes"
image = "orders:1"
port = 8000
routes = ["/orders"]
[services.stock]
runtime = "kubernetes"
image = "stock:1"
port = 8000
routes = ["/stock"]
"#;
    let map = &blocks(both)["google_compute_region_url_map.internal_8000"];
    for service in ["orders", "stock"] {
        let renamed = format!("route_action {{ url_rewrite {{ host_rewrite = \"{service}.shop.internal\" }} }}");
        has(map, &[&format!("\"/{service}/*\""), &renamed, "http_status = 404"]);
    }
    // On machines there is nothing behind the backend but the service itself.
    assert!(!blocks(MALL)["google_compute_region_url_map.internal_8081"].contains("url_rewrite"));
}

#[test]
fn pods_are_counted_by_what_waits() {
    let blueprint = cloudgen::blueprint::load(MALL, None).unwrap();
    let rendered = cloudgen::compile(&blueprint, cloudgen::target::Target::Gcp)
        .value
        .unwrap();
    let pods = rendered.files.get("kubernetes/ship/compute.yaml").unwrap();
    assert!(pods.contains("type: prometheus"), "{pods}");
    assert!(pods.contains("\"subscription_id\"=\"mall-ship-orders\""), "{pods}");
    assert!(pods.contains("ignoreNullValues: 'true'"), "{pods}");
}

/// While a URL map leads to a backend, and a router translates a subnet, Google refuses to delete them.
#[test]
fn what_is_still_led_to_goes_last() {
    let all = blocks(&with(
        "[domains.pay.services.api]",
        "[domains.pay.services.api]\nruntime = \"container\"",
    ));
    let leaves = |name: &str| {
        name.starts_with("google_compute_region_backend_service.")
            || ["nodes", "containers"].contains(&name.trim_start_matches("google_compute_subnetwork."))
    };
    let leaving: Vec<_> = all.iter().filter(|(name, _)| leaves(name)).collect();
    assert!(leaving.len() > 3);
    for (_, block) in leaving {
        has(block, &["create_before_destroy = true"]);
    }
}
