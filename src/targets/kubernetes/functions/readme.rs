//! What the owner knows and does about functions, for the README.

use super::{AT_ONCE, LEAST, PAUSE, PORT, answers, event_queue, is_fed, is_scheduled, pods, watch};
use crate::check::names_packages;
use crate::ir::{Function, Service, Trigger, dead_letters};
use crate::targets::kubernetes::bucket_events;
use crate::targets::kubernetes::scaling;
use crate::targets::kubernetes::stack::{BROKER, STORE, Stack};
use crate::targets::kubernetes::streams::STREAMS;
use crate::targets::kubernetes::tables::{self, TABLES};
use crate::targets::shared::report::Report;

/// The kind of object that keeps the pods of a function.
pub(in crate::targets::kubernetes) fn kind(function: &Function) -> &'static str {
    if is_scheduled(function) {
        "CronJob"
    } else {
        "Deployment"
    }
}

/// Rows of the table of components.
pub(in crate::targets::kubernetes) fn components(stack: &Stack<'_>, report: &mut Report) {
    for (_, service, function) in stack.system.functions() {
        let (least, most) = pods(stack, function);
        let kind = kind(function);
        let what = if is_scheduled(function) {
            "CronJob, a job with one call at each time".to_owned()
        } else if is_fed(function) {
            format!("Deployment of {least} to {most} pods, as many as its events ask for")
        } else {
            format!("Deployment of {least} to {most} pods behind a Service")
        };
        report.component(&service.path, what, format!("{}/{}", kind.to_lowercase(), service.name));
    }
}

fn fed<'a>(stack: &Stack<'a>) -> impl Iterator<Item = (&'a Service, &'a Function)> {
    let functions = stack.system.functions();
    functions
        .filter(|(.., function)| is_fed(function))
        .map(|(_, service, function)| (service, function))
}

fn triggered<'a>(stack: &Stack<'a>, wanted: impl Fn(&Trigger) -> bool) -> Vec<&'a Service> {
    let functions = stack.system.functions();
    functions
        .filter(|(.., function)| function.trigger.as_ref().is_some_and(&wanted))
        .map(|(_, service, _)| service)
        .collect()
}

fn quoted(services: &[&Service]) -> String {
    let names: Vec<String> = services.iter().map(|service| format!("`{}`", service.name)).collect();
    names.join(", ")
}

/// What must be there before the first apply.
pub(in crate::targets::kubernetes) fn prerequisites(stack: &Stack<'_>, mut needs: impl FnMut(String)) {
    if fed(stack).next().is_some() && !scaling::counts_messages(stack) {
        needs(format!(
            "KEDA 2.17 or newer in `{}`, which counts the events that wait.",
            scaling::NAMESPACE
        ));
    }
    if !stack.function_alarms().is_empty() {
        needs(
            "In that Prometheus what kube-state-metrics tells (`kube_job_failed`, `kube_horizontalpodautoscaler_*`, \
                `kube_pod_container_status_restarts_total`), as kube-prometheus-stack has it, for the alerts about functions."
                .to_owned(),
        );
    }
}

/// What is done for security.
pub(in crate::targets::kubernetes) fn security(stack: &Stack<'_>, mut says: impl FnMut(&str)) {
    if fed(stack).next().is_some() {
        says(
            "What brings events to a function runs in its pods, with its login: it takes from its own queue, consumer group or table, and \
                the function answers it on the loopback address alone. KEDA uses the same login to count what waits.",
        );
    }
    let own: Vec<&Service> = triggered(stack, |trigger| matches!(trigger, Trigger::Url { .. }));
    if !own.is_empty() {
        says(&format!(
            "{} are reached within the cluster, by whose links say so: there is no other proof of who calls.",
            quoted(&own)
        ));
    }
}

/// What the owner does or should know.
pub(in crate::targets::kubernetes) fn operations(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    if stack.system.functions().next().is_none() {
        return;
    }
    calls(stack, says);
    events(stack, says);
    scale(stack, says);
    dead(stack, says);
    let (told, untold): (Vec<_>, Vec<_>) = stack
        .function_alarms()
        .iter()
        .partition(|alarm| watch::measured(stack, alarm).is_some());
    for alarm in told {
        says(format!(
            "`{}`: an alert of Prometheus, from the PrometheusRule of that name. {}",
            alarm.name,
            watch::about(stack, alarm)
        ));
    }
    if !untold.is_empty() {
        let names: Vec<String> = untold.iter().map(|alarm| format!("`{}`", alarm.name)).collect();
        says(format!(
            "Without an alert are {}: a time at which a function failed is told as its dead letter, one job at a time is never too many, and \
                pods of which there are always as many as may be cannot become more.",
            names.join(", ")
        ));
    }
    let silent: Vec<&Service> = stack
        .system
        .functions()
        .filter(|(_, _, function)| answers(function) && function.source.is_none())
        .map(|(_, service, _)| service)
        .collect();
    if !stack.function_alarms().is_empty() && !silent.is_empty() {
        says(format!(
            "{} are images that answer requests: nobody but they can tell of calls that fail, and their alerts say only that they start \
                again and again. Add alerts to what they measure themselves.",
            quoted(&silent)
        ));
    }
}

fn calls(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let functions: Vec<_> = stack.system.functions().collect();
    if functions.iter().any(|(_, _, function)| function.source.is_some()) {
        says(
            "A function with a `source` runs in the official image of its language. Its `handler` is called with an event and a context \
                (`get_remaining_time_in_millis()`, in JavaScript `getRemainingTimeInMillis()`; the id of the call). What brings its events \
                hands it a CloudEvent 1.0: an object with `id`, `source`, `type`, `time` and `data` (or `data_base64` for what is neither \
                JSON nor text). Requests are worded as API gateways of AWS word them (payload 2.0: `routeKey`, `rawPath`, `headers`, \
                `queryStringParameters`, `pathParameters`, `body`), and so is the answer (`statusCode`, `headers`, `body`; anything else is \
                sent as JSON with 200). An exception, and a call that takes too long, is an error, and the event comes again. A change of \
                the code replaces the pods with the next apply."
                .to_owned(),
        );
    }
    if functions.iter().any(|(_, _, function)| function.source.is_none()) {
        says(format!(
            "A function with an `image` is an HTTP server on port {PORT} (`PORT`), which runs as any user on a read-only root file system. \
                Events are POST requests to `/` with a CloudEvent in structured JSON (`application/cloudevents+json`); an answer with 2xx \
                means that it is done, and any other that it comes again."
        ));
    }
    let packed: Vec<&Service> = functions
        .iter()
        .filter(|(_, _, function)| function.source.as_ref().is_some_and(names_packages))
        .map(|(_, service, _)| *service)
        .collect();
    if !packed.is_empty() {
        says(format!(
            "The packages of {} are installed by an init container at every start of a pod, from the public registry of their language. Pin \
                their versions; with an `image` they are there already, and starts take seconds.",
            quoted(&packed)
        ));
    }
    says(
        "What a function prints: `kubectl --namespace NAMESPACE logs --selector app.kubernetes.io/name=NAME --container function`; what \
            brings its events prints in the container `events`. Both are gone with their pods: collect the logs of the cluster."
            .to_owned(),
    );
}

fn events(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    let mut kinds: Vec<String> = vec![];
    let mut tell = |wanted: fn(&Trigger) -> bool, text: &str| {
        let services = triggered(stack, wanted);
        if !services.is_empty() {
            kinds.push(format!("{} {text}", quoted(&services)));
        }
    };
    tell(
        |trigger| matches!(trigger, Trigger::Queue { .. }),
        "get messages (`queue.message`, `data` is what was sent)",
    );
    tell(
        |trigger| matches!(trigger, Trigger::Topic { .. }),
        "get messages of a topic (`topic.message`, headers as JSON in `attributes`)",
    );
    tell(
        |trigger| matches!(trigger, Trigger::Bucket { .. }),
        "get what happens to objects (`bucket.created`, `bucket.deleted`, with `bucket`, `key`, `size` and `contentType` in `data`)",
    );
    tell(
        |trigger| matches!(trigger, Trigger::Stream { .. }),
        "get records (`stream.record`, the record's key in `partitionkey`, its value in `data`)",
    );
    tell(
        |trigger| matches!(trigger, Trigger::Table { .. }),
        "get changes (`table.insert`, `table.update`, `table.delete`, with `keys` and what the table's `changes` says, `new` and `old`, \
            in `data`)",
    );
    tell(
        |trigger| matches!(trigger, Trigger::Schedule { .. }),
        "get the time (`schedule.tick`; `id` is the job, the same for every try)",
    );
    if !kinds.is_empty() {
        says(format!(
            "What arrives: {}. Each call gets one event, whatever `batch` says, and KEDA starts a pod for each that waits, up to `concurrency`. Every event \
                comes at least once, and may come twice.",
            kinds.join("; ")
        ));
    }
    if stack.bucket_functions().next().is_some() {
        says(format!(
            "Events of buckets come from the store's own log of changes: the container `changes` of `{STORE}-0` follows it and keeps its \
                place on the store's volume, `events` sends to the broker what a function asks for. While the broker is away they wait \
                there, and `{}` is the alert (one goes on after the other, some tens a second). An \
                object of which only tags change is not a new one, and a new version is.",
            bucket_events::ALARM
        ));
    }
}

fn scale(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    if fed(stack).next().is_some() {
        says(
            "Functions with events have no pods while nothing waits, but for those in `warm`: the first event after a pause waits up to ten \
                seconds for KEDA and then for the start of a pod. `concurrency` is the number of pods, each of which works on one event at \
                a time; of a stream there are no more than partitions, and one of a table, whose changes come in their order. One that \
                reads a stream from its latest record has a pod until every partition had a record since, and pods stay for as long as \
                all tries of an event may take."
                .to_owned(),
        );
    }
    if stack.system.functions().any(|(_, _, function)| answers(function)) {
        says(format!(
            "Functions that answer requests are never without pods, because nobody would wake them: {LEAST} at least, or as many as `warm` \
                says, each with {AT_ONCE} calls at once. Beyond `concurrency` calls wait in the pods. For fewer pods: \
                `[override.kubernetes.HorizontalPodAutoscaler.NAME.spec] minReplicas`."
        ));
    }
}

fn dead(stack: &Stack<'_>, says: &mut impl FnMut(String)) {
    if fed(stack).next().is_some() {
        says(format!(
            "An event that fails is tried again after {PAUSE} seconds, by the same pod and before any other of it. After `max_receives` \
                tries a message of a queue or topic is a dead letter, after `retry.attempts` more tries than the first any other event is. \
                Where a call ends the process itself, for want of memory for example, the tries that fall into its new start count as \
                well. A `source` gets events of 6 MiB at most (4.5 MiB of what is neither JSON nor text): a larger one is a dead letter untried. \
                While a pod tries, the broker leaves a message to it for as long as all tries may take, whatever `visibility_seconds` says."
        ));
    }
    let namespace = stack.namespace_of(BROKER);
    if let Some((_, service)) = stack.bucket_functions().next() {
        let (letters, queue) = (dead_letters(&service.name), event_queue(service));
        says(format!(
            "Dead letters of functions that a bucket starts wait for 14 days in the queue `NAME-dead`; events that waited longer than \
                `retry.max_age_seconds` are there as well. To send those of `{0}` again: `rabbitmqctl set_parameter shovel redrive \
                '{{\"src-uri\": \"amqp:///\", \"src-queue\": \"{letters}\", \"dest-uri\": \"amqp:///\", \"dest-queue\": \"{queue}\", \
                \"src-delete-after\": \"queue-length\"}}'` in a server of the broker (`kubectl --namespace {namespace} exec \
                {BROKER}-server-0 --container rabbitmq --`), with the plugin `rabbitmq_shovel` enabled on each.",
            service.name
        ));
    }
    if !triggered(stack, |trigger| matches!(trigger, Trigger::Stream { .. })).is_empty() {
        says(format!(
            "Dead letters of functions that a stream starts are records of the topic `NAME-dead`, for 14 days, as the CloudEvents that they \
                were; records older than `retry.max_age_seconds` go there untried. Nobody may read them until you apply a KafkaUser in \
                `{}` with `Read` on the topic. The alert goes on until they have been deleted (`kafka-delete-records.sh`) or are gone.",
            stack.namespace_of(STREAMS)
        ));
    }
    if let [service, ..] = triggered(stack, |trigger| matches!(trigger, Trigger::Table { .. }))[..] {
        let changes = tables::changes(service);
        says(format!(
            "Changes wait for a function in the table `NAME-changes`, written with the change itself. One that fails too often stays there \
                with `dead`: look at it with `kubectl cnpg psql {TABLES} --namespace {} -- tables`, and let it be tried again with `UPDATE \
                \"{changes}\" SET dead = false`, or delete it. A function that is gone leaves this table: drop it when nothing in it is wanted.",
            stack.namespace_of(TABLES)
        ));
    }
    if let [service, ..] = triggered(stack, |trigger| matches!(trigger, Trigger::Schedule { .. }))[..] {
        let name = &service.name;
        let namespace = stack.namespace_of(name);
        says(format!(
            "A time at which a function failed is a failed Job (`kubectl --namespace {namespace} get jobs --selector \
                app.kubernetes.io/name={name}`), of which five stay with their pods: read the logs, run it again (`kubectl --namespace \
                {namespace} create job --from=cronjob/{name} {name}-again`), and delete the failed one, which ends the alert. A time that \
                comes while the last one is still running is left out, and so is one that the cluster is ten minutes late for."
        ));
    }
}
