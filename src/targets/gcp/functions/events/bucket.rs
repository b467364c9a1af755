//! Events of buckets: Cloud Storage sends them to one topic, of which every function gets what it wants.

use hcl::Expression;

use crate::check::{GCP_CREATED as CREATED, gcp_deleted as deleted};
use crate::ir::{Bucket, Function, Id, Trigger};
use crate::targets::gcp::{Stack, queues};
use crate::terraform::{Address, Block, expr};

/// What looks at the end of a key, which filters of Pub/Sub cannot do.
const LOOK: &str = "ending";

/// The topic of a bucket's events, and what lets Cloud Storage send to it.
pub(super) fn topic(stack: &mut Stack<'_>, id: Id<Bucket>) -> (Address, Address) {
    let bucket = &stack.system.buckets[id];
    let part = format!("{}-events", bucket.name);
    stack.module.comment("What happens to objects.");
    let topic = queues::topic(stack, &part);
    let body = Block::new()
        .set("topic", topic.attr("name"))
        .set("role", "roles/pubsub.publisher")
        .set_some("member", stack.encryption.storage.clone());
    let grant = stack.module.resource("google_pubsub_topic_iam_member", &part, body);
    (topic, grant)
}

/// Lets the bucket send, once everybody who wants its events has a subscription.
pub(super) fn notify(stack: &mut Stack<'_>, id: Id<Bucket>, topic: &Address, grant: &Address) {
    let system = stack.system;
    let bucket = &system.buckets[id];
    let heard = || system.notified_by(id);
    let wants = |which: fn(&Trigger) -> bool| {
        let mut triggers = heard().filter_map(|id| system.services[id].function.as_ref()?.trigger.as_ref());
        triggers.any(which)
    };
    let events = [
        (
            CREATED,
            wants(|trigger| matches!(trigger, Trigger::Bucket { created: true, .. })),
        ),
        (
            deleted(bucket),
            wants(|trigger| matches!(trigger, Trigger::Bucket { deleted: true, .. })),
        ),
    ];
    let events = events.into_iter().filter(|(_, wanted)| *wanted);
    let inboxes = heard().filter_map(|id| stack.events.get(&id));
    let ready = inboxes.map(|inbox| inbox.subscription.whole());
    let ready: Vec<Expression> = std::iter::once(grant.whole()).chain(ready).collect();
    let body = Block::new()
        .set("bucket", stack.buckets[&id].attr("name"))
        .set("topic", topic.id())
        .set("payload_format", "JSON_API_V1")
        .set(
            "event_types",
            Expression::Array(events.map(|(name, _)| name.into()).collect()),
        )
        .comment("Other events are another notification: nothing is missed, and some events come twice.")
        .block("lifecycle", Block::new().set("create_before_destroy", true))
        .set("depends_on", Expression::Array(ready));
    stack.module.resource("google_storage_notification", &bucket.name, body);
}

/// What lets only keys with the wanted end through.
pub(super) fn transform(function: &Function) -> Option<Block> {
    let Some(Trigger::Bucket { suffix, .. }) = &function.trigger else {
        return None;
    };
    if suffix.is_empty() {
        return None;
    }
    // Letters, digits and `._/-`: nothing that JavaScript would take for something else.
    let code = format!(
        "function {LOOK}(message, metadata) {{\n  return message.attributes.objectId.endsWith(\"{suffix}\") ? message : null;\n}}\n"
    );
    let look = Block::new()
        .set("function_name", LOOK)
        .set("code", expr::heredoc([code.into()]));
    Some(Block::new().block("javascript_udf", look))
}
