//! What is watched of streams that fill tables of warehouses.

use std::collections::BTreeSet;

use super::{Bad, Of, Watch, metric_alert};
use crate::ir::{Id, Warehouse};
use crate::targets::azure::{Stack, Stores, metrics};
use crate::terraform::Address;

/// Seconds after which a record should have been found, and the minutes that are looked at.
const LATE: u64 = 900;
const MINUTES: u32 = 15;

pub(super) fn lower(stack: &mut Stack<'_>, stores: &Stores, told: Option<&Address>) {
    let alarms = stack.system.sink_alarms.iter();
    let filled: BTreeSet<Id<Warehouse>> = alarms.map(|alarm| alarm.warehouse).collect();
    for id in filled {
        let name = &stack.system.warehouses[id].name;
        let late = Watch {
            name: format!("{name}-late"),
            about: format!(
                "Records of streams come to {name} more than {} minutes late: it has too much to do, or could not read for a while. One that is new has to catch up, too.",
                LATE / 60
            ),
            of: Of::One(stores.warehouses[&id].cluster.clone()),
            metric: metrics::DISCOVERY_LATENCY,
            only: None,
            aggregation: "Average",
            bad: Bad::Above(LATE),
            minutes: MINUTES,
        };
        metric_alert(stack, metrics::DATA_EXPLORER, &late, told);
    }
}
