//! Messages of queues and topics: those of a topic wait in the queue of its subscription.

use super::Lambda;
use super::identity::Role;
use crate::ir::{Function, Id, Inbox, Service, Trigger};
use crate::list;
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::terraform::Block;

pub(super) fn lower(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    item: &Function,
    (lambda, role): (&Lambda, &Role),
    parts: &Parts<'_>,
) {
    let (inbox, batch) = match item.trigger {
        Some(Trigger::Queue { queue, batch }) => (Inbox::Queue(queue), batch),
        Some(Trigger::Topic { subscription, batch }) => (Inbox::Subscription(subscription), batch),
        _ => return,
    };
    let at_once = Block::new().set("maximum_concurrency", item.concurrency);
    let body = Block::new()
        .set("event_source_arn", parts.queues.get(inbox).queue.attr("arn"))
        .set("function_name", lambda.arn())
        .set("batch_size", batch)
        .comment("Messages that the function names as failed come again, without those that are done.")
        .set("function_response_types", list!["ReportBatchItemFailures"])
        .comment("No more calls than may run: one that is turned away would count as a failed attempt.")
        .block("scaling_config", at_once)
        .set("depends_on", role.ready());
    let name = &stack.system.services[id].name;
    stack.module.resource("aws_lambda_event_source_mapping", name, body);
}
