//! What a rendered system consists of, by name.

use std::collections::BTreeSet;

use cloudgen::output::Rendered;

/// What Terraform and Kubernetes know an object by: addresses with their `for_each` keys; kind, namespace and name.
pub fn of(rendered: &Rendered) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let body = hcl::parse(&rendered.terraform()).unwrap();
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        let address = format!("{} {}", block.identifier(), labels.join("."));
        let each = block
            .body()
            .attributes()
            .find(|attribute| attribute.key() == "for_each");
        let keys = each.map(|each| keys(each.expr())).unwrap_or_default();
        found.extend(keys.iter().map(|key| format!("{address}[{key}]")));
        let positions = block.body().attributes().any(|attribute| attribute.key() == "count");
        assert!(!positions, "{address} counts");
        found.insert(address);
    }
    for document in serde_yaml::Deserializer::from_str(&rendered.kubernetes) {
        let object: serde_yaml::Value = serde::Deserialize::deserialize(document).unwrap();
        let text = |value: &serde_yaml::Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &object["metadata"];
        found.insert(format!(
            "{} {}/{}",
            text(&object["kind"]),
            text(&metadata["namespace"]),
            text(&metadata["name"])
        ));
    }
    found
}

/// The keys of a literal object or set.
fn keys(each: &hcl::Expression) -> Vec<String> {
    match each {
        hcl::Expression::Object(object) => object.keys().map(ToString::to_string).collect(),
        hcl::Expression::FuncCall(call) => call.args.iter().flat_map(keys).collect(),
        hcl::Expression::Array(values) => values.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
