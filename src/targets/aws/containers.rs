//! Containers: one ECS service on Fargate per service that asks for it.
//!
//! What stands around a service is that of machines ([`super::compute`]): its security group, its target groups, its log group and what
//! it is told. In place of a machine there is a task with an address of its own, whose image is pulled and whose secrets are fetched by
//! AWS before the container starts, with a role for that.

mod cluster;
mod definition;
mod identity;
pub(super) mod runbook;
mod scaling;

use hcl::Expression;

pub(super) use cluster::{Cluster, cluster, disks};
pub(super) use definition::{shard_passwords, shard_settings};
use identity::Roles;

use super::Stack;
use super::compute::{self, Parts, Proxies};
use super::startup;
use crate::ir::{Id, Service};
use crate::targets::shared::settings;
use crate::terraform::{Address, Block, Module, expr};

/// Declares the variable that replaces tasks, and machines where there are any.
pub(super) fn declare_rollout(module: &mut Module) {
    let about = "Raise by one to replace every task and every machine, one after the other: for changed secrets, or a newer \
                 operating system.";
    module.variable("rollout", "number", 1, about);
}

/// Adds a service that runs as tasks in the cluster and writes to the log group.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    (cluster, log_group): (&Cluster, &Address),
    proxies: &Proxies,
    parts: &Parts<'_>,
) {
    let system = stack.system;
    let service = &system.services[id];
    let (plain, fetched) = settings::split(service, |value| startup::spell(stack, id, value, parts));
    let roles = identity::lower(stack, id, &fetched, (cluster, log_group), parts);
    stack.module.file("compute", "");
    let definition = definition::lower(stack, id, (&plain, &fetched), (&roles, log_group), parts);
    let needs = needs(stack, id, &roles, cluster, proxies, parts);
    let tasks = tasks(stack, id, cluster, &definition, needs, parts);
    scaling::lower(stack, id, cluster, &tasks, parts.queues);
    stack
        .report
        .component(&service.path, "ECS service of tasks on Fargate", tasks.text());
}

/// What must be there before the first task starts and that Terraform cannot see. A target group must belong to a load balancer before
/// ECS takes it, which the rules of a listener make it.
fn needs(
    stack: &Stack<'_>,
    id: Id<Service>,
    roles: &Roles,
    cluster: &Cluster,
    proxies: &Proxies,
    parts: &Parts<'_>,
) -> Vec<Expression> {
    let own = roles.grants.iter().chain([&cluster.providers]);
    let mut needs: Vec<Expression> = own.map(Address::whole).collect();
    needs.extend(compute::needs(stack, id, proxies, parts));
    needs.extend(parts.balancers.rules(id).iter().map(Address::whole));
    needs
}

fn tasks(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    cluster: &Cluster,
    definition: &Address,
    needs: Vec<Expression>,
    parts: &Parts<'_>,
) -> Address {
    let system = stack.system;
    let service = &system.services[id];
    let targets = parts.balancers.target_groups(id);
    let behind = targets.iter().map(|group| {
        Block::new()
            .set("target_group_arn", group.attr("arn"))
            .set("container_name", service.name.as_str())
            .set("container_port", service.port)
    });
    let provider = Block::new()
        .set("capacity_provider", cluster::PROVIDER)
        .set("weight", 1);
    let network = Block::new()
        .set("subnets", parts.network.of_service(service))
        .set("security_groups", parts.groups.of_service(id))
        .set("assign_public_ip", false);
    let breaker = Block::new().set("enable", true).set("rollback", true);
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("cluster", cluster.cluster.attr("arn"))
        .set("task_definition", definition.attr("arn"))
        .set("desired_count", service.scale.min)
        .set("platform_version", "LATEST")
        .set("availability_zone_rebalancing", "ENABLED")
        .comment("A new task serves before an old one goes.")
        .set("deployment_minimum_healthy_percent", 100)
        .set("deployment_maximum_percent", 200)
        .when(!targets.is_empty(), |block| {
            block.set("health_check_grace_period_seconds", service.health.grace_seconds)
        })
        .set("enable_ecs_managed_tags", true)
        .set("propagate_tags", "SERVICE")
        .when(system.network.bastion, |block| {
            block.set("enable_execute_command", true)
        })
        .block("capacity_provider_strategy", provider)
        .comment("New tasks that do not start or stay healthy go again, and the old ones stay.")
        .block("deployment_circuit_breaker", breaker)
        .block("network_configuration", network)
        .blocks("load_balancer", behind)
        .block(
            "lifecycle",
            Block::new().set("ignore_changes", expr::keywords(["desired_count"])),
        )
        .comment("A task fetches its image and its secrets when it starts: what it needs for that must be there.")
        .set("depends_on", needs);
    stack.module.resource("aws_ecs_service", &service.name, body)
}
