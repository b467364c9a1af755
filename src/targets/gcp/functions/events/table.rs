//! Changes of tables: Eventarc tells a workflow, whose only step sends them to a topic.
//!
//! Eventarc can neither send to a topic nor give the subscription that it makes for itself dead letters.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use crate::check::GCP_CHANGES as CHANGES;
use crate::ir::{Id, System, Table, Trigger};
use crate::targets::gcp::{Stack, queues};
use crate::terraform::{Address, Block, expr};
use crate::{list, object};

/// How long it takes until Eventarc's agent may do what it does.
const PROPAGATION: &str = "120s";
/// The service that tells of changes.
const SERVICE: &str = "eventarc";

/// The tables whose changes start functions.
pub(super) fn watched(system: &System) -> impl Iterator<Item = Id<Table>> + use<> {
    let tables = system
        .functions()
        .filter_map(|(_, _, function)| match function.trigger {
            Some(Trigger::Table { table, .. }) => Some(table),
            _ => None,
        });
    tables.collect::<BTreeSet<_>>().into_iter()
}

/// The topic of a table's changes.
pub(super) fn topic(stack: &mut Stack<'_>, id: Id<Table>) -> Address {
    let part = format!("{}-{CHANGES}", stack.system.tables[id].name);
    queues::topic(stack, &part)
}

/// What is told of changes, and sends them on.
pub(super) fn relay(stack: &mut Stack<'_>, topics: &BTreeMap<Id<Table>, Address>) {
    if topics.is_empty() {
        return;
    }
    let (account, ready) = account(stack);
    for (id, topic) in topics {
        let table = &stack.system.tables[*id];
        let part = format!("{}-{CHANGES}", table.name);
        stack.module.file("identity", "");
        let body = Block::new()
            .set("topic", topic.attr("name"))
            .set("role", "roles/pubsub.publisher")
            .set("member", account.attr("member"));
        let grant = stack.module.resource("google_pubsub_topic_iam_member", &part, body);
        stack.module.file("functions", "");
        let workflow = workflow(stack, (&part, &account), topic, grant);
        let watchers = stack.system.watchers_of(*id).filter_map(|id| stack.events.get(&id));
        let inboxes = watchers.map(|inbox| inbox.subscription.whole());
        let ready: Vec<Expression> = ready.iter().cloned().chain(inboxes).collect();
        let criterion =
            |attribute: &str, value: Expression| Block::new().set("attribute", attribute).set("value", value);
        let body = Block::new()
            .set("name", stack.name(&part))
            .comment("The database's own region: elsewhere nothing would ever arrive.")
            .set("location", stack.region())
            .set("service_account", account.attr("email"))
            .set("event_data_content_type", "application/json")
            .block(
                "matching_criteria",
                criterion("type", "google.cloud.firestore.document.v1.written".into()),
            )
            .block(
                "matching_criteria",
                criterion("database", stack.tables[id].attr("name")),
            )
            .block("destination", Block::new().set("workflow", workflow.id()))
            .set("depends_on", Expression::Array(ready));
        stack.module.resource("google_eventarc_trigger", &part, body);
    }
}

/// Who is told of changes and sends them on, and what is waited for.
fn account(stack: &mut Stack<'_>) -> (Address, Vec<Expression>) {
    stack.module.file("identity", "");
    let body = Block::new()
        .set("account_id", stack.name(CHANGES))
        .set("display_name", format!("{} changes of tables", stack.system.prefix))
        .set("depends_on", stack.project.ready());
    let account = stack
        .module
        .comment("Whom changes of tables are passed on as.")
        .resource("google_service_account", CHANGES, body);
    let agent = Block::new()
        .set("provider", expr::keyword("google-beta"))
        .set("service", format!("{SERVICE}.googleapis.com"))
        .set("depends_on", stack.project.ready());
    let agent = stack.module.resource("google_project_service_identity", SERVICE, agent);
    let own = [
        (
            "changes_received",
            "roles/eventarc.eventReceiver",
            Some(account.attr("member")),
        ),
        (
            "changes_started",
            "roles/workflows.invoker",
            Some(account.attr("member")),
        ),
    ];
    let grants = own.into_iter().map(|(name, role, member)| {
        let body = Block::new()
            .set("project", stack.project.id())
            .set("role", role)
            .set_some("member", member);
        stack.module.comment(match name {
            "changes_received" => "Both can be granted on the project only.",
            _ => "",
        });
        stack.module.resource("google_project_iam_member", name, body).whole()
    });
    let ready: Vec<Expression> = grants.chain([agent.whole()]).collect();
    let wait = Block::new()
        .set("create_duration", PROPAGATION)
        .set("depends_on", Expression::Array(ready));
    let wait = stack
        .module
        .comment("Google gives the agents of Eventarc and Workflows their roles when it makes them, and that takes some minutes to be known.")
        .resource("time_sleep", CHANGES, wait);
    (account, vec![wait.whole()])
}

fn workflow(stack: &mut Stack<'_>, (part, account): (&str, &Address), topic: &Address, grant: Address) -> Address {
    let attributes = object! {
        "ce-id" => "${event.id}",
        "ce-source" => "${event.source}",
        "ce-subject" => "${event.subject}",
        "ce-time" => "${event.time}",
        "ce-type" => "${event.type}",
    };
    let message = object! { "data" => "${base64.encode(json.encode(event.data))}", "attributes" => attributes };
    let arguments = object! { "topic" => topic.id(), "body" => object! { "messages" => list![message] } };
    let call = object! { "call" => "googleapis.pubsub.v1.projects.topics.publish", "args" => arguments };
    let step = object! { "send" => object! { "try" => call, "retry" => "${http.default_retry}" } };
    let main = object! { "params" => list!["event"], "steps" => list![step] };
    let body = Block::new()
        .set("name", stack.name(part))
        .set("region", stack.region())
        .set(
            "description",
            "Passes changes on to Pub/Sub, which tries again and keeps what stays undone",
        )
        .set("service_account", account.id())
        .set("crypto_key_name", stack.encryption.key.id())
        .set("deletion_protection", false)
        .set("source_contents", expr::jsonencode(object! { "main" => main }))
        .set("depends_on", list![grant.whole(), stack.encryption.users.whole()]);
    stack.module.resource("google_workflows_workflow", part, body)
}
