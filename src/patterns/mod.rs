//! Blueprint to IR: one file per pattern. All sizing and topology decisions are made here, once for every cloud.

mod alarms;
mod balancers;
mod components;
mod links;
mod monolith;
mod network;
mod per_domain;
mod pools;
mod read_replica;
mod reader;
mod serverless;
mod sharding;

use crate::blueprint::Blueprint;
use crate::blueprint::model::Pattern;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::System;

/// A pattern as users see it listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// The word for it in a blueprint.
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// A commented starter blueprint.
    pub starter: &'static str,
}

/// The patterns that can be rendered.
pub const BUILT: [Summary; 5] = [
    monolith::SUMMARY,
    read_replica::SUMMARY,
    per_domain::SUMMARY,
    sharding::SUMMARY,
    serverless::SUMMARY,
];

/// Builds the system that a blueprint describes. The second value are warnings.
///
/// # Errors
/// Every problem that does not depend on the target, warnings included.
pub fn build(blueprint: &Blueprint) -> Result<(System, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut problems = vec![];
    let system = match blueprint.model.pattern {
        Pattern::Monolith => monolith::build(blueprint, &mut problems),
        Pattern::ReadReplica => read_replica::build(blueprint, &mut problems),
        Pattern::PerDomain => per_domain::build(blueprint, &mut problems),
        Pattern::Sharding => sharding::build(blueprint, &mut problems),
        Pattern::Serverless => serverless::build(blueprint, &mut problems),
    };
    let system = system.map(|mut system| {
        pools::plan(blueprint, &mut system, &mut problems);
        system
    });
    let failed = problems.iter().any(|problem| problem.severity == Severity::Error);
    match system {
        Some(system) if !failed => Ok((system, problems)),
        _ => Err(problems),
    }
}
