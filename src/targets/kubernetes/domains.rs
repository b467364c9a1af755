//! Which objects belong to which business domain.

use std::collections::BTreeMap;

use super::object::Object;
use super::stack::Stack;
use crate::ir::{Domain, Id};

/// The components of domains.
pub(super) struct Domains<'a> {
    stack: &'a Stack<'a>,
    /// From the name of a component to its domain.
    of: BTreeMap<&'a str, Id<Domain>>,
}

impl<'a> Domains<'a> {
    /// The domains of a system. Buckets are no components here: they stand in the object store, which all share.
    pub(super) fn new(stack: &'a Stack<'a>) -> Self {
        let services = stack.system.services.iter().map(|(_, item)| (&item.name, &item.home));
        let servers = stack
            .servers
            .iter()
            .map(|item| (&item.database.name, &item.database.home));
        let secrets = stack.system.secrets.iter().map(|(_, item)| (&item.name, &item.home));
        let caches = stack.system.caches.iter().map(|(_, item)| (&item.name, &item.home));
        let queues = stack.system.queues.iter().map(|(_, item)| (&item.name, &item.home));
        let topics = stack.system.topics.iter().map(|(_, item)| (&item.name, &item.home));
        let data = servers.chain(secrets).chain(caches);
        let components = services.chain(data).chain(queues).chain(topics);
        Self {
            stack,
            of: components
                .filter_map(|(name, home)| Some((name.as_str(), home.domain?)))
                .collect(),
        }
    }

    /// Objects by their domain, in their order: first what belongs to none.
    pub(super) fn split<'b>(&self, objects: &'b [Object]) -> Vec<(Option<&'a Domain>, Vec<&'b Object>)> {
        let mut parts: BTreeMap<Option<Id<Domain>>, Vec<&Object>> = BTreeMap::new();
        for object in objects {
            let domain = object.part_of().and_then(|name| self.of.get(name).copied());
            parts.entry(domain).or_default().push(object);
        }
        let domains = &self.stack.system.domains;
        parts
            .into_iter()
            .map(|(domain, objects)| (domain.map(|id| &domains[id]), objects))
            .collect()
    }
}
