//! The files of a proxy, out of what is rendered for Kubernetes.

use std::collections::BTreeMap;

use cloudgen::blueprint;
use cloudgen::output::Rendered;
use cloudgen::target::Target;
use serde_yaml::Value;

/// What the proxy's folder holds; without replicas it lacks what tells of them.
pub const FILES: [&str; 5] = [
    "database.yaml",
    "global.yaml",
    "replica.yaml",
    "source.yaml",
    "start.sh",
];

/// The files of one proxy, by name.
pub type Files = BTreeMap<String, String>;

/// A shop whose database `main` has these lines under `sharding`.
pub fn shop(lines: &str) -> Rendered {
    render("", "customer_id", lines)
}

/// The same with another key.
pub fn shop_by(key: &str, lines: &str) -> Rendered {
    render("", key, lines)
}

/// The same with a replica of the main server.
pub fn replicated(lines: &str) -> Rendered {
    render("replicas = 1", "customer_id", lines)
}

fn render(replicas: &str, key: &str, lines: &str) -> Rendered {
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
        {replicas}

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
    // Caches start with a script of that name too.
    let is_proxy = |object: &Value| object["kind"] == "ConfigMap" && object["data"].get("database.yaml").is_some();
    let configs = objects.filter(is_proxy);
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
    let has_replicas = files["database.yaml"].contains("READWRITE_SPLITTING");
    let wanted = FILES.into_iter().filter(|name| has_replicas || *name != "replica.yaml");
    assert!(files.keys().eq(wanted), "{:?}", files.keys());
    files
}
