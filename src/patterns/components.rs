//! Components of the blueprint, with everything that follows from themselves alone.

use std::collections::BTreeMap;

use super::network;
use super::reader::Reader;
use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Region};
use crate::catalog::places::{self, PLACES};
use crate::diagnostic::{Diagnostic, domain, registry, semantic};
use crate::ir::{self, Arena, Domain, Home, System};
use crate::target::Target;
use crate::vocabulary::{PerTarget, Runtime};

/// Characters of a component's name, with its domain's. What a target adds beside components has longer names.
const NAME: usize = 20;

/// The system without its links and load balancers. `runtime` is the pattern's default.
pub(super) fn system(blueprint: &Blueprint, runtime: Runtime, problems: &mut Vec<Diagnostic>) -> Option<System> {
    let model = &blueprint.model;
    let mut choices = vec![];
    if model.all_processes().next().is_none() {
        problems.push(semantic::no_services(blueprint.places.key("services")));
    }
    duplicate_names(blueprint, problems);
    let region = region(blueprint, problems);
    let network = network::plan(blueprint, problems);
    let mut domains = Arena::default();
    let mut services = Arena::default();
    let mut databases = Arena::default();
    let mut buckets = Arena::default();
    let mut secrets = Arena::default();
    let mut caches = Arena::default();
    let mut queues = Arena::default();
    let mut topics = Arena::default();
    let mut streams = Arena::default();
    let mut tables = Arena::default();
    let mut workflows = Arena::default();
    let mut warehouses = Arena::default();
    let repositories = super::reader::repositories(blueprint);
    if model.registry.is_some() && !super::reader::uses_registry(blueprint) {
        problems.push(registry::unused(blueprint.places.key("registry")));
    }
    for scope in model.scopes() {
        let domain = scope.domain.map(|name| {
            domains.add(Domain {
                name: name.to_owned(),
                path: format!("domains.{name}"),
                owner: model.domains[name].owner.as_ref().map(ToString::to_string),
                slot: model.domains[name].slot,
            })
        });
        let home = |name: &model::Name| Home {
            domain,
            name: name.to_string(),
        };
        for (name, said) in scope.services {
            let mut reader = Reader::new(blueprint, scope.path("services", name), &mut choices, problems);
            if let Some(service) = reader.service((&scope.full_name(name), home(name)), said, (runtime, &repositories))
            {
                services.add(service);
            }
        }
        for (name, said) in scope.functions {
            let mut reader = Reader::new(blueprint, scope.path("functions", name), &mut choices, problems);
            if let Some(function) = reader.function((&scope.full_name(name), home(name)), said, &repositories) {
                services.add(function);
            }
        }
        for (name, said) in scope.databases {
            let mut reader = Reader::new(blueprint, scope.path("databases", name), &mut choices, problems);
            databases.add(reader.database((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.buckets {
            let mut reader = Reader::new(blueprint, scope.path("buckets", name), &mut choices, problems);
            buckets.add(reader.bucket((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.secrets {
            let mut reader = Reader::new(blueprint, scope.path("secrets", name), &mut choices, problems);
            secrets.add(reader.secret((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.caches {
            let mut reader = Reader::new(blueprint, scope.path("caches", name), &mut choices, problems);
            caches.add(reader.cache((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.queues {
            let mut reader = Reader::new(blueprint, scope.path("queues", name), &mut choices, problems);
            queues.add(reader.queue((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.topics {
            let mut reader = Reader::new(blueprint, scope.path("topics", name), &mut choices, problems);
            topics.add(reader.topic((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.streams {
            let mut reader = Reader::new(blueprint, scope.path("streams", name), &mut choices, problems);
            streams.add(reader.stream((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.tables {
            let mut reader = Reader::new(blueprint, scope.path("tables", name), &mut choices, problems);
            tables.add(reader.table((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.workflows {
            let mut reader = Reader::new(blueprint, scope.path("workflows", name), &mut choices, problems);
            workflows.add(reader.workflow((&scope.full_name(name), home(name)), said));
        }
        for (name, said) in scope.warehouses {
            let mut reader = Reader::new(blueprint, scope.path("warehouses", name), &mut choices, problems);
            warehouses.add(reader.warehouse((&scope.full_name(name), home(name)), said));
        }
    }
    let prefix = match &blueprint.environment {
        Some(environment) => format!("{}-{environment}", model.name),
        None => model.name.to_string(),
    };
    Some(System {
        name: model.name.to_string(),
        prefix,
        environment: blueprint.environment.clone(),
        pattern: model.pattern.name(),
        region: region?,
        labels: labels(blueprint),
        protect: model.protect,
        accounts: model.accounts.clone(),
        network: network?,
        domains,
        // A service that could not be read would make every link to it a second error.
        services: (services.len() == model.all_processes().count()).then_some(services)?,
        databases,
        buckets,
        secrets,
        caches,
        queues,
        topics,
        streams,
        tables,
        workflows,
        warehouses,
        apis: Arena::default(),
        subscriptions: Arena::default(),
        public: None,
        internal: None,
        flows: vec![],
        grants: vec![],
        alarms: vec![],
        inbox_alarms: vec![],
        function_alarms: vec![],
        workflow_alarms: vec![],
        sink_alarms: vec![],
        alarm_emails: model.observability.emails.iter().map(ToString::to_string).collect(),
        log_days: model.observability.retention_days,
        budget: model.budget.as_ref().map(|budget| ir::Budget {
            monthly: budget.monthly,
            currency: budget.currency.clone(),
            emails: budget.emails.iter().map(ToString::to_string).collect(),
            start: budget.start.clone(),
        }),
        state: model.state.clone(),
        cluster: cluster(&model.kubernetes, blueprint, problems),
        pools: vec![],
        registry: model.registry.as_ref().map(|said| ir::Registry {
            keep_images: said.keep_images,
        }),
        repositories,
        overrides: overrides(blueprint),
        choices,
        places: blueprint.places.clone(),
    })
}

fn cluster(said: &model::Kubernetes, blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> ir::Cluster {
    ir::Cluster {
        gateway_class: said.gateway_class.clone(),
        gateway_namespace: said.gateway_namespace.clone(),
        storage_class: said.storage_class.clone(),
        cluster_issuer: said.cluster_issuer.clone(),
        secret_store: said.secret_store.clone(),
        secret_store_kind: said.secret_store_kind,
        prometheus: said.prometheus,
        registry: said.registry.clone(),
        api_cidrs: network::ranges(blueprint, "kubernetes.api_cidrs", &said.api_cidrs, problems),
        version: said.version.clone(),
        channel: said.channel,
    }
}

/// The author's labels, and the system's own under them.
fn labels(blueprint: &Blueprint) -> BTreeMap<String, String> {
    let model = &blueprint.model;
    let own = [
        ("system", Some(model.name.to_string())),
        ("environment", blueprint.environment.clone()),
    ];
    own.into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .chain(
            model
                .labels
                .iter()
                .map(|(key, value)| (key.as_str().to_owned(), value.to_string())),
        )
        .collect()
}

fn overrides(blueprint: &Blueprint) -> BTreeMap<Target, Vec<ir::Override>> {
    let of_target = |(target, types): (&Target, &model::Overrides)| {
        let all = types.iter().flat_map(|(resource_type, names)| {
            names.iter().map(move |(name, arguments)| ir::Override {
                resource_type: resource_type.clone(),
                name: name.clone(),
                arguments: arguments.clone(),
                path: format!("override.{target}.{resource_type}.{name}"),
            })
        });
        (*target, all.collect())
    };
    blueprint.model.overrides.iter().map(of_target).collect()
}

fn region(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) -> Option<PerTarget> {
    match &blueprint.model.region {
        Region::PerTarget(regions) => Some(regions.clone()),
        Region::Place(name) => match places::find(name) {
            Some(place) => Some(PerTarget {
                aws: place.aws.map(str::to_owned),
                azure: place.azure.map(str::to_owned),
                gcp: place.gcp.map(str::to_owned),
                kubernetes: None,
            }),
            None => {
                let at = blueprint.places.span("region");
                problems.push(semantic::unknown_place(at, name, PLACES.iter().map(|place| place.name)));
                None
            }
        },
    }
}

/// Names are known in the whole system, where those of a domain's components begin with the domain's. In a link, what is of the
/// domain goes before what is shared.
fn duplicate_names(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for scope in blueprint.model.scopes() {
        let tables: [(&str, &str, Vec<&model::Name>); 13] = [
            ("services", "service", scope.services.keys().collect()),
            ("functions", "function", scope.functions.keys().collect()),
            ("databases", "database", scope.databases.keys().collect()),
            ("buckets", "bucket", scope.buckets.keys().collect()),
            ("secrets", "secret", scope.secrets.keys().collect()),
            ("caches", "cache", scope.caches.keys().collect()),
            ("queues", "queue", scope.queues.keys().collect()),
            ("topics", "topic", scope.topics.keys().collect()),
            ("streams", "stream", scope.streams.keys().collect()),
            ("tables", "table", scope.tables.keys().collect()),
            ("workflows", "workflow", scope.workflows.keys().collect()),
            ("warehouses", "warehouse", scope.warehouses.keys().collect()),
            ("apis", "API", scope.apis.keys().collect()),
        ];
        for (table, kind, names) in tables {
            for name in names {
                let at = blueprint.places.key(&scope.path(table, name));
                let full = scope.full_name(name);
                if full.len() > NAME && scope.domain.is_some() {
                    problems.push(domain::long_name(at, &full, NAME));
                }
                match seen.get(&full) {
                    Some(first) => problems.push(semantic::duplicate_name(at, name.as_str(), first, kind)),
                    None => {
                        seen.insert(full, kind);
                    }
                }
            }
        }
    }
}
