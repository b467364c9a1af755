//! The steps of workflows, and what is watched about them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Linker};
use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, Scalar};
use crate::diagnostic::{Diagnostic, Span, semantic, workflow as rules};
use crate::ir::{Action, Case, Condition, Id, Resource, Step, StepRetry, System, Workflow, WorkflowAlarm};

/// Steps in steps, at most: a sub-workflow of Google Cloud is called at most 20 deep, and nobody reads further.
const DEPTH: usize = 5;
/// Steps of a workflow with those in steps, at most: well below what the definition of any cloud may hold (Logic Apps: 500 actions).
const STEPS: usize = 100;

/// Resolves the steps of every workflow.
pub(super) fn resolve(
    blueprint: &Blueprint,
    system: &mut System,
    names: &BTreeMap<String, Component>,
    problems: &mut Vec<Diagnostic>,
) {
    let workflows: Vec<Id<Workflow>> = system.workflows.iter().map(|(id, _)| id).collect();
    let said = blueprint.model.scopes().flat_map(|scope| {
        let workflows = scope.workflows.values();
        workflows.map(move |said| (scope.domain, said))
    });
    for (id, (domain, said)) in workflows.into_iter().zip(said) {
        let path = system.workflows[id].path.clone();
        let linker = Linker {
            blueprint,
            names,
            domain,
            service: path.clone(),
            problems,
        };
        let mut reader = Steps {
            linker,
            taken: BTreeSet::new(),
            count: 0,
        };
        reader.reserve(&said.steps, "steps");
        let steps = reader.all(system, &said.steps, "steps", 0);
        let count = reader.count;
        if count > STEPS {
            let at = blueprint.places.key(&format!("{path}.steps"));
            problems.push(rules::too_many(at, count, STEPS));
        }
        system.workflows[id].steps = steps;
    }
}

/// Reads the steps of one workflow.
struct Steps<'a> {
    linker: Linker<'a>,
    /// Names of steps.
    taken: BTreeSet<String>,
    count: usize,
}

impl Steps<'_> {
    fn at(&self, place: &str) -> Option<Span> {
        let path = format!("{}.{place}", self.linker.service);
        let places = &self.linker.blueprint.places;
        places.key(&path).or(places.span(&path))
    }

    fn report(&mut self, problem: Diagnostic) {
        self.linker.problems.push(problem);
    }

    /// Takes the names that the author gives before those that follow.
    fn reserve(&mut self, steps: &[model::Step], place: &str) {
        for (step, place) in placed(steps, place) {
            if let Some(name) = &step.name
                && !self.taken.insert(name.to_string())
            {
                let at = self.at(&format!("{place}.name"));
                self.report(rules::same_name(at, name.as_str()));
            }
            for (inner, place) in inside(step, &place) {
                self.reserve(inner, &place);
            }
        }
    }

    fn all(&mut self, system: &System, steps: &[model::Step], place: &str, depth: usize) -> Vec<Step> {
        if depth > DEPTH && !steps.is_empty() {
            let at = self.at(place);
            self.report(rules::too_deep(at, DEPTH));
            return vec![];
        }
        self.count += steps.len();
        let mut read = vec![];
        for (step, place) in placed(steps, place) {
            if read
                .last()
                .is_some_and(|last: &Step| matches!(last.action, Action::Fail(_)))
            {
                let at = self.at(&place);
                self.report(rules::never_reached(at));
                break;
            }
            read.extend(self.step(system, step, &place, depth));
        }
        read
    }

    fn step(&mut self, system: &System, said: &model::Step, place: &str, depth: usize) -> Option<Step> {
        let does = does(said);
        let [kind] = does[..] else {
            let at = self.at(place);
            self.report(rules::step_unclear(at, &does));
            return None;
        };
        self.others(kind, said, place);
        let action = self.action(system, said, (kind, place), depth);
        // What is inside is read even where the step itself is wrong, so that all problems are told at once.
        let catch = self.all(system, &said.catch, &format!("{place}.catch"), depth + 1);
        let action = action?;
        let name = match (&said.name, &action) {
            (Some(name), _) => name.to_string(),
            (None, Action::Call(function)) => self.name(&system.services[*function].home.name),
            (None, _) => self.name(kind.split('_').next().unwrap_or(kind)),
        };
        Some(Step {
            name,
            action,
            retry: said.retry.map(|said| StepRetry {
                attempts: said.attempts,
                seconds: said.seconds,
                backoff: said.backoff,
            }),
            catch,
        })
    }

    fn action(
        &mut self,
        system: &System,
        said: &model::Step,
        (kind, place): (&str, &str),
        depth: usize,
    ) -> Option<Action> {
        match kind {
            "call" => {
                let (component, at, name) = self.linker.resolve_one(&format!("{place}.call"), said.call.as_ref()?)?;
                match component {
                    Component::Function(id) => Some(Action::Call(id)),
                    other => {
                        self.report(rules::calls_other(at, &name, other.kind()));
                        None
                    }
                }
            }
            "parallel" => {
                let place = format!("{place}.parallel");
                if said.parallel.len() < 2 || said.parallel.iter().any(Vec::is_empty) {
                    let at = self.at(&place);
                    self.report(rules::one_branch(at));
                }
                let branches = said.parallel.iter().enumerate();
                let read =
                    branches.map(|(index, steps)| self.all(system, steps, &format!("{place}.{index}"), depth + 1));
                Some(Action::Parallel(read.collect()))
            }
            "choose" => {
                let mut cases = vec![];
                for (index, case) in said.choose.iter().enumerate() {
                    let place = format!("{place}.choose.{index}");
                    let holds = self.condition(case, &place);
                    let steps = self.all(system, &case.steps, &format!("{place}.steps"), depth + 1);
                    cases.extend(holds.map(|holds| Case {
                        field: case.field.as_str().split('.').map(str::to_owned).collect(),
                        holds,
                        steps,
                    }));
                }
                let otherwise = self.all(system, &said.otherwise, &format!("{place}.otherwise"), depth + 1);
                Some(Action::Choose { cases, otherwise })
            }
            "wait_seconds" => said.wait_seconds.map(Action::Wait),
            _ => {
                let reason = said.fail.as_ref()?;
                if reason.chars().any(char::is_control) {
                    let at = self
                        .linker
                        .blueprint
                        .places
                        .span(&format!("{}.{place}.fail", self.linker.service));
                    self.report(semantic::control_character(at, "this reason"));
                }
                Some(Action::Fail(reason.clone()))
            }
        }
    }

    fn condition(&mut self, said: &model::Case, place: &str) -> Option<Condition> {
        let equals = said.equals.as_ref().map(|value| match value {
            Scalar::Boolean(value) => Condition::Boolean(*value),
            Scalar::Number(value) => Condition::Number(*value),
            Scalar::Text(value) => Condition::Text(value.clone()),
        });
        let all = [
            equals,
            said.above.map(Condition::Above),
            said.below.map(Condition::Below),
        ];
        let mut all: Vec<Condition> = all.into_iter().flatten().collect();
        if all.len() != 1 {
            let at = self.at(place);
            self.report(rules::condition_unclear(at, all.len()));
        }
        if let Some(Condition::Text(text)) = all.first()
            && text.chars().any(char::is_control)
        {
            let path = format!("{}.{place}.equals", self.linker.service);
            let at = self.linker.blueprint.places.span(&path);
            self.report(semantic::control_character(at, "this text"));
        }
        all.pop()
    }

    /// Reports what is said of other actions than this one.
    fn others(&mut self, kind: &str, said: &model::Step, place: &str) {
        let keys: [(&str, bool, &[&str]); 3] = [
            ("retry", said.retry.is_some(), &["call"]),
            ("catch", !said.catch.is_empty(), &["call", "parallel"]),
            ("otherwise", !said.otherwise.is_empty(), &["choose"]),
        ];
        for (key, _, of) in keys
            .into_iter()
            .filter(|(_, is_said, of)| *is_said && !of.contains(&kind))
        {
            let of: Vec<String> = of.iter().map(|word| format!("`{word}`")).collect();
            let at = self.at(&format!("{place}.{key}"));
            self.report(rules::step_key(at, key, &of.join(" and ")));
        }
    }

    /// A name that no other step has: the word, else with a number behind it.
    fn name(&mut self, word: &str) -> String {
        let numbered = (2..).map(|number| format!("{word}-{number}"));
        let names = std::iter::once(word.to_owned()).chain(numbered);
        let free = names
            .into_iter()
            .find(|name| !self.taken.contains(name))
            .unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

/// What a step says that it does.
fn does(said: &model::Step) -> Vec<&'static str> {
    let all = [
        ("call", said.call.is_some()),
        ("parallel", !said.parallel.is_empty()),
        ("choose", !said.choose.is_empty()),
        ("wait_seconds", said.wait_seconds.is_some()),
        ("fail", said.fail.is_some()),
    ];
    let does = all.into_iter().filter(|(_, is_said)| *is_said);
    does.map(|(kind, _)| kind).collect()
}

/// Each step with its place.
fn placed<'a>(steps: &'a [model::Step], place: &'a str) -> impl Iterator<Item = (&'a model::Step, String)> {
    let steps = steps.iter().enumerate();
    steps.map(move |(index, step)| (step, format!("{place}.{index}")))
}

/// The lists of steps in a step, with their places.
fn inside<'a>(step: &'a model::Step, place: &str) -> Vec<(&'a [model::Step], String)> {
    let branches = step.parallel.iter().enumerate();
    let branches = branches.map(|(index, steps)| (steps.as_slice(), format!("{place}.parallel.{index}")));
    let cases = step.choose.iter().enumerate();
    let cases = cases.map(|(index, case)| (case.steps.as_slice(), format!("{place}.choose.{index}.steps")));
    let rest = [
        (step.otherwise.as_slice(), format!("{place}.otherwise")),
        (step.catch.as_slice(), format!("{place}.catch")),
    ];
    branches.chain(cases).chain(rest).collect()
}

/// Watches every workflow: runs that fail.
pub(super) fn watch(system: &mut System) {
    let alarms = system.workflows.iter().map(|(id, workflow)| WorkflowAlarm {
        name: format!("{}-failed", workflow.name),
        about: format!(
            "A run of {} failed, or took longer than it may. Its history shows the step and what the step got; start it again when the \
             reason is gone.",
            workflow.name
        ),
        workflow: id,
    });
    system.workflow_alarms = alarms.collect();
}

/// Warns of workflows that nothing starts.
pub(super) fn idle(system: &System, problems: &mut Vec<Diagnostic>) {
    for (id, workflow) in system.workflows.iter() {
        let is_called = system.users_of(Resource::Workflow(id)).next().is_some();
        let has_trigger = system.places.is_said(&format!("{}.trigger.schedule", workflow.path));
        if !has_trigger && !is_called {
            problems.push(rules::idle(system.places.key(&workflow.path), &workflow.home.name));
        }
    }
}

#[cfg(test)]
mod tests;
