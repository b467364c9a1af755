//! How many pods a service has where it follows the messages that wait: KEDA counts them, with a role of its own.

use hcl::Expression;
use serde_json::json;

use super::Cluster;
use super::identity::Role;
use crate::ir::{Id, Inbox, Service};
use crate::targets::aws::Stack;
use crate::targets::aws::compute::Parts;
use crate::targets::aws::policy::Statement;
use crate::targets::shared::cluster::{Filled, Scaling};

/// What reads the length of a queue, and nothing in it.
pub(in crate::targets::aws) const COUNT: &str = "sqs:GetQueueAttributes";
/// Namespace and service account of KEDA, as its chart has them.
const ACCOUNT: (&str, &str) = ("keda", "keda-operator");

/// The queues that services in the cluster follow.
pub(in crate::targets::aws) fn followed(stack: &Stack<'_>) -> Vec<Inbox> {
    let system = stack.system;
    let services = system.services.iter();
    let following = services.filter(|(id, item)| item.scale.queue_messages.is_some() && system.pool_of(*id).is_some());
    let mut inboxes: Vec<Inbox> = following.flat_map(|(id, _)| system.inboxes_of(id)).collect();
    inboxes.sort_unstable();
    inboxes.dedup();
    inboxes
}

/// What KEDA follows for a service.
pub(super) fn lower(stack: &Stack<'_>, id: Id<Service>, parts: &Parts<'_>) -> Option<Scaling> {
    let system = stack.system;
    let messages = system.services[id].scale.queue_messages?;
    let triggers = system.inboxes_of(id).map(|inbox| {
        let metadata = json!({
            "queueURL": "",
            "queueLength": messages.to_string(),
            "awsRegion": stack.region(),
            // Those that are worked on do not wait.
            "scaleOnInFlight": "false",
        });
        let trigger = json!({ "type": "aws-sqs-queue", "name": system.inbox(inbox).0, "metadata": metadata });
        Filled::new(trigger).set("/metadata/queueURL", parts.queues.get(inbox).queue.attr("url"))
    });
    Some(Scaling {
        triggers: triggers.collect(),
        authentication: Some(Filled::new(json!({ "podIdentity": { "provider": "aws" } }))),
    })
}

/// Adds the role of KEDA, where a service follows a queue.
pub(super) fn operator(stack: &mut Stack<'_>, cluster: &Cluster, parts: &Parts<'_>) {
    let followed = followed(stack);
    if followed.is_empty() {
        return;
    }
    let queues = followed.iter().map(|&inbox| parts.queues.get(inbox).queue.attr("arn"));
    let count = Statement::allow("CountMessages", &[COUNT], Expression::Array(queues.collect()));
    let role = Role {
        local: "kubernetes_message_counter",
        name: "kubernetes-message-counter",
        description: "KEDA, which counts the messages that wait".to_owned(),
        account: ACCOUNT,
    };
    let (role, _) = role.lower(stack, cluster, vec![count]);
    stack.module.file("outputs", "");
    let about = "Role of KEDA, which its installation is told.";
    stack.module.output("keda_role", role.attr("arn"), about);
}
