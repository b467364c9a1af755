//! Can Redshift Serverless be these warehouses?

use crate::diagnostic::{Diagnostic, redshift};
use crate::ir::System;

/// Zones with a subnet that a workgroup wants.
const ZONES: usize = 3;
/// Words that no database of Redshift is called.
const RESERVED: [&str; 33] = [
    "all",
    "analyse",
    "analyze",
    "any",
    "array",
    "backup",
    "binary",
    "case",
    "check",
    "column",
    "default",
    "delta",
    "desc",
    "end",
    "explicit",
    "for",
    "grant",
    "group",
    "identity",
    "like",
    "limit",
    "offline",
    "offset",
    "old",
    "only",
    "open",
    "order",
    "partition",
    "primary",
    "snapshot",
    "system",
    "table",
    "user",
];

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let Some((_, first)) = system.warehouses.iter().next() else {
        return;
    };
    let (zones, at) = match &system.network.existing.aws {
        Some(existing) => (existing.data.len(), system.places.span("network.existing.aws.data")),
        None => (system.network.zones, system.places.span("network.zones")),
    };
    if zones < ZONES {
        let at = at.or_else(|| system.places.key(&first.path));
        let is_existing = system.network.existing.aws.is_some();
        problems.push(redshift::zones(at, zones, ZONES, is_existing));
    }
    for (_, item) in system.warehouses.iter() {
        let database = item.database();
        let at = system.places.key(&item.path);
        if RESERVED.contains(&database.as_str()) {
            problems.push(redshift::reserved(at, &item.name));
        }
    }
}
