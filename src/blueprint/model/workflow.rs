//! Workflows: functions one after the other, with what happens when one fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cron, FieldPath, Link, Name, TimeZone};

/// Functions that are called one after the other. Each gets what the one before it answered; the first gets what the workflow was
/// started with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// What is done, in order.
    #[schemars(length(min = 1, max = 100))]
    pub steps: Vec<Step>,
    /// What starts it, besides those who call it.
    #[serde(default)]
    pub trigger: Option<WorkflowTrigger>,
    /// Seconds that it may take as a whole.
    #[serde(default = "timeout_seconds")]
    #[schemars(range(min = 10, max = 86400))]
    pub timeout_seconds: u32,
}

/// What starts a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowTrigger {
    /// Times, as five fields of cron: minute, hour, day of the month, month, day of the week.
    pub schedule: Cron,
    /// Where the times are meant; `UTC` when left out.
    #[serde(default)]
    pub timezone: Option<TimeZone>,
}

/// One thing to do: one of `call`, `parallel`, `choose`, `wait_seconds` and `fail`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// What the step is called where its runs are shown; follows from what it does when left out.
    pub name: Option<Name>,
    /// Calls this function. What it answers goes on to the next step.
    pub call: Option<Link>,
    /// Does several lists of steps at once. A list of what each ends with goes on.
    #[schemars(length(max = 10))]
    pub parallel: Vec<Branch>,
    /// Does the steps of the first case that holds.
    #[schemars(length(max = 20))]
    pub choose: Vec<Case>,
    /// Does these where no case of `choose` holds; nothing when left out.
    pub otherwise: Vec<Step>,
    /// Waits.
    #[schemars(range(min = 1, max = 86400))]
    pub wait_seconds: Option<u32>,
    /// Ends the workflow as failed, for this reason.
    pub fail: Option<String>,
    /// Tries `call` again when it fails.
    pub retry: Option<StepRetry>,
    /// What is done when `call` or `parallel` has failed for good. The workflow goes on behind the step with what these end with;
    /// without them it fails.
    pub catch: Vec<Step>,
}

/// Steps beside others.
pub type Branch = Vec<Step>;

/// How often a call is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepRetry {
    /// Times, after the first.
    #[schemars(range(min = 1, max = 10))]
    pub attempts: u32,
    /// Seconds before the first time.
    #[schemars(range(min = 1, max = 3600))]
    pub seconds: u32,
    /// How many times longer each wait is than the one before it.
    #[schemars(range(min = 1, max = 10))]
    pub backoff: u32,
}

impl Default for StepRetry {
    fn default() -> Self {
        Self {
            attempts: 3,
            seconds: 2,
            backoff: 2,
        }
    }
}

/// Steps for what a field says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The field of what goes on: `kind`, `picture.width`.
    pub field: FieldPath,
    /// It is this text, number or boolean.
    #[serde(default)]
    pub equals: Option<Scalar>,
    /// It is a number greater than this.
    #[serde(default)]
    pub above: Option<f64>,
    /// It is a number less than this.
    #[serde(default)]
    pub below: Option<f64>,
    /// What is done then.
    pub steps: Vec<Step>,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

fn timeout_seconds() -> u32 {
    3600
}
