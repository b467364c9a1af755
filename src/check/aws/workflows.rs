//! Can Step Functions and EventBridge be these workflows?

use crate::diagnostic::{Diagnostic, function};
use crate::ir::System;
use crate::target::Target;

/// Times that EventBridge has no words for.
pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.workflows.iter() {
        if item.schedule.as_ref().is_some_and(|(cron, _)| cron.has_both_days()) {
            let at = system.places.span(&format!("{}.trigger.schedule", item.path));
            let what = "takes a day of the month or one of the week, not both: cron starts on either";
            let fix =
                "leave one of the two days open with `*`, or let a function at the other times start the workflow";
            problems.push(function::schedule_not_there(at, Target::Aws, what, fix));
        }
    }
}
