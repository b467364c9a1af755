//! Components of the blueprint, with everything that follows from themselves alone.

use std::collections::BTreeMap;

use super::network;
use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Region, Size, SizeName};
use crate::catalog::places::{self, PLACES};
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::{self, Arena, Backup, Choice, Launch, Lifecycle, Shape, System};
use crate::target::Target;
use crate::vocabulary::{Edition, Engine, License, PerTarget, Runtime};

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
        secrets.add(ir::Secret {
            name: name.to_string(),
            path: format!("secrets.{name}"),
            description: said.description.clone(),
        });
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

/// Reads one component and notes what was chosen for it.
struct Reader<'a> {
    blueprint: &'a Blueprint,
    path: String,
    choices: &'a mut Vec<Choice>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    fn new(
        blueprint: &'a Blueprint,
        path: String,
        choices: &'a mut Vec<Choice>,
        problems: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            blueprint,
            path,
            choices,
            problems,
        }
    }

    fn at(&self, key: &str) -> Option<crate::diagnostic::Span> {
        self.blueprint.places.span(&format!("{}.{key}", self.path))
    }

    fn chose(&mut self, key: &str, value: impl Into<String>) {
        self.choices.push(Choice {
            path: format!("{}.{key}", self.path),
            value: value.into(),
        });
    }

    fn service(&mut self, name: &str, said: &model::Service, runtime: Runtime) -> Option<ir::Service> {
        let launch = self.launch(name, said);
        if said.scale.min > said.scale.max {
            let problem = semantic::scale_range(self.at("scale"), said.scale.min, said.scale.max);
            self.problems.push(problem);
        }
        let size = self.size(said.size.as_ref(), (2, 4));
        Some(ir::Service {
            name: name.to_owned(),
            path: self.path.clone(),
            runtime: said.runtime.unwrap_or(runtime),
            launch: launch?,
            machine_image: said.machine_image.clone(),
            port: said.port,
            public: said.public,
            size,
            scale: ir::Scale {
                min: said.scale.min,
                max: said.scale.max,
                cpu_percent: said.scale.cpu_percent,
            },
            health: ir::Health {
                path: said.health.path.to_string(),
                grace_seconds: said.health.grace_seconds,
            },
            disk_gb: said.disk_gb,
            environment: said
                .environment
                .iter()
                .map(|(key, value)| (key.to_string(), value.clone()))
                .collect(),
            calls: vec![],
            settings: vec![],
        })
    }

    fn launch(&mut self, name: &str, said: &model::Service) -> Option<Launch> {
        match (&said.image, &said.start) {
            (Some(image), None) if is_image(image) => Some(Launch::Container {
                image: image.clone(),
                arguments: said.arguments.clone(),
            }),
            (Some(image), None) => {
                self.problems.push(semantic::bad_image(self.at("image"), image));
                None
            }
            (None, Some(script)) => {
                if !said.arguments.is_empty() {
                    self.problems
                        .push(semantic::arguments_need_image(self.at("arguments"), name));
                }
                Some(Launch::Script(script.clone()))
            }
            (Some(_), Some(_)) => {
                self.problems.push(semantic::image_and_start(self.at("start"), name));
                None
            }
            (None, None) => {
                let at = self.blueprint.places.key(&self.path);
                self.problems.push(semantic::nothing_to_run(at, name));
                None
            }
        }
    }

    /// `default` is (processors, GiB).
    fn size(&mut self, said: Option<&Size>, default: (u32, u32)) -> Shape {
        let (cpu, memory_gb) = match said {
            None => {
                self.chose("size", format!("{{ cpu = {}, memory_gb = {} }}", default.0, default.1));
                default
            }
            Some(Size::Named(SizeName::Small)) => (2, 4),
            Some(Size::Named(SizeName::Medium)) => (2, 8),
            Some(Size::Named(SizeName::Large)) => (4, 16),
            Some(Size::Shape(shape)) => match (shape.cpu, shape.memory_gb) {
                (Some(cpu), Some(memory_gb)) => (cpu, memory_gb),
                // Machine types alone are enough where no other target has to choose.
                (None, None) if shape.aws.is_some() || shape.azure.is_some() || shape.gcp.is_some() => default,
                _ => {
                    self.problems.push(semantic::size_incomplete(self.at("size")));
                    default
                }
            },
        };
        let exact = match said {
            Some(Size::Shape(shape)) => PerTarget {
                aws: shape.aws.clone(),
                azure: shape.azure.clone(),
                gcp: shape.gcp.clone(),
                kubernetes: None,
            },
            _ => PerTarget::default(),
        };
        Shape { cpu, memory_gb, exact }
    }

    fn database(&mut self, name: &str, said: &model::Database) -> ir::Database {
        let version = said.version.clone().unwrap_or_else(|| {
            let version = newest_everywhere(said.engine);
            self.chose("version", version);
            version.to_owned()
        });
        let hour_and_minute = said.backup.window.split_once(':');
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
        ir::Database {
            name: name.to_owned(),
            path: self.path.clone(),
            engine: said.engine,
            version,
            edition: said.edition.unwrap_or(Edition::Standard),
            license: said.license.unwrap_or(License::Included),
            size: self.size(said.size.as_ref(), (2, 8)),
            storage_gb: said.storage_gb,
            multi_zone: said.multi_zone,
            backup: Backup {
                hour: number(hour_and_minute.map(|(hour, _)| hour)),
                minute: number(hour_and_minute.map(|(_, minute)| minute)),
                retention_days: said.backup.retention_days,
            },
            port: match said.engine {
                Engine::Postgres => 5432,
                Engine::Mysql => 3306,
                Engine::Sqlserver => 1433,
                Engine::Oracle => 1521,
            },
            database: name.replace('-', "_"),
            // Neither reserved by an engine (`admin`, `root`, `sa`, `postgres`) nor longer than MySQL's 16 characters.
            user: "app_owner".to_owned(),
        }
    }

    fn bucket(&mut self, name: &str, said: &model::Bucket) -> ir::Bucket {
        let days = &said.lifecycle;
        let steps = [
            ("cool_after_days", days.cool_after_days),
            ("archive_after_days", days.archive_after_days),
            ("delete_after_days", days.delete_after_days),
        ];
        let given: Vec<(&str, u32)> = steps.into_iter().filter_map(|(key, days)| Some((key, days?))).collect();
        for pair in given.windows(2) {
            if pair[0].1 >= pair[1].1 {
                let at = self.at(&format!("lifecycle.{}", pair[1].0));
                self.problems.push(semantic::lifecycle_order(at, pair[0].0, pair[1].0));
            }
        }
        ir::Bucket {
            name: name.to_owned(),
            path: self.path.clone(),
            lifecycle: Lifecycle {
                cool_after_days: days.cool_after_days,
                archive_after_days: days.archive_after_days,
                delete_after_days: days.delete_after_days,
            },
            versioning: said.versioning,
        }
    }
}

/// The newest major version that every cloud which has the engine offers; see the tables of [`crate::catalog`].
fn newest_everywhere(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "17",
        Engine::Mysql => "8.4",
        Engine::Sqlserver => "2022",
        Engine::Oracle => "19",
    }
}

/// True for text of the form `[registry/]path[:tag][@digest]`, in the charset of image references.
fn is_image(text: &str) -> bool {
    let charset = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    first
        && text.len() <= 255
        && text.chars().all(charset)
        && !text.contains("//")
        && !text.ends_with(['/', ':', '@', '-', '.'])
}
