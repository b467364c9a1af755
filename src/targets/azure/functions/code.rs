//! The code of functions: what Azure wants in the folder besides, and how it gets to Azure.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tera::Context;

use super::hosts::Hosts;
use super::triggers::{self, Binding};
use super::{code_container, dead_container};
use crate::ir::{Family, Function, FunctionTrouble, Id, Service, Source, System};
use crate::targets::azure::project::after;
use crate::targets::azure::{Stack, workflows};
use crate::targets::shared::sources::{self, Sources};
use crate::targets::shared::template::fill;
use crate::template;
use crate::terraform::{Address, Block};

const PYTHON: &str = include_str!("../../../../templates/functions/azure-entry.py.tera");
const NODE: &str = include_str!("../../../../templates/functions/azure-entry.js.tera");
const PYTHON_CALL: &str = include_str!("../../../../templates/functions/azure-call.py.tera");
const NODE_CALL: &str = include_str!("../../../../templates/functions/azure-call.js.tera");

/// The settings of the app that every function has, of Azure's own format.
const HOST: &str = "host.json";

/// True for a folder that is written for Azure by hand.
pub(super) fn is_by_hand(source: &Source) -> bool {
    source.files.contains_key(HOST)
}

/// Files that Azure wants beside the code, by function: what starts it, and a few lines that call it.
pub(in crate::targets::azure) fn beside(system: &System) -> Sources {
    let mut beside = Sources::new();
    for (id, service, function) in system.functions() {
        let Some(source) = function.source.as_ref().filter(|source| !is_by_hand(source)) else {
            continue;
        };
        let mut files = BTreeMap::new();
        files.insert(HOST.to_owned(), pretty(&host()));
        for binding in triggers::bindings(system, (id, service, function)) {
            let (entry, name) = entry((function, behind(system, id)), source, &binding);
            files.insert(format!("{}/{name}", binding.folder), entry);
            files.insert(
                format!("{}/function.json", binding.folder),
                pretty(&definition(service, function, &binding, name)),
            );
        }
        beside.insert(service.name.clone(), files);
    }
    beside
}

/// `host.json`; what depends on the function is among the settings of its app.
fn host() -> Value {
    json!({
        "version": "2.0",
        "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.0.0, 5.0.0)" },
        "extensions": { "http": { "routePrefix": "" } },
    })
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// `function.json`: the trigger, and where events go that nobody gets any further with.
fn definition(service: &Service, function: &Function, binding: &Binding, script: &str) -> Value {
    let mut bindings = vec![binding.trigger.clone()];
    if binding.keeps_dead {
        bindings.push(json!({
            "type": "blob",
            "direction": "out",
            "name": "dead",
            "path": format!("{}/{{rand-guid}}.json", dead_container(service)),
            "connection": triggers::DEAD,
        }));
    }
    if binding.answers && function.source.as_ref().is_some_and(is_python) {
        bindings.push(json!({ "type": "http", "direction": "out", "name": "$return" }));
    } else if binding.answers {
        bindings.push(json!({ "type": "http", "direction": "out", "name": "res" }));
    }
    let mut definition = json!({ "scriptFile": script, "bindings": bindings });
    if binding.keeps_dead && function.retry.attempts > 0 {
        definition["retry"] = triggers::retry(function.retry);
    }
    definition
}

fn is_python(source: &Source) -> bool {
    source.language.family == Family::Python
}

/// Minutes that an event may wait for the function before somebody is told.
fn behind(system: &System, id: Id<Service>) -> Option<u32> {
    let mut alarms = system.function_alarms.iter().filter(|alarm| alarm.function == id);
    alarms.find_map(|alarm| match alarm.trouble {
        FunctionTrouble::Behind { minutes } => Some(minutes),
        _ => None,
    })
}

/// The lines that call the function, and the name of their file.
fn entry((function, behind): (&Function, Option<u32>), source: &Source, binding: &Binding) -> (String, &'static str) {
    let mut context = Context::new();
    let (python, node) = match binding.is_call {
        true => (PYTHON_CALL, NODE_CALL),
        false => (PYTHON, NODE),
    };
    context.insert("seconds", &function.timeout_seconds);
    context.insert("waits", &workflows::WAITS);
    context.insert("room", &workflows::DOCUMENT);
    context.insert("dead", &binding.keeps_dead);
    context.insert("behind", &behind);
    context.insert("http", &binding.answers);
    context.insert("attempts", &function.retry.attempts);
    context.insert("entry", &quoted(&source.entry));
    match source.language.family {
        Family::Python => {
            context.insert("module", &quoted(&source.file.replace('/', ".")));
            (fill(python, &context), "__init__.py")
        }
        _ => {
            let endings = ["js", "mjs", "cjs"].map(|ending| format!("{}.{ending}", source.file));
            let [first, ..] = &endings;
            let file = endings
                .iter()
                .find(|file| source.files.contains_key(*file))
                .unwrap_or(first);
            context.insert("module", &quoted(&format!("../{file}")));
            (fill(node, &context), "index.cjs")
        }
    }
}

/// Text as JSON, Python and JavaScript write it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Packs the code and brings it to the account. It is named by its digest: a change brings another one, and takes the first away when
/// nobody runs it any more.
pub(super) fn package(stack: &mut Stack<'_>, hosts: &Hosts<'_>, name: &str) -> (Address, Address) {
    let archive = sources::archive_of(&mut stack.module, name);
    let container = code_container(name);
    let body = Block::new()
        .set("name", container.as_str())
        .set("storage_account_id", hosts.shared.account.id());
    let container = stack.module.resource("azurerm_storage_container", &container, body);
    let digest = archive.attr("output_md5");
    let body = Block::new()
        .set("name", template![digest.clone(), ".zip"])
        .set("storage_container_id", container.id())
        .set("type", "Block")
        .set("source", archive.attr("output_path"))
        .set("content_md5", digest)
        .set("content_type", "application/zip")
        .block("lifecycle", Block::new().set("create_before_destroy", true))
        .set("depends_on", after([hosts.shared.ready.clone()]));
    let blob = stack.module.resource("azurerm_storage_blob", name, body);
    (container, blob)
}
