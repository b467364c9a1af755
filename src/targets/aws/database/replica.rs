//! Read replicas of relational databases.

use hcl::Expression;

use super::{Databases, Found, engine, log_group, maintenance_on, texts, watched};
use crate::catalog;
use crate::ir::{Database, Id, Peer};
use crate::target::Target;
use crate::targets::aws::Stack;
use crate::targets::aws::encryption::Keys;
use crate::targets::aws::firewall::Groups;
use crate::targets::aws::network::Network;
use crate::terraform::{Address, Block, expr};
use crate::vocabulary::Engine;
use crate::{list, template};

/// Days of the week that are not the primary's.
const OTHER_DAYS: usize = 6;

/// The read replicas of the system.
#[derive(Default)]
pub(in crate::targets::aws) struct Replicas {
    found: Vec<(Id<Database>, Address)>,
}

impl Replicas {
    /// The read replicas of a database, by their keys, if it has any.
    pub(in crate::targets::aws) fn get(&self, id: Id<Database>) -> Option<&Address> {
        self.found
            .iter()
            .find_map(|(other, address)| (*other == id).then_some(address))
    }

    /// The databases that have read replicas, with these.
    pub(in crate::targets::aws) fn iter(&self) -> impl Iterator<Item = (Id<Database>, &Address)> {
        self.found.iter().map(|(id, address)| (*id, address))
    }
}

/// The word for a database's replicas, in names.
pub(in crate::targets::aws) fn name(item: &Database) -> String {
    item.replica_name()
}

pub(in crate::targets::aws) fn lower(
    stack: &mut Stack<'_>,
    keys: &Keys,
    network: &Network,
    groups: &Groups,
    databases: &Databases,
) -> Replicas {
    let system = stack.system;
    let mut replicas = Replicas::default();
    stack.module.file("replicas", "");
    for (id, item) in system.databases.iter() {
        let numbers = item.replica_keys();
        if numbers.is_empty() {
            continue;
        }
        let groups_of_logs = log_groups(stack, keys, item, &numbers);
        let primary = databases.find(id);
        let body = instance(stack, item, network, primary).set("vpc_security_group_ids", groups.ids(Peer::Readers(id)));
        let body =
            watched(body, item, keys, &primary.shared.monitoring).set("depends_on", list![groups_of_logs.whole()]);
        let address = stack
            .module
            .comment("Subnets, key, engine, storage and port are the primary's. The maintenance of each falls on a day of its own.")
            .resource("aws_db_instance", &name(item), body);
        let what = format!("RDS read replicas for {}", engine::title(item.engine));
        stack.report.component(&item.path, what, address.text());
        replicas.found.push((id, address));
    }
    replicas
}

fn instance(stack: &Stack<'_>, item: &Database, network: &Network, primary: &Found) -> Block {
    let system = stack.system;
    let zoned = !network.zones.is_empty();
    let each = item.replica_keys().into_iter().enumerate().map(|(index, key)| {
        let zone = network.zones.iter().cycle().nth(index);
        let mut pairs: Vec<(&str, Expression)> = vec![];
        pairs.extend(zone.map(|zone| ("zone", zone.as_str().into())));
        pairs.push(("maintenance", maintenance_on(item, 1 + index % OTHER_DAYS).into()));
        (key, expr::object(pairs))
    });
    let server = template![stack.name(&name(item)), "-", expr::each_key()];
    Block::new()
        .set("for_each", expr::object(each))
        .set("identifier", server)
        .set("replicate_source_db", primary.instance.attr("identifier"))
        .when(item.engine == Engine::Oracle, |block| {
            block
                .comment("It can be read, which needs a licence for Active Data Guard.")
                .set("replica_mode", "open-read-only")
        })
        .set_some(
            "instance_class",
            catalog::database_class(Target::Aws, item.engine, &item.size),
        )
        .set("max_allocated_storage", engine::storage_limit(item))
        .set("storage_type", "gp3")
        .set("storage_encrypted", true)
        .when(engine::has_iam_login(item), |block| {
            block.set("iam_database_authentication_enabled", true)
        })
        .when(zoned, |block| {
            block.set("availability_zone", expr::each_value(&["zone"]))
        })
        .set("multi_az", false)
        .set("publicly_accessible", false)
        .set_some(
            "parameter_group_name",
            primary.shared.parameters.as_ref().map(|group| group.attr("name")),
        )
        .set_some(
            "option_group_name",
            primary.shared.options.as_ref().map(|group| group.attr("name")),
        )
        .set("maintenance_window", expr::each_value(&["maintenance"]))
        .set("copy_tags_to_snapshot", true)
        .set("deletion_protection", system.protect)
        .comment("RDS takes no last snapshot of a replica.")
        .set("skip_final_snapshot", true)
        .set("auto_minor_version_upgrade", true)
}

/// The log groups of a database's replicas.
fn log_groups(stack: &mut Stack<'_>, keys: &Keys, item: &Database, numbers: &[String]) -> Address {
    let kinds = engine::logs(item);
    let each: Vec<String> = numbers
        .iter()
        .flat_map(|number| kinds.iter().map(move |kind| format!("{number}/{kind}")))
        .collect();
    let each: Vec<&str> = each.iter().map(String::as_str).collect();
    let server = stack.name(&name(item));
    let group = template![format!("/aws/rds/instance/{server}-"), expr::each_key()];
    // Longer than any component's name: services have log groups too.
    let local = format!("{}_replica_database_logs", item.name);
    log_group(stack, keys, texts(&each), group, &local)
}
