//! One app for each function: its own identity, its own code, its own number of instances.

use hcl::Expression;

use super::hosts::{self, Hosts};
use super::settings::{at_once, keeps_dead};
use super::shell::{Shell, hosted, running, site};
use super::{code, dead_container, event_queues, is_asked, role, settings};
use crate::ir::{Family, Function, Id, Image, Language, Service, Trigger};
use crate::targets::azure::compute::{Plan, needed};
use crate::targets::azure::containers::granted;
use crate::targets::azure::registry::{self, is_own};
use crate::targets::azure::secrets::{Endpoint, private_endpoint};
use crate::targets::azure::startup;
use crate::targets::azure::{Stack, functions};
use crate::template;
use crate::terraform::{Address, Block};
use crate::vocabulary::Egress;

/// Where images are that name no host.
const HUB: &str = "index.docker.io";

/// An app, and where its events are.
pub(super) struct App {
    /// The app.
    pub app: Address,
    /// The container of its own dead letters, if it has some.
    pub dead: Option<Address>,
    /// The queue of a bucket's events, if it takes them from one.
    pub events: Option<Address>,
}

pub(super) fn lower(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    hosts: &Hosts<'_>,
    (id, service, function): (Id<Service>, &Service, &Function),
) -> App {
    stack.module.file("functions", "");
    let code = function
        .source
        .is_some()
        .then(|| code::package(stack, hosts, &service.name));
    let container = code.as_ref().map(|(container, _)| container);
    let memory = hosts::memory(stack, plan.parts, &service.name, service.home.domain);
    stack.module.file("functions", "");
    let mut grants = running(hosts, &memory, container);
    let dead = function.has_dead_letters().then(|| {
        let body = Block::new()
            .set("name", dead_container(service))
            .set("storage_account_id", hosts.shared.account.id());
        stack
            .module
            .comment("What the function failed on for the last time, and what never reached it.");
        let name = dead_container(service);
        stack.module.resource("azurerm_storage_container", &name, body)
    });
    if let Some(dead) = dead.as_ref().filter(|_| keeps_dead(function)) {
        grants.push((
            "dead-letters".to_owned(),
            role("Storage Blob Data Contributor", dead.id()),
        ));
    }
    let mut taken_from = None;
    if let Some(Trigger::Bucket { .. }) = function.trigger {
        let [events, poison] = event_queues(service).map(|name| {
            let body = Block::new()
                .set("name", name.as_str())
                .set("storage_account_id", hosts.shared.account.id());
            stack.module.resource("azurerm_storage_queue", &name, body)
        });
        let taking = [
            ("events", role("Storage Queue Data Message Processor", events.id())),
            ("events-read", role("Storage Queue Data Reader", events.id())),
            ("events-again", role("Storage Queue Data Message Sender", poison.id())),
        ];
        grants.extend(taking.map(|(name, grant)| (name.to_owned(), grant)));
        taken_from = Some(events);
    }
    grants.extend(asked(plan, id));
    let own = hosted(stack, &service.name, &plan.identities[&id].identity, grants);
    let mut all = plan.identities[&id].grants.clone();
    all.push(own);
    let about = "Until the grants have reached everything: Azure takes the code and the secrets when it makes the app.";
    let ready = granted(stack, &all, &service.name, about);
    let blob = code.as_ref().map(|(_, blob)| blob);
    let told = settings::of(stack, plan, hosts, (id, service, function), blob);
    let (instances, _) = at_once(function);
    let identity = &plan.identities[&id].identity;
    let site = site(hosts, instances, function.warm);
    let site = image_login(service, identity, site).block("application_stack", runtime(stack, plan, service, function));
    let is_step = plan.stores.workflows.calls.contains_key(&id);
    let mut waits = needed(stack, plan, id);
    if let Some(Trigger::Table { table, .. }) = function.trigger {
        waits.push(plan.stores.tables[&table].endpoint.clone());
    }
    if let (true, Some(mail)) = (is_step, &plan.stores.workflows.mail) {
        waits.push(mail.endpoint.clone());
    }
    waits.extend(ready);
    let shell = Shell {
        name: &service.name,
        domain: service.home.domain,
        memory: &memory,
        identity,
        settings: told,
        site,
        open: matches!(function.trigger, Some(Trigger::Url { open: true })),
        of_image: function.source.is_none(),
        waits,
    };
    let body = shell.body(stack, plan, hosts);
    let app = stack.module.resource("azurerm_linux_function_app", &service.name, body);
    stack.built(&service.path, "function app", &app);
    if is_asked(stack, id, function) {
        entrance(stack, plan, (id, service), &app);
    }
    if let Some(Trigger::Url { open: true }) = function.trigger {
        stack.module.file("outputs", "");
        let about = format!("Where the function {} is called.", service.name);
        stack
            .module
            .output(&format!("{}_url", service.name), functions::url(stack, id), &about);
    }
    App {
        app,
        dead,
        events: taken_from,
    }
}

/// What a function needs that workflows call: its own messages.
fn asked(plan: &Plan<'_>, id: Id<Service>) -> Vec<(String, Expression)> {
    let Some(calls) = plan.stores.workflows.calls.get(&id) else {
        return vec![];
    };
    let grants = [
        ("calls", role("Storage Queue Data Message Processor", calls.queue.id())),
        ("calls-read", role("Storage Queue Data Reader", calls.queue.id())),
        (
            "calls-again",
            role("Storage Queue Data Message Sender", calls.poison.id()),
        ),
    ];
    grants.map(|(name, grant)| (name.to_owned(), grant)).into()
}

/// The private endpoint that callers inside the network reach it at.
fn entrance(stack: &mut Stack<'_>, plan: &Plan<'_>, (id, service): (Id<Service>, &Service), app: &Address) {
    let Some(group) = plan.parts.firewall.groups.functions.get(&id) else {
        return;
    };
    let endpoint = Endpoint {
        name: &service.name,
        resource: app,
        subresource: "sites",
        zone: functions::ZONE,
        group,
        each: false,
        after: vec![],
    };
    private_endpoint(stack, &plan.parts.network.endpoint, &plan.parts.zones, &endpoint);
}

/// The language, or the image.
fn runtime(stack: &Stack<'_>, plan: &Plan<'_>, service: &Service, function: &Function) -> Block {
    if let Some(source) = &function.source {
        return language(source.language);
    }
    let (host, name, tag) = match service.launch.image() {
        Some(Image::Own { repository, tag }) => {
            let own = plan.stores.registry.as_ref().map(registry::Registry::host);
            let name = stack.system.repositories[*repository].name.clone();
            (own.unwrap_or(Expression::Null), name, tag.clone())
        }
        Some(Image::Reference(text)) => {
            let (host, name, tag) = parted(text);
            (host.into(), name, tag)
        }
        None => (HUB.into(), String::new(), String::new()),
    };
    let image = Block::new()
        .set("registry_url", template!["https://", host])
        .set("image_name", name)
        .set("image_tag", tag);
    Block::new().block("docker", image)
}

fn language(language: Language) -> Block {
    let version = language.version;
    match language.family {
        Family::Python => Block::new().set("python_version", version),
        Family::Node => Block::new().set("node_version", version),
        Family::Java => Block::new().set("java_version", version),
        Family::Dotnet => Block::new()
            .set("dotnet_version", format!("{version}.0"))
            .set("use_dotnet_isolated_runtime", true),
    }
}

/// Registries of Azure's own let the identity in.
fn image_login(service: &Service, identity: &Address, site: Block) -> Block {
    let azure = is_own(service) || startup::registry(service).is_some();
    site.when(azure, |site| {
        site.set("container_registry_use_managed_identity", true).set(
            "container_registry_managed_identity_client_id",
            identity.attr("client_id"),
        )
    })
}

/// (registry, name, tag) of a reference.
fn parted(reference: &str) -> (String, String, String) {
    let (path, tag) = match reference.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (reference, "latest"),
    };
    let (host, name) = match path.split_once('/') {
        Some((host, name)) if host.contains(['.', ':']) => (host.to_owned(), name.to_owned()),
        Some(_) => (HUB.to_owned(), path.to_owned()),
        None => (HUB.to_owned(), format!("library/{path}")),
    };
    (host, name, tag.to_owned())
}

/// True if functions may call anybody outside.
pub(super) fn goes_out(stack: &Stack<'_>) -> bool {
    stack.system.network.egress != Egress::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_parted() {
        let parts = |text| {
            let (host, name, tag) = parted(text);
            format!("{host} {name} {tag}")
        };
        assert_eq!(parts("nginx"), "index.docker.io library/nginx latest");
        assert_eq!(parts("shop/thumb:1.0"), "index.docker.io shop/thumb 1.0");
        assert_eq!(parts("ghcr.io/shop/thumb:1.0"), "ghcr.io shop/thumb 1.0");
        assert_eq!(parts("localhost:5000/thumb"), "localhost:5000 thumb latest");
    }
}
