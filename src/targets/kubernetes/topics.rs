//! Topics: each is a headers exchange, and for every service that consumes it a queue of its own, bound by the attributes that it wants.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::queues::{binding, exchange, held_by, inbox};
use super::stack::Stack;
use crate::ir::Subscription;
use crate::kubernetes::object::Object;
use crate::targets::shared::workload;

pub(super) fn objects(stack: &Stack<'_>) -> Vec<Object> {
    let topics = stack.system.topics.iter().map(|(_, topic)| {
        exchange(stack, &topic.name, "topic", "headers")
            .about("What is sent here goes by its headers, not by its routing key")
    });
    let subscriptions = stack.system.subscriptions.iter();
    let subscriptions = subscriptions.flat_map(|(_, subscription)| subscribed(stack, subscription));
    topics.chain(subscriptions).collect()
}

/// The queue of a subscription is its service's: it goes where that is.
fn subscribed(stack: &Stack<'_>, subscription: &Subscription) -> Vec<Object> {
    let service = &stack.system.services[subscription.service];
    let of = workload::kind(service);
    let topic = &stack.system.topics[subscription.topic];
    let name = subscription.name.as_str();
    let mut objects: Vec<Object> = {
        let held = held_by(stack, subscription.service);
        inbox(stack, (name, &service.name, of), subscription.delivery, held).into()
    };
    let ends = (topic.name.as_str(), name);
    if subscription.filter.is_empty() {
        let all = binding(stack, (name, &service.name, of), ends, Map::new());
        objects.push(all.about("No arguments: every message"));
        return objects;
    }
    objects.extend(combinations(&subscription.filter).into_iter().map(|combination| {
        let object = format!("{name}-{}", digest(&combination));
        let mut arguments: Map<String, Value> = [("x-match".to_owned(), "all".into())].into_iter().collect();
        let wanted = combination.into_iter();
        arguments.extend(wanted.map(|(attribute, value)| (attribute.to_owned(), value.into())));
        binding(stack, (&object, &service.name, of), ends, arguments)
    }));
    objects
}

/// Every way to take one value of each attribute: a binding knows one of them.
fn combinations(filter: &BTreeMap<String, Vec<String>>) -> Vec<Vec<(&str, &str)>> {
    let mut all: Vec<Vec<(&str, &str)>> = vec![vec![]];
    for (attribute, values) in filter {
        let before = std::mem::take(&mut all);
        for taken in &before {
            for value in values {
                let mut longer = taken.clone();
                longer.push((attribute, value));
                all.push(longer);
            }
        }
    }
    all
}

/// Tells the bindings of a subscription apart by what they want, because the broker changes none: another filter is another binding.
fn digest(combination: &[(&str, &str)]) -> String {
    let mut hash = Sha256::new();
    for (attribute, value) in combination {
        // Neither has such a byte.
        hash.update(attribute.as_bytes());
        hash.update([0]);
        hash.update(value.as_bytes());
        hash.update([0]);
    }
    base16ct::lower::encode_string(&hash.finalize()[..4])
}
