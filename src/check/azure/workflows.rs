//! What Azure asks of workflows: how long they are, and when they start.

use crate::catalog::windows_timezone;
use crate::diagnostic::{Diagnostic, azure_workflows as rules};
use crate::ir::{Action, Case, Condition, Step, System, Workflow};

/// Actions of a Logic App, and those that are not steps.
const ACTIONS: usize = 500;
const OWN: usize = 7;
/// Characters of an expression.
const EXPRESSION: usize = 8192;
/// What stands around the text of a case, and the whole of one with a number or a boolean, at most.
const TEXT: usize = 200;
const NUMBER: usize = 400;
const BOOLEAN: usize = 120;

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, item) in system.workflows.iter() {
        let here = || system.places.key(&item.path);
        let count = OWN + actions(&item.steps);
        if count > ACTIONS {
            problems.push(rules::actions(here(), &item.home.name, count, ACTIONS));
        }
        long(system, item, (&item.steps, "steps"), problems);
        let Some((cron, timezone)) = &item.schedule else {
            continue;
        };
        let at = |key: &str| system.places.span(&format!("{}.trigger.{key}", item.path));
        if !cron.day.is_any() || !cron.month.is_any() {
            problems.push(rules::schedule(at("schedule")));
        }
        if windows_timezone(timezone).is_none() {
            problems.push(rules::timezone(at("timezone"), timezone));
        }
    }
}

/// The lists of steps in a step.
fn inside(step: &Step) -> Vec<&[Step]> {
    let mut all: Vec<&[Step]> = match &step.action {
        Action::Parallel(branches) => branches.iter().map(Vec::as_slice).collect(),
        Action::Choose { cases, otherwise } => {
            let cases = cases.iter().map(|case| case.steps.as_slice());
            cases.chain([otherwise.as_slice()]).collect()
        }
        Action::Call(_) | Action::Wait(_) | Action::Fail(_) => vec![],
    };
    all.push(&step.catch);
    all.retain(|steps| !steps.is_empty());
    all
}

/// The actions that steps become, at most.
fn actions(steps: &[Step]) -> usize {
    let one = |step: &Step| {
        let own = match &step.action {
            Action::Call(_) => 4 + step.retry.map_or(0, |retry| 3 * retry.attempts as usize),
            Action::Parallel(branches) => branches.len() + 1,
            Action::Choose { cases, .. } => 3 + cases.iter().map(|case| case.field.len()).sum::<usize>(),
            Action::Wait(_) => 1,
            Action::Fail(_) => 2,
        };
        let caught = if step.catch.is_empty() { 0 } else { 3 };
        own + caught + inside(step).into_iter().map(actions).sum::<usize>()
    };
    steps.iter().map(one).sum()
}

/// Cases become one expression.
fn long(system: &System, item: &Workflow, (steps, place): (&[Step], &str), problems: &mut Vec<Diagnostic>) {
    for (index, step) in steps.iter().enumerate() {
        let place = format!("{place}.{index}");
        if let Action::Choose { cases, otherwise } = &step.action {
            let length: usize = cases.iter().map(case).sum();
            if length > EXPRESSION {
                let at = system.places.key(&format!("{}.{place}.choose", item.path));
                let at = at.or_else(|| system.places.key(&item.path));
                problems.push(rules::expression(at, length, EXPRESSION));
            }
            for (number, case) in cases.iter().enumerate() {
                let place = format!("{place}.choose.{number}.steps");
                long(system, item, (&case.steps, &place), problems);
            }
            long(system, item, (otherwise, &format!("{place}.otherwise")), problems);
        }
        if let Action::Parallel(branches) = &step.action {
            for (number, branch) in branches.iter().enumerate() {
                long(system, item, (branch, &format!("{place}.parallel.{number}")), problems);
            }
        }
        long(system, item, (&step.catch, &format!("{place}.catch")), problems);
    }
}

/// Characters of a case in it, at most.
fn case(case: &Case) -> usize {
    match &case.holds {
        Condition::Text(text) => TEXT + text.chars().count() + text.matches('\'').count(),
        Condition::Number(_) | Condition::Above(_) | Condition::Below(_) => NUMBER,
        Condition::Boolean(_) => BOOLEAN,
    }
}
