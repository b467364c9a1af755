//! What a workflow does, as the code that runs it reads it: data, in which a text of the author's is never more than a text.

use serde_json::{Value, json};

use crate::ir::{Action, Case, Condition, Step, System, Workflow};

/// `workflow.json`
pub(super) fn definition(system: &System, workflow: &Workflow) -> Value {
    json!({
        "name": workflow.name,
        "timeout_seconds": workflow.timeout_seconds,
        "steps": steps(system, &workflow.steps),
    })
}

fn steps(system: &System, all: &[Step]) -> Value {
    all.iter().map(|one| step(system, one)).collect()
}

fn step(system: &System, step: &Step) -> Value {
    let mut value = match &step.action {
        Action::Call(id) => {
            let service = &system.services[*id];
            let seconds = service.function.as_ref().map(|function| function.timeout_seconds);
            json!({ "does": "call", "function": service.name, "seconds": seconds })
        }
        Action::Parallel(branches) => {
            let branches: Value = branches.iter().map(|branch| steps(system, branch)).collect();
            json!({ "does": "parallel", "branches": branches })
        }
        Action::Choose { cases, otherwise } => {
            let cases: Value = cases.iter().map(|one| case(system, one)).collect();
            json!({ "does": "choose", "cases": cases, "otherwise": steps(system, otherwise) })
        }
        Action::Wait(seconds) => json!({ "does": "wait", "seconds": seconds }),
        Action::Fail(reason) => json!({ "does": "fail", "reason": reason }),
    };
    value["name"] = step.name.as_str().into();
    if let Some(retry) = step.retry {
        value["retry"] = json!({
            "attempts": retry.attempts,
            "seconds": retry.seconds,
            "backoff": retry.backoff,
        });
    }
    if !step.catch.is_empty() {
        value["catch"] = steps(system, &step.catch);
    }
    value
}

fn case(system: &System, case: &Case) -> Value {
    let mut value = json!({ "field": case.field, "steps": steps(system, &case.steps) });
    let (key, wanted) = match &case.holds {
        Condition::Text(text) => ("equals", json!(text)),
        Condition::Number(number) => ("equals", json!(number)),
        Condition::Boolean(is) => ("equals", json!(is)),
        Condition::Above(number) => ("above", json!(number)),
        Condition::Below(number) => ("below", json!(number)),
    };
    value[key] = wanted;
    value
}
