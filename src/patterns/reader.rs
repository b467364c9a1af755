//! One component of the blueprint, with everything that follows from itself alone.

mod function;
mod launch;
mod serverless;
mod warehouse;

pub(super) use launch::{is_image, repositories, uses_registry};

use std::collections::BTreeMap;

use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Replicas, Size, SizeName};
use crate::diagnostic::{Diagnostic, Span, messaging, semantic};
use crate::ir::{self, Arena, Backup, Choice, Home, Lifecycle, Readers, Repository, Shape};
use crate::vocabulary::{Edition, Engine, License, PerTarget, Runtime};

/// Messages waiting per machine or pod of a service that says nothing: a minute's work for one that needs half a second for each.
const QUEUE_MESSAGES: u32 = 100;

/// Reads one component and notes what was chosen for it.
pub(super) struct Reader<'a> {
    blueprint: &'a Blueprint,
    path: String,
    choices: &'a mut Vec<Choice>,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
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

    fn at(&self, key: &str) -> Option<Span> {
        self.blueprint.places.span(&format!("{}.{key}", self.path))
    }

    fn chose(&mut self, key: &str, value: impl Into<String>) {
        self.choices.push(Choice {
            path: format!("{}.{key}", self.path),
            value: value.into(),
        });
    }

    pub(super) fn service(
        &mut self,
        (name, home): (&str, Home),
        said: &model::Service,
        (runtime, repositories): (Runtime, &Arena<Repository>),
    ) -> Option<ir::Service> {
        let launch = self.launch(name, said, repositories);
        if said.scale.min > said.scale.max {
            let problem = semantic::scale_range(self.at("scale"), said.scale.min, said.scale.max);
            self.problems.push(problem);
        }
        self.one_line(said);
        let size = self.size(said.size.as_ref(), (2, 4));
        Some(ir::Service {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            runtime: said.runtime.unwrap_or(runtime),
            launch: launch?,
            machine_image: said.machine_image.clone(),
            port: said.port.unwrap_or_default(),
            public: said.public,
            size,
            scale: ir::Scale {
                min: said.scale.min,
                max: said.scale.max,
                cpu_percent: said.scale.cpu_percent,
                queue_messages: self.queue_messages(said),
            },
            health: ir::Health {
                probe: self.probe(name, said),
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
            function: None,
        })
    }

    /// What a worker is scaled by besides its processors.
    fn queue_messages(&mut self, said: &model::Service) -> Option<u32> {
        let at = self.at("scale.queue_messages");
        match said.scale.queue_messages {
            Some(_) if said.consumes.is_empty() => {
                self.problems.push(messaging::nothing_to_count(at));
                None
            }
            None if !said.consumes.is_empty() => {
                self.chose("scale.queue_messages", QUEUE_MESSAGES.to_string());
                Some(QUEUE_MESSAGES)
            }
            count => count,
        }
    }

    /// Who takes its work from queues and topics need not listen on a port.
    fn probe(&mut self, name: &str, said: &model::Service) -> ir::Probe {
        if said.port.is_some() {
            return ir::Probe::Http(said.health.path.to_string());
        }
        let at = self.blueprint.places.key(&self.path);
        if said.consumes.is_empty() {
            self.problems.push(messaging::port_missing(at, name));
        } else if said.public {
            self.problems.push(messaging::public_worker(self.at("public"), name));
        }
        ir::Probe::Process
    }

    pub(super) fn cache(&mut self, (name, home): (&str, Home), said: &model::Cache) -> ir::Cache {
        ir::Cache {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            memory_gb: said.memory_gb,
            multi_zone: said.multi_zone,
            eviction: said.eviction,
        }
    }

    pub(super) fn queue(&mut self, (name, home): (&str, Home), said: &model::Queue) -> ir::Queue {
        ir::Queue {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            delivery: ir::Delivery {
                fifo: said.fifo,
                visibility_seconds: said.visibility_seconds,
                retention_days: said.retention_days,
                max_receives: said.max_receives,
                batch: said.batch,
            },
        }
    }

    pub(super) fn topic(&mut self, (name, home): (&str, Home), said: &model::Topic) -> ir::Topic {
        ir::Topic {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            delivery: ir::Delivery {
                fifo: said.fifo,
                visibility_seconds: said.visibility_seconds,
                retention_days: said.retention_days,
                max_receives: said.max_receives,
                batch: said.batch,
            },
        }
    }

    /// Arguments and settings are lines of files on the machine, so they may not have several. A script may, but has no other
    /// control characters than line breaks and tabs.
    fn one_line(&mut self, said: &model::Service) {
        self.settings_of_one_line(&said.environment);
        let has_control = |text: &str| text.chars().any(is_no_text);
        for (index, _) in said.arguments.iter().enumerate().filter(|(_, word)| has_control(word)) {
            let at = self.at(&format!("arguments.{index}"));
            self.problems.push(semantic::control_character(at, "this argument"));
        }
        let strange = |c: char| is_no_text(c) && c != '\n' && c != '\t';
        if said.start.as_ref().is_some_and(|script| script.contains(strange)) {
            self.problems
                .push(semantic::control_character(self.at("start"), "the script"));
        }
    }

    fn settings_of_one_line(&mut self, environment: &BTreeMap<model::Variable, String>) {
        let has_control = |text: &str| text.chars().any(is_no_text);
        for (name, _) in environment.iter().filter(|(_, value)| has_control(value)) {
            let at = self.at(&format!("environment.{name}"));
            self.problems.push(semantic::control_character(at, "this setting"));
        }
    }

    pub(super) fn secret(&mut self, (name, home): (&str, Home), said: &model::Secret) -> ir::Secret {
        let description = said.description.as_deref().unwrap_or_default();
        if description.contains(is_no_text) {
            let at = self.at("description");
            self.problems.push(semantic::control_character(at, "this description"));
        }
        ir::Secret {
            name: name.to_owned(),
            home,
            path: self.path.clone(),
            description: said.description.clone(),
        }
    }

    /// `default` is (processors, GiB).
    pub(super) fn size(&mut self, said: Option<&Size>, default: (u32, u32)) -> Shape {
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

    pub(super) fn database(&mut self, (name, home): (&str, Home), said: &model::Database) -> ir::Database {
        let version = said.version.clone().unwrap_or_else(|| {
            let version = newest_everywhere(said.engine);
            self.chose("version", version);
            version.to_owned()
        });
        let hour_and_minute = said.backup.window.split_once(':');
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or_default();
        ir::Database {
            name: name.to_owned(),
            home,
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
            readers: self.readers(&said.replicas),
            split: false,
            sharding: None,
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

    fn readers(&mut self, said: &Replicas) -> Option<Readers> {
        match said {
            Replicas::Count(0) => None,
            Replicas::Count(count) => Some(Readers::Fixed(*count)),
            Replicas::Scale(scale) => {
                if scale.min > scale.max {
                    let problem = semantic::scale_range(self.at("replicas"), scale.min, scale.max);
                    self.problems.push(problem);
                }
                Some(Readers::Scaled(ir::Scale {
                    min: scale.min,
                    max: scale.max,
                    cpu_percent: scale.cpu_percent,
                    queue_messages: None,
                }))
            }
        }
    }

    pub(super) fn bucket(&mut self, (name, home): (&str, Home), said: &model::Bucket) -> ir::Bucket {
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
            home,
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

/// True for control characters, and for the others that readers of YAML take for a line break or refuse.
fn is_no_text(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}
