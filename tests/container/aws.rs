//! Tasks on Fargate: who reaches them, who they are, what they are told, and which do not fit.

use cloudgen::blueprint;
use cloudgen::diagnostic::Severity;
use cloudgen::target::Target;

const SHOP: &str = r#"
name = "shop"
pattern = "monolith"
region = "seoul"

[network]
bastion = BASTION

[services.web]
runtime = "WEB"
image = "web:1"
arguments = ["serve", "${HOME}"]
port = 8080
public = true
routes = ["/shop"]
health = { path = "/healthz", grace_seconds = 90 }
calls = ["api"]

[services.api]
runtime = "container"
image = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/api:1"
port = 8081
size = { cpu = 2, memory_gb = 5 }
scale = { min = 2, max = 5, cpu_percent = 55 }
reads = ["main", "key"]
writes = ["main", "media"]

[databases.main]
engine = "postgres"

[buckets.media]

[secrets.key]
"#;

fn shop(web: &str, bastion: bool) -> String {
    SHOP.replace("WEB", web).replace("BASTION", &bastion.to_string())
}

fn compile(text: &str) -> cloudgen::Outcome<cloudgen::output::Rendered> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    cloudgen::compile(&blueprint, Target::Aws)
}

/// The text of the file at a path; empty where there is none.
fn written(text: &str, path: &str) -> String {
    let outcome = compile(text);
    let rendered = outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics));
    let found = rendered.files.iter().find(|(other, _)| *other == path);
    found.map(|(_, text)| text.to_owned()).unwrap_or_default()
}

/// Everything in one document.
fn all(text: &str) -> String {
    let outcome = compile(text);
    outcome
        .value
        .unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
        .terraform()
        .into_owned()
}

/// The rules for which a blueprint is refused.
fn rules(text: &str) -> Vec<&'static str> {
    let problems = compile(text).diagnostics;
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| problem.rule).collect()
}

/// One resource, from its first line to its last.
fn block(text: &str, kind: &str, name: &str) -> String {
    let head = format!("resource \"{kind}\" \"{name}\"");
    let at = text.find(&head).unwrap_or_else(|| panic!("no {head}"));
    let end = text[at..].find("\n}\n").unwrap();
    text[at..at + end].to_owned()
}

#[test]
fn a_service_moves_to_tasks_behind_the_same_names() {
    let (machines, tasks) = (all(&shop("vm", false)), all(&shop("container", false)));
    for (kind, name) in [
        ("aws_security_group", "web"),
        (
            "aws_vpc_security_group_ingress_rule",
            "internet_load_balancer_to_web_8080",
        ),
        (
            "aws_vpc_security_group_egress_rule",
            "web_to_internal_load_balancer_8081",
        ),
        ("aws_lb_listener", "public_http"),
        ("aws_lb_listener_rule", "public_web"),
        ("aws_cloudwatch_log_group", "web"),
        ("aws_route53_record", "internal_api"),
    ] {
        assert_eq!(block(&machines, kind, name), block(&tasks, kind, name), "{kind}.{name}");
    }
    let group = block(&tasks, "aws_lb_target_group", "public_web");
    assert!(group.contains("target_type") && group.contains("\"ip\""), "{group}");
    assert!(
        group.contains("\"shop-web-e8080\"") && group.contains("\"/healthz\""),
        "{group}"
    );
    assert!(block(&machines, "aws_lb_target_group", "public_web").contains("\"shop-web-p8080\""));
    let service = block(&tasks, "aws_ecs_service", "web");
    for wanted in [
        "aws_lb_target_group.public_web.arn",
        "container_port",
        "= 90",
        "security_groups  = [aws_security_group.web.id]",
        "rollback = true",
        "ignore_changes = [desired_count]",
        // ECS takes a target group only once a listener or its rule leads there.
        "aws_lb_listener.public_http,",
        "aws_lb_listener_rule.public_web",
        "aws_route.application_nat,",
        "aws_ecs_cluster_capacity_providers.main,",
    ] {
        assert!(service.contains(wanted), "{wanted} in {service}");
    }
    for gone in [
        "aws_autoscaling_group",
        "aws_launch_template",
        "aws_iam_instance_profile",
        "aws_dlm_lifecycle_policy",
    ] {
        assert!(!tasks.contains(gone), "{gone}");
    }
}

#[test]
fn nothing_of_machines_changes_where_another_service_runs_as_tasks() {
    let both = all(&shop("vm", true));
    let only = all(&shop("vm", true).replace("runtime = \"container\"", "runtime = \"vm\""));
    for kind in [
        "aws_autoscaling_group",
        "aws_launch_template",
        "aws_iam_role",
        "aws_lb_target_group",
    ] {
        let name = if kind == "aws_lb_target_group" {
            "public_web"
        } else {
            "web"
        };
        assert_eq!(block(&both, kind, name), block(&only, kind, name), "{kind}");
    }
}

#[test]
fn a_task_has_two_roles_and_each_does_its_own() {
    let text = all(&shop("container", false));
    let own = block(&text, "aws_iam_role_policy", "api");
    for wanted in [
        "s3:PutObject",
        "aws_secretsmanager_secret.key.arn",
        "aws_secretsmanager_secret.main.arn",
    ] {
        assert!(own.contains(wanted), "{wanted} in {own}");
    }
    for denied in ["ecr:", "logs:", "ssmmessages:", "s3:GetObject"] {
        assert!(!own.contains(denied), "{denied} in {own}");
    }
    let starts = block(&text, "aws_iam_role_policy", "api_task_execution_identity");
    for wanted in [
        "secretsmanager:GetSecretValue",
        "aws_secretsmanager_secret.key.arn",
        "aws_secretsmanager_secret.main.arn",
        "arn:aws:ecr:ap-northeast-2:123456789012:repository/api",
        "${aws_cloudwatch_log_group.api.arn}:log-stream:*",
    ] {
        assert!(starts.contains(wanted), "{wanted} in {starts}");
    }
    assert!(!starts.contains("s3:"), "{starts}");
    // A service without secrets of its own reads none.
    let web = block(&text, "aws_iam_role_policy", "web_task_execution_identity");
    assert!(!web.contains("secretsmanager") && !web.contains("kms:"), "{web}");
    assert!(!text.contains("resource \"aws_iam_role_policy\" \"web\""));
    let service = block(&text, "aws_ecs_service", "api");
    for wanted in [
        "aws_iam_role_policy.api,",
        "aws_iam_role_policy.api_task_execution_identity,",
        "aws_secretsmanager_secret_version.main,",
    ] {
        assert!(service.contains(wanted), "{wanted} in {service}");
    }
}

#[test]
fn a_task_is_told_what_a_machine_is_told() {
    let text = all(&shop("container", false));
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let api = block(&text, "aws_ecs_task_definition", "api");
    for wanted in [
        "cpu                      = 2048",
        "memory                   = 5120",
        "environment = [for name, value in local.api_settings",
        "secrets = [for name, value in local.api_secrets",
        "valueFrom = value",
        "tostring(var.main_password_version)",
        "tostring(var.rollout)",
        "stopTimeout",
    ] {
        assert!(squeezed(&api).contains(&squeezed(wanted)), "{wanted} in {api}");
    }
    for wanted in [
        "MAIN_HOST = aws_db_instance.main.address",
        "MAIN_PASSWORD = aws_secretsmanager_secret.main.arn",
        "KEY = aws_secretsmanager_secret.key.arn",
        "PORT = \"8081\"",
        "= \"http://api.shop.internal:8081\"",
    ] {
        assert!(squeezed(&text).contains(wanted), "{wanted}");
    }
    let web = block(&text, "aws_ecs_task_definition", "web");
    assert!(web.contains("\"$${HOME}\""), "{web}");
    assert!(!web.contains("secrets"), "{web}");
}

#[test]
fn shells_are_for_those_who_ask_for_a_bastion() {
    let with = all(&shop("container", true));
    let without = all(&shop("container", false));
    assert!(block(&with, "aws_ecs_service", "web").contains("enable_execute_command"));
    assert!(block(&with, "aws_iam_role_policy", "web").contains("ssmmessages:OpenDataChannel"));
    assert!(block(&with, "aws_ecs_cluster", "main").contains("execute_command_configuration"));
    for word in [
        "enable_execute_command",
        "ssmmessages",
        "execute_command_configuration",
        "initProcessEnabled",
    ] {
        assert!(!without.contains(word), "{word}");
    }
    // Nobody asks for the agent of machines where there are none.
    assert!(!with.contains("ssm:UpdateInstanceInformation") && !with.contains("\"ssm\""));
}

#[test]
fn without_egress_a_task_finds_all_it_needs_inside() {
    let text = shop("container", true)
        .replace(
            "\"web:1\"",
            "\"123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/web:1\"",
        )
        .replace("[network]", "[network]\negress = \"none\"");
    let interfaces = block(&all(&text), "aws_vpc_endpoint", "interface");
    for service in ["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager"] {
        assert!(
            interfaces.contains(&format!("\"{service}\"")),
            "{service} in {interfaces}"
        );
    }
    assert!(block(&all(&text), "aws_ecs_service", "web").contains("aws_vpc_endpoint.interface"));
    assert!(all(&text).contains("\"web_to_object_store_443\""));
}

#[test]
fn shards_are_told_one_by_one() {
    let text = |shards: &str, runtime: &str| {
        format!(
            "name = \"shop\"\npattern = \"sharding\"\nregion = \"seoul\"\n[services.web]\nruntime = \"{runtime}\"\nimage = \"web:1\"\n\
             port = 8080\npublic = true\nreads = [\"main\"]\nwrites = [\"main\"]\n[databases.main]\nengine = \"postgres\"\n\
             [databases.main.sharding]\nkey = \"customer_id\"\nshards = {shards}\nstrategy = \"hash\"\ntables = [\"orders\"]\n\
             router = \"application\"\n"
        )
    };
    let text_of_four = all(&text("4", "container"));
    for wanted in [
        "local.web_main_shard_settings)",
        "local.web_main_shard_secrets)",
        "MAIN_SHARD_${upper(id)}_HOST",
        "shop/main-shard/${id}",
        "aws_db_instance.main_shard[id].address",
        "MAIN_SHARD_${upper(id)}_PASSWORD",
        "password-of-main-shard",
        "map-of-main",
    ] {
        assert!(text_of_four.contains(wanted), "{wanted}");
    }
    assert_eq!(rules(&text("300", "container")), ["too-much-for-a-task"]);
    assert!(rules(&text("300", "vm")).is_empty());
    // A proxy keeps its machines, and whoever asks it is told of one database.
    let proxied = all(&text("300", "container").replace("\"application\"", "\"proxy\""));
    assert!(proxied.contains("resource \"aws_autoscaling_group\" \"main_proxy\""));
    assert!(block(&proxied, "aws_ecs_service", "web").contains("aws_autoscaling_group.main_proxy"));
}

#[test]
fn what_fargate_does_not_have_is_refused() {
    let with = |key: &str, value: &str| {
        shop("container", true).replace("arguments =", &format!("{key} = {value}\narguments ="))
    };
    assert_eq!(
        rules(&with("size", "{ cpu = 16, memory_gb = 121 }")),
        ["size-not-offered"]
    );
    assert_eq!(
        rules(&with("size", "{ cpu = 17, memory_gb = 32 }")),
        ["size-not-offered"]
    );
    assert!(rules(&with("size", "{ cpu = 1, memory_gb = 120 }")).is_empty());
    let machine = "machine-for-a-container";
    assert_eq!(
        rules(&with("size", "{ cpu = 2, memory_gb = 4, aws = \"m7i.large\" }")),
        [machine]
    );
    assert_eq!(
        rules(&with("machine_image", "{ aws = \"ami-0123456789abcdef0\" }")),
        [machine]
    );
    assert_eq!(rules(&with("disk_gb", "201")), ["disk-too-large"]);
    let long = format!("{{ LONG = \"{}\" }}", "x".repeat(70_000));
    assert_eq!(rules(&with("environment", &long)), ["too-much-for-a-task"]);
}

#[test]
fn the_owner_is_told() {
    let readme = written(&shop("container", true), "README.md");
    for wanted in [
        "| `services.api` | ECS service of tasks on Fargate | `aws_ecs_service.api` |",
        "aws ecs execute-command",
        "-target=aws_secretsmanager_secret.key",
        "CKV_AWS_336",
        "To change `runtime`",
    ] {
        assert!(readme.contains(wanted), "{wanted}");
    }
    for machines in [
        "A shell on a machine",
        "New Ubuntu images",
        "IMDSv2",
        "snapshots of disks",
    ] {
        assert!(!readme.contains(machines), "{machines}");
    }
}

#[test]
fn a_worker_has_no_port_and_as_many_tasks_as_messages_ask_for() {
    let text = shop("container", false)
        + "[queues.orders]\n[topics.paid]\n[services.worker]\nruntime = \"container\"\nimage = \"worker:1\"\n\
           consumes = [\"orders\", \"paid\"]\nscale = { min = 1, max = 9, queue_messages = 40 }\n";
    let text = all(&text);
    let worker = block(&text, "aws_ecs_service", "worker");
    for none in ["load_balancer", "health_check_grace_period_seconds"] {
        assert!(!worker.contains(none), "{none} in {worker}");
    }
    assert!(!block(&text, "aws_ecs_task_definition", "worker").contains("portMappings"));
    for inbox in ["orders", "worker_from_paid"] {
        let policy = block(
            &text,
            "aws_appautoscaling_policy",
            &format!("worker_messages_waiting_in_{inbox}"),
        );
        for wanted in [
            "= 40",
            "RunningTaskCount",
            "aws_ecs_service.worker.name",
            "FILL(waiting, REPEAT) / FILL(tasks, REPEAT)",
        ] {
            assert!(policy.contains(wanted), "{wanted} in {policy}");
        }
    }
    let own = block(&text, "aws_iam_role_policy", "worker");
    assert!(
        own.contains("sqs:ReceiveMessage") && !own.contains("sqs:SendMessage"),
        "{own}"
    );
    assert!(!block(&text, "aws_iam_role_policy", "worker_task_execution_identity").contains("sqs:"));
}
