//! What is watched of APIs: errors of functions are counted at the functions, but not answers that are late, or a way that is shut.

use super::{Bad, Of, Watch, metric_alert};
use crate::targets::azure::{Stack, metrics};
use crate::terraform::Address;

/// Requests that may fail, and the minutes in which that is counted.
const FAILING: u64 = 25;
const MINUTES: u32 = 15;

/// An alert for each gateway: `apis/NAME`, and what it is.
pub(super) fn lower(stack: &mut Stack<'_>, gateways: &[(String, Address)], told: Option<&Address>) {
    for (name, gateway) in gateways {
        let api = name.rsplit('/').next().unwrap_or(name);
        let watch = Watch {
            name: format!("{api}-failing"),
            about: format!(
                "More than {FAILING} requests to the API {api} ended in 5xx within {MINUTES} minutes. Its log says which routes, and why: the \
                 category `GatewayLogs` of the workspace."
            ),
            of: Of::One(gateway.clone()),
            metric: metrics::REQUESTS,
            only: Some((metrics::ANSWERS, "5xx".to_owned())),
            aggregation: "Total",
            bad: Bad::Above(FAILING),
            minutes: MINUTES,
        };
        metric_alert(stack, metrics::API_MANAGEMENT, &watch, told);
    }
}
