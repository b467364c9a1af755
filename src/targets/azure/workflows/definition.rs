//! The steps of a workflow as actions of a Logic App.
//!
//! Every step ends with one action, and what goes on is an expression about it. A step that fails leaves that action failed, and those
//! behind it are skipped, unless its `catch` runs after just that. Nothing stands in anything that need not: Azure counts how deep.

use hcl::Expression;

use super::WAITS;
use super::actions::{
    After, DECIDED, FAILED, LATE, OVER, SKIPPED, SUCCEEDED, ask, checked, compose, just, nothing, run_after, taken,
    terminate, wait,
};
use super::expressions::{answered, chosen, error, field, first, holds, made, outcome, quoted, says, status, text};
use crate::ir::{Action, Case, Id, Service, Step, StepRetry, Workflow};
use crate::object;
use crate::terraform::expr;

/// Seconds until a workflow has been told what a call brought, besides those that it waits and takes.
const TOLD: u32 = 60;

/// Errors that one expression looks for: it has room for 8192 characters, and a name of 40 takes 90.
const ERRORS: usize = 80;

/// A function as workflows see it.
pub(super) struct Asked {
    /// Its name.
    pub name: String,
    /// The address of the queue that it is asked through, with no slash at its end.
    pub queue: Expression,
    /// Seconds that it may take.
    pub seconds: u32,
}

/// The functions that workflows call.
pub(super) type Called<'a> = &'a dyn Fn(Id<Service>) -> Asked;

type Actions = Vec<(String, Expression)>;

/// Everything that a run does: `starts` is the address of the queue that those use who start it, where somebody does.
pub(super) fn lower(workflow: &Workflow, called: Called<'_>, starts: Option<Expression>) -> Expression {
    let builder = Builder {
        called,
        longest: workflow.timeout_seconds,
    };
    let (mut actions, mut after) = (vec![], vec![]);
    if let Some(queue) = starts {
        actions.push(("run_taken".to_owned(), taken(queue)));
        after = just("run_taken");
    }
    let message = "xpath(xml(coalesce(triggerBody(),'<none/>')),'string(//MessageText)')";
    let document = match after.is_empty() {
        true => "json('{}')".to_owned(),
        false => format!("json(if(empty({message}),'{{}}',{message}))"),
    };
    actions.push(("run_document".to_owned(), compose(says(&document).into(), &after)));
    let steps = builder.list(&workflow.steps, &made("run_document"), just("run_document"), false);
    actions.extend(steps.actions);
    let limit = workflow.timeout_seconds;
    actions.push(("run_limit".to_owned(), wait(limit, &vec![])));
    let late = format!("the run took longer than {limit} seconds");
    let late = terminate(FAILED, Some((LATE, late)), &just("run_limit"));
    actions.push(("run_late".to_owned(), late));
    let last = steps.end.unwrap_or_else(|| "run_document".to_owned());
    actions.push(("run_done".to_owned(), terminate(SUCCEEDED, None, &just(&last))));
    let errors = &steps.errors[..steps.errors.len().min(ERRORS)];
    let error = says(&first(errors, "a step failed"));
    let failed = terminate(
        FAILED,
        Some(("StepFailed", error)),
        &vec![(last, vec![FAILED, SKIPPED, LATE])],
    );
    actions.push(("run_failed".to_owned(), failed));
    object! { "type" => "Scope", "actions" => expr::object(actions), "runAfter" => nothing() }
}

/// What stands in the place of some steps.
struct Listed {
    actions: Actions,
    /// The action that the last step ends with; none where there are no steps.
    end: Option<String>,
    /// What goes on behind it.
    document: String,
    /// Expressions, each null or the error of a step that failed for good.
    errors: Vec<String>,
}

/// What stands in the place of one step, before anybody catches anything.
struct Tried {
    actions: Actions,
    /// What holds of other actions where it was begun and is over, and nowhere else.
    begun: After,
    document: String,
    errors: Vec<String>,
}

struct Builder<'a> {
    called: Called<'a>,
    /// Seconds of the longest pause: the run is over then.
    longest: u32,
}

impl Builder<'_> {
    /// `caught`: a failure ends no more than a step around these.
    fn list(&self, steps: &[Step], document: &str, after: After, caught: bool) -> Listed {
        let mut listed = Listed {
            actions: vec![],
            end: None,
            document: document.to_owned(),
            errors: vec![],
        };
        let mut after = after;
        for step in steps {
            let tried = self.step(step, &listed.document, &after, caught);
            listed.actions.extend(tried.actions);
            let mut end = step.name.clone();
            if step.catch.is_empty() {
                listed.document = tried.document;
                listed.errors.extend(tried.errors);
            } else {
                let (name, handled) = self.catch(
                    step,
                    &listed.document,
                    (&tried.begun, &tried.document, &tried.errors),
                    caught,
                );
                end = name;
                listed.actions.extend(handled.actions);
                listed.document = handled.document;
                listed.errors.extend(handled.errors);
            }
            after = just(&end);
            listed.end = Some(end);
        }
        listed
    }

    fn step(&self, step: &Step, document: &str, after: &After, caught: bool) -> Tried {
        let name = &step.name;
        let one = |action: Expression| Tried {
            actions: vec![(name.clone(), action)],
            begun: vec![(name.clone(), OVER.into())],
            document: document.to_owned(),
            errors: vec![],
        };
        match &step.action {
            Action::Call(function) => self.call(step, *function, document, after),
            Action::Parallel(branches) => {
                self.parallel(name, branches, (document, after), caught || !step.catch.is_empty())
            }
            Action::Choose { cases, otherwise } => self.choose(name, (cases, otherwise), (document, after), caught),
            Action::Wait(seconds) => one(wait(*seconds, after)),
            Action::Fail(reason) if !caught => one(terminate(FAILED, Some((FAILED, text(reason))), after)),
            // The end of the run would be that of those who catch it, too.
            Action::Fail(reason) => {
                let said = format!("{name}_reason");
                let reason = compose(object! { "error" => text(reason) }, after);
                let failed = checked(says(&made(&said)).into(), &just(&said));
                Tried {
                    actions: vec![(said.clone(), reason), (name.clone(), failed)],
                    begun: vec![(said.clone(), OVER.into())],
                    document: document.to_owned(),
                    errors: vec![error(&said)],
                }
            }
        }
    }

    /// Asks a function, as often as the step says. `NAME_outcome` is what the last time brought, and `NAME` has failed where that is
    /// no answer. A call that is too late may end as cancelled, and nothing can run after that: so what follows runs after
    /// `NAME_answer_n`, which is skipped then, and after what the step itself runs after.
    fn call(&self, step: &Step, function: Id<Service>, document: &str, after: &After) -> Tried {
        let name = &step.name;
        let retry = step.retry.unwrap_or(StepRetry {
            attempts: 0,
            seconds: 0,
            backoff: 1,
        });
        let Asked {
            name: whom,
            queue,
            seconds,
        } = (self.called)(function);
        let seconds = WAITS + seconds + TOLD;
        let missing = format!("no answer of {whom}: it took longer than {seconds} seconds, or could not be asked");
        let mut actions: Actions = vec![];
        let mut outcomes = vec![];
        let mut begin = after.clone();
        let mut over = after.clone();
        let mut pause = retry.seconds;
        for attempt in 1..=retry.attempts + 1 {
            let asked = format!("{name}_call_{attempt}");
            actions.push((asked.clone(), ask(queue.clone(), seconds, document, &begin)));
            outcomes.push((asked.clone(), outcome(&asked, &missing)));
            let answer = format!("{name}_answer_{attempt}");
            let content = says(&format!("body('{asked}')"));
            actions.push((answer.clone(), checked(content.into(), &just(&asked))));
            if attempt > retry.attempts {
                over.push((answer, DECIDED.into()));
            } else {
                let pausing = format!("{name}_pause_{attempt}");
                let mut failed = begin;
                failed.push((answer, vec![FAILED, SKIPPED]));
                actions.push((pausing.clone(), wait(pause, &failed)));
                begin = just(&pausing);
                pause = pause.saturating_mul(retry.backoff).min(self.longest);
            }
        }
        // The last time that there was counts.
        let mut last = "null".to_owned();
        for (asked, outcome) in outcomes {
            last = chosen(&[(format!("equals({},'{SKIPPED}')", status(&asked)), last)], &outcome);
        }
        let outcome = format!("{name}_outcome");
        actions.push((outcome.clone(), compose(says(&last).into(), &over)));
        actions.push((name.clone(), checked(says(&made(&outcome)).into(), &just(&outcome))));
        Tried {
            actions,
            begun: after.clone(),
            document: answered(name),
            errors: vec![error(&outcome)],
        }
    }

    fn parallel(&self, name: &str, branches: &[Vec<Step>], (document, after): (&str, &After), caught: bool) -> Tried {
        let mut actions: Actions = vec![];
        let mut ends: After = vec![];
        let (mut documents, mut errors): (Vec<Expression>, Vec<String>) = (vec![], vec![]);
        for (number, branch) in (1..).zip(branches) {
            let listed = self.list(branch, document, vec![], caught);
            documents.push(says(&listed.document).into());
            errors.extend(listed.errors);
            let scope = format!("{name}_branch_{number}");
            let body = object! {
                "type" => "Scope",
                "actions" => expr::object(listed.actions),
                "runAfter" => run_after(after),
            };
            actions.push((scope.clone(), body));
            ends.push((scope, vec![SUCCEEDED]));
        }
        let begun = ends.iter().map(|(scope, _)| (scope.clone(), OVER.into())).collect();
        actions.push((name.to_owned(), compose(documents.into(), &ends)));
        Tried {
            actions,
            begun,
            document: made(name),
            errors,
        }
    }

    fn choose(
        &self,
        name: &str,
        (cases, otherwise): (&[Case], &[Step]),
        (document, after): (&str, &After),
        caught: bool,
    ) -> Tried {
        let mut actions: Actions = vec![];
        let mut after = after.clone();
        let mut fields: Vec<(&[String], String)> = vec![];
        for case in cases {
            for length in 1..=case.field.len() {
                let (path, above) = (&case.field[..length], &case.field[..length - 1]);
                if fields.iter().any(|(known, _)| *known == path) {
                    continue;
                }
                let of = fields.iter().find(|(known, _)| *known == above);
                let of = of.map_or_else(|| document.to_owned(), |(_, action)| made(action));
                let action = format!("{name}_field_{}", fields.len() + 1);
                let value = field(&of, path.last().map_or("", String::as_str));
                actions.push((action.clone(), compose(says(&value).into(), &after)));
                after = just(&action);
                fields.push((path, action));
            }
        }
        let value = |case: &Case| {
            let known = fields.iter().find(|(path, _)| *path == case.field);
            known.map_or_else(|| document.to_owned(), |(_, action)| made(action))
        };
        let numbered: Vec<(String, &Case)> = (1..).map(|number: usize| number.to_string()).zip(cases).collect();
        let tests: Vec<(String, String)> = numbered
            .iter()
            .map(|(number, case)| (holds(&value(case), &case.holds), quoted(number)))
            .collect();
        let which = format!("{name}_case");
        actions.push((which.clone(), compose(says(&chosen(&tests, "'0'")).into(), &after)));
        let mut errors = vec![];
        let mut documents = vec![];
        let mut bodies: Vec<(String, Expression)> = vec![];
        for (number, case) in &numbered {
            let listed = self.list(&case.steps, document, vec![], caught);
            errors.extend(listed.errors);
            documents.push((format!("equals({},{})", made(&which), quoted(number)), listed.document));
            let body = object! { "case" => number.as_str(), "actions" => expr::object(listed.actions) };
            bodies.push((format!("case_{number}"), body));
        }
        let others = self.list(otherwise, document, vec![], caught);
        errors.extend(others.errors);
        let choice = format!("{name}_choice");
        let switch = object! {
            "type" => "Switch",
            "expression" => says(&made(&which)),
            "cases" => expr::object(bodies),
            "default" => object! { "actions" => expr::object(others.actions) },
            "runAfter" => run_after(&just(&which)),
        };
        actions.push((choice.clone(), switch));
        let document = says(&chosen(&documents, &others.document));
        actions.push((name.to_owned(), compose(document.into(), &just(&choice))));
        Tried {
            actions,
            begun: vec![(which, OVER.into())],
            document: made(name),
            errors,
        }
    }

    /// What is done when a step has failed for good, and the name of the action that the step ends with then: it is skipped where the
    /// step was.
    fn catch(
        &self,
        step: &Step,
        input: &str,
        (begun, document, errors): (&After, &str, &[String]),
        caught: bool,
    ) -> (String, Listed) {
        let name = &step.name;
        let [scope, error, end] = ["catch", "caught", "end"].map(|part| format!("{name}_{part}"));
        let caught_error = object! {
            "error" => says(&first(&errors[..errors.len().min(ERRORS)], "the step failed")),
            "input" => says(input),
        };
        let mut listed = self.list(&step.catch, &made(&error), just(&error), caught);
        let mut inside = vec![(error, compose(caught_error, &vec![]))];
        inside.append(&mut listed.actions);
        let mut failed = begun.clone();
        failed.push((name.clone(), vec![FAILED, SKIPPED]));
        let handled = object! {
            "type" => "Scope",
            "actions" => expr::object(inside),
            "runAfter" => run_after(&failed),
        };
        let mut over = begun.clone();
        over.extend([
            (name.clone(), DECIDED.into()),
            (scope.clone(), vec![SUCCEEDED, SKIPPED]),
        ]);
        let is_fine = format!("equals({},'{SUCCEEDED}')", status(name));
        let ended = chosen(&[(is_fine, document.to_owned())], &listed.document);
        listed.actions = vec![(scope, handled), (end.clone(), compose(says(&ended).into(), &over))];
        listed.document = made(&end);
        (end, listed)
    }
}

#[cfg(test)]
mod tests;
