//! The shards of databases: servers like the main one, which differ in size at most.

use hcl::expr::{ForExpr, Traversal, TraversalOperator};
use hcl::{Expression, Identifier};

use super::{Databases, Own, Password, engine, instance, log_group, password, texts};
use crate::ir::{Database, Id, Peer, Shard, Sharding};
use crate::targets::aws::Stack;
use crate::targets::aws::encryption::Keys;
use crate::targets::aws::firewall::Groups;
use crate::template;
use crate::terraform::{Address, expr};

/// The shards of the system.
#[derive(Default)]
pub(in crate::targets::aws) struct Shards {
    found: Vec<(Id<Database>, Servers)>,
}

/// The shards of one database.
pub(in crate::targets::aws) struct Servers {
    /// The ids of all, as a list.
    pub(in crate::targets::aws) ids: Expression,
    /// The ids of those that rows are routed to, as a list.
    pub(in crate::targets::aws) active: Expression,
    /// The servers, by their ids.
    pub(in crate::targets::aws) instances: Address,
    /// Each of them as a database, but for its name.
    pub(in crate::targets::aws) like: Database,
    /// The password of each.
    pub(in crate::targets::aws) password: Password,
}

impl Shards {
    /// The shards of a database.
    pub(in crate::targets::aws) fn get(&self, id: Id<Database>) -> &Servers {
        self.found
            .iter()
            .find_map(|(other, servers)| (*other == id).then_some(servers))
            .unwrap_or_else(|| unreachable!("every database with shards has been added"))
    }
}

/// The servers' identifiers, without the id of each.
pub(in crate::targets::aws) fn prefix(stack: &Stack<'_>, item: &Database) -> String {
    stack.name(&format!("{}-", item.shard_name()))
}

/// `[for id in ids : value(id)]`
pub(in crate::targets::aws) fn each(ids: &Expression, value: impl FnOnce(&Expression) -> Expression) -> Expression {
    let id = Identifier::unchecked("id");
    let value = value(&expr::keyword("id"));
    Expression::from(ForExpr::new(id, ids.clone(), value))
}

/// `{ for id, server in servers : id => server.attribute }`
pub(in crate::targets::aws) fn by_id(servers: &Servers, attribute: &str) -> Expression {
    let value = expr::iterator("server", &[attribute]);
    let each = ForExpr::new(Identifier::unchecked("server"), servers.instances.whole(), value);
    let each = each.with_key_var(Identifier::unchecked("id"));
    Expression::from(each.with_key_expr(expr::keyword("id")))
}

/// `address[id].attribute`
pub(in crate::targets::aws) fn of(address: &Address, id: &Expression, attribute: &str) -> Expression {
    let operators = [
        TraversalOperator::Index(id.clone()),
        TraversalOperator::GetAttr(Identifier::unchecked(attribute)),
    ];
    Expression::from(Traversal::new(address.whole(), operators))
}

pub(in crate::targets::aws) fn lower(
    stack: &mut Stack<'_>,
    keys: &Keys,
    groups: &Groups,
    databases: &Databases,
) -> Shards {
    let system = stack.system;
    let mut shards = Shards::default();
    for (id, item, sharding) in system.sharded() {
        stack.module.file("shards", "");
        let (ids, active) = ids(stack, item, sharding);
        let each = expr::call("toset", [ids.clone()]);
        let name = item.shard_name();
        let about = format!(
            "Raise by one to rotate the passwords of all shards of {} and their secrets together.",
            item.name
        );
        let password = password(stack, "shards", &name, Some(each.clone()), &about);
        let own = Own {
            each: Some(each),
            name: vec![prefix(stack, item).into(), expr::each_key().into()],
            groups: groups.ids(Peer::Shards(id)),
            password: password.clone(),
            log_groups: log_groups(stack, keys, item, &ids),
        };
        let like = Database {
            size: sharding.size.clone(),
            storage_gb: sharding.storage_gb,
            ..item.clone()
        };
        let body = instance(stack, &like, keys, own, &databases.find(id).shared);
        let instances = stack.module.resource("aws_db_instance", &name, body);
        let what = format!("RDS for {}, one for each shard", engine::title(item.engine));
        stack.report.component(&item.path, what, instances.text());
        let servers = Servers {
            ids,
            active,
            instances,
            like,
            password,
        };
        shards.found.push((id, servers));
    }
    shards
}

/// The ids of all shards, and of those that rows are routed to.
fn ids(stack: &mut Stack<'_>, item: &Database, sharding: &Sharding) -> (Expression, Expression) {
    let list = |shards: Vec<&Shard>| Expression::Array(shards.iter().map(|shard| shard.id.as_str().into()).collect());
    let active: Vec<&Shard> = sharding.active().collect();
    let name = format!("{}-shards", item.name);
    stack.module.comment(
        "Each shard is known by its id for as long as it lives; the order is the one in which rows are spread.",
    );
    let all = stack.module.local(&name, list(sharding.shards.iter().collect()));
    if active.len() == sharding.shards.len() {
        return (all.clone(), all);
    }
    let active = stack
        .module
        .comment("Rows are routed to these; the others are being filled.")
        .local(&format!("{name}-active"), list(active));
    (all, active)
}

/// The log groups of a database's shards.
fn log_groups(stack: &mut Stack<'_>, keys: &Keys, item: &Database, ids: &Expression) -> Address {
    let pairs = expr::call("setproduct", [ids.clone(), texts(engine::logs(item))]);
    let pair = Identifier::unchecked("pair");
    let joined = expr::call("join", [Expression::from("/"), expr::keyword("pair")]);
    let each = Expression::from(ForExpr::new(pair, pairs, joined));
    let group = template![format!("/aws/rds/instance/{}", prefix(stack, item)), expr::each_key()];
    // Longer than any component's name: services have log groups too.
    let local = format!("{}_database_logs", item.shard_name());
    log_group(stack, keys, each, group, &local)
}
