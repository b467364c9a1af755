//! Functions: apps on Elastic Premium, one plan for what is shared and one for each domain.
//!
//! Flex Consumption, which costs nothing while nothing happens, is not there yet for Terraform alone: the provider gives its apps
//! `AzureWebJobsStorage` with an empty key whenever an identity is to be used, and sends code to an address that they do not have. It
//! also knows neither time zones, nor images, nor references to a vault behind a firewall.

mod app;
pub(super) mod code;
mod hosts;
pub(super) mod objects;
pub(super) mod readme;
pub(super) mod rules;
mod settings;
mod shell;
mod triggers;
pub(super) mod watch;

use std::collections::BTreeMap;

use hcl::Expression;

use super::compute::Plan;
use super::network::Subnet;
use super::{Stack, names, workflows};
use crate::check::{function_block, function_places, function_plan};
use crate::ir::{Domain, Function, Id, Service, System, Trigger};
use crate::terraform::{Address, Block};
use crate::{list, object, template};

pub(super) use code::beside;
pub(super) use hosts::{Shared, shared};

/// The zone of an app's private endpoint.
pub(super) const ZONE: &str = "privatelink.azurewebsites.net";
/// What the account with the code of all functions is called, and its private endpoint.
pub(super) const CODE: &str = "functions-code";
/// The private endpoint of its queues.
pub(super) const EVENTS: &str = "functions-events";

/// What functions left for the parts that watch them.
pub(super) struct Functions {
    /// The account with code, events and dead letters.
    pub code: Address,
    /// The apps.
    pub apps: BTreeMap<Id<Service>, Address>,
}

/// True if somebody inside the network asks the function: a service that calls it, an API, or whoever knows its address. Workflows send
/// messages.
pub(super) fn is_asked(stack: &Stack<'_>, id: Id<Service>, function: &Function) -> bool {
    let called = stack.system.callers_of(id).next().is_some();
    let is_step = stack.system.workflows_of(id).next().is_some();
    called
        || matches!(function.trigger, Some(Trigger::Api | Trigger::Url { .. }))
        || function.trigger.is_none() && !is_step
}

/// True if a file arrives in a bucket, or goes, for one of the functions.
pub(super) fn hears_of_objects(system: &System) -> bool {
    let mut functions = system.functions();
    functions.any(|(_, _, function)| matches!(function.trigger, Some(Trigger::Bucket { .. })))
}

/// True if anything waits in queues of storage accounts.
pub(super) fn has_queues(system: &System) -> bool {
    hears_of_objects(system) || workflows::have_queues(system)
}

/// Where the queues of an account are.
pub(super) fn queue_endpoint(account: &Address) -> Expression {
    account.attr("primary_queue_endpoint")
}

pub(super) fn role(name: &str, scope: Expression) -> Expression {
    object! { "role" => name, "scope" => scope }
}

/// What an app is called: unique in the world.
fn app_name(stack: &Stack<'_>, name: &str) -> Expression {
    template![stack.prefixed(name), "-", stack.project.suffix.attr("hex")]
}

/// Where a function is called. It follows from its name, so that two may know each other.
pub(super) fn url(stack: &Stack<'_>, id: Id<Service>) -> Expression {
    let service = &stack.system.services[id];
    template!["https://", app_name(stack, &service.name), ".azurewebsites.net"]
}

/// A subnet for each plan.
pub(super) fn subnets(stack: &mut Stack<'_>, network: &Address) -> BTreeMap<Option<Id<Domain>>, Subnet> {
    let domains = function_places(stack.system).into_iter();
    domains.map(|domain| (domain, subnet(stack, network, domain))).collect()
}

fn subnet(stack: &mut Stack<'_>, network: &Address, domain: Option<Id<Domain>>) -> Subnet {
    let name = function_plan(stack.system, domain);
    let service = Block::new()
        .set("name", "Microsoft.Web/serverFarms")
        .set("actions", list!["Microsoft.Network/virtualNetworks/subnets/action"]);
    let delegation = Block::new()
        .set("name", "functions")
        .block("service_delegation", service);
    let body = Block::new()
        .set("name", name.as_str())
        .set("resource_group_name", stack.project.group.attr("name"))
        .set("virtual_network_name", network.attr("name"))
        .set(
            "address_prefixes",
            list![function_block(stack.system, domain).to_string()],
        )
        .block("delegation", delegation);
    stack
        .module
        .comment("Functions have their own way out, because NAT gateways that span zones take no subnet of theirs.");
    let own = stack.module.resource("azurerm_subnet", &name, body);
    Subnet {
        id: own.id(),
        cidr: own.attr("address_prefixes.0"),
    }
}

/// The functions with everything that only they need; nothing for a system without any.
pub(super) fn lower(stack: &mut Stack<'_>, plan: &Plan<'_>, workspace: &Address) -> Option<Functions> {
    let system = stack.system;
    let shared = plan.stores.functions.as_ref()?;
    stack.module.file("functions", "");
    let hosts = hosts::lower(stack, shared, workspace);
    let mut apps = BTreeMap::new();
    for (id, service, function) in system.functions() {
        let app = app::lower(stack, plan, &hosts, (id, service, function));
        apps.insert(id, app);
    }
    objects::lower(stack, plan, &hosts, &apps);
    Some(Functions {
        code: shared.account.clone(),
        apps: apps.into_iter().map(|(id, app)| (id, app.app)).collect(),
    })
}

/// Azure tells apps in one storage account apart by 32 characters of their names, unless each has another word.
fn host_id(stack: &Stack<'_>, name: &str) -> String {
    names::host(&stack.prefixed(name))
}

/// Where the code of a function is.
fn code_container(name: &str) -> String {
    format!("{name}-code")
}

/// Where its own dead letters are.
pub(super) fn dead_container(service: &Service) -> String {
    crate::ir::dead_letters(&service.name)
}

/// The queue in which the events of a bucket wait for it, and where Azure puts those that it failed on.
pub(super) fn event_queues(service: &Service) -> [String; 2] {
    let queue = format!("{}-events", service.name);
    let poison = format!("{queue}-poison");
    [queue, poison]
}
