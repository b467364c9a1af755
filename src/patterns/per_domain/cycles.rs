//! Domains that call each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, domain as rules};
use crate::ir::{Domain, Id, System};

type Calls = BTreeMap<Id<Domain>, BTreeSet<Id<Domain>>>;

/// Warns of every shortest circle, once: at the first of its domains.
pub(super) fn check(system: &System, problems: &mut Vec<Diagnostic>) {
    let calls = calls(system);
    let mut told: BTreeSet<BTreeSet<Id<Domain>>> = BTreeSet::new();
    for (start, domain) in system.domains.iter() {
        if let Some(circle) = circle(&calls, start)
            && told.insert(circle.iter().copied().collect())
        {
            let names = circle.iter().chain([&start]);
            let names: Vec<&str> = names.map(|id| system.domains[*id].name.as_str()).collect();
            problems.push(rules::cycle(system.places.key(&domain.path), &names));
        }
    }
}

/// Which domains the services of each call.
fn calls(system: &System) -> Calls {
    let mut calls = Calls::new();
    for (_, caller) in system.services.iter() {
        let Some(from) = caller.home.domain else { continue };
        let called = caller.calls.iter().filter_map(|id| system.services[*id].home.domain);
        calls.entry(from).or_default().extend(called.filter(|to| *to != from));
    }
    calls
}

/// The shortest way from a domain back to itself: breadth first.
fn circle(calls: &Calls, start: Id<Domain>) -> Option<Vec<Id<Domain>>> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![start]];
    while !paths.is_empty() {
        let mut longer = vec![];
        for path in paths {
            let last = path.last().copied().unwrap_or(start);
            for &next in calls.get(&last).into_iter().flatten() {
                if next == start {
                    return Some(path);
                }
                if seen.insert(next) {
                    longer.push([path.as_slice(), &[next]].concat());
                }
            }
        }
        paths = longer;
    }
    None
}
