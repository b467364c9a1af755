//! When a workflow is started by the time.

use hcl::Expression;

use crate::catalog::windows_timezone;
use crate::ir::{Cron, Workflow};
use crate::object;
use crate::terraform::expr;

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
const BEGINS: &str = "2026-01-01T00:00:00";

/// The trigger; none for a workflow without a schedule. The provider's own resource for it knows few time zones, some by wrong names.
pub(super) fn trigger(item: &Workflow) -> Option<Expression> {
    let (cron, timezone) = item.schedule.as_ref()?;
    let recurrence = object! {
        "frequency" => if cron.weekday.is_any() { "Day" } else { "Week" },
        "interval" => 1,
        "startTime" => BEGINS,
        "timeZone" => windows_timezone(timezone).unwrap_or("UTC"),
        "schedule" => times(cron),
    };
    Some(object! { "type" => "Recurrence", "recurrence" => recurrence })
}

/// The times of a day, and the days of a week.
fn times(cron: &Cron) -> Expression {
    let numbers = |values: Vec<u8>| Expression::from(values.into_iter().map(u32::from).collect::<Vec<_>>());
    let mut times = vec![
        ("hours", numbers(cron.hour.values(0, 23))),
        ("minutes", numbers(cron.minute.values(0, 59))),
    ];
    if !cron.weekday.is_any() {
        let days = cron.weekday.values(0, 6);
        let days = days.into_iter().filter_map(|day| DAYS.get(usize::from(day)).copied());
        times.push(("weekDays", Expression::from(days.collect::<Vec<_>>())));
    }
    expr::object(times)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::super::expressions::values;
    use super::*;

    #[test]
    fn times_are_listed() {
        let said = |cron: &str| {
            let cron = Cron::parse(cron).expect("a schedule");
            values(&times(&cron))
        };
        assert_eq!(said("30 0 * * *"), serde_json::json!({ "hours": [0], "minutes": [30] }));
        assert_eq!(
            said("*/20 9-11 * * mon,7"),
            serde_json::json!({ "hours": [9, 10, 11], "minutes": [0, 20, 40], "weekDays": ["Sunday", "Monday"] })
        );
    }
}
