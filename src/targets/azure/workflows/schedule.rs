//! When a workflow is started by the time.

use hcl::Expression;

use crate::catalog::windows_timezone;
use crate::ir::{Cron, Workflow};
use crate::targets::azure::Stack;
use crate::targets::azure::project::after;
use crate::terraform::{Address, Block};

/// The days as Azure calls them; 0 is Sunday.
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// When schedules begin. Without a time in the past, each change of the Logic App would start a run.
const BEGINS: &str = "2026-01-01T00:00:00Z";

/// Nothing for a workflow without a schedule.
pub(super) fn lower(stack: &mut Stack<'_>, item: &Workflow, app: &Address, steps: &Address) {
    let Some((cron, timezone)) = &item.schedule else {
        return;
    };
    let frequency = if cron.weekday.is_any() { "Day" } else { "Week" };
    let body = Block::new()
        .set("name", "schedule")
        .set("logic_app_id", app.id())
        .set("frequency", frequency)
        .set("interval", 1)
        .comment("A time in the past: without one, each change would start a run.")
        .set("start_time", BEGINS)
        .set("time_zone", windows_timezone(timezone).unwrap_or("UTC"))
        .block("schedule", times(cron))
        .set("depends_on", after([steps.clone()]));
    stack
        .module
        .resource("azurerm_logic_app_trigger_recurrence", &item.name, body);
}

/// The times of a day, and the days of a week.
fn times(cron: &Cron) -> Block {
    let numbers = |values: Vec<u8>| Expression::from(values.into_iter().map(u32::from).collect::<Vec<_>>());
    let days: Vec<&str> = cron
        .weekday
        .values(0, 6)
        .into_iter()
        .filter_map(|day| DAYS.get(usize::from(day)).copied())
        .collect();
    Block::new()
        .set("at_these_hours", numbers(cron.hour.values(0, 23)))
        .set("at_these_minutes", numbers(cron.minute.values(0, 59)))
        .when(!cron.weekday.is_any(), |block| {
            block.set("on_these_days", Expression::from(days))
        })
}
