//! Time zones.

/// The names of the IANA database, release 2025b, with those that older ones had; sorted.
const NAMES: &str = include_str!("timezones.txt");

/// Every time zone's name.
pub fn timezones() -> impl Iterator<Item = &'static str> {
    NAMES.lines()
}

/// True if a time zone has this name, to the letter.
pub fn is_timezone(name: &str) -> bool {
    timezones().any(|known| known == name)
}
