//! Workflows and warehouses on AWS: definitions against the schema of their language, who may do what, and what does not fit.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Command;

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;
use hcl::eval::{Context, Evaluate};
use hcl::{Expression, Structure};
use serde_json::{Map, Value};

use support::tools::{is_there, python, run};
use support::{examples, project};

const HEAD: &str = r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["operations@example.com"]

[functions.one]
runtime = "python3.13"
source = "code"
[functions.two]
runtime = "python3.13"
source = "code"
timeout_seconds = 300
[functions.three]
runtime = "python3.13"
source = "code"
warm = 1
"#;

/// Every kind of step in every other, with texts that mean something in one language or another.
const NASTY: &str = r#"
[workflows.nasty]
timeout_seconds = 600
trigger = { schedule = "0 3 * * MON", timezone = "Asia/Seoul" }

[[workflows.nasty.steps]]
choose = [
  { field = "kind", equals = "\"it's\" ${x} %{if} {{y}} {% $z %} \\n", steps = [
    { parallel = [
      [{ call = "one", retry = { attempts = 5, seconds = 3, backoff = 3 }, catch = [
        { wait_seconds = 5 },
        { choose = [{ field = "error", equals = "{% 1 %}", steps = [{ fail = "{% $states.input %} ${a} \"b\"" }] }] },
      ] }],
      [{ call = "two" }, { parallel = [[{ call = "three" }], [{ wait_seconds = 1 }]], catch = [{ fail = "no" }] }],
    ] },
  ] },
  { field = "and.or.function", above = -1.5, steps = [] },
  { field = "n", below = 3, steps = [{ call = "one" }] },
]
otherwise = [{ choose = [{ field = "deep", equals = false, steps = [{ fail = "it is false" }] }] }]
"#;

const FACTS: &str = r#"
[warehouses.facts.tables.readings]
columns = { device = "string", at = "timestamp", celsius = "number", count = "integer", up = "boolean", tags = "json" }
stream = "readings"
time = "at"
delete_after_days = 30

[warehouses.facts.tables.days]
columns = { day = "timestamp", mean = "number" }
"#;

fn compile(body: &str) -> cloudgen::Outcome<Rendered> {
    let mut blueprint = blueprint::load(&format!("{HEAD}{body}"), None).unwrap_or_else(|found| panic!("{found:?}"));
    let files = [("main.py".to_owned(), "# code\n".to_owned())];
    blueprint.sources.insert("code".to_owned(), Ok(files.into()));
    cloudgen::compile(&blueprint, Target::Aws)
}

fn rendered(body: &str) -> Rendered {
    let outcome = compile(body);
    outcome.value.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

fn rules(body: &str) -> Vec<&'static str> {
    compile(body).diagnostics.iter().map(|found| found.rule).collect()
}

/// A file without the blanks that only align it.
fn file(rendered: &Rendered, name: &str) -> String {
    let text = rendered.files.get(&format!("terraform/{name}.tf")).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

fn holds(text: &str, part: &str) {
    assert!(text.contains(part), "{part} is not in\n{text}");
}

/// The value of an expression, with a word in place of what Terraform alone knows.
fn value(expression: &Expression) -> Value {
    match expression {
        Expression::Object(object) => {
            let pairs = object
                .iter()
                .map(|(key, item)| (key.to_string().trim_matches('"').to_owned(), value(item)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Expression::Array(items) => items.iter().map(value).collect(),
        Expression::TemplateExpr(template) => template
            .evaluate(&Context::new())
            .ok()
            .and_then(|text| serde_json::to_value(text).ok())
            .unwrap_or_else(|| "known-later".into()),
        Expression::Traversal(_) => "known-later".into(),
        plain => serde_json::to_value(plain).unwrap(),
    }
}

/// The definitions of the workflows of a tree, by their local names.
fn definitions(rendered: &Rendered) -> Map<String, Value> {
    let text = rendered.files.get("terraform/workflows.tf").unwrap();
    let body: hcl::Body = hcl::from_str(text).unwrap();
    let blocks = body.into_iter().filter_map(|item| match item {
        Structure::Block(block) => Some(block),
        Structure::Attribute(_) => None,
    });
    let machines = blocks.filter(|block| {
        block
            .labels
            .first()
            .is_some_and(|kind| kind.as_str() == "aws_sfn_state_machine")
    });
    let machines = machines.map(|block| {
        let definition = block
            .body()
            .attributes()
            .find(|item| item.key() == "definition")
            .unwrap();
        let Expression::FuncCall(call) = definition.expr() else {
            panic!("{definition:?}");
        };
        (block.labels[1].as_str().to_owned(), value(&call.args[0]))
    });
    machines.collect()
}

#[test]
fn definitions_meet_the_schema_of_their_language() {
    let mut all = definitions(&rendered(NASTY));
    let media = examples()
        .into_iter()
        .find(|example| example.name == "media-iot")
        .unwrap();
    for environment in media.environments() {
        let tree = media.render(&media.load(environment.as_deref()), Target::Aws);
        for (name, definition) in definitions(&tree) {
            all.insert(format!("{name}@{environment:?}"), definition);
        }
    }
    assert_eq!(all.len(), 3);
    if !is_there(&python(), &["-c", "import jsonschema"]) {
        return;
    }
    let mut command = Command::new(python());
    command.arg(project("tests/support/states_language.py"));
    command.arg(project("tests/schemas/states-language.json"));
    let all = Value::Object(all).to_string();
    run(&mut command, all.as_bytes()).unwrap_or_else(|problem| panic!("{problem}\n{all}"));
}

#[test]
fn texts_of_the_author_are_data() {
    let definition = definitions(&rendered(NASTY)).remove("nasty").unwrap();
    let states = &definition["States"];
    let choices = &states[definition["StartAt"].as_str().unwrap()]["Choices"];
    let condition = choices[0]["Condition"].as_str().unwrap();
    holds(
        condition,
        r#"$states.input.`kind` = "\"it's\" ${x} \u0025{if} {{y}} {\u0025 $z \u0025} \\n""#,
    );
    let branch = &states[choices[0]["Next"].as_str().unwrap()]["Branches"][0]["States"];
    let failed = |states: &Value| -> Vec<String> {
        let states = states.as_object().unwrap().values();
        states
            .filter_map(|state| state["Cause"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(failed(branch), [r#"{% "{\u0025 $states.input \u0025} ${a} \"b\"" %}"#]);
    assert_eq!(failed(states), ["it is false"]);
    assert_eq!(branch["one"]["Catch"][0]["Next"], "wait");
    let end = format!("{} done", definition["StartAt"].as_str().unwrap());
    assert_eq!(choices[1]["Next"], end);
    assert_eq!(states[end]["Type"], "Succeed");
}

#[test]
fn a_workflow_calls_its_functions_and_nothing_else() {
    let rendered = rendered(NASTY);
    let identity = file(&rendered, "identity");
    let role = identity
        .split("\"aws_iam_role_policy\" \"nasty_workflow_and_its_functions\"")
        .nth(1)
        .unwrap();
    let role = role.split("\nresource").next().unwrap();
    holds(role, "Action = \"lambda:InvokeFunction\"");
    for function in ["one.arn", "two.arn", "three.arn}:${aws_lambda_alias.three.name}"] {
        holds(role, &format!("aws_lambda_function.{function}"));
    }
    assert!(
        !file(&rendered, "triggers").contains("function_url"),
        "a way in for others"
    );
    let workflows = file(&rendered, "workflows");
    holds(&workflows, "schedule_expression = \"cron(0 3 ? * MON *)\"");
    holds(&workflows, "include_execution_data = false");
    holds(
        &file(&rendered, "alarms"),
        "expression = \"FILL(failed, 0) + FILL(late, 0) + FILL(missed, 0)\"",
    );
}

#[test]
fn who_starts_a_workflow_may_do_that_alone() {
    let rendered = rendered(&format!(
        "{NASTY}\n[functions.start]\nruntime = \"python3.13\"\nsource = \"code\"\ncalls = [\"nasty\"]\ntrigger = {{ schedule = \"0 1 * * *\" }}\n"
    ));
    let machine =
        "arn:aws:states:ap-northeast-2:${data.aws_caller_identity.current.account_id}:stateMachine:shop-nasty";
    let identity = file(&rendered, "identity");
    holds(
        &identity,
        &format!("Action = \"states:StartExecution\"\nResource = [\"{machine}\"]"),
    );
    let functions = file(&rendered, "functions");
    holds(&functions, &format!("NASTY_WORKFLOW = \"{machine}\""));
    holds(&functions, "NASTY_PROTOCOL = \"stepfunctions\"");
    holds(&file(&rendered, "endpoints"), "\"states\"");
}

#[test]
fn a_warehouse_is_private_and_knows_who_asks() {
    let body = format!(
        "{FACTS}\n[streams.readings]\n[functions.ask]\nruntime = \"python3.13\"\nsource = \"code\"\nreads = [\"facts\"]\n\
         trigger = {{ schedule = \"0 1 * * *\" }}\n[functions.fill]\nruntime = \"python3.13\"\nsource = \"code\"\nwrites = [\"facts\"]\n\
         trigger = {{ schedule = \"0 2 * * *\" }}\n"
    );
    let rendered = rendered(&body);
    let warehouses = file(&rendered, "warehouses");
    for part in [
        "publicly_accessible = false",
        "enhanced_vpc_routing = true",
        "manage_admin_password = true",
        "prevent_destroy = true",
        "GRANT SELECT ON TABLE public.\"days\" TO \"IAMR:shop-ask\";",
        "GRANT INSERT ON TABLE public.\"readings\" TO \"IAMR:shop-fill\";",
        "\"at\" TIMESTAMPTZ NOT NULL",
        "sql = \"GRANT USAGE ON SCHEMA streams_of_kinesis TO \\\"IAMR:shop-facts-warehouse-upkeep\\\"\"",
        "GRANT SELECT, DELETE ON TABLE arriving.\"readings__kinesis_readings\", arriving.\"readings_left\" TO \"IAMR:shop-facts-warehouse-upkeep\";",
        "fields.\"at\"::TIMESTAMPTZ IS NOT NULL AND (NVL(",
        "CREATE TABLE IF NOT EXISTS upkeep.\"readings\" (taken_at TIMESTAMP);",
        "CALL public.watch_records_of_readings()",
        "\naws_redshiftdata_statement.facts_warehouse_and_its_use_of_streams_of_kinesis,\n]",
        "SORTKEY (\"at\")",
        "DELETE FROM public.\"readings\" WHERE \"at\" < DATEADD(day, -30, SYSDATE);",
        "FROM streams_of_kinesis.\"shop-readings\"",
    ] {
        holds(&warehouses, part);
    }
    let firewall = file(&rendered, "firewall");
    let mut ways_in = firewall
        .split("resource ")
        .filter(|block| block.contains("_ingress_rule"));
    assert!(!ways_in.any(|block| block.contains("security_group_id = aws_security_group.facts.id\ndescription")));
    holds(&firewall, "\"facts_to_private_service_endpoints_443\"");
    let identity = file(&rendered, "identity");
    holds(
        &identity,
        "\"redshift-data:statement-owner-iam-userid\" = \"$${aws:userid}\"",
    );
    let functions = file(&rendered, "functions");
    holds(&functions, "FACTS_DATABASE = \"facts\"");
    holds(&functions, "FACTS_SERVER = \"shop-facts\"");
    holds(&file(&rendered, "endpoints"), "\"redshift-data\"");
    assert!(!warehouses.contains("public.\"days\" TO \"IAMR:shop-facts-warehouse-upkeep\""));
    let endpoints = file(&rendered, "endpoints");
    holds(&endpoints, "Sid = \"AskWarehouses\"");
    let alarms = file(&rendered, "alarms");
    holds(&alarms, "\"shop-facts-readings-refused\"");
    holds(&alarms, "\"shop-facts-readings-late\"");
    holds(
        &alarms,
        "\"IF(FILL(written, 0) > 0, FILL(failed, 0) + FILL(missed, 0), 0)\"",
    );
    let readme = rendered.files.get("README.md").unwrap();
    holds(readme, "about 2,300 USD a month");
    assert!(!readme.contains("FACTS_USER"), "nothing sets it");
}

#[test]
fn retries_are_as_many_as_are_said_and_three_at_least_where_a_call_was_turned_away() {
    let call = |retry: &str| format!("{{ call = \"one\"{retry} }}");
    let body = |retry: &str| {
        let step = call(retry);
        format!("[workflows.w]\nsteps = [{step}]\ntrigger = {{ schedule = \"0 3 * * *\" }}\n")
    };
    let retries = |retry: &str| -> Vec<(String, Value, Value)> {
        let definition = definitions(&rendered(&body(retry))).remove("w").unwrap();
        let all = definition["States"]["one"]["Retry"].as_array().unwrap().clone();
        let of = |item: Value| {
            let last = item["ErrorEquals"].as_array().unwrap().last().unwrap();
            let last = last.as_str().unwrap().to_owned();
            (last, item["MaxAttempts"].clone(), item["IntervalSeconds"].clone())
        };
        all.into_iter().map(of).collect()
    };
    let turned = |attempts: u32, seconds: u32| {
        (
            "Lambda.TooManyRequestsException".to_owned(),
            attempts.into(),
            seconds.into(),
        )
    };
    let said = |attempts: u32, seconds: u32| ("States.ALL".to_owned(), attempts.into(), seconds.into());
    assert_eq!(retries(""), [turned(3, 1)]);
    assert_eq!(
        retries(", retry = { attempts = 2, seconds = 60 }"),
        [turned(3, 60), said(2, 60)]
    );
    assert_eq!(retries(", retry = { attempts = 10, seconds = 60 }"), [said(10, 60)]);
}

#[test]
fn records_of_kafka_become_rows_as_well() {
    let rendered = rendered(&format!("{FACTS}\n[streams.readings]\nkafka = true\n"));
    let warehouses = file(&rendered, "warehouses");
    holds(
        &warehouses,
        "CREATE EXTERNAL SCHEMA IF NOT EXISTS streams_of_kafka FROM KAFKA IAM_ROLE",
    );
    holds(&warehouses, "kafka_value AS record FROM streams_of_kafka.\"readings\"");
    let made = warehouses
        .split("\"aws_redshiftdata_statement\" \"facts\" {")
        .nth(1)
        .unwrap();
    holds(made.split("resource").next().unwrap(), "aws_msk_topic.readings");
    let alarms = file(&rendered, "alarms");
    holds(&alarms, "MAX([broker_1, broker_2, broker_3])");
    holds(
        &alarms,
        "Either nobody writes to readings, or records do not come through",
    );
    let firewall = file(&rendered, "firewall");
    let rule = "_rule\" \"facts_to_kafka_brokers_of_streams_9098\"";
    assert_eq!(firewall.matches(rule).count(), 2, "{firewall}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let two_zones = format!("{FACTS}\n[streams.readings]\n[network]\nzones = 2\n");
    assert!(rules(&two_zones).contains(&"warehouse-zones"));
    assert!(rules("[warehouses.user.tables.t]\ncolumns = { a = \"string\" }\n").contains(&"warehouse-name"));
    let both = "[workflows.w]\nsteps = [{ call = \"one\" }]\ntrigger = { schedule = \"0 3 1 * MON\" }\n";
    assert!(rules(both).contains(&"schedule-not-there"));
}
