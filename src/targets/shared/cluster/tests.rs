#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod fake;
mod system;

use std::process::Command;

use serde_json::{Value, json};

use super::*;
use crate::check;
use crate::kubernetes::object::Object;
use crate::kubernetes::overrides::Override;
use crate::output::FileTree;
use crate::target::Target;
use crate::targets::shared::report::Report;
use crate::terraform::verify::verify;
use fake::fake;
use system::system;

fn with<R>(gateway: Gateway, use_it: impl FnOnce(&Checked<'_>, Manifests, Module) -> R) -> R {
    let system = system();
    let (checked, _) = check::check(&system, Target::Kubernetes).unwrap();
    let mut module = Module::new();
    let manifests = fake(&checked, &mut module, gateway);
    use_it(&checked, manifests, module)
}

/// The files, with what Terraform would write.
fn files(system: &Checked<'_>, manifests: &Manifests) -> FileTree {
    let mut files = FileTree::new();
    manifests.files(system, &mut files);
    for (path, text) in manifests.blank(system) {
        files.insert(format!("kubernetes/{path}"), text);
    }
    files
}

/// The documents of a file.
fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect()
}

/// An object of a kind by its name.
fn find<'a>(all: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = all
        .iter()
        .find(|it| it["kind"] == kind && it["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn of(system: &Checked<'_>, manifests: &Manifests) -> Vec<Value> {
    documents(&manifests.files(system, &mut FileTree::new()))
}

#[test]
fn objects_are_sound_and_only_parts_with_services_have_some() {
    let reached = || {
        let annotations = vec![(
            "service.beta.kubernetes.io/azure-load-balancer-ipv4",
            "10.0.3.10".to_owned(),
        )];
        [Gateway::NodePorts, Gateway::Internal { annotations }]
    };
    for gateway in reached() {
        with(gateway, |system, manifests, _| {
            assert_eq!(manifests.faults(), Vec::<String>::new());
            let all = of(system, &manifests);
            find(&all, "ConfigMap", "stated");
            assert!(all.iter().all(|it| it["metadata"]["name"] != "known"));
            let spaces = all.iter().filter(|it| it["kind"] == "Namespace");
            let spaces: Vec<&Value> = spaces.map(|it| &it["metadata"]["name"]).collect();
            assert_eq!(spaces, ["shop-edge", "shop", "shop-market"]);
        });
    }
}

#[test]
fn kustomize_copies_what_terraform_knows() {
    let version = Command::new("kubectl").args(["version", "--client"]).output();
    if !version.is_ok_and(|it| it.status.success()) {
        return;
    }
    with(Gateway::NodePorts, |system, manifests, _| {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files(system, &manifests).iter() {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            // What Terraform would put in.
            let text = text.replace("cloudgen/image: ''", "cloudgen/image: there/market:2.0.0");
            let text = text.replace("cloudgen/settings: ''", "cloudgen/settings: v1");
            let text = text.replace("cloudgen/trigger-0: ''", "cloudgen/trigger-0: url");
            let text = text.replace("cloudgen/secret: ''", "cloudgen/secret: market-api-v1");
            std::fs::write(path, text).unwrap();
        }
        let built = Command::new("kubectl")
            .arg("kustomize")
            .arg(folder.path().join("kubernetes"))
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let all = documents(&String::from_utf8(built.stdout).unwrap());
        let pods = &find(&all, "Deployment", "market-api")["spec"]["template"];
        assert_eq!(pods["metadata"]["annotations"]["cloudgen/settings"], "v1");
        let container = &pods["spec"]["containers"][0];
        assert_eq!(container["image"], "there/market:2.0.0");
        assert_eq!(container["envFrom"][0]["configMapRef"]["name"], "market-api");
        assert_eq!(container["envFrom"][1]["secretRef"]["name"], "market-api-v1");
        assert_eq!(
            container["envFrom"][2]["secretRef"],
            json!({ "name": "market-api.stripe", "optional": true })
        );
        let scaled = find(&all, "ScaledObject", "market-worker");
        assert_eq!(scaled["spec"]["triggers"][0]["metadata"]["queueURL"], "url");
        assert_eq!(scaled["spec"]["triggers"][1]["type"], "cpu");
    });
}

#[test]
fn pods_stay_on_the_nodes_of_their_part() {
    with(Gateway::NodePorts, |system, manifests, _| {
        let all = of(system, &manifests);
        let pods = |name: &str| find(&all, "Deployment", name)["spec"]["template"]["spec"].clone();
        assert_eq!(pods("front")["nodeSelector"], json!({ "cloudgen/pool": "system" }));
        assert_eq!(pods("front")["tolerations"], Value::Null);
        assert_eq!(
            pods("market-worker")["nodeSelector"],
            json!({ "cloudgen/pool": "market" })
        );
        assert_eq!(pods("market-worker")["tolerations"][0]["value"], "market");
        assert_eq!(pods("front")["volumes"][2]["configMap"]["name"], "front-files");
        let files = json!({ "name": "files", "mountPath": "/etc/cloudgen/trust", "readOnly": true });
        assert_eq!(pods("front")["containers"][0]["volumeMounts"][2], files);
        let labels = &find(&all, "Deployment", "front")["spec"]["template"]["metadata"]["labels"];
        assert_eq!(labels["azure.workload.identity/use"], "true");
    });
}

#[test]
fn internal_services_are_not_behind_the_public_listener() {
    with(Gateway::NodePorts, |system, manifests, _| {
        let all = of(system, &manifests);
        let routes = all.iter().filter(|it| it["kind"] == "HTTPRoute");
        let routes: Vec<(&Value, &Value, &Value)> = routes
            .map(|it| {
                (
                    &it["metadata"]["name"],
                    &it["spec"]["parentRefs"][0]["sectionName"],
                    &it["spec"]["hostnames"],
                )
            })
            .collect();
        let wanted = [
            (json!("front-public"), json!("public"), Value::Null),
            (
                json!("market-mailer-public"),
                json!("public"),
                json!(["mail.example.com"]),
            ),
            (
                json!("market-api-internal"),
                json!("internal"),
                json!(["market-api.shop.internal"]),
            ),
        ];
        let wanted: Vec<(&Value, &Value, &Value)> = wanted
            .iter()
            .map(|(name, section, hosts)| (name, section, hosts))
            .collect();
        assert_eq!(routes, wanted);
        let gateway = find(&all, "NetworkPolicy", "gateway");
        let heard = |number: usize| {
            let rule = &gateway["spec"]["ingress"][number];
            (
                rule["ports"][0]["port"].clone(),
                rule["from"][0]["ipBlock"]["cidr"].clone(),
            )
        };
        assert_eq!(heard(0), (json!(8080), json!("10.0.0.0/24")));
        assert_eq!(heard(1), (json!(8081), json!("10.0.1.0/24")));
    });
}

#[test]
fn only_links_open_the_way_out() {
    with(Gateway::NodePorts, |system, manifests, _| {
        let all = of(system, &manifests);
        let open = |name: &str| {
            let rules = find(&all, "NetworkPolicy", name)["spec"]["egress"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let open = rules.iter().map(|rule| {
                let ports = rule["ports"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|port| port["port"].to_string());
                let to = rule["to"][0]["ipBlock"]["cidr"].as_str().unwrap_or("pods");
                format!("{to} {}", ports.collect::<Vec<_>>().join(","))
            });
            open.collect::<Vec<String>>()
        };
        let around = ["0.0.0.0/0 443,80".to_owned(), "169.254.169.254/32 80".to_owned()];
        let with_dns = |own: &[&str]| {
            let own = own.iter().map(|rule| (*rule).to_owned());
            std::iter::once("pods 53,53".to_owned())
                .chain(own)
                .chain(around.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(open("front"), with_dns(&["10.0.1.0/24 8000"]));
        assert_eq!(open("market-api"), with_dns(&["10.0.2.0/24 5432,443"]));
        assert_eq!(open("market-mailer"), with_dns(&[]));
        assert_eq!(
            find(&all, "NetworkPolicy", "market-worker")["spec"]["ingress"],
            Value::Null
        );
    });
}

#[test]
fn terraform_writes_each_part() {
    with(Gateway::NodePorts, |system, manifests, mut module| {
        manifests.outputs(system, &mut module);
        assert!(verify(&module).is_empty());
        let text = Module::single(&module.files());
        let lines = [
            "kubernetes_objects = [{",
            "id = data.aws_caller_identity.current.id",
            "output \"kubernetes\" {",
            "output \"kubernetes_market\" {",
            "          name = \"market-api-${local.market_api_secrets_version}\"",
            "          \"cloudgen/secret\" = \"market-api-${local.market_api_secrets_version}\"",
            "          \"cloudgen/generation\" = local.market_api_secrets_version",
            "        data = [for name, key in local.market_api_secrets : {",
            "          \"eks.amazonaws.com/role-arn\" = data.aws_caller_identity.current.arn",
            "            region  = data.aws_caller_identity.current.id",
            "      data       = local.front_files",
            "    \"password of market-main\" = var.market_main_password_version",
        ];
        for line in lines {
            let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert!(text.lines().any(|other| words(other) == words(line)), "{line}\n{text}");
        }
    });
}

#[test]
fn overrides_reach_objects() {
    with(Gateway::NodePorts, |system, mut manifests, _| {
        let wanted = |fields: Value, kind: &'static str| {
            let fields = fields.as_object().unwrap().clone();
            move |manifests: &mut Manifests| {
                let given = Override {
                    kind,
                    name: "market-api",
                    fields: &fields,
                    path: "override",
                };
                manifests.override_with(&[given], &system.places)
            }
        };
        let fine = wanted(json!({ "spec": { "minReadySeconds": 5 } }), "Deployment");
        assert_eq!(fine(&mut manifests), Ok(()));
        let all = of(system, &manifests);
        assert_eq!(find(&all, "Deployment", "market-api")["spec"]["minReadySeconds"], 5);
        let written = wanted(json!({ "spec": { "refreshInterval": "5m" } }), "ExternalSecret");
        assert_eq!(written(&mut manifests), Ok(()));
        let unknown = wanted(json!({ "spec": { "x": 5 } }), "SecretStore");
        assert_eq!(unknown(&mut manifests).unwrap_err()[0].rule, "override-rejected");
        let missing = wanted(json!({}), "StatefulSet");
        assert!(missing(&mut manifests).is_err());
    });
}

#[test]
fn places_that_are_not_there_are_faults() {
    let object = Object::raw(("v1", "ConfigMap"), Default::default(), json!({ "a": { "b/c": "" } }));
    let there = Written::new(object.clone()).set("/spec/a/b~1c", 1);
    assert_eq!(there.missing().count(), 0);
    assert_eq!(
        Written::new(object).set("/spec/a/c", 1).missing().collect::<Vec<_>>(),
        ["/spec/a/c"]
    );
}

#[test]
fn owners_read_what_to_do() {
    with(Gateway::NodePorts, |system, _, _| {
        let handling = Handling {
            credentials: "cloud get-credentials",
            has_keda: false,
            writes_more: false,
            external_secrets: &["--set a=b"],
            keda: &[],
        };
        let text = runbook(system, &handling).join("\n");
        for line in [
            "  cloud get-credentials",
            "  terraform -chdir=terraform output -raw kubernetes > kubernetes/terraform.yaml",
            "  terraform -chdir=terraform output -raw kubernetes_market > kubernetes/market/terraform.yaml",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
        assert!(text.contains("--namespace external-secrets --create-namespace --wait --set a=b\n"));
        assert!(text.contains("kedacore/keda") && text.contains("Entries of the vault"));
    });
}

#[test]
fn findings_that_stay_are_told() {
    with(Gateway::NodePorts, |system, _, _| {
        let mut report = Report::default();
        skips(system, &mut report);
        let told = |check: &str| {
            report
                .skips
                .iter()
                .find(|skip| skip.check == check)
                .unwrap()
                .resource
                .as_str()
        };
        assert_eq!(told("CKV_K8S_9"), "Deployment market-worker");
        assert_eq!(told("CKV_K8S_35"), "Deployment market-api");
        assert_eq!(told("CKV_K8S_43").matches("Deployment").count(), 4);
    });
}
