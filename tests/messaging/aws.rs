//! Messages and caches on AWS: who may send, take and log in, where dead letters go, what is watched and what scales.

use cloudgen::blueprint;
use cloudgen::diagnostic::Severity;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[network]
egress = "nat"

[services.web]
image = "web:1"
port = 8080
public = true
publishes = ["orders", "paid"]
reads = ["session"]
writes = ["session"]

[services.books]
image = "books:1"
port = 8081
reads = ["session"]

[services.worker]
image = "worker:1"
consumes = ["orders", "paid"]
scale = { min = 1, max = 5, queue_messages = 20 }

[queues.orders]
max_receives = 7

[topics.paid]
fifo = true
filters = { worker = { kind = ["paid", "refunded"] } }

[caches.session]
memory_gb = 3
"#;

fn compile(text: &str) -> cloudgen::Outcome<cloudgen::output::Rendered> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    cloudgen::compile(&blueprint, Target::Aws)
}

/// The text of one file; empty where there is none.
fn written(text: &str, path: &str) -> String {
    let outcome = compile(text);
    let rendered = outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    let found = rendered.files.iter().find(|(other, _)| *other == path);
    found.map(|(_, text)| text.to_owned()).unwrap_or_default()
}

fn file(name: &str) -> String {
    written(SHOP, &format!("terraform/{name}.tf"))
}

/// One block, from its first line to its last, with single spaces.
fn block(text: &str, head: &str) -> String {
    let at = text.find(head).unwrap_or_else(|| panic!("no {head}"));
    let rest = &text[at..];
    let end = rest.find("\n}").map_or(rest.len(), |end| end + 2);
    rest[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One block of a file of the shop.
fn resource(name: &str, kind: &str, local: &str) -> String {
    block(&file(name), &format!("resource \"{kind}\" \"{local}\""))
}

fn rules(text: &str) -> Vec<&'static str> {
    let problems = compile(text).diagnostics;
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.rule).collect()
}

#[track_caller]
fn has(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "no {wanted} in {text}");
    }
}

#[test]
fn a_queue_is_encrypted_and_gives_up_after_so_many_times() {
    let queue = resource("queues", "aws_sqs_queue", "orders");
    has(
        &queue,
        &[
            "kms_master_key_id = aws_kms_key.data.arn",
            "deadLetterTargetArn = aws_sqs_queue.orders_dead.arn",
            "maxReceiveCount = 7",
            "visibility_timeout_seconds = 60",
        ],
    );
    let dead = resource("queues", "aws_sqs_queue", "orders_dead");
    has(&dead, &["message_retention_seconds = 1209600", "aws_kms_key.data.arn"]);
    let allowed = resource("queues", "aws_sqs_queue_redrive_allow_policy", "orders_dead");
    has(&allowed, &["byQueue", "sourceQueueArns = [aws_sqs_queue.orders.arn]"]);
    let policy = resource("queues", "aws_sqs_queue_policy", "orders");
    has(&policy, &["Deny", "aws:SecureTransport"]);
    assert!(!policy.contains("Allow"), "{policy}");
}

#[test]
fn a_topic_delivers_in_order_to_the_queue_of_each_consumer() {
    let name = "worker_from_paid";
    has(
        &resource("topics", "aws_sns_topic", "paid"),
        &["shop-paid.fifo", "fifo_topic = true"],
    );
    let queue = resource("topics", "aws_sqs_queue", name);
    has(&queue, &["shop-worker-from-paid.fifo", "fifo_queue = true"]);
    has(
        &resource("topics", "aws_sqs_queue", "worker_from_paid_dead"),
        &["shop-worker-from-paid-dead.fifo", "fifo_queue = true"],
    );
    let policy = resource("topics", "aws_sqs_queue_policy", name);
    has(
        &policy,
        &[
            "sns.amazonaws.com",
            "\"aws:SourceArn\" = aws_sns_topic.paid.arn",
            "aws:SecureTransport",
        ],
    );
    let subscription = resource("topics", "aws_sns_topic_subscription", name);
    has(
        &subscription,
        &[
            "raw_message_delivery = true",
            "filter_policy_scope = \"MessageAttributes\"",
            "kind = [\"paid\", \"refunded\"]",
            "deadLetterTargetArn = aws_sqs_queue.worker_from_paid_dead.arn",
            "aws_sqs_queue_policy.worker_from_paid_dead",
        ],
    );
    let key = resource("encryption", "aws_kms_key", "data");
    has(&key, &["sns.amazonaws.com", ":shop-paid.fifo\""]);
}

#[test]
fn services_may_do_what_their_links_say() {
    let web = resource("identity", "aws_iam_role_policy", "web");
    has(
        &web,
        &[
            "Action = \"sqs:SendMessage\" Resource = [aws_sqs_queue.orders.arn]",
            "Action = \"sns:Publish\" Resource = [aws_sns_topic.paid.arn]",
            "kms:GenerateDataKey",
            "aws_secretsmanager_secret.session[\"app\"].arn",
            "sns.ap-northeast-2.amazonaws.com",
        ],
    );
    assert!(!web.contains("sqs:ReceiveMessage"), "{web}");
    let worker = resource("identity", "aws_iam_role_policy", "worker");
    has(
        &worker,
        &[
            "sqs:ReceiveMessage",
            "sqs:GetQueueAttributes",
            "aws_sqs_queue.worker_from_paid.arn",
            "aws_sqs_queue.orders.arn",
        ],
    );
    for never in ["sqs:SendMessage", "sns:", "kms:GenerateDataKey", "_dead"] {
        assert!(!worker.contains(never), "{worker}");
    }
    let books = resource("identity", "aws_iam_role_policy", "books");
    has(&books, &["aws_secretsmanager_secret.session[\"reader\"].arn"]);
    assert!(!books.contains("[\"app\"]"), "{books}");
}

#[test]
fn a_cache_is_private_and_has_logins_without_administration() {
    let users = resource("caches", "aws_elasticache_user", "session");
    has(
        &users,
        &[
            "app = \"on ~* &* +@all -@admin -@dangerous +info\"",
            "default = \"off ~* resetchannels -@all\"",
            "reader = \"on ~* resetchannels -@all +@read",
            "passwords_wo = ephemeral.random_password.session[each.key].result",
            "passwords_wo_version = var.session_password_version",
        ],
    );
    let servers = resource("caches", "aws_elasticache_replication_group", "session");
    has(
        &servers,
        &[
            "node_type = \"cache.m7g.large\"",
            "num_cache_clusters = 2",
            "multi_az_enabled = true",
            "transit_encryption_enabled = true",
            "kms_key_id = aws_kms_key.data.arn",
            "security_group_ids = [aws_security_group.session.id]",
        ],
    );
    has(&resource("network", "aws_subnet", "data"), &["vpc_id"]);
    let rules = file("firewall");
    has(&rules, &["\"web_to_session_6379\"", "\"books_to_session_6379\""]);
    assert!(!rules.contains("worker_to_session"), "{rules}");
}

#[test]
fn a_worker_has_no_port_and_scales_by_what_waits() {
    let machines = resource("compute", "aws_autoscaling_group", "worker");
    has(&machines, &["enabled_metrics = [\"GroupInServiceInstances\"]"]);
    for never in ["ELB", "target_group_arns"] {
        assert!(!machines.contains(never), "{machines}");
    }
    for (local, queue) in [("orders", "orders"), ("worker_from_paid", "worker_from_paid")] {
        let policy = resource(
            "compute",
            "aws_autoscaling_policy",
            &format!("worker_messages_waiting_in_{local}"),
        );
        has(
            &policy,
            &[
                "target_value = 20",
                "FILL(waiting, REPEAT)",
                &format!("value = aws_sqs_queue.{queue}.name"),
            ],
        );
    }
    assert!(!resource("compute", "aws_autoscaling_group", "web").contains("enabled_metrics"));
    let told = resource("compute", "aws_launch_template", "worker");
    has(
        &told,
        &[
            "ORDERS_SOURCE=${aws_sqs_queue.orders.url}",
            "PAID_SOURCE=${aws_sqs_queue.worker_from_paid.url}",
            "PAID_SOURCE_PROTOCOL=sqs",
            "PAID_SOURCE_ENDPOINT=https://sqs.ap-northeast-2.amazonaws.com",
        ],
    );
    for never in ["PORT=", "_USER=", "_PASSWORD="] {
        assert!(!told.contains(never), "{never} in {told}");
    }
    let web = resource("compute", "aws_launch_template", "web");
    has(
        &web,
        &[
            "PAID_TOPIC=${aws_sns_topic.paid.arn}",
            "PAID_PROTOCOL=sns",
            "SESSION_USER=app",
            "SESSION_AUTH=password",
            "# password of session ${var.session_password_version}",
        ],
    );
    // A message to a topic that nobody subscribes to yet is lost.
    let first = resource("compute", "aws_autoscaling_group", "web");
    has(
        &first,
        &[
            "aws_sns_topic_subscription.worker_from_paid",
            "aws_secretsmanager_secret_version.session",
        ],
    );
}

#[test]
fn endpoints_are_there_for_what_is_used() {
    let all = file("endpoints");
    has(
        &all,
        &["\"secretsmanager\", \"sns\", \"sqs\"", "sqs:SendMessage", "sns:Publish"],
    );
    let files = SHOP.replace("[\"orders\", \"paid\"]", "[\"orders\"]");
    let files = files.replace(
        "[topics.paid]\nfifo = true\nfilters = { worker = { kind = [\"paid\", \"refunded\"] } }\n",
        "",
    );
    let less = written(&files, "terraform/endpoints.tf");
    assert!(less.contains("sqs") && !less.contains("sns"), "{less}");
}

#[test]
fn alarms_on_messages_are_told_to_the_same_people() {
    let told = format!("{SHOP}\n[observability]\nemails = [\"ops@example.com\"]\n");
    let alarms = written(&told, "terraform/alarms.tf");
    let dead = block(
        &alarms,
        "resource \"aws_cloudwatch_metric_alarm\" \"worker_from_paid_dead\"",
    );
    has(
        &dead,
        &[
            "QueueName = aws_sqs_queue.worker_from_paid_dead.name",
            "threshold = 0",
            "alarm_actions = [aws_sns_topic.alarms.arn]",
        ],
    );
    let waiting = block(&alarms, "resource \"aws_cloudwatch_metric_alarm\" \"orders_waiting\"");
    has(
        &waiting,
        &["ApproximateAgeOfOldestMessage", "threshold = 900", "notBreaching"],
    );
}

#[test]
fn what_elasticache_and_sns_do_not_take_is_refused() {
    assert_eq!(
        rules(&SHOP.replace("memory_gb = 3", "memory_gb = 400")),
        ["cache-too-large"]
    );
    let alarms = SHOP
        .replace("topics.paid", "topics.alarms")
        .replace("\"paid\"]", "\"alarms\"]");
    assert_eq!(
        rules(&alarms.replace("[\"alarms\"] }", "[\"paid\"] }")),
        ["topic-of-alarms"]
    );
    let many = (1..=6).map(|number| format!("a{number} = [\"x\"]"));
    let many = many.collect::<Vec<_>>().join(", ");
    let filters = SHOP.replace("kind = [\"paid\", \"refunded\"]", &many);
    assert_eq!(rules(&filters), ["filter-too-long"]);
}
