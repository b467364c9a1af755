//! Virtual machines: one Auto Scaling group per service that runs neither as tasks ([`containers`]), pods ([`super::cluster`]) nor
//! functions ([`super::functions`]).

use std::collections::BTreeMap;

use hcl::Expression;

use super::caches::Caches;
use super::database::Databases;
use super::database::shard::Shards;
use super::edge::Names;
use super::encryption::Keys;
use super::endpoint::Endpoints;
use super::firewall::Groups;
use super::functions::Functions;
use super::identity::{self, Identity};
use super::load_balancer::Balancers;
use super::network::Network;
use super::policy::{Statement, inline, trust};
use super::queues::Queues;
use super::reader::Readers;
use super::rules::Rules;
use super::secrets::Secrets;
use super::storage::Buckets;
use super::streams::Streams;
use super::tables::Tables;
use super::topics::Topics;
use super::warehouses::Warehouses;
use super::{Base, Stack, containers, logs, scaling, startup};
use crate::catalog;
use crate::ir::{Id, Peer, Resource, Service};
use crate::target::Target;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Runtime;
use crate::{list, object, template};

/// Longer than any component's name: services have roles too.
const SNAPSHOTS: &str = "machine_disk_snapshots";
/// The tag by which snapshots find their disks.
pub(super) const SNAPSHOT_TAG: &str = "snapshots";
/// The current Ubuntu, looked up by AWS whenever a machine is launched.
const UBUNTU: &str = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id";

/// The machines of proxies, which do not serve before the servers behind them do.
pub(super) type Proxies = BTreeMap<Id<Service>, Address>;

/// Everything that machines, tasks and functions refer to.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) base: &'a Base,
    pub(super) keys: &'a Keys,
    pub(super) network: &'a Network,
    pub(super) groups: &'a Groups,
    pub(super) endpoints: &'a Endpoints,
    pub(super) rules: &'a Rules,
    pub(super) databases: &'a Databases,
    pub(super) shards: &'a Shards,
    pub(super) secrets: &'a Secrets,
    pub(super) caches: &'a Caches,
    pub(super) queues: &'a Queues,
    pub(super) topics: &'a Topics,
    pub(super) streams: &'a Streams,
    pub(super) tables: &'a Tables,
    pub(super) warehouses: &'a Warehouses,
    pub(super) buckets: &'a Buckets,
    pub(super) balancers: &'a Balancers,
    pub(super) names: &'a Names,
    pub(super) readers: &'a Readers,
    pub(super) functions: &'a Functions,
    /// What lets Lambda pull the images of functions.
    pub(super) pulls: Option<&'a Address>,
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts<'_>) {
    let system = stack.system;
    // Those that open connections to a proxy wait for its machines.
    let (first, rest): (Vec<_>, Vec<_>) = system.services.iter().partition(|(_, service)| service.is_tcp());
    let mut proxies = Proxies::new();
    let cluster = stack.has_containers().then(|| containers::cluster(stack, parts.keys));
    for (id, service) in first.into_iter().chain(rest) {
        if matches!(service.runtime, Runtime::Kubernetes | Runtime::Function) {
            continue;
        }
        stack.module.file("compute", "");
        let log_group = startup::logs_of(service).then(|| {
            let group = logs::group(stack, parts.keys, startup::log_group(stack, service));
            stack.module.resource("aws_cloudwatch_log_group", &service.name, group)
        });
        if let (Runtime::Container, Some(cluster), Some(log_group)) = (service.runtime, &cluster, &log_group) {
            containers::lower(stack, id, (cluster, log_group), &proxies, parts);
            continue;
        }
        let identity = identity::lower(stack, id, log_group.as_ref(), parts);
        stack.module.file("compute", "");
        let template = launch_template(stack, id, &identity, parts);
        let granted = identity.grants.iter().chain(log_group.as_ref()).map(Address::whole);
        let needs = granted.chain(needs(stack, id, &proxies, parts)).collect();
        let group = scaling_group(stack, id, &template, needs, parts);
        scaling::lower(stack, id, &group, parts.queues);
        if service.is_tcp() {
            proxies.insert(id, group.clone());
        }
        stack
            .report
            .component(&service.path, "Auto Scaling group of virtual machines", group.text());
    }
    if stack.has_machines() {
        snapshots(stack, parts.base);
    }
}

fn launch_template(stack: &mut Stack<'_>, id: Id<Service>, identity: &Identity, parts: &Parts<'_>) -> Address {
    let system = stack.system;
    let service = &system.services[id];
    let name = stack.name(&service.name);
    let disk = Block::new()
        .set("volume_type", "gp3")
        .set("volume_size", service.disk_gb)
        .set("encrypted", true)
        .set("kms_key_id", parts.keys.data.attr("arn"))
        .set("delete_on_termination", true);
    let metadata = Block::new()
        .set("http_endpoint", "enabled")
        .set("http_tokens", "required")
        .set("http_put_response_hop_limit", 1);
    let tags = |more: Expression| expr::call("merge", [parts.base.tags.clone(), more]);
    let instance = tags(object! { "Name" => name.as_str() });
    let volume = tags(object! { "Name" => name.as_str(), SNAPSHOT_TAG => system.prefix.as_str() });
    let tagged = [("instance", instance), ("volume", volume)]
        .map(|(kind, tags)| Block::new().set("resource_type", kind).set("tags", tags));
    let image = service.machine_image.get(Target::Aws);
    let body = Block::new()
        .set("name", name.as_str())
        .set("update_default_version", true)
        .when(image.is_none(), |block| {
            block.comment("The current Ubuntu 24.04 LTS, looked up whenever a machine is launched.")
        })
        .set("image_id", image.unwrap_or(UBUNTU))
        .set_some("instance_type", catalog::machine(Target::Aws, &service.size))
        .set("vpc_security_group_ids", parts.groups.of_service(id))
        .set("user_data", startup::lower(stack, id, parts))
        .block(
            "iam_instance_profile",
            Block::new().set("arn", identity.profile.attr("arn")),
        )
        .block("metadata_options", metadata)
        .block("monitoring", Block::new().set("enabled", true))
        .block(
            "block_device_mappings",
            Block::new().set("device_name", "/dev/sda1").block("ebs", disk),
        )
        .blocks("tag_specifications", tagged);
    stack.module.resource("aws_launch_template", &service.name, body)
}

fn scaling_group(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    template: &Address,
    needs: Vec<Expression>,
    parts: &Parts<'_>,
) -> Address {
    let system = stack.system;
    let service = &system.services[id];
    let targets = parts.balancers.target_groups(id);
    let arns = targets.iter().map(|group| group.attr("arn")).collect();
    let role = parts.keys.autoscaling.as_ref();
    let version = Block::new()
        .set("id", template.id())
        .set("version", template.attr("latest_version"));
    let refresh = Block::new().set("strategy", "Rolling").block(
        "preferences",
        Block::new()
            .set("min_healthy_percentage", 100)
            .set("max_healthy_percentage", 200),
    );
    let name = object! { "Name" => stack.name(&service.name) };
    let tag = Block::new()
        .set("key", expr::iterator("tag", &["key"]))
        .set("value", expr::iterator("tag", &["value"]))
        .set("propagate_at_launch", false);
    let tags = Block::new()
        .set("for_each", expr::call("merge", [parts.base.tags.clone(), name]))
        .block("content", tag);
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("min_size", service.scale.min)
        .set("max_size", service.scale.max)
        .set("vpc_zone_identifier", parts.network.of_service(service))
        .when(!targets.is_empty(), |block| {
            block
                .set("target_group_arns", Expression::Array(arns))
                .set("health_check_type", "ELB")
        })
        .set("health_check_grace_period", service.health.grace_seconds)
        .set("default_instance_warmup", service.health.grace_seconds)
        .when(service.scale.queue_messages.is_some(), |block| {
            block.set("enabled_metrics", list![scaling::MACHINES])
        })
        .set_some("service_linked_role_arn", role.map(|role| role.attr("arn")))
        .block("launch_template", version)
        .comment("A new machine serves before an old one goes. No automatic rollback: it would need a fixed image.")
        .block("instance_refresh", refresh)
        .labelled("dynamic", &["tag"], tags)
        .block(
            "lifecycle",
            Block::new().set("ignore_changes", expr::keywords(["desired_capacity"])),
        )
        .comment("A machine starts its service once, when it boots: what it needs for that must be there.")
        .set("depends_on", needs);
    stack.module.resource("aws_autoscaling_group", &service.name, body)
}

/// What must be there before the first machine or task starts and that Terraform cannot see, its identity's grants aside.
pub(super) fn needs(stack: &Stack<'_>, id: Id<Service>, proxies: &Proxies, parts: &Parts<'_>) -> Vec<Expression> {
    let values = stack.system.grants_of(id).flat_map(|grant| match grant.resource {
        Resource::Database(database) => vec![parts.secrets.password(database)],
        Resource::Proxy(database) => vec![parts.secrets.router(database)],
        Resource::Shards(database) => parts.secrets.shards(database),
        Resource::Cache(cache) => vec![parts.secrets.cache_passwords(cache)],
        Resource::Topic(topic) => parts.topics.subscriptions(topic).collect(),
        Resource::Bucket(_)
        | Resource::Secret(_)
        | Resource::Queue(_)
        | Resource::Subscription(_)
        | Resource::Stream(_)
        | Resource::Table(_)
        | Resource::Function(_)
        | Resource::Workflow(_)
        | Resource::Warehouse(_) => vec![],
    });
    let mut needs: Vec<Expression> = values.map(Address::whole).collect();
    needs.extend(parts.readers.of_service(stack, id).into_iter().map(Address::whole));
    let opens = |proxy| {
        let mut flows = stack.system.flows_from(Peer::Service(id));
        flows.any(|flow| flow.to == Peer::TcpBalancer(proxy))
    };
    for (&proxy, machines) in proxies.iter().filter(|(proxy, _)| opens(**proxy)) {
        // Whoever asks for a name that is not there yet is told for a quarter of an hour that there is none.
        let name = parts.names.of_service(proxy);
        needs.extend(name.into_iter().chain([machines]).map(Address::whole));
    }
    needs.extend(parts.network.way_out.iter().cloned());
    needs.extend(parts.endpoints.needed_at_start.iter().cloned());
    needs.extend(parts.rules.of_service(id));
    needs.extend(parts.streams.needs(id));
    needs.extend(parts.balancers.listeners(id).iter().map(Address::whole));
    needs
}

/// A snapshot of every machine's disk each day.
fn snapshots(stack: &mut Stack<'_>, base: &Base) {
    let system = stack.system;
    let region = stack.region();
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name("machine-disk-snapshots"))
        .set("description", "Takes and removes the snapshots of disks")
        .set("assume_role_policy", trust("dlm.amazonaws.com", Some(&base.account)));
    let role = stack.module.resource("aws_iam_role", SNAPSHOTS, role);
    let volumes = template![format!("arn:aws:ec2:{region}:"), base.account.clone(), ":volume/*"];
    let snapshots = format!("arn:aws:ec2:{region}::snapshot/*");
    let ours = || {
        let tag = format!("aws:ResourceTag/{SNAPSHOT_TAG}");
        object! { "StringEquals" => object! { tag => system.prefix.as_str() } }
    };
    let find = ["ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"];
    let grants = vec![
        Statement::allow("Take", &["ec2:CreateSnapshot"], volumes).condition(ours()),
        Statement::allow("Keep", &["ec2:CreateSnapshot", "ec2:CreateTags"], snapshots.as_str()),
        Statement::allow("Remove", &["ec2:DeleteSnapshot"], snapshots.as_str()).condition(ours()),
        Statement::allow("Find", &find, "*"),
    ];
    let grants = stack
        .module
        .resource("aws_iam_role_policy", SNAPSHOTS, inline(&role, grants));
    stack.module.file("compute", "");
    let schedule = Block::new()
        .set("name", "daily")
        .set("copy_tags", true)
        .block(
            "create_rule",
            Block::new()
                .set("interval", 24)
                .set("interval_unit", "HOURS")
                .set("times", list!["18:00"]),
        )
        .comment(
            "By age: snapshots of machines that are gone go too. A policy cannot change from one way to the other.",
        )
        .block(
            "retain_rule",
            Block::new().set("interval", 7).set("interval_unit", "DAYS"),
        );
    let details = Block::new()
        .set("resource_types", list!["VOLUME"])
        .set("target_tags", object! { SNAPSHOT_TAG => system.prefix.as_str() })
        .block("schedule", schedule);
    let body = Block::new()
        .set("description", format!("Disks of {}", system.prefix))
        .set("execution_role_arn", role.attr("arn"))
        .set("state", "ENABLED")
        .block("policy_details", details)
        .set("depends_on", list![grants.whole()]);
    stack
        .module
        .comment("A snapshot of every machine's disk each day, kept for seven days.")
        .resource("aws_dlm_lifecycle_policy", "machine_disks", body);
}
