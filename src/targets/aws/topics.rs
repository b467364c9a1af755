//! Topics, and the queue of each service that takes messages from one.

use hcl::Expression;

use super::encryption::Keys;
use super::policy::{Statement, document};
use super::queues::{self, Queues};
use super::{Base, Stack};
use crate::ir::{Id, Inbox, Subscription, Topic};
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// The topics of the system.
pub(super) struct Topics {
    topics: Vec<(Id<Topic>, Address)>,
    subscriptions: Vec<(Id<Topic>, Address)>,
}

impl Topics {
    /// A topic.
    pub(super) fn get(&self, id: Id<Topic>) -> &Address {
        self.topics
            .iter()
            .find_map(|(other, topic)| (*other == id).then_some(topic))
            .unwrap_or_else(|| unreachable!("every topic of the system has been added"))
    }

    /// What has to be there before the first message goes to a topic: one that nobody subscribes to yet is lost.
    pub(super) fn subscriptions(&self, id: Id<Topic>) -> impl Iterator<Item = &Address> {
        let ours = self.subscriptions.iter().filter(move |(topic, _)| *topic == id);
        ours.map(|(_, subscription)| subscription)
    }
}

/// The ARNs of every topic that somebody subscribes to, for the policy of the key that encrypts them: they refer to the key.
pub(super) fn subscribed(stack: &Stack<'_>, base: &Base) -> Vec<Expression> {
    let system = stack.system;
    let has_subscribers = |id: Id<Topic>| system.subscriptions.iter().any(|(_, item)| item.topic == id);
    let topics = system.topics.iter().filter(|(id, _)| has_subscribers(*id));
    let arns = topics.map(|(_, item)| {
        let name = queues::full_name(&system, &item.name, item.delivery.fifo);
        template![
            format!("arn:aws:sns:{}:", stack.region()),
            base.account.clone(),
            format!(":{name}")
        ]
    });
    arns.collect()
}

/// The ARNs of every topic of the system, for policies that stand before the topics do.
pub(super) fn arns(stack: &Stack<'_>, base: &Base) -> Expression {
    template![
        format!("arn:aws:sns:{}:", stack.region()),
        base.account.clone(),
        format!(":{}", stack.name("*"))
    ]
}

/// Adds the topics, and to `queues` those of the subscriptions.
pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys, queues: &mut Queues) -> Topics {
    let system = stack.system;
    stack.module.file("topics", "");
    let mut found = Topics {
        topics: vec![],
        subscriptions: vec![],
    };
    for (id, item) in system.topics.iter() {
        let fifo = item.delivery.fifo;
        let body = Block::new()
            .set("name", queues::full_name(&system, &item.name, fifo))
            .when(fifo, |block| {
                block
                    .set("fifo_topic", true)
                    .comment("Who sends the same content twice within five minutes need not say so.")
                    .set("content_based_deduplication", true)
            })
            .set("kms_master_key_id", keys.data.attr("arn"));
        let topic = stack.module.resource("aws_sns_topic", &item.name, body);
        let tls = Statement::refuse_plain(&["sns:Publish"], topic.attr("arn"));
        let policy = Block::new()
            .set("arn", topic.attr("arn"))
            .set("policy", document([tls]));
        stack.module.resource("aws_sns_topic_policy", &item.name, policy);
        let what = "SNS topic; each service that consumes it has an SQS queue";
        stack.report.component(&item.path, what, topic.text());
        found.topics.push((id, topic));
    }
    for (id, item) in system.subscriptions.iter() {
        let topic = found.get(item.topic).clone();
        let queue = queues::queue(stack, keys, (&item.name, item.delivery), Some(&topic));
        let body = subscription(item, &topic, &queue);
        let subscription = stack
            .module
            .comment("The queues' policies first: SNS does not try again what it may not deliver.")
            .resource("aws_sns_topic_subscription", &item.name, body);
        queues.add(Inbox::Subscription(id), queue);
        found.subscriptions.push((item.topic, subscription));
    }
    found
}

fn subscription(item: &Subscription, topic: &Address, queue: &queues::Queue) -> Block {
    let wanted = item.filter.iter().map(|(attribute, values)| {
        let values = values.iter().map(|value| value.as_str().into()).collect();
        (attribute.as_str(), Expression::Array(values))
    });
    let waits = queue.policies.iter().map(Address::whole).collect();
    Block::new()
        .set("topic_arn", topic.attr("arn"))
        .set("protocol", "sqs")
        .set("endpoint", queue.queue.attr("arn"))
        .comment("The publisher's own body and attributes, without an envelope.")
        .set("raw_message_delivery", true)
        .when(!item.filter.is_empty(), |block| {
            block
                .set("filter_policy_scope", "MessageAttributes")
                .set("filter_policy", expr::jsonencode(expr::object(wanted)))
        })
        .set(
            "redrive_policy",
            expr::jsonencode(object! { "deadLetterTargetArn" => queue.dead.attr("arn") }),
        )
        .set("depends_on", Expression::Array(waits))
}
