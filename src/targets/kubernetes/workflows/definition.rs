//! The steps of a workflow as templates of Argo.
//!
//! A list of steps is a template of its own, each step a group of one: the document comes in as its parameter, and what the last step
//! leaves goes out. Nothing that the author wrote stands in an expression: names of steps are letters, digits and hyphens, and what else
//! there is to say of a step goes to a file that its pod reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pods::{joins, pods};
use crate::ir::{Action, Case, Condition, Id, Service, Step, StepRetry};
use crate::kubernetes::custom::argo::{Arguments, ContinueOn, Parameter, Step as Entry, Suspend, Template, ValueFrom};

/// What goes on between steps.
pub(super) const DOCUMENT: &str = "document";
/// The list that a run begins with.
pub(super) const MAIN: &str = "main";

/// Steps as templates, and what their pods read.
#[derive(Debug)]
pub(super) struct Definition {
    /// The main list first.
    pub(super) templates: Vec<Template>,
    /// What the author said of steps, by name.
    pub(super) told: BTreeMap<String, Value>,
}

/// What is known of a function that is called.
pub(super) struct Called {
    pub(super) url: String,
    /// Seconds that an answer may take.
    pub(super) seconds: u32,
}

/// The templates of a workflow.
pub(super) fn definition(steps: &[Step], called: &dyn Fn(Id<Service>) -> Called) -> Definition {
    let mut writer = Writer {
        called,
        templates: vec![],
        told: BTreeMap::new(),
    };
    writer.list(MAIN.to_owned(), steps);
    let mut all = writer.templates;
    let used: Vec<&str> = all
        .iter()
        .flat_map(|template| template.steps.iter().flatten())
        .map(|step| step.template.as_str())
        .collect();
    let pods = pods().into_iter().filter(|pod| used.contains(&pod.name.as_str()));
    let pods: Vec<Template> = pods.collect();
    all.extend(pods);
    Definition {
        templates: all,
        told: writer.told,
    }
}

struct Writer<'a> {
    called: &'a dyn Fn(Id<Service>) -> Called,
    templates: Vec<Template>,
    told: BTreeMap<String, Value>,
}

impl Writer<'_> {
    /// A list of steps.
    fn list(&mut self, name: String, steps: &[Step]) {
        let place = self.templates.len();
        let mut groups = vec![];
        let mut document = input();
        for step in steps {
            let template = self.step(step);
            let mut arguments = vec![];
            if !matches!(step.action, Action::Wait(_) | Action::Fail(_)) {
                arguments.push(given(DOCUMENT, tag(&document)));
            }
            match &step.action {
                Action::Call(function) if step.catch.is_empty() => {
                    arguments.extend(self.call(*function, step.retry, false))
                }
                Action::Fail(_) => arguments.push(given("step", step.name.clone())),
                _ => {}
            }
            groups.push(vec![entry(&step.name, template, arguments)]);
            if !matches!(step.action, Action::Wait(_) | Action::Fail(_)) {
                document = output(&step.name, DOCUMENT);
            }
        }
        self.templates.insert(place, passes(name, groups, document));
    }

    /// The template of a step, which is made where it is its own.
    fn step(&mut self, step: &Step) -> String {
        let own = format!("step-{}", step.name);
        match &step.action {
            Action::Call(_) if step.catch.is_empty() => return "call".to_owned(),
            Action::Call(function) => self.caught(step, *function, own.clone()),
            Action::Parallel(branches) => self.parallel(step, branches, own.clone()),
            Action::Choose { cases, otherwise } => self.choose(step, cases, otherwise, own.clone()),
            Action::Wait(seconds) => self.templates.push(Template {
                name: own.clone(),
                suspend: Some(Suspend {
                    duration: seconds.to_string(),
                }),
                ..Default::default()
            }),
            Action::Fail(reason) => {
                self.told.insert(step.name.clone(), json!(reason));
                return "fail".to_owned();
            }
        }
        own
    }

    /// What a call is told besides the document.
    fn call(&self, function: Id<Service>, retry: Option<StepRetry>, caught: bool) -> Vec<Parameter> {
        let called = (self.called)(function);
        let (attempts, pause, backoff) =
            retry.map_or((0, 0, 1), |retry| (retry.attempts, retry.seconds, retry.backoff));
        vec![
            given("url", called.url),
            given("seconds", called.seconds.to_string()),
            given("attempts", attempts.to_string()),
            given("pause", pause.to_string()),
            given("backoff", backoff.to_string()),
            given("caught", u8::from(caught).to_string()),
        ]
    }

    /// A call, and what is done where it has failed for good.
    fn caught(&mut self, step: &Step, function: Id<Service>, name: String) {
        let catch = format!("catch-of-{}", step.name);
        let mut arguments = vec![given(DOCUMENT, tag(&input()))];
        arguments.extend(self.call(function, step.retry, true));
        let call = entry("call", "call".to_owned(), arguments);
        let mut caught = passed_to("catch", catch.clone(), &output("call", DOCUMENT));
        caught.when = Some(format!("{} == 1", tag(&output("call", "failed"))));
        let document = format!(
            "{} == '1' ? {} : {}",
            indexed(&output("call", "failed")),
            indexed(&output("catch", DOCUMENT)),
            indexed(&output("call", DOCUMENT))
        );
        self.templates
            .push(passes_what(name, vec![vec![call], vec![caught]], document));
        self.list(catch, &step.catch);
    }

    fn choose(&mut self, step: &Step, cases: &[Case], otherwise: &[Step], name: String) {
        let place = self.templates.len();
        let cases_told: Vec<Value> = cases.iter().map(told).collect();
        self.told.insert(step.name.clone(), json!(cases_told));
        let arguments = vec![given(DOCUMENT, tag(&input())), given("step", step.name.clone())];
        let choose = entry("choose", "choose".to_owned(), arguments);
        let chosen = output("choose", "case");
        let mut ways: Vec<Entry> = vec![];
        let mut document = String::new();
        let lists = cases.iter().map(|case| case.steps.as_slice());
        let mut lists: Vec<(usize, String, &[Step])> = lists
            .enumerate()
            .map(|(index, steps)| (index + 1, format!("case-{}", index + 1), steps))
            .collect();
        lists.push((0, "otherwise".to_owned(), otherwise));
        lists.retain(|(.., steps)| !steps.is_empty());
        for (number, way, steps) in lists {
            let template = format!("{way}-of-{}", step.name);
            let mut entry = passed_to(&way, template.clone(), &input());
            entry.when = Some(format!("{} == {number}", tag(&chosen)));
            ways.push(entry);
            document.push_str(&format!(
                "{} == '{number}' ? {} : ",
                indexed(&chosen),
                indexed(&output(&way, DOCUMENT))
            ));
            self.list(template, steps);
        }
        document.push_str(&indexed(&input()));
        let mut groups = vec![vec![choose]];
        if !ways.is_empty() {
            groups.push(ways);
        }
        self.templates.insert(place, passes_what(name, groups, document));
    }

    fn parallel(&mut self, step: &Step, branches: &[Vec<Step>], name: String) {
        let place = self.templates.len();
        let is_caught = !step.catch.is_empty();
        let ways: Vec<String> = (1..=branches.len()).map(|number| format!("branch-{number}")).collect();
        let mut beside = vec![];
        for (way, steps) in ways.iter().zip(branches) {
            let template = format!("{way}-of-{}", step.name);
            let mut entry = passed_to(way, template.clone(), &input());
            entry.continue_on = is_caught.then_some(ContinueOn {
                error: true,
                failed: true,
            });
            beside.push(entry);
            self.list(template, steps);
        }
        let joined = ways.iter().enumerate();
        let joined = joined.map(|(index, way)| given(&numbered(index), tag(&output(way, DOCUMENT))));
        let join = format!("join-of-{}", step.name);
        let mut join_entry = entry("join", join.clone(), joined.collect());
        let mut groups = vec![beside];
        let mut document = indexed(&output("join", DOCUMENT));
        if is_caught {
            let state = |way: &String| tag(&format!("steps.{way}.status"));
            let all = ways.iter().map(|way| format!("'{}' == 'Succeeded'", state(way)));
            let all = all.collect::<Vec<_>>().join(" && ");
            join_entry.when = Some(all);
            // What they end with may be too much together.
            join_entry.continue_on = Some(ContinueOn {
                error: true,
                failed: true,
            });
            let failed = format!("'{}' != 'Succeeded'", state(&"join".to_owned()));
            let states: Vec<String> = ways.iter().map(state).collect();
            let arguments = vec![
                given(DOCUMENT, tag(&input())),
                given("step", step.name.clone()),
                given("states", states.join(" ")),
            ];
            let mut excuse = entry("excuse", "excuse".to_owned(), arguments);
            excuse.when = Some(failed.clone());
            groups.push(vec![join_entry]);
            groups.push(vec![excuse]);
            let catch = format!("catch-of-{}", step.name);
            let mut caught = passed_to("catch", catch.clone(), &output("excuse", DOCUMENT));
            caught.when = Some(failed);
            groups.push(vec![caught]);
            document = format!(
                "steps['join'].status == 'Succeeded' ? {document} : {}",
                indexed(&output("catch", DOCUMENT))
            );
            self.list(catch, &step.catch);
        } else {
            groups.push(vec![join_entry]);
        }
        self.templates.push(joins(join, branches.len()));
        self.templates.insert(place, passes_what(name, groups, document));
    }
}

/// The document that a list gets.
fn input() -> String {
    format!("inputs.parameters.{DOCUMENT}")
}

/// What a step of the same list left.
fn output(step: &str, name: &str) -> String {
    format!("steps.{step}.outputs.parameters.{name}")
}

/// A value's place, as templates are filled with it.
pub(super) fn tag(place: &str) -> String {
    format!("{{{{{place}}}}}")
}

/// A value's place, as expressions name it: a hyphen would take from it.
fn indexed(place: &str) -> String {
    match place.strip_prefix("steps.").and_then(|rest| rest.split_once('.')) {
        Some((step, rest)) => format!("steps['{step}'].{rest}"),
        None => place.to_owned(),
    }
}

fn given(name: &str, value: String) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: Some(value),
        value_from: None,
    }
}

pub(super) fn wanted(name: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: None,
        value_from: None,
    }
}

pub(super) fn left(name: &str, from: ValueFrom) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value: None,
        value_from: Some(from),
    }
}

fn entry(name: &str, template: String, parameters: Vec<Parameter>) -> Entry {
    Entry {
        name: name.to_owned(),
        template,
        arguments: Arguments { parameters },
        when: None,
        continue_on: None,
    }
}

fn passed_to(name: &str, template: String, document: &str) -> Entry {
    entry(name, template, vec![given(DOCUMENT, tag(document))])
}

/// A list that ends with what stands in a place.
fn passes(name: String, steps: Vec<Vec<Entry>>, place: String) -> Template {
    passes_what(name, steps, indexed(&place))
}

/// A list that ends with what an expression says.
fn passes_what(name: String, steps: Vec<Vec<Entry>>, expression: String) -> Template {
    Template {
        name,
        inputs: Arguments {
            parameters: vec![wanted(DOCUMENT)],
        },
        outputs: Arguments {
            parameters: vec![left(DOCUMENT, ValueFrom::Expression(expression))],
        },
        steps,
        ..Default::default()
    }
}

fn told(case: &Case) -> Value {
    let holds = match &case.holds {
        Condition::Text(text) => json!({ "equals": text }),
        Condition::Number(number) => json!({ "equals": number }),
        Condition::Boolean(value) => json!({ "equals": value }),
        Condition::Above(number) => json!({ "above": number }),
        Condition::Below(number) => json!({ "below": number }),
    };
    json!({ "field": case.field, "holds": holds })
}

/// The documents that branches end with.
pub(super) fn numbered(index: usize) -> String {
    format!("{DOCUMENT}-{}", index + 1)
}
