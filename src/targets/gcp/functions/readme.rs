//! What the README of the output says about functions, tables and streams.

use tera::Context;

use super::{
    SOURCES, any, attempts, has_events, has_schedules, is_called_outside, of_source, takes_events, watches_tables,
};
use crate::check::{GCP_INSTANCES as INSTANCES, GCP_TRIGGERS as TRIGGERS};
use crate::ir::{Function, Resource, Trigger, dead_letters};
use crate::targets::gcp::{Stack, streams};
use crate::targets::shared::template::items;
use crate::terraform::identifier;

const FUNCTIONS: &str = include_str!("../../../../templates/functions/gcp.md.tera");
const TABLES: &str = include_str!("../../../../templates/functions/gcp-tables.md.tera");
const STREAMS: &str = include_str!("../../../../templates/functions/gcp-streams.md.tera");

pub(in crate::targets::gcp) fn prerequisites(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let sources = of_source(system).next().is_some();
    let wanted = [
        ("Cloud Functions, Cloud Build", sources),
        ("Cloud Scheduler", has_schedules(system)),
        ("Eventarc, Workflows", watches_tables(system)),
        ("Firestore", !system.tables.is_empty()),
        ("Managed Service for Apache Kafka", streams::has_kafka(system)),
    ];
    let wanted: Vec<&str> = wanted
        .into_iter()
        .filter(|(_, wanted)| *wanted)
        .map(|(name, _)| name)
        .collect();
    let mut items = vec![];
    if !wanted.is_empty() {
        items.push(format!("The same for {}.", wanted.join(", ")));
    }
    if sources {
        items.push("The right to let functions be built and run as the service accounts made here (`roles/iam.serviceAccountUser`), and builds in the region's default pool of Cloud Build.".to_owned());
    }
    let most = system.functions().map(|(_, _, function)| function.concurrency).max();
    if let Some(most) = most.filter(|most| *most > INSTANCES) {
        items.push(format!("A quota of Cloud Run for {most} instances of one service in the region: a project begins with {INSTANCES} or fewer, and what asks for more is refused when it is made."));
    }
    let open = |function: &Function| function.trigger == Some(Trigger::Url { open: true });
    if system.functions().any(|(_, _, function)| open(function)) {
        items.push("Where the organisation restricts who may be granted anything (`iam.allowedPolicyMemberDomains`), an exception on the project for `allUsers`, whom the blueprint lets call a function.".to_owned());
    }
    items
}

pub(in crate::targets::gcp) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let system = stack.system;
    let mut items = vec![];
    if any(system) {
        items.push("Every function runs as a service account of its own. Who may call it is granted on that one function, to those who are linked to it: another function or service, an API's account, or the account as which Pub/Sub brings messages. From outside the network only functions with an address of their own, and those that functions outside the network call, can be reached.");
    }
    if of_source(system).next().is_some() {
        items.push("Functions are built as an account that may write images and logs and read sources, and run as another. Source, images and functions are under the key; the base of an image is renewed by Google.");
    }
    if has_events(system) {
        items.push("Messages are brought to functions by Pub/Sub, with a token for the one function that they are for. Nobody else may use that account.");
    }
    if watches_tables(system) {
        items.push("Changes of tables are passed on by an account that may send to their topics and start workflows: any of the project, because Workflows has no permissions on a single one. On their way to it, for minutes and at most a day, they wait with Eventarc under Google's own key.");
    }
    if !system.tables.is_empty() {
        items.push("Every table is a database of its own under the key. Firestore has no policies of its own: roles are granted on the project, each with a condition that names one database. It has no role that only writes: who `writes` a table may read it too.");
    }
    if streams::has_kafka(system) {
        items.push("Kafka's clients speak TLS and log in with tokens of their accounts. What each may do is in the access lists of topics and consumer groups; Google's role to connect holds on the project.");
    }
    items
}

pub(in crate::targets::gcp) fn operations(stack: &Stack<'_>) -> Vec<String> {
    let mut said = vec![];
    said.extend(functions(stack));
    said.extend(tables(stack));
    said.extend(streams(stack));
    said
}

/// The findings that checkov reports on what is around functions.
pub(in crate::targets::gcp) fn skips(stack: &mut Stack<'_>) {
    let system = stack.system;
    let report = &mut stack.report;
    if of_source(system).next().is_some() {
        let address = format!("google_storage_bucket.{}", identifier(SOURCES));
        report.skip(
            "CKV_GCP_62",
            &address,
            "only builds read it, and they write logs of their own",
        );
        report.skip(
            "CKV_GCP_78",
            &address,
            "archives are called by their digests: none is ever replaced",
        );
    }
    for (id, _, function) in of_source(system).filter(|(id, _, _)| is_called_outside(system, *id)) {
        let address = stack.functions[&id].text();
        let reason = match function.trigger {
            Some(Trigger::Url { open: true }) => "the blueprint lets anybody call it",
            Some(Trigger::Url { .. }) => "it has an address of its own, where callers prove who they are",
            _ => "functions outside the network call it, and prove who they are",
        };
        report.skip("CKV_GCP_124", &address, reason);
    }
}

fn functions(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let Some((_, first, _)) = system.functions().next() else {
        return vec![];
    };
    let mut context = Context::new();
    let full = |name: &str| stack.name(name);
    let name_of = |which: fn(&Trigger) -> bool| {
        let named = system
            .functions()
            .filter(|(_, _, function)| function.trigger.as_ref().is_some_and(which));
        named
            .map(|(_, service, _)| service.name.clone())
            .collect::<Vec<String>>()
    };
    let own = system.functions().find(|(_, _, function)| function.has_dead_letters());
    context.insert("first", &full(&first.name));
    context.insert("sources", &of_source(system).next().is_some());
    let source = of_source(system).next();
    context.insert("source", &source.map(|(_, service, _)| identifier(&service.name)));
    context.insert("region", stack.region());
    let inside = system.functions().any(|(_, _, function)| function.private);
    context.insert("inside", &inside);
    context.insert(
        "images",
        &system.functions().any(|(_, _, function)| function.source.is_none()),
    );
    context.insert(
        "events",
        &system.functions().any(|(_, _, function)| takes_events(function)),
    );
    context.insert("own", &own.map(|(_, service, _)| full(&service.name)));
    context.insert("dead", &own.map(|(_, service, _)| full(&dead_letters(&service.name))));
    context.insert("triggers", &full(TRIGGERS));
    context.insert("attempts", &own.map(|(_, _, function)| attempts(function)));
    context.insert("buckets", &name_of(|trigger| matches!(trigger, Trigger::Bucket { .. })));
    context.insert("tables", &name_of(|trigger| matches!(trigger, Trigger::Table { .. })));
    context.insert(
        "schedules",
        &name_of(|trigger| matches!(trigger, Trigger::Schedule { .. })),
    );
    context.insert("streams", &name_of(|trigger| matches!(trigger, Trigger::Stream { .. })));
    context.insert("apis", &name_of(|trigger| matches!(trigger, Trigger::Api)));
    context.insert("urls", &name_of(|trigger| matches!(trigger, Trigger::Url { .. })));
    let called = system
        .grants
        .iter()
        .any(|grant| matches!(grant.resource, Resource::Function(_)));
    context.insert("called", &called);
    items(FUNCTIONS, &context)
}

fn tables(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let Some((_, first)) = system.tables.iter().next() else {
        return vec![];
    };
    let mut context = Context::new();
    context.insert("first", &stack.name(&first.name));
    context.insert("sorted", &first.key.sort.is_some());
    context.insert("ttl", &system.tables.iter().any(|(_, table)| table.ttl.is_some()));
    context.insert("restore", &system.tables.iter().any(|(_, table)| table.restore));
    context.insert("protect", &system.protect);
    items(TABLES, &context)
}

fn streams(stack: &Stack<'_>) -> Vec<String> {
    let system = stack.system;
    let plain = system.streams.iter().find(|(_, stream)| !stream.kafka);
    let kafka = system.streams.iter().find(|(_, stream)| stream.kafka);
    if plain.is_none() && kafka.is_none() {
        return vec![];
    }
    let mut context = Context::new();
    context.insert("plain", &plain.map(|(_, stream)| stack.name(&stream.name)));
    context.insert("hours", &plain.map(|(_, stream)| stream.retention_hours));
    context.insert("kafka", &kafka.map(|(_, stream)| stream.name.clone()));
    context.insert("protect", &system.protect);
    items(STREAMS, &context)
}
