//! What the README says about shards.

use tera::Context;

use crate::ir::{Database, Id, Resource, Sharding};
use crate::targets::gcp::Stack;
use crate::targets::gcp::compute::group_name;
use crate::targets::shared::template::fill;
use crate::terraform::identifier;
use crate::vocabulary::Engine;

const RUNBOOK: &str = include_str!("../../../../templates/sharding/gcp.md.tera");

/// Shards from which on a project's quotas are worth a look before the first apply.
const MANY: usize = 20;

/// Quotas to ask for, where there are many servers.
pub(super) fn quotas(stack: &Stack<'_>) -> Option<String> {
    let shards: usize = stack.system.sharded().map(|(_, _, item)| item.shards.len()).sum();
    (shards >= MANY).then(|| {
        format!(
            "Quotas of the project for {shards} shards: as many instances of Cloud SQL, forwarding rules and internal addresses, and twice as many alert policies."
        )
    })
}

/// What a network that is there already must have, where proxies number rows: by ten bits of their address.
pub(super) fn addresses(stack: &Stack<'_>) -> Option<String> {
    let existing = stack.system.network.existing.gcp.as_ref()?;
    let mut sharded = stack.system.sharded();
    let numbers = sharded.any(|(_, _, item)| item.proxy().is_some() && !item.generated_ids.is_empty());
    numbers.then(|| {
        format!(
            "`{}` with no more than 1,024 addresses (a /22): in a larger one two proxies can have the same number, and make the same `generated_ids`.",
            existing.application
        )
    })
}

pub(super) fn security(stack: &Stack<'_>) -> Vec<&'static str> {
    let mut items = vec![];
    if stack.system.sharded().next().is_some() {
        items.push("Every shard has an address and a password of its own.");
    }
    if !stack.logins.is_empty() {
        items.extend([
            "A service in front of a proxy reaches the proxy's load balancer and may read the proxy's password; the servers behind it are reached by the proxy alone, and so are their passwords.",
            "Whoever can log in to a proxy can read the passwords of the servers behind it there (`EXPORT DATABASE CONFIGURATION`), so its port is open to the services that use the database and to nobody else.",
            "A proxy takes a server for the right one if its certificate is signed by the authority that Cloud SQL made for one of this database's servers; names are not compared, since Cloud SQL's certificates have none of this network's. To its clients a proxy encrypts without an identity: its certificate is new at every start.",
        ]);
    }
    items
}

/// What is done with the shards of one database.
pub(super) fn runbook(stack: &Stack<'_>, id: Id<Database>, database: &Database, sharding: &Sharding) -> Vec<String> {
    let system = stack.system;
    let users = system.users_of(Resource::Shards(id));
    let users: Vec<String> = users.map(|(user, _)| stack.name(&system.services[user].name)).collect();
    let mut context = Context::new();
    context.insert("prefix", &system.prefix);
    context.insert("name", &database.name);
    context.insert("id", &identifier(&database.name));
    context.insert("shard", &sharding.shards.first().map(|shard| shard.id.as_str()));
    context.insert("domain", &system.network.private_domain);
    context.insert("users", &users);
    context.insert("bastion", &system.network.bastion);
    context.insert("protect", &system.protect);
    let proxy = sharding.proxy().map(|proxy| group_name(stack, &system.services[proxy]));
    context.insert("proxy", &proxy);
    context.insert("region", stack.region());
    context.insert("zones", &system.network.zones);
    context.insert("port", &database.port);
    context.insert("database", &database.database);
    context.insert("user", &database.user);
    context.insert(
        "engine",
        match database.engine {
            Engine::Postgres => "postgres",
            Engine::Mysql => "mysql",
            Engine::Sqlserver | Engine::Oracle => "other",
        },
    );
    fill(RUNBOOK, &context)
        .split("@@")
        .map(|part| part.trim().to_owned())
        .collect()
}
