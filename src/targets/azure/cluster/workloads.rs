//! What the services in the cluster are told, how they read the vault, and whom they may reach.

use serde_json::json;

use crate::check::{container_block, gateway_address, node_block, nodes_name};
use crate::ir::{Id, Peer, Resource, Service, System, Tier, Value};
use crate::targets::azure::compute::Plan;
use crate::targets::azure::containers::settings::shards;
use crate::targets::azure::startup::spell;
use crate::targets::azure::{Stack, caches, metrics, queues};
use crate::targets::shared::cluster::{Block, Cloud, Egress, Filled, Gateway, Scaling, Shards, Workload};
use crate::targets::shared::settings;
use crate::template;
use crate::terraform::Address;
use crate::vocabulary::Runtime;

/// What Azure says about the cluster. `blocks` gives the addresses of a peer.
pub(super) fn cloud<'a>(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    keda: Option<&Address>,
    blocks: &'a dyn Fn(Peer) -> Vec<Block>,
) -> Cloud<'a> {
    let system = stack.system;
    let services = system.services.iter().filter(|(id, _)| system.pool_of(*id).is_some());
    let workloads = services.map(|(id, service)| (id, workload(stack, plan, (id, service), keda)));
    let subnet = system.pools.first().map(nodes_name).unwrap_or_default();
    let annotation = |name: &'static str, value: String| (name, value);
    Cloud {
        gateway: Gateway::Internal {
            annotations: vec![
                annotation(
                    "service.beta.kubernetes.io/azure-load-balancer-internal",
                    "true".to_owned(),
                ),
                annotation("service.beta.kubernetes.io/azure-load-balancer-internal-subnet", subnet),
                annotation(
                    "service.beta.kubernetes.io/azure-load-balancer-ipv4",
                    gateway_address(system),
                ),
            ],
        },
        hops: 1,
        workloads: workloads.collect(),
        blocks,
        dns: &[],
        more: vec![],
    }
}

fn workload(
    stack: &mut Stack<'_>,
    plan: &Plan<'_>,
    (id, service): (Id<Service>, &Service),
    keda: Option<&Address>,
) -> Workload {
    let (plain, fetched) = settings::split(service, |value| match entry(plan, value) {
        Some(entry) => entry.attr("name"),
        None => spell(stack, plan, id, value),
    });
    let mut known = vec![];
    for shards in shards(stack, plan, service) {
        let name = format!("{}_{}", service.name, shards.variable.to_lowercase());
        known.push(Shards {
            settings: stack.module.local(&name, shards.known()),
            passwords: shards.password_names(),
        });
    }
    let stack = &*stack;
    let tenant = || stack.project.operator.attr("tenant_id");
    let store = json!({
        "azurekv": {
            "authType": "WorkloadIdentity",
            "tenantId": "",
            "vaultUrl": "",
            "serviceAccountRef": { "name": service.name },
        },
    });
    let registry = plan.stores.registry.as_ref();
    Workload {
        plain,
        fetched,
        shards: known,
        files: vec![],
        account: vec![
            (
                "azure.workload.identity/client-id",
                plan.identities[&id].identity.attr("client_id"),
            ),
            ("azure.workload.identity/tenant-id", tenant()),
        ],
        pod_labels: vec![("azure.workload.identity/use", "true")],
        store: Filled::new(store)
            .set("/azurekv/tenantId", tenant())
            .set("/azurekv/vaultUrl", plan.parts.vault.vault.attr("vault_uri")),
        image: registry.and_then(|registry| registry.image(stack, service.launch.image()?)),
        scaling: keda.and_then(|keda| scaling(stack, plan, (id, service), keda)),
        egress: egress(stack, id),
    }
}

/// The entry of the vault behind a value that pods never see in a file: External Secrets knows it by its name.
fn entry<'a>(plan: &'a Plan<'_>, value: &Value) -> Option<&'a Address> {
    match value {
        Value::DatabasePassword(id) => Some(&plan.stores.databases[id].secret),
        Value::ProxyPassword(id) | Value::ShardMap(id) => {
            let shards = plan.stores.databases[id].shards.as_ref()?;
            Some(&shards.entrance)
        }
        Value::SecretValue(id) => Some(&plan.stores.entries[id]),
        _ => None,
    }
}

/// As containers and machines are counted: by what Azure Monitor says of the queues.
fn scaling(
    stack: &Stack<'_>,
    plan: &Plan<'_>,
    (id, service): (Id<Service>, &Service),
    keda: &Address,
) -> Option<Scaling> {
    let (system, messaging, target) = (
        stack.system,
        plan.stores.messaging.as_ref()?,
        service.scale.queue_messages?,
    );
    let trigger = |queue: &str| {
        let trigger = json!({
            "type": "azure-monitor",
            "name": queue,
            "metadata": {
                "resourceURI": "",
                "tenantId": "",
                "subscriptionId": "",
                "resourceGroupName": "",
                "metricName": metrics::ACTIVE_MESSAGES,
                "metricFilter": format!("{} eq '{queue}'", metrics::ENTITY),
                "metricAggregationInterval": "0:5:0",
                "metricAggregationType": "Average",
                "targetValue": target.to_string(),
            },
        });
        let namespace = template![metrics::SERVICE_BUS, "/", messaging.namespace.attr("name")];
        Filled::new(trigger)
            .set("/metadata/resourceURI", namespace)
            .set("/metadata/tenantId", stack.project.operator.attr("tenant_id"))
            .set(
                "/metadata/subscriptionId",
                stack.project.operator.attr("subscription_id"),
            )
            .set("/metadata/resourceGroupName", stack.project.group.attr("name"))
    };
    let triggers: Vec<Filled> = system
        .inboxes_of(id)
        .map(|inbox| trigger(system.inbox(inbox).0))
        .collect();
    let login = json!({ "podIdentity": { "provider": "azure-workload", "identityId": "" } });
    let login = Filled::new(login).set("/podIdentity/identityId", keda.attr("client_id"));
    (!triggers.is_empty()).then_some(Scaling {
        triggers,
        authentication: Some(login),
    })
}

/// Caches and queues listen on other ports here than the flows say.
fn egress(stack: &Stack<'_>, id: Id<Service>) -> Vec<Egress> {
    let system = stack.system;
    let uses = |wanted: fn(Resource) -> bool| system.grants_of(id).any(|grant| wanted(grant.resource));
    let to = |tier, ports: &[&str]| Egress {
        to: vec![Block::of(system.network.slice(tier).cidr)],
        ports: ports.iter().filter_map(|port| port.parse().ok()).collect(),
    };
    let caches = uses(|resource| matches!(resource, Resource::Cache(_))).then(|| to(Tier::Data, &[caches::PORT]));
    let messages = uses(Resource::is_messaging).then(|| to(Tier::Endpoint, &queues::PORTS));
    caches.into_iter().chain(messages).collect()
}

/// The addresses of a peer outside the cluster.
pub(super) fn blocks(system: &System, peer: Peer) -> Vec<Block> {
    let tier = |tier| vec![Block::of(system.network.slice(tier).cidr)];
    match peer {
        Peer::Internet => vec![Block::internet()],
        Peer::PublicBalancer => tier(Tier::Public),
        Peer::InternalBalancer => tier(Tier::Balancer),
        Peer::TcpBalancer(_) => tier(Tier::Application),
        Peer::Service(id) => match system.services[id].runtime {
            Runtime::Container => vec![Block::of(container_block(system, system.services[id].home.domain))],
            Runtime::Kubernetes => vec![Block::of(node_block(system, system.services[id].home.domain))],
            _ => tier(Tier::Application),
        },
        Peer::Database(_) | Peer::Readers(_) | Peer::Shards(_) | Peer::Cache(_) => tier(Tier::Data),
        Peer::Api(_) | Peer::Endpoints => tier(Tier::Endpoint),
    }
}
