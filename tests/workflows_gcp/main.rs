//! Workflows and warehouses on Google Cloud: definitions against the language, who may do what, what is told of what fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod language;
mod warehouses;

use std::collections::BTreeMap;

use cloudgen::Outcome;
use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;
use language::check;
use serde_json::{Map, Value};
use warehouses::FACTS;

const START: &str =
    "name = \"shop\"\npattern = \"serverless\"\nregion = \"seoul\"\n[observability]\nemails = [\"ops@example.com\"]\n";

/// Everything in everything, with texts that look like something else.
const NASTY: &str = r#"
[workflows.order]
trigger = { schedule = "0 2 * * *", timezone = "Asia/Seoul" }
timeout_seconds = 900

[[workflows.order.steps]]
name   = "end"
choose = [
  { field = "kind", equals = "\"paid\" or ${true} {{x}} {% y %} \\", steps = [
    { parallel = [
      [{ call = "check", name = "a-1", retry = { attempts = 2, seconds = 1, backoff = 3 }, catch = [{ call = "tell", name = "told-a" }] }],
      [{ name = "inner", parallel = [[{ wait_seconds = 1 }], [{ call = "check", name = "deep" }]] }],
    ], catch = [{ fail = "failed: ${document} \"'{{}}" }] },
  ] },
  { field = "order.total.sum", above = 10.5, steps = [] },
  { field = "n", below = -3, steps = [{ wait_seconds = 5 }] },
  { field = "n", equals = 7, steps = [{ call = "tell" }] },
  { field = "done", equals = false, steps = [{ fail = "plain \"text\" with {braces} and $5" }] },
]
otherwise = [{ call = "check", name = "otherwise" }]
"#;

fn compile(text: &str) -> Outcome<Rendered> {
    let text = format!("{START}{text}");
    let mut blueprint = blueprint::load(&text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let files = BTreeMap::from([("main.py".to_owned(), "def handle(request):\n    return {}\n".to_owned())]);
    blueprint.sources = BTreeMap::from([("functions/work".to_owned(), Ok(files))]);
    cloudgen::compile(&blueprint, Target::Gcp)
}

fn render(text: &str) -> Rendered {
    let outcome = compile(text);
    outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

fn rules(text: &str) -> Vec<&'static str> {
    compile(text).diagnostics.into_iter().map(|it| it.rule).collect()
}

fn function(name: &str, rest: &str) -> String {
    format!("[functions.{name}]\nruntime = \"python3.13\"\nsource = \"functions/work\"\n{rest}\n")
}

fn nasty() -> Rendered {
    render(
        &[
            NASTY,
            &function("check", "timeout_seconds = 120"),
            &function("tell", ""),
        ]
        .concat(),
    )
}

/// The text of one resource, with single spaces.
fn resource(rendered: &Rendered, kind: &str, name: &str) -> String {
    let head = format!("resource \"{kind}\" \"{name}\" {{");
    let at = rendered.terraform().find(&head).unwrap_or_else(|| panic!("no {head}"));
    let text = &rendered.terraform()[at..];
    let end = text.find("\n}\n").unwrap();
    text[..end].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an attribute encodes as JSON: references in it become `REFERENCE`.
fn encoded(rendered: &Rendered, kind: &str, name: &str, attribute: &str) -> Value {
    let body: hcl::Body = hcl::parse(&rendered.terraform()).unwrap();
    let found = body.blocks().find(|block| {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        block.identifier() == "resource" && labels == [kind, name]
    });
    let block = found.unwrap_or_else(|| panic!("no {kind}.{name}"));
    let mut attributes = block.body().attributes();
    let found = attributes.find(|it| it.key() == attribute).unwrap();
    match found.expr() {
        hcl::Expression::FuncCall(call) if call.name.to_string() == "jsonencode" => plain(&call.args[0]),
        other => panic!("{other:?}"),
    }
}

fn plain(expression: &hcl::Expression) -> Value {
    match expression {
        hcl::Expression::Null => Value::Null,
        hcl::Expression::Bool(value) => (*value).into(),
        hcl::Expression::Number(number) => serde_json::to_value(number).unwrap(),
        hcl::Expression::String(text) => text.as_str().into(),
        hcl::Expression::Array(items) => items.iter().map(plain).collect(),
        hcl::Expression::Object(pairs) => {
            let name = |key: &hcl::ObjectKey| match key {
                hcl::ObjectKey::Identifier(name) => name.to_string(),
                hcl::ObjectKey::Expression(hcl::Expression::String(text)) => text.clone(),
                other => panic!("{other:?}"),
            };
            let pairs = pairs.iter().map(|(key, value)| (name(key), plain(value)));
            Value::Object(pairs.collect::<Map<String, Value>>())
        }
        hcl::Expression::TemplateExpr(template) => {
            let template = hcl::Template::from_expr(template).unwrap();
            let parts = template.elements().iter().map(|part| match part {
                hcl::template::Element::Literal(text) => text.clone(),
                _ => "REFERENCE".to_owned(),
            });
            parts.collect::<String>().into()
        }
        _ => "REFERENCE".into(),
    }
}

#[test]
fn the_example_is_in_the_language() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("blueprints");
    let text = std::fs::read_to_string(folder.join("media-iot.toml")).unwrap();
    let mut blueprint = blueprint::load(&text, None).unwrap();
    blueprint.sources = cloudgen::cli::sources::read(&folder, &blueprint.model);
    let rendered = cloudgen::compile(&blueprint, Target::Gcp).value.unwrap();
    check(&encoded(
        &rendered,
        "google_workflows_workflow",
        "nightly",
        "source_contents",
    ));
}

#[test]
fn everything_in_everything_is_in_the_language() {
    let rendered = nasty();
    let definition = encoded(&rendered, "google_workflows_workflow", "order", "source_contents");
    check(&definition);
    let main = definition["main"].to_string();
    assert!(
        main.contains("%22paid%22%20or%20%24%7Btrue%7D%20%7B%7Bx%7D%7D"),
        "{main}"
    );
    assert!(main.contains("failed%3A%20%24%7Bdocument%7D"), "{main}");
    assert!(main.contains("plain \\\"text\\\" with {braces} and $5"), "{main}");
    // A minute more than the function has; two more times, a second and then three after it.
    let branch = &definition["parallel_1_Steps"]["steps"][0]["a_1"]["try"]["args"];
    assert_eq!(
        (
            &branch["seconds"],
            &branch["retries"],
            &branch["wait"],
            &branch["backoff"]
        ),
        (&180.into(), &2.into(), &1.into(), &3.into())
    );
    // What the clouds' texts have is not Terraform's either.
    assert!(!rendered.terraform().contains("failed: ${document}"));
}

#[test]
fn a_workflow_calls_its_functions_and_no_others() {
    let rendered = render(
        &[
            NASTY,
            &function("check", ""),
            &function("tell", ""),
            &function("other", "trigger = { schedule = \"0 1 * * *\" }"),
        ]
        .concat(),
    );
    let workflow = resource(&rendered, "google_workflows_workflow", "order");
    for part in [
        "service_account = google_service_account.order.id",
        "crypto_key_name = google_kms_crypto_key.main.id",
        "call_log_level = \"LOG_ERRORS_ONLY\"",
        "google_cloud_run_v2_service_iam_member.check_called_by_order",
        "google_cloud_run_v2_service_iam_member.tell_called_by_order",
    ] {
        assert!(workflow.contains(part), "{part}: {workflow}");
    }
    assert!(!rendered.terraform().contains("other_called_by_order"));
    let function = resource(&rendered, "google_cloudfunctions2_function", "check");
    assert!(
        function.contains("ingress_settings = \"ALLOW_INTERNAL_ONLY\""),
        "{function}"
    );
}

#[test]
fn times_start_a_workflow_as_an_account_that_only_the_scheduler_speaks_as() {
    let rendered = nasty();
    let job = resource(&rendered, "google_cloud_scheduler_job", "order");
    for part in [
        "schedule = \"0 2 * * *\"",
        "time_zone = \"Asia/Seoul\"",
        "/executions\"",
        "service_account_email = google_service_account.schedules.email",
    ] {
        assert!(job.contains(part), "{part}: {job}");
    }
    let speaks = resource(&rendered, "google_service_account_iam_member", "schedules");
    assert!(
        speaks.contains("google_project_service_identity.cloudscheduler.member"),
        "{speaks}"
    );
    let failed = resource(&rendered, "google_monitoring_alert_policy", "order_failed");
    assert!(
        failed.contains("resource.labels.workflow_id = \\\"shop-order\\\""),
        "{failed}"
    );
}

#[test]
fn who_starts_a_workflow_is_told_that_it_may_start_all() {
    let text = [
        NASTY,
        &function("check", ""),
        &function("tell", ""),
        &function("begin", "calls = [\"order\"]\ntrigger = { http = \"ANY /*\" }"),
    ]
    .concat();
    let found = rules(&text);
    assert!(found.contains(&"workflow-starter"), "{found:?}");
    let rendered = render(&text);
    let grant = resource(&rendered, "google_project_iam_member", "begin_uses_every_workflow");
    assert!(grant.contains("roles/workflows.invoker"), "{grant}");
    let function = resource(&rendered, "google_cloudfunctions2_function", "begin");
    assert!(function.contains("/workflows/shop-order\""), "{function}");
    assert!(function.contains("ORDER_PROTOCOL = \"workflows\""), "{function}");
}

#[test]
fn what_google_cloud_cannot_do_is_said() {
    let kafka = FACTS.replace("[streams.clicks]", "[streams.clicks]\nkafka = true");
    let rest = "writes = [\"facts\"]\npublishes = [\"clicks\"]\ntrigger = { schedule = \"0 1 * * *\" }";
    let found = rules(&[kafka, function("work", rest)].concat());
    assert!(found.contains(&"warehouse-kafka"), "{found:?}");
    let deep = r#"
[workflows.deep]
trigger = { schedule = "0 2 * * *" }
[[workflows.deep.steps]]
parallel = [[{ parallel = [[{ parallel = [[{ wait_seconds = 1 }], [{ wait_seconds = 2 }]] }], [{ wait_seconds = 3 }]] }], [{ wait_seconds = 4 }]]
"#;
    let call = function("work", "trigger = { http = \"ANY /*\" }");
    let found = rules(&[deep, &call].concat());
    assert!(found.contains(&"workflow-parallel-depth"), "{found:?}");
    let long = format!(
        "[workflows.long]\ntrigger = {{ schedule = \"0 2 * * *\" }}\n[[workflows.long.steps]]\nfail = \"${{x}} {}\"\n",
        "long ".repeat(100)
    );
    let long = [long, call].concat();
    let found = rules(&long);
    assert!(found.contains(&"workflow-expression"), "{found:?}");
    assert!(!rules(&long.replace("${x}", "x")).contains(&"workflow-expression"));
}
