//! `google_iam_policy`.

use super::Fields;
use crate::offline::value::Value;
use serde_json::{Map, Value as Json, json};

/// Renders the policy.
pub fn policy(config: &Value) -> Fields {
    let mut bindings: Vec<(String, Json)> = config.field("binding").items().iter().map(binding).collect();
    bindings.sort_by(|one, two| one.0.cmp(&two.0));
    let mut policy = Map::new();
    let audits: Vec<Json> = config.field("audit_config").items().iter().map(audit).collect();
    if !audits.is_empty() {
        policy.insert("auditConfigs".into(), audits.into());
    }
    if !bindings.is_empty() {
        let bindings = bindings.into_iter().map(|(_, binding)| binding);
        policy.insert("bindings".into(), bindings.collect());
    }
    vec![("policy_data", Json::Object(policy).to_string().into())]
}

fn binding(block: &Value) -> (String, Json) {
    let role = text(block, "role");
    let mut out = Map::new();
    if let Some(condition) = block.field("condition").items().first() {
        let parts = ["description", "expression", "title"];
        let parts = parts.iter().map(|part| (*part, text(condition, part)));
        let parts = parts.filter(|(_, text)| !text.is_empty());
        let condition: Map<String, Json> = parts.map(|(part, text)| (part.to_owned(), text.into())).collect();
        out.insert("condition".into(), condition.into());
    }
    out.insert("members".into(), sorted(block.field("members")).into());
    out.insert("role".into(), role.clone().into());
    (role, Json::Object(out))
}

fn audit(block: &Value) -> Json {
    let logs = block.field("audit_log_configs").items().iter().map(|log| {
        let mut out = Map::new();
        let exempted = sorted(log.field("exempted_members"));
        if !exempted.is_empty() {
            out.insert("exemptedMembers".into(), exempted.into());
        }
        out.insert("logType".into(), text(log, "log_type").into());
        Json::Object(out)
    });
    json!({ "auditLogConfigs": logs.collect::<Json>(), "service": text(block, "service") })
}

fn text(block: &Value, name: &str) -> String {
    block.field(name).as_text().unwrap_or_default().to_owned()
}

fn sorted(list: &Value) -> Vec<String> {
    let texts = list.items().iter().filter_map(Value::as_text);
    let mut texts: Vec<String> = texts.map(str::to_owned).collect();
    texts.sort();
    texts
}
