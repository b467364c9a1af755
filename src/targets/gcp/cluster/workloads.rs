//! What Terraform tells the cluster about each service: settings, the way to its secrets, whom its pods may be.

use std::collections::BTreeMap;

use hcl::Expression;
use serde_json::json;

use super::all;
use crate::ir::{Database, Id, Inbox, Peer, Service, Sharding, Tier, Value};
use crate::targets::gcp::firewall::CHECKERS;
use crate::targets::gcp::network::GOOGLE_APIS;
use crate::targets::gcp::{Stack, caches, registry, settings};
use crate::targets::shared::cluster::{
    self, Block, Cloud, Egress, File, Filled, Gateway, Manifests, Scaling, Shards, Workload,
};
use crate::targets::shared::settings as shared_settings;
use crate::template;
use crate::terraform::expr;

/// Where a pod asks who it is, and gets its tokens.
const METADATA: [(&str, u16); 2] = [("169.254.169.254/32", 80), ("169.254.169.252/32", 988)];

/// How many messages wait in a subscription.
const WAITING: &str = "pubsub.googleapis.com/subscription/num_undelivered_messages";

/// Where it asks for names, where it does not ask the node.
const NAMES: [&str; 1] = ["169.254.169.254/32"];

pub(super) fn lower(stack: &mut Stack<'_>) -> Manifests {
    let system = stack.system;
    let mut shards: BTreeMap<Id<Service>, Vec<Shards>> = BTreeMap::new();
    for (id, service) in all(system) {
        for setting in &service.settings {
            if let Value::Shards(database) = setting.value {
                let told = self::shards(stack, service, &setting.name, database);
                shards.entry(id).or_default().push(told);
            }
        }
    }
    let mut module = std::mem::take(&mut stack.module);
    let known: &Stack<'_> = stack;
    let workloads: BTreeMap<Id<Service>, Workload> = all(system)
        .map(|(id, service)| {
            let shards = shards.remove(&id).unwrap_or_default();
            (id, workload(known, (id, service), shards))
        })
        .collect();
    let blocks = |peer: Peer| blocks(known, peer);
    let cloud = Cloud {
        gateway: Gateway::NodePorts,
        // The client's, and its own.
        hops: 2,
        workloads,
        blocks: &blocks,
        dns: &NAMES,
        more: vec![],
    };
    let manifests = cluster::lower(system, &cloud, &mut module);
    stack.module = module;
    manifests
}

fn workload(stack: &Stack<'_>, (id, service): (Id<Service>, &Service), shards: Vec<Shards>) -> Workload {
    let (mut plain, fetched) = shared_settings::split(service, |value| spell(stack, id, value));
    plain.extend(caches::settings(stack, id));
    plain.sort_by(|a, b| a.name.cmp(&b.name));
    Workload {
        plain,
        fetched,
        shards,
        account: vec![("iam.gke.io/gcp-service-account", stack.accounts[&id].attr("email"))],
        pod_labels: vec![],
        store: store(stack, service),
        files: caches::authorities_of(stack, id)
            .map(|(name, text)| File {
                folder: caches::FOLDER,
                name,
                text,
            })
            .collect(),
        image: registry::image(stack, service),
        scaling: scaling(stack, id, service),
        egress: METADATA
            .into_iter()
            .map(|(address, port)| Egress {
                to: vec![Block::of(address)],
                ports: vec![port],
            })
            .collect(),
    }
}

/// The expression of a setting. External Secrets knows an entry of the vault by its short name.
fn spell(stack: &Stack<'_>, service: Id<Service>, value: &Value) -> Expression {
    let entry = match *value {
        Value::DatabasePassword(id) => &stack.databases[&id].server.secret,
        Value::ProxyPassword(id) => &stack.logins[&id].secret,
        Value::ShardMap(id) => &stack.maps[&id].secret,
        Value::SecretValue(id) => &stack.secrets[&id],
        _ => return settings::spell(stack, service, value),
    };
    entry.attr("secret_id")
}

/// Everything about every active shard of a database, as values of their own: they are many.
fn shards(stack: &mut Stack<'_>, service: &Service, prefix: &str, id: Id<Database>) -> Shards {
    let database = &stack.system.databases[id];
    let secret = &stack.shards[&id].servers.secret;
    let domain = &stack.system.network.private_domain;
    let mut settings = vec![];
    let mut passwords = vec![];
    for shard in database.sharding.iter().flat_map(Sharding::active) {
        let key = shard.id.as_str();
        let start = format!("{prefix}_{}", key.to_uppercase());
        let plain: [(&str, Expression); 6] = [
            ("HOST", format!("{}-{key}.{domain}", database.shard_name()).into()),
            ("PORT", database.port.to_string().into()),
            ("NAME", database.database.as_str().into()),
            ("USER", database.user.as_str().into()),
            ("TLS", "require".into()),
            ("SECRET", secret.key(key).id()),
        ];
        settings.extend(plain.map(|(what, value)| (format!("{start}_{what}"), value)));
        passwords.push((format!("{start}_PASSWORD"), secret.key(key).attr("secret_id")));
    }
    let part = format!("{}-{}", service.name, database.shard_name());
    stack.module.file("kubernetes", "");
    Shards {
        settings: stack.module.local(&format!("{part}s"), expr::object(settings)),
        passwords: stack
            .module
            .local(&format!("{part}-passwords"), expr::object(passwords)),
    }
}

/// Secret Manager, asked as the service's own account.
fn store(stack: &Stack<'_>, service: &Service) -> Filled {
    let login = json!({
        "clusterLocation": stack.region(),
        "clusterName": stack.system.prefix.as_str(),
        "clusterProjectID": "",
        "serviceAccountRef": { "name": service.name },
    });
    Filled::new(json!({ "gcpsm": { "projectID": "", "auth": { "workloadIdentity": login } } }))
        .set("/gcpsm/projectID", stack.project.id())
        .set("/gcpsm/auth/workloadIdentity/clusterProjectID", stack.project.id())
}

/// A pod for so many messages that wait, by Cloud Monitoring, which answers as Prometheus does. Where it has no number of the last five
/// minutes, none wait: a subscription at which nothing happens has none.
fn scaling(stack: &Stack<'_>, id: Id<Service>, service: &Service) -> Option<Scaling> {
    let messages = service.scale.queue_messages?;
    let trigger = |inbox: Inbox| {
        let name = stack.system.inbox(inbox).0;
        let query = format!(
            "max({{\"__name__\"=\"{WAITING}\",\"monitored_resource\"=\"pubsub_subscription\",\"subscription_id\"=\"{}\"}})",
            stack.name(name)
        );
        let metadata = json!({ "serverAddress": "", "query": query, "threshold": messages.to_string(), "ignoreNullValues": "true" });
        let server = template![
            "https://monitoring.googleapis.com/v1/projects/",
            stack.project.id(),
            "/location/global/prometheus"
        ];
        Filled::new(json!({ "type": "prometheus", "name": name, "metadata": metadata }))
            .set("/metadata/serverAddress", server)
    };
    Some(Scaling {
        triggers: stack.system.inboxes_of(id).map(trigger).collect(),
        authentication: Some(Filled::new(json!({ "podIdentity": { "provider": "gcp" } }))),
    })
}

/// The addresses behind a peer, as pods see it.
fn blocks(stack: &Stack<'_>, peer: Peer) -> Vec<Block> {
    let network = &stack.system.network;
    let tier = |tier: Tier| Block::of(network.slice(tier).cidr);
    let balancers = || {
        let checkers = CHECKERS.into_iter().map(Block::of);
        std::iter::once(tier(Tier::Balancer)).chain(checkers).collect()
    };
    match peer {
        Peer::PublicBalancer => balancers(),
        // Its own address is in the subnet of the machines.
        Peer::InternalBalancer => std::iter::once(tier(Tier::Application)).chain(balancers()).collect(),
        Peer::TcpBalancer(_) | Peer::Service(_) => vec![tier(Tier::Application)],
        Peer::Database(_) | Peer::Readers(_) | Peer::Shards(_) | Peer::Cache(_) => vec![tier(Tier::Data)],
        Peer::Endpoints => vec![Block::of(GOOGLE_APIS)],
        Peer::Internet => vec![Block::internet()],
        Peer::Api(_) => vec![],
    }
}
