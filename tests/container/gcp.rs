//! Containers on Google Cloud: Cloud Run behind the load balancers, rules by tags, secrets by version, what Cloud Run refuses.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::diagnostic::{Diagnostic, Severity, render};
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[services.web]
runtime = "container"
image = "registry.example.com/shop/web:1"
port = 8080
public = true
health = { path = "/healthz", grace_seconds = 60 }
calls = ["was"]
environment = { LEVEL = "info" }

[services.was]
runtime = "container"
image = "asia-northeast3-docker.pkg.dev/shop/images/was:1"
arguments = ["--workers", "${4}"]
port = 8000
size = { cpu = 3, memory_gb = 4 }
scale = { min = 1, max = 9 }
reads = ["main", "api-key"]
writes = ["main"]

[services.batch]
image = "batch:1"
port = 8001
calls = ["was"]

[databases.main]
engine = "postgres"

[secrets.api-key]
"#;

/// The blueprint with a part of it said otherwise.
fn with(from: &str, to: &str) -> String {
    assert!(SHOP.contains(from), "{from}");
    SHOP.replacen(from, to, 1)
}

/// The blocks of the rendered document by address, as text.
pub(super) fn blocks(text: &str) -> BTreeMap<String, String> {
    let show = |problems: &[Diagnostic]| render::text("shop", text, problems, false);
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{}", show(&problems)));
    let outcome = cloudgen::compile(&blueprint, Target::Gcp);
    let rendered = outcome
        .value
        .unwrap_or_else(|| panic!("{}", show(&outcome.diagnostics)));
    let body = hcl::parse(&rendered.terraform()).unwrap();
    let named = body.into_blocks().map(|block| {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        let name = match block.identifier() {
            "locals" => block.body().attributes().map(hcl::Attribute::key).collect(),
            _ => labels.join("."),
        };
        (name, hcl::to_string(&hcl::Body::from(vec![block])).unwrap())
    });
    named.collect()
}

/// (rule, severity) of everything that is said about a blueprint.
pub(super) fn problems(text: &str) -> Vec<(String, Severity)> {
    let blueprint = blueprint::load(text, None).unwrap();
    let outcome = cloudgen::compile(&blueprint, Target::Gcp);
    let said = outcome.diagnostics.iter();
    said.map(|problem| (problem.rule.to_string(), problem.severity))
        .collect()
}

/// Whatever white space is between its words.
pub(super) fn has(block: &str, wanted: &[&str]) {
    let block = block.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in wanted {
        assert!(block.contains(line), "no {line} in\n{block}");
    }
}

#[test]
fn nothing_but_a_load_balancer_reaches_a_service() {
    let all = blocks(SHOP);
    for (service, ingress) in [
        ("web", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"),
        ("was", "INGRESS_TRAFFIC_INTERNAL_ONLY"),
    ] {
        let run = &all[&format!("google_cloud_run_v2_service.{service}")];
        has(
            run,
            &[
                &format!("ingress = \"{ingress}\""),
                "default_uri_disabled = true",
                "invoker_iam_disabled = true",
                "deletion_protection = false",
                "egress = \"ALL_TRAFFIC\"",
                &format!("tags = [ \"shop\", \"shop-{service}\" ]"),
            ],
        );
    }
    assert!(!all.values().any(|text| text.contains("allUsers")));
    let backend = &all["google_compute_region_backend_service.was_internal_run"];
    has(backend, &["google_compute_region_network_endpoint_group.was.id"]);
    for refused in ["health_checks", "port_name", "timeout_sec"] {
        assert!(!backend.contains(refused), "{backend}");
    }
    has(
        &all["google_compute_region_url_map.internal_8000"],
        &["google_compute_region_backend_service.was_internal_run.id"],
    );
}

#[test]
fn rules_tell_containers_apart_by_their_tags() {
    let all = blocks(SHOP);
    let rule = |name: &str| &all[&format!("google_compute_firewall.{name}")];
    has(
        rule("deny_egress_of_containers"),
        &["target_tags = [ \"shop\" ]", "EGRESS"],
    );
    has(rule("was_run_to_main"), &["\"shop-was\"", "\"5432\""]);
    has(rule("web_run_to_balancer"), &["\"shop-web\"", "\"8000\""]);
    has(
        rule("batch_to_balancer"),
        &["google_service_account.batch.email", "\"8000\""],
    );
    let of_web = all
        .keys()
        .filter(|name| name.starts_with("google_compute_firewall.web"));
    assert_eq!(
        of_web.count(),
        1,
        "the web service may reach the load balancer, and no database"
    );
    let accounts = &all["service_accounts"];
    assert!(accounts.contains("batch") && !accounts.contains("was"), "{accounts}");
    assert!(!all.contains_key("google_project_iam_member.was_logs"));
}

#[test]
fn secrets_come_in_a_version_and_never_as_text() {
    let all = blocks(SHOP);
    let was = &all["google_cloud_run_v2_service.was"];
    has(
        was,
        &[
            "version = google_secret_manager_secret_version.main.version",
            "dynamic \"env\"",
            "var.api_key_secret_version > 0 ? [",
            "rollout = var.rollout",
            "\"$${4}\"",
            "cpu = \"4\"",
            "max_instance_count = 9",
            "min_instance_count = 1",
        ],
    );
    assert!(!was.contains("\"PORT\"") && !was.contains("_wo"), "{was}");
    let web = &all["google_cloud_run_v2_service.web"];
    has(
        web,
        &[
            "failure_threshold = 6",
            "path = \"/healthz\"",
            "\"LEVEL\"",
            "\"WAS_URL\"",
        ],
    );
    assert!(!web.contains("secret_key_ref"), "{web}");
}

#[test]
fn images_come_from_artifact_registry() {
    let all = blocks(SHOP);
    has(
        &all["google_artifact_registry_repository.images_registry_example_com"],
        &[
            "mode = \"REMOTE_REPOSITORY\"",
            "uri = \"https://registry.example.com\"",
            "kms_key_name",
        ],
    );
    has(
        &all["google_cloud_run_v2_service.web"],
        &["google_artifact_registry_repository.images_registry_example_com.repository_id}/shop/web:1"],
    );
    let named = &all["google_artifact_registry_repository_iam_member.cloud_run"];
    has(
        named,
        &[
            "\"shop/asia-northeast3/images\"",
            "google_project_service_identity.run.member",
        ],
    );
}

#[test]
fn one_more_service_changes_no_other() {
    let more = format!("{SHOP}[services.more]\nruntime = \"container\"\nimage = \"more:1\"\nport = 8002\n");
    let (before, after) = (blocks(SHOP), blocks(&more));
    let changed = before.iter().filter(|(name, text)| after.get(*name) != Some(*text));
    let changed: Vec<&str> = changed.map(|(name, _)| name.as_str()).collect();
    assert_eq!(changed, ["google_logging_project_sink.main"]);
}

#[test]
fn every_shard_is_spelled() {
    let sharded = with("monolith", "sharding").replace(
        "engine = \"postgres\"",
        "engine = \"postgres\"\nsharding = { key = \"id\", shards = 2, tables = [\"t\"], strategy = \"hash\", router = \"application\" }",
    );
    let was = blocks(&sharded)["google_cloud_run_v2_service.was"].clone();
    for variable in ["HOST", "PORT", "NAME", "USER", "TLS", "SECRET", "PASSWORD"] {
        has(&was, &[&format!("\"MAIN_SHARD_S1_{variable}\"")]);
    }
    has(
        &was,
        &["google_secret_manager_secret_version.main_shard[\"s1\"].version"],
    );
    let many = sharded.replace("shards = 2", "shards = 200");
    assert!(problems(&many).contains(&("container-variables".to_owned(), Severity::Error)));
}

#[test]
fn containers_reach_a_proxy_from_their_subnet() {
    let proxied = with("monolith", "sharding").replace(
        "engine = \"postgres\"",
        "engine = \"postgres\"\nsharding = { key = \"id\", shards = 2, tables = [\"t\"], strategy = \"hash\" }",
    );
    let all = blocks(&proxied);
    has(
        &all["google_compute_firewall.main_proxy_from_was"],
        &[
            "source_ranges = [ google_compute_subnetwork.containers.ip_cidr_range",
            "INGRESS",
        ],
    );
    has(
        &all["google_compute_firewall.was_run_to_main_proxy"],
        &["\"shop-was\"", "EGRESS"],
    );
}

/// What takes from a queue, without a port, between so many containers.
fn worker(scale: &str) -> String {
    let batch = "[services.batch]\nimage = \"batch:1\"\nport = 8001\ncalls = [\"was\"]";
    let pool = format!(
        "[queues.jobs]\n\n[services.batch]\nruntime = \"container\"\nimage = \"batch:1\"\nconsumes = [\"jobs\"]\nscale = {scale}"
    );
    with(batch, &pool)
}

#[test]
fn a_worker_pool_has_a_number_and_no_mode() {
    let text = worker("{ min = 2, max = 5, queue_messages = 10 }");
    let pool = &blocks(&text)["google_cloud_run_v2_worker_pool.batch"];
    has(pool, &["manual_instance_count = 2"]);
    for refused in ["scaling_mode", "min_instance_count", "max_instance_count"] {
        assert!(!pool.contains(refused), "{pool}");
    }
    let fixed = ("container-fixed".to_owned(), Severity::Warning);
    assert!(problems(&text).contains(&fixed));
    let same = problems(&worker("{ min = 2, max = 2 }"));
    assert!(!same.contains(&fixed), "{same:?}");
}

#[test]
fn the_authority_of_a_cache_goes_with_it() {
    let cached = with(
        "reads = [\"main\", \"api-key\"]",
        "reads = [\"main\", \"api-key\", \"fast\"]",
    );
    let all = blocks(&format!("{cached}\n[caches.fast]\n"));
    let secret = |name: &str| &all[&format!("google_secret_manager_secret.{name}")];
    has(secret("fast_authority"), &["deletion_protection = false"]);
    has(secret("api_key"), &["deletion_protection = true"]);
    has(secret("main"), &["deletion_protection = true"]);
}

#[test]
fn what_cloud_run_has_not_is_said() {
    let cases = [
        (
            "cpu = 3, memory_gb = 4",
            "cpu = 16, memory_gb = 4",
            "container-size",
            Severity::Error,
        ),
        (
            "cpu = 3, memory_gb = 4",
            "gcp = \"e2-standard-4\"",
            "container-machine-type",
            Severity::Error,
        ),
        ("LEVEL", "K_SERVICE", "container-variable", Severity::Error),
        (
            "max = 9",
            "max = 9, cpu_percent = 80",
            "container-load",
            Severity::Warning,
        ),
        (
            "grace_seconds = 60",
            "grace_seconds = 600",
            "container-start",
            Severity::Warning,
        ),
        (
            "port = 8000",
            "port = 8000\ndisk_gb = 50",
            "container-disk",
            Severity::Warning,
        ),
    ];
    for (from, to, rule, severity) in cases {
        let said = problems(&with(from, to));
        assert!(said.contains(&(rule.to_owned(), severity)), "{rule}: {said:?}");
    }
    let small =
        with("[services.web]", "[network]\ncidr = \"10.0.0.0/20\"\n\n[services.web]").replace("max = 9", "max = 300");
    let said = problems(&small);
    assert!(
        said.contains(&("container-addresses".to_owned(), Severity::Error)),
        "{said:?}"
    );
}
