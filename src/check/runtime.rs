//! Can the target run these services?

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability, registry};
use crate::ir::{Launch, System};
use crate::target::Target;
use crate::vocabulary::{Egress, Runtime};

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    own_images(system, target, problems);
    for (_, service) in system.services.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", service.path));
        if target == Target::Kubernetes {
            if let Launch::Script(_) = service.launch {
                problems.push(capability::script_needs_vm(at("start"), &service.name));
            }
            continue;
        }
        let offered = catalog::runtimes(target);
        if !offered.contains(&service.runtime) && service.function.is_none() {
            let offered: Vec<&str> = offered.iter().map(|runtime| runtime.name()).collect();
            problems.push(capability::runtime(
                at("runtime"),
                service.runtime.name(),
                target,
                &offered,
            ));
        }
        if let (Launch::Script(_), true) = (&service.launch, service.runtime != Runtime::Vm) {
            problems.push(capability::script_needs_vm(at("start"), &service.name));
        }
        if let Some(pool) = system
            .pools
            .iter()
            .find(|pool| catalog::machine(target, &pool.size).is_none())
            && service.runtime == Runtime::Kubernetes
        {
            let (cpu, memory_gb) = (pool.size.cpu, pool.size.memory_gb);
            let at = system.places.span(&format!("{}.size", pool.path)).or(at("size"));
            problems.push(capability::size(at, cpu, memory_gb, "machine type", target));
        }
        if service.runtime == Runtime::Vm && catalog::machine(target, &service.size).is_none() {
            let (cpu, memory_gb) = (service.size.cpu, service.size.memory_gb);
            problems.push(capability::size(at("size"), cpu, memory_gb, "machine type", target));
        }
        if let Some(image) = service.launch.reference()
            && system.network.egress == Egress::None
            && !is_private_registry(image, target)
        {
            problems.push(capability::image_unreachable(at("image"), image, target));
        }
        if service.runtime == Runtime::Vm
            && system.network.egress == Egress::None
            && service.machine_image.get(target).is_none()
        {
            let at = system.places.key(&service.path);
            problems.push(capability::packages_unreachable(at, &service.name, target));
        }
    }
    if system.network.egress == Egress::Firewall {
        problems.push(capability::egress_firewall(
            system.places.span("network.egress"),
            target,
        ));
    }
}

/// Where images of the system's own registry are found.
fn own_images(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    if system.repositories.is_empty() {
        return;
    }
    let at = system.places.key("registry");
    if target == Target::Kubernetes && system.cluster.registry.is_none() {
        problems.push(registry::nowhere(at));
    }
    if !catalog::has_registry(target) {
        problems.push(capability::component(at, "registry", target));
    }
}

/// True for images in the target's own registry, which a private endpoint reaches.
fn is_private_registry(image: &str, target: Target) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    match target {
        Target::Aws => host.contains(".dkr.ecr.") && host.ends_with(".amazonaws.com"),
        Target::Azure => host.ends_with(".azurecr.io"),
        Target::Gcp => host.ends_with("-docker.pkg.dev"),
        Target::Kubernetes => true,
    }
}
