//! One constructor per rule.
