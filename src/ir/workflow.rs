//! Workflows: functions one after the other.

use std::collections::BTreeSet;

use super::arena::Id;
use super::component::Service;
use super::cron::Cron;
use super::domain::Home;

/// Functions that are called one after the other. What goes on between steps is one JSON document: what a step ends with is what the next
/// one gets, and the first gets what the workflow was started with (`{}` by the schedule).
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// The component's name in the system.
    pub name: String,
    /// Where it stands, and what it is called there.
    pub home: Home,
    /// Its path in the blueprint.
    pub path: String,
    /// What is done, in order. Names of steps are unique in the workflow, at every depth.
    pub steps: Vec<Step>,
    /// The times that start it, and where they are meant.
    pub schedule: Option<(Cron, String)>,
    /// Seconds that it may take as a whole.
    pub timeout_seconds: u32,
}

/// Something that is watched about a workflow, and when somebody is told: a run failed or took too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowAlarm {
    /// Its name in the system: `nightly-failed`.
    pub name: String,
    /// What it means and what to do about it: one or two sentences.
    pub about: String,
    /// The workflow.
    pub workflow: Id<Workflow>,
}

impl Workflow {
    /// The functions that it calls, each once.
    pub fn calls(&self) -> BTreeSet<Id<Service>> {
        let mut found = BTreeSet::new();
        calls(&self.steps, &mut found);
        found
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Lower-case letters, digits and hyphens, at most 40 characters.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// How often a call is tried again.
    pub retry: Option<StepRetry>,
    /// What is done when it has failed for good, with `{"error": TEXT, "input": WHAT THE STEP GOT}`; then the workflow goes on behind
    /// the step with what these end with. It fails where there is nothing.
    pub catch: Vec<Step>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Calls a function with what goes on, and goes on with its answer.
    Call(Id<Service>),
    /// Does several lists at once, each with what goes on, and goes on with a list of what each ended with.
    Parallel(Vec<Vec<Step>>),
    /// Does the steps of the first case that holds.
    Choose {
        /// In order.
        cases: Vec<Case>,
        /// Where none holds; nothing is done when there are none.
        otherwise: Vec<Step>,
    },
    /// Waits so many seconds.
    Wait(u32),
    /// Ends the workflow as failed, for a reason.
    Fail(String),
}

/// Steps for what a field says.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The names that lead to the field: letters, digits and underscores.
    pub field: Vec<String>,
    /// What it has to be.
    pub holds: Condition,
    /// What is done then.
    pub steps: Vec<Step>,
}

/// What a field has to be. A field that is not there is nothing of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// This text.
    Text(String),
    /// This number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// A number greater than this.
    Above(f64),
    /// A number less than this.
    Below(f64),
}

/// How often a call is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRetry {
    /// Times, after the first.
    pub attempts: u32,
    /// Seconds before the first time.
    pub seconds: u32,
    /// How many times longer each wait is than the one before it.
    pub backoff: u32,
}

fn calls(steps: &[Step], found: &mut BTreeSet<Id<Service>>) {
    for step in steps {
        match &step.action {
            Action::Call(function) => {
                found.insert(*function);
            }
            Action::Parallel(branches) => branches.iter().for_each(|branch| calls(branch, found)),
            Action::Choose { cases, otherwise } => {
                cases.iter().for_each(|case| calls(&case.steps, found));
                calls(otherwise, found);
            }
            Action::Wait(_) | Action::Fail(_) => {}
        }
        calls(&step.catch, found);
    }
}
