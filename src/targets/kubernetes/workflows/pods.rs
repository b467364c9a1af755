//! The pods of steps.

use k8s_openapi::api::core::v1::{Container, EnvVar};

use super::definition::{DOCUMENT, left, numbered, tag, wanted};
use crate::kubernetes::custom::argo::{Arguments, RetryStrategy, Template, ValueFrom};
use crate::kubernetes::pod;

/// Where a step's pod finds what it does.
pub(super) const FOLDER: &str = "/etc/workflow";
/// What steps run in. Read in November 2026.
const PYTHON: &str = "python:3.13-slim-trixie";

/// True where a pod was lost: with its node, to make room, or for its memory.
const LOST: &str = "lastRetry.status == 'Error' || asInt(lastRetry.exitCode) in [137, 143] || lastRetry.message matches \
                    '(?i)evict|node shutdown|preempt'";

/// The templates with pods that all workflows share.
pub(super) fn pods() -> Vec<Template> {
    const FAILED: (&str, &str) = ("failed", "/tmp/failed");
    const LEAVES: (&str, &str) = (DOCUMENT, "/tmp/document");
    let call = ["url", "seconds", "attempts", "pause", "backoff", "caught", DOCUMENT];
    vec![
        // A file that is not there fails a pod that has failed already.
        does("call", &call, &[LEAVES, FAILED]),
        does("choose", &["step", DOCUMENT], &[("case", "/tmp/case")]),
        does("excuse", &["step", "states", DOCUMENT], &[LEAVES]),
        does("fail", &["step"], &[]),
    ]
}

/// A pod that makes a list of what so many branches ended with.
pub(super) fn joins(name: String, branches: usize) -> Template {
    let names: Vec<String> = (0..branches).map(numbered).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut template = does("join", &names, &[(DOCUMENT, "/tmp/document")]);
    template.name = name;
    if let Some(environment) = template.container.as_mut().and_then(|container| container.env.as_mut()) {
        environment.push(pod::variable("BRANCHES", &branches.to_string()));
    }
    template
}

/// A pod that does one thing.
fn does(what: &str, inputs: &[&str], outputs: &[(&str, &'static str)]) -> Template {
    let environment = inputs.iter().map(|name| EnvVar {
        name: name.to_uppercase().replace('-', "_"),
        value: Some(tag(&format!("inputs.parameters.{name}"))),
        value_from: None,
    });
    let outputs = outputs.iter().map(|(name, path)| left(name, ValueFrom::Path(path)));
    Template {
        name: what.to_owned(),
        inputs: Arguments {
            parameters: inputs.iter().map(|name| wanted(name)).collect(),
        },
        outputs: Arguments {
            parameters: outputs.collect(),
        },
        // A pod that is lost with its node is no failure of the function, which a step ends with 1.
        retry_strategy: Some(RetryStrategy {
            limit: "2",
            retry_policy: "Always",
            expression: LOST,
        }),
        container: Some(Container {
            command: Some(vec!["python".to_owned(), format!("{FOLDER}/step.py"), what.to_owned()]),
            env: Some(environment.collect()),
            resources: Some(pod::resources(("20m", "32Mi"), ("200m", "128Mi"))),
            volume_mounts: Some(vec![
                pod::mount("tmp", "/tmp", false),
                pod::mount("steps", FOLDER, true),
            ]),
            // A release of a version, and a pod for each step: the registry need not be there for all of them.
            image_pull_policy: Some("IfNotPresent".to_owned()),
            ..pod::container("main", PYTHON)
        }),
        ..Default::default()
    }
}
