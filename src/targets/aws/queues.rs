//! Queues and their dead letters.

use hcl::Expression;

use super::encryption::Keys;
use super::policy::{Statement, document};
use super::{Base, Stack};
use crate::check::Checked;
use crate::ir::{Delivery, Inbox, dead_letters};
use crate::terraform::{Address, Block, expr};
use crate::{list, object, template};

/// Seconds that a worker waits for a message before it hears that there is none: the longest that SQS offers, and the cheapest.
const WAIT: u32 = 20;
const DAY: u32 = 24 * 60 * 60;

/// What messages are taken from: the queues of the system, and one for each subscription.
#[derive(Default)]
pub(super) struct Queues {
    found: Vec<(Inbox, Queue)>,
}

/// One of them.
pub(super) struct Queue {
    /// The queue.
    pub(super) queue: Address,
    /// Its dead letters.
    pub(super) dead: Address,
    /// The policies of both.
    pub(super) policies: [Address; 2],
}

impl Queues {
    /// What messages of an inbox are taken from.
    pub(super) fn get(&self, inbox: Inbox) -> &Queue {
        self.found
            .iter()
            .find_map(|(other, queue)| (*other == inbox).then_some(queue))
            .unwrap_or_else(|| unreachable!("every queue and subscription of the system has been added"))
    }

    pub(super) fn add(&mut self, inbox: Inbox, queue: Queue) {
        self.found.push((inbox, queue));
    }
}

/// The name of a queue or topic in AWS.
pub(super) fn full_name(system: &Checked<'_>, name: &str, fifo: bool) -> String {
    let ending = if fifo { ".fifo" } else { "" };
    format!("{}-{name}{ending}", system.prefix)
}

/// The ARNs of every queue of the system, for policies that stand before the queues do.
pub(super) fn arns(stack: &Stack<'_>, base: &Base) -> Expression {
    template![
        format!("arn:aws:sqs:{}:", stack.region()),
        base.account.clone(),
        format!(":{}", stack.name("*"))
    ]
}

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys) -> Queues {
    let system = stack.system;
    stack.module.file("queues", "");
    let mut queues = Queues::default();
    for (id, item) in system.queues.iter() {
        let added = queue(stack, keys, (&item.name, item.delivery), None);
        let what = "SQS queue, and one for its dead letters";
        stack.report.component(&item.path, what, added.queue.text());
        queues.add(Inbox::Queue(id), added);
    }
    queues
}

/// A queue with one for its dead letters. `topic` may send to both: what it cannot deliver is a dead letter too.
pub(super) fn queue(
    stack: &mut Stack<'_>,
    keys: &Keys,
    (name, delivery): (&str, Delivery),
    topic: Option<&Address>,
) -> Queue {
    let system = stack.system;
    let dead_name = dead_letters(name);
    let days = |days: u32| days * DAY;
    let body = body(&full_name(&system, &dead_name, delivery.fifo), delivery, keys)
        .comment(&format!("{} days.", Delivery::DEAD_DAYS))
        .set("message_retention_seconds", days(Delivery::DEAD_DAYS));
    let dead = stack
        .module
        .comment(&format!("What was taken from {name} too often and never done."))
        .resource("aws_sqs_queue", &dead_name, body);
    let redrive = object! {
        "deadLetterTargetArn" => dead.attr("arn"),
        "maxReceiveCount" => delivery.max_receives,
    };
    let body = self::body(&full_name(&system, name, delivery.fifo), delivery, keys)
        .when(delivery.fifo, |block| {
            block
                .comment("Who sends the same content twice within five minutes need not say so.")
                .set("content_based_deduplication", true)
        })
        .set("visibility_timeout_seconds", delivery.visibility_seconds)
        .set("message_retention_seconds", days(delivery.retention_days))
        .comment("Workers wait for messages instead of asking again and again.")
        .set("receive_wait_time_seconds", WAIT)
        .set("redrive_policy", expr::jsonencode(redrive));
    let queue = stack.module.resource("aws_sqs_queue", name, body);
    let allowed = object! { "redrivePermission" => "byQueue", "sourceQueueArns" => list![queue.attr("arn")] };
    let allow = Block::new()
        .set("queue_url", dead.id())
        .set("redrive_allow_policy", expr::jsonencode(allowed));
    stack
        .module
        .resource("aws_sqs_queue_redrive_allow_policy", &dead_name, allow);
    let policies = [(name, &queue), (&dead_name, &dead)].map(|(name, queue)| {
        let body = Block::new()
            .set("queue_url", queue.id())
            .set("policy", policy(queue, topic));
        stack.module.resource("aws_sqs_queue_policy", name, body)
    });
    Queue { queue, dead, policies }
}

/// What both have in common.
fn body(full_name: &str, delivery: Delivery, keys: &Keys) -> Block {
    Block::new()
        .set("name", full_name)
        .when(delivery.fifo, |block| block.set("fifo_queue", true))
        .set("kms_master_key_id", keys.data.attr("arn"))
}

/// Who may use a queue stands in the identities of services; here stand its topic, and that nobody comes without TLS.
fn policy(queue: &Address, topic: Option<&Address>) -> Expression {
    let deliver = topic.map(|topic| {
        Statement::allow("Topic", &["sqs:SendMessage"], queue.attr("arn"))
            .service("sns.amazonaws.com")
            .condition(object! { "ArnEquals" => object! { "aws:SourceArn" => topic.attr("arn") } })
    });
    let tls = Statement::refuse_plain(&["sqs:*"], queue.attr("arn"));
    document(deliver.into_iter().chain([tls]))
}
