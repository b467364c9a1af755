//! Caches: ElastiCache for Valkey.

use std::collections::BTreeMap;

use hcl::Expression;

use super::Stack;
use super::database::{Password, password};
use super::encryption::Keys;
use super::firewall::Groups;
use super::network::Network;
use crate::catalog;
use crate::check::Checked;
use crate::ir::{Access, Cache, Id, Peer, Resource, Tier};
use crate::target::Target;
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

const ENGINE: &str = "valkey";
const VERSION: &str = "8.2";
const FAMILY: &str = "valkey8";

/// Somebody who logs in to a cache. Its name is the key of `for_each`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Login {
    /// Services that write.
    App,
    /// Who does not say who it is: nobody gets in that way, but a group of users without it is refused.
    Default,
    /// Services that only read.
    Reader,
}

impl Login {
    /// The login of a service.
    pub(super) fn of(access: Access) -> Self {
        if access.writes() { Login::App } else { Login::Reader }
    }

    /// What clients log in as.
    pub(super) fn name(self) -> &'static str {
        match self {
            Login::App => "app",
            Login::Default => "default",
            Login::Reader => "reader",
        }
    }

    /// What it may do, in the order in which ElastiCache gives it back: keys, channels, commands. Clients ask for INFO when they
    /// connect, which counts as dangerous.
    fn access(self) -> &'static str {
        match self {
            Login::App => "on ~* &* +@all -@admin -@dangerous +info",
            Login::Default => "off ~* resetchannels -@all",
            Login::Reader => "on ~* resetchannels -@all +@read +@connection -@admin -@dangerous +info",
        }
    }
}

/// The logins of a cache that services use.
pub(super) fn logins(system: &Checked<'_>, id: Id<Cache>) -> Vec<Login> {
    let used = system.users_of(Resource::Cache(id));
    let mut logins: Vec<Login> = used.map(|(_, access)| Login::of(access)).collect();
    logins.sort_unstable();
    logins.dedup();
    logins
}

/// The caches of the system.
#[derive(Default)]
pub(super) struct Caches {
    found: BTreeMap<Id<Cache>, Found>,
}

struct Found {
    group: Address,
    users: Address,
    password: Password,
}

impl Caches {
    /// The servers of a cache.
    pub(super) fn get(&self, id: Id<Cache>) -> &Address {
        &self.find(id).group
    }

    /// Its logins, by their names.
    pub(super) fn users(&self, id: Id<Cache>) -> &Address {
        &self.find(id).users
    }

    /// The password of each, by their names.
    pub(super) fn password(&self, id: Id<Cache>) -> &Password {
        &self.find(id).password
    }

    fn find(&self, id: Id<Cache>) -> &Found {
        self.found
            .get(&id)
            .unwrap_or_else(|| unreachable!("every cache of the system has been added"))
    }
}

pub(super) fn lower(stack: &mut Stack<'_>, keys: &Keys, network: &Network, groups: &Groups) -> Caches {
    let system = stack.system;
    let mut caches = Caches::default();
    for (id, item) in system.caches.iter() {
        let (users, password) = users(stack, id, item);
        stack.module.file("caches", "");
        let name = stack.name(&item.name);
        let members = users.all("user_id");
        let body = Block::new()
            .set("engine", ENGINE)
            .set("user_group_id", name.as_str())
            .set("user_ids", members);
        let members = stack.module.resource("aws_elasticache_user_group", &item.name, body);
        let body = Block::new()
            .set("name", name.as_str())
            .set("description", format!("Cache {}", item.name))
            .set("subnet_ids", network.subnets(Tier::Data));
        let subnets = stack.module.resource("aws_elasticache_subnet_group", &item.name, body);
        let eviction = Block::new()
            .set("name", "maxmemory-policy")
            .set("value", item.eviction.policy());
        // The family is part of the name: a group for another version is made beside the old one before that goes.
        let body = Block::new()
            .set("name", format!("{name}-{FAMILY}"))
            .set("description", format!("Cache {}", item.name))
            .set("family", FAMILY)
            .block("parameter", eviction)
            .block("lifecycle", Block::new().set("create_before_destroy", true));
        let parameters = stack
            .module
            .resource("aws_elasticache_parameter_group", &item.name, body);
        let body = servers(stack, item, keys)
            .set("user_group_ids", list![members.attr("user_group_id")])
            .set("parameter_group_name", parameters.attr("name"))
            .set("subnet_group_name", subnets.attr("name"))
            .set("security_group_ids", groups.ids(Peer::Cache(id)))
            .comment("What is in a cache stands elsewhere too: no backups.")
            .set("snapshot_retention_limit", 0);
        let group = stack
            .module
            .resource("aws_elasticache_replication_group", &item.name, body);
        let what = match item.multi_zone {
            true => "ElastiCache for Valkey, with a copy in another zone",
            false => "ElastiCache for Valkey, one server",
        };
        stack.report.component(&item.path, what, group.text());
        caches.found.insert(id, Found { group, users, password });
    }
    caches
}

/// The arguments of the servers.
fn servers(stack: &Stack<'_>, item: &Cache, keys: &Keys) -> Block {
    let servers = if item.multi_zone { 2 } else { 1 };
    Block::new()
        .set("replication_group_id", stack.name(&item.name))
        .set("description", format!("Cache {}", item.name))
        .set("engine", ENGINE)
        .set("engine_version", VERSION)
        .comment("An upgrade that AWS makes by itself would look like one to take back, which replaces the cache.")
        .set("auto_minor_version_upgrade", false)
        .comment(&format!(
            "Room for {} GiB of data: a quarter of a server's memory is kept for its own use.",
            item.memory_gb
        ))
        .set_some("node_type", catalog::cache(Target::Aws, item.memory_gb))
        .set("num_cache_clusters", servers)
        .set("automatic_failover_enabled", item.multi_zone)
        .set("multi_az_enabled", item.multi_zone)
        .set("port", Cache::PORT)
        .set("at_rest_encryption_enabled", true)
        .set("kms_key_id", keys.data.attr("arn"))
        .set("transit_encryption_enabled", true)
        .set("transit_encryption_mode", "required")
}

/// Who logs in to a cache.
fn users(stack: &mut Stack<'_>, id: Id<Cache>, item: &Cache) -> (Address, Password) {
    let system = stack.system;
    let mut logins = logins(&system, id);
    logins.push(Login::Default);
    logins.sort_unstable();
    let names = logins.iter().map(|login| login.name().into()).collect();
    let each = expr::call("toset", [Expression::Array(names)]);
    let about = format!(
        "Raise by one to rotate the passwords of the cache {} and their secrets together.",
        item.name
    );
    let password = password(stack, "caches", &item.name, Some(each), &about);
    let access = logins.iter().map(|login| (login.name(), login.access()));
    let body = Block::new()
        .set("for_each", expr::object(access))
        .set("user_id", template![stack.name(&item.name), "-", expr::each_key()])
        .set("user_name", expr::each_key())
        .set("engine", ENGINE)
        .set("access_string", expr::each_value(&[]))
        .set("passwords_wo", password.value.clone())
        .set("passwords_wo_version", password.version.clone())
        .comment("The group of users lets go of one before that is gone.")
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    let users = stack
        .module
        .comment("No login may administer the cache or look into the others' connections. `default` is who names no user: it is off, but has to be there.")
        .resource("aws_elasticache_user", &item.name, body);
    (users, password)
}
