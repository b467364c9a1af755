//! What starts a function.

use std::collections::BTreeMap;

use super::messaging::subscribe;
use super::{Component, Linker, add};
use crate::blueprint::Blueprint;
use crate::blueprint::model::{self, ObjectEvent, Position};
use crate::catalog;
use crate::diagnostic::{Diagnostic, Span, function as rules};
use crate::ir::{Access, Choice, Cron, Id, Resource, Service, System, Trigger};

/// Messages that one call gets: of queues and topics, and of streams and tables, when nothing is said.
const BATCH: [u32; 2] = [10, 100];
/// Times the timeout of a function that messages are hidden for.
const CALLS: u32 = 6;
/// The same, at most.
const MOST: [u32; 2] = [10, 1000];

impl Linker<'_> {
    /// The trigger as the graph has it, with what it allows added to the function's grants.
    pub(super) fn trigger(
        &mut self,
        system: &mut System,
        function: Id<Service>,
        said: &model::Trigger,
        grants: &mut BTreeMap<Resource, Access>,
    ) -> Option<Trigger> {
        let starts = starts(said);
        let [kind] = starts[..] else {
            let at = self.blueprint.places.key(&format!("{}.trigger", self.service));
            self.problems.push(rules::trigger_unclear(at, &starts));
            return None;
        };
        self.others(kind, said);
        let batch = |of: usize| said.batch.unwrap_or(BATCH[of]);
        match kind {
            "http" => self.http(said),
            "schedule" => self.schedule(said),
            _ => {
                let links = [&said.queue, &said.topic, &said.stream, &said.bucket, &said.table];
                let link = links.into_iter().flatten().next()?;
                let (component, at, name) = self.resolve_one(&format!("trigger.{kind}"), link)?;
                match (kind, component) {
                    ("queue", Component::Queue(queue)) => {
                        add(grants, Resource::Queue(queue), Access::Read);
                        let item = &system.queues[queue];
                        let (path, said) = (item.path.clone(), item.delivery.visibility_seconds);
                        let seconds = self.hidden(system, function, (&path, said));
                        system.queues[queue].delivery.visibility_seconds = seconds.unwrap_or(said);
                        Some(Trigger::Queue { queue, batch: batch(0) })
                    }
                    ("topic", Component::Topic(topic)) => {
                        let subscription = subscribe(system, function, topic);
                        let item = &system.topics[topic];
                        let (path, hidden) = (item.path.clone(), item.delivery.visibility_seconds);
                        let seconds = self.hidden(system, function, (&path, hidden));
                        let item = &mut system.subscriptions[subscription];
                        item.delivery.visibility_seconds = seconds.unwrap_or(hidden);
                        item.filter = super::messaging::filter(&said.filter);
                        add(grants, Resource::Subscription(subscription), Access::Read);
                        let batch = batch(0);
                        Some(Trigger::Topic { subscription, batch })
                    }
                    ("stream", Component::Stream(stream)) => {
                        add(grants, Resource::Stream(stream), Access::Read);
                        Some(Trigger::Stream {
                            stream,
                            batch: batch(1),
                            oldest: said.from == Position::Oldest,
                        })
                    }
                    ("bucket", Component::Bucket(bucket)) => {
                        let hears = |event| said.events.contains(&event);
                        Some(Trigger::Bucket {
                            bucket,
                            created: hears(ObjectEvent::Created) || said.events.is_empty(),
                            deleted: hears(ObjectEvent::Deleted),
                            prefix: text(said.prefix.as_ref()),
                            suffix: text(said.suffix.as_ref()),
                        })
                    }
                    ("table", Component::Table(table)) => Some(Trigger::Table { table, batch: batch(1) }),
                    (_, other) => {
                        self.problems.push(rules::wrong_kind(at, kind, &name, other.kind()));
                        None
                    }
                }
            }
        }
    }

    /// Seconds that messages of a queue or topic are hidden while the function has them, where the author leaves it open: a message that
    /// comes back while a call still works on it is worked on twice. The factor is what AWS asks for, for calls that are turned away.
    /// `now` is what they are: what the author says, the default, or what another function needs.
    fn hidden(&mut self, system: &mut System, function: Id<Service>, (path, now): (&str, u32)) -> Option<u32> {
        let timeout = system.services[function].function.as_ref()?.timeout_seconds;
        let path = format!("{path}.visibility_seconds");
        if !self.blueprint.places.is_said(&path) {
            let seconds = (CALLS * timeout).max(now);
            let value = seconds.to_string();
            system.choices.retain(|choice| choice.path != path);
            system.choices.push(Choice { path, value });
            return Some(seconds);
        }
        if now < timeout {
            let at = self.blueprint.places.span(&path);
            let name = &system.services[function].name;
            self.problems.push(rules::visible_too_soon(at, now, name, timeout));
        }
        None
    }

    fn http(&mut self, said: &model::Trigger) -> Option<Trigger> {
        // The routes of an API are resolved with the API.
        if said.api.is_some() {
            return Some(Trigger::Api);
        }
        let routes = said.http.as_ref()?.all();
        if routes.iter().any(|route| route.as_str() != "ANY /*") {
            let at = self.at("http");
            self.problems.push(rules::own_address(at));
        }
        Some(Trigger::Url { open: said.open })
    }

    fn schedule(&mut self, said: &model::Trigger) -> Option<Trigger> {
        let path = format!("{}.trigger", self.service);
        let said = (said.schedule.as_ref()?, said.timezone.as_ref());
        let (cron, timezone) = times(self.blueprint, &path, said, self.problems)?;
        Some(Trigger::Schedule { cron, timezone })
    }

    /// Reports what is said of other triggers than this one.
    fn others(&mut self, kind: &str, said: &model::Trigger) {
        let keys: [(&str, bool, &[&str]); 9] = [
            ("api", said.api.is_some(), &["http"]),
            ("open", said.open, &["http"]),
            ("filter", !said.filter.is_empty(), &["topic"]),
            ("from", said.from != Position::default(), &["stream"]),
            ("events", !said.events.is_empty(), &["bucket"]),
            ("prefix", said.prefix.is_some(), &["bucket"]),
            ("suffix", said.suffix.is_some(), &["bucket"]),
            ("timezone", said.timezone.is_some(), &["schedule"]),
            ("batch", said.batch.is_some(), &["queue", "topic", "stream", "table"]),
        ];
        for (key, _, of) in keys
            .into_iter()
            .filter(|(_, is_said, of)| *is_said && !of.contains(&kind))
        {
            let of: Vec<String> = of.iter().map(|word| format!("`{word}`")).collect();
            let at = self.at(key);
            self.problems.push(rules::trigger_key(at, key, &of.join(", ")));
        }
        let most = match kind {
            "queue" | "topic" => MOST[0],
            _ => MOST[1],
        };
        if let Some(batch) = said.batch.filter(|batch| *batch > most) {
            let at = self.at("batch");
            self.problems.push(rules::batch(at, batch, most, kind));
        }
    }

    fn at(&self, key: &str) -> Option<Span> {
        self.blueprint.places.span(&format!("{}.trigger.{key}", self.service))
    }
}

/// The times that a trigger says, and where they are meant.
pub(in crate::patterns) fn times(
    blueprint: &Blueprint,
    path: &str,
    (schedule, timezone): (&model::Cron, Option<&model::TimeZone>),
    problems: &mut Vec<Diagnostic>,
) -> Option<(Cron, String)> {
    let at = |key: &str| blueprint.places.span(&format!("{path}.{key}"));
    let timezone = timezone.map_or("UTC", model::TimeZone::as_str);
    if !catalog::is_timezone(timezone) {
        problems.push(rules::timezone(at("timezone"), timezone, catalog::timezones()));
    }
    match Cron::parse(schedule.as_str()) {
        Ok(cron) => Some((cron, timezone.to_owned())),
        Err(what) => {
            problems.push(rules::schedule(at("schedule"), &what));
            None
        }
    }
}

/// What the trigger says that starts the function.
fn starts(said: &model::Trigger) -> Vec<&'static str> {
    let all = [
        ("http", said.http.is_some()),
        ("queue", said.queue.is_some()),
        ("topic", said.topic.is_some()),
        ("stream", said.stream.is_some()),
        ("bucket", said.bucket.is_some()),
        ("table", said.table.is_some()),
        ("schedule", said.schedule.is_some()),
    ];
    all.into_iter()
        .filter(|(_, is_said)| *is_said)
        .map(|(kind, _)| kind)
        .collect()
}

fn text(said: Option<&impl ToString>) -> String {
    said.map(ToString::to_string).unwrap_or_default()
}
