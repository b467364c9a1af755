//! Values that the real providers know while they plan.

use crate::offline::settings::Settings;
use crate::offline::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Replaces unknown values of a resource, or of a data source, that follow from the provider's settings and the rest of the values.
pub fn settle(type_name: &str, state: &mut Value, settings: &Settings) {
    let Value::Object(fields) = state else {
        return;
    };
    let provider = type_name.split('_').next().unwrap_or_default();
    let setting = match provider {
        "aws" => settings.region.as_ref().map(|region| ("region", region)),
        "google" => settings.project.as_ref().map(|project| ("project", project)),
        _ => None,
    };
    if let Some((name, value)) = setting {
        put(fields, name, || Value::text(value.as_str()));
    }
    labelled(fields, settings, &Value::is_unknown);
    if type_name == "aws_acm_certificate" {
        certificate(fields);
    }
}

fn put(fields: &mut BTreeMap<String, Value>, name: &str, value: impl FnOnce() -> Value) {
    if let Some(field) = fields.get_mut(name).filter(|field| field.is_unknown()) {
        *field = value();
    }
}

/// Brings up to date what an existing resource is labelled with in all.
pub fn label(state: &mut Value, settings: &Settings) {
    if let Value::Object(fields) = state {
        labelled(fields, settings, &|all| matches!(all, Value::Object(_)));
    }
}

/// Says what a resource is labelled with in all, where that is asked for: its own labels over those that the provider gives to everything.
fn labelled(fields: &mut BTreeMap<String, Value>, settings: &Settings, is_asked: &dyn Fn(&Value) -> bool) {
    for (own, common, all) in [
        ("tags", &settings.tags, ["tags_all", "tags_all"]),
        ("labels", &settings.labels, ["effective_labels", "terraform_labels"]),
    ] {
        let own = match fields.get(own) {
            Some(Value::Object(own)) => own.clone(),
            Some(Value::Null) => BTreeMap::new(),
            _ => continue,
        };
        let mut labels = common.clone();
        labels.extend(own);
        for name in all {
            if let Some(field) = fields.get_mut(name).filter(|field| is_asked(field)) {
                *field = Value::Object(labels.clone());
            }
        }
    }
}

/// The names that a certificate is validated for, which a `for_each` over the records needs.
fn certificate(fields: &mut BTreeMap<String, Value>) {
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    let others = field("subject_alternative_names");
    if field("validation_method").as_text() != Some("DNS") || !others.is_known() && !others.is_unknown() {
        return;
    }
    let names = [field("domain_name")].into_iter().chain(others.items());
    let Some(names) = names.map(Value::as_text).collect::<Option<BTreeSet<&str>>>() else {
        return;
    };
    let record = |name: &&str| {
        Value::from([
            ("domain_name", Value::text(*name)),
            ("resource_record_name", Value::unknown()),
            ("resource_record_type", Value::unknown()),
            ("resource_record_value", Value::unknown()),
        ])
    };
    let records = names.iter().map(record).collect();
    put(fields, "domain_validation_options", || Value::List(records));
}
