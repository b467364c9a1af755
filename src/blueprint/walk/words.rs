//! Numbers and sets in words.

/// The range of a number: "from 1 to 65535".
pub(super) fn range(least: Option<f64>, most: Option<f64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("from {least} to {most}"),
        (Some(least), None) => format!("of {least} or more"),
        (None, Some(most)) => format!("of {most} or less"),
        (None, None) => "in range".to_owned(),
    }
}

/// A number of things: "1 item", "3 items".
pub(super) fn count(number: u64, noun: &str) -> String {
    match number {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// How many things there may be: "1 to 10 items", "at least 1 item".
pub(super) fn counts(least: Option<u64>, most: Option<u64>, noun: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => count(least, noun),
        (Some(least), Some(most)) => format!("{least} to {}", count(most, noun)),
        (Some(least), None) => format!("at least {}", count(least, noun)),
        (None, Some(most)) => format!("at most {}", count(most, noun)),
        (None, None) => format!("some {}", count(2, noun)),
    }
}

/// "a", "a or b", "a, b or c".
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}
