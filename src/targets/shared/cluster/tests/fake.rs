//! A cloud with the fewest words of its own.

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::json;

use crate::check::Checked;
use crate::ir::{Image, Peer, Value};
use crate::kubernetes::object::Object;
use crate::targets::shared::cluster::{
    Block, Cloud, Egress, File, Filled, Gateway, Manifests, Scaling, Workload, Written, inside, lower,
};
use crate::targets::shared::settings::split;
use crate::targets::shared::startup::declare_rollout;
use crate::template;
use crate::terraform::{self, Module};

/// What the cluster of this cloud runs.
pub(super) fn fake(system: &Checked<'_>, module: &mut Module, gateway: Gateway) -> Manifests {
    declare_rollout(module);
    for (_, database) in system.databases.iter() {
        module.variable(
            &format!("{}_password_version", database.name),
            "number",
            1,
            "Raise to change it.",
        );
    }
    let vault = module.data("aws_caller_identity", "current", terraform::Block::new());
    let workloads = inside(system).map(|(id, service)| {
        let spell = |value: &Value| template![vault.attr("account_id"), format!("/{value:?}")];
        let (plain, fetched) = split(service, spell);
        let auth = json!({ "jwt": { "serviceAccountRef": { "name": service.name } } });
        let counted = json!({ "type": "aws-sqs-queue", "metadata": { "queueURL": "", "queueLength": "20" } });
        let scaling = service.scale.queue_messages.map(|_| Scaling {
            triggers: vec![Filled::new(counted).set("/metadata/queueURL", vault.attr("user_id"))],
            authentication: Some(Filled::new(json!({ "podIdentity": { "provider": "aws" } }))),
        });
        let own = matches!(service.launch.image(), Some(Image::Own { .. }));
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
                to: vec![Block::of("169.254.169.254/32")],
                ports: vec![80],
            }],
        };
        (id, told)
    });
    let config = |name: &str| {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some("kube-system".to_owned()),
            ..Default::default()
        };
        Written::new(Object::new(&ConfigMap {
            metadata,
            data: Some([("id".to_owned(), String::new())].into()),
            ..Default::default()
        }))
    };
    let more = [config("known").set("/data/id", vault.attr("id")), config("stated")];
    let cloud = Cloud {
        gateway,
        hops: 1,
        workloads: workloads.collect(),
        blocks: &|peer| match peer {
            Peer::Internet => vec![Block::internet()],
            Peer::PublicBalancer => vec![Block::of("10.0.0.0/24")],
            Peer::InternalBalancer => vec![Block::of("10.0.1.0/24")],
            _ => vec![Block::of("10.0.2.0/24")],
        },
        dns: &["169.254.169.254/32"],
        more: more.map(|object| (None, object)).into(),
    };
    lower(system, &cloud, module)
}
