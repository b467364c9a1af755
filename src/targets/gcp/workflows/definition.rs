//! Steps in the language of Workflows.
//!
//! What goes on stands in the variable `document`. Workflows has no time for a whole run, so every call and every wait looks at
//! `deadline`, and what catches errors lets go what comes after it. A branch of a parallel step is a subworkflow: it has a document of its
//! own. Names of ours have a capital letter, names of the author have none.

use std::collections::BTreeMap;

use hcl::Expression;

use crate::check::{gcp_condition as condition, gcp_value as value};
use crate::ir::{Action, Id, Service, Step, StepRetry, Workflow};
use crate::terraform::expr;
use crate::{list, object};

/// Seconds beside a function's own in which an instance of it starts.
const START: u32 = 60;

/// The subworkflow that calls a function.
const CALL: &str = "callFunction";
/// The one that waits.
const PAUSE: &str = "pause";
/// The one that makes a text of an error.
const TELL: &str = "tellError";
/// Characters of an answer that `catch` gets.
const CHARACTERS: u32 = 4096;
/// Nothing, as an expression: `null` by itself may be taken for a key that is not there.
const NOTHING: &str = "${null}";
/// What a run says that takes too long.
const LATE: &str = "the run took longer than it may";

/// What is called: where it is, and the seconds that it may take.
pub(super) type Functions = BTreeMap<Id<Service>, (Expression, u32)>;

/// The whole definition.
pub(super) fn lower(workflow: &Workflow, functions: &Functions) -> Expression {
    let mut all = Subworkflows {
        functions,
        made: vec![],
        waits: false,
        catches: false,
    };
    let begin = list![
        object! { "document" => expr::object(Vec::<(String, Expression)>::new()) },
        object! { "document" => "${default(input, document)}" },
        object! { "deadline" => format!("${{int(sys.now()) + {}}}", workflow.timeout_seconds) },
    ];
    let begin = step("Begin", object! { "assign" => begin });
    let steps = all.steps(&workflow.steps);
    let steps = std::iter::once(begin).chain(steps).chain([answer()]);
    let main = object! { "params" => list!["input"], "steps" => Expression::Array(steps.collect()) };
    let mut parts = vec![("main".to_owned(), main)];
    parts.append(&mut all.made);
    if !functions.is_empty() {
        parts.push((CALL.to_owned(), call()));
    }
    if all.waits || !functions.is_empty() {
        parts.push((PAUSE.to_owned(), pause()));
    }
    if all.catches {
        parts.push((TELL.to_owned(), tell()));
    }
    expr::object(parts)
}

/// What is made of the steps beside the list that they stand in.
struct Subworkflows<'a> {
    functions: &'a Functions,
    /// Of branches.
    made: Vec<(String, Expression)>,
    waits: bool,
    catches: bool,
}

impl Subworkflows<'_> {
    fn steps(&mut self, steps: &[Step]) -> Vec<Expression> {
        steps.iter().flat_map(|step| self.step(step)).collect()
    }

    /// Steps that have to be some: there is nothing to do where there are none.
    fn some(&mut self, name: &str, steps: &[Step]) -> Expression {
        let mut steps = self.steps(steps);
        if steps.is_empty() {
            let nothing = list![object! { "document" => "${document}" }];
            steps.push(step(&format!("{name}_Nothing"), object! { "assign" => nothing }));
        }
        Expression::Array(steps)
    }

    fn step(&mut self, item: &Step) -> Vec<Expression> {
        let name = identifier(&item.name);
        match &item.action {
            Action::Call(function) => {
                let call = self.call(*function, item.retry);
                vec![step(&name, self.caught(&name, call, &item.catch))]
            }
            Action::Parallel(branches) => {
                let steps = self.parallel(&name, branches);
                match item.catch.is_empty() {
                    true => steps,
                    false => {
                        let tried = object! { "steps" => Expression::Array(steps) };
                        vec![step(&format!("{name}_Caught"), self.caught(&name, tried, &item.catch))]
                    }
                }
            }
            Action::Choose { cases, otherwise } => {
                let mut entries = vec![];
                for (index, case) in cases.iter().enumerate() {
                    let steps = self.some(&format!("{name}_{}", index + 1), &case.steps);
                    entries.push(object! { "condition" => condition(case), "steps" => steps });
                }
                if !otherwise.is_empty() {
                    let steps = Expression::Array(self.steps(otherwise));
                    entries.push(object! { "condition" => "${true}", "steps" => steps });
                }
                vec![step(&name, object! { "switch" => Expression::Array(entries) })]
            }
            Action::Wait(seconds) => {
                self.waits = true;
                let arguments = object! { "seconds" => *seconds, "deadline" => "${deadline}" };
                vec![step(&name, object! { "call" => PAUSE, "args" => arguments })]
            }
            Action::Fail(reason) => vec![step(&name, object! { "raise" => value(reason) })],
        }
    }

    fn call(&self, function: Id<Service>, retry: Option<StepRetry>) -> Expression {
        let (url, seconds) = &self.functions[&function];
        let retry = retry.unwrap_or(StepRetry {
            attempts: 0,
            seconds: 0,
            backoff: 1,
        });
        let arguments = object! {
            "url" => url.clone(),
            "document" => "${document}",
            "seconds" => seconds + START,
            "retries" => retry.attempts,
            "wait" => retry.seconds,
            "backoff" => retry.backoff,
            "deadline" => "${deadline}",
        };
        object! { "call" => CALL, "args" => arguments, "result" => "document" }
    }

    /// What is tried, with what is done when it fails; not when it is the run's time that is over.
    fn caught(&mut self, name: &str, tried: Expression, catch: &[Step]) -> Expression {
        if catch.is_empty() {
            return tried;
        }
        self.catches = true;
        let late = list![object! { "condition" => "${sys.now() >= deadline}", "raise" => "${error}" }];
        let tell = object! { "call" => TELL, "args" => object! { "error" => "${error}" }, "result" => "told" };
        let document = object! { "error" => "${told}", "input" => "${document}" };
        let failed = [
            step(&format!("{name}_Late"), object! { "switch" => late }),
            step(&format!("{name}_Told"), tell),
            step(
                &format!("{name}_Failed"),
                object! { "assign" => list![object! { "document" => document }] },
            ),
        ];
        let steps = failed.into_iter().chain(self.steps(catch)).collect();
        let except = object! { "as" => "error", "steps" => Expression::Array(steps) };
        object! { "try" => tried, "except" => except }
    }

    /// Each branch ends in a variable that the list of all is made of.
    fn parallel(&mut self, name: &str, branches: &[Vec<Step>]) -> Vec<Expression> {
        let ends: Vec<String> = (1..=branches.len()).map(|number| format!("{name}_{number}")).collect();
        let mut lowered = vec![];
        for (end, branch) in ends.iter().zip(branches) {
            let part = format!("{end}_Steps");
            let arguments = object! { "document" => "${document}", "deadline" => "${deadline}" };
            let run = object! { "call" => part.as_str(), "args" => arguments, "result" => end.as_str() };
            let run = step(&format!("{end}_Run"), run);
            lowered.push(object! { end.as_str() => object! { "steps" => list![run] } });
            let mut steps = self.steps(branch);
            steps.push(answer());
            let body = object! { "params" => list!["document", "deadline"], "steps" => Expression::Array(steps) };
            self.made.push((part, body));
        }
        let none = ends.iter().map(|end| object! { end.as_str() => NOTHING });
        let none = object! { "assign" => Expression::Array(none.collect()) };
        let shared = ends.iter().map(|end| end.as_str().into()).collect();
        let parallel = object! { "shared" => Expression::Array(shared), "branches" => Expression::Array(lowered) };
        let all = ends.iter().map(|end| format!("${{{end}}}").into()).collect();
        let all = list![object! { "document" => Expression::Array(all) }];
        vec![
            step(&format!("{name}_Ends"), none),
            step(name, object! { "parallel" => parallel }),
            step(&format!("{name}_All"), object! { "assign" => all }),
        ]
    }
}

/// The name of a step. Those of the author have hyphens, which Workflows does not know; `end` and the like are words of its own.
fn identifier(name: &str) -> String {
    match name {
        "end" | "break" | "continue" => format!("{name}_"),
        name => name.replace('-', "_"),
    }
}

fn step(name: &str, does: Expression) -> Expression {
    object! { name => does }
}

/// Ends with the document.
fn answer() -> Expression {
    step("Done", object! { "return" => "${document}" })
}

/// Fails when the run's time is over.
fn in_time(name: &str) -> Expression {
    let late = object! { "condition" => "${sys.now() >= deadline}", "raise" => LATE };
    step(name, object! { "switch" => list![late] })
}

/// Calls a function, again if it fails, and gives its answer, which is JSON.
fn call() -> Expression {
    let post = object! {
        "url" => "${url}",
        "auth" => object! { "type" => "OIDC", "audience" => "${url}" },
        "headers" => object! { "Content-Type" => "application/json" },
        "body" => "${json.encode(document)}",
        "timeout" => "${math.min(seconds, deadline - int(sys.now()))}",
    };
    let send = step(
        "send",
        object! { "call" => "http.post", "args" => post, "result" => "answer" },
    );
    let kind = list![object! {
        "kind" => "${default(map.get(answer.headers, \"Content-Type\"), default(map.get(answer.headers, \"content-type\"), \"\"))}",
    }];
    let json = "${text.match_regex(kind, \"^application/json.*\")}";
    let read_already = "${not(get_type(answer.body) in [\"string\", \"bytes\"])}";
    let empty = "${get_type(answer.body) == \"string\" and answer.body == \"\"}";
    let read = list![
        object! { "condition" => json, "return" => "${answer.body}" },
        object! { "condition" => read_already, "return" => "${answer.body}" },
        object! { "condition" => empty, "return" => NOTHING },
    ];
    let tried = list![
        send,
        step("kind", object! { "assign" => kind }),
        step("read", object! { "switch" => read }),
        step("decode", object! { "return" => "${json.decode(answer.body)}" }),
    ];
    let last = object! { "condition" => "${retries == 0}", "raise" => "${error}" };
    let pause = object! { "seconds" => "${wait}", "deadline" => "${deadline}" };
    let less = list![
        object! { "retries" => "${retries - 1}" },
        object! { "wait" => "${wait * backoff}" },
    ];
    let again = list![
        step("last", object! { "switch" => list![last] }),
        step("waiting", object! { "call" => PAUSE, "args" => pause }),
    ];
    let attempt = object! {
        "try" => object! { "steps" => tried },
        "except" => object! { "as" => "error", "steps" => again },
    };
    let params = list!["url", "document", "seconds", "retries", "wait", "backoff", "deadline"];
    let again = object! { "assign" => less, "next" => "attempt" };
    let steps = list![in_time("attempt"), step("calling", attempt), step("again", again)];
    object! { "params" => params, "steps" => steps }
}

/// Waits, as long as the run may take at most.
fn pause() -> Expression {
    let left = "${math.max(0, math.min(seconds, deadline - int(sys.now())))}";
    let sleep = object! { "call" => "sys.sleep", "args" => object! { "seconds" => left } };
    object! {
        "params" => list!["seconds", "deadline"],
        "steps" => list![step("sleep", sleep), in_time("late")],
    }
}

/// The beginning of a text: a run has little memory, and what a function answers may be long.
fn cut(text: &str) -> String {
    format!("text.substring({text}, 0, math.min({CHARACTERS}, len({text})))")
}

/// The text of an error: itself if it is one, of several branches what each says, else its message, with what a function answered.
fn tell() -> Expression {
    let said = |begin: &str, end: &str, body: &str| {
        let body = cut(body);
        object! { "condition" => format!("{begin}{end}"), "return" => format!("${{error.message + \": \" + {body}}}") }
    };
    let ways = list![
        object! { "condition" => "${get_type(error) == \"string\"}", "return" => "${error}" },
        object! {
            "condition" => "${map.get(error, \"branches\") != null}",
            "return" => format!("${{{}}}", cut("json.encode_to_string(error.branches)")),
        },
        said(
            "${get_type(map.get(error, \"body\")) == \"string\"",
            " and error.body != \"\"}",
            "error.body"
        ),
        said(
            "${get_type(map.get(error, \"body\")) in [\"list\", \"map\"]",
            "}",
            "json.encode_to_string(error.body)",
        ),
        object! {
            "condition" => "${get_type(map.get(error, \"message\")) == \"string\"}",
            "return" => "${error.message}",
        },
    ];
    let rest = object! { "return" => format!("${{{}}}", cut("json.encode_to_string(error)")) };
    object! {
        "params" => list!["error"],
        "steps" => list![step("known", object! { "switch" => ways }), step("other", rest)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Home;

    fn lowered(steps: Vec<Step>) -> String {
        let workflow = Workflow {
            name: "nightly".to_owned(),
            home: Home {
                domain: None,
                name: "nightly".to_owned(),
            },
            path: "workflows.nightly".to_owned(),
            steps,
            schedule: None,
            timeout_seconds: 60,
        };
        format!("{:?}", lower(&workflow, &Functions::new()))
    }

    fn step(name: &str, action: Action, catch: Vec<Step>) -> Step {
        Step {
            name: name.to_owned(),
            action,
            retry: None,
            catch,
        }
    }

    #[test]
    fn only_what_is_needed_is_there() {
        let waits = lowered(vec![step("rest", Action::Wait(5), vec![])]);
        assert!(waits.contains(PAUSE) && !waits.contains(CALL) && !waits.contains(TELL));
        let fails = lowered(vec![step("end", Action::Fail("no".to_owned()), vec![])]);
        assert!(fails.contains("end_") && !fails.contains(PAUSE));
    }

    #[test]
    fn what_is_caught_is_not_the_end_of_time() {
        let branches = vec![
            vec![step("a", Action::Wait(1), vec![])],
            vec![step("b", Action::Wait(1), vec![])],
        ];
        let tidy = step("tidy", Action::Wait(2), vec![]);
        let both = lowered(vec![step("both", Action::Parallel(branches), vec![tidy])]);
        let places = ["both_Late", "both_Told", "both_Failed", "tidy"].map(|name| both.find(name));
        assert!(places.is_sorted() && places[0].is_some(), "{places:?}");
        assert!(
            both.contains("text.substring(error.body, 0, math.min(4096, len(error.body)))"),
            "{both}"
        );
    }
}
