//! What an app is told.

use std::collections::BTreeMap;

use hcl::Expression;

use super::host_id;
use super::hosts::Hosts;
use super::triggers::{DEAD, TRIGGER, host_settings};
use crate::check::AZURE_INSTANCES;
use crate::ir::{Function, Id, Service, Trigger};
use crate::targets::azure::Stack;
use crate::targets::azure::compute::Plan;
use crate::targets::azure::startup::spell;
use crate::targets::shared::settings;
use crate::targets::shared::startup::generation;
use crate::template;
use crate::terraform::{Address, expr};

/// (instances, calls in each): never more calls than the blueprint says.
pub(super) fn at_once(function: &Function) -> (u32, u32) {
    let instances = function.concurrency.clamp(1, AZURE_INSTANCES);
    (instances, (function.concurrency / instances).max(1))
}

/// The settings of an app: the author's, those of the links, and those that Azure's host wants.
pub(super) fn of(
    stack: &Stack<'_>,
    plan: &Plan<'_>,
    hosts: &Hosts,
    (id, service, function): (Id<Service>, &Service, &Function),
    code: Option<&Address>,
) -> Expression {
    let system = stack.system;
    let identity = &plan.identities[&id].identity;
    let client = || identity.attr("client_id");
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
    add("AZURE_CLIENT_ID", client());
    add("CLOUDGEN_ROLLOUT", expr::template(numbers));
    let mut identified = |connection: &str, place: (&str, Expression)| {
        add(&format!("{connection}__{}", place.0), place.1);
        add(&format!("{connection}__credential"), "managedidentity".into());
        add(&format!("{connection}__clientId"), client());
    };
    if let Some(place) = place(plan, hosts, function) {
        identified(TRIGGER, place);
    }
    if keeps_dead(function) {
        identified(DEAD, ("blobServiceUri", endpoint(&hosts.code.account, "blob")));
    }
    add("AzureWebJobsStorage__credential", "managedidentity".into());
    add("AzureWebJobsStorage__clientId", client());
    add("AzureFunctionsWebHost__hostid", host_id(stack, service).into());
    let (_, each) = at_once(function);
    for (path, value) in host_settings(system, function, each) {
        add(&format!("AzureFunctionsJobHost__{path}"), value.into());
    }
    add(
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        template!["ClientId=", client(), ";Authorization=AAD"],
    );
    if let Some(blob) = code {
        add("WEBSITE_RUN_FROM_PACKAGE", blob.attr("url"));
        add("WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID", identity.id());
    } else {
        add("WEBSITES_ENABLE_APP_SERVICE_STORAGE", "false".into());
    }
    if let Some(Trigger::Schedule { timezone, .. }) = &function.trigger
        && timezone != "UTC"
    {
        add("WEBSITE_TIME_ZONE", timezone.as_str().into());
    }
    expr::object(all)
}

/// True if its entry keeps what it fails on.
pub(super) fn keeps_dead(function: &Function) -> bool {
    matches!(
        function.trigger,
        Some(Trigger::Stream { .. } | Trigger::Table { .. } | Trigger::Schedule { .. })
    )
}

/// Where the trigger's events are, as its connection names it.
fn place(plan: &Plan<'_>, hosts: &Hosts, function: &Function) -> Option<(&'static str, Expression)> {
    match function.trigger.as_ref()? {
        Trigger::Queue { .. } | Trigger::Topic { .. } => {
            let messaging = plan.stores.messaging.as_ref()?;
            Some(("fullyQualifiedNamespace", messaging.host.clone()))
        }
        Trigger::Stream { .. } => {
            let streams = plan.stores.streams.as_ref()?;
            Some(("fullyQualifiedNamespace", streams.host.clone()))
        }
        Trigger::Bucket { .. } => Some(("queueServiceUri", endpoint(&hosts.code.account, "queue"))),
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
