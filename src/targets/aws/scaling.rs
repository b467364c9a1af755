//! How many machines of a service there are: by the load of their processors, and by the messages that wait for them.

use hcl::Expression;

use super::Stack;
use super::queues::{self, Queues};
use crate::ir::{Id, Inbox, Service};
use crate::terraform::{Address, Block};

/// What counts the machines of a group, once that is switched on.
pub(super) const MACHINES: &str = "GroupInServiceInstances";

/// The policies of a service. Each asks for as many machines as it needs; the greatest number counts.
pub(super) fn lower(stack: &mut Stack<'_>, id: Id<Service>, group: &Address, queues: &Queues) {
    let system = stack.system;
    let service = &system.services[id];
    let metric = Block::new().set("predefined_metric_type", "ASGAverageCPUUtilization");
    let target = Block::new()
        .set("target_value", service.scale.cpu_percent)
        .block("predefined_metric_specification", metric);
    let body = policy("cpu", group, target);
    stack.module.resource("aws_autoscaling_policy", &service.name, body);
    let Some(messages) = service.scale.queue_messages else {
        return;
    };
    for inbox in system.inboxes_of(id) {
        let (name, _) = system.inbox(inbox);
        let target = Block::new().set("target_value", messages).block(
            "customized_metric_specification",
            backlog(queues.get(inbox), &machines(group)),
        );
        let body = policy(&format!("messages-of-{name}"), group, target);
        let local = backlog_name(stack, service, inbox);
        stack.module.resource("aws_autoscaling_policy", &local, body);
    }
}

/// The name of the policy that follows an inbox. Longer than any component's.
pub(super) fn backlog_name(stack: &Stack<'_>, service: &Service, inbox: Inbox) -> String {
    format!("{}_messages_waiting_in_{}", service.name, stack.system.inbox(inbox).0)
}

fn policy(name: &str, group: &Address, target: Block) -> Block {
    Block::new()
        .set("name", name)
        .set("autoscaling_group_name", group.attr("name"))
        .set("policy_type", "TargetTrackingScaling")
        .block("target_tracking_configuration", target)
}

/// What counts the machines or tasks of a service.
pub(super) struct Count {
    /// The word for one of them, and for many in the expression.
    pub(super) words: (&'static str, &'static str),
    /// The namespace and the name of the metric.
    pub(super) metric: (&'static str, &'static str),
    /// Its dimensions.
    pub(super) dimensions: Vec<(&'static str, Expression)>,
}

fn machines(group: &Address) -> Count {
    Count {
        words: ("machine", "machines"),
        metric: ("AWS/AutoScaling", MACHINES),
        dimensions: vec![("AutoScalingGroupName", group.attr("name"))],
    }
}

/// Messages waiting per machine or task.
pub(super) fn backlog(queue: &queues::Queue, count: &Count) -> Block {
    let metric = |id: &str, (space, name): (&str, &str), dimensions: &[(&str, Expression)]| {
        let dimensions = dimensions
            .iter()
            .map(|(name, value)| Block::new().set("name", *name).set("value", value.clone()));
        let metric = Block::new()
            .set("namespace", space)
            .set("metric_name", name)
            .blocks("dimensions", dimensions);
        let stat = Block::new().set("stat", "Average").block("metric", metric);
        Block::new()
            .set("id", id)
            .set("return_data", false)
            .block("metric_stat", stat)
    };
    let waiting = metric(
        "waiting",
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        &[("QueueName", queue.queue.attr("name"))],
    );
    let (one, many) = count.words;
    let counted = metric(many, count.metric, &count.dimensions);
    let each = Block::new()
        .set("id", "backlog")
        .set("label", format!("Messages waiting per {one}"))
        .comment(
            "Measurements may be late: the last one counts until then, for nothing would look like an empty queue.",
        )
        .set("expression", format!("FILL(waiting, REPEAT) / FILL({many}, REPEAT)"));
    Block::new()
        .block("metrics", each)
        .block("metrics", waiting)
        .block("metrics", counted)
}
