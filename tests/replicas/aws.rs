//! Read replicas on AWS: what a replica more changes, who reaches whom, and what the name that readers are told leads to.

use cloudgen::blueprint;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "read-replica"
region = "seoul"

[observability]
emails = ["platform@example.com"]

[services.query]
image = "query:1"
port = 8080
public = true
reads = ["main"]

[services.command]
image = "command:1"
port = 8081
public = true
routes = ["/orders"]
writes = ["main"]

[databases.main]
engine = "ENGINE"
replicas = 2
"#;

fn shop(engine: &str) -> String {
    SHOP.replace("ENGINE", engine)
}

/// The text of one Terraform file; empty where there is none.
fn file(text: &str, name: &str) -> String {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let outcome = cloudgen::compile(&blueprint, Target::Aws);
    let rendered = outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    let path = format!("terraform/{name}.tf");
    let found = rendered.files.iter().find(|(other, _)| *other == path);
    found.map(|(_, text)| text.to_owned()).unwrap_or_default()
}

/// The lines of `after` that `before` does not have.
fn added(before: &str, after: &str) -> Vec<String> {
    let known: Vec<&str> = before.lines().collect();
    let lines = after.lines().filter(|line| !known.contains(line));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn one_replica_more_touches_nothing_else() {
    let two = shop("postgres");
    let three = two.replace("replicas = 2", "replicas = 3");
    for name in [
        "database",
        "alarms",
        "edge",
        "firewall",
        "compute",
        "secrets",
        "encryption",
        "network",
    ] {
        assert_eq!(file(&two, name), file(&three, name), "{name}");
    }
    let new = added(&file(&two, "replicas"), &file(&three, "replicas"));
    let expected = [
        "for_each          = toset([\"1/postgresql\", \"1/upgrade\", \"2/postgresql\", \"2/upgrade\", \"3/postgresql\", \"3/upgrade\"])",
        "\"3\" = {",
        "zone        = \"ap-northeast-2c\"",
        "maintenance = \"wed:20:00-wed:21:00\"",
    ];
    assert_eq!(new, expected);
}

#[test]
fn the_primary_is_the_same_with_and_without_replicas() {
    let without = shop("mysql").replace("replicas = 2", "replicas = 0");
    assert_eq!(file(&without, "database"), file(&shop("mysql"), "database"));
    assert_eq!(file(&without, "replicas"), "");
    assert_eq!(file(&without, "alarms"), "");
}

#[test]
fn readers_reach_replicas_and_writers_the_primary() {
    let rules = file(&shop("postgres"), "firewall");
    for rule in ["query_to_main_read_5432", "command_to_main_5432"] {
        assert_eq!(rules.matches(&format!("\"{rule}\"")).count(), 2, "{rule}: both ends");
    }
    for rule in ["query_to_main_5432", "command_to_main_read_5432"] {
        assert!(!rules.contains(rule), "{rule}");
    }
}

#[test]
fn readers_wait_for_their_name_and_writers_do_not() {
    let machines = file(&shop("postgres"), "compute");
    let record = "aws_route53_record.internal_main_read,";
    assert_eq!(machines.matches(record).count(), 1);
    let (query, _) = machines
        .split_once("resource \"aws_autoscaling_policy\" \"query\"")
        .unwrap();
    assert!(
        query
            .rsplit("resource \"aws_autoscaling_group\"")
            .next()
            .unwrap()
            .contains(record)
    );
}

#[test]
fn replicas_that_stand_still_are_left_out_too() {
    let check = "health_check_id = aws_route53_health_check.main_replica_lag[each.key].id";
    assert!(file(&shop("postgres"), "replicas").contains(check));
    let mysql = file(&shop("mysql"), "replicas");
    assert!(mysql.contains("health_check_id = aws_route53_health_check.main_replica[each.key].id"));
    assert!(mysql.contains("child_health_threshold = 2"));
    let large = "sqlserver\"\nedition = \"enterprise\"\nsize = { cpu = 4, memory_gb = 16 }\n# \"";
    for engine in ["mysql", large] {
        assert!(
            file(&shop(engine), "alarms").contains("\"main_replica_stopped\""),
            "{engine}"
        );
    }
    assert!(!file(&shop("postgres"), "alarms").contains("\"main_replica_stopped\""));
}

/// A replica of a PostgreSQL server that nobody writes to looks up to five minutes late, and must not lose its readers for that.
#[test]
fn an_idle_primary_raises_no_alarm() {
    let periods = |engine: &str| {
        let alarms = file(&shop(engine), "alarms");
        let line = alarms.lines().find(|line| line.contains("evaluation_periods")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(periods("postgres"), 6);
    assert_eq!(periods("mysql"), 5);
}

#[test]
fn without_mailboxes_there_is_no_topic() {
    let text = shop("postgres").replace("emails = [\"platform@example.com\"]", "");
    let alarms = file(&text, "alarms");
    assert!(alarms.contains("aws_cloudwatch_metric_alarm"));
    assert!(!alarms.contains("aws_sns_topic") && !alarms.contains("_actions"));
    assert!(!file(&text, "encryption").contains("cloudwatch.amazonaws.com"));
}
