//! What starts a function, as its host reads it: bindings, and the settings that go with them.

use serde_json::{Value, json};

use super::event_queues;
use crate::check::table_leases;
use crate::ir::{Cron, Function, Id, Inbox, Retry, Service, System, Trigger};
use crate::targets::azure::workflows::call_queues;

/// The connection that a trigger uses: settings begin with it.
pub(super) const TRIGGER: &str = "AzureTrigger";
/// The connection to the account that dead letters are kept in.
pub(super) const DEAD: &str = "AzureDead";
/// The connection to the account that workflows ask a function through.
pub(super) const CALLS: &str = "AzureCalls";
/// Seconds between the end of a call and that of its process.
const GRACE: u32 = 30;
/// Requests that wait for one that is worked on.
const WAITING: u32 = 10;
/// Seconds before an event is tried again, at least and at most.
const PAUSE: (u32, u32) = (5, 900);

/// One thing that starts a function.
pub(super) struct Binding {
    /// The folder that Azure looks for it in.
    pub folder: &'static str,
    /// The trigger.
    pub trigger: Value,
    /// Somebody waits for the answer.
    pub answers: bool,
    /// Events that fail have no place to go to by themselves.
    pub keeps_dead: bool,
    /// Workflows ask it.
    pub is_call: bool,
}

/// What starts a function: its trigger, and requests of those who call it.
pub(super) fn bindings(system: &System, (id, service, function): (Id<Service>, &Service, &Function)) -> Vec<Binding> {
    let requests = Binding {
        folder: "request",
        trigger: json!({
            "type": "httpTrigger",
            "direction": "in",
            "name": "event",
            "authLevel": "anonymous",
            "methods": ["get", "post", "put", "patch", "delete", "head", "options"],
            "route": "{*path}",
        }),
        answers: true,
        keeps_dead: false,
        is_call: false,
    };
    let event = function
        .trigger
        .as_ref()
        .and_then(|trigger| of_event(system, (id, service), trigger));
    let event = event.map(|trigger| Binding {
        folder: "event",
        trigger,
        answers: false,
        keeps_dead: matches!(
            function.trigger,
            Some(Trigger::Stream { .. } | Trigger::Table { .. } | Trigger::Schedule { .. })
        ),
        is_call: false,
    });
    let is_step = system.workflows_of(id).next().is_some();
    let call = is_step.then(|| {
        let [queue, _] = call_queues(service);
        let trigger = json!({
            "type": "queueTrigger",
            "direction": "in",
            "name": "event",
            "queueName": queue,
            "connection": CALLS,
        });
        Binding {
            folder: "call",
            trigger,
            answers: false,
            keeps_dead: false,
            is_call: true,
        }
    });
    let only_steps = function.trigger.is_none() && is_step;
    let asked = event.is_none() && !only_steps || system.callers_of(id).next().is_some();
    let all = event.into_iter().chain(call);
    all.chain(asked.then_some(requests)).collect()
}

/// Nothing for requests.
fn of_event(system: &System, (id, service): (Id<Service>, &Service), trigger: &Trigger) -> Option<Value> {
    let trigger = match trigger {
        Trigger::Api | Trigger::Url { .. } => return None,
        Trigger::Queue { queue, batch } => messages(system, Inbox::Queue(*queue), *batch),
        Trigger::Topic { subscription, batch } => messages(system, Inbox::Subscription(*subscription), *batch),
        Trigger::Stream { stream, .. } => json!({
            "type": "eventHubTrigger",
            "eventHubName": system.streams[*stream].name,
            "consumerGroup": service.name,
            "connection": TRIGGER,
            "cardinality": "many",
            "dataType": "binary",
        }),
        Trigger::Bucket { .. } => {
            let [queue, _] = event_queues(service);
            json!({ "type": "queueTrigger", "queueName": queue, "connection": TRIGGER })
        }
        Trigger::Table { table, batch } => {
            let name = &system.tables[*table].name;
            json!({
                "type": "cosmosDBTrigger",
                "connection": TRIGGER,
                "databaseName": name,
                "containerName": name,
                "leaseContainerName": table_leases(&system.services[id]),
                "createLeaseContainerIfNotExists": false,
                "startFromBeginning": true,
                "maxItemsPerInvocation": batch,
            })
        }
        Trigger::Schedule { cron, .. } => json!({ "type": "timerTrigger", "schedule": ncrontab(cron) }),
    };
    let mut trigger = trigger;
    trigger["name"] = "event".into();
    trigger["direction"] = "in".into();
    Some(trigger)
}

fn messages(system: &System, inbox: Inbox, batch: u32) -> Value {
    let (name, delivery) = system.inbox(inbox);
    let mut trigger = json!({
        "type": "serviceBusTrigger",
        "queueName": name,
        "connection": TRIGGER,
        "dataType": "binary",
    });
    if delivery.fifo {
        trigger["isSessionsEnabled"] = true.into();
    }
    if batch > 1 {
        trigger["cardinality"] = "many".into();
    }
    trigger
}

/// Six fields: Azure counts seconds too.
pub(super) fn ncrontab(cron: &Cron) -> String {
    format!("0 {cron}")
}

/// How often Azure tries an event again. The pauses double, and end before the event is too old.
pub(super) fn retry(retry: Retry) -> Value {
    let (least, most) = PAUSE;
    let longest = (retry.within() / retry.attempts.max(1)).clamp(least, most);
    json!({
        "strategy": "exponentialBackoff",
        "maxRetryCount": retry.attempts,
        "minimumInterval": clock(least),
        "maximumInterval": clock(longest),
    })
}

/// `00:01:30`
pub(super) fn clock(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Settings of the host that follow from the trigger, by their place in `host.json`, as an app's settings say them: they hold whoever
/// wrote that file.
pub(super) fn host_settings(system: &System, function: &Function, each: u32) -> Vec<(String, String)> {
    let mut settings = vec![("functionTimeout".to_owned(), clock(stopped_after(function)))];
    let mut add = |path: &str, value: String| settings.push((format!("extensions__{path}"), value));
    match &function.trigger {
        Some(Trigger::Queue { batch, .. } | Trigger::Topic { batch, .. }) => {
            add("serviceBus__maxConcurrentCalls", each.to_string());
            add("serviceBus__maxConcurrentSessions", each.to_string());
            add("serviceBus__maxMessageBatchSize", batch.to_string());
            add(
                "serviceBus__maxAutoLockRenewalDuration",
                clock(function.timeout_seconds),
            );
        }
        Some(Trigger::Stream { batch, oldest, .. }) => {
            add("eventHubs__maxEventBatchSize", batch.to_string());
            let from = if *oldest { "fromStart" } else { "fromEnd" };
            add("eventHubs__initialOffsetOptions__type", from.to_owned());
        }
        Some(Trigger::Bucket { .. }) => {
            add("queues__batchSize", each.to_string());
            add("queues__newBatchThreshold", "0".to_owned());
            add("queues__maxDequeueCount", (function.retry.attempts + 1).to_string());
            let pause = (function.retry.within() / (function.retry.attempts + 1)).clamp(1, 60);
            add("queues__visibilityTimeout", clock(pause));
        }
        _ => {}
    }
    if is_step(function, system) {
        // Somebody waits for the answer. Azure would look once a minute where it has found nothing for a while.
        add("queues__maxPollingInterval", clock(LOOKS));
        add("queues__batchSize", each.to_string());
        add("queues__newBatchThreshold", "0".to_owned());
        if !matches!(function.trigger, Some(Trigger::Bucket { .. })) {
            // The second time, the workflow is told that the function was stopped.
            add("queues__maxDequeueCount", "2".to_owned());
        }
    }
    if bindings_answer(function, system) {
        add("http__maxConcurrentRequests", each.to_string());
        // On Linux, nobody is turned away unless it says so.
        add("http__maxOutstandingRequests", (each * WAITING).to_string());
    }
    settings
}

/// The function's id.
fn id_of(function: &Function, system: &System) -> Option<Id<Service>> {
    let own = system.functions().find(|(_, _, other)| std::ptr::eq(*other, function));
    own.map(|(id, _, _)| id)
}

fn is_step(function: &Function, system: &System) -> bool {
    id_of(function, system).is_some_and(|id| system.workflows_of(id).next().is_some())
}

fn bindings_answer(function: &Function, system: &System) -> bool {
    let called = id_of(function, system).is_some_and(|id| system.callers_of(id).next().is_some());
    let of_requests = matches!(function.trigger, Some(Trigger::Api | Trigger::Url { .. }));
    of_requests || called || function.trigger.is_none() && !is_step(function, system)
}

/// Seconds between two looks for calls of workflows, at most: each look is paid for.
const LOOKS: u32 = 2;

/// Seconds after which Azure stops the process: the entry ends a call before that, and the events that failed for good once more.
fn stopped_after(function: &Function) -> u32 {
    let again = match function.trigger {
        Some(Trigger::Stream { .. } | Trigger::Table { .. }) => 2,
        _ => 1,
    };
    again * function.timeout_seconds + GRACE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;

    #[test]
    fn schedules_have_seconds() {
        let cron = Cron::parse("*/15 9-17 * * mon-fri").expect("a schedule");
        assert_eq!(ncrontab(&cron).split(' ').count(), 6);
        assert!(ncrontab(&cron).starts_with("0 "), "{}", ncrontab(&cron));
        assert!(ncrontab(&cron).ends_with(" * * 1-5"), "{}", ncrontab(&cron));
    }

    #[test]
    fn pauses_end_before_an_event_is_too_old() {
        let value = retry(Retry {
            attempts: 2,
            max_age_seconds: Some(60),
        });
        assert_eq!(value["maximumInterval"], "00:00:30");
        assert_eq!(clock(900), "00:15:00");
    }
}
