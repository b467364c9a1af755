//! The machines that pods run on: one managed group for each pool.

use std::collections::BTreeMap;

use hcl::Expression;

use super::Cluster;
use crate::catalog;
use crate::ir::{Id, NodePool, Service};
use crate::target::Target;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::firewall::pool_word;
use crate::targets::aws::identity::session_manager;
use crate::targets::aws::policy::{Statement, inline, trust};
use crate::targets::aws::{Stack, registry};
use crate::targets::shared::cluster::POOL;
use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// What every node may do: learn of its cluster.
const POLICY: &str = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy";
/// GiB of a node's disk beside what the largest of its services may write: the operating system, and images.
const DISK: u32 = 50;
/// Percent of a pool's nodes that are replaced at a time.
const AT_ONCE: u32 = 33;

/// The node groups, by the names of their pools.
pub(super) type Pools = BTreeMap<String, Address>;

/// Adds the node groups. Add-ons that nodes cannot do without come first.
pub(super) fn lower(stack: &mut Stack<'_>, cluster: &Cluster, before: Vec<Address>, parts: &Parts<'_>) -> Pools {
    let mut needs: Vec<Expression> = before.iter().map(Address::whole).collect();
    needs.extend(parts.network.way_out.iter().cloned());
    needs.extend(parts.endpoints.needed_at_start.iter().cloned());
    needs.extend(parts.rules.of_nodes.iter().cloned());
    let pools = stack.system.pools.clone();
    let groups = parts.groups.nodes().map_or(&[][..], |nodes| nodes.pools.as_slice());
    let made = pools.iter().zip(groups).map(|(pool, group)| {
        let (role, grants) = role(stack, pool, parts);
        stack.module.file("cluster", "");
        let template = launch_template(stack, pool, group, parts);
        let needs = grants.iter().map(Address::whole).chain(needs.iter().cloned());
        let nodes = nodes(stack, pool, (cluster, &role, &template), needs.collect(), parts);
        (pool.name.clone(), nodes)
    });
    made.collect()
}

/// The role of a pool's nodes. Pods cannot take it on: the metadata service answers machines only.
fn role(stack: &mut Stack<'_>, pool: &NodePool, parts: &Parts<'_>) -> (Address, [Address; 2]) {
    let word = pool_word(pool);
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name(&word.replace('_', "-")))
        .set(
            "description",
            "The machines that pods run on; pods have roles of their own",
        )
        .set("assume_role_policy", trust("ec2.amazonaws.com", None));
    let role = stack.module.resource("aws_iam_role", &word, role);
    let joins = Block::new().set("role", role.attr("name")).set("policy_arn", POLICY);
    let joins = stack.module.resource("aws_iam_role_policy_attachment", &word, joins);
    let mut statements = images(stack, pool, parts);
    if stack.system.network.bastion {
        statements.extend(session_manager(stack, parts));
    }
    let own = stack
        .module
        .resource("aws_iam_role_policy", &word, inline(&role, statements));
    (role, [joins, own])
}

/// Pulls the images of the services on a pool, and those of the cluster's own parts, which AWS has in accounts of its own.
fn images(stack: &Stack<'_>, pool: &NodePool, parts: &Parts<'_>) -> Vec<Statement> {
    let mut repositories: Vec<Expression> = vec![];
    for (_, service) in on(stack, pool) {
        let arn = registry::arn(stack, service, parts.base);
        repositories.extend(arn.filter(|arn| !repositories.contains(arn)));
    }
    let own = (!repositories.is_empty()).then(|| registry::pull(Expression::Array(repositories)));
    own.into_iter()
        .chain([registry::pull_others(parts.base), registry::log_in()])
        .collect()
}

/// The services on a pool.
fn on<'a>(stack: &'a Stack<'_>, pool: &'a NodePool) -> impl Iterator<Item = (Id<Service>, &'a Service)> {
    let services = stack.system.services.iter();
    services.filter(move |(id, _)| stack.system.pool_of(*id) == Some(pool))
}

fn launch_template(stack: &mut Stack<'_>, pool: &NodePool, group: &Address, parts: &Parts<'_>) -> Address {
    let word = pool_word(pool);
    let name = stack.name(&word.replace('_', "-"));
    let disk = Block::new()
        .set("volume_type", "gp3")
        .set("volume_size", DISK + largest_disk(stack, pool))
        .set("encrypted", true)
        .set("kms_key_id", parts.keys.data.attr("arn"))
        .set("delete_on_termination", true);
    let metadata = Block::new()
        .set("http_endpoint", "enabled")
        .set("http_tokens", "required")
        .comment("One hop is the machine itself: pods get no answer, and none of its role.")
        .set("http_put_response_hop_limit", 1);
    let own = object! { "Name" => name.as_str() };
    let tags = expr::call("merge", [parts.base.tags.clone(), own]);
    let tagged = ["instance", "volume"].map(|kind| Block::new().set("resource_type", kind).set("tags", tags.clone()));
    let all = parts.groups.nodes().map(|nodes| nodes.all.id());
    let groups = all.into_iter().chain([group.id()]).collect();
    let body = Block::new()
        .set("name", name.as_str())
        .set("update_default_version", true)
        .comment("EKS chooses the image: the current Amazon Linux 2023 for the version of the cluster.")
        .set_some("instance_type", catalog::machine(Target::Aws, &pool.size))
        .set("vpc_security_group_ids", Expression::Array(groups))
        .block("metadata_options", metadata)
        .block("monitoring", Block::new().set("enabled", true))
        .block(
            "block_device_mappings",
            Block::new().set("device_name", "/dev/xvda").block("ebs", disk),
        )
        .blocks("tag_specifications", tagged);
    stack.module.resource("aws_launch_template", &word, body)
}

fn nodes(
    stack: &mut Stack<'_>,
    pool: &NodePool,
    (cluster, role, template): (&Cluster, &Address, &Address),
    needs: Vec<Expression>,
    parts: &Parts<'_>,
) -> Address {
    let scaling = Block::new()
        .set("desired_size", pool.min)
        .set("min_size", pool.min)
        .set("max_size", pool.max);
    let template = Block::new()
        .set("id", template.id())
        .set("version", template.attr("latest_version"));
    let taint = pool.domain.map(|_| {
        Block::new()
            .set("key", POOL)
            .set("value", pool.name.as_str())
            .set("effect", "NO_SCHEDULE")
    });
    let desired = expr::attribute(expr::keyword("scaling_config"), &["0", "desired_size"]);
    let life = Block::new()
        .set("create_before_destroy", true)
        .set("ignore_changes", list![desired]);
    let body = Block::new()
        .set("cluster_name", cluster.name())
        .set("node_group_name_prefix", format!("{}-", pool.name))
        .set("node_role_arn", role.attr("arn"))
        .set("subnet_ids", parts.network.nodes())
        .set("ami_type", "AL2023_x86_64_STANDARD")
        .set("version", cluster.cluster.attr("version"))
        .set("labels", object! { POOL => pool.name.as_str() })
        .block("scaling_config", scaling)
        .comment("New nodes come first, and pods leave the old ones within what their disruption budgets allow.")
        .block("update_config", Block::new().set("max_unavailable_percentage", AT_ONCE))
        .block("node_repair_config", Block::new().set("enabled", true))
        .block("launch_template", template)
        .block_some("taint", taint)
        .comment("The autoscaler decides how many there are.")
        .block("lifecycle", life)
        .set("depends_on", Expression::Array(needs));
    stack.module.resource("aws_eks_node_group", &pool_word(pool), body)
}

/// The most that a service on the pool may write to its node's disk.
fn largest_disk(stack: &Stack<'_>, pool: &NodePool) -> u32 {
    on(stack, pool)
        .map(|(_, service)| service.disk_gb)
        .max()
        .unwrap_or_default()
}
