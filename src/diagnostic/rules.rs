//! One constructor per rule.

pub mod language;
