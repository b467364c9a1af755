//! What a cluster would make of the rendered objects: who may open a connection to whom, and what a service is told.

use cloudgen::blueprint;
use cloudgen::target::Target;
use serde_yaml::Value;

/// Every object of a blueprint, rendered for a cluster.
pub fn rendered(text: &str) -> Vec<Value> {
    let blueprint = blueprint::load(text, None).unwrap();
    let compiled = cloudgen::compile(&blueprint, Target::Kubernetes);
    let rendered = compiled.value.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    serde_yaml::Deserializer::from_str(&rendered.kubernetes)
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect()
}

/// Those of a kind.
pub fn objects<'a>(all: &'a [Value], kind: &str) -> Vec<&'a Value> {
    all.iter().filter(|object| object["kind"] == kind).collect()
}

/// A pod: its namespace and its labels.
pub type Pod = (&'static str, Vec<(&'static str, &'static str)>);

/// A pod of a service.
pub fn service(name: &'static str) -> Pod {
    let labels = vec![("app.kubernetes.io/name", name), ("app.kubernetes.io/part-of", "shop")];
    ("shop", labels)
}

/// A server as its operator labels it.
pub fn server(labels: &[(&'static str, &'static str)]) -> Pod {
    ("shop", labels.to_vec())
}

/// A pod of Prometheus.
pub fn prometheus() -> Pod {
    let labels = vec![
        ("app.kubernetes.io/managed-by", "prometheus-operator"),
        ("app.kubernetes.io/name", "prometheus"),
    ];
    ("monitoring", labels)
}

fn selects(selector: &Value, labels: &[(&str, &str)]) -> bool {
    let value = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let equal = selector["matchLabels"].as_mapping().is_none_or(|wanted| {
        let mut wanted = wanted.iter();
        wanted.all(|(key, wanted)| value(key.as_str().unwrap()) == wanted.as_str())
    });
    let expressions = selector["matchExpressions"].as_sequence();
    equal
        && expressions.is_none_or(|expressions| {
            expressions.iter().all(|expression| {
                let value = value(expression["key"].as_str().unwrap());
                match expression["operator"].as_str().unwrap() {
                    "Exists" => value.is_some(),
                    "In" => expression["values"]
                        .as_sequence()
                        .unwrap()
                        .iter()
                        .any(|one| one.as_str() == value),
                    other => panic!("{other}"),
                }
            })
        })
}

fn is_peer(peer: &Value, (namespace, labels): &Pod, own: &str) -> bool {
    let same = match &peer["namespaceSelector"] {
        Value::Null => *namespace == own,
        selector => selects(selector, &[("kubernetes.io/metadata.name", namespace)]),
    };
    let pods = &peer["podSelector"];
    peer["ipBlock"].is_null() && same && (pods.is_null() || selects(pods, labels))
}

/// True if the policies let a connection out of the one pod (where its namespace has some) and into the other.
pub fn may(all: &[Value], from: &Pod, to: &Pod, port: u64) -> bool {
    let open = |direction: &str, list: &str, here: &Pod, there: &Pod| {
        objects(all, "NetworkPolicy").iter().any(|policy| {
            let spec = &policy["spec"];
            let types = spec["policyTypes"].as_sequence().unwrap();
            let rules = spec[direction].as_sequence();
            types
                .iter()
                .any(|kind| kind.as_str().unwrap().to_lowercase() == direction)
                && policy["metadata"]["namespace"] == here.0
                && selects(&spec["podSelector"], &here.1)
                && rules.is_some_and(|rules| {
                    rules.iter().any(|rule| {
                        let peers = rule[list].as_sequence();
                        let mut ports = rule["ports"].as_sequence().unwrap().iter();
                        ports.any(|one| one["port"].as_u64() == Some(port))
                            && peers.is_none_or(|peers| peers.iter().any(|peer| is_peer(peer, there, here.0)))
                    })
                })
        })
    };
    let policies = objects(all, "NetworkPolicy");
    let is_known = policies.iter().any(|policy| policy["metadata"]["namespace"] == from.0);
    (!is_known || open("egress", "to", from, to)) && open("ingress", "from", to, from)
}

/// The value of a variable of a service that stands in its pods, or in a ConfigMap that they name.
pub fn setting(all: &[Value], service: &str, name: &str) -> Option<String> {
    let is_workload = |object: &&Value| object["kind"] == "Deployment" || object["kind"] == "StatefulSet";
    let mut workloads = all.iter().filter(is_workload);
    let workload = workloads.find(|object| object["metadata"]["name"] == service).unwrap();
    let container = &workload["spec"]["template"]["spec"]["containers"][0];
    let mut variables = container["env"].as_sequence().unwrap().iter();
    if let Some(found) = variables.find(|variable| variable["name"] == name) {
        return Some(found["value"].as_str()?.to_owned());
    }
    let sources = container["envFrom"].as_sequence()?;
    let config = &sources[0]["configMapRef"]["name"];
    let configs = objects(all, "ConfigMap");
    let config = configs
        .iter()
        .find(|object| object["metadata"]["name"] == *config)
        .unwrap();
    Some(config["data"][name].as_str()?.to_owned())
}
