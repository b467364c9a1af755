//! Rules about workflows. One constructor per rule.

use super::{Diagnostic, Span};

/// `workflow-step`
pub fn step_unclear(at: Option<Span>, said: &[&str]) -> Diagnostic {
    let message = match said {
        [] => "this step does nothing".to_owned(),
        _ => format!("this step does several things: `{}`", said.join("`, `")),
    };
    Diagnostic::error("workflow-step", at, message).fix(match said {
        [] => "say one of `call`, `parallel`, `choose`, `wait_seconds` and `fail`",
        _ => "make a step of each",
    })
}

/// `workflow-step-key`
pub fn step_key(at: Option<Span>, key: &str, of: &str) -> Diagnostic {
    Diagnostic::error(
        "workflow-step-key",
        at,
        format!("`{key}` says nothing here: it belongs to {of}"),
    )
    .fix("remove it")
}

/// `workflow-call`
pub fn calls_other(at: Option<Span>, name: &str, kind: &str) -> Diagnostic {
    Diagnostic::error(
        "workflow-call",
        at,
        format!("`{name}` is a {kind}, and a step calls a function"),
    )
    .fix("name a function; what else has to be called, a function can call")
}

/// `workflow-step-name`
pub fn same_name(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "workflow-step-name",
        at,
        format!("another step of the workflow is called `{name}`"),
    )
    .reason("the names of steps are how one finds them in the history of a run")
    .fix("choose another name")
}

/// `workflow-condition`
pub fn condition_unclear(at: Option<Span>, count: usize) -> Diagnostic {
    let message = match count {
        0 => "nothing says what the field has to be".to_owned(),
        _ => "the field has to be several things at once".to_owned(),
    };
    Diagnostic::error("workflow-condition", at, message).fix("say one of `equals`, `above` and `below`")
}

/// `workflow-branches`
pub fn one_branch(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "workflow-branches",
        at,
        "there is nothing to do at once with this".to_owned(),
    )
    .fix("give `parallel` two lists of steps or more, each with a step at least")
}

/// `workflow-never-reached`
pub fn never_reached(at: Option<Span>) -> Diagnostic {
    Diagnostic::error("workflow-never-reached", at, "this step is never reached".to_owned())
        .reason("the one before it ends the workflow")
        .fix("remove it, or the `fail` before it")
}

/// `workflow-depth`
pub fn too_deep(at: Option<Span>, most: usize) -> Diagnostic {
    Diagnostic::error(
        "workflow-depth",
        at,
        format!("steps stand in steps more than {most} times"),
    )
    .fix("put what is inside into a function, or a workflow of its own")
}

/// `workflow-steps`
pub fn too_many(at: Option<Span>, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "workflow-steps",
        at,
        format!("the workflow has {count} steps, with those in steps; at most {most} are allowed"),
    )
    .fix("put some into a workflow of their own")
}

/// `workflow-idle`
pub fn idle(at: Option<Span>, workflow: &str) -> Diagnostic {
    Diagnostic::warning("workflow-idle", at, format!("nothing starts workflow `{workflow}`"))
        .fix("give it a `trigger`, or name it in `calls` of who starts it")
}
