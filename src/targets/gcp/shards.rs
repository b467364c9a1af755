//! Shards: servers like the main one, keyed by id, and what proxies and applications are told of them.

use hcl::expr::{ForExpr, Traversal};
use hcl::{Expression, Identifier};

use super::Stack;
use super::database::{Plan, Server, make, password, version_name};
use super::secrets::{self, Entry};
use crate::ir::{Database, Id, Router, Sharding, shard_map};
use crate::terraform::expr::Part;
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// Every id, as a regular expression.
pub(super) const ANY_ID: &str = "[a-z0-9]+";
/// Shards that a query names one by one. Of more than that it takes all, those that are not active yet included.
const LISTED: usize = 100;

/// Where the shards of a database went.
#[derive(Debug)]
pub(super) struct Placed {
    /// The servers.
    pub servers: Server,
    /// Their ids, a set.
    pub keys: Expression,
    /// The ids of those that rows are routed to, a list.
    active: Expression,
}

/// An entry of the vault with its value.
#[derive(Debug)]
pub(super) struct Kept {
    /// The entry.
    pub secret: Address,
    /// Its value.
    pub version: Address,
}

/// Adds the shards of every database, and what comes with their router.
pub(super) fn lower(stack: &mut Stack<'_>) {
    for (id, database, sharding) in stack.system.sharded() {
        let placed = place(stack, database, sharding);
        report(stack, database, sharding, &placed.servers);
        stack.shards.insert(id, placed);
        match sharding.router {
            Router::Proxy(_) => {
                let login = login(stack, database);
                stack.logins.insert(id, login);
            }
            Router::Application => {
                let map = map(stack, database, sharding);
                stack.maps.insert(id, map);
            }
        }
    }
}

fn place(stack: &mut Stack<'_>, database: &Database, sharding: &Sharding) -> Placed {
    let (name, part) = (&database.name, database.shard_name());
    stack.module.file("database", "");
    let ids = sharding.shards.iter().map(|shard| shard.id.as_str().into());
    let ids = stack
        .module
        .comment(&format!(
            "Shards of {name}: servers like it, each with a part of some tables. An id is for life."
        ))
        .local(&format!("{part}s"), Expression::Array(ids.collect()));
    let active = match sharding.shards.iter().all(|shard| shard.active) {
        true => ids.clone(),
        false => {
            let active = sharding.active().map(|shard| shard.id.as_str().into());
            stack
                .module
                .comment("Rows are routed to these.")
                .local(&format!("active-{part}s"), Expression::Array(active.collect()))
        }
    };
    let keys = expr::call("toset", [ids]);
    let like = Database {
        size: sharding.size.clone(),
        storage_gb: sharding.storage_gb,
        readers: None,
        ..database.clone()
    };
    let plan = Plan {
        database: &like,
        part,
        keys: Some(keys.clone()),
        rotates: format!("every shard of {name} a new password, in the database and in its secret"),
        holds: format!("{} in each shard of {name}", database.user),
    };
    Placed {
        servers: make(stack, &plan),
        keys,
        active,
    }
}

/// What services log in to the proxy with.
fn login(stack: &mut Stack<'_>, database: &Database) -> Kept {
    let part = database.proxy_name();
    stack.module.file("variables", "");
    let version = stack.module.variable(
        &format!("{part}_password_version"),
        "number",
        1,
        &format!("Raise by one to give the clients of {part} a new password."),
    );
    stack.module.file("secrets", "");
    let password = password(stack, &part, None, "");
    let entry = Entry {
        part: &part,
        name: stack.name(&part).into(),
        keys: None,
        comment: &format!("Password of {} at {part}.", database.user),
        lasting: true,
    };
    let secret = secrets::container(stack, &entry);
    let body = secrets::password_version(&secret, &password, version, None);
    let version = stack
        .module
        .resource("google_secret_manager_secret_version", &part, body);
    stack.module.file("outputs", "");
    let host = format!("{part}.{}", stack.system.network.private_domain);
    let about = format!("Host name of the proxy of {} inside the network.", database.name);
    stack.module.output(&format!("{part}_host"), host, &about);
    Kept { secret, version }
}

/// The map of shards, which the vault gives versions.
fn map(stack: &mut Stack<'_>, database: &Database, sharding: &Sharding) -> Kept {
    let part = format!("{}s-map", database.shard_name());
    let entry = Entry {
        part: &part,
        name: stack.name(&part).into(),
        keys: None,
        comment: &format!(
            "Which key is on which shard of {}. No secret, but applications read it beside those.",
            database.name
        ),
        lasting: true,
    };
    let secret = secrets::container(stack, &entry);
    let body = Block::new()
        .set("secret", secret.id())
        .set("secret_data", shard_map(database, sharding))
        .comment("The new map is there before the old one goes.")
        .block("lifecycle", Block::new().set("create_before_destroy", true));
    let version = stack
        .module
        .resource("google_secret_manager_secret_version", &part, body);
    Kept { secret, version }
}

fn report(stack: &mut Stack<'_>, database: &Database, sharding: &Sharding, servers: &Server) {
    let what = match sharding.shards.len() {
        1 => format!("Cloud SQL, {}, one shard", version_name(database)),
        count => format!("Cloud SQL, {}, {count} shards", version_name(database)),
    };
    let path = format!("{}.sharding", database.path);
    stack.report.component(&path, what, servers.instance.text());
}

/// The table of shards that a machine gets: id, host and secret of each active one.
pub(super) fn table(stack: &Stack<'_>, database: Id<Database>) -> Expression {
    let placed = &stack.shards[&database];
    let line = template![
        id(),
        format!(" {}-", stack.system.databases[database].shard_name()),
        id(),
        format!(".{} ", stack.system.network.private_domain),
        of_id(&placed.servers.secret, &["id"]),
    ];
    expr::call("join", ["\n      ".into(), of_each(placed.active.clone(), line)])
}

/// The certificates of the authorities of a database's main server, its replicas and its active shards. Cloud SQL makes one for each server, which
/// signs no other's certificate.
pub(super) fn authorities(stack: &Stack<'_>, database: Id<Database>) -> Expression {
    let placed = &stack.shards[&database];
    let main = &stack.databases[&database];
    let own = main.server.instance.attr("server_ca_cert.0.cert");
    let shard = of_id(&placed.servers.instance, &["server_ca_cert", "0", "cert"]);
    let mut all = vec![list![own]];
    all.extend(main.replicas.as_ref().map(|placed| placed.authorities.clone()));
    all.push(of_each(placed.active.clone(), shard));
    expr::call("join", ["\n".into(), expr::call("concat", all)])
}

/// The current id in an expression over ids.
fn id() -> Expression {
    expr::keyword("id")
}

/// An attribute of the instance of an object with the current id.
fn of_id(address: &Address, path: &[&str]) -> Expression {
    let own = Traversal::builder(address.whole()).index(id()).build();
    expr::attribute(own.into(), path)
}

/// A value for each id in a list.
fn of_each(ids: Expression, value: Expression) -> Expression {
    ForExpr::new(Identifier::unchecked("id"), ids, value).into()
}

/// The ids of the shards that rows are routed to, as a regular expression.
pub(super) fn active_ids(sharding: &Sharding) -> String {
    let active: Vec<&str> = sharding.active().map(|shard| shard.id.as_str()).collect();
    match active.len() {
        0..=LISTED => format!("({})", active.join("|")),
        _ => ANY_ID.to_owned(),
    }
}

/// The time series of one of Cloud SQL's metrics, a series for each shard of a database, in PromQL. `ids` says which shards, as a
/// regular expression.
pub(super) fn series(stack: &Stack<'_>, database: &Database, metric: &str, ids: impl Into<Part>) -> [Part; 7] {
    let name = stack.name(&database.shard_name());
    [
        format!("cloudsql_googleapis_com:database_{metric}{{monitored_resource=\"cloudsql_database\",database_id=~\"")
            .into(),
        stack.project.id().into(),
        format!(":{name}-").into(),
        ids.into(),
        "-".into(),
        stack.project.suffix.attr("hex").into(),
        "\"}".into(),
    ]
}
