//! Shards on Google Cloud: what more of them change, who reaches which server and reads which password, what does not fit.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::diagnostic::{Diagnostic, Severity, render};
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "sharding"
region = "seoul"

[services.web]
image = "web:1"
port = 8080
public = true
reads = ["main"]
writes = ["main"]

[services.report]
image = "report:1"
port = 8081
public = true
routes = ["/report"]
reads = ["ledger"]

[databases.main]
engine = "ENGINE"
storage_gb = 100

[databases.main.sharding]
key = "customer_id"
strategy = "hash"
tables = ["orders"]
storage_gb = 200
SHARDS

[databases.main.sharding.proxy]
image = "registry.example.com/proxy:5.5.3"

[databases.ledger]
engine = "ENGINE"

[databases.ledger.sharding]
key = "tenant"
shards = ["east", "west"]
strategy = "directory"
directory = { acme = "west" }
default = "east"
tables = ["entries"]
router = "application"
"#;

/// The blocks of the rendered document by address, as text; or the ids of the rules that refuse the blueprint.
fn compile(text: &str) -> Result<BTreeMap<String, String>, Vec<&'static str>> {
    let show = |problems: &[Diagnostic]| render::text("shop", text, problems, false);
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{}", show(&problems)));
    let outcome = cloudgen::compile(&blueprint, Target::Gcp);
    let Some(rendered) = outcome.value else {
        let errors = outcome
            .diagnostics
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        return Err(errors.map(|problem| problem.rule).collect());
    };
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
    Ok(blocks)
}

fn shop(engine: &str, shards: &str) -> BTreeMap<String, String> {
    let text = SHOP.replace("ENGINE", engine).replace("SHARDS", shards);
    compile(&text).unwrap_or_else(|rules| panic!("{rules:?}"))
}

fn resource<'a>(blocks: &'a BTreeMap<String, String>, address: &str) -> &'a str {
    let found = blocks.get(&format!("resource {address}"));
    found.unwrap_or_else(|| panic!("no {address}"))
}

/// What stands behind the start of an address, over all blocks.
fn named<'a>(blocks: &'a BTreeMap<String, String>, start: &str) -> Vec<&'a str> {
    let start = format!("resource {start}");
    blocks
        .keys()
        .filter_map(|address| address.strip_prefix(start.as_str()))
        .collect()
}

#[test]
fn more_shards_are_more_keys() {
    for engine in ["postgres", "mysql"] {
        let (four, eight) = (shop(engine, "shards = 4"), shop(engine, "shards = 8"));
        let changed: Vec<&String> = eight
            .iter()
            .filter(|(address, text)| four.get(*address) != Some(*text))
            .map(|(address, _)| address)
            .collect();
        let expected = [
            "locals main_shards",
            "resource google_compute_region_instance_template.main_proxy",
            "resource google_monitoring_alert_policy.main_shard_hot",
        ];
        assert_eq!(changed, expected, "the servers, their list, and what routes");
        assert_eq!(four.len(), eight.len());
    }
}

#[test]
fn shards_that_are_filled_are_told_to_nobody() {
    let (four, filling) = (
        shop("postgres", "shards = 4"),
        shop("postgres", "shards = 8\nactive = 4"),
    );
    let ids = |blocks: &BTreeMap<String, String>, name: &str| -> Vec<String> {
        let words = blocks[name].split('"');
        words.skip(1).step_by(2).map(str::to_owned).collect()
    };
    assert_eq!(
        ids(&filling, "locals active_main_shards"),
        ids(&four, "locals main_shards"),
        "in the same order"
    );
    let proxy = "google_compute_region_instance_template.main_proxy";
    let renamed = resource(&filling, proxy).replace("local.active_main_shards", "local.main_shards");
    assert_eq!(renamed, resource(&four, proxy), "its machines stay");
    let hot = "google_monitoring_alert_policy.main_shard_hot";
    assert_eq!(
        resource(&filling, hot),
        resource(&four, hot),
        "idle shards have no part in the mean"
    );
}

#[test]
fn shards_are_like_the_main_server() {
    for engine in ["postgres", "mysql"] {
        let blocks = shop(engine, "shards = 4");
        let [main, shard] = ["main", "main_shard"].map(|name| {
            let text = resource(&blocks, &format!("google_sql_database_instance.{name}"));
            let own = ["for_each", "name = \"shop-main", "disk_size", "resource"];
            let common = text
                .lines()
                .filter(|line| !own.iter().any(|part| line.trim().starts_with(part)));
            common.map(str::to_owned).collect::<Vec<_>>()
        });
        assert_eq!(main, shard);
        let shard = resource(&blocks, "google_sql_database_instance.main_shard");
        assert!(shard.contains("disk_size = 200"), "{shard}");
        let user = resource(&blocks, "google_sql_user.main_shard");
        assert!(
            user.contains("ephemeral.random_password.main_shard[each.key].result"),
            "{user}"
        );
    }
}

#[test]
fn callers_of_the_proxy_reach_and_read_the_proxy_alone() {
    let blocks = shop("postgres", "shards = 4");
    let reached = |service: &str| named(&blocks, &format!("google_compute_firewall.{service}_to_"));
    assert_eq!(reached("web"), ["main_proxy"]);
    assert_eq!(reached("main_proxy"), ["main", "main_shard"]);
    assert_eq!(reached("report"), ["ledger", "ledger_shard"]);
    let read = |service: &str| {
        named(
            &blocks,
            &format!("google_secret_manager_secret_iam_member.{service}_uses_"),
        )
    };
    assert_eq!(read("web"), ["main_proxy"]);
    assert_eq!(read("main_proxy"), ["main", "main_proxy", "main_shard"]);
    assert_eq!(read("report"), ["ledger", "ledger_shard", "ledger_shards_map"]);
    assert_eq!(
        named(&blocks, "google_compute_firewall.main_proxy_from_"),
        ["balancer", "web"]
    );
    let caller = resource(&blocks, "google_compute_firewall.main_proxy_from_web");
    assert!(
        caller.contains("source_service_accounts") && !caller.contains("source_ranges"),
        "{caller}"
    );
    let checks = resource(&blocks, "google_compute_firewall.main_proxy_from_balancer");
    assert!(
        !checks.contains("google_compute_subnetwork"),
        "packets come from the caller: {checks}"
    );
}

#[test]
fn a_proxy_trusts_the_authorities_of_its_own_servers() {
    let blocks = shop("mysql", "shards = 4");
    let machines = resource(&blocks, "google_compute_region_instance_template.main_proxy");
    for part in [
        "google_sql_database_instance.main.server_ca_cert[0].cert",
        "for id in local.main_shards : google_sql_database_instance.main_shard[id].server_ca_cert[0].cert",
        "sslMode=VERIFY_CA",
    ] {
        assert!(machines.contains(part), "{part} in {machines}");
    }
    let others = resource(&blocks, "google_compute_region_instance_template.report");
    assert!(!others.contains("server_ca_cert"), "{others}");
}

#[test]
fn replicas_of_the_main_server_are_the_proxys() {
    for (replicas, edition, authority) in [
        (
            "replicas = 2",
            "",
            "for replica in google_sql_database_instance.main_replica : replica.server_ca_cert[0].cert",
        ),
        (
            "replicas = { min = 1, max = 3 }",
            "size = { cpu = 2, memory_gb = 16 }",
            "google_sql_database_instance.main_read.server_ca_cert[0].cert",
        ),
    ] {
        let text = SHOP.replacen(
            "[databases.main]",
            &format!("[databases.main]\n{replicas}\n{edition}"),
            1,
        );
        let text = text.replace("ENGINE", "postgres").replace("SHARDS", "shards = 4");
        let blocks = compile(&text).unwrap_or_else(|rules| panic!("{replicas}: {rules:?}"));
        let reached = |service: &str| named(&blocks, &format!("google_compute_firewall.{service}_to_"));
        assert_eq!(reached("web"), ["main_proxy"]);
        assert_eq!(reached("main_proxy"), ["main", "main_read", "main_shard"]);
        let machines = resource(&blocks, "google_compute_region_instance_template.main_proxy");
        for part in [
            authority,
            "MAIN_READ_HOST=main-read.shop.internal",
            "- !READWRITE_SPLITTING",
        ] {
            assert!(machines.contains(part), "{part} in {machines}");
        }
        let group = resource(&blocks, "google_compute_region_instance_group_manager.main_proxy");
        assert!(group.contains("google_dns_record_set.main_read_internal"), "{group}");
        let web = resource(&blocks, "google_compute_region_instance_template.web");
        assert!(!web.contains("MAIN_READ"), "{web}");
    }
}

#[test]
fn proxies_have_a_thousand_addresses_of_their_own() {
    let machines = "google_compute_region_instance_template.main_proxy";
    let callers = "google_compute_region_instance_template.web";
    let blocks = shop("postgres", "shards = 4");
    let subnet = resource(&blocks, "google_compute_subnetwork.proxy");
    assert!(subnet.contains("/22\""), "{subnet}");
    assert!(resource(&blocks, machines).contains("google_compute_subnetwork.proxy.id"));
    assert!(resource(&blocks, callers).contains("google_compute_subnetwork.application.id"));
    let translation = resource(&blocks, "google_compute_router_nat.main");
    for name in ["application", "proxy"] {
        assert!(
            translation.contains(&format!("google_compute_subnetwork.{name}.id")),
            "{translation}"
        );
    }
    let small =
        SHOP.replace("ENGINE", "postgres").replace("SHARDS", "shards = 4") + "\n[network]\ncidr = \"10.9.0.0/20\"\n";
    let blocks = compile(&small).unwrap();
    assert_eq!(
        named(&blocks, "google_compute_subnetwork.proxy"),
        [""; 0],
        "all machines have 512 addresses"
    );
    assert!(resource(&blocks, machines).contains("google_compute_subnetwork.application.id"));
}

#[test]
fn callers_start_behind_the_proxy() {
    let blocks = shop("postgres", "shards = 4");
    let waits = |service: &str| {
        let group = resource(
            &blocks,
            &format!("google_compute_region_instance_group_manager.{service}"),
        );
        group.contains("google_compute_forwarding_rule.main_proxy")
    };
    assert!(waits("web"));
    assert!(!waits("report"), "it does not use the proxy");
    assert!(!waits("main_proxy"));
}

#[test]
fn storage_that_grows_in_time_is_no_alarm() {
    let blocks = shop("postgres", "shards = 4");
    let alarm = resource(&blocks, "google_monitoring_alert_policy.main_shard_storage");
    assert!(
        !alarm.contains("disk_utilization") && !alarm.contains("disk/utilization"),
        "{alarm}"
    );
    for part in [
        "database_disk_quota",
        "database_disk_bytes_used",
        "shop-main-shard-${each.key}-",
    ] {
        assert!(alarm.contains(part), "{part} in {alarm}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |engine: &str, shards: &str| {
        let text = SHOP.replace("ENGINE", engine).replace("SHARDS", shards);
        compile(&text).err().unwrap_or_default()
    };
    assert_eq!(refused("postgres", "shards = 160"), [""; 0]);
    assert_eq!(refused("postgres", "shards = 161"), ["proxied-shards"]);
    assert_eq!(
        refused("postgres", "shards = 320\nactive = 160"),
        [""; 0],
        "idle shards have no certificate there"
    );
    let alone = SHOP
        .replace("ENGINE", "postgres")
        .replace("SHARDS", "shards = 1000\nrouter = \"application\"")
        .replace(
            "[databases.main.sharding.proxy]\nimage = \"registry.example.com/proxy:5.5.3\"\n",
            "",
        );
    assert_eq!(compile(&alone).err(), None, "applications are told of a thousand");
    let keys: Vec<String> = (0..1000).map(|key| format!("\"{key:0>64}\" = \"west\"")).collect();
    let long = alone
        .replace("shards = 1000", "shards = 4")
        .replace("acme = \"west\"", &keys.join(", "));
    assert_eq!(compile(&long).err(), Some(vec!["shard-map-too-large"]));
    let names = SHOP
        .replace("ENGINE", "postgres")
        .replace("SHARDS", "shards = 4")
        .replace("\"shop\"", "\"an-exceedingly-lon\"")
        .replace("ledger", "a-long-ledger-of-all")
        .replace("\"east\"", "\"abcdefghijkl\"");
    assert_eq!(compile(&names).err(), Some(vec!["name-too-long"]));
}
