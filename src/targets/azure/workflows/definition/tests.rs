#![allow(clippy::expect_used, clippy::unwrap_used)]

use super::super::expressions::values;
use super::*;
use crate::ir::Condition;

fn step(name: &str, action: Action) -> Step {
    Step {
        name: name.to_owned(),
        action,
        retry: None,
        catch: vec![],
    }
}

/// The actions of a workflow of these steps, without any call.
fn actions(steps: Vec<Step>) -> serde_json::Value {
    let called: Called<'_> = &|_| unreachable!("nothing is called");
    let builder = Builder { called, longest: 60 };
    let listed = builder.list(&steps, "outputs('run_document')", vec![], false);
    values(&expr::object(listed.actions))
}

#[test]
fn a_failure_ends_the_run_unless_somebody_catches_it() {
    let found = actions(vec![step("no", Action::Fail("it's @{x}".to_owned()))]);
    assert_eq!(found["no"]["type"], "Terminate");
    assert_eq!(found["no"]["inputs"]["runError"]["message"], "@string('it''s @{x}')");
    let mut both = step(
        "both",
        Action::Parallel(vec![vec![step("no", Action::Fail("no".to_owned()))], vec![]]),
    );
    both.catch = vec![step("pause", Action::Wait(5))];
    let found = actions(vec![both, step("last", Action::Wait(1))]);
    let branch = &found["both_branch_1"]["actions"]["no"];
    assert_eq!(branch["type"], "ParseJson");
    assert_eq!(branch["inputs"]["content"], "@outputs('no_reason')");
    let caught = &found["both_catch"];
    assert_eq!(caught["runAfter"]["both"], serde_json::json!(["Failed", "Skipped"]));
    assert_eq!(
        caught["actions"]["both_caught"]["inputs"]["error"],
        "@coalesce(actions('no_reason')?['outputs']?['error'],'the step failed')"
    );
    assert_eq!(
        found["both_end"]["inputs"],
        "@if(equals(actions('both')?['status'],'Succeeded'),outputs('both'),outputs('both_caught'))"
    );
    assert_eq!(
        found["last"]["runAfter"],
        serde_json::json!({ "both_end": ["Succeeded"] })
    );
}

#[test]
fn cases_look_at_fields_one_after_the_other() {
    let case = |field: &[&str], holds: Condition| Case {
        field: field.iter().map(|name| (*name).to_owned()).collect(),
        holds,
        steps: vec![],
    };
    let found = actions(vec![step(
        "kind",
        Action::Choose {
            cases: vec![
                case(&["n", "m"], Condition::Above(2.5)),
                case(&["n", "k"], Condition::Text("it's".to_owned())),
            ],
            otherwise: vec![],
        },
    )]);
    let inputs = |name: &str| found[name]["inputs"].as_str().unwrap().to_owned();
    assert!(inputs("kind_field_1").ends_with("?['n']"), "{}", inputs("kind_field_1"));
    assert!(inputs("kind_field_2").contains("outputs('kind_field_1')"));
    assert!(inputs("kind_field_3").contains("outputs('kind_field_1')"));
    assert!(inputs("kind_case").contains("equals(outputs('kind_field_3'),'it''s')"));
    assert_eq!(found["kind_choice"]["cases"]["case_2"]["case"], "2");
    assert_eq!(
        found["kind"]["runAfter"],
        serde_json::json!({ "kind_choice": ["Succeeded"] })
    );
}
