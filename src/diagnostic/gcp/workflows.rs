//! Rules about workflows on Google Cloud. One constructor per rule.

use crate::diagnostic::{Diagnostic, Span};

/// `workflow-parallel-depth`
pub fn parallel_depth(at: Option<Span>, most: usize) -> Diagnostic {
    Diagnostic::error(
        "workflow-parallel-depth",
        at,
        "this `parallel` stands too deep in others for Google Cloud".to_owned(),
    )
    .reason(format!(
        "Workflows runs parallel steps in parallel steps, {most} deep at most"
    ))
    .fix("let a function do what is inside, or make a list of branches of both")
}

/// `workflow-expression`
pub fn expression(at: Option<Span>, length: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "workflow-expression",
        at,
        "this is too long for Google Cloud".to_owned(),
    )
    .reason(format!(
        "it becomes an expression of {length} characters, and Workflows takes {most}: what is no letter and no digit takes three, and a \
         field stands there twice"
    ))
    .fix("shorten the text or the names of the field, or let a function answer with a field of its own for it")
}

/// `workflow-starter`
pub fn starter(at: Option<Span>, service: &str, workflow: &str) -> Diagnostic {
    Diagnostic::warning(
        "workflow-starter",
        at,
        format!("who may start `{workflow}`, as `{service}` does, may start every workflow of the project on Google Cloud"),
    )
    .reason("Workflows has no permissions on a single workflow, and no conditions that name one")
    .fix("give each environment a project of its own; where even that is too much, let messages start a function that does the first step")
}
