//! Times: Cloud Scheduler sends a message to the function's own topic.

use hcl::Expression;

use crate::ir::{Cron, Service};
use crate::object;
use crate::targets::gcp::{Stack, queues};
use crate::terraform::{Address, Block, expr};

/// The service, whose agent sends.
const SERVICE: &str = "cloudscheduler";
/// Times that sending is tried again.
const RETRIES: u32 = 3;

pub(super) fn job(
    stack: &mut Stack<'_>,
    service: &Service,
    topic: &Address,
    inbox: &queues::Inbox,
    (cron, timezone): (&Cron, &str),
) {
    let name = service.name.as_str();
    let mut ready = vec![inbox.subscription.whole()];
    if let Some(agent) = &stack.scheduler {
        let body = Block::new()
            .set("topic", topic.attr("name"))
            .set("role", "roles/pubsub.publisher")
            .set("member", agent.attr("member"));
        let grant = stack.module.resource("google_pubsub_topic_iam_member", name, body);
        ready.push(grant.whole());
    }
    let message = expr::jsonencode(object! { "schedule" => cron.to_string(), "timezone" => timezone });
    let target = Block::new()
        .set("topic_name", topic.id())
        .set("data", expr::call("base64encode", [message]));
    let body = Block::new()
        .set("name", stack.name(name))
        .set("region", stack.region())
        .set("description", format!("Starts {name}"))
        .set("schedule", cron.to_string())
        .set("time_zone", timezone)
        .block("retry_config", Block::new().set("retry_count", RETRIES))
        .block("pubsub_target", target)
        .set("depends_on", Expression::Array(ready));
    stack.module.resource("google_cloud_scheduler_job", name, body);
}

/// Adds the agent that sends.
pub(super) fn agent(stack: &mut Stack<'_>) -> Address {
    let body = Block::new()
        .set("provider", expr::keyword("google-beta"))
        .set("service", format!("{SERVICE}.googleapis.com"))
        .set("depends_on", stack.project.ready());
    stack.module.resource("google_project_service_identity", SERVICE, body)
}
