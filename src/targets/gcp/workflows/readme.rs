//! What the README of the output says about workflows.

use tera::Context;

use super::{has_schedules, has_starters};
use crate::targets::gcp::Stack;
use crate::targets::shared::template::items;

const WORKFLOWS: &str = include_str!("../../../../templates/workflows/gcp.md.tera");

pub(in crate::targets::gcp) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let system = stack.system;
    let mut items = vec![];
    if !system.workflows.is_empty() {
        items.push("Every workflow runs as an account of its own, which may call the functions of its steps and nothing else. Definitions and runs are under the key; only errors are logged, with what the failed call got.");
    }
    if has_schedules(system) || has_starters(system) {
        items.push("Workflows of Google have no policies of their own, nor conditions that name one: who may start one may start every workflow of the project, see its runs with their documents, and end them. Give each environment a project of its own.");
    }
    items
}

pub(in crate::targets::gcp) fn operations(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let Some((_, first)) = system.workflows.iter().next() else {
        return vec![];
    };
    let timed = system.workflows.iter().find(|(_, item)| item.schedule.is_some());
    let mut context = Context::new();
    context.insert("first", &stack.name(&first.name));
    context.insert("region", stack.region());
    context.insert("timed", &timed.map(|(_, item)| stack.name(&item.name)));
    context.insert("started", &has_starters(system));
    items(WORKFLOWS, &context)
}
