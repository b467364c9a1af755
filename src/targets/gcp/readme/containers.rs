//! What the README says about containers on Cloud Run.

use std::collections::BTreeSet;

use crate::ir::{Balancer, Exposure, Function, Id, Resource, Secret, Service};
use crate::targets::gcp::cluster::is_pod;
use crate::targets::gcp::containers::{all, any, is_container, remote_registries};
use crate::targets::gcp::{Stack, is_machine};
use crate::terraform::identifier;

/// What must be there before containers are.
pub(super) fn prerequisites(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    if !any(system) {
        return vec![];
    }
    let mut items = vec![
        "The same for Cloud Run and Artifact Registry, and the right to let containers run as the service accounts made here (`roles/iam.serviceAccountUser`).".to_owned(),
    ];
    let of_image = |function: &Function| function.source.is_none();
    let services = all(system).next().is_some();
    if services || !system.apis.is_empty() || system.functions().any(|(_, _, function)| of_image(function)) {
        items.push("Images for `linux/amd64`: Cloud Run runs no others.".to_owned());
    }
    if services || !system.apis.is_empty() {
        items.push("Where the organisation enforces `run.managed.requireInvokerIam`, an exception on the project: a load balancer cannot sign its requests.".to_owned());
    }
    let remotes = remote_registries(system);
    if !remotes.is_empty() {
        let names: Vec<String> = remotes.iter().map(|host| format!("`{host}`")).collect();
        items.push(format!(
            "Images of {} that may be read without a login. For others, give the repository that stands for the registry `upstream_credentials` with an `[override]`.",
            names.join(", ")
        ));
    }
    if let Some(existing) = &system.network.existing.gcp {
        items.push(format!(
            "Two free addresses in `{}` for each container, twice as many while a revision follows another. In a network of another project, `roles/compute.networkUser` on it for Cloud Run's agent, `service-NUMBER@serverless-robot-prod.iam.gserviceaccount.com`.",
            existing.application
        ));
    }
    items
}

/// What is done for their security.
pub(super) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    if all(stack.system).next().is_none() {
        return vec![];
    }
    vec![
        "Services on Cloud Run are reached through the load balancers alone: their addresses under `run.app` are off, and ingress is closed to everything else. A load balancer cannot say who it is, so Cloud Run asks nobody for a permission to call (`invoker_iam_disabled`), and nothing is granted to `allUsers`. Who may call whom is said by the firewall rules of those who call, on their way to the load balancer's address and port.",
        "Firewall rules do not see whom a container runs as. They tell containers apart by network tags, which whoever may deploy to Cloud Run in this network can give to any container.",
        "Cloud Run reads secrets as the service's own account when a container starts, in the version that its revision names. Images are read by Cloud Run's agent, and its copies are under the key.",
    ]
}

/// How the owner of a secret fills it, for those who read it.
pub(super) fn filling(stack: &Stack<'_>, id: Id<Secret>) -> String {
    let secret = &stack.system.secrets[id];
    let name = stack.name(&secret.name);
    let fill = format!(
        "Fill the secret of `{}`: `gcloud secrets versions add {name} --data-file=-`",
        secret.path
    );
    let start = format!("{fill}, then write");
    let readers = || stack.system.users_of(Resource::Secret(id));
    let on_run = |service: &Service| is_container(service) || service.function.is_some();
    let of_containers = readers().any(|(service, _)| on_run(&stack.system.services[service]));
    let of_machines = readers().any(|(service, _)| is_machine(&stack.system.services[service]));
    let of_pods = readers().any(|(service, _)| is_pod(&stack.system.services[service]));
    let version = format!("{}_secret_version", identifier(&secret.name));
    let rollout = "`rollout = 2` (then 3, and so on)";
    let rest = "into `terraform/terraform.tfvars`, commit that and apply";
    let text = match (of_containers, of_machines) {
        (false, false) if of_pods => format!("{fill}."),
        (false, _) => format!("{start} {rollout} {rest}, which replaces its readers one after the other."),
        (true, false) => format!(
            "{start} the number that it answers as `{version}` {rest}. Until then containers start without the variable. One that cannot: make the secret first, `terraform apply -target={}`.",
            stack.secrets[&id].text()
        ),
        (true, true) => format!(
            "{start} the number that it answers as `{version}`, for containers, and {rollout}, for machines, {rest}. Until then both run without the variable."
        ),
    };
    match of_pods {
        true => format!("{text} Pods get it within an hour, or as said below."),
        false => text,
    }
}

/// What their owner does or should know.
pub(super) fn operations(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let Some((_, first)) = all(system).next() else {
        return vec![];
    };
    let kind = |listens: bool| match listens {
        true => "google_cloud_run_v2_service",
        false => "google_cloud_run_v2_worker_pool",
    };
    let address = format!("{}.{}", kind(first.listens()), identifier(&first.name));
    let mut items = vec![
        "Cloud Run spreads containers over the zones of the region by itself, and keeps them near 60 % of their processors and of 80 requests per processor, between the numbers of `scale`. A request may take 60 seconds and bring 32 MiB. What a container writes to files counts as its memory; the file system goes with it. One that is stopped gets SIGTERM and ten seconds.".to_owned(),
        "A new revision gets requests once its health check succeeds. One that does not start leaves the old one as it is, and `terraform apply` says why. To go back, render what was there before. Cloud Run looks up an image's tag when it makes a revision: after a tag has moved, raise `rollout`. A new password is a new version of its secret, and a revision by itself.".to_owned(),
        format!(
            "If the very first revision does not start, Terraform marks the service as tainted, and wants to replace it: mend the cause, `terraform untaint {address}` (or whichever it is), apply again."
        ),
        "Some paths that end in `z`, `/healthz` among them, Cloud Run may answer itself with 404 when they come through a load balancer. Its own health checks are not concerned.".to_owned(),
    ];
    items.push("A destroy stops at the subnet of the containers: Cloud Run gives its addresses back an hour or two later. Run it again then.".to_owned());
    items.extend(moving(stack));
    items
}

/// How a running service moves from machines to containers, and back.
fn moving(stack: &Stack<'_>) -> Option<String> {
    let balancers = [&stack.system.public, &stack.system.internal];
    let maps: BTreeSet<String> = balancers
        .into_iter()
        .flatten()
        .flat_map(|balancer| url_maps(stack, balancer, is_container))
        .map(|map| format!("-target=google_compute_region_url_map.{map}"))
        .collect();
    let targets: Vec<String> = maps.into_iter().collect();
    (!targets.is_empty()).then(|| {
        format!(
            "A service that was on machines before moves without an outage in two steps: `terraform apply {}` makes the containers and leads requests to them once they answer, then `terraform apply` takes the machines away. In one step the machines would go as soon as the load balancer is told, and it takes some minutes until all of it has heard. Its name, its account and its database stay. Back to machines: the group first, `terraform apply -target=google_compute_region_autoscaler.NAME`, and the rest when its machines are well.",
            targets.join(" ")
        )
    })
}

/// The URL maps that lead to some services.
pub(super) fn url_maps(stack: &Stack<'_>, balancer: &Balancer, which: fn(&Service) -> bool) -> Vec<String> {
    let leads = |service: Id<_>| which(&stack.system.services[service]);
    let listeners = balancer
        .listeners
        .iter()
        .filter(|listener| listener.routes.iter().any(|route| leads(route.service)));
    listeners
        .map(|listener| match balancer.exposure {
            Exposure::Public => "public".to_owned(),
            Exposure::Internal => identifier(&format!("internal-{}", listener.port)),
        })
        .collect()
}
