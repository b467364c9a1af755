//! Alarms: what is measured, and who is told.

mod apis;
mod inboxes;
mod sinks;
mod workflows;

use super::database::Built;
use super::database::replicas::Replicas;
use super::functions::{Functions, watch};
use super::{Stack, Stores, metrics, names, warehouses};
use crate::ir::{Alarm, Database, Signal};
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

/// GiB of changes that a primary keeps for a replica before somebody is told.
const BACKLOG_GB: u64 = 1;
/// Percent of a primary's storage at which somebody is told; at 95 Azure makes the server read-only.
const NEARLY_FULL: u64 = 80;

/// What an alert looks at: one number of a resource, or of each of several.
struct Watch {
    /// Its name, without the prefix.
    name: String,
    /// What it means.
    about: String,
    /// The resources.
    of: Of,
    /// Azure's word for what is measured.
    metric: &'static str,
    /// What is counted of all that the metric has, as a dimension of it and its value.
    only: Option<(&'static str, String)>,
    /// How the numbers of the window become one.
    aggregation: &'static str,
    /// When that is bad.
    bad: Bad,
    /// For so many minutes.
    minutes: u32,
}

enum Of {
    /// This one.
    One(Address),
    /// Each instance of it.
    Each(Address),
}

enum Bad {
    Above(u64),
    Below(u64),
}

/// `gateways` are those of the APIs, by what their logs are called.
pub(super) fn lower(
    stack: &mut Stack<'_>,
    (stores, gateways): (&Stores, &[(String, Address)]),
    (functions, workspace): (Option<&Functions>, &Address),
) {
    let system = stack.system;
    let of_steps = system.workflow_alarms.is_empty() && system.sink_alarms.is_empty();
    let of_links = system.inbox_alarms.is_empty() && system.function_alarms.is_empty();
    if system.alarms.is_empty() && of_links && of_steps && gateways.is_empty() {
        return;
    }
    stack.module.file("alarms", "");
    let told = told(stack);
    inboxes::lower(stack, stores, told.as_ref());
    if let Some(functions) = functions {
        watch::alarms(stack, (functions, workspace), told.as_ref());
    }
    sinks::lower(stack, stores, told.as_ref());
    warehouses::alarms(stack, stores, workspace, told.as_ref());
    workflows::lower(stack, &stores.workflows, told.as_ref());
    apis::lower(stack, gateways, told.as_ref());
    for alarm in &system.alarms {
        let Some(built) = stores.databases.get(&alarm.signal.database()) else {
            continue;
        };
        let namespace = metrics::namespace(system.databases[alarm.signal.database()].engine);
        for watch in watches(stack, built, alarm) {
            metric_alert(stack, namespace, &watch, told.as_ref());
        }
        if let Signal::HotShard { points, minutes, .. } = alarm.signal {
            hot_shard(stack, alarm, (points, minutes), workspace, told.as_ref());
        }
    }
}

/// The metric alerts of an alarm. None for what compares resources with each other, which no metric alert does.
fn watches(stack: &Stack<'_>, built: &Built, alarm: &Alarm) -> Vec<Watch> {
    let shards = |metric, percent: u32, minutes| {
        let shards = built.shards.iter().map(|shards| Watch {
            name: alarm.name.clone(),
            about: alarm.about.clone(),
            of: Of::Each(shards.measured.clone()),
            metric,
            only: None,
            aggregation: "Average",
            bad: Bad::Above(percent.into()),
            minutes,
        });
        shards.collect()
    };
    match alarm.signal {
        Signal::ShardLoad { percent, minutes, .. } => shards(metrics::CPU, percent, minutes),
        Signal::ShardStorage { percent, minutes, .. } => shards(metrics::STORAGE, 100 - percent.min(100), minutes),
        Signal::ReplicaLag {
            database,
            seconds,
            minutes,
        } => built.readers.as_ref().map_or(vec![], |readers| {
            let database = &stack.system.databases[database];
            following(database, readers, alarm, (seconds, minutes))
        }),
        Signal::HotShard { .. } => vec![],
    }
}

/// How far replicas are behind, and whether they follow at all: one that is down sends no number.
fn following(database: &Database, readers: &Replicas, alarm: &Alarm, (seconds, minutes): (u32, u32)) -> Vec<Watch> {
    let watch = |what: &str, about: String, (metric, aggregation): (&'static str, &'static str), bad| Watch {
        name: format!("{}{what}", alarm.name),
        about,
        of: Of::Each(readers.servers.clone()),
        metric,
        only: None,
        aggregation,
        bad,
        minutes,
    };
    let name = &database.name;
    let lag = |metric| watch("", alarm.about.clone(), (metric, "Minimum"), Bad::Above(seconds.into()));
    if database.engine == Engine::Mysql {
        let stopped = |what, metric, thread: &str| {
            let about = format!("A replica of {name} {thread}: it answers with ever older data.");
            watch(what, about, (metric, "Maximum"), Bad::Below(1))
        };
        return vec![
            lag("replication_lag"),
            stopped("-receiver", "Replica_IO_Running", "no longer receives changes"),
            stopped("-applier", "Replica_SQL_Running", "no longer applies changes"),
        ];
    }
    let on_primary = |watch: Watch| Watch {
        of: Of::One(readers.primary.clone()),
        ..watch
    };
    let backlog = format!(
        "The primary of {name} keeps more than {BACKLOG_GB} GiB of changes for a replica that does not take them: it is slow, or down."
    );
    let storage = format!(
        "The storage of {name} is nearly full. What the primary keeps for a replica that is down grows until the primary takes no more writes."
    );
    vec![
        lag("physical_replication_delay_in_seconds"),
        on_primary(watch(
            "-backlog",
            backlog,
            ("physical_replication_delay_in_bytes", "Maximum"),
            Bad::Above(BACKLOG_GB << 30),
        )),
        on_primary(watch(
            "-storage",
            storage,
            (metrics::STORAGE, "Maximum"),
            Bad::Above(NEARLY_FULL),
        )),
    ]
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

fn metric_alert(stack: &mut Stack<'_>, namespace: &str, watch: &Watch, told: Option<&Address>) {
    let (operator, threshold) = match watch.bad {
        Bad::Above(threshold) => ("GreaterThan", threshold),
        Bad::Below(threshold) => ("LessThan", threshold),
    };
    let dimension = watch.only.as_ref().map(|(dimension, value)| {
        Block::new()
            .set("name", *dimension)
            .set("operator", "Include")
            .set("values", list![value.as_str()])
    });
    let criteria = Block::new()
        .set("metric_namespace", namespace)
        .set("metric_name", watch.metric)
        .when(watch.aggregation == "Minimum", |block| {
            block.comment("The least of the window: all of it was above.")
        })
        .set("aggregation", watch.aggregation)
        .set("operator", operator)
        .set("threshold", threshold)
        .block_some("dimension", dimension);
    let name = stack.prefixed(&watch.name);
    let (body, scope) = match &watch.of {
        Of::One(resource) => (Block::new().set("name", name), resource.id()),
        Of::Each(resources) => {
            let body = Block::new()
                .set("for_each", resources.whole())
                .set("name", template![name, "-", expr::each_key()]);
            (body, expr::each_value(&["id"]))
        }
    };
    let body = body
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("scopes", list![scope])
        .set("description", watch.about.as_str())
        .set("severity", 2)
        .set("frequency", "PT1M")
        .set("window_size", window(watch.minutes))
        .set("tags", stack.tags())
        .block("criteria", criteria)
        .block_some(
            "action",
            told.map(|group| Block::new().set("action_group_id", group.id())),
        );
    stack.module.resource("azurerm_monitor_metric_alert", &watch.name, body);
}

/// One rule for all shards in use: each that is far above their mean raises an alert of its own.
fn hot_shard(
    stack: &mut Stack<'_>,
    alarm: &Alarm,
    (points, minutes): (u32, u32),
    workspace: &Address,
    told: Option<&Address>,
) {
    let database = &stack.system.databases[alarm.signal.database()];
    let numbers = metrics::of_active_shards(stack, database, metrics::CPU);
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
        .comment("Percentage points above the mean of all shards in use, over the whole window.")
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
