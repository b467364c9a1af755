//! Rules about workflows on Azure. One constructor per rule.

use super::{Diagnostic, Span};

/// `workflow-actions`
pub fn actions(at: Option<Span>, workflow: &str, count: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "workflow-actions",
        at,
        format!("`{workflow}` is too long for Azure"),
    )
    .reason(format!(
        "its steps become {count} actions, and a Logic App has {most} at most: each further attempt of a call takes three"
    ))
    .fix("try calls again less often, or make two workflows of it, the first of which ends with a function that starts the second")
}

/// `workflow-expression`
pub fn expression(at: Option<Span>, length: usize, most: usize) -> Diagnostic {
    Diagnostic::error(
        "workflow-expression",
        at,
        "the cases of this `choose` are too long for Azure".to_owned(),
    )
    .reason(format!(
        "they become an expression of {length} characters, and Logic Apps take {most}"
    ))
    .fix("shorten the texts, or let a function answer with a field of its own for each")
}

/// `workflow-schedule`
pub fn schedule(at: Option<Span>) -> Diagnostic {
    Diagnostic::error(
        "workflow-schedule",
        at,
        "Logic Apps start nothing at days of the month, or in some months only".to_owned(),
    )
    .fix("say both as `*`, or let a function with this schedule start the workflow")
}

/// `workflow-timezone`
pub fn timezone(at: Option<Span>, name: &str) -> Diagnostic {
    Diagnostic::error(
        "workflow-timezone",
        at,
        format!("Logic Apps do not know the time zone `{name}`"),
    )
    .reason("they have those of Windows, and none of these is the same")
    .fix("name one with the same times, such as that of a large city nearby")
}
