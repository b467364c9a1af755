//! How many tasks a service has: by the load of their processors, and by the messages that wait for them.

use super::Cluster;
use crate::ir::{Id, Service};
use crate::targets::aws::Stack;
use crate::targets::aws::queues::Queues;
use crate::targets::aws::scaling::{Count, backlog, backlog_name};
use crate::template;
use crate::terraform::{Address, Block};

/// Seconds between steps: quickly up, slowly down.
const UP: u32 = 60;
const DOWN: u32 = 300;

/// The policies of a service. Each asks for as many tasks as it needs; the greatest number counts.
pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, cluster: &Cluster, tasks: &Address, queues: &Queues) {
    let system = stack.system;
    let service = &system.services[id];
    let target = Block::new()
        .set("service_namespace", "ecs")
        .set(
            "resource_id",
            template!["service/", cluster.cluster.attr("name"), "/", tasks.attr("name")],
        )
        .set("scalable_dimension", "ecs:service:DesiredCount")
        .set("min_capacity", service.scale.min)
        .set("max_capacity", service.scale.max);
    let target = stack
        .module
        .resource("aws_appautoscaling_target", &service.name, target);
    let metric = Block::new().set("predefined_metric_type", "ECSServiceAverageCPUUtilization");
    let load = tracking(service.scale.cpu_percent).block("predefined_metric_specification", metric);
    let load = policy("cpu", &target, load);
    stack.module.resource("aws_appautoscaling_policy", &service.name, load);
    let Some(messages) = service.scale.queue_messages else {
        return;
    };
    let count = Count {
        words: ("task", "tasks"),
        metric: ("ECS/ContainerInsights", "RunningTaskCount"),
        dimensions: vec![
            ("ClusterName", cluster.cluster.attr("name")),
            ("ServiceName", tasks.attr("name")),
        ],
    };
    for inbox in system.inboxes_of(id) {
        let waiting = tracking(messages).block("customized_metric_specification", backlog(queues.get(inbox), &count));
        let body = policy(&format!("messages-of-{}", system.inbox(inbox).0), &target, waiting);
        let local = backlog_name(stack, service, inbox);
        stack.module.resource("aws_appautoscaling_policy", &local, body);
    }
}

fn tracking(target: u32) -> Block {
    Block::new()
        .set("target_value", target)
        .set("scale_out_cooldown", UP)
        .set("scale_in_cooldown", DOWN)
}

fn policy(name: &str, target: &Address, tracking: Block) -> Block {
    Block::new()
        .set("name", name)
        .set("policy_type", "TargetTrackingScaling")
        .set("service_namespace", target.attr("service_namespace"))
        .set("resource_id", target.attr("resource_id"))
        .set("scalable_dimension", target.attr("scalable_dimension"))
        .block("target_tracking_scaling_policy_configuration", tracking)
}
