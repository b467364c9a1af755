//! Google Cloud: Pub/Sub, Memorystore for Valkey.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::diagnostic::Severity;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[services.web]
image = "asia-northeast3-docker.pkg.dev/shop/images/web:1"
port = 8080
public = true
reads = ["session"]
writes = ["session"]
publishes = ["orders", "paid"]

[services.worker]
image = "asia-northeast3-docker.pkg.dev/shop/images/worker:1"
scale = { min = 1, max = 10, queue_messages = 50 }
consumes = ["orders", "paid"]

[caches.session]
memory_gb = 4

[queues.orders]
visibility_seconds = 120
DELIVERY

[topics.paid]
filters = { worker = { kind = ["paid", "refunded"], tier = ["gold"] } }
"#;

/// The blocks of the rendered document by address, as text, and the README; or the ids of the rules that refuse the blueprint.
fn compile(text: &str) -> Result<(BTreeMap<String, String>, String), Vec<&'static str>> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let outcome = cloudgen::compile(&blueprint, Target::Gcp);
    let Some(rendered) = outcome.value else {
        let errors = outcome.diagnostics.iter();
        let errors = errors.filter(|problem| problem.severity == Severity::Error);
        return Err(errors.map(|problem| problem.rule).collect());
    };
    let body = hcl::parse(&rendered.terraform()).unwrap();
    let blocks = body.into_blocks().map(|block| {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        let name = match block.identifier() {
            "locals" => block.body().attributes().map(hcl::Attribute::key).collect(),
            _ => labels.join("."),
        };
        let address = format!("{} {name}", block.identifier());
        (address, hcl::to_string(&hcl::Body::from(vec![block])).unwrap())
    });
    let readme = rendered.files.iter().find(|(path, _)| *path == "README.md");
    Ok((blocks.collect(), readme.unwrap().1.to_owned()))
}

fn shop(delivery: &str) -> BTreeMap<String, String> {
    compile(&SHOP.replace("DELIVERY", delivery)).unwrap().0
}

#[track_caller]
fn says(blocks: &BTreeMap<String, String>, address: &str, lines: &[&str]) {
    let found = blocks.get(address).unwrap_or_else(|| panic!("no {address}"));
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in lines {
        assert!(plain(found).contains(&plain(line)), "{address} has no {line}\n{found}");
    }
}

/// Who is given a role of a kind of thing, by the name of the grant.
fn grants<'a>(blocks: &'a BTreeMap<String, String>, kind: &str) -> Vec<&'a str> {
    let start = format!("resource {kind}.");
    blocks
        .keys()
        .filter_map(|address| address.strip_prefix(&start))
        .collect()
}

#[test]
fn a_queue_keeps_its_dead_letters() {
    let blocks = shop("max_receives = 7");
    let queue = "resource google_pubsub_subscription.orders";
    let lines = [
        "ack_deadline_seconds = 120",
        "message_retention_duration = \"345600s\"",
        "ttl = \"\"",
        "dead_letter_topic = google_pubsub_topic.orders_dead.id",
        "max_delivery_attempts = 7",
    ];
    says(&blocks, queue, &lines);
    assert!(!blocks[queue].contains("exactly_once"));
    let dead = ["message_retention_duration = \"1209600s\"", "ttl = \"\""];
    says(&blocks, "resource google_pubsub_subscription.orders_dead", &dead);
    for topic in ["orders", "orders_dead", "paid", "worker_from_paid_dead"] {
        let lines = [
            "kms_key_name = google_kms_crypto_key.main.id",
            "allowed_persistence_regions = [ \"asia-northeast3\" ]",
            "depends_on = [ google_kms_crypto_key_iam_member.agents ]",
        ];
        says(&blocks, &format!("resource google_pubsub_topic.{topic}"), &lines);
    }
}

#[test]
fn fifo_is_ordered_and_acknowledged_once() {
    let lines = ["enable_message_ordering = true", "enable_exactly_once_delivery = true"];
    let blocks = shop("fifo = true");
    says(&blocks, "resource google_pubsub_subscription.orders", &lines);
}

#[test]
fn a_filter_wants_every_attribute_and_one_of_its_values() {
    let filter =
        r#"filter = "(attributes.kind = \"paid\" OR attributes.kind = \"refunded\") AND attributes.tier = \"gold\"""#;
    says(
        &shop(""),
        "resource google_pubsub_subscription.worker_from_paid",
        &[filter],
    );
}

#[test]
fn who_sends_only_sends_and_who_takes_only_takes() {
    let blocks = shop("");
    let topics = grants(&blocks, "google_pubsub_topic_iam_member");
    assert_eq!(
        topics,
        [
            "orders_dead",
            "web_uses_orders",
            "web_uses_paid",
            "worker_from_paid_dead"
        ]
    );
    let subscriptions = grants(&blocks, "google_pubsub_subscription_iam_member");
    let taken = [
        "orders",
        "worker_from_paid",
        "worker_uses_orders",
        "worker_uses_worker_from_paid",
    ];
    assert_eq!(subscriptions, taken);
    for name in ["orders", "worker_from_paid"] {
        let lines = [
            "role = \"roles/pubsub.subscriber\"",
            "member = google_project_service_identity.pubsub.member",
        ];
        says(
            &blocks,
            &format!("resource google_pubsub_subscription_iam_member.{name}"),
            &lines,
        );
    }
    let lines = [
        "subscription = google_pubsub_subscription.worker_from_paid.id",
        "member = google_service_account.worker.member",
    ];
    let address = "resource google_pubsub_subscription_iam_member.worker_uses_worker_from_paid";
    says(&blocks, address, &lines);
}

#[test]
fn a_worker_is_not_asked_and_grows_with_its_messages() {
    let blocks = shop("");
    let named = |name: &str| blocks.keys().filter(|address| address.ends_with(name)).count();
    assert_eq!(named("health_check.worker") + named("health_check.worker_healing"), 0);
    assert_eq!(named("google_compute_firewall.worker_from_balancer"), 0);
    let group = &blocks["resource google_compute_region_instance_group_manager.worker"];
    assert!(!group.contains("auto_healing_policies") && !group.contains("named_port"));
    let scaler = &blocks["resource google_compute_region_autoscaler.worker"];
    assert_eq!(scaler.matches("single_instance_assignment = 50").count(), 2);
    assert!(scaler.contains("google_pubsub_subscription.worker_from_paid.name"));
    let template = &blocks["resource google_compute_region_instance_template.worker"];
    assert!(!template.contains("--publish") && !template.contains("PORT="));
    let source = "ORDERS_SOURCE=projects/${data.google_project.this.project_id}/subscriptions/shop-orders";
    assert!(template.contains(source), "{template}");
    for (left_out, wanted) in [("ORDERS_USER", 0), ("ORDERS_PASSWORD", 0), ("SESSION_HOST", 0)] {
        assert_eq!(template.matches(left_out).count(), wanted, "{left_out}");
    }
}

#[test]
fn who_sends_waits_for_what_keeps_it() {
    let blocks = shop("");
    let group = "resource google_compute_region_instance_group_manager.web";
    says(&blocks, group, &["google_pubsub_subscription.orders"]);
    // A topic keeps nothing for those who come later.
    says(&blocks, group, &["google_pubsub_subscription.worker_from_paid"]);
}

#[test]
fn the_readme_tells_machines_from_containers() {
    let readme = |text: &str| compile(&text.replace("DELIVERY", "")).unwrap().1;
    let machines = readme(SHOP);
    assert!(machines.contains("**Machines by messages**: `worker`") && !machines.contains("**Workers on Cloud Run**"));
    let pool = SHOP.replace("[services.worker]", "[services.worker]\nruntime = \"container\"");
    let containers = readme(&pool.replace(", queue_messages = 50", ""));
    assert!(containers.contains("**Workers on Cloud Run**: `worker`"));
    assert!(!containers.contains("**Machines by messages**") && !containers.contains("**Workers without a port**"));
}

#[test]
fn the_readme_says_who_reaches_more_than_its_links_name() {
    let text = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"
[domains.a.services.api]
image = "a:1"
port = 9000
[domains.a.services.web]
image = "w:1"
port = 9001
public = true
calls = ["api"]
[domains.b.services.api]
image = "b:1"
port = 9000
[domains.b.services.other]
image = "o:1"
port = 9002
public = true
routes = ["/other"]
calls = ["api"]
"#;
    let said = "**A shared port.** `a-api` and `b-api` are both behind port 9000";
    assert!(compile(text).unwrap().1.contains(said));
    let apart = text.replacen("port = 9000", "port = 9003", 1);
    assert!(!compile(&apart).unwrap().1.contains("**A shared port.**"));
}

#[test]
fn a_cache_is_reached_by_its_users_alone() {
    let (blocks, readme) = compile(&SHOP.replace("DELIVERY", "")).unwrap();
    let lines = [
        "node_type = \"STANDARD_SMALL\"",
        "replica_count = 1",
        "authorization_mode = \"IAM_AUTH\"",
        "transit_encryption_mode = \"SERVER_AUTHENTICATION\"",
        "maxmemory-policy",
        "kms_key = google_kms_crypto_key.main.id",
        "google_network_connectivity_service_connection_policy.memorystore",
    ];
    says(&blocks, "resource google_memorystore_instance.session", &lines);
    let rule = ["local.session_address", "6379"];
    says(&blocks, "resource google_compute_firewall.web_to_session", &rule);
    assert!(!blocks.contains_key("resource google_compute_firewall.worker_to_session"));
    says(
        &blocks,
        "resource google_dns_record_set.session_internal",
        &["local.session_address"],
    );
    let lines = [
        "role = \"roles/memorystore.dbConnectionUser\"",
        "\"resource.name == ",
        "${google_memorystore_instance.session.id}",
    ];
    says(&blocks, "resource google_project_iam_member.web_uses_session", &lines);
    let template = &blocks["resource google_compute_region_instance_template.web"];
    for wanted in [
        "SESSION_CA_FILE=/etc/cloudgen/trust/session.pem",
        "SESSION_AUTH=token",
        "session-authority",
        "--volume /etc/cloudgen/trust:/etc/cloudgen/trust:ro",
    ] {
        assert!(template.contains(wanted), "no {wanted}\n{template}");
    }
    for left_out in ["SESSION_PASSWORD", "SESSION_SECRET"] {
        assert!(!template.contains(left_out) && !readme.contains(left_out), "{left_out}");
    }
    assert!(readme.contains("`SESSION_AUTH`, `SESSION_CA_FILE`, `SESSION_HOST`"));
}

#[test]
fn somebody_is_told_of_dead_letters() {
    let blocks = shop("");
    let lines = [
        "subscription/num_undelivered_messages",
        "google_pubsub_subscription.orders_dead.name",
        "threshold_value = 0",
    ];
    says(&blocks, "resource google_monitoring_alert_policy.orders_dead", &lines);
    let lines = ["subscription/oldest_unacked_message_age", "threshold_value = 900"];
    let address = "resource google_monitoring_alert_policy.worker_from_paid_waiting";
    says(&blocks, address, &lines);
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |from: &str, to: &str| compile(&SHOP.replace(from, to).replace("DELIVERY", "")).unwrap_err();
    assert_eq!(
        refused("visibility_seconds = 120", "visibility_seconds = 601"),
        ["ack-deadline"]
    );
    assert_eq!(refused("DELIVERY", "max_receives = 4"), ["delivery-attempts"]);
    assert_eq!(refused("memory_gb = 4", "memory_gb = 89"), ["cache-too-large"]);
    let long = format!("\"{}\"", "x".repeat(60));
    let many = [
        long.as_str(),
        "\"a\"",
        "\"b\"",
        "\"c\"",
        "\"d\"",
        "\"e\"",
        "\"f\"",
        "\"g\"",
    ]
    .join(", ");
    assert_eq!(refused("\"gold\"", &many), ["filter-length"]);
}
