//! How many tasks a service has.

use super::Cluster;
use crate::ir::Service;
use crate::targets::aws::Stack;
use crate::template;
use crate::terraform::{Address, Block};

/// Seconds between steps: quickly up, slowly down.
const UP: u32 = 60;
const DOWN: u32 = 300;

pub(super) fn lower(stack: &mut Stack<'_>, service: &Service, cluster: &Cluster, tasks: &Address) {
    let id = template!["service/", cluster.cluster.attr("name"), "/", tasks.attr("name")];
    let target = Block::new()
        .set("service_namespace", "ecs")
        .set("resource_id", id)
        .set("scalable_dimension", "ecs:service:DesiredCount")
        .set("min_capacity", service.scale.min)
        .set("max_capacity", service.scale.max);
    let target = stack
        .module
        .resource("aws_appautoscaling_target", &service.name, target);
    let metric = Block::new().set("predefined_metric_type", "ECSServiceAverageCPUUtilization");
    let tracking = Block::new()
        .set("target_value", service.scale.cpu_percent)
        .set("scale_out_cooldown", UP)
        .set("scale_in_cooldown", DOWN)
        .block("predefined_metric_specification", metric);
    let policy = Block::new()
        .set("name", "cpu")
        .set("policy_type", "TargetTrackingScaling")
        .set("service_namespace", target.attr("service_namespace"))
        .set("resource_id", target.attr("resource_id"))
        .set("scalable_dimension", target.attr("scalable_dimension"))
        .block("target_tracking_scaling_policy_configuration", tracking);
    stack
        .module
        .resource("aws_appautoscaling_policy", &service.name, policy);
}
