//! Workflows: an app that goes through the steps of one, on the plan of the functions that it calls.
//!
//! Logic Apps are not used: those of the plan Consumption stand outside of every network, give up on an answer after two minutes, and
//! those of the plan Standard want a key of a storage account. Functions of Durable Functions would want a package that nobody installs.
//! What is called here is asked by a message, and may take as long as it may.

mod definition;
pub(super) mod readme;
pub(super) mod watch;

use std::collections::BTreeMap;

use hcl::Expression;
use serde_json::{Value, json};

use super::Stack;
use super::compute::Plan;
use super::functions::{Hosts, Made, code::pretty, made, ncrontab, queue_endpoint, role};
use crate::ir::{Id, Service, System, Workflow};
use crate::targets::shared::sources::Sources;
use crate::terraform::{Address, Block};

const RUNNER: &str = include_str!("../../../../templates/workflows/azure-runner.py");
const STORE: &str = include_str!("../../../../templates/workflows/azure-store.py");
const ENTRY: &str = include_str!("../../../../templates/workflows/azure-entry.py");
const STEP: &str = include_str!("../../../../templates/workflows/azure-step.py");
const START: &str = include_str!("../../../../templates/workflows/azure-start.py");
const SCHEDULE: &str = include_str!("../../../../templates/workflows/azure-schedule.py");

/// The connection that the triggers of a workflow use.
const CONNECTION: &str = "WorkflowTrigger";
/// Instances of the app, and messages that each works on at once.
const INSTANCES: u32 = 5;
const AT_ONCE: u32 = 16;
/// Times that a message is handed out.
const TIMES: u32 = 5;

/// What a workflow has in the account that functions share.
pub(super) struct Places {
    /// Its runs.
    runs: Address,
    /// What has happened to them.
    pub steps: Address,
    /// Where those go that the app failed on.
    poison: Address,
    /// Who starts it puts its document here.
    pub starts: Address,
    /// Where those go that the app failed on.
    never: Address,
}

/// What a function has there that workflows call.
pub(super) struct Calls {
    /// What it is asked.
    pub queue: Address,
    /// What it was asked and did not get to the end of.
    pub poison: Address,
    /// The documents that it gets and answers.
    pub documents: Address,
}

/// Everything about workflows in that account.
#[derive(Default)]
pub(super) struct Mail {
    /// By workflow.
    pub workflows: BTreeMap<Id<Workflow>, Places>,
    /// By function.
    pub calls: BTreeMap<Id<Service>, Calls>,
}

/// Where a function gets what workflows ask, and where those go that it did not get to the end of.
pub(super) fn call_queues(service: &Service) -> [String; 2] {
    let queue = format!("{}-calls", service.name);
    let poison = format!("{queue}-poison");
    [queue, poison]
}

/// The queues and containers of all workflows.
pub(super) fn mail(stack: &mut Stack<'_>, account: &Address) -> Mail {
    let system = stack.system;
    if system.workflows.is_empty() {
        return Mail::default();
    }
    stack.module.file("workflows", "");
    let queue = |stack: &mut Stack<'_>, name: &str| {
        let body = Block::new().set("name", name).set("storage_account_id", account.id());
        stack.module.resource("azurerm_storage_queue", name, body)
    };
    let container = |stack: &mut Stack<'_>, name: &str| {
        let body = Block::new().set("name", name).set("storage_account_id", account.id());
        stack.module.resource("azurerm_storage_container", name, body)
    };
    let mut workflows = BTreeMap::new();
    for (id, item) in system.workflows.iter() {
        let name = &item.name;
        stack
            .module
            .comment("What each run did, what it waits for, and what it ended with.");
        let runs = container(stack, &format!("{name}-runs"));
        stack
            .module
            .comment("What has happened to runs: answers, and times that are over.");
        let steps = queue(stack, &format!("{name}-steps"));
        let poison = queue(stack, &format!("{name}-steps-poison"));
        stack.module.comment("Who starts a run puts its document here.");
        let starts = queue(stack, &format!("{name}-starts"));
        let never = queue(stack, &format!("{name}-starts-poison"));
        workflows.insert(
            id,
            Places {
                runs,
                steps,
                poison,
                starts,
                never,
            },
        );
    }
    let mut calls = BTreeMap::new();
    for (id, service, _) in system.functions() {
        if system.workflows_of(id).next().is_none() {
            continue;
        }
        let [asked, poison] = call_queues(service);
        stack
            .module
            .comment("What workflows ask the function, and the documents that it gets and answers.");
        let own = Calls {
            queue: queue(stack, &asked),
            poison: queue(stack, &poison),
            documents: container(stack, &asked),
        };
        calls.insert(id, own);
    }
    kept(stack, account);
    Mail { workflows, calls }
}

/// Runs and documents go when logs do.
fn kept(stack: &mut Stack<'_>, account: &Address) {
    let system = stack.system;
    let runs = system.workflows.iter().map(|(_, item)| format!("{}-runs/", item.name));
    let called = system
        .functions()
        .filter(|(id, _, _)| system.workflows_of(*id).next().is_some());
    let documents = called.map(|(_, service, _)| format!("{}-calls/", service.name));
    let mut prefixes: Vec<String> = runs.chain(documents).collect();
    prefixes.sort();
    let filters = Block::new()
        .set("blob_types", Expression::from(vec!["blockBlob"]))
        .set("prefix_match", prefixes);
    let old = Block::new().set("delete_after_days_since_modification_greater_than", system.log_days);
    let rule = Block::new()
        .set("name", "runs")
        .set("enabled", true)
        .block("filters", filters)
        .block("actions", Block::new().block("base_blob", old));
    let body = Block::new().set("storage_account_id", account.id()).block("rule", rule);
    stack.module.comment("Runs and their documents go when logs do.");
    stack
        .module
        .resource("azurerm_storage_management_policy", super::functions::CODE, body);
}

/// The apps.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>, hosts: &Hosts<'_>) -> BTreeMap<Id<Workflow>, Address> {
    let system = stack.system;
    let mut apps = BTreeMap::new();
    for (id, item) in system.workflows.iter() {
        stack.module.file("workflows", "");
        let places = &hosts.shared.mail.workflows[&id];
        let mut grants = vec![
            (
                "runs".to_owned(),
                role("Storage Blob Data Contributor", places.runs.id()),
            ),
            (
                "remind".to_owned(),
                role("Storage Queue Data Message Sender", places.steps.id()),
            ),
        ];
        grants.extend(taking("steps", &places.steps, &places.poison));
        grants.extend(taking("starts", &places.starts, &places.never));
        for called in item.calls() {
            let (name, calls) = (&system.services[called].name, &hosts.shared.mail.calls[&called]);
            let ask = role("Storage Queue Data Message Sender", calls.queue.id());
            let documents = role("Storage Blob Data Contributor", calls.documents.id());
            grants.push((format!("ask/{name}"), ask));
            grants.push((format!("documents/{name}"), documents));
        }
        let made = Made {
            name: &item.name,
            file: "workflows",
            domain: item.home.domain,
            path: &item.path,
            what: "function app that goes through its steps",
            identity: None,
            connection: (CONNECTION, "queueServiceUri", queue_endpoint(&hosts.shared.account)),
            settings: settings(item, &hosts.shared.account),
            grants,
            instances: INSTANCES,
            waits: vec![],
        };
        apps.insert(id, made::lower(stack, plan, hosts, made));
    }
    apps
}

/// What taking messages of a queue needs.
fn taking(name: &str, queue: &Address, poison: &Address) -> [(String, Expression); 3] {
    [
        (
            format!("{name}-take"),
            role("Storage Queue Data Message Processor", queue.id()),
        ),
        (format!("{name}-read"), role("Storage Queue Data Reader", queue.id())),
        (
            format!("{name}-give-up"),
            role("Storage Queue Data Message Sender", poison.id()),
        ),
    ]
}

fn settings(item: &Workflow, account: &Address) -> BTreeMap<String, Expression> {
    let host = |path: &str| format!("AzureFunctionsJobHost__{path}");
    let mut settings: BTreeMap<String, Expression> = BTreeMap::new();
    let mut set = |name: String, value: Expression| {
        settings.insert(name, value);
    };
    set("WORKFLOW_BLOBS".to_owned(), account.attr("primary_blob_endpoint"));
    set("WORKFLOW_QUEUES".to_owned(), queue_endpoint(account));
    set(host("extensions__queues__batchSize"), AT_ONCE.to_string().into());
    set(host("extensions__queues__maxDequeueCount"), TIMES.to_string().into());
    set(host("extensions__queues__messageEncoding"), "none".into());
    set(host("extensions__queues__visibilityTimeout"), "00:00:10".into());
    set(host("functionTimeout"), "00:05:00".into());
    // No line about a run is left out.
    set(
        host("logging__applicationInsights__samplingSettings__isEnabled"),
        "false".into(),
    );
    if let Some((_, timezone)) = &item.schedule
        && timezone != "UTC"
    {
        set("WEBSITE_TIME_ZONE".to_owned(), timezone.as_str().into());
    }
    settings
}

/// The code of the apps.
pub(super) fn beside(system: &System, sources: &mut Sources) {
    for (_, item) in system.workflows.iter() {
        let mut files = BTreeMap::from([
            ("host.json".to_owned(), pretty(&super::functions::code::host())),
            (
                "workflow.json".to_owned(),
                pretty(&definition::definition(system, item)),
            ),
            ("runner.py".to_owned(), RUNNER.to_owned()),
            ("store.py".to_owned(), STORE.to_owned()),
            ("entry.py".to_owned(), ENTRY.to_owned()),
        ]);
        let mut add = |folder: &str, script: &str, trigger: Value| {
            let definition = json!({ "scriptFile": "__init__.py", "bindings": [trigger] });
            files.insert(format!("{folder}/function.json"), pretty(&definition));
            files.insert(format!("{folder}/__init__.py"), script.to_owned());
        };
        let queue = |queue: String| {
            json!({
                "type": "queueTrigger",
                "direction": "in",
                "name": "event",
                "queueName": queue,
                "connection": CONNECTION,
            })
        };
        add("step", STEP, queue(format!("{}-steps", item.name)));
        add("start", START, queue(format!("{}-starts", item.name)));
        if let Some((cron, _)) = &item.schedule {
            let trigger = json!({
                "type": "timerTrigger",
                "direction": "in",
                "name": "event",
                "schedule": ncrontab(cron),
            });
            add("schedule", SCHEDULE, trigger);
        }
        sources.insert(item.name.clone(), files);
    }
}
