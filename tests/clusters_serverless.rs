//! Functions, tables and streams in a plain cluster: what starts a function, who may do what, and where failed events end.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/cluster.rs"]
#[allow(dead_code, reason = "not every program of tests asks for every kind of pod")]
mod cluster;
mod support;

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::target::Target;
use serde_yaml::Value;

use cluster::{may, objects, prometheus, rendered, server, service};
use support::manifests::{can_validate, validate};

const SHOP: &str = r#"
name = "shop"
pattern = "serverless"
region = "frankfurt"
[kubernetes]
prometheus = true
[observability]
emails = ["a@example.com"]
[apis.public]
domain = "api.example.com"
jwt = { issuer = "https://login.example.com/", audiences = ["shop"] }
[functions.answers]
image = "ghcr.io/example/answers:1.0"
reads = ["items"]
calls = ["helps"]
trigger = { http = ["GET /items/{id}"], api = "public" }
[functions.helps]
image = "ghcr.io/example/helps:1.0"
[functions.resizes]
image = "ghcr.io/example/resizes:1.0"
reads = ["media"]
writes = ["media"]
prefixes = { media = "small/" }
retry = { attempts = 3, max_age_seconds = 600 }
timeout_seconds = 100
trigger = { bucket = "media", prefix = "in/", suffix = ".jpg" }
[functions.works]
image = "ghcr.io/example/works:1.0"
concurrency = 7
warm = 1
trigger = { queue = "jobs", batch = 4 }
[functions.counts]
image = "ghcr.io/example/counts:1.0"
writes = ["items"]
trigger = { stream = "clicks", from = "oldest" }
[functions.follows]
image = "ghcr.io/example/follows:1.0"
publishes = ["jobs"]
trigger = { table = "items" }
[functions.closes]
image = "ghcr.io/example/closes:1.0"
publishes = ["clicks"]
trigger = { schedule = "30 2 * * SUN", timezone = "Asia/Seoul" }
[queues.jobs]
[streams.clicks]
partitions = 3
[buckets.media]
[tables.items]
partition_key = "tenant"
sort_key = "created"
types = { created = "number" }
indexes.by-kind = { partition_key = "kind" }
ttl = "expires"
"#;

fn named<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects(all, kind)
        .into_iter()
        .find(|object| object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn rules(text: &str) -> Vec<&'static str> {
    let blueprint = blueprint::load(text, None).unwrap();
    let diagnostics = cloudgen::compile(&blueprint, Target::Kubernetes).diagnostics;
    diagnostics.iter().map(|diagnostic| diagnostic.rule).collect()
}

fn text_of<'a>(all: &'a [Value], config: &str, file: &str) -> &'a str {
    named(all, "ConfigMap", config)["data"][file].as_str().unwrap()
}

#[test]
fn the_objects_are_valid() {
    if !can_validate() {
        return;
    }
    let blueprint = blueprint::load(SHOP, None).unwrap();
    let rendered = cloudgen::compile(&blueprint, Target::Kubernetes).value.unwrap();
    assert_eq!(validate(rendered.kubernetes.as_bytes()), Ok(()));
}

#[test]
fn what_brings_events_starts_after_the_function_and_ends_before_it() {
    let all = rendered(SHOP);
    for name in ["resizes", "works", "counts", "follows"] {
        let pod = &named(&all, "Deployment", name)["spec"]["template"]["spec"];
        assert_eq!(pod["initContainers"][0]["name"], "function");
        assert_eq!(pod["initContainers"][0]["restartPolicy"], "Always");
        assert_eq!(pod["containers"][0]["name"], "events");
        assert!(
            objects(&all, "Service")
                .iter()
                .all(|object| object["metadata"]["name"] != name)
        );
    }
    let job = &named(&all, "CronJob", "closes")["spec"];
    assert_eq!(job["schedule"], "30 2 * * 0");
    assert_eq!(job["timeZone"], "Asia/Seoul");
    assert_eq!(job["jobTemplate"]["spec"]["backoffLimit"], 2);
    let pod = &job["jobTemplate"]["spec"]["template"]["spec"];
    assert_eq!(pod["initContainers"][0]["restartPolicy"], "Always");
    assert_eq!(pod["restartPolicy"], "Never");
}

#[test]
fn functions_have_as_many_pods_as_events_ask_for() {
    let all = rendered(SHOP);
    let scaled = |name| &named(&all, "ScaledObject", name)["spec"];
    assert_eq!(scaled("resizes")["minReplicaCount"], 0);
    assert_eq!(scaled("works")["minReplicaCount"], 1);
    assert_eq!(scaled("works")["maxReplicaCount"], 7);
    assert_eq!(scaled("works")["triggers"][0]["metadata"]["value"], "1");
    // No more than there are partitions, and one where the order counts.
    assert_eq!(scaled("counts")["maxReplicaCount"], 3);
    assert_eq!(scaled("counts")["triggers"][0]["type"], "kafka");
    assert_eq!(scaled("follows")["maxReplicaCount"], 1);
    assert_eq!(scaled("follows")["triggers"][0]["type"], "postgresql");
    let balanced = &named(&all, "HorizontalPodAutoscaler", "answers")["spec"];
    assert_eq!(balanced["minReplicas"], 2);
}

#[test]
fn links_open_the_network_and_nothing_else_does() {
    let all = rendered(SHOP);
    let broker = server(&[
        ("app.kubernetes.io/component", "rabbitmq"),
        ("app.kubernetes.io/name", "message-broker"),
    ]);
    let tables = server(&[("cnpg.io/cluster", "table-store"), ("cnpg.io/instanceRole", "primary")]);
    assert!(may(&all, &service("answers"), &service("helps"), 8080));
    assert!(!may(&all, &service("helps"), &service("answers"), 8080));
    assert!(may(&all, &service("works"), &broker, 5671));
    assert!(may(&all, &service("resizes"), &broker, 5671));
    assert!(may(&all, &service("object-store"), &broker, 5671));
    assert!(!may(&all, &service("answers"), &broker, 5671));
    assert!(may(&all, &service("answers"), &tables, 5432));
    assert!(may(&all, &service("follows"), &tables, 5432));
    assert!(!may(&all, &service("works"), &tables, 5432));
    assert!(may(&all, &prometheus(), &service("works"), 4195));
    assert!(!may(&all, &prometheus(), &service("works"), 8080));
    let peers = &named(&all, "Kafka", "event-streams")["spec"]["kafka"]["listeners"][0]["networkPolicyPeers"];
    let named: Vec<&str> = peers
        .as_sequence()
        .unwrap()
        .iter()
        .filter_map(|peer| peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"].as_str())
        .collect();
    assert_eq!(named, ["closes", "counts"]);
}

#[test]
fn failed_events_end_where_somebody_is_told() {
    let all = rendered(SHOP);
    let definition = &named(&all, "Policy", "resizes-events")["spec"]["definition"];
    assert_eq!(definition["dead-letter-routing-key"], "resizes-dead");
    assert_eq!(definition["message-ttl"], 600_000);
    // Four tries of 105 seconds with ten between them, and a minute.
    assert_eq!(definition["consumer-timeout"], (4 * 115 + 60) * 1000);
    let connector = text_of(&all, "resizes-connector", "events.yaml");
    assert!(connector.contains("retries: 3\n"), "{connector}");
    let permission = &named(&all, "Permission", "resizes")["spec"]["permissions"];
    assert_eq!(permission["read"], "^resizes-events$");
    assert_eq!(permission["write"], "^$");
    let store = &named(&all, "Permission", "object-store")["spec"]["permissions"];
    assert_eq!(store["write"], "^resizes-events$");
    assert_eq!(named(&all, "KafkaTopic", "counts-dead")["spec"]["replicas"], 3);
    let expr = |name| {
        let rule = &named(&all, "PrometheusRule", name)["spec"]["groups"][0]["rules"][0];
        rule["expr"].as_str().unwrap().to_owned()
    };
    assert!(expr("resizes-dead").contains("queue=\"resizes-dead\""));
    assert!(expr("counts-dead").contains("topic=\"counts-dead\""));
    assert!(expr("follows-dead").contains("cnpg_follows_changes_number"));
    assert!(expr("closes-dead").contains("job_name=~\"closes-[0-9]+\""));
}

#[test]
fn logins_may_do_what_links_say() {
    let all = rendered(SHOP);
    let acls = |name| {
        let acls = &named(&all, "KafkaUser", name)["spec"]["authorization"]["acls"];
        let said = acls.as_sequence().unwrap().iter().map(|acl| {
            let operations = serde_yaml::to_string(&acl["operations"])
                .unwrap()
                .replace("- ", "")
                .replace('\n', " ");
            let (kind, of) = (&acl["resource"]["type"], &acl["resource"]["name"]);
            format!(
                "{} {} {}",
                kind.as_str().unwrap(),
                of.as_str().unwrap(),
                operations.trim()
            )
        });
        said.collect::<Vec<_>>()
    };
    assert_eq!(acls("closes"), ["topic clicks Describe Write"]);
    let counts = [
        "topic clicks Describe Read",
        "topic counts-dead Describe Write",
        "group counts Describe Read",
    ];
    assert_eq!(acls("counts"), counts);
    let script = text_of(&all, "table-store-scripts", "tables.sql");
    for line in [
        "GRANT SELECT ON \"items\" TO \"answers\";",
        "GRANT INSERT, UPDATE, DELETE, SELECT (\"tenant\", \"created\") ON \"items\" TO \"counts\";",
        "GRANT SELECT, DELETE, UPDATE (\"dead\") ON \"follows-changes\" TO \"follows\";",
        "CREATE INDEX IF NOT EXISTS \"items-by-kind\" ON \"items\" (\"kind\");",
    ] {
        assert!(script.contains(line), "{line}: {script}");
    }
    let identities = text_of(&all, "object-store", "identities.sh");
    assert!(identities.contains("\"Write:shop-media/small/*\""), "{identities}");
    assert!(!identities.contains("\"Write:shop-media\""));
    let relay = text_of(&all, "object-store", "bucket-events.yaml");
    assert!(relay.contains("\"prefix\":\"in/\",\"suffix\":\".jpg\""), "{relay}");
}

#[test]
fn a_source_runs_in_the_image_of_its_language() {
    let text = SHOP.replace(
        "image = \"ghcr.io/example/answers:1.0\"",
        "runtime = \"python3.13\"\nsource = \"functions/answers\"\nhandler = \"code/main.handle\"",
    );
    let mut blueprint = blueprint::load(&text, None).unwrap();
    let files = [
        ("code/main.py", "def handle(event, context):\n    return {}\n"),
        ("requirements.txt", "# for tables\npsycopg==3.2.9\n"),
    ];
    let files: BTreeMap<String, String> = files.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    blueprint.sources.insert("functions/answers".to_owned(), Ok(files));
    let compiled = cloudgen::compile(&blueprint, Target::Kubernetes);
    let said: Vec<&str> = compiled.diagnostics.iter().map(|diagnostic| diagnostic.rule).collect();
    assert!(said.contains(&"packages-at-start"), "{said:?}");
    let rendered = compiled.value.unwrap();
    let all: Vec<Value> = serde_yaml::Deserializer::from_str(&rendered.kubernetes)
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect();
    let pod = &named(&all, "Deployment", "answers")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["image"], "python:3.13-slim-trixie");
    let command: Vec<&str> = container["command"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let wanted = [
        "python",
        "-u",
        "/runner/run.py",
        "requests",
        "code/main",
        "handle",
        "60",
        "10",
        "GET /items/{id}",
    ];
    assert_eq!(command, wanted);
    assert_eq!(pod["initContainers"][0]["name"], "packages");
    let volume = pod["volumes"]
        .as_sequence()
        .unwrap()
        .iter()
        .find(|volume| volume["name"] == "function")
        .unwrap();
    assert_eq!(volume["configMap"]["items"][0]["key"], "code..main.py");
    assert_eq!(volume["configMap"]["items"][0]["path"], "code/main.py");
}

#[test]
fn what_a_cluster_cannot_do_is_said() {
    let open = SHOP.replace(
        "[functions.helps]\n",
        "[functions.helps]\ntrigger = { http = \"ANY /*\", open = true }\n",
    );
    assert!(rules(&open).contains(&"own-address-not-offered"));
    let inside = SHOP.replace(
        "[functions.helps]\n",
        "[functions.helps]\ntrigger = { http = \"ANY /*\" }\n",
    );
    assert!(rules(&inside).contains(&"own-address-inside"));
    assert_eq!(
        rules(SHOP).iter().filter(|rule| **rule == "one-event-a-call").count(),
        1
    );
    let called = SHOP.replace("calls = [\"helps\"]", "calls = [\"helps\", \"works\"]");
    assert!(rules(&called).contains(&"started-and-called"));
    let capacity = SHOP.replace(
        "ttl = \"expires\"",
        "capacity = { read = 5, write = 5, max_read = 10, max_write = 10 }",
    );
    assert!(rules(&capacity).contains(&"capacity-not-offered"));
    let column = SHOP.replace("\"kind\"", "\"attributes\"");
    assert!(rules(&column).contains(&"column-taken"));
    let reserved = SHOP
        .replace("[functions.helps]", "[functions.table-store]")
        .replace("calls = [\"helps\"]", "");
    assert!(rules(&reserved).contains(&"reserved-name"));
}
