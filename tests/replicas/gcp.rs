//! Read replicas on Google Cloud: what more of them change, who reaches which server, and what a pool is.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::diagnostic::{Diagnostic, render};
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "read-replica"
region = "seoul"

[observability]
emails = ["platform@example.com"]

[services.reader]
image = "reader:1"
port = 8080
public = true
reads = ["main"]

[services.writer]
image = "writer:1"
port = 8081
public = true
routes = ["/write"]
writes = ["main"]

[services.both]
image = "both:1"
port = 8082
public = true
routes = ["/both"]
reads = ["main"]
writes = ["main"]

[databases.main]
engine = "ENGINE"
replicas = REPLICAS
"#;

/// The blocks of the rendered document by address, as text.
fn render(engine: &str, replicas: &str, environment: Option<&str>) -> BTreeMap<String, String> {
    let mut text = SHOP.replace("ENGINE", engine).replace("REPLICAS", replicas);
    text.push_str("[environments.alone.databases.main]\nreplicas = 0\n");
    let show = |problems: &[Diagnostic]| render::text("shop", &text, problems, false);
    let blueprint = blueprint::load(&text, environment).unwrap_or_else(|problems| panic!("{}", show(&problems)));
    let outcome = cloudgen::compile(&blueprint, Target::Gcp);
    let rendered = outcome
        .value
        .unwrap_or_else(|| panic!("{}", show(&outcome.diagnostics)));
    let body = hcl::parse(&rendered.terraform()).unwrap();
    let mut blocks = BTreeMap::new();
    for block in body.into_blocks() {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        let name = match block.identifier() {
            "locals" => block.body().attributes().map(hcl::Attribute::key).collect(),
            _ => labels.join("."),
        };
        let address = format!("{} {name}", block.identifier());
        let text = hcl::to_string(&hcl::Body::from(vec![block])).unwrap();
        let before = blocks.insert(address.clone(), text);
        assert!(before.is_none(), "{address} twice");
    }
    blocks
}

fn resource<'a>(blocks: &'a BTreeMap<String, String>, address: &str) -> &'a str {
    let found = blocks.get(&format!("resource {address}"));
    found.unwrap_or_else(|| panic!("no {address}"))
}

#[test]
fn one_more_replica_is_one_more_key() {
    for engine in ["postgres", "mysql"] {
        let (two, three) = (render(engine, "2", None), render(engine, "3", None));
        let changed: Vec<&String> = three
            .iter()
            .filter(|(address, text)| two.get(*address) != Some(*text))
            .map(|(address, _)| address)
            .collect();
        assert_eq!(changed, ["locals main_replicas"]);
        assert_eq!(two.len(), three.len());
        let keys = &three["locals main_replicas"];
        for (key, zone) in [("1", "a"), ("2", "b"), ("3", "c")] {
            assert!(
                keys.contains(&format!("\"{key}\" = \"asia-northeast3-{zone}\"")),
                "{keys}"
            );
        }
    }
}

#[test]
fn the_primary_does_not_notice() {
    for engine in ["postgres", "mysql"] {
        let (alone, two) = (render(engine, "2", Some("alone")), render(engine, "2", None));
        let settings = |blocks: &BTreeMap<String, String>, name: &str| {
            let text = resource(blocks, "google_sql_database_instance.main");
            // The environment's own names.
            text.replace("shop-alone", "shop")
                .lines()
                .filter(|line| !line.contains("environment"))
                .map(str::to_owned)
                .chain([name.to_owned()])
                .collect::<Vec<String>>()
        };
        assert_eq!(settings(&alone, engine), settings(&two, engine));
        assert!(!alone.keys().any(|address| address.contains("replica")));
    }
}

#[test]
fn readers_and_writers_reach_their_own_servers_alone() {
    for replicas in ["2", "{ min = 2, max = 4 }"] {
        let blocks = render("postgres", replicas, None);
        let rules = |service: &str| -> Vec<&str> {
            let start = format!("resource google_compute_firewall.{service}_to_");
            blocks
                .keys()
                .filter_map(|address| address.strip_prefix(start.as_str()))
                .collect()
        };
        assert_eq!(rules("reader"), ["main_read"]);
        assert_eq!(rules("writer"), ["main"]);
        assert_eq!(rules("both"), ["main", "main_read"]);
        let rule = resource(&blocks, "google_compute_firewall.reader_to_main_read");
        assert!(!rule.contains("main_endpoint"), "{rule}");
        let group = resource(&blocks, "google_compute_region_instance_group_manager.reader");
        assert!(
            !group.contains("main_endpoint"),
            "waits for a server that it cannot reach"
        );
        assert!(group.contains("google_dns_record_set.main_read_internal"));
    }
}

#[test]
fn a_pool_is_one_server_with_one_address() {
    let blocks = render("mysql", "{ min = 2, max = 12, cpu_percent = 70 }", None);
    let pool = resource(&blocks, "google_sql_database_instance.main_read");
    for line in [
        "instance_type = \"READ_POOL_INSTANCE\"",
        "edition = \"ENTERPRISE_PLUS\"",
        "tier = \"db-perf-optimized-N-2\"",
        "min_node_count = 2",
        "max_node_count = 12",
        "target_value = 0.7",
    ] {
        assert!(pool.contains(line), "{line} in {pool}");
    }
    let primary = resource(&blocks, "google_sql_database_instance.main");
    assert!(primary.contains("edition = \"ENTERPRISE_PLUS\""), "{primary}");
    let name = resource(&blocks, "google_dns_record_set.main_read_internal");
    assert!(name.contains("google_compute_address.main_read.address"), "{name}");
    let alarm = resource(&blocks, "google_monitoring_alert_policy.main_replica_lag");
    assert!(!alarm.contains("condition_absent"), "nodes come and go: {alarm}");
}
