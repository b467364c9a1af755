//! Tables whose indexes Terraform cannot keep apart from what scales them.

use crate::diagnostic::{Diagnostic, lambda};
use crate::ir::System;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.tables.iter().filter(|(_, item)| !item.indexes.is_empty()) {
        let scaled =
            |capacity: crate::ir::Capacity| capacity.max_read > capacity.read || capacity.max_write > capacity.write;
        if item.capacity.is_some_and(scaled) {
            let at = system.places.key(&format!("{}.capacity", item.path));
            problems.push(lambda::indexes(at, &item.name));
        }
    }
}
