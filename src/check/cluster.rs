//! What the managed cluster of a cloud adds to the names that are taken.

use crate::diagnostic::{Diagnostic, nodes};
use crate::ir::System;

/// What the namespace of a cluster's gateway is called after the system's, which no domain with services in it may be.
pub(super) const EDGE: &str = "edge";

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for domain in system.pools.iter().filter_map(|pool| pool.domain) {
        let domain = &system.domains[domain];
        if domain.name == EDGE {
            let at = system.places.key(&domain.path);
            problems.push(nodes::reserved(
                at,
                &domain.name,
                "the namespace of the cluster's gateway is called so",
            ));
        }
    }
}
