//! Back ends: each spells a [`Checked`] system in the words of one target.
//!
//! The clouds have the same file names (`network`, `firewall`, `load_balancer`, `compute`, `database`, ...), so that four spellings of
//! one thing can be read side by side. No cloud knows another; what they share is in [`shared`].

mod aws;
mod azure;
mod gcp;
mod kubernetes;
mod shared;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::check::Checked;
use crate::diagnostic::{Diagnostic, overrides};
use crate::ir::{self, Domain, Id};
use crate::kubernetes::overrides as objects;
use crate::output::{FileTree, Rendered, Single};
use crate::target::Target;
use crate::terraform::overrides::{Override, apply};
use crate::terraform::verify::Names;
use crate::terraform::{Module, Part, identifier};
use crate::vocabulary::Runtime;
use shared::{Lowered, sources};

/// Renders a checked system.
///
/// # Errors
/// Overrides of the blueprint that do not fit what is emitted.
pub fn render(system: &Checked<'_>) -> Result<Rendered, Vec<Diagnostic>> {
    match system.target() {
        Target::Aws => terraform(system, aws::lower(system)),
        Target::Azure => terraform(system, azure::lower(system)),
        Target::Gcp => terraform(system, gcp::lower(system)),
        Target::Kubernetes => kubernetes::render(system),
    }
}

fn terraform(system: &Checked<'_>, lowered: Lowered) -> Result<Rendered, Vec<Diagnostic>> {
    let Lowered {
        mut module,
        report,
        sources: added,
        mut cluster,
    } = lowered;
    let given = system.overrides.get(&system.target());
    let (of_objects, of_resources): (Vec<&ir::Override>, Vec<&ir::Override>) = given
        .into_iter()
        .flatten()
        .partition(|given| cluster.is_some() && is_kind(given));
    if let Some(cluster) = &mut cluster {
        let faults = cluster.faults();
        if !faults.is_empty() {
            return Err(vec![overrides::internal(&faults)]);
        }
        let wanted: Vec<_> = of_objects.into_iter().map(wanted_object).collect();
        cluster.override_with(&wanted, &system.places)?;
        cluster.outputs(system, &mut module);
    }
    module.part(domains(system));
    let (faults, (mut written, readme)) = {
        let names = LazyLock::new(|| Names::of(&module));
        meanwhile(
            module.definitions(),
            |definition| names.faults(definition),
            || (module.files(), report.render(system)),
        )
    };
    if !faults.is_empty() {
        let words = faults
            .iter()
            .map(|fault| format!("{} {}: {}", fault.address, fault.path, fault.problem));
        return Err(vec![overrides::internal(&words.collect::<Vec<_>>())]);
    }
    if !of_resources.is_empty() {
        let wanted: Vec<Override<'_>> = of_resources.into_iter().map(wanted).collect();
        let problems = apply(&mut module, &wanted, &system.places);
        if !problems.is_empty() {
            return Err(problems);
        }
        written = module.files();
    }
    let mut files = FileTree::new();
    sources::files(system, &added, &mut files);
    let mut paths = Vec::with_capacity(written.len());
    for (name, text) in written {
        let path = format!("terraform/{name}");
        files.insert(path.as_str(), text);
        paths.push(path);
    }
    let single = match sources::is_needed(system) || !added.is_empty() {
        true => {
            sources::inline(system, &added, &mut module);
            Single::Text(Module::single(&module.files()))
        }
        false => Single::Files(paths),
    };
    let kubernetes = cluster.map(|cluster| cluster.files(system, &mut files));
    files.insert("README.md", readme);
    if let Some((path, text)) = shared::owners::file(system) {
        files.insert(path, text);
    }
    Ok(Rendered {
        files,
        single,
        kubernetes: kubernetes.unwrap_or_default(),
    })
}

/// Checks pieces of what a target emits in a second thread while something else is done, with which the first thread is ready sooner: then
/// it helps with the pieces that are left. Gives the faults in the order of their pieces.
fn meanwhile<P: Sync, F: Send, T>(
    pieces: &[P],
    check: impl Fn(&P) -> Vec<F> + Sync,
    other: impl FnOnce() -> T,
) -> (Vec<F>, T) {
    let next = AtomicUsize::new(0);
    let check_the_rest = || {
        let mut found = vec![];
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(place) else {
                return found;
            };
            found.extend(check(piece).into_iter().map(|fault| (place, fault)));
        }
    };
    let (mut found, other) = thread::scope(|scope| {
        // Where there are no threads, one does everything.
        let second = thread::Builder::new().spawn_scoped(scope, check_the_rest);
        let other = other();
        let mut found = check_the_rest();
        if let Ok(second) = second {
            found.extend(second.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        (found, other)
    });
    found.sort_by_key(|(place, _)| *place);
    (found.into_iter().map(|(_, fault)| fault).collect(), other)
}

/// What belongs to each domain goes to a file of its own.
fn domains(system: &Checked<'_>) -> Vec<Part> {
    let services = system.services.iter().map(|(_, item)| (item.home.domain, &item.name));
    let databases = system.databases.iter().map(|(_, item)| (item.home.domain, &item.name));
    let buckets = system.buckets.iter().map(|(_, item)| (item.home.domain, &item.name));
    let secrets = system.secrets.iter().map(|(_, item)| (item.home.domain, &item.name));
    let mut names: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let caches = system.caches.iter().map(|(_, item)| (item.home.domain, &item.name));
    let queues = system.queues.iter().map(|(_, item)| (item.home.domain, &item.name));
    let topics = system.topics.iter().map(|(_, item)| (item.home.domain, &item.name));
    let apis = system.apis.iter().map(|(_, item)| (item.home.domain, &item.name));
    let streams = system.streams.iter().map(|(_, item)| (item.home.domain, &item.name));
    let tables = system.tables.iter().map(|(_, item)| (item.home.domain, &item.name));
    let data = databases.chain(buckets).chain(secrets).chain(caches).chain(tables);
    let messages = queues.chain(topics).chain(streams);
    for (domain, name) in services.chain(data).chain(messages).chain(apis) {
        if let Some(domain) = domain {
            names.entry(domain).or_default().push(identifier(name));
        }
    }
    // What the containers of a domain share is named after it.
    let containers = system
        .services
        .iter()
        .filter(|(_, item)| item.runtime == Runtime::Container);
    for domain in containers.filter_map(|(_, item)| item.home.domain) {
        let shared = identifier(&format!("{}-containers", system.domains[domain].name));
        names.entry(domain).or_default().push(shared);
    }
    // So is what functions of a domain run on.
    for domain in system.functions().filter_map(|(_, item, _)| item.home.domain) {
        let plan = identifier(&format!("{}-functions", system.domains[domain].name));
        let host = format!("{plan}_host");
        names.entry(domain).or_default().extend([plan, host]);
    }
    // So are the nodes of its pods.
    for pool in &system.pools {
        if let Some(domain) = pool.domain {
            let nodes = identifier(&format!("{}-nodes", system.domains[domain].name));
            names.entry(domain).or_default().push(nodes);
        }
    }
    let part = |(id, domain): (Id<Domain>, &Domain)| Part {
        file: format!("domain_{}", identifier(&domain.name)),
        header: shared::owners::header(domain),
        names: names.remove(&id).unwrap_or_default(),
    };
    system.domains.iter().map(part).collect()
}

/// True for the override of an object in the cluster: Terraform's types are written small.
fn is_kind(given: &ir::Override) -> bool {
    given.resource_type.starts_with(char::is_uppercase)
}

fn wanted_object(given: &ir::Override) -> objects::Override<'_> {
    objects::Override {
        kind: &given.resource_type,
        name: &given.name,
        fields: &given.arguments,
        path: &given.path,
    }
}

fn wanted(given: &ir::Override) -> Override<'_> {
    Override {
        resource_type: &given.resource_type,
        name: &given.name,
        arguments: &given.arguments,
        path: given.path.clone(),
    }
}
