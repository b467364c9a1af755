//! What Google Cloud asks of APIs: a certificate in the region.

use crate::diagnostic::{Diagnostic, api as rules, gcp};
use crate::ir::System;
use crate::target::Target;

pub(super) fn check(system: &System, region: &str, problems: &mut Vec<Diagnostic>) {
    for (_, api) in system.apis.iter() {
        let at = |key: &str| system.places.span(&format!("{}.{key}", api.path));
        let taken = format!("api-{}", api.name);
        if let Some((_, service)) = system.services.iter().find(|(_, item)| item.name == taken) {
            let at = system.places.key(&service.path);
            problems.push(rules::name_taken(at, &taken, &api.name, Target::Gcp));
        }
        let Some(domain) = &api.domain else { continue };
        match api.certificate(Target::Gcp) {
            None => problems.push(rules::certificate(at("domain"), domain, Target::Gcp)),
            Some(text) if !super::is_regional(text, region) => {
                problems.push(gcp::certificate_form(at("certificate.gcp"), text, region));
            }
            Some(_) => {}
        }
    }
}
