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

/// What Windows calls them, by the table `windowsZones` of CLDR, as tzlocal 5.4.4 has it with the links of the IANA database; sorted.
const WINDOWS: &str = include_str!("windows_timezones.txt");

/// What Windows calls a time zone: many have one name there, and some have none.
pub fn windows_timezone(name: &str) -> Option<&'static str> {
    let mut lines = WINDOWS.lines().filter_map(|line| line.split_once('\t'));
    lines.find_map(|(known, windows)| (known == name).then_some(windows))
}
