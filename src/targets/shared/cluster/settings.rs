//! The identity of a service, and its settings: what Terraform knows and may be read by everybody who reads the cluster.

use std::collections::BTreeMap;

use hcl::Expression;
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::secrets::Required;
use super::{Stack, Workload, Written};
use crate::ir::{Id, Service};
use crate::kubernetes::object::Object;
use crate::targets::shared::startup::generation;
use crate::targets::shared::workload;
use crate::terraform::{Module, expr};

/// The annotation that changes with the settings, so that pods restart with them.
pub(super) const SETTINGS: &str = "cloudgen/settings";
/// The annotation with the image of the system's own registry.
pub(super) const IMAGE: &str = "cloudgen/image";
/// The annotation with the name of the Secret that the pods wait for.
pub(super) const SECRET: &str = "cloudgen/secret";

/// The service account and the ConfigMaps.
pub(super) fn objects(
    stack: &Stack<'_>,
    id: Id<Service>,
    told: &Workload,
    (secret, module): (Option<&Required>, &mut Module),
) -> Vec<Written> {
    let service = &stack.system.services[id];
    let mut objects = vec![account(stack, service, told)];
    let pairs = told
        .plain
        .iter()
        .map(|plain| (plain.name.as_str(), plain.value.clone()));
    let settings = merged(
        (!told.plain.is_empty()).then(|| expr::object(pairs)),
        told.shards.iter().map(|shards| &shards.settings),
    );
    let settings = module.local(&format!("{}_settings", service.name), settings);
    let mut hashed = vec![settings.clone()];
    if !told.files.is_empty() {
        let pairs = told.files.iter().map(|file| (file.name.as_str(), file.text.clone()));
        let files = module.local(&format!("{}_files", service.name), expr::object(pairs));
        let metadata = ObjectMeta {
            name: Some(files_name(service)),
            ..stack.names.service_meta(service)
        };
        objects.push(Written::new(config(metadata)).set("/data", files.clone()));
        hashed.push(files);
    }
    if secret.is_none() {
        // Otherwise the Secret's name changes with it.
        hashed.push(generations(stack, id, told));
    }
    let version = module
        .comment("Restarts the pods when it changes.")
        .local(&format!("{}_settings_version", service.name), hash(hashed));
    let mut notes = vec![(SETTINGS.to_owned(), version)];
    notes.extend(secret.map(|secret| (SECRET.to_owned(), secret.name.clone())));
    notes.extend(told.image.clone().map(|image| (IMAGE.to_owned(), image)));
    notes.extend(of_triggers(told).into_iter().map(|(note, _, value)| (note, value)));
    let mut metadata = stack.names.service_meta(service);
    metadata.annotations = Some(notes.iter().map(|(note, _)| (note.clone(), String::new())).collect());
    let fills = notes
        .into_iter()
        .map(|(note, value)| (format!("/metadata/annotations/{}", note.replace('/', "~1")), value));
    objects.push(Written::new(config(metadata)).set("/data", settings).set_all(fills));
    objects
}

fn account(stack: &Stack<'_>, service: &Service, told: &Workload) -> Written {
    let mut metadata = stack.names.service_meta(service);
    if !told.account.is_empty() {
        let notes = told.account.iter().map(|(key, _)| ((*key).to_owned(), String::new()));
        metadata.annotations = Some(notes.collect());
    }
    let fills = told.account.iter();
    let fills = fills.map(|(key, value)| {
        (
            format!("/metadata/annotations/{}", key.replace('/', "~1")),
            value.clone(),
        )
    });
    Written::new(Object::new(&workload::account(metadata))).set_all(fills)
}

fn config(metadata: ObjectMeta) -> Object {
    Object::new(&ConfigMap {
        metadata,
        data: Some(BTreeMap::new()),
        ..Default::default()
    })
}

/// The ConfigMap with the files of a service.
pub(super) fn files_name(service: &Service) -> String {
    format!("{}-files", service.name)
}

/// The folders with files of a service.
pub(super) fn folders(told: &Workload) -> BTreeMap<&'static str, Vec<&str>> {
    let mut folders: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for file in &told.files {
        folders.entry(file.folder).or_default().push(&file.name);
    }
    folders
}

/// What Terraform knows of triggers: (annotation that says it, place below the triggers, value).
pub(super) fn of_triggers(told: &Workload) -> Vec<(String, String, Expression)> {
    let triggers = told.scaling.iter().flat_map(|scaling| &scaling.triggers).enumerate();
    let fills = triggers.flat_map(|(number, trigger)| trigger.fills_below(&format!("/{number}")).collect::<Vec<_>>());
    fills
        .enumerate()
        .map(|(number, (pointer, value))| (format!("cloudgen/trigger-{number}"), pointer, value))
        .collect()
}

/// One map of an object and further maps.
pub(super) fn merged<'e>(own: Option<Expression>, more: impl Iterator<Item = &'e Expression>) -> Expression {
    let mut maps: Vec<Expression> = own.into_iter().chain(more.cloned()).collect();
    match maps.len() {
        0 => expr::object(Vec::<(String, Expression)>::new()),
        1 => maps.remove(0),
        _ => expr::call("merge", maps),
    }
}

/// What restarts a service beside its settings.
pub(super) fn generations(stack: &Stack<'_>, id: Id<Service>, told: &Workload) -> Expression {
    expr::object(generation(stack.system, id, &told.fetched))
}

/// A word that changes with values. It begins with a letter: Kustomize would make a number of digits alone.
pub(super) fn hash(mut values: Vec<Expression>) -> Expression {
    let whole = match values.len() {
        1 => values.remove(0),
        _ => Expression::Array(values),
    };
    let digits = expr::call("sha256", [expr::jsonencode(whole)]);
    expr::call("format", [Expression::from("v%.8s"), digits])
}
