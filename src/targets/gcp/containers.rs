//! Containers on Cloud Run: a service for each service with a port, a worker pool for each without.
//!
//! What comes in comes through the load balancers, whose proxies reach Cloud Run inside Google's network; the address of its own that
//! Cloud Run gives a service is off. What goes out goes through the network, where firewall rules tell services apart by their tags.

mod images;
mod settings;
mod trust;

use std::collections::BTreeMap;

pub(super) use images::Images;

use super::compute::{self, Machines};
use super::edge::Records;
use super::firewall::Rules;
use super::{Stack, firewall, functions};
use crate::catalog;
use crate::ir::{Id, Launch, Probe, Service, System};
use crate::object;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Runtime;

/// Requests that one processor handles at a time before there are more containers.
const REQUESTS: u32 = 80;
/// Requests that a container may be given at a time.
const MOST_REQUESTS: u32 = 1000;
/// Seconds between two checks of a container that starts, and those that it may take in all.
const START_PERIOD: u32 = 10;
const START: u32 = 240;

/// True for services on Cloud Run.
pub(super) fn is_container(service: &Service) -> bool {
    service.runtime == Runtime::Container
}

/// The services on Cloud Run.
pub(super) fn all(system: &System) -> impl Iterator<Item = (Id<Service>, &Service)> {
    system.services.iter().filter(|(_, service)| is_container(service))
}

/// The services and the functions on Cloud Run.
fn with_functions(system: &System) -> impl Iterator<Item = (Id<Service>, &Service)> {
    let services = system.services.iter();
    services.filter(|(_, service)| is_container(service) || service.function.is_some())
}

/// True if anything runs on Cloud Run: services, functions, or what answers for APIs.
pub(super) fn any(system: &System) -> bool {
    with_functions(system).next().is_some() || !system.apis.is_empty()
}

/// True for what is in the network as Cloud Run has it: firewall rules know it by its tags.
pub(super) fn is_tagged(service: &Service) -> bool {
    is_container(service) || functions::is_inside(service)
}

/// True if anything is in the network so.
pub(super) fn any_tagged(system: &System) -> bool {
    let mut services = system.services.iter();
    services.any(|(_, service)| is_tagged(service)) || !system.apis.is_empty()
}

/// What is on Cloud Run, for what leads there.
#[derive(Default)]
pub(super) struct Containers {
    /// Endpoint groups of services.
    pub groups: BTreeMap<Id<Service>, Address>,
    /// Where images are taken from.
    pub images: Images,
    versions: settings::Versions,
    authorities: trust::Authorities,
}

/// What a process is told, and the files that it is given.
pub(super) struct Parts {
    variables: Vec<settings::Named>,
    files: trust::Files,
    /// What lets it have them.
    pub ready: Vec<Address>,
}

impl Parts {
    /// Those of a service or function.
    pub fn of(stack: &mut Stack<'_>, id: Id<Service>, containers: &Containers) -> Self {
        let ready = trust::grants(stack, id, &containers.authorities);
        Self {
            variables: settings::named(stack, id, &containers.versions),
            files: trust::files(stack, id, &containers.authorities),
            ready,
        }
    }

    /// Adds them to a container, and gives its volumes.
    pub fn into_container(self, container: Block) -> (Block, Vec<Block>) {
        let container = settings::environment(container, self.variables);
        (
            container.blocks("volume_mounts", self.files.mounts()),
            self.files.volumes(),
        )
    }

    /// Adds them to the configuration of a function of source.
    pub fn into_function(self, stack: &Stack<'_>, function: Block) -> Block {
        let function = settings::of_function(stack, function, self.variables);
        function.blocks("secret_volumes", self.files.secret_volumes(stack))
    }
}

/// True if containers get files from Secret Manager.
pub(super) fn has_files(system: &System) -> bool {
    trust::wanted(system)
}

/// Registries other than Google's, from which Cloud Run takes no image: Artifact Registry fetches them.
pub(super) fn remote_registries(system: &System) -> std::collections::BTreeSet<&str> {
    images::remotes(system)
}

/// Adds every service on Cloud Run.
pub(super) fn lower(stack: &mut Stack<'_>, records: &Records, rules: &Rules, machines: &Machines) -> Containers {
    if !any(stack.system) {
        return Containers::default();
    }
    let mut containers = Containers {
        groups: BTreeMap::new(),
        images: images::lower(stack),
        versions: settings::versions(stack),
        authorities: trust::lower(stack),
    };
    stack.module.file("containers", "");
    for (id, service) in all(stack.system) {
        let mut ready = compute::ready(stack, id, records, rules, machines);
        ready.extend(containers.images.ready(stack, service));
        ready.push(stack.encryption.users.whole());
        let parts = Parts::of(stack, id, &containers);
        ready.extend(parts.ready.iter().map(Address::whole));
        let container = container(service, containers.images.reference(stack, service));
        let (container, volumes) = parts.into_container(container);
        let (cpu, memory_gb) = size(service);
        let what = format!("{cpu} processors and {memory_gb} GiB for each container");
        if service.listens() {
            let address = run(stack, id, service, (container, volumes), ready);
            let what = format!("service of Cloud Run, {what}");
            stack.report.component(&service.path, what, address.text());
            let group = group(stack, service, &address);
            containers.groups.insert(id, group);
        } else {
            let address = pool(stack, id, service, (container, volumes), ready);
            let what = format!("worker pool of Cloud Run, {what}");
            stack.report.component(&service.path, what, address.text());
        }
    }
    containers
}

/// Processors and GiB of a container.
fn size(service: &Service) -> (u32, u32) {
    catalog::gcp_container(&service.size).unwrap_or_default()
}

/// What services, worker pools and functions have in common.
pub(super) fn template(stack: &Stack<'_>, id: Id<Service>) -> Block {
    Block::new()
        .comment("Another number makes a revision of its own.")
        .set("labels", object! { "rollout" => expr::iterator("var", &["rollout"]) })
        .set("service_account", stack.accounts[&id].attr("email"))
        .set("encryption_key", stack.encryption.key.id())
}

/// Where what goes out goes.
pub(super) fn way_out(stack: &Stack<'_>, service: &Service) -> Block {
    let network = Block::new()
        .set("subnetwork", stack.network.of_service(service))
        .set("tags", firewall::tags(stack, service));
    Block::new()
        .comment("What goes out goes through the network: firewall rules, private names, address translation.")
        .set("egress", "ALL_TRAFFIC")
        .block("network_interfaces", network)
}

fn run(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    service: &Service,
    (container, volumes): (Block, Vec<Block>),
    ready: Vec<hcl::Expression>,
) -> Address {
    let (cpu, _) = size(service);
    let template = template(stack, id)
        .set("execution_environment", "EXECUTION_ENVIRONMENT_GEN2")
        .set("max_instance_request_concurrency", (cpu * REQUESTS).min(MOST_REQUESTS))
        .comment("Of a request.")
        .set("timeout", "60s")
        .block("scaling", Block::new().set("max_instance_count", service.scale.max))
        .block("vpc_access", way_out(stack, service))
        .block("containers", container)
        .blocks("volumes", volumes);
    let ingress = match service.public {
        true => "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
        false => "INGRESS_TRAFFIC_INTERNAL_ONLY",
    };
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("location", stack.region())
        .comment("Through a load balancer and in no other way. It cannot say who it is, so nobody is asked:\nwho reaches it is said by the firewall rules of those who call.")
        .set("ingress", ingress)
        .set("default_uri_disabled", true)
        .set("invoker_iam_disabled", true)
        .comment("It holds nothing that would be lost with it.")
        .set("deletion_protection", false)
        .block("scaling", Block::new().set("min_instance_count", service.scale.min))
        .block("template", template)
        .comment("Containers find their names, their secrets and an open way when they start.")
        .set("depends_on", hcl::Expression::Array(ready));
    stack
        .module
        .resource("google_cloud_run_v2_service", &service.name, body)
}

fn pool(
    stack: &mut Stack<'_>,
    id: Id<Service>,
    service: &Service,
    (container, volumes): (Block, Vec<Block>),
    ready: Vec<hcl::Expression>,
) -> Address {
    // The API of worker pools has this number and nothing else: the provider's `scaling_mode` and its limits are fields of services.
    let scaling = Block::new()
        .comment("So many at all times: a worker pool does not scale by itself.")
        .set("manual_instance_count", service.scale.min);
    let template = template(stack, id)
        .block("vpc_access", way_out(stack, service))
        .block("containers", container)
        .blocks("volumes", volumes);
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("location", stack.region())
        .comment("It holds nothing that would be lost with it.")
        .set("deletion_protection", false)
        .block("scaling", scaling)
        .block("template", template)
        .comment("Containers find their names, their secrets and an open way when they start.")
        .set("depends_on", hcl::Expression::Array(ready));
    stack
        .module
        .comment("It takes its work from queues and topics: nobody reaches it.")
        .resource("google_cloud_run_v2_worker_pool", &service.name, body)
}

/// The container of a service.
fn container(service: &Service, image: hcl::Expression) -> Block {
    let arguments = match &service.launch {
        Launch::Container { arguments, .. } => arguments.as_slice(),
        Launch::Script(_) | Launch::Source | Launch::ShardingProxy { .. } => &[],
    };
    let arguments: Vec<hcl::Expression> = arguments.iter().map(|word| word.as_str().into()).collect();
    let (cpu, memory_gb) = size(service);
    let limits = object! { "cpu" => cpu.to_string(), "memory" => format!("{memory_gb}Gi") };
    let resources = Block::new().set("limits", limits).when(service.listens(), |block| {
        block
            .comment("Processors are there between requests too, as on a machine.")
            .set("cpu_idle", false)
            .set("startup_cpu_boost", true)
    });
    Block::new()
        .set("image", image)
        .when(!arguments.is_empty(), |block| {
            block.set("args", hcl::Expression::Array(arguments))
        })
        .block("resources", resources)
        .when(service.listens(), |block| {
            probes(
                service,
                block.block("ports", Block::new().set("container_port", service.port)),
            )
        })
}

/// A check that is passed once before requests come, and a patient one that restarts what does not answer any more.
fn probes(service: &Service, container: Block) -> Block {
    let attempts = service.health.grace_seconds.min(START).div_ceil(START_PERIOD).max(1);
    let start = Block::new()
        .set("period_seconds", START_PERIOD)
        .set("timeout_seconds", 5)
        .set("failure_threshold", attempts);
    let Probe::Http(path) = &service.health.probe else {
        let socket = Block::new().set("port", service.port);
        return container.block("startup_probe", start.block("tcp_socket", socket));
    };
    let asks = || Block::new().set("path", path.as_str()).set("port", service.port);
    let live = Block::new()
        .set("period_seconds", 30)
        .set("timeout_seconds", 10)
        .set("failure_threshold", 10);
    container
        .block("startup_probe", start.block("http_get", asks()))
        .comment("More patient: what fails it is restarted.")
        .block("liveness_probe", live.block("http_get", asks()))
}

/// What a load balancer's backend knows a service by.
fn group(stack: &mut Stack<'_>, service: &Service, run: &Address) -> Address {
    let body = Block::new()
        .set("name", stack.name(&service.name))
        .set("region", stack.region())
        .set("network_endpoint_type", "SERVERLESS")
        .block("cloud_run", Block::new().set("service", run.attr("name")))
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    stack
        .module
        .resource("google_compute_region_network_endpoint_group", &service.name, body)
}
