//! What is watched of schedules: times at which Cloud Scheduler could start nothing, all of them together.

use super::Policy;
use crate::targets::gcp::{Stack, functions, workflows};
use crate::terraform::Block;

/// What the alarm is called.
pub(super) const NAME: &str = "schedules-failed";
/// What it means and what to do about it.
pub(super) const ABOUT: &str = "Cloud Scheduler could not start what is due; it tries four times. The log of the job says why; start it again with \
                                `gcloud scheduler jobs run` when the reason is gone.";

/// None where nothing is due.
pub(super) fn policy(stack: &Stack<'_>) -> Option<Policy> {
    let system = stack.system;
    let functions = functions::scheduled(system).map(|(_, service)| service.name.as_str());
    let jobs: Vec<&str> = functions.chain(workflows::scheduled(system)).collect();
    if jobs.is_empty() {
        return None;
    }
    let filter = format!(
        "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR AND resource.labels.job_id=~\"^{}-({})$\"",
        system.prefix,
        jobs.join("|")
    );
    let condition = Block::new()
        .set("display_name", "Nothing was started")
        .block("condition_matched_log", Block::new().set("filter", filter));
    let strategy = Block::new()
        .set("auto_close", "86400s")
        .block("notification_rate_limit", Block::new().set("period", "3600s"));
    Some(Policy {
        strategy: Some(strategy),
        ..Policy::of(vec![condition])
    })
}
