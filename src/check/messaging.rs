//! Caches: does the target have one of the size?

use crate::catalog;
use crate::diagnostic::{Diagnostic, capability};
use crate::ir::System;
use crate::target::Target;

pub(super) fn check(system: &System, target: Target, problems: &mut Vec<Diagnostic>) {
    let sizes = catalog::caches(target);
    for (_, item) in system.caches.iter().filter(|_| !sizes.is_empty()) {
        if catalog::cache(target, item.memory_gb).is_none() {
            let at = system.places.span(&format!("{}.memory_gb", item.path));
            problems.push(capability::cache(at, &item.name, item.memory_gb, target, sizes));
        }
    }
}
