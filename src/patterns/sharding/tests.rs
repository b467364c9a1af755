//! Which shards there are, which of them rows are routed to, and what is said of maps that do not fit.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::blueprint;
use crate::diagnostic::Diagnostic;
use crate::ir::{Alarm, Peer, Probe, Router, Sharding, Strategy, System, Value};

/// A system whose database `main` has these lines under `sharding`.
fn build(lines: &str) -> Result<(System, Vec<Diagnostic>), Vec<Diagnostic>> {
    build_with("", lines)
}

/// The same with further lines of `main` itself.
fn build_with(own: &str, lines: &str) -> Result<(System, Vec<Diagnostic>), Vec<Diagnostic>> {
    let text = format!(
        r#"
        name = "shop"
        pattern = "sharding"
        region = "seoul"
        observability.emails = ["platform@example.com"]

        [services.web]
        image = "nginx:1.29"
        port = 8080
        public = true
        reads = ["main"]
        writes = ["main"]

        [databases.main]
        engine = "postgres"
        {own}

        [databases.main.sharding]
        key = "customer_id"
        tables = ["orders"]
        {lines}
        "#
    );
    let blueprint = blueprint::load(&text, None).expect("the language knows all of it");
    crate::patterns::build(&blueprint)
}

fn sharding(lines: &str) -> Sharding {
    let (system, _) = build(lines).expect("nothing is wrong");
    let (_, _, sharding) = system.sharded().next().expect("shards");
    sharding.clone()
}

/// The rules that a blueprint breaks.
fn rules(lines: &str) -> Vec<&'static str> {
    let problems = match build(lines) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    problems.iter().map(|problem| problem.rule).collect()
}

fn active(sharding: &Sharding) -> Vec<&str> {
    sharding.active().map(|shard| shard.id.as_str()).collect()
}

#[test]
fn a_number_of_shards_is_counted_from_s0() {
    let found = sharding("shards = 3\nstrategy = \"hash\"");
    assert_eq!(active(&found), ["s0", "s1", "s2"]);
    assert_eq!(found.strategy, Strategy::Hash);
}

#[test]
fn named_shards_keep_their_order_because_it_is_the_remainder() {
    let found = sharding("shards = [\"us\", \"asia\", \"europe\"]\nstrategy = \"hash\"");
    assert_eq!(active(&found), ["us", "asia", "europe"]);
}

#[test]
fn the_first_shards_are_active_while_more_are_filled() {
    let found = sharding("shards = 8\nactive = 4\nstrategy = \"hash\"");
    assert_eq!(found.shards.len(), 8);
    assert_eq!(active(&found), ["s0", "s1", "s2", "s3"]);
    assert_eq!(rules("shards = 8\nactive = 4\nstrategy = \"hash\""), Vec::<&str>::new());
    assert_eq!(
        rules("shards = 6\nactive = 4\nstrategy = \"hash\""),
        ["shards-not-a-multiple"]
    );
    assert_eq!(
        rules("shards = 4\nactive = 5\nstrategy = \"hash\""),
        ["too-many-active"]
    );
}

#[test]
fn a_shard_without_a_range_is_made_and_not_used() {
    let ranges = "[{ shard = \"s0\" }, { from = -100, shard = \"s2\" }, { from = 0, shard = \"s0\" }]";
    let found = sharding(&format!("shards = 3\nstrategy = \"range\"\nranges = {ranges}"));
    assert_eq!(active(&found), ["s0", "s2"]);
    assert_eq!(
        found.strategy,
        Strategy::Range(vec![(None, 0), (Some(-100), 2), (Some(0), 0)])
    );
}

#[test]
fn a_default_alone_makes_its_shard_active() {
    let found = sharding("shards = 3\nstrategy = \"directory\"\ndirectory = { acme = \"s1\" }\ndefault = \"s2\"");
    assert_eq!(active(&found), ["s1", "s2"]);
    let Strategy::Directory { shards, default } = found.strategy else {
        panic!("a directory");
    };
    assert_eq!((shards["acme"], default), (1, Some(2)));
}

#[test]
fn ranges_cover_every_key_once() {
    let of = |ranges: &str| rules(&format!("shards = 2\nstrategy = \"range\"\nranges = [{ranges}]"));
    assert_eq!(of("{ from = 0, shard = \"s0\" }"), ["range-order"]);
    assert_eq!(of("{ shard = \"s0\" }, { shard = \"s1\" }"), ["range-order"]);
    assert_eq!(
        of("{ shard = \"s0\" }, { from = 5, shard = \"s1\" }, { from = 5, shard = \"s0\" }"),
        ["range-order"]
    );
    assert_eq!(
        of("{ shard = \"s0\" }, { from = 5, shard = \"s2\" }"),
        ["unknown-shard"]
    );
    assert_eq!(of(""), ["no-shard-map"]);
}

#[test]
fn a_directory_has_a_thousand_keys_at_most() {
    let of = |count: usize| {
        let keys: Vec<String> = (0..count).map(|key| format!("k{key} = \"s0\"")).collect();
        let keys = keys.join(", ");
        rules(&format!(
            "shards = 1\nstrategy = \"directory\"\ndirectory = {{ {keys} }}"
        ))
    };
    assert_eq!(of(1000), Vec::<&str>::new());
    assert_eq!(of(1001), ["large-directory"]);
}

#[test]
fn the_proxy_is_a_service_that_nobody_outside_reaches() {
    let (system, _) = build("shards = 2\nstrategy = \"hash\"").unwrap();
    let (_, _, sharding) = system.sharded().next().unwrap();
    let Router::Proxy(proxy) = sharding.router else {
        panic!("a proxy");
    };
    let proxy = &system.services[proxy];
    assert_eq!(
        (proxy.name.as_str(), proxy.public, proxy.port),
        ("main-proxy", false, 3307)
    );
    assert_eq!(proxy.health.probe, Probe::Tcp);
    let alarms = |system: &System| -> Vec<String> {
        let names = system.alarms.iter().map(|alarm: &Alarm| alarm.name.clone());
        names.filter(|name| name.contains("shard")).collect()
    };
    assert_eq!(
        alarms(&system),
        ["main-shard-load", "main-shard-storage", "main-shard-hot"]
    );
    let (alone, _) = build("shards = 1\nstrategy = \"hash\"").unwrap();
    assert_eq!(alarms(&alone), ["main-shard-load", "main-shard-storage"]);
}

#[test]
fn an_application_that_routes_needs_no_proxy() {
    let (system, _) = build("shards = 2\nstrategy = \"hash\"\nrouter = \"application\"").unwrap();
    assert_eq!(system.services.iter().count(), 1);
}

#[test]
fn a_proxy_reads_replicas_and_whoever_uses_it_is_told_of_none() {
    let (without, _) = build("shards = 2\nstrategy = \"hash\"").expect("nothing is wrong");
    let (with, _) = build_with("replicas = 2", "shards = 2\nstrategy = \"hash\"").expect("nothing is wrong");
    let names = |system: &System, proxy: bool| -> Vec<String> {
        let of = system.services.iter().filter(|(_, item)| item.is_tcp() == proxy);
        of.flat_map(|(_, item)| item.settings.iter().map(|setting| setting.name.clone()))
            .collect()
    };
    assert_eq!(names(&with, false), names(&without, false));
    let (id, database, sharding) = with.sharded().next().expect("shards");
    let proxy = sharding.proxy().expect("a proxy");
    assert_eq!(database.proxy(), Some(proxy));
    let more: Vec<String> = names(&with, true)
        .into_iter()
        .filter(|name| !names(&without, true).contains(name))
        .collect();
    assert_eq!(more, ["MAIN_READ_HOST"]);
    let settings = &with.services[proxy].settings;
    assert!(settings.iter().any(|setting| setting.value == Value::ReaderHost(id)));
    let readers: Vec<Peer> = with.flows_to(Peer::Readers(id)).map(|flow| flow.from).collect();
    assert_eq!(readers, [Peer::Service(proxy)]);
    assert!(with.alarms.iter().any(|alarm| alarm.name == "main-replica-lag"));
}
