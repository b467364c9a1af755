//! Alarms: what is measured, and who is told.

use super::names;
use super::{Stack, Stores, metrics};
use crate::ir::{Alarm, Database, Id, Signal};
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;
use crate::{list, template};

/// Minutes that an alert can look back.
const WINDOWS: [(u32, &str); 7] = [
    (1, "PT1M"),
    (5, "PT5M"),
    (15, "PT15M"),
    (30, "PT30M"),
    (60, "PT1H"),
    (360, "PT6H"),
    (720, "PT12H"),
];

/// What an alarm looks at: one number of each of several resources.
struct Watch {
    /// The resources, by key.
    of: Address,
    /// Azure's words for their type and for the metric.
    metric: (&'static str, &'static str),
    /// How the numbers of the window become one.
    aggregation: &'static str,
    /// It is bad above this.
    threshold: u32,
    /// For so many minutes.
    minutes: u32,
}

pub(super) fn lower(stack: &mut Stack<'_>, stores: &Stores, workspace: &Address) {
    let system = stack.system;
    if system.alarms.is_empty() {
        return;
    }
    stack.module.file("alarms", "");
    let told = told(stack);
    for alarm in &system.alarms {
        if let Signal::HotShard {
            database,
            points,
            minutes,
        } = alarm.signal
        {
            hot_shard(stack, alarm, (database, points, minutes), workspace, told.as_ref());
        } else if let Some(watch) = watch(stack, stores, alarm) {
            metric_alert(stack, alarm, &watch, told.as_ref());
        }
    }
}

fn watch(stack: &Stack<'_>, stores: &Stores, alarm: &Alarm) -> Option<Watch> {
    let engine = stack.system.databases[alarm.signal.database()].engine;
    let shards = |database: Id<Database>| Some(stores.databases.get(&database)?.shards.as_ref()?.measured.clone());
    let average = |of: Address, metric: &'static str, threshold: u32, minutes: u32| Watch {
        of,
        metric: (metrics::namespace(engine), metric),
        aggregation: "Average",
        threshold,
        minutes,
    };
    match alarm.signal {
        Signal::ShardLoad {
            database,
            percent,
            minutes,
        } => Some(average(shards(database)?, metrics::CPU, percent, minutes)),
        Signal::ShardStorage {
            database,
            percent,
            minutes,
        } => Some(average(
            shards(database)?,
            metrics::STORAGE,
            100 - percent.min(100),
            minutes,
        )),
        Signal::ReplicaLag {
            database,
            seconds,
            minutes,
        } => Some(Watch {
            of: replicas_of(stores, database)?,
            metric: (metrics::namespace(engine), lag(engine)),
            aggregation: "Minimum",
            threshold: seconds,
            minutes,
        }),
        // It compares resources with each other, which no metric alert does.
        Signal::HotShard { .. } => None,
    }
}

fn replicas_of(stores: &Stores, database: Id<Database>) -> Option<Address> {
    let readers = stores.databases.get(&database)?.readers.as_ref();
    readers.map(|readers| readers.servers.clone())
}

/// The metric of a replica's lag in seconds, as in Azure Monitor's list of supported metrics, read in November 2026.
fn lag(engine: Engine) -> &'static str {
    match engine {
        Engine::Mysql => "replication_lag",
        _ => "physical_replication_delay_in_seconds",
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

/// The least of the windows that Azure has which holds so many minutes.
fn window(minutes: u32) -> &'static str {
    let mut windows = WINDOWS.into_iter();
    windows
        .find(|(length, _)| *length >= minutes)
        .map_or("P1D", |(_, window)| window)
}

fn metric_alert(stack: &mut Stack<'_>, alarm: &Alarm, watch: &Watch, told: Option<&Address>) {
    let (namespace, metric) = watch.metric;
    let criteria = Block::new()
        .set("metric_namespace", namespace)
        .set("metric_name", metric)
        .when(watch.aggregation == "Minimum", |block| {
            block.comment("The least of the window: all of it was above.")
        })
        .set("aggregation", watch.aggregation)
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
        .set("window_size", window(watch.minutes))
        .set("tags", stack.tags())
        .block("criteria", criteria)
        .block_some(
            "action",
            told.map(|group| Block::new().set("action_group_id", group.id())),
        );
    stack.module.resource("azurerm_monitor_metric_alert", &alarm.name, body);
}

/// One rule for all shards: each that is far above their mean raises an alert of its own.
fn hot_shard(
    stack: &mut Stack<'_>,
    alarm: &Alarm,
    (database, points, minutes): (Id<Database>, u32, u32),
    workspace: &Address,
    told: Option<&Address>,
) {
    let numbers = metrics::of_shards(stack, &stack.system.databases[database], metrics::CPU);
    let query = format!(
        "let loads = {numbers}\n\
         | summarize TimeGenerated = max(TimeGenerated), load = avg(Average) by shard;\n\
         loads\n\
         | extend above = load - toscalar(loads | summarize avg(load))"
    );
    let shard = Block::new()
        .set("name", "shard")
        .set("operator", "Include")
        .set("values", list!["*"]);
    let criteria = Block::new()
        .comment("Percentage points above the mean of all shards, over the whole window.")
        .set("query", expr::heredoc([query.into()]))
        .set("metric_measure_column", "above")
        .set("time_aggregation_method", "Maximum")
        .set("operator", "GreaterThan")
        .set("threshold", points)
        .block("dimension", shard);
    let body = stack
        .named(stack.prefixed(&alarm.name))
        .set("scopes", list![workspace.id()])
        .set("description", alarm.about.as_str())
        .set("severity", 2)
        .set("evaluation_frequency", "PT5M")
        .set("window_duration", window(minutes))
        .set("auto_mitigation_enabled", true)
        .comment("A new workspace knows the table when the first numbers are in it.")
        .set("skip_query_validation", true)
        .set("tags", stack.tags())
        .block("criteria", criteria)
        .block_some(
            "action",
            told.map(|group| Block::new().set("action_groups", list![group.id()])),
        );
    stack
        .module
        .resource("azurerm_monitor_scheduled_query_rules_alert_v2", &alarm.name, body);
}
