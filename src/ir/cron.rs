//! Times that come again, as cron says them, ready to be said in another dialect.

use std::fmt;

/// Times: those whose minute, hour, day and month are all among the fields'. A day is one of the month's or one of the week's where both
/// are said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// 0 to 59.
    pub minute: Field,
    /// 0 to 23.
    pub hour: Field,
    /// Of the month: 1 to 31.
    pub day: Field,
    /// 1 to 12.
    pub month: Field,
    /// 0 is Sunday, 6 Saturday.
    pub weekday: Field,
}

/// What a part of a time may be: any value when there are no parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// In the order of the text.
    pub parts: Vec<Part>,
}

/// One or several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// This one.
    One(u8),
    /// From the first to the last, every so many.
    Range {
        /// The first.
        first: u8,
        /// The last: not before the first.
        last: u8,
        /// From one to the next: 1 for all.
        step: u8,
    },
}

/// Name, least and greatest value of each field, in order.
const FIELDS: [(&str, u8, u8); 5] = [
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 7),
];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Reads five fields with spaces between: `*`, values, names of months and weekdays, lists, ranges and steps.
    ///
    /// # Errors
    /// What is wrong with the first bad field, in words.
    pub fn parse(text: &str) -> Result<Cron, String> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(format!("a schedule has five fields, not {}", fields.len()));
        };
        let cron = Cron {
            minute: field(minute, 0)?,
            hour: field(hour, 1)?,
            day: field(day, 2)?,
            month: field(month, 3)?,
            weekday: field(weekday, 4)?,
        };
        match cron.comes() {
            true => Ok(cron),
            false => Err(format!("no month of `{month}` has a day of `{day}`")),
        }
    }

    /// True unless its days are in none of its months.
    fn comes(&self) -> bool {
        let has_day = |month: u8| (1..=longest(month)).any(|day| self.day.holds(day));
        !self.weekday.is_any() || (1..=12).any(|month| self.month.holds(month) && has_day(month))
    }

    /// Both a day of the month and one of the week are said: either is enough, which not every dialect can say.
    pub fn has_both_days(&self) -> bool {
        !self.day.is_any() && !self.weekday.is_any()
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cron {
            minute,
            hour,
            day,
            month,
            weekday,
        } = self;
        write!(f, "{minute} {hour} {day} {month} {weekday}")
    }
}

impl Field {
    /// True if any value will do.
    pub fn is_any(&self) -> bool {
        self.parts.is_empty()
    }

    /// True if a value will do.
    fn holds(&self, value: u8) -> bool {
        let mut parts = self.parts.iter();
        self.is_any()
            || parts.any(|part| match *part {
                Part::One(one) => one == value,
                Part::Range { first, last, step } => {
                    (first..=last).contains(&value) && (value - first).is_multiple_of(step)
                }
            })
    }

    /// Every value of a range that will do.
    pub fn values(&self, least: u8, most: u8) -> Vec<u8> {
        (least..=most).filter(|value| self.holds(*value)).collect()
    }

    /// The field with each value as a dialect counts: `|day| day + 1` where Sunday is 1. Steps stay.
    pub fn map(&self, value: impl Fn(u8) -> u8) -> Field {
        let parts = self.parts.iter().map(|part| match *part {
            Part::One(one) => Part::One(value(one)),
            Part::Range { first, last, step } => Part::Range {
                first: value(first),
                last: value(last),
                step,
            },
        });
        Field { parts: parts.collect() }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return f.write_str("*");
        }
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match *part {
                Part::One(one) => write!(f, "{one}")?,
                Part::Range { first, last, step: 1 } => write!(f, "{first}-{last}")?,
                Part::Range { first, last, step } => write!(f, "{first}-{last}/{step}")?,
            }
        }
        Ok(())
    }
}

/// Days of a month, in a year that has most of them.
fn longest(month: u8) -> u8 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn field(text: &str, index: usize) -> Result<Field, String> {
    let (name, least, most) = FIELDS[index];
    let number = |word: &str| -> Result<u8, String> {
        let names: &[&str] = match index {
            3 => &MONTHS,
            4 => &WEEKDAYS,
            _ => &[],
        };
        let word = word.to_ascii_lowercase();
        let named = names.iter().position(|known| *known == word);
        let named = named.and_then(|at| u8::try_from(at).ok()).map(|at| at + least);
        let value = named.or_else(|| word.parse().ok());
        value
            .filter(|value| (least..=most).contains(value))
            .ok_or_else(|| format!("the {name} is {least} to {most}, not `{word}`"))
    };
    let mut parts = vec![];
    let mut is_any = false;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let step = step.parse().ok().filter(|step| (1..=most.max(1)).contains(step));
                let step: u8 = step.ok_or_else(|| format!("the step of the {name} is 1 to {most}"))?;
                (range, Some(step))
            }
            None => (part, None),
        };
        parts.push(match (range, step) {
            ("*", None | Some(1)) => {
                is_any = true;
                continue;
            }
            // A week has seven days, though Sunday has two numbers.
            ("*", Some(step)) => Part::Range {
                first: least,
                last: if index == 4 { 6 } else { most },
                step,
            },
            (range, step) => match range.split_once('-') {
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last)?);
                    if first > last {
                        return Err(format!("the {name} goes from {first} to {last}, which is backwards"));
                    }
                    Part::Range {
                        first,
                        last,
                        step: step.unwrap_or(1),
                    }
                }
                None => match step {
                    None => Part::One(number(range)?),
                    Some(step) => {
                        let (first, last) = (number(range)?, most);
                        match index {
                            4 => Part::Range {
                                first: first % 7,
                                last: 6,
                                step,
                            },
                            _ => Part::Range { first, last, step },
                        }
                    }
                },
            },
        });
    }
    if is_any {
        return Ok(Field::default());
    }
    Ok(Field {
        parts: if index == 4 { sundays(&parts) } else { parts },
    })
}

/// Says 0 for the Sunday that stands as 7 in some weeks.
fn sundays(parts: &[Part]) -> Vec<Part> {
    let mut found = vec![];
    for part in parts {
        match *part {
            Part::One(7) => found.push(Part::One(0)),
            Part::Range { first, last: 7, step } => {
                let days: Vec<u8> = (first..=7).step_by(usize::from(step)).map(|day| day % 7).collect();
                found.extend(days.into_iter().map(Part::One));
            }
            other => found.push(other),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn said(text: &str) -> String {
        Cron::parse(text).unwrap().to_string()
    }

    #[test]
    fn days_that_never_come_are_refused() {
        for never in ["0 0 31 2 *", "0 0 30-31 feb *", "0 0 31 4,6,9,11 *"] {
            assert!(Cron::parse(never).is_err(), "{never}");
        }
        for comes in [
            "0 0 29 2 *",
            "0 0 31 * *",
            "0 0 31 2 1",
            "0 0 30,31 2-4 *",
            "0 0 */31 2 *",
        ] {
            assert!(Cron::parse(comes).is_ok(), "{comes}");
        }
    }

    #[test]
    fn times_are_read_and_said_again() {
        assert_eq!(said("0 2 * * *"), "0 2 * * *");
        assert_eq!(said("*/15 8-18 1,15 JAN-mar MON-FRI"), "0-59/15 8-18 1,15 1-3 1-5");
        assert_eq!(said("5/20 */6 * * 7"), "5-59/20 0-23/6 * * 0");
        assert_eq!(said("0 0 * * 5-7"), "0 0 * * 5,6,0");
        assert_eq!(said("*/1 * * * */2"), "* * * * 0-6/2");
        assert_eq!(said("0 0 * * 7/2"), "0 0 * * 0-6/2");
        assert_eq!(said("*,5 0 * * *"), "* 0 * * *");
    }

    #[test]
    fn what_no_clock_shows_is_refused() {
        for text in [
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            ", * * * *",
            "*,99 * * * *",
        ] {
            assert!(Cron::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn two_kinds_of_days_are_noticed() {
        assert!(Cron::parse("0 0 1 * 1").unwrap().has_both_days());
        assert!(!Cron::parse("0 0 1 * *").unwrap().has_both_days());
    }

    #[test]
    fn a_dialect_may_count_otherwise() {
        assert_eq!(
            Cron::parse("0 0 * * 0-2")
                .unwrap()
                .weekday
                .map(|day| day + 1)
                .to_string(),
            "1-3"
        );
    }
}
