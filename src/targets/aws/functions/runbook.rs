//! What the owner of functions should know and do.

use serde::Serialize;
use tera::Context;

use crate::ir::{Delivery, Function, Id, Service, Trigger, dead_letters};
use crate::targets::aws::queues::full_name;
use crate::targets::aws::{Stack, place, registry, tables};
use crate::targets::shared::template;
use crate::terraform::identifier;
use crate::vocabulary::Egress;

/// The commands that look at dead letters and send them again.
const DEAD_LETTERS: &str = include_str!("../../../../templates/runbook/aws-functions-dead.md.tera");
/// Calls at once that Lambda keeps for functions without a number of their own.
const REST: u32 = 100;

/// Adds what must be there before the first apply.
pub(in crate::targets::aws) fn prerequisites(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if system.functions().next().is_none() {
        return;
    }
    let sum: u32 = system.functions().map(|(_, _, item)| item.concurrency).sum();
    items.push(format!(
        "The quota `Concurrent executions` of AWS Lambda is {} or more: what the functions keep free for themselves, and {REST} for all others. It is 1,000 in most accounts, and much less in new ones.",
        sum + REST
    ));
    let has_image = |own: bool| {
        let mut images = system.functions().filter(|(_, _, item)| item.source.is_none());
        images.any(|(_, service, _)| registry::own(service).is_some() == own)
    };
    if has_image(false) {
        items.push("Lambda makes a function only when its image is there, built for Linux on x86-64 (`linux/amd64`), and may be pulled: the policy of a repository outside this system lets `lambda.amazonaws.com` do `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer`, for this account's functions.".to_owned());
    }
    if has_image(true) {
        items.push("Lambda makes a function only when its image is there: apply the repositories first, `terraform -chdir=terraform apply -target=aws_ecr_repository_policy.own_container_images`, push the images, built for Linux on x86-64 (`linux/amd64`), and apply the rest.".to_owned());
    }
}

/// Adds what is done for security.
pub(in crate::targets::aws) fn security(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if system.functions().next().is_none() {
        return;
    }
    items.push("Each function has a role of its own, with what its links and its trigger grant. What starts it is told to Lambda with the one resource that may: its bucket, its API, its schedule. Its settings are encrypted with the key `data`, and hold no values of secrets.".to_owned());
    let outside: Vec<String> = system
        .functions()
        .filter(|(_, _, item)| !item.private && !matches!(item.trigger, Some(Trigger::Url { .. })))
        .map(|(_, service, _)| format!("`{}`", service.name))
        .collect();
    if !outside.is_empty() {
        items.push(format!(
            "Outside the private network run {}: nobody reaches them there, and they reach AWS's own services and the internet.",
            outside.join(", ")
        ));
    }
    let named = |is: &dyn Fn(Id<Service>, &Function) -> bool| -> Vec<String> {
        let found = system.functions().filter(|(id, _, item)| is(*id, item));
        found.map(|(_, service, _)| format!("`{}`", service.name)).collect()
    };
    let open = named(&|_, item| matches!(item.trigger, Some(Trigger::Url { open: true })));
    if !open.is_empty() {
        items.push(format!(
            "Anybody may call {} at its address on the internet, without a token: `concurrency` is the only brake.",
            open.join(", ")
        ));
    }
    let signed = named(&|id, item| match item.trigger {
        Some(Trigger::Url { open }) => !open,
        _ => system.callers_of(id).next().is_some(),
    });
    if !signed.is_empty() {
        items.push(format!(
            "Addresses of functions ({}) are Lambda's own and answer on the internet, wherever the function stands: to signed requests of identities that may call the function, which in this account are those of the links and administrators (`lambda:InvokeFunctionUrl`).",
            signed.join(", ")
        ));
    }
    if !system.tables.is_empty() {
        items.push("Tables are encrypted with the key `data`, take requests over TLS alone, and know each service by its role.".to_owned());
    }
    if !system.streams.is_empty() {
        items.push(
            "Streams are encrypted with the key `data` and take requests over TLS alone, of roles that the links name."
                .to_owned(),
        );
    }
}

/// Adds what there is to know of functions that run.
pub(in crate::targets::aws) fn operations(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    if system.functions().next().is_none() {
        return;
    }
    items.extend(events(stack));
    items.push("What a function's folder holds is what runs: Lambda installs nothing, and reads neither `requirements.txt` nor `package.json`. Its runtimes bring the AWS SDK (boto3, or version 3 for JavaScript); other libraries stand in the folder as text, or the function becomes an image. The archive of a plan lies in `terraform/.terraform/archives`: apply where you planned, or let `apply` plan again.".to_owned());
    items.push("Secrets: `X_SECRET` is the identifier of an entry in Secrets Manager, which the code of a function reads with its own role (`get_secret_value`), keeps for as long as an instance lives, and reads again when a login fails. `X_PASSWORD`, and `X` itself for a secret of the owner, are told to services that run all the time, not to functions.".to_owned());
    items.extend(dead(stack));
    items.push(format!(
        "The output of a function is in the log group `/{}/function/NAME`, as JSON; what its code logs below the level INFO is left out.",
        system.prefix
    ));
    items.extend(system.functions().filter_map(|(_, service, item)| warm(service, item)));
    let alone = place::has_functions(&system) && !place::has_processes(&system) && !place::has_data(&system);
    if alone && system.network.egress == Egress::Nat && system.network.existing.aws.is_none() {
        items.push("Nothing stands in the network but functions, and none of their links leads there: with `private = false` on each there is no network, and its NAT gateways, the largest price here while nothing happens, are not paid.".to_owned());
    }
    if system.protect {
        items.push("Tables, streams and warehouses are guarded against `terraform destroy`, and no bucket goes while objects are in it; queues and dead letters are not guarded: what waits in them goes with them.".to_owned());
    }
    if system.functions().any(|(_, _, item)| item.private) {
        items.push("A function in the network leaves it slowly: when one is destroyed or moved, Lambda keeps its addresses for up to forty minutes, and Terraform waits for its security group and subnets.".to_owned());
    }
}

fn warm(service: &Service, item: &Function) -> Option<String> {
    let kept = match item.warm {
        0 => return None,
        1 => "one instance".to_owned(),
        warm => format!("{warm} instances"),
    };
    Some(format!(
        "Of `{}`, {kept} of the alias `live` are kept warm, at their own price: everybody calls the alias. A change of the function publishes a version and moves the alias to it.",
        service.name
    ))
}

/// What arrives in a function, for each way in which functions of the system are started.
fn events(stack: &Stack<'_>) -> Option<String> {
    let system = stack.system;
    let is = |wanted: fn(&Trigger) -> bool| {
        let mut triggers = system.functions().filter_map(|(_, _, item)| item.trigger.as_ref());
        triggers.any(wanted)
    };
    let called = system
        .functions()
        .any(|(id, ..)| system.callers_of(id).next().is_some());
    let kafka = |kafka: bool| {
        let mut triggers = system.functions().filter_map(|(_, _, item)| item.trigger.as_ref());
        triggers
            .any(|trigger| matches!(trigger, Trigger::Stream { stream, .. } if system.streams[*stream].kafka == kafka))
    };
    let lines = [
        (
            is(|trigger| matches!(trigger, Trigger::Api | Trigger::Url { .. })) || called,
            "requests as payload format 2.0: `requestContext.http.method`, `rawPath`, `pathParameters`, `queryStringParameters`, `headers` and `body`, in base64 where `isBase64Encoded` is true. The answer is `{\"statusCode\": 200, \"headers\": {}, \"body\": \"\"}`; through an API it has 30 seconds",
        ),
        (
            is(|trigger| matches!(trigger, Trigger::Queue { .. } | Trigger::Topic { .. })),
            "messages in `Records`, each with `body`, `messageAttributes` and `messageId`. The answer `{\"batchItemFailures\": [{\"itemIdentifier\": MESSAGE_ID}]}` names those that failed; an exception fails them all. Of a queue with `fifo`, name all from the first that failed on",
        ),
        (
            kafka(false),
            "records of Kinesis in `Records`, each with `kinesis.data` in base64. The answer `{\"batchItemFailures\": [{\"itemIdentifier\": SEQUENCE_NUMBER}]}` names the first that failed, and what comes after it is sent again",
        ),
        (
            kafka(true),
            "records of Kafka in `records`, by topic and partition, each with `value` in base64. The answer `{\"batchItemFailures\": [{\"itemIdentifier\": {\"partition\": \"TOPIC-0\", \"offset\": 100}}]}` names the first that failed of each partition; an exception fails the batch",
        ),
        (
            is(|trigger| matches!(trigger, Trigger::Table { .. })),
            "changes of a table in `Records`, each with `eventName` (`INSERT`, `MODIFY`, `REMOVE`) and `dynamodb.NewImage` and `dynamodb.OldImage` in DynamoDB's own JSON. The answer `{\"batchItemFailures\": [{\"itemIdentifier\": SEQUENCE_NUMBER}]}` names the first that failed",
        ),
        (
            is(|trigger| matches!(trigger, Trigger::Bucket { .. })),
            "events of a bucket in `Records`, each with `eventName`, `s3.bucket.name` and `s3.object.key`, where the key is encoded as in a URL, with `+` for a space. `eventName` of what the bucket removed by its age begins with `LifecycleExpiration`",
        ),
        (
            is(|trigger| matches!(trigger, Trigger::Schedule { .. })),
            "times as `{\"id\": ..., \"time\": \"2026-01-31T02:00:00Z\"}`: one that is tried again has the same `time`, and may have another `id`",
        ),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, line)| format!("  - {line}"))
        .collect();
    (!lines.is_empty()).then(|| {
        format!(
            "Events reach functions as AWS sends them, at least once: let code bear to see one twice. Where the answer may name failures, nothing, `{{}}` and an empty list say that all went well; an answer in another form fails the whole batch. `max_age_seconds` of a stream or a table gives up records that are older, tried or not: left out, they are tried for as long as they are kept.\n\n{}",
            lines.join("\n")
        )
    })
}

/// Where a function's dead letters are.
#[derive(Serialize)]
struct Dead {
    queue: String,
    /// The function as it is called.
    function: String,
    tries: u32,
}

/// What follows the name of a function whose alias everybody calls.
fn qualifier(item: &Function) -> &'static str {
    match item.warm {
        0 => "",
        _ => ":live",
    }
}

fn dead(stack: &Stack<'_>) -> Option<String> {
    let system = stack.system;
    let all: Vec<(Id<Service>, &Service, &Function)> = system
        .functions()
        .filter(|(.., item)| item.has_dead_letters())
        .collect();
    // The commands are for events that can be sent again as they are.
    let waits = |item: &Function| matches!(item.trigger, Some(Trigger::Bucket { .. } | Trigger::Schedule { .. }));
    let first = all.iter().find(|(.., item)| waits(item)).or(all.first())?;
    let others = all.iter().filter(|(id, ..)| *id != first.0);
    let queues: Vec<Dead> = std::iter::once(first)
        .chain(others)
        .map(|(_, service, item)| Dead {
            queue: full_name(&system, &dead_letters(&service.name), false),
            function: format!("{}{}", stack.name(&service.name), qualifier(item)),
            tries: item.retry.attempts + 1,
        })
        .collect();
    let kinesis = all.iter().find_map(|(.., item)| match item.trigger {
        Some(Trigger::Stream { stream, .. }) if !system.streams[stream].kafka => {
            Some(stack.name(&system.streams[stream].name))
        }
        _ => None,
    });
    let mut context = Context::new();
    context.insert("queues", &queues);
    context.insert("days", &Delivery::DEAD_DAYS);
    context.insert("region", system.region());
    context.insert("first", &stack.name(&first.1.name));
    context.insert("qualifier", qualifier(first.2));
    context.insert("asynchronous", &all.iter().any(|(.., item)| waits(item)));
    context.insert("records", &all.iter().any(|(.., item)| !waits(item)));
    context.insert("kinesis", &kinesis);
    Some(template::fill(DEAD_LETTERS, &context).trim_end().to_owned())
}

/// Adds what there is to know of tables and streams.
pub(in crate::targets::aws) fn data(stack: &Stack<'_>, items: &mut Vec<String>) {
    let system = stack.system;
    for (_, item) in system.tables.iter() {
        let (name, full, region) = (&item.name, stack.name(&item.name), stack.region());
        if item.restore {
            items.push(format!(
                "`{name}` can be restored to any second of the last 35 days, into a new table: `aws dynamodb restore-table-to-point-in-time --region {region} --source-table-name {full} --target-table-name {full}-restored --use-latest-restorable-time`. Copy what is wanted from there."
            ));
        }
        if tables::leaves_indexes(item) {
            items.push(format!(
                "Terraform leaves the indexes of `{name}` as they are, for their capacity follows their use: to change one, take `global_secondary_index` out of `ignore_changes` in `aws_dynamodb_table.{}` for one apply.",
                identifier(name)
            ));
        }
    }
    let kinesis = system.streams.iter().any(|(_, item)| !item.kafka);
    if kinesis {
        items.push("`partitions` of a stream of Kinesis may grow to twice as many in one apply, and shrink to half: go further in steps. Services that read one ask for its shards themselves and keep their place in a table of the blueprint; the Kinesis Client Library would make tables of its own, which their roles do not allow.".to_owned());
    }
    if system.streams.iter().any(|(_, item)| item.kafka) {
        items.push("Clients of Kafka log in with their role (`SASL_SSL`, `AWS_MSK_IAM` or `OAUTHBEARER`, with a library of AWS for it) and call their group `X_GROUP`; brokers refuse other groups. `partitions` may grow, never shrink. The cluster costs the same whether anything is sent or not.".to_owned());
    }
}
