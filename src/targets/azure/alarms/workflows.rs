//! What is watched of workflows.

use super::{Bad, Of, Watch, metric_alert};
use crate::targets::azure::workflows::Built;
use crate::targets::azure::{Stack, metrics};
use crate::terraform::Address;

/// Looks for messages that may fail, and the minutes in which that is counted: they are made six times a minute, and the network forgives some.
const LOOKS: u64 = 30;
const MINUTES: u32 = 15;

pub(super) fn lower(stack: &mut Stack<'_>, built: &Built, told: Option<&Address>) {
    for alarm in &stack.system.workflow_alarms {
        let app = &built.apps[&alarm.workflow];
        let failed = Watch {
            name: alarm.name.clone(),
            about: alarm.about.clone(),
            of: Of::One(app.clone()),
            metric: metrics::RUNS_FAILED,
            only: None,
            aggregation: "Total",
            bad: Bad::Above(0),
            minutes: 5,
        };
        metric_alert(stack, metrics::LOGIC_APPS, &failed, told);
        if !built.starts.contains_key(&alarm.workflow) {
            continue;
        }
        let name = &stack.system.workflows[alarm.workflow].name;
        let deaf = Watch {
            name: format!("{name}-deaf"),
            about: format!(
                "{name} cannot look for what starts it: the history of its trigger says why. Messages wait in its queue for seven days."
            ),
            metric: metrics::TRIGGERS_FAILED,
            bad: Bad::Above(LOOKS),
            minutes: MINUTES,
            ..failed
        };
        metric_alert(stack, metrics::LOGIC_APPS, &deaf, told);
    }
}
