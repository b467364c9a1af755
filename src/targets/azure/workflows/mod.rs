//! Workflows: Logic Apps of the plan Consumption, which are paid by the action.
//!
//! Durable Functions would keep everything inside of the network. But they are code, in a language of the functions, with a package that
//! nobody installs when a plan is made, and the steps would be seen in it alone: here a definition says them, and the portal shows each run.
//!
//! They stand outside of every network, and functions have no way in from there. So a call is a message: a storage account that does
//! nothing else lets exactly these Logic Apps in, by their resource rules and their own identities, and the function takes the message
//! over a private endpoint and calls back when it is done.

mod actions;
mod definition;
mod expressions;
pub(super) mod readme;
mod schedule;
pub(super) mod watch;

use std::collections::{BTreeMap, BTreeSet};

use hcl::Expression;

use super::encryption::wait_for;
use super::functions::{queue_endpoint, role};
use super::project::after;
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack, storage};
use crate::ir::{Id, Resource, Service, System, Workflow};
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// The account of the messages, and its private endpoint.
pub(super) const CALLS: &str = "workflow-calls";
/// The scope of all steps. No step can be called so: their names have no underscores.
const STEPS: &str = "run_steps";
/// Seconds between two looks for a message that starts a workflow: each look is paid for.
const LOOKS: u32 = 10;
/// Seconds that a call may wait for a free instance of its function.
pub(super) const WAITS: u32 = 300;
/// Bytes of a document: a message has 64 KiB, a third of which goes to its letters, and it says whom to call back.
pub(super) const DOCUMENT: u32 = 45 * 1024;
/// A range that nobody has: it is for books.
const NOBODY: &str = "192.0.2.0/32";

/// The workflows of the system.
#[derive(Default)]
pub(super) struct Built {
    /// The Logic Apps.
    pub apps: BTreeMap<Id<Workflow>, Address>,
    /// The queues of those that somebody starts: a message is a document.
    pub starts: BTreeMap<Id<Workflow>, Address>,
    /// By function that workflows call.
    pub calls: BTreeMap<Id<Service>, Calls>,
    /// The account of these queues; none where there are none.
    pub mail: Option<Mail>,
}

/// The account of the messages.
pub(super) struct Mail {
    /// The account.
    pub account: Address,
    /// It can be reached from here on.
    pub endpoint: Address,
}

/// What a function has that workflows call.
pub(super) struct Calls {
    /// What it is asked.
    pub queue: Address,
    /// What it was asked and did not get to the end of.
    pub poison: Address,
}

/// Where a function gets what workflows ask, and where those go that it did not get to the end of.
pub(super) fn call_queues(service: &Service) -> [String; 2] {
    let queue = format!("{}-calls", service.name);
    let poison = format!("{queue}-poison");
    [queue, poison]
}

/// Everything about workflows.
pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> Built {
    let system = stack.system;
    if system.workflows.is_empty() {
        return Built::default();
    }
    stack.module.file("workflows", "");
    let mut built = Built::default();
    for (id, item) in system.workflows.iter() {
        let app = app(stack, parts, item);
        stack.built(&item.path, "Logic App", &app);
        built.apps.insert(id, app);
    }
    let called: BTreeSet<Id<Service>> = system.workflows.iter().flat_map(|(_, item)| item.calls()).collect();
    let is_started = |id| system.users_of(Resource::Workflow(id)).next().is_some();
    let started: Vec<Id<Workflow>> = system
        .workflows
        .iter()
        .map(|(id, _)| id)
        .filter(|id| is_started(*id))
        .collect();
    if !(called.is_empty() && started.is_empty()) {
        let account = account(stack, parts, &built.apps);
        for id in called {
            let names = call_queues(&system.services[id]);
            stack.module.comment("What workflows ask the function.");
            let [queue, poison] = names.map(|name| queue(stack, &account, &name));
            built.calls.insert(id, Calls { queue, poison });
        }
        for id in started {
            let name = format!("{}-starts", system.workflows[id].name);
            stack.module.comment("Who starts a run puts its document here.");
            built.starts.insert(id, queue(stack, &account, &name));
        }
        operators(stack, parts, &account);
        built.mail = Some(reached(stack, parts, account));
    }
    for (id, item) in system.workflows.iter() {
        stack.module.file("workflows", "");
        steps(stack, &built, (id, item));
    }
    built
}

/// A Logic App, without what it does.
fn app(stack: &mut Stack<'_>, parts: &Parts, item: &Workflow) -> Address {
    let ranges = |known: Expression| Block::new().set("allowed_caller_ip_address_range", known);
    let readers = expr::call("concat", [list![NOBODY], parts.vault.admin_cidrs.clone()]);
    let control = Block::new()
        .comment("Nobody calls its triggers: they look by themselves. Functions call back with an address that is made for one call.")
        .block("trigger", ranges(list![NOBODY]))
        .comment("What went from step to step is shown to admin_cidrs.")
        .block("content", ranges(readers));
    let body = stack
        .named(stack.prefixed(&item.name))
        .set("tags", stack.tags())
        .block("access_control", control)
        .comment("Storage accounts let no other kind of identity in by the resource that it belongs to.")
        .block("identity", Block::new().set("type", "SystemAssigned"));
    stack.module.resource("azurerm_logic_app_workflow", &item.name, body)
}

/// The account of the messages.
fn account(stack: &mut Stack<'_>, parts: &Parts, apps: &BTreeMap<Id<Workflow>, Address>) -> Address {
    let access = apps
        .values()
        .map(|app| Block::new().set("endpoint_resource_id", app.id()));
    let rules = Block::new()
        .set("default_action", "Deny")
        .set("bypass", Expression::from(vec!["None"]))
        .blocks("private_link_access", access);
    let mut body = storage::account_of_queues(stack, parts, CALLS).set("public_network_access_enabled", true);
    body.replace_blocks("network_rules", vec![rules]);
    let body = body.set("depends_on", after([parts.encryption.ready.clone()]));
    stack.module.comment(
        "Messages of workflows to the functions that they call, and to workflows from those who start them. Its public address answers the\nworkflows and nobody else; everybody inside uses the private endpoint.",
    );
    stack.module.resource("azurerm_storage_account", CALLS, body)
}

fn queue(stack: &mut Stack<'_>, account: &Address, name: &str) -> Address {
    let body = Block::new().set("name", name).set("storage_account_id", account.id());
    stack.module.resource("azurerm_storage_queue", name, body)
}

fn operators(stack: &mut Stack<'_>, parts: &Parts, account: &Address) {
    let body = Block::new()
        .set("for_each", parts.vault.operators.clone())
        .set("scope", account.id())
        .set("role_definition_name", "Storage Queue Data Contributor")
        .set("principal_id", parts.vault.operator.clone());
    let about = "They look at calls that no function got to the end of, and start workflows by hand.";
    stack.module.comment(about);
    let name = format!("operator-{CALLS}");
    stack.module.resource("azurerm_role_assignment", &name, body);
}

fn reached(stack: &mut Stack<'_>, parts: &Parts, account: Address) -> Mail {
    let group = parts
        .firewall
        .groups
        .workflows
        .as_ref()
        .unwrap_or(&parts.firewall.groups.vault);
    let endpoint = Endpoint {
        name: CALLS,
        resource: &account,
        subresource: "queue",
        zone: storage::QUEUE_ZONE,
        group,
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.endpoint, &parts.zones, &endpoint).endpoint;
    Mail { account, endpoint }
}

/// What a workflow may do, does, and when.
fn steps(stack: &mut Stack<'_>, built: &Built, (id, item): (Id<Workflow>, &Workflow)) {
    let app = &built.apps[&id];
    let address = |queue: &Address| match &built.mail {
        Some(mail) => template![queue_endpoint(&mail.account), queue.attr("name")],
        None => Expression::Null,
    };
    let granted = grants(stack, built, (id, item));
    let starts = built.starts.get(&id);
    let called = |id: Id<Service>| {
        let service = &stack.system.services[id];
        let calls = built.calls.get(&id);
        definition::Asked {
            name: service.name.clone(),
            queue: calls.map_or(Expression::Null, |calls| address(&calls.queue)),
            seconds: service.function.as_ref().map_or(0, |function| function.timeout_seconds),
        }
    };
    let definition = definition::lower(item, &called, starts.map(address));
    let body = Block::new()
        .set("name", STEPS)
        .set("logic_app_id", app.id())
        .set("body", expr::jsonencode(definition))
        .when(granted.is_some(), |body| body.set("depends_on", after(granted)));
    let steps = stack
        .module
        .resource("azurerm_logic_app_action_custom", &item.name, body);
    let looks = starts.map(|queue| actions::poll(address(queue), LOOKS));
    let triggers = [(actions::STARTS, looks), ("schedule", schedule::trigger(item))];
    for (name, trigger) in triggers {
        let Some(trigger) = trigger else { continue };
        let body = Block::new()
            .set("name", name)
            .set("logic_app_id", app.id())
            .set("body", expr::jsonencode(trigger))
            .set("depends_on", after([steps.clone()]));
        let name = format!("{}-{name}", item.name);
        stack.module.resource("azurerm_logic_app_trigger_custom", &name, body);
    }
}

/// Lets a workflow ask its functions, and take what it is started by.
fn grants(stack: &mut Stack<'_>, built: &Built, (id, item): (Id<Workflow>, &Workflow)) -> Option<Address> {
    let mut grants: BTreeMap<String, Expression> = BTreeMap::new();
    for function in item.calls() {
        let name = &stack.system.services[function].name;
        if let Some(calls) = built.calls.get(&function) {
            let ask = role("Storage Queue Data Message Sender", calls.queue.id());
            grants.insert(format!("ask/{name}"), ask);
        }
    }
    if let Some(queue) = built.starts.get(&id) {
        let take = role("Storage Queue Data Message Processor", queue.id());
        grants.insert("starts".to_owned(), take);
    }
    if grants.is_empty() {
        return None;
    }
    let body = Block::new()
        .set("for_each", expr::object(grants))
        .set("scope", expr::each_value(&["scope"]))
        .set("role_definition_name", expr::each_value(&["role"]))
        .set("principal_id", built.apps[&id].attr("identity.0.principal_id"))
        .set("principal_type", "ServicePrincipal");
    let name = format!("{}-asks", item.name);
    stack.module.comment("It asks these functions, and no others.");
    let grants = stack.module.resource("azurerm_role_assignment", &name, body);
    let ids = expr::call("join", [",".into(), grants.all("id")]);
    let about = "Until the grants have reached the queues.";
    Some(wait_for(stack, &name, about, [("grants", ids)]))
}

/// True if a storage account has queues for workflows.
pub(super) fn have_queues(system: &System) -> bool {
    let mut workflows = system.workflows.iter();
    workflows.any(|(id, item)| !item.calls().is_empty() || system.users_of(Resource::Workflow(id)).next().is_some())
}
