//! Events of buckets: Event Grid brings them to a queue, where functions take them from.

use std::collections::BTreeMap;

use super::app::App;
use super::hosts::Hosts;
use crate::ir::{Bucket, Function, Id, Service, Trigger};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::encryption::wait_for;
use crate::targets::azure::project::after;
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// Minutes for which Event Grid tries to bring an event, and how often: as much as it takes.
const BRINGS: (u32, u32) = (1440, 30);

pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>, hosts: &Hosts<'_>, apps: &BTreeMap<Id<Service>, App>) {
    let system = stack.system;
    let mut heard: BTreeMap<Id<Bucket>, Vec<(&Service, &Function, &App)>> = BTreeMap::new();
    for (id, service, function) in system.functions() {
        if let Some(Trigger::Bucket { bucket, .. }) = function.trigger {
            heard.entry(bucket).or_default().push((service, function, &apps[&id]));
        }
    }
    for (bucket, functions) in heard {
        stack.module.file("triggers", "");
        let name = system.buckets[bucket].name.as_str();
        let body = stack
            .named(stack.prefixed(name))
            .set("source_resource_id", plan.stores.buckets[&bucket].account.id())
            .set("topic_type", "Microsoft.Storage.StorageAccounts")
            .set("tags", stack.tags())
            .block("identity", Block::new().set("type", "SystemAssigned"));
        stack.module.comment(
            "Events of the bucket. They are brought with an identity of their own, which may do nothing else.",
        );
        let topic = stack.module.resource("azurerm_eventgrid_system_topic", name, body);
        let ready = granted(stack, (name, &topic), &functions);
        for function in functions {
            subscribe(stack, plan, hosts, (bucket, &topic, &ready), function);
        }
    }
}

/// It sends to the queues of its functions, and puts what it cannot bring to their dead letters.
fn granted(
    stack: &mut Stack<'_>,
    (name, topic): (&str, &Address),
    functions: &[(&Service, &Function, &App)],
) -> Address {
    let grants = functions.iter().flat_map(|(service, _, app)| {
        let grant = |what: &str, role: &str, at: &Address| {
            let grant = object! { "role" => role, "scope" => at.id() };
            (format!("{}/{what}", service.name), grant)
        };
        let send = app.events.as_ref();
        let send = send.map(|queue| grant("send", "Storage Queue Data Message Sender", queue));
        let give_up = app.dead.as_ref();
        let give_up = give_up.map(|dead| grant("give-up", "Storage Blob Data Contributor", dead));
        send.into_iter().chain(give_up)
    });
    let mut grants: Vec<_> = grants.collect();
    grants.sort_by(|(one, _), (other, _)| one.cmp(other));
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("scope", expr::each_value(&["scope"]))
        .set("role_definition_name", expr::each_value(&["role"]))
        .set("principal_id", topic.attr("identity.0.principal_id"))
        .set("principal_type", "ServicePrincipal");
    let name = format!("{name}-events");
    let granted = stack.module.resource("azurerm_role_assignment", &name, body);
    let ids = expr::call("join", [",".into(), granted.all("id")]);
    wait_for(
        stack,
        &name,
        "Until the grants have reached the account.",
        [("grants", ids)],
    )
}

fn subscribe(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    hosts: &Hosts<'_>,
    (bucket, topic, ready): (Id<Bucket>, &Address, &Address),
    (service, function, app): (&Service, &Function, &App),
) {
    let Some(Trigger::Bucket {
        created,
        deleted,
        prefix,
        suffix,
        ..
    }) = &function.trigger
    else {
        return;
    };
    let kinds = [
        ("Microsoft.Storage.BlobCreated", created),
        ("Microsoft.Storage.BlobDeleted", deleted),
    ];
    let kinds: Vec<&str> = kinds.into_iter().filter(|(_, is)| **is).map(|(kind, _)| kind).collect();
    let container = plan.stores.buckets[&bucket].container.attr("name");
    let begins = template![
        "/blobServices/default/containers/",
        container,
        "/blobs/",
        prefix.as_str()
    ];
    let subject = Block::new()
        .set("subject_begins_with", begins)
        .set_some("subject_ends_with", (!suffix.is_empty()).then_some(suffix.as_str()))
        .set("case_sensitive", true);
    let at = || Block::new().set("storage_account_id", hosts.shared.account.id());
    let endpoint = app
        .events
        .as_ref()
        .map(|queue| at().set("queue_name", queue.attr("name")))
        .map(|queue| {
            queue
                .comment("An event waits until it is taken.")
                .set("queue_message_time_to_live_in_seconds", -1)
        });
    let dead = app.dead.as_ref();
    let dead = dead.map(|dead| at().set("storage_blob_container_name", dead.attr("name")));
    let own = || Block::new().set("type", "SystemAssigned");
    let (minutes, attempts) = BRINGS;
    let retry = Block::new()
        .set("event_time_to_live", minutes)
        .set("max_delivery_attempts", attempts);
    let body = Block::new()
        .set("name", stack.prefixed(&service.name))
        .set("system_topic", topic.attr("name"))
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("event_delivery_schema", "CloudEventSchemaV1_0")
        .set("included_event_types", kinds)
        .block("subject_filter", subject)
        .block_some("storage_queue_endpoint", endpoint)
        .block("delivery_identity", own())
        .block("retry_policy", retry)
        .block_some("storage_blob_dead_letter_destination", dead)
        .block("dead_letter_identity", own())
        .set("depends_on", after([ready.clone()]));
    let kind = "azurerm_eventgrid_system_topic_event_subscription";
    stack.module.resource(kind, &service.name, body);
}
