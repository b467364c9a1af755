//! What the README of the output says about functions, tables and streams.

use super::triggers::{CALLS, TRIGGER, ncrontab};
use super::{code, dead_container, event_queues};
use crate::check::table_leases;
use crate::ir::{Function, Id, Inbox, Service, System, Trigger};
use crate::targets::azure::Stack;
use crate::targets::azure::workflows::call_queues;
use crate::terraform::identifier;

pub(in crate::targets::azure) fn lower(stack: &mut Stack<'_>) {
    let system = stack.system;
    if system.functions().next().is_some() {
        functions(stack);
    }
    if !system.tables.is_empty() {
        tables(stack);
    }
    if !system.streams.is_empty() {
        streams(stack);
    }
}

fn functions(stack: &mut Stack<'_>) {
    let system = stack.system;
    let items = &mut stack.report.prerequisites;
    if system.functions().any(|(_, _, function)| function.source.is_some()) {
        items.push("Terraform brings the code of functions to a storage account, which answers `admin_cidrs` as the vault does. Azure knows a caller in its own region by another address than the public one: a pipeline that runs there belongs into the network.".to_owned());
    }
    let items = &mut stack.report.security;
    items.push("Each function is an app with an identity of its own. It reads its own code and nobody else's, and what its host remembers (checkpoints, timers, keys) is in an account of its own. The accounts have no keys, and the apps no passwords for publishing: both are switched off. Settings with secrets are references: Azure reads them from the vault with the function's identity, and neither state nor plan has them. One that its owner has not filled yet reads `unfilled`; after a change, raise `rollout`, or wait a day.".to_owned());
    items.push("Functions are in the network, whatever `private` says: their code and their state are reached over private endpoints. Their security group lets them reach what their links name, and what any function of the same domain may reach; who may read or change what is each identity's alone. Nobody reaches a function but Azure's own triggers, whoever `calls` it, and the APIs with a route to it, over a private endpoint; requests carry no proof of who sends them (`X_AUTH` is `none`). Below `/admin` and `/runtime` the host itself answers, to whoever has its master key: an API with a route for every path, and `open = true`, let anybody try.".to_owned());
    if system
        .functions()
        .any(|(_, _, function)| matches!(function.trigger, Some(Trigger::Url { open: true })))
    {
        items.push("A function with `open = true` at its own address answers anybody on the internet.".to_owned());
    }
    let items = &mut stack.report.operations;
    items.push("Functions run on Elastic Premium: one plan for those that stand in no domain, and one for each domain. One instance of a plan always runs, and is paid for; more come, up to 20, with what there is to do. Flex Consumption would cost nothing while nothing happens, but cannot be set up by Terraform alone: the provider gives its apps a storage connection with an empty key where they have an identity, and sends code to an address that they do not have; it has no time zones, no images, and reads no vault behind a firewall.".to_owned());
    items.push("`concurrency` is kept as calls in one instance, as many as 2 GiB have room for, times instances, and is never above what the blueprint says; streams alone are called once for each partition, tables once for each part of theirs. The plan's instances have the memory of the largest function and some 250 MiB for every other app on them. Each app has a storage account and a private endpoint to it, some seven euros a month. The plan is not spread over zones: an instance that fails is replaced elsewhere, and events wait meanwhile. More: `[override.azure.azurerm_service_plan.functions]` with `worker_count = 3` and `zone_balancing_enabled = true`.".to_owned());
    items.push("Terraform packs the code as it is in `terraform/functions/NAME`; nothing is installed. Python finds further packages in `.python_packages/lib/site-packages`, Node.js in `node_modules`: they belong into the folder before it is rendered. A change of the code is brought under a new name, the app starts with it, and the former package goes then. Azure takes the package with the function's identity, and is told to come through the network for it (`WEBSITE_CONTENTOVERVNET`): of everything here this is what Microsoft documents least, so look at it first. Should an app not start because it cannot (`FunctionAppLogs`, *Diagnose and solve problems*), open the account of the code to other networks: it has no keys, and whoever comes has to sign in with a role on the one container; `az storage account update --default-action Allow` until the next apply, `[override.azure.azurerm_storage_account.functions_code]` for good.".to_owned());
    let generated = system
        .functions()
        .any(|(_, _, function)| function.source.as_ref().is_some_and(|source| !code::is_by_hand(source)));
    if generated {
        items.push("What Azure wants besides the code is rendered with it: `host.json`, and a folder `event` or `request` with the trigger (`function.json`) and a few lines that call `handle(event, context)`. A call is ended after `timeout_seconds`, and fails; Azure stops the whole process half a minute later, which an endless loop in Node.js comes to. An ordinary function of Python runs in a thread of its own. `event` is Azure's own object: a `ServiceBusMessage` or a list of them, a list of `EventHubEvent`, a `DocumentList`, a `TimerRequest`, an `HttpRequest`; for files a `QueueMessage` with a CloudEvent (`Microsoft.Storage.BlobCreated`, the object in `data.url`). `context` has the id of the call. In Node.js they are objects of the same content; messages and events are `Buffer`s, because they may be anything. Of several messages in a call (`batch`), one that fails has all of them handed out again: say `batch = 1` where that matters. `from = \"latest\"` means the end of a partition until the function has noted how far it is: what arrives before that while it starts anew is not read. Requests are answered with a response of Azure's, or with `{statusCode, headers, body}`.".to_owned());
    }
    dead(stack);
    let by_hand = by_hand(system);
    stack.report.operations.extend(by_hand);
    let items = &mut stack.report.operations;
    items.push("What functions print is in the workspace: `AppTraces` and `AppExceptions` by `AppRoleName`, calls in `AppRequests`, what their hosts say in `FunctionAppLogs`. The alarm `functions-stopped` goes off when an app does not start, or its process is stopped in a call: the event of that call may be lost. After a change of code, triggers are found anew within a minute; should one stay silent, `az rest --method post --url ID/syncfunctiontriggers?api-version=2024-04-01` says so to Azure, with the id of the app.".to_owned());
    skips(stack);
}

/// Where events go that a function fails on.
fn dead(stack: &mut Stack<'_>) {
    let system = stack.system;
    let names: Vec<String> = system
        .functions()
        .filter(|(_, _, function)| function.has_dead_letters())
        .map(|(_, service, _)| format!("`{}`", service.name))
        .collect();
    let Some((_, service, _)) = system.functions().find(|(_, _, function)| function.has_dead_letters()) else {
        return;
    };
    let mut text = format!(
        "Own dead letters ({}) are in the account `{}`, as objects in the container `NAME-dead`: those events of a call that failed by themselves too, each with the error and its place in the stream, when a stream, a table or a schedule has tried it `attempts` times again.",
        names.join(", "),
        "azurerm_storage_account.functions_code",
    );
    let hears = system
        .functions()
        .find(|(_, _, function)| matches!(function.trigger, Some(Trigger::Bucket { .. })));
    if let Some((_, service, _)) = hears {
        let [queue, poison] = event_queues(service);
        text += &format!(
            " Events of buckets wait in a queue (`{queue}`), are handed out again when a call fails, and end in `{poison}`; where Azure keeps them for seven days; what Event Grid could not bring in a day is in `{}`. `az storage message peek --auth-mode login --account-name ACCOUNT --queue-name {poison} --num-messages 32` shows them.",
            dead_container(service)
        );
    }
    text += &format!(
        " To look at them: `az storage blob list --auth-mode login --account-name ACCOUNT --container-name {0}`, from `admin_cidrs` and as one of the `operators`. To handle one again, send what it holds to where it came from; then delete it.",
        dead_container(service)
    );
    stack.report.operations.push(text);
}

/// The lines that code wants which was written for Azure by hand.
fn by_hand(system: &System) -> Vec<String> {
    let functions = system.functions();
    let functions = functions.filter(|(_, _, function)| function.source.as_ref().is_none_or(code::is_by_hand));
    functions.flat_map(|(id, service, function)| {
        let asked = system.workflows_of(id).next().map(|_| {
            let [calls, _] = call_queues(service);
            format!("`{}` is asked by workflows and was written for Azure by hand{}: its trigger is `@app.queue_trigger(arg_name=\"message\", queue_name=\"{calls}\", connection=\"{CALLS}\")`. A message is `{{\"back\": ADDRESS, \"document\": ...}}`; it sends `{{\"output\": ...}}` or `{{\"error\": TEXT}}` as a `POST` of JSON to that address.", service.name, of_image(function))
        });
        let own = by_trigger(system, (id, service, function));
        asked.into_iter().chain(own)
    })
    .collect()
}

/// The same of its trigger.
fn by_trigger(system: &System, (id, service, function): (Id<Service>, &Service, &Function)) -> Option<String> {
    let lines = match function.trigger.as_ref()? {
            Trigger::Api | Trigger::Url { .. } => "`@app.route(route=\"{*path}\", auth_level=func.AuthLevel.ANONYMOUS)`, and `\"http\": { \"routePrefix\": \"\" }` under `extensions` of `host.json`".to_owned(),
            Trigger::Queue { queue, .. } => messages(system.inbox(Inbox::Queue(*queue)).0),
            Trigger::Topic { subscription, .. } => messages(system.inbox(Inbox::Subscription(*subscription)).0),
            Trigger::Stream { stream, .. } => format!(
                "`@app.event_hub_message_trigger(arg_name=\"events\", event_hub_name=\"{}\", consumer_group=\"{}\", connection=\"{TRIGGER}\", cardinality=func.Cardinality.MANY)`",
                system.streams[*stream].name, service.name
            ),
            Trigger::Bucket { .. } => {
                let [queue, _] = event_queues(service);
                format!("`@app.queue_trigger(arg_name=\"message\", queue_name=\"{queue}\", connection=\"{TRIGGER}\")`: each message is a CloudEvent")
            }
            Trigger::Table { table, .. } => {
                let name = &system.tables[*table].name;
                format!(
                    "`@app.cosmos_db_trigger(arg_name=\"items\", database_name=\"{name}\", container_name=\"{name}\", lease_container_name=\"{}\", connection=\"{TRIGGER}\")`",
                    table_leases(&system.services[id])
                )
            }
            Trigger::Schedule { cron, .. } => format!("`@app.timer_trigger(arg_name=\"timer\", schedule=\"{}\")`", ncrontab(cron)),
        };
    Some(format!(
        "`{}` was written for Azure by hand{}: its trigger is {lines}.{}",
        service.name,
        of_image(function),
        kept(service, function)
    ))
}

fn messages(queue: &str) -> String {
    format!("`@app.service_bus_queue_trigger(arg_name=\"message\", queue_name=\"{queue}\", connection=\"{TRIGGER}\")`")
}

fn of_image(function: &Function) -> &'static str {
    match function.source {
        Some(_) => "",
        None => " (an image of `mcr.microsoft.com/azure-functions`)",
    }
}

/// What code has to do that nobody does for it.
fn kept(service: &Service, function: &Function) -> String {
    match function.trigger {
        Some(Trigger::Stream { .. } | Trigger::Table { .. } | Trigger::Schedule { .. }) => format!(
            " These have no dead letters by themselves: with `@app.retry(strategy=\"exponential_backoff\", max_retry_count=\"{}\", minimum_interval=\"00:00:05\", maximum_interval=\"00:15:00\")` it tries again, and in the last try (`context.retry_context`) has to write the event to `{}/NAME.json` of the connection `{}` (`@app.blob_output`), and to return; nobody but it can tell how old the events are that it gets: the line `events wait for N minutes` in its log sets off the alarm.",
            function.retry.attempts,
            dead_container(service),
            super::triggers::DEAD,
        ),
        _ => String::new(),
    }
}

fn tables(stack: &mut Stack<'_>) {
    let system = stack.system;
    let items = &mut stack.report.security;
    items.push("Tables are reached over private endpoints only, with TLS, and are encrypted with the system's key. Keys are off: a service has a role on the one container that it has a link to, by which it reads items, writes them, or both.".to_owned());
    let items = &mut stack.report.operations;
    items.push("A table is an account of Cosmos DB (for NoSQL) with one container; the database and the container have the name in `X_TABLE`, and `X_ENDPOINT` is the account's address. The text of an item's `id` is its sort key (or its partition key, where it has no other): Azure finds an item by both. Every attribute can be searched for; an index of the blueprint makes what it orders cheap, and `attributes` of it has no meaning here. A search without the partition key asks all partitions. Clients connect in gateway mode (`ConnectionMode.Gateway` in .NET and Java): port 443 alone is open.".to_owned());
    if system.tables.iter().any(|(_, table)| table.capacity.is_some()) {
        items.push("`capacity` becomes units of request: one for a read, six for a write. Where the most is more than the least, Azure takes what is needed between a tenth of it and all of it. Changing between `capacity` and none makes a new account.".to_owned());
    }
    if system.tables.iter().any(|(_, table)| table.restore) {
        items.push("A table with `restore` can be brought back to any second of the last 30 days, into a new account: `az cosmosdb restore`. Without it, Azure keeps two copies of the last hours, which its support restores.".to_owned());
    }
    if system.tables.iter().any(|(_, table)| table.ttl.is_some()) {
        items.push("`ttl`: Cosmos DB removes an item as many seconds after its last write as the attribute `ttl` of the item says; the attribute that the blueprint names is for the code.".to_owned());
    }
}

fn streams(stack: &mut Stack<'_>) {
    let system = stack.system;
    let items = &mut stack.report.security;
    items.push("Streams are reached over a private endpoint only, with TLS (443, 5671, 5672; Kafka's protocol on 9093), and are encrypted with the system's key, and by Azure below that once more. There are no access keys: a service that publishes has *Azure Event Hubs Data Sender* on that one hub, one that reads *Azure Event Hubs Data Receiver*.".to_owned());
    let items = &mut stack.report.operations;
    items.push("A stream is an event hub; each reader has a consumer group of its own (`X_GROUP`). Readers that are services keep their own place in it, in a bucket of theirs for example. The namespace has one processing unit, which is paid by the hour; more: `[override.azure.azurerm_eventhub_namespace.main]` with `capacity = 2`, `4`, `8` or `16`. The number of partitions can be raised later, and never lowered.".to_owned());
    if system.streams.iter().any(|(_, stream)| stream.kafka) {
        items.push("Clients of Kafka connect to `X_ENDPOINT` with `SASL_SSL` and `OAUTHBEARER`, with a token of the identity that `AZURE_CLIENT_ID` names, for `https://HOST/.default`.".to_owned());
    }
}

fn skips(stack: &mut Stack<'_>) {
    let system = stack.system;
    let mut skip = |check: &str, resource: &str, reason: &str| stack.report.skip(check, resource, reason);
    let plans = "azurerm_service_plan.*functions";
    let one = "events wait while an instance is replaced; a second one that always runs would double the price";
    skip("CKV_AZURE_212", plans, one);
    skip("CKV_AZURE_225", plans, one);
    let code = "azurerm_storage_account.functions_code";
    skip(
        "CKV_AZURE_59",
        code,
        "its address answers `admin_cidrs` and Azure's own services, after they have signed in; it has no keys, and nothing in it is public",
    );
    let hosts = "azurerm_storage_account.*_host";
    for accounts in [code, hosts] {
        skip(
            "CKV_AZURE_206",
            accounts,
            "copies in three zones; the code is in the repository of the blueprint, and what hosts remember is of no use elsewhere",
        );
        skip(
            "CKV_AZURE_33",
            accounts,
            "it reads an argument that the provider no longer has; a diagnostic setting logs what is written to queues",
        );
    }
    skip(
        "CKV2_AZURE_38",
        hosts,
        "what hosts remember is written anew all the time",
    );
    skip(
        "CKV2_AZURE_21",
        "azurerm_storage_container.*",
        "it wants the insights of a retired agent; a diagnostic setting logs what is written to code and dead letters",
    );
    for (_, service, function) in system.functions() {
        if matches!(function.trigger, Some(Trigger::Url { open: true })) {
            let app = format!("azurerm_linux_function_app.{}", identifier(&service.name));
            skip("CKV_AZURE_221", &app, "the blueprint says `open`");
        }
    }
}
