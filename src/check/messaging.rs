//! Caches and APIs: does the target have them?

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
    let apis = system.apis.iter().map(|(_, item)| ("APIs", &item.path));
    for (kind, path) in apis.filter(|_| !catalog::has_apis(target)) {
        problems.push(capability::component(system.places.key(path), kind, target));
    }
}
