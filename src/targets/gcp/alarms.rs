//! Alarms: policies of Cloud Monitoring, and the people who are told.

mod apis;
mod functions;
mod inboxes;
mod schedules;
mod shards;
mod workflows;

use hcl::Expression;

use super::Stack;
use crate::check::Checked;
use crate::ir::{Database, Id, Readers, Signal};
use crate::terraform::{Address, Block, expr};
use crate::{object, template};

/// What an alarm becomes: one policy, or one for each key.
struct Policy {
    /// A set.
    keys: Option<Expression>,
    conditions: Vec<Block>,
    /// What is told in place of the alarm's meaning, where something else is watched.
    about: Option<String>,
    /// What Google Cloud adds to the alarm's meaning; may be empty.
    note: &'static str,
    /// What is there before it.
    ready: Vec<Expression>,
    /// How it is told, where it has to be said.
    strategy: Option<Block>,
}

impl Policy {
    /// What is told as the alarm says it.
    fn of(conditions: Vec<Block>) -> Self {
        Self {
            keys: None,
            conditions,
            about: None,
            note: "",
            ready: vec![],
            strategy: None,
        }
    }
}

/// True if anything is watched.
pub(super) fn any(system: &Checked<'_>) -> bool {
    !system.alarms.is_empty()
        || !system.inbox_alarms.is_empty()
        || !system.function_alarms.is_empty()
        || !system.workflow_alarms.is_empty()
        || !system.sink_alarms.is_empty()
        || !system.apis.is_empty()
}

pub(super) fn lower(stack: &mut Stack<'_>) {
    stack.module.file("alarms", "");
    if !any(stack.system) {
        return;
    }
    let channels = channels(stack);
    for alarm in &stack.system.alarms {
        let wanted = match alarm.signal {
            Signal::ReplicaLag {
                database,
                seconds,
                minutes,
            } => {
                let replicas = stack.databases[&database].replicas.as_ref();
                Policy {
                    note: " One that does not replicate at all is behind by less than nothing: build it anew.",
                    ready: replicas.map(|it| it.servers.whole()).into_iter().collect(),
                    ..Policy::of(replica_lag(stack, database, seconds, minutes))
                }
            }
            Signal::ShardLoad {
                database,
                percent,
                minutes,
            } => shards::load(stack, database, percent, minutes),
            // Not a share of the storage, which grows by itself.
            Signal::ShardStorage { database, minutes, .. } => shards::storage(stack, database, minutes),
            Signal::HotShard {
                database,
                points,
                minutes,
            } => shards::hot(stack, database, points, minutes),
        };
        policy(stack, (&alarm.name, &alarm.about), wanted, channels.as_ref());
    }
    for alarm in &stack.system.inbox_alarms {
        let wanted = inboxes::policy(stack, alarm);
        policy(stack, (&alarm.name, &alarm.about), wanted, channels.as_ref());
    }
    for alarm in &stack.system.function_alarms {
        if let Some(wanted) = functions::policy(stack, alarm) {
            policy(stack, (&alarm.name, &alarm.about), wanted, channels.as_ref());
        }
    }
    if let Some(wanted) = schedules::policy(stack) {
        policy(stack, (schedules::NAME, schedules::ABOUT), wanted, channels.as_ref());
    }
    for alarm in &stack.system.workflow_alarms {
        let wanted = workflows::policy(stack, alarm);
        policy(stack, (&alarm.name, &alarm.about), wanted, channels.as_ref());
    }
    for alarm in &stack.system.sink_alarms {
        if let Some(wanted) = inboxes::refused(stack, alarm) {
            policy(stack, (&alarm.name, &alarm.about), wanted, channels.as_ref());
        }
    }
    for (_, api) in stack.system.apis.iter() {
        let (name, about) = (format!("{}-failing", api.name), apis::about(api));
        let wanted = apis::policy(stack, api);
        policy(stack, (&name, &about), wanted, channels.as_ref());
    }
}

/// A mail to each address.
fn channels(stack: &mut Stack<'_>) -> Option<Address> {
    if stack.system.alarm_emails.is_empty() {
        return None;
    }
    let emails = stack.system.alarm_emails.iter().map(|email| email.as_str().into());
    let body = Block::new()
        .set("for_each", expr::call("toset", [Expression::Array(emails.collect())]))
        .set(
            "display_name",
            template![stack.name("alarms"), " to ", expr::each_key()],
        )
        .set("type", "email")
        .set("labels", object! { "email_address" => expr::each_key() })
        .set("depends_on", stack.project.ready());
    let channels = stack
        .module
        .resource("google_monitoring_notification_channel", "alarms", body);
    Some(channels)
}

/// Adds one alarm: its name and what it means.
fn policy(stack: &mut Stack<'_>, (alarm, about): (&str, &str), wanted: Policy, channels: Option<&Address>) {
    let about = wanted.about.as_deref().unwrap_or(about);
    let documentation = Block::new()
        .set("content", format!("{about}{}", wanted.note))
        .set("mime_type", "text/markdown");
    let ready = std::iter::once(stack.project.apis.whole()).chain(wanted.ready);
    let name = stack.name(alarm);
    let name = match wanted.keys {
        Some(_) => template![format!("{name}-"), expr::each_key()],
        None => name.into(),
    };
    let body = Block::new()
        .set_some("for_each", wanted.keys)
        .set("display_name", name)
        .set("combiner", "OR")
        .set("severity", "WARNING")
        .set_some("notification_channels", channels.map(|channels| channels.all("id")))
        .set("user_labels", super::database::labels(stack))
        .blocks("conditions", wanted.conditions)
        .block_some("alert_strategy", wanted.strategy)
        .block("documentation", documentation)
        .set("depends_on", Expression::Array(ready.collect()));
    let address = stack.module.resource("google_monitoring_alert_policy", alarm, body);
    let what = match channels {
        Some(_) => "alert policy of Cloud Monitoring",
        None => "alert policy of Cloud Monitoring, nobody is told",
    };
    stack.report.component(&format!("alarm {alarm}"), what, address.text());
}

/// Each replica is a series of its own, so one policy watches them all, and those that come later.
fn replica_lag(stack: &Stack<'_>, id: Id<Database>, seconds: u32, minutes: u32) -> Vec<Block> {
    let database = &stack.system.databases[id];
    let filter = template![
        "resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/replication/replica_lag\" AND resource.labels.database_id = monitoring.regex.full_match(\"",
        stack.project.id(),
        format!(":{}-{}\")", stack.name(&database.reader_name()), rest(database)),
    ];
    let duration = format!("{}s", minutes * 60);
    let samples = || {
        Block::new()
            .set("alignment_period", "60s")
            .set("per_series_aligner", "ALIGN_MAX")
    };
    let threshold = |about: String, comparison: &str, value: u32| {
        let threshold = Block::new()
            .set("filter", filter.clone())
            .set("comparison", comparison)
            .set("threshold_value", value)
            .set("duration", duration.as_str())
            .block("aggregations", samples());
        Block::new()
            .set("display_name", about)
            .block("condition_threshold", threshold)
    };
    let about = format!("More than {seconds} seconds behind for {minutes} minutes");
    let late = threshold(about, "COMPARISON_GT", seconds);
    // Cloud SQL says a negative lag where replication has stopped.
    let stopped = threshold(format!("Not replicating for {minutes} minutes"), "COMPARISON_LT", 0);
    // The nodes of a pool come and go.
    if matches!(database.readers, Some(Readers::Scaled(_))) {
        return vec![late, stopped];
    }
    let silent = Block::new()
        .set("filter", filter.clone())
        .set("duration", duration.as_str())
        .block("aggregations", samples());
    let silent = Block::new()
        .set("display_name", format!("No word of a replica for {minutes} minutes"))
        .block("condition_absent", silent);
    vec![late, stopped, silent]
}

/// What follows the name of the replicas in the name of one, as a regular expression.
fn rest(database: &Database) -> &'static str {
    match database.readers {
        Some(Readers::Scaled(_)) => ".*",
        _ => "[0-9]+-[0-9a-f]{6}",
    }
}
