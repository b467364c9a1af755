//! The time provider, for which everything happens at one moment.

use super::Made;
use crate::offline::standin::MOMENT;
use crate::offline::value::Value;

/// A moment of the calendar, in universal time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    /// Days since 1970-01-01.
    days: i64,
    /// Seconds of the day.
    seconds: i64,
}

const DAY: i64 = 86_400;

impl Moment {
    /// Reads `2006-01-02T15:04:05Z`.
    fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let numbers = |text: &str, separator| -> Option<Vec<i64>> {
            text.split(separator).map(|number| number.parse().ok()).collect()
        };
        match (numbers(date, '-')?.as_slice(), numbers(time, ':')?.as_slice()) {
            ([year, month @ 1..=12, day @ 1..=31], [hour @ 0..=23, minute @ 0..=59, second @ 0..=59])
                if (0..10_000).contains(year) =>
            {
                Some(Moment {
                    days: days(*year, *month, *day),
                    seconds: (hour * 60 + minute) * 60 + second,
                })
            }
            _ => None,
        }
    }

    /// This many months and seconds later.
    fn later(self, months: i64, seconds: i64) -> Self {
        let (year, month, day) = self.date();
        let months = year.saturating_mul(12).saturating_add(month - 1).saturating_add(months);
        // Far enough for any plan, and no further than a calendar goes.
        let months = months.clamp(0, 12 * 9_999);
        let seconds = self
            .seconds
            .saturating_add(seconds)
            .clamp(-DAY * 3_000_000, DAY * 3_000_000);
        Moment {
            days: days(months.div_euclid(12), months.rem_euclid(12) + 1, day) + seconds.div_euclid(DAY),
            seconds: seconds.rem_euclid(DAY),
        }
    }

    /// Year, month and day.
    fn date(self) -> (i64, i64, i64) {
        // Years start in March here, so that the day that some of them have more comes last. An era is 400 years.
        let shifted = self.days + 719_468;
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (era * 400 + year + i64::from(month <= 2), month, day)
    }

    fn clock(self) -> (i64, i64, i64) {
        (self.seconds / 3_600, self.seconds / 60 % 60, self.seconds % 60)
    }

    fn text(self) -> String {
        let ((year, month, day), (hour, minute, second)) = (self.date(), self.clock());
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Days since 1970-01-01; a day past the end of its month is one of the next month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719_468
}

pub fn moment(made: &mut Made<'_>) -> Result<(), String> {
    let planned = |name: &str| made.planned.field(name).as_text().map(str::to_owned);
    let base = planned("rfc3339")
        .or(planned("base_rfc3339"))
        .unwrap_or_else(|| MOMENT.to_owned());
    let start = Moment::parse(&base).ok_or_else(|| format!("{base:?} is not a time such as {MOMENT}"))?;
    let later = |prefix: &str| {
        let whole = |unit: &str| made.field(&format!("{prefix}_{unit}")).as_whole().unwrap_or(0);
        let seconds = [("days", DAY), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];
        let seconds = seconds.iter().map(|(unit, length)| whole(unit).saturating_mul(*length));
        let months = whole("years").saturating_mul(12).saturating_add(whole("months"));
        start.later(months, seconds.fold(0, i64::saturating_add))
    };
    let (moment, rotation) = (later("offset"), later("rotation"));
    let ((year, month, day), (hour, minute, second)) = (moment.date(), moment.clock());
    let numbers = [
        ("year", year),
        ("month", month),
        ("day", day),
        ("hour", hour),
        ("minute", minute),
        ("second", second),
        ("unix", moment.days * DAY + moment.seconds),
    ];
    for (name, number) in numbers {
        made.set(name, Value::whole(number));
    }
    made.set("id", base.as_str().into());
    made.set("base_rfc3339", base.into());
    made.set("rfc3339", moment.text().into());
    made.set("rotation_rfc3339", rotation.text().into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DAY, MOMENT, Moment};

    #[test]
    fn moments_are_counted_by_the_calendar() {
        let later = |months, seconds| Moment::parse(MOMENT).map(|moment| moment.later(months, seconds).text());
        assert_eq!(later(0, 0).as_deref(), Some("2024-01-01T00:00:00Z"));
        assert_eq!(later(0, 59 * DAY + 1).as_deref(), Some("2024-02-29T00:00:01Z"));
        assert_eq!(later(14, -1).as_deref(), Some("2025-02-28T23:59:59Z"));
        assert!(later(i64::MAX, i64::MAX).is_some());
        for text in ["", "2024-01-01", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00+01:00"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
