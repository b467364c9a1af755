//! What runs in a managed cluster: the services of the runtime `kubernetes`, and the gateway that the load balancers reach them through.
//!
//! Everything that can be known now is YAML in `kubernetes/`, a folder for each domain. What only Terraform knows (identities,
//! settings, the vault) are objects that it writes: one output for each part, which the owner puts into its `terraform.yaml`.

mod written;

use std::collections::BTreeMap;

use hcl::Expression;

use crate::check::Checked;
use crate::ir::{Domain, Id, Peer, Service};
use crate::terraform::Module;

use super::startup::{Fetched, Plain};
pub use written::{Filled, Written};

/// The label and the taint of the nodes of a pool, with the pool's name as value. Those of the pool [`crate::ir::NodePool::SYSTEM`]
/// have no taint; the others have one with the effect `NoSchedule`.
pub const POOL: &str = "cloudgen/pool";

/// What a cloud says about its cluster.
pub struct Cloud<'a> {
    /// How the gateway is reached.
    pub gateway: Gateway,
    /// Every service of the runtime `kubernetes`.
    pub workloads: BTreeMap<Id<Service>, Workload>,
    /// The addresses behind a peer that is outside the cluster, as network policies see them.
    pub blocks: &'a dyn Fn(Peer) -> Vec<Block>,
    /// Further objects that Terraform writes, by the part whose `terraform.yaml` they go to; they have namespaces of their own choice.
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
            except: vec![],
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

/// The objects of a managed cluster.
pub struct Manifests {
    parts: Vec<Part>,
}

struct Part {
    domain: Option<Id<Domain>>,
    written: Vec<Written>,
}

/// The namespace of a service's pods, for the trust that a cloud has in `system:serviceaccount:NAMESPACE:NAME`; its service account
/// has the name of the service.
pub fn namespace(system: &Checked<'_>, service: Id<Service>) -> String {
    let domain = system.services[service].home.domain;
    match domain {
        Some(id) => format!("{}-{}", system.prefix, system.domains[id].name),
        None => system.prefix.clone(),
    }
}

/// Spells what the cluster runs. Settings become local values of the module.
pub fn lower(system: &Checked<'_>, cloud: Cloud<'_>, module: &mut Module) -> Manifests {
    let _ = (system, cloud, module);
    Manifests { parts: vec![] }
}

/// What an owner has to know to install what the cluster needs.
pub struct Handling<'a> {
    /// The command that gets credentials of the cluster: `aws eks update-kubeconfig ...`.
    pub credentials: &'a str,
    /// KEDA is an add-on of the cluster; otherwise the owner installs it where it is needed.
    pub keda_is_there: bool,
    /// The chart that reads the vault needs these Helm options beside the usual ones.
    pub external_secrets: &'a [&'a str],
    /// The same of KEDA.
    pub keda: &'a [&'a str],
}

/// Items of the README's list on operations: how the cluster is filled, upgraded, and a domain deployed by its team.
pub fn runbook(system: &Checked<'_>, handling: &Handling<'_>) -> Vec<String> {
    let _ = (system, handling);
    vec![]
}
