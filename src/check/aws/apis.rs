//! What API Gateway cannot be told.

use crate::diagnostic::{Diagnostic, api as rules};
use crate::ir::System;

/// KiB of a request's body that API Gateway takes, whatever it is told.
const BODY: u32 = 10240;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, api) in system.apis.iter().filter(|(_, api)| api.max_body_kb < BODY) {
        let at = system.places.span(&format!("{}.max_body_kb", api.path));
        problems.push(rules::body_fixed(at, &api.name, BODY));
    }
}
