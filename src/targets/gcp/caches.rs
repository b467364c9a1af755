//! Caches: Memorystore for Valkey, one node with its copy, behind addresses of Private Service Connect in the data subnet.
//!
//! Clients log in with a token of their service account. The certificate is signed by an authority that Google made for this one
//! instance, so a machine gets that authority's certificate as a file.

use hcl::expr::{BinaryOp, BinaryOperator, ForExpr, Traversal, TraversalOperator};
use hcl::{Expression, Identifier};

use super::Stack;
use crate::catalog;
use crate::ir::{Cache, Grant, Id, Resource, Service, System};
use crate::object;
use crate::target::Target;
use crate::targets::shared::startup::Plain;
use crate::terraform::{Address, Block, expr};

const AUTHORITY: &str = include_str!("../../../templates/startup/gcp-authority.sh");

/// Where the certificates of caches' authorities stand, on machines and in containers.
pub(super) const FOLDER: &str = "/etc/cloudgen/trust";

/// Where a cache went.
#[derive(Debug)]
pub(super) struct Placed {
    /// The instance.
    pub instance: Address,
    /// The address at which it is read and written.
    pub address: Expression,
    /// The certificates of the authority that signed its own, as text.
    pub authority: Expression,
}

pub(super) fn lower(stack: &mut Stack<'_>) {
    if stack.system.caches.is_empty() {
        return;
    }
    let policy = connections(stack);
    for (id, cache) in stack.system.caches.iter() {
        let placed = place(stack, cache, policy.as_ref());
        let what = match cache.multi_zone {
            true => "Memorystore for Valkey, with a copy in another zone",
            false => "Memorystore for Valkey, one node",
        };
        stack.report.component(&cache.path, what, placed.instance.text());
        stack.caches.insert(id, placed);
    }
    for (id, service) in stack.system.services.iter() {
        let names = files(stack, id).map(|(name, _)| name).collect();
        stack.report.more_settings.insert(service.name.clone(), names);
    }
}

/// Lets Memorystore take addresses in the data subnet. A network has one such policy in a region, so that of a network which was there
/// already is its owner's.
fn connections(stack: &mut Stack<'_>) -> Option<Address> {
    if stack.network.existing {
        return None;
    }
    stack.module.file("network", "");
    let subnets = Block::new().set("subnetworks", crate::list![stack.network.data.clone()]);
    let body = Block::new()
        .set("name", stack.name("memorystore"))
        .set("location", stack.region())
        .set("service_class", "gcp-memorystore")
        .set("network", stack.network.id.clone())
        .block("psc_config", subnets);
    let policy = stack
        .module
        .comment("Memorystore makes the endpoints of its instances by itself, where this allows it to.")
        .resource(
            "google_network_connectivity_service_connection_policy",
            "memorystore",
            body,
        );
    Some(policy)
}

fn place(stack: &mut Stack<'_>, cache: &Cache, policy: Option<&Address>) -> Placed {
    stack.module.file("caches", "");
    let name = cache.name.as_str();
    let endpoints = Block::new()
        .set("network", stack.network.id.clone())
        .set("project_id", stack.project.id());
    let ready = std::iter::once(&stack.encryption.users).chain(policy);
    let body = Block::new()
        .set("instance_id", stack.name(name))
        .set("location", stack.region())
        .set("engine_version", "VALKEY_8_0")
        .comment("One node holds all, so that every client can talk to it.")
        .set("mode", "CLUSTER_DISABLED")
        .set("shard_count", 1)
        .set(
            "node_type",
            catalog::cache(Target::Gcp, cache.memory_gb).unwrap_or_default(),
        )
        .set("replica_count", u32::from(cache.multi_zone))
        .set(
            "engine_configs",
            object! { "maxmemory-policy" => cache.eviction.policy() },
        )
        .set("authorization_mode", "IAM_AUTH")
        .set("transit_encryption_mode", "SERVER_AUTHENTICATION")
        .set("server_ca_mode", "GOOGLE_MANAGED_PER_INSTANCE_CA")
        .set("kms_key", stack.encryption.key.id())
        .comment("A cache is no data: nothing of it is kept, and it may go.")
        .set("deletion_protection_enabled", false)
        .block("persistence_config", Block::new().set("mode", "DISABLED"))
        .block("zone_distribution_config", Block::new().set("mode", "MULTI_ZONE"))
        .block("desired_auto_created_endpoints", endpoints)
        .set("depends_on", Expression::Array(ready.map(Address::whole).collect()));
    let instance = stack.module.resource("google_memorystore_instance", name, body);
    let address = stack
        .module
        .comment("The address that is read and written: another one may lead to copies, for reading only.")
        .local(&format!("{name}_address"), primary(&instance));
    let authority = stack.module.local(&format!("{name}_authority"), authorities(&instance));
    Placed {
        instance,
        address,
        authority,
    }
}

/// The one address of an instance that is not for reading only.
fn primary(instance: &Address) -> Expression {
    let of = |name: &str| expr::attribute(expr::keyword("connection"), &["psc_auto_connection", "0", name]);
    let is_primary = BinaryOp::new(
        of("connection_type"),
        BinaryOperator::NotEq,
        Expression::from("CONNECTION_TYPE_READER"),
    );
    let connections = instance.attr("endpoints.0.connections");
    let addresses = ForExpr::new(Identifier::unchecked("connection"), connections, of("ip_address"))
        .with_cond_expr(Expression::from(is_primary));
    expr::call("one", [Expression::from(addresses)])
}

/// The certificates of an instance's authority: the next one is there before the old one ends.
fn authorities(instance: &Address) -> Expression {
    let each = [
        TraversalOperator::FullSplat,
        TraversalOperator::GetAttr(Identifier::unchecked("certificates")),
    ];
    let lists = Traversal::new(instance.attr("managed_server_ca.0.ca_certs"), each);
    let all = expr::call("flatten", [Expression::from(lists)]);
    expr::call("join", ["\n".into(), all])
}

/// The name at which a cache is reached inside the network.
pub(super) fn host(stack: &Stack<'_>, id: Id<Cache>) -> String {
    format!(
        "{}.{}",
        stack.system.caches[id].name, stack.system.network.private_domain
    )
}

/// The caches that a service uses.
pub(super) fn used(system: &System, service: Id<Service>) -> impl Iterator<Item = (Id<Cache>, &Cache)> {
    let cache = |grant: &Grant| match grant.resource {
        Resource::Cache(id) => Some(id),
        _ => None,
    };
    let ids = system.grants_of(service).filter_map(cache);
    ids.map(|id| (id, &system.caches[id]))
}

/// The settings that only this cloud has, `SESSION_CA_FILE`: (its name, the file with the authority's certificates).
fn files(stack: &Stack<'_>, service: Id<Service>) -> impl Iterator<Item = (String, String)> {
    used(stack.system, service).map(|(_, cache)| (variable(cache), format!("{FOLDER}/{}.pem", cache.name)))
}

/// The name of that setting.
pub(super) fn variable(cache: &Cache) -> String {
    format!("{}_CA_FILE", cache.home.name.replace('-', "_").to_uppercase())
}

/// The same as settings of a machine.
pub(super) fn settings(stack: &Stack<'_>, service: Id<Service>) -> Vec<Plain> {
    let plain = files(stack, service).map(|(name, file)| Plain {
        name,
        value: file.into(),
    });
    plain.collect()
}

/// Metadata of a service's machines: the certificates of the authorities of its caches.
pub(super) fn metadata(stack: &Stack<'_>, service: Id<Service>) -> Vec<(String, Expression)> {
    let each =
        used(stack.system, service).map(|(id, cache)| (metadata_key(cache), stack.caches[&id].authority.clone()));
    each.collect()
}

/// The same as files of a pod: their names in [`FOLDER`], and the certificates.
pub(super) fn authorities_of(stack: &Stack<'_>, service: Id<Service>) -> impl Iterator<Item = (String, Expression)> {
    used(stack.system, service).map(|(id, cache)| (format!("{}.pem", cache.name), stack.caches[&id].authority.clone()))
}

fn metadata_key(cache: &Cache) -> String {
    format!("{}-authority", cache.name)
}

/// Bash for before each start of a service: puts the certificates where it looks for them.
pub(super) fn prepare(stack: &Stack<'_>, service: Id<Service>) -> Option<String> {
    let steps: Vec<String> = used(stack.system, service)
        .map(|(_, cache)| {
            AUTHORITY
                .replace("@FOLDER@", FOLDER)
                .replace("@NAME@", &cache.name)
                .replace("@KEY@", &metadata_key(cache))
        })
        .collect();
    (!steps.is_empty()).then(|| steps.concat())
}

/// Options of `docker run` that show the certificates to a container.
pub(super) fn docker_options(stack: &Stack<'_>, service: Id<Service>) -> Option<String> {
    let used = used(stack.system, service).next();
    used.map(|_| format!("--volume {FOLDER}:{FOLDER}:ro"))
}
