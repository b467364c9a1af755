//! The README of the output: what was built, how to apply it, what its owner should know.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::Context;

use super::settings::applies;
use super::{domains, template};

use crate::check::Checked;
use crate::ir::{Exposure, SHARD_VARIABLES, Service, Setting, Tls, Value};
use crate::target::Target;

const TEMPLATE: &str = include_str!("../../../templates/readme.md.tera");

/// What a target has to say about its output.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Where each component went.
    pub components: Vec<Component>,
    /// What must be there before the first apply.
    pub prerequisites: Vec<String>,
    /// What is done for security, one sentence each.
    pub security: Vec<String>,
    /// What the owner does or should know, one paragraph each.
    pub operations: Vec<String>,
    /// Findings of static scanners that are left on purpose.
    pub skips: Vec<Skip>,
    /// Settings that only this target has, by service.
    #[serde(skip)]
    pub more_settings: BTreeMap<String, Vec<String>>,
}

/// Where one component went.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// Its path in the blueprint, such as `services.web`.
    pub component: String,
    /// What it became, in the cloud's words.
    pub what: String,
    /// The address or object to look at first.
    pub address: String,
}

/// A finding of a static scanner that is left on purpose.
#[derive(Debug, Clone, Serialize)]
pub struct Skip {
    /// The scanner's rule, such as `CKV_AWS_144`.
    pub check: String,
    /// Where.
    pub resource: String,
    /// Why.
    pub reason: String,
}

impl Report {
    /// Notes where a component went.
    pub fn component(&mut self, component: &str, what: impl Into<String>, address: impl Into<String>) {
        self.components.push(Component {
            component: component.to_owned(),
            what: what.into(),
            address: address.into(),
        });
    }

    /// Notes a finding that is left on purpose.
    pub fn skip(&mut self, check: &str, resource: &str, reason: &str) {
        self.skips.push(Skip {
            check: check.to_owned(),
            resource: resource.to_owned(),
            reason: reason.to_owned(),
        });
    }

    /// The text of the README.
    pub fn render(&self, system: &Checked<'_>) -> String {
        let target = system.target();
        let balancers = [&system.public, &system.internal];
        let plain_http: Vec<&str> = balancers
            .into_iter()
            .flatten()
            .filter(|balancer| balancer.tls(target) == Tls::Off)
            // A plain cluster has no internal entry point.
            .filter(|balancer| target != Target::Kubernetes || balancer.exposure == Exposure::Public)
            .map(|balancer| match balancer.exposure {
                Exposure::Public => "public",
                Exposure::Internal => "internal",
            })
            .collect();
        let mut context = Context::new();
        context.insert("system", &system.prefix);
        context.insert("pattern", system.pattern);
        context.insert("target", target.title());
        context.insert("terraform", &(target != Target::Kubernetes));
        context.insert("environment", &system.environment);
        context.insert("region", system.region());
        context.insert("protect", &system.protect);
        context.insert("report", self);
        context.insert("messages", &system.inboxes().next().is_some());
        context.insert("caches", &!system.caches.is_empty());
        let runs = |(_, service): (_, &Service)| service.function.is_none();
        context.insert("processes", &system.services.iter().any(runs));
        let operations = domains::runbook(system)
            .into_iter()
            .chain(self.operations.iter().cloned());
        context.insert("operations", &operations.collect::<Vec<_>>());
        context.insert("plain_http", &plain_http);
        context.insert("choices", &choices(system));
        context.insert("settings", &settings(system, &self.more_settings));
        let text = template::fill(TEMPLATE, &context);
        text.trim_end().to_owned() + "\n"
    }
}

fn choices(system: &Checked<'_>) -> Vec<(String, String)> {
    system
        .choices
        .iter()
        .map(|choice| (choice.path.clone(), choice.value.clone()))
        .collect()
}

/// (service, names of its settings)
fn settings(system: &Checked<'_>, more: &BTreeMap<String, Vec<String>>) -> Vec<(String, Vec<String>)> {
    let target = system.target();
    let told = |service: &Service| {
        let settings = service
            .settings
            .iter()
            .filter(|setting| applies(target, service, &setting.value));
        let mut names: Vec<String> = settings.flat_map(|setting| names(service, setting)).collect();
        let own = more.get(&service.name).into_iter().flatten();
        // The others stay in the order of their settings.
        for name in own {
            names.insert(names.partition_point(|other| other < name), name.clone());
        }
        (service.name.clone(), names)
    };
    system.services.iter().map(|(_, service)| told(service)).collect()
}

/// The variables of a setting; those of shards with `ID` for the shard's id. A proxy has the rest of them in its configuration.
fn names(service: &Service, setting: &Setting) -> Vec<String> {
    match setting.value {
        Value::Shards(_) if service.is_tcp() => ["HOST", "PASSWORD"]
            .map(|what| format!("{}_ID_{what}", setting.name))
            .into(),
        Value::Shards(_) => SHARD_VARIABLES.map(|what| format!("{}_ID_{what}", setting.name)).into(),
        _ => vec![setting.name.clone()],
    }
}

/// Words one after the other: `a, b and c`.
pub fn listed(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// Words that begin a sentence.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
