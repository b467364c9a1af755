//! The definition of a workflow in the Amazon States Language, whose expressions are JSONata.
//!
//! What goes on is the input of the next state. Texts of the author are literals: where one could be taken for an expression, it is
//! written as one that says just this text.

use hcl::Expression;

use crate::ir::{Action, Case, Condition, Id, Service, Step, StepRetry, Workflow};
use crate::terraform::expr;
use crate::{list, object};

/// Calls of Lambda that did not reach the function's code, or not for certain.
const TURNED_AWAY: [&str; 4] = [
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
];
/// Times that these are tried again at least, whatever the step says of failures.
const TRIES: u32 = 3;
/// What begins and ends an expression.
const OPENING: &str = "{%";
const CLOSING: &str = "%}";
/// What the steps behind `catch` get.
const CAUGHT: &str =
    r#"{"error": $join([$states.errorOutput.Error, $states.errorOutput.Cause], ": "), "input": $states.input}"#;
/// The error of runs that a step ends as failed.
const FAILED: &str = "Failed";

/// The definition: `called` gives the ARN of a function.
pub(super) fn lower(workflow: &Workflow, called: &dyn Fn(Id<Service>) -> Expression) -> Expression {
    let mut pairs: Vec<(&str, Expression)> = vec![("QueryLanguage", "JSONata".into())];
    pairs.extend(States::of(&workflow.steps, called));
    pairs.push(("TimeoutSeconds", workflow.timeout_seconds.into()));
    expr::object(pairs)
}

/// The states of a machine, or of one branch.
struct States<'a> {
    called: &'a dyn Fn(Id<Service>) -> Expression,
    states: Vec<(String, Expression)>,
}

/// The arguments of one state.
type Fields = Vec<(&'static str, Expression)>;

impl<'a> States<'a> {
    /// `StartAt` and `States` of a list of steps.
    fn of(steps: &[Step], called: &'a dyn Fn(Id<Service>) -> Expression) -> [(&'static str, Expression); 2] {
        let mut states = States { called, states: vec![] };
        states.list(steps, None);
        let first = steps.first().map_or("", |step| &step.name);
        [("StartAt", first.into()), ("States", expr::object(states.states))]
    }

    /// Adds the states of steps, the last of which goes on to a state of this name or ends.
    fn list(&mut self, steps: &[Step], behind: Option<&str>) {
        for (number, step) in steps.iter().enumerate() {
            let next = steps.get(number + 1).map(|step| step.name.as_str());
            self.step(step, next.or(behind));
        }
    }

    fn step(&mut self, step: &Step, next: Option<&str>) {
        let place = self.states.len();
        let fields = match &step.action {
            Action::Call(function) => self.call(step, *function),
            Action::Parallel(branches) => {
                let branches = branches.iter();
                let branches = branches.map(|steps| expr::object(States::of(steps, self.called)));
                vec![
                    ("Type", "Parallel".into()),
                    ("Branches", branches.collect::<Vec<_>>().into()),
                ]
            }
            Action::Choose { cases, otherwise } => return self.choose(&step.name, cases, otherwise, next),
            Action::Wait(seconds) => vec![("Type", "Wait".into()), ("Seconds", (*seconds).into())],
            Action::Fail(reason) => {
                let fields: Fields = vec![
                    ("Type", "Fail".into()),
                    ("Error", FAILED.into()),
                    ("Cause", text(reason).into()),
                ];
                return self.states.push((step.name.clone(), expr::object(fields)));
            }
        };
        let mut fields = fields;
        if let Some(first) = step.catch.first() {
            let caught = object! {
                "ErrorEquals" => list!["States.ALL"],
                "Output" => expression(CAUGHT),
                "Next" => first.name.as_str(),
            };
            fields.push(("Catch", list![caught]));
        }
        fields.push(match next {
            Some(next) => ("Next", next.into()),
            None => ("End", true.into()),
        });
        self.states.insert(place, (step.name.clone(), expr::object(fields)));
        self.list(&step.catch, next);
    }

    fn call(&self, step: &Step, function: Id<Service>) -> Fields {
        let arguments = object! {
            "FunctionName" => (self.called)(function),
            "Payload" => expression("$states.input"),
        };
        let own = StepRetry {
            attempts: TRIES,
            seconds: 1,
            backoff: 2,
        };
        let errors: Vec<Expression> = TURNED_AWAY.into_iter().map(Expression::from).collect();
        // The first that names an error counts, and no other after it: what the step says must not be cut short.
        let mut retries = match step.retry {
            Some(said) if said.attempts >= TRIES => vec![],
            Some(said) => vec![retry(
                errors,
                StepRetry {
                    attempts: TRIES,
                    ..said
                },
            )],
            None => vec![retry(errors, own)],
        };
        retries.extend(step.retry.map(|said| retry(vec!["States.ALL".into()], said)));
        vec![
            ("Type", "Task".into()),
            ("Resource", "arn:aws:states:::lambda:invoke".into()),
            ("Arguments", arguments),
            ("Output", expression("$states.result.Payload").into()),
            ("Retry", Expression::Array(retries)),
        ]
    }

    fn choose(&mut self, name: &str, cases: &[Case], otherwise: &[Step], next: Option<&str>) {
        // A choice cannot end a machine, nor can a case without steps. Names of steps have no space.
        let end = format!("{name} done");
        let is_left = otherwise.is_empty() || cases.iter().any(|case| case.steps.is_empty());
        let after = next.unwrap_or(&end);
        let first = |steps: &[Step]| steps.first().map_or(after.to_owned(), |step| step.name.clone());
        let choices = cases.iter().map(|case| {
            object! {
                "Condition" => expression(&condition(case)),
                "Next" => first(&case.steps),
            }
        });
        let fields: Fields = vec![
            ("Type", "Choice".into()),
            ("Choices", choices.collect::<Vec<_>>().into()),
            ("Default", first(otherwise).into()),
        ];
        self.states.push((name.to_owned(), expr::object(fields)));
        for steps in cases.iter().map(|case| case.steps.as_slice()).chain([otherwise]) {
            self.list(steps, next);
        }
        if next.is_none() && is_left {
            self.states.push((end, object! { "Type" => "Succeed" }));
        }
    }
}

fn retry(errors: Vec<Expression>, said: StepRetry) -> Expression {
    object! {
        "ErrorEquals" => Expression::Array(errors),
        "IntervalSeconds" => said.seconds,
        "MaxAttempts" => said.attempts,
        "BackoffRate" => said.backoff,
    }
}

/// An expression of JSONata, as a value of the definition.
fn expression(said: &str) -> String {
    format!("{OPENING} {said} {CLOSING}")
}

/// A text of the author's, as a value of the definition.
fn text(said: &str) -> String {
    match said.contains(OPENING) {
        true => expression(&literal(said)),
        false => said.to_owned(),
    }
}

/// A text in an expression. Nothing in it looks like an expression's beginning or end.
fn literal(said: &str) -> String {
    let quoted = serde_json::Value::from(said).to_string();
    quoted.replace('%', "\\u0025")
}

/// What a field has to be: of this type first, for other types hold nothing, and a comparison of them is an error in JSONata. What leads
/// to it are objects: JSONata would look into lists.
fn condition(case: &Case) -> String {
    let mut at = "$states.input".to_owned();
    let mut said = vec![];
    for name in &case.field {
        said.push(format!("$type({at}) = \"object\""));
        at = format!("{at}.`{name}`");
    }
    let number = |number: f64| serde_json::Value::from(number).to_string();
    let (kind, holds) = match &case.holds {
        Condition::Text(text) => ("string", format!("{at} = {}", literal(text))),
        Condition::Number(value) => ("number", format!("{at} = {}", number(*value))),
        Condition::Boolean(value) => ("boolean", format!("{at} = {value}")),
        Condition::Above(value) => ("number", format!("{at} > {}", number(*value))),
        Condition::Below(value) => ("number", format!("{at} < {}", number(*value))),
    };
    said.push(format!("$type({at}) = \"{kind}\""));
    format!("({}) ? {holds} : false", said.join(" and "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn case(field: &[&str], holds: Condition) -> Case {
        Case {
            field: field.iter().map(|name| (*name).to_owned()).collect(),
            holds,
            steps: vec![],
        }
    }

    #[test]
    fn a_condition_asks_for_types_before_it_compares() {
        assert_eq!(
            condition(&case(&["week", "ended"], Condition::Boolean(true))),
            "($type($states.input) = \"object\" and $type($states.input.`week`) = \"object\" and \
             $type($states.input.`week`.`ended`) = \"boolean\") ? $states.input.`week`.`ended` = true : false"
        );
        assert!(condition(&case(&["n"], Condition::Above(-2.5))).ends_with("? $states.input.`n` > -2.5 : false"));
        assert!(condition(&case(&["n"], Condition::Below(1e300))).contains(" < 1e"));
    }

    #[test]
    fn texts_are_no_expressions() {
        assert_eq!(text("it is over"), "it is over");
        assert_eq!(text("{% $x %}"), "{% \"{\\u0025 $x \\u0025}\" %}");
        assert_eq!(literal("\"a\" \\ %}"), r#""\"a\" \\ \u0025}""#);
    }
}
