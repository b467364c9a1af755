//! Components of the blueprint, with everything that follows from themselves alone.

use std::collections::BTreeMap;

use super::network;
use super::reader::Reader;
use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Region};
use crate::catalog::places::{self, PLACES};
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::{self, Arena, System};
use crate::target::Target;
use crate::vocabulary::{PerTarget, Runtime};

/// The system without its links and load balancers. `runtime` is the pattern's default.
pub(super) fn system(blueprint: &Blueprint, runtime: Runtime, problems: &mut Vec<Diagnostic>) -> Option<System> {
    let model = &blueprint.model;
    let mut choices = vec![];
    if model.services.is_empty() {
        problems.push(semantic::no_services(blueprint.places.key("services")));
    }
    duplicate_names(blueprint, problems);
    let region = region(blueprint, problems);
    let network = network::plan(blueprint, problems);
    let mut services = Arena::default();
    for (name, said) in &model.services {
        let mut reader = Reader::new(blueprint, format!("services.{name}"), &mut choices, problems);
        if let Some(service) = reader.service(name.as_str(), said, runtime) {
            services.add(service);
        }
    }
    let mut databases = Arena::default();
    for (name, said) in &model.databases {
        let mut reader = Reader::new(blueprint, format!("databases.{name}"), &mut choices, problems);
        databases.add(reader.database(name.as_str(), said));
    }
    let mut buckets = Arena::default();
    for (name, said) in &model.buckets {
        let mut reader = Reader::new(blueprint, format!("buckets.{name}"), &mut choices, problems);
        buckets.add(reader.bucket(name.as_str(), said));
    }
    let mut secrets = Arena::default();
    for (name, said) in &model.secrets {
        let mut reader = Reader::new(blueprint, format!("secrets.{name}"), &mut choices, problems);
        secrets.add(reader.secret(name.as_str(), said));
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
        // A service that could not be read would make every link to it a second error.
        services: (services.len() == model.services.len()).then_some(services)?,
        databases,
        buckets,
        secrets,
        public: None,
        internal: None,
        flows: vec![],
        grants: vec![],
        alarms: vec![],
        alarm_emails: model.observability.emails.iter().map(ToString::to_string).collect(),
        log_days: model.observability.retention_days,
        budget: model.budget.as_ref().map(|budget| ir::Budget {
            monthly: budget.monthly,
            currency: budget.currency.clone(),
            emails: budget.emails.iter().map(ToString::to_string).collect(),
            start: budget.start.clone(),
        }),
        state: model.state.clone(),
        cluster: model.kubernetes.clone(),
        overrides: overrides(blueprint),
        choices,
        places: blueprint.places.clone(),
    })
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

fn duplicate_names(blueprint: &Blueprint, problems: &mut Vec<Diagnostic>) {
    let model = &blueprint.model;
    let tables: [(&str, &str, Vec<&model::Name>); 4] = [
        ("services", "service", model.services.keys().collect()),
        ("databases", "database", model.databases.keys().collect()),
        ("buckets", "bucket", model.buckets.keys().collect()),
        ("secrets", "secret", model.secrets.keys().collect()),
    ];
    let mut seen: Vec<(&str, &str)> = vec![];
    for (table, kind, names) in &tables {
        for name in names {
            match seen.iter().find(|(other, _)| *other == name.as_str()) {
                Some((_, first)) => {
                    let at = blueprint.places.key(&format!("{table}.{name}"));
                    problems.push(semantic::duplicate_name(at, name.as_str(), first, kind));
                }
                None => seen.push((name.as_str(), kind)),
            }
        }
    }
}
