//! What an app is told.

use std::collections::BTreeMap;

use hcl::Expression;

use super::host_id;
use super::hosts::Hosts;
use super::triggers::{CALLS, DEAD, TRIGGER, host_settings};
use crate::check::AZURE_INSTANCES;
use crate::ir::{Function, Id, Service, Trigger};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::startup::spell;
use crate::targets::shared::settings;
use crate::targets::shared::startup::generation;
use crate::template;
use crate::terraform::{Address, expr};

/// MiB of the smallest instance that calls of one function may fill together.
const ROOM: u32 = 2048;

/// (instances, calls in each): never more calls than the blueprint says. An instance takes as many as its memory has room for, because
/// another one is paid for.
pub(super) fn at_once(function: &Function) -> (u32, u32) {
    let wanted = function.concurrency.max(1);
    let fit = (ROOM / function.memory_mb.max(1)).clamp(1, wanted);
    // More instances than there may be have more to do each.
    let each = fit.max(wanted.div_ceil(AZURE_INSTANCES)).min(wanted);
    let instances = (wanted / each).clamp(1, AZURE_INSTANCES);
    (instances, wanted / instances)
}

/// The settings of an app: the author's, those of the links, and those that Azure's host wants.
pub(super) fn of(
    stack: &Stack<'_>,
    plan: &Plan<'_>,
    hosts: &Hosts<'_>,
    (id, service, function): (Id<Service>, &Service, &Function),
    code: Option<&Address>,
) -> Expression {
    let system = stack.system;
    let identity = &plan.identities[&id].identity;
    let (plain, fetched) = settings::split(service, |value| spell(stack, plan, id, value));
    let numbers = generation(system, id, &fetched).into_iter().enumerate();
    let numbers = numbers.flat_map(|(index, (what, number))| {
        let comma = if index == 0 { "" } else { ", " };
        [expr::Part::from(format!("{comma}{what} ")), expr::Part::from(number)]
    });
    let mut all: BTreeMap<String, Expression> = BTreeMap::new();
    let mut add = |name: &str, value: Expression| {
        all.entry(name.to_owned()).or_insert(value);
    };
    for setting in plain {
        add(&setting.name, setting.value);
    }
    for setting in fetched {
        let reference = template!["@Microsoft.KeyVault(SecretUri=", setting.identifier, ")"];
        add(&setting.name, reference);
    }
    add("CLOUDGEN_ROLLOUT", expr::template(numbers));
    let mut identified = |connection: &str, places: Vec<(&str, Expression)>| {
        for (name, value) in connected(connection, places, identity) {
            add(&name, value);
        }
    };
    if let Some(place) = place(plan, hosts, function) {
        identified(TRIGGER, vec![place]);
    }
    if keeps_dead(function) {
        identified(DEAD, vec![("blobServiceUri", endpoint(&hosts.shared.account, "blob"))]);
    }
    if let (true, Some(mail)) = (system.workflows_of(id).next().is_some(), &plan.stores.workflows.mail) {
        identified(CALLS, vec![("queueServiceUri", endpoint(&mail.account, "queue"))]);
    }
    for (name, value) in platform(stack, &service.name, identity, code) {
        add(&name, value);
    }
    let (_, each) = at_once(function);
    for (path, value) in host_settings(system, function, each) {
        add(&format!("AzureFunctionsJobHost__{path}"), value.into());
    }
    if let Some(Trigger::Schedule { timezone, .. }) = &function.trigger
        && timezone != "UTC"
    {
        add("WEBSITE_TIME_ZONE", timezone.as_str().into());
    }
    expr::object(all)
}

/// What every app is told, whoever wrote its code.
pub(super) fn platform(
    stack: &Stack<'_>,
    name: &str,
    identity: &Address,
    code: Option<&Address>,
) -> Vec<(String, Expression)> {
    let client = || identity.attr("client_id");
    let mut all: Vec<(&str, Expression)> = vec![
        ("AZURE_CLIENT_ID", client()),
        ("AzureWebJobsStorage__credential", "managedidentity".into()),
        ("AzureWebJobsStorage__clientId", client()),
        ("AzureFunctionsWebHost__hostid", host_id(stack, name).into()),
        (
            "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
            template!["ClientId=", client(), ";Authorization=AAD"],
        ),
    ];
    match code {
        Some(blob) => all.extend([
            ("WEBSITE_RUN_FROM_PACKAGE", blob.attr("url")),
            ("WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID", identity.id()),
            ("WEBSITE_CONTENTOVERVNET", "1".into()),
        ]),
        None => all.push(("WEBSITES_ENABLE_APP_SERVICE_STORAGE", "false".into())),
    }
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A connection of a binding, which signs in with the app's identity.
pub(super) fn connected(
    connection: &str,
    places: Vec<(&str, Expression)>,
    identity: &Address,
) -> Vec<(String, Expression)> {
    let places = places.into_iter();
    let mut all: Vec<(String, Expression)> = places
        .map(|(name, value)| (format!("{connection}__{name}"), value))
        .collect();
    all.push((format!("{connection}__credential"), "managedidentity".into()));
    all.push((format!("{connection}__clientId"), identity.attr("client_id")));
    all
}

/// True if its entry keeps what it fails on.
pub(super) fn keeps_dead(function: &Function) -> bool {
    matches!(
        function.trigger,
        Some(Trigger::Stream { .. } | Trigger::Table { .. } | Trigger::Schedule { .. })
    )
}

/// Where the trigger's events are, as its connection names it.
fn place(plan: &Plan<'_>, hosts: &Hosts<'_>, function: &Function) -> Option<(&'static str, Expression)> {
    match function.trigger.as_ref()? {
        Trigger::Queue { .. } | Trigger::Topic { .. } => {
            let messaging = plan.stores.messaging.as_ref()?;
            Some(("fullyQualifiedNamespace", messaging.host.clone()))
        }
        Trigger::Stream { .. } => {
            let streams = plan.stores.streams.as_ref()?;
            Some(("fullyQualifiedNamespace", streams.host.clone()))
        }
        Trigger::Bucket { .. } => Some(("queueServiceUri", endpoint(&hosts.shared.account, "queue"))),
        Trigger::Table { table, .. } => {
            let account = &plan.stores.tables[table].account;
            Some(("accountEndpoint", account.attr("endpoint")))
        }
        Trigger::Api | Trigger::Url { .. } | Trigger::Schedule { .. } => None,
    }
}

fn endpoint(account: &Address, of: &str) -> Expression {
    account.attr(&format!("primary_{of}_endpoint"))
}
