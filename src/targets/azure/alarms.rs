//! Alarms: what is measured, and who is told.

use super::database::replicas;
use super::names;
use super::{Stack, Stores};
use crate::ir::{Alarm, Database, Id, Signal};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;
use crate::{list, template};

/// Minutes that a metric alert can look back.
const WINDOWS: [(u32, &str); 7] = [
    (1, "PT1M"),
    (5, "PT5M"),
    (15, "PT15M"),
    (30, "PT30M"),
    (60, "PT1H"),
    (360, "PT6H"),
    (720, "PT12H"),
];

/// What an alarm looks at.
struct Watch {
    /// The resources, by key.
    of: Address,
    /// Azure's words for their type and for the metric.
    metric: (&'static str, &'static str),
    /// It is bad above this.
    threshold: u32,
    /// For so many minutes.
    minutes: u32,
}

pub(super) fn lower(stack: &mut Stack<'_>, stores: &Stores) {
    let alarms: Vec<(&Alarm, Watch)> = stack
        .system
        .alarms
        .iter()
        .filter_map(|alarm| Some((alarm, watch(stack, stores, alarm)?)))
        .collect();
    if alarms.is_empty() {
        return;
    }
    stack.module.file("alarms", "");
    let told = told(stack);
    for (alarm, watch) in alarms {
        metric_alert(stack, alarm, &watch, told.as_ref());
    }
}

fn watch(stack: &Stack<'_>, stores: &Stores, alarm: &Alarm) -> Option<Watch> {
    match alarm.signal {
        Signal::ShardLoad { .. } | Signal::ShardStorage { .. } | Signal::HotShard { .. } => None,
        Signal::ReplicaLag {
            database,
            seconds,
            minutes,
        } => Some(Watch {
            of: replicas_of(stores, database)?,
            metric: lag(stack.system.databases[database].engine),
            threshold: seconds,
            minutes,
        }),
    }
}

fn replicas_of(stores: &Stores, database: Id<Database>) -> Option<Address> {
    let readers: Option<&replicas::Replicas> = stores.databases.get(&database)?.readers.as_ref();
    readers.map(|readers| readers.servers.clone())
}

/// The metric of a replica's lag in seconds, as in Azure Monitor's list of supported metrics, read in November 2026.
fn lag(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Mysql => ("Microsoft.DBforMySQL/flexibleServers", "replication_lag"),
        _ => (
            "Microsoft.DBforPostgreSQL/flexibleServers",
            "physical_replication_delay_in_seconds",
        ),
    }
}

/// Who is told, if anybody is.
fn told(stack: &mut Stack<'_>) -> Option<Address> {
    let system = stack.system;
    if system.alarm_emails.is_empty() {
        return None;
    }
    let receivers = system.alarm_emails.iter().enumerate().map(|(index, email)| {
        Block::new()
            .set("name", format!("email-{}", index + 1))
            .set("email_address", email.as_str())
            .set("use_common_alert_schema", true)
    });
    let body = Block::new()
        .set("name", system.prefix.as_str())
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("short_name", names::action_group(&system.prefix))
        .set("tags", stack.tags())
        .blocks("email_receiver", receivers);
    let group = stack.module.resource("azurerm_monitor_action_group", "main", body);
    stack.built("observability.emails", "action group", &group);
    Some(group)
}

fn metric_alert(stack: &mut Stack<'_>, alarm: &Alarm, watch: &Watch, told: Option<&Address>) {
    let (namespace, metric) = watch.metric;
    let window = WINDOWS
        .into_iter()
        .find(|(minutes, _)| *minutes >= watch.minutes)
        .map_or("P1D", |(_, window)| window);
    let criteria = Block::new()
        .set("metric_namespace", namespace)
        .set("metric_name", metric)
        .comment("The least of the window: all of it was above.")
        .set("aggregation", "Minimum")
        .set("operator", "GreaterThan")
        .set("threshold", watch.threshold);
    let body = Block::new()
        .set("for_each", watch.of.whole())
        .set("name", template![stack.prefixed(&alarm.name), "-", expr::each_key()])
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("scopes", list![expr::each_value(&["id"])])
        .set("description", alarm.about.as_str())
        .set("severity", 2)
        .set("frequency", "PT1M")
        .set("window_size", window)
        .set("tags", stack.tags())
        .block("criteria", criteria)
        .block_some(
            "action",
            told.map(|group| Block::new().set("action_group_id", group.id())),
        );
    stack.module.resource("azurerm_monitor_metric_alert", &alarm.name, body);
}
