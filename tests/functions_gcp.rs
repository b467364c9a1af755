//! Functions, tables and streams on Google Cloud: the event reaches the function, and what fails ends where somebody sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use cloudgen::Outcome;
use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;

const START: &str =
    "name = \"shop\"\npattern = \"serverless\"\nregion = \"seoul\"\n[observability]\nemails = [\"ops@example.com\"]\n";

fn compile(text: &str) -> Outcome<Rendered> {
    let text = format!("{START}{text}");
    let mut blueprint = blueprint::load(&text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let of = |files: &[(&str, &str)]| -> BTreeMap<String, String> {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        files.collect()
    };
    let python = of(&[("main.py", "def handle(request):\n    return \"\", 204\n")]);
    let node = of(&[(
        "app.mjs",
        "export const handle = (request, answer) => answer.sendStatus(204);\n",
    )]);
    blueprint.sources = BTreeMap::from([
        ("functions/work".to_owned(), Ok(python)),
        ("functions/node".to_owned(), Ok(node)),
    ]);
    cloudgen::compile(&blueprint, Target::Gcp)
}

fn render(text: &str) -> Rendered {
    let outcome = compile(text);
    outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

fn rules(text: &str) -> Vec<&'static str> {
    let mut rules: Vec<_> = compile(text).diagnostics.into_iter().map(|it| it.rule).collect();
    rules.dedup();
    rules
}

/// A function with its trigger.
fn function(name: &str, rest: &str) -> String {
    format!("[functions.{name}]\nruntime = \"python3.13\"\nsource = \"functions/work\"\n{rest}\n")
}

/// The text of one resource, with single spaces.
fn resource(rendered: &Rendered, kind: &str, name: &str) -> String {
    let head = format!("resource \"{kind}\" \"{name}\" {{");
    let at = rendered.terraform().find(&head).unwrap_or_else(|| panic!("no {head}"));
    let text = &rendered.terraform()[at..];
    let end = text.find("\n}\n").unwrap();
    text[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn events_of_a_bucket_reach_who_wants_them_and_become_dead_letters() {
    let rendered = render(&format!(
        "[buckets.media]\n{}{}",
        function(
            "thumb",
            "reads = [\"media\"]\nwrites = [\"media\"]\nprefixes = { media = \"small/\" }\n\
             trigger = { bucket = \"media\", prefix = \"in/\", suffix = \".jpg\" }"
        ),
        function(
            "sweep",
            "trigger = { bucket = \"media\", events = [\"created\", \"deleted\"], prefix = \"in/\" }"
        ),
    ));
    let inbox = resource(&rendered, "google_pubsub_subscription", "thumb");
    for wanted in [
        "topic = google_pubsub_topic.media_events.id",
        "filter = \"attributes.eventType = \\\"OBJECT_FINALIZE\\\" AND hasPrefix(attributes.objectId, \\\"in/\\\")\"",
        "endsWith(\".jpg\") ? message : null",
        "service_account_email = google_service_account.triggers.email",
        "dead_letter_topic = google_pubsub_topic.thumb_dead.id",
        "max_delivery_attempts = 5",
        "google_cloud_run_v2_service_iam_member.thumb_called_by_triggers",
    ] {
        assert!(inbox.contains(wanted), "{wanted}\n{inbox}");
    }
    // Objects of a bucket with versions are not deleted but no longer current; what was replaced is not gone.
    let sweep = resource(&rendered, "google_pubsub_subscription", "sweep");
    assert!(
        sweep.contains("(attributes.eventType = \\\"OBJECT_ARCHIVE\\\" AND NOT attributes:overwrittenByGeneration)")
    );
    let notification = resource(&rendered, "google_storage_notification", "media");
    assert!(
        notification.contains("event_types = [\"OBJECT_FINALIZE\", \"OBJECT_ARCHIVE\"]"),
        "{notification}"
    );
    let written = resource(&rendered, "google_storage_bucket_iam_member", "thumb_uses_media");
    assert!(written.contains("/objects/small/"), "{written}");
    let alarm = resource(&rendered, "google_monitoring_alert_policy", "thumb_dead");
    assert!(alarm.contains("google_pubsub_subscription.thumb_dead.name"), "{alarm}");
}

#[test]
fn times_and_changes_of_tables_become_messages() {
    let rendered = render(&format!(
        "[tables.items]\npartition_key = \"id\"\n{}{}",
        function(
            "night",
            "trigger = { schedule = \"0 2 * * *\", timezone = \"Asia/Seoul\" }"
        ),
        function("watch", "trigger = { table = \"items\" }"),
    ));
    let job = resource(&rendered, "google_cloud_scheduler_job", "night");
    assert!(
        job.contains("time_zone = \"Asia/Seoul\"") && job.contains("topic_name = google_pubsub_topic.night.id"),
        "{job}"
    );
    let trigger = resource(&rendered, "google_eventarc_trigger", "items_changes");
    assert!(
        trigger.contains("workflow = google_workflows_workflow.items_changes.id"),
        "{trigger}"
    );
    assert!(
        trigger.contains("google_pubsub_subscription.watch"),
        "nothing is sent before somebody hears: {trigger}"
    );
    let workflow = resource(&rendered, "google_workflows_workflow", "items_changes");
    assert!(
        workflow.contains("\"$${base64.encode(json.encode(event.data))}\""),
        "{workflow}"
    );
    let alarm = resource(&rendered, "google_monitoring_alert_policy", "watch_dead");
    assert!(
        alarm.contains("shop-items-changes"),
        "what is lost on the way is told of: {alarm}"
    );
}

#[test]
fn a_queue_waits_for_its_function_unless_that_sends_to_it() {
    let rendered = render(&format!(
        "[queues.jobs]\nfifo = true\n[queues.more]\n{}{}",
        function("work", "trigger = { queue = \"jobs\" }"),
        function("again", "publishes = [\"more\"]\ntrigger = { queue = \"more\" }"),
    ));
    let jobs = resource(&rendered, "google_pubsub_subscription", "jobs");
    assert!(
        jobs.contains("depends_on = [ google_cloudfunctions2_function.work,"),
        "{jobs}"
    );
    assert!(jobs.contains("enable_message_ordering = true"));
    assert!(!jobs.contains("exactly_once"), "Pub/Sub has that for who pulls only");
    let more = resource(&rendered, "google_pubsub_subscription", "more");
    assert!(!more.contains("depends_on"), "{more}");
    assert!(
        !rendered.terraform().contains("\"work_uses_jobs\""),
        "what is brought need not be taken"
    );
}

#[test]
fn who_publishes_waits_for_who_is_subscribed() {
    let rendered = render(&format!(
        "[topics.done]\n[topics.back]\n[queues.jobs]\n{}{}{}{}",
        function(
            "send",
            "private = false\npublishes = [\"done\", \"jobs\"]\ntrigger = { schedule = \"0 1 * * *\" }"
        ),
        function("tell", "trigger = { topic = \"done\" }"),
        function("note", "publishes = [\"back\"]\ntrigger = { queue = \"jobs\" }"),
        function("turn", "publishes = [\"back\"]\ntrigger = { topic = \"back\" }"),
    ));
    let send = resource(&rendered, "google_cloudfunctions2_function", "send");
    assert!(send.contains("google_pubsub_subscription.tell_from_done"), "{send}");
    assert!(send.contains("google_pubsub_subscription.jobs"), "{send}");
    let note = resource(&rendered, "google_cloudfunctions2_function", "note");
    assert!(note.contains("google_pubsub_subscription.turn_from_back"), "{note}");
    let tell = resource(&rendered, "google_pubsub_subscription", "tell_from_done");
    assert!(
        tell.contains("depends_on = [ google_cloudfunctions2_function.tell,"),
        "{tell}"
    );
    let turn = resource(&rendered, "google_pubsub_subscription", "turn_from_back");
    assert!(
        !turn.contains("depends_on"),
        "it cannot wait for who waits for it: {turn}"
    );
}

#[test]
fn the_proxy_of_an_api_proves_to_each_function_who_it_is() {
    let rendered = render(&format!(
        "[apis.public]\njwt = {{ issuer = \"https://id.example.com/\", audiences = [\"shop\"] }}\n{}",
        function("items", "trigger = { http = \"GET /items/{id}\", api = \"public\" }"),
    ));
    let failing = resource(&rendered, "google_monitoring_alert_policy", "items_failing");
    assert!(failing.contains("denominator_filter"), "{failing}");
    assert!(
        failing.contains("More than 5 % of the calls of items failed"),
        "{failing}"
    );
    let gateway = rendered.files.get("terraform/api_gateways.tf").unwrap();
    let text = gateway.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in [
        "remove = \"X-Serverless-Authorization\"",
        "token_header = { name = \"X-Serverless-Authorization\" value_prefix = \"Bearer \" }",
        "url = \"https://shop-items-${data.google_project.this.number}.asia-northeast3.run.app\"",
        "egress = \"ALL_TRAFFIC\"",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let permission = resource(
        &rendered,
        "google_cloud_run_v2_service_iam_member",
        "items_called_by_api_public",
    );
    assert!(
        permission.contains("google_service_account.api_public.member"),
        "{permission}"
    );
    let function = resource(&rendered, "google_cloudfunctions2_function", "items");
    assert!(
        function.contains("ingress_settings = \"ALLOW_INTERNAL_ONLY\""),
        "{function}"
    );
}

#[test]
fn node_is_told_which_file_to_load() {
    let rendered = render(
        "[functions.app]\nruntime = \"nodejs24\"\nsource = \"functions/node\"\nhandler = \"app.handle\"\ntrigger = { http = \"ANY /*\", open = true }\n",
    );
    let package = rendered.files.get("terraform/functions/app/package.json").unwrap();
    assert!(package.contains("\"main\": \"app.mjs\""), "{package}");
    let everybody = resource(
        &rendered,
        "google_cloud_run_v2_service_iam_member",
        "app_called_by_everybody",
    );
    assert!(everybody.contains("allUsers"));
}

#[test]
fn tables_are_databases_that_only_their_users_open() {
    let rendered = render(&format!(
        "[tables.items]\npartition_key = \"tenant\"\nsort_key = \"created\"\ntypes = {{ created = \"number\" }}\n{}",
        function("work", "reads = [\"items\"]\ntrigger = { schedule = \"0 2 * * *\" }"),
    ));
    let grant = resource(&rendered, "google_project_iam_member", "work_uses_items");
    assert!(grant.contains("roles/datastore.viewer"), "{grant}");
    assert!(
        grant.contains("resource.name == \\\"${google_firestore_database.items.id}\\\""),
        "{grant}"
    );
    let index = resource(&rendered, "google_firestore_index", "items");
    assert!(
        index.contains("\"key/ascending\"") && index.contains("\"key/descending\""),
        "{index}"
    );
}

#[test]
fn what_google_cloud_cannot_do_is_said() {
    let long = function("work", "timeout_seconds = 900\ntrigger = { schedule = \"0 2 * * *\" }");
    assert_eq!(rules(&long), ["function-event-time"]);
    let kafka = format!(
        "[streams.clicks]\nkafka = true\n{}",
        function("work", "trigger = { stream = \"clicks\" }")
    );
    assert!(rules(&kafka).contains(&"function-kafka"));
    let work = function("work", "trigger = { queue = \"jobs\" }");
    let more = function("more", "trigger = { queue = \"jobs\" }");
    let send = function("send", "publishes = [\"jobs\"]\ntrigger = { schedule = \"0 1 * * *\" }");
    let shared = ["[queues.jobs]\n", &work, &more, &send].concat();
    assert_eq!(rules(&shared), ["queue-starts-several"]);
    let takes = "[services.takes]\nimage = \"registry.example.com/takes:1\"\nconsumes = [\"jobs\"]\n";
    let taken = ["[queues.jobs]\n", &work, takes, &send].concat();
    assert!(rules(&taken).contains(&"queue-brought-and-taken"));
    let table = format!(
        "[tables.items]\npartition_key = \"id\"\nttl = \"gone\"\n{}",
        function("work", "reads = [\"items\"]\ntrigger = { schedule = \"0 2 * * *\" }")
    );
    assert_eq!(rules(&table), ["table-expiry"]);
}

#[test]
fn java_and_dotnet_are_called_by_their_class() {
    for (runtime, handler, class) in [
        ("java21", "Cleaner.handle", "Cleaner"),
        ("java25", "com.example.Cleaner.handle", "com.example.Cleaner"),
        ("dotnet10", "Example.Cleaner.HandleAsync", "Example.Cleaner"),
    ] {
        let text = format!(
            "[functions.clean]\nruntime = \"{runtime}\"\nhandler = \"{handler}\"\nsource = \"functions/work\"\ntrigger = {{ schedule = \"0 1 * * *\" }}\n"
        );
        let built = resource(&render(&text), "google_cloudfunctions2_function", "clean");
        assert!(built.contains(&format!("entry_point = \"{class}\"")), "{built}");
    }
}

#[test]
fn indexes_with_the_same_keys_are_one() {
    let table = "[tables.items]\npartition_key = \"tenant\"\nsort_key = \"at\"\n[tables.items.indexes.a]\npartition_key = \"kind\"\nsort_key = \"at\"\n[tables.items.indexes.b]\npartition_key = \"kind\"\nsort_key = \"at\"\nattributes = [\"z\"]\n";
    let text = [
        table,
        &function("work", "reads = [\"items\"]\ntrigger = { schedule = \"0 1 * * *\" }"),
    ]
    .concat();
    let indexes = resource(&render(&text), "google_firestore_index", "items");
    for (name, is_there) in [("key/ascending", true), ("a/descending", true), ("b/ascending", false)] {
        assert_eq!(indexes.contains(name), is_there, "{name}: {indexes}");
    }
}

#[test]
fn a_call_has_its_time_and_an_instance_to_start() {
    let rest = "timeout_seconds = 120\ntrigger = { queue = \"jobs\" }";
    let send = function("send", "publishes = [\"jobs\"]\ntrigger = { schedule = \"0 1 * * *\" }");
    let image = "[functions.image]\nimage = \"registry.example.com/image:1\"\ntrigger = { schedule = \"0 1 * * *\" }\n";
    let text = [
        "[queues.jobs]\nvisibility_seconds = 150\n",
        &function("work", rest),
        &send,
        image,
    ]
    .concat();
    let rendered = render(&text);
    let queue = resource(&rendered, "google_pubsub_subscription", "jobs");
    assert!(queue.contains("ack_deadline_seconds = 180"), "{queue}");
    assert!(queue.contains("minimum_backoff = \"120s\""), "{queue}");
    let own = resource(&rendered, "google_pubsub_subscription", "image");
    // What listens in an image of somebody's own may know no path.
    assert!(own.contains(".run.app\" oidc_token"), "{own}");
}

#[test]
fn roles_that_google_gives_its_agents_are_not_ours() {
    let table = "[tables.items]\npartition_key = \"id\"\n";
    let text = [
        table,
        &function("send", "writes = [\"items\"]\ntrigger = { schedule = \"0 1 * * *\" }"),
        &function("work", "trigger = { table = \"items\" }"),
    ]
    .concat();
    let rendered = render(&text);
    assert!(!rendered.terraform().contains(".serviceAgent"));
    let trigger = resource(&rendered, "google_eventarc_trigger", "items_changes");
    assert!(trigger.contains("time_sleep.changes"), "{trigger}");
    let behind = resource(&rendered, "google_monitoring_alert_policy", "work_behind");
    assert!(behind.contains("oldest_unacked_message_age"), "{behind}");
    let schedules = resource(&rendered, "google_monitoring_alert_policy", "schedules_failed");
    assert!(schedules.contains("condition_matched_log"), "{schedules}");
    assert!(schedules.contains("shop-(send)$"), "{schedules}");
}
