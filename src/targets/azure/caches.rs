//! Caches: Azure Managed Redis, reached over a private endpoint by whoever has a grant.

use std::collections::BTreeMap;

use hcl::Expression;

use super::project::{TARGET, after};
use super::secrets::{Endpoint, private_endpoint};
use super::{Parts, Stack};
use crate::catalog;
use crate::ir::{Cache, Id};
use crate::template;
use crate::terraform::{Address, Block};
use crate::vocabulary::Eviction;

/// The zone of a cache's private endpoint.
pub(super) const ZONE: &str = "privatelink.redis.azure.net";
/// The TCP port of every cache.
pub(super) const PORT: &str = "10000";

/// A cache.
pub(super) struct Built {
    /// The cache.
    pub cache: Address,
    /// It can be reached from here on.
    pub endpoint: Address,
}

impl Built {
    /// The host name, which its certificate has.
    pub fn host(&self) -> Expression {
        self.cache.attr("hostname")
    }

    /// The id of its one database, which writes the logs.
    pub fn database(&self) -> Expression {
        self.cache.attr("default_database.0.id")
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts) -> BTreeMap<Id<Cache>, Built> {
    let system = stack.system;
    system
        .caches
        .iter()
        .map(|(id, item)| (id, build(stack, parts, id, item)))
        .collect()
}

fn build(stack: &mut Stack<'_>, parts: &Parts, id: Id<Cache>, item: &Cache) -> Built {
    stack.module.file("caches", "");
    let name = item.name.as_str();
    let database = Block::new()
        .set("access_keys_authentication_enabled", false)
        .set("client_protocol", "Encrypted")
        .comment("One address for all of it: clients need not know of a cluster.")
        .set("clustering_policy", "EnterpriseCluster")
        .set("eviction_policy", policy(item.eviction));
    let key = Block::new()
        .comment("Azure takes no key here without its version: the apply after a rotation passes the new one on.")
        .set("key_vault_key_id", parts.encryption.key.id())
        .set("user_assigned_identity_id", parts.encryption.identity.id());
    let body = stack
        .named(template![stack.prefixed(name), "-", stack.project.suffix.attr("hex")])
        .set("sku_name", catalog::cache(TARGET, item.memory_gb).unwrap_or_default())
        .when(!item.multi_zone, |body| {
            body.comment("One node without a copy: a failure or an update of Azure's empties it.")
        })
        .set("high_availability_enabled", item.multi_zone)
        .set("public_network_access", "Disabled")
        .set("tags", stack.tags())
        .block("default_database", database)
        .block("customer_managed_key", key)
        .block("identity", parts.encryption.identity())
        .set("depends_on", after([parts.encryption.ready.clone()]));
    stack
        .module
        .comment("Nothing guards it against deletion, and no copy of it is written to disk: what is in a cache can be made again.");
    let cache = stack.module.resource("azurerm_managed_redis", name, body);
    let endpoint = Endpoint {
        name,
        resource: &cache,
        subresource: "redisEnterprise",
        zone: ZONE,
        group: &parts.firewall.groups.caches[&id],
        each: false,
        after: vec![],
    };
    let endpoint = private_endpoint(stack, &parts.network.data, &parts.zones, &endpoint).endpoint;
    stack.built(&item.path, "Azure Managed Redis", &cache);
    Built { cache, endpoint }
}

/// Azure's own spelling of what goes when memory is full.
fn policy(eviction: Eviction) -> &'static str {
    match eviction {
        Eviction::Lru => "AllKeysLRU",
        Eviction::Ttl => "VolatileLRU",
        Eviction::None => "NoEviction",
    }
}
