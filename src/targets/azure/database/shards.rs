//! Shards: servers like the main one, each with a password and a private endpoint of its own.

use hcl::expr::{ForExpr, Traversal, TraversalOperator};
use hcl::{Expression, Identifier};

use super::lock_each;
use super::wanted::{Entry, Logs, Password, Wanted};
use crate::ir::{Database, Id, Router, Sharding, shard_map};
use crate::targets::azure::project::after;
use crate::targets::azure::{Parts, Stack};
use crate::template;
use crate::terraform::{Address, Block, expr};

/// The shards of a database, and what leads to them.
pub(in crate::targets::azure) struct Shards {
    /// Their ids, as `for_each` takes them.
    pub ids: Expression,
    /// What has their metrics, by id.
    pub measured: Address,
    /// What writes their logs; what has the metrics comes first.
    pub logs: Vec<Logs>,
    /// Entries of the vault with their passwords, by id.
    pub secrets: Address,
    /// They can be reached from here on.
    pub reached: Address,
    /// The servers, by id, and the attribute that holds the host name.
    pub servers: (Address, &'static str),
    /// A line for each that rows are routed to: id, host and the vault's identifier of the password.
    pub table: Expression,
    /// Entry of the vault that leads to them: the password of the proxy's clients, or the map for applications that route.
    pub entrance: Address,
}

pub(super) fn lower(stack: &mut Stack<'_>, parts: &Parts, id: Id<Database>, database: &Database) -> Option<Shards> {
    let sharding = database.sharding.as_ref()?;
    let like = Database {
        name: database.shard_name(),
        ..database.shard_server(sharding, sharding.shards.first()?)
    };
    let name = like.name.as_str();
    stack.module.file("shards", "");
    let all: Vec<&str> = sharding.shards.iter().map(|shard| shard.id.as_str()).collect();
    let ids = expr::call("toset", [Expression::from(all)]);
    let ids = stack.module.local(&format!("{name}s"), ids);
    let about = format!(
        "Raise it to give every shard of {} a new password, in the servers and in the vault alike.",
        database.name
    );
    let wanted = Wanted {
        database: &like,
        ids: Some(ids.clone()),
        password: Password::new(stack, name, Some(&ids), &about),
    };
    stack
        .module
        .comment("One server for each id. A further id adds a server and changes none of the others.");
    let built = wanted.make(stack, parts);
    let group = parts.firewall.groups.shards.get(&id)?;
    let endpoints = wanted.endpoint(stack, parts, &built, group);
    if stack.system.protect {
        let notes = format!("Holds the data of {}.", stack.system.prefix);
        lock_each(stack, name, &built.server, notes);
    }
    let what = format!("{}, shards: {}", built.what, sharding.shards.len());
    stack.built(&format!("{}.sharding", database.path), &what, &built.server);
    let secrets = wanted.secret(stack, parts, &built);
    let entrance = match sharding.router {
        Router::Proxy(_) => proxy_password(stack, parts, database),
        Router::Application => map(stack, parts, database, sharding),
    };
    stack.module.file("shards", "");
    stack
        .module
        .comment("What machines are told of the shards that rows are routed to: id, host and entry of the vault.");
    let table = table(sharding, (&built.server, built.host), &secrets);
    let table = stack.module.local(&format!("{name}-table"), table);
    Some(Shards {
        ids,
        measured: built.logs.first().map_or(&built.server, |logs| &logs.resource).clone(),
        logs: built.logs,
        secrets,
        reached: endpoints.grouped,
        servers: (built.server, built.host),
        table,
        entrance,
    })
}

/// The name of the vault's entry with the map of shards.
pub(in crate::targets::azure) fn map_name(database: &Database) -> String {
    format!("{}s-map", database.shard_name())
}

fn proxy_password(stack: &mut Stack<'_>, parts: &Parts, database: &Database) -> Address {
    let name = database.proxy_name();
    let about = format!(
        "Raise it to give the clients of {}'s proxy a new password, in the proxy and in the vault alike.",
        database.name
    );
    stack.module.file("shards", "");
    let password = Password::new(stack, &name, None, &about);
    stack.module.file("secrets", "");
    stack
        .module
        .comment("The login of the proxy's clients, which no server knows.");
    let entry = Entry {
        name: &name,
        ids: None,
        password: &password,
        after: None,
    };
    entry.add(stack, parts)
}

fn map(stack: &mut Stack<'_>, parts: &Parts, database: &Database, sharding: &Sharding) -> Address {
    let name = map_name(database);
    let body = Block::new()
        .set("name", name.as_str())
        .set("key_vault_id", parts.vault.vault.id())
        .set("content_type", "application/json")
        .set("value", shard_map(database, sharding))
        .set("tags", stack.tags())
        .set("depends_on", after([parts.vault.ready.clone()]));
    stack
        .module
        .comment("Nothing secret: which key is on which shard. A change makes a new version of the entry.");
    stack.module.resource("azurerm_key_vault_secret", &name, body)
}

/// The list is written out: the order in which Terraform goes through a set would change with the number of shards.
fn table(sharding: &Sharding, (servers, host): (&Address, &str), secrets: &Address) -> Expression {
    let active: Vec<&str> = sharding.active().map(|shard| shard.id.as_str()).collect();
    let line = template![
        expr::keyword("id"),
        " ",
        of_id(servers, host),
        " ",
        of_id(secrets, "versionless_id")
    ];
    let lines = ForExpr::new(Identifier::unchecked("id"), Expression::from(active), line);
    expr::call("join", [Expression::from("\n      "), Expression::from(lines)])
}

/// An attribute of the instance whose key the loop has in `id`.
fn of_id(address: &Address, attribute: &str) -> Expression {
    let operators = [
        TraversalOperator::Index(expr::keyword("id")),
        TraversalOperator::GetAttr(Identifier::unchecked(attribute)),
    ];
    Expression::from(Traversal::new(address.whole(), operators))
}
