//! What is watched of APIs: errors of functions are counted at the functions, but not answers that are late, or a way that is shut.

use super::Policy;
use crate::ir::Api;
use crate::targets::gcp::{Stack, apis};
use crate::terraform::Block;

/// Percent of requests that may fail, and the seconds for which that has to be so.
const FAILING: u32 = 5;
const SECONDS: u32 = 900;
/// Seconds in which requests are counted.
const PERIOD: &str = "300s";

/// The share of an API's requests that ended in 5xx.
pub(super) fn policy(stack: &Stack<'_>, api: &Api) -> Policy {
    Policy::of(vec![failing(stack, &apis::part(api), "Requests fail")])
}

/// The share of a service's requests that ended in 5xx.
pub(super) fn failing(stack: &Stack<'_>, service: &str, about: &str) -> Block {
    let all = format!(
        "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\" AND \
         resource.labels.service_name = \"{}\"",
        stack.name(service)
    );
    let failed = format!("{all} AND metric.labels.response_code_class = \"5xx\"");
    let sums = || {
        Block::new()
            .set("alignment_period", PERIOD)
            .set("per_series_aligner", "ALIGN_SUM")
            .set("cross_series_reducer", "REDUCE_SUM")
    };
    let threshold = Block::new()
        .set("filter", failed)
        .set("denominator_filter", all)
        .set("comparison", "COMPARISON_GT")
        .comment("A share of all requests.")
        .set("threshold_value", f64::from(FAILING) / 100.0)
        .set("duration", format!("{SECONDS}s"))
        .block("aggregations", sums())
        .block("denominator_aggregations", sums());
    Block::new()
        .set("display_name", about)
        .block("condition_threshold", threshold)
}

/// What it means that calls of a function fail where somebody waits for each answer: a few that all fail are as bad as many.
pub(super) fn of_function(name: &str) -> String {
    format!("More than {FAILING} % of the calls of {name} failed for a quarter of an hour. Its logs say why.")
}

/// What it means.
pub(super) fn about(api: &Api) -> String {
    format!(
        "More than {FAILING} % of the requests to the API {} ended in 5xx for a quarter of an hour. Its log says which routes, and why: \
         `route`, `flags`.",
        api.name
    )
}
