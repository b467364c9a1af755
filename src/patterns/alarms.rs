//! Who hears of what is watched.

use crate::blueprint::Blueprint;
use crate::diagnostic::{Diagnostic, semantic};
use crate::ir::System;

/// Warns of alarms that nobody hears.
pub(super) fn told(blueprint: &Blueprint, system: &System, problems: &mut Vec<Diagnostic>) {
    let alarms = system.alarms.iter().map(|alarm| &alarm.name);
    let alarms = alarms.chain(system.inbox_alarms.iter().map(|alarm| &alarm.name));
    let alarms = alarms.chain(system.function_alarms.iter().map(|alarm| &alarm.name));
    let alarms = alarms.chain(system.workflow_alarms.iter().map(|alarm| &alarm.name));
    let mut alarms = alarms.chain(system.sink_alarms.iter().map(|alarm| &alarm.name));
    if let (Some(alarm), true) = (alarms.next(), system.alarm_emails.is_empty()) {
        let at = blueprint.places.key("observability");
        problems.push(semantic::nobody_told(at.or(blueprint.places.span("pattern")), alarm));
    }
}
