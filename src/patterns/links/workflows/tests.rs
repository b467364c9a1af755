//! What the steps of a workflow become.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::blueprint;
use crate::diagnostic::Diagnostic;
use crate::ir::{Action, Condition, Resource, Step, System};

/// A system with functions `make`, `check` and `tell`, whose workflow `night` has these lines.
fn build(lines: &str) -> Result<(System, Vec<Diagnostic>), Vec<Diagnostic>> {
    let text = format!(
        r#"
        name = "shop"
        pattern = "serverless"
        region = "seoul"
        observability.emails = ["platform@example.com"]

        [functions.make]
        image = "ghcr.io/example/make:1.0"
        [functions.check]
        image = "ghcr.io/example/check:1.0"
        [functions.tell]
        image = "ghcr.io/example/tell:1.0"
        calls = ["night"]
        trigger = {{ http = "ANY /*" }}

        [workflows.night]
        {lines}
        "#
    );
    crate::patterns::build(&blueprint::load(&text, None).expect("the language knows all of it"))
}

fn steps(lines: &str) -> Vec<Step> {
    let (system, _) = build(lines).expect("nothing is wrong");
    let (_, workflow) = system.workflows.iter().next().expect("a workflow");
    workflow.steps.clone()
}

fn names(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.name.as_str()).collect()
}

#[test]
fn names_follow_from_what_steps_do_and_are_never_taken_twice() {
    let steps = steps(
        r#"
        steps = [
          { call = "make" },
          { parallel = [[{ call = "make" }, { wait_seconds = 5 }], [{ call = "check", name = "make-2" }]] },
          { choose = [{ field = "a.b", above = 2, steps = [{ call = "make" }] }], otherwise = [{ fail = "small" }] },
        ]"#,
    );
    assert_eq!(names(&steps), ["make", "parallel", "choose"]);
    let Action::Parallel(branches) = &steps[1].action else {
        panic!("{steps:?}")
    };
    assert_eq!(names(&branches[0]), ["make-3", "wait"]);
    assert_eq!(names(&branches[1]), ["make-2"]);
    let Action::Choose { cases, otherwise } = &steps[2].action else {
        panic!("{steps:?}")
    };
    assert_eq!(names(&cases[0].steps), ["make-4"]);
    assert_eq!(cases[0].field, ["a", "b"]);
    assert_eq!(cases[0].holds, Condition::Above(2.0));
    assert_eq!(otherwise[0].action, Action::Fail("small".to_owned()));
}

#[test]
fn a_workflow_calls_the_functions_of_all_its_steps_and_those_who_start_it_may_start_it_only() {
    let (system, _) = build(
        r#"steps = [
          { call = "make", catch = [{ call = "check" }] },
          { choose = [{ field = "a", equals = true, steps = [{ call = "make" }] }] },
        ]"#,
    )
    .expect("nothing is wrong");
    let (id, workflow) = system.workflows.iter().next().expect("a workflow");
    let called: Vec<&str> = workflow
        .calls()
        .into_iter()
        .map(|id| system.services[id].name.as_str())
        .collect();
    assert_eq!(called, ["check", "make"]);
    let starters: Vec<&str> = system
        .users_of(Resource::Workflow(id))
        .map(|(starter, _)| system.services[starter].name.as_str())
        .collect();
    assert_eq!(starters, ["tell"]);
    assert!(
        system
            .grants
            .iter()
            .all(|grant| !matches!(grant.resource, Resource::Function(_)))
    );
    assert_eq!(system.workflow_alarms[0].name, "night-failed");
}

#[test]
fn functions_that_start_the_workflow_that_calls_them_are_a_circle() {
    let (_, warnings) =
        build(r#"steps = [{ call = "tell" }, { call = "make" }, { call = "check" }]"#).expect("a warning only");
    let circle = warnings
        .iter()
        .find(|said| said.rule == "function-circle")
        .expect("a circle");
    assert!(circle.message.contains("tell -> night -> tell"), "{}", circle.message);
}

#[test]
fn steps_that_stand_too_deep_or_are_too_many_are_refused() {
    let mut deep = r#"{ call = "make" }"#.to_owned();
    for _ in 0..6 {
        deep = format!(r#"{{ choose = [{{ field = "a", equals = 1, steps = [{deep}] }}] }}"#);
    }
    let problems = build(&format!("steps = [{deep}]")).expect_err("too deep");
    assert_eq!(problems.iter().filter(|said| said.rule == "workflow-depth").count(), 1);
    let many = vec![r#"{ call = "make" }"#; 60].join(", ");
    let both = format!(r#"steps = [{{ parallel = [[{many}], [{many}]] }}]"#);
    let problems = build(&both).expect_err("too many");
    assert!(problems.iter().any(|said| said.rule == "workflow-steps"));
}
