//! The files of a proxy, out of what is rendered for Kubernetes.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;
use serde_yaml::Value;

/// What the proxy's folder holds.
pub const FILES: [&str; 4] = ["database.yaml", "global.yaml", "source.yaml", "start.sh"];

/// The files of one proxy, by name.
pub type Files = BTreeMap<String, String>;

/// A shop whose database `main` has these lines under `sharding`.
pub fn shop(lines: &str) -> Rendered {
    shop_by("customer_id", lines)
}

/// The same with another key.
pub fn shop_by(key: &str, lines: &str) -> Rendered {
    let text = format!(
        r#"
        name = "shop"
        pattern = "sharding"
        region = "seoul"

        [services.web]
        image = "nginx:1.29"
        port = 8080
        public = true
        reads = ["main"]
        writes = ["main"]

        [databases.main]
        engine = "postgres"

        [databases.main.sharding]
        key = "{key}"
        {lines}
        "#
    );
    let blueprint = blueprint::load(&text, None).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = cloudgen::compile(&blueprint, Target::Kubernetes);
    compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// Every proxy's files, by the name of their ConfigMap.
pub fn proxies(rendered: &Rendered) -> BTreeMap<String, Files> {
    let documents = serde_yaml::Deserializer::from_str(&rendered.kubernetes);
    let objects = documents.map(|document| -> Value { serde::Deserialize::deserialize(document).unwrap() });
    let configs = objects.filter(|object| object["kind"] == "ConfigMap" && object["data"].get("start.sh").is_some());
    configs
        .map(|config| {
            let name = config["metadata"]["name"].as_str().unwrap().to_owned();
            (name, serde_yaml::from_value(config["data"].clone()).unwrap())
        })
        .collect()
}

/// The files of the only proxy.
pub fn files(rendered: &Rendered) -> Files {
    let mut proxies = proxies(rendered);
    assert_eq!(proxies.len(), 1, "{:?}", proxies.keys());
    let (_, files) = proxies.pop_first().unwrap();
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), FILES);
    files
}
