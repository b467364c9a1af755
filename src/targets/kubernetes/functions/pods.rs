//! The pods of functions.

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, Lifecycle, LifecycleHandler, PodSpec, PodTemplateSpec, ResourceRequirements,
    SleepAction, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::source::{self, FOLDER, RUNNER};
use super::{CONNECTOR_PORT, PAUSE, PORT, STATUS_PORT, answers, at_once, call_seconds, connector, is_fed};
use crate::check::names_packages;
use crate::ir::{Family, Function, Id, Launch, Service, Source};
use crate::kubernetes::pod::{self, Ask};
use crate::targets::kubernetes::compute;
use crate::targets::kubernetes::settings;
use crate::targets::kubernetes::stack::Stack;
use crate::targets::shared::workload::{self, DEPLOYMENT_REVISION};

/// The name of a function's container.
pub(super) const FUNCTION: &str = "function";
/// The name of the container that brings events.
pub(super) const EVENTS: &str = "events";
/// MiB that a connector may take.
pub(super) const CONNECTOR_MB: u32 = 128;
/// MiB for which a function has a processor, as on AWS.
const MB_PER_CPU: u32 = 1769;
/// Seconds between the probes of a function that starts, and how many may fail.
const START: (u32, u32) = (2, 60);

/// What brings events. Read in November 2026.
pub(in crate::targets::kubernetes) const CONNECTOR: &str = "ghcr.io/warpstreamlabs/bento:1.20.0";

/// The pods of a function that answers, or whose events wait somewhere.
pub(super) fn template(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> PodTemplateSpec {
    let (mounts, volumes) = volumes(stack, id, service, function);
    let called = container(stack, id, service, function, mounts);
    let mut spec = if is_fed(function) {
        let mut volumes = volumes;
        volumes.push(pod::config_files("connector", &connector::config_name(service)));
        PodSpec {
            init_containers: Some(vec![sidecar(called)]),
            ..pod::spec(&service.name, vec![brings(stack, id, service)], volumes)
        }
    } else {
        pod::spec(&service.name, vec![called], volumes)
    };
    if let Some(first) = packages(function) {
        spec.init_containers.get_or_insert_default().insert(0, first);
    }
    spec.termination_grace_period_seconds = Some(i64::from(call_seconds(function) + PAUSE + 15));
    spec.topology_spread_constraints = Some(workload::spread(&stack.pods(&service.name), DEPLOYMENT_REVISION));
    PodTemplateSpec {
        metadata: Some(metadata(stack, id, service, function)),
        spec: Some(spec),
    }
}

/// Labels, and what makes pods anew when the code changes.
pub(super) fn metadata(stack: &Stack<'_>, id: Id<Service>, service: &Service, function: &Function) -> ObjectMeta {
    let runner = function
        .source
        .as_ref()
        .map(|source| source::config_of_runner(stack, service.home.domain, source.language.family));
    let files = source::config(stack, service, function);
    let connector = connector::config(stack, id, service, function);
    let configs: Vec<_> = runner.into_iter().chain(files).chain(connector).collect();
    ObjectMeta {
        labels: Some(stack.labels(&service.name, "function")),
        annotations: (!configs.is_empty()).then(|| pod::fingerprint(&configs)),
        ..Default::default()
    }
}

/// A container that starts before the others and ends after them.
pub(super) fn sidecar(container: Container) -> Container {
    Container {
        restart_policy: Some("Always".to_owned()),
        ..container
    }
}

/// The function itself.
pub(super) fn container(
    stack: &Stack<'_>,
    id: Id<Service>,
    service: &Service,
    function: &Function,
    mounts: Vec<VolumeMount>,
) -> Container {
    let port = |name: &str, port: u16| ContainerPort {
        name: Some(name.to_owned()),
        container_port: i32::from(port),
        ..Default::default()
    };
    let (image, command, ask, asked) = match (&function.source, &service.launch) {
        (Some(source), _) => {
            let status = Ask::Http {
                path: "/",
                scheme: "HTTP",
            };
            (
                source::image(source.language),
                Some(runs(stack, id, function, source)),
                status,
                "status",
            )
        }
        (None, Launch::Container { image, .. }) => (stack.image(image), None, Ask::Tcp, "http"),
        (None, _) => unreachable!("a function has a source or an image"),
    };
    let mut ports = vec![];
    if function.source.is_none() || answers(function) {
        ports.push(port("http", PORT));
    }
    if function.source.is_some() {
        ports.push(port("status", STATUS_PORT));
    }
    // A call that computes all the time it may take is no reason to start anew.
    let patience = function.timeout_seconds.div_ceil(20) + 3;
    Container {
        command,
        env: Some(environment(stack, id, function)),
        ports: Some(ports),
        resources: Some(resources(function)),
        startup_probe: Some(pod::probe(&ask, asked, START.0, START.1)),
        liveness_probe: Some(pod::probe(&ask, asked, 20, patience)),
        readiness_probe: Some(pod::probe(&ask, asked, 10, 3)),
        lifecycle: answers(function).then(|| Lifecycle {
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: 10 }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        volume_mounts: Some(mounts),
        ..pod::container(FUNCTION, &image)
    }
}

/// The command of a source: what calls it, and how.
fn runs(stack: &Stack<'_>, id: Id<Service>, function: &Function, source: &Source) -> Vec<String> {
    let mut words = source::command(source);
    let mode = if answers(function) { "requests" } else { "events" };
    words.extend([mode.to_owned(), source.file.clone(), source.entry.clone()]);
    words.extend([function.timeout_seconds.to_string(), at_once(function).to_string()]);
    let routes = stack.system.apis.iter().flat_map(|(_, api)| &api.routes);
    let own = routes.filter(|route| route.service == id);
    words.extend(own.map(|route| route.key.clone()));
    words.into_iter().map(|word| pod::literal(&word)).collect()
}

fn environment(stack: &Stack<'_>, id: Id<Service>, function: &Function) -> Vec<EnvVar> {
    let mut variables = settings::variables(stack, id);
    let mut add = |name: &str, value: &str| {
        // The blueprint's own word goes first.
        if variables.iter().all(|variable| variable.name != name) {
            variables.push(pod::variable(name, value));
        }
    };
    add("HOME", "/tmp");
    match function.source.as_ref().map(|source| source.language.family) {
        Some(Family::Python) => {
            add("PYTHONDONTWRITEBYTECODE", "1");
            if installs(function) {
                add("PYTHONPATH", "/packages");
            }
        }
        Some(_) => {}
        None => add("PORT", &PORT.to_string()),
    }
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    variables
}

/// Thousandths of a processor that a function may use.
pub(super) fn cpu_limit(function: &Function) -> u32 {
    (function.memory_mb * 1000 / MB_PER_CPU).max(1000)
}

fn resources(function: &Function) -> ResourceRequirements {
    let memory = format!("{}Mi", function.memory_mb);
    let share = format!("{}m", (function.memory_mb * 1000 / MB_PER_CPU).max(50));
    let most = format!("{}m", cpu_limit(function));
    let mut resources = pod::resources((&share, &memory), (&most, &memory));
    let disk = |amount: &str| pod::quantities(&[("ephemeral-storage", amount)]);
    if let Some(requests) = &mut resources.requests {
        requests.extend(disk("128Mi"));
    }
    if let Some(limits) = &mut resources.limits {
        limits.extend(disk("1Gi"));
    }
    resources
}

/// What a function sees of the world besides the network.
pub(super) fn volumes(
    stack: &Stack<'_>,
    id: Id<Service>,
    service: &Service,
    function: &Function,
) -> (Vec<VolumeMount>, Vec<Volume>) {
    let (mut mounts, mut volumes) = compute::volumes(stack, id);
    if let Some(source) = &function.source {
        mounts.extend([pod::mount("function", FOLDER, true), pod::mount("runner", RUNNER, true)]);
        volumes.extend(source::volumes(service, source));
        if installs(function) {
            mounts.push(match source.language.family {
                // It looks for packages beside the folder of the code.
                Family::Node => VolumeMount {
                    sub_path: Some("node_modules".to_owned()),
                    ..pod::mount("packages", "/node_modules", true)
                },
                _ => pod::mount("packages", "/packages", true),
            });
            volumes.push(pod::scratch("packages"));
        }
    }
    (mounts, volumes)
}

/// True for a source that names packages.
pub(super) fn installs(function: &Function) -> bool {
    function.source.as_ref().is_some_and(names_packages)
}

/// Installs the packages that a source names.
pub(super) fn packages(function: &Function) -> Option<Container> {
    let source = function.source.as_ref().filter(|source| names_packages(source))?;
    let script = match source.language.family {
        Family::Python => format!(
            "python -m pip install --no-cache-dir --disable-pip-version-check --target /packages --requirement {FOLDER}/requirements.txt"
        ),
        _ => {
            let how = if source.files.contains_key("package-lock.json") {
                "ci"
            } else {
                "install"
            };
            format!("cp {FOLDER}/package*.json /packages/ && npm {how} --omit=dev --ignore-scripts --prefix /packages")
        }
    };
    Some(Container {
        command: Some(["/bin/sh", "-eu", "-c", &script].map(str::to_owned).into()),
        env: Some(vec![pod::variable("HOME", "/tmp")]),
        resources: Some(pod::resources(("100m", "128Mi"), ("1", "512Mi"))),
        volume_mounts: Some(vec![
            pod::mount("function", FOLDER, true),
            pod::mount("packages", "/packages", false),
            pod::mount("tmp", "/tmp", false),
        ]),
        ..pod::container("packages", &source::image(source.language))
    })
}

/// Where a connector finds what it needs besides its own configuration: the authority of what it takes events from.
fn mounts_of_connector(stack: &Stack<'_>, id: Id<Service>) -> Vec<VolumeMount> {
    let mounts = compute::volumes(stack, id).0;
    mounts.into_iter().filter(|mount| mount.name.ends_with("-ca")).collect()
}

/// The connector.
fn brings(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Container {
    let ask = |path| Ask::Http { path, scheme: "HTTP" };
    let mut mounts = vec![pod::mount("connector", connector::FOLDER, true)];
    mounts.extend(mounts_of_connector(stack, id));
    let memory = format!("{CONNECTOR_MB}Mi");
    Container {
        args: Some(vec![
            "-c".to_owned(),
            format!("{}/{}", connector::FOLDER, connector::FILE),
        ]),
        env: Some(connector::login(service)),
        ports: Some(vec![ContainerPort {
            name: Some("connector".to_owned()),
            container_port: i32::from(CONNECTOR_PORT),
            ..Default::default()
        }]),
        resources: Some(pod::resources(("50m", "64Mi"), ("250m", &memory))),
        readiness_probe: Some(pod::probe(&ask("/ready"), "connector", 10, 3)),
        liveness_probe: Some(pod::probe(&ask("/ping"), "connector", 20, 6)),
        volume_mounts: Some(mounts),
        ..pod::container(EVENTS, CONNECTOR)
    }
}
