//! What the README of the output says about business domains, on every target.

use tera::Context;

use super::template;
use crate::check::Checked;

const TEMPLATE: &str = include_str!("../../../templates/runbook/domains.md.tera");

/// Items of the list on operations; none without domains.
pub fn runbook(system: &Checked<'_>) -> Vec<String> {
    if system.domains.is_empty() {
        return vec![];
    }
    let databases = || system.databases.iter().map(|(_, item)| item);
    let quoted = |names: Vec<&str>| {
        names
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let shared: Vec<&str> = databases()
        .filter(|item| item.home.domain.is_none())
        .map(|item| item.name.as_str())
        .collect();
    let domains = system.domains.iter();
    let cut: Vec<&str> = domains
        .filter(|(id, _)| databases().any(|item| item.home.domain == Some(*id)))
        .map(|(_, domain)| domain.name.as_str())
        .collect();
    let names: Vec<serde_json::Value> = system
        .domains
        .iter()
        .map(|(_, domain)| serde_json::json!({ "name": domain.name }))
        .collect();
    let mut context = Context::new();
    context.insert("domains", &names);
    context.insert(
        "queues",
        &system.queues.iter().any(|(_, item)| item.home.domain.is_some()),
    );
    context.insert(
        "topics",
        &system.topics.iter().any(|(_, item)| item.home.domain.is_some()),
    );
    context.insert("stores", &(!shared.is_empty() && !cut.is_empty()));
    context.insert("shared", &quoted(shared));
    context.insert("cut", &quoted(cut));
    context.insert("protect", &system.protect);
    template::items(TEMPLATE, &context)
}
