//! Functions, tables and streams on AWS: what starts them, what they may do, where failed events go, and what does not fit.
#![allow(clippy::unwrap_used)]

use cloudgen::blueprint;
use cloudgen::diagnostic::{Diagnostic, Severity};
use cloudgen::output::Rendered;
use cloudgen::target::Target;

const HEAD: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["operations@example.com"]
"#;

const UPLOADS: &str = r#"
[buckets.media]

[functions.thumbnail]
runtime = "python3.13"
source = "code"
reads = ["media"]
writes = ["media"]
prefixes = { media = "thumbs/" }
trigger = { bucket = "media", events = ["created", "deleted"], prefix = "in/", suffix = ".jpg" }
"#;

fn compile(body: &str) -> cloudgen::Outcome<Rendered> {
    let mut blueprint = blueprint::load(&format!("{HEAD}{body}"), None).unwrap_or_else(|found| panic!("{found:?}"));
    let files = ["main.py", "main.mjs"].map(|name| (name.to_owned(), "# code\n".to_owned()));
    blueprint.sources.insert("code".to_owned(), Ok(files.into()));
    cloudgen::compile(&blueprint, Target::Aws)
}

fn rendered(body: &str) -> Rendered {
    let outcome = compile(body);
    outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

/// A file without the blanks that only align it.
fn file(rendered: &Rendered, name: &str) -> String {
    let text = rendered.files.get(&format!("terraform/{name}.tf")).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rules that a blueprint breaks, errors and warnings alike.
fn rules(body: &str) -> Vec<&'static str> {
    compile(body)
        .diagnostics
        .iter()
        .map(|found: &Diagnostic| found.rule)
        .collect()
}

fn holds(text: &str, part: &str) {
    assert!(text.contains(part), "{part} is not in\n{text}");
}

#[test]
fn a_bucket_starts_a_function_that_writes_below_its_prefix_alone() {
    let rendered = rendered(UPLOADS);
    let triggers = file(&rendered, "triggers");
    holds(
        &triggers,
        "events = [\"s3:ObjectCreated:*\", \"s3:ObjectRemoved:*\", \"s3:LifecycleExpiration:*\"]\nfilter_prefix = \"in/\"\nfilter_suffix = \".jpg\"",
    );
    holds(
        &triggers,
        "principal = \"s3.amazonaws.com\"\nsource_arn = aws_s3_bucket.media.arn",
    );
    let identity = file(&rendered, "identity");
    holds(&identity, "Resource = [\"${aws_s3_bucket.media.arn}/thumbs/*\"]");
    let functions = file(&rendered, "functions");
    holds(
        &functions,
        "source_code_hash = data.archive_file.thumbnail.output_base64sha256",
    );
    // What fails ends beside the function, and somebody is told.
    holds(&functions, "destination = aws_sqs_queue.thumbnail_dead.arn");
    holds(
        &file(&rendered, "alarms"),
        "QueueName = aws_sqs_queue.thumbnail_dead.name",
    );
    assert!(rendered.files.get("terraform/functions/thumbnail/main.py").is_some());
}

#[test]
fn messages_and_records_come_in_batches_of_which_parts_may_fail() {
    let rendered = rendered(
        r#"
        [queues.jobs]
        [streams.clicks]
        [tables.seen]
        partition_key = "id"
        changes = "new"
        [functions.job]
        runtime = "python3.13"
        source = "code"
        concurrency = 7
        trigger = { queue = "jobs" }
        [functions.click]
        runtime = "nodejs24"
        source = "code"
        writes = ["seen"]
        retry = { attempts = 4, max_age_seconds = 600 }
        trigger = { stream = "clicks", batch = 50 }
        [functions.watch]
        runtime = "python3.13"
        source = "code"
        trigger = { table = "seen" }
        "#,
    );
    let triggers = file(&rendered, "triggers");
    assert_eq!(
        triggers
            .matches("function_response_types = [\"ReportBatchItemFailures\"]")
            .count(),
        3
    );
    holds(&triggers, "maximum_concurrency = 7");
    holds(&triggers, "event_source_arn = aws_kinesis_stream.clicks.arn");
    holds(
        &triggers,
        "maximum_retry_attempts = 4\nmaximum_record_age_in_seconds = 600",
    );
    holds(&triggers, "destination_arn = aws_sqs_queue.click_dead.arn");
    holds(&triggers, "event_source_arn = aws_dynamodb_table.seen.stream_arn");
    // Six times as long as a call may take.
    holds(&file(&rendered, "queues"), "visibility_timeout_seconds = 360");
    holds(&file(&rendered, "tables"), "stream_view_type = \"NEW_IMAGE\"");
    holds(&file(&rendered, "functions"), "runtime = \"nodejs24.x\"");
}

#[test]
fn warm_instances_stand_behind_an_alias_that_everybody_calls() {
    let rendered = rendered(
        r#"
        [apis.public]
        jwt = { issuer = "https://login.example.com/", audiences = ["shop"] }
        [functions.price]
        runtime = "python3.13"
        source = "code"
        warm = 2
        trigger = { http = "GET /prices/{id}", api = "public" }
        [functions.item]
        runtime = "python3.13"
        source = "code"
        calls = ["price"]
        trigger = { http = "ANY /*" }
        "#,
    );
    let apis = file(&rendered, "apis");
    holds(&apis, "qualifier = aws_lambda_alias.price.name");
    holds(&apis, "integration_uri = aws_lambda_alias.price.invoke_arn");
    // Functions need no way through the network.
    assert!(!apis.contains("aws_apigatewayv2_vpc_link"));
    let alarms = file(&rendered, "alarms");
    holds(&alarms, "\"shop-public-failing\"");
    holds(&alarms, "metric_name = \"5xx\"");
    holds(&alarms, "ApiId = aws_apigatewayv2_api.public.id");
    holds(
        &alarms,
        "More than 5 % of the calls of price failed for a quarter of an hour.",
    );
    let functions = file(&rendered, "functions");
    holds(&functions, "publish = true");
    holds(&functions, "timeout = 29");
    holds(&functions, "timeout = 60");
    holds(
        &functions,
        "PRICE_AUTH = \"aws-sigv4\"\nPRICE_URL = trimsuffix(aws_lambda_function_url.price.function_url, \"/\")",
    );
    let identity = file(&rendered, "identity");
    let alias = "Resource = [\"${aws_lambda_function.price.arn}:${aws_lambda_alias.price.name}\"]";
    holds(&identity, &format!("Action = \"lambda:InvokeFunctionUrl\"\n{alias}"));
    holds(&identity, &format!("Action = \"lambda:InvokeFunction\"\n{alias}"));
}

#[test]
fn who_may_call_an_open_address_is_said_twice() {
    let rendered = rendered(
        "[functions.hook]\nruntime = \"python3.13\"\nsource = \"code\"\ntrigger = { http = \"ANY /*\", open = true }\n",
    );
    let triggers = file(&rendered, "triggers");
    holds(&triggers, "authorization_type = \"NONE\"");
    holds(
        &triggers,
        "action = \"lambda:InvokeFunctionUrl\"\nprincipal = \"*\"\nfunction_url_auth_type = \"NONE\"",
    );
    holds(
        &triggers,
        "action = \"lambda:InvokeFunction\"\nprincipal = \"*\"\ninvoked_via_function_url = true",
    );
}

#[test]
fn values_of_secrets_are_not_told() {
    let rendered = rendered(
        r#"
        [secrets.token]
        [databases.main]
        engine = "postgres"
        [functions.job]
        runtime = "python3.13"
        source = "code"
        reads = ["main", "token"]
        trigger = { schedule = "0 2 * * *", timezone = "Asia/Seoul" }
        "#,
    );
    let functions = file(&rendered, "functions");
    holds(&functions, "TOKEN_SECRET = aws_secretsmanager_secret.token.arn");
    assert!(!functions.contains("MAIN_PASSWORD") && !functions.contains("TOKEN ="));
    let readme = rendered.files.get("README.md").unwrap();
    assert!(readme.contains("`TOKEN_SECRET`") && !readme.contains("`MAIN_PASSWORD`"));
    // Terraform's encoder of JSON would turn the angle brackets into something that Scheduler does not know.
    let input = r#"input = "{\"id\":\"<aws.scheduler.execution-id>\",\"time\":\"<aws.scheduler.scheduled-time>\"}""#;
    holds(&file(&rendered, "triggers"), input);
    holds(
        &file(&rendered, "triggers"),
        "schedule_expression = \"cron(0 2 * * ? *)\"",
    );
}

#[test]
fn functions_outside_the_network_need_none() {
    let rendered = rendered(&UPLOADS.replace("trigger =", "private = false\ntrigger ="));
    assert!(file(&rendered, "network").is_empty() && file(&rendered, "firewall").is_empty());
    assert!(!file(&rendered, "functions").contains("vpc_config"));
}

#[test]
fn tables_scale_with_their_use() {
    let body = r#"
        [tables.items]
        partition_key = "tenant"
        sort_key = "created"
        types = { created = "number" }
        capacity = { read = 5, write = 5, max_read = 50 }
        [functions.item]
        runtime = "python3.13"
        source = "code"
        reads = ["items"]
        trigger = { http = "ANY /*" }
    "#;
    let rendered = rendered(body);
    let tables = file(&rendered, "tables");
    holds(&tables, "ignore_changes = [read_capacity, write_capacity]");
    holds(
        &tables,
        "scalable_dimension = \"dynamodb:table:ReadCapacityUnits\"\nmin_capacity = 5\nmax_capacity = 50",
    );
    assert!(!tables.contains("WriteCapacityUnits\""));
    let indexed = body.replace(
        "[functions",
        "[tables.items.indexes.by-kind]\npartition_key = \"kind\"\n[functions",
    );
    assert_eq!(rules(&indexed), ["table-indexes-scaled"]);
}

#[test]
fn what_lambda_does_not_do_is_refused() {
    let function = |more: &str| format!("[queues.jobs]\n[buckets.media]\n[functions.job]\nsource = \"code\"\n{more}\n");
    let python = |more: &str| function(&format!("runtime = \"python3.13\"\n{more}"));
    let broken = [
        (
            function("runtime = \"java25\"\nhandler = \"main.Handler.run\"\ntrigger = { queue = \"jobs\" }"),
            "function-needs-build",
        ),
        (
            python("concurrency = 1\ntrigger = { queue = \"jobs\" }"),
            "function-alone",
        ),
        (python("warm = 30\ntrigger = { queue = \"jobs\" }"), "function-warm"),
        (
            python("retry = { attempts = 3 }\ntrigger = { bucket = \"media\" }"),
            "function-retry",
        ),
        (python("trigger = { schedule = \"0 0 1 * 1\" }"), "schedule-not-there"),
        (
            python("environment = { AWS_REGION = \"x\" }\ntrigger = { queue = \"jobs\" }"),
            "function-setting-name",
        ),
        (
            python("concurrency = 950\ntrigger = { queue = \"jobs\" }"),
            "quota-to-raise",
        ),
    ];
    for (body, rule) in broken {
        assert!(rules(&body).contains(&rule), "{rule} is not in {:?}", rules(&body));
    }
    let image = "[functions.job]\nimage = \"ghcr.io/example/job:1\"\ntrigger = { http = \"ANY /*\" }\n";
    assert_eq!(rules(image), ["function-image-elsewhere"]);
    let twice = UPLOADS.replace("[functions.thumbnail]", "[functions.copy]\nruntime = \"python3.13\"\nsource = \"code\"\ntrigger = { bucket = \"media\", prefix = \"in/a\" }\n[functions.thumbnail]");
    assert_eq!(rules(&twice), ["bucket-triggers-overlap"]);
}

#[test]
fn functions_that_call_each_other_are_refused() {
    let function = |name: &str, calls: &str| {
        format!(
            "[functions.{name}]\nruntime = \"python3.13\"\nsource = \"code\"\ncalls = [\"{calls}\"]\ntrigger = {{ http = \"ANY /*\" }}\n"
        )
    };
    let body = [function("one", "two"), function("two", "one")].concat();
    let found = compile(&body).diagnostics;
    assert_eq!(
        found.iter().filter(|found| found.severity == Severity::Error).count(),
        1,
        "{found:?}"
    );
    assert_eq!(found[0].rule, "functions-call-in-a-circle");
}

#[test]
fn reading_that_stands_still_is_told_of_at_any_retention() {
    for hours in [24, 49, 168] {
        let rendered = rendered(&format!(
            "[streams.lines]\nkafka = true\nretention_hours = {hours}\n[tables.items]\npartition_key = \"id\"\n\
             [functions.read]\nruntime = \"python3.13\"\nsource = \"code\"\ntimeout_seconds = 800\ntrigger = {{ stream = \"lines\" }}\n\
             [functions.changed]\nruntime = \"python3.13\"\nsource = \"code\"\ntrigger = {{ table = \"items\" }}\n"
        ));
        let alarms = file(&rendered, "alarms");
        let of = |name: &str| -> String {
            let text = alarms.split("resource ").find(|text| text.contains(name)).unwrap();
            text.to_owned()
        };
        let read = of("\"shop-read-behind\"");
        holds(&read, "\"Consumer Group\" = \"shop-read\"");
        holds(&read, "IF(FILL(waiting, 0) > 0 AND FILL(called, 0) < 1, ");
        holds(&read, "evaluation_periods = 4");
        holds(&read, &format!("threshold = {}", hours * 900));
        let changed = of("\"shop-changed-behind\"");
        holds(&changed, "period = 3600");
        holds(&changed, "evaluation_periods = 2");
        let dead = of("\"shop-read-dead\"");
        holds(&dead, "evaluation_periods = 3");
        holds(&dead, "datapoints_to_alarm = 1");
    }
}
