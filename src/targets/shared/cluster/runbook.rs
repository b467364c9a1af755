//! What the owner of a cluster does.

use std::collections::BTreeSet;

use serde_json::json;
use tera::Context;

use super::files::{WRITTEN, output};
use super::{inside, namespace, secrets};
use crate::check::Checked;
use crate::ir::{Domain, Id, Resource, Service};
use crate::targets::shared::report::Report;
use crate::targets::shared::settings::applies;
use crate::targets::shared::template;
use crate::targets::shared::workload::Names;

const TEMPLATE: &str = include_str!("../../../../templates/runbook/cluster.md.tera");

/// What differs per cloud in what an owner has to do.
pub struct Handling<'a> {
    /// The command that gets credentials of the cluster, such as `aws eks update-kubeconfig ...`.
    pub credentials: &'a str,
    /// KEDA is a part of the cloud's cluster; otherwise the owner installs it where it is needed.
    pub has_keda: bool,
    /// Terraform writes further objects of the shared part, even where no service is outside domains.
    pub writes_more: bool,
    /// Further options of the Helm charts: of External Secrets,
    pub external_secrets: &'a [&'a str],
    /// and of KEDA.
    pub keda: &'a [&'a str],
}

/// Items of the README's list on operations: how the cluster is filled, how it and a domain of it is deployed.
pub fn runbook(system: &Checked<'_>, handling: &Handling<'_>) -> Vec<String> {
    let options = |options: &[&str]| options.iter().map(|option| format!(" {option}")).collect::<String>();
    let mut services = inside(system);
    let counts = services.any(|(_, service)| service.scale.queue_messages.is_some());
    let used = |(id, _): (Id<Service>, &Service)| {
        let mut grants = system.grants_of(id);
        grants.any(|grant| matches!(grant.resource, Resource::Secret(_)))
    };
    let parts = system.pools.iter().map(|pool| pool.domain);
    let has_services = |part: &Option<Id<Domain>>| inside(system).any(|(_, service)| service.home.domain == *part);
    let parts = parts.filter(|part| has_services(part) || (part.is_none() && handling.writes_more));
    let outputs: Vec<(String, String)> = parts
        .map(|part| {
            let folder = part.map_or_else(String::new, |id| format!("{}/", system.domains[id].name));
            (output(system, part), format!("{folder}{WRITTEN}"))
        })
        .collect();
    let first = inside(system).find_map(|(id, service)| Some((id, service.home.domain?)));
    let mut context = Context::new();
    context.insert("private", &system.cluster.api_cidrs.is_empty());
    context.insert("credentials", handling.credentials);
    context.insert("counting", &counts);
    context.insert("keda", &(counts && !handling.has_keda));
    context.insert("prefix", &system.prefix);
    context.insert("generation", secrets::GENERATION);
    context.insert("external_secrets", &options(handling.external_secrets));
    context.insert("keda_options", &options(handling.keda));
    let listed = outputs.iter().map(|(name, file)| json!({ "name": name, "file": file }));
    context.insert("outputs", &listed.collect::<Vec<_>>());
    context.insert("teams", &first.is_some());
    context.insert(
        "first",
        &first.map(|(service, domain)| {
            json!({
                "command": command(system, domain),
                "folder": system.domains[domain].name,
                "namespace": namespace(system, service),
            })
        }),
    );
    context.insert("entries", &inside(system).any(used));
    context.insert("edge", &Names::new(system).edge_namespace());
    template::items(TEMPLATE, &context)
}

/// Notes findings of scanners in the objects that are left on purpose.
pub fn skips(system: &Checked<'_>, report: &mut Report) {
    let mut skip = |checks: &[&str], of: &dyn Fn(&Service) -> bool, why: &str| {
        let found = inside(system).filter(|(_, service)| of(service));
        let found: Vec<String> = found
            .map(|(_, service)| format!("Deployment {}", service.name))
            .collect();
        for check in checks.iter().filter(|_| !found.is_empty()) {
            report.skip(check, &found.join(", "), why);
        }
    };
    skip(
        &["CKV_K8S_8", "CKV_K8S_9"],
        &|service| !service.listens(),
        "a worker has no port, and its image need not have a command that could ask it",
    );
    skip(
        &["CKV_K8S_43"],
        &|service| !service.launch.reference().is_some_and(|image| image.contains('@')),
        "images are as the blueprint names them, by tag; where the registry can, it lets no tag move",
    );
    skip(
        &["CKV_K8S_35"],
        &|service| {
            let mut told = service.settings.iter().map(|setting| &setting.value);
            told.any(|value| value.is_secret() && applies(system.target(), service, value))
        },
        "settings reach the process as environment variables, on every target",
    );
}

/// The command that writes what Terraform knows of a domain.
fn command(system: &Checked<'_>, domain: Id<Domain>) -> String {
    let name = output(system, Some(domain));
    let folder = &system.domains[domain].name;
    format!("terraform -chdir=terraform output -raw {name} > kubernetes/{folder}/{WRITTEN}")
}

/// The README of a domain's folder.
pub(super) fn domain(system: &Checked<'_>, id: Id<Domain>) -> String {
    let domain = &system.domains[id];
    let names = Names::new(system);
    let owner = match &domain.owner {
        Some(owner) => format!(" {owner} owns it."),
        None => String::new(),
    };
    let mut text = format!(
        "# Domain {} of {}\n\nEverything of this folder is in the namespace `{}`, on nodes of its own.{owner} What all domains share is in \
         the folder above and has to be there first. `{WRITTEN}` is written by Terraform, after every apply:\n\n```sh\n{}\nkubectl apply -k \
         kubernetes/{}\n```\n",
        domain.name,
        system.prefix,
        names.namespace_in(Some(id)),
        command(system, id),
        domain.name,
    );
    let calls = system.services.iter().flat_map(|(_, caller)| {
        let called = caller.calls.iter().map(|callee| &system.services[*callee]);
        called.map(move |called| (caller, called))
    });
    let calls: Vec<(&Service, &Service)> = calls.collect();
    let here = |service: &Service| service.home.domain == Some(id);
    let lines = |wanted: &dyn Fn(&Service, &Service) -> bool| -> String {
        let lines = calls.iter().filter(|(caller, called)| wanted(caller, called));
        let lines = lines
            .map(|(caller, called)| format!("- `{}` calls `{}` on port {}\n", caller.name, called.name, called.port));
        lines.collect()
    };
    let led = system.apis.iter().flat_map(|(_, api)| {
        let services: BTreeSet<Id<Service>> = api.routes.iter().map(|route| route.service).collect();
        let led = services.into_iter().map(|service| &system.services[service]);
        led.filter(|service| here(service)).map(|service| {
            format!(
                "- the API `{}` leads to `{}` on port {}\n",
                api.name, service.name, service.port
            )
        })
    });
    let led: String = led.collect();
    let sections = [
        (
            "Who calls it",
            lines(&|caller, called| !here(caller) && here(called)) + &led,
        ),
        ("Whom it calls", lines(&|caller, called| here(caller) && !here(called))),
    ];
    for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        text.push_str(&format!("\n## {title}\n\n{lines}"));
    }
    text
}
