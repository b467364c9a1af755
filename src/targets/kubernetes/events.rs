//! What the parts of the output ask about functions, and what they make necessary.

use super::stack::Stack;
use super::warehouses;
use crate::ir::{FunctionAlarm, Id, Resource, Service, Trigger};

impl<'a> Stack<'a> {
    /// What is watched about functions: nothing in a cluster without the Prometheus operator.
    pub(super) fn function_alarms(&self) -> &'a [FunctionAlarm] {
        if self.system.cluster.prometheus {
            &self.system.function_alarms
        } else {
            &[]
        }
    }

    /// True if there is a broker.
    pub(super) fn has_broker(&self) -> bool {
        !self.system.queues.is_empty() || !self.system.topics.is_empty() || self.bucket_functions().next().is_some()
    }

    /// The functions that buckets start.
    pub(super) fn bucket_functions(&self) -> impl Iterator<Item = (Id<Service>, &'a Service)> {
        let functions = self.system.functions();
        functions
            .filter(|(.., function)| matches!(function.trigger, Some(Trigger::Bucket { .. })))
            .map(|(id, service, _)| (id, service))
    }

    /// True if somebody is told of functions that such a trigger starts.
    fn watches_functions(&self, wanted: fn(&Trigger) -> bool) -> bool {
        let started = |alarm: &FunctionAlarm| {
            let function = self.system.services[alarm.function].function.as_ref();
            function
                .and_then(|function| function.trigger.as_ref())
                .is_some_and(wanted)
        };
        self.function_alarms().iter().any(started)
    }

    /// True if Prometheus asks how much is in topics of streams.
    pub(super) fn watches_streams(&self) -> bool {
        let of_sinks = !warehouses::watch::alarms(self).is_empty();
        of_sinks || self.watches_functions(|trigger| matches!(trigger, Trigger::Stream { .. }))
    }

    /// True if Prometheus asks how many changes of tables wait for functions.
    pub(super) fn watches_tables(&self) -> bool {
        self.watches_functions(|trigger| matches!(trigger, Trigger::Table { .. }))
    }

    /// True if Prometheus asks how many messages wait in the broker.
    pub(super) fn watches_broker(&self) -> bool {
        let of_buckets = self.watches_functions(|trigger| matches!(trigger, Trigger::Bucket { .. }));
        !self.inbox_alarms().is_empty() || of_buckets
    }

    /// True if a service uses a stream.
    pub(super) fn uses_streams(&self, service: Id<Service>) -> bool {
        let mut grants = self.system.grants_of(service);
        grants.any(|grant| matches!(grant.resource, Resource::Stream(_)))
    }

    /// True if a service uses a table, or is started by its changes.
    pub(super) fn uses_tables(&self, service: Id<Service>) -> bool {
        let function = self.system.services[service].function.as_ref();
        let started = matches!(
            function.and_then(|function| function.trigger.as_ref()),
            Some(Trigger::Table { .. })
        );
        let mut grants = self.system.grants_of(service);
        started || grants.any(|grant| matches!(grant.resource, Resource::Table(_)))
    }
}
