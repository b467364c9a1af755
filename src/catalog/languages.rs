//! Languages that functions are written in.
//!
//! Read 2026-11 in the clouds' lists of runtimes. A version stays here for as long as its own project mends it and at least one cloud
//! starts new functions with it; a target refuses what it does not have.

use crate::ir::{Family, Language};

/// Versions that functions may ask for, oldest first.
const CURRENT: [Language; 8] = [
    language(Family::Python, "3.12"),
    language(Family::Python, "3.13"),
    language(Family::Python, "3.14"),
    language(Family::Node, "22"),
    language(Family::Node, "24"),
    language(Family::Java, "21"),
    language(Family::Java, "25"),
    language(Family::Dotnet, "10"),
];

/// What older guides name, and what to take instead.
const RETIRED: [(&str, &str); 24] = [
    ("python2.7", "python3.13"),
    ("python3.6", "python3.13"),
    ("python3.7", "python3.13"),
    ("python3.8", "python3.13"),
    ("python3.9", "python3.13"),
    ("python3.10", "python3.13"),
    ("python3.11", "python3.13"),
    ("nodejs10", "nodejs24"),
    ("nodejs12", "nodejs24"),
    ("nodejs14", "nodejs24"),
    ("nodejs16", "nodejs24"),
    ("nodejs18", "nodejs24"),
    ("nodejs20", "nodejs24"),
    ("java8", "java25"),
    ("java11", "java25"),
    ("java17", "java25"),
    ("dotnet5", "dotnet10"),
    ("dotnet6", "dotnet10"),
    ("dotnet7", "dotnet10"),
    ("dotnet8", "dotnet10"),
    ("dotnet9", "dotnet10"),
    ("dotnetcore2.1", "dotnet10"),
    ("dotnetcore3.1", "dotnet10"),
    ("go1", "an image"),
];

const fn language(family: Family, version: &'static str) -> Language {
    Language { family, version }
}

/// The language of a name such as `python3.13`.
pub fn language_of(name: &str) -> Option<Language> {
    CURRENT.into_iter().find(|known| known.name() == name)
}

/// What replaced a language that was retired.
pub fn successor(name: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

/// The names of all that may be asked for.
pub fn languages() -> Vec<String> {
    CURRENT.into_iter().map(Language::name).collect()
}
