//! Workflows and warehouses in a plain cluster: what their objects say, and what a run of them does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::manifests::{can_validate, validate};
use support::project;
use support::tools::{python, run};

const NASTY: &str = include_str!("workflows/nasty.toml");

fn rendered(text: &str) -> cloudgen::output::Rendered {
    let blueprint = cloudgen::blueprint::load(text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, cloudgen::target::Target::Kubernetes);
    compiled.value.unwrap()
}

fn objects(text: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").map(serde_yaml::from_str);
    documents.map(Result::unwrap).collect()
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = objects
        .iter()
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// What a run ends with, and the calls that it makes.
fn ends(given: &str, answers: &Value) -> Option<(Value, Vec<String>)> {
    if !can_validate() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects.yaml");
    std::fs::write(&file, rendered(NASTY).kubernetes).unwrap();
    let mut command = Command::new(python());
    let script = project("tests/support/argo.py");
    command
        .arg(script)
        .arg(&file)
        .args(["knot", given])
        .arg(answers.to_string());
    let said = run(&mut command, &[]).unwrap();
    let mut ended: Value = serde_json::from_slice(&said).unwrap();
    let calls = ended["calls"].take();
    let mut calls: Vec<String> = calls.as_array().unwrap().iter().map(Value::to_string).collect();
    calls.sort();
    Some((ended, calls))
}

#[test]
fn objects_are_valid() {
    if can_validate() {
        assert_eq!(validate(rendered(NASTY).kubernetes.as_bytes()), Ok(()));
    }
}

#[test]
fn the_first_case_that_holds_is_done_and_others_are_not() {
    let answers = json!({ "one": [[200, "{\"of\":1}"]], "two": [[200, "{\"of\":2}"]] });
    let Some((ended, calls)) = ends("{\"size\":{\"width\":11},\"flag\":true}", &answers) else {
        return;
    };
    assert_eq!(ended["document"], json!({ "of": 2 }));
    let wide = r#"["two",{"size":{"width":11},"flag":true}]"#;
    assert_eq!(calls, [r#"["two",{"of":2}]"#, wide]);
    let (_, calls) = ends("{\"flag\":true}", &answers).unwrap();
    assert_eq!(calls, [r#"["one",{"flag":true}]"#, r#"["two",{"of":1}]"#]);
    // A text is no number, and `1` no `true`.
    let (_, calls) = ends("{\"size\":{\"width\":\"99\"},\"flag\":1}", &answers).unwrap();
    assert_eq!(calls[0], r#"["one",{"size":{"width":"99"},"flag":1}]"#);
}

#[test]
fn texts_are_data() {
    let answers = json!({ "one": [[200, "{\"{{workflow.uid}}\":\"{{=1+1}}\"}"]], "two": [[200, "\"{{steps.x}}\""]] });
    let kind = "{{workflow.name}} ${x} '\" {% raw %} {{=1+1}}";
    let Some((ended, calls)) = ends(&json!({ "kind": kind }).to_string(), &answers) else {
        return;
    };
    assert_eq!(ended["document"], json!("{{steps.x}}"));
    let joined = r#"["two",[{"{{workflow.uid}}":"{{=1+1}}"},"{{steps.x}}"]]"#;
    assert!(calls.iter().any(|call| call == joined), "{calls:?}");
    let (ended, _) = ends("{\"size\":{\"width\":-2}}", &answers).unwrap();
    assert_eq!(ended["failed"], "{{inputs.parameters.document}} is \"too\" small\\");
    let text = rendered(NASTY).kubernetes;
    let all = objects(&text);
    let spec = find(&all, "WorkflowTemplate", "knot")["spec"].to_string();
    assert!(!spec.contains("raw %") && !spec.contains("small"), "{spec}");
}

#[test]
fn what_fails_is_tried_again_and_caught() {
    let kind = json!({ "kind": "{{workflow.name}} ${x} '\" {% raw %} {{=1+1}}" });
    let busy = json!([503, "busy"]);
    // The third try is the last one, and its answer goes on.
    let answers = json!({ "one": [busy, busy, [200, "1"]], "two": [[200, "2"]] });
    let Some((ended, calls)) = ends(&kind.to_string(), &answers) else {
        return;
    };
    assert_eq!(ended["document"], json!(2));
    assert_eq!(calls.iter().filter(|call| call.starts_with("[\"one\"")).count(), 3);
    assert!(calls.iter().any(|call| call == "[\"two\",[1,2]]"), "{calls:?}");
    // For good: the catch finds the error and what the step got.
    let answers = json!({ "one": [busy], "two": [[200, "2"]] });
    let (ended, calls) = ends(&kind.to_string(), &answers).unwrap();
    assert_eq!(ended["document"], json!(2));
    let told = json!(["two", { "error": "503: busy", "input": kind }]).to_string();
    assert!(calls.contains(&told), "{calls:?}");
    // What the catch does fails too: the list around it catches that.
    let answers = json!({ "one": [[500, "a"], [500, "b"], [500, "{{c}}"], [200, "\"sorry\""]], "two": [[200, "2"]] });
    let (ended, calls) = ends(&kind.to_string(), &answers).unwrap();
    assert_eq!(ended["document"], json!(2));
    let told = json!(["one", { "error": "branch 1 of both failed", "input": kind }]).to_string();
    assert!(calls.contains(&told), "{calls:?}");
    // Nothing catches the last one, and what is no JSON is no answer.
    let answers = json!({ "one": [[200, "1"]], "two": [[200, "<html>"]] });
    let (ended, _) = ends("{}", &answers).unwrap();
    assert_eq!(ended["failed"], "the answer is no JSON: <html>");
}

#[test]
fn a_workflow_reaches_what_it_calls_and_a_starter_starts_no_other() {
    let text = rendered(NASTY).kubernetes;
    let all = objects(&text);
    let policy = find(&all, "NetworkPolicy", "knot")["spec"].to_string();
    assert!(
        policy.contains("\"one\"") && policy.contains("\"two\"") && !policy.contains("starter"),
        "{policy}"
    );
    let ingress = find(&all, "NetworkPolicy", "one")["spec"]["ingress"].to_string();
    assert!(ingress.contains("\"knot\""), "{ingress}");
    let role = &find(&all, "Role", "knot")["rules"];
    assert_eq!(role[0]["resources"], json!(["workflowtaskresults"]));
    let start = &find(&all, "Role", "knot.start")["rules"];
    assert_eq!(
        (&start[0]["resources"], &start[0]["verbs"]),
        (&json!(["workflows"]), &json!(["create"]))
    );
    let narrowed = &find(&all, "ValidatingAdmissionPolicy", "nasty-starter-starts")["spec"];
    assert_eq!(narrowed["failurePolicy"], "Fail");
    let rules = narrowed["validations"].to_string();
    for part in [
        "'nasty/knot'",
        "!has(object.status)",
        "clusterScope",
        "key in ['arguments', 'workflowTemplateRef']",
    ] {
        assert!(rules.contains(part), "{part}: {rules}");
    }
    let job = find(&all, "CronJob", "starter")["spec"].to_string();
    assert!(
        job.contains("serviceAccountToken") && job.contains("namespaces/nasty/workflows"),
        "{job}"
    );
    let called = find(&all, "Deployment", "one")["spec"].to_string();
    assert!(!called.contains("serviceAccountToken"), "{called}");
}

const SHOP: &str = r#"
name    = "shop"
pattern = "serverless"

[region]
aws   = "eu-central-1"
azure = "germanywestcentral"
gcp   = "europe-west3"

[streams.clicks]

[warehouses.sales.tables.clicks]
columns = { at = "timestamp", page = "string", more = "json" }
stream  = "clicks"
time    = "at"
delete_after_days = 30

[functions.ask]
image   = "ghcr.io/example/ask:1"
reads   = ["sales"]
trigger = { schedule = "0 4 * * *" }

[functions.fill]
image   = "ghcr.io/example/fill:1"
writes  = ["sales"]
trigger = { schedule = "0 5 * * *" }

[kubernetes]
prometheus = true
"#;

#[test]
fn warehouses_have_logins_and_networks_of_their_own() {
    let text = rendered(SHOP).kubernetes;
    if can_validate() {
        assert_eq!(validate(text.as_bytes()), Ok(()));
    }
    let all = objects(&text);
    let script = find(&all, "ConfigMap", "sales-scripts")["data"]["tables.sql"]
        .as_str()
        .unwrap();
    assert!(script.contains("GRANT SELECT ON \"clicks\" TO \"ask\";"), "{script}");
    assert!(script.contains("GRANT INSERT ON \"clicks\" TO \"fill\";"), "{script}");
    assert!(
        script.contains("GRANT EXECUTE ON FUNCTION \"take-clicks\" TO \"sales-clicks-sink\";"),
        "{script}"
    );
    let rights = &find(&all, "KafkaUser", "sales-clicks-sink")["spec"]["authorization"]["acls"];
    assert!(!rights.to_string().contains("Write"), "{rights}");
    let ingress = find(&all, "NetworkPolicy", "sales")["spec"]["ingress"].to_string();
    for name in ["ask", "fill", "sales-clicks-sink", "sales-setup"] {
        assert!(ingress.contains(&format!("\"{name}\"")), "{name}: {ingress}");
    }
    let store = find(&all, "NetworkPolicy", "object-store")["spec"]["ingress"].to_string();
    assert!(
        store.contains("cnpg.io/cluster"),
        "whoever archives reaches the store: {store}"
    );
    let alarm = find(&all, "PrometheusRule", "sales-clicks-refused")["spec"].to_string();
    assert!(
        alarm.contains("cnpg_warehouse_refused_records") && alarm.contains("sales-clicks-sink"),
        "{alarm}"
    );
    let environment = find(&all, "CronJob", "ask")["spec"].to_string();
    for part in ["SALES_CA", "SALES_ENDPOINT", "sales-login-ask"] {
        assert!(environment.contains(part), "{part}: {environment}");
    }
}

#[test]
fn what_is_too_much_or_no_json_is_caught() {
    let kind = json!({ "kind": "{{workflow.name}} ${x} '\" {% raw %} {{=1+1}}" });
    // Each of two branches may leave this, and not both together.
    let half = format!("\"{}\"", "x".repeat(9 << 10));
    let answers = json!({ "one": [[200, half], [200, "\"sorry\""]], "two": [[200, half], [200, "2"]] });
    let Some((ended, calls)) = ends(&kind.to_string(), &answers) else {
        return;
    };
    assert_eq!(ended["document"], json!(2));
    let error = "what the branches of both ended with is too large together";
    let told = json!(["one", { "error": error, "input": kind }]).to_string();
    assert!(calls.contains(&told), "{calls:?}");
    let deep = format!("{}{}", "[".repeat(15_000), "]".repeat(15_000));
    let large = format!("\"{}\"", "x".repeat(20 << 10));
    for bad in ["{\"mean\": NaN}", "1e999", deep.as_str(), large.as_str()] {
        let tried = json!([200, bad]);
        let answers = json!({ "one": [tried, tried, tried, [200, "\"sorry\""]], "two": [[200, "2"]] });
        let (ended, calls) = ends(&kind.to_string(), &answers).unwrap();
        assert_eq!(ended["document"], json!(2), "{}", &bad[..bad.len().min(20)]);
        let told = json!(["one", { "error": "branch 1 of both failed", "input": kind }]).to_string();
        assert!(calls.contains(&told), "{calls:?}");
    }
}

#[test]
fn runs_wait_for_each_other_and_pods_that_are_lost_come_again() {
    let text = rendered(NASTY).kubernetes;
    let all = objects(&text);
    let spec = &find(&all, "WorkflowTemplate", "knot")["spec"];
    let gate = &spec["synchronization"]["semaphores"][0]["configMapKeyRef"];
    assert_eq!((&gate["name"], &gate["key"]), (&json!("knot-steps"), &json!("at-once")));
    let steps = &find(&all, "ConfigMap", "knot-steps")["data"];
    assert_eq!(steps["at-once"], "2");
    let most: usize = steps["most"].as_str().unwrap().parse().unwrap();
    assert!((8 << 10..=32 << 10).contains(&most), "{most}");
    let narrowed = &find(&all, "ValidatingAdmissionPolicy", "nasty-starter-starts")["spec"]["validations"];
    let coded = format!("'nasty/knot': {}", 4 * most.div_ceil(3));
    assert!(narrowed.to_string().contains(&coded), "{coded}: {narrowed}");
    let pods = spec["templates"].as_array().unwrap().iter();
    for pod in pods.filter(|template| !template["container"].is_null()) {
        assert_eq!(pod["retryStrategy"]["retryPolicy"], "Always");
        assert!(
            pod["retryStrategy"]["expression"]
                .as_str()
                .unwrap()
                .contains("[137, 143]")
        );
    }
}

fn problems(text: &str) -> Vec<&'static str> {
    let blueprint = cloudgen::blueprint::load(text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, cloudgen::target::Target::Kubernetes);
    assert!(compiled.value.is_none());
    let errors = compiled.diagnostics.into_iter();
    let errors = errors.filter(|problem| problem.severity == cloudgen::diagnostic::Severity::Error);
    errors.map(|problem| problem.rule).collect()
}

#[test]
fn what_cannot_work_is_refused() {
    let start = NASTY.find("[[workflows").unwrap();
    let many: String = (0..100)
        .map(|step| format!("[[workflows.knot.steps]]\nname = \"s{step}\"\ncall = \"one\"\n"))
        .collect();
    assert_eq!(problems(&(NASTY[..start].to_owned() + &many)), ["too-many-steps"]);
    let table = |of: &str, name: &str| {
        format!("[warehouses.{of}.tables.{name}]\ncolumns = {{ at = \"timestamp\" }}\nstream = \"clicks\"\n")
    };
    let same = format!("{SHOP}{}{}", table("sales", "b_c"), table("sales-b", "c"));
    assert_eq!(problems(&same), ["reserved-name"]);
    let long = format!("{SHOP}{}", table("sales", &"t".repeat(59)));
    assert_eq!(problems(&long), ["name-too-long"]);
}

#[test]
fn what_runs_as_the_owner_trusts_no_login() {
    let text = rendered(SHOP).kubernetes;
    let all = objects(&text);
    let scripts = &find(&all, "ConfigMap", "sales-scripts")["data"];
    let tables = scripts["tables.sql"].as_str().unwrap();
    assert!(!tables.contains("search_path = pg_catalog AS"), "{tables}");
    assert!(
        tables.contains("REVOKE TEMPORARY ON DATABASE \"warehouse\" FROM PUBLIC;"),
        "{tables}"
    );
    assert!(
        tables.contains("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public"),
        "{tables}"
    );
    let expire = scripts["expire.sql"].as_str().unwrap();
    assert!(expire.contains("\"at\" IS NULL AND \"taken-at\" < "), "{expire}");
    let ingress = &find(&all, "NetworkPolicy", "sales-clicks-sink")["spec"]["ingress"];
    assert!(ingress.is_null(), "{ingress}");
    let alarm = find(&all, "PrometheusRule", "sales-clicks-refused")["spec"].to_string();
    assert!(alarm.contains("consumergroup=\\\"sales-clicks-sink\\\""), "{alarm}");
}
