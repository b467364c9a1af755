//! Events that a function failed on, where nobody else keeps them.

use super::Lambda;
use super::identity::Role;
use crate::ir::{Delivery, Function, Service, Trigger, dead_letters};
use crate::targets::aws::Stack;
use crate::targets::aws::encryption::Keys;
use crate::targets::aws::policy::{Statement, document};
use crate::terraform::{Address, Block};

const DAY: u32 = 24 * 60 * 60;

/// Times that Lambda tries an event again that nobody waits for, and how long it keeps such an event, in seconds.
const ATTEMPTS: u32 = 2;
const AGE: u32 = 6 * 60 * 60;

/// The queue of a function's dead letters.
pub(super) fn queue(stack: &mut Stack<'_>, service: &Service, keys: &Keys) -> Address {
    let name = dead_letters(&service.name);
    let body = Block::new()
        .set("name", stack.name(&name))
        .set("kms_master_key_id", keys.data.attr("arn"))
        .comment(&format!("{} days.", Delivery::DEAD_DAYS))
        .set("message_retention_seconds", Delivery::DEAD_DAYS * DAY);
    let queue = stack
        .module
        .comment(&format!("Events that {} failed on, again and again.", service.name))
        .resource("aws_sqs_queue", &name, body);
    let tls = Statement::refuse_plain(&["sqs:*"], queue.attr("arn"));
    let policy = Block::new().set("queue_url", queue.id()).set("policy", document([tls]));
    stack.module.resource("aws_sqs_queue_policy", &name, policy);
    queue
}

/// How often Lambda tries the events of buckets and schedules, and where they go then. Those of streams and tables say it themselves.
pub(super) fn lower(stack: &mut Stack<'_>, service: &Service, item: &Function, lambda: &Lambda, role: &Role) {
    let waits = matches!(item.trigger, Some(Trigger::Bucket { .. } | Trigger::Schedule { .. }));
    let Some(dead) = lambda.dead.as_ref().filter(|_| waits) else {
        return;
    };
    let failed = Block::new().set("destination", dead.attr("arn"));
    let body = lambda
        .named()
        .set("maximum_retry_attempts", item.retry.attempts.min(ATTEMPTS))
        .set("maximum_event_age_in_seconds", item.retry.within().min(AGE))
        .block("destination_config", Block::new().block("on_failure", failed))
        .set("depends_on", role.ready());
    stack
        .module
        .resource("aws_lambda_function_event_invoke_config", &service.name, body);
}
