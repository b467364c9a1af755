//! Pods on EKS: who reaches them, who they are, and what their pools are open to; images of the system's own registry.

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;

const MALL: &str = r#"
name = "mall"
pattern = "per-domain"
region = "seoul"

[network]
cidr = "CIDR"
egress = "EGRESS"

[kubernetes]
api_cidrs = [APIS]

[registry]
keep_images = 12

[domains.ship.services.api]
runtime = "kubernetes"
image = "registry/ship:1.0.0"
port = 8082
public = true
routes = ["/ship"]
reads = ["main"]
calls = ["pay.api"]

[domains.ship.services.worker]
runtime = "kubernetes"
image = "registry/ship-worker:1.0.0"
scale = { min = 1, max = 4, queue_messages = 50 }
consumes = ["orders"]

[domains.ship.queues.orders]

[domains.ship.databases.main]
engine = "postgres"

[domains.pay.services.api]
runtime = "kubernetes"
image = "pay:1"
port = 8081
reads = ["main"]

[domains.pay.services.batch]
image = "registry/pay-batch:1.0.0"
port = 8083

[domains.pay.databases.main]
engine = "postgres"
"#;

fn mall() -> String {
    MALL.replace("CIDR", "10.60.0.0/16")
        .replace("EGRESS", "nat")
        .replace("APIS", "")
}

fn outcome(text: &str) -> cloudgen::Outcome<Rendered> {
    let blueprint = blueprint::load(text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    cloudgen::compile(&blueprint, Target::Aws)
}

fn rendered(text: &str) -> Rendered {
    let outcome = outcome(text);
    outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

fn all(text: &str) -> String {
    rendered(text).terraform().into_owned()
}

fn rules(text: &str) -> Vec<&'static str> {
    outcome(text).diagnostics.iter().map(|problem| problem.rule).collect()
}

/// One resource, from its first line to its last.
fn block(text: &str, kind: &str, name: &str) -> String {
    let head = format!("resource \"{kind}\" \"{name}\"");
    let at = text.find(&head).unwrap_or_else(|| panic!("no {head}"));
    let end = text[at..].find("\n}\n").unwrap();
    text[at..at + end].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn load_balancers_lead_to_the_gateway_on_the_nodes_of_the_system() {
    let text = all(&mall());
    let public = block(&text, "aws_lb_target_group", "public_kubernetes_gateway");
    assert!(
        public.contains("port = 30080") && public.contains("port = \"30021\"") && public.contains("/healthz/ready")
    );
    assert!(!public.contains("target_type"));
    let internal = block(&text, "aws_lb_target_group", "internal_kubernetes_gateway");
    assert!(internal.contains("port = 30081"));
    let attached = block(&text, "aws_autoscaling_attachment", "public_kubernetes_gateway");
    assert!(attached.contains("aws_eks_node_group.system_nodes_of_kubernetes.resources[0].autoscaling_groups[0].name"));
    let rule = block(&text, "aws_lb_listener_rule", "public_ship_api");
    assert!(rule.contains("target_group_arn = aws_lb_target_group.public_kubernetes_gateway.arn"));
    let ingress = "internet_load_balancer_to_system_nodes_of_kubernetes_30080";
    block(&text, "aws_vpc_security_group_ingress_rule", ingress);
    assert!(!text.contains("aws_lb_target_group\" \"public_ship_api"));
}

#[test]
fn a_domains_nodes_reach_its_own_databases_and_no_other_nodes() {
    let text = all(&mall());
    let rule = "ship_nodes_of_kubernetes_to_ship_main_5432";
    let ingress = block(&text, "aws_vpc_security_group_ingress_rule", rule);
    assert!(ingress.contains("referenced_security_group_id = aws_security_group.ship_nodes_of_kubernetes.id"));
    assert!(!text.contains("ship_nodes_of_kubernetes_to_pay_main"));
    assert!(!text.contains("ship_nodes_of_kubernetes_to_pay_nodes"));
    assert!(!text.contains("aws_security_group\" \"ship_api"));
    block(
        &text,
        "aws_vpc_security_group_ingress_rule",
        "system_nodes_of_kubernetes_to_ship_nodes_of_kubernetes_8082",
    );
    block(
        &text,
        "aws_vpc_security_group_egress_rule",
        "ship_nodes_of_kubernetes_to_internal_load_balancer_8081",
    );
}

#[test]
fn a_role_names_the_one_service_account_that_may_take_it_on() {
    let text = all(&mall());
    let role = block(&text, "aws_iam_role", "ship_api");
    assert!(role.contains("system:serviceaccount:mall-ship:ship-api"), "{role}");
    assert!(role.contains("\"${local.kubernetes_issuer}:sub\"") && role.contains("sts:AssumeRoleWithWebIdentity"));
    let grants = block(&text, "aws_iam_role_policy", "ship_api");
    assert!(grants.contains("aws_secretsmanager_secret.ship_main.arn") && !grants.contains("pay_main"));
    let count = block(&text, "aws_iam_role_policy", "kubernetes_message_counter");
    assert!(count.contains("sqs:GetQueueAttributes") && count.contains("aws_sqs_queue.ship_orders.arn"));
    // The queues' endpoint passes what KEDA asks.
    assert!(block(&text, "aws_vpc_endpoint", "interface").contains("sqs:GetQueueAttributes"));
    let nodes = block(&text, "aws_launch_template", "ship_nodes_of_kubernetes");
    assert!(nodes.contains("http_put_response_hop_limit = 1") && nodes.contains("http_tokens = \"required\""));
}

#[test]
fn nodes_of_a_domain_are_its_own_and_the_autoscaler_counts_them() {
    let text = all(&mall());
    let ship = block(&text, "aws_eks_node_group", "ship_nodes_of_kubernetes");
    assert!(ship.contains("\"cloudgen/pool\" = \"ship\"") && ship.contains("effect = \"NO_SCHEDULE\""));
    assert!(ship.contains("ignore_changes = [scaling_config[0].desired_size]"));
    assert!(ship.contains("aws_eks_addon.vpc_cni"));
    let system = block(&text, "aws_eks_node_group", "system_nodes_of_kubernetes");
    assert!(!system.contains("taint"));
    assert!(text.contains("cluster-autoscaler"));
}

#[test]
fn nodes_pull_the_images_of_their_own_services() {
    let text = all(&mall());
    let ship = block(&text, "aws_iam_role_policy", "ship_nodes_of_kubernetes");
    let own = |name: &str| ship.contains(&format!(":repository/mall/{name}\""));
    assert!(
        own("ship") && own("ship-worker") && !ship.contains("pay-batch"),
        "{ship}"
    );
    assert!(ship.contains("\"aws:ResourceAccount\" = data.aws_caller_identity.current.account_id"));
    let system = block(&text, "aws_iam_role_policy", "system_nodes_of_kubernetes");
    assert!(!system.contains(":repository/mall"), "{system}");
    let group = block(&text, "aws_eks_node_group", "ship_nodes_of_kubernetes");
    assert!(group.contains("node_role_arn = aws_iam_role.ship_nodes_of_kubernetes.arn"));
    assert!(group.contains("aws_iam_role_policy.ship_nodes_of_kubernetes,"));
}

#[test]
fn a_port_of_the_internal_load_balancer_leads_to_no_other_service_of_the_cluster() {
    let text = all(&mall());
    let listener = block(&text, "aws_lb_listener", "internal_8081");
    assert!(listener.contains("fixed-response") && !listener.contains("target_group_arn"));
    let rule = block(&text, "aws_lb_listener_rule", "internal_pay_api");
    assert!(
        rule.contains("\"pay-api.mall.internal\"") && rule.contains("host_header"),
        "{rule}"
    );
    // What stands behind it on machines takes whatever arrives at its port.
    let machines = mall().replace("runtime = \"kubernetes\"\nimage = \"pay:1\"", "image = \"pay:1\"");
    let listener = block(&all(&machines), "aws_lb_listener", "internal_8081");
    assert!(listener.contains("aws_lb_target_group.internal_pay_api.arn"));
}

#[test]
fn what_pods_write_is_collected_on_every_node() {
    let rendered = rendered(&mall());
    let cluster = rendered.files.get("kubernetes/cluster.yaml").unwrap();
    let path =
        "/var/log/containers/*_mall_*.log,/var/log/containers/*_mall-pay_*.log,/var/log/containers/*_mall-ship_*.log";
    assert!(
        cluster.contains("kind: DaemonSet") && cluster.contains(path),
        "{cluster}"
    );
    let text = all(&mall());
    let role = block(&text, "aws_iam_role", "kubernetes_pod_log_collector");
    assert!(role.contains("system:serviceaccount:kube-system:fluent-bit"), "{role}");
}

#[test]
fn the_api_is_private_unless_ranges_are_named() {
    let private = block(&all(&mall()), "aws_eks_cluster", "main");
    assert!(private.contains("endpoint_public_access = false") && !private.contains("public_access_cidrs"));
    assert!(private.contains("authentication_mode = \"API\"") && private.contains("aws_kms_key.data.arn"));
    let text = mall().replace("api_cidrs = []", "api_cidrs = [\"203.0.113.0/24\"]");
    let open = block(&all(&text), "aws_eks_cluster", "main");
    assert!(open.contains("public_access_cidrs = [\"203.0.113.0/24\"]"));
}

#[test]
fn own_images_are_kept_and_pulled_by_whoever_runs_them() {
    let text = all(&mall());
    let repository = block(&text, "aws_ecr_repository", "own_container_images");
    assert!(repository.contains("IMMUTABLE") && repository.contains("scan_on_push = true"));
    assert!(
        repository.contains("toset([\"pay-batch\", \"ship\", \"ship-worker\"])"),
        "{repository}"
    );
    let policy = block(&text, "aws_ecr_lifecycle_policy", "own_container_images");
    assert!(policy.contains("countNumber = 12"));
    let machine = block(&text, "aws_launch_template", "pay_batch");
    let image =
        "${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-2.amazonaws.com/mall/pay-batch:1.0.0";
    assert!(machine.contains(image), "{machine}");
    let role = block(&text, "aws_iam_role_policy", "pay_batch");
    assert!(role.contains(":repository/mall/pay-batch") && role.contains("ecr:GetAuthorizationToken"));
}

#[test]
fn what_cannot_work_is_said() {
    assert!(rules(&mall().replace("\"nat\"", "\"none\"")).contains(&"cluster-needs-egress"));
    let old = mall().replace("api_cidrs = []", "version = \"1.20\"");
    assert!(rules(&old).contains(&"kubernetes-version"));
    let many = mall().replace(
        "[domains.ship.queues",
        "[domains.ship.nodes]\nmax = 40\n\n[domains.ship.queues",
    );
    assert!(rules(&many.replace("10.60.0.0/16", "10.60.0.0/20")).contains(&"no-room-for-nodes"));
    assert!(!rules(&mall()).contains(&"no-room-for-nodes"));
}
