//! What is watched about warehouses: records that become no rows, or not in time.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;

use super::{DATABASE, sinks};
use crate::check::kubernetes_sink;
use crate::ir::{Id, SinkAlarm, Warehouse};
use crate::kubernetes::object::Object;
use crate::targets::kubernetes::alarms::alert;
use crate::targets::kubernetes::functions::watch::late;
use crate::targets::kubernetes::stack::Stack;

/// Minutes that something has to last before somebody is told.
const MINUTES: u32 = 10;
/// Minutes that a record may wait before somebody is told, or a quarter of the time that its stream keeps it.
const LATE: u32 = 60;

/// What is watched: nothing in a cluster without the Prometheus operator.
pub(in crate::targets::kubernetes) fn alarms<'a>(stack: &Stack<'a>) -> &'a [SinkAlarm] {
    if stack.system.cluster.prometheus {
        &stack.system.sink_alarms
    } else {
        &[]
    }
}

/// True if Prometheus asks a warehouse what it refused.
fn is_watched(stack: &Stack<'_>, id: Id<Warehouse>) -> bool {
    alarms(stack).iter().any(|alarm| alarm.warehouse == id)
}

/// The ConfigMap with what is measured of a warehouse, where anything is.
pub(in crate::targets::kubernetes) fn queries(stack: &Stack<'_>, id: Id<Warehouse>) -> Option<String> {
    let name = &stack.system.warehouses[id].name;
    is_watched(stack, id).then(|| format!("{name}-queries"))
}

/// What the operator measures: records that were refused in the last hour.
pub(super) fn measured(stack: &Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse) -> Option<Object> {
    let mut metadata = stack.meta(queries(stack, id)?, &warehouse.name, "warehouse");
    let labels = metadata.labels.get_or_insert_default();
    labels.insert("cnpg.io/reload".to_owned(), String::new());
    let query = format!(
        "warehouse_refused:\n  query: SELECT \"table\", count(*) AS records FROM public.\"refused-records\" WHERE \"at\" > now() - \
         interval '1 hour' GROUP BY 1\n  target_databases:\n    - {DATABASE}\n  metrics:\n    - table:\n        usage: LABEL\n        \
         description: what they were to be rows of\n    - records:\n        usage: GAUGE\n        description: records of the last \
         hour\n"
    );
    Some(Object::new(&ConfigMap {
        metadata,
        data: Some(BTreeMap::from([("queries".to_owned(), query)])),
        ..Default::default()
    }))
}

/// When Prometheus alerts.
pub(in crate::targets::kubernetes) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let mut objects = vec![];
    for (id, warehouse) in stack.system.warehouses.iter() {
        for alarm in alarms(stack).iter().filter(|alarm| alarm.warehouse == id) {
            objects.extend(rule(stack, id, warehouse, alarm));
        }
    }
    objects
}

/// Minutes after which a sink is late.
fn late_minutes(stack: &Stack<'_>, alarm: &SinkAlarm) -> u32 {
    LATE.min(stack.system.streams[alarm.stream].retention_hours * 60 / 4)
}

/// What an alert means.
pub(super) fn about(stack: &Stack<'_>, alarm: &SinkAlarm) -> String {
    let sink = kubernetes_sink(&stack.system.warehouses[alarm.warehouse], &alarm.table);
    format!(
        "{} Or what makes rows of them ({sink}) has not been ready for {MINUTES} minutes, or is {} minutes behind: read its log.",
        alarm.about,
        late_minutes(stack, alarm)
    )
}

fn rule(stack: &Stack<'_>, id: Id<Warehouse>, warehouse: &Warehouse, alarm: &SinkAlarm) -> Option<Object> {
    let name = &warehouse.name;
    let sink = sinks(stack, id).into_iter().find(|sink| sink.table == alarm.table)?;
    let namespace = stack.namespace_of(name);
    let minutes = late_minutes(stack, alarm);
    let expr = format!(
        "max(cnpg_warehouse_refused_records{{job=\"{namespace}/{name}\", table=\"{}\"}}) > 0\n\
         or max(kube_deployment_status_replicas_available{{namespace=\"{namespace}\", deployment=\"{}\"}}) < 1\n\
         or {}",
        alarm.table,
        sink.name,
        late(stack, sink.stream, &sink.name, true, minutes)
    );
    let about = about(stack, alarm);
    let spec = alert(stack, (&alarm.name, &about, name), expr, MINUTES);
    Some(Object::custom(stack.meta(alarm.name.as_str(), name, "warehouse"), spec))
}
