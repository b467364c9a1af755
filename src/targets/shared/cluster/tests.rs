#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::*;
use crate::kubernetes::overrides::Override;
use crate::output::FileTree;
use crate::target::Target;
use crate::targets::shared::settings::split;
use crate::targets::shared::startup::declare_rollout;
use crate::terraform::Block;
use crate::terraform::verify::verify;
use crate::{blueprint, check, object, patterns, template};

const BLUEPRINT: &str = r#"
name = "shop"
pattern = "per-domain"
region = "seoul"

[registry]

[kubernetes]
registry = "registry.example.com"

[services.front]
runtime = "kubernetes"
image = "nginx:1.29"
port = 8080
public = true
calls = ["market.api"]

[domains.market]
owner = "@shop/market"

[domains.market.services.api]
runtime = "kubernetes"
image = "registry/market:2.0.0"
port = 8000
reads = ["main", "stripe"]
writes = ["main"]
publishes = ["orders"]

[domains.market.services.mailer]
runtime = "kubernetes"
image = "ghcr.io/shop/mailer:1"
port = 8001
public = true
hosts = ["mail.example.com"]
routes = ["/mail"]

[domains.market.services.worker]
runtime = "kubernetes"
image = "registry/market:2.0.0"
consumes = ["orders"]
scale = { min = 1, max = 9, queue_messages = 20 }

[domains.market.databases.main]
engine = "postgres"

[domains.market.queues.orders]

[domains.market.secrets.stripe]

[domains.pay.services.api]
image = "nginx:1.29"
port = 8000
"#;

/// A cloud with the fewest words of its own.
fn fake(system: &Checked<'_>, module: &mut Module, gateway: Gateway) -> Manifests {
    declare_rollout(module);
    for (_, database) in system.databases.iter() {
        module.variable(
            &format!("{}_password_version", database.name),
            "number",
            1,
            "Raise to change it.",
        );
    }
    let vault = module.data("aws_caller_identity", "current", Block::new());
    let workloads = inside(system).map(|(id, service)| {
        let spell = |value: &crate::ir::Value| template![vault.attr("account_id"), format!("/{value:?}")];
        let (plain, fetched) = split(service, spell);
        let auth = json!({ "jwt": { "serviceAccountRef": { "name": service.name } } });
        let counted = json!({ "type": "aws-sqs-queue", "metadata": { "queueURL": "", "queueLength": "20" } });
        let scaling = service.scale.queue_messages.map(|_| Scaling {
            triggers: vec![Filled::new(counted).set("/metadata/queueURL", vault.attr("user_id"))],
            authentication: Some(Filled::new(json!({ "podIdentity": { "provider": "aws" } }))),
        });
        let own = matches!(service.launch.image(), Some(crate::ir::Image::Own { .. }));
        let files = (service.name == "front").then(|| File {
            folder: "/etc/cloudgen/trust",
            name: "session.pem".to_owned(),
            text: vault.attr("user_id"),
        });
        let told = Workload {
            plain,
            fetched,
            shards: vec![],
            files: files.into_iter().collect(),
            account: vec![("eks.amazonaws.com/role-arn", vault.attr("arn"))],
            pod_labels: vec![("azure.workload.identity/use", "true")],
            store: Filled::new(json!({ "aws": { "service": "SecretsManager", "region": "", "auth": auth } }))
                .set("/aws/region", vault.attr("id")),
            image: own.then(|| template![vault.attr("account_id"), "/market:2.0.0"]),
            scaling,
            egress: vec![Egress {
                to: vec![Block4::of("169.254.169.254/32")],
                ports: vec![80],
            }],
        };
        (id, told)
    });
    let cloud = Cloud {
        gateway,
        workloads: workloads.collect(),
        blocks: &|peer| match peer {
            Peer::Internet => vec![super::Block::internet()],
            Peer::PublicBalancer => vec![super::Block::of("10.0.0.0/24")],
            Peer::InternalBalancer => vec![super::Block::of("10.0.1.0/24")],
            _ => vec![super::Block::of("10.0.2.0/24")],
        },
        dns: &["169.254.169.254/32"],
        more: vec![],
    };
    lower(system, &cloud, module)
}

use super::Block as Block4;

fn with<R>(gateway: Gateway, use_it: impl FnOnce(&Checked<'_>, Manifests, Module) -> R) -> R {
    let blueprint = blueprint::load(BLUEPRINT, None).unwrap();
    let (system, _) = patterns::build(&blueprint).unwrap();
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

#[test]
fn dump() {
    with(Gateway::NodePorts, |system, manifests, mut module| {
        assert_eq!(manifests.faults(), Vec::<String>::new());
        manifests.outputs(system, &mut module);
        assert!(verify(&module).is_empty());
        let tree = files(system, &manifests);
        for (path, text) in tree.iter() {
            let path = Path::new("/tmp/core-fake").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        for (name, text) in module.files() {
            std::fs::write(Path::new("/tmp/core-fake").join(name), text).unwrap();
        }
    });
}
