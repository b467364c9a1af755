//! What ElastiCache, SQS and SNS are strict about.

use crate::diagnostic::{Diagnostic, aws, capability};
use crate::ir::System;
use crate::target::Target;

/// Attributes that a filter of SNS names at most, and combinations of their values.
const ATTRIBUTES: usize = 5;
const COMBINATIONS: usize = 150;
/// The topic that alarms go to.
const ALARMS: &str = "alarms";

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    caches(system, problems);
    filters(system, problems);
    for (_, item) in system.topics.iter().filter(|(_, item)| item.name == ALARMS) {
        problems.push(aws::topic_of_alarms(system.places.key(&item.path), ALARMS));
    }
}

fn caches(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.caches.iter() {
        let key = system.places.key(&item.path);
        let full = format!("{}-{}", system.prefix, item.name);
        if full.contains("--") {
            let why = "names of caches have no two hyphens in a row";
            problems.push(capability::name_form(key, &full, why, Target::Aws));
        }
    }
}

fn filters(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.subscriptions.iter() {
        let topic = &system.topics[item.topic];
        let at = system.places.key(&format!("{}.filters", topic.path));
        let service = &system.services[item.service].name;
        if item.filter.len() > ATTRIBUTES {
            let why = format!("it names {} attributes, at most {ATTRIBUTES}", item.filter.len());
            problems.push(aws::filter_too_long(at, &topic.name, service, &why));
        }
        let counts = item.filter.values().map(Vec::len);
        let combinations = counts.fold(1_usize, usize::saturating_mul);
        if combinations > COMBINATIONS {
            let why = format!("its values combine in {combinations} ways, at most {COMBINATIONS}");
            problems.push(aws::filter_too_long(at, &topic.name, service, &why));
        }
    }
}
