//! What a run of a workflow may carry from step to step, and names that sinks and tables need.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, capability, kubernetes};
use crate::ir::{Action, Step, System, Warehouse, Workflow};
use crate::target::Target;

/// Bytes that the object of a run may have, as Argo and etcd take it.
const OBJECT: usize = 1 << 20;
/// Of them for what a run says of itself, and for documents that stand there twice because a pod was lost.
const ITSELF: usize = 64 << 10;
/// Of them for what is said of a step besides documents.
const STEP: usize = 2 << 10;
/// Bytes of a document that no part of a pod's environment is too long for, with those of all branches.
const ENVIRONMENT: usize = 64 << 10;
/// The largest document, however few steps there are.
const LARGEST: usize = 32 << 10;
/// The smallest one that is of any use.
const SMALLEST: usize = 2 << 10;

/// The longest name of a sink: a label's value has 63 characters, and a pod's name a suffix.
const SINK_NAME: usize = 46;
/// The longest name of a table with an index or a function of its own, whose names begin or end with five characters more.
const TABLE_NAME: usize = 63 - "take-".len();

pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    for (_, workflow) in system.workflows.iter() {
        let bytes = document_bytes(workflow);
        if bytes < SMALLEST {
            let at = system.places.key(&format!("{}.steps", workflow.path));
            let at = at.or_else(|| system.places.key(&workflow.path));
            problems.push(kubernetes::too_many_steps(at, &workflow.name, bytes, SMALLEST >> 10));
        }
    }
    let mut sinks: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (_, warehouse) in system.warehouses.iter() {
        for table in &warehouse.tables {
            let path = format!("{}.tables.{}", warehouse.path, table.name);
            let at = || system.places.key(&path).or_else(|| system.places.key(&warehouse.path));
            if table.name.len() > TABLE_NAME && (table.stream.is_some() || table.time.is_some()) {
                let what = "a table with `stream` or `time`";
                problems.push(capability::name_too_long(
                    at(),
                    &table.name,
                    TABLE_NAME,
                    what,
                    Target::Kubernetes,
                ));
            }
            if table.stream.is_none() {
                continue;
            }
            let name = sink_name(warehouse, &table.name);
            if let Some((other, filled)) = sinks.insert(name.clone(), (&warehouse.name, &table.name)) {
                let owner = format!("what fills the table `{filled}` of the warehouse `{other}`");
                problems.push(kubernetes::reserved_name(at(), &name, &owner));
            }
        }
    }
}

/// The name of what makes rows of a stream's records. Tables have underscores, which names of objects have not, and may be long.
pub fn sink_name(warehouse: &Warehouse, table: &str) -> String {
    let spelled = table.replace('_', "-");
    let whole = format!("{}-{}-sink", warehouse.name, spelled);
    if whole.len() <= SINK_NAME && !spelled.ends_with('-') && !spelled.starts_with('-') && !spelled.contains("--") {
        return whole;
    }
    let digest = Sha256::digest(table.as_bytes());
    let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{digits}-sink", warehouse.name)
}

/// Bytes of JSON that goes from step to step, at most. A run keeps what each step got and left in its own object, which has room for
/// 1 MiB when it is compressed: what does not compress is a third longer in it, and some of a hundred for how it is packed.
pub fn document_bytes(workflow: &Workflow) -> usize {
    let mut widest = 1;
    // What it was started with.
    let copies = 1 + list(&workflow.steps, &mut widest);
    let room = OBJECT - ITSELF;
    let room = room.saturating_sub(STEP * steps(&workflow.steps));
    let bytes = (room * 5 / (copies * 7)).min(ENVIRONMENT / widest).min(LARGEST);
    bytes >> 10 << 10
}

/// Steps, with those in steps.
fn steps(all: &[Step]) -> usize {
    let within = |step: &Step| match &step.action {
        Action::Parallel(branches) => branches.iter().map(|branch| steps(branch)).sum(),
        Action::Choose { cases, otherwise } => {
            let cases = cases.iter().map(|case| steps(&case.steps));
            cases.sum::<usize>() + steps(otherwise)
        }
        Action::Call(_) | Action::Wait(_) | Action::Fail(_) => 0,
    };
    all.iter().map(|step| 1 + within(step) + steps(&step.catch)).sum()
}

/// Documents that a run keeps of a list, the longest way through it; and the most branches of a step.
fn list(all: &[Step], widest: &mut usize) -> usize {
    // A list has one as it begins and one as it ends, and a pod both twice: for itself and for all tries together.
    let mut copies = 2;
    for step in all {
        copies += match &step.action {
            Action::Call(_) if step.catch.is_empty() => 4,
            Action::Call(_) => 2 + 4 + list(&step.catch, widest),
            Action::Wait(_) | Action::Fail(_) => 0,
            Action::Choose { cases, otherwise } => {
                let mut longest = list(otherwise, widest);
                for case in cases {
                    longest = longest.max(list(&case.steps, widest));
                }
                2 + 2 + longest
            }
            Action::Parallel(branches) => {
                *widest = (*widest).max(branches.len());
                let mut within = 0;
                for branch in branches {
                    within += list(branch, widest);
                }
                let caught = match step.catch.is_empty() {
                    true => 0,
                    false => 4 + list(&step.catch, widest),
                };
                2 + within + 2 * branches.len() + 2 + caught
            }
        };
    }
    copies
}
