//! What a cluster can do for functions, tables and streams.

use serde_json::Value;

use crate::diagnostic::{Diagnostic, Span, clusters as rules, function as languages, kubernetes, semantic};
use crate::ir::{Family, Function, Grant, Id, Resource, Service, Source, System, Trigger};
use crate::target::Target;
use crate::vocabulary::Egress;

/// The streams' name in a cluster, which no component may have.
pub const EVENT_STREAMS: &str = "event-streams";
/// The name of the tables' database in a cluster, which no component may have.
pub const TABLE_STORE: &str = "table-store";

/// Bytes of the files of a function. `kubectl apply` keeps a copy of an object in one of its annotations, which holds 256 KiB.
const ROOM: usize = 240 << 10;
/// Roles that PostgreSQL or a database of this target has itself.
const ROLES: [&str; 4] = ["none", "postgres", "public", "tables"];
/// The column of what an item has besides keys.
const ATTRIBUTES: &str = "attributes";

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, service, function) in system.functions() {
        let at = |key: &str| {
            let given = system.places.span(&format!("{}.{key}", service.path));
            given.or_else(|| system.places.key(&service.path))
        };
        if let Some(source) = &function.source {
            code(system, service, source, &at, problems);
        }
        triggers(system, (id, service, function), &at, problems);
    }
    for (id, service) in system.services.iter() {
        let logs_in = |grant: &Grant| matches!(grant.resource, Resource::Table(_) | Resource::Warehouse(_));
        if ROLES.contains(&service.name.as_str()) && system.grants_of(id).any(logs_in) {
            let at = system.places.key(&service.path);
            problems.push(kubernetes::reserved_name(at, &service.name, "PostgreSQL"));
        }
    }
    for (_, table) in system.tables.iter() {
        let at = |key: &str| {
            let given = system.places.span(&format!("{}.{key}", table.path));
            given.or_else(|| system.places.key(&table.path))
        };
        if table.capacity.is_some() {
            problems.push(rules::capacity(at("capacity"), &table.name));
        }
        let keys = table.indexes.iter().flat_map(|index| index.key.attributes());
        let mut keys = table
            .key
            .attributes()
            .chain(keys)
            .map(|attribute| attribute.name.as_str());
        if keys.any(|name| name == ATTRIBUTES) || table.ttl.as_deref() == Some(ATTRIBUTES) {
            problems.push(rules::column_taken(
                system.places.key(&table.path),
                &table.name,
                ATTRIBUTES,
            ));
        }
    }
}

fn code(
    system: &System,
    service: &Service,
    source: &Source,
    at: &impl Fn(&str) -> Option<Span>,
    problems: &mut Vec<Diagnostic>,
) {
    if matches!(source.language.family, Family::Java | Family::Dotnet) {
        let offered = ["python3.13", "nodejs24"];
        let name = source.language.name();
        problems.push(languages::language_not_there(
            at("runtime"),
            &name,
            Target::Kubernetes,
            &offered,
        ));
        return;
    }
    let bytes: usize = source.files.values().map(String::len).sum();
    if bytes > ROOM {
        problems.push(rules::too_much_code(
            at("source"),
            &service.name,
            bytes.div_ceil(1024),
            ROOM >> 10,
        ));
    }
    if names_packages(source) {
        problems.push(match system.network.egress {
            Egress::None => rules::packages_unreachable(at("source"), &service.name),
            _ => rules::packages_at_start(at("source"), &service.name),
        });
    }
}

fn triggers(
    system: &System,
    (id, service, function): (Id<Service>, &Service, &Function),
    at: &impl Fn(&str) -> Option<Span>,
    problems: &mut Vec<Diagnostic>,
) {
    let name = &service.name;
    match function.trigger {
        Some(Trigger::Url { open: true }) => problems.push(rules::no_address(at("trigger.http"), name)),
        Some(Trigger::Url { open: false }) => problems.push(rules::inside_only(at("trigger.http"), name)),
        Some(Trigger::Schedule { .. }) if function.warm > 0 => problems.push(rules::never_warm(at("warm"), name)),
        _ => {}
    }
    let batch = match function.trigger {
        Some(Trigger::Queue { batch, .. } | Trigger::Topic { batch, .. }) => batch,
        Some(Trigger::Stream { batch, .. } | Trigger::Table { batch, .. }) => batch,
        _ => 1,
    };
    // What nobody asks for is nobody's loss.
    if batch > 1 && system.places.is_said(&format!("{}.trigger.batch", service.path)) {
        problems.push(rules::one_event(at("trigger.batch"), name));
    }
    let answers = matches!(function.trigger, None | Some(Trigger::Api | Trigger::Url { .. }));
    let is_called = system.callers_of(id).next().is_some() || system.workflows_of(id).next().is_some();
    if !answers && is_called {
        problems.push(rules::started_and_called(at("trigger"), name));
    }
    if function.source.is_none() && service.environment.contains_key("PORT") {
        let place = system.places.key(&format!("{}.environment.PORT", service.path));
        problems.push(semantic::setting_collision(
            place,
            name,
            "PORT",
            "it names the port that the image has to listen on",
        ));
    }
}

/// True for a source that names packages of its language's registry.
pub fn names_packages(source: &Source) -> bool {
    match source.language.family {
        Family::Python => source.files.get("requirements.txt").is_some_and(|text| {
            let mut lines = text.lines().map(str::trim);
            lines.any(|line| !line.is_empty() && !line.starts_with('#'))
        }),
        Family::Node => {
            let package = source.files.get("package.json");
            let package = package.and_then(|text| serde_json::from_str::<Value>(text).ok());
            let named = package.and_then(|package| Some(package.get("dependencies")?.as_object()?.is_empty()));
            named == Some(false)
        }
        Family::Java | Family::Dotnet => false,
    }
}
