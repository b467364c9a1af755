//! What runs in a managed cluster: the services of the runtime `kubernetes`, and the gateway that the load balancers reach them through.
//!
//! Everything that can be known now is YAML in `kubernetes/`, a folder for each domain. What only Terraform knows (identities,
//! settings, the vault's entries) are objects that it writes: one output for each part, which the owner puts into its
//! `terraform.yaml`. From there Kustomize copies into the Deployments what restarts their pods.

mod admission;
mod compute;
mod files;
mod firewall;
mod gateway;
mod network;
mod runbook;
mod secrets;
mod settings;
mod written;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use hcl::Expression;

use super::startup::{Fetched, Plain};
use super::workload::Names;
use crate::check::Checked;
use crate::ir::{Balancer, Domain, Exposure, Id, Listener, NodePool, Peer, Route, Service, System};
use crate::kubernetes::policy::NOT_INTERNET;
use crate::terraform::Module;
use crate::vocabulary::Runtime;
pub use files::Manifests;
pub use gateway::by_name;
pub use runbook::{Handling, runbook, skips};
pub use written::{Filled, Written};

/// The label and the taint of the nodes of a pool, with the pool's name as value. Those of the pool [`NodePool::SYSTEM`] have no taint;
/// the others have one with the effect `NoSchedule`.
pub const POOL: &str = "cloudgen/pool";

/// What a cloud says about its cluster.
pub struct Cloud<'a> {
    /// How the gateway is reached.
    pub gateway: Gateway,
    /// How many addresses the load balancers append to `X-Forwarded-For`: the gateway believes as many, and the scheme.
    pub hops: u32,
    /// Every service of the runtime `kubernetes`.
    pub workloads: BTreeMap<Id<Service>, Workload>,
    /// The addresses behind a peer that is outside the cluster, as network policies see them.
    pub blocks: &'a dyn Fn(Peer) -> Vec<Block>,
    /// Addresses of name resolution beside the cluster's own pods and node-local cache.
    pub dns: &'a [&'a str],
    /// Further objects, by the part whose files they go to; they have namespaces of their own choice. Terraform writes those in which
    /// something is filled.
    pub more: Vec<(Option<Id<Domain>>, Written)>,
}

/// What a load balancer sees of the gateway.
pub enum Gateway {
    /// The same port on every node that a pod of the gateway runs on.
    NodePorts,
    /// A load balancer that the cloud makes of the gateway's Service, inside the network.
    Internal {
        /// Annotations of the Service, the fixed address among them.
        annotations: Vec<(&'static str, String)>,
    },
}

/// Ports of the gateway.
pub mod ports {
    /// What came through the public load balancer.
    pub const PUBLIC: u16 = 8080;
    /// What came through the internal load balancer.
    pub const INTERNAL: u16 = 8081;
    /// Health: `GET /healthz/ready`.
    pub const STATUS: u16 = 15021;
    /// The same three on nodes ([`super::Gateway::NodePorts`]).
    pub const NODE_PUBLIC: u16 = 30080;
    /// See [`NODE_PUBLIC`].
    pub const NODE_INTERNAL: u16 = 30081;
    /// See [`NODE_PUBLIC`].
    pub const NODE_STATUS: u16 = 30021;
}

/// Path of the gateway's health check on its status port.
pub const HEALTH: &str = "/healthz/ready";

/// Addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// All of these, such as `10.0.0.0/16`,
    pub cidr: String,
    /// but for these.
    pub except: Vec<String>,
}

impl Block {
    /// All addresses of a block.
    pub fn of(cidr: impl ToString) -> Self {
        Self {
            cidr: cidr.to_string(),
            except: vec![],
        }
    }

    /// What is neither in a private network nor link-local.
    pub fn internet() -> Self {
        Self {
            cidr: "0.0.0.0/0".to_owned(),
            except: NOT_INTERNET.map(str::to_owned).into(),
        }
    }
}

/// What a cloud says about one service.
pub struct Workload {
    /// Environment variables that Terraform knows.
    pub plain: Vec<Plain>,
    /// Environment variables from the vault. The identifier is the `key` of External Secrets' `remoteRef`; an entry is its whole value.
    pub fetched: Vec<Fetched>,
    /// Those of the databases that the service knows by shard.
    pub shards: Vec<Shards>,
    /// Files that the service reads.
    pub files: Vec<File>,
    /// Annotations of the Kubernetes service account: the identity in the cloud.
    pub account: Vec<(&'static str, Expression)>,
    /// Labels of the pods beside those that all have.
    pub pod_labels: Vec<(&'static str, &'static str)>,
    /// `spec.provider` of the SecretStore, which reads the vault as the service's own identity.
    pub store: Filled,
    /// The whole reference of an image of the system's own registry.
    pub image: Option<Expression>,
    /// How messages that wait are counted, where the service scales by them.
    pub scaling: Option<Scaling>,
    /// Who may be reached besides what the flows say: the cloud's metadata and identity services.
    pub egress: Vec<Egress>,
}

/// Environment variables of the shards of one database.
pub struct Shards {
    /// A map from variables to values.
    pub settings: Expression,
    /// A map from variables to keys of the vault.
    pub passwords: Expression,
}

/// A file of a service whose text Terraform knows: nothing secret.
pub struct File {
    /// The folder, which has no other files.
    pub folder: &'static str,
    /// The name in it.
    pub name: String,
    /// The text.
    pub text: Expression,
}

/// How KEDA counts messages.
pub struct Scaling {
    /// `type`, `name` and `metadata` of each trigger; the login is put in.
    pub triggers: Vec<Filled>,
    /// `spec` of the TriggerAuthentication; none where triggers need no login.
    pub authentication: Option<Filled>,
}

/// A connection that pods may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Egress {
    /// To whom.
    pub to: Vec<Block>,
    /// TCP ports.
    pub ports: Vec<u16>,
}

/// A part of the system: the shared one, or a domain.
type Part = Option<Id<Domain>>;

/// What every file of this folder needs to know.
struct Stack<'a> {
    system: &'a Checked<'a>,
    names: Names<'a>,
    cloud: &'a Cloud<'a>,
}

impl<'a> Stack<'a> {
    /// The services of a part that run in the cluster.
    fn services(&self, part: Part) -> impl Iterator<Item = (Id<Service>, &'a Service)> {
        inside(self.system).filter(move |(_, service)| service.home.domain == part)
    }

    /// What a cloud adds to a part: what Terraform writes of it, or the rest.
    fn more(&self, part: Part, is_written: bool) -> impl Iterator<Item = &'a Written> {
        let more = self.cloud.more.iter().filter(move |(of, _)| *of == part);
        more.map(|(_, object)| object)
            .filter(move |object| object.is_filled() == is_written)
    }

    /// The shared part, and the domains with services in the cluster.
    fn parts(&self) -> impl Iterator<Item = Part> {
        self.system.pools.iter().map(|pool| pool.domain)
    }
}

/// The services that run in the cluster.
fn inside(system: &System) -> impl Iterator<Item = (Id<Service>, &Service)> {
    let services = system.services.iter();
    services.filter(|(_, service)| service.runtime == Runtime::Kubernetes)
}

/// Services of the cluster that stand behind a load balancer, as its routes know them: (listener, route, service).
fn routed(system: &System, exposure: Exposure) -> impl Iterator<Item = (&Listener, &Route, &Service)> {
    let balancer: &Option<Balancer> = match exposure {
        Exposure::Public => &system.public,
        Exposure::Internal => &system.internal,
    };
    let listeners = balancer.iter().flat_map(|balancer| &balancer.listeners);
    let routes = listeners.flat_map(|listener| listener.routes.iter().map(move |route| (listener, route)));
    routes
        .map(|(listener, route)| (listener, route, &system.services[route.service]))
        .filter(|(.., service)| service.runtime == Runtime::Kubernetes)
}

/// True if a load balancer has services of the cluster behind it, and so the gateway as one of its targets.
pub fn is_behind(system: &System, exposure: Exposure) -> bool {
    routed(system, exposure).next().is_some()
}

/// The namespace of a service's pods, for the trust that a cloud has in `system:serviceaccount:NAMESPACE:NAME`; its service account
/// has the name of the service.
pub fn namespace(system: &System, service: Id<Service>) -> String {
    Names::new(system).namespace_in(system.services[service].home.domain)
}

/// Spells what the cluster runs. Settings become local values of the module.
pub fn lower(system: &Checked<'_>, cloud: &Cloud<'_>, module: &mut Module) -> Manifests {
    module.file("kubernetes", files::HEADER);
    let stack = Stack {
        system,
        names: Names::new(system),
        cloud,
    };
    let parts = stack.parts().map(|part| files::Part {
        domain: part,
        concerns: vec![
            ("network", network::objects(&stack, part)),
            ("firewall", firewall::objects(&stack, part)),
            ("admission", admission::objects(&stack, part)),
            (
                "cluster",
                stack.more(part, false).map(|more| more.object.clone()).collect(),
            ),
            ("compute", compute::objects(&stack, part)),
            ("load_balancer", gateway::objects(&stack, part)),
        ],
        written: written_of(&stack, part, module),
        copies: stack
            .services(part)
            .flat_map(|(id, service)| compute::copies(&stack, id, service))
            .collect(),
    });
    Manifests::new(parts.collect())
}

/// What Terraform writes for a part: (the local value with it, its objects).
fn written_of(stack: &Stack<'_>, part: Part, module: &mut Module) -> Vec<(String, Vec<Written>)> {
    let mut written = vec![];
    for (id, service) in stack.services(part) {
        let Some(workload) = stack.cloud.workloads.get(&id) else {
            continue;
        };
        let secret = secrets::required(stack, id, workload, module);
        let mut objects = settings::objects(stack, id, workload, (secret.as_ref(), module));
        objects.extend(secrets::objects(stack, id, workload, secret.as_ref()));
        objects.extend(compute::login(stack, service, workload));
        written.push((format!("{}_objects", service.name), objects));
    }
    let more: Vec<Written> = stack.more(part, true).cloned().collect();
    if !more.is_empty() {
        let name = match part {
            Some(id) => format!("kubernetes_{}_objects", stack.system.domains[id].name),
            None => "kubernetes_objects".to_owned(),
        };
        written.push((name, more));
    }
    written
}
