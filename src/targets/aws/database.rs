//! Relational databases.

mod engine;
pub(super) mod replica;
pub(super) mod shard;

use hcl::Expression;

use super::encryption::Keys;
use super::firewall::Groups;
use super::network::Network;
use super::policy::{Statement, inline, trust};
use super::{Base, Stack, logs};
use crate::catalog;
use crate::ir::{Database, Id, Peer, Tier};
use crate::target::Target;
use crate::terraform::expr::Part;
use crate::terraform::{Address, Block, expr};
use crate::{list, template};

/// Longer than any component's name: services have roles too.
const MONITORING: &str = "database_enhanced_monitoring";

/// The databases of the system.
pub(super) struct Databases {
    found: Vec<Found>,
}

struct Found {
    id: Id<Database>,
    instance: Address,
    password: Password,
    shared: Shared,
}

impl Databases {
    /// The server of a database.
    pub(super) fn get(&self, id: Id<Database>) -> &Address {
        &self.find(id).instance
    }

    /// The password of a database.
    pub(super) fn password(&self, id: Id<Database>) -> &Password {
        &self.find(id).password
    }

    fn find(&self, id: Id<Database>) -> &Found {
        self.found
            .iter()
            .find(|found| found.id == id)
            .unwrap_or_else(|| unreachable!("every database of the system has been added"))
    }
}

/// A password, or one for each key.
#[derive(Clone)]
pub(super) struct Password {
    /// The password, which exists only while Terraform runs.
    pub(super) value: Expression,
    /// The variable whose change makes a new one.
    pub(super) version: Expression,
}

/// What the servers of a database share.
#[derive(Clone)]
struct Shared {
    subnets: Address,
    parameters: Option<Address>,
    options: Option<Address>,
    monitoring: Address,
    /// What the role of the monitoring may do.
    grants: Address,
}

/// What a server, or a block of them, has of its own.
struct Own {
    /// The keys, where it is a block of several.
    each: Option<Expression>,
    name: Vec<Part>,
    groups: Expression,
    password: Password,
    log_groups: Address,
}

pub(super) fn lower(stack: &mut Stack<'_>, base: &Base, keys: &Keys, network: &Network, groups: &Groups) -> Databases {
    let system = stack.system;
    let mut found = vec![];
    if system.databases.is_empty() {
        return Databases { found };
    }
    let (monitoring, grants) = monitoring(stack, base);
    for (id, item) in system.databases.iter() {
        let about = format!(
            "Raise by one to rotate the password of the database {} and its secret together.",
            item.name
        );
        let password = password(stack, "database", &item.name, None, &about);
        let subnets = Block::new()
            .set("name", stack.name(&item.name))
            .set("subnet_ids", network.subnets(Tier::Data));
        let subnets = stack.module.resource("aws_db_subnet_group", &item.name, subnets);
        let log_groups = log_groups(stack, keys, item);
        let shared = Shared {
            subnets,
            parameters: engine::parameter_group(stack, item),
            options: engine::option_group(stack, item),
            monitoring: monitoring.clone(),
            grants: grants.clone(),
        };
        let own = Own {
            each: None,
            name: vec![stack.name(&item.name).into()],
            groups: groups.ids(Peer::Database(id)),
            password: password.clone(),
            log_groups,
        };
        let body = instance(stack, item, keys, own, &shared);
        let instance = stack.module.resource("aws_db_instance", &item.name, body);
        let what = format!("RDS for {}", engine::title(item.engine));
        stack.report.component(&item.path, what, instance.text());
        found.push(Found {
            id,
            instance,
            password,
            shared,
        });
    }
    Databases { found }
}

/// A random password in a file, and the variable that makes a new one; or one for each of `each`.
pub(super) fn password(
    stack: &mut Stack<'_>,
    file: &'static str,
    name: &str,
    each: Option<Expression>,
    about: &str,
) -> Password {
    stack.module.file("variables", "");
    let variable = format!("{name}_password_version");
    let version = stack.module.variable(&variable, "number", 1, about);
    stack.module.file(file, "");
    let several = each.is_some();
    let body = Block::new()
        .set_some("for_each", each)
        .set("length", engine::PASSWORD_LENGTH)
        .set("special", false);
    let random = stack
        .module
        .comment("Exists only while Terraform runs: neither plan nor state holds the password.")
        .ephemeral("random_password", name, body);
    let random = if several { random.each() } else { random };
    Password {
        value: random.attr("result"),
        version,
    }
}

/// The arguments of a server.
fn instance(stack: &Stack<'_>, item: &Database, keys: &Keys, own: Own, shared: &Shared) -> Block {
    let system = stack.system;
    let without_name = engine::database_name(item).is_none();
    let last = own.name.iter().cloned().chain(["-final".into()]);
    let last = expr::template(last);
    let block = Block::new()
        .set_some("for_each", own.each)
        .set("identifier", expr::template(own.name))
        .set("engine", engine::engine(item))
        .set("engine_version", engine::version(item))
        .set_some("license_model", engine::license(item))
        .set_some(
            "instance_class",
            catalog::database_class(Target::Aws, item.engine, &item.size),
        )
        .set("allocated_storage", item.storage_gb)
        .comment("It grows by itself up to this.")
        .set("max_allocated_storage", engine::storage_limit(item))
        .set("storage_type", "gp3")
        .set("storage_encrypted", true)
        .set("kms_key_id", keys.data.attr("arn"))
        .when(without_name, |block| {
            block.comment("The engine takes no name of a first database here: the application creates its own.")
        })
        .set_some("db_name", engine::database_name(item))
        .set("username", item.user.as_str())
        .set("password_wo", own.password.value)
        .set("password_wo_version", own.password.version)
        .when(engine::has_iam_login(item), |block| {
            block.set("iam_database_authentication_enabled", true)
        })
        .set("multi_az", item.multi_zone)
        .set("db_subnet_group_name", shared.subnets.attr("name"))
        .set("vpc_security_group_ids", own.groups)
        .set("publicly_accessible", false)
        .set("port", item.port)
        .set_some(
            "parameter_group_name",
            shared.parameters.as_ref().map(|group| group.attr("name")),
        )
        .set_some(
            "option_group_name",
            shared.options.as_ref().map(|group| group.attr("name")),
        )
        .set("backup_window", backup(item))
        .set("backup_retention_period", item.backup.retention_days)
        .set("maintenance_window", maintenance(item))
        .set("copy_tags_to_snapshot", true)
        .set("delete_automated_backups", !system.protect)
        .set("deletion_protection", system.protect)
        .when(!system.protect, |block| block.set("skip_final_snapshot", true))
        .when(system.protect, |block| block.set("final_snapshot_identifier", last))
        .set("auto_minor_version_upgrade", true);
    let waits = list![own.log_groups.whole(), shared.grants.whole()];
    watched(block, item, keys, &shared.monitoring).set("depends_on", waits)
}

/// Logs, system metrics and the load by statement.
fn watched(block: Block, item: &Database, keys: &Keys, monitoring: &Address) -> Block {
    block
        .set("enabled_cloudwatch_logs_exports", texts(engine::logs(item)))
        .set("monitoring_interval", 60)
        .set("monitoring_role_arn", monitoring.attr("arn"))
        .set("performance_insights_enabled", true)
        .set("performance_insights_kms_key_id", keys.data.attr("arn"))
        .set("performance_insights_retention_period", 7)
}

/// `HH:MM-HH:MM`, from and to so many minutes after the start of the backups.
fn window(item: &Database, from: u32, to: u32) -> String {
    format!("{}-{}", item.backup.time(from), item.backup.time(to))
}

/// The daily window of the backups.
pub(super) fn backup(item: &Database) -> String {
    window(item, 0, 30)
}

/// The engine's name in prose.
pub(super) fn title(item: &Database) -> &'static str {
    engine::title(item.engine)
}

/// GiB up to which the storage of a server grows by itself.
pub(super) fn storage_limit(item: &Database) -> u32 {
    engine::storage_limit(item)
}

/// Sunday, two hours after the backup begins: the two must not overlap.
pub(super) fn maintenance(item: &Database) -> String {
    maintenance_on(item, 0)
}

/// The same hour of another day, counted from Sunday.
fn maintenance_on(item: &Database, day: usize) -> String {
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let at = |minutes: u32| {
        let start = u32::from(item.backup.hour) * 60 + u32::from(item.backup.minute) + minutes;
        let day = DAYS[(day + usize::from(start >= 24 * 60)) % DAYS.len()];
        format!("{day}:{}", item.backup.time(minutes))
    };
    format!("{}-{}", at(120), at(180))
}

/// The log groups of a database.
fn log_groups(stack: &mut Stack<'_>, keys: &Keys, item: &Database) -> Address {
    let name = template![
        format!("/aws/rds/instance/{}/", stack.name(&item.name)),
        expr::each_key()
    ];
    log_group(stack, keys, texts(engine::logs(item)), name, &item.name)
}

/// One log group per key.
fn log_group(stack: &mut Stack<'_>, keys: &Keys, each: Expression, name: Expression, local: &str) -> Address {
    let mut body = Block::new().set("for_each", expr::call("toset", [each]));
    let group = logs::group(stack, keys, name);
    for (name, value) in group.attributes() {
        body = body.set(name, value.clone());
    }
    stack
        .module
        .comment("Made here, so that the server does not make them without a key and without an end.")
        .resource("aws_cloudwatch_log_group", local, body)
}

fn texts(values: &[&str]) -> Expression {
    Expression::Array(values.iter().map(|&value| value.into()).collect())
}

/// The role that delivers the servers' system metrics, and its grants.
fn monitoring(stack: &mut Stack<'_>, base: &Base) -> (Address, Address) {
    stack.module.file("identity", "");
    let role = Block::new()
        .set("name", stack.name("database-enhanced-monitoring"))
        .set("description", "Delivers the system metrics of database servers")
        .set(
            "assume_role_policy",
            trust("monitoring.rds.amazonaws.com", Some(&base.account)),
        );
    let role = stack.module.resource("aws_iam_role", MONITORING, role);
    // RDS writes the metrics of every instance of the account into one log group, which it makes itself.
    let arn = |rest: &str| {
        template![
            format!("arn:aws:logs:{}:", stack.region()),
            base.account.clone(),
            format!(":log-group:RDSOSMetrics{rest}")
        ]
    };
    let streams = ["logs:CreateLogStream", "logs:GetLogEvents", "logs:PutLogEvents"];
    // The two that make the group are asked for by either spelling of its name.
    let make = ["logs:CreateLogGroup", "logs:PutRetentionPolicy"];
    let grants = vec![
        Statement::allow("Group", &make, list![arn(""), arn(":*")]),
        Statement::allow("Find", &["logs:DescribeLogStreams"], arn(":*")),
        Statement::allow("Deliver", &streams, arn(":log-stream:*")),
    ];
    let body = inline(&role, grants);
    let grants = stack.module.resource("aws_iam_role_policy", MONITORING, body);
    (role, grants)
}

#[cfg(test)]
mod tests {
    use super::{maintenance, maintenance_on, window};
    use crate::ir::{Backup, Database, Home, Shape};
    use crate::vocabulary::{Edition, Engine, License, PerTarget};

    fn at(hour: u8, minute: u8) -> Database {
        Database {
            name: "main".to_owned(),
            home: Home {
                domain: None,
                name: "main".to_owned(),
            },
            path: "databases.main".to_owned(),
            engine: Engine::Postgres,
            version: "17".to_owned(),
            edition: Edition::Standard,
            license: License::Included,
            size: Shape {
                cpu: 2,
                memory_gb: 8,
                exact: PerTarget::default(),
            },
            storage_gb: 100,
            multi_zone: true,
            backup: Backup {
                hour,
                minute,
                retention_days: 7,
            },
            readers: None,
            split: false,
            sharding: None,
            port: 5432,
            database: "main".to_owned(),
            user: "app_owner".to_owned(),
        }
    }

    #[test]
    fn backup_and_maintenance_do_not_overlap() {
        assert_eq!(window(&at(9, 0), 0, 30), "09:00-09:30");
        assert_eq!(maintenance(&at(9, 0)), "sun:11:00-sun:12:00");
    }

    #[test]
    fn maintenance_may_begin_or_end_on_monday() {
        assert_eq!(maintenance(&at(21, 30)), "sun:23:30-mon:00:30");
        assert_eq!(maintenance(&at(23, 0)), "mon:01:00-mon:02:00");
    }

    #[test]
    fn replicas_are_maintained_on_other_days() {
        assert_eq!(maintenance_on(&at(9, 0), 1), "mon:11:00-mon:12:00");
        assert_eq!(maintenance_on(&at(21, 30), 6), "sat:23:30-sun:00:30");
    }
}
