//! The definitions of workflows on Azure: do they keep to their language, and do what the blueprint says?

use std::fs;
use std::process::Command;

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;
use hcl::eval::{Context, Evaluate};
use hcl::{Expression, Structure};
use serde_json::{Map, Value, json};

use super::support::tools::{self, is_there, run};
use super::support::{example, examples, project};
use super::{file, rendered};

/// The value of an expression; a text with references in it stays as Terraform has it.
fn value(expression: &Expression) -> Value {
    match expression {
        Expression::Object(object) => {
            let pairs = object
                .iter()
                .map(|(key, item)| (key.to_string().trim_matches('"').to_owned(), value(item)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Expression::Array(items) => items.iter().map(value).collect(),
        Expression::TemplateExpr(template) => match template.evaluate(&Context::new()) {
            Ok(text) => serde_json::to_value(text).unwrap(),
            Err(_) => template.to_string().into(),
        },
        Expression::Traversal(_) => "known-later".into(),
        plain => serde_json::to_value(plain).unwrap(),
    }
}

/// The definitions of all workflows of a tree, as Azure gets them, by their local names.
fn definitions(rendered: &Rendered) -> Map<String, Value> {
    let body: hcl::Body = hcl::from_str(file(rendered, "terraform/workflows.tf")).unwrap();
    let mut all: Map<String, Value> = Map::new();
    for structure in body {
        let Structure::Block(block) = structure else { continue };
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        let [kind, local] = labels[..] else { continue };
        let (part, local) = match kind {
            "azurerm_logic_app_action_custom" => ("actions", local),
            "azurerm_logic_app_trigger_custom" => ("triggers", local.rsplit_once('_').unwrap().0),
            _ => continue,
        };
        let attribute = |name: &str| {
            let mut attributes = block.body().attributes();
            attributes.find(|item| item.key() == name).unwrap().expr().clone()
        };
        let Expression::FuncCall(call) = attribute("body") else {
            panic!("{local} has no jsonencode");
        };
        let definition = all.entry(local).or_insert_with(|| {
            json!({
                "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
                "contentVersion": "1.0.0.0",
                "triggers": {},
                "actions": {},
            })
        });
        let name = value(&attribute("name"));
        definition[part][name.as_str().unwrap()] = value(&call.args[0]);
    }
    all
}

/// A workflow with the longest names, as many cases and times as there may be, and a text.
fn long(text: &str) -> String {
    let name = "n".repeat(20);
    let case = |number: usize| {
        format!(
            "{{ field = \"first.second.third_{number}\", above = -1234567.890123, steps = [{{ wait_seconds = 1 }}] }},\n"
        )
    };
    let cases: String = (1..20).map(case).collect();
    format!(
        r#"
name = "shop"
pattern = "serverless"
region = "seoul"

[observability]
emails = ["ops@example.com"]

[functions.a-function-of-twenty]
image = "ghcr.io/shop/step:1.0"
timeout_seconds = 900

[workflows.long]
trigger = {{ schedule = "30 0 * * mon-fri" }}

[[workflows.long.steps]]
name = "c{rest}"
call = "a-function-of-twenty"
retry = {{ attempts = 10, seconds = 3600, backoff = 10 }}

[[workflows.long.steps]]
name = "{name}"
choose = [
{cases}
{{ field = "text", equals = "{text}", steps = [{{ wait_seconds = 2 }}] }},
]
"#,
        rest = &name[1..]
    )
}

#[test]
fn what_is_too_long_for_an_expression_is_an_error() {
    let said = |text: &str| {
        let blueprint = blueprint::load(&long(text), None).unwrap();
        let found = cloudgen::compile(&blueprint, Target::Azure).diagnostics;
        found.iter().map(|said| said.rule.to_string()).collect::<Vec<_>>()
    };
    assert!(said("short").is_empty(), "{:?}", said("short"));
    assert_eq!(said(&"x".repeat(8000)), ["workflow-expression"]);
}

/// Looks at the definitions as their language does, and runs `flow`.
#[test]
fn steps_mean_what_they_say() {
    let mut all = definitions(&rendered());
    assert_eq!(all["flow"]["triggers"].as_object().unwrap().len(), 2);
    assert_eq!(
        all["flow"]["triggers"]["schedule"]["recurrence"]["timeZone"],
        "Korea Standard Time"
    );
    let nasty = example(fs::read_to_string(project("tests/workflows/nasty.toml")).unwrap());
    let media = examples()
        .into_iter()
        .find(|example| example.name == "media-iot")
        .unwrap();
    for (example, environments) in [(&nasty, vec![None]), (&media, media.environments())] {
        for environment in environments {
            let tree = example.render(&example.load(environment.as_deref()), Target::Azure);
            for (name, definition) in definitions(&tree) {
                all.insert(format!("{name}@{environment:?}"), definition);
            }
        }
    }
    let blueprint = blueprint::load(&long("it's"), None).unwrap();
    all.extend(definitions(
        &cloudgen::compile(&blueprint, Target::Azure).value.unwrap(),
    ));
    assert!(all.len() >= 4, "{:?}", all.keys().collect::<Vec<_>>());
    if !is_there(&tools::python(), &["-c", "pass"]) {
        return;
    }
    let mut command = Command::new(tools::python());
    command.arg(project("tests/workflows/azure.py"));
    command.arg(project("tests/schemas/logic-apps.json"));
    let all = Value::Object(all).to_string();
    run(&mut command, all.as_bytes()).unwrap_or_else(|problem| panic!("{problem}\n{all}"));
}

#[test]
fn a_workflow_is_told_what_a_function_answers() {
    let folder = tempfile::tempdir().unwrap();
    let entry = "call/__init__.py";
    fs::create_dir(folder.path().join("call")).unwrap();
    let code = file(&rendered(), &format!("terraform/functions/first/{entry}")).to_owned();
    fs::write(folder.path().join(entry), code).unwrap();
    if !is_there(&tools::python(), &["-c", "pass"]) {
        return;
    }
    let mut command = Command::new(tools::python());
    command.arg(project("tests/workflows/azure_call.py")).arg(folder.path());
    run(&mut command, &[]).unwrap_or_else(|problem| panic!("{problem}"));
}
