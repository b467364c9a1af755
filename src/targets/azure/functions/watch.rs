//! Logs of functions, and alarms about them.

use std::collections::BTreeMap;

use super::{Functions, dead_container, event_queues};
use crate::ir::{FunctionAlarm, FunctionTrouble, Trigger};
use crate::targets::azure::{Stack, functions};
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// What is looked at each time, and how often.
const MINUTES: (&str, &str) = ("PT5M", "PT5M");

/// What goes to the workspace besides what the apps send there: who brings code and events, and what is given up.
pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>, functions: Option<&Functions>, workspace: &Address) {
    let Some(functions) = functions else {
        return;
    };
    stack.module.file("observability", "");
    let mut sources = vec![("blobs", "blobServices")];
    if functions::hears_of_objects(stack.system) {
        sources.push(("queues", "queueServices"));
    }
    let sources = sources.into_iter().map(|(name, service)| {
        let id = template![functions.code.id(), format!("/{service}/default")];
        (name, id)
    });
    let body = Block::new()
        .set("for_each", expr::object(sources.collect::<Vec<_>>()))
        .set("name", stack.system.prefix.as_str())
        .set("target_resource_id", expr::each_value(&[]))
        .set("log_analytics_workspace_id", workspace.id())
        .block("enabled_log", Block::new().set("category", "StorageWrite"));
    stack
        .module
        .comment("What is written to the account of functions: code, and what they failed on. Looking for new events would fill the workspace.");
    stack
        .module
        .resource("azurerm_monitor_diagnostic_setting", "functions", body);
    let own = functions.apps.iter().map(|(id, app)| {
        let name = stack.system.services[*id].name.clone();
        (name, app.id())
    });
    let apps: BTreeMap<_, _> = own.collect();
    let body = Block::new()
        .set("for_each", expr::object(apps))
        .set("name", stack.system.prefix.as_str())
        .set("target_resource_id", expr::each_value(&[]))
        .set("log_analytics_workspace_id", workspace.id())
        .block("enabled_log", Block::new().set("category", "FunctionAppLogs"));
    stack.module.comment("What the functions and their hosts say.");
    stack
        .module
        .resource("azurerm_monitor_diagnostic_setting", "function_apps", body);
}

/// Alarms about functions: questions to the workspace.
pub(in crate::targets::azure) fn alarms(
    stack: &mut Stack<'_>,
    (functions, workspace): (&Functions, &Address),
    told: Option<&Address>,
) {
    for alarm in &stack.system.function_alarms {
        if !can_happen(stack, alarm) {
            continue;
        }
        let (query, above) = question(stack, functions, alarm);
        ask(
            stack,
            (&alarm.name, &alarm.about),
            (query, above, MINUTES),
            workspace,
            told,
        );
    }
    hosts(stack, functions, workspace, told);
}

/// What hosts say of themselves: an app that does not start calls no function, and none fails. Each is asked for by itself, because a
/// process that was stopped has written nothing of the event that it had.
fn hosts(stack: &mut Stack<'_>, functions: &Functions, workspace: &Address, told: Option<&Address>) {
    if stack.system.alarm_emails.is_empty() {
        return;
    }
    let own = functions.apps.values();
    let mut query: Vec<expr::Part> = vec![
        "union isfuzzy=true (\n  FunctionAppLogs\n  | where Level in (\"Error\", \"Critical\") and Category in (\"Host.Startup\", \"Host.General\")\n  | extend App = tostring(split(_ResourceId, \"/\")[-1])\n), (\n  AppExceptions\n  | where ExceptionType has_any (\"FunctionTimeoutException\", \"WorkerProcessExitException\", \"LanguageWorkerChannelException\")\n  | extend App = tolower(AppRoleName)\n)\n| where App in~ (".into(),
    ];
    for (index, app) in own.enumerate() {
        query.push(if index == 0 { "\"" } else { ", \"" }.into());
        query.push(app.attr("name").into());
        query.push("\"".into());
    }
    query.push(")".into());
    let about = "An app of a function does not start, or its process was stopped in the middle of a call: out of memory, or far beyond its time. The event that it had may be lost. `FunctionAppLogs` and `AppExceptions` of the workspace say which and why.";
    ask(
        stack,
        ("functions-stopped", about),
        (query, 0, MINUTES),
        workspace,
        told,
    );
}

/// An alarm on what a question to the workspace finds: more lines than so many, asked so often about so long a time.
pub(in crate::targets::azure) fn ask(
    stack: &mut Stack<'_>,
    (name, about): (&str, &str),
    (query, above, (frequency, window)): (Vec<expr::Part>, u32, (&str, &str)),
    workspace: &Address,
    told: Option<&Address>,
) {
    let criteria = Block::new()
        .set("query", expr::heredoc(query))
        .set("time_aggregation_method", "Count")
        .set("operator", "GreaterThan")
        .set("threshold", above);
    let body = stack
        .named(stack.prefixed(name))
        .set("scopes", list![workspace.id()])
        .set("description", about)
        .set("severity", 2)
        .set("evaluation_frequency", frequency)
        .set("window_duration", window)
        .set("auto_mitigation_enabled", true)
        .comment("A new workspace knows the table when the first lines are in it.")
        .set("skip_query_validation", true)
        .set("tags", stack.tags())
        .block("criteria", criteria)
        .block_some(
            "action",
            told.map(|group| Block::new().set("action_groups", list![group.id()])),
        );
    stack
        .module
        .resource("azurerm_monitor_scheduled_query_rules_alert_v2", name, body);
}

/// Requests are turned away; events wait until there is room for them.
fn can_happen(stack: &Stack<'_>, alarm: &FunctionAlarm) -> bool {
    let function = stack.system.services[alarm.function].function.as_ref();
    alarm.trouble != FunctionTrouble::Throttled
        || function.is_some_and(|function| functions::is_asked(stack, alarm.function, function))
}

/// What is asked, and how many lines are still fine.
fn question(stack: &Stack<'_>, functions: &Functions, alarm: &FunctionAlarm) -> (Vec<expr::Part>, u32) {
    let service = &stack.system.services[alarm.function];
    let app = functions.apps[&alarm.function].attr("name");
    match alarm.trouble {
        FunctionTrouble::Failing { calls } => {
            let query = vec![
                "AppRequests\n| where AppRoleName =~ \"".into(),
                app.into(),
                // A request that a function itself refuses is the caller's mistake.
                "\" and Success == false and ResultCode !startswith \"4\"".into(),
            ];
            (query, calls)
        }
        FunctionTrouble::Throttled => {
            let query = vec![
                "AppRequests\n| where AppRoleName =~ \"".into(),
                app.into(),
                "\" and ResultCode in (\"429\", \"503\")".into(),
            ];
            (query, 0)
        }
        // What the entry says when it gets an event that has waited for too long.
        FunctionTrouble::Behind { .. } => {
            let query = vec![
                "AppTraces\n| where AppRoleName =~ \"".into(),
                app.into(),
                "\" and Message startswith \"events wait for \"".into(),
            ];
            (query, 0)
        }
        FunctionTrouble::DeadLetters => {
            let blobs = format!("/{}/", dead_container(service));
            let mut query: Vec<expr::Part> = vec![
                "StorageBlobLogs\n| where AccountName == \"".into(),
                functions.code.attr("name").into(),
                format!("\" and OperationName startswith \"PutBl\" and Uri has \"{blobs}\"").into(),
            ];
            let takes = stack.system.services[alarm.function].function.as_ref();
            if takes.is_some_and(|function| matches!(function.trigger, Some(Trigger::Bucket { .. }))) {
                let [_, poison] = event_queues(service);
                query.push("\n| union isfuzzy=true (\n  StorageQueueLogs\n  | where AccountName == \"".into());
                query.push(functions.code.attr("name").into());
                query.push(format!("\" and OperationName == \"PutMessage\" and Uri has \"/{poison}/\"\n)").into());
            }
            (query, 0)
        }
    }
}
