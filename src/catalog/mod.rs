//! Dated facts about the clouds: regions, machine types, database engines. A leaf.
//!
//! Each table says when and where it was read. What is chosen from the tables is chosen here, the same way for every cloud.

pub mod places;
